//! Arbitrary inputs: few stations, numbers and places, so that they meet.

use proptest::prelude::*;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    StationId, VehicleRole,
};
use voorrang_priority::{Input, VehiclePosition};
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, IntersectionId};
use voorrang_units::{Duration, GeodeticPosition, Instant};

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
        6 => arbitrary_request(),
        1 => arbitrary_vehicle(),
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
    let rights = (
        prop::option::weighted(
            0.95,
            prop_oneof![9 => Just(VehicleRole::Emergency), 1 => Just(VehicleRole::Transit)],
        ),
        prop::option::weighted(0.95, prop_oneof![9 => Just(5_u8), 1 => 0_u8..16]),
        prop::option::weighted(0.9, prop_oneof![9 => Just(14_u8), 1 => 0_u8..16]),
    );
    let eta = prop::option::of((-100_000_i64..400_000).prop_map(Duration::from_millis));
    (who, place, rights, eta).prop_map(
        |(
            (station, request, sequence, kind),
            (id, region, inbound, position),
            (role, subrole, importance),
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
                heading: None,
                speed: None,
            };
            Told::Request { request, eta }
        },
    )
}

fn arbitrary_vehicle() -> impl Strategy<Value = Told> {
    (1_u32..=4, position(), any::<bool>(), any::<bool>()).prop_map(|(station, position, light_bar, siren)| {
        let station = StationId(station);
        let vehicle = VehiclePosition { station, position, speed: None, heading: None, light_bar, siren };
        Told::Other(Input::Vehicle(vehicle))
    })
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
