//! How a fixed-time program comes back in step with its cycle: the short way of coordinated control.
//!
//! After an intervention the program goes on from the end of the green that was wished, so that whoever waited comes next. Its clock is then
//! ahead of or behind the cycle by `e`. It runs slower (cycles longer by a share `a`) or faster (cycles shorter by `s`) until that is made up:
//! `e = a / (1 + a)` a second of longer cycles, `s / (1 - s)` of shorter ones; whichever is sooner. Minimum greens and intergreens are the
//! interlock's. Sources: the transition modes of the FHWA Signal Timing Manual (chapter 6); Yun and others (Type 170 and 2070
//! controllers in the loop): the short way over two to three cycles is best. The shares are the usual setting in the United States.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

use crate::id::GroupIndex;
use crate::program::fixed_time::FixedTime;

/// By how much cycles may change on the way back, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShortWay {
    /// Longer by this at most. Default 25.
    pub longer_percent: u8,
    /// Shorter by this at most. Default 17.
    pub shorter_percent: u8,
}

impl Default for ShortWay {
    fn default() -> Self {
        Self { longer_percent: 25, shorter_percent: 17 }
    }
}

/// A program on its way back in step; in step by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transition {
    /// When it began, and by how much the program's clock was ahead of the cycle then; behind where negative.
    began: Option<(Instant, Duration)>,
    way: ShortWay,
}

impl Transition {
    /// The way back from the end of the green of `groups`, which were wished until `now`. In step where the plan never has them green.
    pub(crate) fn after(
        plan: &FixedTime,
        mut groups: impl Iterator<Item = GroupIndex>,
        now: Instant,
        way: ShortWay,
    ) -> Self {
        let Some(green) = groups.find_map(|group| plan.greens(group).first().copied()) else {
            return Self::default();
        };
        let end = green.start + green.length;
        let ahead = (end - plan.in_cycle(now)).millis().rem_euclid(plan.cycle().millis());
        let ahead = Duration::from_millis(ahead);
        let behind = plan.cycle() - ahead;
        let error =
            if time_of(ahead, way.slower()) <= time_of(behind, way.faster()) { ahead } else { -behind };
        Self { began: Some((now, error)), way }
    }

    /// What the program's clock shows at a moment.
    #[must_use]
    pub fn program_time(&self, now: Instant) -> Instant {
        let Some((began, error)) = self.began else { return now };
        let passed = (now - began).millis().max(0);
        let error = error.millis();
        let left = if error > 0 {
            (error - made_up(passed, self.way.slower())).max(0)
        } else {
            (error + made_up(passed, self.way.faster())).min(0)
        };
        // In control steps, as all times of a program are.
        now + Duration::from_millis(left.div_euclid(100) * 100)
    }

    /// How long the way back takes.
    #[must_use]
    pub fn length(&self) -> Duration {
        let Some((_, error)) = self.began else { return Duration::ZERO };
        let share = if error > Duration::ZERO { self.way.slower() } else { self.way.faster() };
        time_of(Duration::from_millis(error.millis().abs()), share)
    }
}

impl ShortWay {
    /// Made up in a thousand milliseconds of longer cycles.
    fn slower(self) -> i64 {
        let longer = i64::from(self.longer_percent);
        1000 * longer / (100 + longer)
    }

    /// Made up in a thousand milliseconds of shorter cycles.
    fn faster(self) -> i64 {
        let shorter = i64::from(self.shorter_percent.min(50));
        1000 * shorter / (100 - shorter)
    }
}

fn made_up(passed: i64, share: i64) -> i64 {
    passed * share / 1000
}

/// How long it takes to make up an error.
fn time_of(error: Duration, share: i64) -> Duration {
    match share {
        0 => Duration::from_seconds(i64::from(i32::MAX)),
        share => Duration::from_millis(error.millis() * 1000 / share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::fixed_time::Stage;

    const MIDNIGHT: Instant = Instant::from_unix_millis(0);

    /// Two groups: the first green from 0 to 40 s of 100, the second from 45 to 95 s.
    fn plan() -> FixedTime {
        let stage = |seconds, green: &[u16]| Stage {
            name: String::new(),
            duration: Duration::from_seconds(seconds),
            green: green.iter().copied().map(GroupIndex).collect(),
        };
        let stages = vec![stage(40, &[0]), stage(5, &[]), stage(50, &[1]), stage(5, &[])];
        FixedTime::new(stages, Duration::ZERO, MIDNIGHT, vec![Duration::from_seconds(3); 2]).unwrap()
    }

    fn at(seconds: i64) -> Instant {
        MIDNIGHT + Duration::from_seconds(seconds)
    }

    fn after(seconds: i64) -> Transition {
        Transition::after(&plan(), std::iter::once(GroupIndex(0)), at(seconds), ShortWay::default())
    }

    #[test]
    fn it_goes_on_from_the_end_of_the_wished_green() {
        for second in [0, 20, 39, 41, 60, 99] {
            let transition = after(second);
            assert_eq!(
                plan().in_cycle(transition.program_time(at(second))),
                Duration::from_seconds(40),
                "{second}"
            );
        }
    }

    #[test]
    fn it_takes_the_shorter_way_and_never_more_than_three_cycles() {
        for second in 0..100 {
            let transition = after(second);
            let length = transition.length();
            assert!(length <= Duration::from_seconds(300), "{second}: {length}");
            assert_eq!(
                transition.program_time(at(second) + length + Duration::from_seconds(1)),
                at(second) + length + Duration::from_seconds(1)
            );
        }
        // Ten seconds ahead are made up at a fifth of a second a second.
        assert_eq!(after(30).length(), Duration::from_seconds(50));
        // Ten seconds behind at 17/83.
        assert!((after(50).length().seconds() - 49.0).abs() < 0.5, "{}", after(50).length());
    }

    #[test]
    fn the_clock_never_runs_back() {
        for second in 0..100 {
            let transition = after(second);
            let mut last = transition.program_time(at(second));
            for tenth in 1..4000 {
                let time = transition.program_time(at(second) + Duration::from_millis(tenth * 100));
                assert!(time >= last, "{second} {tenth}");
                last = time;
            }
        }
    }

    #[test]
    fn a_group_that_is_never_green_leaves_it_in_step() {
        let nobody = Transition::after(&plan(), std::iter::empty(), at(10), ShortWay::default());
        assert_eq!(nobody.program_time(at(10)), at(10));
    }
}
