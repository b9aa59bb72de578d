//! The lanes of MAPEMs: vectors of independent engines and a message from the road by hand, and the law that a view comes back from
//! its octets within a centimetre.

#[expect(dead_code, reason = "only the octets of vectors are needed here")]
mod vectors_reader;

use std::fs;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::Value;
use voorrang_messages::road_topology::{
    BikeLane, Lane, LaneConnection, LaneKind, LaneNode, LaneSharing, LaneUse, Maneuvers, NodeAttribute,
    SpeedLimit, SpeedLimitKind, VehicleLane,
};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, ItsMessage, Mapem, RoadTopology, SequenceNumber, StationId,
    hex,
};
use voorrang_units::{GeodeticPosition, Instant, Length, LocalPosition, Speed};

fn views(octets: &[u8]) -> Vec<RoadTopology> {
    let ItsMessage::Mapem(mapem) = ItsMessage::decode(octets).expect("a message") else { panic!("a MAPEM") };
    RoadTopology::all_from_mapem(&mapem).expect("reference points")
}

fn vector(id: &str) -> Vec<RoadTopology> {
    let vectors = vectors_reader::vectors("mapem.jsonl");
    views(&vectors.iter().find(|vector| vector.id == id).expect("a vector").octets)
}

/// In centimetres.
fn nodes(lane: &Lane) -> Vec<(f64, f64)> {
    let centimetres = |way: Length| (way.metres() * 100.0).round();
    lane.nodes
        .iter()
        .map(|node| (centimetres(node.position.east()), centimetres(node.position.north())))
        .collect()
}

#[test]
fn three_lanes_are_read() {
    let topology = &vector("dev-mapem-014")[0];
    assert_eq!(topology.intersection, IntersectionReference { region: Some(528), id: 3107 });
    assert_eq!((topology.name.as_deref(), topology.revision), (Some("N470 Delft"), 9));
    assert_eq!(Some(topology.reference_point), GeodeticPosition::from_degrees(52.0907, 5.1214));
    assert_eq!((topology.lane_width, topology.elevation), (Some(Length::from_centimetres(320.0)), None));
    assert_eq!(
        topology.speed_limits,
        [SpeedLimit {
            kind: SpeedLimitKind::VehicleMaxSpeed,
            speed: Some(Speed::from_metres_per_second(13.88))
        }]
    );
    let inbound = topology.lane(3).unwrap();
    assert_eq!((inbound.direction, inbound.ingress_approach), (LaneUse::Ingress, Some(1)));
    assert_eq!(nodes(inbound), [(1500.0, -300.0), (-18_463.0, -293.0), (-17_952.0, -805.0)]);
    let connection = LaneConnection {
        maneuver: Some(Maneuvers::STRAIGHT),
        signal_group: Some(2),
        connection: Some(8),
        ..LaneConnection::to_lane(17)
    };
    assert_eq!(inbound.connections, [connection]);
    assert!((inbound.length().metres() - (199.63 + 7.233_65)).abs() < 0.001, "{:?}", inbound.length());
    let outbound = topology.lane(17).unwrap();
    assert_eq!((outbound.direction, outbound.egress_approach), (LaneUse::Egress, Some(2)));
    assert_eq!(nodes(outbound), [(-1024.0, 1023.0), (1023.0, -1025.0), (9214.0, -9217.0)]);
    assert_eq!(topology.lane(99).unwrap().kind, LaneKind::BikeLane(BikeLane::PEDESTRIANS_ALLOWED));
    for access in
        [IntersectionAccess::Lane(3), IntersectionAccess::Approach(1), IntersectionAccess::Connection(8)]
    {
        assert_eq!(topology.signal_groups_of(access), [2]);
    }
    assert_eq!(vector("dev-mapem-fut-009"), vector("dev-mapem-014"), "the addition is passed over");
}

