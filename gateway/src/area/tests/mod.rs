//! The area in virtual time.

use std::sync::Arc;
use std::time::Instant as Monotonic;

use bytes::Bytes;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, Ssem, StationId, VehicleRole,
};
use voorrang_priority::{EngineConfig, StrategyConfig};
use voorrang_signals::Intersection;
use voorrang_units::{Duration, Instant};

use super::*;
mod control;
mod lab;
mod laws;
mod watching;

use crate::messaging::{Reply, ReplyTo, Undelivered};
use crate::security::Permit;

pub(super) const START: Instant = Instant::from_unix_millis(1_795_600_000_000);

pub(super) const CROSSING: &str = include_str!("../../../../priority/tests/support/crossing.toml");

/// An ambulance 20 s before the eastern stop line.
pub(super) fn ambulance() -> PriorityRequest {
    PriorityRequest {
        station: StationId(4711),
        intersection: IntersectionReference { region: Some(528), id: 1 },
        request: RequestId(1),
        sequence: Some(SequenceNumber(0)),
        kind: RequestKind::New,
        inbound: IntersectionAccess::Approach(2),
        outbound: None,
        eta: Some(START + Duration::from_seconds(20)),
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: None,
        heading: None,
        speed: None,
    }
}

#[derive(Debug)]
struct Nowhere;

impl Reply for Nowhere {
    fn send(&self, _octets: &[u8]) -> Result<(), Undelivered> {
        Err(Undelivered::Gone)
    }

    fn address(&self) -> Option<String> {
        Some("udp:192.0.2.7:4711".to_owned())
    }
}

fn area(role: Role) -> Area {
    let intersection = Arc::new(Intersection::from_toml(CROSSING, "crossing.toml").unwrap());
    Area::new(
        AreaConfig {
            name: "K1".into(),
            place: 0,
            station: StationId(70_000),
            engine: EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap()),
            junctions: vec![JunctionConfig {
                intersection,
                role,
                session: None,
                registered: None,
                publish: true,
            }],
            vlog: false,
        },
        START,
    )
}

fn asks(request: PriorityRequest) -> AreaInput {
    let reply: ReplyTo = Arc::new(Nowhere);
    AreaInput::Request {
        request,
        permit: Permit { name: "ambulances".into(), importance_ceiling: 14 },
        reply,
        arrived: Monotonic::now(),
        octets: Bytes::from_static(b"octets"),
        span: tracing::Span::none(),
    }
}

/// The statuses that leave, each with whether it answers what came just now.
fn answers(effects: &Effects) -> Vec<(PrioritizationStatus, bool)> {
    let answers = effects.departures.iter().filter_map(|departure| match departure {
        Departure::Answer { octets, arrived, .. } => {
            let ssem = Ssem::decode(octets).unwrap();
            let statuses = RequestStatus::all_from_ssem(&ssem, START).unwrap();
            Some((statuses[0].status, arrived.is_some()))
        }
        _ => None,
    });
    answers.collect()
}

#[test]
fn a_request_is_answered_at_once_and_its_way_back_stands_in_the_journal() {
    let mut area = area(Role::Control);
    let mut effects = Effects::default();
    area.handle(START, asks(ambulance()), &mut effects);
    // Nobody drives the lamps yet.
    assert_eq!(answers(&effects), [(PrioritizationStatus::Rejected, true)]);
    let lines: Vec<&str> = effects.records.lines().collect();
    assert!(lines.iter().any(|line| line.contains(r#""asked":{"#) && line.contains("udp:192.0.2.7:4711")));
    assert!(lines.iter().any(|line| line.contains(r#""in":{"request""#)));
}

#[test]
fn an_observer_answers_nobody() {
    let mut area = area(Role::Observe);
    let mut effects = Effects::default();
    area.handle(START, asks(ambulance()), &mut effects);
    assert_eq!(answers(&effects), []);
}

#[test]
fn without_a_trusted_clock_no_intervention_begins() {
    let mut area = area(Role::Control);
    let mut effects = Effects::default();
    area.handle(START, AreaInput::ClockTrusted(false), &mut effects);
    area.handle(START, asks(ambulance()), &mut effects);
    assert_eq!(answers(&effects), [(PrioritizationStatus::Rejected, true)]);
    assert!(effects.records.contains(r#""turned_away""#));
}

#[test]
fn of_what_lived_before_a_restart_the_living_is_answered_and_the_rest_noted() {
    let mut area = area(Role::Control);
    let mut effects = Effects::default();
    let permit = Permit { name: "ambulances".into(), importance_ceiling: 14 };
    let reply: ReplyTo = Arc::new(Nowhere);
    let restored = |station: u32, age: i64| RestoredRequest {
        request: PriorityRequest { station: StationId(station), ..ambulance() },
        heard: START - Duration::from_seconds(age),
        permit: permit.clone(),
        reply: Some(Arc::clone(&reply)),
    };
    area.handle(START, AreaInput::Restored(vec![restored(1, 3), restored(2, 11)]), &mut effects);
    assert_eq!(answers(&effects), [(PrioritizationStatus::Rejected, false)]);
    assert_eq!(effects.records.matches(r#""expired":{"#).count(), 1);
}
