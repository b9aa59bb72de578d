//! The warning from end to end in virtual time: an ambulance comes down the northern approach of the test crossing.

use voorrang_messages::emergency_vehicle_approaching::{ActionId, DenmKind};
use voorrang_messages::{Denm, EmergencyVehicleApproaching, StationId};
use voorrang_signals::{ApproachIndex, Intersection};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, LocalPlane, LocalPosition, Speed};

use super::*;
use crate::VehiclePosition;

const OURS: StationId = StationId(900_001);
const AMBULANCE: StationId = StationId(0xCAFE_F00D);
const NORTH: ApproachIndex = ApproachIndex(0);
const SOUTHWARDS: f64 = 180.0;

fn at(seconds: f64) -> Instant {
    Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap() + Duration::from_seconds_f64(seconds)
}

/// Metres east and north of the crossing's centre.
fn place(east: f64, north: f64) -> GeodeticPosition {
    let centre = GeodeticPosition::from_degrees(52.0, 5.0).unwrap();
    LocalPlane::at(centre).to_geodetic(LocalPosition::from_metres(east, north))
}

fn crossing() -> Intersection {
    Intersection::from_toml(include_str!("../../tests/support/crossing.toml"), "crossing.toml").unwrap()
}

fn approach() -> RoadAhead {
    RoadAhead::approaching(&crossing(), NORTH).unwrap()
}

/// The ambulance, southwards in its lane, so far north of the centre.
fn ambulance(north: f64, speed: f64) -> VehiclePosition {
    VehiclePosition {
        station: AMBULANCE,
        position: place(-2.0, north),
        speed: Some(Speed::from_metres_per_second(speed)),
        heading: Some(Angle::from_degrees(SOUTHWARDS)),
        light_bar: true,
        siren: true,
    }
}

/// Our station, and one road user's receiver.
struct Street {
    publisher: EvaPublisher,
    receiver: EvaReceiver,
    relevance: Relevance,
    /// Every warning, with the time at which it was made.
    sent: Vec<(Instant, EmergencyVehicleApproaching)>,
    /// Whether the radio loses everything.
    lost: bool,
}

impl Street {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl Fn(&mut EvaConfig)) -> Self {
        let mut config = EvaConfig::with_station(OURS);
        change(&mut config);
        Self {
            publisher: EvaPublisher::new(&config),
            receiver: EvaReceiver::new(config.receiver.clone()),
            relevance: Relevance::new(config.receiver),
            sent: Vec::new(),
            lost: false,
        }
    }

    fn observe(&mut self, seconds: f64, vehicle: &VehiclePosition, road: Option<&RoadAhead>) -> usize {
        let mut outputs = Vec::new();
        self.publisher.observe(at(seconds), vehicle, road, &mut outputs);
        self.pass_on(at(seconds), outputs)
    }

    fn advance(&mut self, seconds: f64) -> usize {
        let mut outputs = Vec::new();
        self.publisher.advance(at(seconds), &mut outputs);
        self.pass_on(at(seconds), outputs)
    }

    /// Over the wire, bytes and all.
    fn pass_on(&mut self, now: Instant, outputs: Vec<EmergencyVehicleApproaching>) -> usize {
        for warning in &outputs {
            let read = there_and_back(warning);
            if !self.lost {
                self.receiver.receive(now, &read);
            }
        }
        let count = outputs.len();
        self.sent.extend(outputs.into_iter().map(|warning| (now, warning)));
        count
    }

    fn last(&self) -> &EmergencyVehicleApproaching {
        &self.sent.last().unwrap().1
    }

    /// Where the ambulance comes from, for a driver with that heading at a place by metres.
    fn from(&mut self, seconds: f64, east: f64, north: f64, heading: f64) -> Option<ComesFrom> {
        let driver =
            Driver { position: place(east, north), heading: Angle::from_degrees(heading), speed: None };
        self.relevance.assess(at(seconds), &driver, &self.receiver).first().map(|alert| alert.from)
    }

    /// As [`from`](Self::from), for a driver who was not warned before.
    fn new_driver(&mut self, seconds: f64, east: f64, north: f64, heading: f64) -> Option<ComesFrom> {
        self.relevance = Relevance::new(ReceiverConfig::default());
        self.from(seconds, east, north, heading)
    }
}

