//! Octets as hexadecimal digits, as messages stand in files and in JSON.

use std::fmt::{self, Write};

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
    let mut octets = Vec::with_capacity(text.len() / 2);
    append(text, &mut octets)?;
    Ok(octets)
}

/// As [`octets`], behind what the caller's buffer holds.
///
/// # Errors
/// As [`octets`]; the buffer then has what came before.
pub fn append(text: &str, octets: &mut Vec<u8>) -> Result<(), HexError> {
    let (pairs, half) = text.as_bytes().as_chunks::<2>();
    for (index, [high, low]) in pairs.iter().enumerate() {
        match (value(*high), value(*low)) {
            (Some(high), Some(low)) => octets.push(high << 4 | low),
            (high, _) => return Err(not_a_digit(text, index * 2 + usize::from(high.is_some()))),
        }
    }
    match half {
        [] => Ok(()),
        [digit, ..] if value(*digit).is_none() => Err(not_a_digit(text, text.len() - 1)),
        _ => Err(HexError::HalfOctet { digits: text.len() }),
    }
}

/// Octets as two lower-case digits each.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |octet: u8| char::from(DIGITS[usize::from(octet & 0xf)]);
        self.0.iter().try_for_each(|octet| {
            formatter.write_char(digit(octet >> 4))?;
            formatter.write_char(digit(*octet))
        })
    }
}

/// Writes two lower-case digits an octet.
#[must_use]
pub fn text(octets: &[u8]) -> String {
    Text(octets).to_string()
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The character that an octet which is no digit belongs to.
#[cold]
fn not_a_digit(text: &str, octet: usize) -> HexError {
    let characters = text.char_indices().enumerate();
    let (place, found) = characters
        .take_while(|(_, (start, _))| *start <= octet)
        .last()
        .map_or((0, char::REPLACEMENT_CHARACTER), |(place, (_, found))| (place, found));
    HexError::NotADigit { found, column: place + 1 }
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
        assert_eq!(octets("00é0"), Err(HexError::NotADigit { found: 'é', column: 3 }));
        assert_eq!(octets("00x"), Err(HexError::NotADigit { found: 'x', column: 3 }));
    }
}
