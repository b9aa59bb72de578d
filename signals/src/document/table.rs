//! A table of a document: its keys are asked for one by one, and what nobody asked for is unknown.

use std::cell::RefCell;
use std::rc::Rc;

use toml::de::{DeTable, DeValue};

use crate::document::value::Value;
use crate::document::{Document, Place};

/// A table.
#[derive(Debug)]
pub struct Table<'d> {
    document: &'d Document<'d>,
    content: &'d DeTable<'d>,
    place: Place,
    /// What its row is called in messages: `groups 02`. Empty for the root.
    name: RefCell<Rc<str>>,
    known: RefCell<Vec<&'d str>>,
}

impl<'d> Table<'d> {
    pub(super) fn new(
        document: &'d Document<'d>,
        content: &'d DeTable<'d>,
        place: Place,
        name: Rc<str>,
    ) -> Self {
        Self { document, content, place, name: RefCell::new(name), known: RefCell::new(Vec::new()) }
    }

    /// Gives the table a better name for messages once that is known.
    pub fn renamed(&self, name: impl Into<Rc<str>>) -> &Self {
        *self.name.borrow_mut() = name.into();
        self
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// The value of a key; its absence is reported.
    pub fn required(&self, key: &'d str) -> Option<Value<'d>> {
        let value = self.optional(key);
        if value.is_none() {
            let name = self.name.borrow();
            let within = if name.is_empty() { String::new() } else { format!(" in {name}") };
            self.document.report(self.place, format!("`{key}` is missing{within}"), "add it");
        }
        value
    }

    /// The value of a key, if it is there.
    pub fn optional(&self, key: &'d str) -> Option<Value<'d>> {
        self.known.borrow_mut().push(key);
        let value = self.content.get(key)?;
        Some(self.value(key, value))
    }

    /// Every key with its value, for tables whose keys are names.
    pub fn entries(&self) -> Vec<(&'d str, Value<'d>)> {
        self.content
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), self.value(key.get_ref(), value)))
            .collect()
    }

    /// Reports that the table as a whole is wrong.
    pub fn wrong(&self, what: impl Into<String>, remedy: impl Into<String>) {
        self.document.report(self.place, what, remedy);
    }

    /// Reports every key that was not asked for.
    pub fn no_other_keys(&self) {
        let known = self.known.borrow();
        for key in self.content.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let nearest = known.iter().min_by_key(|other| edits(name, other));
            let remedy = match nearest {
                Some(other) if edits(name, other) <= 2.max(name.len() / 3) => {
                    format!("did you mean `{other}`?")
                }
                _ => format!("known here: {}", known.join(", ")),
            };
            self.document.report(Place(key.span().start), format!("unknown key `{name}`"), remedy);
        }
    }

    fn value(&self, key: &'d str, value: &'d toml::Spanned<DeValue<'d>>) -> Value<'d> {
        let row = Rc::clone(&self.name.borrow());
        Value::new(self.document, value.get_ref(), Place(value.span().start), key, row)
    }
}

/// Levenshtein's distance: how many characters to add, drop or change.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