fn octets(warning: &EmergencyVehicleApproaching) -> Vec<u8> {
    let mut octets = Vec::new();
    warning.to_denm().unwrap().encode(&mut octets).unwrap();
    octets
}

fn there_and_back(warning: &EmergencyVehicleApproaching) -> EmergencyVehicleApproaching {
    EmergencyVehicleApproaching::from_denm(&Denm::decode(&octets(warning)).unwrap()).unwrap()
}

#[test]
fn light_bar_and_siren_raise_a_warning_for_the_road_ahead() {
    let mut street = Street::new();
    for (light_bar, siren) in [(true, false), (false, true), (false, false)] {
        let vehicle = VehiclePosition { light_bar, siren, ..ambulance(210.0, 14.0) };
        assert_eq!(street.observe(0.0, &vehicle, Some(&approach())), 0);
    }
    assert_eq!(street.publisher.next_deadline(), None);
    assert_eq!(street.observe(1.0, &ambulance(210.0, 14.0), Some(&approach())), 1);
    let warning = street.last();
    assert_eq!(warning.action, ActionId { originating_station: OURS, sequence_number: 0 });
    assert_eq!((warning.kind, warning.sender), (DenmKind::NewOrUpdate, OURS));
    assert_eq!((warning.detection_time, warning.reference_time), (at(1.0), at(1.0)));
    assert_eq!(warning.validity, Duration::from_seconds(15));
    assert_eq!(warning.traces.len(), 6, "own lane, three ways in, two ways out");
}

#[test]
fn a_vehicle_that_drives_is_updated_every_second_and_no_more() {
    let mut street = Street::new();
    for tenth in 0..=100 {
        let seconds = f64::from(tenth) / 10.0;
        street.observe(seconds, &ambulance(210.0 - 14.0 * seconds, 14.0), Some(&approach()));
    }
    let times: Vec<_> = street.sent.iter().map(|(now, _)| *now).collect();
    assert_eq!(times, (0..=10).map(|second| at(f64::from(second))).collect::<Vec<_>>());
    for ((now, warning), (_, next)) in street.sent.iter().zip(&street.sent[1..]) {
        assert!(next.is_update_of(warning));
        assert_eq!(warning.detection_time, *now);
    }
}

#[test]
fn what_came_too_soon_is_told_when_its_second_is_over() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    assert_eq!(street.observe(0.6, &ambulance(201.0, 14.0), None), 0);
    assert_eq!(street.publisher.next_deadline(), Some(at(1.0)));
    assert_eq!(street.advance(0.999), 0);
    assert_eq!(street.advance(1.0), 1);
    assert_eq!((street.last().detection_time, street.last().reference_time), (at(0.6), at(1.0)));
}

#[test]
fn a_vehicle_at_its_incident_is_updated_every_ten_seconds_and_warns_nobody_after_a_while() {
    let mut street = Street::new();
    for second in 0..=60 {
        street.observe(f64::from(second), &ambulance(110.0, 0.0), Some(&approach()));
    }
    let times: Vec<_> = street.sent.iter().map(|(now, _)| *now).collect();
    assert_eq!(times, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0].map(at));
    assert!(street.sent.iter().all(|(_, warning)| warning.action.sequence_number == 0));

    let mut street = Street::new();
    for second in 0..30 {
        street.observe(f64::from(second), &ambulance(110.0, 0.0), Some(&approach()));
        assert_eq!(street.from(f64::from(second), -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind));
    }
    assert_eq!(street.receiver.next_deadline(), Some(at(30.0)));
    assert_eq!(street.from(30.0, -2.0, 60.0, SOUTHWARDS), None, "not held either");
    street.observe(30.0, &ambulance(110.0, 0.0), Some(&approach()));
    assert_eq!(street.from(30.0, -2.0, 60.0, SOUTHWARDS), None);
    street.observe(31.0, &ambulance(108.0, 4.0), Some(&approach()));
    assert_eq!(street.from(31.0, -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind), "it drives again");
}

