//! Buses and trams that ask for conditional priority: each gets an on-board unit when it enters, and keeps it until all is said.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_units::Length;

use crate::cam_plugin::station_id;
use crate::drive_plugin::Roadway;
use crate::measures::record::RequestsRecord;
use crate::onboard::{JunctionRequest, OnboardUnit, Profile};
use crate::onboard_plugin::signalled;
use crate::radio::Air;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::schedule::{Clock, NextControl, ScenarioHandle, TrafficSet, TrafficStep};
use crate::traffic::{DrivingState, Kind, StopLineAhead};

/// How far ahead it looks for stop lines: a little further than it asks.
const LOOKS_AHEAD: Length = Length::from_metres(350.0);

/// The units of all buses and trams that are under way.
#[derive(Resource, Debug)]
pub struct PublicTransport {
    seed: u64,
    replication: u32,
    /// In the order in which they entered.
    vehicles: Vec<Vehicle>,
    /// What those asked that have arrived.
    done: Vec<JunctionRequest>,
}

#[derive(Debug)]
struct Vehicle {
    record: usize,
    unit: OnboardUnit,
    uplink: Stream,
    state: Option<DrivingState>,
    ahead: Vec<StopLineAhead>,
}

impl PublicTransport {
    /// Nobody is under way.
    #[must_use]
    pub fn new(options: &RunOptions, replication: u32) -> Self {
        Self { seed: options.seed, replication, vehicles: Vec::new(), done: Vec::new() }
    }

    /// Bytes that came down the air.
    pub(crate) fn hear(&mut self, now: voorrang_units::Instant, bytes: &[u8]) {
        for vehicle in &mut self.vehicles {
            vehicle
                .unit
                .hear(now, bytes)
                .expect("the channel loses messages whole: what arrives is what the engine sent");
        }
    }

    /// What they asked and were told.
    #[must_use]
    pub fn record(&self) -> RequestsRecord {
        let under_way = self.vehicles.iter().flat_map(|vehicle| vehicle.unit.requests());
        RequestsRecord::of(self.done.iter().chain(under_way))
    }
}

/// Buses and trams ask.
#[derive(Debug)]
pub struct PublicTransportPlugin;

impl Plugin for PublicTransportPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, (sense, send).chain().in_set(TrafficSet::Sense));
    }
}

fn sense(roadway: Res<Roadway>, mut transport: ResMut<PublicTransport>) {
    let traffic = &roadway.traffic;
    let PublicTransport { seed, replication, vehicles, .. } = &mut *transport;
    for vehicle in vehicles.iter_mut() {
        vehicle.state = None;
        vehicle.ahead.clear();
    }
    for station in traffic.stations().filter(|station| station.radio.priority) {
        let Kind::Other { record } = station.kind else { continue };
        let place = vehicles.iter().position(|vehicle| vehicle.record == record).unwrap_or_else(|| {
            vehicles.push(Vehicle {
                record,
                unit: OnboardUnit::new(station_id(record), Profile::public_transport(station.class)),
                uplink: Stream::new(*seed, *replication, Purpose::PublicTransportUplink, record as u64),
                state: None,
                ahead: Vec::new(),
            });
            vehicles.len() - 1
        });
        let vehicle = &mut vehicles[place];
        vehicle.state = traffic.driving_state(&station);
        if let Some(state) = &vehicle.state {
            vehicle.ahead = traffic.stop_lines_ahead(&station, state, LOOKS_AHEAD);
        }
    }
}

fn send(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    mut transport: ResMut<PublicTransport>,
    mut air: ResMut<Air>,
    mut next: ResMut<NextControl>,
) {
    let PublicTransport { vehicles, done, .. } = &mut *transport;
    for Vehicle { unit, uplink, state, ahead, .. } in vehicles.iter_mut() {
        let bytes = unit
            .drive(clock.now, state.as_ref(), &signalled(&scenario.0, ahead))
            .expect("position, speed and ETA of a simulated vehicle lie within their messages' ranges");
        if let Some(arrives) = bytes.and_then(|bytes| air.uplink.send(clock.now, bytes, uplink)) {
            next.no_later_than(arrives);
        }
    }
    vehicles.retain(|vehicle| {
        let over = vehicle.state.is_none() && vehicle.unit.is_silent();
        if over {
            done.extend_from_slice(vehicle.unit.requests());
        }
        !over
    });
}
