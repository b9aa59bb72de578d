//! The on-board unit of a vehicle that asks for priority: asks at every junction of its route, keeps its requests fresh, cancels them when it
//! has passed or goes another way, asks anew when a request was refused, and listens to the answers. Bytes go out, bytes come in.

use voorrang_messages::uper::{DecodeError, EncodeError};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, Ssem, StationId, VehicleRole, ViewError,
};
use voorrang_signals::ApproachId;
use voorrang_units::{Duration, Instant, Length};

use crate::network::{LinkSignal, VehicleClass};
use crate::scenario::AskFor;
use crate::traffic::{DrivingState, StopLineAhead};

/// An emergency vehicle asks no earlier than this before it would arrive unhindered: what Dutch intersections accept since April 2021.
const HORIZON: Duration = Duration::from_seconds(300);
/// A bus asks from here on before the stop line: where the location test of Dutch control programs begins.
const BUS_REACH: Length = Length::from_metres(300.0);
/// It repeats its requests this often, with its position of the moment.
const REFRESH: Duration = Duration::from_seconds(1);
/// It tells at once when an ETA has moved by this.
const ETA_CHANGE: Duration = Duration::from_seconds(2);
/// A cancellation is said this often, since messages get lost.
const CANCELLATIONS: u8 = 3;
/// Who was rejected asks again no sooner than this.
const ASK_AGAIN: Duration = Duration::from_seconds(5);

/// An SREM holds this many requests.
const MAX_REQUESTS: usize = 32;

/// Why a request could not be put into a message: a fault of this unit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// The views don't fit one message.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A value is out of its range.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// What a vehicle is, and how it asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    role: VehicleRole,
    subrole: u8,
    importance: u8,
    ask_for: AskFor,
    reach: Reach,
}

/// From where on a vehicle asks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    Time(Duration),
    Distance(Length),
}

impl Profile {
    /// Dutch practice for emergency services with blue light and siren: role emergency, subrole 5, importance 14 (absolute).
    #[must_use]
    pub const fn emergency(ask_for: AskFor) -> Self {
        Self {
            role: VehicleRole::Emergency,
            subrole: 5,
            importance: 14,
            ask_for,
            reach: Reach::Time(HORIZON),
        }
    }

    /// Dutch practice for buses and trams: role public transport, subrole 1 (bus) or 2 (tram), an importance of 8, which is conditional
    /// priority, for the connection that it takes.
    #[must_use]
    pub const fn public_transport(class: VehicleClass) -> Self {
        Self {
            role: VehicleRole::PublicTransport,
            subrole: if matches!(class, VehicleClass::Tram) { 2 } else { 1 },
            importance: 8,
            ask_for: AskFor::Connection,
            reach: Reach::Distance(BUS_REACH),
        }
    }

    /// How it names its way in.
    fn access(&self, signal: LinkSignal) -> IntersectionAccess {
        let lane = IntersectionAccess::Lane(signal.lane.number());
        match self.ask_for {
            AskFor::Approach => IntersectionAccess::Approach(signal.approach.number()),
            AskFor::Lane => lane,
            // Files may leave a connection without a number.
            AskFor::Connection => signal
                .connection
                .map_or(lane, |connection| IntersectionAccess::Connection(connection.number())),
        }
    }
}

/// One unit.
#[derive(Debug, Clone)]
pub struct OnboardUnit {
    station: StationId,
    profile: Profile,
    sequence: u8,
    last_id: u8,
    requests: Vec<JunctionRequest>,
    cancellations: Vec<Cancellation>,
    next_refresh: Instant,
}

/// What the unit knows of one junction on its route.
#[derive(Debug, Clone, PartialEq)]
pub struct JunctionRequest {
    /// The leg of the route that ends there.
    pub leg: u32,
    /// The intersection, as messages name it.
    pub intersection: IntersectionReference,
    /// Through which approach, lane or connection it comes.
    pub access: IntersectionAccess,
    /// The request's id; another one each time that it asks anew.
    pub id: RequestId,
    /// When it first asked.
    pub asked: Instant,
    /// How often it asked anew, after `rejected` or `maxPresence`.
    pub anew: u32,
    /// The latest answer.
    pub status: Option<PrioritizationStatus>,
    /// When it first heard `granted`.
    pub granted: Option<Instant>,
    approach: ApproachId,
    eta: Instant,
    stage: Stage,
}

