//! Figures and traces of the emergency trips; reads what others did and writes nothing that they read.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_signals::Aspect;

use crate::drive_plugin::Roadway;
use crate::measures::record::{StopLineTrace, Trace, TripRecord, TripTrace};
use crate::onboard_plugin::EmergencyVehicle;
use crate::schedule::{Clock, ScenarioHandle, TrafficSet, TrafficStep};
use crate::signal_plugin::Signals;

/// What is being written down.
#[derive(Resource, Debug)]
pub struct Logbook {
    /// One for each emergency trip of the scenario, in its order.
    pub trips: Vec<TripRecord>,
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
    pub fn new(trips: Vec<TripRecord>, traced: bool) -> Self {
        let trace = traced.then(|| Trace {
            trips: trips
                .iter()
                .map(|trip| TripTrace { id: trip.id.clone(), points: Vec::new(), stop_lines: Vec::new() })
                .collect(),
        });
        Self { recorders: vec![Recorder::default(); trips.len()], trips, trace }
    }
}

/// Writes down what happened.
#[derive(Debug)]
pub struct MeasurePlugin;

impl Plugin for MeasurePlugin {
    fn build(&self, app: &mut App) {
        // Traces show a step's beginning: where vehicles are and what lamps show before everybody drives on.
        app.add_systems(TrafficStep, trace.after(TrafficSet::Control).before(TrafficSet::Drive));
        app.add_systems(TrafficStep, note_passages.in_set(TrafficSet::Measure));
    }
}

fn note_passages(mut roadway: ResMut<Roadway>, mut logbook: ResMut<Logbook>) {
    for passage in roadway.traffic.take_passages() {
        logbook.trips[passage.trip].red_passages += u32::from(passage.red);
    }
    for arrival in roadway.traffic.take_arrivals() {
        let trip = &mut logbook.trips[arrival.trip];
        trip.arrival_s = Some(arrival.at_s);
        trip.stops = arrival.stops;
    }
}

fn trace(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    signals: Res<Signals>,
    vehicles: Query<&EmergencyVehicle>,
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
                    trip.stop_lines.push(StopLineTrace {
                        name: format!("{} {}", intersection.name(), group.name),
                        at_m: recorder.travelled_m + line.distance.metres(),
                        aspects: Vec::new(),
                    });
                }
            }
            // As vehicles move: at constant acceleration over the step.
            Some(last) => recorder.travelled_m += 0.5 * (last + speed) * clock.step.seconds(),
        }
        recorder.last_speed = Some(speed);
        trip.points.push((clock.now_s(), recorder.travelled_m, speed));
        for (lamp, line) in recorder.lamps.iter().zip(&mut trip.stop_lines) {
            let shown: Aspect = signals.aspects()[*lamp];
            if line.aspects.last().is_none_or(|(_, last)| *last != shown) {
                line.aspects.push((signals.since_s()[*lamp], shown));
            }
        }
    }
}
