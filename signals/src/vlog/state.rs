//! States as V-Log codes them. A code that nobody explained is kept as it is, so that nothing of a log is lost.

use crate::Aspect;

/// Makes a state that is a group of bits; each flag is one of them.
macro_rules! bits {
    ($(#[$doc:meta])* $name:ident($number:ty) $($(#[$flag_doc:meta])* $flag:ident = $bit:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name($number);

        impl $name {
            /// From its code in a log.
            #[must_use]
            pub const fn from_code(code: $number) -> Self {
                Self(code)
            }

            /// Its code in a log.
            #[must_use]
            pub const fn code(self) -> $number {
                self.0
            }

            $(
                $(#[$flag_doc])*
                #[must_use]
                pub const fn $flag(self) -> bool {
                    self.0 >> $bit & 1 == 1
                }
            )*
        }
    };
}

bits!(
    /// What a detector says (types 05 and 06). A full status has the lower four bits only.
    DetectorState(u8)

    /// Bit 0, *bezet*: somebody is there.
    is_occupied = 0;
    /// Bit 1, *storing*: it is out of order.
    is_faulty = 1;
);

impl DetectorState {
    /// In order, nobody there.
    pub const FREE: Self = Self(0);
    /// In order, somebody there.
    pub const OCCUPIED: Self = Self(1);

    /// Bits 3 and 2, *OG-BG-FL*: what the watch on its behaviour found, too long free (*ondergedrag*), too long occupied (*bovengedrag*) or
    /// fluttering; 0 for nothing. Which number stands for which is not known.
    #[must_use]
    pub const fn behaviour(self) -> u8 {
        self.0 >> 2 & 0b11
    }
}

bits!(
    /// The controller's own state of a signal group, *interne fasecyclus* (types 09 and 0A): 12 bits, names as in CCOL.
    PhaseState(u16)

    /// Bit 10, SR.
    sr = 10;
    /// Bit 9, MR.
    mr = 9;
    /// Bit 8, BR: a special realisation, out of turn.
    br = 8;
    /// Bit 7, AR: an alternative realisation.
    ar = 7;
    /// Bit 6, PR: a primary realisation, in its turn.
    pr = 6;
    /// Bit 5, A: somebody asked for green.
    has_request = 5;
);

impl PhaseState {
    /// Bits 4 to 0, CG: how far the group is in its cycle.
    #[must_use]
    pub const fn segment(self) -> PhaseSegment {
        match self.0 & 0b1_1111 {
            0 => PhaseSegment::RedChosen,
            1 => PhaseSegment::GreenStart,
            2 => PhaseSegment::GreenFixed,
            3 => PhaseSegment::GreenWaiting,
            4 => PhaseSegment::GreenExtending,
            5 => PhaseSegment::GreenAlong,
            6 => PhaseSegment::Yellow,
            7 => PhaseSegment::Red,
            other => PhaseSegment::Other(other.to_be_bytes()[1]),
        }
    }
}

/// How far a signal group is in its cycle: the segments of a CCOL program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseSegment {
    /// 0, *RA*: red, and its green has been decided.
    RedChosen,
    /// 1, *VS*: green, ahead of others.
    GreenStart,
    /// 2, *FG*, *vastgroen*: green that cannot be cut.
    GreenFixed,
    /// 3, *WG*, *wachtgroen*: green while nobody else asks.
    GreenWaiting,
    /// 4, *VG*, *verlenggroen*: green as long as its own traffic comes.
    GreenExtending,
    /// 5, *MG*, *meeverlenggroen*: green as long as it is in nobody's way.
    GreenAlong,
    /// 6, *GL*: yellow.
    Yellow,
    /// 7, *RV*: red.
    Red,
    /// A number up to 31 that is not explained.
    Other(u8),
}

impl PhaseSegment {
    /// What the lamps show in it, where that is known.
    #[must_use]
    pub const fn aspect(self) -> Option<Aspect> {
        match self {
            Self::RedChosen | Self::Red => Some(Aspect::Red),
            Self::GreenStart
            | Self::GreenFixed
            | Self::GreenWaiting
            | Self::GreenExtending
            | Self::GreenAlong => Some(Aspect::Green),
            Self::Yellow => Some(Aspect::Yellow),
            Self::Other(_) => None,
        }
    }
}

/// What the lamps of a signal group show, *externe signaalgroep* (types 0D and 0E).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignalState {
    /// 0.
    Red,
    /// 1.
    Green,
    /// 2.
    Yellow,
    /// 3, *witknipperen*: white, flashing.
    WhiteFlashing,
    /// 4, *gedoofd*: no lamp burns.
    Dark,
    /// 5, *geelknipperen*: yellow, flashing; out of control.
    YellowFlashing,
    /// A code from 6 that is not explained.
    Other(u8),
}

