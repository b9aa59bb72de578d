//! When green has to start for a request: what `eta`, `conditional`, `optimal` and `corridor` share.

use serde::{Deserialize, Serialize};
use voorrang_signals::LaneIndex;
use voorrang_units::{Duration, Instant};

use super::{discharge, opening};
use crate::area::ControlledIntersection;
use crate::eta;
use crate::queue::{Queue, QueueConfig};
use crate::request::Request;

/// How early green is to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimingConfig {
    /// The vehicle follows the last of the queue by this. Default 2 s: in a simulation of queues of 2 to 20 vehicles with nobody giving
    /// way the vehicle loses 3 s at most with it; 6 to 9 s would cost the others as much more red to save 2 s of that.
    #[serde(rename = "follow_s", with = "crate::seconds")]
    pub follow: Duration,
    /// Green is seen so long before the stop line, so that nobody brakes for red. Default 5 s: a second to see it and half of 19.4 m/s at
    /// 2.5 m/s².
    #[serde(rename = "visible_s", with = "crate::seconds")]
    pub visible: Duration,
    /// Messages and controller take so long. Default 1 s (judgement).
    #[serde(rename = "latency_s", with = "crate::seconds")]
    pub latency: Duration,
    /// So many standard deviations of the ETA earlier. Default 1.28: nine in ten vehicles are not faster (judgement: normal).
    pub deviations: f64,
    /// Nor earlier than this before the latest start. Default 15 s (judgement: protects the side roads).
    #[serde(rename = "earliest_s", with = "crate::seconds")]
    pub earliest: Duration,
}

impl Default for TimingConfig {
    fn default() -> Self {
        Self {
            follow: Duration::from_seconds(2),
            visible: Duration::from_seconds(5),
            latency: Duration::from_seconds(1),
            deviations: 1.28,
            earliest: Duration::from_seconds(15),
        }
    }
}

/// When a request is to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timing {
    /// When the vehicle is expected.
    pub(crate) eta: Instant,
    /// When its green is to start.
    pub(crate) start: Instant,
    /// How long the queue in front of it takes to leave from then on.
    pub(crate) clearance: Duration,
}

impl TimingConfig {
    /// When green is to start for a request; `None` where nobody knows when its vehicle comes. `flushed` vehicles more will stand in
    /// front of it than do now.
    pub(crate) fn of(
        &self,
        now: Instant,
        intersection: &ControlledIntersection,
        request: &Request,
        flushed: f64,
    ) -> Option<Timing> {
        let arrival = eta::expected(now, request)?;
        Some(self.for_arrival(now, intersection, request, arrival, flushed))
    }

    /// The same for an arrival that is known otherwise.
    pub(super) fn for_arrival(
        &self,
        now: Instant,
        intersection: &ControlledIntersection,
        request: &Request,
        arrival: eta::Arrival,
        flushed: f64,
    ) -> Timing {
        let config = intersection.queues().config();
        let queue = longest_queue(now, intersection, request, config);
        let queue = Queue { vehicles: queue.vehicles + flushed, ..queue };
        let left = arrival.at - now;
        let by_queue = discharge::latest_start(queue, config, left, self.follow);
        let latest = by_queue.min(left - self.visible);
        let deviation = Duration::from_seconds_f64(arrival.deviation.seconds() * self.deviations);
        let margin = (self.latency + deviation).min(self.earliest);
        let start = latest - margin;
        let clearance = discharge::clearance(queue, config, start.max(Duration::ZERO));
        Timing { eta: arrival.at, start: now + start, clearance }
    }

    /// Has anything to be done by now for a request to be served in time?
    pub(super) fn is_due(
        now: Instant,
        intersection: &ControlledIntersection,
        request: &Request,
        timing: &Timing,
    ) -> Result<(), Instant> {
        let due = opening::first_due(now, timing.start, intersection, request.service());
        if due <= now { Ok(()) } else { Err(due.max(now + opening::STEP)) }
    }
}

/// The lane's queue that takes longest to leave, of the lanes that the vehicle may take.
pub(super) fn longest_queue(
    now: Instant,
    intersection: &ControlledIntersection,
    request: &Request,
    config: &QueueConfig,
) -> Queue {
    let queues = lanes(intersection, request).filter_map(|lane| intersection.queues().on(lane, now));
    let none = Queue { vehicles: 0.0, arrivals_per_s: 0.0 };
    queues
        .max_by(|one, other| {
            let time = |queue| discharge::clearance(queue, config, Duration::ZERO);
            time(*one).cmp(&time(*other))
        })
        .unwrap_or(none)
}

/// The lanes that the vehicle may take: those of the groups that it named, or else all of its approach.
fn lanes<'a>(
    intersection: &'a ControlledIntersection,
    request: &'a Request,
) -> impl Iterator<Item = LaneIndex> + 'a {
    let service = request.service();
    let approach = &intersection.layout().approaches()[service.approach.index()];
    let connections = intersection.layout().connections();
    approach.lanes.iter().copied().filter(move |lane| {
        let groups = connections.iter().filter(|one| one.from == *lane).filter_map(|one| one.group);
        groups.into_iter().any(|group| service.groups.contains(&group))
    })
}
