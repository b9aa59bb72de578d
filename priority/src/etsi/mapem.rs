//! MAPEM out: the lanes of an intersection file as vehicles see them, so that a request for a lane, an approach or a connection finds
//! its signal group (TS 103 301 clause 6, ISO TS 19091).
//!
//! The host builds the [`RoadTopology`] of each intersection once, when its file is read, and sends it as
//! [`Publication`](super::Publication) says; its `revision` goes into each SPATEM of that intersection.
//!
//! What the file doesn't say is not made up: manoeuvres of connections, whether a group for public transport is for buses or trams (its
//! lane is told as one for buses), who crosses in the other direction. A connection without an egress lane leads to lane 0, "unknown".

use voorrang_messages::road_topology::{
    BikeLane, Crosswalk, Lane, LaneConnection, LaneKind, LaneNode, LaneSharing, LaneUse, SpeedLimit,
    VehicleLane,
};
use voorrang_messages::uper::EncodeError;
use voorrang_messages::{IntersectionReference, RoadTopology, SequenceNumber, StationId, ViewError};
use voorrang_signals::intersection::{self, Direction, GroupKind};
use voorrang_signals::{ConnectionId, Intersection, LaneId, LaneIndex};
use voorrang_units::{GeodeticPosition, Instant, Length, LocalPlane, LocalPosition, Speed};

