//! Where a vehicle is and how it moves: `RequestorPositionVector` on the wire.

use voorrang_units::{Angle, GeodeticPosition, Speed};

use super::place::{position_from_wire, position_to_wire};
use super::rounding::nearest;
use crate::dsrc::{
    self, Position3D, RequestorPositionVector, TransmissionAndSpeed, TransmissionState, Velocity,
};
use crate::its_container::{Latitude, Longitude};

/// `Angle`: 0.0125 degree, 28 800 to the circle.
const HEADING_UNITS_PER_DEGREE: f64 = 80.0;
/// `Velocity`: 0.02 m/s.
const SPEED_UNITS_PER_METRE_PER_SECOND: f64 = 50.0;

/// Position, heading and speed of a requester.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Motion {
    pub(crate) position: Option<GeodeticPosition>,
    pub(crate) heading: Option<Angle>,
    /// Negative when it drives backwards.
    pub(crate) speed: Option<Speed>,
}

impl Motion {
    pub(crate) fn from_wire(wire: &RequestorPositionVector) -> Self {
        let position = position_from_wire(wire.position.lat, wire.position.long);
        let heading = wire.heading.filter(|heading| *heading != dsrc::Angle::UNAVAILABLE);
        let speed = wire.speed.as_ref().filter(|motion| motion.speed != Velocity::UNAVAILABLE);
        Self {
            position,
            heading: heading
                .map(|heading| Angle::from_degrees(f64::from(heading.0) / HEADING_UNITS_PER_DEGREE)),
            speed: speed.map(|TransmissionAndSpeed { transmisson, speed }| {
                let forward = f64::from(speed.0) / SPEED_UNITS_PER_METRE_PER_SECOND;
                let backwards = *transmisson == TransmissionState::ReverseGears;
                Speed::from_metres_per_second(if backwards { -forward } else { forward })
            }),
        }
    }

    /// `None` where nothing is known. Each value is rounded to its unit; a speed above 163.80 m/s becomes that.
    pub(crate) fn to_wire(self) -> Option<RequestorPositionVector> {
        if self == Self::default() {
            return None;
        }
        let unavailable = (Latitude::UNAVAILABLE, Longitude::UNAVAILABLE);
        let (lat, long) = self.position.map_or(unavailable, position_to_wire);
        Some(RequestorPositionVector {
            position: Position3D { lat, long, elevation: None, regional: None },
            heading: self.heading.map(heading_to_wire),
            speed: self.speed.map(speed_to_wire),
        })
    }
}

fn heading_to_wire(heading: Angle) -> dsrc::Angle {
    let units = nearest(heading.normalised().degrees() * HEADING_UNITS_PER_DEGREE, 0, 28_800);
    // Just below 360 degrees rounds to the full circle.
    dsrc::Angle(u16::try_from(units % 28_800).unwrap_or(dsrc::Angle::UNAVAILABLE.0))
}

fn speed_to_wire(speed: Speed) -> TransmissionAndSpeed {
    let units = nearest(speed.metres_per_second() * SPEED_UNITS_PER_METRE_PER_SECOND, i32::MIN, i32::MAX);
    let fastest = Velocity::UNAVAILABLE.0 - 1;
    TransmissionAndSpeed {
        transmisson: if units < 0 {
            TransmissionState::ReverseGears
        } else {
            TransmissionState::ForwardGears
        },
        speed: Velocity(u16::try_from(units.unsigned_abs()).map_or(fastest, |units| units.min(fastest))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(motion: Motion) -> Motion {
        Motion::from_wire(&motion.to_wire().unwrap())
    }

    #[test]
    fn units_on_the_wire_are_those_of_the_standard() {
        let motion = Motion {
            position: GeodeticPosition::from_degrees(52.0907, 5.1214),
            heading: Some(Angle::from_degrees(90.0)),
            speed: Some(Speed::from_kilometres_per_hour(45.0)),
        };
        let wire = motion.to_wire().unwrap();
        assert_eq!((wire.position.lat, wire.position.long), (Latitude(520_907_000), Longitude(51_214_000)));
        assert_eq!(wire.heading, Some(dsrc::Angle(7200)));
        assert_eq!(wire.speed.as_ref().map(|speed| speed.speed), Some(Velocity(625)));
        assert_eq!(there_and_back(motion), motion);
    }

    #[test]
    fn what_is_unavailable_stays_so() {
        let heading_only = Motion { heading: Some(Angle::from_degrees(0.0)), ..Motion::default() };
        assert_eq!(there_and_back(heading_only), heading_only);
        assert_eq!(Motion::default().to_wire(), None);
    }

    #[test]
    fn headings_just_below_the_full_circle_are_north() {
        let motion = Motion { heading: Some(Angle::from_degrees(359.999)), ..Motion::default() };
        assert_eq!(motion.to_wire().unwrap().heading, Some(dsrc::Angle(0)));
    }

    #[test]
    fn backwards_is_a_negative_speed_and_the_fastest_is_not_unavailable() {
        let motion =
            |speed| Motion { speed: Some(Speed::from_metres_per_second(speed)), ..Motion::default() };
        assert_eq!(there_and_back(motion(-2.5)), motion(-2.5));
        assert_eq!(there_and_back(motion(1e9)), motion(163.8));
    }
}
