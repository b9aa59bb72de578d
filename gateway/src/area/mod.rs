//! One control area: its engine, its junctions' controllers and their TLC-FI sessions, sans-I/O. Everything arrives as an [`AreaInput`] with its
//! time; everything that follows is an effect. `engine_task` is the tokio task around it.
//!
//! | file | what |
//! |---|---|
//! | `config`, `input`, `effects`, `view` | what goes in and comes out |
//! | `kar` | what controllers hand on of KAR, in the engine's terms |
//! | `reconfigure` | other parameters for the engine while the area runs |
//! | `requests` | what the gateway itself has to say of a request before the engine |
//! | `answers` | what the engine says: SSEM, warnings, wishes, and what changed of requests |
//! | `ledger` | who asks at a junction: way back, permit, span, what was told |
//! | `junction` | one junction |
//! | `controllers` | streams, what a session tells, commands, control on its way here and back |
//! | `session` | the TLC-FI session in the words of the intersection file |
//! | `control` | the lamps while they are ours: program, interlock, faults |
//! | `agreement` | whether a file may drive a controller |
//! | `lamp_watch`, `observation` | where others drive: the file against the lamps, our decision beside theirs |
//! | `publication`, `log` | SPATEM and MAPEM; V-Log |
//! | `gateway_line` | the journal's lines that are not the engine's |

mod agreement;
mod answers;
pub mod config;
mod control;
mod controllers;
pub mod effects;
mod gateway_line;
pub mod input;
mod junction;
pub(crate) mod kar;
mod lamp_watch;
mod ledger;
mod log;
mod observation;
mod publication;
mod reconfigure;
mod requests;
mod session;
#[cfg(test)]
mod tests;
pub mod view;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant as Monotonic;

use voorrang_messages::{RequestId, StationId};
use voorrang_priority::journal::{Header, Journal};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine};
use voorrang_units::{Duration, Instant};

use gateway_line::GatewayLine;
use junction::Junction;
use publication::Report;
use requests::Envelope;
use session::{Session, Stream};

use crate::condition::Condition;

pub use config::{AreaConfig, JunctionConfig, Role, SessionConfig};
pub use effects::{Alarm, Count, Departure, Effects};
pub use input::{AreaInput, RestoredRequest};
pub use view::AreaView;

/// So many alarms are remembered.
const MOST_ALARMS: usize = 50;
/// After a shutdown the area is done by then, whatever controllers say: whoever stops us waits 10 s.
const CLOSE_LIMIT: Duration = Duration::from_seconds(9);

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
    /// The engine was told who drives the lamps.
    begun: bool,
    clock_trusted: bool,
    journal_healthy: bool,
    subscribed: bool,
    /// What the engine is to decide by, once nothing is under way.
    next_parameters: Option<Box<EngineConfig>>,
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

impl Area {
    /// An area that knows nothing yet of lamps and requests. Its journal begins with the first effects.
    #[must_use]
    pub fn new(config: AreaConfig, now: Instant) -> Self {
        let layouts: Vec<_> =
            config.junctions.iter().map(|junction| Arc::clone(&junction.intersection)).collect();
        let journal = Journal::new(&Header::new(&layouts, &config.engine, now));
        let engine = PriorityEngine::new(layouts, config.engine.clone(), now);
        let mut area = Self {
            junctions: Vec::new(),
            engine,
            journal,
            outputs: Vec::new(),
            alarms: VecDeque::new(),
            sequence: 0,
            numbers: 0,
            begun: false,
            clock_trusted: true,
            journal_healthy: true,
            subscribed: false,
            next_parameters: None,
            closing: None,
            config,
        };
        for (place, one) in area.config.junctions.clone().iter().enumerate() {
            let at = area.engine.area().find(one.intersection.id());
            // Of two with the same identity only the first is ever reached.
            let at = at.filter(|at| at.index() == place);
            let keep =
                if one.role == Role::Relay { area.config.engine.request.expiry } else { Duration::ZERO };
            let mut faults = Vec::new();
            let junction = Junction::new(one, at, keep, area.config.vlog, now, &mut faults);
            area.junctions.push(junction);
            for what in faults {
                area.note_alarm(now, Some(place), what);
            }
        }
        area
    }

