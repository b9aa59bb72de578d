//! The data elements that the views share: identities, access points, roles. Not the wire types: those are generated from the
//! ASN.1 profile; each file here holds the meaning of one of them and the conversion in both directions.

mod access;
mod identity;
mod role;

pub use access::IntersectionAccess;
pub use identity::{IntersectionReference, RequestId, SequenceNumber, StationId};
pub use role::VehicleRole;
