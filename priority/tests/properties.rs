//! Laws of the engine under arbitrary inputs, of any strategy: no panic, memory is bounded, every request ends whatever the clock does, nothing is
//! served while something ranks above, the same inputs give the same outputs, and extra calls change nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod arbitrary;
mod support;

use arbitrary::{Event, arbitrary_events};
use proptest::prelude::*;
use support::{Bench, GROUPS, ambulance, at, before, cam, crossing, id};
use voorrang_messages::{PriorityRequest, StationId};
use voorrang_priority::kar::{KarConfig, KarStation};
use voorrang_priority::request::RequestTable;
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, StrategyConfig};
use voorrang_signals::Wish;
use voorrang_units::{Duration, Instant};

const CAPACITY: usize = 4;
const CROSSINGS: [u16; 3] = [1, 2, 3];

fn bench(strategy: &str) -> Bench {
    let mut config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
    config.request.capacity = CAPACITY;
    config.request.public_transport = true;
    config.request.goods = true;
    // With KAR no request lives longer without a message than with an SREM: 8 s to drive, and 2 s.
    config.request.kar = KarConfig {
        longest_drive: Duration::from_seconds(8),
        pre_check_in_drive: Duration::from_seconds(8),
        margin: Duration::from_seconds(2),
        vehicles: vec![KarStation { company: None, vehicle: 1, station: StationId(1) }],
        ..KarConfig::default()
    };
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

fn one_request_for_each_vehicle_by_kar(table: &RequestTable) -> bool {
    let vehicles =
        || table.live().iter().enumerate().filter_map(|(place, live)| Some((place, live.kar()?.vehicle())));
    vehicles().all(|(place, one)| vehicles().all(|(other, two)| other == place || one != two))
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
                prop_assert!(tables(&bench).all(one_request_for_each_vehicle_by_kar));
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

    #[test]
    fn whoever_asks_nobody_is_wished_green_against_another(events in arbitrary_events(60)) {
        let layout = crossing(1);
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            play(&mut bench, &events);
            for (_, output) in &bench.said {
                let Output::Wishes { wishes, .. } = output else { continue };
                for (one, other) in GROUPS.iter().flat_map(|one| GROUPS.map(|other| (*one, other))) {
                    let both = wishes.wish(one) == Wish::Green && wishes.wish(other) == Wish::Green;
                    prop_assert!(!both || !layout.conflicts().conflicts(one, other), "{strategy}");
                }
            }
        }
    }

    #[test]
    fn while_control_is_lost_or_something_ranks_above_nothing_is_served(events in arbitrary_events(60)) {
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            for event in &events {
                bench.until_instant(bench.now + event.after);
                bench.tell(event.input.at(bench.now));
                for (_, intersection) in bench.engine.area().intersections() {
                    let refused = intersection.precedence().refusal().is_some();
                    prop_assert!(!refused || intersection.requests().live().is_empty());
                    if refused {
                        prop_assert_eq!(bench.wished(intersection.layout().id().id), (vec![], vec![]));
                    }
                }
            }
        }
    }

    #[test]
    fn every_request_ends_in_the_time_that_passes_however_the_clock_is_set(
        events in arbitrary_events(40),
        steps in prop::collection::vec(prop_oneof![3 => Just(0), 1 => -5_000_000_i64..5_000_000], 40),
    ) {
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            let (mut outputs, mut host) = (Vec::new(), bench.now);
            for (event, step) in events.iter().zip(&steps) {
                // Time that passes, then the clock is set.
                pass(&mut bench.engine, &mut host, event.after, &mut outputs)?;
                host += Duration::from_millis(*step);
                bench.engine.advance(host, &mut outputs);
                bench.engine.handle(host, event.input.at(host), &mut outputs);
            }
            pass(&mut bench.engine, &mut host, Duration::from_millis(12_000), &mut outputs)?;
            prop_assert!(tables(&bench).all(|table| table.live().is_empty()), "10 s, and 2 s of a small step");
            prop_assert_eq!(bench.engine.next_deadline(), None);
        }
    }
}

#[test]
fn a_flood_of_stations_fills_no_memory() {
    let mut bench = bench("absolute");
    for station in 0..5000 {
        bench.now += Duration::from_millis(7);
        bench.request(&PriorityRequest { position: Some(before(1, 200.0)), ..ambulance(station, 1) });
        bench.tell(Input::Vehicle(cam(100_000 + station, at(200.0, 2.0), 15.0, Some(270.0))));
        for table in tables(&bench) {
            assert!(table.live().len() <= CAPACITY && table.ended().count() <= CAPACITY);
        }
        bench.said.clear();
        bench.journal.clear();
    }
    run_dry(&mut bench);
}

/// Lets time pass on the host's clock, with a call at every deadline.
fn pass(
    engine: &mut PriorityEngine,
    host: &mut Instant,
    time: Duration,
    outputs: &mut Vec<Output>,
) -> Result<(), TestCaseError> {
    let end = *host + time;
    for _ in 0..1000 {
        match engine.next_deadline().filter(|deadline| *deadline <= end) {
            Some(deadline) => engine.advance(deadline, outputs),
            None => {
                *host = end;
                return Ok(());
            }
        }
    }
    Err(TestCaseError::fail("a deadline wants itself again"))
}

fn call_twice(bench: &mut Bench, at: Instant) {
    let mut outputs = Vec::new();
    bench.engine.advance(at, &mut outputs);
    bench.engine.advance(at, &mut outputs);
    assert_eq!(outputs, []);
}
