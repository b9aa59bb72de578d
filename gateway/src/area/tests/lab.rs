//! An area and an emulated controller, joined in memory and in virtual time.

use std::sync::Arc;
use std::time::Instant as Monotonic;

use bytes::Bytes;
use voorrang_messages::{
    PrioritizationStatus, PriorityRequest, RequestStatus, SequenceNumber, Ssem, StationId,
};
use voorrang_priority::{EngineConfig, StrategyConfig};
use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig, Fault, Happening, Lamp, ScheduledFault};
use voorrang_tlcfi::session::controller::ConnectionId;
use voorrang_units::{Duration, Instant};

use super::{CROSSING, START, ambulance};
use crate::area::{Area, AreaConfig, AreaInput, Departure, Effects, JunctionConfig, Role, SessionConfig};
use crate::messaging::{Reply, ReplyTo, Undelivered};
use crate::privacy::audit::AuditEntry;
use crate::security::Permit;

/// The northern groups, the northern left turn, the eastern, the southern and the western group.
pub(super) const EAST: GroupIndex = GroupIndex(2);

/// Area and controller.
pub(super) struct Lab {
    pub(super) now: Instant,
    pub(super) area: Area,
    pub(super) emulator: Emulator,
    pub(super) connection: Option<ConnectionId>,
    /// Calls of the area come through.
    pub(super) reachable: bool,
    /// Statuses that left, with when.
    pub(super) answers: Vec<(Instant, PrioritizationStatus)>,
    pub(super) records: String,
    pub(super) alarms: Vec<String>,
    pub(super) audit: Vec<AuditEntry>,
    pub(super) observations: String,
    pub(super) vlog: String,
    pub(super) published: Vec<voorrang_messages::MessageKind>,
    pub(super) relayed: Vec<String>,
    pub(super) finished: bool,
    /// All that the area ever sent to the controller.
    pub(super) sent: Vec<u8>,
    /// The most groups in conflict that the lamps ever showed green together.
    pub(super) conflicting: usize,
    /// Commands that the controller's monitor found unsafe.
    pub(super) objections: Vec<String>,
    /// What the emergency lamp was set to, one after the other.
    pub(super) lit: Vec<i16>,
    sequence: u8,
    reply: ReplyTo,
}

#[derive(Debug)]
struct Nowhere;

impl Reply for Nowhere {
    fn send(&self, _octets: &[u8]) -> Result<(), Undelivered> {
        Ok(())
    }

    fn address(&self) -> Option<String> {
        None
    }
}

/// How a lab is made.
pub(super) struct Setup {
    pub(super) role: Role,
    pub(super) text: String,
    pub(super) emulated: String,
    pub(super) strategy: &'static str,
    pub(super) faults: Vec<(Fault, i64)>,
    pub(super) seed: u64,
}

impl Default for Setup {
    fn default() -> Self {
        let extra = "emergency_lamps = [{ output = \"hlpd05\", group = \"05\" }]\noverrides = [{ input = \"brug\", type = \"bridge\" }]";
        let text = format!("verified = true\n{extra}\n{CROSSING}");
        Self {
            role: Role::Control,
            emulated: text.clone(),
            text,
            strategy: "absolute",
            faults: Vec::new(),
            seed: 1,
        }
    }
}