#[test]
fn node_attributes_and_computed_lanes_are_read() {
    let topology = &vector("dev-mapem-015")[0];
    let lane = topology.lane(3).unwrap();
    assert_eq!(lane.nodes[0].attributes, [NodeAttribute::StopLine]);
    assert_eq!(lane.nodes[0].speed_limits[0].speed, Some(Speed::from_metres_per_second(16.66)));
    for node in &lane.nodes {
        assert_eq!(topology.width_at(node), Some(Length::from_metres(3.2) + Length::from_metres(-0.2)));
        assert_eq!(node.rise, Length::from_metres(1.5));
    }
    // By latitude and longitude: 120 and -90 microdegrees from the reference point, 8.2249 m and -10.0141 m; then 5.11 m and -5.12 m on.
    assert_eq!(nodes(lane), [(1500.0, -300.0), (822.0, -1001.0), (1333.0, -1513.0)]);
    let (id, error) = &topology.unreadable[0];
    assert_eq!(*id, 17);
    assert_eq!(error.to_string(), "expected a scale in 0.05 % of -1999 to 2047, found -2048");
    let nine_bits = LaneKind::Vehicle(VehicleLane::from_bits(0b1_0000_0011));
    assert_eq!(topology.lane(99).unwrap().kind, nine_bits);
}

#[test]
fn messages_without_intersections_have_none() {
    assert_eq!(vector("dev-mapem-031"), []);
    assert_eq!(vector("dev-mapem-032"), []);
}

#[test]
fn a_message_from_the_road_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/real_etsi.jsonl");
    let Ok(text) = fs::read_to_string(path) else {
        println!("skipped: real_etsi.jsonl absent");
        return;
    };
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let record = records.into_iter().find(|record| record["id"] == "veloce_mapem").unwrap();
    let topology = &views(&hex::octets(record["hex"].as_str().unwrap()).unwrap())[0];
    assert_eq!(topology.intersection, IntersectionReference { region: Some(3), id: 1 });
    assert_eq!((topology.name.as_deref(), topology.revision), (Some("BD"), 5));
    assert_eq!(topology.lane_width, Some(Length::from_centimetres(330.0)));
    let lane = topology.lane(10).unwrap();
    assert_eq!(lane.direction, LaneUse::Ingress);
    assert_eq!(topology.signal_groups_of(IntersectionAccess::Lane(10)), [1]);
    let geodetic = |node: &LaneNode| topology.plane().to_geodetic(node.position);
    let first = geodetic(&lane.nodes[0]);
    assert!((first.latitude_degrees() - 45.930_772_7).abs() < 1e-9);
    assert!((first.longitude_degrees() - 5.256_330_8).abs() < 1e-9);
    // From the last node to the first: 0.0009980 degrees of latitude (111 139 m each) and 0.0008798 of longitude (77 530 m each).
    assert!((lane.length().metres() - 130.2).abs() < 0.5, "{:?}", lane.length());
    assert_eq!(topology.unreadable, []);
}

/// Where reading and writing may differ: a rounding to the centimetre, or of latitude and longitude.
const CENTIMETRE: f64 = 0.01;

fn name() -> impl Strategy<Value = Option<String>> {
    of("[ -~]{1,63}")
}

fn limits() -> impl Strategy<Value = Vec<SpeedLimit>> {
    let limit = of(0_u16..8191).prop_map(|steps| SpeedLimit {
        kind: SpeedLimitKind::TruckMaxSpeed,
        speed: steps.map(|steps| Speed::from_metres_per_second(f64::from(steps) / 50.0)),
    });
    vec(limit, 0..3)
}

/// Nodes up to a kilometre away.
fn node() -> impl Strategy<Value = LaneNode> {
    let way = || prop_oneof![3 => -20.0..20.0, 2 => -300.0..300.0, 1 => -1000.0..1000.0];
    let attributes = prop::sample::select(vec![NodeAttribute::StopLine, NodeAttribute::MergePoint]);
    (way(), way(), -200_i16..200, -200_i16..200, vec(attributes, 0..3), limits()).prop_map(
        |(east, north, widening, rise, attributes, speed_limits)| LaneNode {
            position: LocalPosition::from_metres(east, north),
            widening: Length::from_centimetres(widening.into()),
            rise: Length::from_centimetres(f64::from(rise) * 10.0),
            attributes,
            speed_limits,
        },
    )
}

