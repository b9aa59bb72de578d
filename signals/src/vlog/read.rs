//! Text to messages. The text may be anybody's: what does not fit is an error that says where, never a panic.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::vlog::clock::TimeReference;
use crate::vlog::layout::{Layout, change_digits, status_digits};
use crate::vlog::message::{Change, Changes, Delta, States, VlogInfo, VlogMessage};
use crate::vlog::selective::{PriorityClass, SelectiveDetection, SelectiveMessage, VehicleCategory};

/// The messages of a log, line by line; empty lines are passed over. Lines end with LF or CRLF. After an error it goes on with the next line.
#[must_use]
pub fn lines(text: &str) -> Lines<'_> {
    Lines { rest: text.lines(), line: 0 }
}

/// The messages of a log: see [`lines`].
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: std::str::Lines<'a>,
    line: usize,
}

impl Iterator for Lines<'_> {
    type Item = Result<VlogMessage, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = self.rest.next()?;
            self.line += 1;
            if !text.is_empty() {
                let line = self.line;
                return Some(text.parse().map_err(|error| ReadError { line, ..error }));
            }
        }
    }
}

/// What a line has wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong at a place of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Something other than a hexadecimal digit.
    NotHexadecimal(char),
    /// A digit of a time that is not decimal.
    NotDecimal(char),
    /// The line ends too early.
    Ends {
        /// How many digits should follow.
        missing: usize,
    },
    /// The line goes on after its message.
    GoesOn,
    /// There is no such date or time of day.
    NoSuchTime,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHexadecimal(found) => write!(formatter, "expected a hexadecimal digit, found {found:?}"),
            Self::NotDecimal(found) => write!(formatter, "expected a decimal digit, found {found:?}"),
            Self::Ends { missing: 1 } => formatter.write_str("the line ends, expected 1 more digit"),
            Self::Ends { missing } => write!(formatter, "the line ends, expected {missing} more digits"),
            Self::GoesOn => formatter.write_str("the message ends, expected the end of the line"),
            Self::NoSuchTime => formatter.write_str("there is no such date or time of day"),
        }
    }
}

/// One line, without its end; errors are of line 1.
impl FromStr for VlogMessage {
    type Err = ReadError;

    fn from_str(line: &str) -> Result<Self, ReadError> {
        let mut digits = Digits { line, position: 0 };
        let kind = digits.octet()?;
        let message = match kind {
            0x01 => Self::TimeReference(digits.time_reference()?),
            0x04 => Self::Info(VlogInfo { version: digits.octets()?, controller: digits.octets()? }),
            0x05 => Self::DetectorStatus(digits.states()?),
            0x06 => Self::DetectorChange(digits.changes()?),
            0x07 => Self::InputStatus(digits.states()?),
            0x08 => Self::InputChange(digits.changes()?),
            0x09 => Self::PhaseStatus(digits.states()?),
            0x0A => Self::PhaseChange(digits.changes()?),
            0x0B => Self::WantedOutputStatus(digits.states()?),
            0x0C => Self::WantedOutputChange(digits.changes()?),
            0x0D => Self::SignalStatus(digits.states()?),
            0x0E => Self::SignalChange(digits.changes()?),
            0x0F => Self::ActualOutputStatus(digits.states()?),
            0x10 => Self::ActualOutputChange(digits.changes()?),
            0x11 => Self::WantedProgramStatus(digits.states()?),
            0x12 => Self::WantedProgramChange(digits.changes()?),
            0x13 => Self::ActualProgramStatus(digits.states()?),
            0x14 => Self::ActualProgramChange(digits.changes()?),
            0x17 => Self::ThermometerStatus(digits.states()?),
            0x18 => Self::ThermometerChange(digits.changes()?),
            0x1C => Self::SelectiveDetection {
                delta: digits.delta()?,
                pad: digits.digit()?,
                detection: digits.selective_detection()?,
            },
            0x20 => Self::InstructionChange(digits.changes()?),
            0x22 => Self::PriorityChange(digits.changes()?),
            kind => Self::Unknown { kind, rest: digits.rest() },
        };
        digits.end()?;
        Ok(message)
    }
}

/// A line that is read from left to right. Only ASCII is passed, so the position is always between two characters.
struct Digits<'a> {
    line: &'a str,
    position: usize,
}

