//! Curvature: how sharp a bend is.

use serde::{Deserialize, Serialize};

use crate::quantity::quantity_arithmetic;

/// One over the radius of the bend that a vehicle drives, positive to the left (ISO 8855), zero straight on; serialised per metre.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Curvature(f64);

quantity_arithmetic!(Curvature);

impl Curvature {
    /// From one over metres of radius.
    #[must_use]
    pub const fn from_per_metre(per_metre: f64) -> Self {
        Self(per_metre)
    }

    /// In one over metres of radius.
    #[must_use]
    pub const fn per_metre(self) -> f64 {
        self.0
    }
}
