//! What a request names, and whether its vehicle keeps to it: approach, lane and connection; several intersections in one message; vehicles that
//! turn off, pass, or stop before the junction.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use support::{
    Bench, EAST, NORTH, NORTH_LEFT, SOUTH, WEST, ambulance, at, before, cam, configured, id, next, second,
    start,
};
use voorrang_messages::PrioritizationStatus::{Granted, Processing, Requested};
use voorrang_messages::dsrc::PriorityRequestType;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    VehicleRole,
};
use voorrang_priority::etsi::requests_from_srem;
use voorrang_priority::request::End;
use voorrang_priority::{Input, StrategyConfig};
use voorrang_signals::{Aspect, GroupIndex};
use voorrang_units::{Angle, Duration, GeodeticPosition, Speed};

fn near(station: u32, approach: u8) -> PriorityRequest {
    PriorityRequest { position: Some(before(approach, 200.0)), ..ambulance(station, approach) }
}

/// The next message of a request, from elsewhere.
fn moved(last: &PriorityRequest, position: GeodeticPosition, speed: f64) -> PriorityRequest {
    PriorityRequest {
        position: Some(position),
        speed: Some(Speed::from_metres_per_second(speed)),
        ..next(last, RequestKind::Update)
    }
}

/// An update a second with the same position and speed, until a moment.
fn stand(bench: &mut Bench, last: &mut PriorityRequest, from: u32, to: u32, speed: f64) {
    for elapsed in from..=to {
        bench.until(f64::from(elapsed));
        *last = moved(last, last.position.unwrap(), speed);
        bench.request(last);
    }
}

#[test]
fn whatever_an_emergency_vehicle_names_the_whole_approach_opens_and_the_named_groups_come_first() {
    let check = |inbound, groups: [GroupIndex; 2], named: &[GroupIndex]| {
        let mut bench = Bench::new("absolute");
        bench.request(&PriorityRequest { inbound, ..near(7, 1) });
        let service = bench.requests(1)[0].service();
        assert_eq!((&service.groups[..], &service.named[..]), (&groups[..], named), "{inbound:?}");
        assert_eq!(bench.wished(1), (vec![NORTH, NORTH_LEFT], vec![EAST, SOUTH, WEST]), "{inbound:?}");
    };
    check(IntersectionAccess::Approach(1), [NORTH, NORTH_LEFT], &[]);
    check(IntersectionAccess::Lane(1), [NORTH, NORTH_LEFT], &[NORTH]);
    check(IntersectionAccess::Lane(2), [NORTH_LEFT, NORTH], &[NORTH_LEFT]);
    check(IntersectionAccess::Connection(2), [NORTH_LEFT, NORTH], &[NORTH_LEFT]);
}

#[test]
fn a_bus_opens_no_more_than_it_named() {
    let mut bench =
        Bench::with(&[1], configured("absolute", |config| config.request.public_transport = true));
    let inbound = IntersectionAccess::Connection(2);
    let (role, subrole) = (Some(VehicleRole::PublicTransport), Some(1));
    bench.request(&PriorityRequest { inbound, role, subrole, ..near(7, 1) });
    assert_eq!(bench.wished(1).0, [NORTH_LEFT]);
}

#[test]
fn an_update_from_the_approach_to_one_of_its_lanes_keeps_the_green() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 1));
    bench.lamps(&[NORTH, NORTH_LEFT], Aspect::Green);
    let inbound = IntersectionAccess::Lane(2);
    bench.request(&PriorityRequest { inbound, ..next(&near(7, 1), RequestKind::Update) });
    assert_eq!(bench.told(7), [(0.0, Processing), (0.0, Granted)]);
    assert_eq!(&bench.requests(1)[0].service().named[..], [NORTH_LEFT]);
}

#[test]
fn of_a_message_for_several_intersections_an_unreadable_package_takes_no_other_with_it() {
    let asked = [1, 2, 3].map(|number| PriorityRequest {
        intersection: IntersectionReference { region: Some(528), id: number },
        ..near(7, 2)
    });
    let mut srem = PriorityRequest::to_srem(&asked, start()).unwrap();
    srem.srm.requests.as_mut().unwrap().0[1].request.request_type =
        PriorityRequestType::PriorityRequestTypeReserved;
    let mut bytes = Vec::new();
    srem.encode(&mut bytes).unwrap();
    let requests = requests_from_srem(&bytes, start()).unwrap();
    assert_eq!((requests.readable.len(), requests.unreadable.len()), (2, 1));
    let mut bench = Bench::with(&[1, 2, 3], configured("absolute", |_| ()));
    for request in requests.readable {
        bench.tell(Input::Request(request));
    }
    assert_eq!([1, 2, 3].map(|number| bench.live(number)), [1, 0, 1]);
}

