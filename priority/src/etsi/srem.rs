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
    /// They are an SREM whose requester is none that this version knows.
    #[error("an SREM that cannot be understood")]
    View(#[from] ViewError),
}

/// What an SREM asks, package by package.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SremRequests {
    /// The requests, in the message's order; [`Input::Request`](crate::Input::Request) takes each of them.
    pub readable: Vec<PriorityRequest>,
    /// Why the other packages can't be read: they are of a kind, or for an access, of a later version.
    pub unreadable: Vec<ViewError>,
}

/// Reads the requests of an SREM in UPER, one for each of its packages. One package that can't be read doesn't take the others with it.
/// `received` tells the year of its times.
///
/// # Errors
/// When the bytes are no SREM, or its requester is no ITS station.
///
/// ```
/// use voorrang_priority::etsi::requests_from_srem;
/// use voorrang_units::Instant;
///
/// assert!(requests_from_srem(&[0x02, 0x09], Instant::from_unix_millis(0)).is_err());
/// ```
pub fn requests_from_srem(bytes: &[u8], received: Instant) -> Result<SremRequests, SremError> {
    let mut requests = SremRequests::default();
    for request in PriorityRequest::each_from_srem(&Srem::decode(bytes)?, received)? {
        match request {
            Ok(request) => requests.readable.push(request),
            Err(error) => requests.unreadable.push(error),
        }
    }
    Ok(requests)
}
