//! What a signal group shows, and which changes are permitted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The aspect of a signal group. Dutch lamps show no red with yellow before green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Stop.
    Red,
    /// Stop, unless that would take hard braking. For pedestrians: flashing green.
    Yellow,
    /// Go.
    Green,
}

impl Aspect {
    /// The only aspect that may follow: green, yellow, red, green.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Green => Self::Yellow,
            Self::Yellow => Self::Red,
            Self::Red => Self::Green,
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        })
    }
}
