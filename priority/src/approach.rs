//! The approaches of an intersection: which one an inbound access of a message means, which groups serve it, and how far before its
//! stop line a position is. It matches positions to lanes; it doesn't track vehicles.

use std::sync::Arc;

use voorrang_messages::IntersectionAccess;
use voorrang_signals::intersection::Direction;
use voorrang_signals::{
    ApproachId, ApproachIndex, ConnectionId, GroupIndex, Intersection, LaneId, LaneIndex,
};
use voorrang_units::{Angle, GeodeticPosition, Length, LocalPlane, LocalPosition};

use crate::request::{PriorityClass, Service};

/// The approaches of one intersection, made ready for requests and positions.
#[derive(Debug, Clone)]
pub struct Approaches {
    intersection: Arc<Intersection>,
    plane: LocalPlane,
    /// Per approach, its ingress lanes from the stop line upstream.
    lanes: Vec<Vec<CentreLine>>,
    /// The egress lanes, with their arms.
    egress: Vec<(ApproachIndex, CentreLine)>,
    /// Per approach, its groups as far as they can be green together.
    groups: Vec<Arc<[GroupIndex]>>,
    tolerance: Length,
}

/// A vehicle within this of a lane's direction drives along it.
const SAME_WAY: Angle = Angle::from_degrees(45.0);
/// A vehicle that heads more than this off the way in goes away.
const TURNED_ROUND: Angle = Angle::from_degrees(90.0);

/// Where a vehicle is that is awaited on an approach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// On a lane of its approach, not turned round, not beyond the stop line by more than the tolerance.
    Coming,
    /// On a lane of another approach, on a lane that leads out, turned round or past the stop line.
    Elsewhere,
    /// On no lane of the intersection.
    Unmatched,
}

/// The stop line to which a vehicle drives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopLineAhead {
    /// On which approach.
    pub approach: ApproachIndex,
    /// On which lane.
    pub lane: LaneIndex,
    /// How far ahead, along the lane.
    pub distance: Length,
    /// How far beside the lane's centre line the vehicle is.
    pub beside: Length,
}

impl Approaches {
    /// Prepares an intersection; a position matches a lane within `tolerance` of its centre line.
    #[must_use]
    pub fn new(intersection: Arc<Intersection>, tolerance: Length) -> Self {
        let plane = LocalPlane::at(intersection.reference());
        let approaches = intersection.approaches().iter();
        let centre_line = |lane: &LaneIndex| CentreLine::of(&intersection, *lane, &plane);
        let lanes =
            approaches.clone().map(|arm| arm.lanes.iter().filter_map(centre_line).collect()).collect();
        let groups = approaches.map(|arm| together(&intersection, arm.groups.iter().copied())).collect();
        let out =
            intersection.lanes().iter().enumerate().filter(|(_, lane)| lane.direction == Direction::Egress);
        let egress = out
            .filter_map(|(place, lane)| {
                let line = CentreLine::of(&intersection, LaneIndex::at(place)?, &plane)?;
                Some((lane.approach, line))
            })
            .collect();
        Self { intersection, plane, lanes, egress, groups, tolerance }
    }

    /// What a request that enters at `inbound` asks for; `None` where the intersection has no such access, or no group stands there.
    /// For an emergency vehicle it is all groups of the approach, whatever the access: those of the named lane or connection first, and
    /// should they not all fit together, those alone are sure. For anybody else it is what it named.
    #[must_use]
    pub fn service(&self, inbound: IntersectionAccess, class: PriorityClass) -> Option<Service> {
        let (approach, mut named) = match inbound {
            IntersectionAccess::Approach(number) => {
                (self.intersection.approach(ApproachId::new(number)?)?, Vec::new())
            }
            IntersectionAccess::Lane(number) => {
                let lane = self.intersection.lane(LaneId::new(number)?)?;
                (self.approach_of(lane)?, self.groups_from(lane))
            }
            IntersectionAccess::Connection(number) => {
                let connection = self.intersection.connection(ConnectionId::new(number)?)?;
                (self.approach_of(connection.from)?, connection.group.into_iter().collect())
            }
        };
        named.sort_unstable();
        named.dedup();
        let whole = matches!(inbound, IntersectionAccess::Approach(_));
        self.service_by(approach, named, whole, class)
    }

