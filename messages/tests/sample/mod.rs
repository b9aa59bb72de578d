//! Values of every type, made up from its schema: names, ranges, sizes, optional members. Boundary values come more often than
//! others.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use voorrang_messages::schema::{Integer, Presence, Schema, Shape, Size};

/// So many cases; a failure is printed, not kept in a file.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Values of a type in their JSON form. They shrink towards few members and small numbers.
pub(crate) fn values(schema: &'static Schema) -> impl Strategy<Value = Value> {
    vec(any::<u32>(), 0..400).prop_map(|decisions| Decisions(decisions.into_iter()).value(schema))
}

/// The decisions that make up a value; where they end, each further one is 0: the first, the smallest, the absent.
struct Decisions(std::vec::IntoIter<u32>);

impl Decisions {
    fn below(&mut self, count: usize) -> usize {
        self.0.next().unwrap_or(0) as usize % count.max(1)
    }

    fn value(&mut self, schema: &Schema) -> Value {
        match schema.shape {
            Shape::Boolean => json!(self.below(2) == 1),
            Shape::Null => Value::Null,
            Shape::Integer(integer) => json!(self.integer(&integer)),
            Shape::Enumerated { values, .. } => json!(values[self.below(values.len())].0),
            Shape::BitString { size, .. } => json!(self.text(size, b"01")),
            Shape::OctetString(size) => json!(self.octets(size)),
            Shape::Text { kind, size } => json!(self.text(size, alphabet(kind))),
            Shape::OpenType => {
                json!({ "hex": self.octets(Size { minimum: 1, maximum: Some(200), extensible: false }) })
            }
            Shape::Sequence(members) => {
                let mut values = Map::new();
                for member in members {
                    if member.presence == Presence::Always || self.below(2) == 1 {
                        values.insert(member.name.to_owned(), self.value(member.schema));
                    }
                }
                Value::Object(values)
            }
            Shape::Choice { alternatives, .. } => {
                let alternative = &alternatives[self.below(alternatives.len())];
                json!({ alternative.name: self.value(alternative.schema) })
            }
            Shape::List { element, size } => (0..self.size(size)).map(|_| self.value(element)).collect(),
        }
    }

    /// A bound, a named value, something near a bound or anything; where the range is extensible, also what lies outside.
    fn integer(&mut self, integer: &Integer) -> i64 {
        let minimum = integer.minimum.unwrap_or(i64::MIN);
        let maximum = integer.maximum.unwrap_or(i64::MAX);
        let named = integer.named.len();
        match self.below(8 + if integer.extensible { 2 } else { 0 }) {
            0 => minimum,
            1 => maximum,
            2 => minimum.saturating_add(1).min(maximum),
            3 => maximum.saturating_sub(1).max(minimum),
            4 if named > 0 => integer.named[self.below(named)].0,
            4..=7 => {
                let far = (self.below(1 << 32) as i128) << 31 | self.below(1 << 31) as i128;
                let span = i128::from(maximum) - i128::from(minimum) + 1;
                i64::try_from(i128::from(minimum) + far % span).expect("it lies in the range")
            }
            8 => maximum.saturating_add(1 + self.below(70_000) as i64),
            _ => minimum.saturating_sub(1 + self.below(70_000) as i64),
        }
    }

    /// Mostly few; now and then the most, where that is not many, and one more, where that has an encoding.
    fn size(&mut self, size: Size) -> usize {
        let Size { minimum, maximum, extensible } = size;
        let most = maximum.unwrap_or(minimum + 300);
        match self.below(8) {
            7 if extensible && most < 40 => most + 1,
            6 if extensible => minimum.saturating_sub(1),
            5 if most <= 64 => most,
            few => (minimum + few % 4).min(most),
        }
    }

    fn text(&mut self, size: Size, alphabet: &[u8]) -> String {
        (0..self.size(size)).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }

    fn octets(&mut self, size: Size) -> String {
        (0..self.size(size)).map(|_| format!("{:02x}", self.below(256))).collect()
    }
}

/// Some characters of a string type, its first and last among them.
fn alphabet(kind: &str) -> &'static [u8] {
    match kind {
        "NumericString" => b" 0123456789",
        "IA5String" => b"\0\x7f Az09~'",
        _ => b" Az09-",
    }
}
