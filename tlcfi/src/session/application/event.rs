//! What an application tells of its session.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use voorrang_units::{Duration, Instant};

use super::facilities::{DetectorNumber, Facilities, GroupNumber, InputNumber, OutputNumber, VariableNumber};
use super::mirror::{DetectorReading, IoReading};
use crate::frame::FrameError;
use crate::objects::{
    ControlState, DetectorEvent, GeneratorFault, HandoverCapability, IntersectionControlState, ObjectType,
    ProtocolVersion, SessionEvent, SignalGroupState, SpecialVehicleEvent,
};
use crate::rpc::{ErrorAnswer, MAX_OUTSTANDING};
use crate::session::LinkFault;

/// What an application tells of its session, in order. `at` is the moment on our clock at which the controller says that it was so, never
/// after the present: good for people and statistics. What counts seconds for safety takes the time at which it was told.
#[derive(Debug, Clone, PartialEq)]
pub enum ApplicationEvent {
    /// The controller took the registration.
    Registered,
    /// Registered, all meta read, everything subscribed to. Present states follow.
    Ready(Arc<Facilities>),
    /// A group shows something else.
    SignalGroup {
        /// Which.
        group: GroupNumber,
        /// What it shows.
        state: SignalGroupState,
        /// Since when.
        at: Instant,
    },
    /// A detector is at something else.
    Detector {
        /// Which.
        detector: DetectorNumber,
        /// All that is known of it.
        reading: DetectorReading,
        /// Since when.
        at: Instant,
    },
    /// Something passed a detector that tells of each vehicle.
    DetectorPassage {
        /// Which.
        detector: DetectorNumber,
        /// What passed.
        event: DetectorEvent,
    },
    /// An input is at something else.
    Input {
        /// Which.
        input: InputNumber,
        /// All that is known of it.
        reading: IoReading,
        /// Since when.
        at: Instant,
    },
    /// An output is at something else.
    Output {
        /// Which.
        output: OutputNumber,
        /// All that is known of it.
        reading: IoReading,
        /// Since when.
        at: Instant,
    },
    /// A variable has another value.
    Variable {
        /// Which.
        variable: VariableNumber,
        /// Its value.
        value: i16,
        /// 0 to 100, if told.
        lifetime: Option<u8>,
    },
    /// A vehicle told the controller what it is (KAR).
    SpecialVehicle(SpecialVehicleEvent),
    /// What passes on those vehicles is at fault, or no longer.
    SpecialVehicleFault(GeneratorFault),
    /// The intersection is at something else.
    IntersectionState(IntersectionControlState),
    /// The session is at something else on its way to control and back. From [`ControlState::EndControl`] on traffic has to be brought to its
    /// end state, then [`Application::end_reached`](super::Application::end_reached) is called.
    Control(ControlState),
    /// [`Application::has_control`](super::Application::has_control) became true: every request has to be made afresh.
    ControlGained,
    /// It became false, and not because we said that the end is reached.
    ControlLost {
        /// Why.
        why: ControlLoss,
    },
    /// The controller has something to say about the session: above all that an UpdateState was not obeyed.
    SessionFault(SessionEvent),
    /// The controller's clock is another than before: what was known of times counts no more.
    TicksReset,
    /// The controller does something that it should not, which is understood nevertheless.
    Oddity(Oddity),
    /// A message, or part of one, that nobody can make sense of.
    Unexplained {
        /// Its beginning.
        message: String,
        /// Why.
        why: String,
    },
    /// The session is over.
    Closed {
        /// Why.
        why: CloseReason,
    },
}

/// Why control was lost.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ControlLoss {
    /// The controller took it.
    #[error("the controller went to {0}")]
    State(ControlState),
    /// The intersection left control.
    #[error("the intersection went to {0}")]
    Intersection(IntersectionControlState),
    /// It took longer to end than it may.
    #[error("the end of control took longer than {0}")]
    EndLimit(Duration),
    /// The session is over.
    #[error("{0}")]
    Closed(CloseReason),
}

