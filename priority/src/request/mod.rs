//! A priority request and its life. What may begin is judged in `admission.rs`, what a message does in `table.rs`, what time and lamps do
//! in `life.rs`, whose turn it is in [`arbitration`]. When an intervention starts is a strategy's to say.
//!
//! | status | from | when |
//! |---|---|---|
//! | requested | a message | its time has not come |
//! | processing | requested | it waits for its turn, or its intervention runs and green is not confirmed |
//! | watchOtherTraffic | processing | where configured: its intervention runs and all its conflicts are red |
//! | granted | processing, watchOtherTraffic | every group of its approach is confirmed green |
//! | maxPresence | granted | the green guard is over, or its green ended |
//! | rejected | a message | unknown access; no right to ask; more than 300 s ahead; table full |
//! | rejected | any live status | an update takes the right away; no green for 60 s; the strategy refuses or withdraws |
//! | none any more | any live status | cancelled, or not refreshed for 10 s |
//!
//! A live request's status is told on each change and every second. `rejected` and `maxPresence` are final: they are told once, and again to
//! each message of the same number, until that is cancelled or silent for 10 s. What a cancellation overtook on its way stays without
//! effect. The machine is that of the Dutch control programs (TLCGen's `extra_func_ris.c`).

mod admission;
pub mod arbitration;
mod config;
mod life;
mod sequence;
mod table;

use std::sync::Arc;

use voorrang_messages::{
    IntersectionReference, PrioritizationStatus, PriorityRequest, RequestStatus, SequenceNumber,
};
use voorrang_signals::{ApproachIndex, GroupIndex};
use voorrang_units::{Instant, Length};

pub use config::RequestConfig;
pub(crate) use table::Reception;
pub use table::{Ended, RequestTable};

/// A live request at one intersection.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The last message, with the vehicle's newest known position.
    latest: PriorityRequest,
    service: Service,
    arrival: u64,
    refreshed: Instant,
    distance: Option<Length>,
    stage: Stage,
    announced: Option<Announcement>,
}

impl Request {
    /// What its vehicle said last; position, speed and heading may be from a newer CAM.
    #[must_use]
    pub const fn latest(&self) -> &PriorityRequest {
        &self.latest
    }

    /// What it asks for, in terms of the intersection.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// The order of arrival at the intersection: lower came earlier.
    #[must_use]
    pub const fn arrival(&self) -> u64 {
        self.arrival
    }

    /// How far the reported position is before the stop line; `None` without a position.
    #[must_use]
    pub const fn distance(&self) -> Option<Length> {
        self.distance
    }

    /// How far its life has come.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The status that belongs to its stage.
    #[must_use]
    pub const fn status(&self) -> PrioritizationStatus {
        match self.stage {
            Stage::Requested => PrioritizationStatus::Requested,
            Stage::Serving { conflicts_red: true, .. } => PrioritizationStatus::WatchOtherTraffic,
            Stage::Waiting { .. } | Stage::Serving { .. } => PrioritizationStatus::Processing,
            Stage::Granted { .. } => PrioritizationStatus::Granted,
        }
    }
}

/// What a request asks of an intersection: all groups of an approach, green together.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The approach on which the vehicle comes.
    pub approach: ApproachIndex,
    /// Its groups, as far as they can be green together; at least one.
    pub groups: Arc<[GroupIndex]>,
}

/// How far the life of a live request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its intervention is not due: `requested`.
    Requested,
    /// It is due, but it is somebody else's turn: `processing`.
    Waiting {
        /// Since when it waits.
        since: Instant,
    },
    /// Its intervention runs, green is not confirmed yet: `processing`, or `watchOtherTraffic` where that is configured.
    Serving {
        /// When the intervention started.
        since: Instant,
        /// Whether `watchOtherTraffic` is what its vehicle is told.
        conflicts_red: bool,
    },
    /// All its groups have been confirmed green within the intervention: `granted`.
    Granted {
        /// When the intervention started.
        since: Instant,
        /// From when the green guard counts.
        green: Instant,
    },
}

