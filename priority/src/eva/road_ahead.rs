//! The road on which an emergency vehicle is awaited: from the layout of an intersection to the traces of a DENM. It doesn't know who drives
//! where.

use std::sync::Arc;

use voorrang_messages::PathPoint;
use voorrang_signals::intersection::{Direction, GroupKind, Lane};
use voorrang_signals::{ApproachIndex, Intersection, LaneIndex};
use voorrang_units::{GeodeticPosition, Length, LocalPlane, LocalPosition};

use super::way::{Foot, Way, between};

/// Where drivers are to be warned of a vehicle on one arm of an intersection. Made once for each arm; a clone costs nothing.
///
/// In the DENM it becomes traces, each from the vehicle on: first its own lane to the stop line, then this same line again and on over the
/// crossing along each other arm, the ways in before the ways out. Seen from a driver, a trace is the way to the vehicle, as the standard
/// wants it; where the traces part is the crossing.
#[derive(Debug, Clone)]
pub struct RoadAhead {
    road: Arc<Road>,
}

/// A clone is known by being one: a road is compared with that of the last position, each time.
impl PartialEq for RoadAhead {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.road, &other.road) || self.road == other.road
    }
}

#[derive(Debug, PartialEq)]
struct Road {
    plane: LocalPlane,
    /// The lanes the vehicle may be on, as it drives them.
    lanes: Vec<Way>,
    /// The lanes on the other arms, from the crossing outwards.
    arms: Vec<Way>,
}

impl RoadAhead {
    /// The road of a vehicle that drives towards the intersection: the lanes of its approach, and of every other arm the middle lane in and,
    /// where a connection leads there, the middle lane out. `None` where the approach has no lanes for motor traffic.
    #[must_use]
    pub fn approaching(intersection: &Intersection, approach: ApproachIndex) -> Option<Self> {
        let layout = Layout::of(intersection);
        let lanes: Vec<_> = layout.lanes(approach, Direction::Ingress).collect();
        let others = || layout.arms().filter(|arm| *arm != approach);
        let ways_in = others().filter_map(|arm| layout.middle(layout.lanes(arm, Direction::Ingress)));
        let ways_out = others().filter_map(|arm| {
            layout.middle(layout.lanes(arm, Direction::Egress).filter(|to| layout.leads(&lanes, *to)))
        });
        let arms = ways_in.chain(ways_out).collect();
        let inwards = |lane: &LaneIndex| {
            let mut places = layout.outwards(*lane)?;
            places.reverse();
            Way::new(places)
        };
        Self::new(layout.plane, lanes.iter().filter_map(inwards).collect(), arms)
    }

    /// The road of a vehicle that has crossed the intersection and leaves it through an arm. `None` where that has no lanes out for motor
    /// traffic.
    #[must_use]
    pub fn leaving(intersection: &Intersection, arm: ApproachIndex) -> Option<Self> {
        let layout = Layout::of(intersection);
        let lanes = layout.lanes(arm, Direction::Egress);
        let lanes = lanes.filter_map(|lane| Way::new(layout.outwards(lane)?)).collect();
        Self::new(layout.plane, lanes, Vec::new())
    }

    fn new(plane: LocalPlane, lanes: Vec<Way>, arms: Vec<Way>) -> Option<Self> {
        (!lanes.is_empty()).then(|| Self { road: Arc::new(Road { plane, lanes, arms }) })
    }

    /// The traces of a vehicle, none longer than `reach`; none at all for one that has left the crossing.
    pub(super) fn traces(&self, vehicle: GeodeticPosition, reach: Length) -> Vec<Vec<PathPoint>> {
        let Road { plane, arms, .. } = &*self.road;
        let start = plane.to_local(vehicle);
        let Some((lane, foot)) = self.nearest_lane(start) else {
            return Vec::new();
        };
        if foot.beyond && foot.beside > CROSSING {
            return Vec::new();
        }
        let ahead = if foot.beyond { &[] } else { &lane.places()[foot.places..] };
        let ahead = thinned(ahead, MAX_POINTS / 2);
        let trace = |arm: &[LocalPosition]| {
            let places = [start].into_iter().chain(ahead.iter().copied()).chain(thinned(arm, MAX_POINTS / 2));
            points(plane, vehicle, &within(reach, places))
        };
        let own = (!ahead.is_empty()).then(|| trace(&[]));
        let to_crossing: Length =
            [start].iter().chain(&ahead).zip(&ahead).map(|(a, b)| a.distance_to(*b)).sum();
        let arms = arms.iter().filter(|_| to_crossing < reach).map(|arm| trace(arm.places()));
        own.into_iter().chain(arms).filter(|trace| !trace.is_empty()).take(MAX_TRACES).collect()
    }

    /// Whether a vehicle that came by this road is past its stop line, and still on the crossing.
    pub(super) fn is_crossed_at(&self, vehicle: GeodeticPosition) -> bool {
        let place = self.road.plane.to_local(vehicle);
        self.nearest_lane(place).is_some_and(|(_, foot)| foot.beyond && foot.beside <= CROSSING)
    }

