//! The gateway as a process of its own, in control of simulated junctions over TLC-FI, beside the same core within the simulator: emergency vehicles
//! are as fast with one as with the other.
//!
//! Twenty passages in real time, all at once: twenty streets and twenty gateways, three minutes. Ignored by default:
//!
//! ```text
//! cargo test --release -p voorrang-gateway --test hardware_in_the_loop -- --ignored --nocapture
//! ```

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod processes;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use processes::{PROGRAM, free_udp, interrupt, terminate};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/single_junction");
/// Each with four passages.
const REPLICATIONS: u32 = 5;
/// So long before a vehicle departs its gateway may begin to take control.
const LEAD_S: f64 = 45.0;
/// So long after it arrives in the run within the simulator it may arrive here.
const PATIENCE_S: f64 = 30.0;
/// Of Student's distribution: 90 % of the values lie within so many standard errors, at 19 degrees of freedom.
const T_90: f64 = 1.729;

#[test]
#[ignore = "three minutes: it goes in real time"]
fn a_gateway_over_tlcfi_is_as_fast_as_the_core_within_the_simulator() {
    let simulator = simulator();
    let folder = tempfile::tempdir().unwrap();
    let within = within(&simulator, &folder.path().join("within"));
    let (with, without) = (&within["eta"], &within["none"]);
    assert_eq!(with.len(), 20, "passages of the scenario");
    let streets: Vec<_> = with
        .iter()
        .map(|(passage, trip)| {
            let (simulator, folder) = (simulator.clone(), folder.path().join(passage.name()));
            let (passage, trip) = (passage.clone(), *trip);
            thread::spawn(move || served(&simulator, &folder, &passage, trip))
        })
        .collect();
    let outside: Vec<f64> = streets.into_iter().map(|street| street.join().unwrap()).collect();

    println!("\n   passage              no priority   within    outside");
    let mut differences = Vec::new();
    for ((passage, trip), outside) in with.iter().zip(&outside) {
        let none = without[passage].travel_s;
        println!("   {:<20} {none:>9.1} s {:>8.1} s {outside:>8.1} s", passage.name(), trip.travel_s);
        differences.push(outside - trip.travel_s);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let inner = mean(&with.values().map(|trip| trip.travel_s).collect::<Vec<_>>());
    let middle = mean(&differences);
    let squares: f64 = differences.iter().map(|difference| (difference - middle).powi(2)).sum();
    let half = T_90 * (squares / 19.0 / 20.0).sqrt();
    let (low, high) = (middle - half, middle + half);
    let band = f64::max(2.0, 0.05 * inner);
    println!(
        "   mean {inner:.2} s within, {:.2} s outside; difference {middle:.2} s, 90 % interval {low:.2} to {high:.2} s; allowed {band:.2} s",
        mean(&outside)
    );
    assert!(-band < low && high < band, "{low:.2} to {high:.2} s is not within {band:.2} s");
}

/// One vehicle in one replication.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Passage {
    replication: u32,
    vehicle: String,
}

impl Passage {
    fn name(&self) -> String {
        format!("{}-{}", self.replication, self.vehicle)
    }
}

#[derive(Debug, Clone, Copy)]
struct Trip {
    depart_s: f64,
    travel_s: f64,
}

/// The simulator, of the same profile as the gateway.
fn simulator() -> PathBuf {
    let folder = Path::new(PROGRAM).parent().unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--package", "voorrang-sim", "--target-dir"]);
    build.arg(folder.parent().unwrap());
    if folder.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    folder.join("voorrang-sim")
}

/// Without a gateway: the core within the simulator, with lamps as late as those of a controller.
fn within(simulator: &Path, out: &Path) -> BTreeMap<String, BTreeMap<Passage, Trip>> {
    let run = Command::new(simulator)
        .args(["run", SCENARIO, "--strategies", "none,eta", "--lamp-latency-s", "0.2"])
        .args(["--replications", &REPLICATIONS.to_string(), "--out"])
        .arg(out)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut strategies = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (strategy, passage, trip) in trips(out) {
        strategies.entry(strategy).or_default().insert(passage, trip.unwrap());
    }
    strategies
}

/// One passage of a gateway's: how long it took.
fn served(simulator: &Path, folder: &Path, passage: &Passage, expected: Trip) -> f64 {
    fs::create_dir(folder).unwrap();
    let (configuration, said) = (folder.join("gateway"), folder.join("street.txt"));
    let from = (expected.depart_s - LEAD_S).floor();
    let mut street = Command::new(simulator)
        .args(["serve", SCENARIO, "--strategy", "eta", "--listen", "127.0.0.1:0", "--send"])
        .arg(format!("127.0.0.1:{}", free_udp()))
        .args(["--replications", &REPLICATIONS.to_string()])
        .args(["--replication", &passage.replication.to_string()])
        .args(["--from", &from.to_string(), "--write-config"])
        .arg(&configuration)
        .arg("--out")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let said = || fs::read_to_string(&said).unwrap();
    let begun = Instant::now();
    // It says so once the file is whole.
    while !said().contains("now start") {
        assert!(begun.elapsed() < Duration::from_secs(60), "no configuration: {}", said());
        thread::sleep(Duration::from_millis(50));
    }
    let mut gateway = Command::new(PROGRAM)
        .arg("run")
        .arg(configuration.join("gateway.toml"))
        .stderr(File::create(folder.join("gateway.txt")).unwrap())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs_f64(expected.depart_s - from + expected.travel_s + PATIENCE_S));
    interrupt(&mut street);
    terminate(&mut gateway);
    let told = || format!("{}\n{}", said(), fs::read_to_string(folder.join("gateway.txt")).unwrap());
    assert!(!said().contains("\n0 lamp changes") && !said().contains("late by more"), "{}", told());
    let mut trips = trips(folder).into_iter().filter(|(_, one, _)| one == passage);
    let trip = trips.next().and_then(|(_, _, trip)| trip);
    trip.unwrap_or_else(|| panic!("{} did not arrive\n{}", passage.name(), told())).travel_s
}

/// `trips.csv`: strategy, passage and, where it arrived, the trip.
fn trips(folder: &Path) -> Vec<(String, Passage, Option<Trip>)> {
    let text = fs::read_to_string(folder.join("trips.csv")).unwrap();
    let mut lines = text.lines();
    assert!(
        lines.next().unwrap().starts_with("strategy,replication,vehicle,depart_s,arrival_s,travel_time_s,")
    );
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let passage = Passage { replication: fields[1].parse().unwrap(), vehicle: fields[2].to_owned() };
        let depart_s = fields[3].parse().unwrap();
        let trip = fields[5].parse().ok().map(|travel_s| Trip { depart_s, travel_s });
        (fields[0].to_owned(), passage, trip)
    };
    lines.map(line).collect()
}
