//! The application's side of a session: registers, reads what the controller has, subscribes to all of it, and drives the lamps where it is
//! given control. Sans-I/O: octets and time go in; octets and events come out.
//!
//! | file | what it owns |
//! |---|---|
//! | `config` | who the application is, and how patient |
//! | `event` | what it tells |
//! | `reading` | from the registration to the first state of everything |
//! | `facilities` | what the controller has |
//! | `mirror` | states as the controller told them last |
//! | `control` | the way to control and back |
//! | `wishes` | what is asked of groups and outputs |
//! | `incoming` | messages that come |

mod config;
mod control;
mod event;
mod facilities;
mod incoming;
mod mirror;
mod reading;
#[cfg(test)]
mod tests;
mod wishes;

use std::collections::VecDeque;
use std::sync::Arc;

use thiserror::Error;
use voorrang_units::Instant;

pub use config::ApplicationConfig;
pub use event::{ApplicationEvent, Call, CloseReason, ControlLoss, Oddity};
pub use facilities::{
    DetectorNumber, Differences, ExpectedObjects, Facilities, GroupNumber, InputNumber, OutputNumber,
    VariableNumber,
};
pub use mirror::{DetectorReading, IoReading};
pub use wishes::Foretold;

use crate::frame::Frames;
use crate::objects::{
    ApplicationType, ControlState, IntersectionControlState, IntersectionUpdate, ObjectId, ObjectReference,
    ObjectStateUpdate, ObjectStateUpdateGroup, ObjectType, RegistrationRequest, SessionUpdate,
    SignalGroupState, States,
};
use crate::retry::Retry;
use crate::rpc::method;
use crate::session::link::{Link, LinkStatistics};
use control::{Ask, ControlSide, Turn};
use mirror::Mirror;
use reading::Draft;
use wishes::Wishes;

/// The application's side of a session, across streams: it says when to connect, and when to connect again.
///
/// ```
/// use voorrang_tlcfi::objects::ApplicationType;
/// use voorrang_tlcfi::session::application::{Application, ApplicationConfig};
/// use voorrang_units::{Duration, Instant};
///
/// let mut now = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
/// let config = ApplicationConfig::new(ApplicationType::Control, "gateway", "secret");
/// let mut application = Application::new(config, now);
/// application.want_control(now, true);
///
/// // The host opens the stream when it is due, and passes octets both ways.
/// assert_eq!(application.connect_at(), Some(now));
/// application.connected(now);
/// now = application.next_deadline().unwrap();
/// application.advance(now);
/// let mut octets = Vec::new();
/// application.take_octets(&mut octets);
/// assert!(octets.starts_with(br#"{"jsonrpc":"2.0","id":0,"method":"Register""#));
///
/// application.receive(now, br#"{"jsonrpc":"2.0","id":0,"error":{"code":1,"message":"who are you"}}"#);
/// let event = application.next_event().unwrap();
/// assert!(format!("{event:?}").contains("who are you"));
/// assert!(application.wants_disconnect());
/// application.disconnected(now);
/// assert_eq!(application.connect_at(), Some(now + Duration::from_seconds(1)));
/// ```
#[derive(Debug)]
pub struct Application {
    config: ApplicationConfig,
    link: Link<Call>,
    frames: Frames,
    retry: Retry,
    stage: Stage,
    events: VecDeque<ApplicationEvent>,
    facilities: Option<Arc<Facilities>>,
    /// Our session as Register named it.
    session: Option<ObjectId>,
    /// Our session as its meta name it, where that is something else.
    session_alias: Option<ObjectId>,
    mirror: Mirror,
    control: ControlSide,
    wishes: Wishes,
    want_control: bool,
    /// After [`Self::close`]: when the wait for the end of control is over.
    closing: Option<Instant>,
}

#[derive(Debug)]
enum Stage {
    /// No stream.
    Down,
    /// The stream is up; Register goes out then.
    Settling(Instant),
    /// Register went out.
    Registering,
    /// Meta and subscriptions.
    Reading(Box<Draft>),
    /// Everything is known.
    Running,
    /// Deregister went out.
    Leaving,
    /// The stream is to be closed.
    Over,
}

/// Lamps, exclusive outputs and variables are for whoever is in control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the application is not in control: session {session}, intersection {}",
    intersection.map_or_else(|| "unknown".to_owned(), |state| state.to_string()))]
pub struct NotInControl {
    /// Where the session is.
    pub session: ControlState,
    /// Where the intersection is, if known.
    pub intersection: Option<IntersectionControlState>,
}