#[test]
fn whoever_drives_on_another_approach_loses_its_request_within_three_seconds() {
    let mut bench = Bench::new("absolute");
    let mut last = near(7, 1);
    bench.request(&last);
    for (elapsed, position) in [(1.0, before(2, 150.0)), (2.0, before(2, 135.0)), (3.0, before(2, 120.0))] {
        bench.until(elapsed);
        last = PriorityRequest { heading: Some(Angle::from_degrees(270.0)), ..moved(&last, position, 15.0) };
        bench.request(&last);
        assert_eq!(bench.live(1), usize::from(elapsed < 3.0), "{elapsed}");
    }
    assert_eq!((bench.ended(7), bench.wished(1)), (Some(End::LeftRoute), (vec![], vec![])));
}

#[test]
fn a_vehicle_that_turns_round_needs_no_cancellation_to_lose_its_green() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 1));
    bench.lamps(&[NORTH, NORTH_LEFT], Aspect::Green);
    for (tenths, metres) in (10..40).zip(200..) {
        bench.until(f64::from(tenths) / 10.0);
        bench.tell(Input::Vehicle(cam(7, before(1, f64::from(metres)), 10.0, Some(0.0))));
    }
    assert_eq!((bench.live(1), bench.ended(7)), (0, Some(End::LeftRoute)));
    let last_wish = bench
        .said
        .iter()
        .rev()
        .find(|(_, output)| matches!(output, voorrang_priority::Output::Wishes { .. }));
    assert_eq!(last_wish.unwrap().0, second(3.0));
}

#[test]
fn without_headings_the_way_it_has_moved_tells_that_a_vehicle_leaves() {
    let mut bench = Bench::new("absolute");
    let mut last = near(7, 1);
    bench.request(&last);
    // Into a side street at 150 m, off all lanes.
    let places = [(0.0, 180.0), (0.0, 165.0), (0.0, 150.0), (-15.0, 150.0), (-30.0, 152.0), (-45.0, 155.0)];
    for (elapsed, (east, north)) in (1..).zip(places) {
        bench.until(f64::from(elapsed));
        last = moved(&last, at(east, north), 15.0);
        bench.request(&last);
    }
    assert_eq!(bench.live(1), 1);
    bench.until(8.0);
    assert_eq!((bench.live(1), bench.ended(7)), (0, Some(End::LeftRoute)));
}

#[test]
fn a_single_wrong_position_ends_nothing() {
    let mut bench = Bench::new("absolute");
    let mut last = near(7, 1);
    bench.request(&last);
    for (elapsed, metres) in [(1.0, 185.0), (3.0, 155.0), (4.0, 140.0), (5.0, 125.0), (6.0, 110.0)] {
        bench.until(elapsed);
        last = moved(&last, before(1, metres), 15.0);
        bench.request(&last);
        if metres > 180.0 {
            bench.until(2.0);
            last = moved(&last, before(2, 100.0), 15.0);
            bench.request(&last);
        }
    }
    assert_eq!(bench.live(1), 1);
}

#[test]
fn far_from_its_approach_a_vehicle_may_drive_wherever_its_road_leads() {
    let mut bench = Bench::new("absolute");
    let mut last = PriorityRequest { position: Some(at(900.0, 900.0)), ..ambulance(7, 1) };
    bench.request(&last);
    for elapsed in 1..30 {
        bench.until(f64::from(elapsed));
        last = moved(&last, at(900.0 + 15.0 * f64::from(elapsed), 900.0), 15.0);
        bench.request(&last);
    }
    assert_eq!(bench.told(7), [(0.0, Requested)]);
}

#[test]
fn a_request_that_was_left_is_not_brought_back_by_updates_but_by_coming_back() {
    let mut bench = Bench::new("absolute");
    let mut last = near(7, 1);
    bench.request(&last);
    let mut drive = |elapsed: f64, position, heading, bench: &mut Bench| {
        bench.until(elapsed);
        last =
            PriorityRequest { heading: Some(Angle::from_degrees(heading)), ..moved(&last, position, 15.0) };
        bench.request(&last);
    };
    for elapsed in 1..=6 {
        drive(f64::from(elapsed), before(2, 200.0 - 10.0 * f64::from(elapsed)), 270.0, &mut bench);
    }
    assert_eq!(bench.live(1), 0);
    drive(7.0, before(1, 180.0), 180.0, &mut bench);
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![NORTH, NORTH_LEFT]));
}

#[test]
fn whoever_has_passed_and_lost_its_cancellation_holds_no_green() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 1));
    bench.lamps(&[NORTH, NORTH_LEFT], Aspect::Green);
    for tenths in 0..140 {
        bench.until(f64::from(tenths) / 10.0);
        let north = 100.0 - 1.5 * f64::from(tenths);
        bench.tell(Input::Vehicle(cam(7, at(-2.0, north), 15.0, Some(180.0))));
    }
    // It is at the stop line, 10 m before the centre, in second 6; 10 m beyond in second 7.
    let end = bench
        .said
        .iter()
        .rev()
        .find(|(_, output)| matches!(output, voorrang_priority::Output::Wishes { .. }));
    let seconds = (end.unwrap().0 - start()).seconds();
    assert!((6.0..=10.0).contains(&seconds), "{seconds}");
    assert_eq!((bench.ended(7), bench.live(1)), (Some(End::Passed), 0));
}

