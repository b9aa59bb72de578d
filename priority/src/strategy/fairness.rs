//! Fairness: whoever has waited too long while one intervention followed another is served once before the next.

use serde::{Deserialize, Serialize};
use voorrang_signals::intersection::GroupKind;
use voorrang_signals::{Aspect, GroupIndex, Wish};
use voorrang_units::{Duration, Instant};

use super::Plan;
use crate::area::{ControlledIntersection, IntersectionIndex};
use crate::request::{Decision, Request};

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
    /// An intervention was running when it was last looked at.
    running: bool,
}

impl Fairness {
    pub(super) fn new(config: FairnessConfig) -> Self {
        Self { config, intersections: Vec::new() }
    }

    /// Counts interventions and greens. To be called once at each planning.
    pub(super) fn look(
        &mut self,
        _now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
    ) {
        if self.intersections.len() <= index.index() {
            self.intersections.resize_with(index.index() + 1, Waits::default);
        }
        let waits = &mut self.intersections[index.index()];
        waits.waited_through.resize(intersection.signals().len(), 0);
        let live = intersection.requests().live();
        let running = live.iter().any(|request| request.stage().intervention().is_some());
        let begins = running && !waits.running;
        waits.running = running;
        for (count, signal) in waits.waited_through.iter_mut().zip(intersection.signals()) {
            if signal.aspect() == Some(Aspect::Green) {
                *count = 0;
            } else if begins {
                *count = count.saturating_add(1);
            }
        }
    }

    /// A decision for a request, with fairness in mind: one whose intervention has not begun waits while somebody in its way is served who
    /// has waited too long.
    pub(super) fn judge(
        &self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        request: &Request,
        decision: Decision,
        plan: &mut Plan,
    ) -> Decision {
        if decision != Decision::Serve
            || request.stage().intervention().is_some()
            || self.config.max_consecutive == 0
        {
            return decision;
        }
        // Whoever is in the way of a running intervention can't be served now, wait as this one may.
        let in_the_way = |group: GroupIndex| {
            let mut running =
                intersection.requests().live().iter().filter(|other| other.stage().intervention().is_some());
            running.any(|other| other.service().groups.iter().any(|own| intersection.exclude(*own, group)))
        };
        let overdue = super::opening::foes(intersection, request.service())
            .find(|group| !in_the_way(*group) && self.has_waited_too_long(now, index, intersection, *group));
        let Some(overdue) = overdue else { return decision };
        plan.wish(index, overdue, Wish::Green);
        Decision::Wait
    }

    fn has_waited_too_long(
        &self,
        now: Instant,
        index: IntersectionIndex,
        intersection: &ControlledIntersection,
        group: GroupIndex,
    ) -> bool {
        let waited_through = self.intersections[index.index()].waited_through[group.index()];
        if waited_through < self.config.max_consecutive {
            return false;
        }
        let most = match intersection.layout().groups()[group.index()].kind {
            GroupKind::Motor | GroupKind::PublicTransport => self.config.max_wait_motor,
            GroupKind::Bicycle | GroupKind::Pedestrian => self.config.max_wait_slow,
        };
        let since = intersection.queues().waiting_since(group);
        since.is_some_and(|since| now - since > most)
    }
}
