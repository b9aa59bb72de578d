//! What faults on request do to lamps: they follow late, not at all, or do of themselves what no monitor would allow. Only here do lamps break
//! the rules.

use std::collections::VecDeque;

use voorrang_signals::intersection::SignalGroup;
use voorrang_signals::{Aspect, GroupIndex, LampCommand};
use voorrang_units::{Duration, Instant};

/// What is too short while the own program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distortion {
    /// Greens end so late that the intergreen after them is too short by [`SHORTER`].
    Intergreen,
    /// Greens end [`SHORTER`] before their minimum.
    Green,
    /// Yellows end [`SHORTER`] early.
    Yellow,
}

/// By how much times are too short. Below every usual intergreen, so that no two greens in conflict meet.
pub(crate) const SHORTER: Duration = Duration::from_millis(1500);

#[derive(Debug, Clone)]
pub(crate) struct Disturbance {
    /// Added to the latency of every command.
    pub(crate) late: Duration,
    /// Commands of the application are swallowed.
    pub(crate) swallowing: bool,
    /// The lamps of this group stay as they are.
    pub(crate) stuck: Option<GroupIndex>,
    /// The monitor's objections count for nothing.
    pub(crate) unguarded: bool,
    pub(crate) distortion: Option<Distortion>,
    /// What lamps will do of themselves, in the order of time.
    planned: VecDeque<(Instant, GroupIndex, Aspect)>,
    /// Groups whose green was cut: what the own program says of its end is done already.
    cut: Vec<bool>,
}

impl Disturbance {
    pub(crate) fn new(groups: usize) -> Self {
        Self {
            late: Duration::ZERO,
            swallowing: false,
            stuck: None,
            unguarded: false,
            distortion: None,
            planned: VecDeque::new(),
            cut: vec![false; groups],
        }
    }

    pub(crate) fn swallows(&self, group: GroupIndex) -> bool {
        self.swallowing || self.holds(group)
    }

    pub(crate) fn holds(&self, group: GroupIndex) -> bool {
        self.stuck == Some(group)
    }

    pub(crate) fn is_distorting(&self) -> bool {
        self.distortion.is_some()
    }

    /// The own program commands; true where the lamp follows now.
    pub(crate) fn own_command(&mut self, now: Instant, times: &SignalGroup, command: LampCommand) -> bool {
        let LampCommand { group, aspect } = command;
        match (self.distortion, aspect) {
            (Some(Distortion::Intergreen), Aspect::Yellow | Aspect::Red) => {
                self.plan(now + SHORTER, group, aspect);
                false
            }
            (Some(Distortion::Green), Aspect::Green) => {
                let end = now + (times.min_green - SHORTER).max(Duration::from_seconds(1));
                self.plan(end, group, Aspect::Yellow);
                self.plan(end + times.yellow, group, Aspect::Red);
                self.cut[group.index()] = true;
                true
            }
            (Some(Distortion::Green), Aspect::Yellow | Aspect::Red) => !self.cut[group.index()],
            (Some(Distortion::Yellow), Aspect::Yellow) => {
                self.plan(now + (times.yellow - SHORTER).max(Duration::from_millis(500)), group, Aspect::Red);
                true
            }
            _ => true,
        }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.planned.front().map(|(due, ..)| *due)
    }

    pub(crate) fn next_due(&mut self, now: Instant) -> Option<(GroupIndex, Aspect)> {
        let due = self.due()?;
        if now < due {
            return None;
        }
        self.planned.pop_front().map(|(_, group, aspect)| (group, aspect))
    }

    fn plan(&mut self, due: Instant, group: GroupIndex, aspect: Aspect) {
        let place = self.planned.partition_point(|(other, ..)| *other <= due);
        self.planned.insert(place, (due, group, aspect));
    }
}
