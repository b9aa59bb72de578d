//! Requests by KAR: who may ask and where, what ends them, and that the same vehicle by KAR and by SREM is one request.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;

use support::{
    Bench, EAST, NORTH, NORTH_LEFT, SOUTH, ambulance, before, cam, configured, id, next, second, start,
};
use voorrang_messages::{IntersectionAccess, PrioritizationStatus, PriorityRequest, RequestKind, StationId};
use voorrang_priority::approach::Approaches;
use voorrang_priority::kar::{
    KarAccess, KarAnnouncement, KarDirection, KarStation, KarUnresolved, KarUrgency, KarVehicleType,
};
use voorrang_priority::request::{Origin, Stage};
use voorrang_priority::{Input, KarMessage, Output};
use voorrang_signals::{Aspect, Intersection};
use voorrang_units::{Duration, Length};

const VEHICLE: u16 = 1042;

/// An ambulance checks in before the eastern stop line, 12 s away.
fn check_in() -> KarMessage {
    KarMessage {
        announcement: KarAnnouncement::CheckIn,
        vehicle_type: Some(KarVehicleType::Ambulance),
        urgency: Some(KarUrgency::BlueLight),
        direction: Some(KarDirection::Group(5)),
        vehicle: Some(VEHICLE),
        company: Some(12),
        point: None,
        distance: Some(Length::from_metres(200.0)),
        time: Some(Duration::from_seconds(12)),
        speed: None,
        position: None,
    }
}

fn check_out() -> KarMessage {
    // Blue light and siren may be off by then.
    KarMessage {
        announcement: KarAnnouncement::CheckOut,
        urgency: None,
        distance: None,
        time: None,
        ..check_in()
    }
}

fn hear(bench: &mut Bench, message: &KarMessage) {
    bench.tell(Input::Kar { intersection: id(1), message: message.clone() });
}

/// An SREM of a station for the eastern approach, expected in so many seconds.
fn srem(bench: &Bench, station: u32, seconds: i64) -> PriorityRequest {
    PriorityRequest { eta: Some(bench.now + Duration::from_seconds(seconds)), ..ambulance(station, 2) }
}

#[test]
fn a_check_in_opens_the_way_and_a_check_out_ends_it_and_nobody_is_told() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    assert_eq!(bench.wished(1).0, vec![EAST]);
    assert_eq!(bench.requests(1)[0].expected(), Some(second(12.0)));
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(12.0);
    assert!(matches!(bench.requests(1)[0].stage(), Stage::Granted { .. }));
    hear(&mut bench, &check_out());
    assert_eq!((bench.live(1), bench.wished(1).0), (0, vec![]));
    assert!(!bench.said.iter().any(|(_, output)| matches!(output, Output::Status(_))));
}

#[test]
fn without_a_check_out_it_ends_a_margin_after_its_driving_time() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    bench.until(41.9);
    assert_eq!(bench.live(1), 1);
    bench.until(42.0);
    assert_eq!(bench.live(1), 0);
}

#[test]
fn without_a_check_out_the_green_guard_ends_it_and_it_stays_so() {
    let mut bench = Bench::with(
        &[1],
        configured("absolute", |config| {
            config.request.green_guard = Duration::from_seconds(20);
        }),
    );
    hear(&mut bench, &check_in());
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(20.4);
    assert_eq!(bench.live(1), 0);
    hear(&mut bench, &check_in());
    assert_eq!(bench.live(1), 0, "it had its green");
    hear(&mut bench, &check_out());
    bench.until(22.0);
    hear(&mut bench, &check_in());
    assert_eq!(bench.live(1), 1, "it has checked out, and comes again");
}

#[test]
fn a_check_in_needs_an_emergency_vehicle_under_blue_light_and_siren() {
    let refused = |change: fn(&mut KarMessage)| {
        let mut bench = Bench::new("absolute");
        let mut message = check_in();
        change(&mut message);
        hear(&mut bench, &message);
        bench.live(1) == 0
    };
    assert!(!refused(|_| ()));
    assert!(refused(|message| message.urgency = Some(KarUrgency::Absolute)));
    assert!(refused(|message| message.urgency = None));
    assert!(refused(|message| message.vehicle_type = Some(KarVehicleType::Taxi)));
    assert!(refused(|message| message.vehicle_type = None));
    assert!(refused(|message| message.vehicle_type = Some(KarVehicleType::Bus)), "switched off by default");
    assert!(refused(|message| message.time = Some(Duration::from_seconds(301))));
    assert!(refused(|message| message.direction = Some(KarDirection::Group(99))));
}