    /// What somebody of a class asks for who comes by an approach and names groups, in ascending order; `whole` where none of them means all.
    pub(crate) fn service_by(
        &self,
        approach: ApproachIndex,
        named: Vec<GroupIndex>,
        whole: bool,
        class: PriorityClass,
    ) -> Option<Service> {
        let all = self.groups.get(approach.index())?;
        let whole = whole || class == PriorityClass::Emergency;
        let groups = if named.is_empty() && whole {
            Arc::clone(all)
        } else if class == PriorityClass::Emergency {
            let rest = self.intersection.approaches()[approach.index()].groups.iter().copied();
            together(&self.intersection, named.iter().copied().chain(rest))
        } else {
            together(&self.intersection, named.iter().copied())
        };
        (!groups.is_empty()).then(|| Service { approach, groups, named: named.into() })
    }

    /// The intersection whose approaches they are.
    #[must_use]
    pub const fn intersection(&self) -> &Arc<Intersection> {
        &self.intersection
    }

    /// How far a position is before the stop line of an approach: along the best matching lane, or else in a straight line to the
    /// nearest stop line of the approach. `None` where no lane of the approach has a geometry.
    #[must_use]
    pub fn distance(&self, approach: ApproachIndex, position: GeodeticPosition) -> Option<Length> {
        let place = self.plane.to_local(position);
        match self.on_approach(approach, place) {
            Some(projection) => Some(projection.along.max(Length::ZERO)),
            None => self.straight_to_stop_line(approach, position),
        }
    }

    /// How far it is in a straight line to the nearest stop line of an approach.
    #[must_use]
    pub fn straight_to_stop_line(
        &self,
        approach: ApproachIndex,
        position: GeodeticPosition,
    ) -> Option<Length> {
        let place = self.plane.to_local(position);
        let distances =
            self.lanes.get(approach.index())?.iter().map(|lane| lane.stop_line.distance_to(place));
        distances.min_by(|a, b| a.metres().total_cmp(&b.metres()))
    }

    /// Where a vehicle is that is awaited on an approach. With a heading it is on whichever lane leads its way; crews drive beside the queue
    /// and against the traffic, so on the arm of its approach only a vehicle that has turned round goes away.
    #[must_use]
    pub fn whereabouts(
        &self,
        approach: ApproachIndex,
        position: GeodeticPosition,
        heading: Option<Angle>,
    ) -> Whereabouts {
        let place = self.plane.to_local(position);
        let lanes = self.lanes.get(approach.index()).map_or(&[][..], Vec::as_slice);
        if let Some((lane, projection)) = nearest(lanes, place, self.tolerance) {
            let turned = heading
                .is_some_and(|heading| apart(heading, lane.inbound(projection.segment)) > TURNED_ROUND);
            let passed = projection.along < -self.tolerance;
            return if turned || passed { Whereabouts::Elsewhere } else { Whereabouts::Coming };
        }
        let leads = |lane: &CentreLine, inwards: bool| {
            let Some(projection) = lane.project(place).filter(|one| one.beside <= self.tolerance) else {
                return false;
            };
            let inbound = lane.inbound(projection.segment);
            let way = if inwards { inbound } else { inbound + Angle::from_degrees(180.0) };
            heading.is_none_or(|heading| apart(heading, way) <= SAME_WAY)
        };
        let others = self.lanes.iter().enumerate().filter(|(arm, _)| *arm != approach.index());
        let in_by_another = others.flat_map(|(_, lanes)| lanes).any(|lane| leads(lane, true));
        let out = || self.egress.iter().filter(|(arm, _)| heading.is_some() || *arm != approach);
        if in_by_another || out().any(|(_, lane)| leads(lane, false)) {
            Whereabouts::Elsewhere
        } else {
            Whereabouts::Unmatched
        }
    }

