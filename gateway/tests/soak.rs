//! A gateway under load for a while: nothing lost, and memory flat. `VOORRANG_SOAK_S` says for how long, 60 s where it says nothing:
//!
//! ```text
//! VOORRANG_SOAK_S=3600 cargo test --release -p voorrang-gateway --test soak -- --ignored --nocapture
//! ```

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod processes;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use processes::{Lab, PROGRAM, terminate};
use serde_json::Value;

/// Junctions of the gateway.
const JUNCTIONS: u16 = 50;
/// SREMs a second.
const RATE: u32 = 500;
/// Resident memory of the last third is at most so much above the largest of the second third: caches of the allocator, not a leak of 500
/// messages a second.
const ROOM_KB: u64 = 2048;

#[test]
#[ignore = "a minute, or as long as VOORRANG_SOAK_S says"]
fn memory_is_flat_and_nothing_is_lost_under_load() {
    let seconds: u64 = std::env::var("VOORRANG_SOAK_S").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut lab = Lab::new(JUNCTIONS);
    let mut gateway = lab.start_gateway_with("gateway.toml");
    std::thread::sleep(Duration::from_secs(5));
    let load = Command::new(PROGRAM)
        .args(["load", "--config"])
        .arg(lab.folder().join("gateway.toml"))
        .args(["--rate", &RATE.to_string(), "--duration", &seconds.to_string(), "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let mut samples = Vec::new();
    while begun.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_secs(1));
        samples.push(resident_kb(gateway.id()));
    }
    let output = load.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}\n{}", String::from_utf8_lossy(&output.stdout), lab.said())
    });
    terminate(&mut gateway);
    let third = samples.len() / 3;
    let largest = |samples: &[u64]| samples.iter().max().copied().unwrap();
    let (second, last) = (largest(&samples[third..2 * third]), largest(&samples[2 * third..]));
    println!(
        "{said}\nresident memory: {} kB after a second, {second} kB at most in the second third, {last} kB in the last",
        samples[0]
    );
    assert_eq!(said["lost"], 0, "{said}");
    assert!(said["sent"].as_u64().unwrap() >= u64::from(RATE) * seconds * 95 / 100, "{said}");
    assert!(last <= second + ROOM_KB, "memory grows: {second} kB, then {last} kB");
}

fn resident_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
