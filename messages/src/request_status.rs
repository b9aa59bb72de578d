//! The answer of an SSEM in units: what became of a request. One view per `SignalStatusPackage` that names its requester.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

use crate::elements::{
    IntersectionAccess, IntersectionReference, RequestId, SequenceNumber, StationId, VehicleRole,
};

/// The status of one request at one intersection (`SignalStatusPackage`, ISO TS 19091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestStatus {
    /// The intersection that answers.
    pub intersection: IntersectionReference,
    /// Who asked.
    pub station: StationId,
    /// Which request.
    pub request: RequestId,
    /// The sequence number of the SREM that is answered.
    pub sequence: SequenceNumber,
    /// The requester's role, echoed.
    pub role: Option<VehicleRole>,
    /// Where the vehicle enters, echoed or as understood.
    pub inbound: IntersectionAccess,
    /// Where it leaves.
    pub outbound: Option<IntersectionAccess>,
    /// When it is expected at the stop line.
    pub eta: Option<Instant>,
    /// For how long after that service is meant; up to 65.535 s.
    pub service_window: Option<Duration>,
    /// What became of the request.
    pub status: PrioritizationStatus,
}

/// `PrioritizationResponseStatus` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrioritizationStatus {
    /// `unknown`: nothing is known of the request.
    Unknown,
    /// Seen by the controller.
    Requested,
    /// Being checked or waiting for its turn.
    Processing,
    /// Nobody else has green, but the vehicle hasn't either: watch out.
    WatchOtherTraffic,
    /// The intervention is active: green.
    Granted,
    /// Refused; final for this request.
    Rejected,
    /// Had its time; final for this request.
    MaxPresence,
    /// Time must pass before a similar request is accepted; final for this request.
    ReserviceLocked,
    /// A status of a later version of the standard: addition number n behind the extension marker.
    UnknownAddition(u64),
}
