//! Loops in the road: what they see becomes events for the controllers and the priority engine, at their time within the traffic step.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_priority::Input;
use voorrang_signals::DetectorIndex;
use voorrang_units::{Duration, Instant};

use crate::drive_plugin::Roadway;
use crate::network::RoadLaneIndex;
use crate::priority_plugin::Priority;
use crate::scenario::Scenario;
use crate::schedule::{
    CONTROL_STEP, Clock, ControlSet, ControlStep, NextControl, ScenarioHandle, TrafficSet, TrafficStep,
};
use crate::signal_plugin::Signals;
use crate::traffic::{Seen, Stretch};

/// All loops of the run, and what they have to tell.
#[derive(Resource, Debug)]
pub struct Loops {
    loops: Vec<Loop>,
    /// Ordered by their time.
    events: Vec<DetectorEvent>,
}

/// One loop.
#[derive(Debug, Clone, PartialEq)]
struct Loop {
    intersection: usize,
    detector: DetectorIndex,
    stretch: Stretch,
    occupant: Option<u32>,
}

/// A detector's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectorEvent {
    /// When.
    pub at: Instant,
    /// Position in the scenario's intersections.
    pub intersection: usize,
    /// Which detector.
    pub detector: DetectorIndex,
    /// Whether something stands on it now.
    pub occupied: bool,
}

impl Loops {
    /// The loops of all intersections that lie on lanes of the network.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let mut loops = Vec::new();
        for (index, controlled) in scenario.intersections.iter().enumerate() {
            let intersection = &controlled.intersection;
            for (number, detector) in intersection.detectors().iter().enumerate() {
                let lane = detector.lane.map(|lane| intersection.lanes()[lane.index()].id);
                let link = scenario.network.links.iter().find(|link| {
                    link.signal.is_some_and(|signal| {
                        signal.intersection as usize == index && Some(signal.lane) == lane
                    })
                });
                let (Some(link), Some(detector_index)) = (link, DetectorIndex::at(number)) else { continue };
                let length = scenario.network.lanes[link.from.index()].length.metres();
                let downstream_m = length - detector.distance.metres();
                let upstream_m = downstream_m - detector.length.metres();
                if upstream_m < 0.0 {
                    continue;
                }
                let stretch = Stretch { lane: RoadLaneIndex(link.from.0), upstream_m, downstream_m };
                loops.push(Loop { intersection: index, detector: detector_index, stretch, occupant: None });
            }
        }
        Self { loops, events: Vec::new() }
    }
}

/// Loops see, controllers and engine are told.
#[derive(Debug)]
pub struct DetectorPlugin;

impl Plugin for DetectorPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, see.in_set(TrafficSet::Sense));
        app.add_systems(ControlStep, tell.in_set(ControlSet::Communicate));
    }
}

/// What happened over the loops since the last traffic step.
fn see(clock: Res<Clock>, roadway: Res<Roadway>, mut loops: ResMut<Loops>, mut next: ResMut<NextControl>) {
    let Loops { loops, events } = &mut *loops;
    for one in loops.iter_mut() {
        let (over, beyond) = roadway.traffic.sight(&one.stretch);
        let mut tell = |at, occupied| {
            let (intersection, detector) = (one.intersection, one.detector);
            events.push(DetectorEvent { at, intersection, detector, occupied });
        };
        changes(&clock, &one.stretch, one.occupant, over, beyond, &mut tell);
        one.occupant = over.map(|over| over.vehicle);
    }
    events.sort_by_key(|event| (event.at, event.intersection, event.detector, event.occupied));
    if let Some(first) = events.first() {
        next.no_later_than(first.at);
    }
}

