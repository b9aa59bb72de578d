//! Laws: a message, and its view in units, come back from their octets as they were.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use voorrang_messages::dsrc::{
    self, BasicVehicleRole, DeltaTime, DescriptiveName, Elevation, MinuteOfTheYear, MsgCount, Position3D,
    RegionId, RegionalExtension, RequestImportanceLevel, RequestSubRole, RequestorDescription,
    RequestorPositionVector, RequestorType, TransitVehicleOccupancy, TransitVehicleStatus,
    TransmissionAndSpeed, TransmissionState, VehicleId, VehicleType, Velocity,
};
use voorrang_messages::electronic_registration::Iso3833VehicleType;
use voorrang_messages::its_container::{Latitude, Longitude};
use voorrang_messages::json::FromJson;
use voorrang_messages::uper::{FixedOctets, OpenType};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, Srem, Ssem, StationId, VehicleRole, ViewError,
};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Speed};

/// 2026-12-31T23:30:00Z: what is near it lies in two years.
const NEW_YEAR: Instant = Instant::from_unix_millis(1_798_759_800_000);
const HALF_A_YEAR_MS: i64 = 180 * 86_400_000;

fn intersection() -> impl Strategy<Value = IntersectionReference> {
    (of(any::<u16>()), any::<u16>()).prop_map(|(region, id)| IntersectionReference { region, id })
}

fn access() -> impl Strategy<Value = IntersectionAccess> {
    prop_oneof![
        any::<u8>().prop_map(IntersectionAccess::Lane),
        (0_u8..16).prop_map(IntersectionAccess::Approach),
        any::<u8>().prop_map(IntersectionAccess::Connection),
    ]
}

fn eta() -> impl Strategy<Value = Option<Instant>> {
    of((-HALF_A_YEAR_MS..HALF_A_YEAR_MS).prop_map(|millis| NEW_YEAR + Duration::from_millis(millis)))
}

fn window() -> impl Strategy<Value = Option<Duration>> {
    of((0_i64..=65_534).prop_map(Duration::from_millis))
}

fn role() -> impl Strategy<Value = VehicleRole> {
    use VehicleRole::{
        Ambulance, Emergency, Fire, Military, NoneUnknown, Police, PublicTransport, StopAndGo,
    };
    prop::sample::select(vec![
        Ambulance,
        Emergency,
        Fire,
        Military,
        NoneUnknown,
        Police,
        PublicTransport,
        StopAndGo,
    ])
}

/// Requests of one message: they share what it says once.
fn requests() -> impl Strategy<Value = Vec<PriorityRequest>> {
    let kind = prop::sample::select(vec![RequestKind::New, RequestKind::Update, RequestKind::Cancellation]);
    let one = (intersection(), any::<u8>(), kind, access(), of(access()), eta(), window());
    let requester = (any::<u32>(), of(0_u8..128), role(), of(0_u8..16), of(0_u8..16));
    let motion = (
        of((-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000)),
        of(0..28_800_u16),
        of(-8190..=8190_i32),
    );
    (vec(one, 1..=32), requester, motion).prop_map(|(requests, requester, (position, heading, speed))| {
        let (station, sequence, role, subrole, importance) = requester;
        let degrees = |raw: i32| f64::from(raw) / 1e7;
        let request =
            |(intersection, request, kind, inbound, outbound, eta, service_window)| PriorityRequest {
                station: StationId(station),
                intersection,
                request: RequestId(request),
                sequence: sequence.map(SequenceNumber),
                kind,
                inbound,
                outbound,
                eta,
                service_window,
                role: Some(role),
                subrole,
                importance,
                position: position
                    .and_then(|(lat, long)| GeodeticPosition::from_degrees(degrees(lat), degrees(long))),
                heading: heading.map(|heading| Angle::from_degrees(f64::from(heading) / 80.0)),
                speed: speed.map(|speed| Speed::from_metres_per_second(f64::from(speed) / 50.0)),
            };
        requests.into_iter().map(request).collect()
    })
}