impl Setup {
    pub(super) fn lab(self) -> Lab {
        let read = |text: &str| Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap());
        let faults = self.faults.iter().map(|(fault, seconds)| ScheduledFault {
            fault: *fault,
            after: Duration::from_seconds(*seconds),
        });
        let config =
            EmulatorConfig { seed: self.seed, faults: faults.collect(), ..EmulatorConfig::default() };
        let area = AreaConfig {
            name: "K1".into(),
            place: 0,
            station: StationId(70_000),
            engine: EngineConfig::with_strategy(StrategyConfig::from_name(self.strategy).unwrap()),
            junctions: vec![JunctionConfig {
                intersection: read(&self.text),
                role: self.role,
                session: Some(SessionConfig {
                    username: "gateway".to_owned(),
                    password: "secret".to_owned(),
                    uri: "http://127.0.0.1".to_owned(),
                    intersection: None,
                }),
                registered: None,
                publish: true,
            }],
            vlog: true,
        };
        let mut lab = Lab {
            now: START,
            area: Area::new(area, START),
            emulator: Emulator::new(read(&self.emulated), config, START).unwrap(),
            connection: None,
            reachable: true,
            answers: Vec::new(),
            records: String::new(),
            alarms: Vec::new(),
            audit: Vec::new(),
            observations: String::new(),
            vlog: String::new(),
            published: Vec::new(),
            relayed: Vec::new(),
            finished: false,
            sent: Vec::new(),
            conflicting: 0,
            objections: Vec::new(),
            lit: Vec::new(),
            sequence: 0,
            reply: Arc::new(Nowhere),
        };
        let mut effects = Effects::default();
        lab.area.advance(START, &mut effects);
        lab.carry(effects);
        lab
    }

    /// In control, on a program that has run for a while.
    pub(super) fn controlled(self) -> Lab {
        let mut lab = self.lab();
        lab.run(60);
        assert!(lab.in_control(), "{:?}", lab.alarms);
        lab
    }
}

impl Lab {
    /// Tells the area something.
    pub(super) fn tell(&mut self, input: AreaInput) {
        let mut effects = Effects::default();
        self.area.handle(self.now, input, &mut effects);
        self.carry(effects);
    }

    /// Lets so many seconds pass.
    pub(super) fn run(&mut self, seconds: i64) {
        self.run_until(self.now + Duration::from_seconds(seconds));
    }

