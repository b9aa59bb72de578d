//! Playing a journal again: the same engine, told the same, has to say the same.

use std::collections::VecDeque;
use std::fmt;
use std::io::BufRead;

use serde::Serialize;
use serde_json::Value;
use voorrang_signals::document::Problems;
use voorrang_units::Instant;

use super::{Entry, Event, Header, JournalError, Reader};
use crate::engine::PriorityEngine;
use crate::exchange::Output;

/// Why a journal can't be replayed to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its engine can't be made: an intersection file is not accepted.
    #[error(transparent)]
    Area(#[from] Problems),
}

/// What was replayed without a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Replayed {
    /// Inputs and calls of something due.
    pub inputs: u64,
    /// Outputs.
    pub outputs: u64,
    /// The time of the first entry.
    pub from: Option<Instant>,
    /// The time of the last.
    pub to: Option<Instant>,
}

/// Where what the engine says now is not what it said then.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The line of the journal that has no equal now, counted from 1; the one after the end where it said less then.
    pub line: usize,
    /// When.
    pub at: Instant,
    /// What it said then; `None` where it said nothing.
    pub recorded: Option<Output>,
    /// What it says now; `None` where it says nothing.
    pub replayed: Option<Output>,
    /// What it was told before that: the line, and what stands there.
    pub told: Option<(usize, Entry)>,
}

/// An engine that is told what a journal says.
#[derive(Debug)]
pub struct Replay {
    engine: PriorityEngine,
    outputs: Vec<Output>,
    /// What the engine said now and the journal has not said yet.
    said: VecDeque<Output>,
    told: Option<(usize, Entry)>,
    replayed: Replayed,
}

impl Replay {
    /// The engine of a journal, before its first entry.
    ///
    /// # Errors
    /// The problems of an intersection file that this version does not accept.
    pub fn new(header: &Header) -> Result<Self, Problems> {
        Ok(Self {
            engine: header.engine()?,
            outputs: Vec::new(),
            said: VecDeque::new(),
            told: None,
            replayed: Replayed::default(),
        })
    }

    /// Replays a journal to its end or its first difference. `watch` is told of every line, for a progress bar.
    ///
    /// # Errors
    /// When it can't be read, or its engine can't be made. What came before a line that can't be read was the same.
    pub fn run<R: BufRead>(
        reader: Reader<R>,
        mut watch: impl FnMut(usize),
    ) -> Result<Result<Replayed, Box<Difference>>, ReplayError> {
        let mut replay = Self::new(reader.header())?;
        let mut last = 1;
        for entry in reader {
            let (line, entry) = entry?;
            last = line;
            watch(line);
            if let Some(difference) = replay.play(line, entry) {
                return Ok(Err(Box::new(difference)));
            }
        }
        Ok(match replay.left(last + 1) {
            Some(difference) => Err(Box::new(difference)),
            None => Ok(replay.replayed),
        })
    }

    /// What was replayed so far.
    #[must_use]
    pub const fn replayed(&self) -> Replayed {
        self.replayed
    }

    /// The next entry of the journal: an input is told, an output is compared.
    pub fn play(&mut self, line: usize, entry: Entry) -> Option<Difference> {
        let Entry { at, event } = &entry;
        self.replayed.from.get_or_insert(*at);
        self.replayed.to = Some(*at);
        match event {
            Event::Output(recorded) => {
                let replayed = self.said.pop_front();
                self.replayed.outputs += 1;
                if replayed.as_ref() == Some(recorded) {
                    return None;
                }
                let recorded = Some(recorded.clone());
                return Some(Difference { line, at: *at, recorded, replayed, told: self.told.take() });
            }
            Event::Input(_) | Event::Advance => {}
        }
        if let Some(difference) = self.left(line) {
            return Some(difference);
        }
        match event {
            Event::Input(input) => self.engine.handle(*at, input.clone(), &mut self.outputs),
            Event::Advance | Event::Output(_) => self.engine.advance(*at, &mut self.outputs),
        }
        self.replayed.inputs += 1;
        self.said.extend(self.outputs.drain(..));
        self.told = Some((line, entry));
        None
    }

    /// What the engine said and the journal did not, at the line where the journal goes on.
    fn left(&mut self, line: usize) -> Option<Difference> {
        let replayed = Some(self.said.pop_front()?);
        let told = self.told.take();
        let at = told.as_ref().map_or(Instant::from_unix_millis(0), |(_, entry)| entry.at);
        Some(Difference { line, at, recorded: None, replayed, told })
    }
}

impl Difference {
    /// The members that differ, by their path, as they were and as they are.
    #[must_use]
    pub fn members(&self) -> Vec<(String, String, String)> {
        let value = |output: &Option<Output>| {
            output.as_ref().and_then(|output| serde_json::to_value(output).ok()).unwrap_or(Value::Null)
        };
        let mut members = Vec::new();
        compare("out", &value(&self.recorded), &value(&self.replayed), &mut members);
        members
    }
}

fn compare(path: &str, recorded: &Value, replayed: &Value, members: &mut Vec<(String, String, String)>) {
    match (recorded, replayed) {
        (Value::Object(then), Value::Object(now)) => {
            let names = then.keys().chain(now.keys().filter(|name| !then.contains_key(*name)));
            for name in names {
                let [then, now] = [then, now].map(|object| object.get(name).unwrap_or(&Value::Null));
                compare(&format!("{path}.{name}"), then, now, members);
            }
        }
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            for (place, (then, now)) in then.iter().zip(now).enumerate() {
                compare(&format!("{path}[{place}]"), then, now, members);
            }
        }
        _ if recorded == replayed => {}
        _ => members.push((path.to_owned(), said(recorded), said(replayed))),
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        value => value.to_string(),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, {}:", self.line, self.at)?;
        for (path, recorded, replayed) in self.members() {
            write!(formatter, "\n  {path}: recorded {recorded}, now {replayed}")?;
        }
        if let Some((line, entry)) = &self.told {
            let text = serde_json::to_string(entry).unwrap_or_default();
            write!(formatter, "\n  after line {line}: {text}")?;
        }
        Ok(())
    }
}