/// The changes of one loop in a traffic step that ends now, told in order: who was over it, who is now, and who is the first beyond.
fn changes(
    clock: &Clock,
    stretch: &Stretch,
    before: Option<u32>,
    over: Option<Seen>,
    beyond: Option<Seen>,
    tell: &mut impl FnMut(Instant, bool),
) {
    let begin = clock.now - clock.step;
    // When a point of a vehicle passed a place, if that was within the step, as far as its speed of now tells.
    let passed = |seen: Seen, point_m: f64, place_m: f64| {
        let ago = Duration::from_seconds_f64((point_m - place_m).max(0.0) / seen.speed_mps.max(0.1));
        on_control_step(clock.now - ago.min(clock.step)).max(begin + CONTROL_STEP)
    };
    let came = |seen: Seen| passed(seen, seen.front_m, stretch.upstream_m);
    let left = |seen: Seen| passed(seen, seen.rear_m, stretch.downstream_m);
    match (before, over) {
        (Some(before), Some(over)) if before == over.vehicle => {}
        (Some(_), Some(over)) => {
            // One after the other: in between it was free, if there was a gap to be seen.
            let again = came(over);
            let gone = beyond.map_or(again - CONTROL_STEP, left).min(again - CONTROL_STEP);
            if gone > begin {
                tell(gone, false);
                tell(again, true);
            }
        }
        (None, Some(over)) => tell(came(over), true),
        (Some(_), None) => tell(beyond.map_or(clock.now, left), false),
        (None, None) => {
            // Somebody fast may have passed between two steps.
            let whole = beyond
                .filter(|seen| seen.front_m - seen.speed_mps * clock.step.seconds() < stretch.upstream_m);
            if let Some(seen) = whole {
                let on = came(seen).min(clock.now - CONTROL_STEP);
                tell(on, true);
                tell(left(seen).max(on + CONTROL_STEP), false);
            }
        }
    }
}

/// The control step at or after a moment.
fn on_control_step(moment: Instant) -> Instant {
    let step = CONTROL_STEP.millis();
    let past = moment.unix_millis().rem_euclid(step);
    if past == 0 { moment } else { moment + Duration::from_millis(step - past) }
}

/// What is due goes to the controllers and, where an intersection takes requests, to the engine.
fn tell(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    mut loops: ResMut<Loops>,
    mut signals: ResMut<Signals>,
    mut priority: ResMut<Priority>,
    mut next: ResMut<NextControl>,
) {
    let due = loops.events.partition_point(|event| event.at <= clock.control);
    for event in loops.events.drain(..due) {
        signals.detect(event.intersection, clock.control, event.detector, event.occupied);
        let controlled = &scenario.0.intersections[event.intersection];
        if controlled.equipped {
            let intersection = controlled.intersection.id();
            let (detector, occupied) = (event.detector, event.occupied);
            priority.hear(clock.control, Input::Detector { intersection, detector, occupied });
        }
    }
    if let Some(first) = loops.events.first() {
        next.no_later_than(first.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_unix_millis(100_000);

    fn clock() -> Clock {
        let step = Duration::from_millis(500);
        Clock { start: NOW - step, now: NOW, step, control: NOW - step }
    }

    fn seen(vehicle: u32, front_m: f64, speed_mps: f64) -> Option<Seen> {
        Some(Seen { vehicle, front_m, rear_m: front_m - 5.0, speed_mps })
    }

    /// What a loop from 90 to 92 m tells, in milliseconds before the end of the step.
    fn told(before: Option<u32>, over: Option<Seen>, beyond: Option<Seen>) -> Vec<(i64, bool)> {
        let stretch = Stretch { lane: RoadLaneIndex(0), upstream_m: 90.0, downstream_m: 92.0 };
        let mut told = Vec::new();
        changes(&clock(), &stretch, before, over, beyond, &mut |at, occupied| {
            told.push(((NOW - at).millis(), occupied));
        });
        told
    }

    #[test]
    fn who_comes_over_it_is_told_at_its_time() {
        // 2 m beyond the edge at 10 m/s: 0.2 s ago.
        assert_eq!(told(None, seen(1, 92.0, 10.0), None), [(200, true)]);
        assert_eq!(
            told(None, seen(1, 92.0, 0.0), None),
            [(400, true)],
            "within the step, however slow it is now"
        );
    }

    #[test]
    fn who_stays_is_told_once() {
        assert_eq!(told(Some(1), seen(1, 93.0, 2.0), None), []);
        assert_eq!(told(None, None, None), []);
    }

    #[test]
    fn who_has_left_it_is_told_at_its_time() {
        // Its rear is at 95 m, 3 m beyond, at 10 m/s.
        assert_eq!(told(Some(1), None, seen(1, 100.0, 10.0)), [(300, false)]);
    }

    #[test]
    fn who_passes_between_two_steps_is_not_missed() {
        // At 20 m/s its front was at 89 m half a second ago.
        assert_eq!(told(None, None, seen(1, 99.0, 20.0)), [(400, true), (100, false)]);
        assert_eq!(told(None, None, seen(1, 105.0, 20.0)), [], "it was there before");
    }

    #[test]
    fn the_gap_between_two_vehicles_is_told() {
        let events = told(Some(1), seen(2, 91.0, 10.0), seen(1, 100.0, 10.0));
        assert_eq!(events, [(300, false), (100, true)]);
    }
}
