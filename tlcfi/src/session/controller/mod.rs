//! The controller's side of TLC-FI: all streams of applications to one controller, sans-I/O. It knows states, not lamps: the host tells it what
//! lamps, detectors and inputs do, and is told what applications want of lamps. The emulator is such a host; a simulator can be another.
//!
//! ```text
//! octets -> receive -> ControllerEvent -> host: lamps, outputs, who gets control
//! octets <- take_octets <- UpdateState <- set_signal_group, set_detector, start_control ... <- host
//! ```
//!
//! What changed is told in one UpdateState for each call of [`ControllerSessions::take_octets`]: a host that works in steps of 0.1 s sends as
//! real controllers do. The host does not pass on a command that does not fit the control state; TLC-FI answers those with a SessionEvent:
//! 1000 for the state, 1001 for an application that does not control, 1002 for what is not of our intersection.
//!
//! ```
//! use voorrang_signals::Intersection;
//! use voorrang_tlcfi::session::controller::{ControllerConfig, ControllerSessions, Equipment};
//! use voorrang_units::Instant;
//!
//! let text = include_str!("../../../../signals/tests/intersections/crossing.toml");
//! let crossing = Intersection::from_toml(text, "crossing.toml")?;
//! let now = Instant::from_unix_millis(0);
//! let mut sessions = ControllerSessions::new(Equipment::of(&crossing)?, ControllerConfig::default(), now);
//! let stream = sessions.connected(now);
//! let register = br#"{"jsonrpc":"2.0","id":0,"method":"Register","params":{"username":"me","password":"","type":0,
//!     "version":{"major":1,"minor":1,"revision":0},"uri":"http://127.0.0.1"}}"#;
//! sessions.receive(now, stream, register);
//! let mut octets = Vec::new();
//! sessions.take_octets(now, stream, &mut octets);
//! assert!(String::from_utf8(octets)?.contains("\"sessionid\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calls;
mod config;
mod control;
mod equipment;
mod peer;
mod states;
mod updates;

use std::collections::{BTreeMap, VecDeque};

use voorrang_units::{Duration, Instant};

pub use config::{Account, ControllerConfig};
pub use control::END_LIMIT;
pub use equipment::{Equipment, EquipmentError, OutputEquipment, id_of_name};
pub use peer::CloseReason;

use control::Control;
use peer::Peer;
use states::{ObjectStates, member};

use super::on_the_tenth;
use crate::objects::{
    Alive, ControlState, DetectorFault, Events, GroupPrediction, HandoverCapability,
    IntersectionControlState, ObjectEvent, ObjectReference, ObjectStateUpdate, ObjectStateUpdateGroup,
    ObjectType, ProtocolVersion, SessionEvent, SessionEventCode, SessionUpdate, SignalGroupState,
    SpecialVehicleEvent, States,
};
use crate::rpc::{Message, method};
use crate::ticks::{TickClock, Ticks};

/// A stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What applications want, and what becomes of them. Positions are those of [`Equipment`]'s lists.
#[derive(Debug, Clone, PartialEq)]
pub enum ControllerEvent {
    /// An application has registered.
    Registered {
        /// Its stream.
        connection: ConnectionId,
        /// Its user name.
        username: String,
        /// What it is.
        kind: crate::objects::ApplicationType,
    },
    /// It wants control: [`ControllerSessions::start_control`] gives it.
    ControlWanted {
        /// Its stream.
        connection: ConnectionId,
    },
    /// It has taken control.
    ControlTaken {
        /// Its stream.
        connection: ConnectionId,
    },
    /// It has begun to give control back: it goes on driving until it has brought traffic to its end state.
    ControlEnding {
        /// Its stream.
        connection: ConnectionId,
    },
    /// It does not control any more, or called the hand-over off; for whatever reason.
    ControlReleased {
        /// Its stream.
        connection: ConnectionId,
        /// Whether it did so of itself, in order.
        in_order: bool,
    },
    /// The application in control wants a group to show this. It repeats itself.
    Group {
        /// Which.
        group: usize,
        /// What.
        state: SignalGroupState,
    },
    /// An application wants an output so.
    Output {
        /// Which.
        output: usize,
        /// How.
        state: i16,
    },
    /// The application in control wants the intersection so.
    Intersection(IntersectionControlState),
    /// A stream is to be closed, or was.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// Why.
        why: CloseReason,
    },
}

