//! From SUMO's edges, connections and right-of-way matrices to our lane graph.

use std::collections::{BTreeMap, BTreeSet};

use voorrang_units::{GeodeticPosition, Hemisphere, Length, LocalPlane, Speed, Utm};

use crate::import::Findings;
use crate::import::sumo::net_xml::{Location, SumoConnection, SumoJunction, SumoLane, SumoNet};
use crate::network::conflict_points::{Path, cross, shared_part};
use crate::network::shape::distance;
use crate::network::{
    Edge, EdgeIndex, Foe, Junction, JunctionIndex, Lane, Link, LinkIndex, Network, Projection, RoadLaneIndex,
    Shape,
};

/// Where a network without a projection is put: Utrecht. Any place would do.
const ASSUMED_LATITUDE: f64 = 52.09;
const ASSUMED_LONGITUDE: f64 = 5.12;
/// A way over a junction is at least this long.
const SHORTEST_LINK_M: f64 = 0.1;

/// Our network, with what is still needed of SUMO's to find signals and right of way.
#[derive(Debug)]
pub(super) struct Roads {
    pub(super) network: Network,
    /// By link: the tlLogic and the position in its states.
    pub(super) signals: Vec<Option<(String, usize)>>,
    /// By link: SUMO's letter for the turn.
    turns: Vec<String>,
    /// Pairs (a, b) where SUMO's matrix has a let b go first.
    responses: BTreeSet<(LinkIndex, LinkIndex)>,
    pub(super) edge_by_id: BTreeMap<String, EdgeIndex>,
    pub(super) lane_by_sumo_id: BTreeMap<String, RoadLaneIndex>,
    /// By lane, in metres.
    pub(super) widths: Vec<f64>,
}

/// Builds the lane graph; who yields to whom at signals waits for [`Roads::set_right_of_way`].
pub(super) fn build(net: &SumoNet, findings: &mut Findings) -> Roads {
    let mut roads = Roads {
        network: Network {
            projection: projection(&net.location, findings),
            edges: Vec::new(),
            lanes: Vec::new(),
            links: Vec::new(),
            junctions: Vec::new(),
        },
        signals: Vec::new(),
        turns: Vec::new(),
        responses: BTreeSet::new(),
        edge_by_id: BTreeMap::new(),
        lane_by_sumo_id: BTreeMap::new(),
        widths: Vec::new(),
    };
    let junction_by_id = roads.add_junctions(net);
    roads.add_edges(net, &junction_by_id, findings);
    let requests = roads.add_links(net, findings);
    roads.add_foes(net, &requests);
    roads
}

