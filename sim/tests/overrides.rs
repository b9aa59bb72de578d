//! A bridge beats an ambulance: while an input is active that ranks above priority, the intersection gives none.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::fs;
use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::simulation::Model;

use crossing::{Crossing, car, options};

const AMBULANCE: &str = "\n[radio]\nloss = 0.0\ncam_share = 0.0\n\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\n\
                         depart_s = 200.0\nroute = [\"S_C\", \"C_N\"]\n";

/// The crossing with a bridge behind it.
fn with_bridge(rows: &str) -> Crossing {
    let crossing = Crossing::new(&car(100.0, 0), &format!("{AMBULANCE}{rows}"));
    let file = crossing.path().join("intersections/c.toml");
    let text = fs::read_to_string(&file).unwrap();
    let overrides = "overrides = [{ input = \"brug\", type = \"bridge\" }]\n[intergreen_s]";
    fs::write(&file, text.replace("[intergreen_s]", overrides)).unwrap();
    crossing
}

fn run(rows: &str) -> RunRecord {
    let crossing = with_bridge(rows);
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let strategy = StrategyConfig::from_name("absolute").unwrap();
    Model::new(scenario).run(&options, &strategy, 0, &AtomicU64::new(0)).unwrap()
}

fn open(from: f64, to: f64) -> String {
    format!("\n[[override]]\nintersection = \"0/1\"\ninput = \"brug\"\nfrom_s = {from:?}\nto_s = {to:?}\n")
}

#[test]
fn while_the_bridge_is_open_the_ambulance_is_rejected() {
    let served = run("").requests;
    assert_eq!((served.granted, served.rejected), (1, 0));
    let open_all_the_time = run(&open(100.0, 500.0)).requests;
    assert_eq!((open_all_the_time.granted, open_all_the_time.rejected), (0, 1));
}

#[test]
fn once_it_is_closed_the_ambulance_asks_anew_and_is_served() {
    let requests = run(&open(100.0, 212.0)).requests;
    assert_eq!(requests.granted, 1);
    assert!(requests.anew >= 1);
}

#[test]
fn before_and_after_it_changes_nothing() {
    assert_eq!(run(&open(10.0, 60.0)).emergency, run("").emergency);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let crossing = with_bridge(
        "\n[[override]]\nintersection = \"0/1\"\ninput = \"bridge\"\nfrom_s = 1\nto_s = 2\n\
         \n[[override]]\nintersection = \"0/1\"\ninput = \"brug\"\nfrom_s = 20\nto_s = 2\n\
         \n[[override]]\nintersection = \"X\"\ninput = \"brug\"\nfrom_s = 1\nto_s = 2\n",
    );
    let problems = crossing.read().unwrap_err().to_string();
    for part in [
        "`input` is \"bridge\", which intersection 0/1 does not have",
        "name one of its file: brug",
        "`to_s` is 2, not after `from_s`, 20",
        "`intersection` is \"X\", which no intersection file has",
    ] {
        assert!(problems.contains(part), "{problems}");
    }
}
