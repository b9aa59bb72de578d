//! Why a message has no view in units, or a view no message.

use thiserror::Error;
use voorrang_units::Duration;

/// How many requests, intersections or statuses a message holds at most: SIZE (1..32).
pub(crate) const MAX_ELEMENTS: usize = 32;

/// A message whose meaning this version can't say, or a view that the wire can't say.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ViewError {
    /// The requester is named by a temporary identity; TS 103 301 uses the station.
    #[error("expected a stationID as requester, found an entityID")]
    NotAStation,
    /// `requestType` says "reserved".
    #[error("expected a request, an update or a cancellation, found the reserved request type")]
    ReservedKind,
    /// `requestType` is of a later version.
    #[error("expected a request, an update or a cancellation, found the unknown addition {0}")]
    UnknownKind(u64),
    /// The place of entering or leaving is of a later version.
    #[error("expected a lane, an approach or a connection, found the unknown addition {0}")]
    UnknownAccess(u64),
    /// A message needs at least one.
    #[error("expected at least one request or status, found none")]
    Empty,
    /// A message holds 32 at most.
    #[error("expected at most 32 {what}, found {found}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many.
        found: usize,
    },
    /// The message says this once for all requests.
    #[error("expected the same {0} in all requests of a message")]
    Differs(&'static str),
    /// The window does not fit its 16 bits of milliseconds.
    #[error("expected a service window of 0 to 65.534 s, found {0}")]
    ServiceWindow(Duration),
    /// There are sixteen.
    #[error("expected a subrole of 0 to 15, found {0}")]
    Subrole(u8),
    /// There are sixteen.
    #[error("expected an importance of 0 to 15, found {0}")]
    Importance(u8),
}