    fn nearest_lane(&self, place: LocalPosition) -> Option<(&Way, Foot)> {
        let feet = self.road.lanes.iter().map(|lane| (lane, lane.foot(place)));
        feet.min_by(|(_, a), (_, b)| a.beside.metres().total_cmp(&b.beside.metres()))
    }
}

/// `PathHistory` (TS 102 894-2): SIZE (0..40).
const MAX_POINTS: usize = 40;
/// `Traces`: SIZE (1..7).
const MAX_TRACES: usize = 7;
/// A vehicle that is so far past its stop line is no longer on the crossing (judgement: the diagonal of a large one).
const CROSSING: Length = Length::from_metres(60.0);
/// A step of `DeltaLatitude` or `DeltaLongitude` is at most 0.0131071 degree.
const MAX_STEP_DEGREES: f64 = 0.013;

/// An intersection, asked for its lanes.
struct Layout<'a> {
    intersection: &'a Intersection,
    plane: LocalPlane,
}

impl<'a> Layout<'a> {
    fn of(intersection: &'a Intersection) -> Self {
        Self { intersection, plane: LocalPlane::at(intersection.reference()) }
    }

    fn arms(&self) -> impl Iterator<Item = ApproachIndex> + use<> {
        (0..self.intersection.approaches().len()).filter_map(ApproachIndex::at)
    }

    /// The lanes of an arm that lead so, without those for bicycles or pedestrians alone.
    fn lanes(&self, arm: ApproachIndex, direction: Direction) -> impl Iterator<Item = LaneIndex> + '_ {
        let here = move |lane: &Lane| lane.approach == arm && lane.direction == direction;
        let lanes = self.intersection.lanes().iter().enumerate();
        lanes
            .filter(move |(_, lane)| here(lane))
            .filter_map(|(place, _)| LaneIndex::at(place))
            .filter(|lane| self.is_for_motor_traffic(*lane))
    }

    fn is_for_motor_traffic(&self, lane: LaneIndex) -> bool {
        let connections = self.intersection.connections().iter();
        let mut of_lane = connections.filter(|one| one.from == lane || one.to == Some(lane)).peekable();
        let groups = self.intersection.groups();
        of_lane.peek().is_none()
            || of_lane.any(|connection| {
                let group = connection.group.and_then(|group| groups.get(group.index()));
                group.is_none_or(|group| matches!(group.kind, GroupKind::Motor | GroupKind::PublicTransport))
            })
    }

    /// Whether one may drive from these lanes to that one, as far as the file tells.
    fn leads(&self, from: &[LaneIndex], to: LaneIndex) -> bool {
        let mut connections = self.intersection.connections().iter();
        connections.any(|one| from.contains(&one.from) && one.to.is_none_or(|lane| lane == to))
    }

    fn middle(&self, lanes: impl Iterator<Item = LaneIndex>) -> Option<Way> {
        let lanes: Vec<_> = lanes.collect();
        Way::new(self.outwards(*lanes.get(lanes.len() / 2)?)?)
    }

    fn outwards(&self, lane: LaneIndex) -> Option<Vec<LocalPosition>> {
        let lane = self.intersection.lanes().get(lane.index())?;
        Some(lane.nodes.iter().map(|node| self.plane.to_local(*node)).collect())
    }
}

/// At most so many of the places, the first and the last among them.
fn thinned(places: &[LocalPosition], most: usize) -> Vec<LocalPosition> {
    if places.len() <= most {
        return places.to_vec();
    }
    (0..most).map(|place| places[place * (places.len() - 1) / (most - 1)]).collect()
}

/// The places that lie within `reach` along their line, the last of them cut to it.
fn within(reach: Length, places: impl Iterator<Item = LocalPosition>) -> Vec<LocalPosition> {
    let mut left = reach;
    let mut kept: Vec<LocalPosition> = Vec::with_capacity(MAX_POINTS + 1);
    for place in places {
        let Some(last) = kept.last().copied() else {
            kept.push(place);
            continue;
        };
        let step = last.distance_to(place);
        if step >= left {
            kept.push(if step > Length::ZERO { between(last, place, left / step) } else { place });
            break;
        }
        left = left - step;
        kept.push(place);
    }
    kept
}

/// The places as a trace from `start`, which is the first of them: with places between where a step is longer than the wire can tell. What
/// needs more than 40 points is cut off.
fn points(plane: &LocalPlane, start: GeodeticPosition, places: &[LocalPosition]) -> Vec<PathPoint> {
    let mut points = Vec::with_capacity(places.len());
    let mut here = start;
    for step in places.windows(2) {
        let share =
            MAX_STEP_DEGREES / degrees_between(here, plane.to_geodetic(step[1])).max(MAX_STEP_DEGREES);
        let mut done = 0.0;
        while done < 1.0 {
            done = f64::min(done + share, 1.0);
            let there = plane.to_geodetic(between(step[0], step[1], done));
            // The plane is bent back at a pole: no step may be longer there either.
            let fits = degrees_between(here, there) <= MAX_STEP_DEGREES + 1e-6;
            if points.len() == MAX_POINTS || !fits {
                return points;
            }
            points.push(PathPoint::at(there));
            here = there;
        }
    }
    points
}