/// Misbehaviour on request, for the emulator's faults.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Misbehaviour {
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) refuses_registration: bool,
    pub(crate) leaves_alive_unanswered: bool,
    pub(crate) garbles_alive: bool,
    pub(crate) sends_no_alive: bool,
    pub(crate) answers_after: Option<Duration>,
    /// Hears and says nothing.
    pub(crate) silent: bool,
}

/// All sessions of one controller.
#[derive(Debug)]
pub struct ControllerSessions {
    equipment: Equipment,
    places: BTreeMap<(ObjectType, Box<str>), u16>,
    config: ControllerConfig,
    clock: TickClock,
    states: ObjectStates,
    peers: BTreeMap<ConnectionId, Peer>,
    events: VecDeque<ControllerEvent>,
    connections: u64,
    registrations: u64,
    pub(crate) misbehaviour: Misbehaviour,
}

impl ControllerSessions {
    /// A controller without streams: all groups red, the intersection in control, until the host says otherwise.
    #[must_use]
    pub fn new(equipment: Equipment, config: ControllerConfig, now: Instant) -> Self {
        Self {
            places: equipment.places(),
            states: ObjectStates::new(&equipment, config.ticks),
            clock: TickClock::new(now, config.ticks),
            equipment,
            config,
            peers: BTreeMap::new(),
            events: VecDeque::new(),
            connections: 0,
            registrations: 0,
            misbehaviour: Misbehaviour::default(),
        }
    }

    /// What the controller consists of.
    #[must_use]
    pub fn equipment(&self) -> &Equipment {
        &self.equipment
    }

    // Streams.

    /// A stream is up.
    pub fn connected(&mut self, now: Instant) -> ConnectionId {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let mut peer = Peer::new(now);
        if self.peers.len() >= self.config.connections {
            peer.close(CloseReason::TooMany);
        }
        self.peers.insert(connection, peer);
        connection
    }

    /// A stream is gone.
    pub fn disconnected(&mut self, now: Instant, connection: ConnectionId) {
        self.close(now, connection, CloseReason::Gone);
        self.peers.remove(&connection);
    }

    /// Octets from a stream.
    pub fn receive(&mut self, now: Instant, connection: ConnectionId, octets: &[u8]) {
        if self.misbehaviour.silent {
            return;
        }
        let Some(peer) = self.peers.get_mut(&connection).filter(|peer| peer.closing.is_none()) else {
            return;
        };
        let mut frames = std::mem::take(&mut peer.frames);
        frames.push(octets);
        let outcome = loop {
            match frames.next_text() {
                Ok(Some(text)) => self.read(now, connection, text),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if self.peers.get(&connection).is_none_or(|peer| peer.closing.is_some()) {
                break Ok(());
            }
        };
        match (outcome, self.peers.get_mut(&connection)) {
            (Ok(()), Some(peer)) => peer.frames = frames,
            (Err(error), _) => self.close(now, connection, CloseReason::Frame(error)),
            (Ok(()), None) => {}
        }
    }

    /// Does what is due: Alive, limits of time.
    pub fn advance(&mut self, now: Instant) {
        let due = |peer: &Peer| {
            peer.due(
                self.config.alive_timeout,
                self.config.registration_limit,
                !self.misbehaviour.sends_no_alive,
            )
        };
        let late: Vec<_> = self
            .peers
            .iter()
            .filter(|(_, peer)| due(peer).is_some_and(|due| due <= now))
            .map(|(id, _)| *id)
            .collect();
        for connection in late {
            self.advance_peer(now, connection);
        }
    }

    /// When [`ControllerSessions::advance`] has something to do at the earliest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let asks = !self.misbehaviour.sends_no_alive;
        let peers = self.peers.values();
        peers
            .filter_map(|peer| peer.due(self.config.alive_timeout, self.config.registration_limit, asks))
            .min()
    }

