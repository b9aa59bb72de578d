//! The conflict monitor: the last word on what lamps show, whoever drives them. It is written apart from `signals::Interlock`, which
//! applications use, so that neither hides a mistake of the other.
//!
//! - Red, green, yellow, red: no other order.
//! - Green and red last their minimum, yellow its length.
//! - No green beside a green in conflict, nor within the intergreen since that ended, nor while its yellow is on beyond its length.
//! - Whoever was dark or flashed amber counts as having had green until then.

use std::sync::Arc;

use voorrang_signals::{Aspect, Conflict, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

/// So long may a yellow be on beyond its length beside a green that starts: commands to two lamps don't arrive at the same moment.
const YELLOW_TOLERANCE: Duration = Duration::from_millis(500);

/// What the lamps of a group show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lamp {
    /// Nothing.
    Dark,
    /// Flashing amber: out of operation, everybody takes care.
    FlashingAmber,
    /// Stop.
    Red,
    /// Green ends; for pedestrians flashing green.
    Yellow,
    /// Go.
    Green,
}

impl Lamp {
    /// As an aspect; none out of operation.
    #[must_use]
    pub const fn aspect(self) -> Option<Aspect> {
        match self {
            Self::Dark | Self::FlashingAmber => None,
            Self::Red => Some(Aspect::Red),
            Self::Yellow => Some(Aspect::Yellow),
            Self::Green => Some(Aspect::Green),
        }
    }

    /// A word for people: `red`, `flashing amber`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::FlashingAmber => "flashing amber",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        }
    }
}

impl From<Aspect> for Lamp {
    fn from(aspect: Aspect) -> Self {
        match aspect {
            Aspect::Red => Self::Red,
            Aspect::Yellow => Self::Yellow,
            Aspect::Green => Self::Green,
        }
    }
}

/// Why a lamp does not change as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// The order of aspects.
    #[error("{} may not follow {}", .to.name(), .shows.name())]
    Order {
        /// What it shows.
        shows: Lamp,
        /// What it was told.
        to: Lamp,
    },
    /// What it shows has not lasted its minimum.
    #[error("{} may not end before {until}", .shows.name())]
    TooShort {
        /// What it shows.
        shows: Lamp,
        /// When it may end.
        until: Instant,
    },
    /// A group in conflict has green, or its yellow goes on.
    #[error("a group in conflict is {}", .shows.name())]
    Conflict {
        /// Which.
        with: GroupIndex,
        /// What that shows.
        shows: Lamp,
    },
    /// The intergreen is not over.
    #[error("the intergreen lasts until {until}")]
    Intergreen {
        /// From which group.
        from: GroupIndex,
        /// When it is over.
        until: Instant,
    },
    /// There is no such group.
    #[error("no such group")]
    NoSuchGroup,
}

/// What one group's lamps show, and have shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) lamp: Lamp,
    pub(crate) since: Instant,
    /// When somebody could drive on last: the end of green, of flashing amber, of darkness.
    pub(crate) flow_ended: Instant,
}

#[derive(Debug, Clone)]
pub(crate) struct Monitor {
    intersection: Arc<Intersection>,
    groups: Vec<Watched>,
}

impl Monitor {
    /// All lamps are dark.
    pub(crate) fn new(intersection: Arc<Intersection>, now: Instant) -> Self {
        let dark = Watched { lamp: Lamp::Dark, since: now, flow_ended: now };
        Self { groups: vec![dark; intersection.groups().len()], intersection }
    }

    pub(crate) fn group(&self, group: GroupIndex) -> Option<&Watched> {
        self.groups.get(group.index())
    }

    pub(crate) fn groups(&self) -> &[Watched] {
        &self.groups
    }

    /// A lamp has changed.
    pub(crate) fn note(&mut self, at: Instant, group: GroupIndex, lamp: Lamp) {
        let Some(watched) = self.groups.get_mut(group.index()) else { return };
        if watched.lamp == lamp {
            return;
        }
        if matches!(watched.lamp, Lamp::Green | Lamp::FlashingAmber | Lamp::Dark) {
            watched.flow_ended = at;
        }
        watched.lamp = lamp;
        watched.since = at;
    }

    /// What is known of a lamp from before the beginning.
    pub(crate) fn remember(&mut self, group: GroupIndex, known: Watched) {
        if let Some(watched) = self.groups.get_mut(group.index()) {
            *watched = known;
        }
    }

