//! Who gets past the gatekeeper. The crossing is that of the engine's tests: approach 1 comes from the north, its stop line 10 m north of the centre,
//! lanes of 400 m; 2 from the east, 3 from the south, 4 from the west.

use std::sync::Arc;

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    SequenceNumber, StationId, StationType, VehicleRole,
};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, StrategyConfig, VehiclePosition};
use voorrang_signals::document::Document;
use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, LocalPlane, LocalPosition, Speed};

use super::{Claims, Gatekeeper, Refusal, SecurityConfig};
use crate::messaging::{Identity, Sender};

const AMBULANCE: StationId = StationId(112_001);
const COLLEAGUE: StationId = StationId(112_002);
const BUS: StationId = StationId(3_000_001);
const CAR: StationId = StationId(999_999);

/// Ambulances by key and from a network, a bus company by certificate, and anybody's car from everywhere.
const LIST: &str = r#"
[[authorised]]
name = "ambulances"
stations = ["112001-112099"]
key = "rav"
role = "emergency"
importance_ceiling = 14
vehicle_type = "special_vehicles"
iso3883 = [20, 21]
[[authorised]]
name = "fire service"
stations = ["200000-209999"]
network = "10.1.0.0/16"
role = "emergency"
importance_ceiling = 12
[[authorised]]
name = "second ambulance"
stations = [113001]
subject = "CN=second"
role = "emergency"
importance_ceiling = 14
area = "528/2"
hours = { days = "mon-fri", from = "07:00", to = "19:00" }
[[authorised]]
name = "buses"
stations = ["3000001-3000100"]
subject = "CN=buses"
role = "public_transport"
importance_ceiling = 9
[[authorised]]
name = "cars"
stations = "any"
network = "0.0.0.0/0"
role = "traffic"
"#;

/// Crossing 1, and crossing 2 at another place of the same form.
fn crossings() -> Vec<Arc<Intersection>> {
    let text = include_str!("../../../priority/tests/support/crossing.toml");
    let second = text
        .replace("id = 1\n", "id = 2\n")
        .replace("Test crossing", "Second crossing")
        .replace("[52.00", "[52.10")
        .replace("[51.99", "[52.09")
        .replace("reference = [52.0,", "reference = [52.1,");
    [text, &second].iter().map(|text| Arc::new(Intersection::from_toml(text, "k.toml").unwrap())).collect()
}

fn config(text: &str) -> SecurityConfig {
    let document = Document::parse("gateway.toml", text);
    let config = SecurityConfig::read(&document.root(), &crossings());
    document.finish().map_err(|problems| problems.to_string()).unwrap();
    config.unwrap()
}

fn gatekeeper() -> Gatekeeper {
    Gatekeeper::new(config(LIST), &crossings())
}

/// A Monday, 08:00 in the Netherlands.
fn start() -> Instant {
    Instant::from_utc(2026, 1, 12, 7, 0, 0).unwrap()
}

fn second(seconds: f64) -> Instant {
    start() + Duration::from_seconds_f64(seconds)
}

fn at(east: f64, north: f64) -> GeodeticPosition {
    let plane = LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap());
    plane.to_geodetic(LocalPosition::from_metres(east, north))
}

fn key(name: &str) -> Sender {
    Sender { transport: "udp", identity: Identity::Key(name.into()) }
}

fn certificate(subject: &str) -> Sender {
    Sender { transport: "tcp", identity: Identity::Certificate(subject.into()) }
}

fn address(address: &str) -> Sender {
    Sender { transport: "udp", identity: Identity::Address(address.parse().unwrap()) }
}

/// An ambulance from the north at 14 m/s, `metres` north of the centre at a moment.
fn request(station: StationId, metres: f64, now: Instant) -> PriorityRequest {
    PriorityRequest {
        station,
        intersection: IntersectionReference { region: Some(528), id: 1 },
        request: RequestId(1),
        sequence: Some(SequenceNumber(u8::try_from(now.unix_millis() / 1000 % 128).unwrap())),
        kind: RequestKind::New,
        inbound: IntersectionAccess::Approach(1),
        outbound: None,
        eta: Some(now + Duration::from_seconds_f64((metres - 10.0) / 14.0)),
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: Some(at(-2.0, metres)),
        heading: Some(Angle::from_degrees(180.0)),
        speed: Some(Speed::from_metres_per_second(14.0)),
    }
}

