//! What stands behind an extension marker: additions of a SEQUENCE (X.691 clause 19.7 to 19.9), alternatives of a CHOICE (clause
//! 23.8), each as an open type, so that what is not known can be passed over by its length.

use super::{DecodeError, EncodeError, Reader, Writer};

/// The additions of a SEQUENCE that are present, in order.
#[derive(Debug)]
pub struct Additions {
    /// Where the bitmap starts.
    bitmap: usize,
    /// How many additions it tells of.
    count: usize,
    next: usize,
}

impl Additions {
    /// Reads the next addition of the type, if it is present.
    ///
    /// # Errors
    /// When the bits end, or are no such value.
    pub fn next<T>(
        &mut self,
        reader: &mut Reader<'_>,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        if self.next_is_present(reader) { reader.open_type(read).map(Some) } else { Ok(None) }
    }

    /// Passes over all that follow: they are of a later version.
    ///
    /// # Errors
    /// When the bits end.
    pub fn skip_rest(mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        while self.next < self.count {
            if self.next_is_present(reader) {
                reader.skip_open_type()?;
            }
        }
        Ok(())
    }

    fn next_is_present(&mut self, reader: &Reader<'_>) -> bool {
        let present = self.next < self.count && reader.bit_at(self.bitmap + self.next);
        self.next += 1;
        present
    }
}

impl Reader<'_> {
    /// The bitmap of additions, behind the root of a SEQUENCE whose extension bit is set. Its length is a normally small one
    /// (X.691 clause 11.9.3.4).
    ///
    /// # Errors
    /// When the bits end.
    pub fn additions(&mut self) -> Result<Additions, DecodeError> {
        let count = if self.boolean()? {
            self.length()?.count
        } else {
            usize::try_from(self.bits(6)?).unwrap_or(usize::MAX) + 1
        };
        let bitmap = self.position();
        self.skip(count)?;
        Ok(Additions { bitmap, count, next: 0 })
    }

    /// Passes over all additions: the type has none of its own.
    ///
    /// # Errors
    /// When the bits end.
    #[cold]
    #[inline(never)]
    pub fn skip_additions(&mut self) -> Result<(), DecodeError> {
        self.additions()?.skip_rest(self)
    }

    /// Reads what an open type holds.
    ///
    /// # Errors
    /// When the bits end, or are no such value.
    pub fn open_type<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut ahead = self.clone();
        let length = ahead.length()?;
        if !length.more {
            let value = ahead.within(length.count, read)?;
            *self = ahead;
            return Ok(value);
        }
        // In fragments: the octets are not in one piece.
        let start = self.position();
        let octets = self.octets::<0, { super::UNBOUNDED }, false>()?;
        read(&mut Reader::new(&octets.0)).map_err(|error| error.shifted(start))
    }

    /// Passes over an open type by its length.
    ///
    /// # Errors
    /// When the bits end.
    pub fn skip_open_type(&mut self) -> Result<(), DecodeError> {
        loop {
            let length = self.length()?;
            self.skip(length.count.saturating_mul(8))?;
            if !length.more {
                return Ok(());
            }
        }
    }
}

