use voorrang_units::{LocalPosition, Speed};

use super::*;
use crate::dsrc::{
    Angle, ComputedLane, ComputedLaneOffsetXaxis, ComputedLaneOffsetYaxis, DrivenLineOffsetLg,
    DrivenLineOffsetSm, GenericLane, LaneId, LaneTypeAttributes, NodeListXy, NodeOffsetPointXy, RegionId,
    RegionalExtension, ScaleB12,
};
use crate::its_container::Latitude;
use crate::uper::OpenType;

const NOON: Instant = Instant::from_unix_millis(1_795_435_200_000);

fn node(east: f64, north: f64) -> LaneNode {
    LaneNode::at(LocalPosition::from_metres(east, north))
}

fn lane(id: u8, nodes: Vec<LaneNode>) -> Lane {
    Lane {
        id,
        name: None,
        direction: LaneUse::Ingress,
        ingress_approach: Some(1),
        egress_approach: None,
        kind: LaneKind::Vehicle(VehicleLane::NONE),
        shared_with: LaneSharing::NONE,
        maneuvers: Some(Maneuvers::STRAIGHT),
        nodes,
        connections: vec![],
        overlays: vec![],
    }
}

/// An intersection with these lanes, north of Delft.
fn with_lanes(lanes: Vec<Lane>) -> RoadTopology {
    RoadTopology {
        intersection: IntersectionReference { region: Some(528), id: 3107 },
        name: Some("N470 Delft".to_owned()),
        revision: 9,
        reference_point: GeodeticPosition::from_degrees(52.0907, 5.1214).unwrap(),
        elevation: Some(Length::from_metres(43.2)),
        lane_width: Some(Length::from_metres(3.2)),
        speed_limits: vec![SpeedLimit::vehicle_max(Speed::from_metres_per_second(13.88))],
        lanes,
        unreadable: vec![],
    }
}

/// A lane of 100 m to the east, from 10 m east and 20 m north of the reference point.
fn eastward(id: u8) -> Lane {
    lane(id, vec![node(10.0, 20.0), node(110.0, 20.0)])
}

fn wire(topology: &RoadTopology) -> Result<IntersectionGeometry, ViewError> {
    RoadTopology::to_mapem(std::slice::from_ref(topology), StationId(1), SequenceNumber(0), NOON)
        .map(|mapem| mapem.map.intersections.unwrap().0.remove(0))
}

fn there_and_back(topology: &RoadTopology) -> RoadTopology {
    RoadTopology::from_wire(&wire(topology).unwrap()).unwrap()
}

fn positions(lane: &Lane) -> Vec<(f64, f64)> {
    let millimetres = |way: Length| (way.metres() * 1000.0).round() / 1000.0;
    lane.nodes
        .iter()
        .map(|node| (millimetres(node.position.east()), millimetres(node.position.north())))
        .collect()
}

/// How the wire says the nodes of the only lane.
fn offsets(nodes: Vec<LaneNode>) -> Vec<&'static str> {
    let geometry = wire(&with_lanes(vec![lane(1, nodes)])).unwrap();
    let NodeListXy::Nodes(set) = &geometry.lane_set.0[0].node_list else { panic!("nodes") };
    let name = |delta: &NodeOffsetPointXy| match delta {
        NodeOffsetPointXy::NodeXy1(_) => "XY1",
        NodeOffsetPointXy::NodeXy2(_) => "XY2",
        NodeOffsetPointXy::NodeXy3(_) => "XY3",
        NodeOffsetPointXy::NodeXy4(_) => "XY4",
        NodeOffsetPointXy::NodeXy5(_) => "XY5",
        NodeOffsetPointXy::NodeXy6(_) => "XY6",
        NodeOffsetPointXy::NodeLatLon(_) => "LatLon",
        NodeOffsetPointXy::Regional(_) => "regional",
    };
    set.0.iter().map(|node| name(&node.delta)).collect()
}

/// The lanes of a message in which lane 2 refers to `reference`, before and behind it.
fn computed(reference: u8, change: fn(&mut ComputedLane)) -> RoadTopology {
    let mut geometry = wire(&with_lanes(vec![eastward(2), eastward(3), eastward(4)])).unwrap();
    let mut computed = ComputedLane {
        reference_lane_id: LaneId(reference),
        offset_xaxis: ComputedLaneOffsetXaxis::Small(DrivenLineOffsetSm(0)),
        offset_yaxis: ComputedLaneOffsetYaxis::Large(DrivenLineOffsetLg(-350)),
        rotate_xy: None,
        scale_xaxis: None,
        scale_yaxis: None,
        regional: None,
    };
    change(&mut computed);
    geometry.lane_set.0[0].node_list = NodeListXy::Computed(computed.clone());
    computed.reference_lane_id = LaneId(2);
    geometry.lane_set.0[2].node_list = NodeListXy::Computed(computed);
    RoadTopology::from_wire(&geometry).unwrap()
}