fn claims(station: StationId, generated: Instant) -> Claims {
    Claims { station, generated: Some(generated), sent: None, station_type: None, iso3883: None }
}

/// What becomes of a request, with its changes, from the ambulances' own key at second 0.
fn judged(change: impl FnOnce(&mut PriorityRequest)) -> Result<(), Refusal> {
    let mut request = request(AMBULANCE, 200.0, start());
    change(&mut request);
    ask(&gatekeeper(), start(), &key("rav"), &request)
}

fn ask(
    gatekeeper: &Gatekeeper,
    now: Instant,
    sender: &Sender,
    request: &PriorityRequest,
) -> Result<(), Refusal> {
    gatekeeper.admit_request(now, sender, &claims(request.station, now), request).map(|_| ())
}

fn vehicle(station: StationId, position: GeodeticPosition, heading: f64, lit: bool) -> VehiclePosition {
    VehiclePosition {
        station,
        position,
        speed: Some(Speed::from_metres_per_second(14.0)),
        heading: Some(Angle::from_degrees(heading)),
        light_bar: lit,
        siren: lit,
    }
}

/// The first octets of a message of a station, as far as the gatekeeper looks.
fn header(message: u8, station: StationId) -> Vec<u8> {
    [&[2, message][..], &station.0.to_be_bytes(), &[0; 40]].concat()
}

#[test]
fn the_default_refuses() {
    let nobody = Gatekeeper::new(SecurityConfig::default(), &crossings());
    let request = request(AMBULANCE, 200.0, start());
    for sender in [key("rav"), certificate("CN=buses"), address("127.0.0.1")] {
        assert_eq!(nobody.admit_octets(start(), &sender, &header(9, AMBULANCE)), Err(Refusal::UnknownSender));
        assert_eq!(ask(&nobody, start(), &sender, &request), Err(Refusal::UnknownSender));
    }
    let counted: Vec<_> = nobody.refused().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counted, [(Refusal::UnknownSender, 6)]);
}

#[test]
fn an_honest_request_gets_the_permit_of_its_entry() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    assert_eq!(gatekeeper.admit_octets(start(), &sender, &header(9, AMBULANCE)), Ok(()));
    let request = request(AMBULANCE, 200.0, start());
    let permit = gatekeeper.admit_request(start(), &sender, &claims(AMBULANCE, start()), &request).unwrap();
    assert_eq!((&*permit.name, permit.importance_ceiling), ("ambulances", 14));
}

#[test]
fn whoever_vouches_for_one_station_does_not_speak_for_another() {
    let gatekeeper = gatekeeper();
    let judged = |sender: &Sender, station| {
        let asked = ask(&gatekeeper, start(), sender, &request(station, 200.0, start()));
        let octets = gatekeeper.admit_octets(start(), sender, &header(9, station));
        assert_eq!(asked.is_err(), octets.is_err());
        octets
    };
    assert_eq!(judged(&key("rav"), AMBULANCE), Ok(()));
    assert_eq!(judged(&key("rav"), StationId(200_001)), Err(Refusal::StationOfAnother));
    assert_eq!(judged(&certificate("CN=second"), AMBULANCE), Err(Refusal::StationOfAnother));
    assert_eq!(judged(&key("stolen"), AMBULANCE), Err(Refusal::UnknownSender));
    assert_eq!(judged(&address("10.1.7.7"), StationId(200_001)), Ok(()));
    assert_eq!(judged(&address("2001:db8::1"), StationId(200_001)), Err(Refusal::UnknownSender));
    // 192.0.2.7 stands on the list as anybody's car, which is none of the stations that others name.
    assert_eq!(judged(&address("192.0.2.7"), AMBULANCE), Err(Refusal::StationOfAnother));
}

#[test]
fn the_header_and_the_requestor_are_one_station() {
    let request = request(AMBULANCE, 200.0, start());
    let forged = gatekeeper().admit_request(start(), &key("rav"), &claims(COLLEAGUE, start()), &request);
    assert_eq!(forged.map(|_| ()), Err(Refusal::StationMismatch));
}

