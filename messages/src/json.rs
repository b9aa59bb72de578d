//! The JSON form of a message: member names, alternatives and enumeration names as the ASN.1 writes them.
//!
//! SEQUENCE is an object without the members that are absent or equal to their default, CHOICE `{"alternative": value}`, BIT STRING a string of 0 and 1, OCTET STRING
//! hex, INTEGER its raw value, ENUMERATED its name. An unknown addition is `{"unknown": n}` in the place of the name or of the
//! alternative. Writing goes by [`serde::Serialize`], in the order of the ASN.1; reading by [`FromJson`], which says which member is
//! wrong.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::uper::{BitString, FieldPath, FixedBits, FixedOctets, OctetString, OpenType, PathStep, Whole};

/// A type that can be read from its JSON form.
pub trait FromJson: Sized {
    /// Reads a value. Numbers are checked against their range; whether a list or a text has a size that its type allows is for its
    /// encoding to say.
    ///
    /// # Errors
    /// When the JSON has another shape, or names that the type does not have.
    fn from_json(value: &Value) -> Result<Self, JsonError>;
}

/// JSON that is not the form of a message: what was expected and found, at which member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    path: FieldPath,
    expected: String,
    found: String,
}

impl JsonError {
    /// For a value that is itself the problem.
    #[must_use]
    pub fn new(expected: impl Into<String>, found: &Value) -> Self {
        Self::described(expected, short(found))
    }

    fn described(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { path: FieldPath::default(), expected: expected.into(), found: found.into() }
    }

    /// The same error, seen from the object that has the member.
    #[must_use]
    pub fn in_field(mut self, name: &'static str) -> Self {
        self.path.push_outer(PathStep::Field(name));
        self
    }

    /// The same error, seen from the array that has the element.
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.path.push_outer(PathStep::Index(index));
        self
    }

    /// The member that is wrong.
    #[must_use]
    pub const fn path(&self) -> &FieldPath {
        &self.path
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

impl std::error::Error for JsonError {}

/// The members of a SEQUENCE.
#[derive(Debug)]
pub struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    /// Takes an object that has no other members than these.
    ///
    /// # Errors
    /// When it is no object, or has others.
    pub fn of(value: &'a Value, names: &[&str]) -> Result<Self, JsonError> {
        let Value::Object(members) = value else {
            return Err(JsonError::new("an object", value));
        };
        match members.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(Self(members)),
            Some(other) => {
                Err(JsonError::described(format!("members {}", names.join(", ")), format!("\"{other}\"")))
            }
        }
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// When it is not, or is wrong.
    pub fn required<T>(
        &self,
        name: &'static str,
        from_json: impl FnOnce(&Value) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        self.optional(name, from_json)?.ok_or_else(|| JsonError::described("a value", "none").in_field(name))
    }

    /// A member that may be absent.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn optional<T>(
        &self,
        name: &'static str,
        from_json: impl FnOnce(&Value) -> Result<T, JsonError>,
    ) -> Result<Option<T>, JsonError> {
        self.0.get(name).map(|value| alternative(name, value, from_json)).transpose()
    }
}

/// The name and the value of a CHOICE.
///
/// # Errors
/// When it is no object of one member.
pub fn choice(value: &Value) -> Result<(&str, &Value), JsonError> {
    let single =
        value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    single.map_or_else(
        || Err(JsonError::new("an object of one member, the alternative", value)),
        |(name, content)| Ok((name.as_str(), content)),
    )
}

/// Reads the value of a member or alternative.
///
/// # Errors
/// When it is wrong; with its name.
pub fn alternative<T>(
    name: &'static str,
    content: &Value,
    from_json: impl FnOnce(&Value) -> Result<T, JsonError>,
) -> Result<T, JsonError> {
    from_json(content).map_err(|error| error.in_field(name))
}