impl Stage {
    /// Since when an intervention runs for the request.
    #[must_use]
    pub const fn intervention(self) -> Option<Instant> {
        match self {
            Self::Serving { since, .. } | Self::Granted { since, .. } => Some(since),
            Self::Requested | Self::Waiting { .. } => None,
        }
    }
}

/// Why a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// `rejected`: final for its request id until that is cancelled.
    Rejected(Rejection),
    /// `maxPresence`: it had its green for the time of the green guard, or another intervention ended its green. Final likewise.
    MaxPresence,
    /// The vehicle cancelled it.
    Cancelled,
    /// No message for too long; the cancellation was lost or the vehicle is gone.
    Expired,
}

impl End {
    /// The status that tells the vehicle; a cancelled or expired request has none.
    #[must_use]
    pub const fn status(self) -> Option<PrioritizationStatus> {
        match self {
            Self::Rejected(_) => Some(PrioritizationStatus::Rejected),
            Self::MaxPresence => Some(PrioritizationStatus::MaxPresence),
            Self::Cancelled | Self::Expired => None,
        }
    }
}

/// Why a request was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The intersection has no such lane, approach or connection, or no signal group stands there.
    UnknownAccess,
    /// Role or subrole gives no right to an intervention.
    NotEntitled,
    /// Its importance asks for less than an absolute intervention, or is reserved.
    NotImportant,
    /// Its ETA is beyond the horizon.
    TooFarAhead,
    /// The intersection holds as many live requests as it takes. Not remembered: the next message tries again.
    TableFull,
    /// The strategy gives no priority.
    NoPriority,
    /// The strategy took a granted green back.
    Withdrawn,
    /// No green was confirmed in all the time that an intervention may wait for it.
    NoGreen,
}

/// What a strategy says of one live request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decision {
    /// Not its time yet: `requested`.
    #[default]
    Later,
    /// Its time has come, but not its turn: `processing`.
    Wait,
    /// Its intervention runs: `processing` until all its groups are confirmed green, `granted` from then on.
    Serve,
    /// It gets no priority: `rejected`, final.
    Refuse,
}

/// What its vehicle was told last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Announcement {
    status: PrioritizationStatus,
    repeat: Instant,
}

/// The answer to a message, as the SSEM's view of it.
fn status_of(
    intersection: IntersectionReference,
    message: &PriorityRequest,
    status: PrioritizationStatus,
) -> RequestStatus {
    RequestStatus {
        intersection,
        station: message.station,
        request: message.request,
        sequence: message.sequence.unwrap_or(SequenceNumber(0)),
        role: message.role,
        inbound: message.inbound,
        outbound: message.outbound,
        eta: message.eta,
        service_window: message.service_window,
        status,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use voorrang_messages::{
        IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
        StationId, VehicleRole,
    };
    use voorrang_signals::{ApproachIndex, GroupIndex};
    use voorrang_units::{Instant, Length};

    use super::{Request, Service, Stage};

    /// A live request of a message, on the first approach, so far before its stop line.
    pub(crate) fn at_distance(latest: PriorityRequest, distance: Option<Length>) -> Request {
        let service = Service { approach: ApproachIndex(0), groups: Arc::new([GroupIndex(0)]) };
        let refreshed = Instant::from_unix_millis(0);
        let (stage, announced) = (Stage::Requested, None);
        Request { latest, service, arrival: 0, refreshed, distance, stage, announced }
    }

    /// A request that the default configuration admits.
    pub(crate) fn ambulance() -> PriorityRequest {
        PriorityRequest {
            station: StationId(4711),
            intersection: IntersectionReference { region: Some(528), id: 1 },
            request: RequestId(1),
            sequence: Some(SequenceNumber(0)),
            kind: RequestKind::New,
            inbound: IntersectionAccess::Approach(1),
            outbound: None,
            eta: None,
            service_window: None,
            role: Some(VehicleRole::Emergency),
            subrole: Some(5),
            importance: Some(14),
            position: None,
            heading: None,
            speed: None,
        }
    }
}