    pub(super) fn run_until(&mut self, end: Instant) {
        let mut steps = 0_u32;
        while !self.finished {
            let due = [self.area.next_deadline(), self.emulator.next_deadline()].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= end) else { break };
            steps = if due > self.now { 0 } else { steps + 1 };
            assert!(
                steps < 100,
                "nothing but calls at {}: {:?} {:?}",
                self.now,
                self.area.next_deadline(),
                self.emulator.next_deadline()
            );
            self.now = self.now.max(due);
            if self.emulator.next_deadline().is_some_and(|due| due <= self.now) {
                self.emulator.advance(self.now);
                self.take_from_emulator();
            }
            if self.area.next_deadline().is_some_and(|due| due <= self.now) {
                let mut effects = Effects::default();
                self.area.advance(self.now, &mut effects);
                self.carry(effects);
            }
        }
        if !self.finished {
            self.now = self.now.max(end);
        }
    }

    /// The ambulance asks, or says it again, 20 s before the eastern stop line.
    pub(super) fn ask(&mut self) {
        let eta = Some(self.now + Duration::from_seconds(20));
        self.request(PriorityRequest { eta, ..ambulance() });
    }

    pub(super) fn request(&mut self, request: PriorityRequest) {
        self.sequence = (self.sequence + 1) % 128;
        let request = PriorityRequest { sequence: Some(SequenceNumber(self.sequence)), ..request };
        self.tell(AreaInput::Request {
            request,
            permit: Permit { name: "ambulances".into(), importance_ceiling: 14 },
            reply: Arc::clone(&self.reply),
            arrived: Monotonic::now(),
            octets: Bytes::from_static(b"octets"),
            span: tracing::Span::none(),
        });
    }

    /// Asks every two seconds until the last status is this, or so many seconds have passed.
    pub(super) fn ask_until(&mut self, status: PrioritizationStatus, seconds: i64) -> bool {
        for _ in 0..seconds / 2 {
            self.ask();
            self.run(2);
            if self.last_answer() == Some(status) {
                return true;
            }
        }
        false
    }

    pub(super) fn last_answer(&self) -> Option<PrioritizationStatus> {
        self.answers.last().map(|(_, status)| *status)
    }

    pub(super) fn in_control(&self) -> bool {
        self.area.condition().in_control == 1
    }

    pub(super) fn shows(&self, group: GroupIndex) -> Option<Lamp> {
        self.emulator.junction().lamp(group).map(|(lamp, _)| lamp)
    }

    pub(super) fn is_green(&self, group: GroupIndex) -> bool {
        self.shows(group) == Some(Lamp::Green)
    }

    /// Whether anything ever left that asks a lamp for something.
    pub(super) fn has_commanded(&self) -> bool {
        let sent = String::from_utf8(self.sent.clone()).unwrap();
        sent.contains("reqState")
    }

    /// Something happens at the controller.
    pub(super) fn emulate(&mut self, happens: impl FnOnce(&mut Emulator, Instant)) {
        happens(&mut self.emulator, self.now);
        self.take_from_emulator();
    }

    /// The stream breaks, for both.
    pub(super) fn cut(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.emulator.disconnected(self.now, connection);
            self.tell(AreaInput::Disconnected { junction: 0, why: "cut".to_owned() });
        }
    }

    fn carry(&mut self, effects: Effects) {
        self.records.push_str(&effects.records);
        self.finished |= effects.finished;
        self.alarms.extend(effects.alarms.into_iter().map(|alarm| alarm.what));
        for departure in effects.departures {
            match departure {
                Departure::Answer { octets, .. } => {
                    let ssem = Ssem::decode(&octets).unwrap();
                    let statuses = RequestStatus::all_from_ssem(&ssem, self.now).unwrap();
                    self.answers.extend(statuses.into_iter().map(|status| (self.now, status.status)));
                }
                Departure::ToController { octets, .. } => {
                    self.sent.extend_from_slice(&octets);
                    if let Some(connection) = self.connection {
                        self.emulator.receive(self.now, connection, &octets);
                        self.take_from_emulator();
                    }
                }
                Departure::Connect { .. } if self.reachable => {
                    self.connection = Some(self.emulator.connected(self.now));
                    self.tell(AreaInput::Connected { junction: 0 });
                    self.take_from_emulator();
                }
                Departure::Connect { .. } => {
                    self.tell(AreaInput::Disconnected { junction: 0, why: "unreachable".to_owned() });
                }
                Departure::Disconnect { .. } => self.cut(),
                Departure::Audit(entry) => self.audit.push(entry),
                Departure::Observation { lines, .. } => self.observations.push_str(&lines),
                Departure::Vlog { lines, .. } => self.vlog.push_str(&lines),
                Departure::Publish(publication) => self.published.push(publication.kind),
                Departure::Relay { octets, .. } => {
                    self.relayed.push(String::from_utf8(octets.to_vec()).unwrap());
                }
            }
        }
    }

    fn take_from_emulator(&mut self) {
        self.conflicting = self.conflicting.max(self.emulator.junction().conflicting_greens());
        while let Some(event) = self.emulator.next_event() {
            match event.what {
                Happening::Refused { group, state, why: Some(why) } => {
                    self.objections.push(format!("{} {group:?} {state} {why:?}", event.at));
                }
                Happening::Output { state, .. } => self.lit.push(state),
                _ => {}
            }
        }
        let Some(connection) = self.connection else { return };
        let mut octets = Vec::new();
        self.emulator.take_octets(self.now, connection, &mut octets);
        if !octets.is_empty() {
            self.tell(AreaInput::FromController { junction: 0, octets: octets.into() });
        }
        if self.connection == Some(connection) && self.emulator.wants_disconnect(connection) {
            self.cut();
        }
    }
}

/// What an area believes its lamps show.
pub(super) fn believed(area: &Area) -> Vec<Option<Aspect>> {
    area.view().junctions[0].groups.iter().map(|group| group.aspect).collect()
}
