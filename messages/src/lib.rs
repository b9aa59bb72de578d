//! ETSI ITS messages of priority at traffic lights: SREM and SSEM in UPER, and their views in units.

#![forbid(unsafe_code)]

pub mod elements;
pub mod priority_request;
pub mod request_status;

pub use elements::{
    IntersectionAccess, IntersectionReference, RequestId, SequenceNumber, StationId, VehicleRole,
};
pub use priority_request::{PriorityRequest, RequestKind};
pub use request_status::{PrioritizationStatus, RequestStatus};
