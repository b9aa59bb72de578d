//! The signal states of SPATEMs: vectors of independent engines by hand, and the law that a view comes back from its octets.

#[expect(dead_code, reason = "only the octets of vectors are needed here")]
mod vectors_reader;

use std::fs;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::Value;
use voorrang_messages::signal_state::{
    ActivePrioritization, AdvisoryKind, AdvisorySpeed, ChangeReason, ChangeTime, ControllerStatus,
    ManeuverAssist, Movement, PhaseState, PhaseTiming, SignalPhase,
};
use voorrang_messages::{
    IntersectionReference, ItsMessage, PrioritizationStatus, SignalState, Spatem, StationId, hex,
};
use voorrang_units::{Duration, Instant, Length, Speed};

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).expect("a time")
}

fn at(text: &str) -> Option<ChangeTime> {
    Some(ChangeTime::At(utc(text)))
}

fn views(octets: &[u8], received: Instant) -> Vec<SignalState> {
    let ItsMessage::Spatem(spatem) = ItsMessage::decode(octets).expect("a message") else {
        panic!("a SPATEM")
    };
    SignalState::all_from_spatem(&spatem, received)
}

fn vector(id: &str) -> Vec<SignalState> {
    let vectors = vectors_reader::vectors("spatem.jsonl");
    let vector = vectors.iter().find(|vector| vector.id == id).expect("a vector");
    views(&vector.octets, utc("2026-10-14T00:00:31Z"))
}

#[test]
fn four_signal_groups_are_read() {
    let state = &vector("dev-spatem-011")[0];
    assert_eq!(state.intersection, IntersectionReference { region: Some(528), id: 3107 });
    assert_eq!(state.revision, 9);
    assert_eq!(state.status, ControllerStatus::SIGNAL_PRIORITY_ACTIVE.with(ControllerStatus::FIXED_TIME));
    assert_eq!(state.moment, Some(utc("2026-10-14T00:00:30.500Z")));
    let shown: Vec<_> = state.movements.iter().map(|movement| movement.current().unwrap().state).collect();
    use PhaseState::{Dark, ProtectedClearance, ProtectedMovementAllowed, StopAndRemain};
    assert_eq!(shown, [ProtectedMovementAllowed, StopAndRemain, ProtectedClearance, Dark]);
    let timing = state.movement(2).unwrap().current().unwrap().timing.unwrap();
    // 18120 tenths: 30 min 12 s; the moment is 30.5 s past the hour, so this lies 29 min 41.5 s ahead.
    assert_eq!(timing.min_end, at("2026-10-14T00:30:12Z"));
    assert_eq!((timing.confidence, timing.probability_percent()), (Some(12), Some(94)));
    assert_eq!(state.movement(5).unwrap().current().unwrap().timing, None);
}

#[test]
fn a_preemption_is_read() {
    let state = &vector("dev-spatem-012")[0];
    assert!(state.status.contains(ControllerStatus::PREEMPT_ACTIVE));
    assert_eq!(state.name.as_deref(), Some("N470 Delft"));
    assert_eq!(state.enabled_lanes, [3, 17]);
    let assist = ManeuverAssist {
        connection: 8,
        queue_length: Some(Length::from_metres(40.0)),
        available_storage_length: Some(Length::from_metres(60.0)),
        wait_on_stop: Some(true),
        pedestrian_or_bicycle_detected: Some(false),
    };
    assert_eq!(state.assists, [assist]);
    let granted = ActivePrioritization {
        station: StationId(1_234_567),
        status: PrioritizationStatus::Granted,
        signal_group: 2,
    };
    assert_eq!(state.prioritizations, [granted]);
    let advice = AdvisorySpeed {
        kind: AdvisoryKind::Greenwave,
        speed: Some(Speed::from_metres_per_second(13.9)),
        within: Some(Speed::from_metres_per_second(1.0)),
        distance: Some(Length::from_metres(250.0)),
        user_class: Some(1),
    };
    let movement = state.movement(2).unwrap();
    assert_eq!(
        (movement.name.as_deref(), &movement.phases[0].advisory_speeds[..]),
        (Some("A"), &[advice][..])
    );
    assert_eq!(state.movement(3).unwrap().phases[0].reason, Some(ChangeReason::EmergencyVehiclePriority));
    assert_eq!(state.unreadable, []);
}

#[test]
fn special_time_marks_are_unknown_and_far_off() {
    let state = &vector("dev-spatem-013")[0];
    let min_end = |group| state.movement(group).unwrap().current().unwrap().timing.unwrap().min_end;
    assert_eq!((min_end(1), min_end(2)), (None, Some(ChangeTime::LaterThanAnHour)));
    assert_eq!((state.moment, state.revision), (None, 127));
}

#[test]
fn the_smallest_and_later_versions_are_read() {
    let state = &vector("dev-spatem-029")[0];
    assert_eq!(state.movements[0].phases, [SignalPhase::new(PhaseState::Unavailable)]);
    assert_eq!(vector("dev-spatem-fut-008"), vector("dev-spatem-011"), "the addition is passed over");
}

#[test]
fn published_messages_are_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/real_etsi.jsonl");
    let Ok(text) = fs::read_to_string(path) else {
        println!("skipped: real_etsi.jsonl absent");
        return;
    };
    let published = |id: &str| {
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let record = records.into_iter().find(|record| record["id"] == id).unwrap();
        views(&hex::octets(record["hex"].as_str().unwrap()).unwrap(), utc("2026-10-14T00:10:00Z")).remove(0)
    };
    let minimal = published("nemeson_spatem_minimal");
    assert_eq!(minimal.intersection, IntersectionReference { region: None, id: 12_345 });
    let timing = minimal.movements[0].phases[0].timing.unwrap();
    assert_eq!(timing, PhaseTiming { min_end: at("2026-10-14T00:00:10Z"), ..PhaseTiming::default() });
    let regional = published("nemeson_spatem_regional_present");
    assert_eq!((regional.prioritizations, regional.unreadable), (vec![], vec![]), "region 5 is not ours");
}

