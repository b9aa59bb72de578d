//! A priority request and its life. What may begin is judged in `admission.rs`, what a message does in `table.rs`, what time and lamps do
//! in `life.rs`, whose turn it is in [`arbitration`]. When an intervention starts is a strategy's to say.
//!
//! | status | from | when |
//! |---|---|---|
//! | requested | a message | its time has not come |
//! | requested | processing, granted | its vehicle stands before the junction: the intervention is given back until it moves |
//! | processing | requested | it waits for its turn, or its intervention runs and green is not confirmed |
//! | watchOtherTraffic | processing | where configured: all its conflicts are wished and confirmed red |
//! | granted | processing, watchOtherTraffic | every group that it is served with is confirmed green |
//! | maxPresence | granted | the green guard is over, or its green ended |
//! | rejected | a message | unknown access; no right to ask; switched off; more than 300 s ahead; table full |
//! | rejected | any live status | an update takes the right away; no green for 60 s; the strategy refuses or withdraws; it makes room for a weightier one |
//! | rejected | any | control of the intersection is lost, or something ranks above ([`crate::precedence`]) |
//! | reserviceLocked | processing, granted | public transport and goods: an emergency vehicle cut its service |
//! | none any more | any live status | cancelled, not refreshed for 10 s, left its route, or passed |
//!
//! A live request's status is told on each change, in answer to each message of a new number, and every second. `rejected`, `reserviceLocked` and `maxPresence` are final: they are told once, and
//! again to each message of the same number, until that is cancelled or silent for 10 s; `reserviceLocked` until those who were cut have been green
//! once, and what was rejected for lack of control or for something above until that is over. What a cancellation overtook on its way stays without
//! effect. The machine is that of the Dutch control programs (TLCGen's `extra_func_ris.c`).
//!
//! A request may also be made without a message, for an emergency vehicle that only says where it is (`observed.rs`); nobody is told of its status. The same
//! holds for one by KAR (`kar.rs`), which lives by rules of its own.
//! Positions say whether a vehicle still comes (`course.rs`). Who weighs more stands in `class.rs`.

mod admission;
pub mod arbitration;
mod class;
mod config;
mod course;
mod kar;
mod life;
mod observed;
mod reservice;
mod sequence;
mod table;

use std::sync::Arc;

use voorrang_messages::{
    IntersectionReference, PrioritizationStatus, PriorityRequest, RequestStatus, SequenceNumber,
};
use voorrang_signals::{ApproachIndex, GroupIndex};
use voorrang_units::{Instant, Length};

pub(crate) use class::Entitlement;
pub use class::{Level, PriorityClass};
pub use config::RequestConfig;
use course::Course;
pub use kar::{KarTrack, KarVehicle};
pub use table::{Ended, RequestTable};
pub(crate) use table::{Reception, Rules};

/// A live request at one intersection.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The last message, with the vehicle's newest known position.
    latest: PriorityRequest,
    service: Service,
    entitlement: Entitlement,
    origin: Origin,
    /// What is known of its vehicle by KAR.
    kar: Option<KarTrack>,
    arrival: u64,
    refreshed: Instant,
    distance: Option<Length>,
    expected: Option<Instant>,
    course: Course,
    /// Its vehicle stands before the junction: no intervention until it moves.
    released: bool,
    /// How many joined its intervention before it did.
    convoy: u8,
    /// All its conflicts are wished and confirmed red.
    conflicts_held: bool,
    stage: Stage,
    announced: Option<Announcement>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its vehicle asked.
    Asked,
    /// Its vehicle only said where it is, under light bar and siren. It is told nothing.
    Observed,
    /// Its vehicle told of itself by KAR alone. It is told nothing; where the configuration doesn't know its station, the id in
    /// [`Request::latest`] is a number of our own.
    Kar,
}

