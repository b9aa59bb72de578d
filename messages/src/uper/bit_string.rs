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

/// A BIT STRING of variable size. Up to 64 bits stand in place, more on the heap.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BitString(Bits);

/// Short wherever the bits fit, so that equal bits are equal values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bits {
    /// The lowest bit of the word is the last of the string; those above the first are 0.
    Short {
        word: u64,
        length: u8,
    },
    Long(Vec<bool>),
}

impl BitString {
    /// No bits.
    pub const EMPTY: Self = Self(Bits::Short { word: 0, length: 0 });

    /// How many bits there are.
    #[must_use]
    pub const fn length(&self) -> usize {
        match &self.0 {
            Bits::Short { length, .. } => *length as usize,
            Bits::Long(bits) => bits.len(),
        }
    }

    /// Its bits in order.
    pub fn bits(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.length()).map(|bit| self.bit(bit))
    }

    /// Whether a bit is set; bits beyond the last are not.
    #[must_use]
    pub fn contains(&self, bit: u32) -> bool {
        let bit = bit as usize;
        bit < self.length() && self.bit(bit)
    }

    /// A bit that the string has.
    fn bit(&self, bit: usize) -> bool {
        match &self.0 {
            Bits::Short { word, length } => word >> (usize::from(*length) - 1 - bit) & 1 == 1,
            Bits::Long(bits) => bits[bit],
        }
    }
}

impl Default for BitString {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// From its bits in order.
impl FromIterator<bool> for BitString {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let (mut word, mut length) = (0, 0);
        let mut bits = bits.into_iter();
        while length < WORD {
            let Some(bit) = bits.next() else { return Self(Bits::Short { word, length }) };
            word = word << 1 | u64::from(bit);
            length += 1;
        }
        let mut long: Vec<bool> =
            (0..u32::from(WORD)).map(|bit| word >> (u32::from(WORD) - 1 - bit) & 1 == 1).collect();
        long.extend(bits);
        if long.len() == usize::from(WORD) {
            Self(Bits::Short { word, length })
        } else {
            Self(Bits::Long(long))
        }
    }
}

/// Bits of a word.
const WORD: u8 = 64;

impl fmt::Display for BitString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bits().try_for_each(|bit| formatter.write_str(if bit { "1" } else { "0" }))
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
        text.bytes().map(bit).collect()
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
        let mut ahead = self.clone();
        let length = ahead.size::<MIN, MAX, EXTENSIBLE>()?;
        if let (false, Ok(length @ 0..=WORD)) = (length.more, u8::try_from(length.count)) {
            let word = ahead.bits(length.into())?;
            *self = ahead;
            return Ok(BitString(Bits::Short { word, length }));
        }
        self.list::<bool, MIN, MAX, EXTENSIBLE, 1>(Self::boolean).map(|bits| bits.into_iter().collect())
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
        match &bits.0 {
            Bits::Short { word, length } => {
                self.size::<MIN, MAX, EXTENSIBLE>(usize::from(*length))?;
                self.bits(*word, u32::from(*length));
                Ok(())
            }
            Bits::Long(bits) => self.list::<bool, MIN, MAX, EXTENSIBLE>(bits, |writer, bit| {
                writer.boolean(*bit);
                Ok(())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_same_on_both_sides_of_a_word() {
        for length in [0, 1, 7, 8, 63, 64, 65, 200] {
            let text: String = (0..length).map(|bit| if bit % 3 == 0 { '1' } else { '0' }).collect();
            let bits: BitString = text.parse().unwrap();
            assert_eq!((bits.length(), bits.to_string()), (length, text));
            assert_eq!(bits.contains(0), length > 0);
            assert!(!bits.contains(1) && !bits.contains(u32::try_from(length).unwrap()));
            assert_eq!(bits.bits().collect::<BitString>(), bits);
        }
    }

    #[test]
    fn a_text_with_other_characters_is_no_bits() {
        assert_eq!("01x".parse::<BitString>(), Err(NotBits));
    }
}