    /// Takes an input in; what follows is appended to `effects`.
    pub fn handle(&mut self, now: Instant, input: AreaInput, effects: &mut Effects) {
        self.begin(now, effects);
        match input {
            AreaInput::Request { request, permit, reply, arrived, octets, span } => {
                let _entered = span.clone().entered();
                let (reply, arrived, octets) = (Some(reply), Some(arrived), Some(octets));
                self.on_request(now, request, Envelope { permit, reply, arrived, octets, span }, effects);
            }
            AreaInput::Restored(requests) => self.on_restored(now, requests, effects),
            AreaInput::Vehicle(vehicle) => self.on_vehicle(now, vehicle, effects),
            AreaInput::Connected { junction } => self.on_connected(now, junction, effects),
            AreaInput::FromController { junction, octets } => self.on_octets(now, junction, &octets, effects),
            AreaInput::Disconnected { junction, why } => self.on_disconnected(now, junction, &why, effects),
            AreaInput::Relayed { junction, octets } => self.on_relayed(now, junction, &octets, effects),
            AreaInput::Subscribed(subscribed) => self.subscribed = subscribed,
            AreaInput::ClockTrusted(trusted) => self.on_clock(now, trusted, effects),
            AreaInput::JournalHealthy(healthy) => self.on_journal(now, healthy, effects),
            AreaInput::Parameters(parameters) => self.on_parameters(*parameters),
            AreaInput::Shutdown => self.on_shutdown(now, effects),
        }
        self.settle(now, effects);
    }

