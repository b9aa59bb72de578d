//! Angle. A heading is an angle clockwise from north.

use serde::{Deserialize, Serialize};

use crate::quantity::quantity_arithmetic;

/// An angle; serialised in degrees.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Angle(f64);

quantity_arithmetic!(Angle);

impl Angle {
    /// From degrees.
    #[must_use]
    pub const fn from_degrees(degrees: f64) -> Self {
        Self(degrees)
    }

    /// From radians.
    #[must_use]
    pub const fn from_radians(radians: f64) -> Self {
        Self(radians.to_degrees())
    }

    /// In degrees.
    #[must_use]
    pub const fn degrees(self) -> f64 {
        self.0
    }

    /// In radians.
    #[must_use]
    pub const fn radians(self) -> f64 {
        self.0.to_radians()
    }

    /// The same direction between 0 (inclusive) and 360 degrees (exclusive).
    #[must_use]
    pub fn normalised(self) -> Self {
        let turned = self.0 - (self.0 / 360.0).floor() * 360.0;
        // Just below zero the sum above rounds up to the full turn.
        Self(if turned < 360.0 { turned } else { 0.0 })
    }

    /// The heading of a movement `east` and `north`, both in the same unit: clockwise from north, 0 to 360 degrees.
    #[must_use]
    pub fn heading(east: f64, north: f64) -> Self {
        Self::from_radians(libm::atan2(east, north)).normalised()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_turn_normalises_to_north() {
        assert_eq!(Angle::from_degrees(360.0).normalised(), Angle::ZERO);
        assert_eq!(Angle::from_degrees(-90.0).normalised(), Angle::from_degrees(270.0));
        assert_eq!(Angle::from_degrees(-1e-18).normalised(), Angle::ZERO);
    }

    #[test]
    fn headings_run_clockwise_from_north() {
        let check = |east, north, degrees: f64| {
            assert!((Angle::heading(east, north).degrees() - degrees).abs() < 1e-9);
        };
        check(0.0, 1.0, 0.0);
        check(1.0, 0.0, 90.0);
        check(0.0, -1.0, 180.0);
        check(-1.0, 0.0, 270.0);
    }
}
