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
mod tests {
    use voorrang_messages::Srem;
    use voorrang_signals::{ConnectionId, GroupIndex, LaneId};
    use voorrang_units::{Angle, GeodeticPosition, Speed};

    use super::*;
    use crate::network::LinkIndex;

    const START: Instant = Instant::from_unix_millis(1_768_201_200_000);
    const CROSSING: IntersectionReference = IntersectionReference { region: Some(0), id: 7 };

    fn at(millis: i64) -> Instant {
        START + Duration::from_millis(millis)
    }

    fn ambulance(station: u32) -> OnboardUnit {
        OnboardUnit::new(StationId(station), Profile::emergency(AskFor::Approach))
    }

    fn driving(leg: u32) -> DrivingState {
        DrivingState {
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

    /// An intersection's answer to a request.
    fn answer(station: u32, request: &PriorityRequest, status: PrioritizationStatus) -> Vec<u8> {
        let status = RequestStatus {
            intersection: CROSSING,
            station: StationId(station),
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
        let mut unit = ambulance(112_001);
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
        let mut unit = ambulance(1);
        assert_eq!(said(&mut unit, 0, 0, Some(300.5)), []);
        assert_eq!(kinds(&said(&mut unit, 500, 0, Some(300.0))), [RequestKind::New]);
    }

    #[test]
    fn it_repeats_once_a_second_and_at_once_when_the_eta_moves_by_two_seconds() {
        let mut unit = ambulance(1);
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
        let mut unit = ambulance(1);
        said(&mut unit, 0, 0, Some(2.0));
        let mut cancelled = Vec::new();
        for step in 1..20 {
            cancelled.extend(kinds(&said(&mut unit, step * 500, 1, None)));
        }
        assert_eq!(cancelled, [RequestKind::Cancellation; 3]);
    }

    #[test]
    fn it_notes_when_it_is_first_granted_and_passes_over_answers_to_others() {
        let mut unit = ambulance(1);
        let request = said(&mut unit, 0, 0, Some(30.0)).remove(0);
        unit.hear(at(100), &answer(2, &request, PrioritizationStatus::Granted)).unwrap();
        assert_eq!(unit.requests()[0].status, None);
        unit.hear(at(200), &answer(1, &request, PrioritizationStatus::Processing)).unwrap();
        unit.hear(at(900), &answer(1, &request, PrioritizationStatus::Granted)).unwrap();
        unit.hear(at(1900), &answer(1, &request, PrioritizationStatus::Granted)).unwrap();
        assert_eq!(unit.requests()[0].granted, Some(at(900)));
        assert!(unit.hear(at(2000), &[2, 10, 0]).is_err());
    }

    #[test]
    fn who_was_rejected_cancels_and_asks_anew_five_seconds_later() {
        let mut unit = ambulance(1);
        let first = said(&mut unit, 0, 0, Some(30.0)).remove(0);
        unit.hear(at(600), &answer(1, &first, PrioritizationStatus::Rejected)).unwrap();
        let mut told = Vec::new();
        for step in 2..14 {
            let millis = 500 * step;
            told.extend(
                said(&mut unit, millis, 0, Some(30.0 - millis as f64 / 1000.0))
                    .into_iter()
                    .map(|request| (millis, request.request == first.request, request.kind)),
            );
        }
        assert_eq!(
            told,
            [
                (1000, true, RequestKind::Cancellation),
                (2000, true, RequestKind::Cancellation),
                (3000, true, RequestKind::Cancellation),
                (6000, false, RequestKind::New),
            ]
        );
        assert_eq!((unit.requests().len(), unit.requests()[0].anew), (1, 1));
        assert_eq!(unit.requests()[0].asked, at(0));
    }

    #[test]
    fn who_held_green_too_long_asks_anew_at_once() {
        let mut unit = ambulance(1);
        let first = said(&mut unit, 0, 0, Some(30.0)).remove(0);
        unit.hear(at(600), &answer(1, &first, PrioritizationStatus::MaxPresence)).unwrap();
        let told = said(&mut unit, 1000, 0, Some(29.0));
        assert_eq!(kinds(&told), [RequestKind::Cancellation, RequestKind::New]);
        assert!(told[0].request == first.request && told[1].request != first.request);
        // What is said again of the first concerns nobody.
        unit.hear(at(1100), &answer(1, &first, PrioritizationStatus::Rejected)).unwrap();
        assert_eq!(kinds(&said(&mut unit, 2000, 0, Some(28.0)))[1], RequestKind::Update);
    }

    #[test]
    fn who_goes_another_way_cancels() {
        let mut unit = ambulance(1);
        said(&mut unit, 0, 0, Some(30.0));
        assert_eq!(kinds(&said(&mut unit, 500, 0, None)), [RequestKind::Cancellation]);
        // Back to the same junction, through another approach.
        let mut other = ahead(20.0);
        other[0].1.approach = ApproachId::new(4).unwrap();
        let bytes = unit.drive(at(1000), Some(&driving(0)), &other).unwrap().unwrap();
        let told = PriorityRequest::all_from_srem(&Srem::decode(&bytes).unwrap(), at(1000)).unwrap();
        assert_eq!(kinds(&told), [RequestKind::Cancellation, RequestKind::New]);
        assert_eq!(told[1].inbound, IntersectionAccess::Approach(4));
        assert!(!unit.is_silent());
    }

    #[test]
    fn a_request_may_be_for_the_lane_or_the_connection() {
        let inbound = |ask_for, connection| {
            let mut unit = OnboardUnit::new(StationId(1), Profile::emergency(ask_for));
            let mut ahead = ahead(20.0);
            ahead[0].1.connection = connection;
            let bytes = unit.drive(at(0), Some(&driving(0)), &ahead).unwrap().unwrap();
            let told = PriorityRequest::all_from_srem(&Srem::decode(&bytes).unwrap(), at(0)).unwrap();
            told[0].inbound
        };
        let connection = ConnectionId::new(9);
        assert_eq!(inbound(AskFor::Lane, connection), IntersectionAccess::Lane(5));
        assert_eq!(inbound(AskFor::Connection, connection), IntersectionAccess::Connection(9));
        assert_eq!(inbound(AskFor::Connection, None), IntersectionAccess::Lane(5));
    }

    #[test]
    fn a_bus_asks_within_three_hundred_metres_for_conditional_priority() {
        let mut unit = OnboardUnit::new(StationId(1), Profile::public_transport(VehicleClass::Bus));
        assert_eq!(said(&mut unit, 0, 0, Some(301.0 / 14.0)), []);
        let told = said(&mut unit, 500, 0, Some(299.0 / 14.0));
        let [request] = &told[..] else { panic!("{told:?}") };
        assert_eq!(request.role, Some(VehicleRole::PublicTransport));
        assert_eq!((request.subrole, request.importance), (Some(1), Some(8)));
    }
}
