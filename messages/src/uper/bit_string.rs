//! BIT STRING (X.691 clause 16). Bit 0 of the standard's names is the first on the wire.

use std::fmt;
use std::str::FromStr;

use super::{DecodeError, EncodeError, Reader, Writer};

/// A BIT STRING of N bits, at most 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FixedBits<const N: u32>(u64);

impl<const N: u32> FixedBits<N> {
    /// No bit set.
    pub const NONE: Self = Self(0);

    /// Whether a bit is set; bits beyond N are not.
    #[must_use]
    pub const fn contains(self, bit: u32) -> bool {
        bit < N && self.0 >> (N - 1 - bit) & 1 == 1
    }

    /// With a bit set; a bit beyond N is left out.
    #[must_use]
    pub const fn with(self, bit: u32) -> Self {
        if bit < N { Self(self.0 | 1 << (N - 1 - bit)) } else { self }
    }
}

impl<const N: u32> fmt::Display for FixedBits<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..N).try_for_each(|bit| formatter.write_str(if self.contains(bit) { "1" } else { "0" }))
    }
}

impl<const N: u32> FromStr for FixedBits<N> {
    type Err = NotBits;

    fn from_str(text: &str) -> Result<Self, NotBits> {
        if text.len() != N as usize {
            return Err(NotBits);
        }
        (0..).zip(text.bytes()).try_fold(Self::NONE, |bits, (index, digit)| match digit {
            b'0' => Ok(bits),
            b'1' => Ok(bits.with(index)),
            _ => Err(NotBits),
        })
    }
}

/// A BIT STRING of variable size.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BitString(Vec<bool>);

impl BitString {
    /// From its bits in order.
    #[must_use]
    pub const fn from_bits(bits: Vec<bool>) -> Self {
        Self(bits)
    }

    /// Its bits in order.
    #[must_use]
    pub fn bits(&self) -> &[bool] {
        &self.0
    }

    /// Whether a bit is set; bits beyond the last are not.
    #[must_use]
    pub fn contains(&self, bit: u32) -> bool {
        self.0.get(bit as usize).copied().unwrap_or(false)
    }
}

impl fmt::Display for BitString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|bit| formatter.write_str(if *bit { "1" } else { "0" }))
    }
}

impl FromStr for BitString {
    type Err = NotBits;

    fn from_str(text: &str) -> Result<Self, NotBits> {
        let bit = |digit| match digit {
            b'0' => Ok(false),
            b'1' => Ok(true),
            _ => Err(NotBits),
        };
        text.bytes().map(bit).collect::<Result<_, _>>().map(Self)
    }
}

/// A text that is not a BIT STRING of the size asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a string of as many 0 and 1 as the BIT STRING has bits")]
pub struct NotBits;

impl Reader<'_> {
    /// A BIT STRING (SIZE(N)).
    ///
    /// # Errors
    /// When the bits end.
    #[inline]
    pub fn fixed_bits<const N: u32>(&mut self) -> Result<FixedBits<N>, DecodeError> {
        const { assert!(N <= 64, "longer ones are read as `BitString`") }
        self.bits(N).map(FixedBits)
    }

    /// A BIT STRING of another size.
    ///
    /// # Errors
    /// When the bits end, or there are fewer than MIN.
    pub fn bit_string<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
    ) -> Result<BitString, DecodeError> {
        self.list::<bool, MIN, MAX, EXTENSIBLE, 1>(Self::boolean).map(BitString)
    }
}

impl Writer<'_> {
    /// A BIT STRING (SIZE(N)).
    #[inline]
    pub fn fixed_bits<const N: u32>(&mut self, bits: FixedBits<N>) {
        self.bits(bits.0, N);
    }

    /// A BIT STRING of another size.
    ///
    /// # Errors
    /// When there are too few or too many bits.
    pub fn bit_string<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        bits: &BitString,
    ) -> Result<(), EncodeError> {
        self.list::<bool, MIN, MAX, EXTENSIBLE>(&bits.0, |writer, bit| {
            writer.boolean(*bit);
            Ok(())
        })
    }
}
