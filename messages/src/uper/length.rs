//! Sizes and length determinants (X.691 clause 11.9), and SEQUENCE OF, which is a size and its elements (clause 20).

use super::integer::bits_for;
use super::{DecodeError, DecodeProblem, EncodeError, EncodeProblem, Reader, Writer};

/// As upper bound of a size: there is none.
pub const UNBOUNDED: usize = usize::MAX;

/// From 64K on an upper bound has no influence on the encoding (X.691 clause 11.9.4.1).
const NO_LONGER_COUNTS: usize = 65_536;
/// Octets of memory that an element of a list may take for each octet of its shortest encoding.
const MEMORY: usize = 100;
/// Elements in a fragment.
const FRAGMENT: usize = 16_384;

/// How many elements follow, and whether another length follows these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) count: usize,
    pub(super) more: bool,
}

impl Reader<'_> {
    /// A length without upper bound.
    #[inline]
    pub(super) fn length(&mut self) -> Result<Length, DecodeError> {
        let whole = |count| Ok(Length { count, more: false });
        if !self.boolean()? {
            return whole(small(self.bits(7)?));
        }
        if !self.boolean()? {
            return whole(small(self.bits(14)?));
        }
        match self.bits(6)? {
            fragments @ 1..=4 => Ok(Length { count: small(fragments) * FRAGMENT, more: true }),
            found => Err(self.error(DecodeProblem::BadFragment { found })),
        }
    }

    /// The length that a size constraint begins with.
    #[inline]
    pub(super) fn size<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
    ) -> Result<Length, DecodeError> {
        if (EXTENSIBLE && self.boolean()?) || MAX >= NO_LONGER_COUNTS {
            return self.length();
        }
        let above = small(self.bits(const { bits_for((MAX - MIN) as u64) })?);
        if above > MAX - MIN {
            return Err(self.too_many(MIN, MAX, above));
        }
        Ok(Length { count: MIN + above, more: false })
    }

    /// A SEQUENCE OF whose elements take at least ELEMENT bits each.
    ///
    /// # Errors
    /// When the bits end, an element fails or there are fewer than MIN.
    #[inline]
    pub fn list<T, const MIN: usize, const MAX: usize, const EXTENSIBLE: bool, const ELEMENT: usize>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        const { assert!(ELEMENT > 0, "elements without bits could be any number in a few octets") }
        const { assert!(size_of::<T>() * 8 <= ELEMENT * MEMORY, "few octets could ask for much memory") }
        let mut elements = Vec::new();
        let mut length = self.size::<MIN, MAX, EXTENSIBLE>()?;
        loop {
            elements.reserve_exact(length.count.min(self.left() / ELEMENT));
            for _ in 0..length.count {
                match element(self) {
                    Ok(value) => elements.push(value),
                    Err(error) => return Err(error.at_index(elements.len())),
                }
            }
            if !length.more {
                break;
            }
            length = self.length()?;
        }
        if !EXTENSIBLE && elements.len() < MIN {
            return Err(self.error(DecodeProblem::TooFew { minimum: MIN, found: elements.len() }));
        }
        Ok(elements)
    }

    #[cold]
    #[inline(never)]
    fn too_many(&self, minimum: usize, maximum: usize, above: usize) -> DecodeError {
        let bound = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        let found = i128::from(bound(minimum)) + i128::from(bound(above));
        self.error(DecodeProblem::OutOfRange { minimum: bound(minimum), maximum: bound(maximum), found })
    }
}

impl Writer<'_> {
    /// Writes as many elements as fit one length, or fragments of them, each behind its length.
    fn fragments<T>(
        &mut self,
        mut elements: &[T],
        mut write: impl FnMut(&mut Self, &[T]) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        while elements.len() >= FRAGMENT {
            let fragments = (elements.len() / FRAGMENT).min(4);
            let (now, later) = elements.split_at(fragments * FRAGMENT);
            self.bits(0b11, 2);
            self.bits(fragments as u64, 6);
            write(self, now)?;
            elements = later;
        }
        self.length(elements.len());
        write(self, elements)
    }

    /// A length without upper bound, of less than a fragment.
    pub(super) fn length(&mut self, count: usize) {
        if count < 128 {
            self.bits(count as u64, 8);
        } else {
            self.bits(0b10, 2);
            self.bits(count as u64, 14);
        }
    }

    /// Writes elements behind their length, as a size constraint asks.
    #[inline]
    pub(super) fn sized<T, const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        elements: &[T],
        mut write: impl FnMut(&mut Self, &[T]) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let inside = (MIN..=MAX).contains(&elements.len());
        if elements.len() >= FRAGMENT && (MAX >= NO_LONGER_COUNTS || (EXTENSIBLE && !inside)) {
            if EXTENSIBLE {
                self.boolean(!inside);
            }
            return self.fragments(elements, write);
        }
        self.size::<MIN, MAX, EXTENSIBLE>(elements.len())?;
        write(self, elements)
    }

    /// The length that a size constraint begins with, of less than a fragment where it has no upper bound.
    #[inline]
    pub(super) fn size<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        count: usize,
    ) -> Result<(), EncodeError> {
        let inside = (MIN..=MAX).contains(&count);
        if !inside && !EXTENSIBLE {
            return Err(EncodeError::new(EncodeProblem::WrongSize {
                minimum: MIN,
                maximum: MAX,
                found: count,
            }));
        }
        if EXTENSIBLE {
            self.boolean(!inside);
        }
        if !inside || MAX >= NO_LONGER_COUNTS {
            self.length(count);
        } else {
            self.bits((count - MIN) as u64, const { bits_for(MAX.wrapping_sub(MIN) as u64) });
        }
        Ok(())
    }

    /// A SEQUENCE OF.
    ///
    /// # Errors
    /// When there are too few or too many elements, or an element fails.
    #[inline]
    pub fn list<T, const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        elements: &[T],
        mut element: impl FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let mut index = 0;
        self.sized::<T, MIN, MAX, EXTENSIBLE>(elements, |writer, elements| {
            for value in elements {
                element(writer, value).map_err(|error| error.at_index(index))?;
                index += 1;
            }
            Ok(())
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of at most 16 bits, and spans of a size")]
fn small(number: u64) -> usize {
    number as usize
}
