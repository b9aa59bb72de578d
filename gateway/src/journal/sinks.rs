//! Where departures go, as the writer sees it. None of these may block: the writer is one thread for all areas, and whoever is slow loses what is
//! his own.

use std::fmt;

use voorrang_units::Instant;

use crate::messaging::Received;
use crate::privacy::audit::AuditEntry;

/// The stream to one junction's controller. Nothing blocks.
pub trait ControllerLink: fmt::Debug + Send + Sync {
    /// Opens the stream.
    fn connect(&self);

    /// Sends octets. A controller that takes less than it is sent loses the stream.
    fn send(&self, octets: Vec<u8>);

    /// Closes the stream, once what was sent before has left or after a second.
    fn disconnect(&self);
}

/// Who got which green, when, and why.
pub trait AuditSink: fmt::Debug + Send + Sync {
    /// Writes an entry, or keeps it for writing.
    fn record(&self, entry: AuditEntry);
}

/// What would have been done where the gateway only watches, beside what was done.
pub trait ObservationSink: fmt::Debug + Send + Sync {
    /// Whole JSON lines, as they are to stand in the file of the day of `at`.
    fn append(&self, at: Instant, lines: &str);
}

/// One junction's V-Log.
pub trait VlogSink: fmt::Debug + Send + Sync {
    /// Whole lines, as they are to stand in the file of the day of `at`.
    fn append(&self, at: Instant, lines: &str);
}

/// The log of octets as they came, for as long as they may be kept.
pub trait OctetSink: fmt::Debug + Send + Sync {
    /// Keeps what a transport received. `admitted` is false for what was refused.
    fn record(&self, received: &Received<'_>, admitted: bool);

    /// Keeps what left, as an `answer` or a `publication`.
    fn record_sent(&self, at: Instant, what: &'static str, octets: &[u8]);
}