/// Why an output or variable can't be set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotSet {
    /// The controller has none of that id.
    #[error("the controller has no {object_type} {id:?}")]
    NoSuch {
        /// Of which type.
        object_type: ObjectType,
        /// The id.
        id: String,
    },
    /// It is for whoever is in control.
    #[error(transparent)]
    NotInControl(#[from] NotInControl),
    /// A consumer sets nothing.
    #[error("a consumer sets nothing")]
    Consumer,
}

impl Application {
    /// An application that has no stream yet.
    #[must_use]
    pub fn new(config: ApplicationConfig, now: Instant) -> Self {
        Self {
            link: Link::new(config.link, now),
            frames: Frames::default(),
            retry: Retry::new(now, config.registered, config.registration_gap),
            stage: Stage::Down,
            events: VecDeque::new(),
            facilities: None,
            session: None,
            session_alias: None,
            mirror: Mirror::default(),
            control: ControlSide::new(false, config.end_control_limit),
            wishes: Wishes::default(),
            want_control: false,
            closing: None,
            config,
        }
    }

    /// When the host should open the stream; none while it is up, and after [`Self::close`].
    #[must_use]
    pub fn connect_at(&self) -> Option<Instant> {
        (matches!(self.stage, Stage::Down) && self.closing.is_none()).then(|| self.retry.due())
    }

    /// The stream is up.
    pub fn connected(&mut self, now: Instant) {
        self.link.open(now);
        self.frames = Frames::default();
        self.facilities = None;
        self.session = None;
        self.session_alias = None;
        self.mirror = Mirror::default();
        self.wishes = Wishes::default();
        self.control = ControlSide::new(self.want_control, self.config.end_control_limit);
        self.stage = Stage::Settling((now + self.config.register_delay).max(self.retry.may_register()));
    }

    /// The stream is gone, or could not be opened.
    pub fn disconnected(&mut self, now: Instant) {
        if !matches!(self.stage, Stage::Over | Stage::Down) {
            self.end(CloseReason::StreamEnded);
        }
        self.stage = Stage::Down;
        self.facilities = None;
        self.retry.failed(now);
    }

    /// Octets came.
    pub fn receive(&mut self, now: Instant, octets: &[u8]) {
        if !self.is_open() {
            return;
        }
        let mut frames = std::mem::take(&mut self.frames);
        let skipped = frames.skipped();
        frames.push(octets);
        while self.is_open() {
            match frames.next_text() {
                Ok(Some(text)) => self.message(now, text),
                Ok(None) => break,
                Err(error) => self.end(CloseReason::Frame(error)),
            }
        }
        if frames.skipped() > skipped {
            let count = frames.skipped() - skipped;
            self.events.push_back(ApplicationEvent::Oddity(Oddity::SkippedOctets(count)));
        }
        self.frames = frames;
        self.proceed(now);
    }

    /// Does what time asks for.
    pub fn advance(&mut self, now: Instant) {
        if !self.is_open() {
            return;
        }
        if let Stage::Settling(at) = self.stage
            && at <= now
        {
            self.register(now);
        }
        let leaving = matches!(self.stage, Stage::Leaving);
        if let Err(fault) = self.link.advance(now) {
            // Whoever leaves does not mind that nobody says goodbye.
            self.end(if leaving { CloseReason::Requested } else { fault.into() });
        }
        self.proceed(now);
    }

