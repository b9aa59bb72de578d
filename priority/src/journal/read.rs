//! Reading a journal, a line at a time: a journal may be larger than memory.

use std::io::{self, BufRead};

use serde::Deserialize;

use super::{Entry, Header, MARK, SCHEMA};

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The first line is no header of a journal.
    #[error("line 1: expected the header of a journal, {{\"journal\":\"{MARK}\",\"schema\":{SCHEMA},...}}")]
    NoHeader,
    /// It was written by another version.
    #[error("line 1: expected schema {SCHEMA}, got {found}: replay it with the version that wrote it")]
    Schema {
        /// Its schema.
        found: u32,
    },
    /// The header lacks something, or has something in it that this version does not know.
    #[error("line 1: {source}")]
    Header {
        /// What.
        #[source]
        source: serde_json::Error,
    },
    /// A line is no entry.
    #[error("line {line}: not an entry of a journal: {source}")]
    Line {
        /// Which, counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The last line ends within an entry: whoever wrote it was stopped.
    #[error(
        "line {line}: the journal ends within this line, as after a crash; what comes before it is whole"
    )]
    Truncated {
        /// Which, counted from 1.
        line: usize,
    },
    /// The source gives no more.
    #[error("line {line}: cannot be read: {source}")]
    Unreadable {
        /// Which, counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What every schema has.
#[derive(Deserialize)]
struct Preamble {
    journal: String,
    schema: u32,
}

/// The entries of a journal with their lines, counted from 1; empty lines are passed over.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    header: Header,
    line: usize,
    text: Vec<u8>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When it is no header, or one of another schema.
    pub fn new(mut source: R) -> Result<Self, JournalError> {
        let mut text = Vec::new();
        source.read_until(b'\n', &mut text).map_err(|source| JournalError::Unreadable { line: 1, source })?;
        let preamble: Preamble = serde_json::from_slice(&text).map_err(|_| JournalError::NoHeader)?;
        if preamble.journal != MARK {
            return Err(JournalError::NoHeader);
        }
        if preamble.schema != SCHEMA {
            return Err(JournalError::Schema { found: preamble.schema });
        }
        let header = serde_json::from_slice(&text).map_err(|source| JournalError::Header { source })?;
        Ok(Self { source, header, line: 1, text })
    }

    /// The first line.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<(usize, Entry), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.line += 1;
            self.text.clear();
            let line = self.line;
            match self.source.read_until(b'\n', &mut self.text) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(source) => return Some(Err(JournalError::Unreadable { line, source })),
            }
            if self.text.trim_ascii().is_empty() {
                continue;
            }
            let whole = self.text.ends_with(b"\n");
            return Some(match serde_json::from_slice(&self.text) {
                Ok(entry) => Ok((line, entry)),
                Err(_) if !whole => Err(JournalError::Truncated { line }),
                Err(source) => Err(JournalError::Line { line, source }),
            });
        }
    }
}
