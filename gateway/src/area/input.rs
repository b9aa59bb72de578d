//! What an area is told.

use std::time::Instant as Monotonic;

use bytes::Bytes;
use voorrang_messages::{PriorityRequest, VehicleRole};
use voorrang_priority::{EngineConfig, VehiclePosition};
use voorrang_units::Instant;

use crate::messaging::ReplyTo;
use crate::security::Permit;

/// What an area is told. `junction` counts the area's junctions in the order of its configuration.
#[derive(Debug)]
pub enum AreaInput {
    /// A request that may be heard.
    Request {
        /// What is asked.
        request: PriorityRequest,
        /// What its sender may.
        permit: Permit,
        /// Where answers go.
        reply: ReplyTo,
        /// When its octets arrived.
        arrived: Monotonic,
        /// The message as it came, for junctions that relay.
        octets: Bytes,
        /// From octets to lamp.
        span: tracing::Span,
    },
    /// Requests that lived when the process before this one ended, from its journal. Comes first, if at all.
    Restored(Vec<RestoredRequest>),
    /// A position that may be heard.
    Vehicle(VehiclePosition),
    /// The stream to a junction's controller is up.
    Connected {
        /// Which junction.
        junction: usize,
    },
    /// Octets from a junction's controller.
    FromController {
        /// Which junction.
        junction: usize,
        /// As they came.
        octets: Bytes,
    },
    /// The stream to a junction's controller is gone.
    Disconnected {
        /// Which junction.
        junction: usize,
        /// Why, for the log.
        why: String,
    },
    /// Octets that came back from the target that a junction relays to.
    Relayed {
        /// Which junction.
        junction: usize,
        /// As they came.
        octets: Bytes,
    },
    /// Whether anybody subscribes to SPATEM and MAPEM. Nobody does until told otherwise.
    Subscribed(bool),
    /// Whether engine time can be trusted. While it can't, no intervention begins.
    ClockTrusted(bool),
    /// Whether the journal takes records. While it doesn't, there are no new requests and control is handed back.
    JournalHealthy(bool),
    /// Other parameters for the engine, from when nothing is under way.
    Parameters(Box<EngineConfig>),
    /// Control goes back to the controllers, in order; the area ends when [`Effects::finished`](super::Effects::finished) says so.
    Shutdown,
}

impl AreaInput {
    /// What it is called where it had to be dropped.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request",
            Self::Vehicle(_) => "position",
            Self::Relayed { .. } => "relayed_answer",
            Self::FromController { .. } => "controller_octets",
            Self::Connected { .. } | Self::Disconnected { .. } => "controller_link",
            Self::Restored(_)
            | Self::Subscribed(_)
            | Self::ClockTrusted(_)
            | Self::JournalHealthy(_)
            | Self::Parameters(_)
            | Self::Shutdown => "control_word",
        }
    }

    /// Whether it goes before positions and requests of those who are not under blue light.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        match self {
            Self::Request { request, .. } => request.role.is_none_or(|role| role == VehicleRole::Emergency),
            Self::Vehicle(vehicle) => vehicle.light_bar && vehicle.siren,
            _ => true,
        }
    }
}

/// A request that lived when the process before this one ended.
#[derive(Debug)]
pub struct RestoredRequest {
    /// What was asked last.
    pub request: PriorityRequest,
    /// When that was heard.
    pub heard: Instant,
    /// What its sender may.
    pub permit: Permit,
    /// Where answers go, if that is still known.
    pub reply: Option<ReplyTo>,
}
