//! Recovery: how an intersection finds back to its control program after its last intervention. A choice of its own, independent of the
//! strategy. One file each.
//!
//! | name | idea | file |
//! |---|---|---|
//! | `resume` | back to the program at once, in step | `resume.rs` |
//! | `longest_wait` | a green first for those who waited longest | `longest_wait.rs` |
//! | `short_way` | from the wished green, back in step by longer or shorter cycles | `short_way.rs` |

mod longest_wait;
mod resume;
mod short_way;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use voorrang_signals::program::transition::ShortWay as Shares;
use voorrang_signals::{Rejoin, Wishes};
use voorrang_units::Instant;

pub use longest_wait::{LongestWait, LongestWaitConfig};
pub use resume::Resume;
pub use short_way::ShortWay;

use crate::area::{ControlArea, IntersectionIndex};

/// Leads an intersection back to its control program.
pub trait Recovery: Debug + Send + Sync {
    /// How a fixed-time program goes on after the last wish.
    fn rejoin(&self) -> Rejoin {
        Rejoin::InStep
    }

    /// Wishes for the time after the last intervention, which ended at `ended`; `wishes` comes with `Program` for every group. The answer
    /// says when to ask again; `None` ends the recovery. Not asked while a strategy wishes something for the intersection.
    fn recover(
        &mut self,
        now: Instant,
        ended: Instant,
        area: &ControlArea,
        intersection: IntersectionIndex,
        wishes: &mut Wishes,
    ) -> Option<Instant>;
}

/// Which recovery, with its parameters. In a file: `recovery = "resume"`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryConfig {
    /// [`Resume`].
    #[default]
    Resume,
    /// [`LongestWait`].
    LongestWait(LongestWaitConfig),
    /// [`ShortWay`].
    ShortWay(Shares),
}

impl RecoveryConfig {
    /// The names of all recoveries.
    pub const NAMES: &[&str] = &["resume", "longest_wait", "short_way"];

    /// The recovery of a name with its default parameters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "resume" => Some(Self::Resume),
            "longest_wait" => Some(Self::LongestWait(LongestWaitConfig::default())),
            "short_way" => Some(Self::ShortWay(Shares::default())),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::LongestWait(_) => "longest_wait",
            Self::ShortWay(_) => "short_way",
        }
    }

    /// Makes the recovery.
    #[must_use]
    pub fn build(&self) -> Box<dyn Recovery> {
        match self {
            Self::Resume => Box::new(Resume),
            Self::LongestWait(config) => Box::new(LongestWait::new(config.clone())),
            Self::ShortWay(shares) => Box::new(ShortWay::new(*shares)),
        }
    }
}
