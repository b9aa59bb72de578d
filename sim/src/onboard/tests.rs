//! What a unit says and hears, step by step.

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