    /// The stop line to which a vehicle drives that is on one of the ingress lanes: within the tolerance of it, its heading within 45 degrees
    /// of the lane's way in. Lanes reach as far as their nodes, in MAPEM usually 300 m at most: farther out nothing matches.
    #[must_use]
    pub fn stop_line_ahead(&self, position: GeodeticPosition, heading: Angle) -> Option<StopLineAhead> {
        let place = self.plane.to_local(position);
        let mut ahead: Option<StopLineAhead> = None;
        for (arm, lanes) in self.lanes.iter().enumerate() {
            let Some(approach) = ApproachIndex::at(arm) else { break };
            for lane in lanes {
                let Some(Projection { along, beside, segment }) = lane.project(place) else { continue };
                let near = beside <= self.tolerance && along > Length::ZERO;
                if near
                    && ahead.is_none_or(|ahead| beside < ahead.beside)
                    && apart(heading, lane.inbound(segment)) <= SAME_WAY
                {
                    ahead = Some(StopLineAhead { approach, lane: lane.index, distance: along, beside });
                }
            }
        }
        ahead
    }

    /// The arm through which a vehicle leaves that is on one of the egress lanes: within the tolerance of it, its heading within 45 degrees of
    /// the lane's way out.
    #[must_use]
    pub fn way_out(&self, position: GeodeticPosition, heading: Angle) -> Option<ApproachIndex> {
        let place = self.plane.to_local(position);
        let lanes = self.egress.iter().filter_map(|(arm, lane)| {
            let Projection { beside, segment, .. } = lane.project(place)?;
            let outwards = lane.inbound(segment) + Angle::from_degrees(180.0);
            (beside <= self.tolerance && apart(heading, outwards) <= SAME_WAY).then_some((*arm, beside))
        });
        lanes.min_by(|(_, a), (_, b)| a.metres().total_cmp(&b.metres())).map(|(arm, _)| arm)
    }

    /// The approach on whose lanes a position is, before the stop line; the nearest lane's where it may be several.
    pub(crate) fn before_stop_line(&self, position: GeodeticPosition) -> Option<ApproachIndex> {
        let place = self.plane.to_local(position);
        let near = self.lanes.iter().enumerate().filter_map(|(arm, lanes)| {
            let (_, projection) = nearest(lanes, place, self.tolerance)?;
            (projection.along > Length::ZERO).then_some((ApproachIndex::at(arm)?, projection.beside))
        });
        near.min_by(|(_, a), (_, b)| a.metres().total_cmp(&b.metres())).map(|(arm, _)| arm)
    }

    /// Whereto one drives at the stop line of an ingress lane.
    pub(crate) fn heading_in(&self, lane: LaneIndex) -> Option<Angle> {
        let line = self.lanes.iter().flatten().find(|line| line.index == lane)?;
        Some(line.inbound(0))
    }

    /// Whereto one drives at the beginning of an egress lane.
    pub(crate) fn heading_out(&self, lane: LaneIndex) -> Option<Angle> {
        let (_, line) = self.egress.iter().find(|(_, line)| line.index == lane)?;
        Some(line.inbound(0) + Angle::from_degrees(180.0))
    }

    /// The heading from one position to another; `None` where they are less than `least` apart.
    #[must_use]
    pub fn heading_between(
        &self,
        from: GeodeticPosition,
        to: GeodeticPosition,
        least: Length,
    ) -> Option<Angle> {
        let (from, to) = (self.plane.to_local(from), self.plane.to_local(to));
        (from.distance_to(to) >= least).then(|| from.heading_to(to))
    }

    /// The south-western and the north-eastern corner of the box around everything that can match a lane; `None` without lanes.
    pub(crate) fn bounds(&self) -> Option<(GeodeticPosition, GeodeticPosition)> {
        let mut bounds: Option<(LocalPosition, LocalPosition)> = None;
        let egress = self.egress.iter().map(|(_, lane)| lane);
        for node in self.lanes.iter().flatten().chain(egress).flat_map(|lane| &lane.nodes) {
            let (low, high) = bounds.unwrap_or((*node, *node));
            bounds = Some((
                LocalPosition::from_metres(
                    low.east().min(node.east()).metres(),
                    low.north().min(node.north()).metres(),
                ),
                LocalPosition::from_metres(
                    high.east().max(node.east()).metres(),
                    high.north().max(node.north()).metres(),
                ),
            ));
        }
        let margin = self.tolerance.metres();
        let moved = |place: LocalPosition, by: f64| {
            LocalPosition::from_metres(place.east().metres() + by, place.north().metres() + by)
        };
        bounds.map(|(low, high)| {
            (self.plane.to_geodetic(moved(low, -margin)), self.plane.to_geodetic(moved(high, margin)))
        })
    }

