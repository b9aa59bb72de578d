//! Absolute priority from a fixed distance, first come first served: today's practice in its plainest form.
//!
//! An intervention starts when the vehicle's reported position is within a distance of the stop line or, without a position, a time
//! before its ETA; at once, if the vehicle says neither. From then on all groups of its approach are wished green and all groups in conflict
//! with them red, those in partial conflict with the vehicle's possible turns too where they are to be held: the controller cuts those to their minimum green and keeps yellow and intergreen. The intervention goes on
//! until the request ends: by cancellation, expiry or green guard. A conflicting second request waits.
//!
//! Source: NTCIP 1202 preemption with a fixed activation distance, and the rules of the Dutch emergency intervention (TLCGen's `prio.c`)
//! for cutting, co-realisation and equal levels. Fails where the queue before the stop line needs longer to leave than the
//! vehicle needs for the distance, holds the other directions longer than needed where the vehicle is slow, lets one of two vehicles
//! on conflicting approaches wait however near it is, and starts early where a route passes close by a junction that it reaches later: off the
//! approach's lanes the distance is a straight line.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant, Length};

use super::{Plan, Strategy, opening};
use crate::area::{ControlArea, IntersectionIndex};
use crate::eta;
use crate::request::arbitration::FirstCome;
use crate::request::{Decision, Request};

/// Parameters of [`Absolute`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AbsoluteConfig {
    /// Within this distance of the stop line an intervention starts. Default 300 m: the end of the range in TLCGen's example, and the
    /// usual distance before Dutch intersections took requests five minutes ahead (talking-traffic.com, 2021-05-24).
    #[serde(rename = "distance_m")]
    pub distance: Length,
    /// This long before the ETA an intervention starts, where no position is reported. Default 25 s (judgement: 300 m
    /// at 43 km/h).
    #[serde(rename = "before_eta_s", with = "crate::seconds")]
    pub before_eta: Duration,
}

impl Default for AbsoluteConfig {
    fn default() -> Self {
        Self { distance: Length::from_metres(300.0), before_eta: Duration::from_seconds(25) }
    }
}

/// The strategy `absolute`.
#[derive(Debug, Clone)]
pub struct Absolute {
    config: AbsoluteConfig,
    first_come: FirstCome,
}

impl Absolute {
    /// With parameters.
    #[must_use]
    pub fn new(config: AbsoluteConfig) -> Self {
        Self { config, first_come: FirstCome::default() }
    }
}

impl Strategy for Absolute {
    fn plan(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan) {
        let Self { config, first_come } = self;
        for index in busy {
            let intersection = area.intersection(*index);
            let mut wake = None;
            let due = |request: &Request| match start(request, config) {
                Start::At(at) if at > now => {
                    wake = Some(wake.map_or(at, |wake: Instant| wake.min(at)));
                    false
                }
                Start::At(_) | Start::Now => true,
                Start::WhenNearer => false,
            };
            first_come.arbitrate(intersection, due, |place, decision| {
                plan.decide(*index, place, decision);
                if decision == Decision::Serve {
                    let request = &intersection.requests().live()[place];
                    opening::open(*index, intersection, request.service(), plan);
                }
            });
            wake.into_iter().for_each(|at| plan.wake_at(at));
        }
    }
}

/// When an intervention for a request starts.
enum Start {
    Now,
    At(Instant),
    WhenNearer,
}

fn start(request: &Request, config: &AbsoluteConfig) -> Start {
    match (request.distance(), eta::at_stop_line(request)) {
        (Some(distance), _) if distance <= config.distance => Start::Now,
        (Some(_), _) => Start::WhenNearer,
        (None, Some(eta)) => Start::At(eta - config.before_eta),
        (None, None) => Start::Now,
    }
}
