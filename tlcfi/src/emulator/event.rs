//! What happened at an emulated controller, for whoever watches.

use voorrang_signals::GroupIndex;
use voorrang_units::Instant;

use super::fault::Fault;
use super::junction::Driver;
use super::monitor::{Lamp, Objection};
use crate::objects::{
    ApplicationType, ControlState, IntersectionControlState, SignalGroupState, SpecialVehicleEvent,
};
use crate::session::controller::{CloseReason, ConnectionId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct EmulatorEvent {
    /// When.
    pub at: Instant,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// Lamps changed.
    Lamp {
        /// Of which group.
        group: GroupIndex,
        /// To what.
        lamp: Lamp,
        /// The same in TLC-FI.
        state: SignalGroupState,
        /// Who drove them.
        by: Driver,
    },
    /// The intersection changed.
    Intersection(IntersectionControlState),
    /// A command of the application leads to no lamp.
    Refused {
        /// For which group.
        group: GroupIndex,
        /// What was asked.
        state: SignalGroupState,
        /// Why not; none where a fault on request swallowed it.
        why: Option<Objection>,
    },
    /// A detector, by its place in the file, changed.
    Detector {
        /// Which.
        detector: usize,
        /// Whether something is on it.
        occupied: bool,
    },
    /// An input, by its place in the equipment, changed.
    Input {
        /// Which.
        input: usize,
        /// To what.
        state: i16,
    },
    /// An output, by its place in the equipment, changed.
    Output {
        /// Which.
        output: usize,
        /// To what.
        state: i16,
    },
    /// A vehicle told what it is.
    SpecialVehicle(Box<SpecialVehicleEvent>),
    /// An application has registered.
    Registered {
        /// Its stream.
        connection: ConnectionId,
        /// Its user name.
        username: String,
        /// What it is.
        kind: ApplicationType,
    },
    /// An application's way to control and back.
    Control {
        /// Its stream.
        connection: ConnectionId,
        /// Where it is.
        state: ControlState,
    },
    /// A stream ends.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// Why.
        why: CloseReason,
    },
    /// A fault on request begins.
    Fault(Fault),
}