impl Roads {
    fn add_junctions<'n>(&mut self, net: &'n SumoNet) -> BTreeMap<&'n str, JunctionIndex> {
        let mut by_id = BTreeMap::new();
        for junction in net.junctions.iter().filter(|junction| junction.kind != "internal") {
            by_id.insert(junction.id.as_str(), JunctionIndex::at(self.network.junctions.len()));
            self.network.junctions.push(Junction {
                id: junction.id.clone(),
                position: junction.position,
                links: Vec::new(),
            });
        }
        by_id
    }

    fn add_edges(
        &mut self,
        net: &SumoNet,
        junction_by_id: &BTreeMap<&str, JunctionIndex>,
        findings: &mut Findings,
    ) {
        for edge in &net.edges {
            match edge.function.as_str() {
                "" => {}
                "internal" => continue,
                "crossing" => {
                    findings.skipped("pedestrian crossings");
                    continue;
                }
                "walkingarea" => {
                    findings.skipped("walking areas");
                    continue;
                }
                other => {
                    findings.skipped(format!("edges with function=\"{other}\""));
                    continue;
                }
            }
            let mut junction = |id: &str| {
                let found = junction_by_id.get(id).copied();
                if found.is_none() {
                    findings.wrong(
                        &net.path,
                        edge.line,
                        format!(
                            "edge \"{}\" names junction \"{id}\", which the network does not have",
                            edge.id
                        ),
                        "export the network again with netconvert",
                    );
                }
                found
            };
            let (Some(from), Some(to)) = (junction(&edge.from), junction(&edge.to)) else { continue };
            let index = EdgeIndex::at(self.network.edges.len());
            let first = self.network.lanes.len();
            let mut lanes: Vec<&SumoLane> = edge.lanes.iter().collect();
            lanes.sort_by_key(|lane| lane.index);
            for lane in lanes {
                if lane.permitted.is_empty() {
                    findings.skipped("lanes without road vehicles (pavements, railways)");
                    continue;
                }
                let number = self.network.lanes.len() - first;
                let Ok(number) = u8::try_from(number) else {
                    let what = format!("edge \"{}\" has more than 255 lanes", edge.id);
                    findings.wrong(&net.path, lane.line, what, "split the edge");
                    break;
                };
                self.lane_by_sumo_id.insert(lane.id.clone(), RoadLaneIndex::at(self.network.lanes.len()));
                self.widths.push(lane.width_m.unwrap_or(DEFAULT_WIDTH_M));
                self.network.lanes.push(Lane {
                    edge: index,
                    number,
                    length: Length::from_metres(lane.length_m),
                    speed_limit: Speed::from_metres_per_second(lane.speed_mps),
                    permitted: lane.permitted,
                    shape: Shape(lane.shape.clone()),
                    links: 0..0,
                });
            }
            if self.network.lanes.len() > first {
                let range = RoadLaneIndex::at(first).0..RoadLaneIndex::at(self.network.lanes.len()).0;
                self.edge_by_id.insert(edge.id.clone(), index);
                self.network.edges.push(Edge { id: edge.id.clone(), from, to, lanes: range });
            }
        }
    }

    /// Adds the links; returns each one's position in its junction's right-of-way matrix, where it has one.
    fn add_links(&mut self, net: &SumoNet, findings: &mut Findings) -> Vec<Option<usize>> {
        let inside = Inside::of(net);
        let mut found: Vec<(RoadLaneIndex, RoadLaneIndex, &SumoConnection)> = Vec::new();
        for connection in &net.connections {
            if connection.from.starts_with(':') || connection.to.starts_with(':') {
                continue;
            }
            let lane =
                |edge: &str, number: usize| self.lane_by_sumo_id.get(&format!("{edge}_{number}")).copied();
            match (lane(&connection.from, connection.from_lane), lane(&connection.to, connection.to_lane)) {
                (Some(from), Some(to)) => found.push((from, to, connection)),
                _ if inside.has_edges(net, connection) => {
                    findings.skipped("connections of lanes without road vehicles");
                }
                _ => findings.wrong(
                    &net.path,
                    connection.line,
                    format!(
                        "connection from {}_{} to {}_{} names a lane that the network does not have",
                        connection.from, connection.from_lane, connection.to, connection.to_lane
                    ),
                    "export the network again with netconvert",
                ),
            }
        }
        found.sort_by_key(|(from, _, _)| *from);
        let mut requests = Vec::new();
        for (from, to, connection) in found {
            let index = LinkIndex::at(self.network.links.len());
            let chain = inside.chain(connection);
            let junction = self.network.edges[self.network.lanes[from.index()].edge.index()].to;
            requests.push(inside.request(&self.network.junctions[junction.index()].id, &chain));
            self.signals.push(connection.signal.clone());
            self.turns.push(connection.direction.clone());
            let link = self.link(from, to, junction, &chain);
            self.network.links.push(link);
            self.network.junctions[junction.index()].links.push(index);
            let links = &mut self.network.lanes[from.index()].links;
            *links = if links.start == links.end { index.0..index.0 + 1 } else { links.start..index.0 + 1 };
        }
        requests
    }

    fn link(
        &self,
        from: RoadLaneIndex,
        to: RoadLaneIndex,
        junction: JunctionIndex,
        chain: &[&SumoLane],
    ) -> Link {
        let [before, after] = [from, to].map(|lane| &self.network.lanes[lane.index()]);
        let mut points: Vec<[f64; 2]> = Vec::new();
        for point in chain.iter().flat_map(|lane| &lane.shape) {
            if points.last().is_none_or(|last| distance(*last, *point) > 0.0) {
                points.push(*point);
            }
        }
        if points.len() < 2 {
            points = before.shape.0.last().into_iter().chain(after.shape.0.first()).copied().collect();
        }
        let shape = Shape(points);
        let length: f64 = chain.iter().map(|lane| lane.length_m).sum();
        let length = if chain.is_empty() { shape.drawn_length() } else { length };
        let slowest = chain.iter().map(|lane| lane.speed_mps).fold(f64::INFINITY, f64::min);
        let speed_limit = if chain.is_empty() {
            before.speed_limit.min(after.speed_limit)
        } else {
            Speed::from_metres_per_second(slowest)
        };
        Link {
            from,
            to,
            junction,
            length: Length::from_metres(to_centimetres(length).max(SHORTEST_LINK_M)),
            speed_limit,
            shape,
            signal: None,
            foes: Vec::new(),
        }
    }

    /// Finds the pairs whose paths meet: SUMO's foes, ways into the same lane, and centre lines that cross.
    fn add_foes(&mut self, net: &SumoNet, requests: &[Option<usize>]) {
        let matrices: BTreeMap<&str, &SumoJunction> =
            net.junctions.iter().map(|junction| (junction.id.as_str(), junction)).collect();
        for junction in &self.network.junctions {
            let matrix = matrices[junction.id.as_str()];
            let bit = |a: LinkIndex, b: LinkIndex, response: bool| {
                let (Some(row), Some(column)) = (requests[a.index()], requests[b.index()]) else {
                    return false;
                };
                matrix.requests.iter().find(|request| request.index == row).is_some_and(|request| {
                    let bits = if response { &request.response } else { &request.foes };
                    bits.get(column).copied().unwrap_or(false)
                })
            };
            for (position, &a) in junction.links.iter().enumerate() {
                for &b in &junction.links[position + 1..] {
                    let [first, second] = [a, b].map(|link| &self.network.links[link.index()]);
                    let merging = first.to == second.to;
                    let meet =
                        bit(a, b, false) || bit(b, a, false) || merging || cross(&first.shape, &second.shape);
                    if first.from == second.from || !meet {
                        continue;
                    }
                    self.responses.extend(bit(a, b, true).then_some((a, b)));
                    self.responses.extend(bit(b, a, true).then_some((b, a)));
                    let on_first = shared_part(as_path(first), as_path(second), merging);
                    let on_second = shared_part(as_path(second), as_path(first), merging);
                    let foe = |link, enters_at: Length, clear_at: Length| Foe {
                        link,
                        yields: false,
                        enters_at: rounded(enters_at),
                        foe_clear_at: rounded(clear_at),
                    };
                    let of_first = foe(b, on_first.enters_at, on_second.clear_at);
                    let of_second = foe(a, on_second.enters_at, on_first.clear_at);
                    self.network.links[a.index()].foes.push(of_first);
                    self.network.links[b.index()].foes.push(of_second);
                }
            }
        }
    }

    /// Says who lets whom go first. `greens(a, b)` gives the state characters of both links wherever both are green, and `None`
    /// unless one program guards both.
    pub(super) fn set_right_of_way(
        &mut self,
        greens: impl Fn(LinkIndex, LinkIndex) -> Option<Vec<(u8, u8)>>,
    ) {
        for index in 0..self.network.links.len() {
            let a = LinkIndex::at(index);
            for position in 0..self.network.links[index].foes.len() {
                let b = self.network.links[index].foes[position].link;
                let yields = self.yields(a, b, greens(a, b).as_deref());
                self.network.links[index].foes[position].yields = yields;
            }
        }
    }

    fn yields(&self, a: LinkIndex, b: LinkIndex, greens: Option<&[(u8, u8)]>) -> bool {
        let responds = |a, b| self.responses.contains(&(a, b));
        let Some(greens) = greens else {
            return responds(a, b) || !responds(b, a) && self.comes_second(a, b);
        };
        let gives_way = |(own, foe): (u8, u8), responds: bool| own == b'g' && (foe == b'G' || responds);
        let a_yields = greens.iter().any(|&pair| gives_way(pair, responds(a, b)));
        let b_yields = greens.iter().any(|&(own, foe)| gives_way((foe, own), responds(b, a)));
        if greens.is_empty() || a_yields || b_yields {
            return a_yields;
        }
        // Both have full green though their paths meet: the matrix decides, and if it does not, the turn.
        responds(a, b) || !responds(b, a) && self.comes_second(a, b)
    }

    /// Where nothing else says who goes first: straight on before turning, then the lower number.
    fn comes_second(&self, a: LinkIndex, b: LinkIndex) -> bool {
        let turning = |link: LinkIndex| self.turns[link.index()] != "s";
        (turning(a), a) > (turning(b), b)
    }
}