#[test]
fn offsets_go_from_node_to_node_in_the_fewest_bits() {
    let nodes = vec![
        node(5.11, -5.12),
        node(15.34, -15.36),
        node(35.81, -35.84),
        node(76.76, -76.8),
        node(158.67, -158.72),
        node(486.34, -486.4),
        node(814.02, -486.4),
        node(480.0, -486.41),
    ];
    assert_eq!(offsets(nodes.clone()), ["XY1", "XY2", "XY3", "XY4", "XY5", "XY6", "LatLon", "LatLon"]);
    let back = there_and_back(&with_lanes(vec![lane(1, nodes.clone())]));
    for (node, back) in nodes.iter().zip(&back.lanes[0].nodes) {
        assert!(node.position.distance_to(back.position).metres() < 0.01, "{node:?} {back:?}");
    }
    assert_eq!(back.lanes[0].nodes[..6], nodes[..6], "whole centimetres come back as they were");
}

#[test]
fn roundings_do_not_add_up() {
    let nodes: Vec<_> = (0..63).map(|step| node(f64::from(step) * 1.004, 0.0)).collect();
    let back = there_and_back(&with_lanes(vec![lane(1, nodes.clone())]));
    let last = back.lanes[0].nodes[62].position.distance_to(nodes[62].position);
    assert!(last.metres() <= 0.0051, "{last:?}");
}

#[test]
fn widths_and_elevations_are_summed_up() {
    let mut lane = eastward(1);
    lane.nodes.push(node(210.0, 20.0));
    lane.nodes[1].widening = Length::from_centimetres(-20.0);
    lane.nodes[2].widening = Length::from_centimetres(-20.0);
    lane.nodes[1].rise = Length::from_metres(1.5);
    lane.nodes[2].rise = Length::from_metres(0.5);
    lane.nodes[1].attributes = vec![NodeAttribute::StopLine, NodeAttribute::SafeIsland];
    lane.nodes[2].speed_limits = vec![SpeedLimit::vehicle_max(Speed::from_metres_per_second(8.0))];
    let topology = with_lanes(vec![lane]);
    let geometry = wire(&topology).unwrap();
    let NodeListXy::Nodes(set) = &geometry.lane_set.0[0].node_list else { panic!("nodes") };
    let changes: Vec<_> = set.0.iter().map(|node| node.attributes.as_ref()).collect();
    assert_eq!(changes[0], None);
    assert_eq!(changes[1].unwrap().d_width.unwrap().0, -20);
    assert_eq!(changes[2].unwrap().d_width, None);
    assert_eq!(changes[2].unwrap().d_elevation.unwrap().0, -10);
    let back = there_and_back(&topology);
    assert_eq!(back, topology);
    let last = &back.lanes[0].nodes[2];
    assert_eq!(back.width_at(last), Some(Length::from_metres(3.2) + Length::from_centimetres(-20.0)));
    assert_eq!(back.elevation_at(last), Some(Length::from_metres(43.7)));
}

#[test]
fn a_computed_lane_lies_beside_the_one_that_it_refers_to() {
    let topology = computed(3, |_| {});
    assert_eq!(positions(topology.lane(2).unwrap()), [(10.0, 16.5), (110.0, 16.5)]);
    assert!((topology.lane(2).unwrap().length().metres() - 100.0).abs() < 1e-9);
}

#[test]
fn a_computed_lane_is_scaled_and_turned_about_its_first_node() {
    let topology = computed(3, |lane| {
        lane.scale_xaxis = Some(ScaleB12(-1000));
        lane.scale_yaxis = Some(ScaleB12(2047));
        lane.rotate_xy = Some(Angle(7200));
    });
    // Half as long and a quarter turn clockwise: to the south.
    assert_eq!(positions(topology.lane(2).unwrap()), [(10.0, 16.5), (10.0, -33.5)]);
    let unavailable = computed(3, |lane| lane.rotate_xy = Some(Angle(28_800)));
    assert_eq!(positions(unavailable.lane(2).unwrap()), [(10.0, 16.5), (110.0, 16.5)]);
}

#[test]
fn a_computed_lane_needs_one_with_nodes() {
    let refused = |reference| {
        let topology = computed(reference, |_| {});
        assert_eq!(topology.lanes.len() + topology.unreadable.len(), 3);
        topology.unreadable.iter().map(|(lane, error)| format!("{lane}: {error}")).collect::<Vec<_>>()
    };
    let chain = "4: expected the nodes of lane 2, from which lane 4 is computed, found a lane without nodes of its own";
    assert_eq!(refused(3), [chain]);
    let of = |reference, found| {
        format!("2: expected the nodes of lane {reference}, from which lane 2 is computed, found {found}")
    };
    assert_eq!(refused(2), [of(2, "a lane without nodes of its own").as_str(), chain]);
    assert_eq!(refused(4), [of(4, "a lane without nodes of its own").as_str(), chain], "in a circle");
    assert_eq!(refused(77), [of(77, "no such lane").as_str(), chain]);
}

