//! Figures and traces of the emergency trips; reads what others did and writes nothing that they read.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_signals::{Aspect, Intersection};
use voorrang_units::{Duration, Instant};

use crate::drive_plugin::Roadway;
use crate::estimate_plugin::Estimates;
use crate::measures::record::{SignalTrace, StopLineTrace, Trace, TripRecord, TripTrace, VehicleTrace};
use crate::measures::recovery;
use crate::network::RoadLaneIndex;
use crate::onboard::JunctionRequest;
use crate::onboard_plugin::EmergencyVehicle;
use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlSet, ControlStep, ScenarioHandle, TrafficSet, TrafficStep};
use crate::signal_plugin::Signals;

/// So many stop lines ahead of an emergency vehicle the others are followed on their way to.
const NEXT_STOP_LINES: usize = 3;

/// What is being written down.
#[derive(Resource, Debug)]
pub struct Logbook {
    /// One for each emergency trip of the scenario, in its order.
    pub trips: Vec<TripRecord>,
    /// Who stands, each 10 s.
    pub standing: Vec<u32>,
    /// Their course, if it is wanted.
    pub trace: Option<Trace>,
    recorders: Vec<Recorder>,
}

/// Follows one trip for its trace.
#[derive(Debug, Clone, Default)]
struct Recorder {
    travelled_m: f64,
    last_speed: Option<f64>,
    lamps: Vec<usize>,
}

impl Logbook {
    /// Empty pages; `trips` with their departures.
    #[must_use]
    pub fn new(scenario: &Scenario, signals: &Signals, trips: Vec<TripRecord>, traced: bool) -> Self {
        let trace = traced.then(|| Trace {
            signals: scenario
                .intersections
                .iter()
                .enumerate()
                .map(|(place, controlled)| signal_trace(&controlled.intersection, signals, place))
                .collect(),
            trips: trips
                .iter()
                .map(|trip| TripTrace { id: trip.id.clone(), points: Vec::new(), stop_lines: Vec::new() })
                .collect(),
        });
        Self { recorders: vec![Recorder::default(); trips.len()], trips, standing: Vec::new(), trace }
    }

    /// Writes down when a vehicle asked at the stop lines of its route, and when it was granted.
    pub fn note_requests(&mut self, trip: usize, requests: &[JunctionRequest], start: Instant) {
        let Some(trace) = &mut self.trace else { return };
        for request in requests {
            for line in trace.trips[trip].stop_lines.iter_mut().filter(|line| line.leg == request.leg) {
                line.asked_s = Some((request.asked - start).seconds());
                line.granted_s = request.granted.map(|granted| (granted - start).seconds());
            }
        }
    }
}

/// An intersection's trace with what its lamps show at the run's start.
fn signal_trace(intersection: &Intersection, signals: &Signals, place: usize) -> SignalTrace {
    let groups = intersection.groups().iter().map(|group| group.name.clone());
    let lamps =
        intersection.group_indices().map(|group| (0.0, group, signals.aspects()[signals.lamp(place, group)]));
    SignalTrace {
        name: intersection.name().to_owned(),
        groups: groups.collect(),
        lamps: lamps.collect(),
        wishes: vec![(0.0, signals.wishes(place).clone())],
    }
}

/// Writes down what happened.
#[derive(Debug)]
pub struct MeasurePlugin;

impl Plugin for MeasurePlugin {
    fn build(&self, app: &mut App) {
        // Traces show a step's beginning: where vehicles are and what lamps show before everybody drives on.
        app.add_systems(TrafficStep, trace.after(TrafficSet::Control).before(TrafficSet::Drive));
        app.add_systems(TrafficStep, count_standing.after(TrafficSet::Control).before(TrafficSet::Drive));
        app.add_systems(ControlStep, trace_signals.after(ControlSet::Signal));
        app.add_systems(TrafficStep, note_passages.in_set(TrafficSet::Measure));
    }
}

