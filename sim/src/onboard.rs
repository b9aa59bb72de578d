//! The on-board unit of an emergency vehicle: asks for priority at every junction of its route, keeps its requests fresh, cancels
//! them when it has passed, and listens to the answers. Bytes go out, bytes come in.

use voorrang_messages::uper::{DecodeError, EncodeError};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, Ssem, StationId, VehicleRole, ViewError,
};
use voorrang_units::{Duration, Instant};

use crate::network::LinkSignal;
use crate::traffic::{EmergencyState, StopLineAhead};

/// It asks no earlier than this before it would arrive unhindered: what Dutch intersections accept since April 2021.
const HORIZON: Duration = Duration::from_seconds(300);
/// It repeats its requests this often, with its position of the moment.
const REFRESH: Duration = Duration::from_seconds(1);
/// It tells at once when an ETA has moved by this.
const ETA_CHANGE: Duration = Duration::from_seconds(2);
/// A cancellation is said this often, since messages get lost.
const CANCELLATIONS: u8 = 3;
/// Dutch practice for emergency services with blue light and siren: role emergency, subrole 5, importance 14.
const SUBROLE: u8 = 5;
const IMPORTANCE: u8 = 14;

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

/// One unit.
#[derive(Debug, Clone)]
pub struct OnboardUnit {
    station: StationId,
    sequence: u8,
    requests: Vec<JunctionRequest>,
    next_refresh: Instant,
}

/// What the unit knows of one junction on its route.
#[derive(Debug, Clone, PartialEq)]
pub struct JunctionRequest {
    /// The leg of the route that ends there.
    pub leg: u32,
    /// The intersection, as messages name it.
    pub intersection: IntersectionReference,
    /// Through which approach it comes.
    pub approach: IntersectionAccess,
    /// The request's id.
    pub id: RequestId,
    /// When it first asked.
    pub asked: Instant,
    /// The latest answer.
    pub status: Option<PrioritizationStatus>,
    /// When it first heard `granted`.
    pub granted: Option<Instant>,
    eta: Instant,
    told: bool,
    cancellations: u8,
    passed: bool,
}

impl OnboardUnit {
    /// A unit that has not asked for anything.
    #[must_use]
    pub fn new(station: StationId) -> Self {
        Self { station, sequence: 0, requests: Vec::new(), next_refresh: Instant::from_unix_millis(0) }
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

    /// The vehicle is at `state` (`None`: its trip is over) with these stop lines ahead, of which `signals` guard some. The bytes of
    /// an SREM, if there is something to say.
    ///
    /// # Errors
    /// If a value of the request is out of its message's range.
    pub fn drive(
        &mut self,
        now: Instant,
        state: Option<&EmergencyState>,
        ahead: &[(StopLineAhead, LinkSignal, IntersectionReference)],
    ) -> Result<Option<Vec<u8>>, RequestError> {
        let mut urgent = self.note_passed(state);
        for (line, signal, intersection) in ahead {
            if line.unhindered <= HORIZON {
                urgent |= self.note_ahead(now, line, *signal, *intersection);
            }
        }
        if !urgent && now < self.next_refresh {
            return Ok(None);
        }
        let packages = self.packages(state);
        if packages.is_empty() {
            return Ok(None);
        }
        self.next_refresh = now + REFRESH;
        self.sequence = (self.sequence + 1) % 128;
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
            let asked = self
                .requests
                .iter_mut()
                .find(|request| request.id == status.request && request.intersection == status.intersection);
            if let Some(request) = asked {
                if status.status == PrioritizationStatus::Granted && request.granted.is_none() {
                    request.granted = Some(now);
                }
                request.status = Some(status.status);
            }
        }
        Ok(())
    }

    /// Junctions that lie behind: their requests are to be cancelled.
    fn note_passed(&mut self, state: Option<&EmergencyState>) -> bool {
        let mut urgent = false;
        for request in self.requests.iter_mut().filter(|request| !request.passed) {
            if state.is_none_or(|state| state.leg > request.leg) {
                request.passed = true;
                request.cancellations = CANCELLATIONS;
                urgent = true;
            }
        }
        urgent
    }

    fn note_ahead(
        &mut self,
        now: Instant,
        line: &StopLineAhead,
        signal: LinkSignal,
        intersection: IntersectionReference,
    ) -> bool {
        let eta = now + line.unhindered;
        let approach = IntersectionAccess::Approach(signal.approach.number());
        if let Some(request) = self.requests.iter_mut().find(|request| request.leg == line.leg) {
            let urgent = (eta - request.eta).millis().abs() >= ETA_CHANGE.millis();
            request.eta = eta;
            request.approach = approach;
            return urgent;
        }
        // Unique for this vehicle at any intersection of its route.
        let id = RequestId(u8::try_from((self.requests.len() + 1) % 256).unwrap_or(0));
        self.requests.push(JunctionRequest {
            leg: line.leg,
            intersection,
            approach,
            id,
            asked: now,
            status: None,
            granted: None,
            eta,
            told: false,
            cancellations: 0,
            passed: false,
        });
        true
    }

    /// What a message says now: live requests, and cancellations that have not been said often enough.
    fn packages(&mut self, state: Option<&EmergencyState>) -> Vec<PriorityRequest> {
        let (station, sequence) = (self.station, (self.sequence + 1) % 128);
        let mut packages = Vec::new();
        for request in &mut self.requests {
            if packages.len() == MAX_REQUESTS {
                // The farthest wait until nearer ones have been passed.
                break;
            }
            let kind = if request.passed {
                if request.cancellations == 0 {
                    continue;
                }
                request.cancellations -= 1;
                RequestKind::Cancellation
            } else if request.told {
                RequestKind::Update
            } else {
                request.told = true;
                RequestKind::New
            };
            packages.push(PriorityRequest {
                station,
                intersection: request.intersection,
                request: request.id,
                sequence: Some(SequenceNumber(sequence)),
                kind,
                inbound: request.approach,
                outbound: None,
                eta: (kind != RequestKind::Cancellation).then_some(request.eta),
                service_window: None,
                role: Some(VehicleRole::Emergency),
                subrole: Some(SUBROLE),
                importance: Some(IMPORTANCE),
                position: state.map(|state| state.front),
                heading: state.map(|state| state.heading),
                speed: state.map(|state| state.speed),
            });
        }
        packages
    }
}
