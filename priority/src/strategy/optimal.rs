//! Priority for several vehicles at once: of all orders in which those on conflicting approaches can be served, the one with the least
//! weighted delay. Who follows another on its way within the gap of a convoy joins its intervention at once, as everywhere.
//!
//! For one vehicle it is [`eta`](super::eta). Where the ways of several conflict, their service order is optimised from their ETAs, the queues
//! in front of them, the lamps and the intergreens ([`service_order`](super::service_order)), each time that something new is known. A running
//! intervention gives way to a better order only if that gains more than 3 s and no group of it is green yet: nobody's green is taken away for
//! another's, and orders do not swing to and fro. Where another waits, a vehicle's green ends as soon as it has passed the stop line, without
//! waiting for its cancellation.
//!
//! Sources: MMITSS's priority solver (Das and others 2022), PAMSCOD (He, Head and Ding 2011); exact enumeration instead of an integer program.
//! Fails where ETAs are wrong, like `eta`; knows one junction at a time.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant, Length, Speed};

use super::eta::open_in_time;
use super::fairness::{Fairness, FairnessConfig};
use super::service_order::{Candidate, MOST, ServiceOrder, best};
use super::timing::{Timing, TimingConfig};
use super::{Plan, Strategy, opening};
use crate::area::{ControlArea, ControlledIntersection, IntersectionIndex};
use crate::eta;
use crate::request::arbitration::joins_convoy;
use crate::request::{Decision, Level, Request, Stage};
use crate::switching;

/// Parameters of [`Optimal`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimalConfig {
    /// How early green starts.
    pub timing: TimingConfig,
    /// Who is served although emergency vehicles come.
    pub fairness: FairnessConfig,
    /// A running intervention that is not green yet gives way to an order that gains more than this. Default 3 s (judgement).
    #[serde(rename = "least_gain_s", with = "crate::seconds")]
    pub least_gain: Duration,
    /// From the stop line until the green of a vehicle may end where another waits: its front has passed, and yellow and intergreen hold the
    /// others until it has left the junction. Default 1 s: as long as it takes to be known.
    #[serde(rename = "pass_s", with = "crate::seconds")]
    pub pass: Duration,
}

impl Default for OptimalConfig {
    fn default() -> Self {
        Self {
            timing: TimingConfig::default(),
            fairness: FairnessConfig::default(),
            least_gain: Duration::from_seconds(3),
            pass: Duration::from_seconds(1),
        }
    }
}

/// The strategy `optimal`.
#[derive(Debug, Clone)]
pub struct Optimal {
    config: OptimalConfig,
    fairness: Fairness,
    /// Those that are ordered: their places in the table, when each is to be served, and what that means for the order.
    ordered: Vec<(usize, Option<Timing>, Candidate)>,
    candidates: Vec<Candidate>,
    /// From the service of each of the first [`MOST`] to each other.
    switch: [[Option<Duration>; MOST]; MOST],
    /// Those that go before the one that is looked at: their places in the table.
    ahead: Vec<usize>,
}

impl Optimal {
    /// With parameters.
    #[must_use]
    pub fn new(config: OptimalConfig) -> Self {
        Self {
            fairness: Fairness::new(config.fairness.clone()),
            config,
            ordered: Vec::new(),
            candidates: Vec::new(),
            switch: [[None; MOST]; MOST],
            ahead: Vec::new(),
        }
    }

    /// Collects the live requests in the order of arrival at the stop line: the first [`MOST`] are ordered exactly, the others follow them.
    fn collect(&mut self, now: Instant, intersection: &ControlledIntersection) {
        let Self { config, ordered, candidates, switch, .. } = self;
        ordered.clear();
        let live = intersection.requests().live().iter().enumerate();
        for (place, request) in live.filter(|(_, request)| {
            request.level() == Level::Emergency && !has_passed(now, request) && !request.released()
        }) {
            let timing = config.timing.of(now, intersection, request, 0.0);
            let candidate = candidate(now, intersection, request, timing, config);
            ordered.push((place, timing, candidate));
        }
        ordered.sort_unstable_by_key(|(place, _, candidate)| (!candidate.running, candidate.eta, *place));
        candidates.clear();
        candidates.extend(ordered.iter().map(|(_, _, candidate)| *candidate));
        let live = intersection.requests().live();
        for (row, (one, ..)) in switch.iter_mut().zip(&*ordered) {
            for (time, (other, ..)) in row.iter_mut().zip(&*ordered) {
                *time = switch_time(intersection, &live[*one], &live[*other]);
            }
        }
    }

