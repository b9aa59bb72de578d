//! Where the nodes of a lane are: offsets from node to node, latitude and longitude, lanes computed from others.
//!
//! The first offset is from the reference point, each other from the node before it; a node by latitude and longitude stands by
//! itself, and the next offset starts there (ISO TS 19091, SAE J2735 DF_NodeOffsetPointXY).

use voorrang_units::{LocalPlane, LocalPosition};

use super::node::{LaneNode, Sums};
use crate::dsrc::{
    Angle, ComputedLane, ComputedLaneOffsetXaxis, ComputedLaneOffsetYaxis, GenericLane, NodeLLmD64b,
    NodeListXy, NodeOffsetPointXy, NodeSetXy, NodeXy, NodeXy20b, NodeXy22b, NodeXy24b, NodeXy26b, NodeXy28b,
    NodeXy32b, OffsetB10, OffsetB11, OffsetB12, OffsetB13, OffsetB14, OffsetB16, ScaleB12,
};
use crate::elements::{nearest, position_from_wire, position_to_wire};
use crate::view_error::ViewError;

/// The centre line of a lane; a computed one is spelled out from the lane that it refers to, before or behind it in `lanes`.
pub(super) fn nodes_of(
    lane: &GenericLane,
    lanes: &[GenericLane],
    plane: &LocalPlane,
) -> Result<Vec<LaneNode>, ViewError> {
    let computed = match &lane.node_list {
        NodeListXy::Nodes(set) => return nodes_from_wire(set, plane),
        NodeListXy::Computed(computed) => computed,
        NodeListXy::Unknown(number) => return Err(ViewError::UnknownNodeList(*number)),
    };
    let reference = computed.reference_lane_id;
    let without_nodes =
        |found| ViewError::ReferenceLane { lane: lane.lane_id.0, reference: reference.0, found };
    let reference =
        lanes.iter().find(|lane| lane.lane_id == reference).ok_or_else(|| without_nodes("no such lane"))?;
    let NodeListXy::Nodes(set) = &reference.node_list else {
        return Err(without_nodes("a lane without nodes of its own"));
    };
    let nodes = nodes_from_wire(set, plane).map_err(|_| without_nodes("nodes that can't be read"))?;
    Transformation::from_wire(computed)?.of(nodes)
}

/// The node list that says these nodes, each offset in as few bits as hold it, or by latitude and longitude where none does.
///
/// # Errors
/// When there are fewer than 2 or more than 63, or they hold what the wire can't say.
pub(super) fn nodes_to_wire(
    lane: u8,
    nodes: &[LaneNode],
    plane: &LocalPlane,
) -> Result<NodeListXy, ViewError> {
    if nodes.len() < 2 {
        let found = i64::try_from(nodes.len()).unwrap_or(0);
        return Err(ViewError::OutOfRange { what: "a number of nodes", minimum: 2, maximum: 63, found });
    }
    let mut pen = Pen::new(plane);
    let mut sums = Sums::default();
    let node = |node: &LaneNode| {
        let delta = pen.delta_to(node.position);
        let off = pen.move_by(&delta)?.distance_to(node.position).metres();
        let within_reach = off < ROUNDING_M;
        if !within_reach {
            return Err(ViewError::NodeBeyond { lane });
        }
        Ok(NodeXy { delta, attributes: node.attributes_to_wire(&mut sums)?.map(Box::new) })
    };
    let set = nodes.iter().map(node).collect::<Result<_, _>>()?;
    let set = ViewError::at_most(63, "nodes of one lane", set)?.unwrap_or_default();
    Ok(NodeListXy::Nodes(NodeSetXy(set)))
}

/// A node comes back within a centimetre; beyond this it was not said at all.
const ROUNDING_M: f64 = 0.01;

fn nodes_from_wire(set: &NodeSetXy, plane: &LocalPlane) -> Result<Vec<LaneNode>, ViewError> {
    let mut pen = Pen::new(plane);
    let mut sums = Sums::default();
    let node = |node: &NodeXy| {
        Ok(LaneNode::from_wire(pen.move_by(&node.delta)?, node.attributes.as_deref(), &mut sums))
    };
    set.0.iter().map(node).collect()
}

/// Goes from node to node, in reading and in writing alike, so that roundings do not add up.
struct Pen<'a> {
    plane: &'a LocalPlane,
    /// The reference point, or the last node by latitude and longitude.
    anchor: LocalPosition,
    /// The sum of the offsets since.
    east_cm: i32,
    north_cm: i32,
}

impl<'a> Pen<'a> {
    fn new(plane: &'a LocalPlane) -> Self {
        Self { plane, anchor: LocalPosition::default(), east_cm: 0, north_cm: 0 }
    }

    fn position(&self) -> LocalPosition {
        LocalPosition::from_metres(
            self.anchor.east().metres() + f64::from(self.east_cm) / 100.0,
            self.anchor.north().metres() + f64::from(self.north_cm) / 100.0,
        )
    }

