//! A message for people: every member with its name, what it means in units, and its raw value beside it.
//!
//! ```text
//! latitude: 52.0907000 degree [520907000]
//! role: emergency [6]
//! lightBarSirenInUse: lightBarActivated, sirenActivated [11]
//! speed: unavailable [8191]
//! ```

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use voorrang_units::TimestampIts;

use crate::regional;
use crate::schema::{Described, Integer, Schema, Shape, Unit};
use crate::sub_cause;

/// A message, or a part of one, as lines indented by two blanks.
#[derive(Debug, Clone)]
pub struct Tree {
    value: Value,
    schema: &'static Schema,
}

impl Tree {
    /// Of a value of the wire.
    #[must_use]
    pub fn of<T: Described + Serialize>(value: &T) -> Self {
        Self::new(value, T::SCHEMA)
    }

    /// Of a message.
    #[must_use]
    pub fn of_message(message: &crate::ItsMessage) -> Self {
        Self::new(message, message.schema())
    }

    fn new(value: &impl Serialize, schema: &'static Schema) -> Self {
        Self { value: serde_json::to_value(value).unwrap_or_default(), schema }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Branch { out: formatter, depth: 0 }.content(&self.value, self.schema)
    }
}

/// Where lines are written.
struct Branch<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    depth: usize,
}

impl Branch<'_, '_> {
    /// What stands within a value, a line each.
    fn content(&mut self, value: &Value, schema: &Schema) -> fmt::Result {
        match (schema.shape, value) {
            (Shape::Sequence(members), Value::Object(values)) => {
                for member in members {
                    let Some(value) = values.get(member.name) else { continue };
                    match member.name {
                        "regional" => self.regional(value, schema.name, member.schema)?,
                        "subCauseCode" => self.leaf(member.name, value, sub_cause::schema(values))?,
                        name => self.named(name, value, member.schema)?,
                    }
                }
                Ok(())
            }
            (Shape::Choice { alternatives, .. }, Value::Object(values)) => {
                let known = |name: &str| alternatives.iter().find(|alternative| alternative.name == name);
                for (name, value) in values {
                    match known(name) {
                        Some(alternative) if name == "regional" => {
                            self.regional(value, schema.name, alternative.schema)?;
                        }
                        Some(alternative) => self.named(name, value, alternative.schema)?,
                        None => {
                            self.line(format_args!("(an alternative of a later version, number {value})"))?
                        }
                    }
                }
                Ok(())
            }
            (Shape::List { element, .. }, Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    self.named(&format!("[{index}]"), value, element)?;
                }
                Ok(())
            }
            _ => self.line(format_args!("{}", Leaf(value, schema))),
        }
    }

    /// A name and what it stands for: on the same line, or on lines of their own below.
    fn named(&mut self, name: &str, value: &Value, schema: &Schema) -> fmt::Result {
        match schema.shape {
            Shape::Sequence(_) | Shape::Choice { .. } => self.line(format_args!("{name}"))?,
            Shape::List { .. } => {
                let count = value.as_array().map_or(0, Vec::len);
                self.line(format_args!("{name}: {count}"))?;
            }
            _ => return self.leaf(name, value, schema),
        }
        self.deeper(|below| below.content(value, schema))
    }

    /// Regional extensions: what addGrpC adds is shown as what it means, what others add as octets.
    fn regional(&mut self, value: &Value, extended: &str, schema: &Schema) -> fmt::Result {
        let single = std::slice::from_ref(value);
        let extensions = value.as_array().map_or(single, Vec::as_slice);
        for extension in extensions {
            match regional::described_content(extended, extension) {
                Some((content, schema)) => {
                    self.line(format_args!("regional addGrpC [3]"))?;
                    self.deeper(|below| below.content(&content, schema))?;
                }
                None if value.is_array() => {
                    self.line(format_args!("regional"))?;
                    if let Shape::List { element, .. } = schema.shape {
                        self.deeper(|below| below.content(extension, element))?;
                    }
                }
                None => self.named("regional", value, schema)?,
            }
        }
        Ok(())
    }

    fn leaf(&mut self, name: &str, value: &Value, schema: &Schema) -> fmt::Result {
        self.line(format_args!("{name}: {}", Leaf(value, schema)))
    }

    fn line(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        writeln!(self.out, "{:width$}{text}", "", width = self.depth * 2)
    }

    fn deeper(&mut self, write: impl FnOnce(&mut Branch<'_, '_>) -> fmt::Result) -> fmt::Result {
        write(&mut Branch { out: self.out, depth: self.depth + 1 })
    }
}

