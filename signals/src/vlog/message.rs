//! The messages of a log. Numbers are held as wide as the log has them or wider; what does not fit into its digits is refused when written.

use voorrang_units::Duration;

use crate::vlog::clock::TimeReference;
use crate::vlog::selective::SelectiveDetection;
use crate::vlog::state::{
    DetectorState, InstructionState, PhaseState, PriorityEvents, ProgramState, SignalState, ThermometerState,
};

/// One line of a log. Odd types are full statuses, the even type after it is its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VlogMessage {
    /// Type 01: the local time that the deltas after it count from.
    TimeReference(TimeReference),
    /// Type 04: version and controller.
    Info(VlogInfo),
    /// Type 05: all detectors.
    DetectorStatus(States<DetectorState>),
    /// Type 06: detectors that changed.
    DetectorChange(Changes<DetectorState>),
    /// Type 07: all other inputs.
    InputStatus(States<bool>),
    /// Type 08: other inputs that changed.
    InputChange(Changes<bool>),
    /// Type 09: the internal state of all signal groups.
    PhaseStatus(States<PhaseState>),
    /// Type 0A: internal states that changed.
    PhaseChange(Changes<PhaseState>),
    /// Type 0B: all other outputs as the program wants them (GUS).
    WantedOutputStatus(States<bool>),
    /// Type 0C: wanted outputs that changed.
    WantedOutputChange(Changes<bool>),
    /// Type 0D: what the lamps of all signal groups show (WUS).
    SignalStatus(States<SignalState>),
    /// Type 0E: signal groups whose lamps changed.
    SignalChange(Changes<SignalState>),
    /// Type 0F: all other outputs as they are (WUS).
    ActualOutputStatus(States<bool>),
    /// Type 10: actual outputs that changed.
    ActualOutputChange(Changes<bool>),
    /// Type 11: the program state that is wanted (WPS).
    WantedProgramStatus(States<ProgramState>),
    /// Type 12: wanted program states that changed.
    WantedProgramChange(Changes<ProgramState>),
    /// Type 13: the program state as it is.
    ActualProgramStatus(States<ProgramState>),
    /// Type 14: actual program states that changed.
    ActualProgramChange(Changes<ProgramState>),
    /// Type 17: the thermometers of all signal groups.
    ThermometerStatus(States<ThermometerState>),
    /// Type 18: thermometers that changed.
    ThermometerChange(Changes<ThermometerState>),
    /// Type 1C: a vehicle that told what it is.
    SelectiveDetection {
        /// When the controller got it.
        delta: Delta,
        /// A digit of unknown use, 0 in all samples.
        pad: u8,
        /// What the vehicle told.
        detection: SelectiveDetection,
    },
    /// Type 20: instruction variables of signal groups.
    InstructionChange(Changes<InstructionState>),
    /// Type 22: public transport and emergency vehicles, by signal group.
    PriorityChange(Changes<PriorityEvents>),
    /// Any other type: what stands after the two digits of its number, as it stood there.
    Unknown {
        /// The number of the type.
        kind: u8,
        /// The rest of the line.
        rest: String,
    },
}

