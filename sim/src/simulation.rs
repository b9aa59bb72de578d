//! One run: a scenario, a strategy and a replication in, a [`RunRecord`] out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bevy_app::App;
use voorrang_priority::{EngineConfig, EvaConfig, RequestConfig, StrategyConfig};
use voorrang_signals::document::Problems;
use voorrang_signals::vlog::RecorderError;
use voorrang_units::Duration;

use crate::cam_plugin::{Awareness, CamPlugin};
use crate::demand_plugin::{Demand, DemandPlugin, emergency_departures};
use crate::detector_plugin::{DetectorPlugin, Detectors};
use crate::drive_plugin::{DrivePlugin, Roadway};
use crate::estimate_plugin::{EstimatePlugin, Estimates};
use crate::journal_file::JournalFault;
use crate::measure_plugin::{Logbook, MeasurePlugin};
use crate::measures::record::{
    OthersRecord, RequestsRecord, RunRecord, SafetyRecord, TripRecord, VehicleBalance,
};
use crate::onboard_plugin::{EmergencyVehicle, OnboardPlugin, spawn_emergency_vehicles};
use crate::override_plugin::{OverridePlugin, Overrides};
use crate::priority_plugin::{Priority, PriorityPlugin, WARNING_STATION};
use crate::public_transport_plugin::{PublicTransport, PublicTransportPlugin};
use crate::publication_plugin::{PublicationFault, PublicationPlugin, Publications};
use crate::radio::Air;
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{Clock, NextControl, ScenarioHandle, SchedulePlugin, TrafficStep};
use crate::signal_plugin::{SignalPlugin, Signals, lamp_offsets};
use crate::slow_traffic_plugin::{SlowTraffic, SlowTrafficPlugin};
use crate::traffic::{Roads, Traffic};
use crate::vlog_plugin::{Logs, VlogPlugin};
use crate::warning_plugin::{WarnedDrivers, WarningPlugin};

