//! Character strings: those of a fixed number of bits a character (X.691 clause 30), and UTF8String, which is its octets.

use super::{DecodeError, DecodeProblem, EncodeError, EncodeProblem, Reader, UNBOUNDED, Writer};

/// The characters of a restricted string type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// IA5String: all of ASCII.
    Ia5,
    /// VisibleString: ASCII from the space to the tilde.
    Visible,
    /// PrintableString: letters, digits, space and `'()+,-./:=?`.
    Printable,
    /// NumericString: digits and space.
    Numeric,
}

impl Alphabet {
    /// Bits a character: as many as the number of characters asks for.
    const fn bits(self) -> u32 {
        match self {
            Self::Ia5 | Self::Visible | Self::Printable => 7,
            Self::Numeric => 4,
        }
    }

    fn holds(self, octet: u8) -> bool {
        match self {
            Self::Ia5 => octet.is_ascii(),
            Self::Visible => (b' '..=b'~').contains(&octet),
            Self::Printable => octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet),
            Self::Numeric => octet.is_ascii_digit() || octet == b' ',
        }
    }

    /// The character of a code: itself where its bits can say it, else its place in the alphabet (X.691 clause 30.5.4).
    fn character(self, code: u64) -> Option<u8> {
        let code = u8::try_from(code).ok()?;
        let octet = match (self, code) {
            (Self::Numeric, 0) => b' ',
            (Self::Numeric, digit) => digit.checked_add(b'0' - 1)?,
            (_, code) => code,
        };
        self.holds(octet).then_some(octet)
    }

    fn code(self, octet: u8) -> u64 {
        match (self, octet) {
            (Self::Numeric, b' ') => 0,
            (Self::Numeric, digit) => u64::from(digit - (b'0' - 1)),
            (_, octet) => u64::from(octet),
        }
    }
}

impl Reader<'_> {
    /// A string of an alphabet.
    ///
    /// # Errors
    /// When the bits end, or are no character of it.
    pub fn characters<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        alphabet: Alphabet,
    ) -> Result<String, DecodeError> {
        let octets = self.list::<u8, MIN, MAX, EXTENSIBLE, 4>(|reader| {
            let start = reader.position();
            let found = reader.bits(alphabet.bits())?;
            alphabet
                .character(found)
                .ok_or_else(|| DecodeError::new(start, DecodeProblem::NotInAlphabet { found }))
        })?;
        String::from_utf8(octets).map_err(|_| self.error(DecodeProblem::NotUtf8))
    }

    /// A UTF8String; its size constraint is not visible to PER.
    ///
    /// # Errors
    /// When the bits end, or are not UTF-8.
    pub fn utf8(&mut self) -> Result<String, DecodeError> {
        let start = self.position();
        let octets = self.octets::<0, UNBOUNDED, false>()?;
        String::from_utf8(octets.0).map_err(|_| DecodeError::new(start, DecodeProblem::NotUtf8))
    }
}

impl Writer<'_> {
    /// A string of an alphabet.
    ///
    /// # Errors
    /// When it has a character outside, or too few or too many.
    pub fn characters<const MIN: usize, const MAX: usize, const EXTENSIBLE: bool>(
        &mut self,
        alphabet: Alphabet,
        text: &str,
    ) -> Result<(), EncodeError> {
        let outside = |character: &char| !u8::try_from(*character).is_ok_and(|octet| alphabet.holds(octet));
        if let Some(found) = text.chars().find(outside) {
            return Err(EncodeError::new(EncodeProblem::NotInAlphabet { found }));
        }
        self.sized::<u8, MIN, MAX, EXTENSIBLE>(text.as_bytes(), |writer, octets| {
            for octet in octets {
                writer.bits(alphabet.code(*octet), alphabet.bits());
            }
            Ok(())
        })
    }

    /// A UTF8String of MIN to MAX characters.
    ///
    /// # Errors
    /// When it has too few or too many.
    pub fn utf8<const MIN: usize, const MAX: usize>(&mut self, text: &str) -> Result<(), EncodeError> {
        let found = text.chars().count();
        if !(MIN..=MAX).contains(&found) {
            return Err(EncodeError::new(EncodeProblem::WrongSize { minimum: MIN, maximum: MAX, found }));
        }
        self.octets::<0, UNBOUNDED, false>(text.as_bytes())
    }
}
