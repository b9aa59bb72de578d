//! What the priority engine expects, held against what comes: when a vehicle will be at a stop line, and how many stand before it. The engine
//! knows traffic by its messages, detectors and lamps; here it is compared with the road, which it never sees.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::IntersectionReference;
use voorrang_priority::eta;
use voorrang_signals::IntersectionId;
use voorrang_units::{Instant, Speed};

use crate::drive_plugin::Roadway;
use crate::measures::record::EstimateRecord;
use crate::network::{LinkIndex, LinkSignal};
use crate::onboard_plugin::{EmergencyVehicle, emergency_station_id, signalled};
use crate::priority_plugin::Priority;
use crate::schedule::{Clock, ScenarioHandle, TrafficSet, TrafficStep};
use crate::traffic::StopLinePassage;

/// How long before the passage estimates are judged, seconds.
pub const HORIZONS_S: [u32; 5] = [10, 20, 30, 60, 120];

/// Looks are so far apart, so that one lies near each horizon.
const LOOK_MILLIS: i64 = 1000;

/// Whoever is slower than this stands in the queue (strategies.md 1.2).
const STANDS: Speed = Speed::from_metres_per_second(2.2);

/// What was expected, and how it came out.
#[derive(Resource, Debug, Default)]
pub struct Estimates {
    open: Vec<Look>,
    /// How it came out.
    pub records: Vec<EstimateRecord>,
}

/// What the engine expected at a moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    trip: usize,
    link: LinkIndex,
    at: Instant,
    expected: Instant,
    queue: Option<(f64, u32)>,
}

/// Compares the engine's knowledge with the road.
#[derive(Debug)]
pub struct EstimatePlugin;

impl Plugin for EstimatePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, look.after(TrafficSet::Control).before(TrafficSet::Drive));
    }
}

fn look(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    roadway: Res<Roadway>,
    priority: Res<Priority>,
    vehicles: Query<&EmergencyVehicle>,
    mut estimates: ResMut<Estimates>,
) {
    if (clock.now - clock.start).millis() % LOOK_MILLIS != 0 {
        return;
    }
    for vehicle in vehicles.iter().filter(|vehicle| vehicle.state.is_some()) {
        for (line, signal, reference) in signalled(&scenario.0, &vehicle.ahead) {
            let look = expectation(clock.now, &priority, vehicle.trip, signal, reference);
            estimates.open.extend(look.map(|(expected, queue)| {
                let lane = scenario.0.network.links[line.link.index()].from;
                let standing = roadway.traffic.others_on(lane).filter(|other| other.speed < STANDS);
                let standing = u32::try_from(standing.count()).unwrap_or(u32::MAX);
                let queue = queue.map(|estimate| (estimate, standing));
                Look { trip: vehicle.trip, link: line.link, at: clock.now, expected, queue }
            }));
        }
    }
}

/// When the engine expects a vehicle at a stop line, and the vehicles that it thinks stand on the lane there.
fn expectation(
    now: Instant,
    priority: &Priority,
    trip: usize,
    signal: LinkSignal,
    reference: IntersectionReference,
) -> Option<(Instant, Option<f64>)> {
    let id = IntersectionId { region: reference.region?, id: reference.id };
    let area = priority.engine().area();
    let intersection = area.intersection(area.find(id)?);
    let station = emergency_station_id(trip);
    let request =
        intersection.requests().live().iter().find(|request| request.latest().station == station)?;
    let lane = intersection.layout().lane(signal.lane);
    let queue = lane.and_then(|lane| intersection.queues().on(lane, now)).map(|queue| queue.vehicles);
    Some((eta::expected(now, request)?.at, queue))
}

impl Estimates {
    /// An emergency vehicle passed a stop line: what was expected of that is judged.
    pub fn judge(&mut self, passage: &StopLinePassage, passed: Instant) {
        let own = |look: &Look| look.trip == passage.trip && look.link == passage.link;
        for horizon_s in HORIZONS_S {
            let away = |look: &Look| ((passed - look.at).seconds() - f64::from(horizon_s)).abs();
            let nearest = self
                .open
                .iter()
                .filter(|look| own(look))
                .min_by(|one, other| away(one).total_cmp(&away(other)));
            if let Some(look) = nearest.filter(|look| away(look) * 1000.0 <= LOOK_MILLIS as f64) {
                self.records.push(EstimateRecord {
                    horizon_s,
                    eta_error_s: (look.expected - passed).seconds(),
                    queue: look.queue,
                });
            }
        }
        self.open.retain(|look| !own(look));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_units::Duration;

    #[test]
    fn the_look_nearest_to_each_horizon_is_judged_once_the_vehicle_has_passed() {
        let start = Instant::from_unix_millis(0);
        let second = |second: i64| start + Duration::from_seconds(second);
        let (own, other) = (LinkIndex(3), LinkIndex(4));
        let mut estimates = Estimates::default();
        for at in 0..=60 {
            // Always 2 s too late; of the other stop line nothing comes of it.
            let look =
                Look { trip: 0, link: own, at: second(at), expected: second(62), queue: Some((5.5, 4)) };
            estimates.open.extend([look, Look { link: other, ..look }]);
        }
        estimates.judge(&StopLinePassage { trip: 0, link: own, red: false }, second(60));
        let horizons: Vec<u32> = estimates.records.iter().map(|record| record.horizon_s).collect();
        assert_eq!(horizons, [10, 20, 30, 60], "nobody looked 120 s before");
        assert!(estimates.records.iter().all(|record| (record.eta_error_s - 2.0).abs() < 1e-9));
        assert_eq!(estimates.open.len(), 61, "the other stop line's");
    }
}
