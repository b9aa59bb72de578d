//! OCTET STRING (X.691 clause 17) and open types, which are an OCTET STRING holding an encoding (clause 11.2).

use super::{DecodeError, EncodeError, Reader, Uper, Writer};

/// An OCTET STRING of variable size.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct OctetString(pub Vec<u8>);

/// An OCTET STRING of N octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedOctets<const N: usize>(pub [u8; N]);

/// The content of an open type as octets: a complete encoding of a type that something beside it names. It is written back as
/// it was read, whatever it holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct OpenType(pub Vec<u8>);

impl OpenType {
    /// Holds the complete encoding of a value.
    ///
    /// # Errors
    /// When the value has none.
    pub fn holding<T: Uper>(value: &T) -> Result<Self, EncodeError> {
        let mut octets = Vec::new();
        super::encode_complete(value, &mut octets)?;
        Ok(Self(octets))
    }

    /// Reads the content as a value. Octets that a later version added behind it are not looked at.
    ///
    /// # Errors
    /// When the octets are no such value. Bit offsets are within the content.
    pub fn as_value<T: Uper>(&self) -> Result<T, DecodeError> {
        T::read(&mut Reader::new(&self.0))
    }
}

impl Uper for OpenType {
    const MIN_BITS: usize = 8;

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.octets::<0, { super::UNBOUNDED }, false>().map(|octets| Self(octets.0))
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.octets::<0, { super::UNBOUNDED }, false>(&self.0)
    }
}

impl Reader<'_> {
    /// An OCTET STRING (SIZE(MIN..MAX)), also extensible or without bounds.
    ///
    /// # Errors
    /// When the bits end, or there are fewer octets than MIN.
    pub fn octets<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
    ) -> Result<OctetString, DecodeError> {
        self.list::<u8, MIN, MAX, EXTENSIBLE, 8>(Self::octet).map(OctetString)
    }

    /// An OCTET STRING (SIZE(N)).
    ///
    /// # Errors
    /// When the bits end.
    #[inline]
    pub fn fixed_octets<const N: usize>(&mut self) -> Result<FixedOctets<N>, DecodeError> {
        let mut octets = [0; N];
        for octet in &mut octets {
            *octet = self.octet()?;
        }
        Ok(FixedOctets(octets))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "eight bits")]
    fn octet(&mut self) -> Result<u8, DecodeError> {
        self.bits(8).map(|octet| octet as u8)
    }
}

impl Writer<'_> {
    /// An OCTET STRING (SIZE(MIN..MAX)), also extensible or without bounds.
    ///
    /// # Errors
    /// When there are too few or too many octets.
    pub fn octets<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        octets: &[u8],
    ) -> Result<(), EncodeError> {
        self.sized::<u8, MIN, MAX, EXTENSIBLE>(octets, |writer, octets| {
            writer.plain_octets(octets);
            Ok(())
        })
    }

    /// An OCTET STRING (SIZE(N)).
    #[inline]
    pub fn fixed_octets<const N: usize>(&mut self, octets: &FixedOctets<N>) {
        self.plain_octets(&octets.0);
    }

    fn plain_octets(&mut self, octets: &[u8]) {
        for octet in octets {
            self.bits(u64::from(*octet), 8);
        }
    }
}
