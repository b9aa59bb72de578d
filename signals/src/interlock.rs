//! The safety interlock: the only code that lets a group turn green. It sees commands and confirmations, never why somebody wants
//! something.
//!
//! # Rules
//! - The order of aspects is green, yellow, red, green.
//! - Two groups in full conflict are never green together, nor does one start before the intergreen since the *confirmed* end of the
//!   other's green is over. Whatever the intergreen says, the other's yellow is over too: it has had its length, and has been told to end.
//!   Two groups in green-green conflict are never green together either, but the one may start with the other's yellow.
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
use crate::intersection::conflict::Conflict;

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

/// A group that is never green together with another.
#[derive(Debug, Clone, Copy)]
struct Foe {
    group: GroupIndex,
    /// From the end of *its* green to the start of the other's.
    clearance: Duration,
    /// Whether its yellow has to be over too: always, but in a green-green conflict.
    after_yellow: bool,
}

/// The interlock of one intersection. Allocates nothing after its construction.
#[derive(Debug, Clone)]
pub struct Interlock {
    lamps: Vec<Lamp>,
    lengths: Vec<Lengths>,
    /// For each group, those that are never green together with it.
    conflicts: Vec<Vec<Foe>>,
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
                let intergreen = matrix.intergreen(*foe, own).unwrap_or(Duration::ZERO);
                let yellow = intersection.groups()[foe.index()].yellow;
                let after_yellow = matrix.conflict(*foe, own) != Conflict::GreenGreen;
                let clearance = if after_yellow { intergreen.max(yellow) } else { intergreen };
                Foe { group: *foe, clearance, after_yellow }
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
        for foe in &self.conflicts[group.index()] {
            let other = &self.lamps[foe.group.index()];
            if may_be_green(other) {
                return None;
            }
            earliest = earliest.max(other.green_ended + foe.clearance);
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
        for foe in &self.conflicts[group.index()] {
            let other = &self.lamps[foe.group.index()];
            let yellow_goes_on = foe.after_yellow
                && other.shows == Some(Aspect::Yellow)
                && other.commanded != Some(Aspect::Red);
            if may_be_green(other) || yellow_goes_on {
                return Err(Reason::Conflict { with: foe.group });
            }
            let until = self.known(now, other.green_ended) + foe.clearance;
            if now < until {
                return Err(Reason::Intergreen { from: foe.group, until });
            }
        }
        Ok(())
    }

