//! A vehicle-actuated program as it runs: detectors and confirmed lamps in, an intent for each group out.

use voorrang_units::{Duration, Instant};

use super::Actuated;
use super::phase::{Green, GroupRun, Phase, Realisation};
use crate::aspect::Aspect;
use crate::detection::{Detection, FAR_FUTURE, Holds};
use crate::id::GroupIndex;
use crate::interlock::Interlock;
use crate::intersection::Intersection;
use crate::intersection::synchronisation::Synchronisation;
use crate::program::Intent;

/// A group whose green was cut short gets at least this much when it comes back (TLCGen's default).
const LEAST_RETURN: Duration = Duration::from_seconds(6);

/// What a program sees when it plans.
pub(crate) struct View<'a> {
    pub(crate) intersection: &'a Intersection,
    pub(crate) program: &'a Actuated,
    pub(crate) interlock: &'a Interlock,
    pub(crate) detection: &'a Detection,
    /// Somebody wishes them red, or something in conflict green.
    pub(crate) blocked: &'a [bool],
    /// Somebody wishes them green, or to stay so.
    pub(crate) wished: &'a [bool],
    /// Until when they must stay green, since others follow through them.
    pub(crate) protected: &'a [Option<Instant>],
}

impl View<'_> {
    pub(super) fn foes(&self, group: GroupIndex) -> &[GroupIndex] {
        self.intersection.conflicts().conflicting(group)
    }

    fn shows_green(&self, group: GroupIndex) -> bool {
        self.interlock.shows(group) == Some(Aspect::Green)
            && self.interlock.commanded(group) != Some(Aspect::Yellow)
    }
}

/// How long greens are taken to extend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extension {
    /// As detectors measure.
    Measured,
    /// As long as they usually do: for what is likely.
    Usual,
    /// As long as they may: for what is the latest.
    Longest,
}

/// The state of a running program. Allocates nothing after its construction.
#[derive(Debug, Clone)]
pub(crate) struct ActuatedRun {
    pub(super) module: usize,
    /// When the present module has to be through, where it is coordinated.
    pub(super) yields: Option<Instant>,
    pub(super) groups: Vec<GroupRun>,
    pub(super) wanted: Vec<Option<Realisation>>,
    pub(super) order: Vec<GroupIndex>,
    extension: Extension,
}

impl ActuatedRun {
    pub(crate) fn new(program: &Actuated, groups: usize, now: Instant) -> Self {
        Self {
            module: 0,
            yields: program.yields_at(0, now),
            groups: vec![GroupRun::default(); groups],
            wanted: vec![None; groups],
            order: Vec::with_capacity(groups),
            extension: Extension::Measured,
        }
    }

    /// From now on greens are taken to extend otherwise: for a look ahead.
    pub(crate) fn assume(&mut self, extension: Extension) {
        self.extension = extension;
    }

    /// Everybody who is not green asks.
    pub(crate) fn ask_all(&mut self, now: Instant) {
        for run in self.groups.iter_mut().filter(|run| run.green.is_none()) {
            run.asks.get_or_insert(now);
        }
    }

    /// Does anybody wait for the end of a group's green?
    pub(crate) fn is_waited_for(&self, group: GroupIndex) -> bool {
        self.groups[group.index()].green.is_some_and(|green| green.waited_for.is_some())
    }

    /// The place of the module whose turn it is.
    pub(crate) fn module(&self) -> usize {
        self.module
    }

    /// Since when a group asks for green.
    pub(crate) fn asks(&self, group: GroupIndex) -> Option<Instant> {
        self.groups[group.index()].asks
    }

    /// A lamp confirmed another aspect.
    pub(crate) fn observe(
        &mut self,
        now: Instant,
        intersection: &Intersection,
        program: &Actuated,
        group: GroupIndex,
        aspect: Aspect,
    ) {
        let run = &mut self.groups[group.index()];
        if aspect != Aspect::Green {
            if let Some(green) = run.green.filter(|green| green.realisation == Realisation::Primary) {
                let length = now - green.since;
                let smoothed =
                    |usual: Duration| Duration::from_millis((usual.millis() * 3 + length.millis()) / 4);
                run.usual = Some(run.usual.map_or(length, smoothed));
            }
            run.green = None;
            if run.owed.is_some() {
                run.asks = Some(now);
                run.served = false;
            }
            return;
        }
        run.asks = None;
        let realisation = run.starting.take().unwrap_or(Realisation::Special);
        // Outside its turn it still has that before it.
        run.served |= realisation != Realisation::Alternative;
        let own = &intersection.groups()[group.index()];
        let least = match realisation {
            Realisation::Alternative => program.alternative().unwrap_or(Duration::ZERO),
            Realisation::Primary | Realisation::Special => Duration::ZERO,
        };
        let yields = program.yields_at(program.module_of(group), now);
        run.green = Some(Green {
            since: now,
            phase: Phase::Fixed,
            realisation,
            fixed_until: now + own.times.fixed_green.max(own.min_green).max(least),
            longest: run.owed.take().unwrap_or(own.times.longest_green),
            waited_for: None,
            yields: yields.filter(|_| realisation == Realisation::Primary),
        });
    }

