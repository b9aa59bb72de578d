//! The life of a request in virtual time: what its vehicle is told and what is wished of the controller.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use support::{Bench, EAST, GROUPS, NORTH, NORTH_LEFT, SOUTH, WEST, ambulance, before, id, next, second};
use voorrang_messages::PrioritizationStatus::{
    Granted, MaxPresence, Processing, Rejected, Requested, WatchOtherTraffic,
};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    StationId, VehicleRole,
};
use voorrang_priority::{EngineConfig, Input, Output, StrategyConfig, VehiclePosition};
use voorrang_signals::Aspect;
use voorrang_units::Duration;

const NOTHING: (Vec<voorrang_signals::GroupIndex>, Vec<voorrang_signals::GroupIndex>) =
    (Vec::new(), Vec::new());

/// The first message of an ambulance 200 m before its stop line: an intervention starts at once.
fn near(station: u32, approach: u8) -> PriorityRequest {
    PriorityRequest { position: Some(before(approach, 200.0)), ..ambulance(station, approach) }
}

fn absolute(change: impl FnOnce(&mut EngineConfig)) -> EngineConfig {
    let mut config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
    change(&mut config);
    config
}

#[test]
fn a_request_is_seen_processed_granted_and_cancelled() {
    let mut bench = Bench::new("absolute");
    bench.lamps(&GROUPS, Aspect::Red);
    let far = PriorityRequest { position: Some(before(1, 390.0)), ..ambulance(7, 1) };
    bench.request(&far);
    assert_eq!(bench.wished(1), NOTHING);

    bench.until(4.5);
    let near = PriorityRequest { position: Some(before(1, 250.0)), ..next(&far, RequestKind::Update) };
    bench.request(&near);
    assert_eq!(bench.wished(1), (vec![NORTH, NORTH_LEFT], vec![EAST, SOUTH, WEST]));

    bench.until(8.0);
    bench.lamps(&[NORTH], Aspect::Green);
    bench.until(9.0);
    assert_eq!(bench.told(7).last(), Some(&(4.5, Processing)), "the left turn is still red");
    bench.lamps(&[NORTH_LEFT], Aspect::Green);
    bench.until(12.0);
    bench.request(&next(&near, RequestKind::Cancellation));

    assert_eq!(bench.told(7), [(0.0, Requested), (4.5, Processing), (9.0, Granted)]);
    assert_eq!(bench.wished(1), NOTHING);
    assert_eq!(bench.wishes_said(), 2);
    assert_eq!((bench.live(1), bench.engine.next_deadline()), (0, None));
    let statuses = bench.statuses(7);
    assert_eq!(statuses.last().unwrap().1.sequence, SequenceNumber(1), "the message that is answered");
    let seconds: Vec<i64> = statuses.iter().map(|(at, _)| (*at - support::start()).millis()).collect();
    assert_eq!(
        seconds,
        [0, 1000, 2000, 3000, 4000, 4500, 5500, 6500, 7500, 8500, 9000, 10_000, 11_000, 12_000]
    );
}

#[test]
fn an_update_is_answered_at_once_with_its_own_number() {
    let mut bench = Bench::new("absolute");
    let first = near(7, 1);
    bench.request(&first);
    bench.until(0.3);
    bench.request(&next(&first, RequestKind::Update));
    let told: Vec<_> = bench.statuses(7).iter().map(|(_, status)| (status.status, status.sequence)).collect();
    assert_eq!(told, [(Processing, SequenceNumber(0)), (Processing, SequenceNumber(1))]);
}

#[test]
fn a_repeat_refreshes_and_does_nothing_else() {
    let mut bench = Bench::new("absolute");
    let first = near(7, 1);
    bench.request(&first);
    bench.until(9.0);
    let said = bench.said.len();
    bench.request(&PriorityRequest { position: Some(before(1, 399.0)), ..first });
    assert_eq!(bench.said.len(), said);
    bench.until(18.9);
    assert_eq!(bench.live(1), 1);
    bench.until(19.0);
    assert_eq!(bench.live(1), 0);
}

#[test]
fn a_repeat_with_another_content_is_still_a_repeat() {
    let mut bench = Bench::new("absolute");
    let far = PriorityRequest { position: Some(before(1, 390.0)), ..ambulance(7, 1) };
    bench.request(&far);
    bench.request(&PriorityRequest { position: Some(before(1, 100.0)), ..far });
    assert_eq!(bench.told(7), [(0.0, Requested)]);
}

