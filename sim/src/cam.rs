//! Cooperative awareness messages of simulated vehicles: who sends, and the bytes.

use voorrang_messages::uper::EncodeError;
use voorrang_messages::vehicle_state::Movement;
use voorrang_messages::{StationId, StationType, VehicleState, ViewError};
use voorrang_units::Instant;

use crate::network::VehicleClass;
use crate::traffic::DrivingState;

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

/// What the generation rules look at.
pub fn movement(state: &DrivingState) -> Movement {
    Movement { position: state.front, heading: state.heading, speed: state.speed }
}

impl Sender {
    /// What it sends of a state: the bytes of a CAM.
    ///
    /// # Errors
    /// If a value is out of its message's range.
    pub fn message(&self, now: Instant, state: &DrivingState) -> Result<Vec<u8>, CamError> {
        let mut vehicle = VehicleState::moving(self.station, station_type(self.class), now, movement(state));
        if self.class == VehicleClass::Emergency {
            vehicle = vehicle.on_blue_light();
        }
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
    use voorrang_priority::etsi::vehicle_from_cam;
    use voorrang_units::{Angle, GeodeticPosition, Length, Speed};

    use super::*;

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