fn statuses() -> impl Strategy<Value = Vec<RequestStatus>> {
    use PrioritizationStatus::{
        Granted, MaxPresence, Processing, Rejected, Requested, ReserviceLocked, Unknown, WatchOtherTraffic,
    };
    let status = prop::sample::select(vec![
        Unknown,
        Requested,
        Processing,
        WatchOtherTraffic,
        Granted,
        Rejected,
        MaxPresence,
        ReserviceLocked,
    ]);
    let one =
        (any::<u32>(), any::<u8>(), 0_u8..128, of(role()), access(), of(access()), eta(), window(), status);
    (intersection(), vec(one, 1..=32)).prop_map(|(intersection, statuses)| {
        let status = |(station, request, sequence, role, inbound, outbound, eta, service_window, status)| {
            RequestStatus {
                intersection,
                station: StationId(station),
                request: RequestId(request),
                sequence: SequenceNumber(sequence),
                role,
                inbound,
                outbound,
                eta,
                service_window,
                status,
            }
        };
        statuses.into_iter().map(status).collect()
    })
}

prop_compose! {
    fn requestor_type()(
        role in 0_u32..23, subrole in of(0_u32..16), request in of(0_u32..16), iso3883 in of(any::<u8>()),
        hpms_type in of(0_u32..16), regional in of(regional()),
    ) -> RequestorType {
        RequestorType {
            role: BasicVehicleRole::from_number(role).expect("23 roles"),
            subrole: subrole.and_then(RequestSubRole::from_number),
            request: request.and_then(RequestImportanceLevel::from_number),
            iso3883: iso3883.map(Iso3833VehicleType),
            hpms_type: hpms_type.and_then(VehicleType::from_number),
            regional,
        }
    }
}

prop_compose! {
    fn regional()(region in any::<u8>(), octets in vec(any::<u8>(), 1..300)) -> RegionalExtension {
        RegionalExtension { region_id: RegionId(region), reg_ext_value: OpenType(octets) }
    }
}

prop_compose! {
    fn position()(
        lat in Latitude::MIN.0..=Latitude::MAX.0, long in Longitude::MIN.0..=Longitude::MAX.0,
        elevation in of(Elevation::MIN.0..=Elevation::MAX.0), regional in of(vec(regional(), 1..=4)),
        heading in of(0_u16..=28_800), speed in of((0_u32..8, 0_u16..=8191)),
    ) -> RequestorPositionVector {
        RequestorPositionVector {
            position: Position3D {
                lat: Latitude(lat),
                long: Longitude(long),
                elevation: elevation.map(Elevation),
                regional,
            },
            heading: heading.map(dsrc::Angle),
            speed: speed.map(|(gear, speed)| TransmissionAndSpeed {
                transmisson: TransmissionState::from_number(gear).expect("8 gears"),
                speed: Velocity(speed),
            }),
        }
    }
}

prop_compose! {
    fn requestor()(
        id in prop_oneof![
            any::<[u8; 4]>().prop_map(|id| VehicleId::EntityId(dsrc::TemporaryId(FixedOctets(id)))),
            any::<u32>().prop_map(|id| VehicleId::StationId(voorrang_messages::its_container::StationId(id))),
        ],
        r#type in of(requestor_type()), position in of(position()), name in of("[ -~]{1,63}"), route in of("[ -~]{1,63}"),
        status in of("[01]{8}"), occupancy in of(0_u32..8), schedule in of(-122_i8..=121), regional in of(vec(regional(), 1..=4)),
    ) -> RequestorDescription {
        RequestorDescription {
            id,
            r#type,
            position,
            name: name.map(DescriptiveName),
            route_name: route.map(DescriptiveName),
            transit_status: status.map(|bits| TransitVehicleStatus(bits.parse().expect("eight bits"))),
            transit_occupancy: occupancy.and_then(TransitVehicleOccupancy::from_number),
            transit_schedule: schedule.map(DeltaTime),
            regional,
        }
    }
}

