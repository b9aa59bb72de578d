//! Departures: reads the demand as the run goes on, jitters it, draws types and drivers, and hands vehicles to the traffic.

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_signals::document::Problems;
use voorrang_units::Duration;

use crate::demand::file::DemandReader;
use crate::demand::{Departure, TypeChoice};
use crate::drive_plugin::Roadway;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{Clock, TrafficSet, TrafficStep};
use crate::traffic::{Entrant, Radio};
use crate::vehicle::Driver;

/// What is still to depart.
#[derive(Resource)]
pub struct Demand {
    scenario: Arc<Scenario>,
    seed: u64,
    replication: u32,
    jitter: Duration,
    end: Duration,
    reader: DemandReader,
    /// Read from the file but not due yet: with jitter, lines are not in the order of departure. Latest first.
    read_ahead: Vec<Planned>,
    /// The next line, beyond what jitter could bring forward to now.
    next: Option<Departure>,
    emergency: Vec<EmergencyDeparture>,
    /// A fault in the demand file ends the run.
    pub fault: Option<Problems>,
}

/// A departure at its jittered time.
#[derive(Debug)]
struct Planned {
    at: Duration,
    departure: Departure,
}

/// When an emergency trip departs in this replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmergencyDeparture {
    /// Its place in the scenario.
    pub trip: usize,
    /// After the run's start.
    pub at: Duration,
}

impl Demand {
    /// Opens the demand for one run.
    ///
    /// # Errors
    /// If the file cannot be read or its first line is wrong.
    pub fn open(scenario: &Arc<Scenario>, options: &RunOptions, replication: u32) -> Result<Self, Problems> {
        let mut reader = DemandReader::open(scenario)?;
        let next = reader.next(scenario)?;
        let mut emergency = emergency_departures(scenario, options, replication);
        // The latest first: the next one is taken from the end.
        emergency.sort_by_key(|departure| std::cmp::Reverse((departure.at, departure.trip)));
        Ok(Self {
            scenario: Arc::clone(scenario),
            seed: options.seed,
            replication,
            jitter: options.jitter,
            end: options.end,
            reader,
            read_ahead: Vec::new(),
            next,
            emergency,
            fault: None,
        })
    }

    /// Emergency trips that have not departed yet.
    #[must_use]
    pub fn emergency_to_come(&self) -> usize {
        self.emergency.len()
    }

    /// Takes out all who depart by `now`.
    fn due(&mut self, now: Duration) -> Result<Vec<Entrant>, Problems> {
        while self.next.as_ref().is_some_and(|next| next.depart - self.jitter <= now) {
            if let Some(departure) = std::mem::replace(&mut self.next, self.reader.next(&self.scenario)?) {
                let at = self.jittered(&departure);
                let place = self.read_ahead.partition_point(|other| other.at > at);
                self.read_ahead.insert(place, Planned { at, departure });
            }
        }
        let mut due = Vec::new();
        while self.emergency.last().is_some_and(|departure| departure.at <= now) {
            due.extend(self.emergency.pop().map(|departure| self.emergency_entrant(departure.trip)));
        }
        while self.read_ahead.last().is_some_and(|planned| planned.at <= now) {
            if let Some(planned) = self.read_ahead.pop()
                && planned.at < self.end
            {
                due.push(self.entrant(planned.departure));
            }
        }
        Ok(due)
    }

    fn jittered(&self, departure: &Departure) -> Duration {
        let mut stream = self.stream(Purpose::Departure, departure.number);
        let jitter = self.jitter.seconds();
        (departure.depart + Duration::from_seconds_f64(stream.between(-jitter, jitter))).max(Duration::ZERO)
    }

    fn entrant(&self, departure: Departure) -> Entrant {
        let vehicle_type = match departure.vehicle_type {
            TypeChoice::Type(vehicle_type) => vehicle_type,
            TypeChoice::Distribution(distribution) => {
                let mut stream = self.stream(Purpose::VehicleType, departure.number);
                self.scenario.type_distributions[distribution].draw(stream.uniform())
            }
        };
        let mut stream = self.stream(Purpose::Driver, departure.number);
        let driver = Driver::draw(&self.scenario.vehicle_types[vehicle_type], &mut stream);
        let mut stream = self.stream(Purpose::CamEquipment, departure.number);
        let mut hears = self.stream(Purpose::WarningEquipment, departure.number);
        let radio = Radio {
            cam: stream.uniform() < self.scenario.cam_share,
            priority: self.scenario.vehicle_types[vehicle_type].priority,
            warnings: hears.uniform() < self.scenario.eva_share,
        };
        Entrant { driver, route: departure.route, halts: departure.halts, trip: None, radio }
    }

    fn emergency_entrant(&self, trip: usize) -> Entrant {
        let planned = &self.scenario.emergency[trip];
        let mut stream = self.stream(Purpose::EmergencyDriver, trip as u64);
        let driver = Driver::draw(&self.scenario.vehicle_types[planned.vehicle_type], &mut stream);
        Entrant { driver, route: planned.route, halts: Vec::new(), trip: Some(trip), radio: Radio::default() }
    }

    fn stream(&self, purpose: Purpose, entity: u64) -> Stream {
        Stream::new(self.seed, self.replication, purpose, entity)
    }
}

/// When the emergency trips depart in one replication. Their moments are spread evenly over the cycle of the signals: replication r of
/// R departs in the r-th part of a cycle about the planned moment, so that luck with the signals averages out (stratified sampling).
/// Without jitter they depart as written.
#[must_use]
pub fn emergency_departures(
    scenario: &Scenario,
    options: &RunOptions,
    replication: u32,
) -> Vec<EmergencyDeparture> {
    let cycle = scenario.longest_cycle().seconds();
    let trips = scenario.emergency.iter().enumerate();
    trips
        .map(|(trip, planned)| {
            let mut stream = Stream::new(options.seed, replication, Purpose::EmergencyDeparture, trip as u64);
            let part = (f64::from(replication) + stream.uniform()) / f64::from(options.replications);
            let offset = if options.jitter > Duration::ZERO { (part - 0.5) * cycle } else { 0.0 };
            // On whole tenths, as the control steps are.
            let at = planned.depart + Duration::from_millis(100) * tenths(offset);
            EmergencyDeparture { trip, at: at.max(Duration::ZERO) }
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a cycle has some hundred tenths of a second")]
fn tenths(seconds: f64) -> i64 {
    (seconds * 10.0).round() as i64
}

/// Vehicles wish to enter when their departure has come.
#[derive(Debug)]
pub struct DemandPlugin;

impl Plugin for DemandPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(TrafficStep, depart.in_set(TrafficSet::Demand));
    }
}

fn depart(clock: Res<Clock>, mut demand: ResMut<Demand>, mut roadway: ResMut<Roadway>) {
    match demand.due(clock.now - clock.start) {
        Ok(due) => due.into_iter().for_each(|entrant| roadway.traffic.wish_to_enter(entrant)),
        Err(problems) => demand.fault = Some(problems),
    }
}
