//! Longest wait first: before the program goes on, those who waited longest get a green.
//!
//! Of the groups at which somebody waits, one leads: one that has waited for three quarters of its maximum wait, the longest of them, or else
//! the one with the highest score, a second for each second of waiting and the time that its queue needs to leave. Everybody compatible who
//! waits joins it, in the order of scores. They stay green for as long as the leader's queue needs, between 6 s and its longest green; then
//! the program goes on: fixed time in step, an actuated program where it was interrupted.
//!
//! Sources: the exit choice of Econolite's controllers ("most delayed phase"), TLCGen's return green of at least 6 s and its maximum waits.
//! Fails where no detector tells who waits: then nobody does, and it is `resume`.

use serde::{Deserialize, Serialize};
use voorrang_signals::{Aspect, GroupIndex, Wish, Wishes};
use voorrang_units::{Duration, Instant};

use super::Recovery;
use crate::area::{ControlArea, ControlledIntersection, IntersectionIndex};

/// Parameters of [`LongestWait`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LongestWaitConfig {
    /// The green of those who waited is not shorter. Default 6 s (TLCGen).
    #[serde(rename = "least_green_s", with = "crate::seconds")]
    pub least_green: Duration,
    /// Whoever has waited for this share of its maximum wait leads. Default 0.75 (judgement).
    pub urgent_share: f64,
}

impl Default for LongestWaitConfig {
    fn default() -> Self {
        Self { least_green: Duration::from_seconds(6), urgent_share: 0.75 }
    }
}

/// The recovery `longest_wait`.
#[derive(Debug, Clone)]
pub struct LongestWait {
    config: LongestWaitConfig,
    /// For each intersection, what it is led out by.
    exits: Vec<Option<Exit>>,
}

/// The green of those who waited.
#[derive(Debug, Clone)]
struct Exit {
    ended: Instant,
    leader: GroupIndex,
    groups: Vec<GroupIndex>,
    /// How long the leader is to be green.
    green: Duration,
}

impl LongestWait {
    /// With parameters.
    #[must_use]
    pub const fn new(config: LongestWaitConfig) -> Self {
        Self { config, exits: Vec::new() }
    }

    fn choose(&self, now: Instant, ended: Instant, intersection: &ControlledIntersection) -> Option<Exit> {
        let layout = intersection.layout();
        let mut waiting: Vec<(bool, f64, GroupIndex)> = layout
            .group_indices()
            .filter_map(|group| {
                let waited = (now - intersection.queues().waiting_since(group)?).seconds();
                let urgent = waited
                    >= layout.groups()[group.index()].times.max_wait.seconds() * self.config.urgent_share;
                let score = waited + discharge(now, intersection, group).seconds();
                Some((urgent, score, group))
            })
            .collect();
        waiting.sort_by(|one, other| {
            (other.0, other.1)
                .partial_cmp(&(one.0, one.1))
                .unwrap_or(std::cmp::Ordering::Equal)
                .then(one.2.cmp(&other.2))
        });
        let leader = waiting.first()?.2;
        let mut groups: Vec<GroupIndex> = Vec::new();
        for (_, _, group) in waiting {
            if !groups.iter().any(|other| intersection.conflict(group, *other)) {
                groups.push(group);
            }
        }
        let longest = layout.groups()[leader.index()].times.longest_green;
        let green = discharge(now, intersection, leader).min(longest).max(self.config.least_green);
        Some(Exit { ended, leader, groups, green })
    }
}

impl Recovery for LongestWait {
    fn recover(
        &mut self,
        now: Instant,
        ended: Instant,
        area: &ControlArea,
        index: IntersectionIndex,
        wishes: &mut Wishes,
    ) -> Option<Instant> {
        if self.exits.len() <= index.index() {
            self.exits.resize(index.index() + 1, None);
        }
        let intersection = area.intersection(index);
        let running = self.exits[index.index()].take().filter(|exit| exit.ended == ended);
        let exit = running.or_else(|| self.choose(now, ended, intersection))?;
        let lamp = intersection.signals()[exit.leader.index()];
        let again = match lamp.aspect() {
            Some(Aspect::Green) => lamp.since() + exit.green,
            // Its green comes when the interlock allows it.
            _ => now + Duration::from_seconds(1),
        };
        let given_up = now - ended > GIVE_UP;
        if again <= now || given_up {
            return None;
        }
        for group in &exit.groups {
            wishes.set(*group, Wish::Green);
        }
        self.exits[index.index()] = Some(exit);
        Some(again)
    }
}

/// No green takes longer to come and go.
const GIVE_UP: Duration = Duration::from_seconds(90);

/// How long the longest queue of a group needs to leave.
fn discharge(now: Instant, intersection: &ControlledIntersection, group: GroupIndex) -> Duration {
    let config = intersection.queues().config();
    let longest =
        intersection.queues().of_group(group, now).map(|(_, queue)| queue.vehicles).fold(0.0, f64::max);
    if longest < 0.5 {
        return Duration::ZERO;
    }
    config.lost_time + Duration::from_seconds_f64(config.saturation_headway.seconds() * longest)
}
