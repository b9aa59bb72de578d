//! Faults on request: what can go wrong with a controller, each by its name. They are what `conform` has to find, and what a gateway has to live
//! with.

use std::fmt;
use std::str::FromStr;

use voorrang_units::Duration;

/// Makes the enum, with its names and what they mean.
macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $fault:ident = $name:literal, $what:literal;)*) => {
        /// A fault on request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $doc])+ $fault,)*
        }

        impl Fault {
            /// Every fault: its name, and what the controller does.
            pub const NAMES: &[(&'static str, Self, &'static str)] = &[$(($name, Self::$fault, $what),)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }
        }
    };
}

faults! {
    // Lamps.
    /// Lamps follow commands late.
    LateConfirmation = "late_confirmation", "lamps follow the application's commands 2 s later than usual";
    /// Commands lead to nothing.
    RefusedCommand = "refused_command", "commands of the application lead to no lamp for 20 s";
    /// One group does not follow.
    StuckLamp = "stuck_lamp", "the lamps of the first group stay as they are, whatever is asked";
    /// No conflict monitor.
    UnsafeCommandObeyed = "unsafe_command_obeyed", "lamps follow unsafe commands: the conflict monitor is out of order";
    /// A report of a green in conflict.
    ConflictingGreenReported = "conflicting_green_reported",
        "for 5 s `state` says that a group in conflict with a green is green too; its lamps are not";
    /// The own program breaks intergreens.
    ShortIntergreen = "short_intergreen", "the controller's own program ends greens 1.5 s late: intergreens are too short";
    /// The own program cuts greens.
    ShortGreen = "short_green", "the controller's own program ends greens 1.5 s before their minimum";
    /// The own program cuts yellows.
    ShortYellow = "short_yellow", "the controller's own program ends yellows 1.5 s early";
    /// The intersection goes to error.
    IntersectionError = "intersection_error", "the intersection goes to Error: to red in order, then flashing amber for a minute";
    // Detectors.
    /// A detector at fault.
    DetectorFault = "detector_fault", "the first detector reports a hardware error and stays occupied";
    /// A detector that flutters.
    DetectorFlutter = "detector_flutter", "the first detector changes every 0.2 s for 20 s, and reports flutter";
    // Streams and sessions.
    /// All streams end.
    DroppedConnection = "dropped_connection", "all streams are closed without a word";
    /// Nothing is said any more, and nothing heard.
    HalfOpen = "half_open", "for 30 s the controller hears and says nothing, though streams stay open; then it closes them";
    /// End of control on the controller's own wish.
    EndOfControl = "end_of_control", "the controller wishes to end the application's control, and takes a pause of 60 s before it grants it again";
    /// The controller starts anew.
    Restart = "restart", "the controller starts anew: streams closed, lamps dark, ticks from 0, then switched on";
    /// The facilities stop.
    Stopping = "stopping", "the controller announces FacilitiesStopping, and closes all streams 5 s later";
    /// Alive requests unanswered.
    AliveUnanswered = "alive_unanswered", "Alive requests of the application are not answered";
    /// Alive answers differ.
    AliveGarbled = "alive_garbled", "Alive requests are answered with other numbers than those asked";
    /// No Alive requests.
    AliveMissing = "alive_missing", "the controller sends no Alive requests of its own";
    /// Slow answers.
    SlowAnswers = "slow_answers", "answers come 3 s late";
    /// The clock of ticks starts anew.
    TickReset = "tick_reset", "ticks start again from 0, though streams and lamps go on";
    /// Another version.
    WrongVersion = "wrong_version", "the controller speaks version 9.9.0";
    /// Registration refused.
    RegistrationRefused = "registration_refused", "every registration is refused: NotAuthorized";
    /// Octets that are no message.
    Garbage = "garbage", "octets that are no JSON go out to every stream";
    /// Control never comes.
    ControlWithheld = "control_withheld", "the controller confirms ReadyToControl, but never grants control";
    // Meta.
    /// A group is missing.
    MissingGroup = "missing_group", "meta do not have the last group of the file";
    /// A group too many.
    ExtraGroup = "extra_group", "meta have a group `99` that the file does not have";
    /// A detector is missing.
    MissingDetector = "missing_detector", "meta do not have the last detector of the file";
    /// Intergreens shorter than the file's.
    ShortIntergreenMeta = "short_intergreen_meta", "meta have intergreens 1 s shorter than the file";
    /// Intergreens longer than the file's.
    LongIntergreenMeta = "long_intergreen_meta", "meta have intergreens 1 s longer than the file";
    /// Minimum greens shorter than the file's.
    ShortGreenMeta = "short_green_meta", "meta have minimum greens 1 s shorter than the file";
    /// Minimum greens longer than the file's.
    LongGreenMeta = "long_green_meta", "meta have minimum greens 1 s longer than the file";
    /// Yellows shorter than the file's.
    ShortYellowMeta = "short_yellow_meta", "meta have yellows 1 s shorter than the file";
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A fault, and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledFault {
    /// Which.
    pub fault: Fault,
    /// So long after the emulator has begun. What concerns meta or the version holds from the beginning.
    pub after: Duration,
}

/// Why a text is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is none of that name.
    #[error("there is no fault {0:?}: one of {known}", known = Fault::NAMES.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", "))]
    Unknown(String),
    /// What stands after `@` is no time.
    #[error("{0:?} is no time: write NAME@SECONDS, as in end_of_control@30")]
    Time(String),
}

/// Reads `NAME` or `NAME@SECONDS`.
impl FromStr for ScheduledFault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, time) = text.split_once('@').unwrap_or((text, "0"));
        let known = Fault::NAMES.iter().find(|(known, ..)| *known == name);
        let (_, fault, _) = known.ok_or_else(|| FaultError::Unknown(name.to_owned()))?;
        let seconds: f64 = time.parse().map_err(|_| FaultError::Time(time.to_owned()))?;
        if !(0.0..=1e7).contains(&seconds) {
            return Err(FaultError::Time(time.to_owned()));
        }
        Ok(Self { fault: *fault, after: Duration::from_seconds_f64(seconds) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_with_their_time() {
        let scheduled =
            |fault, seconds| Ok(ScheduledFault { fault, after: Duration::from_seconds_f64(seconds) });
        assert_eq!("restart".parse(), scheduled(Fault::Restart, 0.0));
        assert_eq!("end_of_control@12.5".parse(), scheduled(Fault::EndOfControl, 12.5));
        assert_eq!("restart@soon".parse::<ScheduledFault>(), Err(FaultError::Time("soon".to_owned())));
        assert_eq!("restart@-1".parse::<ScheduledFault>(), Err(FaultError::Time("-1".to_owned())));
        let unknown = "fire".parse::<ScheduledFault>().unwrap_err().to_string();
        assert!(unknown.contains("fire") && unknown.contains("late_confirmation"), "{unknown}");
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = Fault::NAMES.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), Fault::NAMES.len());
    }
}