impl VlogMessage {
    /// The number of its type, which begins the line.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::TimeReference(_) => 0x01,
            Self::Info(_) => 0x04,
            Self::DetectorStatus(_) => 0x05,
            Self::DetectorChange(_) => 0x06,
            Self::InputStatus(_) => 0x07,
            Self::InputChange(_) => 0x08,
            Self::PhaseStatus(_) => 0x09,
            Self::PhaseChange(_) => 0x0A,
            Self::WantedOutputStatus(_) => 0x0B,
            Self::WantedOutputChange(_) => 0x0C,
            Self::SignalStatus(_) => 0x0D,
            Self::SignalChange(_) => 0x0E,
            Self::ActualOutputStatus(_) => 0x0F,
            Self::ActualOutputChange(_) => 0x10,
            Self::WantedProgramStatus(_) => 0x11,
            Self::WantedProgramChange(_) => 0x12,
            Self::ActualProgramStatus(_) => 0x13,
            Self::ActualProgramChange(_) => 0x14,
            Self::ThermometerStatus(_) => 0x17,
            Self::ThermometerChange(_) => 0x18,
            Self::SelectiveDetection { .. } => 0x1C,
            Self::InstructionChange(_) => 0x20,
            Self::PriorityChange(_) => 0x22,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Its time since the last time reference; a time reference, an info and an unknown message have none.
    #[must_use]
    pub const fn delta(&self) -> Option<Delta> {
        match self {
            Self::TimeReference(_) | Self::Info(_) | Self::Unknown { .. } => None,
            Self::DetectorStatus(States { delta, .. })
            | Self::DetectorChange(Changes { delta, .. })
            | Self::InputStatus(States { delta, .. })
            | Self::InputChange(Changes { delta, .. })
            | Self::PhaseStatus(States { delta, .. })
            | Self::PhaseChange(Changes { delta, .. })
            | Self::WantedOutputStatus(States { delta, .. })
            | Self::WantedOutputChange(Changes { delta, .. })
            | Self::SignalStatus(States { delta, .. })
            | Self::SignalChange(Changes { delta, .. })
            | Self::ActualOutputStatus(States { delta, .. })
            | Self::ActualOutputChange(Changes { delta, .. })
            | Self::WantedProgramStatus(States { delta, .. })
            | Self::WantedProgramChange(Changes { delta, .. })
            | Self::ActualProgramStatus(States { delta, .. })
            | Self::ActualProgramChange(Changes { delta, .. })
            | Self::ThermometerStatus(States { delta, .. })
            | Self::ThermometerChange(Changes { delta, .. })
            | Self::SelectiveDetection { delta, .. }
            | Self::InstructionChange(Changes { delta, .. })
            | Self::PriorityChange(Changes { delta, .. }) => Some(*delta),
        }
    }
}

/// Which version of V-Log, and which controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VlogInfo {
    /// Major, minor, patch.
    pub version: [u8; 3],
    /// Its name as the log has it: 20 octets, filled up with spaces.
    pub controller: [u8; 20],
}

impl VlogInfo {
    /// Of a controller with that name; `None` beyond 20 characters or other than printable ASCII.
    #[must_use]
    pub fn new(version: [u8; 3], controller_id: &str) -> Option<Self> {
        let printable = controller_id.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic());
        let mut controller = [b' '; 20];
        controller.get_mut(..controller_id.len())?.copy_from_slice(controller_id.as_bytes());
        printable.then_some(Self { version, controller })
    }

    /// The controller's name, without the spaces round it.
    #[must_use]
    pub fn controller_id(&self) -> String {
        let text: String = self.controller.iter().copied().map(char::from).collect();
        text.trim().to_owned()
    }
}

/// Tenths of a second since the last time reference: 12 bits, 409.5 s at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Delta(u16);

impl Delta {
    /// No time since the reference.
    pub const ZERO: Self = Self(0);
    /// The longest.
    pub const MAX: Self = Self(0xFFF);

    /// From tenths of a second; `None` beyond [`Delta::MAX`].
    #[must_use]
    pub const fn from_tenths(tenths: u16) -> Option<Self> {
        if tenths <= Self::MAX.0 { Some(Self(tenths)) } else { None }
    }

    /// In tenths of a second.
    #[must_use]
    pub const fn tenths(self) -> u16 {
        self.0
    }

    /// As a duration.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_millis(i64::from(self.0) * 100)
    }
}

/// The states of all elements of a kind, the first of number 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct States<T> {
    /// When they were so.
    pub delta: Delta,
    /// 4095 at most.
    pub states: Vec<T>,
}

/// Elements of a kind that changed at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes<T> {
    /// When they changed.
    pub delta: Delta,
    /// 15 at most.
    pub changes: Vec<Change<T>>,
}

/// An element and its new state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<T> {
    /// Its number: to 255, of inputs and outputs to 127, of programs to 15.
    pub index: u8,
    /// Its new state.
    pub state: T,
}
