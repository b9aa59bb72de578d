//! The priority engine in the simulation: request bytes and lamp confirmations in, wishes and status bytes out. It is the gateway's
//! engine, and it gets what the gateway's gets.

use std::path::Path;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::{EmergencyVehicleApproaching, SequenceNumber, StationId};
use voorrang_priority::area::ControlArea;
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, etsi};
use voorrang_signals::{DetectorIndex, IntersectionId};
use voorrang_units::Instant;

use crate::journal_file::{JournalFault, JournalledEngine};
use crate::radio::Air;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlSet, ControlStep, NextControl, ScenarioHandle};
use crate::signal_plugin::Signals;
use crate::vlog_plugin::Logs;

/// The first intersection's station id; the others count on.
const FIRST_STATION: u32 = 70_001;

/// The station id in warnings of emergency vehicles: one for all intersections.
pub const WARNING_STATION: StationId = StationId(70_000);

/// The engine of all equipped intersections.
#[derive(Resource)]
pub struct Priority {
    engine: JournalledEngine,
    outputs: Vec<Output>,
    downlink: Stream,
    warning: Stream,
    sequence: u8,
}

impl Priority {
    /// An engine with no requests; its journal goes to a file.
    ///
    /// # Errors
    /// If that cannot be created.
    pub fn new(
        scenario: &Scenario,
        config: EngineConfig,
        options: &RunOptions,
        replication: u32,
        journal: Option<&Path>,
    ) -> Result<Self, JournalFault> {
        let equipped = scenario.intersections.iter().filter(|controlled| controlled.equipped);
        let area = equipped.map(|controlled| controlled.intersection.clone()).collect();
        Ok(Self {
            engine: JournalledEngine::new(area, config, scenario.start, journal)?,
            outputs: Vec::new(),
            downlink: Stream::new(options.seed, replication, Purpose::Downlink, 0),
            warning: Stream::new(options.seed, replication, Purpose::Warning, 0),
            sequence: 0,
        })
    }

    /// The engine.
    pub(crate) const fn engine(&self) -> &PriorityEngine {
        self.engine.engine()
    }

    /// Ends the journal, where there is one.
    ///
    /// # Errors
    /// If it could not be written whole.
    pub fn finish(self) -> Result<(), JournalFault> {
        self.engine.finish()
    }
}

/// The engine hears, decides and answers.
#[derive(Debug)]
pub struct PriorityPlugin;

impl Plugin for PriorityPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, decide.in_set(ControlSet::Decide));
        app.add_systems(ControlStep, confirm.after(ControlSet::Signal));
    }
}

/// Requests that have arrived and deadlines that have come.
fn decide(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    mut priority: ResMut<Priority>,
    mut air: ResMut<Air>,
    mut signals: ResMut<Signals>,
    mut logs: ResMut<Logs>,
) {
    let Priority { engine, outputs, .. } = &mut *priority;
    while let Some((_, bytes)) = air.uplink.receive(clock.control) {
        let requests = etsi::requests_from_srem(&bytes, clock.control)
            .expect("the channel loses messages whole: what arrives is what an on-board unit sent");
        for request in requests.readable {
            logs.request(clock.control, &scenario.0, &request);
            engine.handle(clock.control, Input::Request(request), outputs);
        }
    }
    while let Some((_, bytes)) = air.awareness.receive(clock.control) {
        let vehicle = etsi::vehicle_from_cam(&bytes, clock.control)
            .expect("the channel loses messages whole: what arrives is what a vehicle sent");
        engine.handle(clock.control, Input::Vehicle(vehicle), outputs);
    }
    engine.advance(clock.control, outputs);
    priority.act(clock.control, &scenario.0, &mut air, &mut signals, &mut logs);
}

