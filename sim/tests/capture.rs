//! All messages of a run as a capture: what stands in it can be read, and tells what was.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;

use voorrang_messages::packet::Packet;
use voorrang_messages::signal_state::{ChangeReason, ChangeTime, PhaseState};
use voorrang_messages::{
    ItsMessage, MessageKind, PrioritizationStatus, RoadTopology, SignalState, StationId,
};
use voorrang_priority::StrategyConfig;
use voorrang_signals::vlog::{self, SignalState as Logged, VlogStatus};
use voorrang_sim::capture_file;
use voorrang_sim::measures::record::RunRecord;
use voorrang_sim::simulation::Model;
use voorrang_units::{Duration, Instant};

use crossing::{Crossing, car, options};

const MORE: &str = "\n[radio]\nloss = 0.0\ncam_share = 0.2\n\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\ndepart_s = 100.0\n\
                    route = [\"S_C\", \"C_N\"]\n\n[[slow_traffic]]\nintersection = \"C\"\ngroup = \"31\"\nper_hour = 120.0\n";

fn run(replication: u32, change: impl FnOnce(Model) -> Model) -> RunRecord {
    let demand: String = (0..60_u8).map(|n| car(60.0 + 3.0 * f64::from(n), usize::from(n % 2))).collect();
    let crossing = Crossing::new(&demand, MORE);
    let scenario = crossing.scenario();
    let options = options(&scenario);
    let strategy = StrategyConfig::from_name("absolute").unwrap();
    change(Model::new(scenario)).run(&options, &strategy, replication, &AtomicU64::new(0)).unwrap()
}

/// The messages of a pcap file, with the time of each.
fn read(file: &[u8]) -> Vec<(Instant, ItsMessage)> {
    assert_eq!(file[..4], 0xa1b2_c3d4_u32.to_le_bytes());
    let word = |octets: &[u8]| u32::from_le_bytes(*octets.first_chunk().unwrap());
    let mut rest = &file[24..];
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (seconds, micros, length) = (word(rest), word(&rest[4..]), word(&rest[8..]) as usize);
        let (frame, behind) = rest[16..].split_at(length);
        assert_eq!(frame[12..14], [0x89, 0x47]);
        let packet = Packet::decode(&frame[14..]).unwrap();
        let message = ItsMessage::decode(packet.payload).unwrap();
        assert_eq!(packet.transport.unwrap().message(), Some(message.kind()));
        let millis = i64::from(seconds) * 1000 + i64::from(micros / 1000);
        messages.push((Instant::from_unix_millis(millis), message));
        rest = behind;
    }
    messages
}

fn captured() -> (RunRecord, Vec<(Instant, ItsMessage)>) {
    let record = run(0, |model| model.with_messages().with_logs());
    let mut file = Vec::new();
    capture_file::write(&mut file, record.messages.as_ref().unwrap()).unwrap();
    let messages = read(&file);
    (record, messages)
}

#[test]
fn every_kind_of_message_is_in_the_capture_and_can_be_read() {
    let (record, messages) = captured();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, message) in &messages {
        *counts.entry(message.kind().name()).or_default() += 1;
    }
    let kinds: Vec<_> = counts.keys().copied().collect();
    assert_eq!(kinds, ["CAM", "DENM", "MAPEM", "SPATEM", "SREM", "SSEM"]);
    assert_eq!(counts["CAM"] as u64, record.cams);
    assert_eq!(counts["MAPEM"], 60, "each ten seconds");
    assert!((600..3000).contains(&counts["SPATEM"]), "{counts:?}");
    assert!(messages.is_sorted_by_key(|(at, _)| *at));
    let ambulance = 112_001_u32;
    let of = |kind| messages.iter().filter(move |(_, message)| message.kind() == kind);
    assert!(of(MessageKind::Srem).all(|(_, message)| message.header().station_id.0 == ambulance));
    assert!(of(MessageKind::Denm).all(|(_, message)| message.header().station_id.0 != ambulance));
}

/// What all lamps showed from each moment on, as the controller logged it.
fn lamps(log: &str) -> Vec<(Instant, Vec<Logged>)> {
    let (mut status, mut shown) = (VlogStatus::default(), Vec::new());
    for message in vlog::lines(log) {
        status.apply(&message.unwrap());
        if let Some(moment) = status.moment() {
            shown.push((moment, status.signals().to_vec()));
        }
    }
    shown
}

