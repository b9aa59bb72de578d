//! Who goes before whom, and what goes before everybody: emergency vehicles before public transport and goods, lost control and overrides before
//! all, and who stays when the table is full.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use support::{
    Bench, EAST, GROUPS, NORTH, NORTH_LEFT, SOUTH, WEST, ambulance, at, before, cam, configured, id, next,
    second,
};
use voorrang_messages::PrioritizationStatus::{
    Granted, Processing, Rejected, Requested, ReserviceLocked, WatchOtherTraffic,
};
use voorrang_messages::{PrioritizationStatus, PriorityRequest, RequestKind, VehicleRole};
use voorrang_priority::request::{End, Level, PriorityClass, Rejection};
use voorrang_priority::{EngineConfig, Input, RecoveryConfig, StrategyConfig};
use voorrang_signals::Aspect;
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_units::Duration;

const NOTHING: (Vec<voorrang_signals::GroupIndex>, Vec<voorrang_signals::GroupIndex>) =
    (Vec::new(), Vec::new());

fn near(station: u32, approach: u8) -> PriorityRequest {
    PriorityRequest { position: Some(before(approach, 200.0)), ..ambulance(station, approach) }
}

fn of(role: VehicleRole, subrole: u8, importance: u8, request: PriorityRequest) -> PriorityRequest {
    PriorityRequest { role: Some(role), subrole: Some(subrole), importance: Some(importance), ..request }
}

fn bus(station: u32, approach: u8) -> PriorityRequest {
    of(VehicleRole::PublicTransport, 1, 11, near(station, approach))
}

/// Everybody may ask.
fn open(change: impl FnOnce(&mut EngineConfig)) -> Bench {
    let config = configured("absolute", |config| {
        config.request.public_transport = true;
        config.request.goods = true;
        change(config);
    });
    Bench::with(&[1], config)
}

fn last_told(bench: &Bench, station: u32) -> Option<PrioritizationStatus> {
    bench.statuses(station).last().map(|(_, status)| status.status)
}

/// A granted bus from the east, and 2 s later an ambulance from the north.
fn cut(change: impl FnOnce(&mut EngineConfig)) -> (Bench, PriorityRequest, PriorityRequest) {
    let mut bench = open(change);
    let (bus, ambulance) = (bus(7, 2), near(8, 1));
    bench.request(&bus);
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(2.0);
    bench.request(&ambulance);
    (bench, bus, ambulance)
}

#[test]
fn role_and_importance_decide_class_and_level() {
    let mut bench = open(|_| ());
    bench.request(&near(1, 2));
    bench.request(&bus(2, 2));
    bench.request(&of(VehicleRole::Truck, 0, 3, near(3, 2)));
    let known: Vec<_> = bench
        .requests(1)
        .iter()
        .map(|request| (request.class(), request.conditional(), request.level()))
        .collect();
    assert_eq!(
        known,
        [
            (PriorityClass::Emergency, false, Level::Emergency),
            (PriorityClass::PublicTransport, false, Level::Absolute),
            (PriorityClass::Goods, true, Level::Conditional),
        ]
    );
}

#[test]
fn public_transport_and_goods_are_rejected_unless_they_are_switched_on() {
    let mut bench = Bench::new("absolute");
    bench.request(&bus(7, 2));
    bench.request(&of(VehicleRole::Truck, 0, 11, near(8, 2)));
    for station in [7, 8] {
        assert_eq!(bench.told(station), [(0.0, Rejected)]);
        assert_eq!(bench.ended(station), Some(End::Rejected(Rejection::SwitchedOff)));
    }
}

#[test]
fn an_emergency_vehicle_ends_the_service_of_a_bus_in_its_way() {
    let (bench, ..) = cut(|_| ());
    assert_eq!(bench.told(7), [(0.0, Processing), (0.0, Granted), (2.0, ReserviceLocked)]);
    assert_eq!(bench.wished(1), (vec![NORTH, NORTH_LEFT], vec![EAST, SOUTH, WEST]));
    assert_eq!(bench.told(8), [(2.0, Processing)]);
}

#[test]
fn whoever_comes_first_is_served_first_but_for_an_emergency_vehicle_before_a_bus() {
    for strategy in StrategyConfig::NAMES.iter().filter(|name| **name != "none") {
        let config = configured(strategy, |config| config.request.public_transport = true);
        let mut bench = Bench::with(&[1], config);
        let close = |approach, request| PriorityRequest { position: Some(before(approach, 40.0)), ..request };
        bench.lamps(&[NORTH, NORTH_LEFT, SOUTH], Aspect::Red);
        bench.lamps(&[EAST], Aspect::Green);
        bench.request(&close(2, bus(7, 2)));
        bench.until(5.0);
        assert_eq!(last_told(&bench, 7), Some(Granted), "{strategy}");
        bench.request(&close(1, near(8, 1)));
        assert_eq!(last_told(&bench, 7), Some(ReserviceLocked), "{strategy}");
        assert!(bench.wished(1).1.contains(&EAST), "{strategy}");
    }
}

