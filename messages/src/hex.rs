//! Octets as hexadecimal digits, as messages stand in files and in JSON.

use std::fmt::Write;

use thiserror::Error;

/// Text that is not whole octets in hex.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HexError {
    /// A digit is missing at the end, or is one too many.
    #[error("an odd number of digits ({digits}): half an octet at the end")]
    HalfOctet {
        /// How many digits there are.
        digits: usize,
    },
    /// Another character.
    #[error("{found:?} at character {column} is not a hexadecimal digit")]
    NotADigit {
        /// The character.
        found: char,
        /// Its place, from 1.
        column: usize,
    },
}

/// Reads hexadecimal digits, upper or lower case, without anything between them.
///
/// # Errors
/// When there is anything else, or half an octet.
pub fn octets(text: &str) -> Result<Vec<u8>, HexError> {
    let digit = |(place, found): (usize, char)| {
        let value = found.to_digit(16).and_then(|value| u8::try_from(value).ok());
        value.ok_or(HexError::NotADigit { found, column: place + 1 })
    };
    let digits = text.chars().enumerate().map(digit).collect::<Result<Vec<u8>, _>>()?;
    let (pairs, half) = digits.as_chunks::<2>();
    if !half.is_empty() {
        return Err(HexError::HalfOctet { digits: digits.len() });
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Writes two lower-case digits an octet.
#[must_use]
pub fn text(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a String takes all that is written to it");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_come_back_from_their_text() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(octets(&text(&all)), Ok(all));
        assert_eq!(octets("0A0b"), Ok(vec![10, 11]));
    }

    #[test]
    fn what_is_not_octets_says_where() {
        assert_eq!(octets("0a0"), Err(HexError::HalfOctet { digits: 3 }));
        assert_eq!(octets("0g"), Err(HexError::NotADigit { found: 'g', column: 2 }));
    }
}
