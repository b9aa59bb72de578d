//! Messages to text: upper-case digits, whole octets. A line's end is the caller's.

use std::fmt::Write as _;

use thiserror::Error;

use crate::vlog::clock::TimeReference;
use crate::vlog::layout::{Layout, MOST_CHANGES, MOST_STATES, change_digits, status_digits};
use crate::vlog::message::{Change, Delta, VlogInfo, VlogMessage};
use crate::vlog::selective::SelectiveDetection;

/// What no line can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WriteError {
    /// More states than three digits count.
    #[error("{found} states: expected at most {MOST_STATES}")]
    TooManyStates {
        /// How many there are.
        found: usize,
    },
    /// More changes than one digit counts.
    #[error("{found} changes: expected at most {MOST_CHANGES}")]
    TooManyChanges {
        /// How many there are.
        found: usize,
    },
    /// A number that takes more bits than the message has for it.
    #[error("{found}: expected at most {bits} bits")]
    TooWide {
        /// The number.
        found: u16,
        /// The bits that there are for it.
        bits: u32,
    },
    /// There is no such date or time of day.
    #[error("there is no such date or time of day")]
    NoSuchTime,
    /// An unknown message of a type that is known.
    #[error("type {kind:02X} is known: expected its own message")]
    KnownType {
        /// The type.
        kind: u8,
    },
    /// An unknown message with the end of a line in it.
    #[error("the end of a line within a message")]
    LineEnd,
}

