//! The story of a made-up intervention, and its picture.

use voorrang_signals::{Wish, Wishes};

use super::*;
use crate::measures::comparison::examples::{comparison, run, trip};
use crate::measures::record::{RunRecord, Trace, VehicleTrace};

const OWN: GroupIndex = GroupIndex(0);
const FOE: GroupIndex = GroupIndex(1);

fn wishes(own: Wish, foe: Wish) -> Wishes {
    let mut wishes = Wishes::none(2);
    wishes.set(OWN, own);
    wishes.set(FOE, foe);
    wishes
}

/// Without priority the group of the vehicle is green from 200 s on; with it from 120 s to 150 s, while three leave before the vehicle, which comes
/// at 140 s.
fn driven(strategy: &str, with: bool) -> RunRecord {
    let mut run = run(strategy, 0, vec![trip("ev", Some(60.0), 0, 0)], &[]);
    let mut lamps = vec![(0.0, OWN, Aspect::Red), (0.0, FOE, Aspect::Green)];
    let mut wished = vec![(0.0, Wishes::none(2))];
    if with {
        lamps.extend([(112.0, FOE, Aspect::Yellow), (115.0, FOE, Aspect::Red), (120.0, OWN, Aspect::Green)]);
        lamps.extend([(150.0, OWN, Aspect::Yellow), (153.0, OWN, Aspect::Red), (158.0, FOE, Aspect::Green)]);
        wished.push((111.0, wishes(Wish::Program, Wish::Red)));
        wished.push((112.0, wishes(Wish::Green, Wish::Red)));
        wished.push((146.0, Wishes::none(2)));
    }
    lamps.extend([(190.0, FOE, Aspect::Yellow), (193.0, FOE, Aspect::Red), (200.0, OWN, Aspect::Green)]);
    lamps.extend([(240.0, OWN, Aspect::Yellow), (243.0, OWN, Aspect::Red)]);
    let vehicle = |number: u64, leaves: f64| VehicleTrace {
        vehicle: number,
        points: vec![(100.0, 30.0), (118.0, 6.0 * f64::from(u32::try_from(number).unwrap())), (leaves, 0.5)],
    };
    let line = StopLineTrace {
        asked_s: with.then_some(90.0),
        granted_s: with.then_some(120.5),
        traffic: vec![vehicle(1, 122.0), vehicle(2, 124.0), vehicle(3, 126.5), vehicle(4, 150.0)],
        ..StopLineTrace::new("J <02>".to_owned(), 200.0, 0, OWN, 3)
    };
    run.trace = Some(Trace {
        trips: vec![TripTrace {
            id: "ev".to_owned(),
            points: (0..200).map(|step| (100.0 + f64::from(step), 5.0 * f64::from(step), 5.0)).collect(),
            stop_lines: vec![line],
        }],
        signals: vec![SignalTrace {
            name: "J".to_owned(),
            groups: vec!["02".to_owned(), "05".to_owned()],
            lamps,
            wishes: wished,
        }],
    });
    run
}

fn example() -> Comparison {
    comparison(vec![("none", vec![driven("none", false)]), ("eta", vec![driven("eta", true)])])
}

#[test]
fn the_story_has_all_its_moments() {
    let comparison = example();
    let stories = stories(&comparison);
    let [story] = &stories[..] else { panic!("one strategy with priority") };
    assert_eq!((story.begins_s, story.ends_s), (111.0, Some(146.0)));
    assert_eq!((story.green_s, story.passed_s), (Some(120.0), 140.0));
    assert_eq!((story.queue, story.queue_gone_s), (3, Some(126.5)), "the fourth left after the vehicle");
    assert_eq!(story.in_step_s, Some(158.0));
    assert_eq!(
        story.title(),
        "ev at J <02> with eta: green 20 s before it came, the 3 vehicles in front of it gone 14 s before; the \
         intervention over 6 s after, back in step 18 s after"
    );
}

#[test]
fn the_picture_marks_each_moment_and_has_a_row_for_each_group() {
    let comparison = example();
    let picture = svg(&stories(&comparison)[0]);
    for (place, what) in [
        "asked −50.0",
        "intervention begins −29.0",
        "green −20.0",
        "queue gone −13.5",
        "passed 0.0",
        "intervention ends +6.0",
        "back in step +18.0",
    ]
    .iter()
    .enumerate()
    {
        assert!(picture.contains(&format!("{}  {what} s", place + 1)), "{what}: {picture}");
    }
    assert_eq!(picture.matches("class=\"moment\"").count(), 7);
    assert!(picture.contains(">02</text>") && picture.contains(">05</text>"));
    assert_eq!(picture.matches("class=\"other\"").count(), 4 + 1, "four vehicles and the legend");
    assert!(picture.contains("J &lt;02&gt;") && !picture.contains("<02>"));
}

#[test]
fn without_an_intervention_there_is_no_story() {
    let comparison =
        comparison(vec![("none", vec![driven("none", false)]), ("eta", vec![driven("eta", false)])]);
    assert!(stories(&comparison).is_empty());
    assert!(stories(&only_none()).is_empty());
}

fn only_none() -> Comparison {
    comparison(vec![("none", vec![driven("none", false)])])
}