/// The state in each SPATEM.
fn states(messages: &[(Instant, ItsMessage)]) -> Vec<SignalState> {
    let state = |(at, message): &(Instant, ItsMessage)| {
        let ItsMessage::Spatem(spatem) = message else { return None };
        let [state] = &SignalState::all_from_spatem(spatem, *at)[..] else { panic!("one intersection") };
        assert_eq!(state.moment, Some(*at));
        Some(state.clone())
    };
    messages.iter().filter_map(state).collect()
}

#[test]
fn spatems_show_what_the_lamps_show() {
    let (record, messages) = captured();
    let lamps = lamps(&record.logs.unwrap()[0]);
    let mut seen = BTreeSet::new();
    let states = states(&messages);
    for state in &states {
        let at = state.moment.unwrap();
        let (_, shown) = &lamps[lamps.partition_point(|(from, _)| *from <= at) - 1];
        assert_eq!((state.movements.len(), shown.len()), (4, 4));
        for (movement, lamp) in state.movements.iter().zip(shown) {
            let phase = movement.current().unwrap();
            let expected = match lamp {
                Logged::Red => PhaseState::StopAndRemain,
                Logged::Green => PhaseState::ProtectedMovementAllowed,
                Logged::Yellow => PhaseState::ProtectedClearance,
                other => panic!("{other:?}"),
            };
            assert_eq!(phase.state, expected, "group {} at {at}", movement.signal_group);
            seen.insert((movement.signal_group, phase.state));
            let Some(ChangeTime::At(ends)) = phase.timing.as_ref().unwrap().min_end else {
                panic!("{phase:?}")
            };
            assert!(ends >= at, "{phase:?}");
        }
    }
    for group in [2, 5, 31] {
        assert_eq!(seen.iter().filter(|(of, _)| *of == group).count(), 3, "{seen:?}");
    }
    // Two SPATEMs lie a tenth of a second to a second apart, and each change is told at once.
    let gaps: Vec<_> = states.windows(2).map(|two| two[1].moment.unwrap() - two[0].moment.unwrap()).collect();
    let within = Duration::from_millis(100)..=Duration::from_seconds(1);
    assert!(gaps.iter().all(|gap| within.contains(gap)));
}

#[test]
fn an_intervention_is_told_as_the_reason_with_its_request() {
    let (_, messages) = captured();
    let states = states(&messages);
    let reason = |state: &SignalState, group| state.movement(group).unwrap().current().unwrap().reason;
    let during: Vec<_> = states
        .iter()
        .filter(|state| reason(state, 5) == Some(ChangeReason::EmergencyVehiclePriority))
        .collect();
    assert!(during.len() > 5, "{}", during.len());
    for state in &during {
        assert_eq!(reason(state, 2), Some(ChangeReason::EmergencyVehiclePriority), "it is held red");
        let [told] = &state.prioritizations[..] else { panic!("{:?}", state.prioritizations) };
        assert_eq!((told.station, told.signal_group), (StationId(112_001), 5));
    }
    let granted = |state: &&&SignalState| {
        state.prioritizations.iter().any(|told| told.status == PrioritizationStatus::Granted)
    };
    assert!(during.iter().filter(granted).count() > 1);
    let (first, last) = (states.first().unwrap(), states.last().unwrap());
    assert_eq!((reason(first, 5), first.prioritizations.len()), (None, 0));
    assert_eq!((reason(last, 5), last.prioritizations.len()), (None, 0));
}

#[test]
fn mapems_and_spatems_name_the_same_revision() {
    let (_, messages) = captured();
    let maps = messages.iter().filter_map(|(_, message)| match message {
        ItsMessage::Mapem(mapem) => Some(RoadTopology::all_from_mapem(mapem)),
        _ => None,
    });
    let revisions: BTreeSet<u8> = maps
        .map(|maps| maps.unwrap()[0].revision)
        .chain(states(&messages).iter().map(|state| state.revision))
        .collect();
    assert_eq!(revisions.len(), 1);
}

#[test]
fn a_capture_is_of_the_first_replication_and_changes_nothing() {
    assert_eq!(run(1, Model::with_messages).messages, None);
    let captured = run(0, Model::with_messages);
    assert!(captured.messages.is_some());
    assert_eq!(RunRecord { messages: None, ..captured }, run(0, |model| model));
}