impl VlogMessage {
    /// Adds the message to `out`, without the end of a line. Reading that line gives the same message.
    ///
    /// # Errors
    /// A number or a list that does not fit into its digits; `out` is then as it was.
    pub fn write(&self, out: &mut String) -> Result<(), WriteError> {
        let start = out.len();
        let written = self.write_line(out);
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn write_line(&self, out: &mut String) -> Result<(), WriteError> {
        let kind = self.kind();
        match self {
            Self::TimeReference(time) => time_reference(*time, out)?,
            Self::Info(info_of) => info(info_of, out),
            Self::DetectorStatus(all) => states(kind, all.delta, &all.states, out)?,
            Self::DetectorChange(some) => changes(kind, some.delta, &some.changes, out)?,
            Self::InputStatus(all) | Self::WantedOutputStatus(all) | Self::ActualOutputStatus(all) => {
                states(kind, all.delta, &all.states, out)?;
            }
            Self::InputChange(some) | Self::WantedOutputChange(some) | Self::ActualOutputChange(some) => {
                changes(kind, some.delta, &some.changes, out)?;
            }
            Self::PhaseStatus(all) => states(kind, all.delta, &all.states, out)?,
            Self::PhaseChange(some) => changes(kind, some.delta, &some.changes, out)?,
            Self::SignalStatus(all) => states(kind, all.delta, &all.states, out)?,
            Self::SignalChange(some) => changes(kind, some.delta, &some.changes, out)?,
            Self::WantedProgramStatus(all) | Self::ActualProgramStatus(all) => {
                states(kind, all.delta, &all.states, out)?;
            }
            Self::WantedProgramChange(some) | Self::ActualProgramChange(some) => {
                changes(kind, some.delta, &some.changes, out)?;
            }
            Self::ThermometerStatus(all) => states(kind, all.delta, &all.states, out)?,
            Self::ThermometerChange(some) => changes(kind, some.delta, &some.changes, out)?,
            Self::SelectiveDetection { delta, pad, detection } => {
                selective_detection(*delta, *pad, detection, out)?;
            }
            Self::InstructionChange(some) => changes(kind, some.delta, &some.changes, out)?,
            Self::PriorityChange(some) => changes(kind, some.delta, &some.changes, out)?,
            Self::Unknown { kind, rest } => unknown(*kind, rest, out)?,
        }
        Ok(())
    }
}

/// Type 01.
pub(super) fn time_reference(time: TimeReference, out: &mut String) -> Result<(), WriteError> {
    if !time.exists() {
        return Err(WriteError::NoSuchTime);
    }
    let TimeReference { year, month, day, hour, minute, second, tenths } = time;
    let date = format_args!("01{year:04}{month:02}{day:02}");
    add(out, format_args!("{date}{hour:02}{minute:02}{second:02}{tenths}0"));
    Ok(())
}

/// Type 04.
pub(super) fn info(info: &VlogInfo, out: &mut String) {
    number(0x04_u8, 2, out);
    for &octet in info.version.iter().chain(&info.controller) {
        number(octet, 2, out);
    }
}

/// A full status.
pub(super) fn states<T: Layout>(
    kind: u8,
    delta: Delta,
    states: &[T],
    out: &mut String,
) -> Result<(), WriteError> {
    let count = u16::try_from(states.len()).unwrap_or(u16::MAX);
    if usize::from(count) > MOST_STATES {
        return Err(WriteError::TooManyStates { found: states.len() });
    }
    head(kind, delta, out);
    number(count, 3, out);
    if T::STATUS_BITS == 1 {
        for four in states.chunks(4) {
            let digit = four.iter().fold(0, |digit, state| digit << 1 | state.bits());
            number(digit << (4 - four.len()), 1, out);
        }
    } else {
        for state in states {
            number(fitting(state.bits(), T::STATUS_BITS)?, T::STATUS_BITS as usize / 4, out);
        }
    }
    if status_digits::<T>(states.len()) % 2 == 1 {
        out.push('0');
    }
    Ok(())
}

/// Changes of the same time.
pub(super) fn changes<T: Layout>(
    kind: u8,
    delta: Delta,
    changes: &[Change<T>],
    out: &mut String,
) -> Result<(), WriteError> {
    let count = u16::try_from(changes.len()).unwrap_or(u16::MAX);
    if usize::from(count) > MOST_CHANGES {
        return Err(WriteError::TooManyChanges { found: changes.len() });
    }
    head(kind, delta, out);
    number(count, 1, out);
    for change in changes {
        let index = fitting(change.index.into(), T::INDEX_BITS)?;
        let state = fitting(change.state.bits(), T::CHANGE_BITS)?;
        number(u32::from(index) << T::CHANGE_BITS | u32::from(state), change_digits::<T>(), out);
    }
    Ok(())
}

/// Type 1C.
pub(super) fn selective_detection(
    delta: Delta,
    pad: u8,
    detection: &SelectiveDetection,
    out: &mut String,
) -> Result<(), WriteError> {
    head(0x1C, delta, out);
    number(fitting(pad.into(), 4)?, 1, out);
    let octets = |octets: &[u8], out: &mut String| octets.iter().for_each(|&octet| number(octet, 2, out));
    octets(&[detection.loop_number, detection.vehicle_category.code()], out);
    number(detection.line, 4, out);
    number(detection.block, 4, out);
    number(detection.operator, 2, out);
    number(detection.vehicle_number, 4, out);
    octets(&[detection.direction, detection.vehicle_status], out);
    octets(&[detection.priority_class.code(), detection.punctuality_class], out);
    number(detection.punctuality_s.cast_unsigned(), 4, out);
    octets(&[detection.length_m, detection.speed_m_s], out);
    number(detection.distance_m.cast_unsigned(), 4, out);
    number(detection.time_to_stop_line_s, 2, out);
    number(detection.trip, 4, out);
    octets(&[detection.trip_category, detection.route, detection.message.code()], out);
    number(detection.report_point, 4, out);
    octets(&detection.latitude, out);
    octets(&detection.longitude, out);
    number(detection.year, 4, out);
    octets(&[detection.month, detection.day, detection.hour, detection.minute, detection.second], out);
    detection.reserve.into_iter().for_each(|reserve| number(reserve, 4, out));
    Ok(())
}

fn unknown(kind: u8, rest: &str, out: &mut String) -> Result<(), WriteError> {
    let known = matches!(kind, 0x01 | 0x04..=0x14 | 0x17 | 0x18 | 0x1C | 0x20 | 0x22);
    if known {
        return Err(WriteError::KnownType { kind });
    }
    if rest.contains(['\r', '\n']) {
        return Err(WriteError::LineEnd);
    }
    number(kind, 2, out);
    out.push_str(rest);
    Ok(())
}

fn head(kind: u8, delta: Delta, out: &mut String) {
    number(kind, 2, out);
    number(delta.tenths(), 3, out);
}

fn fitting(found: u16, bits: u32) -> Result<u16, WriteError> {
    if u32::from(found) >> bits == 0 { Ok(found) } else { Err(WriteError::TooWide { found, bits }) }
}

fn number(number: impl Into<u32>, digits: usize, out: &mut String) {
    let number = number.into();
    for digit in (0..digits).rev() {
        let digit = char::from_digit(number >> (digit * 4) & 0xF, 16).unwrap_or('0');
        out.push(digit.to_ascii_uppercase());
    }
}

fn add(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vlog::message::{Changes, States};
    use crate::vlog::state::{PhaseState, ProgramState};

    fn refused(message: VlogMessage, error: WriteError) {
        let mut out = String::from("before");
        assert_eq!(message.write(&mut out), Err(error));
        assert_eq!(out, "before");
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_nothing() {
        let delta = Delta::ZERO;
        let change = Change { index: 128, state: true };
        let changes = |many| Changes { delta, changes: vec![change; many] };
        refused(VlogMessage::InputChange(changes(1)), WriteError::TooWide { found: 128, bits: 7 });
        refused(VlogMessage::InputChange(changes(16)), WriteError::TooManyChanges { found: 16 });
        let program = Change { index: 0, state: ProgramState::from_code(16) };
        let programs = Changes { delta, changes: vec![program] };
        refused(VlogMessage::ActualProgramChange(programs), WriteError::TooWide { found: 16, bits: 4 });
        let phases = States { delta, states: vec![PhaseState::from_code(0x1000)] };
        refused(VlogMessage::PhaseStatus(phases), WriteError::TooWide { found: 0x1000, bits: 12 });
        let inputs = States { delta, states: vec![true; 4096] };
        refused(VlogMessage::InputStatus(inputs), WriteError::TooManyStates { found: 4096 });
        let rest = "000".to_owned();
        refused(VlogMessage::Unknown { kind: 0x05, rest }, WriteError::KnownType { kind: 5 });
        refused(VlogMessage::Unknown { kind: 0x1A, rest: "0\n1".to_owned() }, WriteError::LineEnd);
    }

    #[test]
    fn every_type_that_is_read_is_known_when_written() {
        for kind in 0..=u8::MAX {
            let mut line = String::new();
            number(kind, 2, &mut line);
            let is_unknown = matches!(line.parse(), Ok(VlogMessage::Unknown { .. }));
            assert_eq!(unknown(kind, "", &mut String::new()).is_ok(), is_unknown, "{line}");
        }
    }
}