    /// May a lamp change so at this moment?
    pub(crate) fn judge(&self, at: Instant, group: GroupIndex, to: Lamp) -> Result<(), Objection> {
        let own = self.groups.get(group.index()).ok_or(Objection::NoSuchGroup)?;
        let times = &self.intersection.groups()[group.index()];
        let least = match (own.lamp, to) {
            (Lamp::Red, Lamp::Green) => times.min_red,
            (Lamp::Green, Lamp::Yellow) => times.min_green,
            (Lamp::Yellow, Lamp::Red) => times.yellow,
            (shows, _) => return Err(Objection::Order { shows, to }),
        };
        let until = own.since + least;
        if at < until {
            return Err(Objection::TooShort { shows: own.lamp, until });
        }
        if to == Lamp::Green { self.judge_conflicts(at, group) } else { Ok(()) }
    }

    /// Pairs of groups in conflict that are green together.
    pub(crate) fn conflicting_greens(&self) -> usize {
        let green = |group: &GroupIndex| self.groups[group.index()].lamp == Lamp::Green;
        let conflicts = self.intersection.conflicts();
        let greens = self.intersection.group_indices().filter(green);
        greens.map(|a| conflicts.conflicting(a).iter().filter(|b| a < **b && green(b)).count()).sum()
    }

    fn judge_conflicts(&self, at: Instant, group: GroupIndex) -> Result<(), Objection> {
        let conflicts = self.intersection.conflicts();
        for foe in conflicts.conflicting(group) {
            let other = &self.groups[foe.index()];
            let full = conflicts.conflict(*foe, group) == Conflict::Full;
            let yellow = self.intersection.groups()[foe.index()].yellow;
            match other.lamp {
                Lamp::Red => {}
                Lamp::Yellow if !full || at <= other.since + yellow + YELLOW_TOLERANCE => {}
                shows => return Err(Objection::Conflict { with: *foe, shows }),
            }
            let intergreen = conflicts.intergreen(*foe, group).unwrap_or(Duration::ZERO);
            let until = other.flow_ended + if full { intergreen.max(yellow) } else { intergreen };
            if at < until {
                return Err(Objection::Intergreen { from: *foe, until });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the crossing: full conflict, intergreens 5 s from main to side and 5.5 s back; minimum green 5 and 6 s, red 2 s, yellow 3.5 and 3 s.
    const MAIN: GroupIndex = GroupIndex(0);
    const SIDE: GroupIndex = GroupIndex(2);

    fn at(tenths: i64) -> Instant {
        Instant::from_unix_millis(tenths * 100)
    }

    /// All are red since long, but the main road: green since the beginning.
    fn monitor() -> Monitor {
        let text = include_str!("../../../signals/tests/intersections/crossing.toml");
        let crossing = Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap());
        let mut monitor = Monitor::new(Arc::clone(&crossing), at(-1000));
        for group in crossing.group_indices() {
            monitor.note(at(-500), group, Lamp::Red);
        }
        monitor.note(at(0), MAIN, Lamp::Green);
        monitor
    }

    #[test]
    fn minimum_and_order_are_kept() {
        let monitor = monitor();
        let too_short = Objection::TooShort { shows: Lamp::Green, until: at(50) };
        assert_eq!(monitor.judge(at(49), MAIN, Lamp::Yellow), Err(too_short));
        assert_eq!(monitor.judge(at(50), MAIN, Lamp::Yellow), Ok(()));
        let order = Objection::Order { shows: Lamp::Green, to: Lamp::Red };
        assert_eq!(monitor.judge(at(500), MAIN, Lamp::Red), Err(order));
    }

    #[test]
    fn no_green_beside_one_in_conflict_nor_within_the_intergreen() {
        let mut monitor = monitor();
        let conflict = |shows| Err(Objection::Conflict { with: MAIN, shows });
        assert_eq!(monitor.judge(at(50), SIDE, Lamp::Green), conflict(Lamp::Green));
        monitor.note(at(60), MAIN, Lamp::Yellow);
        let intergreen = Objection::Intergreen { from: MAIN, until: at(110) };
        assert_eq!(monitor.judge(at(99), SIDE, Lamp::Green), Err(intergreen));
        assert_eq!(monitor.judge(at(110), SIDE, Lamp::Green), conflict(Lamp::Yellow), "its yellow goes on");
        monitor.note(at(110), MAIN, Lamp::Red);
        assert_eq!(monitor.judge(at(110), SIDE, Lamp::Green), Ok(()));
    }

    #[test]
    fn flashing_amber_counts_as_green() {
        let mut monitor = monitor();
        monitor.note(at(100), MAIN, Lamp::FlashingAmber);
        monitor.note(at(200), MAIN, Lamp::Red);
        let intergreen = Objection::Intergreen { from: MAIN, until: at(250) };
        assert_eq!(monitor.judge(at(249), SIDE, Lamp::Green), Err(intergreen));
        assert_eq!(monitor.judge(at(250), SIDE, Lamp::Green), Ok(()));
    }
}
