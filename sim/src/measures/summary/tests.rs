//! Summaries against cases computed by hand, and the form of the JSON.

use serde_json::{Value, json};

use super::*;
use crate::measures::comparison::examples::{comparison, run, trip};
use crate::measures::record::{EstimateRecord, SlowTrafficRecord};
use crate::slow_traffic::Walker;

fn summary(strategies: Vec<(&str, Vec<RunRecord>)>) -> Summary {
    Summary::of(&comparison(strategies), Performance::default())
}

/// Two vehicles, two replications. Saved by replication: (20 + 40) / 2 = 30 of 150 and (10 + 0) / 2 = 5 of 100.
fn two_by_two() -> Summary {
    summary(vec![
        (
            "none",
            vec![
                run(
                    "none",
                    0,
                    vec![trip("ev0", Some(100.0), 2, 3), trip("ev1", Some(200.0), 1, 1)],
                    &[10.0, 20.0],
                ),
                run(
                    "none",
                    1,
                    vec![trip("ev0", Some(90.0), 2, 2), trip("ev1", Some(110.0), 0, 0)],
                    &[30.0, 50.0],
                ),
            ],
        ),
        (
            "absolute",
            vec![
                run(
                    "absolute",
                    0,
                    vec![trip("ev0", Some(80.0), 0, 0), trip("ev1", Some(160.0), 1, 1)],
                    &[13.0, 21.0],
                ),
                run(
                    "absolute",
                    1,
                    vec![trip("ev0", Some(80.0), 0, 0), trip("ev1", Some(110.0), 0, 0)],
                    &[36.0, 48.0],
                ),
            ],
        ),
    ])
}

#[test]
fn gains_are_averaged_within_each_replication_first() {
    let summary = two_by_two();
    let gain = summary.strategies[1].emergency.as_ref().unwrap();
    assert_eq!((gain.trips, gain.unfinished), (4, 0));
    assert_eq!(gain.travel_time_s.mean, Some(107.5));
    // 30 and 5: mean 17.5, s = 17.678, t(1) = 12.706: half width 12.706 · 12.5 = 158.828.
    assert_eq!(gain.saved_s, Estimate { mean: Some(17.5), ci95: Some(158.828) });
    // 20 % and 5 %.
    assert_eq!(gain.saved_percent, Estimate { mean: Some(12.5), ci95: Some(95.297) });
    assert_eq!((gain.stops, gain.red_passages), (1, 1));
    assert_eq!(gain.vehicles[0].id, "ev0");
    assert_eq!(gain.vehicles[0].travel_time_s.mean, Some(80.0));
    assert_eq!(gain.vehicles[0].saved_s.mean, Some(15.0));
    assert_eq!(gain.vehicles[1].saved_s.mean, Some(20.0));
    assert_eq!(gain.vehicles[1].red_passages, 1);
}

#[test]
fn baseline_saves_nothing() {
    let summary = two_by_two();
    assert_eq!(summary.baseline, "none");
    let none = summary.strategies[0].emergency.as_ref().unwrap();
    assert_eq!(none.saved_s, Estimate { mean: Some(0.0), ci95: Some(0.0) });
    assert_eq!(none.saved_percent, Estimate { mean: Some(0.0), ci95: Some(0.0) });
    assert_eq!((none.stops, none.red_passages), (5, 6));
    assert_eq!(none.travel_time_s.mean, Some(125.0));
    let others = &summary.strategies[0].others;
    assert_eq!(others.added_delay_s, Estimate { mean: Some(0.0), ci95: Some(0.0) });
    assert_eq!(others.added_vehicle_hours_per_trip, Estimate { mean: Some(0.0), ci95: Some(0.0) });
}

#[test]
fn cost_to_others_is_paired_by_replication() {
    let others = &two_by_two().strategies[1].others;
    assert_eq!((others.vehicles, others.stops), (4, 6));
    // Means 17 and 42 against 15 and 40.
    assert_eq!(others.delay_s.mean, Some(29.5));
    assert_eq!(others.added_delay_s, Estimate { mean: Some(2.0), ci95: Some(0.0) });
    // 4 s in all for two trips, in both replications: 4 / 3600 / 2 h.
    assert_eq!(others.added_vehicle_hours_per_trip, Estimate { mean: Some(0.001), ci95: Some(0.0) });
}

