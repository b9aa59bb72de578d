//! Writing a journal.

use serde::Serialize;
use voorrang_units::Instant;

use super::{Entry, Event, Header};
use crate::engine::PriorityEngine;
use crate::exchange::{Input, Output};

/// Writes a journal into memory, from where the host takes it as often as it likes.
#[derive(Debug, Clone)]
pub struct Journal {
    lines: String,
}

impl Journal {
    /// A journal with its first line.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let mut journal = Self { lines: String::new() };
        journal.line(header);
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

    /// The lines written since they were last taken, each with its line end.
    #[must_use]
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// Takes these lines out; the memory stays for the next.
    pub fn clear(&mut self) {
        self.lines.clear();
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