#[test]
fn a_vehicle_of_unknown_speed_stands_where_it_does_not_move() {
    let mut street = Street::new();
    for second in 0..=40 {
        let noise = if second % 2 == 0 { 0.0 } else { 6.0 };
        let vehicle = VehiclePosition { speed: None, ..ambulance(110.0 + noise, 0.0) };
        street.observe(f64::from(second), &vehicle, Some(&approach()));
    }
    assert_eq!(street.receiver.live().count(), 0);
    street.observe(41.0, &VehiclePosition { speed: None, ..ambulance(90.0, 0.0) }, Some(&approach()));
    assert_eq!(street.receiver.live().count(), 1);
}

#[test]
fn siren_off_cancels_and_siren_on_is_another_action() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), Some(&approach()));
    assert_eq!(street.from(0.0, -2.0, 100.0, SOUTHWARDS), Some(ComesFrom::Behind));
    let silent = VehiclePosition { siren: false, ..ambulance(205.0, 14.0) };
    assert_eq!(street.observe(0.4, &silent, Some(&approach())), 1, "without waiting for its second");
    let end = street.last();
    assert_eq!((end.kind, end.action.sequence_number), (DenmKind::Cancellation, 0));
    assert_eq!(street.from(0.4, -2.0, 100.0, SOUTHWARDS), None, "not held");
    assert_eq!(street.observe(0.6, &silent, Some(&approach())), 0, "once");
    assert_eq!(street.observe(0.9, &ambulance(198.0, 14.0), Some(&approach())), 0, "not yet");
    assert_eq!(street.observe(1.4, &ambulance(191.0, 14.0), Some(&approach())), 1);
    assert_eq!((street.last().kind, street.last().action.sequence_number), (DenmKind::NewOrUpdate, 1));
}

#[test]
fn a_vehicle_that_is_heard_of_no_more_or_has_left_is_cancelled() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    assert_eq!(street.publisher.next_deadline(), Some(at(5.0)));
    assert_eq!(street.advance(4.999), 0);
    assert_eq!(street.advance(5.0), 1);
    assert_eq!(street.last().kind, DenmKind::Cancellation);
    assert_eq!((street.publisher.vehicles(), street.publisher.next_deadline()), (0, None));

    street.observe(6.0, &ambulance(210.0, 14.0), None);
    let mut outputs = Vec::new();
    street.publisher.leave(at(7.0), AMBULANCE, &mut outputs);
    street.publisher.leave(at(7.0), AMBULANCE, &mut outputs);
    let ends: Vec<_> = outputs.iter().map(|end| (end.kind, end.action.sequence_number)).collect();
    assert_eq!(ends, [(DenmKind::Cancellation, 1)]);
}

#[test]
fn a_warning_that_begins_and_ends_within_a_millisecond_ends_later() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    street.observe(0.0, &VehiclePosition { light_bar: false, ..ambulance(210.0, 14.0) }, None);
    let [(_, warning), (_, end)] = street.sent.as_slice() else { panic!() };
    assert!(end.is_update_of(warning));
    assert_eq!(street.receiver.live().count(), 0);
}

#[test]
fn one_vehicle_too_many_costs_the_one_heard_of_the_longest_ago() {
    let mut street = Street::with(|config| config.publisher.capacity = 2);
    let vehicle = |station| VehiclePosition { station: StationId(station), ..ambulance(210.0, 14.0) };
    street.observe(0.0, &vehicle(1), None);
    street.observe(0.1, &vehicle(2), None);
    street.observe(0.2, &vehicle(1), None);
    assert_eq!(street.observe(0.3, &vehicle(3), None), 2);
    let told = street.sent.iter().map(|(_, warning)| (warning.kind, warning.action.sequence_number));
    use DenmKind::{Cancellation, NewOrUpdate};
    let expected = [(NewOrUpdate, 0), (NewOrUpdate, 1), (Cancellation, 1), (NewOrUpdate, 2)];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(street.publisher.vehicles(), 2);
}

