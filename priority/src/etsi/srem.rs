//! SREM in.

use voorrang_messages::uper::DecodeError;
use voorrang_messages::{PriorityRequest, Srem, ViewError};
use voorrang_units::Instant;

/// Why bytes are no requests.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SremError {
    /// They are no SREM.
    #[error("not an SREM")]
    Decode(#[from] DecodeError),
    /// They are an SREM that asks in a way that this version doesn't know.
    #[error("an SREM that cannot be understood")]
    View(#[from] ViewError),
}

/// Reads the requests of an SREM in UPER, one for each of its packages; [`Input::Request`](crate::Input::Request) takes each of them.
/// `received` tells the year of its times.
///
/// # Errors
/// When the bytes are no SREM, or hold a requester, kind or access that the view doesn't know.
///
/// ```
/// use voorrang_priority::etsi::requests_from_srem;
/// use voorrang_units::Instant;
///
/// assert!(requests_from_srem(&[0x02, 0x09], Instant::from_unix_millis(0)).is_err());
/// ```
pub fn requests_from_srem(bytes: &[u8], received: Instant) -> Result<Vec<PriorityRequest>, SremError> {
    Ok(PriorityRequest::all_from_srem(&Srem::decode(bytes)?, received)?)
}