#[test]
fn a_civilian_with_role_emergency_is_refused() {
    let gatekeeper = gatekeeper();
    let emergency = |station| request(station, 200.0, start());
    let car = address("192.0.2.7");
    assert_eq!(ask(&gatekeeper, start(), &car, &emergency(CAR)), Err(Refusal::CivilianAsEmergency));
    let bus = certificate("CN=buses");
    assert_eq!(ask(&gatekeeper, start(), &bus, &emergency(BUS)), Err(Refusal::CivilianAsEmergency));
    let as_bus = PriorityRequest {
        role: Some(VehicleRole::PublicTransport),
        subrole: Some(1),
        importance: Some(9),
        ..emergency(BUS)
    };
    assert_eq!(ask(&gatekeeper, start(), &bus, &as_bus), Ok(()));
    let lit = vehicle(CAR, at(-2.0, 200.0), 180.0, true);
    let lit = gatekeeper.admit_position(start(), &car, &claims(CAR, start()), &lit);
    assert_eq!(lit.map(|_| ()), Err(Refusal::CivilianAsEmergency));
    let dark = vehicle(CAR, at(-2.0, 200.0), 180.0, false);
    assert!(gatekeeper.admit_position(start(), &car, &claims(CAR, start()), &dark).is_ok());
}

#[test]
fn role_and_subrole_are_those_of_the_entry() {
    assert_eq!(judged(|_| ()), Ok(()));
    assert_eq!(judged(|r| r.role = None), Err(Refusal::RoleNotAllowed));
    assert_eq!(judged(|r| r.role = Some(VehicleRole::PublicTransport)), Err(Refusal::RoleNotAllowed));
    assert_eq!(judged(|r| r.subrole = Some(6)), Err(Refusal::SubroleNotAllowed));
    assert_eq!(judged(|r| r.subrole = None), Err(Refusal::SubroleNotAllowed));
}

#[test]
fn the_kind_of_vehicle_is_that_of_the_entry_where_the_message_tells() {
    let gatekeeper = gatekeeper();
    let request = request(AMBULANCE, 200.0, start());
    for (iso3883, passes) in [(None, true), (Some(20), true), (Some(0), false)] {
        let claims = Claims { iso3883, ..claims(AMBULANCE, start()) };
        let judged = gatekeeper.admit_request(start(), &key("rav"), &claims, &request);
        assert_eq!(judged.is_ok(), passes, "{iso3883:?}");
    }
    let cam = vehicle(AMBULANCE, at(-2.0, 200.0), 180.0, true);
    for (station_type, passes) in [(StationType::SpecialVehicles, true), (StationType::PassengerCar, false)] {
        let claims = Claims { station_type: Some(station_type), ..claims(AMBULANCE, start()) };
        assert_eq!(gatekeeper.admit_position(start(), &key("rav"), &claims, &cam).is_ok(), passes);
    }
}

#[test]
fn an_entry_holds_at_its_hours_and_in_its_area() {
    let gatekeeper = gatekeeper();
    let sender = certificate("CN=second");
    let station = StationId(113_001);
    let near_second = |now: Instant| PriorityRequest {
        intersection: IntersectionReference { region: Some(528), id: 2 },
        position: GeodeticPosition::from_degrees(52.1018, 4.99997),
        ..request(station, 200.0, now)
    };
    assert_eq!(ask(&gatekeeper, start(), &sender, &near_second(start())), Ok(()));
    assert_eq!(
        ask(&gatekeeper, start(), &sender, &request(station, 200.0, start())),
        Err(Refusal::OutsideArea)
    );
    let night = Instant::from_utc(2026, 1, 12, 22, 0, 0).unwrap();
    assert_eq!(ask(&gatekeeper, night, &sender, &near_second(night)), Err(Refusal::OutsideHours));
    // A position under blue light becomes a request where it leads: at the first crossing it may not.
    let judged = |east, north, lit| {
        let cam = vehicle(station, at(east, north), 180.0, lit);
        let now = night - Duration::from_seconds(13 * 3600);
        gatekeeper.admit_position(now, &sender, &claims(station, now), &cam).map(|_| ())
    };
    assert_eq!(judged(-2.0, 200.0, true), Err(Refusal::OutsideArea));
    assert_eq!(judged(-2.0, 200.0, false), Ok(()));
}

