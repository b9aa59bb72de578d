//! Emergency vehicles that ask for nothing and only say where they are: their requests are made for them.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;

use support::{Bench, EAST, NORTH, NORTH_LEFT, ambulance, at, before, cam, configured, next, second, start};
use voorrang_messages::PrioritizationStatus::{Granted, Processing};
use voorrang_messages::{PriorityRequest, RequestKind};
use voorrang_priority::request::Origin;
use voorrang_priority::{EngineConfig, Input, PriorityEngine, StrategyConfig, VehiclePosition};
use voorrang_signals::{Aspect, Intersection};

const WEST: f64 = 270.0;

/// A vehicle from the east, so far before the centre.
fn from_east(metres: f64) -> VehiclePosition {
    cam(7, at(metres, 2.0), 15.0, Some(WEST))
}

#[test]
fn light_bar_and_siren_on_a_lane_are_a_request_for_the_approach() {
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(from_east(220.0)));
    let [request] = bench.requests(1) else { panic!() };
    assert_eq!((request.origin(), bench.wished(1).0), (Origin::Observed, vec![EAST]));
    let eta = (request.expected().unwrap() - start()).seconds();
    assert!((eta - 14.0).abs() < 0.1, "210 m at 15 m/s: {eta}");
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(cam(7, before(1, 100.0), 15.0, Some(170.0))));
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT], "all groups of the approach");
}

#[test]
fn nobody_is_told_of_a_request_that_it_did_not_make() {
    let mut bench = Bench::new("absolute");
    for tenths in 0..50 {
        bench.until(f64::from(tenths) / 10.0);
        bench.tell(Input::Vehicle(from_east(220.0 - 1.5 * f64::from(tenths))));
        bench.lamps(&[EAST], Aspect::Green);
    }
    let refused = configured("none", |_| ());
    let mut none = Bench::with(&[1], refused);
    none.tell(Input::Vehicle(from_east(220.0)));
    assert_eq!((bench.statuses(7), none.statuses(7)), (vec![], vec![]));
    assert_eq!(bench.wished(1).0, [EAST]);
}

#[test]
fn only_both_signals_on_a_lane_towards_the_stop_line_count() {
    let check = |vehicle: VehiclePosition, why: &str| {
        let mut bench = Bench::new("absolute");
        bench.tell(Input::Vehicle(vehicle));
        assert_eq!((bench.live(1), bench.said.len()), (0, 0), "{why}");
    };
    check(VehiclePosition { siren: false, ..from_east(100.0) }, "light bar only");
    check(VehiclePosition { light_bar: false, ..from_east(100.0) }, "siren only");
    check(VehiclePosition { heading: None, ..from_east(100.0) }, "heading unknown");
    check(cam(7, at(100.0, 2.0), 15.0, Some(90.0)), "driving away");
    check(cam(7, at(100.0, 2.0), 15.0, Some(220.0)), "50 degrees off the lane");
    check(cam(7, at(100.0, 15.0), 15.0, Some(WEST)), "13 m beside the lane");
    check(cam(7, at(450.0, 2.0), 15.0, Some(WEST)), "beyond the lane's end");
    check(cam(7, at(5.0, 2.0), 15.0, Some(WEST)), "past the stop line");
    let mut off = Bench::with(&[1], configured("absolute", |config| config.request.observe = false));
    off.tell(Input::Vehicle(from_east(100.0)));
    assert_eq!(off.live(1), 0, "switched off");
}

#[test]
fn a_slow_vehicle_is_taken_to_drive_at_the_least_speed() {
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(cam(7, at(93.0, 2.0), 1.0, Some(WEST))));
    let eta = (bench.requests(1)[0].expected().unwrap() - start()).seconds();
    assert!((eta - 10.0).abs() < 0.1, "83 m at 30 km/h: {eta}");
}

#[test]
fn it_ends_when_the_vehicle_is_beyond_the_stop_line() {
    let mut bench = Bench::new("absolute");
    for tenths in 0..130 {
        bench.until(f64::from(tenths) / 10.0);
        let east = 100.0 - 1.5 * f64::from(tenths);
        bench.tell(Input::Vehicle(from_east(east)));
        assert_eq!(bench.live(1) == 0, east < 0.0, "{east}");
    }
    assert_eq!(bench.wished(1), (vec![], vec![]));
}

#[test]
fn it_ends_when_the_signals_go_off_and_when_the_vehicle_falls_silent() {
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(from_east(100.0)));
    bench.tell(Input::Vehicle(VehiclePosition { siren: false, ..from_east(99.0) }));
    assert_eq!((bench.live(1), bench.wished(1)), (0, (vec![], vec![])));

    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(from_east(100.0)));
    bench.until(9.9);
    assert_eq!(bench.live(1), 1);
    bench.until(10.0);
    assert_eq!((bench.live(1), bench.wished(1), bench.engine.next_deadline()), (0, (vec![], vec![]), None));
}

