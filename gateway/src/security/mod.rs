//! Who may ask: every message passes here before an engine hears of it. The default refuses.

use std::sync::Arc;

use voorrang_messages::PriorityRequest;
use voorrang_priority::VehiclePosition;
use voorrang_units::Instant;

use crate::messaging::Sender;

/// What a sender may, as far as one message is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// The entry of the list that it stands on: what audit and metrics call it. Never a station id.
    pub name: Arc<str>,
    /// No request counts for more than this importance.
    pub importance_ceiling: u8,
}

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The sender is on no list.
    UnknownSender,
}

impl Refusal {
    /// Its name in metrics, logs and on the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownSender => "unknown_sender",
        }
    }
}

/// Decides who may ask for what. One for the whole process; callable from any task, never blocks for long.
#[derive(Debug)]
pub struct Gatekeeper {}

impl Gatekeeper {
    /// Before octets are decoded: may this sender send at all, and this much?
    ///
    /// # Errors
    /// Why not.
    pub fn admit_octets(&self, _now: Instant, _sender: &Sender, _octets: &[u8]) -> Result<(), Refusal> {
        Err(Refusal::UnknownSender)
    }

    /// May this request be heard? `generated` is when the message was made, where the wire tells.
    ///
    /// # Errors
    /// Why not.
    pub fn admit_request(
        &self,
        _now: Instant,
        _sender: &Sender,
        _generated: Option<Instant>,
        _request: &PriorityRequest,
    ) -> Result<Permit, Refusal> {
        Err(Refusal::UnknownSender)
    }

    /// May this position be heard?
    ///
    /// # Errors
    /// Why not.
    pub fn admit_position(
        &self,
        _now: Instant,
        _sender: &Sender,
        _generated: Option<Instant>,
        _vehicle: &VehiclePosition,
    ) -> Result<Permit, Refusal> {
        Err(Refusal::UnknownSender)
    }
}