/// SUMO's usual lane width.
const DEFAULT_WIDTH_M: f64 = 3.2;

/// The lanes inside junctions, which become links.
struct Inside<'n> {
    lanes: BTreeMap<&'n str, &'n SumoLane>,
    /// By internal edge and lane number: the internal lane after it, where a way has two.
    next: BTreeMap<(&'n str, usize), &'n str>,
    /// By internal lane: the edge and lane number.
    names: BTreeMap<&'n str, (&'n str, usize)>,
    matrices: BTreeMap<&'n str, &'n SumoJunction>,
}

impl<'n> Inside<'n> {
    fn of(net: &'n SumoNet) -> Self {
        let edges = || net.edges.iter().filter(|edge| edge.function == "internal");
        let lanes = || edges().flat_map(|edge| edge.lanes.iter().map(move |lane| (edge, lane)));
        let next = net.connections.iter().filter(|connection| connection.from.starts_with(':'));
        Self {
            lanes: lanes().map(|(_, lane)| (lane.id.as_str(), lane)).collect(),
            names: lanes().map(|(edge, lane)| (lane.id.as_str(), (edge.id.as_str(), lane.index))).collect(),
            next: next
                .filter_map(|found| Some(((found.from.as_str(), found.from_lane), found.via.as_deref()?)))
                .collect(),
            matrices: net.junctions.iter().map(|junction| (junction.id.as_str(), junction)).collect(),
        }
    }