/// The number of an unknown addition: `{"unknown": n}`.
#[must_use]
pub fn unknown(value: &Value) -> Option<u64> {
    match choice(value) {
        Ok(("unknown", number)) => number.as_u64(),
        _ => None,
    }
}

/// Writes an unknown addition: `{"unknown": n}`.
///
/// # Errors
/// As the serializer's.
pub fn serialize_unknown<S: Serializer>(serializer: S, number: u64) -> Result<S::Ok, S::Error> {
    serialize_alternative(serializer, "unknown", &number)
}

/// Writes an alternative: `{"name": value}`.
///
/// # Errors
/// As the serializer's.
pub fn serialize_alternative<S: Serializer>(
    serializer: S,
    name: &'static str,
    value: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    let mut members = serializer.serialize_map(Some(1))?;
    members.serialize_entry(name, value)?;
    members.end()
}

/// Reads an INTEGER (MIN..MAX).
///
/// # Errors
/// When the value is no whole number of that range.
pub fn constrained<T: Whole, const MIN: i64, const MAX: i64>(value: &Value) -> Result<T, JsonError> {
    let number = value.as_i64().filter(|number| (MIN..=MAX).contains(number));
    number
        .map(T::from_wire)
        .ok_or_else(|| JsonError::new(format!("a whole number from {MIN} to {MAX}"), value))
}

/// An INTEGER without bounds, or with an extensible range.
impl FromJson for i64 {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        constrained::<Self, { Self::MIN }, { Self::MAX }>(value)
    }
}

/// The number of an unknown addition.
impl FromJson for u64 {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        value.as_u64().ok_or_else(|| JsonError::new("a whole number from 0", value))
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        value.as_bool().ok_or_else(|| JsonError::new("true or false", value))
    }
}

/// ASN.1 NULL.
impl FromJson for () {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        value.as_null().ok_or_else(|| JsonError::new("null", value))
    }
}

impl FromJson for String {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        text(value).map(Self::from)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let elements = value.as_array().ok_or_else(|| JsonError::new("an array", value))?;
        let element = |(index, element)| T::from_json(element).map_err(|error| error.at_index(index));
        elements.iter().enumerate().map(element).collect()
    }
}

impl<const N: u32> FromJson for FixedBits<N> {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let wrong = |_| JsonError::new(format!("a string of {N} digits 0 and 1"), value);
        text(value)?.parse().map_err(wrong)
    }
}

impl<const N: u32> Serialize for FixedBits<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromJson for BitString {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        text(value)?.parse().map_err(|_| JsonError::new("a string of digits 0 and 1", value))
    }
}

impl Serialize for BitString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromJson for OctetString {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        octets(value).map(Self)
    }
}

impl Serialize for OctetString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&crate::hex::Text(&self.0))
    }
}

impl<const N: usize> FromJson for FixedOctets<N> {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let wrong = |_| JsonError::new(format!("{N} octets in hex"), value);
        octets(value)?.try_into().map_err(wrong).map(Self)
    }
}

impl<const N: usize> Serialize for FixedOctets<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&crate::hex::Text(&self.0))
    }
}

/// `{"hex": "66c0"}`: the octets, whatever they hold.
impl FromJson for OpenType {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let members = Members::of(value, &["hex"])?;
        members.required("hex", octets).map(Self)
    }
}

impl Serialize for OpenType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(1))?;
        members.serialize_entry("hex", &format_args!("{}", crate::hex::Text(&self.0)))?;
        members.end()
    }
}

fn octets(value: &Value) -> Result<Vec<u8>, JsonError> {
    crate::hex::octets(text(value)?)
        .map_err(|problem| JsonError::described("octets in hex", problem.to_string()))
}

fn text(value: &Value) -> Result<&str, JsonError> {
    value.as_str().ok_or_else(|| JsonError::new("a string", value))
}

/// A value as an error shows it: cut off where it is long.
fn short(value: &Value) -> String {
    const LONG: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONG { text } else { text.chars().take(LONG).chain("...".chars()).collect() }
}
