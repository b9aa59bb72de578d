//! Reading bits, most significant first, a 64-bit word at a time.

use super::{DecodeError, DecodeProblem, Uper};

/// A place in octets, at a bit, and a bit at which to stop.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    octets: &'a [u8],
    /// The next bit. Never beyond `end`.
    position: usize,
    /// The bit after the last; never beyond the octets.
    end: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first bit.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { octets, position: 0, end: octets.len() * 8 }
    }

    /// The next bit's number, counted from the first bit of the octets.
    #[inline]
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// How many bits are left.
    #[inline]
    #[must_use]
    pub const fn left(&self) -> usize {
        self.end - self.position
    }

    /// Reads 0 to 64 bits as a number.
    ///
    /// # Errors
    /// When fewer are left, or more than 64 are asked for.
    #[inline]
    pub fn bits(&mut self, count: u32) -> Result<u64, DecodeError> {
        #[cfg(test)]
        super::work::count();
        if count > 64 {
            return Err(self.error(DecodeProblem::NumberTooLong { found: count.div_ceil(8) as usize }));
        }
        if self.left() < count as usize {
            return Err(self.truncated(count as usize));
        }
        let value = if count <= 57 {
            self.peek(count)
        } else {
            let high = self.peek(32) << (count - 32);
            self.position += 32;
            let value = high | self.peek(count - 32);
            self.position -= 32;
            value
        };
        self.position += count as usize;
        Ok(value)
    }

    /// Reads a BOOLEAN, an extension bit or a bit of a bitmap (X.691 clause 12).
    ///
    /// # Errors
    /// When no bit is left.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, DecodeError> {
        Ok(self.bits(1)? != 0)
    }

    /// Reads a NULL, which has no bits (X.691 clause 18).
    ///
    /// # Errors
    /// None; as the other readers.
    #[inline]
    pub fn null(&mut self) -> Result<(), DecodeError> {
        Ok(())
    }

    /// Reads which of N optional members are present, in order (X.691 clause 19.2).
    ///
    /// # Errors
    /// When fewer bits are left.
    #[inline]
    pub fn bitmap<const N: usize>(&mut self) -> Result<[bool; N], DecodeError> {
        const { assert!(N <= 64, "a word at a time") }
        #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
        let bits = self.bits(N as u32)?;
        Ok(std::array::from_fn(|place| bits >> (N - 1 - place) & 1 == 1))
    }

    /// Passes over bits.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn skip(&mut self, bits: usize) -> Result<(), DecodeError> {
        #[cfg(test)]
        super::work::count();
        if self.left() < bits {
            return Err(self.truncated(bits));
        }
        self.position += bits;
        Ok(())
    }

    /// Reads a value within the next octets only and passes over all of them, whatever of them it used.
    ///
    /// # Errors
    /// When the octets are not there, or do not hold the value.
    pub(super) fn within<T>(
        &mut self,
        octets: usize,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let bits = octets.saturating_mul(8);
        if self.left() < bits {
            return Err(self.truncated(bits));
        }
        let end = self.position + bits;
        let value = read(&mut Self { octets: self.octets, position: self.position, end })?;
        self.position = end;
        Ok(value)
    }

    /// One bit at a place that was passed already or was checked to be there.
    pub(super) fn bit_at(&self, position: usize) -> bool {
        #[cfg(test)]
        super::work::count();
        self.octets.get(position / 8).is_some_and(|octet| octet >> (7 - position % 8) & 1 == 1)
    }

    /// Fails if a whole octet or more is left.
    pub(super) fn expect_end(&self) -> Result<(), DecodeError> {
        match self.left() / 8 {
            0 => Ok(()),
            // A value without bits takes one octet (X.691 clause 11.1.3).
            1 if self.position == 0 => Ok(()),
            octets => Err(self.error(DecodeProblem::Surplus { octets })),
        }
    }

    /// Reads a value that has a type of its own.
    ///
    /// # Errors
    /// As the type says.
    #[inline]
    pub fn value<T: Uper>(&mut self) -> Result<T, DecodeError> {
        T::read(self)
    }

    /// An error here.
    #[cold]
    #[inline(never)]
    pub(crate) fn error(&self, problem: DecodeProblem) -> DecodeError {
        DecodeError::new(self.position, problem)
    }

    #[cold]
    #[inline(never)]
    fn truncated(&self, expected: usize) -> DecodeError {
        self.error(DecodeProblem::Truncated { expected, found: self.left() })
    }

    /// The next bits as a number, 0 to 57 of them; they are there.
    #[inline]
    fn peek(&self, count: u32) -> u64 {
        if count == 0 {
            return 0;
        }
        let rest = self.octets.get(self.position / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(word) => u64::from_be_bytes(*word),
            None => last_word(rest),
        };
        (word << (self.position % 8)) >> (64 - count)
    }
}

/// Fewer than eight octets as a word, filled up with zeros.
#[inline]
fn last_word(octets: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(octets) {
        *to = *from;
    }
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_most_significant_first_across_octets() {
        let mut reader = Reader::new(&[0b1010_0101, 0b1100_0011, 0xff]);
        assert_eq!(reader.bits(3), Ok(0b101));
        assert_eq!(reader.bits(7), Ok(0b001_0111));
        assert_eq!(reader.bits(0), Ok(0));
        assert_eq!(reader.bits(14), Ok(0b00_0011_1111_1111));
        assert_eq!(reader.left(), 0);
    }

    #[test]
    fn a_whole_word_can_start_at_any_bit() {
        let octets: Vec<u8> = (0..10).map(|octet| octet * 23).collect();
        for start in 0..8 {
            for count in 0..=64u32 {
                let mut reader = Reader::new(&octets);
                reader.skip(start).unwrap();
                let expected = (0..count as usize)
                    .fold(0, |number, bit| number << 1 | u64::from(reader.bit_at(start + bit)));
                assert_eq!(reader.bits(count), Ok(expected), "{count} bits from bit {start}");
            }
        }
    }

    #[test]
    fn reading_past_the_end_says_how_much_was_there() {
        let mut reader = Reader::new(&[0xff]);
        assert_eq!(reader.bits(5), Ok(31));
        let error = reader.bits(4).unwrap_err();
        assert_eq!(error.problem(), &DecodeProblem::Truncated { expected: 4, found: 3 });
        assert_eq!(error.bit_offset(), 5);
        assert_eq!(error.to_string(), "(message) at octet 0, bit 5: expected 4 more bits, found 3");
    }
}