    fn has_edges(&self, net: &SumoNet, connection: &SumoConnection) -> bool {
        let has = |id: &str, lane: usize| {
            let edge = net.edges.iter().find(|edge| edge.id == id);
            edge.is_some_and(|edge| edge.lanes.iter().any(|found| found.index == lane))
        };
        has(&connection.from, connection.from_lane) && has(&connection.to, connection.to_lane)
    }

    /// The internal lanes of a way over a junction: one, or two where vehicles wait inside for oncoming traffic.
    fn chain(&self, connection: &'n SumoConnection) -> Vec<&'n SumoLane> {
        let mut chain: Vec<&SumoLane> = Vec::new();
        let mut via = connection.via.as_deref();
        while let Some(id) = via {
            let Some(lane) = self.lanes.get(id) else { break };
            if chain.iter().any(|seen| seen.id == lane.id) {
                break;
            }
            chain.push(lane);
            via = self.names.get(id).and_then(|name| self.next.get(name)).copied();
        }
        chain
    }

    /// The position of a way in its junction's matrix: that of whichever of its internal lanes the junction lists.
    fn request(&self, junction: &str, chain: &[&SumoLane]) -> Option<usize> {
        let listed = &self.matrices.get(junction)?.internal_lanes;
        listed.iter().position(|id| chain.iter().any(|lane| lane.id == *id))
    }
}

fn as_path(link: &Link) -> Path<'_> {
    Path { shape: &link.shape, length: link.length }
}

fn to_centimetres(metres: f64) -> f64 {
    (metres * 100.0).round() / 100.0
}

/// Down to the centimetre, which is what SUMO's coordinates have: never beyond the link that it lies on.
fn rounded(length: Length) -> Length {
    Length::from_metres((length.metres() * 100.0).floor() / 100.0)
}

fn projection(location: &Location, findings: &mut Findings) -> Projection {
    let parameter = location.projection.trim();
    let value = |key: &str| parameter.split_whitespace().find_map(|part| part.strip_prefix(key));
    if value("+proj=") == Some("utm") {
        let hemisphere = if parameter.contains("+south") { Hemisphere::South } else { Hemisphere::North };
        let zone = value("+zone=").and_then(|zone| zone.parse().ok());
        if let Some(utm) = zone.and_then(|zone| Utm::new(zone, hemisphere)) {
            return Projection::Utm { utm, offset: location.offset };
        }
    }
    let reason = match parameter {
        "!" | "-" | "." | "" => "the network has no projection".to_owned(),
        other => format!("the projection \"{other}\" is not known here (UTM is)"),
    };
    findings.assumed(format!(
        "position on earth: {reason}; its origin is put at {ASSUMED_LATITUDE} N, {ASSUMED_LONGITUDE} E"
    ));
    let origin =
        GeodeticPosition::from_degrees(ASSUMED_LATITUDE, ASSUMED_LONGITUDE).expect("Utrecht lies on earth");
    Projection::Local(LocalPlane::at(origin))
}
