//! Recovery: how an intersection finds back to its control program after its last intervention. A choice of its own, independent of the
//! strategy. One file each.
//!
//! | name | idea | file |
//! |---|---|---|
//! | `resume` | back to the program at once, in step | `resume.rs` |

mod resume;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use voorrang_signals::Wishes;
use voorrang_units::Instant;

pub use resume::Resume;

use crate::area::{ControlArea, IntersectionIndex};

/// Leads an intersection back to its control program.
pub trait Recovery: Debug + Send + Sync {
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
}

impl RecoveryConfig {
    /// The names of all recoveries.
    pub const NAMES: &[&str] = &["resume"];

    /// The recovery of a name with its default parameters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "resume" => Some(Self::Resume),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Resume => "resume",
        }
    }

    /// Makes the recovery.
    #[must_use]
    pub fn build(&self) -> Box<dyn Recovery> {
        match self {
            Self::Resume => Box::new(Resume),
        }
    }
}
