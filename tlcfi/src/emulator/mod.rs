//! An emulated iVRI controller, sans-I/O and deterministic: lamps that follow after a time, a conflict monitor of its own, a program of its own that
//! runs whenever no application is in control, detectors, KAR, and faults on request, behind the controller's side of TLC-FI.
//!
//! | file | what it owns |
//! |---|---|
//! | `junction` | who drives the lamps, and the hand-over between them |
//! | `monitor` | what no command may break |
//! | `lamps` | from a command to its lamp |
//! | `disturbance` | what faults do to lamps |
//! | `fault` | faults and their names |
//! | `traffic`, `special_vehicles` | random detectors and KAR |
//! | `script` | the same, written down |
//! | `config`, `event` | how it behaves, what happened |
//!
//! # For a host
//! One emulator is one controller with any number of streams. The host calls [`Emulator::receive`] with octets, [`Emulator::advance`] at
//! [`Emulator::next_deadline`], and after each call sends what [`Emulator::take_octets`] has for each of [`Emulator::streams_with_work`].
//!
//! A simulator that has traffic of its own leaves [`DetectorSource::Outside`], tells [`Emulator::detect`] what its loops see, and has its drivers
//! obey [`Emulator::lamps`]: applications then control its junction with latency, monitor and fall-back as on the street. Whoever has lamps
//! of his own too uses [`crate::session::controller::ControllerSessions`] alone.
//!
//! ```
//! use std::sync::Arc;
//! use voorrang_signals::Intersection;
//! use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig};
//! use voorrang_units::{Duration, Instant};
//!
//! let text = include_str!("../../../signals/tests/intersections/crossing.toml");
//! let crossing = Arc::new(Intersection::from_toml(text, "crossing.toml")?);
//! let start = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
//! let mut emulator = Emulator::new(crossing, EmulatorConfig::default(), start)?;
//! // Nobody is in control: its own program runs.
//! let mut changes = 0;
//! while let Some(due) = emulator.next_deadline().filter(|due| *due < start + Duration::from_seconds(120)) {
//!     emulator.advance(due);
//!     while emulator.next_event().is_some() {
//!         changes += 1;
//!     }
//! }
//! assert!(changes > 10);
//! assert_eq!(emulator.junction().conflicting_greens(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod disturbance;
mod event;
mod fault;
mod faulty;
mod junction;
mod lamps;
mod monitor;
mod random;
mod script;
mod special_vehicles;
#[cfg(test)]
mod tests;
mod traffic;

use std::collections::VecDeque;
use std::sync::Arc;

use voorrang_signals::{DetectorIndex, GroupIndex, Intersection};
use voorrang_units::Instant;

pub use config::{DetectorSource, EmulatorConfig, SpecialVehicleSource};
pub use event::{EmulatorEvent, Happening};
pub use fault::{Fault, FaultError, ScheduledFault};
pub use junction::{Change, Driver, Fallback, Junction, JunctionSettings, UnsafeReaction, What};
pub use lamps::Latency;
pub use monitor::{Lamp, Objection};
pub use script::{Script, ScriptError, Scripted};

use faulty::Faults;
use script::ScriptRun;
use special_vehicles::SpecialVehicles;
use traffic::Traffic;

use crate::objects::{
    ControlState, DetectorFault, HandoverCapability, IntersectionControlState, ObjectId, SpecialVehicleEvent,
};
use crate::session::controller::{
    ConnectionId, ControllerEvent, ControllerSessions, Equipment, EquipmentError, OutputEquipment,
};

/// Things that follow from each other at one moment; more would be a circle.
const ROUNDS: usize = 32;

/// An emulated controller.
#[derive(Debug)]
pub struct Emulator {
    config: EmulatorConfig,
    junction: Junction,
    sessions: ControllerSessions,
    traffic: Option<Traffic>,
    vehicles: Option<SpecialVehicles>,
    scripts: Vec<ScriptRun>,
    faults: Faults,
    /// Who is in control, is handed it, or is next: for whom the junction was prepared.
    candidate: Option<ConnectionId>,
    /// Nobody is granted control before.
    not_before: Instant,
    events: VecDeque<EmulatorEvent>,
    detected: Vec<(usize, bool)>,
}