    fn on_approach(&self, approach: ApproachIndex, place: LocalPosition) -> Option<Projection> {
        nearest(self.lanes.get(approach.index())?, place, self.tolerance).map(|(_, projection)| projection)
    }

    /// The approach that a lane leads in; an egress lane leads in none.
    fn approach_of(&self, lane: LaneIndex) -> Option<ApproachIndex> {
        let place = self.intersection.approaches().iter().position(|arm| arm.lanes.contains(&lane))?;
        ApproachIndex::at(place)
    }

    fn groups_from(&self, lane: LaneIndex) -> Vec<GroupIndex> {
        let from_lane = self.intersection.connections().iter().filter(|connection| connection.from == lane);
        from_lane.filter_map(|connection| connection.group).collect()
    }
}

/// Those of `groups` that can be green together: a group in full conflict with an earlier one is left out.
fn together(intersection: &Intersection, groups: impl Iterator<Item = GroupIndex>) -> Arc<[GroupIndex]> {
    let mut together: Vec<GroupIndex> = Vec::new();
    for group in groups {
        let conflicts = intersection.conflicts().conflicting(group);
        if !together.iter().any(|other| *other == group || conflicts.contains(other)) {
            together.push(group);
        }
    }
    together.into()
}

/// The middle of an ingress lane, from the intersection outwards.
#[derive(Debug, Clone)]
struct CentreLine {
    index: LaneIndex,
    nodes: Vec<LocalPosition>,
    /// How far out the stop line is.
    to_stop_line: Length,
    stop_line: LocalPosition,
}

/// Where on a lane a position is.
#[derive(Debug, Clone, Copy)]
struct Projection {
    /// From the stop line; negative beyond it.
    along: Length,
    /// From the centre line.
    beside: Length,
    /// Nearest to which segment, counted from the intersection.
    segment: usize,
}

impl CentreLine {
    fn of(intersection: &Intersection, index: LaneIndex, plane: &LocalPlane) -> Option<Self> {
        let lane = intersection.lanes().get(index.index())?;
        let nodes: Vec<_> = lane.nodes.iter().map(|node| plane.to_local(*node)).collect();
        let stop_line = point_at(&nodes, lane.stop_line)?;
        Some(Self { index, nodes, to_stop_line: lane.stop_line, stop_line })
    }

    /// The nearest point of the lane.
    fn project(&self, position: LocalPosition) -> Option<Projection> {
        let mut nearest: Option<Projection> = None;
        let mut out = Length::ZERO;
        for (segment, ends) in self.nodes.windows(2).enumerate() {
            let (share, foot) = foot_on(ends[0], ends[1], position);
            let length = ends[0].distance_to(ends[1]);
            let beside = foot.distance_to(position);
            if nearest.is_none_or(|nearest| beside < nearest.beside) {
                nearest =
                    Some(Projection { along: out + length * share - self.to_stop_line, beside, segment });
            }
            out += length;
        }
        nearest
    }

    /// Which way leads to the intersection along a segment.
    fn inbound(&self, segment: usize) -> Angle {
        self.nodes[segment + 1].heading_to(self.nodes[segment])
    }
}

/// Of the lanes within the tolerance of a place the nearest.
fn nearest(
    lanes: &[CentreLine],
    place: LocalPosition,
    tolerance: Length,
) -> Option<(&CentreLine, Projection)> {
    let projections = lanes.iter().filter_map(|lane| Some((lane, lane.project(place)?)));
    projections
        .filter(|(_, projection)| projection.beside <= tolerance)
        .min_by(|(_, a), (_, b)| a.beside.metres().total_cmp(&b.beside.metres()))
}

