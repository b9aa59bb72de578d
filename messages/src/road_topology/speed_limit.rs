//! Speed limits of an intersection or of a lane.

use serde::{Deserialize, Serialize};
use voorrang_units::Speed;

use crate::dsrc::{RegulatorySpeedLimit, SpeedLimitList, SpeedLimitType, Velocity};
use crate::elements::nearest;
use crate::view_error::ViewError;

/// `RegulatorySpeedLimit` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpeedLimit {
    /// Whose limit, and of which kind.
    pub kind: SpeedLimitKind,
    /// The limit, in steps of 0.02 m/s.
    pub speed: Option<Speed>,
}

/// `SpeedLimitType` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standard's own and say all there is")]
pub enum SpeedLimitKind {
    Unknown,
    MaxSpeedInSchoolZone,
    MaxSpeedInSchoolZoneWhenChildrenArePresent,
    MaxSpeedInConstructionZone,
    VehicleMinSpeed,
    VehicleMaxSpeed,
    VehicleNightMaxSpeed,
    TruckMinSpeed,
    TruckMaxSpeed,
    TruckNightMaxSpeed,
    VehiclesWithTrailersMinSpeed,
    VehiclesWithTrailersMaxSpeed,
    VehiclesWithTrailersNightMaxSpeed,
    /// A kind of a later version of the standard: addition number n behind the extension marker.
    UnknownAddition(u64),
}

impl SpeedLimit {
    /// The limit of vehicles.
    #[must_use]
    pub const fn vehicle_max(speed: Speed) -> Self {
        Self { kind: SpeedLimitKind::VehicleMaxSpeed, speed: Some(speed) }
    }

    pub(super) fn all_from_wire(wire: Option<&SpeedLimitList>) -> Vec<Self> {
        let from_wire = |wire: &RegulatorySpeedLimit| {
            let speed = Some(wire.speed).filter(|speed| *speed != Velocity::UNAVAILABLE);
            Self {
                kind: SpeedLimitKind::from_wire(wire.r#type),
                speed: speed.map(|speed| Speed::from_metres_per_second(f64::from(speed.0) / STEPS)),
            }
        };
        wire.into_iter().flat_map(|list| &list.0).map(from_wire).collect()
    }

    pub(super) fn all_to_wire(limits: &[Self]) -> Result<Option<SpeedLimitList>, ViewError> {
        let list = limits.iter().copied().map(Self::to_wire).collect();
        Ok(ViewError::at_most(9, "speed limits in one place", list)?.map(SpeedLimitList))
    }

    /// Rounded to 0.02 m/s; a limit above 163.80 m/s becomes that.
    fn to_wire(self) -> RegulatorySpeedLimit {
        let steps = |speed: Speed| {
            let fastest = i32::from(Velocity::UNAVAILABLE.0) - 1;
            let steps = nearest(speed.metres_per_second() * STEPS, 0, fastest);
            u16::try_from(steps).map_or(Velocity::UNAVAILABLE, Velocity)
        };
        RegulatorySpeedLimit {
            r#type: self.kind.to_wire(),
            speed: self.speed.map_or(Velocity::UNAVAILABLE, steps),
        }
    }
}

/// `Velocity`: steps in a metre per second.
const STEPS: f64 = 50.0;

macro_rules! kinds_on_the_wire {
    ($($kind:ident),* $(,)?) => {
        impl SpeedLimitKind {
            const fn from_wire(wire: SpeedLimitType) -> Self {
                match wire {
                    $(SpeedLimitType::$kind => Self::$kind,)*
                    SpeedLimitType::UnknownAddition(number) => Self::UnknownAddition(number),
                }
            }

            const fn to_wire(self) -> SpeedLimitType {
                match self {
                    $(Self::$kind => SpeedLimitType::$kind,)*
                    Self::UnknownAddition(number) => SpeedLimitType::UnknownAddition(number),
                }
            }
        }
    };
}

kinds_on_the_wire! {
    Unknown, MaxSpeedInSchoolZone, MaxSpeedInSchoolZoneWhenChildrenArePresent, MaxSpeedInConstructionZone,
    VehicleMinSpeed, VehicleMaxSpeed, VehicleNightMaxSpeed, TruckMinSpeed, TruckMaxSpeed, TruckNightMaxSpeed,
    VehiclesWithTrailersMinSpeed, VehiclesWithTrailersMaxSpeed, VehiclesWithTrailersNightMaxSpeed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_back() {
        let fifty = SpeedLimit::vehicle_max(Speed::from_metres_per_second(13.88));
        let unknown = SpeedLimit { kind: SpeedLimitKind::TruckMaxSpeed, speed: None };
        let wire = SpeedLimit::all_to_wire(&[fifty, unknown]).unwrap();
        assert_eq!(wire.as_ref().unwrap().0[0].speed, Velocity(694));
        assert_eq!(SpeedLimit::all_from_wire(wire.as_ref()), [fifty, unknown]);
    }

    #[test]
    fn the_fastest_is_not_unavailable() {
        let fast = SpeedLimit::vehicle_max(Speed::from_metres_per_second(1e9));
        assert_eq!(fast.to_wire().speed, Velocity(8190));
        assert_eq!(
            SpeedLimit::all_to_wire(&[fast; 10]),
            Err(ViewError::TooMany { what: "speed limits in one place", most: 9, found: 10 })
        );
    }
}