#[test]
fn what_is_asked_has_to_be_there() {
    assert_eq!(judged(|r| r.intersection.id = 77), Err(Refusal::UnknownIntersection));
    assert_eq!(judged(|r| r.intersection.region = None), Ok(()), "the number is known once");
    assert_eq!(judged(|r| r.inbound = IntersectionAccess::Approach(9)), Err(Refusal::UnknownApproach));
    assert_eq!(judged(|r| r.inbound = IntersectionAccess::Lane(11)), Err(Refusal::UnknownApproach));
    assert_eq!(judged(|r| r.inbound = IntersectionAccess::Lane(1)), Ok(()));
    assert_eq!(judged(|r| r.inbound = IntersectionAccess::Connection(2)), Ok(()));
}

#[test]
fn nobody_is_faster_than_55_metres_per_second_or_asks_more_than_300_seconds_ahead() {
    let eta = |seconds: f64| move |r: &mut PriorityRequest| r.eta = Some(second(seconds));
    assert_eq!(judged(eta(300.0)), Ok(()));
    assert_eq!(judged(eta(300.1)), Err(Refusal::EtaTooFarAhead));
    assert_eq!(
        judged(|r| r.speed = Some(Speed::from_metres_per_second(56.0))),
        Err(Refusal::ImplausibleSpeed)
    );
    // 390 m before the stop line: 7.1 s at 55 m/s, and 2 s of grace.
    let far = |seconds: f64| {
        judged(|r| {
            r.position = Some(at(-2.0, 400.0));
            r.eta = Some(second(seconds));
        })
    };
    assert_eq!(far(6.0), Ok(()));
    assert_eq!(far(4.0), Err(Refusal::EtaTooEarly));
    assert_eq!(far(-30.0), Err(Refusal::EtaTooEarly), "in the past");
}

#[test]
fn an_honest_request_9_km_and_290_s_away_is_heard_from_wherever_the_road_comes() {
    for bearing in [0.0_f64, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0] {
        let radians = bearing.to_radians();
        let far = |r: &mut PriorityRequest| {
            r.position = Some(at(9000.0 * radians.sin(), 9000.0 * radians.cos()));
            r.heading = Some(Angle::from_degrees(bearing));
            r.speed = Some(Speed::from_metres_per_second(31.0));
            r.eta = Some(second(290.0));
        };
        assert_eq!(judged(far), Ok(()), "{bearing}");
        let lying = |r: &mut PriorityRequest| {
            far(r);
            r.eta = Some(second(100.0));
        };
        assert_eq!(judged(lying), Err(Refusal::EtaTooEarly), "{bearing}");
    }
}

#[test]
fn close_by_a_vehicle_is_on_the_road_that_leads_to_its_approach() {
    let placed = |east: f64, north: f64, heading: f64| {
        judged(move |r| {
            r.position = Some(at(east, north));
            r.heading = Some(Angle::from_degrees(heading));
        })
    };
    assert_eq!(placed(-2.0, 100.0, 180.0), Ok(()));
    assert_eq!(placed(8.0, 100.0, 180.0), Ok(()), "beside the queue");
    assert_eq!(placed(60.0, 60.0, 225.0), Err(Refusal::OffRoad), "in the park");
    assert_eq!(placed(100.0, 2.0, 270.0), Err(Refusal::OtherApproach), "from the east");
    assert_eq!(placed(2.0, -100.0, 0.0), Err(Refusal::OtherApproach), "from the south");
    assert_eq!(placed(-80.0, -150.0, 0.0), Err(Refusal::OffRoad), "behind the junction");
    assert_eq!(placed(-2.0, 100.0, 0.0), Err(Refusal::WrongHeading));
    assert_eq!(placed(-300.0, 600.0, 90.0), Ok(()), "by a road that we don't know");
}

#[test]
fn a_vehicle_that_has_passed_may_say_so_but_not_begin_with_it() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    let passed = |now| PriorityRequest {
        kind: RequestKind::Update,
        position: Some(at(-2.0, -60.0)),
        ..request(AMBULANCE, 200.0, now)
    };
    assert_eq!(ask(&gatekeeper, start(), &sender, &passed(start())), Err(Refusal::OtherApproach));
    assert_eq!(ask(&gatekeeper, start(), &sender, &request(AMBULANCE, 20.0, start())), Ok(()));
    assert_eq!(ask(&gatekeeper, second(5.0), &sender, &passed(second(5.0))), Ok(()));
    assert_eq!(ask(&gatekeeper, second(30.0), &sender, &passed(second(30.0))), Err(Refusal::OtherApproach));
}

