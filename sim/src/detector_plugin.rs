//! Detectors in the simulation: what loops saw within a traffic step, and what pedestrians and cyclists press or stand on, becomes events for
//! the controllers and the priority engine, each at its control step.
//!
//! A traffic step's changes are collected at the beginning of the next (set Sense), whose control steps are those that lie within the
//! traffic step that was: nothing is told late, and nothing before it happened.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_priority::Input;
use voorrang_signals::DetectorIndex;
use voorrang_units::Instant;

use crate::detectors;
use crate::drive_plugin::Roadway;
use crate::priority_plugin::Priority;
use crate::scenario::Scenario;
use crate::schedule::{
    CONTROL_STEP, Clock, ControlSet, ControlStep, NextControl, ScenarioHandle, TrafficSet, TrafficStep,
};
use crate::signal_plugin::Signals;
use crate::traffic::Stretch;

/// All loops of the run, and what detectors have to tell.
#[derive(Resource, Debug)]
pub struct Detectors {
    /// Of each watched loop, its intersection and which detector it is.
    loops: Vec<(usize, DetectorIndex)>,
    /// Ordered by their time; those of the same time in the order in which they were told.
    events: Vec<DetectorEvent>,
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
    /// Whether something stands on it from now on, or presses it.
    pub occupied: bool,
}

impl Detectors {
    /// The loops of all intersections that lie on lanes of the network, and where they lie.
    #[must_use]
    pub fn of(scenario: &Scenario) -> (Self, Vec<Stretch>) {
        let mut loops = Vec::new();
        let mut stretches = Vec::new();
        for laid in detectors::loops(scenario).into_iter().filter(|laid| !laid.pieces.is_empty()) {
            stretches.extend(laid.pieces.iter().map(|piece| Stretch {
                number: loops.len(),
                lane: piece.lane,
                upstream_m: piece.from_m,
                downstream_m: piece.to_m,
            }));
            loops.push((laid.intersection, laid.detector));
        }
        // Lane by lane, as vehicles stand in memory.
        stretches.sort_by_key(|stretch| stretch.lane);
        let events = Vec::with_capacity(2 * loops.len());
        (Self { loops, events }, stretches)
    }

    /// The detectors that watch the road: position of the intersection, and which.
    #[must_use]
    pub fn watching(&self) -> &[(usize, DetectorIndex)] {
        &self.loops
    }

    /// Something changes at its time.
    pub fn tell(&mut self, event: DetectorEvent) {
        let place = self.events.partition_point(|other| other.at <= event.at);
        self.events.insert(place, event);
    }

    /// When there is something to tell.
    fn next(&self) -> Option<Instant> {
        self.events.first().map(|event| event.at)
    }
}

/// Loops see, controllers and engine are told.
#[derive(Debug)]
pub struct DetectorPlugin;

impl Plugin for DetectorPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, see.in_set(TrafficSet::Sense));
        app.add_systems(ControlStep, hand_over.in_set(ControlSet::Communicate));
    }
}

/// What happened over the loops in the last traffic step.
fn see(
    clock: Res<Clock>,
    roadway: Res<Roadway>,
    mut detectors: ResMut<Detectors>,
    mut next: ResMut<NextControl>,
) {
    let begin = clock.now - clock.step;
    for change in roadway.traffic.loop_changes() {
        let at = begin + CONTROL_STEP * i64::from(change.scan);
        let (intersection, detector) = detectors.loops[change.number];
        detectors.tell(DetectorEvent { at, intersection, detector, occupied: change.occupied });
    }
    if let Some(first) = detectors.next() {
        next.no_later_than(first);
    }
}

/// What is due goes to the controllers and, where an intersection takes requests, to the engine.
pub(crate) fn hand_over(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    mut detectors: ResMut<Detectors>,
    mut signals: ResMut<Signals>,
    mut priority: ResMut<Priority>,
    mut next: ResMut<NextControl>,
) {
    let due = detectors.events.partition_point(|event| event.at <= clock.control);
    for event in detectors.events.drain(..due) {
        signals.detect(event.intersection, clock.control, event.detector, event.occupied);
        let controlled = &scenario.0.intersections[event.intersection];
        if controlled.equipped {
            let intersection = controlled.intersection.id();
            let (detector, occupied) = (event.detector, event.occupied);
            priority.hear(clock.control, Input::Detector { intersection, detector, occupied });
        }
    }
    if let Some(first) = detectors.next() {
        next.no_later_than(first);
    }
}
