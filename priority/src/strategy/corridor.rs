//! Priority for a whole route: all signals that a vehicle has asked for are planned together, so that the queues ahead are gone before it
//! is there.
//!
//! Each junction is opened in time as in [`eta`](super::eta), with two things that only the route tells:
//! - the queue that is let go at one junction runs ahead of the vehicle and stands in front of it at the next: it counts in the queue there,
//!   and finds green when it comes, as far as the side roads' protection allows;
//! - where that queue has no room before the next junction, the next opens first.
//!
//! What the vehicle is thought to lose at one junction is not added to its ETA at the next: where that was too much it would find the next
//! closed, and to open late costs it more than to open early costs the others.
//!
//! Without a route (one request at a time) it is `eta` with more margin: here nobody is to brake at all, so the vehicle follows the queue
//! at a distance. Sources: Kwon and others (MnDOT, 2003): sequential preemption with advance activation along a route; Kamalanathsharma (Kishore) and
//! Hancock (2010, 2012): offsets between preemptions from the queues, `L / v - (Tq2 - Tq1)`. Fails where a vehicle leaves its route (its
//! requests end then), and where ETAs far ahead are wrong: the margin grows with the time that is left.

use serde::{Deserialize, Serialize};
use voorrang_messages::StationId;
use voorrang_units::{Duration, Instant, LocalPlane};

use super::eta::serve_in_time;
use super::fairness::{Fairness, FairnessConfig};
use super::timing::{Timing, TimingConfig, longest_queue};
use super::{Plan, Strategy};
use crate::area::{ControlArea, IntersectionIndex};
use crate::eta;
use crate::request::arbitration::FirstCome;

/// Parameters of [`Corridor`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorridorConfig {
    /// How early green starts. Defaults: the vehicle follows the queue by 6 s, green is seen 8 s before the stop line, and starts
    /// up to 30 s earlier than it has to (judgement: with these nobody in the platoon nor the vehicle brakes).
    pub timing: TimingConfig,
    /// Who is served although emergency vehicles come.
    pub fairness: FairnessConfig,
    /// The share of a queue that goes the same way as the vehicle. Default 0.7 (judgement: a main road).
    pub same_way: f64,
    /// A queue that has been let go drives so much slower than the vehicle. Default 1.4: 50 against 70 km/h.
    pub platoon_slower: f64,
}

impl Default for CorridorConfig {
    fn default() -> Self {
        let timing = TimingConfig {
            follow: Duration::from_seconds(6),
            visible: Duration::from_seconds(8),
            earliest: Duration::from_seconds(30),
            ..TimingConfig::default()
        };
        Self { timing, fairness: FairnessConfig::default(), same_way: 0.7, platoon_slower: 1.4 }
    }
}

/// The strategy `corridor`.
#[derive(Debug, Clone)]
pub struct Corridor {
    config: CorridorConfig,
    first_come: FirstCome,
    fairness: Fairness,
    stops: Vec<Stop>,
}

/// A junction on a vehicle's way.
#[derive(Debug, Clone, Copy)]
struct Stop {
    station: StationId,
    arrival: eta::Arrival,
    intersection: IntersectionIndex,
    request: usize,
    timing: Option<Timing>,
}

impl Corridor {
    /// With parameters.
    #[must_use]
    pub fn new(config: CorridorConfig) -> Self {
        Self {
            fairness: Fairness::new(config.fairness.clone()),
            config,
            first_come: FirstCome::default(),
            stops: Vec::new(),
        }
    }

    /// Plans the ways of all vehicles, junction by junction in the order in which they come there.
    fn plan_routes(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex]) {
        self.stops.clear();
        for index in busy {
            let live = area.intersection(*index).requests().live();
            self.stops.extend(live.iter().enumerate().filter_map(|(place, request)| {
                let arrival = eta::expected(now, request)?;
                let station = request.latest().station;
                Some(Stop { station, arrival, intersection: *index, request: place, timing: None })
            }));
        }
        self.stops
            .sort_unstable_by_key(|stop| (stop.station, stop.arrival.at, stop.intersection, stop.request));
        for place in 0..self.stops.len() {
            let before = place.checked_sub(1).map(|before| self.stops[before]);
            let before = before.filter(|before| before.station == self.stops[place].station);
            self.stops[place].timing = Some(self.timing(now, area, before, self.stops[place]));
        }
    }

    /// When green is to start at a junction, knowing what happens at the one before.
    fn timing(&self, now: Instant, area: &ControlArea, before: Option<Stop>, stop: Stop) -> Timing {
        let config = &self.config;
        let intersection = area.intersection(stop.intersection);
        let request = &intersection.requests().live()[stop.request];
        let Some((last, last_timing)) = before.and_then(|last| Some((last, last.timing?))) else {
            return config.timing.for_arrival(now, intersection, request, stop.arrival, 0.0);
        };
        let upstream = area.intersection(last.intersection);
        let last_request = &upstream.requests().live()[last.request];
        let queue = longest_queue(now, upstream, last_request, upstream.queues().config());
        let flushed = queue.vehicles * config.same_way;
        let mut timing = config.timing.for_arrival(now, intersection, request, stop.arrival, flushed);
        if flushed >= 1.0 {
            let between = (stop.arrival.at - last.arrival.at).seconds() * config.platoon_slower;
            let platoon = last_timing.start.max(now) + Duration::from_seconds_f64(between);
            let protected = timing.start - config.timing.earliest;
            timing.start = timing.start.min(platoon.max(protected));
            let plane = LocalPlane::at(upstream.layout().reference());
            let here = plane.to_local(upstream.layout().reference());
            let room = here.distance_to(plane.to_local(intersection.layout().reference()));
            let own = longest_queue(now, intersection, request, intersection.queues().config());
            let needed = intersection.queues().config().spacing * (own.vehicles + flushed);
            if needed > room {
                timing.start = timing.start.min(last_timing.start.max(protected));
            }
        }
        timing
    }
}

impl Strategy for Corridor {
    fn plan(&mut self, now: Instant, area: &ControlArea, busy: &[IntersectionIndex], plan: &mut Plan) {
        self.plan_routes(now, area, busy);
        let Self { first_come, fairness, stops, .. } = self;
        for index in busy {
            let intersection = area.intersection(*index);
            fairness.look(*index, intersection);
            let timing = |request: &crate::request::Request| {
                let arrived = |stop: &&Stop| {
                    stop.intersection == *index
                        && intersection.requests().live()[stop.request].arrival() == request.arrival()
                };
                stops.iter().find(arrived).and_then(|stop| stop.timing)
            };
            serve_in_time(now, *index, intersection, first_come, fairness, timing, plan);
        }
    }
}
