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
/// After a rejection it asks anew no sooner than this.
const ASK_AGAIN: Duration = Duration::from_seconds(5);
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
    /// It was told `rejected` or `maxPresence`, which is final: from then on it may ask anew, with another id.
    ask_again: Option<Instant>,
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
                let wait = match status.status {
                    PrioritizationStatus::Rejected => ASK_AGAIN,
                    PrioritizationStatus::MaxPresence => Duration::ZERO,
                    _ => continue,
                };
                if !request.passed && request.ask_again.is_none() {
                    request.ask_again = Some(now + wait);
                    request.cancellations = CANCELLATIONS;
                }
            }
        }
        Ok(())
    }

    /// Junctions that lie behind: their requests are to be cancelled.
    fn note_passed(&mut self, state: Option<&EmergencyState>) -> bool {
        let mut urgent = false;
        let open = |request: &&mut JunctionRequest| !request.passed && request.ask_again.is_none();
        for request in self.requests.iter_mut().filter(open) {
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
        let last = self.requests.iter_mut().rev().find(|request| request.leg == line.leg);
        if last.as_ref().is_some_and(|last| last.ask_again.is_some_and(|again| now < again)) {
            return false;
        }
        if let Some(request) = last.filter(|last| last.ask_again.is_none()) {
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
            ask_again: None,
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
            let kind = if request.passed || request.ask_again.is_some() {
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

#[cfg(test)]
mod tests {
    use voorrang_messages::Srem;
    use voorrang_signals::{ApproachId, GroupIndex, LaneId};
    use voorrang_units::{Angle, GeodeticPosition, Length, Speed};

    use super::*;
    use crate::network::LinkIndex;

    const START: Instant = Instant::from_unix_millis(1_768_201_200_000);
    const CROSSING: IntersectionReference = IntersectionReference { region: Some(0), id: 7 };

    fn at(millis: i64) -> Instant {
        START + Duration::from_millis(millis)
    }

    fn driving(leg: u32) -> EmergencyState {
        EmergencyState {
            leg,
            crossing: false,
            position: Length::from_metres(10.0),
            remaining: Length::from_metres(200.0),
            lane: 0,
            speed: Speed::from_metres_per_second(14.0),
            heading: Angle::from_degrees(90.0),
            front: GeodeticPosition::from_degrees(52.09, 5.12).unwrap(),
        }
    }

    /// One stop line so many seconds ahead.
    fn ahead(seconds: f64) -> Vec<(StopLineAhead, LinkSignal, IntersectionReference)> {
        let line = StopLineAhead {
            leg: 0,
            link: LinkIndex(0),
            distance: Length::from_metres(14.0 * seconds),
            unhindered: Duration::from_seconds_f64(seconds),
        };
        let signal = LinkSignal {
            intersection: 0,
            group: GroupIndex(0),
            approach: ApproachId::new(3).unwrap(),
            lane: LaneId::new(5).unwrap(),
            connection: None,
        };
        vec![(line, signal, CROSSING)]
    }

    /// What it says at a moment, read back from the bytes.
    fn said(unit: &mut OnboardUnit, millis: i64, leg: u32, seconds: Option<f64>) -> Vec<PriorityRequest> {
        let ahead = seconds.map(ahead).unwrap_or_default();
        let bytes = unit.drive(at(millis), Some(&driving(leg)), &ahead).unwrap();
        bytes.map_or_else(Vec::new, |bytes| {
            PriorityRequest::all_from_srem(&Srem::decode(&bytes).unwrap(), at(millis)).unwrap()
        })
    }

    /// The bytes that tell a station what became of a request.
    fn answer(request: &PriorityRequest, station: StationId, status: PrioritizationStatus) -> Vec<u8> {
        let status = RequestStatus {
            intersection: CROSSING,
            station,
            request: request.request,
            sequence: SequenceNumber(1),
            role: None,
            inbound: request.inbound,
            outbound: None,
            eta: None,
            service_window: None,
            status,
        };
        let mut bytes = Vec::new();
        let ssem = RequestStatus::to_ssem(&[status], StationId(70_001), SequenceNumber(1), at(0)).unwrap();
        ssem.encode(&mut bytes).unwrap();
        bytes
    }

    fn kinds(requests: &[PriorityRequest]) -> Vec<RequestKind> {
        requests.iter().map(|request| request.kind).collect()
    }

    #[test]
    fn it_asks_as_dutch_emergency_vehicles_do() {
        let mut unit = OnboardUnit::new(StationId(112_001));
        let requests = said(&mut unit, 0, 0, Some(30.0));
        let [request] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(
            (request.kind, request.station, request.intersection),
            (RequestKind::New, unit.station(), CROSSING)
        );
        assert_eq!(request.inbound, IntersectionAccess::Approach(3));
        assert_eq!(request.eta, Some(at(30_000)));
        assert_eq!(
            (&request.role, request.subrole, request.importance),
            (&Some(VehicleRole::Emergency), Some(5), Some(14))
        );
        assert!(request.position.is_some() && request.speed.is_some());
    }

    #[test]
    fn it_asks_no_more_than_five_minutes_ahead() {
        let mut unit = OnboardUnit::new(StationId(1));
        assert_eq!(said(&mut unit, 0, 0, Some(300.5)), []);
        assert_eq!(kinds(&said(&mut unit, 500, 0, Some(300.0))), [RequestKind::New]);
    }

    #[test]
    fn it_repeats_once_a_second_and_at_once_when_the_eta_moves_by_two_seconds() {
        let mut unit = OnboardUnit::new(StationId(1));
        let first = said(&mut unit, 0, 0, Some(30.0));
        assert_eq!(said(&mut unit, 500, 0, Some(29.5)), []);
        let second = said(&mut unit, 1000, 0, Some(29.0));
        assert_eq!(kinds(&second), [RequestKind::Update]);
        assert_eq!((second[0].request, second[0].eta), (first[0].request, first[0].eta));
        assert_ne!(second[0].sequence, first[0].sequence);
        // Half a second later it is held up.
        assert_eq!(kinds(&said(&mut unit, 1500, 0, Some(30.6))), [RequestKind::Update]);
        assert_eq!(said(&mut unit, 2000, 0, Some(30.1)), []);
    }

    #[test]
    fn it_cancels_three_times_after_passing_and_then_is_silent() {
        let mut unit = OnboardUnit::new(StationId(1));
        said(&mut unit, 0, 0, Some(2.0));
        let mut cancelled = Vec::new();
        for step in 1..20 {
            cancelled.extend(kinds(&said(&mut unit, step * 500, 1, None)));
        }
        assert_eq!(cancelled, [RequestKind::Cancellation; 3]);
    }

    #[test]
    fn after_a_final_answer_it_cancels_and_asks_anew_with_the_next_id() {
        for (status, wait) in [(PrioritizationStatus::Rejected, 5000), (PrioritizationStatus::MaxPresence, 0)]
        {
            let mut unit = OnboardUnit::new(StationId(1));
            let first = said(&mut unit, 0, 0, Some(60.0)).remove(0);
            unit.hear(at(100), &answer(&first, StationId(1), status)).unwrap();
            let mut said_later = Vec::new();
            for step in 1..20 {
                let ahead = 60.0 - 0.5 * f64::from(i32::try_from(step).unwrap());
                let requests = said(&mut unit, step * 500, 0, Some(ahead));
                said_later
                    .extend(requests.into_iter().map(|request| (step * 500, request.request, request.kind)));
            }
            let cancelled = said_later.iter().filter(|one| one.2 == RequestKind::Cancellation);
            assert!(cancelled.clone().all(|one| one.1 == first.request) && cancelled.count() == 3);
            let anew = said_later.iter().find(|one| one.2 == RequestKind::New).unwrap();
            assert!(anew.1 != first.request && anew.0 >= 100 + wait, "{status:?}: {anew:?}");
            assert!(anew.0 <= 1600 + wait, "{status:?}: {anew:?}");
        }
    }

    #[test]
    fn it_notes_when_it_is_first_granted_and_passes_over_answers_to_others() {
        let mut unit = OnboardUnit::new(StationId(1));
        let request = said(&mut unit, 0, 0, Some(30.0)).remove(0);
        let answer = |station, status| answer(&request, StationId(station), status);
        unit.hear(at(100), &answer(2, PrioritizationStatus::Granted)).unwrap();
        assert_eq!(unit.requests()[0].status, None);
        unit.hear(at(200), &answer(1, PrioritizationStatus::Processing)).unwrap();
        unit.hear(at(900), &answer(1, PrioritizationStatus::Granted)).unwrap();
        unit.hear(at(1900), &answer(1, PrioritizationStatus::Granted)).unwrap();
        assert_eq!(unit.requests()[0].granted, Some(at(900)));
        assert!(unit.hear(at(2000), &[2, 10, 0]).is_err());
    }
}
