//! Public transport and goods: what they get beside emergency vehicles, whatever the strategy for those. Strategies plan for emergency vehicles
//! only; this part plans afterwards, with what they left.
//!
//! | level | gets |
//! |---|---|
//! | conditional (importance 1 to 9) | a green that runs is held until the vehicle has passed; nobody is cut |
//! | absolute (10 to 14) | green in time: those in its way are cut, but not before their *cut green*, and not started when that would no longer fit |
//!
//! The cut green (*afkapgroen*) is the longest of guaranteed green, fixed green and a share of the maximum green. Nothing begins
//! - for who is in the way of an emergency vehicle whose turn it is;
//! - while somebody in the way has waited longer than its maximum wait;
//! - before somebody in the way of the last action was green again, if anybody there waits, and before the block time is over.
//!
//! A green is held for a request as long as [`RequestConfig::transit_green_guard`](crate::request::RequestConfig::transit_green_guard) at most. An
//! emergency vehicle in the way ends the service (`reserviceLocked`; `request/reservice.rs`). With the strategy `none` nobody gets anything.
//!
//! Source: TLCGen's `prio.c`: options of priority classes, cut green, green guard, block time, one conflict served since the last action, maximum
//! waits. Its fixed travel times (14, 10 or 6 s by how hindered a bus is) are replaced by what the vehicle says of its arrival and by the queue
//! before it; where it says nothing it counts as coming at once. Fails where a bus halts before the stop line and does not say so.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use voorrang_signals::{Aspect, GroupIndex, Wish};
use voorrang_units::{Duration, Instant};

use crate::area::{ControlArea, ControlledIntersection, IntersectionIndex};
use crate::request::{Decision, Level, Request};
use crate::strategy::Plan;
use crate::strategy::opening::STEP;
use crate::strategy::timing::TimingConfig;
use crate::switching;

/// What public transport and goods get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransitConfig {
    /// When green has to start for a vehicle with absolute priority.
    pub timing: TimingConfig,
    /// Nobody is cut before so much of its maximum green. Default 0.5 (judgement; in TLCGen a setting of each group).
    pub cut_green_share: f64,
    /// So long after an action the next may begin. Default 0 s (TLCGen).
    #[serde(rename = "block_s", with = "crate::seconds")]
    pub block: Duration,
}

impl Default for TransitConfig {
    fn default() -> Self {
        Self { timing: TimingConfig::default(), cut_green_share: 0.5, block: Duration::ZERO }
    }
}

/// The service of public transport and goods.
#[derive(Debug, Clone)]
pub(crate) struct Transit {
    config: TransitConfig,
    /// By intersection.
    last: Vec<LastAction>,
    order: Vec<usize>,
}

/// What was done last at an intersection.
#[derive(Debug, Clone, Default)]
struct LastAction {
    /// Whom it served; empty where there was none.
    groups: Vec<GroupIndex>,
    /// Since when nobody is served any more; `None` while somebody is.
    ended: Option<Instant>,
    /// Somebody in its way was green since.
    conflict_served: bool,
}

impl Transit {
    pub(crate) fn new(config: TransitConfig, intersections: usize) -> Self {
        Self { config, last: vec![LastAction::default(); intersections], order: Vec::new() }
    }

    /// Adds to a strategy's plan what public transport and goods get.
    pub(crate) fn plan(
        &mut self,
        now: Instant,
        area: &ControlArea,
        busy: &[IntersectionIndex],
        plan: &mut Plan,
    ) {
        for index in busy {
            let intersection = area.intersection(*index);
            if intersection.requests().live().iter().any(is_transit) {
                self.look(now, *index, intersection);
                self.serve(now, *index, intersection, plan);
            }
        }
    }

    /// Keeps in mind whom the last action served, and whether somebody in its way was green since.
    fn look(&mut self, now: Instant, index: IntersectionIndex, intersection: &ControlledIntersection) {
        let last = &mut self.last[index.index()];
        let mut served =
            intersection.requests().live().iter().filter(|one| is_transit(one) && one.is_served());
        if let Some(request) = served.next() {
            last.groups.clear();
            last.groups.extend_from_slice(&request.service().groups);
            (last.ended, last.conflict_served) = (None, false);
        } else if !last.groups.is_empty() {
            last.ended.get_or_insert(now);
            last.conflict_served |= in_the_way(intersection, &last.groups)
                .any(|foe| intersection.signals()[foe.index()].aspect() == Some(Aspect::Green));
        }
    }

    /// The higher level first, whoever is served, then as they came.
    fn serve(
        &mut self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        plan: &mut Plan,
    ) {
        let live = intersection.requests().live();
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend((0..live.len()).filter(|place| is_transit(&live[*place])));
        order.sort_unstable_by_key(|place| {
            (Reverse(live[*place].level()), !live[*place].is_served(), live[*place].arrival())
        });
        for (turn, place) in order.iter().enumerate() {
            let request = &live[*place];
            let goes_before = |other: &usize| {
                matches!(plan.decisions(index).get(*other), Some(Decision::Serve | Decision::Wait))
                    && excludes(intersection, request, &live[*other])
            };
            let emergency = (0..live.len())
                .any(|other| !is_transit(&live[other]) && !live[other].released() && goes_before(&other));
            let decision = if emergency || order[..turn].iter().any(goes_before) {
                Decision::Wait
            } else {
                self.decide(now, index, intersection, request, plan)
            };
            plan.decide(index, *place, decision);
        }
        self.order = order;
    }

