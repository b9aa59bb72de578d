//! A junction's geometry for whoever draws it: metres east and north of its reference position.

use serde::Serialize;
use voorrang_signals::Intersection;
use voorrang_signals::intersection::{Direction, GroupKind, Lane};
use voorrang_units::LocalPlane;

/// The junctions of an area.
#[derive(Debug, Serialize)]
pub(super) struct Scheme {
    pub(super) area: String,
    pub(super) junctions: Vec<JunctionScheme>,
}

#[derive(Debug, Serialize)]
pub(super) struct JunctionScheme {
    id: String,
    name: String,
    groups: Vec<GroupScheme>,
    lanes: Vec<LaneScheme>,
    connections: Vec<ConnectionScheme>,
}

#[derive(Debug, Serialize)]
struct GroupScheme {
    name: String,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct LaneScheme {
    id: u8,
    direction: &'static str,
    approach: String,
    width_m: f64,
    /// From the first node outwards.
    stop_line_m: f64,
    speed_kmh: Option<f64>,
    /// From the junction outwards.
    nodes: Vec<[f64; 2]>,
    /// The groups that its traffic obeys.
    groups: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ConnectionScheme {
    from: u8,
    to: Option<u8>,
    group: Option<String>,
}

impl From<&Intersection> for JunctionScheme {
    fn from(intersection: &Intersection) -> Self {
        let plane = LocalPlane::at(intersection.reference());
        let group_name =
            |group: voorrang_signals::GroupIndex| intersection.groups()[group.index()].name.clone();
        let lanes = intersection.lanes().iter().enumerate().map(|(place, lane)| {
            let mut groups: Vec<String> = intersection
                .connections()
                .iter()
                .filter(|connection| connection.from.index() == place)
                .filter_map(|connection| connection.group.map(group_name))
                .collect();
            groups.sort();
            groups.dedup();
            lane_scheme(intersection, &plane, lane, groups)
        });
        let connections = intersection.connections().iter().map(|connection| ConnectionScheme {
            from: intersection.lanes()[connection.from.index()].id.number(),
            to: connection.to.map(|to| intersection.lanes()[to.index()].id.number()),
            group: connection.group.map(group_name),
        });
        Self {
            id: intersection.id().to_string(),
            name: intersection.name().to_owned(),
            groups: intersection
                .groups()
                .iter()
                .map(|group| GroupScheme { name: group.name.clone(), kind: GroupKind::name(group.kind) })
                .collect(),
            lanes: lanes.collect(),
            connections: connections.collect(),
        }
    }
}

fn lane_scheme(
    intersection: &Intersection,
    plane: &LocalPlane,
    lane: &Lane,
    groups: Vec<String>,
) -> LaneScheme {
    let node = |position| {
        let local = plane.to_local(position);
        [centimetres(local.east().metres()), centimetres(local.north().metres())]
    };
    LaneScheme {
        id: lane.id.number(),
        direction: match lane.direction {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        },
        approach: intersection.approaches()[lane.approach.index()].name.clone(),
        width_m: lane.width.metres(),
        stop_line_m: lane.stop_line.metres(),
        speed_kmh: lane.speed_limit.map(|speed| speed.kilometres_per_hour().round()),
        nodes: lane.nodes.iter().copied().map(node).collect(),
        groups,
    }
}

/// Nobody draws finer.
fn centimetres(metres: f64) -> f64 {
    (metres * 100.0).round() / 100.0
}
