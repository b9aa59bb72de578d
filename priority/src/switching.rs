//! How soon a group can be green: what stands between it and its green now, if everybody in its way is told to end at once. Guaranteed
//! greens, yellows, intergreens and follow greens are kept, as the interlock and the controller keep them (TLCGen's `prio.c`: start of green
//! = the largest of own rest and, over all conflicts, rest of guaranteed green and intergreen).

use voorrang_signals::intersection::synchronisation::Synchronisation;
use voorrang_signals::{Aspect, Conflict, GroupIndex};
use voorrang_units::{Duration, Instant};

use crate::area::ControlledIntersection;

/// From now until the group may start, as far as itself and everybody in conflict goes; zero for one that is green.
#[must_use]
pub fn until_green(now: Instant, intersection: &ControlledIntersection, group: GroupIndex) -> Duration {
    let own = until_red_is_over(now, intersection, group);
    if own.is_none() {
        return Duration::ZERO;
    }
    let foes = intersection.layout().conflicts().conflicting(group).iter();
    let clear =
        foes.map(|foe| earliest_end(now, intersection, *foe) + clearance(intersection, *foe, group) - now);
    clear.fold(own.unwrap_or(Duration::ZERO), Duration::max).max(Duration::ZERO)
}

/// How long it takes at most until a group can be green, whatever the lamps show and if everybody is told to end at once: the rest of its own
/// yellow and red, or a conflict that has just turned green, with what follows it.
#[must_use]
pub fn longest(intersection: &ControlledIntersection, group: GroupIndex) -> Duration {
    let layout = intersection.layout();
    let own = &layout.groups()[group.index()];
    let follow = |foe: GroupIndex| {
        let ties = layout.synchronisations().iter().filter_map(move |tie| match *tie {
            Synchronisation::FollowGreen { group, after, follow } if group == foe => {
                Some(layout.groups()[after.index()].min_green + follow)
            }
            _ => None,
        });
        ties.max().unwrap_or(Duration::ZERO)
    };
    let foes = layout.conflicts().conflicting(group).iter();
    let times = foes.map(|foe| {
        layout.groups()[foe.index()].min_green.max(follow(*foe)) + clearance(intersection, *foe, group)
    });
    times.fold(own.yellow + own.min_red, Duration::max)
}

/// When a group's green ends or ended at the earliest: now for one that has had its guaranteed green, the confirmed end for one that is not
/// green any more. One that was never seen may have just turned green.
#[must_use]
pub fn earliest_end(now: Instant, intersection: &ControlledIntersection, group: GroupIndex) -> Instant {
    let timing = &intersection.layout().groups()[group.index()];
    let signal = intersection.signals()[group.index()];
    match signal.aspect() {
        None => now + timing.min_green,
        Some(Aspect::Green) => {
            followed_until(now, intersection, group).max(signal.since() + timing.min_green).max(now)
        }
        Some(Aspect::Yellow) => signal.since(),
        Some(Aspect::Red) => signal.since() - timing.yellow,
    }
}

/// From the end of one group's green to the start of the other's: the intergreen, and the yellow where that is longer.
#[must_use]
pub fn clearance(
    intersection: &ControlledIntersection,
    ending: GroupIndex,
    starting: GroupIndex,
) -> Duration {
    let conflicts = intersection.layout().conflicts();
    let intergreen = conflicts.intergreen(ending, starting).unwrap_or(Duration::ZERO);
    match conflicts.conflict(ending, starting) {
        Conflict::Full => intergreen.max(intersection.layout().groups()[ending.index()].yellow),
        Conflict::None | Conflict::Permissive { .. } | Conflict::GreenGreen => intergreen,
    }
}

/// Until when those who have started with another group need this one green; the past where nobody does.
fn followed_until(now: Instant, intersection: &ControlledIntersection, group: GroupIndex) -> Instant {
    let ties = intersection.layout().synchronisations().iter();
    let needed = ties.filter_map(|tie| match *tie {
        Synchronisation::FollowGreen { group: follower, after, follow } if follower == group => {
            // Followed in turn by nobody that is followed: one level is what intersections have.
            let timing = &intersection.layout().groups()[after.index()];
            let signal = intersection.signals()[after.index()];
            let end = match signal.aspect() {
                Some(Aspect::Green) => (signal.since() + timing.min_green).max(now),
                Some(Aspect::Yellow) => signal.since(),
                Some(Aspect::Red) => signal.since() - timing.yellow,
                None => now,
            };
            Some(end + follow)
        }
        _ => None,
    });
    needed.max().unwrap_or(now)
}

/// The rest of a group's own yellow and guaranteed red; `None` for one that is green.
fn until_red_is_over(
    now: Instant,
    intersection: &ControlledIntersection,
    group: GroupIndex,
) -> Option<Duration> {
    let timing = &intersection.layout().groups()[group.index()];
    let signal = intersection.signals()[group.index()];
    let over = match signal.aspect() {
        Some(Aspect::Green) => return None,
        Some(Aspect::Yellow) => signal.since() + timing.yellow + timing.min_red,
        Some(Aspect::Red) => signal.since() + timing.min_red,
        None => now + timing.yellow + timing.min_red,
    };
    Some(over - now)
}