#[test]
fn a_lost_cancellation_costs_ten_seconds() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 2));
    bench.until(9.9);
    assert_eq!(bench.wished(1).0, [EAST]);
    bench.until(60.0);
    assert_eq!(bench.wished(1), NOTHING);
    assert_eq!(bench.said.last().map(|(at, _)| *at), Some(second(10.0)));
    assert_eq!(bench.engine.next_deadline(), None);
}

#[test]
fn without_a_position_the_eta_decides() {
    let mut bench = Bench::new("absolute");
    let first = PriorityRequest { eta: Some(second(33.0)), ..ambulance(7, 2) };
    bench.request(&first);
    bench.until(20.0);
    assert_eq!(bench.told(7), [(0.0, Requested), (8.0, Processing)]);

    let mut bench = Bench::new("absolute");
    bench.request(&first);
    bench.until(5.0);
    bench.request(&PriorityRequest { eta: Some(second(36.0)), ..next(&first, RequestKind::Update) });
    bench.until(14.0);
    assert_eq!(bench.told(7), [(0.0, Requested), (11.0, Processing)], "the update moved the ETA");
}

#[test]
fn with_a_position_the_eta_does_not_decide() {
    let mut bench = Bench::new("absolute");
    let position = Some(before(2, 380.0));
    bench.request(&PriorityRequest { position, eta: Some(second(5.0)), ..ambulance(7, 2) });
    bench.until(8.0);
    assert_eq!(bench.told(7), [(0.0, Requested)]);
}

#[test]
fn with_neither_the_intervention_starts_at_once() {
    let mut bench = Bench::new("absolute");
    bench.request(&ambulance(7, 2));
    assert_eq!(bench.told(7), [(0.0, Processing)]);
}

#[test]
fn the_second_of_two_conflicting_vehicles_waits_for_the_end_of_the_first() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 1));
    bench.until(1.0);
    bench.request(&near(8, 2));
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT]);
    bench.until(6.0);
    bench.request(&next(&near(7, 1), RequestKind::Cancellation));
    assert_eq!(bench.wished(1), (vec![EAST], vec![NORTH, NORTH_LEFT, SOUTH]));
    assert_eq!(bench.wishes_said(), 2, "from one to the other without a pause");
    bench.lamps(&[EAST], Aspect::Green);
    assert_eq!(bench.told(7), [(0.0, Processing)]);
    assert_eq!(bench.told(8), [(1.0, Processing), (6.0, Granted)]);
}

#[test]
fn vehicles_on_the_same_and_on_compatible_approaches_are_served_together() {
    let mut bench = Bench::new("absolute");
    for (station, approach) in [(7, 2), (8, 2), (9, 4)] {
        bench.request(&near(station, approach));
    }
    assert_eq!(bench.wished(1), (vec![EAST, WEST], vec![NORTH, NORTH_LEFT, SOUTH]));
    bench.request(&next(&near(7, 2), RequestKind::Cancellation));
    assert_eq!(bench.wished(1).0, [EAST, WEST], "the second on the same approach still needs it");
    bench.request(&next(&near(8, 2), RequestKind::Cancellation));
    assert_eq!(bench.wished(1).0, [WEST]);
}

#[test]
fn nobody_overtakes_who_waits_longer() {
    let mut bench = Bench::new("absolute");
    for (station, approach) in [(7, 2), (8, 1), (9, 4)] {
        bench.request(&near(station, approach));
        bench.until(f64::from(station) - 6.0);
    }
    assert_eq!(bench.wished(1).0, [EAST], "9 fits 7, but would make 8 wait longer");
    bench.request(&next(&near(7, 2), RequestKind::Cancellation));
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT]);
}

#[test]
fn a_request_whose_time_has_not_come_blocks_nobody() {
    let mut bench = Bench::new("absolute");
    bench.request(&PriorityRequest { eta: Some(second(30.0)), ..ambulance(7, 1) });
    bench.request(&near(8, 2));
    assert_eq!(bench.told(8), [(0.0, Processing)]);
    assert_eq!(bench.wished(1).0, [EAST]);
    bench.until(9.0);
    assert_eq!(bench.told(7), [(0.0, Requested), (5.0, Processing)]);
    assert_eq!((bench.wished(1).0, bench.told(8).len()), (vec![EAST], 1), "whose turn it is keeps it");
}

#[test]
fn a_green_from_before_the_intervention_counts_when_its_end_cannot_be_on_the_way() {
    let mut bench = Bench::new("absolute");
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(3.0);
    bench.request(&near(7, 2));
    bench.until(5.0);
    assert_eq!(bench.told(7), [(3.0, Processing), (3.4, Granted)]);

    let mut bench = Bench::new("absolute");
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(3.0);
    bench.request(&near(7, 2));
    bench.until(3.2);
    bench.lamps(&[EAST], Aspect::Yellow);
    bench.until(5.0);
    assert_eq!(bench.told(7), [(3.0, Processing)]);
}

