//! Control programs: what an intersection shows when nobody asks for priority. One program per file.
//!
//! | program | what it is |
//! |---|---|
//! | [`fixed_time`] | stages in a fixed cycle |

pub mod fixed_time;

use voorrang_units::{Duration, Instant};

use crate::aspect::Aspect;
use crate::id::GroupIndex;
use crate::program::fixed_time::FixedTime;

/// The control program of an intersection.
#[derive(Debug, Clone, PartialEq)]
pub enum Program {
    /// Stages in a fixed cycle.
    FixedTime(FixedTime),
}

impl Program {
    /// What a group shows at a moment if nothing interferes.
    #[must_use]
    pub fn aspect(&self, group: GroupIndex, at: Instant) -> Aspect {
        match self {
            Self::FixedTime(program) => program.aspect(group, at),
        }
    }

    /// How long a group that shows green at a moment goes on doing so; zero where it does not.
    #[must_use]
    pub fn green_left(&self, group: GroupIndex, at: Instant) -> Duration {
        match self {
            Self::FixedTime(program) => program.green_left(group, at),
        }
    }

    /// The first moment after `after` at which some group's aspect changes.
    #[must_use]
    pub fn next_change(&self, after: Instant) -> Instant {
        match self {
            Self::FixedTime(program) => program.next_change(after),
        }
    }

    /// After how long it begins anew.
    #[must_use]
    pub fn cycle(&self) -> Duration {
        match self {
            Self::FixedTime(program) => program.cycle(),
        }
    }
}
