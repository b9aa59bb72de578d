//! What each type of the wire may hold, as data: member names, ranges, sizes, named values and units, as the ASN.1 profile has them.
//!
//! The types themselves are generated from the same source; this is for code that handles all of them alike: a printer
//! ([`crate::tree`]), a form, a test that makes up values. Nothing here is needed to read or write a message.

/// A type that has a schema.
pub trait Described {
    /// The schema of the type.
    const SCHEMA: &'static Schema;
}

/// A type: its name and what it may hold.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The ASN.1 name, as `StationID`; empty for a type that has none of its own.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
}

impl Described for crate::uper::OpenType {
    const SCHEMA: &'static Schema = &Schema { name: "OpenType", shape: Shape::OpenType };
}

impl Schema {
    /// The same under a name.
    #[must_use]
    pub const fn named(&self, name: &'static str) -> Self {
        Self { name, shape: self.shape }
    }
}

/// The name that a type gives a number, as `emergencyVehicleApproaching` for 95 of `CauseCodeType`.
pub(crate) fn named<T: Described>(number: i64) -> Option<&'static str> {
    let Shape::Integer(integer) = T::SCHEMA.shape else { return None };
    integer.named.iter().find(|(named, _)| *named == number).map(|(_, name)| *name)
}

/// What a type may hold.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// BOOLEAN.
    Boolean,
    /// NULL.
    Null,
    /// INTEGER.
    Integer(Integer),
    /// ENUMERATED.
    Enumerated {
        /// The values with their numbers: those of the root ordered by number, then the additions.
        values: &'static [(&'static str, u32)],
        /// Whether a later version may have further values.
        extensible: bool,
    },
    /// BIT STRING.
    BitString {
        /// The bits that have a name, by their place.
        bits: &'static [(u32, &'static str)],
        /// How many bits.
        size: Size,
    },
    /// OCTET STRING.
    OctetString(Size),
    /// A character string.
    Text {
        /// Its ASN.1 type, as `IA5String`.
        kind: &'static str,
        /// How many characters.
        size: Size,
    },
    /// An open type: octets that hold a type which something beside it names.
    OpenType,
    /// SEQUENCE.
    Sequence(&'static [Member]),
    /// CHOICE.
    Choice {
        /// The alternatives: those of the root, then the additions.
        alternatives: &'static [Alternative],
        /// Whether a later version may have further alternatives.
        extensible: bool,
    },
    /// SEQUENCE OF.
    List {
        /// The type of an element.
        element: &'static Schema,
        /// How many elements.
        size: Size,
    },
}

/// An INTEGER.
#[derive(Debug, Clone, Copy)]
pub struct Integer {
    /// The smallest value of the range; none without a bound.
    pub minimum: Option<i64>,
    /// The largest value of the range.
    pub maximum: Option<i64>,
    /// Whether values outside the range have an encoding too.
    pub extensible: bool,
    /// Values that have a name, as `unavailable`.
    pub named: &'static [(i64, &'static str)],
    /// What a step means, where the value is a quantity.
    pub unit: Option<Unit>,
}

/// The unit of an INTEGER: the quantity is the value times [`Unit::step`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// The quantity of one step, as `0.0125`.
    pub step: f64,
    /// How many decimals of the quantity a step can change.
    pub decimals: usize,
    /// Its symbol, as `m/s` or `degree`.
    pub symbol: &'static str,
}

/// A size constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The fewest.
    pub minimum: usize,
    /// The most; none without a bound.
    pub maximum: Option<usize>,
    /// Whether sizes outside have an encoding too.
    pub extensible: bool,
}

/// A member of a SEQUENCE.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// The ASN.1 name.
    pub name: &'static str,
    /// When it is there.
    pub presence: Presence,
    /// Its type.
    pub schema: &'static Schema,
}

/// When a member of a SEQUENCE is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Always,
    /// Only where the sender has something to say.
    Optional,
    /// Left out where it equals its default.
    Default,
    /// Behind the extension marker: a sender of an earlier version does not know it.
    Addition,
}

/// An alternative of a CHOICE.
#[derive(Debug, Clone, Copy)]
pub struct Alternative {
    /// The ASN.1 name.
    pub name: &'static str,
    /// Its type.
    pub schema: &'static Schema,
}
