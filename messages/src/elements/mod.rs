//! The data elements that the views share: identities, access points, roles. Not the wire types: those are generated from the
//! ASN.1 profile; each file here holds the meaning of one of them and the conversion in both directions.

mod access;
mod arrival;
mod flags;
mod identity;
mod motion;
mod name;
mod place;
mod role;
mod rounding;

pub use access::IntersectionAccess;
pub(crate) use arrival::{Arrival, minute_of, second_of};
pub(crate) use flags::flag_set;
pub use identity::{IntersectionReference, RequestId, SequenceNumber, StationId};
pub(crate) use motion::Motion;
pub(crate) use name::{name_from_wire, name_to_wire};
pub(crate) use place::{position_from_wire, position_to_wire};
pub use role::VehicleRole;
pub(crate) use rounding::nearest;
