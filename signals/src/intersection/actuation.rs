//! What vehicle-actuated control has to know of a group and of a detector, with the defaults of Dutch practice.
//!
//! The defaults are those of TLCGen (`tlcgendefaultdefaults.xml`), but for the gap of stop-line loops, where its templates have 2.0 to
//! 3.0 s and the upper end is taken.

use voorrang_units::Duration;

use crate::intersection::{DetectorKind, GroupKind};

/// Times of a group that only vehicle-actuated control uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupTimes {
    /// Fixed green (vastgroen): whoever has turned green stays so for this long unless an intervention ends it. Not below the minimum green.
    pub fixed_green: Duration,
    /// Longest green while somebody in conflict waits: fixed green and extension.
    pub longest_green: Duration,
    /// So long after the start of green stop-line loops extend it (kopmaximum).
    pub head_max: Duration,
    /// Nobody should wait longer: what `check` and the strategies' fairness hold against.
    pub max_wait: Duration,
    /// Whether it stays green beside others that are, while that delays nobody (meeverlengen).
    pub co_extends: bool,
}

impl GroupTimes {
    /// The defaults for a kind of group.
    #[must_use]
    pub const fn of(kind: GroupKind) -> Self {
        let (fixed, longest, wait) = match kind {
            GroupKind::Motor => (5, 30, 120),
            GroupKind::Bicycle => (6, 15, 90),
            GroupKind::Pedestrian => (4, 4, 90),
            GroupKind::PublicTransport => (4, 15, 120),
        };
        Self {
            fixed_green: Duration::from_seconds(fixed),
            longest_green: Duration::from_seconds(longest),
            head_max: Duration::from_seconds(8),
            max_wait: Duration::from_seconds(wait),
            co_extends: !matches!(kind, GroupKind::PublicTransport),
        }
    }
}

/// Until when a detector extends green.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extends {
    /// Not at all.
    Never,
    /// For the queue at the stop line: up to the group's head maximum.
    Head,
    /// As long as the group's longest green allows.
    Measure,
}

impl Extends {
    /// Every choice with its name in files.
    pub const NAMES: [(&'static str, Self); 3] =
        [("none", Self::Never), ("head", Self::Head), ("measure", Self::Measure)];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// What a detector does for its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measuring {
    /// Whether it asks for green.
    pub requests: bool,
    /// Whether it extends green.
    pub extends: Extends,
    /// It goes on extending for this long after the last vehicle has left it (hiaattijd).
    pub gap: Duration,
    /// It asks once it has been occupied for this long (bezettijd).
    pub occupancy: Duration,
}

impl Measuring {
    /// The defaults for a kind of detector of a kind of group.
    #[must_use]
    pub const fn of(detector: DetectorKind, group: GroupKind) -> Self {
        let (requests, extends, gap, occupancy) = match detector {
            DetectorKind::StopLineLoop => (true, Extends::Head, 3000, 1000),
            DetectorKind::LongLoop => (true, Extends::Measure, 1000, 0),
            DetectorKind::FarLoop => (false, Extends::Measure, 3000, 0),
            DetectorKind::PushButton => (true, Extends::Never, 0, 0),
        };
        let occupancy = match group {
            GroupKind::Bicycle if occupancy > 0 => 1500,
            _ => occupancy,
        };
        Self {
            requests,
            extends,
            gap: Duration::from_millis(gap),
            occupancy: Duration::from_millis(occupancy),
        }
    }
}
