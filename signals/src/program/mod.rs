//! Control programs: what an intersection shows when nobody asks for priority. One program per file.
//!
//! | program | what it is |
//! |---|---|
//! | [`fixed_time`] | stages in a fixed cycle |
//! | [`plans`] | several of those, by the time of day ([`schedule`]) |
//! | [`transition`] | how fixed time comes back in step after an intervention |
//! | [`actuated`] | modules of groups and detectors, also coordinated |

pub mod actuated;
pub mod fixed_time;
pub mod plans;
pub mod schedule;
pub mod transition;

use voorrang_units::{Duration, Instant};

use crate::program::actuated::Actuated;
use crate::program::fixed_time::FixedTime;
use crate::program::plans::Plans;

/// The control program of an intersection.
#[derive(Debug, Clone, PartialEq)]
pub enum Program {
    /// Stages in a fixed cycle.
    FixedTime(FixedTime),
    /// Several plans, by the time of day.
    Plans(Plans),
    /// Vehicle actuated.
    Actuated(Actuated),
}

/// What a program has a group do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Intent {
    /// As it is.
    #[default]
    Stay,
    /// Turn green as soon as possible.
    Start,
    /// End its green.
    End,
}

impl Program {
    /// The fixed-time plan that runs at a moment; `None` for a program that is not one.
    #[must_use]
    pub fn fixed_time(&self, at: Instant) -> Option<&FixedTime> {
        match self {
            Self::FixedTime(program) => Some(program),
            Self::Plans(plans) => Some(&plans.running(at).program),
            Self::Actuated(_) => None,
        }
    }

    /// The first moment after `after` at which a fixed-time program's aspects change; `None` for a program that is not one.
    #[must_use]
    pub fn next_change(&self, after: Instant) -> Option<Instant> {
        match self {
            Self::FixedTime(program) => Some(program.next_change(after)),
            Self::Plans(plans) => Some(plans.next_change(after)),
            Self::Actuated(_) => None,
        }
    }

    /// After how long it begins anew, the longest of its plans; `None` where it has no cycle.
    #[must_use]
    pub fn cycle(&self) -> Option<Duration> {
        match self {
            Self::FixedTime(program) => Some(program.cycle()),
            Self::Plans(plans) => plans.all().iter().map(|plan| plan.program.cycle()).max(),
            Self::Actuated(program) => program.coordination().map(|coordination| coordination.cycle),
        }
    }

    /// Its name in files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::FixedTime(_) | Self::Plans(_) => "fixed_time",
            Self::Actuated(program) if program.coordination().is_some() => "coordinated_actuated",
            Self::Actuated(_) => "actuated",
        }
    }
}
