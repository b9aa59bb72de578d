//! ETSI ITS messages of priority at traffic lights: SREM and SSEM in UPER, and their views in units.

#![forbid(unsafe_code)]

pub mod add_grp_c;
pub mod dsrc;
pub mod electronic_registration;
pub mod elements;
pub mod hex;
pub mod its_container;
pub mod json;
pub mod message;
pub mod priority_request;
pub mod regional;
pub mod request_status;
pub mod srem;
pub mod ssem;
pub mod uper;
mod view_error;

pub use elements::{
    IntersectionAccess, IntersectionReference, RequestId, SequenceNumber, StationId, VehicleRole,
};
pub use message::ItsMessage;
pub use priority_request::{PriorityRequest, RequestKind};
pub use request_status::{PrioritizationStatus, RequestStatus};
pub use srem::Srem;
pub use ssem::Ssem;
pub use view_error::ViewError;