#[test]
fn whoever_asks_says_where_it_is() {
    assert_eq!(judged(|r| r.position = None), Err(Refusal::NoPosition));
    // Its CAM counts too, for three seconds, and is held against the road.
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    let hear = |position, now| {
        let cam = vehicle(AMBULANCE, position, 180.0, true);
        gatekeeper.admit_position(now, &sender, &claims(AMBULANCE, now), &cam).map(|_| ())
    };
    let silent = |now| PriorityRequest { position: None, ..request(AMBULANCE, 200.0, now) };
    assert_eq!(hear(at(-2.0, 300.0), start()), Ok(()));
    assert_eq!(ask(&gatekeeper, second(1.0), &sender, &silent(second(1.0))), Ok(()));
    assert_eq!(ask(&gatekeeper, second(3.5), &sender, &silent(second(3.5))), Err(Refusal::NoPosition));
    let park = StationId(112_009);
    let cam = vehicle(park, at(60.0, 60.0), 180.0, true);
    assert!(gatekeeper.admit_position(start(), &sender, &claims(park, start()), &cam).is_ok());
    let request = PriorityRequest { position: None, ..request(park, 200.0, start()) };
    assert_eq!(ask(&gatekeeper, start(), &sender, &request), Err(Refusal::OffRoad));
}

#[test]
fn nobody_jumps_or_brakes_like_nothing_on_earth() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    let drive = |seconds: f64, metres: f64, speed: f64| {
        let now = second(seconds);
        let speed = Some(Speed::from_metres_per_second(speed));
        ask(&gatekeeper, now, &sender, &PriorityRequest { speed, ..request(AMBULANCE, metres, now) })
    };
    assert_eq!(drive(0.0, 390.0, 14.0), Ok(()));
    assert_eq!(drive(1.0, 376.0, 14.0), Ok(()));
    assert_eq!(drive(2.0, 200.0, 14.0), Err(Refusal::ImpossibleJump));
    assert_eq!(drive(2.5, 355.0, 14.0), Ok(()), "what was refused left no trace");
    assert_eq!(drive(4.0, 334.0, 40.0), Err(Refusal::ImplausibleAcceleration));
    assert_eq!(drive(4.5, 327.0, 14.0), Ok(()));
    // The same by its CAM: a track that contradicts the requests.
    let cam = vehicle(AMBULANCE, at(-2.0, 5000.0), 180.0, true);
    let heard = gatekeeper.admit_position(second(5.0), &sender, &claims(AMBULANCE, second(5.0)), &cam);
    assert_eq!(heard.map(|_| ()), Err(Refusal::ImpossibleJump));
}

#[test]
fn an_old_message_is_stale_and_so_is_one_from_the_future() {
    let gatekeeper = gatekeeper();
    let request = request(AMBULANCE, 200.0, start());
    let judged = |generated: f64, sent: Option<f64>| {
        let claims = Claims { sent: sent.map(second), ..claims(AMBULANCE, second(generated)) };
        gatekeeper.admit_request(start(), &key("rav"), &claims, &request).map(|_| ())
    };
    assert_eq!(judged(-2.0, None), Ok(()));
    assert_eq!(judged(-2.1, None), Err(Refusal::Stale));
    assert_eq!(judged(2.1, None), Err(Refusal::Stale));
    assert_eq!(judged(0.0, Some(-2.1)), Err(Refusal::Stale));
    let untimed = Claims { generated: None, ..claims(AMBULANCE, start()) };
    assert!(gatekeeper.admit_request(start(), &key("rav"), &untimed, &request).is_ok());
}

#[test]
fn the_same_again_is_honest_and_the_same_numbers_with_other_content_a_replay() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    let first = request(AMBULANCE, 200.0, start());
    let judged = |now, request: &PriorityRequest| {
        gatekeeper.admit_request(now, &sender, &claims(AMBULANCE, start()), request).map(|_| ())
    };
    assert_eq!(judged(start(), &first), Ok(()));
    assert_eq!(judged(second(1.0), &first), Ok(()), "sent twice against loss");
    let other = PriorityRequest { inbound: IntersectionAccess::Lane(1), ..first.clone() };
    assert_eq!(judged(second(1.5), &other), Err(Refusal::Replayed));
    assert_eq!(judged(second(30.0), &first), Err(Refusal::Stale));
    // Without a time in the message its numbers alone tell, for a minute.
    let untimed = |request: &PriorityRequest, now| {
        let claims = Claims { generated: None, ..claims(COLLEAGUE, now) };
        gatekeeper.admit_request(now, &sender, &claims, request).map(|_| ())
    };
    let first = PriorityRequest { eta: None, ..request(COLLEAGUE, 200.0, start()) };
    let other = PriorityRequest { inbound: IntersectionAccess::Lane(1), ..first.clone() };
    assert_eq!(untimed(&first, start()), Ok(()));
    assert_eq!(untimed(&other, second(59.0)), Err(Refusal::Replayed));
    assert_eq!(untimed(&other, second(61.0)), Ok(()));
}

