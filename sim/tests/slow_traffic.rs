//! Pedestrians and cyclists: how many come, how long they wait, and what their files may say.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_signals::{Aspect, DetectorIndex};
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::simulation::Model;
use voorrang_sim::slow_traffic::{Crossing as People, Walker};
use voorrang_units::{Duration, Instant};

use crossing::{Crossing, car, options};

fn row(intersection: &str, group: &str, per_hour: f64) -> String {
    format!(
        "\n[[slow_traffic]]\nintersection = \"{intersection}\"\ngroup = \"{group}\"\nper_hour = {per_hour:?}\n"
    )
}

/// Ten minutes with a car from the west every `gap_s`, and people at both crossings.
fn run(gap_s: f64, strategy: &str) -> RunRecord {
    let demand: String =
        (1..).map(|n| gap_s * f64::from(n)).take_while(|at| *at < 590.0).map(|at| car(at, 0)).collect();
    let crossing = Crossing::new(&demand, &(row("C", "31", 600.0) + &row("0/1", "22", 900.0)));
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let strategy = StrategyConfig::from_name(strategy).unwrap();
    Model::new(scenario).run(&options, &strategy, 0, &AtomicU64::new(0)).unwrap()
}

#[test]
fn people_come_at_their_rate_and_wait_for_an_actuated_green() {
    let record = run(20.0, "none");
    let [pedestrians, cyclists] = &record.slow_traffic[..] else { panic!("{record:?}") };
    assert_eq!((pedestrians.walker, cyclists.walker), (Walker::Pedestrian, Walker::Cyclist));
    // 540 s are measured: 90 and 135 expected, with standard deviations of 9.5 and 11.6.
    assert!((60..120).contains(&pedestrians.waits_s.len()), "{}", pedestrians.waits_s.len());
    assert!((100..170).contains(&cyclists.waits_s.len()), "{}", cyclists.waits_s.len());
    for people in [pedestrians, cyclists] {
        let longest = people.waits_s.iter().copied().fold(0.0, f32::max);
        assert!(people.waits_s.iter().all(|wait| *wait >= 0.0));
        // 5 s of clearance at least for somebody, and no more than the main road's longest green and its clearance.
        assert!((5.0..40.0).contains(&longest), "{}: {longest}", people.group);
    }
    assert_eq!(record.safety.interlock_refusals, 0);
}

#[test]
fn the_same_people_come_under_every_strategy_and_the_run_is_the_same_again() {
    let (none, absolute) = (run(20.0, "none"), run(20.0, "absolute"));
    let persons =
        |record: &RunRecord| record.slow_traffic.iter().map(|one| one.waits_s.len()).collect::<Vec<_>>();
    assert_eq!(persons(&none), persons(&absolute));
    assert_eq!(none, run(20.0, "none"));
}

/// The people of group 31 or 22 alone, at lamps that a test switches.
fn people(group: &str, per_hour: f64) -> (People, Instant) {
    let scenario = Crossing::new("", &row("C", group, per_hour)).scenario();
    let measured = (scenario.start, scenario.start + Duration::from_seconds(3600));
    (People::new(&scenario, 0, 1, 0, measured), scenario.start)
}

/// Steps them through some tenths of a second; what they told.
fn step(
    people: &mut People,
    from: Instant,
    tenths: i64,
    aspect: Aspect,
) -> (Vec<(DetectorIndex, bool)>, Instant) {
    let mut told = Vec::new();
    let mut now = from;
    for _ in 0..tenths {
        now += Duration::from_millis(100);
        people.arrive(now, aspect, |detector, occupied| told.push((detector, occupied)));
        people.leave(now, aspect);
    }
    (told, now)
}

#[test]
fn pedestrians_press_and_all_go_at_once_at_green() {
    let (mut people, start) = people("31", 360.0);
    let (told, now) = step(&mut people, start, 600, Aspect::Red);
    assert!(told.len() >= 4 && told[0] == (DetectorIndex(5), true) && told[1] == (DetectorIndex(5), false));
    let (_, _) = step(&mut people, now, 1, Aspect::Green);
    let waits = people.waits_s();
    assert!((2..12).contains(&waits.len()));
    assert!(waits.is_sorted_by(|one, next| one >= next), "who came first waited longest: {waits:?}");
    let (still, _) = step(&mut people, now + Duration::from_millis(100), 300, Aspect::Green);
    assert!(still.iter().all(|(_, pressed)| !pressed), "nobody presses at green");
    assert!(people.waits_s()[waits.len()..].iter().all(|wait| *wait == 0.0));
}

#[test]
fn cyclists_stand_on_their_loop_and_leave_two_a_second() {
    let (mut people, start) = people("22", 720.0);
    let (told, now) = step(&mut people, start, 600, Aspect::Red);
    assert_eq!(told, [(DetectorIndex(4), true)], "while somebody waits");
    let waiting = people.waits_s().len();
    let (_, now) = step(&mut people, now, 16, Aspect::Green);
    // Four within 1.6 s; the others are told with their wait until the end of measuring.
    let gone = people.waits_s().iter().filter(|wait| **wait < 100.0).count();
    assert_eq!(gone, 4, "of {waiting}");
    let (told, _) = step(&mut people, now, 300, Aspect::Green);
    assert_eq!(told.first(), Some(&(DetectorIndex(4), false)), "free when the last has gone");
}

#[test]
fn every_mistake_of_the_rows_is_told_with_its_line() {
    let more = row("Q", "31", 10.0)
        + &row("C", "39", 10.0)
        + &row("C", "02", 10.0)
        + &row("C", "31", -1.0)
        + &row("C", "22", 10.0)
        + &row("0/1", "22", 5.0)
        + "colour = \"red\"\n";
    let problems = Crossing::new("", &more).read().unwrap_err().to_string();
    for expected in [
        "`intersection` is \"Q\", which no intersection file has",
        "`group` is \"39\", which intersection 0/1 does not have",
        "group \"02\" is for motor traffic",
        "`per_hour` is -1",
        "group \"22\" of intersection \"0/1\" is there twice",
        "colour",
    ] {
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
    assert!(problems.lines().all(|line| line.contains("scenario.toml:")), "{problems}");
}

#[test]
fn a_group_with_a_lane_in_the_network_has_its_people_there() {
    let crossing = Crossing::new("", &row("C", "22", 10.0));
    let network = crossing.path().join("network.jsonl");
    let text = std::fs::read_to_string(&network).unwrap().replace("\"group\":\"05\"", "\"group\":\"22\"");
    std::fs::write(&network, text).unwrap();
    let intersection = crossing.path().join("intersections/c.toml");
    let text = std::fs::read_to_string(&intersection).unwrap();
    let text = text.replace("from = 2, to = 4, group = \"05\"", "from = 2, to = 4, group = \"22\"");
    std::fs::write(&intersection, text).unwrap();
    let problems = crossing.read().unwrap_err().to_string();
    assert!(problems.contains("group \"22\" guards a lane of the network"), "{problems}");
}