    /// What a request gets that nobody goes before.
    fn decide(
        &self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        request: &Request,
        plan: &mut Plan,
    ) -> Decision {
        let running = request.is_served();
        if !running && let Err(later) = self.may_begin(now, index, intersection, request) {
            later.into_iter().for_each(|at| plan.wake_at(at));
            return Decision::Later;
        }
        let timing = self.config.timing.of(now, intersection, request, 0.0);
        let start = timing.map_or(now, |timing| timing.start);
        let own = &request.service().groups;
        let is_green =
            |group: &GroupIndex| intersection.signals()[group.index()].aspect() == Some(Aspect::Green);
        if request.level() == Level::Conditional {
            // A green is held for who comes within the time that it may be held.
            let comes =
                timing.is_none_or(|timing| timing.eta <= now + intersection.requests().transit_green_guard());
            if own.iter().all(is_green) && (running || comes) {
                own.iter().for_each(|group| wish(plan, index, *group, Wish::Hold));
                return Decision::Serve;
            }
            if let Some(timing) = timing.filter(|_| !comes) {
                plan.wake_at((timing.eta - intersection.requests().transit_green_guard()).max(now + STEP));
            }
            return if running { Decision::Serve } else { Decision::Later };
        }
        let (mut begun, mut next) = (running, None::<Instant>);
        for foe in in_the_way(intersection, own) {
            let due = self.cut_due(start, intersection, request, foe);
            if due <= now {
                wish(plan, index, foe, Wish::Red);
                begun = true;
            } else {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        if next.is_none() {
            own.iter().for_each(|group| wish(plan, index, *group, Wish::Green));
            begun = true;
        } else if begun {
            own.iter()
                .filter(|group| is_green(group))
                .for_each(|group| wish(plan, index, *group, Wish::Hold));
        }
        next.into_iter().for_each(|at| plan.wake_at(at.max(now + STEP)));
        if begun { Decision::Serve } else { Decision::Later }
    }

    /// May an action begin? Otherwise when to look again, where that is known.
    fn may_begin(
        &self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        request: &Request,
    ) -> Result<(), Option<Instant>> {
        let waits = |foe: GroupIndex| intersection.queues().waiting_since(foe);
        let own = &request.service().groups;
        let too_long = |foe: GroupIndex| {
            let most = intersection.layout().groups()[foe.index()].times.max_wait;
            waits(foe).is_some_and(|since| now - since > most)
        };
        if in_the_way(intersection, own).any(too_long) {
            return Err(None);
        }
        let last = &self.last[index.index()];
        let Some(ended) = last.ended else { return Ok(()) };
        if now < ended + self.config.block {
            return Err(Some(ended + self.config.block));
        }
        let somebody_waits = in_the_way(intersection, &last.groups).any(|foe| waits(foe).is_some());
        if somebody_waits && !last.conflict_served { Err(None) } else { Ok(()) }
    }

    /// When a group in the way has to end, or must not start any more, for a green at `start`; never before its cut green.
    fn cut_due(
        &self,
        start: Instant,
        intersection: &ControlledIntersection,
        request: &Request,
        foe: GroupIndex,
    ) -> Instant {
        let group = &intersection.layout().groups()[foe.index()];
        let share =
            Duration::from_seconds_f64(group.times.longest_green.seconds() * self.config.cut_green_share);
        let cut_green = group.min_green.max(group.times.fixed_green).max(share);
        let clearances =
            request.service().groups.iter().map(|own| switching::clearance(intersection, foe, *own));
        let ends = start - clearances.max().unwrap_or(Duration::ZERO).max(group.yellow);
        match intersection.signals()[foe.index()].aspect() {
            Some(Aspect::Green) => ends.max(intersection.signals()[foe.index()].since() + cut_green),
            Some(Aspect::Red | Aspect::Yellow) | None => ends - cut_green,
        }
    }
}

fn is_transit(request: &Request) -> bool {
    request.level() != Level::Emergency
}

/// Everybody who can't be green with one of these.
fn in_the_way<'a>(
    intersection: &'a ControlledIntersection,
    own: &'a [GroupIndex],
) -> impl Iterator<Item = GroupIndex> + 'a {
    let groups = intersection.layout().group_indices();
    groups.filter(move |foe| !own.contains(foe) && own.iter().any(|own| intersection.exclude(*own, *foe)))
}

fn excludes(intersection: &ControlledIntersection, one: &Request, other: &Request) -> bool {
    let (ours, theirs) = (&one.service().groups, &other.service().groups);
    ours.iter().any(|our| theirs.iter().any(|their| intersection.exclude(*our, *their)))
}

/// What an emergency vehicle wants of a group stays.
fn wish(plan: &mut Plan, index: IntersectionIndex, group: GroupIndex, wish: Wish) {
    if plan.wishes(index).wish(group) == Wish::Program {
        plan.wish(index, group, wish);
    }
}
