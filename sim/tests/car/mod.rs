//! The car of tests on driving.

use voorrang_sim::network::VehicleClass;
use voorrang_sim::scenario::{SpeedFactor, VehicleType};
use voorrang_units::{Acceleration, Duration, Length, Speed};

/// The importer's default car, with a gap of 2 m: IDM calibrated to a Dutch saturation flow.
pub(crate) fn car() -> VehicleType {
    VehicleType {
        id: "car".into(),
        class: VehicleClass::Passenger,
        length: Length::from_metres(4.5),
        min_gap: Length::from_metres(2.0),
        time_gap: Duration::from_millis(850),
        acceleration: Acceleration::from_metres_per_second_squared(1.5),
        deceleration: Acceleration::from_metres_per_second_squared(2.0),
        max_speed: Speed::from_metres_per_second(50.0),
        speed_factor: SpeedFactor { mean: 1.0, deviation: 0.1, min: 0.7, max: 1.3 },
        priority: false,
    }
}
