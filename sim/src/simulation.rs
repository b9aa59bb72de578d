//! One run: a scenario, a strategy and a replication in, a [`RunRecord`] out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bevy_app::App;
use voorrang_priority::{EngineConfig, StrategyConfig};
use voorrang_signals::document::Problems;
use voorrang_units::Duration;

use crate::demand_plugin::{Demand, DemandPlugin, emergency_departures};
use crate::detector_plugin::{DetectorPlugin, Detectors};
use crate::drive_plugin::{DrivePlugin, Roadway};
use crate::measure_plugin::{Logbook, MeasurePlugin};
use crate::measures::record::{
    OthersRecord, RequestsRecord, RunRecord, SafetyRecord, TripRecord, VehicleBalance,
};
use crate::onboard_plugin::{EmergencyVehicle, OnboardPlugin, spawn_emergency_vehicles};
use crate::priority_plugin::{Priority, PriorityPlugin};
use crate::radio::Air;
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{Clock, NextControl, ScenarioHandle, SchedulePlugin, TrafficStep};
use crate::signal_plugin::{SignalPlugin, Signals, lamp_offsets};
use crate::slow_traffic_plugin::{SlowTraffic, SlowTrafficPlugin};
use crate::traffic::{Roads, Traffic};

/// A run ends this long after measuring has ended, even if emergency vehicles are still on their way.
const LONGEST_OVERTIME: Duration = Duration::from_seconds(1800);

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The demand file turned out wrong while it was read.
    #[error(transparent)]
    Demand(#[from] Problems),
}

/// A scenario made ready for runs: what they all share.
#[derive(Debug, Clone)]
pub struct Model {
    scenario: Arc<Scenario>,
    roads: Arc<Roads>,
}

impl Model {
    /// Looks up beforehand what driving needs.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        let roads = Roads::new(&scenario.network, &lamp_offsets(&scenario));
        Self { scenario: Arc::new(scenario), roads: Arc::new(roads) }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Runs one replication under one strategy. `steps_done` counts traffic steps as they are done, for a progress bar.
    ///
    /// # Errors
    /// If the demand file cannot be read to its end.
    pub fn run(
        &self,
        options: &RunOptions,
        strategy: &StrategyConfig,
        replication: u32,
        steps_done: &AtomicU64,
    ) -> Result<RunRecord, RunError> {
        let mut app = self.app(options, strategy, replication)?;
        let start = self.scenario.start;
        let latest = start + options.end + LONGEST_OVERTIME;
        loop {
            app.world_mut().run_schedule(TrafficStep);
            steps_done.fetch_add(1, Ordering::Relaxed);
            if let Some(problems) = app.world_mut().resource_mut::<Demand>().fault.take() {
                return Err(problems.into());
            }
            let mut clock = app.world_mut().resource_mut::<Clock>();
            let now = clock.now + clock.step;
            clock.now = now;
            if now >= latest || (now >= start + options.end && all_arrived(&app)) {
                return Ok(self.record(app, strategy, replication));
            }
        }
    }

    fn app(
        &self,
        options: &RunOptions,
        strategy: &StrategyConfig,
        replication: u32,
    ) -> Result<App, RunError> {
        let (scenario, start) = (&self.scenario, self.scenario.start);
        let signals = Signals::new(scenario, start);
        let config = EngineConfig {
            recovery: options.recovery.clone(),
            partial_conflicts: options.partial_conflicts,
            ..EngineConfig::with_strategy(strategy.clone())
        };
        let mut priority = Priority::new(scenario, config, options, replication, start);
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
            .insert_resource(signals)
            .insert_resource(priority)
            .insert_resource(Air::new(scenario))
            .insert_resource(Logbook::new(trips, replication == 0))
            .add_plugins((
                SchedulePlugin,
                DemandPlugin,
                OnboardPlugin,
                DetectorPlugin,
                SlowTrafficPlugin,
                PriorityPlugin,
                SignalPlugin,
                DrivePlugin,
                MeasurePlugin,
            ));
        spawn_emergency_vehicles(app.world_mut(), scenario, options, replication);
        Ok(app)
    }

    fn record(&self, mut app: App, strategy: &StrategyConfig, replication: u32) -> RunRecord {
        let world = app.world_mut();
        let requests = requests(world);
        let logbook = world.remove_resource::<Logbook>().expect("inserted when the run began");
        let signals = world.resource::<Signals>();
        let traffic = &world.resource::<Roadway>().traffic;
        let tally = traffic.tally();
        RunRecord {
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
            vehicles: VehicleBalance {
                departed: tally.departed,
                arrived: tally.arrived,
                on_road: tally.on_road,
                waiting_to_enter: tally.waiting_to_enter,
            },
            vehicle_updates: tally.vehicle_updates,
            trace: logbook.trace,
        }
    }
}

fn all_arrived(app: &App) -> bool {
    app.world().resource::<Logbook>().trips.iter().all(|trip| trip.arrival_s.is_some())
}

/// What the on-board units asked and were told.
fn requests(world: &mut bevy_ecs::world::World) -> RequestsRecord {
    let air = world.resource::<Air>();
    let mut record =
        RequestsRecord { lost: air.uplink.lost() + air.downlink.lost(), ..RequestsRecord::default() };
    let mut vehicles: Vec<_> = world.query::<&EmergencyVehicle>().iter(world).collect();
    vehicles.sort_by_key(|vehicle| vehicle.trip);
    for vehicle in vehicles {
        let requests = vehicle.unit.requests();
        // Asked anew after a final answer it is the same wish for the same junction.
        for (place, first) in requests.iter().enumerate() {
            if requests[..place].iter().any(|earlier| earlier.leg == first.leg) {
                continue;
            }
            record.sent += 1;
            let granted = requests[place..].iter().filter(|request| request.leg == first.leg);
            if let Some(granted) = granted.filter_map(|request| request.granted).min() {
                record.granted += 1;
                record.request_to_green_s.push((granted - first.asked).seconds());
            }
        }
    }
    record
}
