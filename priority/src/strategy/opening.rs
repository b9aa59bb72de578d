//! Opening an approach so that its green starts at a moment, and not before: each group in its way is ended, or kept from starting, as late
//! as its guaranteed green and its intergreen allow (TLCGen's `prio.c`: cut as late as possible, but early enough).

use voorrang_signals::{Aspect, Conflict, GroupIndex, Wish};
use voorrang_units::{Duration, Instant};

use super::Plan;
use crate::area::{ControlledIntersection, IntersectionIndex};
use crate::request::Service;
use crate::switching;

/// Decisions are taken in control steps: an arrival that is estimated anew at each look never asks for the next look at once.
pub(crate) const STEP: Duration = Duration::from_millis(100);

/// Wishes whatever has to begin by now for a service to be green at `start`. The answer is when more of it is due; `None` once all groups
/// of the service are wished green.
pub(super) fn prepare(
    now: Instant,
    start: Instant,
    index: IntersectionIndex,
    intersection: &ControlledIntersection,
    service: &Service,
    plan: &mut Plan,
) -> Option<Instant> {
    let mut next: Option<Instant> = None;
    for foe in foes(intersection, service) {
        let due = end_due(now, start, intersection, service, foe);
        if due <= now {
            plan.wish(index, foe, Wish::Red);
        } else {
            next = Some(next.map_or(due, |next| next.min(due)));
        }
    }
    if next.is_none() || start <= now {
        open(index, intersection, service, plan);
        return None;
    }
    next.map(|next| next.max(now + STEP))
}

/// When the first wish is due for a service to be green at `start`.
pub(super) fn first_due(
    now: Instant,
    start: Instant,
    intersection: &ControlledIntersection,
    service: &Service,
) -> Instant {
    let due = foes(intersection, service).map(|foe| end_due(now, start, intersection, service, foe));
    due.fold(start, Instant::min)
}

/// Wishes the groups of a service green and whatever is in their way red.
pub(super) fn open(
    index: IntersectionIndex,
    intersection: &ControlledIntersection,
    service: &Service,
    plan: &mut Plan,
) {
    for foe in foes(intersection, service) {
        plan.wish(index, foe, Wish::Red);
    }
    for group in service.groups.iter() {
        plan.wish(index, *group, Wish::Green);
    }
}

/// How long it takes from now until all groups of a service can be green.
pub(super) fn until_green(
    now: Instant,
    intersection: &ControlledIntersection,
    service: &Service,
) -> Duration {
    let groups = service.groups.iter();
    let times = groups.map(|group| switching::until_green(now, intersection, *group));
    times.max().unwrap_or(Duration::ZERO)
}

/// Whoever is held red while a service is green: those in conflict, and those in partial conflict where they are to be held.
pub(super) fn foes<'a>(
    intersection: &'a ControlledIntersection,
    service: &'a Service,
) -> impl Iterator<Item = GroupIndex> + 'a {
    let conflicts = intersection.layout().conflicts();
    let holds = intersection.holds_partial_conflicts();
    intersection.layout().group_indices().filter(move |group| {
        !service.groups.contains(group)
            && service.groups.iter().any(|own| match conflicts.conflict(*own, *group) {
                Conflict::Full | Conflict::GreenGreen => true,
                Conflict::Permissive { .. } => holds,
                Conflict::None => false,
            })
    })
}

/// When a group has to be told to end, or not to start any more, so that the service can be green at `start`.
fn end_due(
    now: Instant,
    start: Instant,
    intersection: &ControlledIntersection,
    service: &Service,
    foe: GroupIndex,
) -> Instant {
    let timing = &intersection.layout().groups()[foe.index()];
    let own = service.groups.iter();
    let clearances = own.map(|group| switching::clearance(intersection, foe, *group));
    // In partial conflict: its yellow is over then.
    let clearance = clearances.max().unwrap_or(Duration::ZERO).max(timing.yellow);
    match intersection.signals()[foe.index()].aspect() {
        Some(Aspect::Green) => {
            // Who is followed ends first, and those behind it some time later.
            let own_end = (intersection.signals()[foe.index()].since() + timing.min_green).max(now);
            let follow = switching::earliest_end(now, intersection, foe) - own_end;
            start - clearance - follow.max(Duration::ZERO)
        }
        // Were it to start now, it would have its guaranteed green before.
        Some(Aspect::Red | Aspect::Yellow) | None => start - clearance - timing.min_green,
    }
}
