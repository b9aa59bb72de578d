//! Where a vehicle enters or leaves an intersection.

use serde::{Deserialize, Serialize};

use crate::dsrc::{ApproachId, IntersectionAccessPoint, LaneConnectionId, LaneId};

/// `IntersectionAccessPoint` (ISO TS 19091), in the numbers of the intersection's MAPEM. Dutch practice is the approach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntersectionAccess {
    /// `LaneID`, 0 to 255.
    Lane(u8),
    /// `ApproachID`, 0 to 15.
    Approach(u8),
    /// `LaneConnectionID`, 0 to 255.
    Connection(u8),
}

impl IntersectionAccess {
    /// `Err` with its number for an alternative of a later version.
    pub(crate) const fn from_wire(wire: &IntersectionAccessPoint) -> Result<Self, u64> {
        match wire {
            IntersectionAccessPoint::Lane(lane) => Ok(Self::Lane(lane.0)),
            IntersectionAccessPoint::Approach(approach) => Ok(Self::Approach(approach.0)),
            IntersectionAccessPoint::Connection(connection) => Ok(Self::Connection(connection.0)),
            IntersectionAccessPoint::Unknown(number) => Err(*number),
        }
    }

    pub(crate) const fn to_wire(self) -> IntersectionAccessPoint {
        match self {
            Self::Lane(lane) => IntersectionAccessPoint::Lane(LaneId(lane)),
            Self::Approach(approach) => IntersectionAccessPoint::Approach(ApproachId(approach)),
            Self::Connection(connection) => IntersectionAccessPoint::Connection(LaneConnectionId(connection)),
        }
    }
}