#[test]
fn it_lives_for_as_long_as_the_vehicle_is_seen_coming() {
    let mut bench = Bench::new("absolute");
    for elapsed in 0..40 {
        bench.until(f64::from(elapsed));
        bench.tell(Input::Vehicle(cam(7, at(220.0 - 5.0 * f64::from(elapsed), 2.0), 5.0, Some(WEST))));
    }
    assert_eq!((bench.live(1), bench.wishes_said()), (1, 1));
}

#[test]
fn it_moves_with_the_vehicle_to_another_approach() {
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(from_east(100.0)));
    bench.until(1.0);
    bench.tell(Input::Vehicle(cam(7, before(1, 120.0), 15.0, Some(180.0))));
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![NORTH, NORTH_LEFT]));
}

#[test]
fn its_own_request_takes_over_without_a_gap() {
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(from_east(220.0)));
    bench.until(3.0);
    bench.lamps(&[EAST], Aspect::Green);
    let stage = bench.requests(1)[0].stage();
    bench.until(4.0);
    let asked = PriorityRequest { position: Some(before(2, 160.0)), ..ambulance(7, 2) };
    bench.request(&asked);
    assert_eq!((bench.live(1), bench.requests(1)[0].stage()), (1, stage));
    assert_eq!(bench.requests(1)[0].origin(), Origin::Asked);
    assert_eq!((bench.wishes_said(), bench.told(7)), (1, vec![(4.0, Granted)]));
    bench.request(&next(&asked, RequestKind::Cancellation));
    assert_eq!(bench.live(1), 0);
}

#[test]
fn whoever_asks_gets_no_second_request_for_its_positions() {
    let mut bench = Bench::new("absolute");
    let asked = PriorityRequest { position: Some(before(2, 200.0)), ..ambulance(7, 2) };
    bench.request(&asked);
    bench.tell(Input::Vehicle(from_east(190.0)));
    assert_eq!(bench.live(1), 1);
    bench.until(5.0);
    bench.request(&next(&asked, RequestKind::Cancellation));
    bench.tell(Input::Vehicle(from_east(120.0)));
    assert_eq!(bench.live(1), 0, "it took its request back");
    assert_eq!(bench.told(7), [(0.0, Processing)]);
}

#[test]
fn whoever_asks_for_another_approach_moves_its_green_there() {
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(from_east(220.0)));
    bench.request(&PriorityRequest { position: Some(before(1, 200.0)), ..ambulance(7, 1) });
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![NORTH, NORTH_LEFT]));
}

#[test]
fn of_two_junctions_in_line_it_is_the_next_one() {
    // The second crossing lies 200 m east of the first: its western approach's lanes run over the first.
    let second_crossing = shifted(2, 200.0);
    let config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
    let mut engine = PriorityEngine::new(vec![second_crossing, support::crossing(1)], config, start());
    let mut outputs = Vec::new();
    let live = |engine: &PriorityEngine| {
        [1, 2].map(|number| {
            let at = engine.area().find(support::id(number)).unwrap();
            engine.area().intersection(at).requests().live().len()
        })
    };
    engine.handle(start(), Input::Vehicle(cam(7, at(-100.0, -2.0), 15.0, Some(90.0))), &mut outputs);
    assert_eq!(live(&engine), [1, 0]);
    engine.handle(second(8.0), Input::Vehicle(cam(7, at(20.0, -2.0), 15.0, Some(90.0))), &mut outputs);
    assert_eq!(live(&engine), [0, 1]);
}

#[test]
fn any_vehicle_that_stands_before_the_stop_line_tells_of_the_queue() {
    let mut bench = Bench::new("absolute");
    bench.lamps(&[EAST], Aspect::Red);
    let standing =
        VehiclePosition { light_bar: false, siren: false, ..cam(9, at(80.0, 2.0), 0.0, Some(WEST)) };
    bench.tell(Input::Vehicle(standing));
    let (_, crossing) = bench.engine.area().intersections().next().unwrap();
    let (lane, queue) = crossing.queues().of_group(EAST, bench.now).next().unwrap();
    assert!((8.0..12.0).contains(&queue.vehicles), "70 m of {lane:?}: {queue:?}");
    assert_eq!((bench.live(1), bench.said.len()), (0, 0));
}

/// The crossing, metres farther east.
fn shifted(number: u16, east: f64) -> Arc<Intersection> {
    let degrees = east / 68_678.0;
    let mut text = String::new();
    for line in include_str!("support/crossing.toml").lines() {
        let mut parts = line.split(", ").map(str::to_owned).collect::<Vec<_>>();
        for part in &mut parts {
            let (body, brackets) = part.split_at(part.trim_end_matches([']', ' ', '}']).len());
            let number: Result<f64, _> = body.parse();
            if let Some(longitude) =
                number.ok().filter(|number| brackets.contains(']') && (4.9..5.1).contains(number))
            {
                *part = format!("{:.7}{brackets}", longitude + degrees);
            }
        }
        text.push_str(&parts.join(", "));
        text.push('\n');
    }
    let text = text.replace("id = 1\n", &format!("id = {number}\n"));
    Arc::new(Intersection::from_toml(&text, "crossing.toml").unwrap())
}
