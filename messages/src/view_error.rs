//! Why a message has no view in units, or a view no message.

use thiserror::Error;
use voorrang_units::Duration;

use crate::elements::IntersectionReference;
use crate::uper::{DecodeError, EncodeError};

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
    #[error("expected at least one request, status or intersection, found none")]
    Empty,
    /// A part of a message needs at least one.
    #[error("expected at least one {0}, found none")]
    None(&'static str),
    /// A message or a part of it holds that many at most.
    #[error("expected at most {most} {what}, found {found}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        most: usize,
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
    /// A number that has no place on the wire.
    #[error("expected {what} of {minimum} to {maximum}, found {found}")]
    OutOfRange {
        /// What the number is, with its unit.
        what: &'static str,
        /// The smallest.
        minimum: i64,
        /// The largest.
        maximum: i64,
        /// The number.
        found: i64,
    },
    /// A `DescriptiveName` is short and has no letters beyond ASCII.
    #[error("expected a name of 1 to 63 ASCII characters, found {0:?}")]
    Name(String),
    /// The octets of a regional extension are not what its region puts there.
    #[error("expected the content of addGrpC in {of}, found other octets: {source}")]
    Extension {
        /// What is extended.
        of: String,
        /// What is wrong with the octets.
        source: DecodeError,
    },
    /// The intersection has no place: latitude or longitude of `refPoint` is "unavailable" or out of range.
    #[error("expected a reference point of intersection {0}, found none")]
    NoReferencePoint(IntersectionReference),
    /// The lane is of a type of a later version.
    #[error("expected a known type of lane, found the unknown addition {0}")]
    UnknownLaneType(u64),
    /// The centre line is given in a way of a later version.
    #[error("expected nodes or a computed lane, found the unknown addition {0}")]
    UnknownNodeList(u64),
    /// A node is given in the way of a region.
    #[error("expected the offset of a node, found an extension of region {0}")]
    RegionalNode(u8),
    /// A node has no place: its latitude or longitude is "unavailable" or out of range.
    #[error("expected a place of a node, found none")]
    NoNodePosition,
    /// A node lies where no offset and no latitude and longitude can say it.
    #[error("expected lane {lane} to lie on the ellipsoid around its reference point, found a node beyond")]
    NodeBeyond {
        /// The lane.
        lane: u8,
    },
    /// A lane is computed from one that gives no centre line.
    #[error("expected the nodes of lane {reference}, from which lane {lane} is computed, found {found}")]
    ReferenceLane {
        /// The lane that is computed.
        lane: u8,
        /// The one that it refers to.
        reference: u8,
        /// What is there instead of nodes.
        found: &'static str,
    },
    /// A road side unit tells of tolling zones, not of itself as a vehicle.
    #[error("expected the CAM of a vehicle, found that of a road side unit")]
    NotAVehicle,
    /// The CAM is of a kind of station of a later version.
    #[error("expected the CAM of a vehicle, found the unknown addition {0}")]
    UnknownStation(u64),
    /// A point of a path lies further from the one before it than a step of the wire.
    #[error("expected at most 0.0131071 degree to point {point} of a path, found more")]
    PathStep {
        /// The point, from 0.
        point: usize,
    },
    /// A path is told from a position.
    #[error("expected a position from which the path starts, found none")]
    PathWithoutStart,
    /// A value of a later version of the standard: it can be read, but not written.
    #[error("expected known values, found {0}")]
    UnknownValue(#[from] EncodeError),
}

impl ViewError {
    /// What makes a list of the wire: `None` for an empty one.
    pub(crate) fn at_most<T>(
        most: usize,
        what: &'static str,
        elements: Vec<T>,
    ) -> Result<Option<Vec<T>>, Self> {
        match elements.len() {
            0 => Ok(None),
            found if found > most => Err(Self::TooMany { what, most, found }),
            _ => Ok(Some(elements)),
        }
    }

    /// A number that the wire holds.
    pub(crate) fn in_range<T: Copy + PartialOrd + Into<i64>>(
        what: &'static str,
        minimum: T,
        maximum: T,
        found: T,
    ) -> Result<T, Self> {
        if minimum <= found && found <= maximum {
            return Ok(found);
        }
        Err(Self::OutOfRange { what, minimum: minimum.into(), maximum: maximum.into(), found: found.into() })
    }
}
