//! One control area: its engine, its junctions' controllers and their TLC-FI sessions, sans-I/O. Everything arrives as an [`AreaInput`] with its
//! time; everything that follows is an effect. `engine_task` is the tokio task around it.
//!
//! | file | what |
//! |---|---|
//! | `config`, `input`, `effects`, `view` | what goes in and comes out |
//! | `answers` | what the engine says of requests: SSEM, audit, warnings |
//! | `kar` | what controllers hand on of KAR, in the engine's terms |
//! | `ledger` | who asks at a junction: way back, permit, span, what was told |
//! | `requests` | what the gateway itself has to say of a request before the engine |
//! | `gateway_line` | the journal's lines that are not the engine's |

mod answers;
pub mod config;
pub mod effects;
mod gateway_line;
pub mod input;
pub(crate) mod kar;
mod ledger;
mod requests;
#[cfg(test)]
mod tests;
pub mod view;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant as Monotonic;

use voorrang_messages::{RequestId, StationId};
use voorrang_priority::area::IntersectionIndex;
use voorrang_priority::journal::{Header, Journal};
use voorrang_priority::{Input, Output, PriorityEngine};
use voorrang_signals::{Intersection, Wish, Wishes};
use voorrang_units::Instant;

use crate::engine_task::Condition;
use ledger::Ledger;
use requests::Envelope;
use view::{AlarmView, GroupView, JunctionView, RequestView};

pub use config::{AreaConfig, JunctionConfig, Role, SessionConfig};
pub use effects::{Alarm, Departure, Effects};
pub use input::{AreaInput, RestoredRequest};
pub use view::AreaView;

/// So many alarms are remembered.
const MOST_ALARMS: usize = 50;

/// One control area.
#[derive(Debug)]
pub struct Area {
    config: AreaConfig,
    engine: PriorityEngine,
    journal: Journal,
    outputs: Vec<Output>,
    junctions: Vec<Junction>,
    alarms: VecDeque<Alarm>,
    /// Of our last SSEM.
    sequence: u8,
    /// Of the last request on the page.
    numbers: u64,
    clock_trusted: bool,
    journal_healthy: bool,
    subscribed: bool,
    /// Since when it is being shut down.
    closing: Option<Instant>,
}

/// A request that is being told to the engine: who asks, and when the octets came.
#[derive(Debug, Clone, Copy)]
struct Asking {
    station: StationId,
    request: RequestId,
    arrived: Option<Monotonic>,
}

#[derive(Debug)]
struct Junction {
    layout: Arc<Intersection>,
    /// Its place in the engine's area; none where another of the area has the same identity.
    at: Option<IntersectionIndex>,
    role: Role,
    ledger: Ledger,
    /// What the engine wishes.
    wishes: Wishes,
}

impl Junction {
    fn wish(&mut self, _now: Instant, wishes: Wishes) {
        self.wishes = wishes;
    }
}

impl Area {
    /// An area that knows nothing yet of lamps and requests. Its journal begins with the first effects.
    #[must_use]
    pub fn new(config: AreaConfig, now: Instant) -> Self {
        let layouts: Vec<_> =
            config.junctions.iter().map(|junction| Arc::clone(&junction.intersection)).collect();
        let journal = Journal::new(&Header::new(&layouts, &config.engine, now));
        let engine = PriorityEngine::new(layouts, config.engine.clone(), now);
        let junctions = config.junctions.iter().map(|one| Junction {
            layout: Arc::clone(&one.intersection),
            at: engine.area().find(one.intersection.id()),
            role: one.role,
            wishes: Wishes::none(one.intersection.groups().len()),
            ledger: Ledger::new(config.engine.request.expiry),
        });
        Self {
            junctions: junctions.collect(),
            engine,
            journal,
            outputs: Vec::new(),
            alarms: VecDeque::new(),
            sequence: 0,
            numbers: 0,
            clock_trusted: true,
            journal_healthy: true,
            subscribed: false,
            closing: None,
            config,
        }
    }