#[test]
fn a_better_identity_keeps_a_weaker_one_from_speaking_for_its_station() {
    let both = format!(
        "{LIST}\n[[authorised]]\nname = \"ambulances by address\"\nstations = [\"112001-112099\"]\n\
         network = \"10.9.0.0/16\"\nrole = \"emergency\"\nimportance_ceiling = 14\n"
    );
    let gatekeeper = Gatekeeper::new(config(&both), &crossings());
    let by = |sender: &Sender, seconds: f64| {
        ask(&gatekeeper, second(seconds), sender, &request(AMBULANCE, 200.0, second(seconds)))
    };
    let (one, another) = (address("10.9.0.1"), address("10.9.0.2"));
    assert_eq!(by(&one, 0.0), Ok(()));
    assert_eq!(by(&another, 1.0), Err(Refusal::StationInUse));
    assert_eq!(by(&another, 3.5), Ok(()), "the first has been silent: its address changed");
    assert_eq!(by(&key("rav"), 4.0), Ok(()));
    assert_eq!(by(&another, 30.0), Err(Refusal::StationInUse));
    assert_eq!(
        gatekeeper.admit_octets(second(30.0), &one, &header(9, AMBULANCE)),
        Err(Refusal::StationInUse)
    );
}

#[test]
fn one_station_sends_five_requests_a_second_and_twelve_positions() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    let passed = |message, station, from: i64, to: i64| {
        let sent = (from..to).map(|millis| start() + Duration::from_millis(millis));
        sent.filter(|now| gatekeeper.admit_octets(*now, &sender, &header(message, station)).is_ok()).count()
    };
    assert_eq!(passed(9, AMBULANCE, 0, 1), 1);
    assert_eq!(passed(9, AMBULANCE, 1, 10_000), 9 + 50 - 1);
    assert!(passed(2, AMBULANCE, 10_000, 20_000) >= 120, "positions have a bucket of their own");
    assert_eq!(passed(9, COLLEAGUE, 20_000, 20_010), 10, "nobody else's bucket was touched");
}

#[test]
fn a_station_has_ten_live_requests_at_an_intersection_and_a_quota_for_the_hour() {
    let list = LIST.replace("iso3883 = [20, 21]", "requests_per_hour = 30");
    let gatekeeper = Gatekeeper::new(config(&list), &crossings());
    let numbered = |number: u8, seconds: f64| {
        let now = second(seconds);
        let request = PriorityRequest { request: RequestId(number), ..request(AMBULANCE, 200.0, now) };
        ask(&gatekeeper, now, &key("rav"), &request)
    };
    assert!((0..10).all(|number| numbered(number, 0.0).is_ok()));
    assert_eq!(numbered(10, 1.0), Err(Refusal::TooManyRequests));
    assert_eq!(numbered(9, 1.0), Ok(()), "an update is nothing more");
    assert_eq!(numbered(10, 12.0), Ok(()), "the others are over");
    let granted = (0..50_u8).filter(|n| numbered(20 + n, 30.0 + 12.0 * f64::from(*n)).is_ok()).count();
    assert!((19..=26).contains(&granted), "{granted}");
    assert!(gatekeeper.refused().any(|(refusal, count)| refusal == Refusal::HourlyQuota && count > 20));
}

#[test]
fn buses_leave_room_for_emergency_vehicles() {
    let gatekeeper = gatekeeper();
    let bus = certificate("CN=buses");
    let asked = |number: u32| {
        let station = StationId(BUS.0 + number);
        let request = PriorityRequest {
            role: Some(VehicleRole::PublicTransport),
            subrole: Some(1),
            importance: Some(9),
            ..request(station, 200.0, start())
        };
        ask(&gatekeeper, start(), &bus, &request)
    };
    assert_eq!((0..50).filter(|number| asked(*number).is_ok()).count(), 10);
    assert_eq!(asked(40), Err(Refusal::TooManyRequests));
    assert_eq!(ask(&gatekeeper, start(), &key("rav"), &request(AMBULANCE, 200.0, start())), Ok(()));
}

