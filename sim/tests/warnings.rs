//! Drivers who hear that an emergency vehicle approaches.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_sim::measures::record::{RunRecord, WarningsRecord};
use voorrang_sim::simulation::Model;

use crossing::{Crossing, car, options};

fn run(demand: &str, loss: f64, eva_share: f64) -> RunRecord {
    let more = format!(
        "\n[radio]\nloss = {loss:?}\ncam_share = 0.0\neva_share = {eva_share:?}\n\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\n\
         depart_s = 100.0\nroute = [\"S_C\", \"C_N\"]\n"
    );
    let crossing = Crossing::new(demand, &more);
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let strategy = StrategyConfig::from_name("absolute").unwrap();
    Model::new(scenario).run(&options, &strategy, 0, &AtomicU64::new(0)).unwrap()
}

fn warnings(demand: &str, loss: f64) -> WarningsRecord {
    run(demand, loss, 1.0).warnings.unwrap()
}

#[test]
fn a_driver_ahead_is_warned_long_before_the_vehicle_is_there() {
    // The ambulance drives a fifth faster, and comes up behind it.
    let record = warnings(&car(96.0, 1), 0.0);
    let [lead] = record.lead_times_s[..] else { panic!("{record:?}") };
    assert!((5.0..60.0).contains(&lead), "{lead}");
    assert_eq!(record.never_met, 0);
    assert!((20..80).contains(&record.sent), "about one a second under way: {}", record.sent);
}

#[test]
fn a_driver_who_comes_to_the_crossing_from_the_side_is_warned_and_one_who_has_left_it_is_not() {
    // At the crossing together.
    let record = warnings(&car(98.0, 0), 0.0);
    assert_eq!(record.lead_times_s.len() as u64 + record.never_met, 1, "{record:?}");
    // It has crossed and is gone when the ambulance sets out.
    let record = warnings(&car(60.0, 0), 0.0);
    assert_eq!((record.lead_times_s.len(), record.never_met), (0, 0));
}

#[test]
fn who_hears_nothing_is_not_warned() {
    assert_eq!(run(&car(96.0, 1), 0.0, 0.0).warnings, None);
    let record = warnings(&car(96.0, 1), 1.0);
    assert_eq!((record.lead_times_s.len(), record.never_met), (0, 0), "all is lost");
}

#[test]
fn nobody_drives_otherwise_for_being_warned() {
    let demand: String =
        (0..150_u8).map(|n| car(60.0 + 2.0 * f64::from(n), usize::from(n % 3 == 0))).collect();
    let (without, with) = (run(&demand, 0.01, 0.0), run(&demand, 0.01, 0.3));
    let warned = with.warnings.clone().unwrap();
    assert!(warned.lead_times_s.len() as u64 + warned.never_met > 3, "{warned:?}");
    assert_eq!(RunRecord { warnings: None, ..with.clone() }, without);
    assert_eq!(run(&demand, 0.01, 0.3), with, "and each time the same");
}
