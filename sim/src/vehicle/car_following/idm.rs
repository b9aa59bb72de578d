//! The Intelligent Driver Model (Treiber, Hennecke, Helbing: "Congested traffic states in empirical observations and microscopic
//! simulations", Phys. Rev. E 62, 2000), exponent 4.
//!
//! `a = a0 [1 - (v/v0)^4 - (s*/s)^2]`, `s* = s0 + max(0, v T + v dv / (2 sqrt(a0 b)))`. Above the desired speed the free term
//! brakes at most comfortably, as in the authors' improved model. Its textbook parameters give too low a saturation flow
//! (T = 1.5 s: 1 463 vehicles/h); the importer's do not (`sim/tests/saturation_flow.rs`).

use crate::vehicle::Driver;

/// Nobody brakes harder, m/s2.
pub(crate) const MAX_DECELERATION: f64 = 9.0;

/// The smallest gap that the model computes with, m: closer it brakes as hard as it can.
const SMALLEST_GAP: f64 = 0.1;

/// The acceleration on a free road, m/s2. `over_desired` is 1 / the desired speed.
#[inline]
pub(crate) fn free(driver: &Driver, speed: f64, over_desired: f64) -> f64 {
    let share = speed * over_desired;
    let squared = share * share;
    (driver.acceleration * (1.0 - squared * squared)).max(-driver.deceleration)
}

/// How much a leader takes off the free acceleration, m/s2: `a0 (s*/s)^2` for a `gap` (m) to a leader at `leader_speed`.
#[inline]
pub(crate) fn interaction(driver: &Driver, speed: f64, gap: f64, leader_speed: f64) -> f64 {
    let dynamic = speed * driver.time_gap + speed * (speed - leader_speed) * driver.approach_factor;
    let wanted = driver.min_gap + dynamic.max(0.0);
    let share = wanted / gap.max(SMALLEST_GAP);
    driver.acceleration * share * share
}

/// The acceleration behind a leader, m/s2, before any limit.
#[inline]
pub(crate) fn following(driver: &Driver, speed: f64, over_desired: f64, gap: f64, leader_speed: f64) -> f64 {
    free(driver, speed, over_desired) - interaction(driver, speed, gap, leader_speed)
}