    /// Does what has become due. Nothing, before [`next_deadline`](Self::next_deadline).
    pub fn advance(&mut self, now: Instant, effects: &mut Effects) {
        self.begin(now, effects);
        if self.engine.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.journal.advance(&mut self.engine, now, &mut self.outputs);
            self.act(now, None, effects);
        }
        for place in 0..self.junctions.len() {
            if self.junctions[place].next_deadline(self.subscribed).is_some_and(|deadline| deadline <= now) {
                self.serve(now, place, effects);
            }
        }
        self.settle(now, effects);
    }

    /// When [`advance`](Self::advance) wants to be called, should no input come before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let junctions = self.junctions.iter().filter_map(|junction| junction.next_deadline(self.subscribed));
        let closing = self.closing.map(|since| since + CLOSE_LIMIT);
        junctions.chain(self.engine.next_deadline()).chain(closing).min()
    }

    /// How its junctions stand.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let count = |which: fn(&Junction) -> bool| {
            let count = self.junctions.iter().filter(|junction| which(junction)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        Condition {
            junctions: count(|_| true),
            registered: count(|junction| junction.session.as_ref().is_some_and(|session| session.ready)),
            to_control: count(|junction| junction.role == Role::Control),
            in_control: count(|junction| junction.control.is_some()),
            ended: false,
        }
    }

    /// Notes what somebody should look at that happened outside.
    pub fn note_alarm(&mut self, at: Instant, junction: Option<usize>, what: String) {
        if self.alarms.len() >= MOST_ALARMS {
            self.alarms.pop_front();
        }
        self.alarms.push_back(Alarm { at, junction, what });
    }

    /// Before anything else: whose lamps are to be ours are not yet.
    fn begin(&mut self, now: Instant, effects: &mut Effects) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        for place in 0..self.junctions.len() {
            let junction = &self.junctions[place];
            if junction.role == Role::Control && junction.at.is_some() {
                let intersection = junction.layout.id();
                self.tell(now, Input::Control { intersection, available: false }, None, effects);
            }
        }
        // What was wrong from the beginning.
        for alarm in self.alarms.clone() {
            self.record_alarm(alarm, effects);
        }
    }

    /// What follows at the junctions from what the engine has said: commands, publications, lines of the log.
    fn settle(&mut self, now: Instant, effects: &mut Effects) {
        self.exchange_engine(now, effects);
        for place in 0..self.junctions.len() {
            let junction = &mut self.junctions[place];
            if std::mem::take(&mut junction.stirred) {
                self.light_lamps(now, place);
                self.serve(now, place, effects);
            }
            self.publish(now, place, effects);
            if let Some(lines) = self.junctions[place].log.as_mut().and_then(|log| log.advance(now)) {
                effects.departures.push(Departure::Vlog { junction: place, lines });
            }
        }
        if let Some(since) = self.closing {
            self.finish(now, since, effects);
        }
    }

    fn publish(&mut self, now: Instant, place: usize, effects: &mut Effects) {
        let junction = &self.junctions[place];
        let (Some(at), true) = (junction.at, self.subscribed) else { return };
        if !junction.broadcast.as_ref().is_some_and(|broadcast| broadcast.is_due(now)) {
            return;
        }
        let (predictions, operation) = (junction.predictions(), junction.operation(now));
        let junction = &mut self.junctions[place];
        let wishes = junction.control.is_some().then_some(&junction.wishes);
        let report = Report { operation, predictions: &predictions, wishes };
        if let Some(broadcast) = &mut junction.broadcast {
            let intersection = self.engine.area().intersection(at);
            broadcast.tell(now, self.config.station, intersection, report, &mut effects.departures);
        }
    }

    /// While the journal takes nothing there are no new requests, and control goes back.
    fn on_journal(&mut self, now: Instant, healthy: bool, effects: &mut Effects) {
        if std::mem::replace(&mut self.journal_healthy, healthy) == healthy {
            return;
        }
        if !healthy {
            let what = "the journal takes no records: no new requests, control goes back";
            self.raise(now, None, what.to_owned(), effects);
        }
        for place in 0..self.junctions.len() {
            self.want_control(now, place);
            if !healthy {
                self.end_control(now, place, effects);
            }
            self.serve(now, place, effects);
        }
    }

    fn on_shutdown(&mut self, now: Instant, effects: &mut Effects) {
        if self.closing.is_some() {
            return;
        }
        self.closing = Some(now);
        for place in 0..self.junctions.len() {
            self.end_control(now, place, effects);
            if let Some(session) = self.session_mut(place) {
                session.application.close(now);
            }
            self.serve(now, place, effects);
        }
    }

    /// Whether the shutdown is done: every stream is closed, or its time is over.
    fn finish(&mut self, now: Instant, since: Instant, effects: &mut Effects) {
        if effects.finished {
            return;
        }
        let late = now - since >= CLOSE_LIMIT;
        let mut done = true;
        for place in 0..self.junctions.len() {
            let Some(session) = self.session_mut(place) else { continue };
            let open = session.stream != Stream::Closed;
            if late && open {
                effects.departures.push(Departure::Disconnect { junction: place });
            }
            done &= late || !open;
        }
        if !done {
            return;
        }
        for (place, junction) in self.junctions.iter_mut().enumerate() {
            if let Some(lines) = junction.log.as_mut().and_then(log::Log::finish) {
                effects.departures.push(Departure::Vlog { junction: place, lines });
            }
        }
        effects.finished = true;
    }

    fn session_mut(&mut self, place: usize) -> Option<&mut Session> {
        self.junctions.get_mut(place)?.session.as_mut()
    }

    /// Something for somebody to look at.
    fn raise(&mut self, at: Instant, junction: Option<usize>, what: String, effects: &mut Effects) {
        self.note_alarm(at, junction, what.clone());
        self.record_alarm(Alarm { at, junction, what }, effects);
    }

    /// The same, but only the first time.
    fn raise_once(&mut self, at: Instant, place: usize, what: String, effects: &mut Effects) {
        if self.junctions[place].is_news(&what) {
            self.raise(at, Some(place), what, effects);
        }
    }

    fn record_alarm(&self, alarm: Alarm, effects: &mut Effects) {
        let junction = alarm.junction.and_then(|place| self.junctions.get(place));
        let intersection = junction.map(|junction| junction.layout.id());
        GatewayLine::Alarm { intersection, what: &alarm.what }.write(alarm.at, &mut effects.records);
        effects.alarms.push(alarm);
    }
}
