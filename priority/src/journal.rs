//! The journal: inputs and outputs of an engine as values, one JSON object a line, so that what happened can be played again. It makes and
//! reads lines; files are the host's.
//!
//! ```text
//! {"journal":"voorrang","schema":2}
//! {"t":1000,"in":{"signal":{...}}}
//! {"t":1000,"out":{"status":{...}}}
//! {"t":2000,"advance":null}
//! ```
//!
//! `t` is engine time in milliseconds since 1970. `advance` stands where the host called [`PriorityEngine::advance`] with something due:
//! a host may be late, and a replay is as late.

use serde::{Deserialize, Serialize};
use voorrang_units::Instant;

use crate::engine::{Input, Output, PriorityEngine};

/// The form of the lines; another is refused. 2: inputs `control` and `override`; a position may make a request.
pub const SCHEMA: u32 = 2;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    #[serde(rename = "t")]
    pub at: Instant,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The engine was told this.
    #[serde(rename = "in")]
    Input(Input),
    /// The engine was called because something was due.
    #[serde(rename = "advance")]
    Advance,
    /// The engine said this.
    #[serde(rename = "out")]
    Output(Output),
}

#[derive(Serialize, Deserialize)]
struct Header {
    journal: String,
    schema: u32,
}

/// Writes a journal into memory, from where the host takes it.
#[derive(Debug, Clone)]
pub struct Journal {
    lines: String,
}

impl Default for Journal {
    fn default() -> Self {
        Self::new()
    }
}

impl Journal {
    /// A journal with its header line.
    #[must_use]
    pub fn new() -> Self {
        let mut journal = Self { lines: String::new() };
        journal.line(&Header { journal: "voorrang".into(), schema: SCHEMA });
        journal
    }

    /// Calls [`PriorityEngine::handle`] and records what went in and what came out.
    pub fn handle(
        &mut self,
        engine: &mut PriorityEngine,
        now: Instant,
        input: Input,
        outputs: &mut Vec<Output>,
    ) {
        self.line(&Entry { at: now, event: Event::Input(input.clone()) });
        let before = outputs.len();
        engine.handle(now, input, outputs);
        self.outputs(now, &outputs[before..]);
    }

    /// Calls [`PriorityEngine::advance`] and records what came out; leaves no trace where nothing is due.
    pub fn advance(&mut self, engine: &mut PriorityEngine, now: Instant, outputs: &mut Vec<Output>) {
        if engine.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.line(&Entry { at: now, event: Event::Advance });
            let before = outputs.len();
            engine.advance(now, outputs);
            self.outputs(now, &outputs[before..]);
        }
    }

    /// Takes the lines written since the last call, each with its line end.
    pub fn take_lines(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    fn outputs(&mut self, now: Instant, outputs: &[Output]) {
        for output in outputs {
            self.line(&Entry { at: now, event: Event::Output(output.clone()) });
        }
    }

    fn line(&mut self, value: &impl Serialize) {
        let line = serde_json::to_string(value).expect("plain values with text keys are always JSON");
        self.lines.push_str(&line);
        self.lines.push('\n');
    }
}

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The first line is no header of a journal.
    #[error("line 1: expected the header of a journal, {{\"journal\":\"voorrang\",\"schema\":{SCHEMA}}}")]
    NoHeader,
    /// It was written by another version.
    #[error("line 1: expected schema {SCHEMA}, got {found}: read it with the version that wrote it")]
    Schema {
        /// Its schema.
        found: u32,
    },
    /// A line is no entry.
    #[error("line {line}: not an entry of a journal")]
    Line {
        /// Which, counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads a journal, entry by entry; empty lines are passed over.
///
/// # Errors
/// When the header is missing or of another schema. A line that is no entry is an error in its place.
pub fn read(text: &str) -> Result<impl Iterator<Item = Result<Entry, JournalError>>, JournalError> {
    let mut lines = (1..).zip(text.lines());
    let header = lines.next().and_then(|(_, line)| serde_json::from_str::<Header>(line).ok());
    match header {
        Some(header) if header.journal != "voorrang" => return Err(JournalError::NoHeader),
        Some(Header { schema: SCHEMA, .. }) => {}
        Some(Header { schema, .. }) => return Err(JournalError::Schema { found: schema }),
        None => return Err(JournalError::NoHeader),
    }
    Ok(lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(line, text)| serde_json::from_str(text).map_err(|source| JournalError::Line { line, source })))
}

/// Plays the inputs of a journal to a fresh engine of the same area and configuration, and gives all entries as they come out now: equal to
/// the recorded ones, if the engine is the same.
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>, engine: &mut PriorityEngine) -> Vec<Entry> {
    let (mut replayed, mut outputs) = (Vec::new(), Vec::new());
    for entry in entries {
        match &entry.event {
            Event::Input(input) => engine.handle(entry.at, input.clone(), &mut outputs),
            Event::Advance => engine.advance(entry.at, &mut outputs),
            Event::Output(_) => continue,
        }
        replayed.push(entry.clone());
        replayed.extend(outputs.drain(..).map(|output| Entry { at: entry.at, event: Event::Output(output) }));
    }
    replayed
}

/// The place of the first difference between two journals.
#[must_use]
pub fn first_difference(recorded: &[Entry], replayed: &[Entry]) -> Option<usize> {
    let common = recorded.len().min(replayed.len());
    (0..common)
        .find(|place| recorded[*place] != replayed[*place])
        .or_else(|| (recorded.len() != replayed.len()).then_some(common))
}