#[test]
fn a_bus_that_was_cut_may_ask_anew_once_everybody_who_was_cut_was_green() {
    let mut bench = open(|_| ());
    let (mut bus, ambulance) = (bus(7, 2), near(8, 1));
    bench.request(&bus);
    bench.lamps(&[EAST, WEST], Aspect::Green);
    bench.request(&ambulance);
    let mut ask = |bench: &mut Bench| {
        bus = next(&bus, RequestKind::Update);
        bench.request(&bus);
        last_told(bench, 7).unwrap()
    };
    bench.lamps(&[EAST, WEST], Aspect::Red);
    bench.lamps(&[NORTH, NORTH_LEFT], Aspect::Green);
    assert_eq!(ask(&mut bench), ReserviceLocked);
    bench.until(5.0);
    bench.request(&next(&ambulance, RequestKind::Cancellation));
    assert_eq!(ask(&mut bench), ReserviceLocked);
    bench.lamps(&[EAST], Aspect::Green);
    assert_eq!(ask(&mut bench), ReserviceLocked, "west was cut too");
    bench.lamps(&[WEST], Aspect::Green);
    assert_eq!(ask(&mut bench), Granted);
}

#[test]
fn while_those_who_were_cut_wait_no_other_bus_cuts_them_but_an_ambulance_does() {
    let (mut bench, _, ambulance) = cut(|_| ());
    bench.lamps(&[EAST], Aspect::Red);
    bench.request(&next(&ambulance, RequestKind::Cancellation));
    bench.request(&bus(9, 3));
    assert_eq!(bench.told(9), [(2.0, ReserviceLocked)]);
    bench.request(&near(10, 3));
    assert_eq!(bench.told(10), [(2.0, Processing)]);
}

#[test]
fn the_lock_does_not_outlast_its_time_though_nobody_turns_green() {
    let (mut bench, mut bus, ambulance) =
        cut(|config| config.request.reservice_lock = Duration::from_seconds(20));
    bench.request(&next(&ambulance, RequestKind::Cancellation));
    for elapsed in [8.0, 15.0, 21.9, 22.0] {
        bench.until(elapsed);
        bus = next(&bus, RequestKind::Update);
        bench.request(&bus);
    }
    assert_eq!(bench.told(7)[2..], [(2.0, ReserviceLocked), (22.0, Processing)]);
}

#[test]
fn a_bus_that_is_not_served_yet_only_waits_for_the_emergency_vehicle() {
    let mut bench = open(|_| ());
    bench.request(&near(8, 1));
    bench.request(&bus(7, 2));
    bench.until(3.0);
    bench.request(&next(&near(8, 1), RequestKind::Cancellation));
    bench.lamps(&[EAST], Aspect::Green);
    assert_eq!(bench.told(7), [(0.0, Processing), (3.0, Granted)]);
}

#[test]
fn a_bus_goes_on_for_no_emergency_vehicle_that_waits_for_another() {
    let mut bench = open(|_| ());
    bench.request(&near(8, 4));
    bench.request(&bus(7, 2));
    bench.lamps(&[EAST, WEST], Aspect::Green);
    assert_eq!(last_told(&bench, 7), Some(Granted));
    bench.until(2.0);
    bench.request(&near(9, 1));
    assert_eq!((bench.told(9), last_told(&bench, 7)), (vec![(2.0, Processing)], Some(ReserviceLocked)));
    assert_eq!(bench.wished(1).0, [WEST]);
}

#[test]
fn a_bus_that_is_in_nobodys_way_keeps_its_service() {
    let mut bench = open(|_| ());
    bench.request(&bus(7, 2));
    bench.lamps(&[EAST], Aspect::Green);
    bench.request(&near(8, 4));
    assert_eq!(bench.told(7), [(0.0, Processing), (0.0, Granted)]);
    assert_eq!(bench.wished(1).0, [EAST, WEST]);
}

#[test]
fn the_higher_level_has_its_turn_first_however_late_it_came() {
    let mut bench = open(|_| ());
    bench.request(&near(7, 2));
    for (station, approach, importance) in [(8, 1, 5), (9, 3, 11)] {
        bench.request(&of(VehicleRole::PublicTransport, 1, importance, near(station, approach)));
        bench.until(f64::from(station));
    }
    bench.request(&near(10, 1));
    bench.request(&next(&near(7, 2), RequestKind::Cancellation));
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT], "the ambulance, and the bus on its approach");
    bench.request(&next(&near(10, 1), RequestKind::Cancellation));
    assert_eq!(bench.wished(1).0, [SOUTH], "the bus of more importance, though the other was served before");
}

#[test]
fn whoever_waits_for_another_emergency_vehicle_stays_processing() {
    let watch = |config: &mut EngineConfig| config.request.watch_other_traffic = true;
    for watches in [false, true] {
        let mut bench = open(|config| {
            if watches {
                watch(config);
            }
        });
        bench.lamps(&GROUPS, Aspect::Red);
        bench.request(&near(7, 1));
        bench.request(&near(8, 2));
        bench.lamps(&[NORTH, NORTH_LEFT], Aspect::Green);
        bench.until(3.0);
        assert_eq!(bench.told(8), [(0.0, Processing)], "its conflict is to be green");
        let first = if watches { WatchOtherTraffic } else { Processing };
        assert_eq!(bench.told(7), [(0.0, first), (0.0, Granted)]);
    }
}

