//! On which lane of a road a vehicle or an event is.

use serde::{Deserialize, Serialize};

use crate::its_container;
use crate::view_error::ViewError;

/// `LanePosition` (TS 102 894-2): counted from the middle of the road outwards, in the direction of traffic. It is no `LaneID` of a MAPEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LanePosition {
    /// `offTheRoad`.
    OffTheRoad,
    /// `innerHardShoulder`.
    InnerHardShoulder,
    /// A driving lane, 1 to 13: 1 is the innermost.
    Lane(u8),
    /// `outerHardShoulder`.
    OuterHardShoulder,
}

impl LanePosition {
    pub(crate) fn from_wire(wire: its_container::LanePosition) -> Self {
        match wire {
            its_container::LanePosition::INNER_HARD_SHOULDER => Self::InnerHardShoulder,
            its_container::LanePosition::OUTER_HARD_SHOULDER => Self::OuterHardShoulder,
            its_container::LanePosition(lane) => u8::try_from(lane).map_or(Self::OffTheRoad, Self::Lane),
        }
    }

    /// # Errors
    /// When the lane is not 1 to 13.
    pub(crate) fn to_wire(self) -> Result<its_container::LanePosition, ViewError> {
        Ok(match self {
            Self::OffTheRoad => its_container::LanePosition::OFF_THE_ROAD,
            Self::InnerHardShoulder => its_container::LanePosition::INNER_HARD_SHOULDER,
            Self::OuterHardShoulder => its_container::LanePosition::OUTER_HARD_SHOULDER,
            Self::Lane(lane) => {
                let lane = ViewError::in_range("lane of the road", 1, OUTERMOST_LANE, lane)?;
                its_container::LanePosition(i8::try_from(lane).unwrap_or(i8::MAX))
            }
        })
    }
}

const OUTERMOST_LANE: u8 = 13;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_comes_back() {
        for number in -1..=14 {
            let wire = its_container::LanePosition(number);
            assert_eq!(LanePosition::from_wire(wire).to_wire(), Ok(wire));
        }
        assert_eq!(LanePosition::from_wire(its_container::LanePosition(1)), LanePosition::Lane(1));
    }

    #[test]
    fn a_lane_that_the_wire_cannot_say_is_refused() {
        for lane in [0, 14, 255] {
            assert!(LanePosition::Lane(lane).to_wire().is_err(), "{lane}");
        }
    }
}