/// A run ends this long after measuring has ended, even if emergency vehicles are still on their way.
const LONGEST_OVERTIME: Duration = Duration::from_seconds(1800);

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The demand file turned out wrong while it was read.
    #[error(transparent)]
    Demand(#[from] Problems),
    /// An intersection is too large for its log.
    #[error("no V-Log can be written: {0}")]
    Log(#[from] RecorderError),
    /// A message cannot be written.
    #[error(transparent)]
    Message(#[from] PublicationFault),
    /// A journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalFault),
}

/// A scenario made ready for runs: what they all share.
#[derive(Debug, Clone)]
pub struct Model {
    scenario: Arc<Scenario>,
    roads: Arc<Roads>,
    logs: bool,
    journals: Option<PathBuf>,
    messages: bool,
}

impl Model {
    /// Looks up beforehand what driving needs.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        let roads = Roads::new(&scenario.network, &lamp_offsets(&scenario));
        Self {
            scenario: Arc::new(scenario),
            roads: Arc::new(roads),
            logs: false,
            journals: None,
            messages: false,
        }
    }

    /// With the V-Log of each intersection in the records of first replications.
    #[must_use]
    pub fn with_logs(self) -> Self {
        Self { logs: true, ..self }
    }

    /// With the journal of the engine in each strategy's first replication, as `STRATEGY.jsonl` in this folder.
    #[must_use]
    pub fn with_journals(self, folder: PathBuf) -> Self {
        Self { journals: Some(folder), ..self }
    }

    /// With all messages in the records of first replications. Intersections then send SPATEM and MAPEM, and warn of emergency vehicles.
    #[must_use]
    pub fn with_messages(self) -> Self {
        Self { messages: true, ..self }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Runs one replication under one strategy. `steps_done` counts traffic steps as they are done, for a progress bar.
    ///
    /// # Errors
    /// If the demand file cannot be read to its end, or a log or journal not written.
    pub fn run(
        &self,
        options: &RunOptions,
        strategy: &StrategyConfig,
        replication: u32,
        steps_done: &AtomicU64,
    ) -> Result<RunRecord, RunError> {
        let mut app = self.app(options, strategy, replication)?;
        while !self.is_over(&app, options.end) {
            Self::step(&mut app, steps_done)?;
        }
        self.record(app, strategy, replication)
    }

    /// Does one traffic step.
    pub(crate) fn step(app: &mut App, steps_done: &AtomicU64) -> Result<(), RunError> {
        app.world_mut().run_schedule(TrafficStep);
        steps_done.fetch_add(1, Ordering::Relaxed);
        if let Some(problems) = app.world_mut().resource_mut::<Demand>().fault.take() {
            return Err(problems.into());
        }
        let mut clock = app.world_mut().resource_mut::<Clock>();
        let step = clock.step;
        clock.now += step;
        Ok(())
    }

    /// Whether measuring has ended and every emergency vehicle has arrived, or has had its time.
    pub(crate) fn is_over(&self, app: &App, end: Duration) -> bool {
        let (now, end) = (app.world().resource::<Clock>().now, self.scenario.start + end);
        now >= end + LONGEST_OVERTIME || (now >= end && all_arrived(app))
    }

    /// A run before its first step.
    pub(crate) fn app(
        &self,
        options: &RunOptions,
        strategy: &StrategyConfig,
        replication: u32,
    ) -> Result<App, RunError> {
        let (scenario, start) = (&self.scenario, self.scenario.start);
        let signals = Signals::new(scenario, start, options.lamp_latency);
        let captured = self.messages && replication == 0;
        let warns = captured || scenario.eva_share > 0.0;
        let config = EngineConfig {
            request: RequestConfig {
                public_transport: scenario.public_transport,
                ..RequestConfig::default()
            },
            recovery: options.recovery.clone(),
            partial_conflicts: options.partial_conflicts,
            eva: warns.then(|| EvaConfig::with_station(WARNING_STATION)),
            ..EngineConfig::with_strategy(strategy.clone())
        };
        let journal = self.journals.as_ref().filter(|_| replication == 0);
        let journal = journal.map(|folder| folder.join(format!("{}.jsonl", strategy.name())));
        let mut priority = Priority::new(scenario, config, options, replication, journal.as_deref())?;
        let trips = emergency_departures(scenario, options, replication)
            .into_iter()
            .map(|departure| TripRecord {
                id: scenario.emergency[departure.trip].id.clone(),
                depart_s: departure.at.seconds(),
                arrival_s: None,
                stops: 0,
                red_passages: 0,
            })
            .collect();
        let (detectors, stretches) = Detectors::of(scenario);
        let logs = match replication {
            0 if self.logs => Logs::new(scenario, &signals, start)?,
            _ => Logs::default(),
        };
        let logbook = Logbook::new(scenario, &signals, trips, replication == 0);
        let people = SlowTraffic::new(scenario, options, replication);
        let watching: Vec<_> = detectors.watching().iter().copied().chain(people.detectors()).collect();
        priority.start(scenario, &signals, &watching, start);
        let mut traffic = Traffic::new(Arc::clone(scenario), Arc::clone(&self.roads), options.at_red);
        traffic.watch(stretches);
        let mut app = App::empty();
        app.insert_resource(Clock::new(start, scenario.step))
            .insert_resource(NextControl(start))
            .insert_resource(ScenarioHandle(Arc::clone(scenario)))
            .insert_resource(Demand::open(scenario, options, replication)?)
            .insert_resource(Roadway { traffic, measured: (options.warm_up, options.end) })
            .insert_resource(detectors)
            .insert_resource(people)
            .insert_resource(Overrides::new(scenario))
            .insert_resource(logs)
            .insert_resource(Awareness::new(scenario, options, replication))
            .insert_resource(PublicTransport::new(options, replication))
            .insert_resource(signals)
            .insert_resource(priority)
            .insert_resource(Air::new(scenario))
            .insert_resource(logbook)
            .insert_resource(Estimates::default())
            .add_plugins((
                SchedulePlugin,
                DemandPlugin,
                OnboardPlugin,
                CamPlugin,
                PublicTransportPlugin,
                DetectorPlugin,
                SlowTrafficPlugin,
                OverridePlugin,
                PriorityPlugin,
                SignalPlugin,
                DrivePlugin,
                MeasurePlugin,
                EstimatePlugin,
                VlogPlugin,
            ));
        if warns {
            app.insert_resource(WarnedDrivers::new(options, replication)).add_plugins(WarningPlugin);
        }
        if captured {
            app.world_mut().resource_mut::<Air>().capture();
            app.insert_resource(Publications::new(scenario, start)?).add_plugins(PublicationPlugin);
        }
        spawn_emergency_vehicles(app.world_mut(), scenario, options, replication);
        Ok(app)
    }

    /// What came of a run.
    pub(crate) fn record(
        &self,
        mut app: App,
        strategy: &StrategyConfig,
        replication: u32,
    ) -> Result<RunRecord, RunError> {
        let world = app.world_mut();
        if let Some(priority) = world.remove_resource::<Priority>() {
            priority.finish()?;
        }
        if let Some(publications) = world.remove_resource::<Publications>() {
            publications.finish()?;
        }
        let messages = world.resource_mut::<Air>().captured();
        let requests = requests(world);
        let mut logbook = world.remove_resource::<Logbook>().expect("inserted when the run began");
        for vehicle in world.query::<&EmergencyVehicle>().iter(world) {
            logbook.note_requests(vehicle.trip, vehicle.unit.requests(), self.scenario.start);
        }
        let estimates =
            world.remove_resource::<Estimates>().map_or_else(Vec::new, |estimates| estimates.records);
        let now = world.resource::<Clock>().now;
        let logs = world.remove_resource::<Logs>().and_then(|logs| logs.texts(now));
        let signals = world.resource::<Signals>();
        let warnings = world
            .get_resource::<WarnedDrivers>()
            .filter(|_| self.scenario.eva_share > 0.0)
            .map(|drivers| drivers.record(world.resource::<Air>().warnings.sent()));
        let traffic = &world.resource::<Roadway>().traffic;
        let tally = traffic.tally();
        Ok(RunRecord {
            strategy: strategy.name().to_owned(),
            replication,
            emergency: logbook.trips,
            others: OthersRecord { delays_s: traffic.delays_s(), stops: tally.stops, stuck: tally.stuck },
            slow_traffic: world.resource::<SlowTraffic>().record(&self.scenario),
            safety: SafetyRecord {
                collisions: tally.overlaps,
                conflicting_greens: signals.conflicting_greens(),
                interlock_refusals: signals.interlock_refusals(),
            },
            requests,
            cams: world.resource::<Air>().awareness.sent(),
            public_transport: world.resource::<PublicTransport>().record(),
            warnings,
            vehicles: VehicleBalance {
                departed: tally.departed,
                arrived: tally.arrived,
                on_road: tally.on_road,
                waiting_to_enter: tally.waiting_to_enter,
            },
            vehicle_updates: tally.vehicle_updates,
            standing: logbook.standing,
            estimates,
            trace: logbook.trace,
            logs,
            messages,
        })
    }
}

fn all_arrived(app: &App) -> bool {
    app.world().resource::<Logbook>().trips.iter().all(|trip| trip.arrival_s.is_some())
}

/// What the units of emergency vehicles asked and were told.
fn requests(world: &mut bevy_ecs::world::World) -> RequestsRecord {
    let air = world.resource::<Air>();
    let lost = air.uplink.lost() + air.downlink.lost();
    let mut vehicles: Vec<_> = world.query::<&EmergencyVehicle>().iter(world).collect();
    vehicles.sort_by_key(|vehicle| vehicle.trip);
    let asked = vehicles.iter().flat_map(|vehicle| vehicle.unit.requests());
    RequestsRecord { lost, ..RequestsRecord::of(asked) }
}