#[test]
fn a_bus_asks_for_the_group_that_it_names_only() {
    let mut bench =
        Bench::with(&[1], configured("absolute", |config| config.request.public_transport = true));
    let (bus, urgency) = (Some(KarVehicleType::Bus), Some(KarUrgency::Conditional));
    let direction = Some(KarDirection::Group(3));
    hear(&mut bench, &KarMessage { vehicle_type: bus, urgency, direction, ..check_in() });
    assert_eq!(bench.requests(1)[0].service().groups[..], [NORTH_LEFT]);
    assert!(bench.requests(1)[0].conditional());
}

#[test]
fn the_same_again_within_one_and_a_half_seconds_is_a_repeat() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    bench.until(1.4);
    hear(&mut bench, &check_in());
    assert_eq!(bench.requests(1)[0].expected(), Some(second(12.0)));
    bench.until(1.5);
    hear(&mut bench, &check_in());
    assert_eq!((bench.live(1), bench.requests(1)[0].expected()), (1, Some(second(13.5))));
    hear(&mut bench, &check_out());
    bench.until(2.9);
    hear(&mut bench, &check_in());
    assert_eq!(bench.live(1), 0, "a copy of the check-in that comes late");
}

#[test]
fn a_pre_check_in_asks_ahead_and_doesnt_take_a_check_in_back() {
    let mut bench = Bench::new("absolute");
    let (announcement, time, distance) = (KarAnnouncement::PreCheckIn, None, None);
    let before_hand = KarMessage { announcement, time, distance, ..check_in() };
    hear(&mut bench, &before_hand);
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![]), "expected in 60 s");
    bench.until(30.0);
    hear(&mut bench, &check_in());
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![EAST]));
    bench.until(33.0);
    hear(&mut bench, &before_hand);
    assert_eq!(bench.requests(1)[0].expected(), Some(second(42.0)));
}

#[test]
fn an_srem_of_the_same_vehicle_takes_over_and_is_answered() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    bench.until(1.0);
    let request = srem(&bench, 7, 10);
    bench.request(&request);
    assert_eq!((bench.live(1), bench.requests(1)[0].origin()), (1, Origin::Asked));
    assert_eq!(bench.told(7), [(1.0, PrioritizationStatus::Processing)]);
    bench.request(&next(&request, RequestKind::Cancellation));
    assert_eq!(bench.live(1), 0, "the SREM leads");
}

#[test]
fn by_kar_a_request_lives_on_when_the_srems_stop() {
    let mut bench = Bench::new("absolute");
    bench.request(&srem(&bench, 7, 13));
    bench.until(1.0);
    hear(&mut bench, &check_in());
    assert_eq!(bench.live(1), 1);
    bench.until(11.0);
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![EAST]), "no SREM for 11 s");
    hear(&mut bench, &check_out());
    assert_eq!((bench.live(1), bench.wished(1).0), (0, vec![]));
}

#[test]
fn while_the_srems_come_a_check_out_ends_nothing() {
    let mut bench = Bench::new("absolute");
    let request = srem(&bench, 7, 13);
    bench.request(&request);
    hear(&mut bench, &check_in());
    bench.until(5.0);
    bench.request(&next(&request, RequestKind::Update));
    hear(&mut bench, &check_out());
    assert_eq!((bench.live(1), bench.requests(1)[0].kar()), (1, None));
    bench.until(15.0);
    assert_eq!(bench.live(1), 0, "expired as any");
}

#[test]
fn another_approach_or_an_eta_far_off_is_another_vehicle() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    bench.request(&PriorityRequest { inbound: IntersectionAccess::Approach(1), ..srem(&bench, 7, 12) });
    assert_eq!(bench.live(1), 2);
    bench.request(&srem(&bench, 8, 23));
    assert_eq!(bench.live(1), 3);
    bench.request(&srem(&bench, 9, 21));
    assert_eq!(bench.live(1), 3);
}