impl SignalState {
    /// From its code in a log.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Red,
            1 => Self::Green,
            2 => Self::Yellow,
            3 => Self::WhiteFlashing,
            4 => Self::Dark,
            5 => Self::YellowFlashing,
            other => Self::Other(other),
        }
    }

    /// Its code in a log.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Red => 0,
            Self::Green => 1,
            Self::Yellow => 2,
            Self::WhiteFlashing => 3,
            Self::Dark => 4,
            Self::YellowFlashing => 5,
            Self::Other(code) => code,
        }
    }

    /// As the aspect of a group under control.
    #[must_use]
    pub const fn aspect(self) -> Option<Aspect> {
        match self {
            Self::Red => Some(Aspect::Red),
            Self::Green => Some(Aspect::Green),
            Self::Yellow => Some(Aspect::Yellow),
            Self::WhiteFlashing | Self::Dark | Self::YellowFlashing | Self::Other(_) => None,
        }
    }
}

impl From<Aspect> for SignalState {
    fn from(aspect: Aspect) -> Self {
        match aspect {
            Aspect::Red => Self::Red,
            Aspect::Yellow => Self::Yellow,
            Aspect::Green => Self::Green,
        }
    }
}

bits!(
    /// State of a program, wanted (types 11 and 12) or actual (13 and 14). The first element is the controller's state, in which
    /// 5 is seen while it controls; a full status and a change both have four bits.
    ProgramState(u8)
);

bits!(
    /// *Thermometer* of a signal group (types 17 and 18).
    ThermometerState(u8)

    /// Bit 0, MVG.
    mvg = 0;
    /// Bit 1, RNA.
    rna = 1;
);

bits!(
    /// *Instructievariabelen* of a signal group (type 20): what held its green when it went on. Names as in CCOL and RWS-C.
    InstructionState(u8)

    /// Bit 4, TVG or MG.
    tvg_mg = 4;
    /// Bit 3, YV or VVAG.
    yv_vvag = 3;
    /// Bit 2, MK or H1H2.
    mk_h1h2 = 2;
    /// Bit 1, Z or AFK.
    z_afk = 1;
    /// Bit 0, FM or VMG.
    fm_vmg = 0;
);

bits!(
    /// What happened to public transport or emergency vehicles for a signal group (type 22). Ten bits; their order is that of CCOL's
    /// arguments, seen in a real log for the second and third only.
    PriorityEvents(u16)
);

impl PriorityEvents {
    /// Bit 0: public transport announced itself early.
    pub const TRANSPORT_PRE_ENTRY: Self = Self(1);
    /// Bit 1: public transport checked in.
    pub const TRANSPORT_ENTRY: Self = Self(1 << 1);
    /// Bit 2: public transport checked out.
    pub const TRANSPORT_EXIT: Self = Self(1 << 2);
    /// Bit 3: public transport was checked out by the guard time.
    pub const TRANSPORT_EXIT_BY_GUARD: Self = Self(1 << 3);
    /// Bit 4: public transport checked out in error.
    pub const TRANSPORT_FAULTY_EXIT: Self = Self(1 << 4);
    /// Bit 5: public transport, a check-out on a check-out.
    pub const TRANSPORT_SECOND_EXIT: Self = Self(1 << 5);
    /// Bit 6: an emergency vehicle announced itself early.
    pub const EMERGENCY_PRE_ENTRY: Self = Self(1 << 6);
    /// Bit 7: an emergency vehicle checked in.
    pub const EMERGENCY_ENTRY: Self = Self(1 << 7);
    /// Bit 8: an emergency vehicle checked out.
    pub const EMERGENCY_EXIT: Self = Self(1 << 8);
    /// Bit 9: an emergency vehicle was checked out by the guard time.
    pub const EMERGENCY_EXIT_BY_GUARD: Self = Self(1 << 9);

    /// These and those.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of those are among these.
    #[must_use]
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_word_of_a_real_log_is_a_request_in_extension() {
        let word = PhaseState::from_code(0x4A5);
        assert!(word.sr() && word.ar() && word.has_request());
        assert!(!word.mr() && !word.br() && !word.pr());
        assert_eq!(word.segment(), PhaseSegment::GreenAlong);
    }

    #[test]
    fn every_signal_code_is_kept() {
        for code in 0..=255 {
            assert_eq!(SignalState::from_code(code).code(), code);
        }
    }

    #[test]
    fn behaviour_and_fault_of_a_detector_are_apart() {
        let state = DetectorState::from_code(0b1110);
        assert_eq!((state.is_occupied(), state.is_faulty(), state.behaviour()), (false, true, 0b11));
    }
}