    /// Octets that are to go out on a stream, with all that changed since the last call.
    pub fn take_octets(&mut self, now: Instant, connection: ConnectionId, out: &mut Vec<u8>) {
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        if self.misbehaviour.silent {
            return peer.discard_octets();
        }
        tell_changes(peer, &self.equipment, &self.states, self.clock.at(now));
        peer.take_octets(out);
    }

    /// Streams that have octets to send, or want to be closed.
    pub fn streams_with_work(&self) -> impl Iterator<Item = ConnectionId> {
        let work = |peer: &Peer| peer.has_octets() || !peer.subscription.is_told() || peer.closing.is_some();
        self.peers.iter().filter(move |(_, peer)| work(peer)).map(|(id, _)| *id)
    }

    /// Whether a stream is to be closed, once its octets are out.
    #[must_use]
    pub fn wants_disconnect(&self, connection: ConnectionId) -> bool {
        !self.misbehaviour.silent && self.peers.get(&connection).is_none_or(|peer| peer.closing.is_some())
    }

    /// The next thing that the host has to know. It takes them all after each call of the above.
    pub fn next_event(&mut self) -> Option<ControllerEvent> {
        self.events.pop_front()
    }

    // What the host tells.

    /// The lamps of a group changed.
    pub fn set_signal_group(&mut self, now: Instant, group: usize, state: SignalGroupState) {
        let ticks = self.clock.at(now);
        let Some(known) = self.states.groups.get_mut(group).filter(|known| known.state != state) else {
            return;
        };
        (known.state, known.ticks) = (state, ticks);
        self.changed(ObjectType::SignalGroup, group, member::STATE);
    }

    /// What is foretold for a group, on our clock.
    pub fn set_predictions(&mut self, group: usize, predictions: Vec<GroupPrediction>) {
        let Some(known) = self.states.groups.get_mut(group).filter(|known| known.predictions != predictions)
        else {
            return;
        };
        known.predictions = predictions;
        self.changed(ObjectType::SignalGroup, group, member::PREDICTIONS);
    }

    /// A detector changed.
    pub fn set_detector(&mut self, now: Instant, detector: usize, occupied: bool) {
        let ticks = self.clock.at(now);
        let Some(known) = self.states.detectors.get_mut(detector).filter(|known| known.occupied != occupied)
        else {
            return;
        };
        (known.occupied, known.ticks) = (occupied, ticks);
        self.changed(ObjectType::Detector, detector, member::STATE);
    }

    /// A detector is at fault, or is not any more.
    pub fn set_detector_fault(&mut self, now: Instant, detector: usize, fault: DetectorFault) {
        let ticks = self.clock.at(now);
        let Some(known) = self.states.detectors.get_mut(detector).filter(|known| known.fault != fault) else {
            return;
        };
        (known.fault, known.ticks) = (fault, ticks);
        self.changed(ObjectType::Detector, detector, member::FAULT);
    }

    /// An input changed.
    pub fn set_input(&mut self, now: Instant, input: usize, state: i16) {
        let ticks = self.clock.at(now);
        let Some(known) = self.states.inputs.get_mut(input).filter(|known| known.state != state) else {
            return;
        };
        (known.state, known.ticks) = (state, ticks);
        self.changed(ObjectType::Input, input, member::STATE);
    }

    /// An output changed.
    pub fn set_output(&mut self, now: Instant, output: usize, state: i16) {
        let ticks = self.clock.at(now);
        let Some(known) = self.states.outputs.get_mut(output).filter(|known| known.state != state) else {
            return;
        };
        (known.state, known.ticks) = (state, ticks);
        self.changed(ObjectType::Output, output, member::STATE);
    }