#[test]
fn a_lane_that_cannot_be_read_costs_only_itself() {
    let unreadable = |change: fn(&mut GenericLane)| {
        let mut geometry = wire(&with_lanes(vec![eastward(2), eastward(3)])).unwrap();
        change(&mut geometry.lane_set.0[0]);
        let mut topology = RoadTopology::from_wire(&geometry).unwrap();
        assert_eq!(topology.lanes, [eastward(3)]);
        let (lane, error) = topology.unreadable.remove(0);
        assert_eq!(lane, 2);
        error
    };
    assert_eq!(
        unreadable(|lane| lane.lane_attributes.lane_type = LaneTypeAttributes::Unknown(1)),
        ViewError::UnknownLaneType(1)
    );
    assert_eq!(unreadable(|lane| lane.node_list = NodeListXy::Unknown(0)), ViewError::UnknownNodeList(0));
    assert_eq!(
        unreadable(|lane| {
            let NodeListXy::Nodes(set) = &mut lane.node_list else { return };
            let extension = RegionalExtension { region_id: RegionId(4), reg_ext_value: OpenType(vec![]) };
            set.0[1].delta = NodeOffsetPointXy::Regional(extension);
        }),
        ViewError::RegionalNode(4)
    );
}

#[test]
fn an_intersection_without_a_place_is_an_error() {
    let mut geometry = wire(&with_lanes(vec![eastward(2)])).unwrap();
    geometry.ref_point.lat = Latitude::UNAVAILABLE;
    let error = RoadTopology::from_wire(&geometry).unwrap_err();
    assert_eq!(error.to_string(), "expected a reference point of intersection 528/3107, found none");
}

#[test]
fn signal_groups_are_found_by_lane_approach_and_connection() {
    let way = |signal_group, connection| LaneConnection {
        signal_group,
        connection: Some(connection),
        ..LaneConnection::to_lane(17)
    };
    let mut lanes = vec![eastward(2), eastward(3), eastward(4)];
    lanes[0].connections = vec![way(Some(5), 1), way(Some(4), 2), way(None, 3)];
    lanes[1].connections = vec![way(Some(4), 4)];
    lanes[2].connections = vec![way(Some(9), 4)];
    lanes[2].ingress_approach = Some(7);
    lanes[2].egress_approach = Some(1);
    let topology = with_lanes(lanes);
    let check = |access, groups: &[u8]| assert_eq!(topology.signal_groups_of(access), groups, "{access:?}");
    check(IntersectionAccess::Lane(2), &[4, 5]);
    check(IntersectionAccess::Approach(1), &[4, 5]);
    check(IntersectionAccess::Approach(7), &[9]);
    check(IntersectionAccess::Connection(4), &[4, 9]);
    check(IntersectionAccess::Connection(3), &[]);
    check(IntersectionAccess::Lane(99), &[]);
    let ids: Vec<_> = topology.lanes_of_approach(1).map(|lane| lane.id).collect();
    assert_eq!(ids, [2, 3, 4]);
}

#[test]
fn what_the_wire_cannot_say_is_refused() {
    let refused = |change: fn(&mut RoadTopology)| {
        let mut topology = with_lanes(vec![eastward(2)]);
        change(&mut topology);
        wire(&topology).unwrap_err().to_string()
    };
    assert_eq!(RoadTopology::to_mapem(&[], StationId(1), SequenceNumber(0), NOON), Err(ViewError::Empty));
    assert_eq!(refused(|topology| topology.lanes.clear()), "expected at least one lane, found none");
    assert_eq!(
        refused(|topology| topology.lanes[0].nodes.truncate(1)),
        "expected a number of nodes of 2 to 63, found 1"
    );
    assert_eq!(
        refused(|topology| topology.lanes[0].nodes = vec![node(0.0, 0.0); 64]),
        "expected at most 63 nodes of one lane, found 64"
    );
    assert_eq!(
        refused(|topology| topology.lanes[0].ingress_approach = Some(16)),
        "expected an approach of 0 to 15, found 16"
    );
    assert_eq!(
        refused(|topology| topology.lanes[0].nodes[0].widening = Length::from_metres(5.12)),
        "expected a change of width in cm of -511 to 511, found 512"
    );
    assert_eq!(
        refused(|topology| topology.elevation = Some(Length::from_metres(-409.6))),
        "expected an elevation in 0.1 m of -4095 to 61439, found -4096"
    );
    assert_eq!(
        refused(|topology| topology.lane_width = Some(Length::from_metres(-1.0))),
        "expected a lane width in cm of 0 to 32767, found -100"
    );
    for (east, north) in [(f64::NAN, 0.0), (0.0, f64::INFINITY), (0.0, 1e8), (1e300, 0.0)] {
        let mut topology = with_lanes(vec![eastward(2)]);
        topology.lanes[0].nodes[1] = node(east, north);
        assert_eq!(wire(&topology).unwrap_err(), ViewError::NodeBeyond { lane: 2 }, "{east} {north}");
    }
}
