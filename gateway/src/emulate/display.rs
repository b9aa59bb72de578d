//! What happens at emulated controllers: a line for each thing, for people or as JSON for programs.
//!
//! ```text
//! 07:03:12.4 Crossing  02 green          application
//! 07:03:12.4 Crossing  05 asked for green: refused, a group in conflict is green
//! ```

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use voorrang_signals::GroupIndex;
use voorrang_tlcfi::emulator::{Emulator, EmulatorEvent, Happening};
use voorrang_tlcfi::objects::{AnnouncementType, SpecialVehicleEvent};
use voorrang_tlcfi::session::controller::ConnectionId;
use voorrang_units::Instant;

/// What lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: a JSON object a line.
    Json,
}

/// Where lines go.
pub type Sink = Arc<Mutex<dyn io::Write + Send>>;

/// Shows what happens at one controller. Lines of a moment are written together.
#[derive(Clone)]
pub struct Display {
    name: String,
    format: Option<Format>,
    detectors: bool,
    sink: Sink,
    lines: String,
}

impl std::fmt::Debug for Display {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Display")
            .field("name", &self.name)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl Display {
    /// Of the controller of that name; without a format nothing is shown. Detectors are many: they are shown where that is wanted.
    #[must_use]
    pub fn new(name: String, format: Option<Format>, detectors: bool, sink: Sink) -> Self {
        Self { name, format, detectors, sink, lines: String::new() }
    }

    /// The controller listens; its lamps at the beginning.
    pub fn begin(&mut self, now: Instant, address: SocketAddr, emulator: &Emulator) {
        let id = emulator.sessions().equipment().intersection.clone();
        self.line(
            now,
            || format!("listens on {address}, intersection {id}"),
            || json!({"what": "listens", "address": address.to_string(), "intersection": id.as_str()}),
        );
        let groups = &emulator.junction().intersection().groups();
        let lamps: Vec<(&str, &str)> = emulator
            .lamps()
            .map(|(group, lamp)| (groups[group.index()].name.as_str(), lamp.name()))
            .collect();
        let shown = || {
            let words: Vec<String> = lamps.iter().map(|(group, lamp)| format!("{group} {lamp}")).collect();
            words.join(", ")
        };
        self.line(now, shown, || {
            let lamps: serde_json::Map<String, Value> =
                lamps.iter().map(|(group, lamp)| ((*group).to_owned(), Value::from(*lamp))).collect();
            json!({"what": "lamps", "lamps": lamps})
        });
    }

    /// A stream is up.
    pub fn connected(&mut self, now: Instant, _: &Emulator, connection: ConnectionId, peer: SocketAddr) {
        self.line(
            now,
            || format!("stream {connection} from {peer}"),
            || json!({"what": "connected", "stream": connection.to_string(), "peer": peer.to_string()}),
        );
    }

    /// Something happened.
    pub fn event(&mut self, emulator: &Emulator, event: &EmulatorEvent) {
        let group = |group: GroupIndex| {
            emulator
                .junction()
                .intersection()
                .groups()
                .get(group.index())
                .map_or("?", |group| group.name.as_str())
        };
        let equipment = emulator.sessions().equipment();
        let at = event.at;
        match &event.what {
            Happening::Lamp { group: index, lamp, state, by } => self.line(
                at,
                || format!("{} {:<15}{}", group(*index), lamp.name(), by.name()),
                || json!({"what": "lamp", "group": group(*index), "lamp": lamp.name(), "state": state.number(), "by": by.name()}),
            ),
            Happening::Intersection(state) => self.line(
                at,
                || format!("intersection: {state}"),
                || json!({"what": "intersection", "state": state.number(), "name": state.to_string()}),
            ),
            Happening::Refused { group: index, state, why } => {
                let why = why.map_or_else(|| "a fault on request".to_owned(), |why| why.to_string());
                self.line(
                    at,
                    || format!("{} asked for {state}: not done, {why}", group(*index)),
                    || json!({"what": "refused", "group": group(*index), "state": state.number(), "why": why}),
                );
            }
            Happening::Detector { detector, occupied } => {
                if self.detectors {
                    let detectors = emulator.junction().intersection().detectors();
                    let name = detectors.get(*detector).map_or("?", |detector| detector.name.as_str());
                    let state = if *occupied { "occupied" } else { "free" };
                    self.line(
                        at,
                        || format!("detector {name} {state}"),
                        || json!({"what": "detector", "detector": name, "occupied": occupied}),
                    );
                }
            }
            Happening::Input { input, state } => {
                let name = equipment.inputs.get(*input).map_or("?", |id| id.as_str());
                self.line(at, || format!("input {name} = {state}"), || json!({"what": "input", "input": name, "state": state}));
            }
            Happening::Output { output, state } => {
                let name = equipment.outputs.get(*output).map_or("?", |output| output.id.as_str());
                self.line(
                    at,
                    || format!("output {name} = {state}"),
                    || json!({"what": "output", "output": name, "state": state}),
                );
            }
            Happening::SpecialVehicle(vehicle) => {
                self.line(at, || kar(vehicle), || json!({"what": "special_vehicle", "event": vehicle}));
            }
            Happening::Registered { connection, username, kind } => self.line(
                at,
                || format!("stream {connection}: {username:?} has registered as {kind}"),
                || json!({"what": "registered", "stream": connection.to_string(), "username": username, "type": kind.number()}),
            ),
            Happening::Control { connection, state } => self.line(
                at,
                || format!("stream {connection}: {state}"),
                || {
                    json!({"what": "control", "stream": connection.to_string(), "state": state.number(), "name": state.to_string()})
                },
            ),
            Happening::Closed { connection, why } => self.line(
                at,
                || format!("stream {connection} ends: {why}"),
                || json!({"what": "closed", "stream": connection.to_string(), "why": why.to_string()}),
            ),
            Happening::Fault(fault) => self.line(
                at,
                || format!("fault on request: {fault}"),
                || json!({"what": "fault", "fault": fault.name()}),
            ),
        }
    }

    /// Writes what has gathered; false where nobody reads it any more.
    pub fn flush(&mut self) -> bool {
        if self.lines.is_empty() {
            return true;
        }
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let written = sink.write_all(self.lines.as_bytes()).and_then(|()| sink.flush());
        self.lines.clear();
        written.is_ok()
    }

    fn line(&mut self, at: Instant, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        match self.format {
            None => {}
            Some(Format::Text) => {
                let stamp = at.to_string();
                // Of 2026-01-12T07:03:12.400Z the time of day to a tenth of a second.
                let time = stamp.get(11..21).unwrap_or(&stamp);
                // A String takes every line.
                let _ = writeln!(self.lines, "{time} {}  {}", self.name, text());
            }
            Some(Format::Json) => {
                let mut value = json();
                value["at"] = Value::from(at.to_string());
                value["controller"] = Value::from(self.name.as_str());
                let _ = writeln!(self.lines, "{value}");
            }
        }
    }
}

fn kar(vehicle: &SpecialVehicleEvent) -> String {
    let kind = vehicle.vehicle_type.map_or_else(|| "vehicle".to_owned(), |kind| kind.to_string());
    let announces = match vehicle.announcement {
        Some(AnnouncementType::CheckIn) => "checks in",
        Some(AnnouncementType::CheckOut) => "checks out",
        Some(AnnouncementType::PreCheckIn) => "checks in beforehand",
        _ => "tells of itself",
    };
    let direction =
        vehicle.direction.map_or_else(String::new, |direction| format!(" for direction {direction}"));
    format!("KAR: {kind} {announces}{direction}")
}