#[test]
fn where_the_station_is_known_only_that_one_is_the_same() {
    let mut bench = Bench::with(
        &[1],
        configured("absolute", |config| {
            config.request.kar.vehicles =
                vec![KarStation { company: Some(12), vehicle: VEHICLE, station: StationId(7) }];
        }),
    );
    hear(&mut bench, &check_in());
    bench.request(&srem(&bench, 8, 12));
    assert_eq!(bench.live(1), 2, "8 is another");
    bench.request(&PriorityRequest { inbound: IntersectionAccess::Approach(1), ..srem(&bench, 7, 100) });
    assert_eq!(bench.live(1), 2, "7 is the same, wherever it says that it comes");
}

#[test]
fn a_vehicle_that_is_only_seen_is_the_same_too() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    bench.tell(Input::Vehicle(cam(7, before(2, 200.0), 15.0, Some(270.0))));
    assert_eq!((bench.live(1), bench.requests(1)[0].origin()), (1, Origin::Observed));
    hear(&mut bench, &KarMessage { vehicle: Some(1), ..check_in() });
    assert_eq!(bench.live(1), 2, "another number is another vehicle");
}

#[test]
fn whoever_has_the_id_that_stands_for_a_kar_vehicle_doesnt_move_it() {
    let mut bench = Bench::new("absolute");
    hear(&mut bench, &check_in());
    let station = bench.requests(1)[0].latest().station;
    bench.tell(Input::Vehicle(cam(station.0, before(3, 100.0), 15.0, Some(180.0))));
    bench.until(5.0);
    assert_eq!(bench.live(1), 1);
    assert_eq!(bench.requests(1)[0].latest().position, None);
}

// --- where it comes --------------------------------------------------------------------------------------------------------------------------

fn access(change: impl FnOnce(&mut KarMessage)) -> Result<KarAccess, KarUnresolved> {
    let points = "schema = 1\nkar_points = [ { point = 1201, approach = 1 } ]";
    let text = include_str!("support/crossing.toml").replacen("schema = 1", points, 1);
    let layout = Arc::new(Intersection::from_toml(&text, "crossing.toml").unwrap());
    let mut message = check_in();
    change(&mut message);
    Approaches::new(layout, Length::from_metres(10.0)).kar_access(&message)
}

#[test]
fn a_groups_number_tells_the_approach() {
    let north_left = access(|message| message.direction = Some(KarDirection::Group(3))).unwrap();
    assert_eq!((north_left.approach.index(), north_left.named), (0, vec![NORTH_LEFT]));
    assert_eq!(
        access(|message| message.direction = Some(KarDirection::Group(99))),
        Err(KarUnresolved::UnknownGroup(99))
    );
}

#[test]
fn right_left_and_straight_on_are_seen_from_the_report_point_or_the_position() {
    let from_point = |direction| {
        let access = access(|message| (message.direction, message.point) = (Some(direction), Some(1201)));
        access.map(|access| (access.approach.index(), access.named))
    };
    assert_eq!(from_point(KarDirection::Straight), Ok((0, vec![NORTH])));
    assert_eq!(from_point(KarDirection::Left), Ok((0, vec![NORTH_LEFT])));
    assert_eq!(from_point(KarDirection::Right), Ok((0, vec![])), "nobody turns right there");
    let by_position = access(|message| {
        message.direction = Some(KarDirection::Straight);
        message.position = Some(before(3, 250.0));
    });
    assert_eq!(by_position.map(|access| access.named), Ok(vec![SOUTH]));
}

#[test]
fn from_nowhere_known_a_turn_means_nothing() {
    let left =
        |point| access(|message| (message.direction, message.point) = (Some(KarDirection::Left), point));
    assert_eq!(left(None), Err(KarUnresolved::UnknownApproach(None)));
    assert_eq!(
        left(Some(7)).unwrap_err().to_string(),
        "KAR names report point 7, but not from where: give the report point's approach in `kar_points`"
    );
}

#[test]
fn a_turn_that_nobody_can_make_gives_an_ambulance_its_whole_approach() {
    let mut bench = Bench::new("absolute");
    let (direction, position) = (Some(KarDirection::Right), Some(before(1, 200.0)));
    hear(&mut bench, &KarMessage { direction, position, ..check_in() });
    assert_eq!(bench.requests(1)[0].service().groups[..], [NORTH, NORTH_LEFT]);
    assert_eq!(bench.now, start());
}
