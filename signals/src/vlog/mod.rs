//! V-Log: how Dutch traffic controllers write down what they do, in its ASCII form; the one place that knows its digits.
//! Reads and writes lines of text; opens no file and asks no clock.
//!
//! | file | owns |
//! |---|---|
//! | [`message`](VlogMessage) | the message types, and what changes or is reported in each |
//! | [`state`](SignalState) | states of detectors, signal groups, programs and so on, as their codes |
//! | [`selective`](SelectiveDetection) | what a vehicle said over short-range radio (KAR) or a loop |
//! | [`clock`](LogClock) | local time of a log and [`Instant`](voorrang_units::Instant) |
//! | `layout` | how many bits each state takes: the table that reader and writer share |
//! | [`read`](lines) | text to messages, with line and column of what is wrong |
//! | [`write`](WriteError) | messages to text |
//! | [`status`](VlogStatus) | all states after a sequence of messages |
//! | [`recorder`](Recorder) | writes the log of an intersection |
//!
//! There is no official text to cite: `docs/vlog.md` says where each layout comes from and what is not known.
//!
//! ```
//! use voorrang_signals::vlog::{self, SignalState, VlogStatus};
//!
//! let log = "012018091115000000\r\n0D00000200\r\n0E03110102\r\n";
//! let mut status = VlogStatus::default();
//! for message in vlog::lines(log) {
//!     status.apply(&message?);
//! }
//! assert_eq!(status.signals(), [SignalState::Red, SignalState::Yellow]);
//! assert_eq!(status.moment().unwrap().to_string(), "2018-09-11T13:00:04.900Z");
//! # Ok::<(), vlog::ReadError>(())
//! ```

mod clock;
mod layout;
mod message;
mod read;
mod recorder;
mod selective;
mod state;
mod status;
mod write;

pub use clock::{LogClock, TimeReference};
pub use message::{Change, Changes, Delta, States, VlogInfo, VlogMessage};
pub use read::{Lines, Problem, ReadError, lines};
pub use recorder::{Recorder, RecorderError};
pub use selective::{PriorityClass, SelectiveDetection, SelectiveMessage, VehicleCategory};
pub use state::{
    DetectorState, InstructionState, PhaseSegment, PhaseState, PriorityEvents, ProgramState, SignalState,
    ThermometerState,
};
pub use status::VlogStatus;
pub use write::WriteError;
