//! Vehicles close behind one another are one intervention, and nobody starves for it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use support::{Bench, EAST, GROUPS, NORTH, NORTH_LEFT, WEST, ambulance, configured, next, second};
use voorrang_messages::PrioritizationStatus::{Granted, MaxPresence, Processing, Requested};
use voorrang_messages::{PriorityRequest, RequestKind};
use voorrang_signals::Aspect;
use voorrang_units::Duration;

fn ask(station: u32, approach: u8, eta: f64) -> PriorityRequest {
    PriorityRequest { eta: Some(second(eta)), ..ambulance(station, approach) }
}

fn cancel(bench: &mut Bench, station: u32, approach: u8) {
    bench.request(&next(&ask(station, approach, 0.0), RequestKind::Cancellation));
}

#[test]
fn whoever_follows_within_fifteen_seconds_joins_at_once_and_green_holds_until_the_last() {
    let mut bench = Bench::new("absolute");
    bench.request(&ask(7, 2, 25.0));
    bench.lamps(&[EAST], Aspect::Green);
    bench.request(&ask(8, 2, 39.0));
    bench.request(&ask(9, 2, 53.0));
    bench.request(&ask(10, 2, 69.0));
    bench.until(0.5);
    assert_eq!(bench.told(8), [(0.0, Granted)], "14 s before it would be due by itself");
    assert_eq!(bench.told(9).last(), Some(&(0.0, Granted)), "within 15 s of the one before");
    assert_eq!(bench.told(10), [(0.0, Requested)], "16 s behind");
    for station in [7, 8] {
        cancel(&mut bench, station, 2);
        assert_eq!(bench.wished(1).0, [EAST]);
    }
    cancel(&mut bench, 9, 2);
    assert_eq!((bench.wished(1).0, bench.wishes_said()), (vec![], 2));
}

#[test]
fn those_who_wait_are_overtaken_by_a_convoy_of_four_and_no_more() {
    let mut bench = Bench::new("absolute");
    bench.request(&ask(7, 2, 20.0));
    bench.request(&ask(1, 1, 10.0));
    for place in 1..=6_u32 {
        bench.request(&ask(7 + place, 2, 20.0 + 10.0 * f64::from(place)));
    }
    let served: Vec<_> = bench
        .requests(1)
        .iter()
        .filter(|request| request.stage().intervention().is_some())
        .map(|request| request.latest().station.0)
        .collect();
    assert_eq!(served, [7, 8, 9, 10, 11], "four have joined");
    for station in 7..=11 {
        assert_eq!(bench.wished(1).0, [EAST]);
        cancel(&mut bench, station, 2);
    }
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT], "then it is their turn");
}

#[test]
fn while_nobody_waits_a_convoy_may_be_longer() {
    let mut bench = Bench::new("absolute");
    for place in 0..=7_u32 {
        bench.request(&ask(7 + place, 2, 20.0 + 10.0 * f64::from(place)));
    }
    let joined = bench.requests(1).iter().filter(|request| request.stage().intervention().is_some());
    assert_eq!(joined.count(), 8);
}

#[test]
fn gap_and_number_are_configured() {
    let config = configured("absolute", |config| {
        config.request.convoy = Duration::from_seconds(3);
        config.request.max_convoy = 0;
    });
    let mut bench = Bench::with(&[1], config);
    bench.request(&ask(7, 2, 20.0));
    bench.request(&ask(8, 2, 27.0));
    assert_eq!(bench.told(8), [(0.0, Requested)]);
    bench.request(&ask(1, 1, 20.0));
    bench.request(&ask(9, 2, 22.0));
    assert_eq!((bench.told(1), bench.told(9)), (vec![(0.0, Processing)], vec![(0.0, Processing)]));
    cancel(&mut bench, 7, 2);
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT], "nobody overtakes");
}

#[test]
fn another_approach_is_no_convoy() {
    let mut bench = Bench::new("absolute");
    bench.request(&ask(7, 2, 20.0));
    bench.request(&ask(8, 4, 34.0));
    assert_eq!(bench.told(8), [(0.0, Requested)], "compatible, but in its own time");
}

#[test]
fn each_vehicle_of_a_convoy_has_the_green_guard_for_itself() {
    let config = configured("absolute", |config| config.request.green_guard = Duration::from_seconds(30));
    let mut bench = Bench::with(&[1], config);
    let mut second_vehicle = ask(8, 2, 30.0);
    bench.request(&ask(7, 2, 20.0));
    bench.lamps(&[EAST], Aspect::Green);
    bench.request(&second_vehicle);
    for elapsed in 1..=60 {
        bench.until(f64::from(elapsed));
        second_vehicle = next(&second_vehicle, RequestKind::Update);
        bench.request(&second_vehicle);
        if elapsed < 20 {
            let mut first = ask(7, 2, 20.0);
            first.sequence = second_vehicle.sequence;
            bench.request(&first);
        } else if elapsed == 20 {
            let mut gone = ask(7, 2, 20.0);
            (gone.sequence, gone.kind) = (second_vehicle.sequence, RequestKind::Cancellation);
            bench.request(&gone);
        }
    }
    assert_eq!(bench.told(8), [(0.0, Granted), (50.0, MaxPresence)], "30 s after the first has gone");
}

#[test]
fn with_every_strategy_whoever_follows_joins_at_once() {
    for strategy in ["absolute", "eta", "corridor", "optimal", "conditional"] {
        let mut bench = Bench::new(strategy);
        bench.lamps(&GROUPS, Aspect::Red);
        bench.lamps(&[EAST, WEST], Aspect::Green);
        bench.request(&ask(7, 2, 5.0));
        assert_eq!(bench.told(7).last().map(|told| told.1), Some(Granted), "{strategy}");
        bench.request(&ask(8, 2, 17.0));
        bench.request(&ask(9, 1, 40.0));
        assert_ne!(bench.told(8).last().map(|told| told.1), Some(Requested), "{strategy}: 12 s behind");
        bench.until(6.0);
        cancel(&mut bench, 7, 2);
        assert_eq!(bench.told(8).last().map(|told| told.1), Some(Granted), "{strategy}");
        assert!(bench.wished(1).0.contains(&EAST), "{strategy}: green holds until the last");
    }
}
