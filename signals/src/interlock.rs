//! The safety interlock: the only code that lets a group turn green. It sees commands and confirmations, never why somebody wants
//! something.
//!
//! # Rules
//! - The order of aspects is green, yellow, red, green.
//! - Two groups in full conflict are never green together, nor does one start before the intergreen since the *confirmed* end of the
//!   other's green is over. Whatever the intergreen says, the other's yellow is over too: it has had its length, and has been told to end.
//! - Green lasts its minimum, yellow its own length and never longer than the file's maximum, red its minimum.
//! - A command that is not confirmed yet counts as carried out or not, whichever is more dangerous: a group told to turn green counts as
//!   green, one told to end its green as still green. It may be repeated, and is checked anew then.
//! - A lamp whose history is unknown (start, reconnection, a step of the clock) counts as just changed; a group that was never seen
//!   counts as green, and when it is seen as just having ended its green. A clock that steps back is noticed here; of one that jumps ahead
//!   the host has to tell, by [`Interlock::forget`].
//! - What a confirmation says is true, even if nobody commanded it; it is reported as a [`Violation`] then.
//!
//! It does not replace the conflict monitor of a real controller (EN 12675), and longest waits are the controller's duty.

use voorrang_units::{Duration, Instant};

use crate::aspect::Aspect;
use crate::id::GroupIndex;
use crate::intersection::Intersection;

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The aspect may not follow the one that the lamp shows.
    Order {
        /// What it shows.
        shows: Aspect,
    },
    /// The lamp has not been seen yet.
    Unseen,
    /// An earlier command awaits its confirmation.
    Unconfirmed {
        /// What was commanded.
        commanded: Aspect,
    },
    /// The present aspect has not lasted long enough.
    TooShort {
        /// What it shows.
        shows: Aspect,
        /// When it may end.
        until: Instant,
    },
    /// A group in full conflict is green, or may be, or shows a yellow that nobody has told to end.
    Conflict {
        /// The other group.
        with: GroupIndex,
    },
    /// The intergreen since another group's end of green is not over.
    Intergreen {
        /// The group that ended.
        from: GroupIndex,
        /// When it is over.
        until: Instant,
    },
    /// There is no such group.
    NoSuchGroup,
}

/// A refused command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub at: Instant,
    /// Which group.
    pub group: GroupIndex,
    /// What was commanded.
    pub aspect: Aspect,
    /// Why not.
    pub reason: Reason,
}

/// A lamp did what was not commanded, or what breaks a rule. It is true all the same: the interlock goes on from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// Nobody commanded this.
    Uncommanded {
        /// Which group.
        group: GroupIndex,
        /// What it shows.
        aspect: Aspect,
    },
    /// It turned green while a group in full conflict was.
    ConflictingGreen {
        /// Which group.
        group: GroupIndex,
        /// The other one.
        with: GroupIndex,
    },
    /// Yellow lasts longer than the file's maximum.
    YellowTooLong {
        /// Which group.
        group: GroupIndex,
    },
}

/// What is known of one lamp.
#[derive(Debug, Clone, Copy)]
struct Lamp {
    /// What it showed last; `None` before it was seen, or after its history was lost.
    shows: Option<Aspect>,
    /// Since when, at the earliest that is safe to assume.
    since: Instant,
    /// When its last green was confirmed to have ended, or could have.
    green_ended: Instant,
    /// A command that is not confirmed yet.
    commanded: Option<Aspect>,
}

/// The lengths that one group has to keep.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    min_green: Duration,
    yellow: Duration,
    max_yellow: Duration,
    min_red: Duration,
}

/// The interlock of one intersection. Allocates nothing after its construction.
#[derive(Debug, Clone)]
pub struct Interlock {
    lamps: Vec<Lamp>,
    lengths: Vec<Lengths>,
    /// For each group, its full conflicts with the time from the end of the *other's* green to the start of its own: the intergreen or
    /// the other's yellow, whichever is longer.
    conflicts: Vec<Vec<(GroupIndex, Duration)>>,
    /// The latest moment that was told.
    now: Instant,
}

