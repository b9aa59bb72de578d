//! What went wrong and where: the path of field names is put together on the way out of a failed read or write.

use std::fmt;

use thiserror::Error;

/// One step from a message to the value that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStep {
    /// A member of a SEQUENCE or an alternative of a CHOICE, by its ASN.1 name.
    Field(&'static str),
    /// An element of a SEQUENCE OF, counted from 0.
    Index(usize),
}

/// The way to a value by ASN.1 names: `srm.requests[0].request.id`. Empty for the whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldPath {
    /// Innermost first, as they are met on the way out.
    reversed: Vec<PathStep>,
}

impl FieldPath {
    /// Puts a step before all that are there.
    pub fn push_outer(&mut self, step: PathStep) {
        self.reversed.push(step);
    }

    /// The steps from the outside in.
    pub fn steps(&self) -> impl Iterator<Item = PathStep> + '_ {
        self.reversed.iter().rev().copied()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reversed.is_empty() {
            return formatter.write_str("(message)");
        }
        for (place, step) in self.steps().enumerate() {
            match step {
                PathStep::Field(name) if place == 0 => formatter.write_str(name)?,
                PathStep::Field(name) => write!(formatter, ".{name}")?,
                PathStep::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Why octets are not a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeProblem {
    /// The octets end within a value.
    #[error("expected {expected} more bits, found {found}")]
    Truncated {
        /// Bits that the value takes.
        expected: usize,
        /// Bits that are left.
        found: usize,
    },
    /// An INTEGER outside its range (its bits can say more than its range holds).
    #[error("expected {minimum} to {maximum}, found {found}")]
    OutOfRange {
        /// Lower bound.
        minimum: i64,
        /// Upper bound.
        maximum: i64,
        /// What the bits say.
        found: i128,
    },
    /// The index of an ENUMERATED value or a CHOICE alternative beyond those that a non-extensible type has.
    #[error("expected an index below {expected}, found {found}")]
    NoSuchIndex {
        /// How many there are.
        expected: u64,
        /// What the bits say.
        found: u64,
    },
    /// A number in a form that does not fit 64 bits.
    #[error("expected a number of at most 8 octets, found {found}")]
    NumberTooLong {
        /// Its length in octets.
        found: usize,
    },
    /// A list or string outside its size.
    #[error("expected at least {minimum} elements, found {found}")]
    TooFew {
        /// Lower bound of the size.
        minimum: usize,
        /// What the bits say.
        found: usize,
    },
    /// A length determinant that X.691 does not define.
    #[error("expected a length of 1 to 4 fragments, found {found}")]
    BadFragment {
        /// Fragments of 16 384 elements.
        found: u64,
    },
    /// A character that the string type does not have.
    #[error("expected a character of the string's alphabet, found code {found}")]
    NotInAlphabet {
        /// The code that was read.
        found: u64,
    },
    /// Octets of a UTF8String that are not UTF-8.
    #[error("expected UTF-8, found other octets")]
    NotUtf8,
    /// More octets than the message has.
    #[error("expected the end of the message, found {octets} more octets")]
    Surplus {
        /// Octets left over.
        octets: usize,
    },
    /// The header names another message.
    #[error("expected message {expected}, found {found}")]
    OtherMessage {
        /// The `messageID` that was asked for.
        expected: u8,
        /// The header's `messageID`.
        found: u8,
    },
    /// The header names a message that SAE J2735 does not have.
    #[error("expected SREM, SSEM, SPATEM or MAPEM, which have a MessageFrame, found messageID {found}")]
    NoFrame {
        /// The header's `messageID`.
        found: u8,
    },
    /// The frame names a message that is not decoded here.
    #[error("expected a frame of MAP (18), SPAT (19), SRM (29) or SSM (30), found {found}")]
    UnsupportedFrame {
        /// The frame's `messageId`.
        found: u16,
    },
    /// The header names a message that is not decoded here.
    #[error("expected a message that is supported, found messageID {found}{}", name.map(|name| format!(" ({name})")).unwrap_or_default())]
    Unsupported {
        /// The header's `messageID`.
        found: u8,
        /// Its name, if it is a known one.
        name: Option<&'static str>,
    },
}

/// Octets that are not a message: what was expected and found, in which field, at which bit.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<DecodeDetail>);

#[derive(Clone, PartialEq, Eq)]
struct DecodeDetail {
    message: &'static str,
    path: FieldPath,
    bit_offset: usize,
    problem: DecodeProblem,
}

impl DecodeError {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(bit_offset: usize, problem: DecodeProblem) -> Self {
        Self(Box::new(DecodeDetail { message: "", path: FieldPath::default(), bit_offset, problem }))
    }

    /// The same error, seen from the SEQUENCE or CHOICE that has the field.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_field(mut self, name: &'static str) -> Self {
        self.0.path.push_outer(PathStep::Field(name));
        self
    }

    /// The same error, seen from the list that has the element.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.0.path.push_outer(PathStep::Index(index));
        self
    }

    /// The same error, seen from the message of this name.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_message(mut self, name: &'static str) -> Self {
        self.0.message = name;
        self
    }

