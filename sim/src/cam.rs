//! Cooperative awareness messages of simulated vehicles: when one is due, and its bytes.

use voorrang_messages::uper::EncodeError;
use voorrang_messages::vehicle_state::{DriveDirection, LowFrequency, Role, SpecialVehicle};
use voorrang_messages::{Measured, ReferencePosition, StationId, StationType, VehicleState, ViewError};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

use crate::network::VehicleClass;
use crate::traffic::DrivingState;

/// A CAM is due at the latest so long after the last (EN 302 637-2 clause 6.1.3: T_GenCamMax), and for ordinary vehicles then only.
pub const LONGEST_GAP: Duration = Duration::from_seconds(1);
/// Not sooner than this after the last (T_GenCamMin).
const SHORTEST_GAP: Duration = Duration::from_millis(100);
/// By how much heading, position or speed have changed since the last CAM when the next is due (EN 302 637-2 clause 6.1.3).
const HEADING_CHANGE: Angle = Angle::from_degrees(4.0);
const POSITION_CHANGE: Length = Length::from_metres(4.0);
const SPEED_CHANGE: Speed = Speed::from_metres_per_second(0.5);

/// Why there is no message: a fault of the simulation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CamError {
    /// The vehicle doesn't fit a message.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A value is out of its range.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// Its number.
    pub station: StationId,
    /// Its class. Emergency vehicles have light bar and siren on.
    pub class: VehicleClass,
}

/// Decides when a vehicle sends that keeps the generation rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Generation {
    last: Option<(Instant, DrivingState)>,
}

impl Generation {
    /// Is a CAM due? If so, it counts as sent.
    pub fn is_due(&mut self, now: Instant, state: &DrivingState) -> bool {
        let due = self.last.is_none_or(|(sent, last)| {
            let gap = now - sent;
            let changed = || {
                turned(last.heading, state.heading) > HEADING_CHANGE.degrees()
                    || driven(last.front, state.front) > POSITION_CHANGE
                    || (state.speed.metres_per_second() - last.speed.metres_per_second()).abs()
                        > SPEED_CHANGE.metres_per_second()
            };
            gap >= LONGEST_GAP || (gap >= SHORTEST_GAP && changed())
        });
        if due {
            self.last = Some((now, *state));
        }
        due
    }
}

/// As the crow flies.
fn driven(before: GeodeticPosition, after: GeodeticPosition) -> Length {
    let plane = LocalPlane::at(before);
    plane.to_local(before).distance_to(plane.to_local(after))
}

/// Degrees between two headings, 0 to 180.
fn turned(before: Angle, after: Angle) -> f64 {
    let turn = (after.degrees() - before.degrees()).abs() % 360.0;
    turn.min(360.0 - turn)
}

impl Sender {
    /// What it sends of a state: the bytes of a CAM.
    ///
    /// # Errors
    /// If a value is out of its message's range.
    pub fn message(&self, now: Instant, state: &DrivingState) -> Result<Vec<u8>, CamError> {
        let emergency = self.class == VehicleClass::Emergency;
        let special_vehicle = emergency.then_some(SpecialVehicle::Emergency {
            light_bar: true,
            siren: true,
            incident: None,
            requests_right_of_way: true,
            requests_free_crossing: true,
        });
        let low_frequency = emergency.then(|| LowFrequency {
            role: Role::Emergency,
            exterior_lights: Default::default(),
            path: Vec::new(),
        });
        let vehicle = VehicleState {
            station: self.station,
            station_type: station_type(self.class),
            moment: now,
            position: ReferencePosition { geodetic: Some(state.front), ..ReferencePosition::default() },
            heading: Some(Measured::unsure(state.heading)),
            speed: Some(Measured::unsure(state.speed)),
            drive_direction: Some(DriveDirection::Forward),
            length: None,
            trailer: None,
            width: None,
            longitudinal_acceleration: None,
            yaw_rate: None,
            curvature: None,
            lane_position: None,
            low_frequency,
            special_vehicle,
        };
        let mut bytes = Vec::with_capacity(64);
        vehicle.to_cam()?.encode(&mut bytes)?;
        Ok(bytes)
    }
}

const fn station_type(class: VehicleClass) -> StationType {
    match class {
        VehicleClass::Passenger | VehicleClass::Taxi | VehicleClass::Ignoring => StationType::PassengerCar,
        VehicleClass::Delivery => StationType::LightTruck,
        VehicleClass::Truck => StationType::HeavyTruck,
        VehicleClass::Bus => StationType::Bus,
        VehicleClass::Motorcycle => StationType::Motorcycle,
        VehicleClass::Bicycle => StationType::Cyclist,
        VehicleClass::Tram => StationType::Tram,
        VehicleClass::Emergency => StationType::SpecialVehicles,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_priority::etsi::vehicle_from_cam;

    const START: Instant = Instant::from_unix_millis(1_768_201_200_000);

    fn at(heading: f64, latitude: f64, speed: f64) -> DrivingState {
        DrivingState {
            leg: 0,
            crossing: false,
            position: Length::from_metres(10.0),
            remaining: Length::from_metres(200.0),
            lane: 0,
            speed: Speed::from_metres_per_second(speed),
            heading: Angle::from_degrees(heading),
            front: GeodeticPosition::from_degrees(latitude, 5.12).unwrap(),
        }
    }

    #[test]
    fn a_cam_is_due_when_something_changed_and_every_second_at_least() {
        let standing = at(359.0, 52.09, 0.0);
        let check = |millis, state: DrivingState, expected| {
            let mut generation = Generation::default();
            assert!(generation.is_due(START, &standing), "the first at once");
            let now = START + Duration::from_millis(millis);
            assert_eq!(generation.is_due(now, &state), expected, "{millis} {state:?}");
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

    #[test]
    fn the_engine_reads_what_was_sent() {
        let state = at(90.0, 52.09, 14.0);
        for class in VehicleClass::ALL {
            let sender = Sender { station: StationId(4711), class };
            let vehicle = vehicle_from_cam(&sender.message(START, &state).unwrap(), START).unwrap();
            assert_eq!((vehicle.station, vehicle.position), (StationId(4711), state.front));
            assert_eq!((vehicle.speed, vehicle.heading), (Some(state.speed), Some(state.heading)));
            let emergency = class == VehicleClass::Emergency;
            assert_eq!((vehicle.light_bar, vehicle.siren), (emergency, emergency));
        }
    }
}