#[test]
fn a_vehicle_that_does_not_leave_loses_its_green_after_the_green_guard() {
    let mut bench = Bench::new("absolute");
    let mut message = near(7, 2);
    bench.request(&message);
    bench.until(5.0);
    bench.lamps(&[EAST], Aspect::Green);
    for elapsed in 6..=95 {
        bench.until(f64::from(elapsed));
        message = next(&message, RequestKind::Update);
        bench.request(&message);
    }
    assert_eq!(bench.told(7), [(0.0, Processing), (5.0, Granted), (95.0, MaxPresence)]);
    assert_eq!(bench.wished(1), NOTHING);

    // The end is final for this number; it is told again to whoever asks again, and another number is another request.
    bench.until(97.0);
    message = next(&message, RequestKind::Update);
    bench.request(&message);
    assert_eq!(
        bench.statuses(7).last().map(|(at, status)| (*at, status.status)),
        Some((second(97.0), MaxPresence))
    );
    bench.request(&PriorityRequest { request: RequestId(2), ..next(&message, RequestKind::New) });
    assert_eq!(bench.told(7).last(), Some(&(97.0, Processing)));
}

#[test]
fn the_green_guard_does_not_wait_for_the_next_repeat() {
    let guard = Duration::from_millis(2500);
    let mut bench = Bench::with(&[1], absolute(|config| config.request.green_guard = guard));
    bench.request(&near(7, 2));
    bench.until(5.0);
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(9.0);
    assert_eq!(bench.told(7), [(0.0, Processing), (5.0, Granted), (7.5, MaxPresence)]);
}

#[test]
fn a_final_end_is_forgotten_after_ten_silent_seconds() {
    let mut bench = Bench::new("absolute");
    let first = PriorityRequest { eta: Some(second(301.0)), ..ambulance(7, 2) };
    bench.request(&first);
    bench.until(9.9);
    let update = next(&first, RequestKind::Update);
    bench.request(&PriorityRequest { eta: Some(second(60.0)), ..update.clone() });
    bench.until(19.9);
    bench.request(&PriorityRequest { eta: Some(second(60.0)), ..next(&update, RequestKind::New) });
    assert_eq!(bench.told(7), [(0.0, Rejected), (19.9, Requested)]);
}

#[test]
fn a_green_that_ends_before_the_cancellation_is_the_end() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 2));
    bench.until(5.0);
    bench.lamps(&[EAST], Aspect::Green);
    bench.until(6.0);
    bench.lamps(&[EAST], Aspect::Yellow);
    assert_eq!(bench.told(7), [(0.0, Processing), (5.0, Granted), (6.0, MaxPresence)]);
    assert_eq!(bench.wished(1), NOTHING);
}

#[test]
fn an_intervention_that_gets_no_green_is_given_up() {
    let mut bench = Bench::new("absolute");
    let mut message = near(7, 2);
    for elapsed in 0..=60 {
        bench.until(f64::from(elapsed));
        bench.request(&message);
        message = next(&message, RequestKind::Update);
    }
    assert_eq!(bench.told(7), [(0.0, Processing), (60.0, Rejected)]);
    assert_eq!(bench.wished(1), NOTHING);
}

#[test]
fn more_than_five_minutes_ahead_is_rejected_for_good() {
    let mut bench = Bench::new("absolute");
    let first = PriorityRequest { eta: Some(second(301.0)), ..ambulance(7, 2) };
    bench.request(&first);
    bench.until(3.0);
    let update = PriorityRequest { eta: Some(second(301.0)), ..next(&first, RequestKind::Update) };
    bench.request(&update);
    assert_eq!(bench.told(7), [(0.0, Rejected)]);
    assert_eq!(bench.statuses(7).len(), 2, "an answer to each message, and no repeats");
    let cancellation = next(&update, RequestKind::Cancellation);
    bench.request(&cancellation);
    bench.request(&next(&cancellation, RequestKind::New));
    assert_eq!(bench.told(7), [(0.0, Rejected), (3.0, Requested)], "cancelled, the number is free again");
}

