//! What was recorded can be played again and gives the same.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod arbitrary;
mod support;

use arbitrary::arbitrary_events;
use proptest::prelude::*;
use support::{Bench, GROUPS, ambulance, before, cam, crossing, id, next, second, start};
use voorrang_messages::{PriorityRequest, RequestKind};
use voorrang_priority::journal::{Entry, Event, JournalError, first_difference, read, replay};
use voorrang_priority::{EngineConfig, Input, PriorityEngine, StrategyConfig};
use voorrang_signals::Aspect;
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_units::Duration;

fn config() -> EngineConfig {
    EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap())
}

fn engine() -> PriorityEngine {
    PriorityEngine::new(vec![crossing(1), crossing(2)], config(), start())
}

fn entries(text: &str) -> Vec<Entry> {
    read(text).unwrap().collect::<Result<_, _>>().unwrap()
}

/// One vehicle, whose host is late with every second call.
fn recorded() -> String {
    let mut bench = Bench::with(&[1, 2], config());
    bench.lamps(&GROUPS, Aspect::Red);
    let first = PriorityRequest { position: Some(before(1, 250.123_456_789)), ..ambulance(7, 1) };
    bench.request(&first);
    bench.until(4.0);
    bench.lamps(&GROUPS[..2], Aspect::Green);
    for late in 0..4 {
        let deadline = bench.engine.next_deadline().unwrap();
        bench.tick(deadline + Duration::from_millis(late % 2 * 137));
    }
    bench.request(&next(&first, RequestKind::Cancellation));
    bench.until(60.0);
    bench.journal.take_lines()
}

#[test]
fn a_recorded_run_replays_to_equal_outputs() {
    let recorded = entries(&recorded());
    let outputs = recorded.iter().filter(|entry| matches!(entry.event, Event::Output(_))).count();
    assert_eq!(outputs, 12, "statuses of seconds 0 to 4, granted, four late repeats, wishes twice");
    assert_eq!(replay(&recorded, &mut engine()), recorded);
}

#[test]
fn one_changed_value_is_found() {
    let text = recorded();
    let changed = text.replacen("\"kind\":\"cancellation\"", "\"kind\":\"update\"", 1);
    assert_ne!(text, changed);
    let recorded = entries(&changed);
    let replayed = replay(&recorded, &mut engine());
    let place = first_difference(&recorded, &replayed).unwrap();
    assert!(matches!(recorded[place - 1].event, Event::Input(_)), "the first difference follows the change");
    assert_eq!(first_difference(&recorded, &recorded), None);
}

#[test]
fn the_lines_are_what_the_documentation_says() {
    let text = recorded();
    let mut lines = text.lines();
    assert_eq!(lines.next().unwrap(), r#"{"journal":"voorrang","schema":2}"#);
    assert_eq!(
        lines.next().unwrap(),
        r#"{"t":1768201200000,"in":{"signal":{"intersection":{"region":528,"id":1},"group":0,"aspect":"red"}}}"#
    );
    assert!(text.contains(r#"{"t":1768201201000,"advance":null}"#), "{text}");
    assert!(text.contains(r#","out":{"wishes":{"intersection":{"region":528,"id":1},"wishes":{"groups":["green","green","red","red","red"],"rejoin":"in_step"}}}}"#));
}

#[test]
fn what_ranks_above_requests_is_in_the_journal_too() {
    let mut bench = Bench::with(&[1, 2], config());
    bench.request(&PriorityRequest { position: Some(before(1, 250.0)), ..ambulance(7, 1) });
    bench.tell(Input::Override { intersection: id(1), kind: OverrideKind::LevelCrossing, active: true });
    bench.tell(Input::Control { intersection: id(2), available: false });
    bench.tell(Input::Vehicle(cam(8, before(2, 100.0), 15.0, Some(270.0))));
    let text = bench.journal.take_lines();
    let at = r#"{"t":1768201200000,"in":"#;
    for line in [
        r#"{"override":{"intersection":{"region":528,"id":1},"kind":"level_crossing","active":true}}}"#,
        r#"{"control":{"intersection":{"region":528,"id":2},"available":false}}}"#,
    ] {
        assert!(text.lines().any(|written| written == format!("{at}{line}")), "{text}");
    }
    let recorded = entries(&text);
    assert_eq!(replay(&recorded, &mut engine()), recorded);
    assert!(read(&text.replace("level_crossing", "ferry")).unwrap().any(|entry| entry.is_err()));
}

#[test]
fn what_is_no_journal_is_refused_with_a_clear_word() {
    let refused = |text: &str| read(text).map(|_| ()).unwrap_err().to_string();
    assert_eq!(refused(""), r#"line 1: expected the header of a journal, {"journal":"voorrang","schema":2}"#);
    assert_eq!(refused("{\"t\":0,\"advance\":null}\n"), refused(""));
    assert_eq!(
        refused(r#"{"journal":"voorrang","schema":1}"#),
        "line 1: expected schema 2, got 1: read it with the version that wrote it"
    );
    let text = format!("{}nonsense\n", recorded());
    let line = text.lines().count();
    let error = read(&text).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(error, JournalError::Line { line: found, .. } if found == line));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_run_replays_to_equal_outputs(events in arbitrary_events(40)) {
        let mut bench = Bench::with(&[1, 2], config());
        for event in &events {
            bench.until_instant(bench.now + event.after);
            bench.tell(event.input.at(bench.now));
        }
        bench.until_instant(bench.now.max(second(0.0)) + Duration::from_seconds(20));
        let recorded = entries(&bench.journal.take_lines());
        let replayed = replay(&recorded, &mut engine());
        prop_assert_eq!(first_difference(&recorded, &replayed), None);
    }
}
