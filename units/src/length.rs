//! Length.

use serde::{Deserialize, Serialize};

use crate::quantity::quantity_arithmetic;
use crate::{Duration, Speed};

/// A length or a distance; serialised in metres.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Length(f64);

quantity_arithmetic!(Length);

impl Length {
    /// From metres.
    #[must_use]
    pub const fn from_metres(metres: f64) -> Self {
        Self(metres)
    }

    /// From centimetres, the unit of ETSI lane geometry and ellipses.
    #[must_use]
    pub const fn from_centimetres(centimetres: f64) -> Self {
        Self(centimetres / 100.0)
    }

    /// From kilometres.
    #[must_use]
    pub const fn from_kilometres(kilometres: f64) -> Self {
        Self(kilometres * 1000.0)
    }

    /// In metres.
    #[must_use]
    pub const fn metres(self) -> f64 {
        self.0
    }

    /// How long it takes at a steady `speed`; `None` where the speed is not above zero.
    #[must_use]
    pub fn time_at(self, speed: Speed) -> Option<Duration> {
        (speed > Speed::ZERO).then(|| Duration::from_seconds_f64(self.0 / speed.metres_per_second()))
    }
}
