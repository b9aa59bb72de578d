//! What public transport and goods get: a green that is held, green in time without cutting anybody short, and nothing at an emergency
//! vehicle's cost.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use support::{
    Bench, EAST, GROUPS, NORTH, NORTH_LEFT, SOUTH, WEST, ambulance, before, configured, id, next, second,
};
use voorrang_messages::PrioritizationStatus::{Granted, MaxPresence, Processing, Requested};
use voorrang_messages::{PriorityRequest, RequestKind, VehicleRole};
use voorrang_priority::{EngineConfig, Input, Output};
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, Wish};

fn bench(strategy: &str, change: impl FnOnce(&mut EngineConfig)) -> Bench {
    let config = configured(strategy, |config| {
        config.request.public_transport = true;
        config.request.goods = true;
        change(config);
    });
    Bench::with(&[1], config)
}

/// A bus from the east that will be at the stop line at that second.
fn bus(station: u32, importance: u8, eta: f64) -> PriorityRequest {
    PriorityRequest {
        role: Some(VehicleRole::PublicTransport),
        subrole: Some(1),
        importance: Some(importance),
        eta: Some(second(eta)),
        ..ambulance(station, 2)
    }
}

const CONDITIONAL: u8 = 5;
const ABSOLUTE: u8 = 11;

/// North and south have been green since second 0, the others red.
fn north_is_green(bench: &mut Bench) {
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[NORTH, SOUTH], Aspect::Green);
}

/// What is wished of a group now.
fn wish(bench: &Bench, group: GroupIndex) -> Wish {
    let last = bench.said.iter().rev().find_map(|(_, output)| match output {
        Output::Wishes { wishes, .. } => Some(wishes.wish(group)),
        _ => None,
    });
    last.unwrap_or_default()
}

/// Keeps a request alive until that second.
fn drive(bench: &mut Bench, request: &mut PriorityRequest, until: f64) {
    loop {
        let now = (bench.now - second(0.0)).seconds();
        if now + 5.0 > until {
            bench.until(until);
            return;
        }
        bench.until(now + 5.0);
        *request = next(request, RequestKind::Update);
        bench.request(request);
    }
}

#[test]
fn a_running_green_is_held_for_a_bus_and_nobody_is_cut_for_it() {
    let mut bench = bench("eta", |_| ());
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[EAST, WEST], Aspect::Green);
    let mut bus = bus(7, CONDITIONAL, 12.0);
    bench.request(&bus);
    assert_eq!(wish(&bench, EAST), Wish::Hold);
    assert_eq!(bench.wished(1), (vec![], vec![]), "nobody is wished green or red");
    drive(&mut bench, &mut bus, 12.0);
    assert_eq!(bench.told(7).last().unwrap().1, Granted);
    bench.request(&next(&bus, RequestKind::Cancellation));
    assert_eq!(wish(&bench, EAST), Wish::Program);
}

#[test]
fn at_red_a_bus_with_conditional_priority_waits_for_the_program() {
    let mut bench = bench("eta", |_| ());
    north_is_green(&mut bench);
    let mut bus = bus(7, CONDITIONAL, 10.0);
    bench.request(&bus);
    drive(&mut bench, &mut bus, 20.0);
    assert_eq!(bench.wishes_said(), 0);
    assert_eq!(bench.told(7), [(0.0, Requested)]);
}

#[test]
fn a_green_is_held_from_when_the_guard_suffices_and_no_longer_than_the_guard() {
    let mut bench = bench("eta", |_| ());
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[EAST], Aspect::Green);
    let mut bus = bus(7, CONDITIONAL, 50.0);
    bench.request(&bus);
    drive(&mut bench, &mut bus, 19.5);
    assert_eq!(wish(&bench, EAST), Wish::Program, "more than 30 s away");
    drive(&mut bench, &mut bus, 25.0);
    assert_eq!(wish(&bench, EAST), Wish::Hold);
    drive(&mut bench, &mut bus, 52.0);
    assert_eq!(bench.told(7).last().unwrap().1, MaxPresence);
    assert_eq!(wish(&bench, EAST), Wish::Program);
}

#[test]
fn with_absolute_priority_green_comes_in_time_but_nobody_is_cut_before_its_cut_green() {
    let mut bench = bench("eta", |_| ());
    north_is_green(&mut bench);
    // As soon as possible: half of the maximum green of 30 s comes first.
    let mut bus = bus(7, ABSOLUTE, 8.0);
    bench.request(&bus);
    drive(&mut bench, &mut bus, 14.8);
    assert_eq!(wish(&bench, NORTH), Wish::Program);
    drive(&mut bench, &mut bus, 15.1);
    assert_eq!(
        (wish(&bench, NORTH), wish(&bench, SOUTH), wish(&bench, EAST)),
        (Wish::Red, Wish::Red, Wish::Green)
    );
    assert_eq!(bench.told(7).last().unwrap().1, Processing);
    assert_eq!(wish(&bench, WEST), Wish::Program, "in nobody's way");
}

