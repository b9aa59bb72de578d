//! Writing bits, most significant first, a 64-bit word at a time.

use super::{EncodeError, Uper};

/// Appends bits to the caller's buffer. [`Writer::finish`] fills the last octet with zeros; without it up to 63 bits are lost.
#[derive(Debug)]
pub struct Writer<'a> {
    octets: &'a mut Vec<u8>,
    /// Bits that are not in `octets` yet, from the top.
    word: u64,
    /// How many; always below 64.
    filled: u32,
}

impl<'a> Writer<'a> {
    /// Starts behind what the buffer holds.
    pub const fn new(octets: &'a mut Vec<u8>) -> Self {
        Self { octets, word: 0, filled: 0 }
    }

    /// Writes the low `count` bits of a number: at most 64, whatever is asked for.
    #[inline]
    pub fn bits(&mut self, value: u64, count: u32) {
        if count == 0 {
            return;
        }
        let count = count.min(64);
        let value = value & (u64::MAX >> (64 - count));
        let free = 64 - self.filled;
        if count < free {
            self.word |= value << (free - count);
            self.filled += count;
            return;
        }
        let rest = count - free;
        self.octets.extend_from_slice(&(self.word | value >> rest).to_be_bytes());
        self.word = if rest == 0 { 0 } else { value << (64 - rest) };
        self.filled = rest;
    }

    /// Writes a BOOLEAN, an extension bit or a bit of a bitmap (X.691 clause 12).
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.bits(u64::from(value), 1);
    }

    /// Writes a NULL, which has no bits (X.691 clause 18).
    #[inline]
    pub fn null(&mut self, (): &()) {}

    /// Writes which of N optional members are present, in order (X.691 clause 19.2).
    #[inline]
    pub fn bitmap<const N: usize>(&mut self, present: [bool; N]) {
        const { assert!(N <= 64, "a word at a time") }
        #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
        let count = N as u32;
        self.bits(present.iter().fold(0, |bits, present| bits << 1 | u64::from(*present)), count);
    }

    /// Writes a value that has a type of its own.
    ///
    /// # Errors
    /// As the type says.
    #[inline]
    pub fn value<T: Uper>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.write(self)
    }

    /// How many bits the buffer holds, those of the caller included.
    pub(super) fn position(&self) -> usize {
        self.octets.len() * 8 + self.filled as usize
    }

    /// Sets whole octets, zero so far, at a bit that has at least eight more behind them.
    pub(super) fn fill_in(&mut self, bit: usize, octets: &[u64]) {
        self.move_whole_octets();
        for (place, octet) in (bit / 8..).zip(octets) {
            let [first, second] = u16::try_from(octet << (8 - bit % 8)).unwrap_or_default().to_be_bytes();
            for (place, part) in [(place, first), (place + 1, second)] {
                // The second part is empty where the bit begins an octet.
                if let Some(octet) = self.octets.get_mut(place) {
                    *octet |= part;
                }
            }
        }
    }

    /// Moves all from a bit on by eight bits; behind the bit are at least eight more, and before it eight that are zero.
    pub(super) fn make_room(&mut self, bit: usize) {
        self.move_whole_octets();
        self.octets.insert(bit / 8, 0);
    }

    /// Takes back all from a bit on: eight bits, which are left out, and `count` octets.
    pub(super) fn take_back(&mut self, bit: usize, count: usize) -> Vec<u8> {
        self.move_whole_octets();
        self.octets.push(self.word.to_be_bytes()[0]);
        let shift = bit % 8;
        let written = self.octets.get(bit / 8 + 1..).unwrap_or_default();
        let octets = written.windows(2).take(count).map(|pair| {
            let [high, low] = [u16::from(pair[0]), u16::from(pair[1])];
            ((high << 8 | low) << shift).to_be_bytes()[0]
        });
        let taken = octets.collect();
        let kept = self.octets.get(bit / 8).copied().unwrap_or_default() & !(0xff >> shift);
        self.octets.truncate(bit / 8);
        self.word = u64::from(kept) << 56;
        self.filled = u32::try_from(shift).unwrap_or_default();
        taken
    }

    /// Leaves less than an octet in the word.
    fn move_whole_octets(&mut self) {
        let whole = self.filled / 8;
        self.octets.extend(self.word.to_be_bytes().into_iter().take(whole as usize));
        self.word <<= whole * 8;
        self.filled %= 8;
    }

    /// Ends the last octet with zeros.
    pub fn finish(self) {
        let octets = self.filled.div_ceil(8) as usize;
        self.octets.extend(self.word.to_be_bytes().into_iter().take(octets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_most_significant_first_and_the_last_octet_is_filled() {
        let mut octets = vec![0xee];
        let mut writer = Writer::new(&mut octets);
        writer.bits(0b101, 3);
        writer.bits(0, 0);
        writer.bits(0b000_1011, 7);
        writer.finish();
        assert_eq!(octets, [0xee, 0b1010_0010, 0b1100_0000]);
    }

    #[test]
    fn words_of_any_length_follow_each_other() {
        for first in 0..=64 {
            for second in 0..=64 {
                let ones = |count: u32| if count == 0 { 0 } else { u64::MAX >> (64 - count) };
                let mut octets = Vec::new();
                let mut writer = Writer::new(&mut octets);
                writer.bits(ones(first), first);
                writer.bits(ones(second), second);
                writer.finish();
                let written: u32 = octets.iter().map(|octet| octet.count_ones()).sum();
                assert_eq!((written, octets.len()), (first + second, (first + second).div_ceil(8) as usize));
            }
        }
    }
}
