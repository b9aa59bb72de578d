//! The approaches of an intersection: which one an inbound access of a message means, which groups serve it, and how far before its
//! stop line a position is. It matches positions to lanes; it doesn't track vehicles.

use std::sync::Arc;

use voorrang_messages::IntersectionAccess;
use voorrang_signals::intersection::Lane;
use voorrang_signals::{
    ApproachId, ApproachIndex, ConnectionId, GroupIndex, Intersection, LaneId, LaneIndex,
};
use voorrang_units::{GeodeticPosition, Length, LocalPlane, LocalPosition};

use crate::request::Service;

/// The approaches of one intersection, made ready for requests and positions.
#[derive(Debug, Clone)]
pub struct Approaches {
    intersection: Arc<Intersection>,
    plane: LocalPlane,
    /// Per approach, its ingress lanes from the stop line upstream.
    lanes: Vec<Vec<CentreLine>>,
    /// Per approach, its groups as far as they can be green together.
    groups: Vec<Arc<[GroupIndex]>>,
    tolerance: Length,
}

impl Approaches {
    /// Prepares an intersection; a position matches a lane within `tolerance` of its centre line.
    #[must_use]
    pub fn new(intersection: Arc<Intersection>, tolerance: Length) -> Self {
        let plane = LocalPlane::at(intersection.reference());
        let approaches = intersection.approaches().iter();
        let centre_line = |lane: &LaneIndex| CentreLine::of(intersection.lanes().get(lane.index())?, &plane);
        let lanes =
            approaches.clone().map(|arm| arm.lanes.iter().filter_map(centre_line).collect()).collect();
        let groups = approaches.map(|arm| together(&intersection, arm.groups.iter().copied())).collect();
        Self { intersection, plane, lanes, groups, tolerance }
    }

    /// What a request that enters at `inbound` asks for; `None` where the intersection has no such access, or no group stands there.
    /// Whatever the access, it is all groups of the approach; should they not all fit together, those of the named lane or
    /// connection go first.
    #[must_use]
    pub fn service(&self, inbound: IntersectionAccess) -> Option<Service> {
        let (approach, own) = match inbound {
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
        let all = self.groups.get(approach.index())?;
        let groups = if own.iter().all(|group| all.contains(group)) {
            Arc::clone(all)
        } else {
            let rest = self.intersection.approaches()[approach.index()].groups.iter().copied();
            together(&self.intersection, own.into_iter().chain(rest))
        };
        (!groups.is_empty()).then_some(Service { approach, groups })
    }

    /// How far a position is before the stop line of an approach: along the best matching lane, or else in a straight line to the
    /// nearest stop line of the approach. `None` where no lane of the approach has a geometry.
    #[must_use]
    pub fn distance(&self, approach: ApproachIndex, position: GeodeticPosition) -> Option<Length> {
        let lanes = self.lanes.get(approach.index())?;
        let position = self.plane.to_local(position);
        let matched = lanes
            .iter()
            .map(|lane| lane.project(position))
            .filter(|projection| projection.beside <= self.tolerance)
            .min_by(|a, b| a.beside.metres().total_cmp(&b.beside.metres()));
        if let Some(projection) = matched {
            return Some(projection.along);
        }
        lanes
            .iter()
            .map(|lane| lane.stop_line.distance_to(position))
            .min_by(|a, b| a.metres().total_cmp(&b.metres()))
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
    nodes: Vec<LocalPosition>,
    /// How far out the stop line is.
    to_stop_line: Length,
    stop_line: LocalPosition,
}

/// Where on a lane a position is.
#[derive(Debug, Clone, Copy)]
struct Projection {
    /// From the stop line.
    along: Length,
    /// From the centre line.
    beside: Length,
}

impl CentreLine {
    fn of(lane: &Lane, plane: &LocalPlane) -> Option<Self> {
        let nodes: Vec<_> = lane.nodes.iter().map(|node| plane.to_local(*node)).collect();
        let stop_line = point_at(&nodes, lane.stop_line)?;
        Some(Self { nodes, to_stop_line: lane.stop_line, stop_line })
    }

    /// The nearest point of the lane; `along` is zero for one past the stop line.
    fn project(&self, position: LocalPosition) -> Projection {
        let beside = self.stop_line.distance_to(position);
        let mut nearest = Projection { along: Length::ZERO, beside };
        let mut out = Length::ZERO;
        for segment in self.nodes.windows(2) {
            let (share, foot) = foot_on(segment[0], segment[1], position);
            let length = segment[0].distance_to(segment[1]);
            let beside = foot.distance_to(position);
            if beside < nearest.beside {
                let along = (out + length * share - self.to_stop_line).max(Length::ZERO);
                nearest = Projection { along, beside };
            }
            out += length;
        }
        nearest
    }
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
        let groups = |inbound| approaches.service(inbound).unwrap().groups.to_vec();
        assert_eq!(groups(IntersectionAccess::Approach(1)), [GroupIndex(0)]);
        assert_eq!(groups(IntersectionAccess::Lane(1)), [GroupIndex(0)]);
        assert_eq!(groups(IntersectionAccess::Lane(2)), [GroupIndex(1)]);
        assert_eq!(groups(IntersectionAccess::Connection(2)), [GroupIndex(1)]);
    }

    #[test]
    fn an_egress_lane_is_no_way_in() {
        let approaches = approaches(CROSSING);
        assert_eq!(approaches.service(IntersectionAccess::Lane(11)), None);
        assert_eq!(approaches.service(IntersectionAccess::Approach(0)), None);
    }
}
