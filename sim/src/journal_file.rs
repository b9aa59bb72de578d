//! The journal of a run: what its engine was told and said, written as it happens.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use voorrang_priority::journal::{Header, Journal};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine};
use voorrang_signals::Intersection;
use voorrang_units::Instant;

/// So many octets wait for the file at most.
const BUFFER: usize = 1 << 16;

/// A journal that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be written: {source}", path.display())]
pub struct JournalFault {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// A journal and the file that it goes to. The first fault is kept until it is asked for; after it nothing is written any more.
#[derive(Debug)]
struct JournalFile {
    journal: Journal,
    path: PathBuf,
    file: BufWriter<File>,
    fault: Option<io::Error>,
}

impl JournalFile {
    fn create(path: &Path, header: &Header) -> Result<Self, JournalFault> {
        let file = File::create(path).map_err(|source| JournalFault { path: path.to_owned(), source })?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { journal: Journal::new(header), path: path.to_owned(), file, fault: None })
    }

    fn write(&mut self) {
        if self.fault.is_none() {
            self.fault = self.file.write_all(self.journal.lines().as_bytes()).err();
        }
        self.journal.clear();
    }

    fn finish(mut self) -> Result<(), JournalFault> {
        self.write();
        let Self { path, mut file, fault, .. } = self;
        match fault.map_or_else(|| file.flush(), Err) {
            Ok(()) => Ok(()),
            Err(source) => Err(JournalFault { path, source }),
        }
    }
}

/// An engine, and the journal of what it is told and says where one is wanted.
#[derive(Debug)]
pub struct JournalledEngine {
    engine: PriorityEngine,
    journal: Option<JournalFile>,
}

impl JournalledEngine {
    /// An engine; with `path` its journal begins there, in the place of what was.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn new(
        area: Vec<Arc<Intersection>>,
        config: EngineConfig,
        start: Instant,
        path: Option<&Path>,
    ) -> Result<Self, JournalFault> {
        let journal = match path {
            Some(path) => Some(JournalFile::create(path, &Header::new(&area, &config, start))?),
            None => None,
        };
        Ok(Self { engine: PriorityEngine::new(area, config, start), journal })
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &PriorityEngine {
        &self.engine
    }

    /// Tells the engine something.
    pub fn handle(&mut self, now: Instant, input: Input, outputs: &mut Vec<Output>) {
        match &mut self.journal {
            Some(file) => {
                file.journal.handle(&mut self.engine, now, input, outputs);
                file.write();
            }
            None => self.engine.handle(now, input, outputs),
        }
    }

    /// Lets the engine do what is due.
    pub fn advance(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        match &mut self.journal {
            Some(file) => {
                file.journal.advance(&mut self.engine, now, outputs);
                file.write();
            }
            None => self.engine.advance(now, outputs),
        }
    }

    /// Ends the journal.
    ///
    /// # Errors
    /// If it could not be written whole.
    pub fn finish(self) -> Result<(), JournalFault> {
        self.journal.map_or(Ok(()), JournalFile::finish)
    }
}
