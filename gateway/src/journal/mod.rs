//! What the engines were told and said, as lines in files: appended before any answer leaves, rotated, read again after a restart, replayed.
//!
//! Areas hand a [`Commit`] to the [`Journal`]; one at a time writes all that has gathered with one call to the operating system, and only then do the
//! departures leave through the [`Outlets`].
//!
//! | file | what |
//! |---|---|
//! | `queue` | what waits for the writer, bounded |
//! | `writer` | group commit, faults, retries |
//! | `segment` | the files: names, rotation, what a test puts in their place |
//! | `lines` | the lines that are the gateway's own, and the area's name before those of an engine |
//! | `outlets`, `sinks` | where departures go |
//! | `read` | segments back to lines |
//! | `restore` | what a process needs to know of the one before it |
//! | `replay` | whether the engines decide now as they did then |

pub mod lines;
mod outlets;
mod queue;
pub mod read;
pub mod replay;
pub mod restore;
pub mod segment;
mod sinks;
mod writer;

use std::sync::Arc;

use crate::area::Departure;

pub use outlets::{AreaOutlets, Files, Outlets};
pub use queue::Journal;
pub use sinks::{AuditSink, ObservationSink, OctetSink, RelayTarget, VlogSink};
pub use writer::{Beginning, RETRY, Unwritten, Writer};

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

#[cfg(test)]
mod tests;
