//! A configuration in plain words: what the gateway would do by it. For `check`, as text and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{AreaEntry, Config, ControllerConfig, Fallback, JunctionEntry, RelayConfig, Sync};
use crate::area::Role;

/// So many junctions that are alike are named.
const MOST_NAMED: usize = 8;

/// What the gateway would do, each part in sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The gateway's name.
    pub name: String,
    /// Our own ITS station.
    pub station: u32,
    /// Where data goes.
    pub data: String,
    /// How many control areas.
    pub areas: usize,
    /// What the gateway is to its junctions; those that are alike stand together.
    pub junctions: Vec<JunctionsAlike>,
    /// When the engine intervenes and how it finds back.
    pub priority: Vec<String>,
    /// Who reaches it by which way.
    pub listeners: Vec<String>,
    /// How engine time is known to be true time.
    pub clock: String,
    /// Who may ask.
    pub authorised: Vec<String>,
    /// What is kept, and how.
    pub records: Vec<String>,
    /// What is allowed, but should be looked at.
    pub warnings: Vec<String>,
}

/// Junctions of which the same can be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JunctionsAlike {
    /// `observe`, `relay` or `control`.
    pub role: &'static str,
    /// How many.
    pub count: usize,
    /// The first of them, each with its area where that is another name.
    pub first: Vec<String>,
    /// What the role means.
    pub means: String,
    /// How the controllers are reached.
    pub controller: String,
    /// What is driving the lamps when the gateway is gone.
    pub fallback: Option<String>,
    /// Where requests go on to.
    pub relay: Option<String>,
}

impl Config {
    /// Says what the gateway would do.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let authorised = &self.security.authorised;
        Explanation {
            name: self.name.clone(),
            station: self.station.0,
            data: self.data.display().to_string(),
            areas: self.areas.len(),
            junctions: self.junctions_alike(),
            priority: self.explain_priority(),
            listeners: self.explain_listeners(),
            clock: self.sections.clock.explain(),
            authorised: match authorised.is_empty() {
                true => vec!["nobody: every request is refused; add [[authorised]]".to_owned()],
                false => authorised.iter().map(|entry| entry.explain()).collect(),
            },
            records: self.explain_records(),
            warnings: self.explain_warnings(),
        }
    }

    fn junctions_alike(&self) -> Vec<JunctionsAlike> {
        let mut alike: BTreeMap<(Role, String, Option<String>, Option<String>), JunctionsAlike> =
            BTreeMap::new();
        for (area, junction) in self.junctions() {
            let controller = controller(junction);
            let fallback = junction.fallback.filter(|_| junction.role == Role::Control).map(consequence);
            let relay = junction.relay.as_ref().map(relay);
            // Controllers differ by their address at least; where each has its own, junctions stand alone.
            let key = (junction.role, controller.clone(), fallback.clone(), relay.clone());
            let one = alike.entry(key).or_insert_with(|| JunctionsAlike {
                role: junction.role.name(),
                count: 0,
                first: Vec::new(),
                means: meaning(junction.role).to_owned(),
                controller,
                fallback,
                relay,
            });
            one.count += 1;
            if one.first.len() < MOST_NAMED {
                one.first.push(named(area, junction));
            }
        }
        alike.into_values().rev().collect()
    }

    fn explain_priority(&self) -> Vec<String> {
        let request = &self.priority.request;
        let mut lines = vec![
            format!("strategy {}", self.priority.strategy.name()),
            format!(
                "requests up to {} ahead, each for {} after its last message, a green for {} at most",
                request.horizon, request.expiry, request.green_guard
            ),
        ];
        if self.priority.eva.is_some() {
            lines.push("drivers are warned of emergency vehicles (DENM)".to_owned());
        }
        if request.public_transport || request.goods {
            lines.push("public transport or goods vehicles may ask too, after emergency vehicles".to_owned());
        }
        lines
    }

    fn explain_listeners(&self) -> Vec<String> {
        let transports = &self.sections.messaging.transports;
        let transports = transports.iter().flat_map(|transport| transport.explain());
        transports.chain(self.sections.http.iter().map(|http| http.explain())).collect()
    }

    fn explain_records(&self) -> Vec<String> {
        let sync = match self.journal.sync {
            Sync::Never => {
                "is with the operating system before its answer leaves, and on the disk when that sees fit"
                    .to_owned()
            }
            Sync::Interval(interval) => format!(
                "is with the operating system before its answer leaves, and on the disk within {} s",
                interval.as_secs_f64()
            ),
            Sync::Each => "is on the disk before its answer leaves: answers wait for the disk".to_owned(),
        };
        vec![
            format!("what each engine is told and says {sync}"),
            format!("a new file every six hours and each {} MB", self.journal.segment_octets >> 20),
        ]
    }

    fn explain_warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> =
            self.security.authorised.iter().flat_map(|entry| entry.warnings()).collect();
        for (_, junction) in self.junctions() {
            let intersection = &junction.intersection;
            let odd = intersection.warnings().iter();
            warnings.extend(odd.map(|what| format!("{}: {what}", junction.file.display())));
            let assumed = intersection.assumed().len();
            if junction.role == Role::Control && assumed > 0 {
                warnings.push(format!(
                    "{}: {assumed} values are assumed, and lamps are driven by them",
                    junction.file.display()
                ));
            }
            if junction.fallback == Some(Fallback::AmberFlashing) && junction.role == Role::Control {
                warnings.push(format!(
                    "{}: with the gateway the junction loses its signals",
                    junction.file.display()
                ));
            }
        }
        warnings
    }
}

fn named(area: &AreaEntry, junction: &JunctionEntry) -> String {
    let intersection = &junction.intersection;
    let (name, id) = (intersection.name(), intersection.id());
    if area.name == name { format!("{name} ({id})") } else { format!("{name} ({id}) in area {}", area.name) }
}

fn meaning(role: Role) -> &'static str {
    match role {
        Role::Observe => {
            "lamps and detectors are read, decisions are taken and journalled beside what the controller did; nothing is commanded and nobody is \
             answered"
        }
        Role::Relay => "authorised requests go on unchanged, and what comes back goes to whoever asked",
        Role::Control => "every signal group is driven by the gateway, within the interlock's rules",
    }
}

fn controller(junction: &JunctionEntry) -> String {
    match &junction.controller {
        Some(ControllerConfig::Tlcfi(config)) => {
            format!("TLC-FI at {} as {}", config.address, config.username)
        }
        Some(ControllerConfig::Emulated) => "emulated within the gateway: no real lamps".to_owned(),
        None => "not reached".to_owned(),
    }
}

fn consequence(fallback: Fallback) -> String {
    match fallback {
        Fallback::OtherApplication => {
            "when the gateway is gone another ITS application that is registered with the controller takes over; if none is, the controller decides"
        }
        Fallback::TlcProgram => {
            "when the gateway is gone the controller's own program takes over; it has to be there and kept up to date"
        }
        Fallback::AmberFlashing => {
            "when the gateway is gone the lamps flash amber: traffic gives way by signs, and nobody is stopped for an emergency vehicle"
        }
    }
    .to_owned()
}

fn relay(relay: &RelayConfig) -> String {
    match relay {
        RelayConfig::Udp(address) => format!("UDP to {address}"),
        RelayConfig::Tcp(address) => format!("TCP to {address}"),
        RelayConfig::Mqtt(prefix) => format!("MQTT, topics below {prefix}"),
    }
}
