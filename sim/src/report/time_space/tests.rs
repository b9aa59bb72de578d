//! Diagrams of a made-up trip past two signals.

use voorrang_signals::GroupIndex;

use super::*;
use crate::measures::comparison::examples::{comparison, run, trip};
use crate::measures::record::{RunRecord, Trace};

/// A trip of 400 m past signals at 100 m and 300 m at this steady speed.
fn driven(strategy: &str, speed: f64, aspects: Vec<(f64, Aspect)>) -> RunRecord {
    let time = 400.0 / speed;
    let mut run = run(strategy, 0, vec![trip("ev <0>", Some(time), 0, 1)], &[]);
    let mut points = Vec::new();
    let mut after = 0.0;
    while after <= time {
        points.push((1000.0 + after, after * speed, speed));
        after += 0.5;
    }
    let stop_lines = [("A 02", 100.0), ("B <5>", 300.0)];
    let stop_lines = stop_lines.map(|(name, at_m)| StopLineTrace {
        aspects: aspects.clone(),
        ..StopLineTrace::new(name.to_owned(), at_m, 0, GroupIndex(0), 0)
    });
    run.trace = Some(Trace {
        trips: vec![TripTrace { id: "ev <0>".to_owned(), points, stop_lines: stop_lines.into() }],
        signals: Vec::new(),
    });
    run
}

fn example() -> Comparison {
    let changing = vec![(0.0, Aspect::Green), (1008.0, Aspect::Yellow), (1011.0, Aspect::Red)];
    comparison(vec![
        ("none", vec![driven("none", 10.0, changing)]),
        ("absolute", vec![driven("absolute", 16.0, vec![(0.0, Aspect::Green)])]),
    ])
}

#[test]
fn one_panel_for_each_strategy_with_bars_for_each_aspect() {
    let svg = svg(&example(), 0).unwrap();
    assert_eq!(svg.matches(r#"class="ground""#).count(), 2);
    assert_eq!(svg.matches(r#"class="ghost" d="M62"#).count(), 1, "the baseline's line in the second panel");
    for (class, bars) in [("red", 2), ("yellow", 2), ("green", 4)] {
        assert_eq!(svg.matches(&format!("m: {class}</title>")).count(), bars, "{class}");
    }
    assert!(svg.contains("15.0 s earlier"), "{svg}");
}

#[test]
fn red_passages_are_marked_and_yellow_only_after_a_second() {
    let svg = svg(&example(), 0).unwrap();
    // Under `none` the first line is passed after 10 s, 2 s into yellow, the second after 30 s at red.
    assert_eq!(svg.matches(r#"<circle class="mark" cx="14""#).count(), 1, "the legend's");
    assert_eq!(svg.matches(r#"<circle class="mark""#).count(), 3);
    assert!(svg.contains("A 02 passed after 10.0 s with 36 km/h at yellow"), "{svg}");
    assert!(svg.contains("passed after 30.0 s with 36 km/h at red"));
}

#[test]
fn names_are_escaped() {
    let svg = svg(&example(), 0).unwrap();
    assert!(svg.contains("B &lt;5&gt;") && !svg.contains("<5>") && !svg.contains("<0>"));
}

#[test]
fn title_says_what_was_gained() {
    assert_eq!(
        title(&example(), 0).unwrap(),
        "ev <0> arrived 15.0 s earlier: 40.0 s and 1 red passage with none, 25.0 s and 1 red passage with absolute"
    );
}

#[test]
fn file_of_its_own_carries_its_style() {
    let svg = standalone_svg(&example(), 0).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("<style>") && svg.ends_with("</svg>"));
}

#[test]
fn no_diagram_without_a_record() {
    assert_eq!(svg(&example(), 1), None);
    let bare = comparison(vec![("none", vec![run("none", 0, vec![trip("a", Some(1.0), 0, 0)], &[])])]);
    assert_eq!(svg(&bare, 0), None);
    assert_eq!(title(&bare, 0), None);
}
