//! What a SPATEM says beside the lamps: advised speeds, and the state of the ways behind the stop line.

use serde::{Deserialize, Serialize};
use voorrang_units::{Length, Speed};

use crate::dsrc::{
    self, AdvisorySpeedType, ConnectionManeuverAssist, LaneConnectionId, ManeuverAssistList,
    PedestrianBicycleDetect, RestrictionClassId, SpeedAdvice, SpeedConfidenceDsrc, WaitOnStopline,
    ZoneLength,
};
use crate::elements::nearest;
use crate::view_error::ViewError;

/// `AdvisorySpeed` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdvisorySpeed {
    /// For what it is advised.
    pub kind: AdvisoryKind,
    /// The speed, in steps of 0.1 m/s; 49.9 m/s stands for faster ones too.
    pub speed: Option<Speed>,
    /// How exact it is: 100, 10, 5, 1, 0.1, 0.05 or 0.01 m/s.
    pub within: Option<Speed>,
    /// Over how long a way upstream of the stop line it applies, in metres; 10 000 m stands for longer ones too.
    pub distance: Option<Length>,
    /// For which users: a class of the MAPEM's restriction list; `None` for all.
    pub user_class: Option<u8>,
}

/// `AdvisorySpeedType` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdvisoryKind {
    /// `none`: not said.
    None,
    /// `greenwave`: to meet green at the next intersections.
    Greenwave,
    /// `ecoDrive`: to save energy.
    EcoDrive,
    /// `transit`: for public transport.
    Transit,
    /// A kind of a later version of the standard: addition number n behind the extension marker.
    Unknown(u64),
}

/// `ConnectionManeuverAssist` (ISO TS 19091): the traffic on one connection of two lanes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ManeuverAssist {
    /// `LaneConnectionID` of the MAPEM.
    pub connection: u8,
    /// From the stop line to the last vehicle that waits; 0 without a queue. In metres; 10 000 m stands for longer ones too.
    pub queue_length: Option<Length>,
    /// How much room is left behind the intersection; 0 where there is none. In metres.
    pub available_storage_length: Option<Length>,
    /// Whether vehicles have to wait at the stop line rather than in the conflict area.
    pub wait_on_stop: Option<bool>,
    /// Whether pedestrians or bicycles were detected on the way; `None` where that is not certain.
    pub pedestrian_or_bicycle_detected: Option<bool>,
}

impl AdvisorySpeed {
    pub(super) fn from_wire(wire: &dsrc::AdvisorySpeed) -> Self {
        let speed = wire.speed.filter(|speed| *speed < SPEED_UNAVAILABLE);
        let distance = wire.distance.filter(|distance| distance.0 > 0);
        Self {
            kind: AdvisoryKind::from_wire(wire.r#type),
            speed: speed
                .map(|speed| Speed::from_metres_per_second(f64::from(speed.0) / STEPS_PER_METRE_PER_SECOND)),
            within: wire.confidence.and_then(speed_confidence_from_wire),
            distance: distance.map(length_from_wire),
            user_class: wire.class.map(|class| class.0),
        }
    }

    pub(super) fn to_wire(self) -> dsrc::AdvisorySpeed {
        let steps = |speed: Speed| {
            let fastest = i32::from(SPEED_UNAVAILABLE.0) - 1;
            let steps = nearest(speed.metres_per_second() * STEPS_PER_METRE_PER_SECOND, 0, fastest);
            u16::try_from(steps).map_or(SPEED_UNAVAILABLE, SpeedAdvice)
        };
        dsrc::AdvisorySpeed {
            r#type: self.kind.to_wire(),
            speed: self.speed.map(steps),
            confidence: self.within.map(speed_confidence_to_wire),
            distance: self.distance.map(length_to_wire),
            class: self.user_class.map(RestrictionClassId),
            regional: None,
        }
    }
}

/// `SpeedAdvice`: 0.1 m/s.
const STEPS_PER_METRE_PER_SECOND: f64 = 10.0;
const SPEED_UNAVAILABLE: SpeedAdvice = SpeedAdvice(500);

impl AdvisoryKind {
    const fn from_wire(wire: AdvisorySpeedType) -> Self {
        match wire {
            AdvisorySpeedType::None => Self::None,
            AdvisorySpeedType::Greenwave => Self::Greenwave,
            AdvisorySpeedType::EcoDrive => Self::EcoDrive,
            AdvisorySpeedType::Transit => Self::Transit,
            AdvisorySpeedType::Unknown(number) => Self::Unknown(number),
        }
    }

