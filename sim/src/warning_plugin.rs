//! Drivers who hear warnings of emergency vehicles: which of them concern each driver, and how long before the vehicle is there. What they
//! hear is a DENM; that nobody drives otherwise for it is a choice: what drivers do is not known well enough.

use std::collections::BTreeMap;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::{Denm, EmergencyVehicleApproaching};
use voorrang_priority::EvaReceiver;
use voorrang_priority::eva::{Driver, PublisherConfig, ReceiverConfig, Relevance};
use voorrang_units::{GeodeticPosition, Instant, Length, LocalPlane};

use crate::drive_plugin::Roadway;
use crate::measures::record::WarningsRecord;
use crate::radio::Air;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::schedule::{Clock, ScenarioHandle, TrafficSet, TrafficStep};
use crate::traffic::{DrivingState, Kind};

/// An emergency vehicle that is so near is there (judgement: from the back of a short queue to the middle of its junction).
const MEETING: Length = Length::from_metres(30.0);
/// Receptions of one vehicle are told apart by the number of the message; a run has fewer than 2^17.
const MESSAGE_BITS: u32 = 17;

/// The drivers who have heard a warning and are still on the road, and what came of the others.
#[derive(Resource, Debug)]
pub struct WarnedDrivers {
    seed: u64,
    replication: u32,
    /// How far from the vehicle a warning is spread.
    reach: Length,
    config: ReceiverConfig,
    /// By place in the order of departure.
    listeners: BTreeMap<usize, Listener>,
    /// Messages that have arrived so far.
    arrived: u64,
    done: WarningsRecord,
}

/// One driver.
#[derive(Debug)]
struct Listener {
    receiver: EvaReceiver,
    relevance: Relevance,
    /// Since when the driver is being warned.
    warned_since: Option<Instant>,
    was_warned: bool,
    /// From a warning to the meeting, seconds.
    lead_s: Option<f64>,
    /// When the vehicle was last on the road.
    seen: Instant,
}

impl WarnedDrivers {
    /// Nobody has heard anything.
    #[must_use]
    pub fn new(options: &RunOptions, replication: u32) -> Self {
        Self {
            seed: options.seed,
            replication,
            reach: PublisherConfig::default().reach,
            config: ReceiverConfig::default(),
            listeners: BTreeMap::new(),
            arrived: 0,
            done: WarningsRecord::default(),
        }
    }

    /// What came of `sent` messages.
    #[must_use]
    pub fn record(&self, sent: u64) -> WarningsRecord {
        let mut record = WarningsRecord { sent, ..self.done.clone() };
        self.listeners.values().for_each(|listener| listener.tell(&mut record));
        record
    }

    /// Whether a vehicle there gets a message: it is within the area, and doesn't lose it.
    fn gets(&self, record: usize, place: GeodeticPosition, message: &Broadcast, loss: f64) -> bool {
        let event = message.warning.event_position.geodetic;
        if event.is_none_or(|event| distance(event, place) > self.reach) {
            return false;
        }
        let both = ((record as u64) << MESSAGE_BITS) | (message.number % (1 << MESSAGE_BITS));
        Stream::new(self.seed, self.replication, Purpose::WarningReception, both).uniform() >= loss
    }

    /// Who is not on the road any more meets nobody any more.
    fn forget_arrived(&mut self, now: Instant) {
        let Self { listeners, done, .. } = self;
        listeners.retain(|_, listener| {
            if listener.seen < now {
                listener.tell(done);
            }
            listener.seen == now
        });
    }
}

/// A message that has arrived.
struct Broadcast {
    at: Instant,
    number: u64,
    warning: EmergencyVehicleApproaching,
}

/// Drivers hear warnings.
#[derive(Debug)]
pub struct WarningPlugin;

impl Plugin for WarningPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, listen.in_set(TrafficSet::Sense));
    }
}

fn listen(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    roadway: Res<Roadway>,
    mut drivers: ResMut<WarnedDrivers>,
    mut air: ResMut<Air>,
) {
    let (now, traffic, loss) = (clock.now, &roadway.traffic, scenario.0.radio.loss);
    let drivers = &mut *drivers;
    let mut messages = Vec::new();
    while let Some((at, bytes)) = air.warnings.receive(now) {
        let denm = Denm::decode(&bytes).expect("what arrives is what was sent");
        let warning = EmergencyVehicleApproaching::from_denm(&denm).expect("only such warnings are sent");
        messages.push(Broadcast { at, number: drivers.arrived, warning });
        drivers.arrived += 1;
    }
    if messages.is_empty() && drivers.listeners.is_empty() {
        return;
    }
    let emergency: Vec<GeodeticPosition> = (0..scenario.0.emergency.len())
        .filter_map(|trip| traffic.emergency_state(trip))
        .map(|state| state.front)
        .collect();
    for station in traffic.stations().filter(|station| station.radio.warnings) {
        let Kind::Other { record } = station.kind else { continue };
        if let Some(listener) = drivers.listeners.get_mut(&record) {
            listener.seen = now;
            listener.receiver.advance(now);
            if messages.is_empty() && listener.is_idle() {
                continue;
            }
        } else if messages.is_empty() {
            continue;
        }
        let Some(state) = traffic.driving_state(&station) else { continue };
        for message in &messages {
            if drivers.gets(record, state.front, message, loss) {
                let config = &drivers.config;
                let listener = drivers.listeners.entry(record).or_insert_with(|| Listener::new(config, now));
                listener.receiver.receive(message.at, &message.warning);
            }
        }
        if let Some(listener) = drivers.listeners.get_mut(&record) {
            listener.drive(now, &state, &emergency);
        }
    }
    drivers.forget_arrived(now);
}

impl Listener {
    fn new(config: &ReceiverConfig, now: Instant) -> Self {
        Self {
            receiver: EvaReceiver::new(config.clone()),
            relevance: Relevance::new(config.clone()),
            warned_since: None,
            was_warned: false,
            lead_s: None,
            seen: now,
        }
    }

    fn is_idle(&self) -> bool {
        self.warned_since.is_none() && self.receiver.remembered() == 0
    }

    /// Where the vehicle is now, and where the emergency vehicles are.
    fn drive(&mut self, now: Instant, state: &DrivingState, emergency: &[GeodeticPosition]) {
        let driver = Driver { position: state.front, heading: state.heading, speed: Some(state.speed) };
        let warned = !self.relevance.assess(now, &driver, &self.receiver).is_empty();
        self.warned_since = warned.then(|| self.warned_since.unwrap_or(now));
        self.was_warned |= warned;
        let meets = || emergency.iter().any(|vehicle| distance(*vehicle, state.front) <= MEETING);
        if let Some(since) = self.warned_since
            && self.lead_s.is_none()
            && meets()
        {
            self.lead_s = Some((now - since).seconds());
        }
    }

    fn tell(&self, record: &mut WarningsRecord) {
        match self.lead_s {
            Some(lead) => record.lead_times_s.push(lead),
            None => record.never_met += u64::from(self.was_warned),
        }
    }
}

/// As the crow flies.
fn distance(one: GeodeticPosition, other: GeodeticPosition) -> Length {
    let plane = LocalPlane::at(one);
    plane.to_local(one).distance_to(plane.to_local(other))
}