#[test]
fn numbers_of_actions_begin_again_and_pass_over_a_living_one() {
    let mut publisher = EvaPublisher::new(&EvaConfig::with_station(OURS));
    let mut outputs = Vec::new();
    let other = VehiclePosition { station: StationId(1), ..ambulance(110.0, 0.0) };
    publisher.observe(at(0.0), &other, None, &mut outputs);
    for turn in 0..i64::from(u16::MAX) + 1 {
        let now = at(0.0) + Duration::from_seconds(2 * turn + 1);
        publisher.observe(now, &other, None, &mut Vec::new());
        outputs.clear();
        publisher.observe(now, &ambulance(210.0, 14.0), None, &mut outputs);
        let number = outputs.last().unwrap().action.sequence_number;
        let expected = if turn < i64::from(u16::MAX) { turn + 1 } else { 1 };
        assert_eq!((outputs.len(), i64::from(number)), (1, expected));
        publisher.leave(now, AMBULANCE, &mut outputs);
    }
}

#[test]
fn the_station_of_the_vehicle_is_in_no_warning() {
    let mut street = Street::new();
    for second in 0..20 {
        let position = ambulance(210.0 - 10.0 * f64::from(second), 10.0);
        street.observe(f64::from(second), &position, Some(&approach()));
    }
    street.advance(40.0);
    assert_eq!(street.last().kind, DenmKind::Cancellation);
    // At any bit: UPER aligns nothing.
    let holds = |octets: &[u8], station: StationId| {
        let mut window = 0_u64;
        let mut bits = octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1));
        let mut seen = 0;
        bits.any(|bit| {
            window = (window << 1 | u64::from(bit)) & u64::from(u32::MAX);
            seen += 1;
            seen >= 32 && window == u64::from(station.0)
        })
    };
    for (_, warning) in &street.sent {
        let octets = octets(warning);
        assert!(holds(&octets, OURS) && !holds(&octets, AMBULANCE));
        assert!(!octets.windows(4).any(|four| four == AMBULANCE.0.to_be_bytes()));
    }
}

#[test]
fn drivers_of_the_road_ahead_and_of_the_crossing_arms_are_warned_from_where_it_comes() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(110.0, 14.0), Some(&approach()));
    let mut check = |east, north, heading, expected| {
        assert_eq!(street.new_driver(0.0, east, north, heading), expected, "{east} {north} {heading}");
    };
    // Its own road, before the crossing and beyond it.
    check(-2.0, 60.0, SOUTHWARDS, Some(ComesFrom::Behind));
    check(-5.0, 20.0, SOUTHWARDS, Some(ComesFrom::Behind));
    check(2.0, 60.0, 0.0, Some(ComesFrom::Ahead));
    check(-2.0, -150.0, SOUTHWARDS, Some(ComesFrom::Behind));
    // Towards the crossing from the east, who has north on the right; from the west, on the left.
    check(80.0, 2.0, 270.0, Some(ComesFrom::Right));
    check(-80.0, -2.0, 90.0, Some(ComesFrom::Left));
}

#[test]
fn drivers_who_are_not_on_its_road_are_not_warned() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), Some(&approach()));
    let mut check = |what, east, north, heading| {
        assert_eq!(street.new_driver(0.0, east, north, heading), None, "{what}");
    };
    check("a parallel carriageway", 23.0, 100.0, 0.0);
    check("a parallel road in the same direction", -27.0, 100.0, SOUTHWARDS);
    check("the opposite direction beyond the crossing", 2.0, -100.0, 0.0);
    check("away from the crossing on a side road", 80.0, -2.0, 90.0);
    check("across its road, on a bridge", -2.0, 100.0, 90.0);
    check("behind it", -2.0, 260.0, SOUTHWARDS);
    check("following it closely", -2.0, 218.0, SOUTHWARDS);
    check("oncoming, and already past it", 2.0, 218.0, 0.0);
    check("beyond the reach", -2.0, -230.0, SOUTHWARDS);
    check("another street in the quarter", 60.0, 100.0, 270.0);
}

