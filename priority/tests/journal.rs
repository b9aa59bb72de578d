//! What was recorded can be played again and gives the same.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod arbitrary;
mod support;

use arbitrary::arbitrary_events;
use proptest::prelude::*;
use support::{Bench, GROUPS, ambulance, before, cam, crossing, id, next, second, start};
use voorrang_messages::{PriorityRequest, RequestKind, StationId};
use voorrang_priority::journal::{Difference, Entry, Event, Header, JournalError, Reader, Replay, Replayed};
use voorrang_priority::{EngineConfig, EvaConfig, Input, StrategyConfig};
use voorrang_signals::Aspect;
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_units::Duration;

fn config() -> EngineConfig {
    EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap())
}

fn entries(text: &str) -> Vec<Entry> {
    let entries = Reader::new(text.as_bytes()).unwrap();
    entries.map(|entry| entry.map(|(_, entry)| entry)).collect::<Result<_, _>>().unwrap()
}

fn replay(text: &str) -> Result<Replayed, Box<Difference>> {
    Replay::run(Reader::new(text.as_bytes()).unwrap(), |_| ()).unwrap()
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
    bench.journal.lines().to_owned()
}

#[test]
fn a_recorded_run_replays_to_equal_outputs() {
    let text = recorded();
    let outputs = entries(&text).iter().filter(|entry| matches!(entry.event, Event::Output(_))).count();
    assert_eq!(outputs, 12, "statuses of seconds 0 to 4, granted, four late repeats, wishes twice");
    let replayed = replay(&text).unwrap();
    assert_eq!((replayed.outputs, replayed.from, replayed.to), (12, Some(start()), Some(second(8.274))));
}

/// The difference that a change makes, and the line that was changed.
fn changed(text: &str, from: &str, to: &str) -> (Difference, usize) {
    let at = text.find(from).unwrap();
    let line = 1 + text[..at].matches('\n').count();
    (*replay(&text.replacen(from, to, 1)).unwrap_err(), line)
}

#[test]
fn one_changed_output_is_found_and_named() {
    let (difference, line) = changed(&recorded(), "\"status\":\"granted\"", "\"status\":\"rejected\"");
    assert_eq!(difference.line, line);
    let (path, recorded, now) = difference.members().remove(0);
    assert_eq!((&*path, &*recorded, &*now), ("out.status.status", "\"rejected\"", "\"granted\""));
    let (told, _) = difference.told.as_ref().unwrap();
    assert!(*told < line);
    let text = difference.to_string();
    assert!(text.starts_with(&format!("line {line}, 2026-01-12T07:00:04")), "{text}");
    assert!(text.contains(&format!("after line {told}: ")), "{text}");
}

#[test]
fn one_changed_input_is_found_at_its_first_consequence() {
    let text = recorded();
    let (difference, line) = changed(&text, "\"kind\":\"cancellation\"", "\"kind\":\"update\"");
    assert!(difference.line > line);
    assert_eq!(difference.told.unwrap().0, line, "nothing was told between");
}

#[test]
fn an_output_too_few_or_too_many_is_found() {
    let text = recorded();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| line.contains("\"out\"")).unwrap();
    let without = [&lines[..last], &lines[last + 1..]].concat().join("\n") + "\n";
    let difference = replay(&without).unwrap_err();
    assert_eq!((difference.line, difference.recorded.is_none()), (last + 1, true));
    let twice = [&lines[..=last], &lines[last..]].concat().join("\n") + "\n";
    let difference = replay(&twice).unwrap_err();
    assert_eq!((difference.line, difference.replayed.is_none()), (last + 2, true));
}

#[test]
fn the_lines_are_what_the_documentation_says() {
    let text = recorded();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with(r#"{"journal":"voorrang","schema":4,"software":"0."#), "{header}");
    assert_eq!(
        serde_json::from_str::<Header>(header).unwrap(),
        Header::new(&[crossing(1), crossing(2)], &config(), start())
    );
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
    let text = bench.journal.lines().to_owned();
    let at = r#"{"t":1768201200000,"in":"#;
    for line in [
        r#"{"override":{"intersection":{"region":528,"id":1},"kind":"level_crossing","active":true}}}"#,
        r#"{"control":{"intersection":{"region":528,"id":2},"available":false}}}"#,
    ] {
        assert!(text.lines().any(|written| written == format!("{at}{line}")), "{text}");
    }
    replay(&text).unwrap();
    let text = text.replace("level_crossing", "ferry");
    assert!(Reader::new(text.as_bytes()).unwrap().any(|entry| entry.is_err()));
}

#[test]
fn what_is_no_journal_is_refused_with_a_clear_word() {
    let refused = |text: &str| Reader::new(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
    let no_header = "line 1: expected the header of a journal, {\"journal\":\"voorrang\",\"schema\":4,...}";
    for text in ["", "{\"t\":0,\"advance\":null}\n", "{\"journal\":\"logbook\",\"schema\":4}\n"] {
        assert_eq!(refused(text), no_header);
    }
    assert_eq!(
        refused(r#"{"journal":"voorrang","schema":2}"#),
        "line 1: expected schema 4, got 2: replay it with the version that wrote it"
    );
    assert!(refused(r#"{"journal":"voorrang","schema":4}"#).starts_with("line 1: missing field"));
    let text = format!("{}nonsense\n", recorded());
    let line = text.lines().count();
    let error = Reader::new(text.as_bytes()).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(error, JournalError::Line { line: found, .. } if found == line), "{error}");
}

#[test]
fn what_was_written_before_a_crash_is_replayed_and_the_torn_line_named() {
    let text = recorded();
    let torn = &text[..text.len() - 20];
    let mut reader = Reader::new(torn.as_bytes()).unwrap();
    let mut replay = Replay::new(reader.header()).unwrap();
    let error = loop {
        match reader.next().unwrap() {
            Ok((line, entry)) => assert_eq!(replay.play(line, entry), None),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Truncated { line } if line == text.lines().count()), "{error}");
    assert!(replay.replayed().inputs > 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_run_replays_to_equal_outputs(
        events in arbitrary_events(40),
        steps in prop::collection::vec(prop_oneof![9 => Just(0), 1 => -100_000_i64..100_000], 40),
        lates in prop::collection::vec(0..300_i64, 40),
        warns in any::<bool>(),
    ) {
        for strategy in StrategyConfig::NAMES {
            let mut config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
            config.eva = warns.then(|| EvaConfig::with_station(StationId(900_001)));
            let mut bench = Bench::with(&[1, 2], config);
            for ((event, step), late) in events.iter().zip(&steps).zip(&lates) {
                bench.until_instant(bench.now + event.after);
                // The host is late, and its clock is set now and then.
                bench.tick(bench.now + Duration::from_millis(*late));
                bench.now += Duration::from_millis(*step);
                bench.tell(event.input.at(bench.now));
            }
            let replayed = replay(bench.journal.lines());
            prop_assert!(replayed.is_ok(), "{}: {}", strategy, replayed.unwrap_err());
        }
    }
}
