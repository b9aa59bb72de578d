//! Whose turn it is: modules one after the other, groups of later modules ahead of their turn, and groups outside of it where there is room.

use voorrang_units::{Duration, Instant};

use super::phase::{Phase, Realisation};
use super::run::{ActuatedRun, View};
use crate::aspect::Aspect;
use crate::detection::FAR_FUTURE;
use crate::id::GroupIndex;
use crate::intersection::synchronisation::Synchronisation;
use crate::program::Intent;

impl ActuatedRun {
    /// Moves on to the next module in which somebody asks, as long as the present one is through.
    pub(super) fn turn_over(&mut self, now: Instant, view: &View<'_>) {
        let modules = view.program.modules().len();
        for _ in 0..modules {
            if self.busy(now, view) {
                return;
            }
            let asks = |run: &Self, module: usize| {
                let primary = &view.program.modules()[module].primary;
                primary.iter().any(|group| run.groups[group.index()].asks.is_some())
            };
            let Some(steps) = (1..=modules).find(|steps| asks(self, (self.module + steps) % modules)) else {
                return;
            };
            for left in 0..steps {
                for group in &view.program.modules()[(self.module + left) % modules].primary {
                    self.groups[group.index()].served = false;
                }
            }
            self.module = (self.module + steps) % modules;
            self.yields = view.program.yields_at(self.module, now);
            self.claim_greens(view);
        }
    }

    /// Greens that came ahead of their turn count as their turn.
    fn claim_greens(&mut self, view: &View<'_>) {
        for group in &view.program.modules()[self.module].primary {
            let run = &mut self.groups[group.index()];
            if let Some(green) = run.green.as_mut().filter(|green| !matches!(green.phase, Phase::CoExtending))
            {
                green.realisation = Realisation::Primary;
                green.yields = self.yields;
                run.served = true;
            }
        }
    }

    /// Has the present module still something to do?
    fn busy(&self, now: Instant, view: &View<'_>) -> bool {
        let module = &view.program.modules()[self.module];
        let held = module.hold && self.yields.is_some_and(|until| now < until);
        held || module.primary.iter().any(|group| {
            let run = &self.groups[group.index()];
            let waits = run.asks.is_some() && !run.served;
            let holds =
                run.green.is_some_and(|green| green.holds() && green.realisation == Realisation::Primary);
            waits || holds
        })
    }

    /// Fills `wanted`: who is to turn green now, and why. The answer is when that may change by itself.
    pub(super) fn choose(&mut self, now: Instant, view: &View<'_>) -> Instant {
        self.wanted.fill(None);
        let modules = view.program.modules();
        for group in &modules[self.module].primary {
            if self.waits(*group, view) {
                self.wanted[group.index()] = Some(Realisation::Primary);
            }
        }
        for ahead in 1..=view.program.forward_modules().min(modules.len() - 1) {
            for group in &modules[(self.module + ahead) % modules.len()].primary {
                let free = |tied| self.nobody_before(tied, view);
                if self.waits(*group, view) && with_followers(view, *group).all(free) {
                    self.wanted[group.index()] = Some(Realisation::Primary);
                }
            }
        }
        let alternative = view.program.alternative();
        let again = alternative.map_or(FAR_FUTURE, |space| self.choose_alternatives(now, view, space));
        let nobody_asks = self.groups.iter().all(|run| run.asks.is_none());
        if nobody_asks && self.wanted.iter().all(Option::is_none) {
            self.choose_rest(view);
        }
        again
    }

    fn waits(&self, group: GroupIndex, view: &View<'_>) -> bool {
        let run = &self.groups[group.index()];
        run.asks.is_some() && !run.served && run.green.is_none() && !view.blocked[group.index()]
    }

    /// Ahead of its turn: nobody in conflict holds its green, or has its turn before.
    fn nobody_before(&self, group: GroupIndex, view: &View<'_>) -> bool {
        let current = &view.program.modules()[self.module].primary;
        view.foes(group).iter().all(|foe| {
            let run = &self.groups[foe.index()];
            let its_turn = current.contains(foe) && run.asks.is_some() && !run.served;
            !run.holds() && self.wanted[foe.index()].is_none() && !its_turn
        })
    }