    /// The same error within octets that start at a bit of a whole.
    #[cold]
    #[inline(never)]
    pub(crate) fn shifted(mut self, bits: usize) -> Self {
        self.0.bit_offset += bits;
        self
    }

    /// The message that was being read, as `SREM`; empty where it is not known.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.0.message
    }

    /// The field that was being read.
    #[must_use]
    pub fn path(&self) -> &FieldPath {
        &self.0.path
    }

    /// Where its bits begin, counted from the first bit of the octets.
    #[must_use]
    pub fn bit_offset(&self) -> usize {
        self.0.bit_offset
    }

    /// What was expected and found.
    #[must_use]
    pub fn problem(&self) -> &DecodeProblem {
        &self.0.problem
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeDetail { message, path, bit_offset, problem } = &*self.0;
        if !message.is_empty() {
            write!(formatter, "{message} ")?;
        }
        write!(formatter, "{path} at octet {}, bit {}: {problem}", bit_offset / 8, bit_offset % 8)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

/// Why a value has no encoding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeProblem {
    /// An INTEGER outside its range.
    #[error("expected {minimum} to {maximum}, found {found}")]
    OutOfRange {
        /// Lower bound.
        minimum: i64,
        /// Upper bound.
        maximum: i64,
        /// The value.
        found: i64,
    },
    /// A list or string outside its size.
    #[error("expected {} elements, found {found}", SizeRange(*minimum, *maximum))]
    WrongSize {
        /// Lower bound of the size.
        minimum: usize,
        /// Upper bound of the size.
        maximum: usize,
        /// The value's size.
        found: usize,
    },
    /// A character that the string type does not have.
    #[error("expected characters of the string's alphabet, found {found:?}")]
    NotInAlphabet {
        /// The first such character.
        found: char,
    },
    /// An unknown addition: its bits were not kept, and nothing else may stand for it.
    #[error("expected a known name, found the unknown addition {number}")]
    Unknown {
        /// Its number behind the extension marker.
        number: u64,
    },
    /// The header names another message.
    #[error("expected message {expected}, found {found}")]
    OtherMessage {
        /// The `messageID` of the type.
        expected: u8,
        /// The header's `messageID`.
        found: u8,
    },
}

/// A size constraint in words: `4`, `1 to 32`, `at least 2`.
struct SizeRange(usize, usize);

impl fmt::Display for SizeRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self(minimum, super::UNBOUNDED) => write!(formatter, "at least {minimum}"),
            Self(minimum, maximum) if minimum == maximum => write!(formatter, "{minimum}"),
            Self(minimum, maximum) => write!(formatter, "{minimum} to {maximum}"),
        }
    }
}

/// A value that has no encoding: what was expected and found, in which field.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodeError(Box<EncodeDetail>);

#[derive(Clone, PartialEq, Eq)]
struct EncodeDetail {
    message: &'static str,
    path: FieldPath,
    problem: EncodeProblem,
}

impl EncodeError {
    /// For a value that is itself the problem.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn new(problem: EncodeProblem) -> Self {
        Self(Box::new(EncodeDetail { message: "", path: FieldPath::default(), problem }))
    }

    /// The same error, seen from the SEQUENCE or CHOICE that has the field.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_field(mut self, name: &'static str) -> Self {
        self.0.path.push_outer(PathStep::Field(name));
        self
    }

    /// The same error, seen from the list that has the element.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.0.path.push_outer(PathStep::Index(index));
        self
    }

    /// The same error, seen from the message of this name.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_message(mut self, name: &'static str) -> Self {
        self.0.message = name;
        self
    }

    /// The message that was being written, as `SREM`; empty where it is not known.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.0.message
    }

    /// The field that was being written.
    #[must_use]
    pub fn path(&self) -> &FieldPath {
        &self.0.path
    }

    /// What was expected and found.
    #[must_use]
    pub fn problem(&self) -> &EncodeProblem {
        &self.0.problem
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EncodeDetail { message, path, problem } = &*self.0;
        if !message.is_empty() {
            write!(formatter, "{message} ")?;
        }
        write!(formatter, "{path}: {problem}")
    }
}

impl fmt::Debug for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EncodeError({self})")
    }
}

impl std::error::Error for EncodeError {}