#[test]
fn who_comes_from_beyond_the_crossing_is_warned_if_configured() {
    let mut street = Street::with(|config| config.receiver.oncoming_beyond_crossing = true);
    street.observe(0.0, &ambulance(110.0, 14.0), Some(&approach()));
    assert_eq!(street.from(0.0, 2.0, -100.0, 0.0), Some(ComesFrom::Ahead));
}

#[test]
fn past_the_crossing_the_way_out_is_warned_and_the_side_roads_no_more() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(110.0, 14.0), Some(&approach()));
    assert_eq!(street.from(0.0, 80.0, 2.0, 270.0), Some(ComesFrom::Right));
    let leaving = RoadAhead::leaving(&crossing(), ApproachIndex(2)).unwrap();
    street.observe(10.0, &ambulance(-30.0, 14.0), Some(&leaving));
    assert_eq!(street.from(10.0, 60.0, 2.0, 270.0), None);
    assert_eq!(street.new_driver(10.0, -2.0, -100.0, SOUTHWARDS), Some(ComesFrom::Behind));
    assert_eq!(street.new_driver(10.0, 2.0, -100.0, 0.0), Some(ComesFrom::Ahead));
}

#[test]
fn a_driver_whom_it_has_passed_is_warned_no_more() {
    let mut street = Street::new();
    for second in 0..10 {
        let (seconds, north) = (f64::from(second), 210.0 - 14.0 * f64::from(second));
        street.observe(seconds, &ambulance(north, 14.0), Some(&approach()));
        let warned = street.from(seconds, -5.0, 150.0, SOUTHWARDS).is_some();
        // It passes between the fourth and the fifth second; the warning is held for 2 s.
        assert_eq!(warned, second <= 5, "{second}");
    }
}

#[test]
fn a_vehicle_that_turns_off_moves_away() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    assert_eq!(street.from(0.0, -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind));
    let east = VehiclePosition {
        heading: Some(Angle::from_degrees(90.0)),
        position: place(30.0, 200.0),
        ..ambulance(200.0, 14.0)
    };
    street.observe(2.5, &east, None);
    assert_eq!(street.from(2.5, -2.0, 50.0, SOUTHWARDS), None);
}

#[test]
fn a_driver_who_outruns_it_is_not_warned_from_afar() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 8.0), Some(&approach()));
    let check = |north, speed, expected| {
        let speed = Some(Speed::from_metres_per_second(speed));
        let driver = Driver { position: place(-2.0, north), heading: Angle::from_degrees(SOUTHWARDS), speed };
        let alerts = Relevance::new(ReceiverConfig::default()).assess(at(0.0), &driver, &street.receiver);
        assert_eq!(alerts.len(), expected, "{north} {speed:?}");
    };
    check(60.0, 14.0, 0);
    check(60.0, 8.5, 1);
    check(140.0, 14.0, 1);
    check(60.0, -14.0, 1);
}

#[test]
fn without_traces_the_strip_ahead_and_those_who_come_to_it_are_warned() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    let mut check = |east, north, heading, expected| {
        assert_eq!(street.new_driver(0.0, east, north, heading), expected, "{east} {north} {heading}");
    };
    check(-2.0, 60.0, SOUTHWARDS, Some(ComesFrom::Behind));
    check(2.0, 60.0, 0.0, Some(ComesFrom::Ahead));
    check(-2.0, 260.0, SOUTHWARDS, None);
    check(-27.0, 60.0, SOUTHWARDS, None);
    check(60.0, 0.0, 270.0, Some(ComesFrom::Right));
    check(60.0, 0.0, 90.0, None);
    check(-60.0, 0.0, 90.0, Some(ComesFrom::Left));
    check(200.0, 0.0, 270.0, None);
}