impl Writer<'_> {
    /// The bitmap of N additions, one at least, behind the root of a SEQUENCE whose extension bit is set.
    pub fn additions<const N: usize>(&mut self, present: [bool; N]) {
        const { assert!(N > 0 && N <= 64, "more have another form of length, and no type has them") }
        self.boolean(false);
        self.bits(N as u64 - 1, 6);
        self.bitmap(present);
    }

    /// Writes a value as an open type: its octets behind their number.
    ///
    /// # Errors
    /// As `write` says.
    pub fn open_type(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        // The number of octets is known once they are written: they are written where they belong if it takes eight bits, and moved
        // if it takes more.
        let start = self.position();
        self.bits(0, 8);
        write(self)?;
        let content = (self.position() - start - 8).div_ceil(8).max(1);
        let filling = start + 8 + content * 8 - self.position();
        self.bits(0, u32::try_from(filling).unwrap_or_default());
        match content {
            0..128 => self.fill_in(start, &[content as u64]),
            128..16_384 => {
                self.make_room(start + 8);
                self.fill_in(start, &[0x80 | content as u64 >> 8, content as u64 & 0xff]);
            }
            _ => {
                let octets = self.take_back(start, content);
                self.octets::<0, { super::UNBOUNDED }, false>(&octets)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_type_in_fragments_is_passed_over_or_read() {
        // One fragment of 16 384 octets, then one octet: X.691 clause 11.9.3.8.
        let mut octets = vec![0b1100_0001];
        octets.extend([0xab; 16_384]);
        octets.extend([1, 0xcd, 0xef]);

        let mut reader = Reader::new(&octets);
        reader.skip_open_type().unwrap();
        assert_eq!(reader.bits(8), Ok(0xef));

        let mut reader = Reader::new(&octets);
        assert_eq!(reader.open_type(|reader| reader.bits(16)), Ok(0xabab));
        assert_eq!(reader.bits(8), Ok(0xef));
    }

    #[test]
    fn an_open_type_of_any_length_stands_at_any_bit() {
        for length in [0, 1, 2, 127, 128, 300, 16_383, 16_384, 70_000] {
            for start in 0..9 {
                let content: Vec<u8> = (0..length).map(|octet| u8::try_from(octet % 251).unwrap()).collect();
                let mut octets = vec![0xee];
                let mut writer = Writer::new(&mut octets);
                writer.bits(0, start);
                writer
                    .open_type(|writer| {
                        content.iter().for_each(|octet| writer.bits(u64::from(*octet), 8));
                        Ok(())
                    })
                    .unwrap();
                writer.bits(0x1234, 16);
                writer.finish();

                let mut reader = Reader::new(&octets);
                reader.skip(8 + start as usize).unwrap();
                let expected = if content.is_empty() { vec![0] } else { content };
                let read = reader.octets::<0, { super::super::UNBOUNDED }, false>().unwrap();
                assert!(read.0 == expected, "{length} octets at bit {start}");
                assert_eq!(reader.bits(16), Ok(0x1234), "{length} octets at bit {start}");
            }
        }
    }

    #[test]
    fn an_open_type_stands_in_another() {
        let mut octets = Vec::new();
        let mut writer = Writer::new(&mut octets);
        writer.bits(1, 3);
        writer
            .open_type(|writer| {
                writer.bits(1, 2);
                writer.open_type(|writer| {
                    (0..130).for_each(|octet| writer.bits(octet, 8));
                    Ok(())
                })
            })
            .unwrap();
        writer.finish();
        let mut reader = Reader::new(&octets);
        reader.skip(3).unwrap();
        let inner = |reader: &mut Reader<'_>| {
            reader.open_type(|reader| reader.skip(129 * 8).and_then(|()| reader.bits(8)))
        };
        let last = reader.open_type(|reader| {
            reader.skip(2)?;
            inner(reader)
        });
        assert_eq!(last, Ok(129));
    }

    #[test]
    fn what_an_open_type_holds_ends_with_it() {
        let mut reader = Reader::new(&[1, 0xff, 0xff]);
        let error = reader.open_type(|reader| reader.bits(9)).unwrap_err();
        assert_eq!(error.to_string(), "(message) at octet 1, bit 0: expected 9 more bits, found 8");
    }

    #[test]
    fn more_than_64_additions_have_their_number_as_a_length() {
        // A bit for "not small", 65 in eight bits, 65 bits of which the last is set, an octet behind its length.
        let octets = [0b1010_0000, 0b1000_0000, 0, 0, 0, 0, 0, 0, 0, 0b0100_0000, 0b0110_1001, 0b0100_0000];
        let mut reader = Reader::new(&octets);
        reader.skip_additions().unwrap();
        assert_eq!(reader.position(), 1 + 8 + 65 + 16);
    }

    #[test]
    fn a_bitmap_longer_than_the_octets_is_an_error() {
        let mut reader = Reader::new(&[0b1101_1111, 0xff]);
        assert!(reader.skip_additions().is_err());
    }
}