impl Emulator {
    /// A controller that has been in operation for a while.
    ///
    /// # Errors
    /// A name in the intersection file or among the outputs that TLC-FI does not take.
    pub fn new(
        intersection: Arc<Intersection>,
        config: EmulatorConfig,
        now: Instant,
    ) -> Result<Self, EquipmentError> {
        let mut equipment = Equipment::of(&intersection)?;
        for (id, exclusive) in &config.outputs {
            let id = ObjectId::new(id).ok_or_else(|| EquipmentError(id.clone()))?;
            if equipment.outputs.iter().all(|output| output.id != id) {
                equipment.outputs.push(OutputEquipment { id, exclusive: *exclusive });
            }
        }
        faulty::alter_meta(&mut equipment, &config.faults);
        let settings = JunctionSettings {
            fallback: config.fallback,
            unsafe_reaction: config.unsafe_reaction,
            latency: config.latency,
            seed: config.seed,
        };
        let junction = Junction::new(Arc::clone(&intersection), settings, now);
        let mut sessions = ControllerSessions::new(equipment, config.controller.clone(), now);
        for (group, state) in junction.states().iter().enumerate() {
            sessions.set_signal_group(now, group, *state);
        }
        sessions.set_intersection(now, junction.state());
        let mut scripts = Vec::new();
        let traffic = match &config.detectors {
            DetectorSource::Outside => None,
            DetectorSource::Random { headway } => {
                Some(Traffic::new(&intersection, config.seed, *headway, now))
            }
            DetectorSource::Script(script) => {
                scripts.push(ScriptRun::new(script.clone(), now));
                None
            }
        };
        let vehicles = match &config.special_vehicles {
            SpecialVehicleSource::Outside => None,
            SpecialVehicleSource::Random { interval } => {
                Some(SpecialVehicles::new(&intersection, config.seed, *interval, now))
            }
            SpecialVehicleSource::Script(script) => {
                scripts.push(ScriptRun::new(script.clone(), now));
                None
            }
        };
        let mut emulator = Self {
            faults: Faults::new(&config.faults, now),
            config,
            junction,
            sessions,
            traffic,
            vehicles,
            scripts,
            candidate: None,
            not_before: now,
            events: VecDeque::new(),
            detected: Vec::new(),
        };
        emulator.advance(now);
        // What lamps show at the beginning is the beginning, not a change.
        emulator.events.retain(|event| !matches!(event.what, Happening::Lamp { .. }));
        Ok(emulator)
    }

    /// The junction: lamps, monitor and own program.
    #[must_use]
    pub fn junction(&self) -> &Junction {
        &self.junction
    }

    /// The sessions with applications.
    #[must_use]
    pub fn sessions(&self) -> &ControllerSessions {
        &self.sessions
    }

    /// What the lamps of each group show.
    pub fn lamps(&self) -> impl Iterator<Item = (GroupIndex, Lamp)> {
        let groups = self.junction.intersection().group_indices();
        groups.filter_map(|group| self.junction.lamp(group).map(|(lamp, _)| (group, lamp)))
    }

    /// A stream is up.
    pub fn connected(&mut self, now: Instant) -> ConnectionId {
        self.sessions.connected(now)
    }

    /// A stream is gone.
    pub fn disconnected(&mut self, now: Instant, connection: ConnectionId) {
        self.sessions.disconnected(now, connection);
        self.settle(now);
    }

    /// Octets from a stream.
    pub fn receive(&mut self, now: Instant, connection: ConnectionId, octets: &[u8]) {
        self.sessions.receive(now, connection, octets);
        self.settle(now);
    }

    /// Does all that is due.
    pub fn advance(&mut self, now: Instant) {
        self.run_faults(now);
        self.run_scripts(now);
        if let Some(traffic) = &mut self.traffic {
            let junction = &self.junction;
            let green = |group| junction.lamp(group).is_some_and(|(lamp, _)| lamp == Lamp::Green);
            traffic.advance(now, green, &mut self.detected);
            for (detector, occupied) in std::mem::take(&mut self.detected) {
                self.set_detector(now, detector, occupied);
            }
        }
        while let Some(event) = self.vehicles.as_mut().and_then(|vehicles| vehicles.next_due(now)) {
            self.tell_special_vehicle(now, &event);
        }
        self.sessions.advance(now);
        self.settle(now);
    }