#[test]
fn without_heading_the_course_is_that_of_its_movement() {
    let mut street = Street::new();
    let vehicle = |north| VehiclePosition { heading: None, ..ambulance(north, 14.0) };
    street.observe(0.0, &vehicle(210.0), None);
    assert_eq!(street.from(0.0, -2.0, 60.0, SOUTHWARDS), None, "nothing tells whereto it drives");
    street.observe(1.0, &vehicle(196.0), None);
    assert_eq!(street.from(1.0, -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind));
}

#[test]
fn traces_that_tell_what_the_vehicle_has_driven_are_no_road_ahead() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(110.0, 14.0), None);
    let mut warning = street.last().clone();
    warning.reference_time = at(1.0);
    warning.traces = vec![vec![voorrang_messages::PathPoint::at(place(-2.0, 210.0))]];
    assert_eq!(street.receiver.receive(at(1.0), &there_and_back(&warning)), Reception::Updated);
    assert_eq!(street.from(1.0, -2.0, 160.0, SOUTHWARDS), None, "behind it");
    assert_eq!(street.from(1.0, -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind));
}

#[test]
fn a_lost_cancellation_warns_until_the_validity_ends() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), Some(&approach()));
    street.lost = true;
    street.observe(1.0, &VehiclePosition { siren: false, ..ambulance(196.0, 14.0) }, None);
    assert_eq!(street.last().kind, DenmKind::Cancellation);
    assert_eq!(street.receiver.next_deadline(), Some(at(15.0)));
    assert_eq!(street.from(14.9, -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind));
    assert_eq!(street.from(15.0, -2.0, 60.0, SOUTHWARDS), None);
    street.receiver.advance(at(15.0));
    assert_eq!(street.receiver.remembered(), 0);
}

#[test]
fn lost_updates_do_no_harm() {
    let mut street = Street::new();
    for second in 0..14 {
        street.lost = second % 4 != 0;
        let (seconds, north) = (f64::from(second), 380.0 - 14.0 * f64::from(second));
        street.observe(seconds, &ambulance(north, 14.0), Some(&approach()));
        assert_eq!(street.from(seconds, -2.0, 60.0, SOUTHWARDS), Some(ComesFrom::Behind), "{second}");
    }
}

#[test]
fn what_is_older_repeated_or_from_the_future_is_ignored() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    street.observe(1.0, &ambulance(196.0, 14.0), None);
    let [first, second] = [0, 1].map(|place| street.sent[place].1.clone());
    street.observe(2.0, &VehiclePosition { siren: false, ..ambulance(182.0, 14.0) }, None);
    let end = street.last().clone();
    for replay in [&first, &second, &end] {
        assert_eq!(street.receiver.receive(at(3.0), replay), Reception::Ignored);
    }
    assert_eq!(street.receiver.live().count(), 0, "a replay does not bring it back");
    assert_eq!(street.receiver.receive(at(17.1), &second), Reception::Ignored, "nor when all is forgotten");

    let mut late = EvaReceiver::new(ReceiverConfig::default());
    assert_eq!(late.receive(at(3.0), &end), Reception::Ended);
    assert_eq!(late.receive(at(3.0), &second), Reception::Ignored, "its end was faster");
    let mut early = EvaReceiver::new(ReceiverConfig::default());
    assert_eq!(early.receive(at(-6.0), &first), Reception::Ignored);
    assert_eq!(early.receive(at(-4.0), &first), Reception::Raised);
}

#[test]
fn nobody_else_updates_or_cancels_but_another_may_negate() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    let word = |kind, sender, seconds: f64| {
        let warning = street.sent[0].1.clone();
        EmergencyVehicleApproaching { kind, sender, reference_time: at(seconds), ..warning }
    };
    let other = StationId(900_002);
    let receiver = &mut street.receiver;
    assert_eq!(receiver.receive(at(1.0), &word(DenmKind::Cancellation, other, 1.0)), Reception::Refused);
    assert_eq!(receiver.receive(at(1.0), &word(DenmKind::NewOrUpdate, other, 1.0)), Reception::Refused);
    assert_eq!(receiver.receive(at(1.0), &word(DenmKind::Negation, OURS, 1.0)), Reception::Refused);
    assert_eq!(receiver.receive(at(1.0), &word(DenmKind::Negation, other, -1.0)), Reception::Ignored);
    assert_eq!(receiver.receive(at(1.0), &word(DenmKind::Negation, other, 0.0)), Reception::Ended);
    assert_eq!(receiver.receive(at(2.0), &word(DenmKind::NewOrUpdate, OURS, 2.0)), Reception::Raised);
}

