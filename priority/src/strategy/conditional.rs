//! Conditional priority: as [`eta`](super::eta), but only while it costs the others less than a bound; above it a green that runs is held
//! for the vehicle, and nobody is cut.
//!
//! What an intervention costs is estimated before it begins: each group in the way waits `B` longer, the time from the first cut until the
//! vehicle has passed; with a queue of `n` and arrivals `q` that are `x` of its saturation flow that is `n B + q B² / (2 (1 - x))` vehicle-seconds,
//! the deterministic queue. Sources: Wang, Ma and Yang (Discrete Dynamics in Nature and Society, 2013) for a degree of priority
//! by what it costs and brings; the ladder from holding green to cutting is TLCGen's for public transport. Fails where the estimate does: it
//! knows nothing of what spills back into other junctions.

use serde::{Deserialize, Serialize};
use voorrang_signals::{Aspect, Wish};
use voorrang_units::{Duration, Instant};

use super::fairness::{Fairness, FairnessConfig};
use super::timing::{Timing, TimingConfig};
use super::{Plan, Strategy, eta, opening};
use crate::area::{ControlArea, ControlledIntersection, IntersectionIndex};
use crate::request::arbitration::FirstCome;
use crate::request::{Decision, Request};

/// Parameters of [`Conditional`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConditionalConfig {
    /// How early green starts.
    pub timing: TimingConfig,
    /// Who is served although emergency vehicles come.
    pub fairness: FairnessConfig,
    /// An intervention may cost the others so many vehicle-seconds. Default 300 (judgement: thirty vehicles wait ten seconds longer).
    pub most_delay_vehicle_s: f64,
    /// Above that a running green is held for this long at most. Default 20 s (judgement).
    #[serde(rename = "longest_hold_s", with = "crate::seconds")]
    pub longest_hold: Duration,
}

impl Default for ConditionalConfig {
    fn default() -> Self {
        Self {
            timing: TimingConfig::default(),
            fairness: FairnessConfig::default(),
            most_delay_vehicle_s: 300.0,
            longest_hold: Duration::from_seconds(20),
        }
    }
}

/// The strategy `conditional`.
#[derive(Debug, Clone)]
pub struct Conditional {
    config: ConditionalConfig,
    first_come: FirstCome,
    fairness: Fairness,
}

impl Conditional {
    /// With parameters.
    #[must_use]
    pub fn new(config: ConditionalConfig) -> Self {
        Self { fairness: Fairness::new(config.fairness.clone()), config, first_come: FirstCome::default() }
    }
}

impl Strategy for Conditional {
    fn plan(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan) {
        let Self { config, first_come, fairness } = self;
        for index in busy {
            let intersection = area.intersection(*index);
            fairness.look(*index, intersection);
            let timing = |request: &Request| config.timing.of(now, intersection, request, 0.0);
            let mut wake: Option<Instant> = None;
            let due = |request: &Request| {
                let Some(timing) = timing(request) else { return true };
                match TimingConfig::is_due(now, intersection, request, &timing) {
                    Ok(()) => true,
                    Err(later) => {
                        wake = Some(wake.map_or(later, |wake| wake.min(later)));
                        false
                    }
                }
            };
            let requests = intersection.requests().live();
            first_come.arbitrate(intersection, due, |place, decision| {
                let request = &requests[place];
                let decision = fairness.judge(now, *index, intersection, place, decision, plan);
                let begins = decision == Decision::Serve && request.stage().intervention().is_none();
                let dear =
                    begins && cost(now, intersection, request, timing(request)) > config.most_delay_vehicle_s;
                let decision = if dear { Decision::Wait } else { decision };
                plan.decide(*index, place, decision);
                if decision == Decision::Serve {
                    eta::open_in_time(now, *index, intersection, request, timing(request), plan);
                } else if dear {
                    hold(now, *index, intersection, request, timing(request), config.longest_hold, plan);
                }
            });
            wake.into_iter().for_each(|at| plan.wake_at(at));
        }
    }
}

/// Holds the greens that run, where the vehicle comes soon enough.
fn hold(
    now: Instant,
    index: IntersectionIndex,
    intersection: &ControlledIntersection,
    request: &Request,
    timing: Option<Timing>,
    longest: Duration,
    plan: &mut Plan,
) {
    let soon = timing.is_none_or(|timing| timing.eta - now <= longest);
    for group in request.service().groups.iter().filter(|_| soon) {
        // Somebody else may be served there.
        let free = plan.wishes(index).wish(*group) == Wish::Program;
        if free && intersection.signals()[group.index()].aspect() == Some(Aspect::Green) {
            plan.wish(index, *group, Wish::Hold);
        }
    }
}

/// What an intervention that begins now costs the others, vehicle-seconds.
fn cost(
    now: Instant,
    intersection: &ControlledIntersection,
    request: &Request,
    timing: Option<Timing>,
) -> f64 {
    let ends = timing.map_or(now, |timing| timing.eta.max(timing.start + timing.clearance));
    let held = (ends - now).max(opening::until_green(now, intersection, request.service())).seconds();
    let headway = intersection.queues().config().saturation_headway.seconds();
    let foes = opening::foes(intersection, request.service());
    foes.map(|foe| {
        let lanes = intersection.queues().of_group(foe, now);
        lanes
            .map(|(_, queue)| {
                let load = (queue.arrivals_per_s * headway).min(0.9);
                queue.vehicles * held + queue.arrivals_per_s * held * held / (2.0 * (1.0 - load))
            })
            .sum::<f64>()
    })
    .sum()
}