#[test]
fn a_cancellation_needs_no_reason_but_the_right_sender() {
    let gatekeeper = gatekeeper();
    let cancel = |now| PriorityRequest {
        kind: RequestKind::Cancellation,
        role: None,
        position: None,
        ..request(AMBULANCE, 200.0, now)
    };
    assert_eq!(ask(&gatekeeper, start(), &key("rav"), &request(AMBULANCE, 200.0, start())), Ok(()));
    assert_eq!(
        ask(&gatekeeper, second(1.0), &certificate("CN=second"), &cancel(second(1.0))),
        Err(Refusal::StationOfAnother)
    );
    assert_eq!(ask(&gatekeeper, second(1.0), &key("rav"), &cancel(second(1.0))), Ok(()));
}

#[test]
fn a_new_list_holds_at_once_and_nothing_is_forgotten() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    assert_eq!(ask(&gatekeeper, start(), &sender, &request(AMBULANCE, 390.0, start())), Ok(()));
    gatekeeper.reload(config(&LIST.replace("112001-112099", "112001")), &crossings());
    assert_eq!(
        ask(&gatekeeper, second(1.0), &sender, &request(COLLEAGUE, 200.0, second(1.0))),
        Err(Refusal::StationOfAnother)
    );
    assert_eq!(
        ask(&gatekeeper, second(1.0), &sender, &request(AMBULANCE, 100.0, second(1.0))),
        Err(Refusal::ImpossibleJump)
    );
    gatekeeper.reload(SecurityConfig::default(), &crossings());
    assert_eq!(
        ask(&gatekeeper, second(2.0), &sender, &request(AMBULANCE, 362.0, second(2.0))),
        Err(Refusal::UnknownSender)
    );
}

#[test]
fn however_many_stations_come_the_memory_is_bounded_and_the_honest_stay() {
    let gatekeeper = gatekeeper();
    let sender = key("rav");
    for tenth in 0..60 {
        let now = second(f64::from(tenth) / 10.0);
        let cam = vehicle(AMBULANCE, at(-2.0, 390.0 - 1.4 * f64::from(tenth)), 180.0, true);
        gatekeeper.admit_position(now, &sender, &claims(AMBULANCE, now), &cam).unwrap();
    }
    let mut passed = 0;
    for number in 0..150_000_u32 {
        let now = second(6.0 + f64::from(number) / 15_000.0);
        let car = StationId(500_000_000 + number);
        let cam = vehicle(car, at(-2.0, 200.0), 180.0, false);
        passed +=
            u32::from(gatekeeper.admit_position(now, &address("192.0.2.7"), &claims(car, now), &cam).is_ok());
    }
    let (emergency, others) = gatekeeper.remembered();
    assert_eq!(emergency, 1);
    assert!(others <= 32_768 && passed < 60_000, "{others} {passed}");
    let now = second(20.0);
    let far = PriorityRequest { eta: None, ..request(AMBULANCE, 5000.0, now) };
    assert_eq!(
        ask(&gatekeeper, now, &sender, &far),
        Err(Refusal::ImpossibleJump),
        "its track is still there"
    );
    gatekeeper.forget_idle(second(4000.0));
    assert_eq!(gatekeeper.remembered(), (0, 0));
}

/// The engine of the crossing, and what it told the ambulance last.
struct Street {
    gatekeeper: Gatekeeper,
    engine: PriorityEngine,
    told: Option<PrioritizationStatus>,
    reached: usize,
}

impl Street {
    fn new() -> Self {
        let crossings = crossings();
        let config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
        Self {
            gatekeeper: gatekeeper(),
            engine: PriorityEngine::new(crossings, config, start()),
            told: None,
            reached: 0,
        }
    }

    /// Octets, then what they say; as the gateway does it.
    fn send(&mut self, now: Instant, sender: &Sender, request: &PriorityRequest) -> Result<(), Refusal> {
        self.gatekeeper.admit_octets(now, sender, &header(9, request.station))?;
        self.gatekeeper.admit_request(now, sender, &claims(request.station, now), request)?;
        self.reached += 1;
        self.tell(now, Input::Request(request.clone()));
        Ok(())
    }