impl Request {
    /// One whose life begins; its position is yet to be taken in.
    fn new(
        latest: PriorityRequest,
        service: Service,
        entitlement: Entitlement,
        origin: Origin,
        now: Instant,
    ) -> Self {
        Self {
            expected: latest.eta,
            latest,
            service,
            entitlement,
            origin,
            kar: None,
            arrival: 0,
            refreshed: now,
            distance: None,
            course: Course::default(),
            released: false,
            convoy: 0,
            conflicts_held: false,
            stage: Stage::Requested,
            announced: None,
        }
    }

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
            Stage::Waiting { .. } | Stage::Serving { .. } if self.conflicts_held => {
                PrioritizationStatus::WatchOtherTraffic
            }
            Stage::Waiting { .. } | Stage::Serving { .. } => PrioritizationStatus::Processing,
            Stage::Granted { .. } => PrioritizationStatus::Granted,
        }
    }

    /// Who asks.
    #[must_use]
    pub const fn class(&self) -> PriorityClass {
        self.entitlement.class
    }

    /// Whether it asks for no more than what cuts nobody: public transport and goods of importance 1 to 9.
    #[must_use]
    pub const fn conditional(&self) -> bool {
        self.entitlement.conditional
    }

    /// How much it weighs.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.entitlement.level()
    }

    /// Whether its vehicle asked, was only seen, or only heard by KAR.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// When it is expected at the stop line: its own word, or where it gave none its distance at its speed, as of its last position.
    #[must_use]
    pub const fn expected(&self) -> Option<Instant> {
        self.expected
    }

    /// Whether its vehicle stands before the junction, at an incident say: whatever a strategy decides, it gets no intervention until it
    /// moves again.
    #[must_use]
    pub const fn released(&self) -> bool {
        self.released
    }
}

/// What a request asks of an intersection: groups of an approach, green together. For an emergency vehicle all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The approach on which the vehicle comes.
    pub approach: ApproachIndex,
    /// The groups, as far as they can be green together, those that it named first; at least one.
    pub groups: Arc<[GroupIndex]>,
    /// The groups of the lane or connection that it named, in ascending order; none where it named the approach.
    pub named: Arc<[GroupIndex]>,
}

impl Service {
    /// Whether the same groups of the same approach serve both.
    #[must_use]
    pub fn is_served_with(&self, other: &Self) -> bool {
        self.approach == other.approach
            && self.groups.len() == other.groups.len()
            && self.groups.iter().all(|group| other.groups.contains(group))
    }
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
            Self::Serving { since } | Self::Granted { since, .. } => Some(since),
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
    /// `reserviceLocked`: an emergency vehicle cut the service of public transport or goods.
    ReserviceLocked,
    /// The vehicle cancelled it.
    Cancelled,
    /// No message for too long; the cancellation was lost or the vehicle is gone.
    Expired,
    /// The vehicle is on another approach or on its way out, or drives away from the stop line.
    LeftRoute,
    /// The vehicle was at the stop line and is beyond it.
    Passed,
    /// A vehicle that had not asked switched its light bar or siren off.
    StoodDown,
}

impl End {
    /// The status that tells the vehicle; a cancelled or expired request has none.
    #[must_use]
    pub const fn status(self) -> Option<PrioritizationStatus> {
        match self {
            Self::Rejected(_) => Some(PrioritizationStatus::Rejected),
            Self::MaxPresence => Some(PrioritizationStatus::MaxPresence),
            Self::ReserviceLocked => Some(PrioritizationStatus::ReserviceLocked),
            Self::Cancelled | Self::Expired | Self::LeftRoute | Self::Passed | Self::StoodDown => None,
        }
    }

    /// Whether the vehicle went on, having had what it asked for or not needing it any more.
    const fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::LeftRoute | Self::Passed | Self::StoodDown)
    }
}

/// Why a request was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The intersection has no such lane, approach or connection, or no signal group stands there.
    UnknownAccess,
    /// Role or subrole gives no right to an intervention.
    NotEntitled,
    /// Its class, public transport or goods, is switched off.
    SwitchedOff,
    /// Its importance asks for less than an absolute intervention, or is reserved.
    NotImportant,
    /// Its ETA is beyond the horizon.
    TooFarAhead,
    /// The intersection holds as many live requests as it takes, and this weighs least. Not remembered: the next message tries again.
    TableFull,
    /// Nobody controls the intersection at present.
    NoControl,
    /// Something ranks above at present: a level crossing, a bridge, somebody at the switches.
    Overridden,
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
    /// Of the message that it answered.
    sequence: Option<SequenceNumber>,
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

    use super::{Entitlement, Origin, Request, Service};

    /// A live request of a message, on the first approach, so far before its stop line.
    pub(crate) fn at_distance(latest: PriorityRequest, distance: Option<Length>) -> Request {
        let (groups, named) = (Arc::new([GroupIndex(0)]), Arc::new([]));
        let service = Service { approach: ApproachIndex(0), groups, named };
        let refreshed = Instant::from_unix_millis(0);
        Request {
            distance,
            ..Request::new(latest, service, Entitlement::EMERGENCY, Origin::Asked, refreshed)
        }
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