/// Why an intersection is no MAPEM.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MapemError {
    /// There are no lanes, too many, or they say what the wire can't.
    #[error("an intersection that no MAPEM can tell")]
    View(#[from] ViewError),
    /// The message can't be written.
    #[error("a MAPEM that cannot be written")]
    Encode(#[from] EncodeError),
    /// The stop line lies behind the end of the lane, so nothing of the lane is left.
    #[error("expected the stop line of lane {} on the lane, found it {} m out, beyond its last node", lane.number(), stop_line.metres())]
    StopLine {
        /// The lane.
        lane: LaneId,
        /// From its first node outwards.
        stop_line: Length,
    },
    /// `dWidth` reaches 5.11 m to each side of the width of the whole intersection.
    #[error("expected lanes that differ by at most 10.22 m in width, found {} m and {} m", narrowest.metres(), widest.metres())]
    Widths {
        /// The least.
        narrowest: Length,
        /// The most.
        widest: Length,
    },
}

/// The lanes of an intersection, to the centimetre. The first node of each ingress lane is its stop line. The revision is a hash of all
/// that is told: the same file always gives the same, another content another one in 127 of 128 cases.
///
/// # Errors
/// When the file has no lanes, or the wire can't say them.
pub fn road_topology(intersection: &Intersection) -> Result<RoadTopology, MapemError> {
    // Where the wire has the reference point; the nodes are measured from there, so that its rounding moves no lane.
    let reference_point = on_the_wire(intersection.reference());
    let lane_width = usual_width(intersection.lanes())?;
    let usual_limit = commonest(vehicle_lanes(intersection).map(|(_, lane)| limit(lane))).flatten();
    let plane = LocalPlane::at(reference_point);
    let lanes = (0..).map(LaneIndex).zip(intersection.lanes());
    let lanes = lanes.map(|(index, lane)| {
        let mut told = lane_of(intersection, index, &plane)?;
        if let Some(first) = told.nodes.first_mut() {
            first.speed_limits = own_limits(&told.kind, limit(lane), usual_limit);
        }
        for node in &mut told.nodes {
            node.widening = centimetres(lane.width - lane_width);
        }
        Ok(told)
    });
    let mut topology = RoadTopology {
        intersection: IntersectionReference {
            region: Some(intersection.id().region),
            id: intersection.id().id,
        },
        name: name_of(intersection),
        revision: 0,
        reference_point,
        elevation: None,
        lane_width: (!intersection.lanes().is_empty()).then_some(lane_width),
        speed_limits: usual_limit.map(SpeedLimit::vehicle_max).into_iter().collect(),
        lanes: lanes.collect::<Result<_, MapemError>>()?,
        unreadable: Vec::new(),
    };
    topology.revision = revision_of(&topology)?;
    Ok(topology)
}

/// Writes intersections as one MAPEM in UPER: at most 32. `sender` is our own station, `issue` the number of what is told, another one
/// where that changes. An intersection of 28 lanes takes some 600 octets, about half a radio packet.
///
/// # Errors
/// When there are no intersections or too many, or one holds what the wire can't say.
pub fn mapem(
    topologies: &[RoadTopology],
    sender: StationId,
    issue: SequenceNumber,
    sent: Instant,
) -> Result<Vec<u8>, MapemError> {
    let mut bytes = Vec::new();
    RoadTopology::to_mapem(topologies, sender, issue, sent)?.encode(&mut bytes)?;
    Ok(bytes)
}

fn lane_of(intersection: &Intersection, index: LaneIndex, plane: &LocalPlane) -> Result<Lane, MapemError> {
    let lane = &intersection.lanes()[index.index()];
    let approach = Some(intersection.approaches()[lane.approach.index()].id.number());
    let (direction, ingress_approach, egress_approach) = match lane.direction {
        Direction::Ingress => (LaneUse::Ingress, approach, None),
        Direction::Egress => (LaneUse::Egress, None, approach),
    };
    let connections = intersection.connections().iter().filter(|connection| connection.from == index);
    let connections = connections.map(|connection| LaneConnection {
        signal_group: connection
            .group
            .map(|group| intersection.groups()[group.index()].signal_group.number()),
        connection: connection.id.map(ConnectionId::number),
        ..LaneConnection::to_lane(
            connection.to.map_or(UNKNOWN_LANE, |to| intersection.lanes()[to.index()].id.number()),
        )
    });
    let (kind, shared_with) = kind_of(intersection, index);
    Ok(Lane {
        id: lane.id.number(),
        name: None,
        direction,
        ingress_approach,
        egress_approach,
        kind,
        shared_with,
        maneuvers: None,
        nodes: resampled(&from_stop_line(lane, plane)?).into_iter().map(LaneNode::at).collect(),
        connections: connections.collect(),
        overlays: Vec::new(),
    })
}

/// `LaneID` 0: not known.
const UNKNOWN_LANE: u8 = 0;

/// A lane is for whom the groups of its connections are for; without any it is for vehicles.
fn kind_of(intersection: &Intersection, lane: LaneIndex) -> (LaneKind, LaneSharing) {
    let ways = || intersection.connections().iter().filter(|way| way.from == lane || way.to == Some(lane));
    let has = |kind| {
        ways().filter_map(|way| way.group).any(|group| intersection.groups()[group.index()].kind == kind)
    };
    let (motor, bus) = (has(GroupKind::Motor), has(GroupKind::PublicTransport));
    let (bicycle, pedestrian) = (has(GroupKind::Bicycle), has(GroupKind::Pedestrian));
    let sharing = |shared: bool, flag| if shared { flag } else { LaneSharing::NONE };
    let pedestrians = sharing(pedestrian, LaneSharing::PEDESTRIANS);
    let slow = sharing(bicycle, LaneSharing::CYCLISTS).with(pedestrians);
    if motor {
        return (LaneKind::Vehicle(VehicleLane::NONE), slow.with(sharing(bus, LaneSharing::BUSES)));
    }
    match (bus, bicycle, pedestrian) {
        (true, ..) => (LaneKind::Vehicle(VehicleLane::BUS_ONLY), slow),
        (false, true, true) => (LaneKind::BikeLane(BikeLane::PEDESTRIANS_ALLOWED), pedestrians),
        (false, true, false) => (LaneKind::BikeLane(BikeLane::NONE), LaneSharing::NONE),
        (false, false, true) => (LaneKind::Crosswalk(Crosswalk::NONE), LaneSharing::NONE),
        (false, false, false) => (LaneKind::Vehicle(VehicleLane::NONE), LaneSharing::NONE),
    }
}

fn vehicle_lanes(intersection: &Intersection) -> impl Iterator<Item = (LaneIndex, &intersection::Lane)> {
    let lanes = (0..).map(LaneIndex).zip(intersection.lanes());
    lanes.filter(|(index, _)| matches!(kind_of(intersection, *index).0, LaneKind::Vehicle(_)))
}

/// What a lane says of its limit, where the intersection's usual one doesn't: another, or that it has none that is known. The usual one
/// is that of vehicles: of other lanes it says nothing.
fn own_limits(kind: &LaneKind, limit: Option<Speed>, usual: Option<Speed>) -> Vec<SpeedLimit> {
    let usual = usual.filter(|_| matches!(kind, LaneKind::Vehicle(_)));
    if limit == usual {
        return Vec::new();
    }
    vec![SpeedLimit { speed: limit, ..SpeedLimit::vehicle_max(Speed::ZERO) }]
}

/// In the wire's steps of 0.02 m/s.
fn limit(lane: &intersection::Lane) -> Option<Speed> {
    const STEPS: f64 = 50.0;
    lane.speed_limit
        .map(|limit| Speed::from_metres_per_second((limit.metres_per_second() * STEPS).round() / STEPS))
}

fn centimetres(length: Length) -> Length {
    Length::from_centimetres((length.metres() * 100.0).round())
}

/// How far `dWidth` reaches.
const WIDENING: Length = Length::from_centimetres(511.0);

/// The width of most lanes; where that is too far from some lane, the middle of all.
fn usual_width(lanes: &[intersection::Lane]) -> Result<Length, MapemError> {
    let widths = || lanes.iter().map(|lane| centimetres(lane.width));
    let Some(usual) = commonest(widths()) else { return Ok(Length::ZERO) };
    let (narrowest, widest) = (widths().fold(usual, Length::min), widths().fold(usual, Length::max));
    let reaches =
        |from: Length| centimetres(widest - from) <= WIDENING && centimetres(from - narrowest) <= WIDENING;
    let middle = centimetres((narrowest + widest) / 2.0);
    [usual, middle].into_iter().find(|from| reaches(*from)).ok_or(MapemError::Widths { narrowest, widest })
}

/// The value that stands there most often, the first of several such.
fn commonest<T: Copy + PartialEq>(values: impl Iterator<Item = T>) -> Option<T> {
    let values: Vec<T> = values.collect();
    let count = |value: &T| values.iter().filter(|other| *other == value).count();
    // Of equal ones, the last is taken from behind: the first.
    values.iter().rev().max_by_key(|value| count(value)).copied()
}

/// `None` where a `DescriptiveName` can't say it: beyond 63 characters, or ASCII.
fn name_of(intersection: &Intersection) -> Option<String> {
    let name = intersection.name();
    (name.is_ascii() && (1..=63).contains(&name.len())).then(|| name.to_owned())
}

/// Rounded to a tenth of a microdegree.
fn on_the_wire(position: GeodeticPosition) -> GeodeticPosition {
    let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7;
    let told = GeodeticPosition::from_degrees(
        rounded(position.latitude_degrees()),
        rounded(position.longitude_degrees()),
    );
    told.unwrap_or(position)
}

/// The centre line from the stop line on; an egress lane has none, and begins where the file says.
fn from_stop_line(lane: &intersection::Lane, plane: &LocalPlane) -> Result<Vec<LocalPosition>, MapemError> {
    let line: Vec<_> = lane.nodes.iter().map(|node| plane.to_local(*node)).collect();
    if lane.direction == Direction::Egress || lane.stop_line <= Length::ZERO {
        return Ok(line);
    }
    let mut left = lane.stop_line;
    for (place, ends) in line.windows(2).enumerate() {
        let length = ends[0].distance_to(ends[1]);
        if left < length {
            let stop_line = between(ends[0], ends[1], left / length);
            return Ok([stop_line].into_iter().chain(line[place + 1..].iter().copied()).collect());
        }
        left = left - length;
    }
    Err(MapemError::StopLine { lane: lane.id, stop_line: lane.stop_line })
}

/// The most nodes of a lane: SIZE (2..63).
const MOST_NODES: usize = 63;
/// The longest way from node to node to each side: what the 16 bits of `Node-XY-32b` hold, less what rounding takes.
const REACH_M: f64 = 327.0;

/// The same line with at most 63 nodes, none of them out of reach of the one before. Of more nodes those stay that tell most. What is too
/// long even then, 20 km, keeps its nodes; the wire says them by latitude and longitude.
fn resampled(line: &[LocalPosition]) -> Vec<LocalPosition> {
    let ranked = most_telling(line);
    let best = |most: usize| {
        let mut kept = ranked[..most].to_vec();
        kept.sort_unstable();
        kept.into_iter().map(|place| line[place]).collect::<Vec<_>>()
    };
    let fitting = (2..=ranked.len()).rev().find_map(|most| split(&best(most)));
    fitting.unwrap_or_else(|| best(ranked.len()))
}

/// The places of at most 63 nodes, those first that tell most of the line: its ends, then always the node that lies furthest from the
/// line through those before it.
fn most_telling(line: &[LocalPosition]) -> Vec<usize> {
    let mut ranked = vec![0, line.len() - 1];
    let mut kept = ranked.clone();
    let off = |ends: &[usize], place: usize| distance_from(line[ends[0]], line[ends[1]], line[place]);
    while ranked.len() < MOST_NODES {
        let between = kept.windows(2).flat_map(|ends| (ends[0] + 1..ends[1]).map(move |place| (ends, place)));
        let furthest = between
            .map(|(ends, place)| (off(ends, place), place))
            .max_by(|(one, _), (other, _)| one.metres().total_cmp(&other.metres()));
        let Some((_, place)) = furthest else { break };
        ranked.push(place);
        kept.insert(kept.partition_point(|other| *other < place), place);
    }
    ranked
}

/// With nodes between those that are out of reach of each other; `None` where that makes more than 63.
fn split(line: &[LocalPosition]) -> Option<Vec<LocalPosition>> {
    let mut nodes = vec![*line.first()?];
    for ends in line.windows(2) {
        let (east, north) = (ends[1].east() - ends[0].east(), ends[1].north() - ends[0].north());
        let way = east.abs().max(north.abs()).metres();
        let pieces = (1..=62_u8).find(|pieces| way / f64::from(*pieces) <= REACH_M)?;
        let shares = (1..pieces).map(|piece| f64::from(piece) / f64::from(pieces));
        nodes.extend(shares.map(|share| between(ends[0], ends[1], share)));
        nodes.push(ends[1]);
    }
    (nodes.len() <= MOST_NODES).then_some(nodes)
}

fn between(start: LocalPosition, end: LocalPosition, share: f64) -> LocalPosition {
    let (east, north) = (end.east() - start.east(), end.north() - start.north());
    LocalPosition::from_metres(
        (start.east() + east * share).metres(),
        (start.north() + north * share).metres(),
    )
}

fn distance_from(start: LocalPosition, end: LocalPosition, position: LocalPosition) -> Length {
    let vector =
        |to: LocalPosition| ((to.east() - start.east()).metres(), (to.north() - start.north()).metres());
    let ((east, north), (to_east, to_north)) = (vector(end), vector(position));
    let square = east * east + north * north;
    let share =
        if square > 0.0 { ((to_east * east + to_north * north) / square).clamp(0.0, 1.0) } else { 0.0 };
    between(start, end, share).distance_to(position)
}

/// A hash of the octets that tell the intersection: FNV-1a, mixed once more so that each octet reaches the seven bits that stay.
fn revision_of(topology: &RoadTopology) -> Result<u8, MapemError> {
    let epoch = Instant::from_unix_millis(0);
    let octets = mapem(std::slice::from_ref(topology), StationId(0), SequenceNumber(0), epoch)?;
    let hash = octets.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    Ok(u8::try_from(mixed >> 57).unwrap_or(0))
}