    /// When [`Self::advance`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if !self.is_open() {
            return None;
        }
        let register = match self.stage {
            Stage::Settling(at) => Some(at),
            _ => None,
        };
        let (control, wishes) = match self.stage {
            Stage::Running => (self.control.next_deadline(), self.wishes.due()),
            _ => (None, None),
        };
        let closing = self.closing.filter(|_| matches!(self.stage, Stage::Running));
        [register, self.link.next_deadline(), control, wishes, closing].into_iter().flatten().min()
    }

    /// Moves the octets that are to be sent to the end of `out`.
    pub fn take_octets(&mut self, out: &mut Vec<u8>) {
        self.link.take_octets(out);
    }

    /// What happened, in order.
    pub fn next_event(&mut self) -> Option<ApplicationEvent> {
        self.events.pop_front()
    }

    /// Asks for control, or gives it back in order: the controller is told, [`ApplicationEvent::Control`] says [`ControlState::EndControl`],
    /// traffic is brought to its end state, [`Self::end_reached`] is called. Only control applications get it.
    pub fn want_control(&mut self, now: Instant, want: bool) {
        self.want_control = want;
        self.control.want(want && self.closing.is_none());
        self.proceed(now);
    }

    /// Traffic is in its end state (all red, unless something else is agreed): control can go.
    pub fn end_reached(&mut self, now: Instant) {
        self.control.end_reached();
        self.proceed(now);
    }

    /// Whether lamps follow us: the session is in control or ending it, and the intersection is under control.
    #[must_use]
    pub fn has_control(&self) -> bool {
        matches!(self.stage, Stage::Running) && self.control.has_control()
    }

    /// Where the session is on its way to control and back.
    #[must_use]
    pub fn control_state(&self) -> ControlState {
        self.control.state
    }

    /// What the intersection is at, if known.
    #[must_use]
    pub fn intersection_state(&self) -> Option<IntersectionControlState> {
        self.control.intersection
    }

    /// What the controller has, once all of it is read.
    #[must_use]
    pub fn facilities(&self) -> Option<&Arc<Facilities>> {
        self.facilities.as_ref()
    }

    /// Whether everything is read and subscribed to.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    /// What a group shows, and since when by the controller's word.
    #[must_use]
    pub fn signal_group(&self, group: GroupNumber) -> Option<(SignalGroupState, Instant)> {
        self.mirror.groups.get(group.index())?.state
    }

    /// What the controller predicts of a group, in order.
    pub fn predictions(&self, group: GroupNumber) -> impl Iterator<Item = Foretold> + '_ {
        let list = self.mirror.groups.get(group.index()).map_or(&[][..], |reading| &reading.predictions);
        list.iter().filter_map(|one| Foretold::from(*one, |ticks| self.link.peer_clock().moment(ticks)))
    }

    /// Asks groups to show something. What is not named stays as it was asked before. All of it goes out at once where a state changed, and is
    /// repeated. Predictions replace those of the same group; a change of theirs alone may wait for half a second.
    ///
    /// # Errors
    /// Without control nothing is asked.
    pub fn set_signal_groups(
        &mut self,
        now: Instant,
        states: &[(GroupNumber, SignalGroupState)],
        predictions: &[(GroupNumber, &[Foretold])],
    ) -> Result<(), NotInControl> {
        self.check_control()?;
        for (group, state) in states {
            self.wishes.group(now, *group, *state);
        }
        for (group, list) in predictions {
            self.wishes.predictions(now, *group, list, self.config.prediction_interval);
        }
        self.send_wishes(now);
        Ok(())
    }

    /// Sets an output. It is repeated, and forgotten when control is gained or lost.
    ///
    /// # Errors
    /// Where there is none, or it is not ours to set.
    pub fn set_output(&mut self, now: Instant, output: &str, state: i16) -> Result<(), CannotSet> {
        let no_such = || CannotSet::NoSuch { object_type: ObjectType::Output, id: output.to_owned() };
        let facilities = self.facilities.as_ref().ok_or_else(no_such)?;
        let number = facilities.output(output).ok_or_else(no_such)?;
        if self.config.kind == ApplicationType::Consumer {
            return Err(CannotSet::Consumer);
        }
        if facilities.is_exclusive(number) {
            self.check_control()?;
        }
        self.wishes.output(now, number, state);
        self.send_wishes(now);
        Ok(())
    }

    /// Sets a variable; the lifetime is 0 to 100.
    ///
    /// # Errors
    /// Where there is none, or it is not ours to set.
    pub fn set_variable(
        &mut self,
        now: Instant,
        variable: &str,
        value: i16,
        lifetime: u8,
    ) -> Result<(), CannotSet> {
        let no_such = || CannotSet::NoSuch { object_type: ObjectType::Variable, id: variable.to_owned() };
        let facilities = self.facilities.as_ref().ok_or_else(no_such)?;
        let number = facilities.variable(variable).ok_or_else(no_such)?;
        self.check_control()?;
        self.wishes.variable(now, number, value, lifetime.min(100));
        self.send_wishes(now);
        Ok(())
    }

    /// Leaves for good: gives control back, deregisters, then wants the stream closed.
    pub fn close(&mut self, now: Instant) {
        if self.closing.is_none() {
            self.closing = Some(now + self.config.close_limit);
            self.control.want(false);
            self.proceed(now);
        }
    }

    /// Whether the host should close the stream. It tells so with [`Self::disconnected`].
    #[must_use]
    pub fn wants_disconnect(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// What became of calls and Alives since the stream came up.
    #[must_use]
    pub fn statistics(&self) -> LinkStatistics {
        self.link.statistics()
    }

    fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Down | Stage::Over)
    }

    fn check_control(&self) -> Result<(), NotInControl> {
        if self.has_control() {
            return Ok(());
        }
        Err(NotInControl { session: self.control.state, intersection: self.control.intersection })
    }

    fn register(&mut self, now: Instant) {
        let request = RegistrationRequest {
            username: self.config.username.clone(),
            password: self.config.password.clone(),
            application_type: self.config.kind,
            version: self.config.version,
            uri: self.config.uri.clone(),
        };
        self.stage = Stage::Registering;
        if let Err(fault) = self.link.call(now, Call::Register, method::REGISTER, &request) {
            self.end(fault.into());
        }
    }

    /// Everything that follows from what is known now.
    fn proceed(&mut self, now: Instant) {
        if self.closing.is_some() {
            self.leave(now);
        }
        if !matches!(self.stage, Stage::Running) {
            return;
        }
        if self.config.kind == ApplicationType::Control {
            self.turn();
            while let Some(ask) = self.control.ask(now) {
                self.ask(now, ask);
            }
            self.turn();
        }
        self.send_wishes(now);
    }

    /// After [`Self::close`]: the next step out.
    fn leave(&mut self, now: Instant) {
        match self.stage {
            Stage::Down | Stage::Over | Stage::Leaving => {}
            Stage::Settling(_) | Stage::Registering => self.end(CloseReason::Requested),
            Stage::Running
                if !self.control.is_released() && self.closing.is_some_and(|limit| now < limit) => {}
            Stage::Reading(_) | Stage::Running => {
                self.stage = Stage::Leaving;
                if let Err(fault) = self.link.call(now, Call::Deregister, method::DEREGISTER, &Nothing {}) {
                    self.end(fault.into());
                }
            }
        }
    }

    fn turn(&mut self) {
        match self.control.turn() {
            None => {}
            Some(Turn::Gained) => {
                self.wishes.forget();
                self.events.push_back(ApplicationEvent::ControlGained);
            }
            Some(Turn::Lost(why)) => {
                self.wishes.forget();
                self.events.push_back(ApplicationEvent::ControlLost { why });
            }
        }
    }

    fn ask(&mut self, now: Instant, ask: Ask) {
        let Some(facilities) = &self.facilities else { return };
        let (objects, states) = match ask {
            Ask::State(state) => {
                let configure =
                    state == ControlState::Offline && self.control.state == ControlState::NotConfigured;
                let update = SessionUpdate {
                    start_capability: configure.then_some(self.config.start_capability),
                    end_capability: configure.then_some(self.config.end_capability),
                    request_intersection: configure.then(|| facilities.intersection.id.clone()),
                    request_control_state: Some(state),
                    ..SessionUpdate::default()
                };
                let session = ObjectReference::one(ObjectType::Session, facilities.session.clone());
                (session, States::Session(vec![update]))
            }
            Ask::Intersection(state) => {
                let update =
                    IntersectionUpdate { request_state: Some(state), ..IntersectionUpdate::default() };
                let intersection =
                    ObjectReference::one(ObjectType::Intersection, facilities.intersection.id.clone());
                (intersection, States::Intersection(vec![update]))
            }
        };
        let update = vec![ObjectStateUpdate { objects, states }];
        let ticks = self.link.ticks(now);
        self.link.notify(method::UPDATE_STATE, &ObjectStateUpdateGroup { ticks, update });
    }

    fn send_wishes(&mut self, now: Instant) {
        let Some(facilities) = &self.facilities else { return };
        let in_control = self.control.has_control();
        let clock = self.link.own_clock();
        if let Some(message) =
            self.wishes.message(now, facilities, clock, in_control, self.config.repeat_interval)
        {
            self.link.notify(method::UPDATE_STATE, &message);
        }
    }

    /// The session is over; the stream is to be closed.
    fn end(&mut self, why: CloseReason) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        if self.has_control() {
            self.events.push_back(ApplicationEvent::ControlLost { why: ControlLoss::Closed(why.clone()) });
        }
        self.stage = Stage::Over;
        self.control = ControlSide::new(self.want_control, self.config.end_control_limit);
        self.wishes = Wishes::default();
        self.events.push_back(ApplicationEvent::Closed { why });
    }
}

/// `{}`.
#[derive(serde::Serialize)]
struct Nothing {}
