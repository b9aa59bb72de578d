//! Arbitrary inputs: few stations, numbers and places, so that they meet.

use proptest::prelude::*;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    StationId, VehicleRole,
};
use voorrang_priority::kar::{KarAnnouncement, KarDirection, KarUrgency, KarVehicleType};
use voorrang_priority::{Input, KarMessage, VehiclePosition};
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, IntersectionId};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, Speed};

use crate::support::before;

/// An input, some time after the one before.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) after: Duration,
    pub(crate) input: Told,
}

/// An input whose ETA counts from the moment at which it is told.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Request { request: PriorityRequest, eta: Option<Duration> },
    Other(Input),
}

impl Told {
    pub(crate) fn at(&self, now: Instant) -> Input {
        match self {
            Self::Request { request, eta } => {
                Input::Request(PriorityRequest { eta: eta.map(|eta| now + eta), ..request.clone() })
            }
            Self::Other(input) => input.clone(),
        }
    }
}

pub(crate) fn arbitrary_events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    let after = prop_oneof![
        4 => 0_i64..1500,
        2 => 1500_i64..9000,
        1 => 9000_i64..100_000,
        2 => Just(0),
    ];
    let event = (after, arbitrary_told())
        .prop_map(|(after, input)| Event { after: Duration::from_millis(after), input });
    prop::collection::vec(event, 0..most)
}

fn arbitrary_told() -> impl Strategy<Value = Told> {
    prop_oneof![
        8 => arbitrary_request(),
        4 => arbitrary_vehicle(),
        4 => arbitrary_kar(),
        1 => arbitrary_precedence(),
        4 => (1_u16..=3, 0_u16..6, aspect()).prop_map(|(at, group, aspect)| {
            let intersection = IntersectionId { region: 528, id: at };
            Told::Other(Input::Signal { intersection, group: GroupIndex(group), aspect })
        }),
        1 => (1_u16..=4, 0_u16..2, any::<bool>()).prop_map(|(at, detector, occupied)| {
            let intersection = IntersectionId { region: 528, id: at };
            Told::Other(Input::Detector { intersection, detector: DetectorIndex(detector), occupied })
        }),
    ]
}

fn arbitrary_request() -> impl Strategy<Value = Told> {
    let who = (1_u32..=4, 0_u8..3, prop::option::weighted(0.9, 0_u8..=130), kind());
    let place =
        (1_u16..=4, prop::option::weighted(0.9, Just(528_u16)), access(), prop::option::of(position()));
    let rights = prop_oneof![
        9 => Just((Some(VehicleRole::Emergency), Some(5_u8))),
        2 => Just((Some(VehicleRole::PublicTransport), Some(1))),
        1 => Just((Some(VehicleRole::Truck), None)),
        1 => (prop::option::of(Just(VehicleRole::Transit)), prop::option::of(0_u8..16)),
    ];
    let importance = prop::option::weighted(0.9, prop_oneof![9 => Just(14_u8), 1 => 0_u8..16]);
    let rights = (rights, importance, motion());
    let eta = prop::option::of((-100_000_i64..400_000).prop_map(Duration::from_millis));
    (who, place, rights, eta).prop_map(
        |(
            (station, request, sequence, kind),
            (id, region, inbound, position),
            ((role, subrole), importance, (speed, heading)),
            eta,
        )| {
            let request = PriorityRequest {
                station: StationId(station),
                intersection: IntersectionReference { region, id },
                request: RequestId(request),
                sequence: sequence.map(SequenceNumber),
                kind,
                inbound,
                outbound: None,
                eta: None,
                service_window: None,
                role,
                subrole,
                importance,
                position,
                heading,
                speed,
            };
            Told::Request { request, eta }
        },
    )
}

fn arbitrary_vehicle() -> impl Strategy<Value = Told> {
    let signals = prop_oneof![4 => Just((true, true)), 1 => (any::<bool>(), any::<bool>())];
    (1_u32..=6, position(), motion(), signals).prop_map(
        |(station, position, (speed, heading), (light_bar, siren))| {
            let station = StationId(station);
            Told::Other(Input::Vehicle(VehiclePosition {
                station,
                position,
                speed,
                heading,
                light_bar,
                siren,
            }))
        },
    )
}

