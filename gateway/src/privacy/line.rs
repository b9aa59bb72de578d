//! Station ids in lines of JSON: journal and observations. The text is changed in place, number by number: whatever else stands in a line stays as
//! it is to the last digit, so that a replay hears the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use voorrang_messages::StationId;

/// The keys behind which station ids stand.
const STATION_KEYS: [&str; 1] = ["station"];
/// The keys behind which a way back stands: an address is a person's too.
const ADDRESS_KEYS: [&str; 1] = ["reply"];

/// The station ids of a line.
pub fn stations(line: &str, found: &mut BTreeSet<StationId>) {
    for token in Tokens::new(line) {
        if let Token::Number(number) = token.what
            && STATION_KEYS.contains(&token.key)
            && let Ok(station) = number.parse()
        {
            found.insert(StationId(station));
        }
    }
}

/// The line with other ids and without addresses. In texts, too, a number that is one of `known` is replaced.
pub fn with_other_ids(
    line: &str,
    known: &BTreeSet<StationId>,
    mut other: impl FnMut(StationId) -> StationId,
) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut copied = 0;
    for token in Tokens::new(line) {
        let (start, end) = token.place;
        match token.what {
            Token::Number(number) if STATION_KEYS.contains(&token.key) => {
                if let Ok(station) = number.parse() {
                    out.push_str(&line[copied..start]);
                    let _ = write!(out, "{}", other(StationId(station)));
                    copied = end;
                }
            }
            Token::Text(_) if ADDRESS_KEYS.contains(&token.key) => {
                out.push_str(&line[copied..start]);
                out.push_str("null");
                copied = end;
            }
            Token::Text(text) if text.bytes().any(|octet| octet.is_ascii_digit()) => {
                out.push_str(&line[copied..start]);
                text_with_other_ids(text, known, &mut other, &mut out);
                copied = end;
            }
            Token::Number(_) | Token::Text(_) => {}
        }
    }
    out.push_str(&line[copied..]);
    out
}

/// A text with its quotes, where each number of four digits and more that is a known id is replaced.
fn text_with_other_ids(
    text: &str,
    known: &BTreeSet<StationId>,
    other: &mut impl FnMut(StationId) -> StationId,
    out: &mut String,
) {
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let length = from.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = from.split_at(length);
        out.push_str(before);
        match digits.parse().map(StationId) {
            Ok(station) if length >= 4 && known.contains(&station) => {
                let _ = write!(out, "{}", other(station));
            }
            _ => out.push_str(digits),
        }
        rest = after;
    }
    out.push_str(rest);
}

/// What stands behind a key, or in a list behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Number(&'a str),
    /// With its quotes.
    Text(&'a str),
}

#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    key: &'a str,
    what: Token<'a>,
    place: (usize, usize),
}

/// Values of a line of JSON, each with the last key before it. It does not check that it is JSON.
struct Tokens<'a> {
    line: &'a str,
    at: usize,
    key: &'a str,
}

impl<'a> Tokens<'a> {
    const fn new(line: &'a str) -> Self {
        Self { line, at: 0, key: "" }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        let octets = self.line.as_bytes();
        loop {
            let octet = *octets.get(self.at)?;
            let start = self.at;
            match octet {
                b'"' => {
                    self.at += 1;
                    while let Some(next) = octets.get(self.at) {
                        match next {
                            b'\\' => self.at += 2,
                            b'"' => break,
                            _ => self.at += 1,
                        }
                    }
                    self.at = (self.at + 1).min(octets.len());
                    let text = self.line.get(start..self.at)?;
                    if octets.get(self.at) == Some(&b':') {
                        self.key = text.trim_matches('"');
                        continue;
                    }
                    return Some(Found { key: self.key, what: Token::Text(text), place: (start, self.at) });
                }
                b'-' | b'0'..=b'9' => {
                    let number =
                        |octet: &&u8| matches!(octet, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                    self.at += octets[start..].iter().take_while(number).count();
                    let text = self.line.get(start..self.at)?;
                    return Some(Found { key: self.key, what: Token::Number(text), place: (start, self.at) });
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn doubled(line: &str, known: &[u32]) -> String {
        let known = known.iter().copied().map(StationId).collect();
        with_other_ids(line, &known, |station| StationId(station.0 * 2))
    }

    #[test]
    fn numbers_behind_a_station_key_are_replaced_and_nothing_else() {
        let line = r#"{"area":"station 5","t":112001,"in":{"request":{"station":112001,"eta":112001,"speed":1.10e1,"x":"\"station\":112001"}}}"#;
        let aged = r#"{"area":"station 5","t":112001,"in":{"request":{"station":224002,"eta":112001,"speed":1.10e1,"x":"\"station\":112001"}}}"#;
        assert_eq!(doubled(line, &[]), aged);
        let mut found = BTreeSet::new();
        stations(line, &mut found);
        assert_eq!(found, BTreeSet::from([StationId(112_001)]));
    }

    #[test]
    fn a_way_back_is_forgotten() {
        let line = r#"{"t":1,"asked":{"station":7,"reply":"udp:192.0.2.7:4711","permit":"rav"}}"#;
        assert_eq!(doubled(line, &[]), r#"{"t":1,"asked":{"station":14,"reply":null,"permit":"rav"}}"#);
    }

    #[test]
    fn in_texts_a_known_id_is_replaced() {
        let line = r#"{"t":1,"alarm":{"what":"station 112001 left at 1120012"}}"#;
        let aged = r#"{"t":1,"alarm":{"what":"station 224002 left at 1120012"}}"#;
        assert_eq!(doubled(line, &[112_001]), aged);
        assert_eq!(doubled(line, &[]), line);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_same_ids_give_the_same_line(line in "[\\\\\"{}:,a-z0-9é. -]{0,60}") {
            let known = BTreeSet::new();
            let same = with_other_ids(&line, &known, |station| station);
            // Leading zeros are no JSON; an address goes.
            if !line.contains("station") && !line.contains("reply") {
                prop_assert_eq!(same, line);
            }
        }
    }
}
