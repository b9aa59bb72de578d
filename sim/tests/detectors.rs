//! Loops in the simulated road: they tell at the right time, and who stands on one gets green.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_signals::Aspect;
use voorrang_sim::detector_plugin::Detectors;
use voorrang_sim::detectors::loops;
use voorrang_sim::random::{Purpose, Stream};
use voorrang_sim::run_options::AtRed;
use voorrang_sim::scenario::Scenario;
use voorrang_sim::signal_plugin::lamp_offsets;
use voorrang_sim::simulation::Model;
use voorrang_sim::traffic::{Entrant, Lamps, Moment, Roads, Traffic};
use voorrang_sim::vehicle::Driver;
use voorrang_units::Duration;

use crossing::{Crossing, car, options};

/// What the loops tell of one car from the west that nothing holds up: which loop, tenths of a second after it entered, occupied.
fn told(scenario: Scenario) -> Vec<(String, i64, bool)> {
    let scenario = Arc::new(scenario);
    let roads = Arc::new(Roads::new(&scenario.network, &lamp_offsets(&scenario)));
    let (detectors, stretches) = Detectors::of(&scenario);
    let mut traffic = Traffic::new(Arc::clone(&scenario), roads, AtRed::Wait);
    traffic.watch(stretches);
    let car = scenario.vehicle_types.iter().find(|one| one.id == "car").unwrap();
    let driver = Driver::draw(car, &mut Stream::new(1, 0, Purpose::Driver, 0));
    traffic.wish_to_enter(Entrant { driver, route: 0, halts: Vec::new(), trip: None });
    let names: Vec<_> = detectors
        .watching()
        .iter()
        .map(|(at, detector)| &scenario.intersections[*at].intersection.detectors()[detector.index()].name)
        .collect();
    let mut told = Vec::new();
    let step_s = scenario.step.seconds();
    for step in 0..40_000 / scenario.step.millis() {
        let lamps = Lamps { aspects: &[Aspect::Green; 4], since_s: &[0.0; 4] };
        traffic.step(&Moment { now_s: step_s * step as f64, measuring: false, lamps });
        told.extend(traffic.loop_changes().iter().map(|change| {
            (
                names[change.number].clone(),
                scenario.step.millis() / 100 * step + i64::from(change.scan),
                change.occupied,
            )
        }));
    }
    told
}

#[test]
fn a_car_is_told_at_the_control_step_after_it_came_and_after_it_left() {
    // It enters with its front at 4.5 m and drives at 13.89 m/s. The far loop lies from 318.5 to 320 m, the other from 387.5 to 389 m of
    // the lane of 390 m, whose end it has crossed with its front when its rear leaves the loop.
    let tenths = |metres: f64| (metres * 1000.0) as i64 * 100 / 138_900 + 1;
    let expected = [
        ("022", tenths(318.5 - 4.5), true),
        ("022", tenths(320.0), false),
        ("021", tenths(387.5 - 4.5), true),
        ("021", tenths(389.0), false),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(name, at, occupied)| (name.to_owned(), at, occupied)).collect();
    assert_eq!(told(Crossing::new("", "").scenario()), expected);
}

#[test]
fn a_traffic_step_of_another_length_tells_the_same() {
    let scenario = Crossing::new("", "").scenario();
    for millis in [100, 200, 1000] {
        let mut other = scenario.clone();
        other.step = Duration::from_millis(millis);
        assert_eq!(told(other), told(scenario.clone()), "{millis}");
    }
}

#[test]
fn every_loop_of_a_lane_in_the_network_has_its_place_and_no_other_detector() {
    let scenario = Crossing::new("", "").scenario();
    let loops = loops(&scenario);
    assert_eq!(loops.len(), 4);
    let places: Vec<_> =
        loops.iter().map(|laid| (laid.pieces.len(), laid.pieces[0].from_m, laid.pieces[0].to_m)).collect();
    assert_eq!(places, [(1, 387.5, 389.0), (1, 318.5, 320.0), (1, 387.5, 389.0), (1, 363.0, 378.0)]);
}

#[test]
fn a_car_on_the_side_road_gets_green_from_its_loop() {
    let crossing = Crossing::new(&car(100.0, 1), "");
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let run = |scenario: Scenario| {
        Model::new(scenario).run(&options, &StrategyConfig::None, 0, &AtomicU64::new(0)).unwrap()
    };
    let record = run(scenario.clone());
    assert_eq!((record.vehicles.departed, record.vehicles.arrived), (1, 1));
    // The road from the west ends its green at once: yellow and clearance, and the car has not even stopped.
    assert!(record.others.delays_s[0] < 10.0, "{:?}", record.others.delays_s);
    let mut blind = scenario;
    for link in &mut blind.network.links {
        // Not the lane of the intersection's loops any more.
        let signal = link.signal.as_mut().unwrap();
        signal.lane = voorrang_signals::LaneId::try_from(9).unwrap();
    }
    let record = run(blind);
    assert_eq!((record.vehicles.departed, record.vehicles.arrived), (1, 0), "nobody sees it");
}
