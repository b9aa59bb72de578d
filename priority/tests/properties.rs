//! Laws of the engine under arbitrary inputs, of any strategy: no panic, the table is bounded, every request ends, the same inputs give the
//! same outputs, and extra calls change nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod arbitrary;
mod support;

use arbitrary::{Event, arbitrary_events};
use proptest::prelude::*;
use support::{Bench, id};
use voorrang_priority::request::RequestTable;
use voorrang_priority::{EngineConfig, Output, StrategyConfig};
use voorrang_units::{Duration, Instant};

const CAPACITY: usize = 4;
const CROSSINGS: [u16; 3] = [1, 2, 3];

fn bench(strategy: &str) -> Bench {
    let mut config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
    config.request.capacity = CAPACITY;
    Bench::with(&CROSSINGS, config)
}

fn play(bench: &mut Bench, events: &[Event]) {
    for event in events {
        bench.until_instant(bench.now + event.after);
        bench.tell(event.input.at(bench.now));
    }
}

fn tables(bench: &Bench) -> impl Iterator<Item = &RequestTable> {
    bench.engine.area().intersections().map(|(_, intersection)| intersection.requests())
}

/// Lets time pass until nothing is under way; the number of calls is bounded, so that a deadline that wants itself again is found.
fn run_dry(bench: &mut Bench) {
    for _ in 0..1000 {
        let Some(deadline) = bench.engine.next_deadline() else { return };
        bench.tick(deadline);
    }
    panic!("still something due: {:?}", bench.engine.next_deadline());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_ends_and_the_table_is_bounded(events in arbitrary_events(60)) {
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            for event in &events {
                bench.until_instant(bench.now + event.after);
                bench.tell(event.input.at(bench.now));
                for table in tables(&bench) {
                    prop_assert!(table.live().len() <= CAPACITY && table.ended().count() <= CAPACITY);
                }
                let deadline = bench.engine.next_deadline();
                prop_assert!(deadline.is_none_or(|deadline| deadline > bench.now), "nothing is left undone");
            }
            let last = bench.now;
            run_dry(&mut bench);
            prop_assert!(tables(&bench).all(|table| table.live().is_empty()));
            prop_assert!(bench.now - last <= Duration::from_seconds(10), "the expiry is the longest wait");
            for crossing in CROSSINGS {
                prop_assert_eq!(bench.wished(crossing), (vec![], vec![]));
            }
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs_whatever_extra_calls(
        events in arbitrary_events(60),
        extra in prop::collection::vec(0_i64..20_000, 0..30),
    ) {
        for strategy in StrategyConfig::NAMES {
            let mut plain = bench(strategy);
            play(&mut plain, &events);
            run_dry(&mut plain);

            let mut called = bench(strategy);
            let mut extra = extra.iter().cycle();
            for event in &events {
                let at = called.now + event.after;
                for _ in 0..3 {
                    let moment = called.now + Duration::from_millis(extra.next().copied().unwrap_or(0));
                    if moment <= at {
                        called.until_instant(moment);
                        call_twice(&mut called, moment);
                    }
                }
                called.until_instant(at);
                called.tell(event.input.at(at));
                call_twice(&mut called, at);
            }
            run_dry(&mut called);
            prop_assert_eq!(&plain.said, &called.said);
        }
    }

    #[test]
    fn what_is_said_changes_something_or_is_a_repeat_that_is_due(events in arbitrary_events(60)) {
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            play(&mut bench, &events);
            run_dry(&mut bench);
            for crossing in CROSSINGS {
                let wishes: Vec<_> = bench.said.iter().filter_map(|(_, output)| match output {
                    Output::Wishes { intersection, wishes } if *intersection == id(crossing) => Some(wishes),
                    _ => None,
                }).collect();
                prop_assert!(wishes.first().is_none_or(|first| !first.is_none()));
                prop_assert!(wishes.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }
    }
}

fn call_twice(bench: &mut Bench, at: Instant) {
    let mut outputs = Vec::new();
    bench.engine.advance(at, &mut outputs);
    bench.engine.advance(at, &mut outputs);
    assert_eq!(outputs, []);
}