    /// When [`Emulator::advance`] has something to do at the earliest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let grant = (self.candidate.is_none() && self.grants_control())
            .then(|| self.sessions.wanting_control().first().map(|_| self.not_before))
            .flatten();
        let scripts = self.scripts.iter().filter_map(ScriptRun::due).min();
        [
            self.junction.next_deadline(),
            self.sessions.next_deadline(),
            self.traffic.as_ref().and_then(Traffic::due),
            self.vehicles.as_ref().and_then(SpecialVehicles::due),
            scripts,
            self.faults.due(),
            grant,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Octets that are to go out on a stream.
    pub fn take_octets(&mut self, now: Instant, connection: ConnectionId, out: &mut Vec<u8>) {
        self.sessions.take_octets(now, connection, out);
    }

    /// Streams that have octets to send, or want to be closed.
    pub fn streams_with_work(&self) -> impl Iterator<Item = ConnectionId> {
        self.sessions.streams_with_work()
    }

    /// Whether a stream is to be closed, once its octets are out.
    #[must_use]
    pub fn wants_disconnect(&self, connection: ConnectionId) -> bool {
        self.sessions.wants_disconnect(connection)
    }

    /// The next thing that happened, as far as it is kept.
    pub fn next_event(&mut self) -> Option<EmulatorEvent> {
        self.events.pop_front()
    }

    /// A detector, seen from outside.
    pub fn detect(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) {
        self.set_detector(now, detector.index(), occupied);
        self.settle(now);
    }

    /// An input, by its place among the overrides of the file, seen from outside.
    pub fn set_input(&mut self, now: Instant, input: usize, state: i16) {
        self.sessions.set_input(now, input, state);
        self.tell(now, Happening::Input { input, state });
    }

    /// A vehicle tells by KAR what it is.
    pub fn tell_special_vehicle(&mut self, now: Instant, event: &SpecialVehicleEvent) {
        self.sessions.tell_special_vehicle(now, event);
        self.tell(now, Happening::SpecialVehicle(Box::new(event.clone())));
    }

    /// The controller wishes to end the application's control, and takes a pause before it grants it again.
    pub fn end_control(&mut self, now: Instant) {
        self.not_before = now + self.config.pause;
        self.sessions.end_control(now);
        if let Some(connection) = self.candidate {
            self.tell_control(now, connection);
        }
        self.settle(now);
    }

    fn set_detector(&mut self, now: Instant, detector: usize, occupied: bool) {
        if self.faults.holds_detector(detector) {
            return;
        }
        self.sessions.set_detector(now, detector, occupied);
        if let Some(index) = DetectorIndex::at(detector) {
            self.junction.detect(now, index, occupied);
        }
        self.tell(now, Happening::Detector { detector, occupied });
    }

    fn run_scripts(&mut self, now: Instant) {
        for place in 0..self.scripts.len() {
            while let Some(what) = self.scripts[place].next_due(now) {
                match what {
                    Scripted::Detector(detector, occupied) => self.set_detector(now, detector, occupied),
                    Scripted::DetectorFault(detector, true) => {
                        self.sessions.set_detector_fault(now, detector, DetectorFault::HardwareError);
                    }
                    Scripted::DetectorFault(detector, false) => {
                        self.sessions.set_detector_fault(now, detector, DetectorFault::None);
                    }
                    Scripted::Input(input, state) => self.set_input(now, input, state),
                    Scripted::SpecialVehicle(event) => self.tell_special_vehicle(now, &event),
                }
            }
        }
    }

    /// Whatever follows from what has just happened.
    fn settle(&mut self, now: Instant) {
        for _ in 0..ROUNDS {
            let mut busy = false;
            while let Some(event) = self.sessions.next_event() {
                busy = true;
                self.follow_application(now, event);
            }
            self.junction.advance(now);
            while let Some(change) = self.junction.next_change() {
                busy = true;
                self.follow_junction(change);
            }
            busy |= self.hand_over(now);
            if !busy {
                break;
            }
        }
    }

    fn follow_application(&mut self, now: Instant, event: ControllerEvent) {
        match event {
            ControllerEvent::Registered { connection, username, kind } => {
                self.tell(now, Happening::Registered { connection, username, kind });
            }
            ControllerEvent::ControlWanted { connection } => {
                self.not_before = self.not_before.max(now + self.config.grant_after);
                self.tell_control(now, connection);
            }
            ControllerEvent::ControlTaken { connection } => {
                self.junction.take_over(now);
                self.tell_control(now, connection);
            }
            ControllerEvent::ControlEnding { connection } => self.tell_control(now, connection),
            ControllerEvent::ControlReleased { connection, .. } => {
                if self.candidate == Some(connection) {
                    self.take_back(now);
                }
                self.tell_control(now, connection);
            }
            ControllerEvent::Group { group, state } => {
                if let Some(group) = GroupIndex::at(group) {
                    self.junction.command(now, group, state);
                }
            }
            ControllerEvent::Output { output, state } => self.set_output(now, output, state),
            ControllerEvent::Intersection(state) => self.junction.request(now, state),
            ControllerEvent::Closed { connection, why } => {
                self.tell(now, Happening::Closed { connection, why });
            }
        }
    }

    fn follow_junction(&mut self, change: Change) {
        let now = change.at;
        let what = match change.what {
            What::Lamp { group, lamp, state, by } => {
                if !self.faults.misreports(group) {
                    self.sessions.set_signal_group(now, group.index(), state);
                }
                if let Some(traffic) = &mut self.traffic {
                    traffic.lamp_changed(now, group);
                }
                Happening::Lamp { group, lamp, state, by }
            }
            What::Intersection(state) => {
                self.sessions.set_intersection(now, state);
                if state == IntersectionControlState::Error {
                    self.sessions.fail_control(now);
                }
                Happening::Intersection(state)
            }
            What::Refused { group, state, why } => Happening::Refused { group, state, why },
        };
        self.tell(now, what);
    }

    /// Control passes to an application that wants it, step by step; true where something happened.
    fn hand_over(&mut self, now: Instant) -> bool {
        let Some(candidate) = self.candidate else {
            if now < self.not_before || !self.grants_control() {
                return false;
            }
            let Some(next) = self.sessions.wanting_control().first().copied() else { return false };
            self.candidate = Some(next);
            self.junction.prepare(now, self.handover(next) == HandoverCapability::Direct);
            return true;
        };
        match self.sessions.control_state(candidate) {
            Some(ControlState::ReadyToControl) if self.junction.is_prepared() => {
                let handover = self.handover(candidate);
                let started = self.sessions.start_control(now, candidate, handover);
                self.tell_control(now, candidate);
                started
            }
            Some(
                ControlState::ReadyToControl
                | ControlState::StartControl
                | ControlState::InControl
                | ControlState::EndControl,
            ) => false,
            _ => {
                // It went, or does not want it any more.
                self.take_back(now);
                true
            }
        }
    }

    /// Whether there is any control to be had.
    fn grants_control(&self) -> bool {
        self.junction.state() != IntersectionControlState::Error && !self.faults.withholds_control()
    }

    /// How control passes to an application: as directly as both agree to.
    fn handover(&self, connection: ConnectionId) -> HandoverCapability {
        let theirs = self.sessions.start_capability(connection).unwrap_or(HandoverCapability::Cleared);
        let known = HandoverCapability::LISTED.contains(&theirs);
        if known { theirs.min(self.config.handover) } else { HandoverCapability::Cleared }
    }

    /// The controller goes on by itself. Outputs of whoever was in control go off.
    fn take_back(&mut self, now: Instant) {
        self.candidate = None;
        self.not_before = self.not_before.max(now + self.config.grant_after);
        self.junction.release(now);
        let outputs = self.sessions.equipment().outputs.iter().enumerate();
        let exclusive: Vec<usize> =
            outputs.filter(|(_, output)| output.exclusive).map(|(place, _)| place).collect();
        for output in exclusive {
            self.set_output(now, output, 0);
        }
    }

    fn set_output(&mut self, now: Instant, output: usize, state: i16) {
        if self.sessions.output(output) != Some(state) {
            self.sessions.set_output(now, output, state);
            self.tell(now, Happening::Output { output, state });
        }
    }

    fn tell_control(&mut self, now: Instant, connection: ConnectionId) {
        if let Some(state) = self.sessions.control_state(connection) {
            self.tell(now, Happening::Control { connection, state });
        }
    }

    fn tell(&mut self, at: Instant, what: Happening) {
        if self.config.kept_events == 0 {
            return;
        }
        if self.events.len() >= self.config.kept_events {
            self.events.pop_front();
        }
        self.events.push_back(EmulatorEvent { at, what });
    }
}