/// The larger of the differences in latitude and longitude.
fn degrees_between(one: GeodeticPosition, other: GeodeticPosition) -> f64 {
    let latitude = (one.latitude_degrees() - other.latitude_degrees()).abs();
    let longitude = (one.longitude_degrees() - other.longitude_degrees()).abs();
    latitude.max(longitude.min(360.0 - longitude))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORTH: ApproachIndex = ApproachIndex(0);

    fn crossing() -> Intersection {
        Intersection::from_toml(include_str!("../../tests/support/crossing.toml"), "crossing.toml").unwrap()
    }

    fn plane() -> LocalPlane {
        LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap())
    }

    /// Whole metres east and north of the crossing's centre.
    fn traces(road: &RoadAhead, east: f64, north: f64) -> Vec<Vec<(i32, i32)>> {
        let vehicle = plane().to_geodetic(LocalPosition::from_metres(east, north));
        #[expect(clippy::cast_possible_truncation, reason = "some hundred metres")]
        let whole = |metres: f64| metres.round() as i32;
        let place = |point: &PathPoint| {
            let place = plane().to_local(point.position);
            (whole(place.east().metres()), whole(place.north().metres()))
        };
        let traces = road.traces(vehicle, Length::from_metres(400.0));
        traces.iter().map(|trace| trace.iter().map(place).collect()).collect()
    }

    #[test]
    fn traces_are_the_own_lane_and_on_along_every_arm() {
        let road = RoadAhead::approaching(&crossing(), NORTH).unwrap();
        let stop = (-2, 10);
        let expected = [
            vec![stop],
            // The ways in: east, south, west.
            vec![stop, (10, 2), (296, 2)],
            vec![stop, (2, -10), (2, -290)],
            vec![stop, (-10, -2), (-296, -2)],
            // The ways out: left to the east, on to the south; none to the west.
            vec![stop, (10, -2), (293, -2)],
            vec![stop, (-2, -10), (-2, -290)],
        ];
        assert_eq!(traces(&road, -2.0, 110.0), expected);
    }

    #[test]
    fn a_far_crossing_is_not_yet_concerned_and_a_crossing_passed_no_more() {
        let road = RoadAhead::approaching(&crossing(), NORTH).unwrap();
        assert_eq!(traces(&road, -2.0, 412.0).len(), 1, "just out of reach");
        assert_eq!(traces(&road, -2.0, 500.0), [vec![(-2, 410), (-2, 100)]]);
        let on_it = traces(&road, 0.0, 0.0);
        assert_eq!(on_it.len(), 5, "the arms, without the way back to the stop line");
        assert_eq!(on_it[0][0], (10, 2));
        assert_eq!(traces(&road, -2.0, -80.0), Vec::<Vec<_>>::new());
    }

    #[test]
    fn who_has_crossed_has_the_way_out_ahead() {
        let road = RoadAhead::leaving(&crossing(), ApproachIndex(2)).unwrap();
        assert_eq!(traces(&road, -2.0, -50.0), [vec![(-2, -410)]]);
    }

    #[test]
    fn no_trace_has_more_points_or_longer_steps_than_the_wire_takes() {
        let plane = plane();
        let places: Vec<_> =
            (0..200).map(|place| LocalPosition::from_metres(f64::from(place) * 150.0, 0.0)).collect();
        let start = plane.to_geodetic(places[0]);
        let check = |places: &[LocalPosition], expected| {
            let points = points(&plane, start, places);
            assert_eq!(points.len(), expected);
            let mut here = start;
            for point in points {
                assert!(degrees_between(here, point.position) < 0.013_107_1);
                here = point.position;
            }
        };
        check(&places, 40);
        check(&[places[0], places[19]], 4);
        check(&[places[0], LocalPosition::from_metres(1e6, -1e6)], 40);
        assert_eq!(thinned(&places, 20).len(), 20);
        assert_eq!(thinned(&places, 20).last(), places.last());
    }

    #[test]
    fn bicycles_have_no_road_ahead() {
        let text = include_str!("../../tests/support/crossing.toml");
        let bicycles = text.replace(
            r#"name = "11", signal_group = 11, type = "motor""#,
            r#"name = "11", signal_group = 11, type = "bicycle""#,
        );
        let crossing = Intersection::from_toml(&bicycles, "crossing.toml").unwrap();
        assert_eq!(RoadAhead::approaching(&crossing, ApproachIndex(3)), None);
        assert_eq!(RoadAhead::approaching(&self::crossing(), ApproachIndex(9)), None);
        assert!(RoadAhead::approaching(&crossing, NORTH).is_some());
    }
}
