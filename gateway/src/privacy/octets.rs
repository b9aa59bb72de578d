//! The log of octets, in and out: what was said, as it was said. A file an hour, `octets/<UTC hour>.jsonl`, written by a thread of its own.
//!
//! ```text
//! {"t":1795600000000,"dir":"in","transport":"udp","admitted":true,"octets":"0209..."}
//! {"t":1795600000001,"dir":"out","as":"answer","octets":"020a..."}
//! ```

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use voorrang_messages::hex;
use voorrang_units::Instant;

use super::batches::Batches;
use super::calendar::Hour;
use super::files::LineFiles;
use crate::journal::OctetSink;
use crate::messaging::Received;
use crate::operations::metrics::Metrics;

/// So much waits for the disk at most.
const MOST_WAITING: usize = 16 << 20;
/// So long they wait for others at most: what a process that is killed doesn't log.
const GATHER: Duration = Duration::from_millis(50);
/// What a message takes beside its octets.
const OVERHEAD: usize = 64;
/// So many refused messages are kept a second: of a flood a sample is enough.
const REFUSED_A_SECOND: u32 = 50;

/// The log of octets.
#[derive(Debug)]
pub struct OctetLog {
    batches: Batches<Logged>,
    refused: Mutex<(i64, u32)>,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Logged {
    at: Instant,
    /// By which transport it came, or as what it left.
    how: &'static str,
    /// None for what left.
    admitted: Option<bool>,
    octets: Box<[u8]>,
}

impl OctetLog {
    /// Starts the log of a data folder; the file of an hour grows no longer than `an_hour` octets.
    ///
    /// # Errors
    /// When its folder can't be made, or its thread not be started.
    pub fn start(data: &Path, an_hour: u64, metrics: Arc<Metrics>) -> io::Result<Self> {
        let mut files = LineFiles::open(&data.join("octets"))?;
        let mut lines = String::new();
        let mut trouble = false;
        let theirs = Arc::clone(&metrics);
        let write = move |batch: &mut Vec<Logged>| {
            let mut batch = batch.drain(..).peekable();
            while let Some(logged) = batch.next() {
                let hour = Hour::of(logged.at);
                lines.clear();
                logged.write(&mut lines);
                let mut count = 1;
                while let Some(next) =
                    batch.next_if(|next| Hour::of(next.at) == hour && lines.len() < 1 << 20)
                {
                    next.write(&mut lines);
                    count += 1;
                }
                let name = hour.to_string();
                if files.length(&name) + lines.len() as u64 > an_hour {
                    (0..count).for_each(|_| theirs.shed("octet_log_full"));
                    continue;
                }
                let outcome = files.append(&name, lines.as_bytes());
                if let Err(error) = &outcome {
                    (0..count).for_each(|_| theirs.shed("octet_log_unwritten"));
                    if !trouble {
                        tracing::error!(%error, "octets can't be logged");
                    }
                }
                trouble = outcome.is_err();
            }
        };
        let batches = Batches::start("octets", MOST_WAITING, GATHER, write)?;
        Ok(Self { batches, refused: Mutex::new((0, 0)), metrics })
    }

    /// Waits until all that was recorded is with the operating system.
    pub fn flush(&self) {
        self.batches.flush();
    }

    /// How much was lost because the disk was too slow.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.batches.lost()
    }

    fn push(&self, logged: Logged) {
        let size = logged.octets.len() + OVERHEAD;
        if !self.batches.push(logged, size) {
            self.metrics.shed("octet_log_slow");
        }
    }

    /// Whether one more refused message of this second is kept.
    fn samples(&self, at: Instant) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let second = at.unix_millis().div_euclid(1000);
        if refused.0 != second {
            *refused = (second, 0);
        }
        refused.1 += 1;
        refused.1 <= REFUSED_A_SECOND
    }
}

impl OctetSink for OctetLog {
    fn record(&self, received: &Received<'_>, admitted: bool) {
        if admitted || self.samples(received.at) {
            self.push(Logged {
                at: received.at,
                how: received.sender.transport,
                admitted: Some(admitted),
                octets: received.octets.into(),
            });
        }
    }

    fn record_sent(&self, at: Instant, what: &'static str, octets: &[u8]) {
        self.push(Logged { at, how: what, admitted: None, octets: octets.into() });
    }
}

impl Logged {
    fn write(&self, lines: &mut String) {
        let Self { at, how, admitted, octets } = self;
        let _ = match admitted {
            Some(admitted) => write!(
                lines,
                "{{\"t\":{},\"dir\":\"in\",\"transport\":\"{how}\",\"admitted\":{admitted},\"octets\":\"",
                at.unix_millis()
            ),
            None => {
                write!(lines, "{{\"t\":{},\"dir\":\"out\",\"as\":\"{how}\",\"octets\":\"", at.unix_millis())
            }
        };
        lines.push_str(&hex::text(octets));
        lines.push_str("\"}\n");
    }
}
