//! The audit: who got which green, when and why; also a crew's proof that it had green.

use serde::{Deserialize, Serialize};
use voorrang_messages::{PrioritizationStatus, RequestId, StationId};
use voorrang_signals::IntersectionId;
use voorrang_units::Instant;

/// One thing that happened to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// Where.
    pub intersection: IntersectionId,
    /// Who; it is replaced by a keyed pseudonym before it is written.
    pub station: StationId,
    /// Which request.
    pub request: RequestId,
    /// The entry of the list of who may ask.
    pub permit: String,
    /// The approach's name.
    pub approach: String,
    /// The groups that serve it.
    pub groups: Vec<String>,
    /// What became of it.
    pub status: PrioritizationStatus,
    /// Why, in a word: the strategy, or the reason of the end.
    pub why: String,
}
