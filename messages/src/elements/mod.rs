//! The data elements that the views share: identities, access points, roles. Not the wire types: those are generated from the
//! ASN.1 profile; each file here holds the meaning of one of them and the conversion in both directions.

mod access;
mod arrival;
mod course;
mod flags;
mod identity;
mod lane_position;
mod measured;
mod motion;
mod name;
mod path;
mod place;
mod reference_position;
mod role;
mod rounding;
mod station_type;

pub use access::IntersectionAccess;
pub(crate) use arrival::{Arrival, minute_of, second_of};
pub(crate) use course::{heading_from_wire, heading_to_wire, speed_from_wire, speed_to_wire};
pub(crate) use flags::flag_set;
pub use identity::{IntersectionReference, RequestId, SequenceNumber, StationId};
pub use lane_position::LanePosition;
pub use measured::Measured;
pub(crate) use measured::{ConfidenceClasses, ConfidenceSteps};
pub(crate) use motion::Motion;
pub(crate) use name::{name_from_wire, name_to_wire};
pub use path::PathPoint;
pub(crate) use place::{position_from_wire, position_to_wire};
pub use reference_position::{ConfidenceEllipse, ReferencePosition};
pub use role::VehicleRole;
pub(crate) use rounding::nearest;
pub use station_type::StationType;
