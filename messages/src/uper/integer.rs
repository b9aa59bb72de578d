//! INTEGER and the index of ENUMERATED and CHOICE (X.691 clauses 11.3 to 11.8, 13, 14, 23).

use super::{DecodeError, DecodeProblem, EncodeError, EncodeProblem, Reader, Writer};

/// A Rust integer that a generated type uses for an ASN.1 range.
pub trait Whole: Copy {
    /// From a number that was checked to lie in the range for which the type was chosen.
    fn from_wire(number: i64) -> Self;
    /// As a number; beyond `i64` it saturates, and then no range holds it.
    fn to_wire(self) -> i64;
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Whole for $type {
            #[inline]
            #[expect(clippy::allow_attributes, reason = "not every width needs each of the two")]
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, trivial_numeric_casts, reason = "the range was checked")]
            fn from_wire(number: i64) -> Self {
                number as Self
            }
            #[inline]
            fn to_wire(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        }
    )*};
}
whole!(u8, u16, u32, u64, i8, i16, i32, i64);

/// How many bits a number from 0 to `span` takes (X.691 clause 11.5.7.1).
pub(super) const fn bits_for(span: u64) -> u32 {
    64 - span.leading_zeros()
}

impl Reader<'_> {
    /// An INTEGER (MIN..MAX).
    ///
    /// # Errors
    /// When the bits end, or say more than MAX.
    #[inline]
    pub fn constrained<T: Whole, const MIN: i64, const MAX: i64>(&mut self) -> Result<T, DecodeError> {
        let span = const { MAX.wrapping_sub(MIN).cast_unsigned() };
        let above = self.bits(const { bits_for(MAX.wrapping_sub(MIN).cast_unsigned()) })?;
        if above > span {
            return Err(self.beyond(MIN, MAX, above));
        }
        Ok(T::from_wire(MIN.wrapping_add(above.cast_signed())))
    }

    /// An INTEGER (MIN..MAX, ...): a bit says whether the value lies in the range.
    ///
    /// # Errors
    /// When the bits end, or the value takes more than 64 bits.
    #[inline]
    pub fn extensible<const MIN: i64, const MAX: i64>(&mut self) -> Result<i64, DecodeError> {
        if self.boolean()? { self.unconstrained() } else { self.constrained::<i64, MIN, MAX>() }
    }

    /// An INTEGER (MIN..MAX without upper bound): octets of the distance from the lower bound.
    ///
    /// # Errors
    /// When the bits end, or the value takes more than 63 bits.
    pub fn semi_constrained<const MIN: i64>(&mut self) -> Result<i64, DecodeError> {
        let above = self.number_octets(false)?;
        i64::try_from(i128::from(MIN) + above).map_err(|_| {
            self.error(DecodeProblem::OutOfRange {
                minimum: MIN,
                maximum: i64::MAX,
                found: i128::from(MIN) + above,
            })
        })
    }

    /// An INTEGER without bounds: octets in two's complement.
    ///
    /// # Errors
    /// When the bits end, or the value takes more than 64 bits.
    pub fn unconstrained(&mut self) -> Result<i64, DecodeError> {
        let number = self.number_octets(true)?;
        i64::try_from(number).map_err(|_| {
            self.error(DecodeProblem::OutOfRange { minimum: i64::MIN, maximum: i64::MAX, found: number })
        })
    }

    /// The index of one of COUNT root values or alternatives.
    ///
    /// # Errors
    /// When the bits end, or say COUNT or more.
    #[inline]
    pub fn index<const COUNT: u64>(&mut self) -> Result<u64, DecodeError> {
        let found = self.bits(const { bits_for(COUNT - 1) })?;
        if found >= COUNT {
            return Err(self.error(DecodeProblem::NoSuchIndex { expected: COUNT, found }));
        }
        Ok(found)
    }

    /// A normally small number (X.691 clause 11.6): the number of an addition.
    ///
    /// # Errors
    /// When the bits end, or the number takes more than 63 bits.
    pub fn small_number(&mut self) -> Result<u64, DecodeError> {
        if self.boolean()? { Ok(self.semi_constrained::<0>()?.cast_unsigned()) } else { self.bits(6) }
    }

    /// A length and that many octets of a number.
    fn number_octets(&mut self, signed: bool) -> Result<i128, DecodeError> {
        let length = self.length()?;
        if length.more || length.count > 8 || length.count == 0 {
            return Err(self.error(DecodeProblem::NumberTooLong { found: length.count }));
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
        let bits = length.count as u32 * 8;
        let number = self.bits(bits)?;
        let negative = signed && number >> (bits - 1) == 1;
        Ok(i128::from(number) - if negative { 1_i128 << bits } else { 0 })
    }

    #[cold]
    #[inline(never)]
    fn beyond(&self, minimum: i64, maximum: i64, above: u64) -> DecodeError {
        let found = i128::from(minimum) + i128::from(above);
        self.error(DecodeProblem::OutOfRange { minimum, maximum, found })
    }
}