/// The angle between two headings, 0 to 180 degrees.
fn apart(one: Angle, other: Angle) -> Angle {
    let turn = (one - other).normalised();
    turn.min(Angle::from_degrees(360.0) - turn)
}

/// The point that lies a length along a line; its end where the line is shorter, `None` where it has no points.
fn point_at(nodes: &[LocalPosition], length: Length) -> Option<LocalPosition> {
    let mut left = length;
    for segment in nodes.windows(2) {
        let here = segment[0].distance_to(segment[1]);
        if left <= here && here > Length::ZERO {
            return Some(between(segment[0], segment[1], left / here));
        }
        left = left - here;
    }
    nodes.last().copied()
}

fn between(start: LocalPosition, end: LocalPosition, share: f64) -> LocalPosition {
    let (east, north) = (end.east() - start.east(), end.north() - start.north());
    LocalPosition::from_metres(
        (start.east() + east * share).metres(),
        (start.north() + north * share).metres(),
    )
}

/// The point of the segment that is nearest to a position, and its share of the way.
fn foot_on(start: LocalPosition, end: LocalPosition, position: LocalPosition) -> (f64, LocalPosition) {
    let vector =
        |to: LocalPosition| ((to.east() - start.east()).metres(), (to.north() - start.north()).metres());
    let ((east, north), (to_east, to_north)) = (vector(end), vector(position));
    let square = east * east + north * north;
    let share =
        if square > 0.0 { ((to_east * east + to_north * north) / square).clamp(0.0, 1.0) } else { 0.0 };
    (share, between(start, end, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CROSSING: &str = include_str!("../tests/support/crossing.toml");
    const NORTH: ApproachIndex = ApproachIndex(0);

    fn approaches(text: &str) -> Approaches {
        let intersection = Intersection::from_toml(text, "crossing.toml").unwrap();
        Approaches::new(Arc::new(intersection), Length::from_metres(10.0))
    }

    /// A place by metres east and north of the crossing's centre; the stop line of the northern approach is 10 m north of it, its lanes
    /// reach 400 m from there.
    fn distance(approaches: &Approaches, east: f64, north: f64) -> f64 {
        let plane = LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap());
        let position = plane.to_geodetic(LocalPosition::from_metres(east, north));
        approaches.distance(NORTH, position).unwrap().metres()
    }

    #[test]
    fn on_a_lane_the_distance_is_along_it() {
        let approaches = approaches(CROSSING);
        let check = |east, north, expected: f64| {
            let found = distance(&approaches, east, north);
            assert!((found - expected).abs() < 0.1, "{east} {north}: {found}");
        };
        check(-2.0, 110.0, 100.0);
        check(7.0, 110.0, 100.0);
        check(-14.0, 110.0, 100.0);
        check(-2.0, 4.0, 0.0);
        // 20 m beside, and beyond the end of the lanes: straight to the nearest stop line.
        check(-25.25, 31.0, 29.0);
        check(-5.25, 510.0, 500.0);
    }

    #[test]
    fn along_a_bend_is_further_than_straight() {
        // The lane comes 100 m down from the north after 100 m from the east.
        let bent =
            CROSSING.replace("[52.0036848, 4.9999745]", "[52.0009888, 4.9999745], [52.0009888, 5.0014308]");
        let approaches = approaches(&bent);
        let found = distance(&approaches, 88.0, 105.0);
        assert!((found - 190.0).abs() < 1.0, "{found}");
    }

    #[test]
    fn a_stop_line_further_out_is_nearer() {
        let further = CROSSING.replace("speed_limit_kmh = 50,", "speed_limit_kmh = 50, stop_line_m = 15.0,");
        let approaches = approaches(&further);
        assert!((distance(&approaches, -2.0, 110.0) - 85.0).abs() < 0.1);
        assert!((distance(&approaches, -5.25, 510.0) - 485.0).abs() < 0.1);
        assert!(distance(&approaches, -2.0, 20.0).abs() < 0.1);
    }

    #[test]
    fn of_groups_of_an_approach_that_conflict_the_named_one_is_served() {
        let torn = CROSSING
            .replace(r#""02" = { "05""#, r#""02" = { "03" = 5, "05""#)
            .replace(r#""03" = { "05""#, r#""03" = { "02" = 5, "05""#)
            .replace(r#"duration_s = 4, green = ["02"]"#, r#"duration_s = 4, green = []"#)
            .replace(r#"duration_s = 1, green = ["02"]"#, r#"duration_s = 1, green = []"#)
            .replace(r#"green = ["02", "03"]"#, r#"green = ["03"]"#);
        let approaches = approaches(&torn);
        let emergency = PriorityClass::Emergency;
        let groups = |inbound| approaches.service(inbound, emergency).unwrap().groups.to_vec();
        assert_eq!(groups(IntersectionAccess::Approach(1)), [GroupIndex(0)]);
        assert_eq!(groups(IntersectionAccess::Lane(1)), [GroupIndex(0)]);
        assert_eq!(groups(IntersectionAccess::Lane(2)), [GroupIndex(1)]);
        assert_eq!(groups(IntersectionAccess::Connection(2)), [GroupIndex(1)]);
    }

    /// Of a vehicle that is awaited from the north.
    fn whereabouts(east: f64, north: f64, heading: Option<f64>) -> Whereabouts {
        let approaches = approaches(CROSSING);
        let plane = LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap());
        let position = plane.to_geodetic(LocalPosition::from_metres(east, north));
        approaches.whereabouts(NORTH, position, heading.map(Angle::from_degrees))
    }

    #[test]
    fn on_its_own_arm_a_vehicle_comes_on_either_side_of_the_road_unless_it_has_turned_round() {
        use Whereabouts::{Coming, Elsewhere};
        assert_eq!(whereabouts(-2.0, 100.0, Some(180.0)), Coming);
        assert_eq!(whereabouts(2.0, 100.0, Some(180.0)), Coming, "beside the queue, on the way out");
        assert_eq!(whereabouts(-2.0, 100.0, None), Coming);
        assert_eq!(whereabouts(-2.0, 100.0, Some(260.0)), Coming, "round an obstacle");
        assert_eq!(whereabouts(2.0, 100.0, Some(0.0)), Elsewhere);
    }

    #[test]
    fn on_another_arm_it_is_elsewhere_both_in_and_out() {
        use Whereabouts::{Elsewhere, Unmatched};
        assert_eq!(whereabouts(100.0, 2.0, Some(270.0)), Elsewhere);
        assert_eq!(whereabouts(100.0, -2.0, Some(90.0)), Elsewhere);
        assert_eq!(whereabouts(100.0, 2.0, None), Elsewhere);
        assert_eq!(whereabouts(100.0, 2.0, Some(180.0)), Unmatched, "across it");
        assert_eq!(whereabouts(100.0, 100.0, Some(180.0)), Unmatched);
        assert_eq!(whereabouts(-2.0, -5.0, Some(180.0)), Elsewhere, "almost on its way out");
    }

    #[test]
    fn the_stop_line_ahead_is_that_of_the_lane_that_it_drives_along() {
        let approaches = approaches(CROSSING);
        let ahead = |east, north, heading| {
            let plane = LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap());
            let position = plane.to_geodetic(LocalPosition::from_metres(east, north));
            approaches.stop_line_ahead(position, Angle::from_degrees(heading))
        };
        let north = ahead(-1.0, 110.0, 180.0).unwrap();
        assert_eq!((north.approach, north.lane), (NORTH, LaneIndex(1)));
        assert!((north.distance.metres() - 100.0).abs() < 0.1, "{north:?}");
        for heading in [136.0, 224.0] {
            assert!(ahead(-1.0, 110.0, heading).is_some(), "{heading}");
        }
        for heading in [0.0, 134.0, 226.0] {
            assert_eq!(ahead(-1.0, 110.0, heading), None, "{heading}");
        }
    }

    #[test]
    fn an_egress_lane_is_no_way_in() {
        let approaches = approaches(CROSSING);
        let emergency = PriorityClass::Emergency;
        assert_eq!(approaches.service(IntersectionAccess::Lane(11), emergency), None);
        assert_eq!(approaches.service(IntersectionAccess::Approach(0), emergency), None);
    }
}
