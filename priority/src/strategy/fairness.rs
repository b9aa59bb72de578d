//! Fairness: whoever has waited too long while one intervention followed another is served once before the next.
//!
//! So nobody waits longer than `max_wait` and `max_consecutive` interventions, each of the green guard and the time to switch: no intervention
//! begins that could make it more. Where nobody's way is in question the program serves it, in its cycle. Vehicles that join a convoy are let
//! through, as many as may while another vehicle waits.

use serde::{Deserialize, Serialize};
use voorrang_signals::intersection::GroupKind;
use voorrang_signals::{Aspect, GroupIndex, Wish};
use voorrang_units::{Duration, Instant};

use super::{Plan, opening};
use crate::area::{ControlledIntersection, IntersectionIndex};
use crate::request::arbitration::joins_convoy;
use crate::request::{Decision, Level};
use crate::switching;

/// Who is served although emergency vehicles come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FairnessConfig {
    /// Motor traffic waits this long at most. Default 120 s (TLCGen).
    #[serde(rename = "max_wait_motor_s", with = "crate::seconds")]
    pub max_wait_motor: Duration,
    /// Pedestrians and cyclists wait this long at most. Default 90 s (TLCGen).
    #[serde(rename = "max_wait_slow_s", with = "crate::seconds")]
    pub max_wait_slow: Duration,
    /// After so many interventions that it waited through, a group that has waited too long is served before the next. Default 3
    /// (judgement); 0: never, as the Dutch emergency intervention has it.
    pub max_consecutive: u8,
}

impl Default for FairnessConfig {
    fn default() -> Self {
        Self {
            max_wait_motor: Duration::from_seconds(120),
            max_wait_slow: Duration::from_seconds(90),
            max_consecutive: 3,
        }
    }
}

/// How many interventions each group has waited through.
#[derive(Debug, Clone)]
pub(super) struct Fairness {
    config: FairnessConfig,
    intersections: Vec<Waits>,
}

/// Of one intersection.
#[derive(Debug, Clone, Default)]
struct Waits {
    /// For each group, the interventions since it was last green.
    waited_through: Vec<u8>,
    /// When the last intervention that was counted began.
    counted: Option<Instant>,
}

impl Fairness {
    pub(super) fn new(config: FairnessConfig) -> Self {
        Self { config, intersections: Vec::new() }
    }

    /// Counts interventions and greens. To be called once at each planning.
    pub(super) fn look(&mut self, index: IntersectionIndex, intersection: &ControlledIntersection) {
        if self.intersections.len() <= index.index() {
            self.intersections.resize_with(index.index() + 1, Waits::default);
        }
        let waits = &mut self.intersections[index.index()];
        waits.waited_through.resize(intersection.signals().len(), 0);
        let live = intersection.requests().live().iter();
        let begun = live
            .filter(|request| request.level() == Level::Emergency)
            .filter_map(|request| request.stage().intervention());
        let (mut new, mut latest) = (0_u8, waits.counted);
        for since in begun.filter(|since| waits.counted.is_none_or(|counted| *since > counted)) {
            new = new.saturating_add(1);
            latest = latest.max(Some(since));
        }
        waits.counted = latest;
        for (count, signal) in waits.waited_through.iter_mut().zip(intersection.signals()) {
            let green = signal.aspect() == Some(Aspect::Green);
            *count = if green { 0 } else { count.saturating_add(new) };
        }
    }

    /// A decision for a live request, by its place, with fairness in mind: one whose intervention has not begun waits while somebody in its way
    /// is served who has waited too long.
    pub(super) fn judge(
        &self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        place: usize,
        decision: Decision,
        plan: &mut Plan,
    ) -> Decision {
        let live = intersection.requests().live();
        let request = &live[place];
        let begins = decision == Decision::Serve && request.stage().intervention().is_none();
        if !begins || self.config.max_consecutive == 0 || joins_convoy(intersection, place) {
            return decision;
        }
        let lasts = longest_green(intersection, place);
        let mut overdue = opening::foes(intersection, request.service())
            .filter(|group| self.has_waited_too_long(now, index, intersection, *group, lasts))
            .peekable();
        if overdue.peek().is_none() {
            return decision;
        }
        // Whoever is in the way of a running intervention, or of somebody else who has waited too long, is served when that has ended.
        let in_the_way = |group: GroupIndex| {
            let running = live.iter().filter(|other| other.is_served());
            let mut served = running.flat_map(|other| other.service().groups.iter().copied());
            let wished = plan.wishes(index);
            let mut greens =
                intersection.layout().group_indices().filter(|own| wished.wish(*own) == Wish::Green);
            served.any(|own| own == group || intersection.exclude(own, group))
                || greens.any(|own| intersection.exclude(own, group))
        };
        let longest = overdue
            .filter(|group| !in_the_way(*group))
            .min_by_key(|group| intersection.queues().waiting_since(*group));
        if let Some(group) = longest {
            plan.wish(index, group, Wish::Green);
        }
        Decision::Wait
    }

    /// Has a group waited too long, or would it have after an intervention whose green lasts so long?
    fn has_waited_too_long(
        &self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        group: GroupIndex,
        lasts: Duration,
    ) -> bool {
        let Some(since) = intersection.queues().waiting_since(group) else { return false };
        let waited_through = self.intersections[index.index()].waited_through[group.index()];
        let most = match intersection.layout().groups()[group.index()].kind {
            GroupKind::Motor | GroupKind::PublicTransport => self.config.max_wait_motor,
            GroupKind::Bicycle | GroupKind::Pedestrian => self.config.max_wait_slow,
        };
        let switching = switching::longest(intersection, group);
        let intervention = intersection.requests().green_guard() + switching;
        let bound = most + intervention * i64::from(self.config.max_consecutive);
        let waits = now - since;
        // After an intervention that began now those are served first who wait still longer.
        let ahead = intersection.layout().conflicts().conflicting(group).iter();
        let ahead = ahead
            .filter(|other| intersection.queues().waiting_since(**other).is_some_and(|other| other <= since));
        let until_served = ahead.fold(switching, |sum, other| sum + switching::longest(intersection, *other));
        waits + switching + lasts + until_served > bound
            || (waited_through >= self.config.max_consecutive && waits > most)
    }
}

/// How long the green for a request lasts at most if it begins now: the green guard, which begins anew as each of those has passed that are
/// served already on its approach, or begin with it.
fn longest_green(intersection: &ControlledIntersection, place: usize) -> Duration {
    let table = intersection.requests();
    let approach = table.live()[place].service().approach;
    let others = table.live().iter().enumerate();
    let before = others.filter(|(other, request)| {
        request.service().approach == approach && (*other < place || request.is_served())
    });
    before.fold(table.green_guard(), |sum, _| sum + table.green_guard())
}