    /// A group was told to turn green.
    pub(crate) fn started(&mut self, group: GroupIndex) {
        self.groups[group.index()].starting = self.wanted[group.index()];
    }

    /// What each group is to do now; and when to ask again, should nothing happen before.
    pub(crate) fn plan(&mut self, now: Instant, view: &View<'_>, intents: &mut [Intent]) -> Instant {
        let mut due = self.take_demands(now, view);
        for group in view.intersection.group_indices() {
            due = due.min(self.advance_phase(now, view, group));
        }
        self.turn_over(now, view);
        if let Some(yields) = self.yields.filter(|yields| *yields > now) {
            due = due.min(yields);
        }
        due = due.min(self.choose(now, view));
        self.tie_followers(view);
        for group in view.intersection.group_indices() {
            let (intent, again) = self.intent(now, view, group);
            intents[group.index()] = intent;
            due = due.min(again);
        }
        due
    }

    fn take_demands(&mut self, now: Instant, view: &View<'_>) -> Instant {
        let mut due = FAR_FUTURE;
        for group in view.intersection.group_indices() {
            let run = &mut self.groups[group.index()];
            if run.green.is_some() || run.asks.is_some() {
                continue;
            }
            let held = view.program.modules()[view.program.module_of(group)].hold;
            if held || !view.detection.can_ask(view.intersection, group) {
                run.asks = Some(now);
                continue;
            }
            match view.detection.asks(now, view.intersection, group) {
                Holds::Yes => run.asks = Some(now),
                Holds::From(moment) => due = due.min(moment),
                Holds::No => {}
            }
        }
        due
    }

    /// Does anybody in conflict, or tied to it by an equal start, wait for the end of a group's green? Who is kept from starting by a wish
    /// waits for the wished alone.
    fn demanded(&self, view: &View<'_>, group: GroupIndex) -> bool {
        let wished = view.wished[group.index()];
        let waits = |other: GroupIndex| {
            self.groups[other.index()].asks.is_some() && (wished || !view.blocked[other.index()])
        };
        view.foes(group).iter().any(|foe| waits(*foe)) || equals(view.intersection, group).any(waits)
    }

    /// How far a group's green has come by now; when to look again.
    fn advance_phase(&mut self, now: Instant, view: &View<'_>, group: GroupIndex) -> Instant {
        let Some(mut green) = self.groups[group.index()].green else { return FAR_FUTURE };
        let demanded = self.demanded(view, group);
        if demanded && green.waited_for.is_none() {
            green.waited_for = Some(now);
        }
        let rests = view.program.waits_in_green(group) && !demanded;
        let mut again = FAR_FUTURE;
        if green.phase == Phase::Fixed {
            let end = green.fixed_until;
            if now < end {
                again = end;
            } else {
                green.phase = if rests { Phase::Waiting } else { Phase::Extending };
            }
        }
        if green.phase == Phase::Waiting && !rests {
            green.phase = Phase::Extending;
        }
        if green.phase == Phase::Extending {
            let until = self.extension(view, group, &green);
            if until <= now {
                green.phase = Phase::CoExtending;
            } else {
                again = again.min(until);
            }
        }
        if green.phase == Phase::CoExtending && rests {
            green.phase = Phase::Waiting;
        }
        self.groups[group.index()].green = Some(green);
        again
    }

    /// Until when the extension of a green goes on, should nothing be reported from now on.
    fn extension(&self, view: &View<'_>, group: GroupIndex, green: &Green) -> Instant {
        let limit = green.limit().unwrap_or(FAR_FUTURE);
        let module = &view.program.modules()[view.program.module_of(group)];
        let unmeasured = !view.detection.measures(view.intersection, group)
            && !view.detection.can_ask(view.intersection, group);
        if (module.hold && green.yields.is_some()) || unmeasured {
            return limit;
        }
        match self.extension {
            Extension::Measured => {}
            Extension::Usual => {
                let usual = self.groups[group.index()].usual.unwrap_or(green.longest);
                return (green.since + usual).min(limit);
            }
            Extension::Longest => {
                return limit.min(green.since.max(green.waited_for.unwrap_or(green.since)) + green.longest);
            }
        }
        let measured = view.detection.extends_until(view.intersection, group, green.since);
        measured.unwrap_or(green.since).min(limit)
    }

    /// Who is followed turns green only with those that follow.
    fn tie_followers(&mut self, view: &View<'_>) {
        for tie in view.intersection.synchronisations() {
            let Synchronisation::FollowGreen { group, after, .. } = *tie else { continue };
            let Some(realisation) = self.wanted[after.index()] else { continue };
            if view.blocked[group.index()] {
                self.wanted[after.index()] = None;
            } else if self.groups[group.index()].green.is_none() {
                self.wanted[group.index()].get_or_insert(realisation);
            }
        }
    }

