//! A vehicle with its driver: the constants that car following reads, in SI units.

use crate::network::VehicleClass;
use crate::random::Stream;
use crate::scenario::VehicleType;

/// The constants of one vehicle and driver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driver {
    pub(crate) class: VehicleClass,
    /// Bumper to bumper, m.
    pub(crate) length: f64,
    /// Gap at a standstill, m.
    pub(crate) min_gap: f64,
    /// Time gap, s.
    pub(crate) time_gap: f64,
    /// From standstill, m/s2.
    pub(crate) acceleration: f64,
    /// Comfortable, m/s2, positive.
    pub(crate) deceleration: f64,
    /// 1 / (2 sqrt(acceleration * deceleration)), s2/m.
    pub(crate) approach_factor: f64,
    /// Of the speed limit.
    pub(crate) speed_factor: f64,
    /// m/s.
    pub(crate) max_speed: f64,
}

/// How far drivers' time gaps spread about their type's: standard deviation and bounds as shares of it. The saturation flow
/// spreads with it, its mean stays (`sim/tests/saturation_flow.rs`).
const TIME_GAP_DEVIATION: f64 = 0.1;
const TIME_GAP_BOUNDS: (f64, f64) = (0.8, 1.2);

impl Driver {
    /// The driver whom a stream draws for a vehicle of this type: two numbers, whatever the type's spread.
    #[must_use]
    pub fn draw(vehicle_type: &VehicleType, stream: &mut Stream) -> Self {
        let factor = vehicle_type.speed_factor;
        let speed_factor = (factor.mean + factor.deviation * stream.normal()).clamp(factor.min, factor.max);
        let spread = (1.0 + TIME_GAP_DEVIATION * stream.normal()).clamp(TIME_GAP_BOUNDS.0, TIME_GAP_BOUNDS.1);
        let acceleration = vehicle_type.acceleration.metres_per_second_squared();
        let deceleration = vehicle_type.deceleration.metres_per_second_squared();
        Self {
            class: vehicle_type.class,
            length: vehicle_type.length.metres(),
            min_gap: vehicle_type.min_gap.metres(),
            time_gap: vehicle_type.time_gap.seconds() * spread,
            acceleration,
            deceleration,
            approach_factor: 0.5 / (acceleration * deceleration).sqrt(),
            speed_factor,
            max_speed: vehicle_type.max_speed.metres_per_second(),
        }
    }

    /// The speed that it wants where `limit` holds, m/s.
    #[must_use]
    pub(crate) fn desired_speed(&self, limit: f64) -> f64 {
        (limit * self.speed_factor).min(self.max_speed)
    }
}
