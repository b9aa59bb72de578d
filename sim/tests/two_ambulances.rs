//! Two emergency vehicles on conflicting approaches, close in time: what the order of service is worth.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::path::Path;
use std::sync::atomic::AtomicU64;

use voorrang_priority::{PartialConflicts, RecoveryConfig, StrategyConfig};
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::measures::statistics::Estimate;
use voorrang_sim::run_options::{AtRed, RunOptions};
use voorrang_sim::scenario::Scenario;
use voorrang_sim::simulation::Model;
use voorrang_units::Duration;

const SEEDS: u32 = 200;

fn runs(model: &Model, strategy: &str) -> Vec<RunRecord> {
    let options = RunOptions {
        seed: 1,
        replications: SEEDS,
        at_red: AtRed::PassSlowly,
        jitter: Duration::from_seconds(5),
        end: model.scenario().end,
        warm_up: model.scenario().warm_up,
        recovery: RecoveryConfig::Resume,
        partial_conflicts: PartialConflicts::Hold,
        lamp_latency: Duration::ZERO,
    };
    let strategy = StrategyConfig::from_name(strategy).unwrap();
    let steps = AtomicU64::new(0);
    (0..SEEDS).map(|replication| model.run(&options, &strategy, replication, &steps).unwrap()).collect()
}

/// The travel times of one run, pair by pair.
fn pairs(run: &RunRecord) -> Vec<[f64; 2]> {
    let times: Vec<f64> =
        run.emergency.iter().map(|trip| trip.travel_time_s().expect("it arrived")).collect();
    times.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// How long the slower of a pair was under way longer than it would have been alone, in the mean of a run. Alone is its quickest run.
fn slower_s(run: &RunRecord, alone: &[f64]) -> f64 {
    let slower = pairs(run).into_iter().zip(alone.chunks(2));
    let delays: Vec<f64> = slower.map(|(pair, alone)| (pair[0] - alone[0]).max(pair[1] - alone[1])).collect();
    delays.iter().sum::<f64>() / delays.len() as f64
}

#[test]
fn the_slower_of_two_loses_less_with_optimal_and_few_lose_much() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/two_ambulances");
    let model = Model::new(Scenario::load(&folder).unwrap_or_else(|problems| panic!("{problems}")));
    let [none, absolute, optimal] = ["none", "absolute", "optimal"].map(|strategy| runs(&model, strategy));
    let times = |run: &RunRecord| pairs(run).concat();
    let alone: Vec<f64> = (0..times(&none[0]).len())
        .map(|place| {
            let all = none.iter().chain(&absolute).chain(&optimal);
            all.map(|run| times(run)[place]).fold(f64::INFINITY, f64::min)
        })
        .collect();
    let gains: Vec<f64> = absolute
        .iter()
        .zip(&optimal)
        .map(|(absolute, optimal)| slower_s(absolute, &alone) - slower_s(optimal, &alone))
        .collect();
    let gain = Estimate::of(&gains);
    let mean =
        |runs: &[RunRecord]| runs.iter().map(|run| slower_s(run, &alone)).sum::<f64>() / f64::from(SEEDS);
    let vehicles = none.len() * alone.len();
    let worse = none
        .iter()
        .zip(&optimal)
        .flat_map(|(none, optimal)| times(none).into_iter().zip(times(optimal)))
        .filter(|(none, optimal)| *optimal > none + 20.0)
        .count();
    println!(
        "delay of the slower of two: none {:.1} s, absolute {:.1} s, optimal {:.1} s; less by {:.2} ± {:.2} s; \
         {worse} of {vehicles} vehicles more than 20 s worse than with none",
        mean(&none),
        mean(&absolute),
        mean(&optimal),
        gain.mean.unwrap(),
        gain.ci95.unwrap()
    );
    let (low, _) = gain.interval().unwrap();
    assert!(low > 0.0, "{gain:?}");
    assert!(worse * 50 <= vehicles, "{worse} of {vehicles}");
    for run in none.iter().chain(&absolute).chain(&optimal) {
        assert_eq!((run.safety.conflicting_greens, run.safety.interlock_refusals), (0, 0));
    }
}