#[test]
fn what_the_intersection_does_not_have_is_rejected() {
    for inbound in [
        IntersectionAccess::Approach(0),
        IntersectionAccess::Approach(9),
        IntersectionAccess::Lane(99),
        IntersectionAccess::Connection(99),
    ] {
        let mut bench = Bench::new("absolute");
        bench.request(&PriorityRequest { inbound, ..near(7, 1) });
        assert_eq!(bench.told(7), [(0.0, Rejected)], "{inbound:?}");
        assert_eq!(bench.engine.next_deadline(), None);
    }
}

#[test]
fn lane_and_connection_mean_their_whole_approach() {
    for inbound in
        [IntersectionAccess::Lane(1), IntersectionAccess::Lane(2), IntersectionAccess::Connection(2)]
    {
        let mut bench = Bench::new("absolute");
        bench.request(&PriorityRequest { inbound, ..near(7, 1) });
        assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT], "{inbound:?}");
    }
}

#[test]
fn an_intersection_outside_the_area_is_none_of_our_business() {
    let mut bench = Bench::new("absolute");
    for (region, number) in [(Some(528), 2), (Some(529), 1), (None, 2)] {
        let intersection = IntersectionReference { region, id: number };
        bench.request(&PriorityRequest { intersection, ..near(7, 1) });
    }
    assert!(bench.said.is_empty());
    bench.request(&PriorityRequest {
        intersection: IntersectionReference { region: None, id: 1 },
        ..near(7, 1)
    });
    assert_eq!(
        bench.told(7),
        [(0.0, Processing)],
        "without a region the number is enough while it is the only one"
    );
}

#[test]
fn public_transport_is_rejected_where_it_is_switched_off() {
    let mut bench = Bench::new("absolute");
    bench.request(&PriorityRequest {
        role: Some(VehicleRole::PublicTransport),
        subrole: Some(1),
        ..near(7, 1)
    });
    assert_eq!(bench.told(7), [(0.0, Rejected)]);
}

#[test]
fn a_full_table_rejects_and_takes_the_next_when_there_is_room() {
    let mut bench = Bench::with(&[1], absolute(|config| config.request.capacity = 2));
    for station in [7, 8, 9] {
        bench.request(&near(station, 2));
    }
    assert_eq!((bench.live(1), bench.told(9)), (2, vec![(0.0, Rejected)]));
    bench.request(&next(&near(7, 2), RequestKind::Cancellation));
    bench.request(&next(&near(9, 2), RequestKind::Update));
    assert_eq!(bench.told(9), [(0.0, Rejected), (0.0, Processing)]);
}

#[test]
fn a_message_that_its_cancellation_overtook_brings_nothing_back() {
    let mut bench = Bench::new("absolute");
    let first = near(7, 2);
    bench.request(&first);
    let update = next(&first, RequestKind::Update);
    bench.request(&next(&update, RequestKind::Cancellation));
    bench.request(&update);
    assert_eq!((bench.live(1), bench.wished(1)), (0, NOTHING));
}

#[test]
fn an_update_whose_first_message_was_lost_opens_the_request() {
    let mut bench = Bench::new("absolute");
    bench.request(&PriorityRequest { kind: RequestKind::Update, ..near(7, 2) });
    assert_eq!(bench.told(7), [(0.0, Processing)]);
}

#[test]
fn an_update_to_another_approach_moves_the_intervention() {
    let mut bench = Bench::new("absolute");
    let first = near(7, 2);
    bench.request(&first);
    bench.lamps(&[EAST], Aspect::Green);
    let inbound = IntersectionAccess::Approach(1);
    bench.request(&PriorityRequest {
        inbound,
        position: Some(before(1, 100.0)),
        ..next(&first, RequestKind::Update)
    });
    assert_eq!(bench.wished(1).0, [NORTH, NORTH_LEFT]);
    assert_eq!(bench.told(7), [(0.0, Processing), (0.0, Granted), (0.0, Processing)]);
}

#[test]
fn a_newer_position_by_cam_starts_the_intervention() {
    let mut bench = Bench::new("absolute");
    bench.request(&PriorityRequest { position: Some(before(2, 390.0)), ..ambulance(7, 2) });
    let cam = |station: u32| {
        Input::Vehicle(VehiclePosition {
            station: StationId(station),
            position: before(2, 280.0),
            speed: None,
            heading: None,
            light_bar: true,
            siren: true,
        })
    };
    bench.tell(cam(8));
    assert_eq!(bench.told(7), [(0.0, Requested)]);
    bench.until(1.5);
    bench.tell(cam(7));
    assert_eq!(bench.told(7), [(0.0, Requested), (1.5, Processing)]);
}

