//! The simulation: whole runs of imported SUMO networks without priority. Per element: one vehicle moved by one traffic step.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::Duration as WallDuration;

use criterion::{Criterion, SamplingMode, Throughput};
use voorrang_priority::StrategyConfig;
use voorrang_sim::import::{ImportOptions, import_sumo};
use voorrang_sim::run_options::{AtRed, RunOptions};
use voorrang_sim::scenario::Scenario;
use voorrang_sim::simulation::Model;
use voorrang_units::Duration;

/// A network of the simulator's tests with its demand, imported into a folder.
fn model(network: &str, routes: &str, folder: &Path) -> Model {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sim/tests/data/sumo");
    let out = folder.join(network);
    import_sumo(&ImportOptions {
        net: data.join(network),
        routes: vec![data.join(routes)],
        out: out.clone(),
        ..ImportOptions::default()
    })
    .expect("the simulator's tests import it too");
    let mut scenario = Scenario::load(&out).expect("what was imported can be read");
    // A run would go on until they have arrived.
    scenario.emergency.clear();
    Model::new(scenario)
}

/// The first five minutes of the demand as written.
fn options() -> RunOptions {
    RunOptions {
        seed: 1,
        replications: 1,
        at_red: AtRed::PassSlowly,
        jitter: Duration::ZERO,
        end: Duration::from_seconds(300),
        warm_up: Duration::ZERO,
        recovery: voorrang_priority::RecoveryConfig::Resume,
        partial_conflicts: voorrang_priority::PartialConflicts::Hold,
        lamp_latency: Duration::ZERO,
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("sim_step");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(WallDuration::from_secs(10));
    let networks = [
        ("iso4: one intersection", "iso4.net.xml", "iso4.rou.xml"),
        ("corridor10: ten", "corridor10.net.xml", "corridor10.rou.xml.gz"),
        ("grid_mid: a hundred", "grid10.net.xml.gz", "grid_mid.rou.xml.gz"),
    ];
    for (name, network, routes) in networks {
        let model = model(network, routes, folder.path());
        let run = || {
            model
                .run(&options(), &StrategyConfig::None, 0, &AtomicU64::new(0))
                .expect("demand that was imported")
        };
        group.throughput(Throughput::Elements(run().vehicle_updates));
        group.bench_function(format!("vehicle updates, {name}"), |bencher| bencher.iter(run));
    }
    group.finish();
    criterion.final_summary();
}