fn connection() -> impl Strategy<Value = LaneConnection> {
    let remote =
        (of(any::<u16>()), any::<u16>()).prop_map(|(region, id)| IntersectionReference { region, id });
    (any::<u8>(), of(0_u16..4096), of(remote), of(any::<u8>()), of(any::<u8>()), of(any::<u8>())).prop_map(
        |(lane, maneuver, remote_intersection, signal_group, user_class, connection)| LaneConnection {
            lane,
            maneuver: maneuver.map(Maneuvers::from_bits),
            remote_intersection,
            signal_group,
            user_class,
            connection,
        },
    )
}

fn lane() -> impl Strategy<Value = Lane> {
    let kind = prop_oneof![
        any::<u16>().prop_map(|bits| LaneKind::Vehicle(VehicleLane::from_bits(bits))),
        any::<u16>().prop_map(|bits| LaneKind::BikeLane(BikeLane::from_bits(bits))),
    ];
    let direction =
        prop::sample::select(vec![LaneUse::Ingress, LaneUse::Egress, LaneUse::Both, LaneUse::None]);
    let head =
        (any::<u8>(), name(), direction, of(0_u8..16), of(0_u8..16), kind, 0_u16..1024, of(0_u16..4096));
    (head, vec(node(), 2..8), vec(connection(), 0..4), vec(any::<u8>(), 0..=5)).prop_map(
        |(head, nodes, connections, overlays)| {
            let (id, name, direction, ingress_approach, egress_approach, kind, shared_with, maneuvers) = head;
            Lane {
                id,
                name,
                direction,
                ingress_approach,
                egress_approach,
                kind,
                shared_with: LaneSharing::from_bits(shared_with),
                maneuvers: maneuvers.map(Maneuvers::from_bits),
                nodes,
                connections,
                overlays,
            }
        },
    )
}

fn topology() -> impl Strategy<Value = RoadTopology> {
    let intersection =
        (of(any::<u16>()), any::<u16>()).prop_map(|(region, id)| IntersectionReference { region, id });
    let head = (intersection, name(), 0_u8..128, of(-4095..=61_439), of(0_u16..=32_767));
    (head, (-80.0..80.0, -180.0..=180.0), limits(), vec(lane(), 1..4)).prop_map(
        |(head, (latitude, longitude), speed_limits, lanes)| {
            let (intersection, name, revision, elevation, width) = head;
            RoadTopology {
                intersection,
                name,
                revision,
                reference_point: GeodeticPosition::from_degrees(latitude, longitude).expect("in range"),
                elevation: elevation.map(|steps| Length::from_metres(f64::from(steps) / 10.0)),
                lane_width: width.map(|width| Length::from_centimetres(width.into())),
                speed_limits,
                lanes,
                unreadable: Vec::new(),
            }
        },
    )
}

/// Puts the places of `other` into `topology`, where they are the same to a centimetre.
fn with_places_of(other: &RoadTopology, topology: &RoadTopology) -> Option<RoadTopology> {
    let mut same = topology.clone();
    let off = other.plane().to_local(topology.reference_point).distance_to(LocalPosition::default());
    let mut close = off.metres() < CENTIMETRE;
    same.reference_point = other.reference_point;
    let nodes = |topology: &RoadTopology| -> Vec<LocalPosition> {
        topology.lanes.iter().flat_map(|lane| &lane.nodes).map(|node| node.position).collect()
    };
    for (node, position) in same.lanes.iter_mut().flat_map(|lane| &mut lane.nodes).zip(nodes(other)) {
        close &= node.position.distance_to(position).metres() < CENTIMETRE;
        node.position = position;
    }
    close.then_some(same)
}

proptest! {
    #[test]
    fn topologies_come_back_from_their_octets(topologies in vec(topology(), 1..3)) {
        let noon = Instant::from_unix_millis(1_795_435_200_000);
        let mapem = RoadTopology::to_mapem(&topologies, StationId(70_001), SequenceNumber(3), noon).unwrap();
        let mut octets = Vec::new();
        mapem.encode(&mut octets).unwrap();
        let again = Mapem::decode(&octets).unwrap();
        prop_assert_eq!(&again, &mapem);
        let back = RoadTopology::all_from_mapem(&again).unwrap();
        prop_assert_eq!(back.len(), topologies.len());
        for (topology, back) in topologies.iter().zip(&back) {
            prop_assert_eq!(with_places_of(back, topology), Some(back.clone()));
        }
    }
}