#[test]
fn who_would_not_have_its_cut_green_any_more_does_not_start() {
    let mut bench = bench("eta", |_| ());
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[EAST], Aspect::Green);
    bench.request(&bus(7, ABSOLUTE, 60.0));
    assert_eq!(bench.wishes_said(), 0, "there is time for the others");
    bench.request(&bus(8, ABSOLUTE, 20.0));
    assert_eq!(bench.wished(1).1, [NORTH, NORTH_LEFT, SOUTH]);
}

#[test]
fn while_somebody_in_the_way_has_waited_too_long_nothing_begins() {
    let mut bench = bench("eta", |_| ());
    north_is_green(&mut bench);
    bench.lamps(&[NORTH, SOUTH], Aspect::Red);
    // The only detector is that of group 02.
    bench.tell(Input::Detector { intersection: id(1), detector: DetectorIndex(0), occupied: true });
    bench.until(121.0);
    bench.request(&bus(7, ABSOLUTE, 122.0));
    assert_eq!(bench.wishes_said(), 0);
    assert_eq!(bench.told(7).last().unwrap().1, Requested);
    bench.lamps(&[NORTH], Aspect::Green);
    bench.until(137.0);
    bench.request(&bus(8, ABSOLUTE, 138.0));
    assert!(bench.wished(1).1.contains(&NORTH));
}

#[test]
fn the_next_bus_waits_until_somebody_in_the_way_of_the_last_was_green() {
    let mut bench = bench("eta", |_| ());
    north_is_green(&mut bench);
    bench.until(20.0);
    let first = bus(7, ABSOLUTE, 21.0);
    bench.request(&first);
    bench.lamps(&[NORTH, SOUTH], Aspect::Red);
    bench.tell(Input::Detector { intersection: id(1), detector: DetectorIndex(0), occupied: true });
    bench.lamps(&[EAST], Aspect::Green);
    bench.request(&next(&first, RequestKind::Cancellation));
    bench.lamps(&[EAST], Aspect::Red);
    bench.request(&bus(8, ABSOLUTE, 22.0));
    assert_eq!(bench.told(8).last().unwrap().1, Requested, "02 waits");
    bench.lamps(&[NORTH], Aspect::Green);
    bench.until(36.0);
    bench.request(&bus(9, ABSOLUTE, 37.0));
    assert_eq!(bench.told(9).last().unwrap().1, Processing);
}

#[test]
fn goods_get_what_public_transport_gets() {
    let mut bench = bench("absolute", |_| ());
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[EAST], Aspect::Green);
    let truck =
        PriorityRequest { role: Some(VehicleRole::Truck), subrole: Some(0), ..bus(7, CONDITIONAL, 10.0) };
    bench.request(&truck);
    assert_eq!(wish(&bench, EAST), Wish::Hold);
}

#[test]
fn without_a_strategy_for_emergency_vehicles_nobody_gets_anything() {
    let mut bench = bench("none", |_| ());
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[EAST], Aspect::Green);
    bench.request(&bus(7, ABSOLUTE, 10.0));
    assert_eq!(bench.wishes_said(), 0);
}

#[test]
fn no_emergency_vehicle_is_later_for_a_bus_whatever_the_strategy() {
    for strategy in ["absolute", "eta", "corridor", "optimal", "conditional"] {
        let served = |with_bus: bool| {
            let mut bench = bench(strategy, |_| ());
            bench.lamps(&GROUPS, Aspect::Red);
            bench.lamps(&[EAST], Aspect::Green);
            if with_bus {
                bench.request(&bus(7, ABSOLUTE, 6.0));
            }
            bench.until(6.0);
            bench.request(&PriorityRequest {
                position: Some(before(1, 40.0)),
                eta: Some(second(9.0)),
                ..ambulance(8, 1)
            });
            (bench.wished(1), bench.told(8))
        };
        assert_eq!(served(true), served(false), "{strategy}");
    }
}

#[test]
fn a_bus_beside_an_emergency_vehicle_rides_along() {
    let mut bench = bench("absolute", |_| ());
    bench.lamps(&GROUPS, Aspect::Red);
    bench.lamps(&[EAST, WEST], Aspect::Green);
    bench.request(&PriorityRequest { position: Some(before(2, 200.0)), ..ambulance(8, 2) });
    bench.request(&bus(7, CONDITIONAL, 10.0));
    assert_eq!(bench.told(7).last().unwrap().1, Granted);
    assert_eq!(wish(&bench, EAST), Wish::Green, "what the ambulance wants");
}