    /// Takes an input in; what follows is appended to `effects`.
    pub fn handle(&mut self, now: Instant, input: AreaInput, effects: &mut Effects) {
        match input {
            AreaInput::Request { request, permit, reply, arrived, octets, span } => {
                let _entered = span.clone().entered();
                let (reply, arrived, octets) = (Some(reply), Some(arrived), Some(octets));
                self.on_request(now, request, Envelope { permit, reply, arrived, octets, span }, effects);
            }
            AreaInput::Restored(requests) => self.on_restored(now, requests, effects),
            AreaInput::Vehicle(vehicle) => self.tell(now, Input::Vehicle(vehicle), None, effects),
            AreaInput::Connected { .. }
            | AreaInput::FromController { .. }
            | AreaInput::Disconnected { .. }
            | AreaInput::Relayed { .. } => {}
            AreaInput::Subscribed(subscribed) => self.subscribed = subscribed,
            AreaInput::ClockTrusted(trusted) => self.on_clock(now, trusted, effects),
            AreaInput::JournalHealthy(healthy) => self.journal_healthy = healthy,
            AreaInput::Shutdown => {
                self.closing.get_or_insert(now);
                effects.finished = true;
            }
        }
    }

    /// Does what has become due. Nothing, before [`next_deadline`](Self::next_deadline).
    pub fn advance(&mut self, now: Instant, effects: &mut Effects) {
        self.journal.advance(&mut self.engine, now, &mut self.outputs);
        self.act(now, None, effects);
    }

    /// When [`advance`](Self::advance) wants to be called, should no input come before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.engine.next_deadline()
    }

    /// How its junctions stand.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let to_control = self.junctions.iter().filter(|junction| junction.role == Role::Control).count();
        Condition {
            junctions: count(self.junctions.len()),
            registered: 0,
            to_control: count(to_control),
            in_control: 0,
            ended: false,
        }
    }

    /// What it shows of itself.
    #[must_use]
    pub fn view(&self) -> AreaView {
        let junctions = self.junctions.iter().enumerate().map(|(place, junction)| {
            let of_this = |alarm: &&Alarm| alarm.junction.is_none_or(|other| other == place);
            let alarms = self.alarms.iter().filter(of_this);
            JunctionView {
                name: junction.layout.name().to_owned(),
                id: junction.layout.id().to_string(),
                role: junction.role.name(),
                session: "no link",
                in_control: false,
                groups: self.groups_of(junction),
                requests: self.requests_of(junction),
                alarms: alarms.map(|alarm| AlarmView { at: alarm.at, what: alarm.what.clone() }).collect(),
            }
        });
        AreaView { name: self.config.name.to_string(), junctions: junctions.collect() }
    }

    fn groups_of(&self, junction: &Junction) -> Vec<GroupView> {
        let known = junction.at.map(|at| self.engine.area().intersection(at).signals());
        let groups = junction.layout.group_indices().zip(junction.layout.groups());
        let view = groups.map(|(index, group)| {
            let signal = known.and_then(|signals| signals.get(index.index()));
            let aspect = signal.and_then(|signal| signal.aspect());
            GroupView {
                name: group.name.clone(),
                aspect,
                since: signal.filter(|_| aspect.is_some()).map(|signal| signal.since()),
                wish: match junction.wishes.wish(index) {
                    Wish::Program => "program",
                    Wish::Green => "green",
                    Wish::Red => "red",
                    Wish::Hold => "hold",
                },
            }
        });
        view.collect()
    }

    fn requests_of(&self, junction: &Junction) -> Vec<RequestView> {
        let Some(at) = junction.at else { return Vec::new() };
        let live = self.engine.area().intersection(at).requests().live().iter();
        let layout = &junction.layout;
        let view = live.map(|live| {
            let service = live.service();
            let approach = layout.approaches().get(service.approach.index());
            let groups = service.groups.iter().filter_map(|group| layout.groups().get(group.index()));
            let (station, request) = (live.latest().station, live.latest().request);
            RequestView {
                number: junction.ledger.number(station, request).unwrap_or(0),
                approach: approach.map_or_else(String::new, |approach| approach.name.clone()),
                groups: groups.map(|group| group.name.clone()).collect(),
                status: live.status(),
                eta: live.expected(),
            }
        });
        view.collect()
    }

    /// Notes what somebody should look at that happened outside.
    pub fn note_alarm(&mut self, at: Instant, junction: Option<usize>, what: String) {
        if self.alarms.len() >= MOST_ALARMS {
            self.alarms.pop_front();
        }
        self.alarms.push_back(Alarm { at, junction, what });
    }
}
