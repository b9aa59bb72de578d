//! The bit engine: the rules of unaligned PER (ITU-T X.691) that ITS messages use, and nothing of any message.
//!
//! The generated types call it through [`Uper`]. It is the one place that indexes bits. A [`Reader`] never reads past its octets,
//! never panics, and never reserves memory for elements whose bits are not there; a [`Writer`] appends to the caller's buffer and
//! checks each value against its constraint. Where in the message something went wrong is added on the way out, so that the
//! way in costs nothing.

mod bit_string;
mod characters;
mod error;
mod extension;
mod integer;
mod length;
mod octets;
mod reader;
#[cfg(test)]
mod work;
mod writer;

pub use bit_string::{BitString, FixedBits, NotBits};
pub use characters::Alphabet;
pub use error::{DecodeError, DecodeProblem, EncodeError, EncodeProblem, FieldPath, PathStep};
pub use extension::Additions;
pub use integer::Whole;
pub use length::UNBOUNDED;
pub use octets::{FixedOctets, OctetString, OpenType};
pub use reader::Reader;
pub use writer::Writer;

/// A type that has an encoding in unaligned PER.
pub trait Uper: Sized {
    /// The fewest bits that a value takes: bounds how many elements can still follow.
    const MIN_BITS: usize;

    /// Reads a value.
    ///
    /// # Errors
    /// When the bits end or stand for no value of the type.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Writes the value.
    ///
    /// # Errors
    /// When the value, or one within it, is outside its constraint or is an unknown addition.
    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;
}

/// The smallest of some numbers of bits: the shortest alternative of a CHOICE.
#[must_use]
pub const fn fewest(bits: &[usize]) -> usize {
    let mut fewest = usize::MAX;
    let mut place = 0;
    while place < bits.len() {
        if bits[place] < fewest {
            fewest = bits[place];
        }
        place += 1;
    }
    fewest
}

/// The complete encoding of a value (X.691 clause 11.1): its bits, filled up to whole octets, at least one.
///
/// # Errors
/// As [`Uper::write`]; `octets` is then as it was.
pub fn encode_complete<T: Uper>(value: &T, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
    complete(octets, |writer| value.write(writer))
}

/// As [`encode_complete`], of whatever `write` writes.
fn complete(
    octets: &mut Vec<u8>,
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = octets.len();
    let mut writer = Writer::new(octets);
    let written = write(&mut writer);
    writer.finish();
    if written.is_err() {
        octets.truncate(start);
    } else if octets.len() == start {
        octets.push(0);
    }
    written
}

/// Reads a complete encoding: all octets must belong to the value. The up to seven bits that fill the last one are ignored.
///
/// # Errors
/// As [`Uper::read`], and when whole octets are left over.
pub fn decode_complete<T: Uper>(octets: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(octets);
    let value = T::read(&mut reader)?;
    reader.expect_end()?;
    Ok(value)
}