    /// The order for those that were collected.
    fn order(&self, intersection: &ControlledIntersection) -> ServiceOrder {
        let live = intersection.requests().live();
        let switch = |one: usize, other: usize| self.switch[one][other];
        let kept = best(&self.candidates, &switch, true);
        let granted = |(place, ..): &(usize, Option<Timing>, Candidate)| {
            matches!(live[*place].stage(), Stage::Granted { .. })
        };
        if self.ordered.iter().any(granted) {
            return kept;
        }
        let free = best(&self.candidates, &switch, false);
        if kept.cost - free.cost > self.config.least_gain.seconds() { free } else { kept }
    }
}

impl Strategy for Optimal {
    fn plan(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan) {
        for index in busy {
            let intersection = area.intersection(*index);
            self.fairness.look(*index, intersection);
            self.collect(now, intersection);
            let order = self.order(intersection);
            let live = intersection.requests().live();
            let rest = MOST.min(self.ordered.len())..self.ordered.len();
            let turns = order.places[..order.len].iter().copied().chain(rest);
            serve_those_who_have_passed(now, *index, intersection, plan);
            self.ahead.clear();
            for turn in turns {
                let (place, timing, _) = self.ordered[turn];
                let request = &live[place];
                // Green starts when the order says so, or at once where nobody knows when the vehicle comes.
                let timing = timing.map(|timing| match turn < MOST {
                    true => Timing { start: order.starts[turn], ..timing },
                    false => timing,
                });
                let due = match timing {
                    Some(timing) if !joins_convoy(intersection, place) => {
                        TimingConfig::is_due(now, intersection, request, &timing)
                    }
                    _ => Ok(()),
                };
                let blocked = self
                    .ahead
                    .iter()
                    .any(|other| switch_time(intersection, &live[*other], request).is_some());
                let wanted = match due {
                    Err(later) => {
                        plan.wake_at(later);
                        Decision::Later
                    }
                    Ok(()) if blocked => Decision::Wait,
                    Ok(()) => Decision::Serve,
                };
                // Whoever is being served goes on unless somebody is to go before.
                let running = request.stage().intervention().is_some();
                let wanted = if running && !blocked { Decision::Serve } else { wanted };
                let decision = self.fairness.judge(now, *index, intersection, place, wanted, plan);
                plan.decide(*index, place, decision);
                if decision == Decision::Serve {
                    open_in_time(now, *index, intersection, request, timing, plan);
                }
                if decision != Decision::Later {
                    self.ahead.push(place);
                }
            }
        }
    }
}

/// Whoever has passed goes on being served until it cancels, but its green is held only as long as nobody in conflict waits.
fn serve_those_who_have_passed(
    now: Instant,
    index: IntersectionIndex,
    intersection: &ControlledIntersection,
    plan: &mut Plan,
) {
    let live = intersection.requests().live();
    for (place, request) in live.iter().enumerate().filter(|(_, request)| has_passed(now, request)) {
        plan.decide(index, place, Decision::Serve);
        let waits =
            |other: &Request| !has_passed(now, other) && switch_time(intersection, request, other).is_some();
        if !live.iter().any(waits) {
            opening::open(index, intersection, request.service(), plan);
        }
    }
}

/// Has a vehicle with green passed the stop line? Its ETA is over, it is near, and it drives: one that is held up tells a later ETA.
fn has_passed(now: Instant, request: &Request) -> bool {
    let granted = matches!(request.stage(), Stage::Granted { .. });
    let over = eta::at_stop_line(request).is_some_and(|eta| eta <= now);
    let near = request.distance().is_none_or(|distance| distance < NEAR);
    let drives = request.latest().speed.is_some_and(|speed| speed > DRIVES);
    granted && over && near && drives
}

/// A vehicle that has just passed is not farther than this from the stop line.
const NEAR: Length = Length::from_metres(40.0);
/// Whoever is slower may stand in a queue.
const DRIVES: Speed = Speed::from_metres_per_second(3.0);

fn candidate(
    now: Instant,
    intersection: &ControlledIntersection,
    request: &Request,
    timing: Option<Timing>,
    config: &OptimalConfig,
) -> Candidate {
    let importance = f64::from(request.latest().importance.unwrap_or(14).clamp(1, 14));
    Candidate {
        eta: timing.map_or(now, |timing| timing.eta),
        useful: timing.map_or(now, |timing| timing.start),
        ready: now + opening::until_green(now, intersection, request.service()),
        clearance: timing.map_or(Duration::ZERO, |timing| timing.clearance) + config.timing.follow,
        pass: config.pass,
        weight: importance / 14.0,
        running: request.stage().intervention().is_some(),
    }
}

/// From the end of one service to the start of another; `None` where both can be green together.
fn switch_time(intersection: &ControlledIntersection, one: &Request, other: &Request) -> Option<Duration> {
    let pairs =
        one.service().groups.iter().flat_map(|a| other.service().groups.iter().map(move |b| (*a, *b)));
    let conflicting = pairs.filter(|(a, b)| intersection.conflict(*a, *b));
    conflicting.map(|(a, b)| switching::clearance(intersection, a, b)).max()
}