    /// Outside their turn, whoever waits longest first. Only who can start at once: room gets less as time goes on.
    fn choose_alternatives(&mut self, now: Instant, view: &View<'_>, space: Duration) -> Instant {
        let mut again = FAR_FUTURE;
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(view.intersection.group_indices().filter(|group| {
            let run = &self.groups[group.index()];
            let free = run.green.is_none() && self.wanted[group.index()].is_none();
            free && run.asks.is_some() && !view.blocked[group.index()]
        }));
        order.sort_by_key(|group| (self.groups[group.index()].asks, *group));
        for group in &order {
            let starts =
                with_followers(view, *group).filter(|tied| self.groups[tied.index()].green.is_none());
            let ready = starts
                .map(|tied| view.interlock.earliest_green(tied))
                .try_fold(now, |latest, earliest| Some(latest.max(earliest?)));
            match ready {
                Some(ready) if ready > now => again = again.min(ready),
                Some(_) => again = again.min(self.choose_alternative(now, view, *group, space)),
                // Somebody in conflict has not ended its green, which will be an event.
                None => {}
            }
        }
        self.order = order;
        again
    }

    fn choose_alternative(
        &mut self,
        now: Instant,
        view: &View<'_>,
        group: GroupIndex,
        space: Duration,
    ) -> Instant {
        if !with_followers(view, group).all(|tied| self.has_room(now, view, tied, space)) {
            return FAR_FUTURE;
        }
        self.wanted[group.index()] = Some(Realisation::Alternative);
        let (intent, again) = self.start(now, view, group);
        if intent != Intent::Start {
            self.wanted[group.index()] = None;
        }
        again
    }

    /// Can a group be green for `space` and gone before anybody in conflict is due?
    fn has_room(&self, now: Instant, view: &View<'_>, group: GroupIndex, space: Duration) -> bool {
        let needed = space.max(view.intersection.groups()[group.index()].min_green);
        view.foes(group).iter().all(|foe| {
            let run = &self.groups[foe.index()];
            if run.green.is_some() || view.interlock.commanded(*foe) == Some(Aspect::Green) {
                return false;
            }
            let due = match self.wanted[foe.index()] {
                Some(Realisation::Primary) => self.due(view, *foe, group),
                Some(_) => return false,
                None if run.asks.is_some() => self.next_module_due(view),
                None => return true,
            };
            let clearance = view.intersection.conflicts().intergreen(group, *foe).unwrap_or(Duration::ZERO);
            due.is_some_and(|due| due - clearance - now >= needed)
        })
    }

    /// When a wanted group can turn green at the latest that is likely, judged by those in conflict that hold their green, but for one;
    /// `None` where nobody else keeps it.
    fn due(&self, view: &View<'_>, wanted: GroupIndex, but: GroupIndex) -> Option<Instant> {
        let holders = view.foes(wanted).iter().filter(|foe| **foe != but);
        holders
            .filter_map(|foe| {
                let green = self.groups[foe.index()].green.filter(|green| green.holds())?;
                Some(green.limit()? + view.intersection.conflicts().intergreen(*foe, wanted)?)
            })
            .max()
    }

    /// When the next module begins, judged by the longest greens of the present one; `None` where it may be at once.
    fn next_module_due(&self, view: &View<'_>) -> Option<Instant> {
        let primary = view.program.modules()[self.module].primary.iter();
        primary
            .filter_map(|group| {
                if self.wanted[group.index()].is_some() {
                    let fixed = view.intersection.groups()[group.index()].times.fixed_green;
                    return Some(view.interlock.earliest_green(*group)? + fixed);
                }
                self.groups[group.index()].green.filter(|green| green.holds())?.limit()
            })
            .max()
    }

    /// Nobody asks: those that wait in green do.
    fn choose_rest(&mut self, view: &View<'_>) {
        for group in view.intersection.group_indices() {
            let waits = view.program.waits_in_green(group)
                && self.groups[group.index()].green.is_none()
                && !view.blocked[group.index()];
            let free = view.foes(group).iter().all(|foe| {
                self.wanted[foe.index()].is_none()
                    && self.groups[foe.index()]
                        .green
                        .is_none_or(|green| !green.holds() && !view.program.waits_in_green(*foe))
            });
            if waits && free {
                self.wanted[group.index()] = Some(Realisation::Primary);
            }
        }
    }
}

/// A group and those that follow it: they are green together.
fn with_followers<'v>(view: &'v View<'_>, group: GroupIndex) -> impl Iterator<Item = GroupIndex> + 'v {
    let ties = view.intersection.synchronisations().iter();
    let followers = ties.filter_map(move |tie| match *tie {
        Synchronisation::FollowGreen { group: follower, after, .. } if after == group => Some(follower),
        _ => None,
    });
    std::iter::once(group).chain(followers)
}
