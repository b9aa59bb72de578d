//! Who sends CAMs in the simulation: every emergency vehicle, by the generation rules of the standard and as often as traffic steps let; and
//! the ordinary vehicles that are equipped, once a second, within 300 m before an equipped intersection's stop line. What those would send
//! elsewhere nobody would read: it is left out to save time.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::StationId;
use voorrang_messages::vehicle_state::CamGeneration;
use voorrang_units::Length;

use crate::cam::{Sender, movement};
use crate::drive_plugin::Roadway;
use crate::onboard_plugin::emergency_station_id;
use crate::radio::Air;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{Clock, NextControl, ScenarioHandle, TrafficSet, TrafficStep};
use crate::traffic::{DrivingState, Kind, Station, Traffic};

/// The first ordinary vehicle's station id; the others count on in the order of departure.
const FIRST_STATION: u32 = 1_000_000;
/// CAMs of ordinary vehicles are read from here on before the stop line.
const HEARD_WITHIN: Length = Length::from_metres(300.0);
/// Messages of one vehicle are told apart by the second in which they are sent; a day has fewer than 2^17.
const SECONDS_BITS: u32 = 17;

/// What sending CAMs needs to remember.
#[derive(Resource, Debug)]
pub struct Awareness {
    seed: u64,
    replication: u32,
    /// By emergency trip.
    emergency: Vec<(CamGeneration, Stream)>,
}

impl Awareness {
    /// Nothing has been sent.
    #[must_use]
    pub fn new(scenario: &Scenario, options: &RunOptions, replication: u32) -> Self {
        let stream = |trip| Stream::new(options.seed, replication, Purpose::EmergencyCam, trip);
        let trips = (0..).take(scenario.emergency.len());
        Self {
            seed: options.seed,
            replication,
            emergency: trips.map(|trip| (CamGeneration::default(), stream(trip))).collect(),
        }
    }
}

/// Vehicles tell where they are.
#[derive(Debug)]
pub struct CamPlugin;

impl Plugin for CamPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, send.in_set(TrafficSet::Sense));
    }
}

/// The station id of a vehicle that is no emergency vehicle, by its place in the order of departure.
pub(crate) fn station_id(record: usize) -> StationId {
    StationId(FIRST_STATION + u32::try_from(record).expect("a run has fewer vehicles than station ids"))
}

fn send(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    roadway: Res<Roadway>,
    mut awareness: ResMut<Awareness>,
    mut air: ResMut<Air>,
    mut next: ResMut<NextControl>,
) {
    let scenario = &scenario.0;
    if !scenario.intersections.iter().any(|controlled| controlled.equipped) {
        return;
    }
    let traffic = &roadway.traffic;
    for station in traffic.stations() {
        let sent = match station.kind {
            Kind::Emergency { trip } => {
                let Some(state) = traffic.driving_state(&station) else { continue };
                let (generation, stream) = &mut awareness.emergency[trip];
                generation.is_due(clock.now, movement(&state)).then(|| {
                    air.awareness.send(clock.now, cam(&clock, trip_sender(&station, trip), &state), stream)
                })
            }
            Kind::Other { record } => {
                if !station.radio.cam || !is_turn(&clock, record) {
                    continue;
                }
                let heard = traffic
                    .driving_state(&station)
                    .filter(|state| is_heard(scenario, traffic, &station, state));
                let mut stream = message_stream(&clock, &awareness, record);
                heard.map(|state| {
                    let sender = Sender { station: station_id(record), class: station.class };
                    air.awareness.send(clock.now, cam(&clock, sender, &state), &mut stream)
                })
            }
        };
        if let Some(Some(arrives)) = sent {
            next.no_later_than(arrives);
        }
    }
}

fn trip_sender(station: &Station, trip: usize) -> Sender {
    Sender { station: emergency_station_id(trip), class: station.class }
}

fn cam(clock: &Clock, sender: Sender, state: &DrivingState) -> Vec<u8> {
    sender
        .message(clock.now, state)
        .expect("position, speed and heading of a simulated vehicle lie within their message's ranges")
}

/// Once a second, and not all in the same step.
fn is_turn(clock: &Clock, record: usize) -> bool {
    let steps = (CamGeneration::LONGEST_GAP.millis() / clock.step.millis()).max(1);
    let turn = (clock.now - clock.start).millis() / clock.step.millis();
    i64::try_from(record).is_ok_and(|record| (turn + record) % steps == 0)
}

/// Is an equipped intersection's stop line near enough?
fn is_heard(scenario: &Scenario, traffic: &Traffic, station: &Station, state: &DrivingState) -> bool {
    let ahead = traffic.stop_lines_ahead(station, state, HEARD_WITHIN);
    ahead.iter().any(|line| {
        let signal = scenario.network.links[line.link.index()].signal;
        signal.is_some_and(|signal| scenario.intersections[signal.intersection as usize].equipped)
    })
}

/// Delay and loss of one message of an ordinary vehicle.
fn message_stream(clock: &Clock, awareness: &Awareness, record: usize) -> Stream {
    let second = u64::try_from((clock.now - clock.start).millis() / 1000).unwrap_or(0);
    let message = (record as u64) << SECONDS_BITS | second;
    Stream::new(awareness.seed, awareness.replication, Purpose::Cam, message)
}
