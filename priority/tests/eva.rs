//! Whatever is observed, only valid warnings come of it.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use proptest::prelude::*;
use voorrang_messages::emergency_vehicle_approaching::DenmKind;
use voorrang_messages::{Denm, EmergencyVehicleApproaching, StationId};
use voorrang_priority::VehiclePosition;
use voorrang_priority::eva::{
    Driver, EvaConfig, EvaPublisher, EvaReceiver, ReceiverConfig, Relevance, RoadAhead,
};
use voorrang_signals::ApproachIndex;
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, LocalPlane, LocalPosition, Speed};

const OURS: StationId = StationId(900_001);

/// Metres east and north of the crossing's centre.
fn place(east: f64, north: f64) -> GeodeticPosition {
    let centre = GeodeticPosition::from_degrees(52.0, 5.0).unwrap();
    LocalPlane::at(centre).to_geodetic(LocalPosition::from_metres(east, north))
}

fn there_and_back(warning: &EmergencyVehicleApproaching) -> EmergencyVehicleApproaching {
    let mut octets = Vec::new();
    warning.to_denm().unwrap().encode(&mut octets).unwrap();
    EmergencyVehicleApproaching::from_denm(&Denm::decode(&octets).unwrap()).unwrap()
}

fn roads() -> [Option<RoadAhead>; 4] {
    let crossing = support::crossing(1);
    [
        None,
        RoadAhead::approaching(&crossing, ApproachIndex(0)),
        RoadAhead::leaving(&crossing, ApproachIndex(2)),
        RoadAhead::approaching(&crossing, ApproachIndex(3)),
    ]
}

/// What may happen to a publisher.
#[derive(Debug, Clone)]
enum Event {
    Observe {
        station: u32,
        east: f64,
        north: f64,
        speed: Option<f64>,
        heading: Option<f64>,
        lit: bool,
        road: u8,
    },
    Elsewhere {
        station: u32,
        latitude: f64,
        longitude: f64,
    },
    Leave {
        station: u32,
    },
    Advance,
}

fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let number = prop_oneof![8 => -500.0..500.0, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
    let observe = (
        0..6_u32,
        -500.0..500.0,
        -500.0..500.0,
        prop::option::of(number.clone()),
        prop::option::of(number),
        prop::bool::weighted(0.8),
        0..4_u8,
    );
    let observe = observe.prop_map(|(station, east, north, speed, heading, lit, road)| Event::Observe {
        station,
        east,
        north,
        speed,
        heading,
        lit,
        road,
    });
    let elsewhere = (0..6_u32, -90.0..=90.0, -180.0..=180.0);
    let elsewhere = elsewhere.prop_map(|(station, latitude, longitude)| Event::Elsewhere {
        station,
        latitude,
        longitude,
    });
    let event = prop_oneof![
        8 => observe,
        1 => elsewhere,
        1 => (0..6_u32).prop_map(|station| Event::Leave { station }),
        2 => Just(Event::Advance),
    ];
    // Time may seem to run back.
    prop::collection::vec((-500..4000_i64, event), 1..60)
}

proptest! {
    #[test]
    fn whatever_is_observed_only_valid_warnings_come_of_it(events in events(), validity in 0..30_i64) {
        let mut config = EvaConfig::with_station(OURS);
        config.publisher.capacity = 4;
        config.publisher.validity = Duration::from_seconds(validity);
        let interval = config.publisher.update_interval;
        let mut publisher = EvaPublisher::new(&config);
        let mut receiver = EvaReceiver::new(ReceiverConfig { capacity: 4, ..config.receiver });
        let roads = roads();
        let start = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
        let (mut clock, mut latest) = (start, start);
        let mut told: Vec<EmergencyVehicleApproaching> = Vec::new();
        for (step, event) in events {
            clock += Duration::from_millis(step);
            latest = latest.max(clock);
            let mut outputs = Vec::new();
            match event {
                Event::Observe { station, east, north, speed, heading, lit, road } => {
                    let vehicle = VehiclePosition {
                        station: StationId(station),
                        position: place(east, north),
                        speed: speed.map(Speed::from_metres_per_second),
                        heading: heading.map(Angle::from_degrees),
                        light_bar: lit,
                        siren: true,
                    };
                    publisher.observe(clock, &vehicle, roads[usize::from(road)].as_ref(), &mut outputs);
                }
                Event::Elsewhere { station, latitude, longitude } => {
                    let position = GeodeticPosition::from_degrees(latitude, longitude).unwrap();
                    let vehicle = VehiclePosition {
                        station: StationId(station),
                        position,
                        speed: None,
                        heading: None,
                        light_bar: true,
                        siren: true,
                    };
                    publisher.observe(clock, &vehicle, roads[1].as_ref(), &mut outputs);
                }
                Event::Leave { station } => publisher.leave(clock, StationId(station), &mut outputs),
                Event::Advance => publisher.advance(clock, &mut outputs),
            }
            for warning in outputs {
                let read = there_and_back(&warning);
                prop_assert_eq!((read.action, read.kind), (warning.action, warning.kind));
                prop_assert_eq!((read.reference_time, read.validity), (warning.reference_time, warning.validity));
                prop_assert_eq!((warning.sender, warning.action.originating_station), (OURS, OURS));
                prop_assert!(warning.kind == DenmKind::Cancellation || warning.is_valid_at(warning.reference_time));
                let before = told.iter().rev().find(|before| before.action == warning.action);
                prop_assert_eq!(before.is_none(), warning.kind == DenmKind::NewOrUpdate
                    && !told.iter().any(|before| before.action == warning.action));
                if let Some(before) = before {
                    prop_assert!(warning.is_update_of(before));
                    prop_assert_eq!(before.kind, DenmKind::NewOrUpdate, "nothing follows an end");
                    let soon = warning.reference_time < before.reference_time + interval;
                    prop_assert!(!soon || warning.kind == DenmKind::Cancellation);
                }
                receiver.receive(latest, &read);
                told.push(warning);
            }
            prop_assert!(publisher.vehicles() <= 4 && receiver.remembered() <= 4);
            let driver = Driver { position: place(-2.0, 60.0), heading: Angle::from_degrees(f64::NAN), speed: None };
            Relevance::new(ReceiverConfig::default()).assess(latest, &driver, &receiver);
            // Nothing is due twice.
            let mut again = Vec::new();
            publisher.advance(latest, &mut again);
            prop_assert_eq!(again, vec![]);
            prop_assert!(publisher.next_deadline().is_none_or(|deadline| deadline > latest));
        }
        // Whoever is called at its deadlines comes to an end.
        let mut last = vec![];
        for _ in 0..20 {
            let Some(deadline) = publisher.next_deadline() else { break };
            publisher.advance(deadline, &mut last);
        }
        prop_assert_eq!((publisher.vehicles(), publisher.next_deadline()), (0, None));
    }
}