    /// What an output is at; none for one that is not there.
    #[must_use]
    pub fn output(&self, output: usize) -> Option<i16> {
        self.states.outputs.get(output).map(|known| known.state)
    }

    /// The intersection changed.
    pub fn set_intersection(&mut self, now: Instant, state: IntersectionControlState) {
        if self.states.intersection != state {
            self.states.intersection = state;
            self.states.intersection_ticks = self.clock.at(now);
            self.changed(ObjectType::Intersection, 0, member::STATE);
        }
    }

    /// A vehicle told what it is: every application that has subscribed to the generator is told.
    pub fn tell_special_vehicle(&mut self, now: Instant, event: &SpecialVehicleEvent) {
        let generator = ObjectType::SpecialVehicleEventGenerator;
        let message = ObjectEvent {
            objects: ObjectReference::one(generator, self.equipment.generator.clone()),
            events: Events::SpecialVehicle(vec![event.clone()]),
            ticks: self.clock.at(now),
        };
        for peer in self.peers.values_mut().filter(|peer| peer.subscription.has(generator, 0)) {
            peer.notify(method::NOTIFY_EVENT, &message);
        }
    }

    // Control.

    /// Applications that want control, who has waited longest first.
    #[must_use]
    pub fn wanting_control(&self) -> Vec<ConnectionId> {
        let mut wanting: Vec<_> = self
            .controls()
            .filter(|(_, control)| control.state == ControlState::ReadyToControl)
            .map(|(id, control)| (control.since, id))
            .collect();
        wanting.sort_unstable();
        wanting.into_iter().map(|(_, id)| id).collect()
    }

    /// Who is in control, or is being handed it.
    #[must_use]
    pub fn controlling(&self) -> Option<ConnectionId> {
        self.controls().find(|(_, control)| control.holds()).map(|(id, _)| id)
    }

    /// How an application can begin to control; none for a stream that can't.
    #[must_use]
    pub fn start_capability(&self, connection: ConnectionId) -> Option<HandoverCapability> {
        self.control(connection).map(|control| control.start_capability)
    }

    /// Where a session is on its way to control; none for one that can't.
    #[must_use]
    pub fn control_state(&self, connection: ConnectionId) -> Option<ControlState> {
        self.control(connection).map(|control| control.state)
    }

    /// Gives control to an application that wants it; the hand-over is over with [`ControllerEvent::ControlTaken`]. False where it does not want
    /// it, or somebody else has it.
    pub fn start_control(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        handover: HandoverCapability,
    ) -> bool {
        if self.controlling().is_some() {
            return false;
        }
        let mut passed = Vec::new();
        let Some(control) = self.control_mut(connection) else { return false };
        if control.state != ControlState::ReadyToControl {
            return false;
        }
        control.go(now, ControlState::StartControl, &mut passed);
        control.handover = Some(handover);
        self.tell_control(now, connection, &passed);
        true
    }

    /// Asks the application in control to end it: within 180 s, or it is ended.
    pub fn end_control(&mut self, now: Instant) {
        let Some(connection) = self.controlling() else { return };
        let mut passed = Vec::new();
        if let Some(control) = self.control_mut(connection) {
            match control.state {
                ControlState::InControl => control.go(now, ControlState::EndControl, &mut passed),
                ControlState::StartControl => control.go(now, ControlState::Offline, &mut passed),
                _ => {}
            }
        }
        if passed == [ControlState::Offline] {
            self.events.push_back(ControllerEvent::ControlReleased { connection, in_order: true });
        }
        self.tell_control(now, connection, &passed);
    }

    /// The controller is at fault: whoever controls, or is being handed control, does not any more.
    pub fn fail_control(&mut self, now: Instant) {
        let Some(connection) = self.controlling() else { return };
        let mut passed = Vec::new();
        if let Some(control) = self.control_mut(connection) {
            control.go(now, ControlState::Error, &mut passed);
        }
        self.release(now, connection, false);
        self.tell_control(now, connection, &passed);
    }

