//! The scenarios that come with the project: they load, run safely, and show what they are there to show.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_sim::demand::file::DemandReader;
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::run_options::{AtRed, RunOptions};
use voorrang_sim::scenario::Scenario;
use voorrang_sim::simulation::Model;
use voorrang_units::Duration;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name)
}

fn model(name: &str) -> Model {
    Model::new(Scenario::load(&folder(name)).unwrap_or_else(|problems| panic!("{problems}")))
}

fn options(model: &Model, at_red: AtRed) -> RunOptions {
    let scenario = model.scenario();
    RunOptions {
        seed: 1,
        replications: 2,
        at_red,
        jitter: Duration::from_seconds(15),
        end: scenario.end,
        warm_up: scenario.warm_up,
        recovery: voorrang_priority::RecoveryConfig::Resume,
        partial_conflicts: voorrang_priority::PartialConflicts::Hold,
        lamp_latency: Duration::ZERO,
    }
}

fn run(model: &Model, strategy: &str, at_red: AtRed, replication: u32) -> RunRecord {
    let strategy = StrategyConfig::from_name(strategy).unwrap();
    model.run(&options(model, at_red), &strategy, replication, &AtomicU64::new(0)).unwrap()
}

/// Nothing went wrong that must not, and no vehicle got lost.
fn check_sound(record: &RunRecord) {
    let (safety, vehicles) = (record.safety, record.vehicles);
    assert_eq!(safety.collisions, 0, "{} {}", record.strategy, record.replication);
    assert_eq!(safety.conflicting_greens, 0);
    assert_eq!(safety.interlock_refusals, 0);
    assert_eq!(vehicles.departed, vehicles.arrived + vehicles.on_road);
    assert_eq!(record.others.stuck, 0);
}

fn travel_time(record: &RunRecord) -> f64 {
    let times: Vec<f64> =
        record.emergency.iter().map(|trip| trip.travel_time_s().expect("it arrived")).collect();
    times.iter().sum::<f64>() / times.len() as f64
}

#[test]
fn every_scenario_loads_with_all_its_demand() {
    for (name, least) in
        [("single_junction", 1000), ("corridor", 1000), ("dutch_junction", 1000), ("two_ambulances", 100)]
    {
        let scenario = Scenario::load(&folder(name)).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!scenario.emergency.is_empty());
        assert!(DemandReader::check(&scenario).unwrap() > least, "{name}");
    }
}

#[test]
fn priority_saves_time_and_red_passages_and_keeps_everybody_safe() {
    for name in ["single_junction", "corridor", "dutch_junction"] {
        let model = model(name);
        let (mut before, mut after) = ((0.0, 0), (0.0, 0));
        for replication in 0..2 {
            for (strategy, sum) in [("none", &mut before), ("absolute", &mut after)] {
                let record = run(&model, strategy, AtRed::PassSlowly, replication);
                check_sound(&record);
                sum.0 += travel_time(&record);
                sum.1 += record.emergency.iter().map(|trip| trip.red_passages).sum::<u32>();
            }
        }
        assert!(after.0 < 0.9 * before.0, "{name}: {before:?} {after:?}");
        assert!(after.1 < before.1, "{name}: {before:?} {after:?}");
    }
}

#[test]
fn a_crew_that_waits_never_passes_red() {
    let model = model("single_junction");
    for strategy in ["none", "absolute"] {
        let record = run(&model, strategy, AtRed::Wait, 0);
        check_sound(&record);
        assert_eq!(record.emergency.iter().map(|trip| trip.red_passages).sum::<u32>(), 0);
    }
}

#[test]
fn every_request_of_an_equipped_route_is_granted_and_none_without_priority() {
    let model = model("corridor");
    let with = run(&model, "absolute", AtRed::PassSlowly, 0);
    assert_eq!(with.requests.granted, with.requests.sent);
    let without = run(&model, "none", AtRed::PassSlowly, 0);
    assert_eq!((without.requests.granted, without.requests.sent), (0, with.requests.sent));
}

#[test]
fn an_intersection_without_equipment_gives_no_priority() {
    let mut scenario = Scenario::load(&folder("single_junction")).unwrap();
    scenario.intersections[0].equipped = false;
    let model = Model::new(scenario);
    let (none, absolute) = (run(&model, "none", AtRed::Wait, 0), run(&model, "absolute", AtRed::Wait, 0));
    assert_eq!(absolute.requests.sent, 0);
    assert_eq!(none.emergency, absolute.emergency);
    assert_eq!(none.others, absolute.others);
}

#[test]
fn the_same_seed_gives_the_same_run_bit_for_bit_on_any_thread() {
    let model = model("single_junction");
    let here = run(&model, "absolute", AtRed::PassSlowly, 0);
    let there = std::thread::scope(|scope| {
        let busy = scope.spawn(|| run(&model, "none", AtRed::PassSlowly, 1));
        let there = scope.spawn(|| run(&model, "absolute", AtRed::PassSlowly, 0)).join().unwrap();
        busy.join().unwrap();
        there
    });
    assert_eq!(here, there);
}

#[test]
fn another_seed_gives_other_traffic_and_the_same_seed_the_same_under_each_strategy() {
    let model = model("single_junction");
    let strategy = StrategyConfig::None;
    let mut other = options(&model, AtRed::PassSlowly);
    other.seed = 2;
    let one = run(&model, "none", AtRed::PassSlowly, 0);
    let two = model.run(&other, &strategy, 0, &AtomicU64::new(0)).unwrap();
    assert_ne!(one.others.delays_s, two.others.delays_s);
    let paired = run(&model, "absolute", AtRed::PassSlowly, 0);
    let departures =
        |record: &RunRecord| record.emergency.iter().map(|trip| trip.depart_s).collect::<Vec<_>>();
    assert_eq!(departures(&one), departures(&paired));
    assert_eq!(
        one.vehicles.departed + one.vehicles.waiting_to_enter,
        paired.vehicles.departed + paired.vehicles.waiting_to_enter
    );
}
