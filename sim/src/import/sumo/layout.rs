//! The approaches, lanes and connections of an intersection, numbered as MAPEM wants them: arms clockwise from north, lanes from
//! the right, connections in SUMO's order.

use voorrang_units::Angle;

use crate::import::Findings;
use crate::import::sumo::network::Roads;
use crate::network::{EdgeIndex, LinkIndex, RoadLaneIndex, Shape};

/// MAPEM numbers approaches 1 to 15.
const MOST_APPROACHES: usize = 15;
/// MAPEM numbers lanes 1 to 254.
const MOST_LANES: usize = 254;
/// MAPEM numbers connections 0 to 255.
const MOST_CONNECTIONS: usize = 255;
/// Counting begins this many degrees before north, so that a northern arm comes first whichever way it leans.
const BEFORE_NORTH_DEGREES: f64 = 22.5;
/// A road out of the intersection belongs to the arm whose road in lies within this angle.
const SAME_ARM_DEGREES: f64 = 40.0;

/// What an intersection looks like from above.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) approaches: Vec<ApproachPlan>,
    pub(super) lanes: Vec<LanePlan>,
    pub(super) connections: Vec<ConnectionPlan>,
}

/// An arm of the intersection.
#[derive(Debug)]
pub(super) struct ApproachPlan {
    /// 1 to 15.
    pub(super) number: u8,
    /// The edge that comes in, or goes out where none comes in.
    pub(super) name: String,
    bearing: f64,
}

/// A lane into or out of the intersection.
#[derive(Debug)]
pub(super) struct LanePlan {
    /// 1 to 254.
    pub(super) number: u8,
    /// Position in [`Layout::approaches`].
    pub(super) approach: usize,
    pub(super) lane: RoadLaneIndex,
    pub(super) ingress: bool,
}

/// A way over the intersection.
#[derive(Debug)]
pub(super) struct ConnectionPlan {
    /// `None` where MAPEM has no number left.
    pub(super) number: Option<u8>,
    /// Position in [`Layout::lanes`].
    pub(super) from: usize,
    /// Position in [`Layout::lanes`].
    pub(super) to: usize,
    pub(super) link: LinkIndex,
}

/// Lays out the intersection of the given links. `None` with a note if MAPEM has not enough numbers for it.
pub(super) fn lay_out(
    name: &str,
    links: &[LinkIndex],
    roads: &Roads,
    findings: &mut Findings,
) -> Option<Layout> {
    let network = &roads.network;
    let edges = |lane: fn(&crate::network::Link) -> RoadLaneIndex| {
        let mut edges: Vec<EdgeIndex> =
            links.iter().map(|link| network.lanes[lane(&network.links[link.index()]).index()].edge).collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    };
    let (incoming, outgoing) = (edges(|link| link.from), edges(|link| link.to));
    let mut layout = Layout::default();
    let mut approach_of_incoming: Vec<(EdgeIndex, usize)> = Vec::new();
    let mut arms: Vec<(f64, EdgeIndex)> =
        incoming.iter().map(|edge| (bearing(roads, *edge, true), *edge)).collect();
    arms.sort_by(|a, b| from_north(a.0).total_cmp(&from_north(b.0)).then(a.1.cmp(&b.1)));
    for (bearing, edge) in arms {
        let approach = layout.approach_for(bearing, edge, roads, f64::NEG_INFINITY);
        if layout.approaches.len() == MOST_APPROACHES && approach_of_incoming.len() >= MOST_APPROACHES {
            findings.approximated(format!(
                "traffic light {name}: more than {MOST_APPROACHES} arms: those next to each other share a MAPEM approach"
            ));
        }
        approach_of_incoming.push((edge, approach));
    }
    for &(edge, approach) in &approach_of_incoming {
        layout.add_lanes(edge, approach, true, roads);
    }
    for edge in outgoing {
        let approach = layout.approach_for(bearing(roads, edge, false), edge, roads, SAME_ARM_DEGREES);
        layout.add_lanes(edge, approach, false, roads);
    }
    if layout.lanes.len() > MOST_LANES {
        findings.remark(format!("traffic light {name} has more than {MOST_LANES} lanes"));
        return None;
    }
    for (position, &link) in links.iter().enumerate() {
        let ends = &network.links[link.index()];
        let place = |lane: RoadLaneIndex, ingress: bool| {
            layout.lanes.iter().position(|plan| plan.lane == lane && plan.ingress == ingress)
        };
        let (Some(from), Some(to)) = (place(ends.from, true), place(ends.to, false)) else { continue };
        let number = u8::try_from(position + 1).ok().filter(|_| position < MOST_CONNECTIONS);
        layout.connections.push(ConnectionPlan { number, from, to, link });
    }
    Some(layout)
}

impl Layout {
    /// The approach in that direction: one that is there within `tolerance` degrees, else a new one, else the nearest.
    fn approach_for(&mut self, bearing: f64, edge: EdgeIndex, roads: &Roads, tolerance: f64) -> usize {
        let apart = |approach: &ApproachPlan| {
            let turn = Angle::from_degrees(approach.bearing - bearing).normalised().degrees();
            turn.min(360.0 - turn)
        };
        let nearest = (0..self.approaches.len())
            .min_by(|&a, &b| apart(&self.approaches[a]).total_cmp(&apart(&self.approaches[b])));
        if let Some(nearest) = nearest
            && (apart(&self.approaches[nearest]) <= tolerance || self.approaches.len() == MOST_APPROACHES)
        {
            return nearest;
        }
        let number = u8::try_from(self.approaches.len() + 1).unwrap_or(u8::MAX);
        let name = roads.network.edges[edge.index()].id.clone();
        self.approaches.push(ApproachPlan { number, name, bearing });
        self.approaches.len() - 1
    }

    fn add_lanes(&mut self, edge: EdgeIndex, approach: usize, ingress: bool, roads: &Roads) {
        for lane in roads.network.edges[edge.index()].lanes.clone() {
            let number = u8::try_from(self.lanes.len() + 1).unwrap_or(u8::MAX);
            self.lanes.push(LanePlan { number, approach, lane: RoadLaneIndex(lane), ingress });
        }
    }
}

/// The direction in which the arm of an edge lies, in degrees clockwise from north.
fn bearing(roads: &Roads, edge: EdgeIndex, incoming: bool) -> f64 {
    let shape: Option<&Shape> = roads.network.lanes_of(edge).first().map(|lane| &lane.shape);
    let Some(shape) = shape else { return 0.0 };
    let heading =
        if incoming { shape.at_share(1.0).1.degrees() + 180.0 } else { shape.at_share(0.0).1.degrees() };
    Angle::from_degrees(heading).normalised().degrees()
}

fn from_north(bearing: f64) -> f64 {
    Angle::from_degrees(bearing + BEFORE_NORTH_DEGREES).normalised().degrees()
}