#[test]
fn when_control_is_lost_every_request_is_rejected_at_once_and_every_new_one_until_it_is_back() {
    let mut bench = Bench::with(&[1, 2], configured("absolute", |_| ()));
    let first = near(7, 2);
    bench.request(&first);
    bench.request(&near(8, 1));
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(3.0);
    let control = |available| Input::Control { intersection: id(1), available };
    bench.tell(control(false));
    assert_eq!(
        (bench.told(7).last(), bench.told(8).last()),
        (Some(&(3.0, Rejected)), Some(&(3.0, Rejected)))
    );
    assert_eq!((bench.live(1), bench.wished(1)), (0, NOTHING));
    assert_eq!(bench.ended(7), Some(End::Rejected(Rejection::NoControl)));
    bench.until(4.0);
    let update = next(&first, RequestKind::Update);
    bench.request(&update);
    bench.request(&near(9, 3));
    assert_eq!((last_told(&bench, 7), bench.told(9)), (Some(Rejected), vec![(4.0, Rejected)]));
    bench.tell(control(true));
    bench.until(5.0);
    let update = next(&update, RequestKind::Update);
    bench.request(&update);
    assert_eq!(bench.told(7).last(), Some(&(5.0, Processing)));
    let elsewhere = Input::Control { intersection: id(2), available: false };
    bench.tell(elsewhere);
    assert_eq!(bench.live(1), 1, "each intersection for itself");
}

#[test]
fn what_ranks_above_ends_interventions_and_lets_none_begin() {
    for kind in [OverrideKind::LevelCrossing, OverrideKind::Bridge, OverrideKind::ManualControl] {
        let mut bench = Bench::new("absolute");
        let first = near(7, 2);
        bench.request(&first);
        bench.lamps(&[EAST], Aspect::Green);
        bench.until(2.0);
        let input = |active| Input::Override { intersection: id(1), kind, active };
        bench.tell(input(true));
        assert_eq!(bench.told(7).last(), Some(&(2.0, Rejected)), "{kind:?}");
        assert_eq!((bench.ended(7), bench.wished(1)), (Some(End::Rejected(Rejection::Overridden)), NOTHING));
        bench.request(&near(8, 1));
        bench.tell(Input::Vehicle(cam(9, at(100.0, 2.0), 15.0, Some(270.0))));
        assert_eq!((bench.told(8), bench.live(1)), (vec![(2.0, Rejected)], 0));
        bench.tell(input(false));
        bench.request(&next(&near(8, 1), RequestKind::Update));
        assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT]);
    }
}

#[test]
fn while_something_ranks_above_not_even_the_recovery_wishes_anything() {
    let mut bench = Bench::with(
        &[1],
        configured("absolute", |config| {
            config.recovery = RecoveryConfig::from_name("longest_wait").unwrap();
        }),
    );
    bench.request(&near(7, 2));
    bench.lamps(&GROUPS, Aspect::Red);
    bench.tell(Input::Detector {
        intersection: id(1),
        detector: voorrang_signals::DetectorIndex(0),
        occupied: true,
    });
    bench.until(5.0);
    bench.tell(Input::Override { intersection: id(1), kind: OverrideKind::Bridge, active: true });
    bench.until(60.0);
    assert_eq!((bench.wished(1), bench.wishes_said()), (NOTHING, 2));
    assert_eq!(bench.engine.next_deadline(), None);
}

#[test]
fn in_a_full_table_the_least_important_makes_room_and_is_told() {
    let mut bench = open(|config| config.request.capacity = 2);
    bench.request(&bus(7, 2));
    bench.request(&near(8, 2));
    bench.until(1.0);
    bench.request(&near(9, 1));
    assert_eq!(bench.told(7).last(), Some(&(1.0, Rejected)), "displaced");
    assert_eq!((bench.live(1), bench.told(9)), (2, vec![(1.0, Processing)]));
    bench.request(&bus(10, 2));
    assert_eq!(bench.told(10), [(1.0, Rejected)], "refused");
}

#[test]
fn among_equals_in_a_full_table_the_latest_makes_room_but_no_running_intervention() {
    let ask = |station: u32, eta: f64| PriorityRequest { eta: Some(second(eta)), ..ambulance(station, 2) };
    let mut bench = open(|config| config.request.capacity = 2);
    bench.request(&ask(7, 100.0));
    bench.request(&ask(8, 200.0));
    bench.request(&ask(9, 150.0));
    assert_eq!((bench.told(8).last(), bench.told(9)), (Some(&(0.0, Rejected)), vec![(0.0, Requested)]));
    bench.request(&ask(8, 200.0));
    assert_eq!(bench.told(8).last(), Some(&(0.0, Rejected)), "the latest is refused");

    let mut bench = open(|config| config.request.capacity = 1);
    bench.request(&near(7, 2));
    bench.request(&ask(8, 1.0));
    assert_eq!((bench.told(7), bench.told(8)), (vec![(0.0, Processing)], vec![(0.0, Rejected)]));
}