/// How far the unit is with a junction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// It is to be asked.
    Untold,
    /// It was asked.
    Told,
    /// The request ended; it is to be asked anew from then on.
    Ended { ask: Instant },
    /// It lies behind, or beside the way.
    Left,
}

/// A request that is over, as long as its intersection is to be told.
#[derive(Debug, Clone)]
struct Cancellation {
    intersection: IntersectionReference,
    access: IntersectionAccess,
    id: RequestId,
    left: u8,
}

impl OnboardUnit {
    /// A unit that has not asked for anything.
    #[must_use]
    pub fn new(station: StationId, profile: Profile) -> Self {
        Self {
            station,
            profile,
            sequence: 0,
            last_id: 0,
            requests: Vec::new(),
            cancellations: Vec::new(),
            next_refresh: Instant::from_unix_millis(0),
        }
    }

    /// Its station id.
    #[must_use]
    pub fn station(&self) -> StationId {
        self.station
    }

    /// Everything that it asked for on its way.
    #[must_use]
    pub fn requests(&self) -> &[JunctionRequest] {
        &self.requests
    }

    /// Has it nothing to say any more, unless it drives on?
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.cancellations.is_empty() && self.requests.iter().all(|request| request.stage == Stage::Left)
    }

    /// The vehicle is at `state` (`None`: its trip is over) with these stop lines ahead, of which `signals` guard some. The bytes of
    /// an SREM, if there is something to say.
    ///
    /// # Errors
    /// If a value of the request is out of its message's range.
    pub fn drive(
        &mut self,
        now: Instant,
        state: Option<&DrivingState>,
        ahead: &[(StopLineAhead, LinkSignal, IntersectionReference)],
    ) -> Result<Option<Vec<u8>>, RequestError> {
        let mut urgent = self.leave(state, ahead);
        for (line, signal, intersection) in ahead {
            urgent |= self.note_ahead(now, line, *signal, *intersection);
        }
        if !urgent && now < self.next_refresh {
            return Ok(None);
        }
        let sequence = (self.sequence + 1) % 128;
        let packages = self.packages(now, state, sequence);
        if packages.is_empty() {
            return Ok(None);
        }
        self.sequence = sequence;
        self.next_refresh = now + REFRESH;
        let mut bytes = Vec::with_capacity(64);
        PriorityRequest::to_srem(&packages, now)?.encode(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Reads an SSEM; answers to others are passed over.
    ///
    /// # Errors
    /// If it cannot be decoded.
    pub fn hear(&mut self, now: Instant, bytes: &[u8]) -> Result<(), DecodeError> {
        let Ok(statuses) = RequestStatus::all_from_ssem(&Ssem::decode(bytes)?, now) else { return Ok(()) };
        for status in statuses.iter().filter(|status| status.station == self.station) {
            let asked = self.requests.iter_mut().find(|request| {
                request.stage == Stage::Told
                    && request.id == status.request
                    && request.intersection == status.intersection
            });
            if let Some(request) = asked {
                request.hear(now, status.status);
                if let Stage::Ended { .. } = request.stage {
                    self.cancellations.push(request.cancellation());
                }
            }
        }
        Ok(())
    }

    /// Junctions that lie behind, or not on its way any more: their requests are to be cancelled.
    fn leave(
        &mut self,
        state: Option<&DrivingState>,
        ahead: &[(StopLineAhead, LinkSignal, IntersectionReference)],
    ) -> bool {
        let Self { requests, cancellations, .. } = self;
        let mut urgent = false;
        for request in requests.iter_mut().filter(|request| request.stage != Stage::Left) {
            let stays = state.is_some_and(|state| {
                let crossing = state.leg == request.leg && state.crossing;
                crossing || ahead.iter().any(|(line, signal, at)| request.is_for(line, *signal, *at))
            });
            if !stays {
                if request.stage == Stage::Told {
                    cancellations.push(request.cancellation());
                }
                request.stage = Stage::Left;
                urgent = true;
            }
        }
        urgent
    }

    /// Something to say at once?
    fn note_ahead(
        &mut self,
        now: Instant,
        line: &StopLineAhead,
        signal: LinkSignal,
        intersection: IntersectionReference,
    ) -> bool {
        let eta = now + line.unhindered;
        let access = self.profile.access(signal);
        let live = self.requests.iter_mut().find(|request| request.is_for(line, signal, intersection));
        if let Some(request) = live {
            let moved = (eta - request.eta).millis().abs() >= ETA_CHANGE.millis();
            let urgent = moved || request.access != access;
            (request.eta, request.access) = (eta, access);
            if let Stage::Ended { ask } = request.stage {
                if ask > now {
                    return false;
                }
                request.ask_anew(next_id(&mut self.last_id));
                return true;
            }
            return urgent;
        }
        let reached = match self.profile.reach {
            Reach::Time(most) => line.unhindered <= most,
            Reach::Distance(most) => line.distance <= most,
        };
        if reached {
            self.requests.push(JunctionRequest {
                leg: line.leg,
                intersection,
                access,
                id: next_id(&mut self.last_id),
                asked: now,
                anew: 0,
                status: None,
                granted: None,
                approach: signal.approach,
                eta,
                stage: Stage::Untold,
            });
        }
        reached
    }

    /// What a message says now: cancellations that have not been said often enough, then live requests.
    fn packages(&mut self, now: Instant, state: Option<&DrivingState>, sequence: u8) -> Vec<PriorityRequest> {
        let Self { station, profile, requests, cancellations, .. } = self;
        let package = |intersection, request, kind, inbound, eta| PriorityRequest {
            station: *station,
            intersection,
            request,
            sequence: Some(SequenceNumber(sequence)),
            kind,
            inbound,
            outbound: None,
            eta,
            service_window: None,
            role: Some(profile.role),
            subrole: Some(profile.subrole),
            importance: Some(profile.importance),
            position: state.map(|state| state.front),
            heading: state.map(|state| state.heading),
            speed: state.map(|state| state.speed),
        };
        let mut packages = Vec::new();
        for Cancellation { intersection, access, id, left } in cancellations.iter_mut().take(MAX_REQUESTS) {
            *left -= 1;
            packages.push(package(*intersection, *id, RequestKind::Cancellation, *access, None));
        }
        cancellations.retain(|cancellation| cancellation.left > 0);
        for request in requests {
            if packages.len() == MAX_REQUESTS {
                // The farthest wait until nearer ones have been passed.
                break;
            }
            let kind = match request.stage {
                Stage::Untold => RequestKind::New,
                Stage::Told => RequestKind::Update,
                Stage::Ended { .. } | Stage::Left => continue,
            };
            request.stage = Stage::Told;
            // Who stands at the line may have an ETA that has passed.
            let eta = Some(request.eta.max(now));
            packages.push(package(request.intersection, request.id, kind, request.access, eta));
        }
        packages
    }
}

impl JunctionRequest {
    /// Is it for this stop line? An approach that is another one is another way.
    fn is_for(&self, line: &StopLineAhead, signal: LinkSignal, intersection: IntersectionReference) -> bool {
        self.stage != Stage::Left
            && (self.leg, self.intersection, self.approach) == (line.leg, intersection, signal.approach)
    }

    /// An answer to it.
    fn hear(&mut self, now: Instant, status: PrioritizationStatus) {
        self.status = Some(status);
        match status {
            PrioritizationStatus::Granted if self.granted.is_none() => self.granted = Some(now),
            PrioritizationStatus::Rejected => self.stage = Stage::Ended { ask: now + ASK_AGAIN },
            PrioritizationStatus::MaxPresence => self.stage = Stage::Ended { ask: now },
            _ => {}
        }
    }

    fn ask_anew(&mut self, id: RequestId) {
        self.id = id;
        self.anew += 1;
        self.stage = Stage::Untold;
    }

    fn cancellation(&self) -> Cancellation {
        Cancellation {
            intersection: self.intersection,
            access: self.access,
            id: self.id,
            left: CANCELLATIONS,
        }
    }
}

/// Unique for this vehicle at any intersection of its route; 256 requests ago is long over.
fn next_id(last: &mut u8) -> RequestId {
    *last = last.wrapping_add(1);
    RequestId(*last)
}

#[cfg(test)]
mod tests;