impl Digits<'_> {
    fn time_reference(&mut self) -> Result<TimeReference, ReadError> {
        let start = self.position;
        let (century, year_of_century) = (self.decimal::<2>()?, self.decimal::<2>()?);
        let time = TimeReference {
            year: u16::from(century) * 100 + u16::from(year_of_century),
            month: self.decimal::<2>()?,
            day: self.decimal::<2>()?,
            hour: self.decimal::<2>()?,
            minute: self.decimal::<2>()?,
            second: self.decimal::<2>()?,
            tenths: self.decimal::<1>()?,
        };
        // Fills up the last octet.
        self.digit()?;
        if time.exists() { Ok(time) } else { Err(Self::wrong(start, Problem::NoSuchTime)) }
    }

    fn states<T: Layout>(&mut self) -> Result<States<T>, ReadError> {
        let delta = self.delta()?;
        let count = usize::from(self.number::<3>()?);
        let digits = status_digits::<T>(count);
        // Nothing is reserved for states that the line does not have.
        self.expect(digits)?;
        let mut states = Vec::with_capacity(count);
        if T::STATUS_BITS == 1 {
            for first in (0..count).step_by(4) {
                let bits = u16::from(self.digit()?);
                states.extend((first..count.min(first + 4)).map(|at| T::from_bits(bits >> (3 - at % 4) & 1)));
            }
        } else {
            for _ in 0..count {
                states.push(T::from_bits(self.bits(T::STATUS_BITS)?));
            }
        }
        // A digit fills up the last octet; not all writers care.
        if digits % 2 == 1 && self.position < self.line.len() {
            self.digit()?;
        }
        Ok(States { delta, states })
    }

    fn changes<T: Layout>(&mut self) -> Result<Changes<T>, ReadError> {
        let delta = self.delta()?;
        let count = self.digit()?;
        self.expect(usize::from(count) * change_digits::<T>())?;
        let mut changes = Vec::with_capacity(count.into());
        for _ in 0..count {
            let mut both = 0_u32;
            for _ in 0..change_digits::<T>() {
                both = both << 4 | u32::from(self.digit()?);
            }
            let (index, state) = (both >> T::CHANGE_BITS, both & ((1 << T::CHANGE_BITS) - 1));
            let [_, _, high, low] = state.to_be_bytes();
            changes.push(Change {
                index: index.to_be_bytes()[3],
                state: T::from_bits(u16::from_be_bytes([high, low])),
            });
        }
        Ok(Changes { delta, changes })
    }

    fn selective_detection(&mut self) -> Result<SelectiveDetection, ReadError> {
        Ok(SelectiveDetection {
            loop_number: self.octet()?,
            vehicle_category: VehicleCategory::from_code(self.octet()?),
            line: self.number::<4>()?,
            block: self.number::<4>()?,
            operator: self.octet()?,
            vehicle_number: self.number::<4>()?,
            direction: self.octet()?,
            vehicle_status: self.octet()?,
            priority_class: PriorityClass::from_code(self.octet()?),
            punctuality_class: self.octet()?,
            punctuality_s: self.number::<4>()?.cast_signed(),
            length_m: self.octet()?,
            speed_m_s: self.octet()?,
            distance_m: self.number::<4>()?.cast_signed(),
            time_to_stop_line_s: self.octet()?,
            trip: self.number::<4>()?,
            trip_category: self.octet()?,
            route: self.octet()?,
            message: SelectiveMessage::from_code(self.octet()?),
            report_point: self.number::<4>()?,
            latitude: self.octets()?,
            longitude: self.octets()?,
            year: self.number::<4>()?,
            month: self.octet()?,
            day: self.octet()?,
            hour: self.octet()?,
            minute: self.octet()?,
            second: self.octet()?,
            reserve: [self.number::<4>()?, self.number::<4>()?],
        })
    }

    fn delta(&mut self) -> Result<Delta, ReadError> {
        Ok(Delta::from_tenths(self.number::<3>()?).expect("three digits are twelve bits"))
    }

    /// Everything that is left of the line, whatever it is.
    fn rest(&mut self) -> String {
        let rest = &self.line[self.position..];
        let rest = rest.split(['\r', '\n']).next().unwrap_or_default();
        self.position += rest.len();
        rest.to_owned()
    }

    fn octets<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut octets = [0; N];
        for octet in &mut octets {
            *octet = self.octet()?;
        }
        Ok(octets)
    }

    fn octet(&mut self) -> Result<u8, ReadError> {
        Ok(self.digit()? << 4 | self.digit()?)
    }

    fn bits(&mut self, bits: u32) -> Result<u16, ReadError> {
        let mut number = 0;
        for _ in 0..bits / 4 {
            number = number << 4 | u16::from(self.digit()?);
        }
        Ok(number)
    }

    /// A number of up to four digits.
    fn number<const DIGITS: u32>(&mut self) -> Result<u16, ReadError> {
        const { assert!(DIGITS <= 4) };
        self.bits(DIGITS * 4)
    }

    /// A decimal number of up to two digits.
    fn decimal<const DIGITS: u32>(&mut self) -> Result<u8, ReadError> {
        const { assert!(DIGITS <= 2) };
        let mut number = 0;
        for _ in 0..DIGITS {
            let at = self.position;
            let digit = self.digit()?;
            if digit > 9 {
                let found = char::from(self.line.as_bytes()[at]);
                return Err(Self::wrong(at, Problem::NotDecimal(found)));
            }
            number = number * 10 + digit;
        }
        Ok(number)
    }

    fn digit(&mut self) -> Result<u8, ReadError> {
        let at = self.position;
        let found = self.line[at..].chars().next().ok_or(Self::wrong(at, Problem::Ends { missing: 1 }))?;
        let digit = found.to_digit(16).ok_or(Self::wrong(at, Problem::NotHexadecimal(found)))?;
        self.position += 1;
        Ok(digit.to_be_bytes()[3])
    }

    /// Whether so many digits can follow.
    fn expect(&self, digits: usize) -> Result<(), ReadError> {
        let length = self.line.len();
        match (self.position + digits).checked_sub(length) {
            None | Some(0) => Ok(()),
            Some(missing) => Err(Self::wrong(length, Problem::Ends { missing })),
        }
    }

    fn end(&self) -> Result<(), ReadError> {
        if self.position == self.line.len() {
            Ok(())
        } else {
            Err(Self::wrong(self.position, Problem::GoesOn))
        }
    }

    const fn wrong(position: usize, problem: Problem) -> ReadError {
        ReadError { line: 1, column: position + 1, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vlog::state::{PhaseState, SignalState, ThermometerState};

    fn refused(line: &str, message: &str) {
        assert_eq!(line.parse::<VlogMessage>().unwrap_err().to_string(), message, "{line}");
    }

    #[test]
    fn an_error_says_where_and_what() {
        refused("", "line 1, column 1: the line ends, expected 1 more digit");
        refused("x", "line 1, column 1: expected a hexadecimal digit, found 'x'");
        refused("06€", "line 1, column 3: expected a hexadecimal digit, found '€'");
        refused("060061420", "line 1, column 10: the line ends, expected 1 more digit");
        refused("06006142012", "line 1, column 11: the message ends, expected the end of the line");
        refused("0D000FFF11", "line 1, column 11: the line ends, expected 4093 more digits");
        refused("01201809111500000", "line 1, column 18: the line ends, expected 1 more digit");
        refused("012018091115A00000", "line 1, column 13: expected a decimal digit, found 'A'");
        refused("012018093115000000", "line 1, column 3: there is no such date or time of day");
    }

    #[test]
    fn lines_are_counted_and_the_next_is_read_after_an_error() {
        let read: Vec<_> = lines("\r\n0E00310102\r\nwhat\r\n\n0600610201").collect();
        assert_eq!(read.len(), 3);
        assert!(read[0].is_ok() && read[2].is_ok());
        let error = read[1].as_ref().unwrap_err();
        assert_eq!((error.line, error.column), (3, 1));
    }

    #[test]
    fn an_unknown_type_keeps_its_text() {
        let message: VlogMessage = "1a003 anything".parse().unwrap();
        assert_eq!(message, VlogMessage::Unknown { kind: 0x1A, rest: "003 anything".to_owned() });
    }

    #[test]
    fn lower_case_and_a_missing_last_digit_are_read() {
        let message: VlogMessage = "0d00a003000".parse().unwrap();
        let delta = Delta::from_tenths(10).unwrap();
        assert_eq!(message, VlogMessage::SignalStatus(States { delta, states: vec![SignalState::Red; 3] }));
    }

    #[test]
    fn changes_have_the_widths_of_their_state() {
        let delta = Delta::from_tenths(0x383).unwrap();
        let one = |index, state| Changes { delta, changes: vec![Change { index, state }] };
        let thermometer = VlogMessage::ThermometerChange(one(6, ThermometerState::from_code(1)));
        assert_eq!("1838310601".parse(), Ok(thermometer));
        let input = Changes { delta, changes: vec![Change { index: 0x0D, state: true }] };
        assert_eq!("0838311B".parse(), Ok(VlogMessage::InputChange(input)));
        let phase =
            Changes { delta, changes: vec![Change { index: 3, state: PhaseState::from_code(0x4A5) }] };
        assert_eq!("0A38310304A5".parse(), Ok(VlogMessage::PhaseChange(phase)));
    }
}
