//! The data elements that the views share: identities, access points, roles. Not the wire types: those are generated from the
//! ASN.1 profile; each file here holds the meaning of one of them and the conversion in both directions.

mod access;
mod arrival;
mod identity;
mod motion;
mod role;

pub use access::IntersectionAccess;
pub(crate) use arrival::{Arrival, minute_of, second_of};
pub use identity::{IntersectionReference, RequestId, SequenceNumber, StationId};
pub(crate) use motion::Motion;
pub use role::VehicleRole;
