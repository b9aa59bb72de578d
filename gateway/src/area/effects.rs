//! What follows from what an area was told. Records come first: departures leave once the operating system has the records.

use std::time::Instant as Monotonic;

use voorrang_units::{Duration, Instant};

use crate::messaging::{Publication, ReplyTo};
use crate::privacy::audit::AuditEntry;

/// What follows from one input or deadline.
#[derive(Debug, Default)]
pub struct Effects {
    /// Lines for the journal, each with its line end.
    pub records: String,
    /// What leaves afterwards, in order.
    pub departures: Vec<Departure>,
    /// What somebody should look at, from these inputs.
    pub alarms: Vec<Alarm>,
    /// What is counted.
    pub counts: Vec<Count>,
    /// After a shutdown: nothing is left to do.
    pub finished: bool,
}

impl Effects {
    /// Nothing follows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.departures.is_empty()
            && self.alarms.is_empty()
            && self.counts.is_empty()
            && !self.finished
    }
}

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Count {
    /// An intervention began at a junction.
    Intervention {
        /// Which junction.
        junction: usize,
    },
    /// The interlock refused a command.
    InterlockRefused {
        /// Which junction.
        junction: usize,
    },
    /// Lamps did what breaks a rule of the interlock, or what nobody commanded.
    InterlockViolated {
        /// Which junction.
        junction: usize,
    },
    /// A lamp confirmed a command.
    LampConfirmed {
        /// So long after it.
        after: Duration,
    },
    /// A request ended.
    Finished {
        /// The last status, `cancelled` or `expired`.
        status: &'static str,
    },
}

/// What somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// When.
    pub at: Instant,
    /// At which junction; none for the area as a whole.
    pub junction: Option<usize>,
    /// What, in a sentence without station ids.
    pub what: String,
}

/// Something that leaves the area.
#[derive(Debug)]
pub enum Departure {
    /// An SSEM to whoever asked.
    Answer {
        /// Where it goes.
        reply: ReplyTo,
        /// The message in UPER.
        octets: Vec<u8>,
        /// When the octets arrived that it answers; none for one that nothing asked for just now.
        arrived: Option<Monotonic>,
    },
    /// A SPATEM, MAPEM or DENM to subscribers.
    Publish(Publication),
    /// Octets to a junction's controller.
    ToController {
        /// Which junction.
        junction: usize,
        /// TLC-FI.
        octets: Vec<u8>,
    },
    /// The stream to a junction's controller is to be opened.
    Connect {
        /// Which junction.
        junction: usize,
    },
    /// The stream to a junction's controller is to be closed.
    Disconnect {
        /// Which junction.
        junction: usize,
    },
    /// A request's octets, unchanged, to the target that a junction relays to.
    Relay {
        /// Which junction.
        junction: usize,
        /// As they came.
        octets: bytes::Bytes,
    },
    /// Who got which green, when, and why.
    Audit(AuditEntry),
    /// What would have been done at a junction beside what was done: whole JSON lines.
    Observation {
        /// Which junction.
        junction: usize,
        /// Each with its line end.
        lines: String,
    },
    /// Lines of a junction's V-Log.
    Vlog {
        /// Which junction.
        junction: usize,
        /// Whole lines.
        lines: String,
    },
}