#[test]
fn sums_go_over_all_runs() {
    let summary = two_by_two();
    assert_eq!(
        summary.vehicles,
        VehicleBalance { departed: 40, arrived: 32, on_road: 8, waiting_to_enter: 4 }
    );
}

#[test]
fn pair_counts_only_if_the_trip_ended_under_both() {
    let summary = summary(vec![
        (
            "none",
            vec![
                run("none", 0, vec![trip("a", Some(100.0), 0, 0), trip("b", None, 1, 1)], &[]),
                run("none", 1, vec![trip("a", None, 0, 0), trip("b", None, 0, 0)], &[]),
            ],
        ),
        (
            "absolute",
            vec![
                run("absolute", 0, vec![trip("a", Some(70.0), 0, 0), trip("b", Some(10.0), 0, 0)], &[]),
                run("absolute", 1, vec![trip("a", Some(1.0), 0, 0), trip("b", None, 0, 0)], &[]),
            ],
        ),
    ]);
    let [none, absolute] = [0, 1].map(|strategy| summary.strategies[strategy].emergency.clone().unwrap());
    assert_eq!((none.trips, none.unfinished), (4, 3));
    assert_eq!((absolute.trips, absolute.unfinished), (4, 3));
    assert_eq!(absolute.travel_time_s.mean, Some(70.0));
    assert_eq!(absolute.saved_s, Estimate { mean: Some(30.0), ci95: None });
    assert_eq!(absolute.saved_percent.mean, Some(30.0));
    assert_eq!(absolute.vehicles[1].travel_time_s.mean, None);
    assert_eq!(absolute.vehicles[1].saved_s, Estimate::default());
    // Nobody else was there: no delay, no difference.
    assert_eq!(summary.strategies[1].others.delay_s, CentreAndTail::default());
    assert_eq!(summary.strategies[1].others.added_delay_s, Estimate::default());
}

#[test]
fn one_replication_has_no_interval() {
    let summary = summary(vec![
        ("none", vec![run("none", 0, vec![trip("a", Some(100.0), 0, 0)], &[1.0])]),
        ("absolute", vec![run("absolute", 0, vec![trip("a", Some(75.0), 0, 0)], &[2.0])]),
    ]);
    for strategy in &summary.strategies {
        let emergency = strategy.emergency.as_ref().unwrap();
        assert_eq!(emergency.saved_s.ci95, None);
        assert_eq!(emergency.saved_percent.ci95, None);
        assert_eq!(strategy.others.added_delay_s.ci95, None);
        assert_eq!(emergency.travel_time_s.p50, None, "one trip is too few for a median");
    }
    assert_eq!(summary.strategies[1].emergency.as_ref().unwrap().saved_percent.mean, Some(25.0));
}

#[test]
fn scenario_without_emergency_vehicles_has_no_emergency_figures() {
    let summary = summary(vec![("none", vec![run("none", 0, vec![], &[5.0])])]);
    assert_eq!(summary.strategies[0].emergency, None);
    assert_eq!(summary.strategies[0].others.added_vehicle_hours_per_trip, Estimate::default());
    let value = serde_json::to_value(&summary).unwrap();
    assert_eq!(value["strategies"][0]["emergency"], Value::Null);
}

#[test]
fn requests_are_pooled_over_runs() {
    let mut first = run("absolute", 0, vec![trip("a", Some(1.0), 0, 0)], &[]);
    first.requests.sent = 3;
    first.requests.granted = 2;
    first.requests.request_to_green_s = vec![4.0, 6.0];
    let mut second = first.clone();
    second.requests.lost = 5;
    second.requests.request_to_green_s = vec![14.0];
    let summary = summary(vec![("absolute", vec![first, second])]);
    let requests = &summary.strategies[0].requests;
    assert_eq!((requests.sent, requests.granted, requests.lost), (6, 4, 5));
    assert_eq!(requests.request_to_green_s, CentreAndTail { mean: Some(8.0), p95: None });
}

fn people(group: &str, walker: Walker, waits_s: &[f32]) -> SlowTrafficRecord {
    SlowTrafficRecord {
        intersection: "C".to_owned(),
        group: group.to_owned(),
        walker,
        waits_s: waits_s.to_vec(),
    }
}

