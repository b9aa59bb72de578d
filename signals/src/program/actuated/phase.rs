//! How far the green of one group has come: fixed, waiting, extending, co-extending (CCOL's FG, WG, VG, MG).

use voorrang_units::{Duration, Instant};

/// What a group has of the running program.
#[derive(Debug, Clone, Default)]
pub(super) struct GroupRun {
    /// Since when it asks for green.
    pub(super) asks: Option<Instant>,
    /// It has had its turn in the present round of modules.
    pub(super) served: bool,
    /// Its green, while that lasts.
    pub(super) green: Option<Green>,
    /// How it will have turned green, once told to.
    pub(super) starting: Option<Realisation>,
    /// Its green was cut short: the longest green of the next one, so that it gets back what it missed.
    pub(super) owed: Option<Duration>,
    /// How long its greens have been of late.
    pub(super) usual: Option<Duration>,
}

impl GroupRun {
    /// Green that nobody may end but an intervention.
    pub(super) fn holds(&self) -> bool {
        self.green.is_some_and(|green| green.holds())
    }
}

/// Why a group turned green.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Realisation {
    /// It was its turn (PR).
    Primary,
    /// There was room for it outside its turn (AR).
    Alternative,
    /// Somebody wished it (BR).
    Special,
}

/// The green of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Green {
    pub(super) since: Instant,
    pub(super) phase: Phase,
    pub(super) realisation: Realisation,
    /// When its fixed green is over.
    pub(super) fixed_until: Instant,
    /// Its longest green, counted from `waited_for`.
    pub(super) longest: Duration,
    /// Since when somebody in conflict waits for its end.
    pub(super) waited_for: Option<Instant>,
    /// Coordinated: when it has to end.
    pub(super) yields: Option<Instant>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Fixed green: not to be ended.
    Fixed,
    /// Waiting green: nobody in conflict asks.
    Waiting,
    /// Extension green: traffic is measured.
    Extending,
    /// Co-extension: it goes on while that delays nobody.
    CoExtending,
}

impl Green {
    /// Green that nobody may end but an intervention.
    pub(super) fn holds(&self) -> bool {
        match self.phase {
            Phase::Fixed => true,
            Phase::Extending => self.realisation != Realisation::Alternative,
            Phase::Waiting | Phase::CoExtending => false,
        }
    }

    /// When its extension ends at the latest; `None` while nobody waits for that.
    pub(super) fn limit(&self) -> Option<Instant> {
        self.yields.or_else(|| self.waited_for.map(|from| from + self.longest))
    }
}
