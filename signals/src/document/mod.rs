//! Reading a TOML document that a person wrote: every problem at once, each with its file, line, column and remedy. Used for
//! intersections, scenarios and configurations.
//!
//! ```
//! use voorrang_signals::document::Document;
//!
//! let document = Document::parse("plan.toml", "cycle_s = -3\nofset_s = 1");
//! let root = document.root();
//! let cycle = root.required("cycle_s").and_then(|value| value.seconds(1.0..=300.0));
//! let offset = root.optional("offset_s").and_then(|value| value.seconds(0.0..=300.0));
//! root.no_other_keys();
//! assert_eq!((cycle, offset), (None, None));
//! assert_eq!(
//!     document.finish().unwrap_err().to_string(),
//!     "plan.toml:1:11: `cycle_s` is -3; give 1 to 300\n\
//!      plan.toml:2:1: unknown key `ofset_s`; did you mean `offset_s`?"
//! );
//! ```
//!
//! A number may be marked as assumed: `min_green_s = { value = 5, assumed = true }`. It reads like the number alone, and
//! [`Document::assumptions`] lists it.

mod problem;
mod table;
mod value;

use std::cell::RefCell;
use std::rc::Rc;

use toml::Spanned;
use toml::de::DeTable;

pub use problem::{Problem, Problems};
pub use table::Table;
pub use value::Value;

/// Where something stands in a document: an octet offset. Those of things made in memory are all alike.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place(usize);

/// Where a thing stands is no part of what it is.
impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A document and the problems found in it so far.
#[derive(Debug)]
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    content: Spanned<DeTable<'t>>,
    problems: RefCell<Vec<(usize, String, String)>>,
    assumptions: RefCell<Vec<String>>,
}

impl<'t> Document<'t> {
    /// Parses a text; what is wrong with its syntax is reported with all else by [`Document::finish`].
    #[must_use]
    pub fn parse(file: &'t str, text: &'t str) -> Self {
        let (content, errors) = DeTable::parse_recoverable(text);
        let problems = errors
            .iter()
            .map(|error| {
                let at = error.span().map_or(0, |span| span.start);
                (at, error.message().to_owned(), "write it as TOML asks".to_owned())
            })
            .collect();
        Self { file, text, content, problems: RefCell::new(problems), assumptions: RefCell::new(Vec::new()) }
    }

    /// The table that the document is.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        Table::new(self, self.content.get_ref(), Place(0), Rc::from(""))
    }

    /// Reports a problem.
    pub fn report(&self, place: Place, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.borrow_mut().push((place.0, what.into(), remedy.into()));
    }

    /// Has anything been reported?
    #[must_use]
    pub fn has_problems(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    /// What was marked as assumed among all that has been read: `path = value`.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        self.assumptions.borrow().clone()
    }

    /// The end of reading.
    ///
    /// # Errors
    /// All problems in the order of the text.
    pub fn finish(&self) -> Result<(), Problems> {
        let mut problems = self.problems.borrow().clone();
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        let located = problems.into_iter().map(|(at, what, remedy)| {
            let (line, column) = line_and_column(self.text, at);
            Problem { file: self.file.to_owned(), line, column, what, remedy }
        });
        Err(Problems(located.collect()))
    }

    fn assume(&self, assumption: String) {
        self.assumptions.borrow_mut().push(assumption);
    }
}

/// Both counted from 1; columns in characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests;
