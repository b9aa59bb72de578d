//! Lamps that follow their commands later: what controllers and vehicles make of it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::run_options::{LONGEST_LAMP_LATENCY, RunOptions, USUAL_LAMP_LATENCY};
use voorrang_sim::simulation::Model;
use voorrang_units::Duration;

use crossing::{Crossing, car, options};

/// Cars on both roads, and an ambulance from the south.
fn model() -> (Crossing, Model) {
    let mut demand = String::new();
    for (place, route) in (0..60).zip([0, 1].into_iter().cycle()) {
        let _ = write!(demand, "{}", car(f64::from(place) * 9.0 + 1.0, route));
    }
    let ambulance =
        "\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\ndepart_s = 200.0\nroute = [\"S_C\", \"C_N\"]\n";
    let crossing = Crossing::new(&demand, ambulance);
    let model = Model::new(crossing.scenario());
    (crossing, model)
}

fn run(model: &Model, strategy: &str, lamp_latency: Duration) -> RunRecord {
    let options = RunOptions { lamp_latency, ..options(model.scenario()) };
    let strategy = StrategyConfig::from_name(strategy).unwrap();
    model.run(&options, &strategy, 0, &AtomicU64::new(0)).unwrap()
}

#[test]
fn late_lamps_are_safe_and_the_same_each_time() {
    let (_crossing, model) = model();
    for latency in [Duration::from_millis(100), USUAL_LAMP_LATENCY, LONGEST_LAMP_LATENCY] {
        let [first, second] = [run(&model, "eta", latency), run(&model, "eta", latency)];
        assert_eq!(first, second, "{latency:?}");
        assert_eq!(first.safety.conflicting_greens, 0, "{latency:?}");
        assert_eq!(first.safety.interlock_refusals, 0, "{latency:?}");
        assert_eq!(first.safety.collisions, 0, "{latency:?}");
        assert!(first.emergency[0].travel_time_s().is_some(), "{latency:?}");
    }
}

#[test]
fn others_wait_longer_for_later_lamps() {
    let (_crossing, model) = model();
    let delay = |latency| run(&model, "none", latency).others;
    assert_ne!(delay(Duration::ZERO), delay(LONGEST_LAMP_LATENCY));
}