proptest! {
    #[test]
    fn requests_come_back_from_the_octets_of_their_message(requests in requests()) {
        let srem = PriorityRequest::to_srem(&requests, NEW_YEAR).unwrap();
        let mut octets = Vec::new();
        srem.encode(&mut octets).unwrap();
        let received = Srem::decode(&octets).unwrap();
        prop_assert_eq!(PriorityRequest::all_from_srem(&received, NEW_YEAR).unwrap(), requests);
    }

    #[test]
    fn statuses_come_back_from_the_octets_of_their_message(statuses in statuses()) {
        let ssem = RequestStatus::to_ssem(&statuses, StationId(7), SequenceNumber(3), NEW_YEAR).unwrap();
        let mut octets = Vec::new();
        ssem.encode(&mut octets).unwrap();
        let received = Ssem::decode(&octets).unwrap();
        prop_assert_eq!(RequestStatus::all_from_ssem(&received, NEW_YEAR).unwrap(), statuses);
    }

    #[test]
    fn messages_with_any_members_come_back_from_octets_and_json(
        requests in requests(), requestor in requestor(), minute in of(0_u32..=527_040), count in of(0_u8..128),
        regional in of(vec(regional(), 1..=4)),
    ) {
        let mut srem = PriorityRequest::to_srem(&requests, NEW_YEAR).unwrap();
        srem.srm.requestor = requestor;
        srem.srm.time_stamp = minute.map(MinuteOfTheYear);
        srem.srm.sequence_number = count.map(MsgCount);
        srem.srm.regional = regional;
        let mut octets = Vec::new();
        srem.encode(&mut octets).unwrap();
        prop_assert_eq!(Srem::decode(&octets).unwrap(), srem.clone());
        let json = serde_json::to_value(&srem).unwrap();
        prop_assert_eq!(Srem::from_json(&json), Ok(srem));
    }
}

/// An ambulance under blue light and siren asks for two intersections, as a Dutch one does.
fn ambulance(intersection: u16, eta: Instant) -> PriorityRequest {
    PriorityRequest {
        station: StationId(1_234_567),
        intersection: IntersectionReference { region: Some(528), id: intersection },
        request: RequestId(7),
        sequence: Some(SequenceNumber(5)),
        kind: RequestKind::New,
        inbound: IntersectionAccess::Approach(4),
        outbound: None,
        eta: Some(eta),
        service_window: Some(Duration::from_seconds(4)),
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: GeodeticPosition::from_degrees(52.0907, 5.1214),
        heading: Some(Angle::from_degrees(90.0)),
        speed: Some(Speed::from_metres_per_second(12.5)),
    }
}

#[test]
fn one_message_asks_several_intersections_over_the_turn_of_the_year() {
    let sent = Instant::parse_rfc3339("2026-12-31T23:59:50Z").unwrap();
    let requests = [
        ambulance(3107, sent + Duration::from_seconds(8)),
        ambulance(3108, sent + Duration::from_seconds(30)),
    ];
    let srem = PriorityRequest::to_srem(&requests, sent).unwrap();
    let packages = &srem.srm.requests.as_ref().unwrap().0;
    assert_eq!(packages[0].minute, Some(MinuteOfTheYear(525_599)));
    assert_eq!(packages[1].minute, Some(MinuteOfTheYear(0)));
    for delay in [0, 5, 40] {
        let received = sent + Duration::from_seconds(delay);
        assert_eq!(PriorityRequest::all_from_srem(&srem, received).unwrap(), requests);
    }
}

#[test]
fn what_one_message_says_once_must_be_the_same_in_all_requests() {
    let one = ambulance(3107, NEW_YEAR);
    let refused =
        |other: PriorityRequest| PriorityRequest::to_srem(&[one.clone(), other], NEW_YEAR).unwrap_err();
    assert_eq!(
        refused(PriorityRequest { station: StationId(1), ..one.clone() }),
        ViewError::Differs("station")
    );
    assert_eq!(refused(PriorityRequest { speed: None, ..one.clone() }), ViewError::Differs("speed"));
    assert_eq!(PriorityRequest::to_srem(&[], NEW_YEAR), Err(ViewError::Empty));
    let many = vec![one; 33];
    assert_eq!(
        PriorityRequest::to_srem(&many, NEW_YEAR),
        Err(ViewError::TooMany { what: "requests", most: 32, found: 33 })
    );
}

#[test]
fn what_the_wire_cannot_say_is_refused() {
    let one = ambulance(3107, NEW_YEAR);
    let refused = |request: PriorityRequest| PriorityRequest::to_srem(&[request], NEW_YEAR).unwrap_err();
    assert_eq!(refused(PriorityRequest { subrole: Some(16), ..one.clone() }), ViewError::Subrole(16));
    assert_eq!(refused(PriorityRequest { importance: Some(16), ..one.clone() }), ViewError::Importance(16));
    let window = Duration::from_seconds(70);
    assert_eq!(
        refused(PriorityRequest { service_window: Some(window), ..one.clone() }),
        ViewError::ServiceWindow(window)
    );
    // What has a place on the wire, but not this value, is for the encoder to refuse.
    let approach = PriorityRequest { inbound: IntersectionAccess::Approach(16), ..one };
    let error = PriorityRequest::to_srem(&[approach], NEW_YEAR).unwrap().encode(&mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SREM srm.requests[0].request.inBoundLane.approach: expected 0 to 15, found 16"
    );
}