    fn move_by(&mut self, delta: &NodeOffsetPointXy) -> Result<LocalPosition, ViewError> {
        let (east, north) = match delta {
            NodeOffsetPointXy::NodeXy1(NodeXy20b { x, y }) => (x.0, y.0),
            NodeOffsetPointXy::NodeXy2(NodeXy22b { x, y }) => (x.0, y.0),
            NodeOffsetPointXy::NodeXy3(NodeXy24b { x, y }) => (x.0, y.0),
            NodeOffsetPointXy::NodeXy4(NodeXy26b { x, y }) => (x.0, y.0),
            NodeOffsetPointXy::NodeXy5(NodeXy28b { x, y }) => (x.0, y.0),
            NodeOffsetPointXy::NodeXy6(NodeXy32b { x, y }) => (x.0, y.0),
            NodeOffsetPointXy::NodeLatLon(NodeLLmD64b { lon, lat }) => {
                let place = position_from_wire(*lat, *lon).ok_or(ViewError::NoNodePosition)?;
                *self = Self { anchor: self.plane.to_local(place), ..Self::new(self.plane) };
                return Ok(self.position());
            }
            NodeOffsetPointXy::Regional(extension) => {
                return Err(ViewError::RegionalNode(extension.region_id.0));
            }
        };
        self.east_cm = self.east_cm.saturating_add(east.into());
        self.north_cm = self.north_cm.saturating_add(north.into());
        Ok(self.position())
    }

    fn delta_to(&self, target: LocalPosition) -> NodeOffsetPointXy {
        let from = self.position();
        let steps = |way: f64| i16::try_from(nearest(way * 100.0, i32::MIN, i32::MAX)).ok();
        let east = steps((target.east() - from.east()).metres());
        let north = steps((target.north() - from.north()).metres());
        let near = east.zip(north).and_then(|(east, north)| smallest_offset(east, north));
        near.unwrap_or_else(|| {
            let (lat, lon) = position_to_wire(self.plane.to_geodetic(target));
            NodeOffsetPointXy::NodeLatLon(NodeLLmD64b { lon, lat })
        })
    }
}

/// The offset in as few bits as hold it.
fn smallest_offset(x: i16, y: i16) -> Option<NodeOffsetPointXy> {
    macro_rules! first_that_holds {
        ($($alternative:ident($node:ident of $offset:ident)),* $(,)?) => {
            $(if [x, y].iter().all(|way| ($offset::MIN.0..=$offset::MAX.0).contains(way)) {
                return Some(NodeOffsetPointXy::$alternative($node { x: $offset(x), y: $offset(y) }));
            })*
        };
    }
    first_that_holds! {
        NodeXy1(NodeXy20b of OffsetB10),
        NodeXy2(NodeXy22b of OffsetB11),
        NodeXy3(NodeXy24b of OffsetB12),
        NodeXy4(NodeXy26b of OffsetB13),
        NodeXy5(NodeXy28b of OffsetB14),
        NodeXy6(NodeXy32b of OffsetB16),
    }
    None
}

/// How a computed lane lies to the one that it refers to (SAE J2735 DF_ComputedLane): offset, then scaled, then turned, about the
/// first node. Width, elevation and attributes are those of the reference lane's nodes.
struct Transformation {
    offset_cm: (i16, i16),
    scale: (f64, f64),
    /// Clockwise, as headings are.
    turn_degrees: f64,
}

impl Transformation {
    fn from_wire(wire: &ComputedLane) -> Result<Self, ViewError> {
        let east = match &wire.offset_xaxis {
            ComputedLaneOffsetXaxis::Small(offset) => offset.0,
            ComputedLaneOffsetXaxis::Large(offset) => offset.0,
        };
        let north = match &wire.offset_yaxis {
            ComputedLaneOffsetYaxis::Small(offset) => offset.0,
            ComputedLaneOffsetYaxis::Large(offset) => offset.0,
        };
        let turn = wire.rotate_xy.filter(|turn| *turn != Angle::UNAVAILABLE);
        Ok(Self {
            offset_cm: (east, north),
            scale: (scale_from_wire(wire.scale_xaxis)?, scale_from_wire(wire.scale_yaxis)?),
            turn_degrees: turn.map_or(0.0, |turn| f64::from(turn.0) / TURN_STEPS_PER_DEGREE),
        })
    }

    fn of(&self, mut nodes: Vec<LaneNode>) -> Result<Vec<LaneNode>, ViewError> {
        let Some(first) = nodes.first().map(|node| node.position) else { return Ok(nodes) };
        let turn = self.turn_degrees.to_radians();
        let (sine, cosine) = (libm::sin(turn), libm::cos(turn));
        for node in &mut nodes {
            let east = (node.position.east() - first.east()).metres() * self.scale.0;
            let north = (node.position.north() - first.north()).metres() * self.scale.1;
            node.position = LocalPosition::from_metres(
                first.east().metres() + f64::from(self.offset_cm.0) / 100.0 + east * cosine + north * sine,
                first.north().metres() + f64::from(self.offset_cm.1) / 100.0 - east * sine + north * cosine,
            );
        }
        Ok(nodes)
    }
}

/// `Angle`: 0.0125 degree.
const TURN_STEPS_PER_DEGREE: f64 = 80.0;

/// `Scale-B12`: what is added to a scale of 1 in steps of 0.05 %; below -1999 reserved.
fn scale_from_wire(wire: Option<ScaleB12>) -> Result<f64, ViewError> {
    let steps = wire.map_or(0, |scale| scale.0);
    let steps = ViewError::in_range("a scale in 0.05 %", -1999, ScaleB12::MAX.0, steps)?;
    Ok(1.0 + f64::from(steps) * 0.0005)
}