/// What a controller does that it should not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Oddity {
    /// A control state that may not follow.
    #[error("the session went from {from} to {to}, which the state machine does not have")]
    IllegalTransition {
        /// Before.
        from: ControlState,
        /// After.
        to: ControlState,
    },
    /// An answer is about other objects than were asked for.
    #[error("{call} of {asked} was answered with {got}")]
    OtherObject {
        /// Which call.
        call: Call,
        /// The id asked for.
        asked: String,
        /// The id in the answer.
        got: String,
    },
    /// Octets between messages.
    #[error("{0} octets between messages belong to none")]
    SkippedOctets(u64),
    /// Control is to end sooner than it should.
    #[error("control is to end {0} after it began; expected 180 s at least")]
    ShortControl(Duration),
    /// A hand-over that we did not say we can do.
    #[error("the controller wants the hand-over {wanted}, we offered {offered}")]
    OtherHandover {
        /// What it wants.
        wanted: HandoverCapability,
        /// What we can.
        offered: HandoverCapability,
    },
    /// A consumer has no state to subscribe to; some controllers refuse, which does no harm.
    #[error("the controller refused to subscribe to the session: {0}")]
    SessionNotSubscribed(ErrorAnswer),
    /// The controller has objects that were not expected.
    #[error("{0}")]
    MoreThanExpected(String),
}

/// A call of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Register.
    Register,
    /// Deregister.
    Deregister,
    /// ReadMeta of a type of object.
    ReadMeta(ObjectType),
    /// Subscribe to a type of object.
    Subscribe(ObjectType),
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register => formatter.write_str("Register"),
            Self::Deregister => formatter.write_str("Deregister"),
            Self::ReadMeta(object_type) => write!(formatter, "ReadMeta {object_type}"),
            Self::Subscribe(object_type) => write!(formatter, "Subscribe {object_type}"),
        }
    }
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CloseReason {
    /// We wanted it.
    #[error("closed in order")]
    Requested,
    /// The stream is gone, or never came up.
    #[error("the stream ended")]
    StreamEnded,
    /// The controller says so.
    #[error("the controller deregistered us")]
    Deregistered,
    /// The stream can't be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The controller asks and does not read.
    #[error("{MAX_OUTSTANDING} requests of the controller came before it could get an answer")]
    TooManyRequests,
    /// We ask and the controller does not answer.
    #[error("{MAX_OUTSTANDING} calls wait for their answer")]
    TooManyCalls,
    /// The controller's Alives lack.
    #[error("no Alive came for {0}")]
    NoAlive(Duration),
    /// The controller's answers to our Alives lack, or are wrong.
    #[error("three Alives in a row had no answer, or a wrong one")]
    AliveUnanswered,
    /// An answer lacks.
    #[error("no answer to {call} within {within}")]
    Unanswered {
        /// To which call.
        call: Call,
        /// The time it had.
        within: Duration,
    },
    /// A call was refused.
    #[error("{call} was refused: {error}")]
    Refused {
        /// Which call.
        call: Call,
        /// Why.
        error: ErrorAnswer,
    },
    /// An answer makes no sense.
    #[error("the answer to {call} can't be read: {why}")]
    BadAnswer {
        /// To which call.
        call: Call,
        /// What is wrong with it.
        why: String,
    },
    /// Versions that do not fit.
    #[error("the controller speaks TLC-FI {theirs}, we speak {ours}")]
    Version {
        /// Ours.
        ours: ProtocolVersion,
        /// Theirs.
        theirs: ProtocolVersion,
    },
    /// The intersection is not there, or not named where there are several.
    #[error("{}; the controller has {}", wanted.as_ref().map_or_else(
        || "which intersection?".to_owned(), |id| format!("there is no intersection {id:?}")), offered.join(", "))]
    Intersection {
        /// The id wanted.
        wanted: Option<String>,
        /// Those that are there.
        offered: Vec<String>,
    },
    /// More objects than anybody has.
    #[error("the controller says it has {number} objects of type {object_type}, at most {most} are taken")]
    TooMany {
        /// Of which type.
        object_type: ObjectType,
        /// How many.
        number: usize,
        /// How many are taken.
        most: usize,
    },
    /// The controller is another than expected.
    #[error("the controller is not the one expected: {}", .0.join("; "))]
    NotAsExpected(Vec<String>),
}

impl From<LinkFault<Call>> for CloseReason {
    fn from(fault: LinkFault<Call>) -> Self {
        match fault {
            LinkFault::Frame(error) => Self::Frame(error),
            LinkFault::TooManyRequests => Self::TooManyRequests,
            LinkFault::TooManyCalls(_) => Self::TooManyCalls,
            LinkFault::NoAlive(since) => Self::NoAlive(since),
            LinkFault::AliveUnanswered => Self::AliveUnanswered,
            LinkFault::Unanswered { about, within } => Self::Unanswered { call: about, within },
        }
    }
}
