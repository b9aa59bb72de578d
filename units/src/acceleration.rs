//! Acceleration.

use serde::{Deserialize, Serialize};

use crate::quantity::quantity_arithmetic;

/// An acceleration, negative when braking; serialised in metres per second squared.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acceleration(f64);

quantity_arithmetic!(Acceleration);

impl Acceleration {
    /// From metres per second squared.
    #[must_use]
    pub const fn from_metres_per_second_squared(metres_per_second_squared: f64) -> Self {
        Self(metres_per_second_squared)
    }

    /// In metres per second squared.
    #[must_use]
    pub const fn metres_per_second_squared(self) -> f64 {
        self.0
    }
}
