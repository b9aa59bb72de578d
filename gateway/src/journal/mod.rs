//! What the engines were told and said, as lines in files: appended before any answer leaves, rotated, read again after a restart, replayed.
//!
//! Areas hand a [`Commit`] to the [`Journal`]; one at a time writes all that has gathered with one call to the operating system, and only then do the
//! departures leave through the [`Outlets`].
//!
//! | file | what |
//! |---|---|
//! | `queue` | what waits for the writer, bounded |
//! | `writer` | who writes: whoever commits first, for all; or a thread |
//! | `desk` | writing: group commit, faults, retries |
//! | `segment` | the files: names, rotation, what a test puts in their place |
//! | `lines` | the lines that are the gateway's own, and the area's name before those of an engine |
//! | `outlets`, `sinks` | where departures go |
//! | `read` | segments back to lines |
//! | `restore` | what a process needs to know of the one before it |
//! | `replay` | whether the engines decide now as they did then |

mod desk;
pub mod lines;
mod outlets;
mod queue;
pub mod read;
pub mod replay;
pub mod restore;
pub mod segment;
mod sinks;
mod writer;

use std::fmt;
use std::sync::Arc;

use crate::area::Departure;

pub use desk::{Beginning, RETRY, Unwritten};
pub use outlets::{AreaOutlets, Files, Outlets};
pub use sinks::{AuditSink, ControllerLink, ObservationSink, OctetSink, VlogSink};
pub use writer::{Journal, Writer};

/// What one area hands to the writer: records first, then what may leave once the operating system has them.
#[derive(Debug)]
pub struct Commit {
    /// The area's name.
    pub area: Arc<str>,
    /// Its place among the areas.
    pub place: usize,
    /// Lines of [`voorrang_priority::journal`] and of [`lines`], each with its line end.
    pub records: String,
    /// What leaves afterwards, in order.
    pub departures: Vec<Departure>,
}

/// Takes what follows from what areas were told: the journal's writer.
pub trait CommitSink: fmt::Debug + Send + Sync {
    /// Takes a commit. Never blocks.
    ///
    /// # Errors
    /// [`Untaken::Full`] gives it back: the area keeps it, and reads no further input before it is taken. [`Untaken::Gone`]: nothing will ever be
    /// taken again.
    fn submit(&self, commit: Commit) -> Result<(), Untaken>;
}

/// Why a commit was not taken.
#[derive(Debug)]
pub enum Untaken {
    /// No room at present.
    Full(Commit),
    /// The writer has ended.
    Gone,
}

#[cfg(test)]
mod tests;
