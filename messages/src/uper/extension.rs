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

/// Collects the additions of a SEQUENCE before they are written: the bitmap comes first.
#[derive(Debug, Default)]
pub struct AdditionWriter {
    present: Vec<Option<Vec<u8>>>,
}

impl AdditionWriter {
    /// The next addition of the type, or none in its place.
    ///
    /// # Errors
    /// As `write` says.
    pub fn add<T>(
        &mut self,
        value: Option<&T>,
        write: impl FnOnce(&mut Writer<'_>, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let content = value.map(|value| content(|writer| write(writer, value))).transpose()?;
        self.present.push(content);
        Ok(())
    }

    /// Writes bitmap and additions. Nothing to write is an error of the caller: then the extension bit is not set.
    ///
    /// # Errors
    /// None so far; as the other writers.
    pub fn finish(self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let count = self.present.len();
        writer.boolean(count > 64);
        if count > 64 {
            writer.length(count);
        } else {
            writer.bits(count.saturating_sub(1) as u64, 6);
        }
        for addition in &self.present {
            writer.boolean(addition.is_some());
        }
        self.present
            .iter()
            .flatten()
            .try_for_each(|content| writer.octets::<0, { super::UNBOUNDED }, false>(content))
    }
}

impl Writer<'_> {
    /// Writes a value as an open type.
    ///
    /// # Errors
    /// As `write` says.
    pub fn open_type(
        &mut self,
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.octets::<0, { super::UNBOUNDED }, false>(&content(write)?)
    }
}

/// The octets of an open type.
fn content(write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>) -> Result<Vec<u8>, EncodeError> {
    let mut octets = Vec::new();
    super::complete(&mut octets, write)?;
    Ok(octets)
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
    fn what_an_open_type_holds_ends_with_it() {
        let mut reader = Reader::new(&[1, 0xff, 0xff]);
        let error = reader.open_type(|reader| reader.bits(9)).unwrap_err();
        assert_eq!(error.to_string(), "(message) at octet 1, bit 0: expected 9 more bits, found 8");
    }

    #[test]
    fn more_than_64_additions_have_their_number_as_a_length() {
        // A bit for "not small", 65 in eight bits, 65 bits of which the last is set, one octet.
        let mut octets = Vec::new();
        let mut additions = AdditionWriter::default();
        for place in 0..65 {
            additions
                .add((place == 64).then_some(&0xa5), |writer, value| writer.constrained::<0, 255>(*value))
                .unwrap();
        }
        let mut writer = Writer::new(&mut octets);
        additions.finish(&mut writer).unwrap();
        writer.finish();
        assert_eq!(
            octets,
            [0b1010_0000, 0b1000_0000, 0, 0, 0, 0, 0, 0, 0, 0b0100_0000, 0b0110_1001, 0b0100_0000]
        );

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