impl Writer<'_> {
    /// An INTEGER (MIN..MAX).
    ///
    /// # Errors
    /// When the value lies outside.
    #[inline]
    pub fn constrained<const MIN: i64, const MAX: i64>(
        &mut self,
        value: impl Whole,
    ) -> Result<(), EncodeError> {
        let value = value.to_wire();
        if value < MIN || value > MAX {
            return Err(EncodeError::new(EncodeProblem::OutOfRange {
                minimum: MIN,
                maximum: MAX,
                found: value,
            }));
        }
        let bits = const { bits_for(MAX.wrapping_sub(MIN).cast_unsigned()) };
        self.bits(value.wrapping_sub(MIN).cast_unsigned(), bits);
        Ok(())
    }

    /// An INTEGER (MIN..MAX, ...).
    #[inline]
    pub fn extensible<const MIN: i64, const MAX: i64>(&mut self, value: i64) {
        let inside = (MIN..=MAX).contains(&value);
        self.boolean(!inside);
        if inside {
            let bits = const { bits_for(MAX.wrapping_sub(MIN).cast_unsigned()) };
            self.bits(value.wrapping_sub(MIN).cast_unsigned(), bits);
        } else {
            self.unconstrained(value);
        }
    }

    /// An INTEGER (MIN..MAX without upper bound).
    ///
    /// # Errors
    /// When the value lies below.
    pub fn semi_constrained<const MIN: i64>(&mut self, value: i64) -> Result<(), EncodeError> {
        if value < MIN {
            return Err(EncodeError::new(EncodeProblem::OutOfRange {
                minimum: MIN,
                maximum: i64::MAX,
                found: value,
            }));
        }
        self.number_octets(value.wrapping_sub(MIN).cast_unsigned());
        Ok(())
    }

    /// An INTEGER without bounds.
    pub fn unconstrained(&mut self, value: i64) {
        // The sign needs a bit of its own.
        let significant = 65 - if value < 0 { value.leading_ones() } else { value.leading_zeros() };
        let octets = significant.div_ceil(8);
        self.bits(u64::from(octets), 8);
        let mask = u64::MAX >> (64 - octets * 8);
        self.bits(value.cast_unsigned() & mask, octets * 8);
    }

    /// The index of one of COUNT root values or alternatives.
    #[inline]
    pub fn index<const COUNT: u64>(&mut self, index: u64) {
        self.bits(index, const { bits_for(COUNT - 1) });
    }

    /// A normally small number (X.691 clause 11.6).
    pub fn small_number(&mut self, number: u64) {
        self.boolean(number > 63);
        if number > 63 {
            self.number_octets(number);
        } else {
            self.bits(number, 6);
        }
    }

    /// A length and the fewest octets of a number.
    fn number_octets(&mut self, number: u64) {
        let octets = bits_for(number).div_ceil(8).max(1);
        self.bits(u64::from(octets), 8);
        self.bits(number, octets * 8);
    }
}
