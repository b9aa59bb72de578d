//! How the lamps come back to the program: nobody is started whose green would outlast the program's.

use std::sync::Arc;

use proptest::prelude::*;
use voorrang_signals::{Aspect, Controller, GroupIndex, Intersection, Wish, Wishes};
use voorrang_units::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);

/// The greens that were started after a wish had ended: which group, and how much green the program had left for it.
fn started_after_wish(from: i64, length: i64, group: u16, wish: Wish) -> Vec<(GroupIndex, Duration)> {
    let crossing = include_str!("intersections/crossing.toml");
    let crossing = Arc::new(Intersection::from_toml(crossing, "crossing.toml").expect("a valid file"));
    let begin = Instant::parse_rfc3339("2026-01-12T07:00:00Z").expect("a moment");
    let mut controller = Controller::started(Arc::clone(&crossing), begin);
    let (mut commands, mut starts) = (Vec::new(), Vec::new());
    for tick in 0..from + length + 1800 {
        let now = begin + TICK * tick;
        if tick == from || tick == from + length {
            let mut wishes = Wishes::none(crossing.groups().len());
            wishes.set(GroupIndex(group), if tick == from { wish } else { Wish::Program });
            controller.set_wishes(now, wishes);
        }
        controller.step(now, &mut commands);
        for command in commands.drain(..) {
            controller.observe(now, command.group, command.aspect);
            if command.aspect == Aspect::Green && tick >= from + length {
                starts.push((
                    command.group,
                    crossing
                        .program()
                        .fixed_time(now)
                        .expect("it is fixed time")
                        .green_left(command.group, now),
                ));
            }
        }
    }
    assert_eq!(controller.refusals(), 0);
    starts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_started_with_less_green_left_than_its_minimum(
        from in 0..600_i64,
        length in 1..900_i64,
        group in 0..4_u16,
        wish in prop_oneof![Just(Wish::Green), Just(Wish::Red)],
    ) {
        // The minimum greens of the crossing.
        let least = [5, 5, 6, 5].map(Duration::from_seconds);
        for (group, left) in started_after_wish(from, length, group, wish) {
            prop_assert!(left >= least[group.index()], "{:?} was started with {} left", group, left);
        }
    }
}

/// The main road is green from 0 to 34 s and was held red until it has one tick less than its 5 s left, or just enough.
#[test]
fn a_tick_decides_whether_it_is_still_worth_while() {
    let first = |until: i64| started_after_wish(550, until - 550, 0, Wish::Red).first().copied();
    assert_eq!(first(600 + 290), Some((GroupIndex(0), Duration::from_seconds(5))));
    assert_eq!(first(600 + 291).map(|(group, _)| group), Some(GroupIndex(2)));
}