    fn tell(&mut self, now: Instant, input: Input) {
        let mut outputs = Vec::new();
        self.engine.handle(now, input, &mut outputs);
        for output in outputs {
            if let Output::Status(status) = output
                && status.station == AMBULANCE
            {
                self.told = Some(status.status);
            }
        }
    }

    /// North is green, all others red.
    fn confirm(&mut self, now: Instant) {
        for group in 0..5 {
            let aspect = if group < 2 { Aspect::Green } else { Aspect::Red };
            let intersection = crossings()[0].id();
            self.tell(now, Input::Signal { intersection, group: GroupIndex(group), aspect });
        }
    }
}

/// An ambulance drives 20 s from 290 m at 14 m/s and asks once a second; from second 1 on `attack` sends what it likes in between. Its green is
/// confirmed at second 2 and has to be there at the end.
fn keeps_its_green_through(mut attack: impl FnMut(&mut Street, Instant)) -> Street {
    let mut street = Street::new();
    for tenth in 0..200_u32 {
        let now = second(f64::from(tenth) / 10.0);
        if tenth >= 10 {
            attack(&mut street, now);
        }
        if tenth % 10 == 0 {
            let metres = 290.0 - 1.4 * f64::from(tenth);
            street.send(now, &key("rav"), &request(AMBULANCE, metres, now)).unwrap();
        }
        if tenth == 20 {
            street.confirm(now);
        }
        if tenth > 30 {
            assert_eq!(
                street.told,
                Some(PrioritizationStatus::Granted),
                "second {}",
                f64::from(tenth) / 10.0
            );
        }
    }
    street
}

/// From the east, where no green may come meanwhile.
fn hostile(station: StationId, now: Instant) -> PriorityRequest {
    PriorityRequest {
        inbound: IntersectionAccess::Approach(2),
        position: Some(at(200.0, 2.0)),
        heading: Some(Angle::from_degrees(270.0)),
        eta: Some(now + Duration::from_seconds(14)),
        ..request(station, 200.0, now)
    }
}

fn refusals(street: &Street) -> Vec<(&'static str, u64)> {
    let counted = street.gatekeeper.refused().filter(|(_, count)| *count > 0);
    counted.map(|(refusal, count)| (refusal.name(), count)).collect()
}

#[test]
fn the_honest_ambulance_keeps_its_green_in_a_flood_of_strangers() {
    let street = keeps_its_green_through(|street, now| {
        for number in 0..500 {
            let station = StationId(number * 7 + 1);
            let _ = street.send(now, &key("stolen"), &hostile(station, now));
            let _ = street.send(now, &address("203.0.113.5"), &hostile(AMBULANCE, now));
        }
    });
    assert_eq!(street.reached, 20);
    assert_eq!(refusals(&street), [("unknown_sender", 95_000), ("station_of_another", 95_000)]);
    assert_eq!(street.gatekeeper.remembered().1, 0, "nothing is remembered of strangers");
}

#[test]
fn the_honest_ambulance_keeps_its_green_when_one_of_its_own_goes_mad() {
    let street = keeps_its_green_through(|street, now| {
        for _ in 0..100 {
            let _ = street.send(now, &key("rav"), &hostile(COLLEAGUE, now));
        }
    });
    assert!(street.reached < 20 + 10 + 5 * 19 + 1, "{}", street.reached);
    assert!(refusals(&street).contains(&("station_flood", 19_000 - (street.reached as u64 - 20))));
}

#[test]
fn the_honest_ambulance_keeps_its_green_against_10_000_stations_that_are_on_the_list() {
    // Whoever sits in the fire service's network can write any of its addresses and stations: what UDP without a key can't prevent.
    let mut number = 0;
    let street = keeps_its_green_through(|street, now| {
        for _ in 0..500 {
            number = (number + 1) % 10_000;
            let sender = address(&format!("10.1.{}.{}", number / 250, number % 250));
            let _ = street.send(now, &sender, &hostile(StationId(200_000 + number), now));
        }
    });
    // Each of them asks every two seconds, and as many are heard as an intersection takes on the word of an address.
    assert_eq!(street.reached, 20 + 16 * 10);
    assert_eq!(refusals(&street), [("too_many_requests", 95_000 - 16 * 10)]);
    assert_eq!(street.gatekeeper.remembered().0, 10_001);
}