/// A value that has no parts, on one line.
struct Leaf<'a>(&'a Value, &'a Schema);

impl fmt::Display for Leaf<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, schema) = *self;
        match (schema.shape, value) {
            (Shape::Integer(integer), Value::Number(number)) => match number.as_i64() {
                Some(raw) => write_integer(formatter, raw, schema.name, &integer),
                None => write!(formatter, "{number}"),
            },
            (Shape::Enumerated { values, .. }, Value::String(name)) => {
                match values.iter().find(|(known, _)| known == name) {
                    Some((_, number)) => write!(formatter, "{name} [{number}]"),
                    None => formatter.write_str(name),
                }
            }
            (Shape::Enumerated { .. }, Value::Object(unknown)) => {
                let number = unknown.get("unknown").unwrap_or(&Value::Null);
                write!(formatter, "(a value of a later version, number {number})")
            }
            (Shape::BitString { bits, .. }, Value::String(digits)) => write_bits(formatter, digits, bits),
            (Shape::OctetString(_), Value::String(octets)) => write!(formatter, "{octets} (hex)"),
            (Shape::OpenType, Value::Object(members)) => write_open_type(formatter, members),
            (_, value) => write!(formatter, "{value}"),
        }
    }
}

fn write_integer(out: &mut fmt::Formatter<'_>, raw: i64, name: &str, integer: &Integer) -> fmt::Result {
    let meaning = integer.named.iter().find(|(value, _)| *value == raw).map(|(_, meaning)| *meaning);
    match (name, integer.unit) {
        (_, None) if meaning.is_some() => write!(out, "{} [{raw}]", meaning.unwrap_or_default()),
        _ if meaning.is_some_and(is_no_quantity) => write!(out, "{} [{raw}]", meaning.unwrap_or_default()),
        ("TimestampIts", _) => {
            write!(out, "{} [{raw}]", TimestampIts::from_raw(raw.unsigned_abs()).instant())
        }
        ("MinuteOfTheYear", _) => {
            let (day, hour, minute) = (raw / 1440 + 1, raw / 60 % 24, raw % 60);
            write!(out, "day {day} of the year, {hour:02}:{minute:02} UTC [{raw}]")
        }
        ("TimeMark", _) => {
            let (minute, second, tenth) = (raw / 600, raw / 10 % 60, raw % 10);
            write!(out, "{minute:02}:{second:02}.{tenth} past the hour [{raw}]")
        }
        (_, Some(Unit { step, decimals, symbol })) => {
            #[expect(clippy::cast_precision_loss, reason = "it is shown with the decimals of its unit")]
            let quantity = raw as f64 * step;
            write!(out, "{quantity:.decimals$} {symbol} [{raw}]")
        }
        _ => write!(out, "{raw}"),
    }
}

/// Names of values that stand outside the quantities of their type.
fn is_no_quantity(meaning: &str) -> bool {
    ["unavailable", "unknown", "invalid", "outOfRange"].iter().any(|name| meaning.starts_with(name))
}

/// The names of the bits that are set.
fn write_bits(out: &mut fmt::Formatter<'_>, digits: &str, named: &[(u32, &str)]) -> fmt::Result {
    let mut any = false;
    for (place, _) in (0..).zip(digits.bytes()).filter(|(_, digit)| *digit == b'1') {
        out.write_str(if any { ", " } else { "" })?;
        any = true;
        match named.iter().find(|(bit, _)| *bit == place) {
            Some((_, name)) => out.write_str(name)?,
            None => write!(out, "bit {place}")?,
        }
    }
    write!(out, "{} [{digits}]", if any { "" } else { "none" })
}

fn write_open_type(out: &mut fmt::Formatter<'_>, members: &Map<String, Value>) -> fmt::Result {
    write!(out, "{} (hex)", members.get("hex").and_then(Value::as_str).unwrap_or_default())
}