#[test]
fn statuses_are_grouped_by_intersection() {
    let status = |id, request| RequestStatus {
        intersection: IntersectionReference { region: Some(528), id },
        station: StationId(1_234_567),
        request: RequestId(request),
        sequence: SequenceNumber(5),
        role: Some(VehicleRole::Emergency),
        inbound: IntersectionAccess::Approach(4),
        outbound: None,
        eta: None,
        service_window: None,
        status: PrioritizationStatus::Granted,
    };
    let statuses = [status(1, 1), status(2, 2), status(1, 3)];
    let ssem = RequestStatus::to_ssem(&statuses, StationId(70_001), SequenceNumber(9), NEW_YEAR).unwrap();
    assert_eq!(ssem.header.station_id.0, 70_001);
    assert_eq!(ssem.ssm.status.0.iter().map(|one| one.sig_status.0.len()).collect::<Vec<_>>(), [2, 1]);
    let read = RequestStatus::all_from_ssem(&ssem, NEW_YEAR).unwrap();
    assert_eq!(read, [statuses[0].clone(), statuses[2].clone(), statuses[1].clone()]);
}

#[test]
fn a_status_without_a_station_answers_nobody_and_a_request_without_one_is_an_error() {
    let mut srem = PriorityRequest::to_srem(&[ambulance(3107, NEW_YEAR)], NEW_YEAR).unwrap();
    srem.srm.requestor.id = VehicleId::EntityId(dsrc::TemporaryId(FixedOctets([0xa1, 0xb2, 0xc3, 0xd4])));
    assert_eq!(PriorityRequest::all_from_srem(&srem, NEW_YEAR), Err(ViewError::NotAStation));
    srem.srm.requestor.id = VehicleId::StationId(voorrang_messages::its_container::StationId(1));
    srem.srm.requests = None;
    assert_eq!(PriorityRequest::all_from_srem(&srem, NEW_YEAR), Ok(vec![]));
}

#[test]
fn what_a_later_version_asks_is_an_error_but_a_role_of_it_is_kept() {
    let view = |octets: &str| {
        let srem = Srem::decode(&voorrang_messages::hex::octets(octets).unwrap()).unwrap();
        PriorityRequest::all_from_srem(&srem, NEW_YEAR)
    };
    // The vectors dev-srem-fut-003 to -005.
    let kind = "02090012d6877324603b920503940840308c1e0401811648c077240fa0604004b5a1d81879aa962a3f0dcae9160201e708109c40";
    let access = "02090012d6877324603b920503940840308c1cc0010100811648c077240fa0604004b5a1d81879aa962a3f0dcae9160201e708109c40";
    let role = "02090012d6877324603b920503940840308c1c803022c9180ee481f40c080096b43b1003cd54b151f86e5748b0100f384084e2";
    assert_eq!(view(kind), Err(ViewError::UnknownKind(1)));
    assert_eq!(view(access), Err(ViewError::UnknownAccess(0)));
    assert_eq!(view(role).unwrap()[0].role, Some(VehicleRole::Unknown(0)));
}

#[test]
fn a_request_of_a_later_version_leaves_the_others_readable() {
    // SREM `dev-srem-003` of the vectors: three intersections. The first is asked by an access that this version does not know.
    let vectors = include_str!("vectors/srem.jsonl");
    let record: serde_json::Value =
        serde_json::from_str(vectors.lines().nth(3).expect("a record")).expect("JSON");
    let octets = voorrang_messages::hex::octets(record["uper"].as_str().expect("hex")).expect("hex");
    let mut srem = Srem::decode(&octets).expect("a vector");
    let packages = srem.srm.requests.as_mut().expect("requests");
    packages.0[0].request.in_bound_lane = dsrc::IntersectionAccessPoint::Unknown(2);

    let each = PriorityRequest::each_from_srem(&srem, NEW_YEAR).expect("a station");
    let read: Vec<_> = each.map(|request| request.map(|request| request.intersection.id)).collect();
    assert_eq!(read, [Err(ViewError::UnknownAccess(2)), Ok(3108), Ok(3109)]);
    assert_eq!(PriorityRequest::all_from_srem(&srem, NEW_YEAR), Err(ViewError::UnknownAccess(2)));
}
