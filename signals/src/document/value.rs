//! A value of a document, read as what it should be; what it is instead is reported.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::rc::Rc;

use toml::de::DeValue;
use voorrang_units::{Duration, GeodeticPosition, Instant, Length, Speed};

use crate::document::table::Table;
use crate::document::{Document, Place};

/// A value and the key under which it stands.
#[derive(Debug)]
pub struct Value<'d> {
    document: &'d Document<'d>,
    content: &'d DeValue<'d>,
    place: Place,
    key: &'d str,
    /// What the row is called in which it stands; empty for the root.
    row: Rc<str>,
}

impl<'d> Value<'d> {
    pub(super) fn new(
        document: &'d Document<'d>,
        content: &'d DeValue<'d>,
        place: Place,
        key: &'d str,
        row: Rc<str>,
    ) -> Self {
        Self { document, content, place, key, row }
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Is it marked as assumed?
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        self.assumed().is_some()
    }

    /// A number, whole or not; also in the form `{ value = 5, assumed = true }`.
    #[must_use]
    pub fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let number = self.plain_number()?;
        if range.contains(&number) {
            return Some(number);
        }
        let (from, to) = (range.start(), range.end());
        self.wrong(format!("`{}` is {number}", self.key), format!("give {from} to {to}"))
    }

    /// A whole number.
    #[must_use]
    pub fn integer<T: TryFrom<i64> + PartialOrd + Copy + Display>(
        &self,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let (from, to) = (*range.start(), *range.end());
        let remedy = || match from < to {
            true => format!("give a whole number from {from} to {to}"),
            false => format!("give {from}"),
        };
        let Some(integer) = self.whole() else {
            return self.wrong_type("a whole number", remedy());
        };
        self.note_assumption(integer);
        match T::try_from(integer).ok().filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.wrong(format!("`{}` is {integer}", self.key), remedy()),
        }
    }

    /// A time in seconds, to the millisecond.
    #[must_use]
    pub fn seconds(&self, range: RangeInclusive<f64>) -> Option<Duration> {
        self.number(range).map(Duration::from_seconds_f64)
    }

    /// A time in milliseconds.
    #[must_use]
    pub fn millis(&self, range: RangeInclusive<i64>) -> Option<Duration> {
        self.integer(range).map(Duration::from_millis)
    }

    /// A length in metres.
    #[must_use]
    pub fn metres(&self, range: RangeInclusive<f64>) -> Option<Length> {
        self.number(range).map(Length::from_metres)
    }

    /// A speed in kilometres per hour.
    #[must_use]
    pub fn kilometres_per_hour(&self, range: RangeInclusive<f64>) -> Option<Speed> {
        self.number(range).map(Speed::from_kilometres_per_hour)
    }

    /// A text.
    #[must_use]
    pub fn text(&self) -> Option<&'d str> {
        match self.content {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.wrong_type("a text", "write it in quotes"),
        }
    }

    /// Is it a text? For what may be written in two ways.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.content, DeValue::String(_))
    }

    /// Is it a list? For what may be written in two ways.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.content, DeValue::Array(_))
    }

    /// True or false.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.content {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.wrong_type("true or false", "write true or false, without quotes"),
        }
    }

    /// One of some names.
    #[must_use]
    pub fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let name = self.text()?;
        if let Some((_, choice)) = choices.iter().find(|(other, _)| *other == name) {
            return Some(*choice);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.wrong(format!("`{}` is \"{name}\"", self.key), format!("choose one of: {}", names.join(", ")))
    }

    /// A moment in UTC, as RFC 3339 writes it, with or without quotes.
    #[must_use]
    pub fn instant(&self) -> Option<Instant> {
        let remedy = "write it like 2026-01-12T07:00:00Z";
        let text = match self.content {
            DeValue::Datetime(moment) => moment.to_string(),
            DeValue::String(text) => text.as_ref().to_owned(),
            _ => return self.wrong_type("a moment in UTC", remedy),
        };
        match Instant::parse_rfc3339(&text) {
            Some(instant) => Some(instant),
            None => self.wrong(format!("`{}` is no moment in UTC: {text}", self.key), remedy),
        }
    }

    /// A list; each of its values goes by the same key.
    #[must_use]
    pub fn list(&self) -> Option<Vec<Self>> {
        match self.plain() {
            DeValue::Array(values) => Some(
                values
                    .iter()
                    .map(|value| {
                        let place = Place(value.span().start);
                        Self::new(self.document, value.get_ref(), place, self.key, Rc::clone(&self.row))
                    })
                    .collect(),
            ),
            _ => self.wrong_type("a list", "write it in square brackets"),
        }
    }

    /// A list of texts; those that are none are reported and left out.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<(Place, &'d str)>> {
        let list = self.list()?;
        Some(list.iter().filter_map(|value| Some((value.place, value.text()?))).collect())
    }

    /// A position in WGS84: `[latitude, longitude]` in degrees.
    #[must_use]
    pub fn position(&self) -> Option<GeodeticPosition> {
        let remedy = "give [latitude, longitude] in degrees (WGS84)";
        let DeValue::Array(values) = self.plain() else {
            return self.wrong_type("a position", remedy);
        };
        let numbers: Vec<f64> = values.iter().filter_map(|value| number_of(value.get_ref())).collect();
        match numbers[..] {
            [latitude, longitude] if values.len() == 2 => {
                match GeodeticPosition::from_degrees(latitude, longitude) {
                    Some(position) => {
                        self.note_assumption(format_args!("[{latitude}, {longitude}]"));
                        Some(position)
                    }
                    None => self.wrong(
                        format!("`{}` is not on the globe: [{latitude}, {longitude}]", self.key),
                        remedy,
                    ),
                }
            }
            _ => self.wrong_type("a position", remedy),
        }
    }

    /// A table.
    #[must_use]
    pub fn table(&self) -> Option<Table<'d>> {
        match self.content {
            DeValue::Table(table) => Some(Table::new(self.document, table, self.place, self.path())),
            _ => self.wrong_type("a table", format!("write [{}] or {{ ... }}", self.key)),
        }
    }

    /// A list of tables; those that are none are reported and left out.
    #[must_use]
    pub fn tables(&self) -> Vec<Table<'d>> {
        let list = self.list().unwrap_or_default();
        list.iter().filter_map(Self::table).collect()
    }

    /// Reports that the value is wrong.
    pub fn wrong<T>(&self, what: impl Into<String>, remedy: impl Into<String>) -> Option<T> {
        self.document.report(self.place, what, remedy);
        None
    }

    fn wrong_type<T>(&self, expected: &str, remedy: impl Into<String>) -> Option<T> {
        self.wrong(format!("`{}` is {}, not {expected}", self.key, kind_of(self.content)), remedy)
    }

    fn plain_number(&self) -> Option<f64> {
        let Some(number) = number_of(self.plain()) else {
            return self.wrong_type("a number", "write digits, without quotes");
        };
        self.note_assumption(number);
        Some(number)
    }

    fn whole(&self) -> Option<i64> {
        match self.plain() {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix()).ok(),
            _ => None,
        }
    }

    /// The value itself, also where it is marked as assumed.
    fn plain(&self) -> &'d DeValue<'d> {
        self.assumed().unwrap_or(self.content)
    }

    /// The value within `{ value = ..., assumed = true }`.
    fn assumed(&self) -> Option<&'d DeValue<'d>> {
        let DeValue::Table(table) = self.content else { return None };
        let marked = matches!(table.get("assumed").map(toml::Spanned::get_ref), Some(DeValue::Boolean(true)));
        (marked && table.len() == 2).then(|| table.get("value").map(toml::Spanned::get_ref)).flatten()
    }

    fn note_assumption(&self, value: impl Display) {
        if self.is_assumed() {
            self.document.assume(format!("{} = {value}", self.path()));
        }
    }

    /// Row and key, for people. Made only where it is told: most values are never spoken of.
    fn path(&self) -> Rc<str> {
        if self.row.is_empty() { Rc::from(self.key) } else { Rc::from(format!("{} {}", self.row, self.key)) }
    }
}

/// Also infinity and what is not a number: no range holds them.
fn number_of(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        DeValue::Integer(integer) => {
            let whole = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            i32::try_from(whole).ok().map(f64::from)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a moment",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