/// What the lamps now show goes back to the engine; its answer is realised with the next control step.
pub(crate) fn confirm(
    clock: Res<Clock>,
    scenario: Res<ScenarioHandle>,
    mut priority: ResMut<Priority>,
    mut air: ResMut<Air>,
    mut signals: ResMut<Signals>,
    mut logs: ResMut<Logs>,
    mut next: ResMut<NextControl>,
) {
    let Priority { engine, outputs, .. } = &mut *priority;
    for change in signals.changes() {
        let controlled = &scenario.0.intersections[change.intersection];
        if controlled.equipped {
            let intersection = controlled.intersection.id();
            let input = Input::Signal { intersection, group: change.group, aspect: change.aspect };
            engine.handle(clock.control, input, outputs);
        }
    }
    priority.act(clock.control, &scenario.0, &mut air, &mut signals, &mut logs);
    let arrivals = [&air.uplink, &air.awareness, &air.downlink].map(|channel| channel.next_arrival());
    for moment in arrivals
        .into_iter()
        .chain([priority.engine.engine().next_deadline()])
        .flatten()
        .chain(signals.next_event())
    {
        next.no_later_than(moment);
    }
}

impl Priority {
    /// Tells the engine what the lamps show at the run's start, and that nobody is on the loops yet; it knows nothing of detectors that
    /// watch nothing.
    pub fn start(
        &mut self,
        scenario: &Scenario,
        signals: &Signals,
        watching: &[(usize, DetectorIndex)],
        start: Instant,
    ) {
        for (index, controlled) in scenario.intersections.iter().enumerate() {
            if !controlled.equipped {
                continue;
            }
            for group in controlled.intersection.group_indices() {
                let aspect = signals.aspects()[signals.lamp(index, group)];
                let intersection = controlled.intersection.id();
                self.engine.handle(start, Input::Signal { intersection, group, aspect }, &mut self.outputs);
            }
        }
        for (index, detector) in watching {
            let controlled = &scenario.intersections[*index];
            if controlled.equipped {
                let (intersection, detector) = (controlled.intersection.id(), *detector);
                let input = Input::Detector { intersection, detector, occupied: false };
                self.engine.handle(start, input, &mut self.outputs);
            }
        }
        self.outputs.clear();
    }

    /// What the engine knows: for messages that tell it to others.
    pub(crate) const fn area(&self) -> &ControlArea {
        self.engine.engine().area()
    }

    /// Tells the engine something; its answer is realised with this control step.
    pub(crate) fn hear(&mut self, now: Instant, input: Input) {
        self.engine.handle(now, input, &mut self.outputs);
    }

    /// Wishes go to the controllers, answers on the air.
    fn act(
        &mut self,
        now: Instant,
        scenario: &Scenario,
        air: &mut Air,
        signals: &mut Signals,
        logs: &mut Logs,
    ) {
        for output in self.outputs.drain(..) {
            match output {
                Output::Wishes { intersection, wishes } => {
                    if let Some(place) = place_of(scenario, intersection) {
                        signals.set_wishes(place, now, wishes);
                    }
                }
                Output::Status(status) => {
                    logs.status(now, scenario, &status);
                    let asked = status.intersection;
                    let id = IntersectionId { region: asked.region.unwrap_or(0), id: asked.id };
                    let station = intersection_station(place_of(scenario, id).unwrap_or(0));
                    self.sequence = (self.sequence + 1) % 128;
                    let bytes = etsi::ssem(&[status], station, SequenceNumber(self.sequence), now)
                        .expect("a status echoes what came in over the same wire");
                    air.downlink.send(now, bytes, &mut self.downlink);
                }
                Output::Warning(warning) => {
                    air.warnings.send(now, denm(&warning), &mut self.warning);
                }
            }
        }
    }
}

fn denm(warning: &EmergencyVehicleApproaching) -> Vec<u8> {
    let mut bytes = Vec::new();
    warning
        .to_denm()
        .expect(
            "a warning's parameters are held within what the wire can say, and its places lie on a network",
        )
        .encode(&mut bytes)
        .expect("a view makes a message within its ranges");
    bytes
}

/// The station id of an intersection by its place in the scenario.
pub(crate) fn intersection_station(place: usize) -> StationId {
    StationId(FIRST_STATION + u32::try_from(place).unwrap_or(0))
}

fn place_of(scenario: &Scenario, id: IntersectionId) -> Option<usize> {
    scenario.intersections.iter().position(|controlled| controlled.intersection.id() == id)
}