    /// Tells every application that the controller is about to stop.
    pub fn announce_stop(&mut self, now: Instant) {
        for connection in self.peers.keys().copied().collect::<Vec<_>>() {
            let event = SessionEvent { code: SessionEventCode::FacilitiesStopping, info: None };
            self.tell_session_event(now, connection, event);
        }
    }

    /// Closes every stream without a word.
    pub fn drop_streams(&mut self, now: Instant) {
        for connection in self.peers.keys().copied().collect::<Vec<_>>() {
            if let Some(peer) = self.peers.get_mut(&connection) {
                peer.discard_octets();
            }
            self.close(now, connection, CloseReason::Controller);
        }
    }

    /// The clock of ticks starts anew from 0.
    pub fn reset_ticks(&mut self, now: Instant) {
        self.clock = TickClock::new(now, Ticks(0));
    }

    /// Sends octets as they are to every stream.
    pub(crate) fn send_raw(&mut self, octets: &[u8]) {
        for peer in self.peers.values_mut() {
            peer.raw(octets);
        }
    }

    // Within.

    fn controls(&self) -> impl Iterator<Item = (ConnectionId, &Control)> {
        let control = |peer: &'_ Peer| peer.closing.is_none() && peer.session.is_some();
        self.peers.iter().filter(move |(_, peer)| control(peer)).filter_map(|(id, peer)| {
            let control = peer.session.as_ref()?.control.as_ref()?;
            Some((*id, control))
        })
    }

    fn control(&self, connection: ConnectionId) -> Option<&Control> {
        self.peers.get(&connection)?.session.as_ref()?.control.as_ref()
    }

    fn control_mut(&mut self, connection: ConnectionId) -> Option<&mut Control> {
        self.peers.get_mut(&connection)?.session.as_mut()?.control.as_mut()
    }

    fn read(&mut self, now: Instant, connection: ConnectionId, text: &[u8]) {
        match Message::read(text) {
            Ok(Message::Request { id, method, params }) => self.call(now, connection, &id, &method, params),
            Ok(Message::Notification { method, params }) => {
                // It has no answer, not even in case of an error: what is wrong with it comes back as a SessionEvent, if at all.
                let _ = self.notification(now, connection, &method, params);
            }
            Ok(Message::Response { id, result }) => {
                let Some(peer) = self.peers.get_mut(&connection) else { return };
                let Some(call) = peer.calls.answered(&id) else { return };
                let same = crate::rpc::read_result::<Alive>(result).is_ok_and(|alive| alive == call.about);
                self.alive_answered(now, connection, same);
            }
            Ok(Message::Error { id, .. }) => {
                let call = self.peers.get_mut(&connection).and_then(|peer| peer.calls.answered(&id));
                if call.is_some() {
                    self.alive_answered(now, connection, false);
                }
            }
            Err(why) => {
                let answer =
                    crate::rpc::ErrorAnswer::new(crate::rpc::ErrorCode::InvalidRequest, why.to_string());
                if let Some(peer) = self.peers.get_mut(&connection) {
                    peer.answer::<()>(&crate::rpc::Id::Null, &Err(answer), None);
                }
            }
        }
    }

    fn alive_answered(&mut self, now: Instant, connection: ConnectionId, well: bool) {
        let session = self.peers.get_mut(&connection).and_then(|peer| peer.session.as_mut());
        let Some(session) = session else { return };
        session.failures = if well { 0 } else { session.failures + 1 };
        if session.failures >= 3 {
            self.close(now, connection, CloseReason::Unanswered);
        }
    }