fn note_passages(
    clock: Res<Clock>,
    mut roadway: ResMut<Roadway>,
    mut logbook: ResMut<Logbook>,
    mut estimates: ResMut<Estimates>,
) {
    for passage in roadway.traffic.take_passages() {
        // Within the step that was driven: half a step wrong at most.
        estimates.judge(&passage, clock.now + Duration::from_millis(clock.step.millis() / 2));
        logbook.trips[passage.trip].red_passages += u32::from(passage.red);
    }
    for arrival in roadway.traffic.take_arrivals() {
        let trip = &mut logbook.trips[arrival.trip];
        trip.arrival_s = Some(arrival.at_s);
        trip.stops = arrival.stops;
    }
}

/// Who stands, each 10 s.
fn count_standing(clock: Res<Clock>, roadway: Res<Roadway>, mut logbook: ResMut<Logbook>) {
    let due = f64::from(u32::try_from(logbook.standing.len()).unwrap_or(u32::MAX)) * recovery::STEP_S;
    if clock.now_s() >= due {
        logbook.standing.push(roadway.traffic.standing());
    }
}

fn trace_signals(clock: Res<Clock>, signals: Res<Signals>, mut logbook: ResMut<Logbook>) {
    let Some(trace) = &mut logbook.trace else { return };
    let now = clock.seconds_at(clock.control);
    for change in signals.changes() {
        trace.signals[change.intersection].lamps.push((now, change.group, change.aspect));
    }
    for (place, trace) in trace.signals.iter_mut().enumerate() {
        let wishes = signals.wishes(place);
        if trace.wishes.last().is_none_or(|(_, last)| last != wishes) {
            trace.wishes.push((now, wishes.clone()));
        }
    }
}

fn trace(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    signals: Res<Signals>,
    vehicles: Query<&EmergencyVehicle>,
    roadway: Res<Roadway>,
    mut logbook: ResMut<Logbook>,
) {
    let Logbook { trace: Some(trace), recorders, .. } = &mut *logbook else { return };
    for vehicle in &vehicles {
        let (trip, recorder) = (&mut trace.trips[vehicle.trip], &mut recorders[vehicle.trip]);
        let Some(state) = &vehicle.state else { continue };
        let speed = state.speed.metres_per_second();
        match recorder.last_speed {
            None => {
                recorder.travelled_m = state.position.metres();
                for line in &vehicle.ahead {
                    let Some(signal) = scenario.0.network.links[line.link.index()].signal else { continue };
                    let intersection = &scenario.0.intersections[signal.intersection as usize].intersection;
                    let group = &intersection.groups()[signal.group.index()];
                    recorder.lamps.push(signals.lamp(signal.intersection as usize, signal.group));
                    trip.stop_lines.push(StopLineTrace::new(
                        format!("{} {}", intersection.name(), group.name),
                        recorder.travelled_m + line.distance.metres(),
                        signal.intersection as usize,
                        signal.group,
                        line.leg,
                    ));
                }
            }
            // As vehicles move: at constant acceleration over the step.
            Some(last) => recorder.travelled_m += 0.5 * (last + speed) * clock.step.seconds(),
        }
        recorder.last_speed = Some(speed);
        trip.points.push((clock.now_s(), recorder.travelled_m, speed));
        for ahead in vehicle.ahead.iter().take(NEXT_STOP_LINES) {
            if let Some(line) = trip.stop_lines.iter_mut().find(|line| line.leg == ahead.leg) {
                trace_traffic(
                    clock.now_s(),
                    &roadway,
                    scenario.0.network.links[ahead.link.index()].from,
                    line,
                );
            }
        }
        for (lamp, line) in recorder.lamps.iter().zip(&mut trip.stop_lines) {
            let shown: Aspect = signals.aspects()[*lamp];
            if line.aspects.last().is_none_or(|(_, last)| *last != shown) {
                line.aspects.push((signals.since_s()[*lamp], shown));
            }
        }
    }
}

/// Where the others on a lane are.
fn trace_traffic(now_s: f64, roadway: &Roadway, lane: RoadLaneIndex, line: &mut StopLineTrace) {
    for other in roadway.traffic.others_on(lane) {
        let point = (now_s, other.to_end.metres());
        // Whoever was there last is near the end of the list.
        match line.traffic.iter_mut().rev().find(|trace| trace.vehicle == other.number) {
            Some(trace) => trace.points.push(point),
            None => line.traffic.push(VehicleTrace { vehicle: other.number, points: vec![point] }),
        }
    }
}
