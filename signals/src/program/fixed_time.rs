//! Fixed time: stages of fixed length in a cycle, the same in every cycle. What a group shows is a function of the moment alone.
//!
//! A stage says which groups are green. An interstage is a stage with fewer of them: a group that is not green in the next stage any more
//! shows its yellow, then red.

use voorrang_units::{Duration, Instant};

use crate::aspect::Aspect;
use crate::id::GroupIndex;

/// A part of the cycle with the same groups green throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// What people call it.
    pub name: String,
    /// How long it lasts.
    pub duration: Duration,
    /// Who is green.
    pub green: Vec<GroupIndex>,
}

/// A stretch of the cycle; it may end after the cycle's end, or last for the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GreenInterval {
    /// After the cycle's start, less than a cycle.
    pub start: Duration,
    /// How long; a whole cycle for a group that never ends its green.
    pub length: Duration,
}

/// A fixed-time program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedTime {
    cycle: Duration,
    offset: Duration,
    reference: Instant,
    stages: Vec<Stage>,
    greens: Vec<Vec<GreenInterval>>,
    yellows: Vec<Duration>,
    /// The moments of the cycle at which some aspect changes, in order.
    changes: Vec<Duration>,
}

impl FixedTime {
    /// A program of stages for groups with these yellows. The first stage starts at `reference + offset` and every cycle before and after.
    /// `None` without stages, with one that has no length, or with a group that does not exist.
    #[must_use]
    pub fn new(
        stages: Vec<Stage>,
        offset: Duration,
        reference: Instant,
        yellows: Vec<Duration>,
    ) -> Option<Self> {
        let cycle = stages.iter().fold(Duration::ZERO, |sum, stage| sum + stage.duration);
        let sound = stages.iter().all(|stage| {
            stage.duration > Duration::ZERO && stage.green.iter().all(|group| group.index() < yellows.len())
        });
        if stages.is_empty() || !sound {
            return None;
        }
        let indices = (0..u16::MAX).take(yellows.len()).map(GroupIndex);
        let greens: Vec<_> = indices.map(|group| green_intervals(&stages, cycle, group)).collect();
        let mut changes = Vec::new();
        for (intervals, yellow) in greens.iter().zip(&yellows) {
            for interval in intervals.iter().filter(|interval| interval.length < cycle) {
                let end = interval.start + interval.length;
                changes.extend([interval.start, within(end, cycle), within(end + *yellow, cycle)]);
            }
        }
        changes.sort_unstable();
        changes.dedup();
        Some(Self { cycle, offset, reference, stages, greens, yellows, changes })
    }

    /// After how long it begins anew.
    #[must_use]
    pub fn cycle(&self) -> Duration {
        self.cycle
    }

    /// By how much the cycle starts after the reference.
    #[must_use]
    pub fn offset(&self) -> Duration {
        self.offset
    }

    /// The moment that the offset counts from.
    #[must_use]
    pub fn reference(&self) -> Instant {
        self.reference
    }

    /// The stages in their order.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// When a group is green in the cycle, in the order of starts.
    #[must_use]
    pub fn greens(&self, group: GroupIndex) -> &[GreenInterval] {
        self.greens.get(group.index()).map_or(&[], Vec::as_slice)
    }

    /// What a group shows at a moment.
    #[must_use]
    pub fn aspect(&self, group: GroupIndex, at: Instant) -> Aspect {
        let second = self.in_cycle(at);
        let yellow = self.yellows.get(group.index()).copied().unwrap_or(Duration::ZERO);
        for interval in self.greens(group) {
            let since = within(second - interval.start, self.cycle);
            if since < interval.length {
                return Aspect::Green;
            }
            if since < interval.length + yellow {
                return Aspect::Yellow;
            }
        }
        Aspect::Red
    }

    /// How long a group that shows green at a moment goes on doing so; zero where it does not.
    #[must_use]
    pub fn green_left(&self, group: GroupIndex, at: Instant) -> Duration {
        let second = self.in_cycle(at);
        let left = self.greens(group).iter().map(|interval| {
            if interval.length == self.cycle {
                return self.cycle;
            }
            interval.length - within(second - interval.start, self.cycle)
        });
        left.max().unwrap_or(Duration::ZERO).max(Duration::ZERO)
    }

    /// The first moment after `after` at which some group's aspect changes; a cycle later where none ever does.
    #[must_use]
    pub fn next_change(&self, after: Instant) -> Instant {
        let second = self.in_cycle(after);
        let next = self.changes.partition_point(|change| *change <= second);
        let wait = match (self.changes.get(next), self.changes.first()) {
            (Some(change), _) => *change - second,
            (None, Some(first)) => *first + self.cycle - second,
            (None, None) => self.cycle,
        };
        after + wait
    }

    /// The first start of a cycle at or after a moment.
    #[must_use]
    pub fn next_cycle(&self, from: Instant) -> Instant {
        let second = self.in_cycle(from);
        if second == Duration::ZERO { from } else { from + self.cycle - second }
    }

