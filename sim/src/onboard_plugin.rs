//! Emergency vehicles as entities: where each is, what its on-board unit sends, and what it hears.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::{IntersectionReference, StationId};
use voorrang_units::Length;

use crate::drive_plugin::Roadway;
use crate::network::LinkSignal;
use crate::onboard::{OnboardUnit, Profile};
use crate::public_transport_plugin::PublicTransport;
use crate::radio::Air;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::scenario::{RequestsBy, Scenario};
use crate::schedule::{Clock, ControlSet, ControlStep, NextControl, ScenarioHandle, TrafficSet, TrafficStep};
use crate::traffic::{DrivingState, StopLineAhead};

/// The first emergency vehicle's station id; the others count on.
const FIRST_STATION: u32 = 112_001;
/// It knows its way to the end.
const WHOLE_ROUTE: Length = Length::from_metres(f64::INFINITY);

/// One emergency vehicle.
#[derive(Component, Debug)]
pub struct EmergencyVehicle {
    /// Its trip in the scenario.
    pub trip: usize,
    /// Where it is; `None` before it has entered and after it has arrived.
    pub state: Option<DrivingState>,
    /// The stop lines ahead.
    pub ahead: Vec<StopLineAhead>,
    /// Its on-board unit.
    pub unit: OnboardUnit,
    uplink: Stream,
    started: bool,
}

/// Emergency vehicles sense, send and hear.
#[derive(Debug)]
pub struct OnboardPlugin;

impl Plugin for OnboardPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, (sense, send).chain().in_set(TrafficSet::Sense));
        app.add_systems(ControlStep, hear.in_set(ControlSet::Communicate));
    }
}

/// The station id of an emergency trip's vehicle.
pub(crate) fn emergency_station_id(trip: usize) -> StationId {
    StationId(FIRST_STATION + u32::try_from(trip).expect("a scenario has fewer trips than station ids"))
}

/// One entity for each emergency trip of the scenario.
pub fn spawn_emergency_vehicles(
    world: &mut World,
    scenario: &Scenario,
    options: &RunOptions,
    replication: u32,
) {
    for trip in 0..scenario.emergency.len() {
        let station = emergency_station_id(trip);
        let profile = Profile::emergency(scenario.emergency[trip].ask_for);
        world.spawn(EmergencyVehicle {
            trip,
            state: None,
            ahead: Vec::new(),
            unit: OnboardUnit::new(station, profile),
            uplink: Stream::new(options.seed, replication, Purpose::Uplink, trip as u64),
            started: false,
        });
    }
}

fn sense(roadway: Res<Roadway>, mut vehicles: Query<&mut EmergencyVehicle>) {
    let traffic = &roadway.traffic;
    for mut vehicle in &mut vehicles {
        let station = traffic.emergency_station(vehicle.trip);
        let at = station.and_then(|station| Some((station, traffic.driving_state(&station)?)));
        vehicle.state = at.map(|(_, state)| state);
        vehicle.ahead = at.map_or_else(Vec::new, |(station, state)| {
            traffic.stop_lines_ahead(&station, &state, WHOLE_ROUTE)
        });
        vehicle.started |= vehicle.state.is_some();
    }
}

fn send(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    mut air: ResMut<Air>,
    mut next: ResMut<NextControl>,
    mut vehicles: Query<&mut EmergencyVehicle>,
) {
    for mut vehicle in &mut vehicles {
        let EmergencyVehicle { trip, state, ahead, unit, uplink, started } = &mut *vehicle;
        if !*started || scenario.0.emergency[*trip].requests == RequestsBy::Cam {
            continue;
        }
        let bytes = unit
            .drive(clock.now, state.as_ref(), &signalled(&scenario.0, ahead))
            .expect("position, speed and ETA of a simulated vehicle lie within their messages' ranges");
        if let Some(arrives) = bytes.and_then(|bytes| air.uplink.send(clock.now, bytes, uplink)) {
            next.no_later_than(arrives);
        }
    }
}

/// The stop lines of intersections that take requests.
pub(crate) fn signalled(
    scenario: &Scenario,
    ahead: &[StopLineAhead],
) -> Vec<(StopLineAhead, LinkSignal, IntersectionReference)> {
    let signalled = ahead.iter().filter_map(|line| {
        let signal = scenario.network.links[line.link.index()].signal?;
        Some((*line, signal, reference(scenario, signal)?))
    });
    signalled.collect()
}

/// How messages name the intersection of a signal; `None` where it takes no requests.
fn reference(scenario: &Scenario, signal: LinkSignal) -> Option<IntersectionReference> {
    let controlled = &scenario.intersections[signal.intersection as usize];
    let id = controlled.intersection.id();
    controlled.equipped.then_some(IntersectionReference { region: Some(id.region), id: id.id })
}

fn hear(
    clock: Res<Clock>,
    mut air: ResMut<Air>,
    mut next: ResMut<NextControl>,
    mut vehicles: Query<&mut EmergencyVehicle>,
    mut transport: ResMut<PublicTransport>,
) {
    while let Some((arrived, bytes)) = air.downlink.receive(clock.control) {
        transport.hear(arrived, &bytes);
        for mut vehicle in &mut vehicles {
            if vehicle.started {
                vehicle
                    .unit
                    .hear(arrived, &bytes)
                    .expect("the channel loses messages whole: what arrives is what the engine sent");
            }
        }
    }
    if let Some(arrival) = air.downlink.next_arrival() {
        next.no_later_than(arrival);
    }
}