#[test]
fn one_that_stops_before_the_junction_gives_its_green_back_and_gets_it_again_when_it_drives_on() {
    let mut bench = Bench::new("absolute");
    let mut last = near(7, 2);
    bench.request(&last);
    bench.until(5.0);
    bench.lamps(&[EAST], Aspect::Green);
    stand(&mut bench, &mut last, 6, 100, 0.0);
    // 190 m before the stop line: a queue would have started to move there 38 s after green.
    assert_eq!(bench.told(7), [(0.0, Processing), (5.0, Granted), (53.0, Requested)]);
    assert_eq!(bench.wished(1), (vec![], vec![]));
    assert!(bench.requests(1)[0].released());
    bench.until(100.5);
    last = moved(&last, before(2, 195.0), 5.0);
    bench.request(&last);
    assert_eq!(bench.wished(1).0, [EAST]);
    assert_eq!(bench.told(7).last(), Some(&(100.5, Processing)));
}

#[test]
fn no_strategy_holds_green_for_a_vehicle_that_stands_before_the_junction() {
    for strategy in StrategyConfig::NAMES.iter().filter(|name| **name != "none") {
        let mut bench = Bench::new(strategy);
        let mut last = PriorityRequest { position: Some(before(2, 60.0)), ..ambulance(7, 2) };
        bench.request(&last);
        bench.lamps(&[NORTH, NORTH_LEFT, SOUTH], Aspect::Red);
        bench.lamps(&[EAST], Aspect::Green);
        stand(&mut bench, &mut last, 1, 40, 0.0);
        assert_eq!(bench.told(7).last().map(|(_, status)| *status), Some(Requested), "{strategy}");
        assert_eq!((bench.live(1), bench.wished(1)), (1, (vec![], vec![])), "{strategy}");
    }
}

#[test]
fn an_update_that_names_another_approach_is_watched_anew() {
    let mut bench = Bench::new("absolute");
    let mut last = near(7, 1);
    bench.request(&last);
    bench.until(1.0);
    let heading = Some(Angle::from_degrees(270.0));
    last = PriorityRequest { heading, ..moved(&last, before(2, 150.0), 15.0) };
    bench.request(&last);
    bench.until(2.0);
    let inbound = IntersectionAccess::Approach(2);
    bench.request(&PriorityRequest { inbound, position: None, ..next(&last, RequestKind::Update) });
    bench.until(8.0);
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![EAST]));
}

#[test]
fn the_time_that_a_vehicle_may_stand_is_configured() {
    let config = configured("absolute", |config| config.request.standstill = Duration::from_seconds(3));
    let mut bench = Bench::with(&[1], config);
    let mut last = PriorityRequest { position: Some(before(2, 60.0)), ..ambulance(7, 2) };
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(60.0);
    bench.request(&last);
    stand(&mut bench, &mut last, 61, 70, 0.2);
    assert_eq!(bench.told(7), [(60.0, Processing), (60.4, Granted), (64.0, Requested)]);
}

#[test]
fn whoever_is_held_by_red_or_stands_in_the_queue_keeps_its_intervention() {
    let mut red = Bench::new("absolute");
    let mut last = near(7, 2);
    red.request(&last);
    stand(&mut red, &mut last, 1, 50, 0.0);
    assert_eq!(red.told(7), [(0.0, Processing)]);

    let mut queue = Bench::new("absolute");
    let mut last = PriorityRequest { position: Some(before(2, 35.0)), ..ambulance(7, 2) };
    queue.request(&last);
    queue.lamps(&[EAST], Aspect::Green);
    stand(&mut queue, &mut last, 1, 80, 0.0);
    assert_eq!(queue.told(7), [(0.0, Processing), (0.0, Granted)]);
}

#[test]
fn a_sequence_number_that_jumps_or_wraps_is_followed_and_one_from_the_past_is_not() {
    let mut bench = Bench::new("absolute");
    let far = PriorityRequest { position: Some(before(2, 390.0)), ..ambulance(7, 2) };
    bench.request(&PriorityRequest { sequence: Some(SequenceNumber(126)), ..far.clone() });
    let from = |number, metres| PriorityRequest {
        sequence: Some(SequenceNumber(number)),
        position: Some(before(2, metres)),
        kind: RequestKind::Update,
        ..far.clone()
    };
    bench.request(&from(125, 100.0));
    assert_eq!(bench.told(7), [(0.0, Requested)]);
    bench.request(&from(20, 100.0));
    assert_eq!(bench.told(7), [(0.0, Requested), (0.0, Processing)]);
    bench.request(&PriorityRequest { kind: RequestKind::Cancellation, ..from(19, 100.0) });
    assert_eq!(bench.live(1), 1, "a cancellation from the past");
}

#[test]
fn a_cancellation_of_another_number_ends_nothing() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 2));
    let cancellation = next(&near(7, 2), RequestKind::Cancellation);
    bench.request(&PriorityRequest { request: RequestId(2), ..cancellation.clone() });
    bench.request(&PriorityRequest { station: voorrang_messages::StationId(8), ..cancellation });
    assert_eq!(bench.live(1), 1);
    assert_eq!(bench.engine.area().find(id(1)).map(|at| at.index()), Some(0));
}
