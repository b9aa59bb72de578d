//! SSEM out.

use voorrang_messages::uper::EncodeError;
use voorrang_messages::{RequestStatus, SequenceNumber, StationId, ViewError};
use voorrang_units::Instant;

/// Why statuses are no message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SsemError {
    /// They are none, too many, or say what the wire can't.
    #[error("statuses that no SSEM can tell")]
    View(#[from] ViewError),
    /// The message can't be written.
    #[error("an SSEM that cannot be written")]
    Encode(#[from] EncodeError),
}

/// Writes statuses as one SSEM in UPER: at most 32 for each of at most 32 intersections. `sender` is our own station, `sequence` our
/// message's number.
///
/// # Errors
/// When there are no statuses or too many, or one holds what the wire can't say.
pub fn ssem(
    statuses: &[RequestStatus],
    sender: StationId,
    sequence: SequenceNumber,
    sent: Instant,
) -> Result<Vec<u8>, SsemError> {
    let mut bytes = Vec::new();
    RequestStatus::to_ssem(statuses, sender, sequence, sent)?.encode(&mut bytes)?;
    Ok(bytes)
}