    fn intent(&mut self, now: Instant, view: &View<'_>, group: GroupIndex) -> (Intent, Instant) {
        let Some(green) = self.groups[group.index()].green else {
            return match self.wanted[group.index()] {
                Some(_) => self.start(now, view, group),
                None => (Intent::Stay, FAR_FUTURE),
            };
        };
        if view.wished[group.index()] {
            return (Intent::Stay, FAR_FUTURE);
        }
        if let Some(until) = view.protected[group.index()].filter(|until| *until > now) {
            return (Intent::Stay, until);
        }
        if view.blocked[group.index()] {
            self.note_cut(now, view, group, &green);
            return (Intent::End, FAR_FUTURE);
        }
        // Whatever wished its end has gone before it came to that.
        if view.shows_green(group) {
            self.groups[group.index()].owed = None;
        }
        if self.is_followed(view, group) {
            return (Intent::Stay, FAR_FUTURE);
        }
        let ends =
            !green.holds() && (self.gives_way(now, view, group) || self.is_through(view, group, &green));
        (if ends { Intent::End } else { Intent::Stay }, FAR_FUTURE)
    }

    /// Somebody is to turn green whom this group follows.
    fn is_followed(&self, view: &View<'_>, group: GroupIndex) -> bool {
        view.intersection.synchronisations().iter().any(|tie| match *tie {
            Synchronisation::FollowGreen { group: follower, after, .. } => {
                follower == group && self.wanted[after.index()].is_some()
            }
            _ => false,
        })
    }

    /// Somebody in conflict is to turn green, and nobody else keeps it from that.
    fn gives_way(&self, now: Instant, view: &View<'_>, group: GroupIndex) -> bool {
        let kept = |other: GroupIndex| {
            view.foes(other).iter().any(|foe| {
                let protected = view.protected[foe.index()].is_some_and(|until| until > now);
                *foe != group && view.shows_green(*foe) && (self.groups[foe.index()].holds() || protected)
            })
        };
        let foes = view.foes(group).iter().copied();
        let tied = equals(view.intersection, group);
        foes.chain(tied).any(|other| self.wanted[other.index()].is_some() && !kept(other))
    }

    /// Nothing speaks for going on.
    fn is_through(&self, view: &View<'_>, group: GroupIndex, green: &Green) -> bool {
        if green.phase != Phase::CoExtending {
            return false;
        }
        let others_hold = || self.groups.iter().any(GroupRun::holds);
        !(view.intersection.groups()[group.index()].times.co_extends && others_hold())
    }

    /// A green that is cut short before its extension is over gets its turn again, with what it missed.
    fn note_cut(&mut self, now: Instant, view: &View<'_>, group: GroupIndex, green: &Green) {
        let run = &mut self.groups[group.index()];
        if !view.shows_green(group) {
            return;
        }
        run.owed = None;
        let measured = view.detection.extends_until(view.intersection, group, green.since);
        let cut = green.phase == Phase::Fixed
            || (green.phase == Phase::Extending && measured.is_some_and(|until| until > now));
        if cut {
            let longest = view.intersection.groups()[group.index()].times.longest_green;
            run.owed = Some((longest - (now - green.since)).max(LEAST_RETURN).min(longest.max(LEAST_RETURN)));
        }
    }

    /// May a wanted group start, as far as synchronisations go?
    pub(super) fn start(&self, now: Instant, view: &View<'_>, group: GroupIndex) -> (Intent, Instant) {
        let mut again = FAR_FUTURE;
        for tie in view.intersection.synchronisations() {
            let may = match *tie {
                Synchronisation::LeadStart { group: first, before, lead } if before == group => {
                    match self.groups[first.index()].green {
                        Some(green) if now < green.since + lead => {
                            again = again.min(green.since + lead);
                            false
                        }
                        Some(_) => true,
                        // Outside its turn it makes nobody wait.
                        None => self.wanted[first.index()] != Some(Realisation::Primary),
                    }
                }
                Synchronisation::EqualStart { group: one, with } if one == group || with == group => {
                    let other = if one == group { with } else { one };
                    let red = self.groups[other.index()].green.is_none();
                    let ready = || view.interlock.check(now, other, Aspect::Green).is_ok();
                    red && (self.wanted[other.index()].is_none() || ready())
                }
                Synchronisation::FollowGreen { group: follower, after, .. } if after == group => {
                    self.groups[follower.index()].green.is_some()
                        || view.interlock.check(now, follower, Aspect::Green).is_ok()
                }
                _ => true,
            };
            if !may {
                // What it waits for is an event of its own.
                return (Intent::Stay, again);
            }
        }
        (Intent::Start, again)
    }
}

/// The groups that start together with one.
fn equals(intersection: &Intersection, group: GroupIndex) -> impl Iterator<Item = GroupIndex> {
    intersection.synchronisations().iter().filter_map(move |tie| match *tie {
        Synchronisation::EqualStart { group: one, with } if one == group => Some(with),
        Synchronisation::EqualStart { group: one, with } if with == group => Some(one),
        _ => None,
    })
}