    const fn to_wire(self) -> AdvisorySpeedType {
        match self {
            Self::None => AdvisorySpeedType::None,
            Self::Greenwave => AdvisorySpeedType::Greenwave,
            Self::EcoDrive => AdvisorySpeedType::EcoDrive,
            Self::Transit => AdvisorySpeedType::Transit,
            Self::Unknown(number) => AdvisorySpeedType::Unknown(number),
        }
    }
}

impl ManeuverAssist {
    pub(super) fn all_from_wire(wire: Option<&ManeuverAssistList>) -> Vec<Self> {
        let from_wire = |wire: &ConnectionManeuverAssist| Self {
            connection: wire.connection_id.0,
            queue_length: wire.queue_length.map(length_from_wire),
            available_storage_length: wire.available_storage_length.map(length_from_wire),
            wait_on_stop: wire.wait_on_stop.map(|wait| wait.0),
            pedestrian_or_bicycle_detected: wire.ped_bicycle_detect.map(|detected| detected.0),
        };
        wire.into_iter().flat_map(|list| &list.0).map(from_wire).collect()
    }

    pub(super) fn all_to_wire(assists: &[Self]) -> Result<Option<ManeuverAssistList>, ViewError> {
        let to_wire = |assist: &Self| ConnectionManeuverAssist {
            connection_id: LaneConnectionId(assist.connection),
            queue_length: assist.queue_length.map(length_to_wire),
            available_storage_length: assist.available_storage_length.map(length_to_wire),
            wait_on_stop: assist.wait_on_stop.map(WaitOnStopline),
            ped_bicycle_detect: assist.pedestrian_or_bicycle_detected.map(PedestrianBicycleDetect),
            regional: None,
        };
        let list = assists.iter().map(to_wire).collect();
        Ok(ViewError::at_most(16, "manoeuvre assists in one place", list)?.map(ManeuverAssistList))
    }
}

/// `ZoneLength`: metres.
fn length_from_wire(wire: ZoneLength) -> Length {
    Length::from_metres(wire.0.into())
}

fn length_to_wire(length: Length) -> ZoneLength {
    let metres = nearest(length.metres(), 0, ZoneLength::MAX.0.into());
    u16::try_from(metres).map_or(ZoneLength::MAX, ZoneLength)
}

/// The classes of `SpeedConfidenceDSRC` in m/s, from the coarsest.
const SPEED_CONFIDENCES: [(SpeedConfidenceDsrc, f64); 7] = [
    (SpeedConfidenceDsrc::Prec100ms, 100.0),
    (SpeedConfidenceDsrc::Prec10ms, 10.0),
    (SpeedConfidenceDsrc::Prec5ms, 5.0),
    (SpeedConfidenceDsrc::Prec1ms, 1.0),
    (SpeedConfidenceDsrc::Prec0_1ms, 0.1),
    (SpeedConfidenceDsrc::Prec0_05ms, 0.05),
    (SpeedConfidenceDsrc::Prec0_01ms, 0.01),
];

fn speed_confidence_from_wire(wire: SpeedConfidenceDsrc) -> Option<Speed> {
    let class = SPEED_CONFIDENCES.iter().find(|(class, _)| *class == wire);
    class.map(|(_, within)| Speed::from_metres_per_second(*within))
}

/// The finest class that promises no more; unavailable above 100 m/s.
fn speed_confidence_to_wire(within: Speed) -> SpeedConfidenceDsrc {
    let coarse_enough = |(_, class): &&(_, f64)| *class >= within.metres_per_second();
    let class = SPEED_CONFIDENCES.iter().rev().find(coarse_enough);
    class.map_or(SpeedConfidenceDsrc::Unavailable, |(class, _)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(speed: f64, within: f64, distance: f64) -> AdvisorySpeed {
        AdvisorySpeed {
            kind: AdvisoryKind::Greenwave,
            speed: Some(Speed::from_metres_per_second(speed)),
            within: Some(Speed::from_metres_per_second(within)),
            distance: Some(Length::from_metres(distance)),
            user_class: None,
        }
    }

    #[test]
    fn units_on_the_wire_are_those_of_the_standard() {
        let wire = advice(13.9, 1.0, 250.0).to_wire();
        assert_eq!((wire.speed, wire.distance), (Some(SpeedAdvice(139)), Some(ZoneLength(250))));
        assert_eq!(wire.confidence, Some(SpeedConfidenceDsrc::Prec1ms));
        assert_eq!(AdvisorySpeed::from_wire(&wire), advice(13.9, 1.0, 250.0));
    }

    #[test]
    fn what_lies_beyond_the_range_becomes_its_end() {
        assert_eq!(AdvisorySpeed::from_wire(&advice(1e9, 0.5, 1e9).to_wire()), advice(49.9, 1.0, 10_000.0));
        assert_eq!(advice(-1.0, 0.0, -1.0).to_wire().speed, Some(SpeedAdvice(0)));
        assert_eq!(advice(1.0, 101.0, 1.0).to_wire().confidence, Some(SpeedConfidenceDsrc::Unavailable));
    }

    #[test]
    fn what_is_unavailable_is_none() {
        let mut wire = advice(1.0, 1.0, 1.0).to_wire();
        wire.speed = Some(SPEED_UNAVAILABLE);
        wire.confidence = Some(SpeedConfidenceDsrc::Unavailable);
        wire.distance = Some(ZoneLength(0));
        let view = AdvisorySpeed::from_wire(&wire);
        assert_eq!((view.speed, view.within, view.distance), (None, None, None));
    }
}