impl Interlock {
    /// An interlock that knows nothing of the lamps yet: everything counts as having just changed.
    #[must_use]
    pub fn new(intersection: &Intersection, now: Instant) -> Self {
        let unseen = Lamp { shows: None, since: now, green_ended: now, commanded: None };
        let lengths = intersection.groups().iter().map(|group| Lengths {
            min_green: group.min_green,
            yellow: group.yellow,
            max_yellow: group.max_yellow,
            min_red: group.min_red,
        });
        let conflicts = intersection.group_indices().map(|own| {
            let matrix = intersection.conflicts();
            let foes = matrix.conflicting(own).iter();
            foes.map(|foe| {
                let yellow = intersection.groups()[foe.index()].yellow;
                (*foe, matrix.intergreen(*foe, own).map_or(yellow, |intergreen| intergreen.max(yellow)))
            })
            .collect()
        });
        Self {
            lamps: vec![unseen; intersection.groups().len()],
            lengths: lengths.collect(),
            conflicts: conflicts.collect(),
            now,
        }
    }

    /// Commands a change of aspect. `Ok` means that the lamp may be told so now; until [`Interlock::observe`] confirms it, the command
    /// counts as carried out or not, whichever is more dangerous.
    ///
    /// # Errors
    /// The rule that the command breaks.
    pub fn command(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) -> Result<(), Refusal> {
        self.advance(now);
        self.check(now, group, aspect).map_err(|reason| Refusal { at: now, group, aspect, reason })?;
        self.lamps[group.index()].commanded = Some(aspect);
        Ok(())
    }

    /// A lamp confirms what it shows. Repeating it changes nothing.
    pub fn observe(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) -> Option<Violation> {
        self.advance(now);
        let lamp = *self.lamps.get(group.index())?;
        if lamp.shows == Some(aspect) {
            return None;
        }
        let commanded = lamp.commanded == Some(aspect);
        let first_sight = lamp.shows.is_none();
        let ends_green = match aspect {
            Aspect::Green => false,
            // Yellow follows green, whether or not that was seen.
            Aspect::Yellow => true,
            // After a yellow that was seen, and after red again, no green has come between; else it may have lasted until now.
            Aspect::Red => lamp.shows != Some(Aspect::Yellow),
        };
        let lamp = &mut self.lamps[group.index()];
        if ends_green {
            lamp.green_ended = now;
        }
        lamp.shows = Some(aspect);
        lamp.since = now;
        // Seen again before its command has reached it: the command may still come.
        lamp.commanded = lamp.commanded.filter(|commanded| first_sight && aspect.next() == *commanded);
        if aspect == Aspect::Green
            && let Some(with) = self.green_conflict(group)
        {
            return Some(Violation::ConflictingGreen { group, with });
        }
        (!commanded && !first_sight).then_some(Violation::Uncommanded { group, aspect })
    }

    /// What is known of the lamps is lost: reconnection, or a clock that jumped ahead. Everything counts as having just changed. A command
    /// that is on its way may still arrive, and goes on counting; for lamps that others have driven meanwhile make a new interlock.
    pub fn forget(&mut self, now: Instant) {
        self.now = now;
        for lamp in &mut self.lamps {
            *lamp = Lamp { shows: None, since: now, green_ended: now, commanded: lamp.commanded };
        }
    }

    /// May the command be given now, or given again while it awaits its confirmation?
    ///
    /// # Errors
    /// The rule that it would break.
    pub fn check(&self, now: Instant, group: GroupIndex, aspect: Aspect) -> Result<(), Reason> {
        let lamp = self.lamps.get(group.index()).ok_or(Reason::NoSuchGroup)?;
        let shows = lamp.shows.ok_or(Reason::Unseen)?;
        if let Some(commanded) = lamp.commanded.filter(|commanded| *commanded != aspect) {
            return Err(Reason::Unconfirmed { commanded });
        }
        if shows.next() != aspect {
            return Err(Reason::Order { shows });
        }
        let until = self.known(now, lamp.since) + self.least(group, shows);
        if now < until {
            return Err(Reason::TooShort { shows, until });
        }
        if aspect == Aspect::Green { self.check_conflicts(now, group) } else { Ok(()) }
    }

