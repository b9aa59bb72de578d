//! Priority by arrival time: green starts as late as the queue in front of the vehicle allows, and the green that is not needed yet stays
//! with the others.
//!
//! From the ETA, the queue on the vehicle's lanes and its discharge follows the latest safe start of green; from that, for each group in the
//! way, the moment at which it has to end or must not start any more: pedestrians with their long clearance first, others later. Until then
//! the control program goes on. Once opened the approach stays green until the request ends. First come, first served among equals.
//!
//! Sources: Qin and Khan (Transportation Research C 25, 2012): switch at the last safe moment; Noori, Fu and Shiravi (TRB 2016): queues from
//! connected vehicles. Fails where ETAs jump (a vehicle stuck in traffic that nobody sees), and where the queue is longer than what is known
//! of it: it then meets the end of it, as with no priority, but at green.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

use super::fairness::{Fairness, FairnessConfig};
use super::timing::{Timing, TimingConfig};
use super::{Plan, Strategy, opening};
use crate::area::{ControlArea, ControlledIntersection, IntersectionIndex};
use crate::request::arbitration::FirstCome;
use crate::request::{Decision, Request};

/// A running intervention is not taken back for an ETA that moves by less.
const HYSTERESIS: Duration = Duration::from_seconds(5);

/// Parameters of [`Eta`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EtaConfig {
    /// How early green starts.
    pub timing: TimingConfig,
    /// Who is served although emergency vehicles come.
    pub fairness: FairnessConfig,
}

/// The strategy `eta`.
#[derive(Debug, Clone)]
pub struct Eta {
    config: EtaConfig,
    first_come: FirstCome,
    fairness: Fairness,
}

impl Eta {
    /// With parameters.
    #[must_use]
    pub fn new(config: EtaConfig) -> Self {
        Self { fairness: Fairness::new(config.fairness.clone()), config, first_come: FirstCome::default() }
    }
}

impl Strategy for Eta {
    fn plan(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan) {
        let Self { config, first_come, fairness } = self;
        for index in busy {
            let intersection = area.intersection(*index);
            fairness.look(*index, intersection);
            let timing = |request: &Request| config.timing.of(now, intersection, request, 0.0);
            serve_in_time(now, *index, intersection, first_come, fairness, timing, plan);
        }
    }
}

/// First come, first served, each opened in time. Without a known arrival an intervention starts at once.
pub(super) fn serve_in_time(
    now: Instant,
    index: IntersectionIndex,
    intersection: &ControlledIntersection,
    first_come: &mut FirstCome,
    fairness: &mut Fairness,
    timing: impl Fn(&Request) -> Option<Timing>,
    plan: &mut Plan,
) {
    let mut wake: Option<Instant> = None;
    let due = |request: &Request| match timing(request)
        .map(|timing| TimingConfig::is_due(now, intersection, request, &timing))
    {
        None | Some(Ok(())) => true,
        Some(Err(later)) => {
            wake = Some(wake.map_or(later, |wake| wake.min(later)));
            false
        }
    };
    let requests = intersection.requests().live();
    first_come.arbitrate(intersection, due, |place, decision| {
        let request = &requests[place];
        let decision = fairness.judge(now, index, intersection, place, decision, plan);
        plan.decide(index, place, decision);
        if decision == Decision::Serve {
            open_in_time(now, index, intersection, request, timing(request), plan);
        }
    });
    wake.into_iter().for_each(|at| plan.wake_at(at));
}

/// Wishes for a served request what is due by now.
pub(super) fn open_in_time(
    now: Instant,
    index: IntersectionIndex,
    intersection: &ControlledIntersection,
    request: &Request,
    timing: Option<Timing>,
    plan: &mut Plan,
) {
    let running = request.stage().intervention().is_some();
    let start = match timing {
        None => now,
        Some(timing) if running => timing.start - HYSTERESIS,
        Some(timing) => timing.start,
    };
    let granted = matches!(request.stage(), crate::request::Stage::Granted { .. });
    if granted {
        opening::open(index, intersection, request.service(), plan);
    } else if let Some(next) = opening::prepare(now, start, index, intersection, request.service(), plan) {
        plan.wake_at(next);
    }
}