#[test]
fn waits_of_people_are_pooled_over_runs_by_group_and_by_kind() {
    let mut first = run("none", 0, vec![], &[]);
    first.slow_traffic = vec![
        people("31", Walker::Pedestrian, &[0.0, 61.0]),
        people("32", Walker::Pedestrian, &[95.0]),
        people("22", Walker::Cyclist, &[]),
    ];
    let mut second = first.clone();
    second.slow_traffic[0].waits_s = vec![59.0];
    let summary = summary(vec![("none", vec![first, second])]);
    let people = summary.strategies[0].slow_traffic.as_ref().unwrap();
    let pedestrians = people.pedestrians.unwrap();
    // 0, 61, 59 and twice 95.
    assert_eq!((pedestrians.persons, pedestrians.over_60_s, pedestrians.over_90_s), (5, 3, 2));
    assert_eq!(pedestrians.wait_s, WaitTime { mean: Some(62.0), p95: None, max: Some(95.0) });
    assert_eq!(people.groups[0].waits.wait_s.mean, Some(40.0));
    assert_eq!(people.groups[0].waits.over_60_s, 1);
    assert_eq!(people.cyclists.unwrap().wait_s, WaitTime::default(), "nobody came");
}

/// The contract of the issue, word for word: each member in its place and order.
#[test]
fn json_has_the_members_of_the_contract_in_their_order() {
    let text = r#"{"schema":1,"scenario":"corridor","seed":1,"replications":10,"step_s":0.5,"baseline":"none","at_red":"pass_slowly",
 "strategies":[{"strategy":"absolute",
   "emergency":{"trips":10,"unfinished":0,"travel_time_s":{"mean":0,"p50":0,"p95":0},"saved_s":{"mean":0,"ci95":0},"saved_percent":{"mean":0,"ci95":0},"stops":0,"red_passages":0,
      "vehicles":[{"id":"ev0","travel_time_s":{"mean":0},"saved_s":{"mean":0,"ci95":0},"red_passages":0}],
      "saved_against_none_s":null,"saved_against_absolute_s":{"mean":0,"ci95":0}},
   "others":{"vehicles":0,"delay_s":{"mean":0,"p95":0},"added_delay_s":{"mean":0,"ci95":0},"added_vehicle_hours_per_trip":{"mean":0,"ci95":0},"stops":0,"stuck":0},
   "safety":{"collisions":0,"conflicting_greens":0,"interlock_refusals":0},
   "requests":{"sent":0,"granted":0,"lost":0,"request_to_green_s":{"mean":0,"p95":0},"anew":0,"rejected":0},
   "slow_traffic":{"pedestrians":{"persons":0,"wait_s":{"mean":0,"p95":0,"max":0},"over_60_s":0,"over_90_s":0},"cyclists":null,
      "groups":[{"intersection":"C","group":"31","for":"pedestrians","persons":0,"wait_s":{"mean":0,"p95":0,"max":0},"over_60_s":0,"over_90_s":0}]},
   "public_transport":null,
   "recovery":null,
   "estimates":[{"horizon_s":10,"eta_s":{"count":0,"mean":0,"mean_absolute":0},"queue_vehicles":{"count":0,"mean":0,"mean_absolute":0}}]}],
 "vehicles":{"departed":0,"arrived":0,"on_road":0,"waiting_to_enter":0},
 "performance":{"vehicle_updates":0,"cpu_s":0,"wall_s":0,"start_up_ms":0,"peak_memory_mb":0}}"#;
    let mut first = run("absolute", 0, vec![trip("ev0", Some(1.0), 0, 0)], &[]);
    first.slow_traffic = vec![people("31", Walker::Pedestrian, &[1.0])];
    first.estimates = vec![EstimateRecord { horizon_s: 10, eta_error_s: 1.0, queue: None }];
    let summary =
        summary(vec![("absolute", vec![first, run("absolute", 1, vec![trip("ev0", Some(1.0), 0, 0)], &[])])]);
    let written = serde_json::to_string(&summary).unwrap();
    assert_eq!(member_names(&written), member_names(text));
}

/// Names in the order in which they are written: strings that a colon follows.
fn member_names(json: &str) -> Vec<&str> {
    json.split('"')
        .zip(json.split('"').skip(1))
        .filter(|(_, after)| after.starts_with(':'))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn numbers_are_written_short_and_undefined_ones_as_null() {
    let estimate = serde_json::to_value(Estimate::of(&[1.0 / 3.0])).unwrap();
    assert_eq!(estimate, json!({"mean": 0.333, "ci95": null}));
}