    /// When the group may turn green at the earliest, if no other is told to meanwhile and yellows end in time; `None` while that cannot be
    /// said: it is not red, or a group in conflict has not ended its green.
    #[must_use]
    pub fn earliest_green(&self, group: GroupIndex) -> Option<Instant> {
        let lamp = self.lamps.get(group.index())?;
        if lamp.shows != Some(Aspect::Red) || lamp.commanded.is_some() {
            return None;
        }
        let mut earliest = lamp.since + self.least(group, Aspect::Red);
        for (foe, clearance) in &self.conflicts[group.index()] {
            let other = &self.lamps[foe.index()];
            if may_be_green(other) {
                return None;
            }
            earliest = earliest.max(other.green_ended + *clearance);
        }
        Some(earliest)
    }

    /// When the present aspect of a group has lasted long enough to end; `None` before it was seen.
    #[must_use]
    pub fn earliest_end(&self, group: GroupIndex) -> Option<Instant> {
        let lamp = self.lamps.get(group.index())?;
        lamp.shows.map(|shows| lamp.since + self.least(group, shows))
    }

    /// What a lamp showed last; `None` before it was seen.
    #[must_use]
    pub fn shows(&self, group: GroupIndex) -> Option<Aspect> {
        self.lamps.get(group.index()).and_then(|lamp| lamp.shows)
    }

    /// Since when, as far as is known.
    #[must_use]
    pub fn since(&self, group: GroupIndex) -> Option<Instant> {
        self.lamps.get(group.index()).filter(|lamp| lamp.shows.is_some()).map(|lamp| lamp.since)
    }

    /// A command that awaits its confirmation.
    #[must_use]
    pub fn commanded(&self, group: GroupIndex) -> Option<Aspect> {
        self.lamps.get(group.index()).and_then(|lamp| lamp.commanded)
    }

    /// Groups whose yellow lasts longer than the file allows.
    pub fn overdue_yellows(&self, now: Instant) -> impl Iterator<Item = Violation> {
        self.lamps.iter().zip(&self.lengths).zip(0..).filter_map(move |((lamp, lengths), index)| {
            let overdue = lamp.shows == Some(Aspect::Yellow) && now > lamp.since + lengths.max_yellow;
            overdue.then_some(Violation::YellowTooLong { group: GroupIndex(index) })
        })
    }

    /// Time goes on. Should it step back, nothing known of when lamps changed can be relied on.
    pub(crate) fn advance(&mut self, now: Instant) {
        if now < self.now {
            for lamp in &mut self.lamps {
                lamp.since = now;
                lamp.green_ended = now;
            }
        }
        self.now = now;
    }

    /// When something happened, as far as that can be relied on: see [`Interlock::advance`].
    fn known(&self, now: Instant, moment: Instant) -> Instant {
        if now < self.now { now } else { moment }
    }

    fn check_conflicts(&self, now: Instant, group: GroupIndex) -> Result<(), Reason> {
        for (foe, clearance) in &self.conflicts[group.index()] {
            let other = &self.lamps[foe.index()];
            let yellow_goes_on = other.shows == Some(Aspect::Yellow) && other.commanded != Some(Aspect::Red);
            if may_be_green(other) || yellow_goes_on {
                return Err(Reason::Conflict { with: *foe });
            }
            let until = self.known(now, other.green_ended) + *clearance;
            if now < until {
                return Err(Reason::Intergreen { from: *foe, until });
            }
        }
        Ok(())
    }

    fn green_conflict(&self, group: GroupIndex) -> Option<GroupIndex> {
        self.conflicts[group.index()]
            .iter()
            .map(|(foe, _)| *foe)
            .find(|foe| self.lamps[foe.index()].shows == Some(Aspect::Green))
    }

    /// How long an aspect has to last at least.
    fn least(&self, group: GroupIndex, aspect: Aspect) -> Duration {
        let lengths = &self.lengths[group.index()];
        match aspect {
            Aspect::Green => lengths.min_green,
            Aspect::Yellow => lengths.yellow,
            Aspect::Red => lengths.min_red,
        }
    }
}

/// Green, told to turn green, told to end its green without having confirmed it, or not seen yet.
fn may_be_green(lamp: &Lamp) -> bool {
    match lamp.shows {
        None | Some(Aspect::Green) => true,
        Some(Aspect::Yellow | Aspect::Red) => lamp.commanded == Some(Aspect::Green),
    }
}
