//! Speed.

use std::ops::Mul;

use serde::{Deserialize, Serialize};

use crate::quantity::quantity_arithmetic;
use crate::{Duration, Length};

/// A speed; serialised in metres per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Speed(f64);

quantity_arithmetic!(Speed);

impl Speed {
    /// From metres per second.
    #[must_use]
    pub const fn from_metres_per_second(metres_per_second: f64) -> Self {
        Self(metres_per_second)
    }

    /// From kilometres per hour.
    #[must_use]
    pub const fn from_kilometres_per_hour(kilometres_per_hour: f64) -> Self {
        Self(kilometres_per_hour / 3.6)
    }

    /// In metres per second.
    #[must_use]
    pub const fn metres_per_second(self) -> f64 {
        self.0
    }

    /// In kilometres per hour.
    #[must_use]
    pub const fn kilometres_per_hour(self) -> f64 {
        self.0 * 3.6
    }
}

impl Mul<Duration> for Speed {
    type Output = Length;
    fn mul(self, duration: Duration) -> Length {
        Length::from_metres(self.0 * duration.seconds())
    }
}