/// 2026-12-31T23:59:30Z: what is near it lies in two years.
const NEW_YEAR: Instant = Instant::from_unix_millis(1_798_761_570_000);

fn name() -> impl Strategy<Value = Option<String>> {
    of("[ -~]{1,63}")
}

/// Tenths of a second around the moment.
fn time() -> impl Strategy<Value = Option<ChangeTime>> {
    let near = -17_999_i64..18_000;
    of(prop_oneof![
        9 => near.prop_map(|tenths| ChangeTime::At(NEW_YEAR + Duration::from_millis(tenths * 100))),
        1 => Just(ChangeTime::LaterThanAnHour),
    ])
}

fn timing() -> impl Strategy<Value = PhaseTiming> {
    (time(), time(), time(), time(), of(0_u8..16), time()).prop_map(
        |(start, min_end, max_end, likely_end, confidence, next)| PhaseTiming {
            start,
            min_end,
            max_end,
            likely_end,
            confidence,
            next,
        },
    )
}

fn advice() -> impl Strategy<Value = AdvisorySpeed> {
    use AdvisoryKind::{EcoDrive, Greenwave, Transit};
    let kind = prop::sample::select(vec![AdvisoryKind::None, Greenwave, EcoDrive, Transit]);
    let within = prop::sample::select(vec![100.0, 10.0, 5.0, 1.0, 0.1, 0.05, 0.01]);
    (kind, of(0_u16..500), of(within), of(1_u16..=10_000), of(any::<u8>())).prop_map(
        |(kind, speed, within, distance, user_class)| AdvisorySpeed {
            kind,
            speed: speed.map(|tenths| Speed::from_metres_per_second(f64::from(tenths) / 10.0)),
            within: within.map(Speed::from_metres_per_second),
            distance: distance.map(|metres| Length::from_metres(metres.into())),
            user_class,
        },
    )
}

fn phase() -> impl Strategy<Value = SignalPhase> {
    use PhaseState::{Dark, PermissiveMovementAllowed, ProtectedClearance, StopAndRemain};
    let state =
        prop::sample::select(vec![Dark, PermissiveMovementAllowed, ProtectedClearance, StopAndRemain]);
    use ChangeReason::{EmergencyVehiclePriority, Unknown, VehiclePlatoonPriority};
    let reason = prop::sample::select(vec![Unknown, EmergencyVehiclePriority, VehiclePlatoonPriority]);
    (state, of(timing()), vec(advice(), 0..3), of(reason)).prop_map(
        |(state, timing, advisory_speeds, reason)| SignalPhase { state, timing, advisory_speeds, reason },
    )
}

fn assists() -> impl Strategy<Value = Vec<ManeuverAssist>> {
    let metres = || of((0_u16..=10_000).prop_map(|metres| Length::from_metres(metres.into())));
    let assist = (any::<u8>(), metres(), metres(), of(any::<bool>()), of(any::<bool>())).prop_map(
        |(
            connection,
            queue_length,
            available_storage_length,
            wait_on_stop,
            pedestrian_or_bicycle_detected,
        )| {
            ManeuverAssist {
                connection,
                queue_length,
                available_storage_length,
                wait_on_stop,
                pedestrian_or_bicycle_detected,
            }
        },
    );
    vec(assist, 0..3)
}

fn movement() -> impl Strategy<Value = Movement> {
    (any::<u8>(), name(), vec(phase(), 1..4), assists())
        .prop_map(|(signal_group, name, phases, assists)| Movement { signal_group, name, phases, assists })
}

fn state() -> impl Strategy<Value = SignalState> {
    let intersection =
        (of(any::<u16>()), any::<u16>()).prop_map(|(region, id)| IntersectionReference { region, id });
    let prioritization =
        (any::<u32>(), any::<u8>()).prop_map(|(station, signal_group)| ActivePrioritization {
            station: StationId(station),
            status: PrioritizationStatus::Processing,
            signal_group,
        });
    let head = (intersection, name(), 0_u8..128, any::<u16>(), any::<bool>());
    (head, vec(any::<u8>(), 0..4), vec(movement(), 1..5), assists(), vec(prioritization, 0..=10)).prop_map(
        |(head, enabled_lanes, movements, assists, prioritizations)| {
            let (intersection, name, revision, status, with_moment) = head;
            SignalState {
                intersection,
                name,
                revision,
                status: ControllerStatus::from_bits(status),
                moment: with_moment.then_some(NEW_YEAR),
                enabled_lanes,
                movements,
                assists,
                prioritizations,
                unreadable: Vec::new(),
            }
        },
    )
}

proptest! {
    #[test]
    fn signal_states_come_back_from_their_octets(states in vec(state(), 1..4)) {
        let spatem = SignalState::to_spatem(&states, StationId(70_001), NEW_YEAR).unwrap();
        let mut octets = Vec::new();
        spatem.encode(&mut octets).unwrap();
        let again = Spatem::decode(&octets).unwrap();
        prop_assert_eq!(&again, &spatem);
        prop_assert_eq!(SignalState::all_from_spatem(&again, NEW_YEAR), states);
    }
}
