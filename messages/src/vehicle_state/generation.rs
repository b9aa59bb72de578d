//! When a vehicle says where it is (EN 302 637-2 clause 6.1.3), and what it says at the least.

use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

use super::{DriveDirection, LowFrequency, Role, SpecialVehicle, VehicleState};
use crate::elements::{Measured, ReferencePosition, StationId, StationType};

/// By how much heading, position or speed have changed since the last CAM when the next is due.
const HEADING_CHANGE: Angle = Angle::from_degrees(4.0);
const POSITION_CHANGE: Length = Length::from_metres(4.0);
const SPEED_CHANGE: Speed = Speed::from_metres_per_second(0.5);

/// How a vehicle moves: what the generation rules look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Movement {
    /// Where it is.
    pub position: GeodeticPosition,
    /// Whereto it drives.
    pub heading: Angle,
    /// How fast.
    pub speed: Speed,
}

/// Decides when a vehicle sends a CAM.
#[derive(Debug, Clone, Copy, Default)]
pub struct CamGeneration {
    last: Option<(Instant, Movement)>,
}

impl CamGeneration {
    /// The longest between two CAMs (T_GenCamMax).
    pub const LONGEST_GAP: Duration = Duration::from_seconds(1);
    /// The shortest (T_GenCamMin).
    pub const SHORTEST_GAP: Duration = Duration::from_millis(100);

    /// Is a CAM due? If so, it counts as sent.
    pub fn is_due(&mut self, now: Instant, movement: Movement) -> bool {
        let due = self.last.is_none_or(|(sent, last)| {
            let gap = now - sent;
            gap >= Self::LONGEST_GAP || (gap >= Self::SHORTEST_GAP && movement.differs_from(&last))
        });
        if due {
            self.last = Some((now, movement));
        }
        due
    }
}

impl Movement {
    fn differs_from(&self, before: &Self) -> bool {
        let turn = (self.heading.degrees() - before.heading.degrees()).abs() % 360.0;
        // As the crow flies.
        let plane = LocalPlane::at(before.position);
        let driven = plane.to_local(before.position).distance_to(plane.to_local(self.position));
        let faster = (self.speed.metres_per_second() - before.speed.metres_per_second()).abs();
        turn.min(360.0 - turn) > HEADING_CHANGE.degrees()
            || driven > POSITION_CHANGE
            || faster > SPEED_CHANGE.metres_per_second()
    }
}

impl VehicleState {
    /// A vehicle that drives forward, of which no more is known.
    #[must_use]
    pub fn moving(
        station: StationId,
        station_type: StationType,
        moment: Instant,
        movement: Movement,
    ) -> Self {
        let Movement { position, heading, speed } = movement;
        Self {
            station,
            station_type,
            moment,
            position: ReferencePosition { geodetic: Some(position), ..ReferencePosition::default() },
            heading: Some(Measured::unsure(heading)),
            speed: Some(Measured::unsure(speed)),
            drive_direction: Some(DriveDirection::Forward),
            length: None,
            trailer: None,
            width: None,
            longitudinal_acceleration: None,
            yaw_rate: None,
            curvature: None,
            lane_position: None,
            low_frequency: None,
            special_vehicle: None,
        }
    }

    /// The same as an emergency vehicle under light bar and siren that wants right of way and free crossings.
    #[must_use]
    pub fn on_blue_light(self) -> Self {
        Self {
            low_frequency: Some(LowFrequency {
                role: Role::Emergency,
                exterior_lights: Default::default(),
                path: Vec::new(),
            }),
            special_vehicle: Some(SpecialVehicle::Emergency {
                light_bar: true,
                siren: true,
                incident: None,
                requests_right_of_way: true,
                requests_free_crossing: true,
            }),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_unix_millis(1_768_201_200_000);

    fn at(heading: f64, latitude: f64, speed: f64) -> Movement {
        Movement {
            position: GeodeticPosition::from_degrees(latitude, 5.12).unwrap(),
            heading: Angle::from_degrees(heading),
            speed: Speed::from_metres_per_second(speed),
        }
    }

    #[test]
    fn a_cam_is_due_when_something_changed_and_every_second_at_least() {
        let standing = at(359.0, 52.09, 0.0);
        let check = |millis, movement: Movement, expected| {
            let mut generation = CamGeneration::default();
            assert!(generation.is_due(START, standing), "the first at once");
            let now = START + Duration::from_millis(millis);
            assert_eq!(generation.is_due(now, movement), expected, "{millis} {movement:?}");
        };
        check(900, standing, false);
        check(1000, standing, true);
        check(500, at(2.0, 52.09, 0.0), false);
        check(500, at(4.0, 52.09, 0.0), true);
        // A thousandth of a degree is 111 m.
        check(500, at(359.0, 52.09003, 0.0), false);
        check(500, at(359.0, 52.09004, 0.0), true);
        check(500, at(359.0, 52.09, 0.5), false);
        check(500, at(359.0, 52.09, 0.6), true);
        check(50, at(90.0, 52.1, 9.0), false);
    }
}
