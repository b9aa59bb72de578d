//! Station ids in lines of JSON: journal and observations. The text is changed in place, number by number: whatever else stands in a line stays as
//! it is to the last digit, so that a replay hears the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use voorrang_messages::StationId;

/// The key behind which station ids stand.
const STATION: &str = "station";
/// The key behind which the numbers of vehicles in KAR stand.
const VEHICLE: &str = "vehicle";
/// The key behind which a way back stands: an address is a person's too.
const ADDRESS: &str = "reply";
/// The key behind which sentences for people stand.
const SENTENCE: &str = "what";

/// What takes the place of ids.
pub trait Others {
    /// The other id of a station.
    fn station(&mut self, station: StationId) -> StationId;

    /// The other number of a vehicle in KAR.
    fn vehicle(&mut self, vehicle: u16) -> u16;
}

/// What names a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    /// By its station.
    Station(StationId),
    /// By its number in KAR.
    Vehicle(u16),
}

/// The ids of a line, in its order.
pub fn ids(line: &str, mut found: impl FnMut(Id)) {
    for token in Tokens::new(line) {
        let id = match (token.key, token.what) {
            (STATION, Token::Number(number)) => {
                number.parse().ok().map(|number| Id::Station(StationId(number)))
            }
            (VEHICLE, Token::Number(number)) => number.parse().ok().map(Id::Vehicle),
            _ => None,
        };
        id.into_iter().for_each(&mut found);
    }
}

/// The line with other ids and without addresses. In sentences a number that is one of `known` is replaced.
pub fn with_other_ids(line: &str, known: &BTreeSet<StationId>, others: &mut impl Others) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut copied = 0;
    for token in Tokens::new(line) {
        let (start, end) = token.place;
        let replacement = match (token.key, token.what) {
            (STATION, Token::Number(number)) => {
                let Ok(station) = number.parse() else { continue };
                others.station(StationId(station)).to_string()
            }
            (VEHICLE, Token::Number(number)) => {
                let Ok(vehicle) = number.parse() else { continue };
                others.vehicle(vehicle).to_string()
            }
            (ADDRESS, Token::Text(_)) => "null".to_owned(),
            (SENTENCE, Token::Text(text)) => sentence_with_other_ids(text, known, others),
            _ => continue,
        };
        out.push_str(&line[copied..start]);
        out.push_str(&replacement);
        copied = end;
    }
    out.push_str(&line[copied..]);
    out
}

/// A text with its quotes, where each number of four digits and more that is a known id is replaced.
fn sentence_with_other_ids(text: &str, known: &BTreeSet<StationId>, others: &mut impl Others) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let length = from.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = from.split_at(length);
        out.push_str(before);
        match digits.parse().map(StationId) {
            Ok(station) if length >= 4 && known.contains(&station) => {
                let _ = write!(out, "{}", others.station(station));
            }
            _ => out.push_str(digits),
        }
        rest = after;
    }
    out.push_str(rest);
    out
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

    struct Doubled;

    impl Others for Doubled {
        fn station(&mut self, station: StationId) -> StationId {
            StationId(station.0 * 2)
        }

        fn vehicle(&mut self, vehicle: u16) -> u16 {
            vehicle * 2
        }
    }

    struct Same;

    impl Others for Same {
        fn station(&mut self, station: StationId) -> StationId {
            station
        }

        fn vehicle(&mut self, vehicle: u16) -> u16 {
            vehicle
        }
    }

    fn doubled(line: &str, known: &[u32]) -> String {
        with_other_ids(line, &known.iter().copied().map(StationId).collect(), &mut Doubled)
    }

    #[test]
    fn numbers_behind_a_station_key_are_replaced_and_nothing_else() {
        let line = r#"{"area":"station 5","t":112001,"in":{"request":{"station":112001,"eta":112001,"speed":1.10e1,"x":"\"station\":112001"}}}"#;
        let aged = r#"{"area":"station 5","t":112001,"in":{"request":{"station":224002,"eta":112001,"speed":1.10e1,"x":"\"station\":112001"}}}"#;
        assert_eq!(doubled(line, &[]), aged);
        let mut found = Vec::new();
        ids(line, |id| found.push(id));
        assert_eq!(found, [Id::Station(StationId(112_001))]);
    }

    #[test]
    fn the_number_of_a_vehicle_in_kar_is_replaced_but_not_its_company() {
        let line = r#"{"t":1,"in":{"kar":{"message":{"vehicle":1042,"company":12}}}}"#;
        assert_eq!(doubled(line, &[]), line.replace("1042", "2084"));
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
            let same = with_other_ids(&line, &known, &mut Same);
            // Leading zeros are no JSON; an address goes.
            if !["station", "vehicle", "reply"].iter().any(|key| line.contains(key)) {
                prop_assert_eq!(same, line);
            }
        }
    }
}