    /// Where in the cycle a moment lies.
    #[must_use]
    pub fn in_cycle(&self, at: Instant) -> Duration {
        within(at - self.reference - self.offset, self.cycle)
    }
}

/// The same place in the cycle, from zero to less than a cycle.
fn within(time: Duration, cycle: Duration) -> Duration {
    Duration::from_millis(time.millis().rem_euclid(cycle.millis()))
}

/// The stretches of the cycle in which a group is green; one that goes on over the cycle's end is one.
fn green_intervals(stages: &[Stage], cycle: Duration, group: GroupIndex) -> Vec<GreenInterval> {
    let mut intervals: Vec<GreenInterval> = Vec::new();
    let mut start = Duration::ZERO;
    for stage in stages {
        if stage.green.contains(&group) {
            match intervals.last_mut().filter(|last| last.start + last.length == start) {
                Some(last) => last.length += stage.duration,
                None => intervals.push(GreenInterval { start, length: stage.duration }),
            }
        }
        start += stage.duration;
    }
    let wraps = intervals.len() > 1
        && intervals[0].start == Duration::ZERO
        && intervals.last().is_some_and(|last| last.start + last.length == cycle);
    if wraps {
        let first = intervals.remove(0);
        if let Some(last) = intervals.last_mut() {
            last.length += first.length;
        }
    }
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: i64) -> Duration {
        Duration::from_seconds(seconds)
    }

    fn stage(length: i64, green: &[u16]) -> Stage {
        Stage {
            name: String::new(),
            duration: seconds(length),
            green: green.iter().copied().map(GroupIndex).collect(),
        }
    }

    /// 0: green 0-10; 1: green 15-30; 2: green 25-30 and 0-5 (over the cycle's end); 3: always; 4: never.
    fn program(offset: i64) -> FixedTime {
        let stages = vec![
            stage(5, &[0, 2, 3]),
            stage(5, &[0, 3]),
            stage(5, &[3]),
            stage(10, &[1, 3]),
            stage(5, &[1, 2, 3]),
        ];
        FixedTime::new(stages, seconds(offset), Instant::from_unix_millis(0), vec![seconds(3); 5]).unwrap()
    }

    fn at(second: i64) -> Instant {
        Instant::from_unix_millis(second * 1000)
    }

    #[test]
    fn yellow_follows_the_end_of_green() {
        let program = program(0);
        for (second, expected) in [
            (0, Aspect::Green),
            (9, Aspect::Green),
            (10, Aspect::Yellow),
            (12, Aspect::Yellow),
            (13, Aspect::Red),
            (29, Aspect::Red),
            (30, Aspect::Green),
        ] {
            assert_eq!(program.aspect(GroupIndex(0), at(second)), expected, "{second}");
        }
    }

    #[test]
    fn green_goes_on_over_the_end_of_the_cycle() {
        let program = program(0);
        let expected = [GreenInterval { start: seconds(25), length: seconds(10) }];
        assert_eq!(program.greens(GroupIndex(2)), expected);
        assert_eq!(program.green_left(GroupIndex(2), at(27)), seconds(8));
        assert_eq!(program.green_left(GroupIndex(2), at(32)), seconds(3));
        assert_eq!(program.aspect(GroupIndex(2), at(35)), Aspect::Yellow);
        assert_eq!(program.green_left(GroupIndex(2), at(36)), Duration::ZERO);
    }

    #[test]
    fn the_offset_shifts_the_cycle_in_both_directions() {
        for offset in [-30, -7, 0, 4, 64] {
            let program = program(offset);
            for second in 0..60 {
                for group in 0..5 {
                    let group = GroupIndex(group);
                    assert_eq!(
                        program.aspect(group, at(second + offset)),
                        self::program(0).aspect(group, at(second))
                    );
                }
            }
        }
    }

    #[test]
    fn between_two_changes_nothing_changes() {
        let program = program(4);
        let mut now = at(0);
        while now < at(90) {
            let next = program.next_change(now);
            assert!(next > now);
            let show =
                |moment| (0..5).map(|group| program.aspect(GroupIndex(group), moment)).collect::<Vec<_>>();
            let just_before = next - Duration::from_millis(1);
            assert_eq!(show(now), show(just_before));
            assert_ne!(show(just_before), show(next));
            now = next;
        }
    }

    #[test]
    fn groups_that_never_change_stay_as_they_are() {
        let program = program(0);
        for second in 0..60 {
            assert_eq!(program.aspect(GroupIndex(3), at(second)), Aspect::Green);
            assert_eq!(program.aspect(GroupIndex(4), at(second)), Aspect::Red);
        }
        assert_eq!(program.green_left(GroupIndex(3), at(3)), seconds(30));
    }

    #[test]
    fn stages_without_length_are_refused() {
        let reference = Instant::from_unix_millis(0);
        assert_eq!(FixedTime::new(vec![], Duration::ZERO, reference, vec![]), None);
        assert_eq!(FixedTime::new(vec![stage(0, &[])], Duration::ZERO, reference, vec![]), None);
        assert_eq!(FixedTime::new(vec![stage(5, &[0])], Duration::ZERO, reference, vec![]), None);
    }
}