    fn green_conflict(&self, group: GroupIndex) -> Option<GroupIndex> {
        self.conflicts[group.index()]
            .iter()
            .map(|foe| foe.group)
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

#[cfg(test)]
mod tests {
    use super::*;
    use Aspect::{Green, Red, Yellow};

    /// Of the crossing: full conflict, intergreens 5 s from main to side and 5.5 s back; minimum green 5 and 6 s, red 2 s, yellow 3.5 and 3 s.
    const MAIN: GroupIndex = GroupIndex(0);
    const SIDE: GroupIndex = GroupIndex(2);

    /// Tenths of a second after the beginning.
    fn at(tenths: i64) -> Instant {
        Instant::from_unix_millis(tenths * 100)
    }

    /// All lamps were seen at the beginning: red, but for those told.
    fn interlock(green: &[GroupIndex]) -> Interlock {
        let text = include_str!("../tests/intersections/crossing.toml");
        let crossing = Intersection::from_toml(text, "crossing.toml").unwrap();
        let mut interlock = Interlock::new(&crossing, at(0));
        for group in crossing.group_indices() {
            interlock.observe(at(0), group, if green.contains(&group) { Green } else { Red });
        }
        interlock
    }

    fn reason(result: Result<(), Refusal>) -> Option<Reason> {
        result.err().map(|refusal| refusal.reason)
    }

    /// The main road's green ended and was confirmed at 10 s; its yellow has ended if told so.
    fn main_has_ended(yellow_too: bool) -> Interlock {
        let mut interlock = interlock(&[MAIN]);
        assert_eq!(interlock.command(at(90), MAIN, Yellow), Ok(()));
        interlock.observe(at(100), MAIN, Yellow);
        if yellow_too {
            assert_eq!(interlock.command(at(135), MAIN, Red), Ok(()));
            interlock.observe(at(140), MAIN, Red);
        }
        interlock
    }

    #[test]
    fn a_lamp_that_was_not_seen_is_not_commanded() {
        let text = include_str!("../tests/intersections/crossing.toml");
        let crossing = Intersection::from_toml(text, "crossing.toml").unwrap();
        let mut interlock = Interlock::new(&crossing, at(0));
        assert_eq!(reason(interlock.command(at(999), MAIN, Green)), Some(Reason::Unseen));
        interlock.observe(at(1000), MAIN, Red);
        let refused = reason(interlock.command(at(1999), MAIN, Green));
        assert_eq!(refused, Some(Reason::Conflict { with: SIDE }), "the others may be green");
    }

    #[test]
    fn only_the_next_aspect_may_follow() {
        let mut interlock = interlock(&[MAIN]);
        assert_eq!(reason(interlock.command(at(100), MAIN, Red)), Some(Reason::Order { shows: Green }));
        assert_eq!(reason(interlock.command(at(100), SIDE, Yellow)), Some(Reason::Order { shows: Red }));
        let none = GroupIndex(99);
        assert_eq!(reason(interlock.command(at(100), none, Green)), Some(Reason::NoSuchGroup));
    }

    #[test]
    fn green_lasts_its_minimum_from_its_confirmation() {
        let mut interlock = interlock(&[]);
        assert_eq!(interlock.command(at(100), MAIN, Green), Ok(()));
        interlock.observe(at(120), MAIN, Green);
        let refused = reason(interlock.command(at(169), MAIN, Yellow));
        assert_eq!(refused, Some(Reason::TooShort { shows: Green, until: at(170) }));
        assert_eq!(interlock.command(at(170), MAIN, Yellow), Ok(()));
    }

    #[test]
    fn intergreen_counts_from_the_confirmed_end_of_green() {
        let mut interlock = main_has_ended(true);
        let refused = reason(interlock.command(at(149), SIDE, Green));
        assert_eq!(refused, Some(Reason::Intergreen { from: MAIN, until: at(150) }));
        assert_eq!(interlock.earliest_green(SIDE), Some(at(150)));
        assert_eq!(interlock.command(at(150), SIDE, Green), Ok(()));
    }

    #[test]
    fn a_yellow_that_nobody_ends_holds_the_others_back() {
        let mut interlock = main_has_ended(false);
        let refused = reason(interlock.command(at(999), SIDE, Green));
        assert_eq!(refused, Some(Reason::Conflict { with: MAIN }));
        assert_eq!(interlock.command(at(1000), MAIN, Red), Ok(()));
        assert_eq!(interlock.command(at(1000), SIDE, Green), Ok(()));
    }

    #[test]
    fn an_end_of_green_that_is_not_confirmed_is_none() {
        let mut interlock = interlock(&[MAIN]);
        assert_eq!(interlock.command(at(90), MAIN, Yellow), Ok(()));
        assert_eq!(reason(interlock.command(at(999), SIDE, Green)), Some(Reason::Conflict { with: MAIN }));
        assert_eq!(interlock.earliest_green(SIDE), None);
    }

    #[test]
    fn a_green_that_is_not_confirmed_counts_as_green() {
        let mut interlock = interlock(&[]);
        assert_eq!(interlock.command(at(100), MAIN, Green), Ok(()));
        interlock.observe(at(150), MAIN, Red);
        assert_eq!(reason(interlock.command(at(999), SIDE, Green)), Some(Reason::Conflict { with: MAIN }));
        let refused = reason(interlock.command(at(999), MAIN, Yellow));
        assert_eq!(refused, Some(Reason::Unconfirmed { commanded: Green }));
    }

    #[test]
    fn a_repeated_command_is_checked_anew() {
        let mut interlock = interlock(&[]);
        assert_eq!(interlock.command(at(100), MAIN, Green), Ok(()));
        assert_eq!(interlock.command(at(110), MAIN, Green), Ok(()));
        let told = interlock.observe(at(115), SIDE, Green);
        assert_eq!(told, Some(Violation::Uncommanded { group: SIDE, aspect: Green }));
        assert_eq!(reason(interlock.command(at(120), MAIN, Green)), Some(Reason::Conflict { with: SIDE }));
    }

    #[test]
    fn what_was_forgotten_counts_as_just_changed() {
        let mut interlock = main_has_ended(true);
        interlock.forget(at(200));
        assert_eq!(reason(interlock.command(at(300), SIDE, Green)), Some(Reason::Unseen));
        for group in (0..4).map(GroupIndex) {
            assert_eq!(interlock.observe(at(300), group, Red), None, "first sight is no violation");
        }
        // The longest intergreen: from the other side of the main road.
        assert_eq!(interlock.earliest_green(SIDE), Some(at(355)));
    }

    #[test]
    fn a_command_under_way_is_not_forgotten() {
        let mut interlock = interlock(&[]);
        assert_eq!(interlock.command(at(100), MAIN, Green), Ok(()));
        interlock.forget(at(101));
        for group in (0..4).map(GroupIndex) {
            interlock.observe(at(102), group, Red);
        }
        assert_eq!(reason(interlock.command(at(999), SIDE, Green)), Some(Reason::Conflict { with: MAIN }));
        assert_eq!(interlock.observe(at(1000), MAIN, Green), None, "it was commanded");
    }

    #[test]
    fn after_a_clock_steps_back_everything_counts_as_just_changed() {
        let mut interlock = interlock(&[]);
        interlock.observe(at(500), MAIN, Red);
        assert_eq!(
            interlock.check(at(499), SIDE, Green),
            Err(Reason::TooShort { shows: Red, until: at(519) })
        );
        let refused = reason(interlock.command(at(400), SIDE, Green));
        assert_eq!(refused, Some(Reason::TooShort { shows: Red, until: at(420) }));
        let refused = reason(interlock.command(at(420), SIDE, Green));
        assert_eq!(refused, Some(Reason::Intergreen { from: MAIN, until: at(450) }));
        assert_eq!(interlock.command(at(455), SIDE, Green), Ok(()));
    }

    #[test]
    fn lamps_that_contradict_are_believed_and_reported() {
        let mut interlock = interlock(&[MAIN]);
        let told = interlock.observe(at(10), SIDE, Green);
        assert_eq!(told, Some(Violation::ConflictingGreen { group: SIDE, with: MAIN }));
        let told = interlock.observe(at(20), SIDE, Red);
        assert_eq!(told, Some(Violation::Uncommanded { group: SIDE, aspect: Red }));
        assert_eq!(interlock.observe(at(30), SIDE, Red), None, "said before");
        let told: Vec<_> = interlock.overdue_yellows(at(999)).collect();
        assert_eq!(told, []);
        interlock.observe(at(1000), MAIN, Yellow);
        let told: Vec<_> = interlock.overdue_yellows(at(1061)).collect();
        assert_eq!(told, [Violation::YellowTooLong { group: MAIN }]);
    }
}