#[test]
fn each_intersection_of_the_area_has_its_own_requests() {
    let mut bench = Bench::with(&[1, 2], absolute(|_| ()));
    let intersection = IntersectionReference { region: Some(528), id: 2 };
    bench.request(&near(7, 1));
    bench.request(&PriorityRequest { intersection, ..near(7, 2) });
    assert_eq!((bench.live(1), bench.live(2)), (1, 1));
    assert_eq!((bench.wished(1).0, bench.wished(2).0), (vec![NORTH, NORTH_LEFT], vec![EAST]));
    bench.request(&next(&near(7, 1), RequestKind::Cancellation));
    assert_eq!((bench.live(1), bench.live(2)), (0, 1));
}

#[test]
fn without_priority_every_request_is_rejected_and_nothing_wished() {
    let mut bench = Bench::new("none");
    bench.request(&near(7, 1));
    bench.until(30.0);
    assert_eq!(bench.told(7), [(0.0, Rejected)]);
    assert_eq!((bench.wishes_said(), bench.engine.next_deadline()), (0, None));
}

#[test]
fn where_configured_the_vehicle_is_told_to_watch_out_once_all_conflicts_are_red() {
    let mut bench = Bench::with(&[1], absolute(|config| config.request.watch_other_traffic = true));
    bench.lamps(&[EAST], Aspect::Green);
    bench.lamps(&[NORTH, NORTH_LEFT, SOUTH, WEST], Aspect::Red);
    bench.request(&near(7, 1));
    bench.until(2.0);
    bench.lamps(&[EAST], Aspect::Red);
    bench.until(4.0);
    bench.lamps(&[NORTH, NORTH_LEFT], Aspect::Green);
    assert_eq!(bench.told(7), [(0.0, Processing), (2.0, WatchOtherTraffic), (4.0, Granted)]);
}

#[test]
fn lamps_and_detectors_that_do_not_exist_are_ignored() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 1));
    let said = bench.said.len();
    bench.tell(Input::Signal {
        intersection: id(1),
        group: voorrang_signals::GroupIndex(99),
        aspect: Aspect::Green,
    });
    bench.tell(Input::Signal { intersection: id(9), group: NORTH, aspect: Aspect::Green });
    bench.tell(Input::Detector {
        intersection: id(1),
        detector: voorrang_signals::DetectorIndex(99),
        occupied: true,
    });
    assert_eq!(bench.said.len(), said);
}

#[test]
fn a_message_that_another_overtook_by_two_seconds_counts_as_now() {
    let mut bench = Bench::new("absolute");
    bench.until(20.0);
    bench.request(&near(7, 1));
    let mut outputs: Vec<Output> = Vec::new();
    bench.engine.handle(second(18.0), Input::Request(near(8, 2)), &mut outputs);
    assert!(bench.engine.next_deadline() > Some(second(20.0)));
    bench.engine.advance(second(29.0) + Duration::from_millis(999), &mut outputs);
    assert_eq!(bench.live(1), 2, "both expire 10 s after second 20");
}

#[test]
fn a_clock_set_back_by_an_hour_holds_no_green_for_an_hour() {
    let mut bench = Bench::new("absolute");
    bench.until(3600.0);
    bench.request(&PriorityRequest { eta: Some(second(3630.0)), ..near(7, 2) });
    let mut outputs: Vec<Output> = Vec::new();
    bench.engine.advance(second(0.0), &mut outputs);
    assert!(bench.engine.next_deadline() <= Some(second(1.0)), "in the time that the host has now");
    let update = PriorityRequest { eta: Some(second(25.0)), ..next(&near(7, 2), RequestKind::Update) };
    bench.engine.handle(second(5.0), Input::Request(update), &mut outputs);
    bench.engine.advance(second(6.0), &mut outputs);
    let Some(Output::Status(status)) = outputs.last() else { panic!("{outputs:?}") };
    assert_eq!(status.eta, Some(second(25.0)), "what the vehicle is told is its own time");
    bench.engine.advance(second(14.999), &mut outputs);
    assert_eq!(bench.live(1), 1);
    bench.engine.advance(second(15.0), &mut outputs);
    assert_eq!(bench.live(1), 0, "10 s after its last message");
}

#[test]
fn a_clock_set_forward_costs_whoever_still_asks_no_more_than_a_message() {
    let mut bench = Bench::new("absolute");
    bench.request(&near(7, 2));
    bench.until(3600.0);
    bench.request(&next(&near(7, 2), RequestKind::Update));
    assert_eq!(bench.told(7).last(), Some(&(0.0, Processing)), "as if nothing had been");
    assert_eq!((bench.live(1), bench.wished(1).0), (1, vec![EAST]));
}
