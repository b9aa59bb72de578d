//! The contract that every strategy keeps. A strategy in `StrategyConfig::NAMES` is tested here without further ado.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod arbitrary;
mod support;

use std::sync::Arc;

use arbitrary::arbitrary_events;
use proptest::prelude::*;
use support::{Bench, crossing};
use voorrang_priority::area::{ControlArea, IntersectionIndex};
use voorrang_priority::request::Decision;
use voorrang_priority::strategy::Plan;
use voorrang_priority::{EngineConfig, Output, StrategyConfig};
use voorrang_signals::{Intersection, Wish, Wishes};
use voorrang_units::Instant;

const CROSSINGS: [u16; 2] = [1, 2];

fn bench(strategy: &str) -> Bench {
    Bench::with(&CROSSINGS, EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap()))
}

/// A plan of a strategy that has never seen anything before.
fn fresh_plan(strategy: &str, now: Instant, area: &ControlArea) -> Plan {
    let mut plan = Plan::new(area);
    StrategyConfig::from_name(strategy).unwrap().build().plan(now, area, &busy(area), &mut plan);
    plan
}

fn busy(area: &ControlArea) -> Vec<IntersectionIndex> {
    let busy = area.intersections().filter(|(_, one)| !one.requests().live().is_empty());
    busy.map(|(index, _)| index).collect()
}

fn asks_the_impossible(layout: &Intersection, wishes: &Wishes) -> bool {
    let green: Vec<_> = layout.group_indices().filter(|group| wishes.wish(*group) == Wish::Green).collect();
    green.iter().any(|a| green.iter().any(|b| layout.conflicts().conflicts(*a, *b)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn groups_in_full_conflict_are_never_wished_green_together(events in arbitrary_events(60)) {
        let layouts: Vec<Arc<Intersection>> = CROSSINGS.into_iter().map(crossing).collect();
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            for event in &events {
                bench.until_instant(bench.now + event.after);
                bench.tell(event.input.at(bench.now));
            }
            for (_, output) in &bench.said {
                if let Output::Wishes { intersection, wishes } = output {
                    let layout = layouts.iter().find(|layout| layout.id() == *intersection).unwrap();
                    prop_assert!(!asks_the_impossible(layout, wishes), "{strategy}: {wishes:?}");
                }
            }
        }
    }

    #[test]
    fn once_all_requests_have_ended_nothing_is_wished(events in arbitrary_events(60)) {
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            for event in &events {
                bench.until_instant(bench.now + event.after);
                bench.tell(event.input.at(bench.now));
                let area = bench.engine.area();
                if busy(area).is_empty() {
                    let plan = fresh_plan(strategy, bench.now, area);
                    prop_assert!(plan.wake().is_none());
                    for crossing in CROSSINGS {
                        prop_assert_eq!(bench.wished(crossing), (vec![], vec![]));
                    }
                }
            }
        }
    }

    #[test]
    fn to_plan_again_changes_nothing(events in arbitrary_events(60)) {
        for strategy in StrategyConfig::NAMES {
            let mut bench = bench(strategy);
            for event in &events {
                bench.until_instant(bench.now + event.after);
                bench.tell(event.input.at(bench.now));
                let (now, area) = (bench.now, bench.engine.area());
                let mut planner = StrategyConfig::from_name(strategy).unwrap().build();
                let (mut once, mut again) = (Plan::new(area), Plan::new(area));
                planner.plan(now, area, &busy(area), &mut once);
                planner.plan(now, area, &busy(area), &mut again);
                let other = fresh_plan(strategy, now, area);
                for index in busy(area) {
                    for plan in [&again, &other] {
                        prop_assert_eq!(once.wishes(index), plan.wishes(index));
                        prop_assert_eq!(once.decisions(index), plan.decisions(index));
                    }
                    let due = |decision: &Decision| matches!(decision, Decision::Serve | Decision::Wait);
                    let somebody = once.decisions(index).iter().any(due);
                    prop_assert!(somebody || once.wishes(index).is_none(), "wishes are for somebody");
                    let requests = area.intersection(index).requests().live().iter();
                    for (request, decision) in requests.zip(once.decisions(index)) {
                        let green = |group| once.wishes(index).wish(group) == Wish::Green;
                        let all_green = request.service().groups.iter().copied().all(green);
                        let none_green = !request.service().groups.iter().copied().any(green);
                        // Whoever is in its way ends first, pedestrians before others; then all its groups turn green together.
                        let prepared = *strategy != "absolute" && none_green;
                        prop_assert!(*decision != Decision::Serve || all_green || prepared, "who is served gets green");
                    }
                }
                prop_assert!(once.wake() == again.wake() && once.wake().is_none_or(|wake| wake > now));
            }
        }
    }
}