    fn advance_peer(&mut self, now: Instant, connection: ConnectionId) {
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        peer.release_late(now);
        let mut unanswered = 0;
        while peer.calls.expired(now).is_some() {
            unanswered += 1;
        }
        for _ in 0..unanswered {
            self.alive_answered(now, connection, false);
        }
        let Some(peer) = self.peers.get_mut(&connection).filter(|peer| peer.closing.is_none()) else {
            return;
        };
        let Some(session) = &mut peer.session else {
            if peer.opened + self.config.registration_limit <= now {
                self.close(now, connection, CloseReason::Unregistered);
            }
            return;
        };
        if session.heard + self.config.alive_timeout <= now {
            return self.close(now, connection, CloseReason::Silent);
        }
        if session.ask_at <= now && !self.misbehaviour.sends_no_alive {
            let next = session.ask_at + self.config.alive_interval;
            session.ask_at = on_the_tenth(if next > now { next } else { now + self.config.alive_interval });
            let time = u64::try_from(now.unix_millis()).unwrap_or(0);
            let alive = Alive { ticks: self.clock.at(now), time };
            if let Ok(id) = peer.calls.begin(alive, now, now + self.config.answer_limit) {
                peer.request(id, method::ALIVE, &alive);
            }
        }
        let mut passed = Vec::new();
        if let Some(control) = self.control_mut(connection)
            && control.due().is_some_and(|due| due <= now)
        {
            control.go(now, ControlState::Offline, &mut passed);
            self.release(now, connection, false);
        }
        self.tell_control(now, connection, &passed);
    }

    /// Nobody's predictions hold any more.
    fn release(&mut self, _now: Instant, connection: ConnectionId, in_order: bool) {
        for group in 0..self.states.groups.len() {
            self.set_predictions(group, Vec::new());
        }
        self.events.push_back(ControllerEvent::ControlReleased { connection, in_order });
    }

    fn close(&mut self, now: Instant, connection: ConnectionId, why: CloseReason) {
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        if peer.closing.is_some() {
            return;
        }
        let held =
            peer.session.as_ref().and_then(|session| session.control.as_ref()).is_some_and(Control::holds);
        peer.close(why.clone());
        peer.session = None;
        peer.subscription = states::Subscription::default();
        if held {
            self.release(now, connection, false);
        }
        self.events.push_back(ControllerEvent::Closed { connection, why });
    }

    /// Tells an application each control state that it came to, one by one.
    fn tell_control(&mut self, now: Instant, connection: ConnectionId, passed: &[ControlState]) {
        let ticks = self.clock.at(now);
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        let Some(session) = peer.session.as_ref().filter(|session| session.subscribed) else { return };
        let id = session.id.clone();
        let handover = session.control.as_ref().and_then(|control| control.handover);
        // In order: what lamps did before goes before.
        tell_changes(peer, &self.equipment, &self.states, ticks);
        for state in passed {
            let update = SessionUpdate {
                control_state: Some(*state),
                request_handover: handover.filter(|_| *state == ControlState::StartControl),
                ..SessionUpdate::default()
            };
            let objects = ObjectReference::one(ObjectType::Session, id.clone());
            let update = vec![ObjectStateUpdate { objects, states: States::Session(vec![update]) }];
            peer.notify(method::UPDATE_STATE, &ObjectStateUpdateGroup { ticks, update });
        }
    }

    fn tell_session_event(&mut self, now: Instant, connection: ConnectionId, event: SessionEvent) {
        let ticks = self.clock.at(now);
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        let Some(id) = peer.session.as_ref().map(|session| session.id.clone()) else { return };
        let objects: ObjectReference = ObjectReference::one(ObjectType::Session, Clone::clone(&id));
        let message = ObjectEvent { objects, events: Events::Session(vec![event]), ticks };
        peer.notify(method::NOTIFY_EVENT, &message);
    }

    fn changed(&mut self, object_type: ObjectType, place: usize, members: u8) {
        let Ok(place) = u16::try_from(place) else { return };
        for peer in self.peers.values_mut() {
            peer.subscription.changed(object_type, place, members);
        }
    }
}

fn tell_changes(peer: &mut Peer, equipment: &Equipment, states: &ObjectStates, ticks: Ticks) {
    if !peer.subscription.is_told()
        && let Some(update) = peer.subscription.take(equipment, states, ticks)
    {
        peer.notify(method::UPDATE_STATE, &update);
    }
}