#[test]
fn a_validity_of_a_day_is_believed_for_a_minute() {
    let mut street = Street::with(|config| config.publisher.validity = Duration::from_seconds(86_400));
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    assert_eq!(street.last().validity, Duration::from_seconds(86_400));
    assert_eq!(street.receiver.next_deadline(), Some(at(60.0)));
    let warning = street.last().clone();
    assert_eq!(street.receiver.receive(at(61.0), &warning), Reception::Ignored);
}

#[test]
fn a_driver_at_the_bounds_is_warned_without_flicker() {
    let mut street = Street::new();
    let mut changes = Vec::new();
    let mut before = false;
    for tenth in 0..600 {
        let seconds = f64::from(tenth) / 10.0;
        if tenth % 10 == 0 {
            street.observe(seconds, &ambulance(110.0, 1.0), Some(&approach()));
        }
        // Drifts out sideways through 10 m at the 20th second, on 3 m of noise.
        let noise = if tenth % 2 == 0 { 1.5 } else { -1.5 };
        let warned = street.from(seconds, -2.0 - seconds / 2.0 + noise, 60.0, SOUTHWARDS).is_some();
        if warned != before {
            changes.push((tenth, warned));
            before = warned;
        }
    }
    assert_eq!(changes.iter().map(|(_, warned)| *warned).collect::<Vec<_>>(), [true, false], "{changes:?}");
    assert!(changes[1].0 > 300, "{changes:?}");
}

#[test]
fn of_two_vehicles_the_nearest_is_first() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(310.0, 14.0), Some(&approach()));
    let second = VehiclePosition { station: StationId(1), ..ambulance(210.0, 14.0) };
    street.observe(0.0, &second, Some(&approach()));
    let driver =
        Driver { position: place(-2.0, 110.0), heading: Angle::from_degrees(SOUTHWARDS), speed: None };
    let alerts = street.relevance.assess(at(0.0), &driver, &street.receiver);
    let seen: Vec<_> =
        alerts.iter().map(|alert| (alert.action.sequence_number, alert.distance.metres().round())).collect();
    assert_eq!(seen, [(1, 100.0), (0, 200.0)]);
}

#[test]
fn a_flood_of_warnings_fills_no_memory_and_leaves_the_living_ones() {
    let mut street = Street::new();
    street.observe(0.0, &ambulance(210.0, 14.0), None);
    let mut end = street.last().clone();
    end.kind = DenmKind::Cancellation;
    for number in 1..1000 {
        end.action.sequence_number = number;
        street.receiver.receive(at(0.0), &end);
    }
    assert_eq!((street.receiver.remembered(), street.receiver.live().count()), (64, 1));
}

#[test]
fn a_configuration_needs_our_station_and_nothing_else() {
    let config: EvaConfig = toml::from_str("station = 900001").unwrap();
    assert_eq!(config, EvaConfig::with_station(OURS));
    let config: EvaConfig =
        toml::from_str("station = 900001\npublisher = { validity_s = 20, reach_m = 300 }").unwrap();
    assert_eq!(config.publisher.validity, Duration::from_seconds(20));
    assert!(toml::from_str::<EvaConfig>("").is_err());
    assert!(toml::from_str::<EvaConfig>("station = 1\nreceiver = { speed = 3 }").is_err());
    let written = toml::to_string(&config).unwrap();
    assert_eq!(toml::from_str::<EvaConfig>(&written).unwrap(), config);
}
