//! What the default drivers come to at a signal: a saturation flow of 1,800 to 1,950 vehicles/h/lane and about 2 s of start-up lost
//! time, as Dutch practice and the HCM take it; textbook parameters are far off.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail here, and says what it saw")]

mod car;
mod single_lane;

use single_lane::{STEP_S, SingleLane};
use voorrang_signals::Aspect;

/// Vehicles discharge from a standing queue; the first four headways hold the start-up loss (HCM).
const FIRST_STEADY: usize = 4;

/// The times (s after the start of green) at which a queue's vehicles cross the stop line.
fn discharge(seed: u64) -> Vec<f64> {
    let mut lane = SingleLane::with_queue(25, seed);
    lane.run(120.0, Aspect::Red);
    lane.crossings(60.0, Aspect::Green)
}

#[test]
fn saturation_flow_lies_between_1800_and_1950_vehicles_an_hour() {
    let mut flows = Vec::new();
    let mut losses = Vec::new();
    for seed in 0..20 {
        let times = discharge(seed);
        assert!(times.len() >= 20, "only {} crossed", times.len());
        let headway = (times[19] - times[FIRST_STEADY - 1]) / (20 - FIRST_STEADY) as f64;
        flows.push(3600.0 / headway);
        losses.push(times[FIRST_STEADY - 1] - headway * FIRST_STEADY as f64);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (flow, loss) = (mean(&flows), mean(&losses));
    println!("saturation flow {flow:.0} vehicles/h, start-up lost time {loss:.2} s, step {STEP_S} s");
    assert!((1800.0..1950.0).contains(&flow), "saturation flow {flow:.0} vehicles/h");
    assert!((1.0..3.0).contains(&loss), "start-up lost time {loss:.2} s");
}

#[test]
fn nobody_crosses_at_red_and_nobody_overlaps() {
    let mut lane = SingleLane::with_queue(25, 1);
    assert!(lane.crossings(120.0, Aspect::Red).is_empty());
    assert_eq!(lane.overlaps(), 0);
    assert!(lane.is_consistent());
}

#[test]
fn a_yellow_stops_those_who_can_and_lets_pass_those_who_cannot() {
    let mut lane = SingleLane::with_queue(25, 2);
    lane.run(120.0, Aspect::Red);
    lane.run(20.0, Aspect::Green);
    let in_yellow = lane.crossings(3.0, Aspect::Yellow);
    assert!(in_yellow.len() <= 2, "{in_yellow:?}");
    assert!(lane.crossings(30.0, Aspect::Red).is_empty());
}
