//! The priority request of an SREM in units: what a request table needs. One view per `SignalRequestPackage`. It does not judge:
//! whether a request makes sense is the engine's to say.

use serde::{Deserialize, Serialize};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Speed};

use crate::elements::{
    IntersectionAccess, IntersectionReference, RequestId, SequenceNumber, StationId, VehicleRole,
};

/// One request for one intersection (`SignalRequestPackage` with its message's `RequestorDescription`, ISO TS 19091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriorityRequest {
    /// Who asks.
    pub station: StationId,
    /// The intersection that is asked.
    pub intersection: IntersectionReference,
    /// The request's number, the same in updates and cancellation.
    pub request: RequestId,
    /// The message's number; an equal one is a repeat.
    pub sequence: Option<SequenceNumber>,
    /// New, update or cancellation.
    pub kind: RequestKind,
    /// Where the vehicle enters.
    pub inbound: IntersectionAccess,
    /// Where it leaves.
    pub outbound: Option<IntersectionAccess>,
    /// When it expects to be at the stop line.
    pub eta: Option<Instant>,
    /// For how long after that it asks for service; up to 65.535 s.
    pub service_window: Option<Duration>,
    /// What it is.
    pub role: Option<VehicleRole>,
    /// `RequestSubRole` 0 to 15; 5 is "blue light and siren" in the Netherlands.
    pub subrole: Option<u8>,
    /// `RequestImportanceLevel` 0 to 15: 1 lowest, 14 highest, 0 unknown, 15 reserved.
    pub importance: Option<u8>,
    /// Where the vehicle is.
    pub position: Option<GeodeticPosition>,
    /// Where it heads, clockwise from north.
    pub heading: Option<Angle>,
    /// How fast it drives.
    pub speed: Option<Speed>,
}

/// `PriorityRequestType` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// `priorityRequest`.
    New,
    /// `priorityRequestUpdate`.
    Update,
    /// `priorityCancellation`.
    Cancellation,
}
