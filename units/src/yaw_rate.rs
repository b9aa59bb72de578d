//! Yaw rate: how fast a vehicle turns.

use serde::{Deserialize, Serialize};

use crate::quantity::quantity_arithmetic;

/// How fast a heading changes, positive to the left (ISO 8855: counter-clockwise from above, while a heading grows clockwise);
/// serialised in degrees per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct YawRate(f64);

quantity_arithmetic!(YawRate);

impl YawRate {
    /// From degrees per second to the left.
    #[must_use]
    pub const fn from_degrees_per_second(degrees_per_second: f64) -> Self {
        Self(degrees_per_second)
    }

    /// In degrees per second to the left.
    #[must_use]
    pub const fn degrees_per_second(self) -> f64 {
        self.0
    }
}
