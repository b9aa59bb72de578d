//! What the gateway would have done where it only watches, beside what was done: `observations/<UTC day>.jsonl`, written by a thread of its own.

use std::io;
use std::path::Path;
use std::sync::Arc;

use voorrang_units::Instant;

use super::batches::Batches;
use super::calendar::Day;
use super::files::LineFiles;
use crate::journal::ObservationSink;
use crate::operations::metrics::Metrics;

/// So much waits for the disk at most.
const MOST_WAITING: usize = 16 << 20;

/// The observations of a data folder.
#[derive(Debug)]
pub struct ObservationLog {
    batches: Batches<(Day, Box<str>)>,
    metrics: Arc<Metrics>,
}

impl ObservationLog {
    /// Starts it.
    ///
    /// # Errors
    /// When the folder can't be made, or the thread not be started.
    pub fn start(data: &Path, metrics: Arc<Metrics>) -> io::Result<Self> {
        let mut files = LineFiles::open(&data.join("observations"))?;
        let mut trouble = false;
        let theirs = Arc::clone(&metrics);
        let write = move |batch: &mut Vec<(Day, Box<str>)>| {
            for (day, lines) in batch.drain(..) {
                let outcome = files.append(&day.to_string(), lines.as_bytes());
                if let Err(error) = &outcome {
                    theirs.shed("observation_unwritten");
                    if !trouble {
                        tracing::error!(%error, "observations can't be written");
                    }
                }
                trouble = outcome.is_err();
            }
        };
        Ok(Self { batches: Batches::start("observations", MOST_WAITING, write)?, metrics })
    }

    /// Waits until all that was appended is with the operating system.
    pub fn flush(&self) {
        self.batches.flush();
    }
}

impl ObservationSink for ObservationLog {
    fn append(&self, at: Instant, lines: &str) {
        if !self.batches.push((Day::of(at), lines.into()), lines.len()) {
            self.metrics.shed("observation_slow");
        }
    }
}
