//! What turns up during an import: mistakes that stop it, and notes for its report.

use std::path::Path;

use voorrang_signals::document::{Problem, Problems};

/// Something that was left out, changed or assumed, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub what: String,
    /// How often it occurred.
    pub count: usize,
}

/// Mistakes and notes, in the order in which they turned up.
#[derive(Debug, Default)]
pub struct Findings {
    wrong: Vec<Problem>,
    skipped: Vec<Note>,
    approximated: Vec<Note>,
    assumed: Vec<Note>,
    remarks: Vec<String>,
}

/// A report that lists more than this is not read.
const MOST_PROBLEMS: usize = 100;

impl Findings {
    /// A mistake that stops the import.
    pub(super) fn wrong(
        &mut self,
        path: &Path,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.wrong.len() < MOST_PROBLEMS {
            self.wrong.push(Problem::with_line(path.display().to_string(), line, what, remedy));
        }
    }

    /// Something without a counterpart here.
    pub(super) fn skipped(&mut self, what: impl Into<String>) {
        count(&mut self.skipped, what.into());
    }

    /// Something that becomes something similar.
    pub(super) fn approximated(&mut self, what: impl Into<String>) {
        count(&mut self.approximated, what.into());
    }

    /// A value that the source does not give.
    pub(super) fn assumed(&mut self, what: impl Into<String>) {
        count(&mut self.assumed, what.into());
    }

    /// Something worth knowing.
    pub(super) fn remark(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.remarks.contains(&what) {
            self.remarks.push(what);
        }
    }

    /// Stops the import if there were mistakes.
    pub(super) fn stop_if_wrong(&mut self) -> Result<(), Problems> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Problems(std::mem::take(&mut self.wrong))) }
    }

    /// Left out.
    #[must_use]
    pub fn all_skipped(&self) -> &[Note] {
        &self.skipped
    }

    /// Carried over as something similar.
    #[must_use]
    pub fn all_approximated(&self) -> &[Note] {
        &self.approximated
    }

    /// Made up.
    #[must_use]
    pub fn all_assumed(&self) -> &[Note] {
        &self.assumed
    }

    /// Worth knowing.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

fn count(notes: &mut Vec<Note>, what: String) {
    match notes.iter_mut().find(|note| note.what == what) {
        Some(note) => note.count += 1,
        None => notes.push(Note { what, count: 1 }),
    }
}