/// Few vehicles, the first of them known as station 1 where that is configured; at most 8 s from the stop line.
fn arbitrary_kar() -> impl Strategy<Value = Told> {
    let announcement = prop_oneof![
        3 => Just(KarAnnouncement::CheckIn),
        1 => Just(KarAnnouncement::PreCheckIn),
        2 => Just(KarAnnouncement::CheckOut),
    ];
    let kind = prop_oneof![
        4 => Just(KarVehicleType::Ambulance),
        1 => Just(KarVehicleType::FireBrigade),
        1 => Just(KarVehicleType::Bus),
        1 => Just(KarVehicleType::Taxi),
    ];
    let urgency = prop_oneof![4 => Just(KarUrgency::BlueLight), 1 => Just(KarUrgency::Conditional)];
    let direction = prop::option::weighted(0.9, any::<prop::sample::Index>());
    let numbers = [0_u8, 2, 3, 5, 8, 11, 99, 201, 202, 203];
    let direction = direction.prop_map(move |index| index.map(|index| numbers[index.index(numbers.len())]));
    let who = (
        prop::option::weighted(0.8, 1_u16..=3),
        prop::option::weighted(0.9, kind),
        prop::option::of(urgency),
    );
    let way = (
        prop::option::of((0_i64..8000).prop_map(Duration::from_millis)),
        prop::option::of((-20.0..60.0_f64).prop_map(Length::from_metres)),
        prop::option::of(position()),
    );
    (1_u16..=4, announcement, who, direction, way).prop_map(|(at, announcement, who, direction, way)| {
        Told::Other(Input::Kar {
            intersection: IntersectionId { region: 528, id: at },
            message: KarMessage {
                announcement,
                vehicle_type: who.1,
                urgency: who.2,
                direction: direction.and_then(KarDirection::from_number),
                vehicle: who.0,
                company: None,
                point: None,
                distance: way.1,
                time: way.0,
                speed: None,
                position: way.2,
            },
        })
    })
}

/// Control lost and found, a bridge that opens and closes; more often the good end.
fn arbitrary_precedence() -> impl Strategy<Value = Told> {
    (1_u16..=4, prop::option::of(0_usize..3), prop::bool::weighted(0.3)).prop_map(|(at, kind, bad)| {
        let intersection = IntersectionId { region: 528, id: at };
        Told::Other(match kind {
            None => Input::Control { intersection, available: !bad },
            Some(kind) => Input::Override { intersection, kind: OverrideKind::NAMES[kind].1, active: bad },
        })
    })
}

/// Standing or driving, along the arms of the crossing.
fn motion() -> impl Strategy<Value = (Option<Speed>, Option<Angle>)> {
    let speed = prop_oneof![1 => Just(0.0), 2 => -2.0..25.0_f64];
    let heading = (0_u8..4, -60.0..60.0_f64).prop_map(|(arm, off)| f64::from(arm) * 90.0 + off);
    (
        prop::option::of(speed.prop_map(Speed::from_metres_per_second)),
        prop::option::weighted(0.7, heading.prop_map(Angle::from_degrees)),
    )
}

fn kind() -> impl Strategy<Value = RequestKind> {
    prop_oneof![Just(RequestKind::New), Just(RequestKind::Update), Just(RequestKind::Cancellation)]
}

fn aspect() -> impl Strategy<Value = Aspect> {
    prop_oneof![2 => Just(Aspect::Green), 1 => Just(Aspect::Yellow), 1 => Just(Aspect::Red)]
}

fn access() -> impl Strategy<Value = IntersectionAccess> {
    prop_oneof![
        6 => (0_u8..6).prop_map(IntersectionAccess::Approach),
        1 => (0_u8..20).prop_map(IntersectionAccess::Lane),
        1 => (0_u8..8).prop_map(IntersectionAccess::Connection),
    ]
}

fn position() -> impl Strategy<Value = GeodeticPosition> {
    prop_oneof![
        9 => (1_u8..=4, -50.0..600.0).prop_map(|(approach, metres)| before(approach, metres)),
        1 => (-90.0..=90.0, -180.0..=180.0).prop_map(|(latitude, longitude)| {
            GeodeticPosition::from_degrees(latitude, longitude).unwrap()
        }),
    ]
}
