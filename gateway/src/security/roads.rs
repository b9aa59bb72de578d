//! Whether a request can be true, as far as the intersection's lanes tell: where its vehicle is, whether the road there leads to the approach that
//! it names, and whether it can be at the stop line when it says.
//!
//! Beyond the lanes we know no roads. There every road may lead here, and what is asked is only this: to get onto the lanes and along them to the
//! stop line by its ETA, does the vehicle have to drive faster than 55 m/s? It is measured in a straight line, which no road is shorter than. So
//! an ambulance 9 km and 290 s away (31 m/s) is believed wherever it is, and one that claims 9 km in 100 s is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use voorrang_messages::{IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, StationId};
use voorrang_priority::approach::{Approaches, Whereabouts};
use voorrang_signals::intersection::Direction;
use voorrang_signals::{ApproachId, ApproachIndex, Intersection, IntersectionId, LaneIndex};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, LocalPlane, LocalPosition, Speed};

use super::refusal::Refusal;

/// Nobody drives faster.
pub(super) const FASTEST: Speed = Speed::from_metres_per_second(55.0);
/// How far ahead a vehicle may ask: what all Dutch iVRI take since 2021-04-01.
pub(super) const HORIZON: Duration = Duration::from_seconds(300);
/// How far beside a lane a vehicle is still on its road: crews drive on the other side too, and satellites err.
const ROAD_TOLERANCE: Length = Length::from_metres(25.0);
/// So near to the stop line a vehicle is on the road or it does not come by it.
const CLOSE: Length = Length::from_metres(100.0);
/// So near a vehicle behind the junction does not come by this approach.
const NEAR: Length = Length::from_metres(300.0);
/// A vehicle that bears more than this off the way that the approach comes from is behind the junction.
const BEHIND: Angle = Angle::from_degrees(120.0);
/// The position may be older than the message, and the ETA is rounded.
const ETA_SLACK: Duration = Duration::from_seconds(2);
/// Slower than this a heading means nothing.
const CRAWL: Speed = Speed::from_metres_per_second(2.0);
/// So many live requests of those who are no emergency vehicles one intersection takes (MMITSS: at most 15).
const MOST_OTHERS: usize = 10;
/// And so many of emergency vehicles that nothing but an address vouches for: half of what an engine takes, so that those whose identity is sure
/// find room.
const MOST_UNSURE: usize = 16;

/// What is to be made of a request's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It can be true.
    Plausible,
    /// It is no reason to begin anything. Of a vehicle that asks here already it may be true, and tells that it has passed or turned away.
    OnlyGoingOn(Refusal),
}

/// All intersections of this gateway.
#[derive(Debug, Default)]
pub(super) struct Roads {
    junctions: Vec<Junction>,
    /// By number and then region: a request may leave the region out.
    places: BTreeMap<(u16, u16), usize>,
    /// Which intersections have lanes near a square of a hundredth of a degree.
    squares: BTreeMap<(i32, i32), Vec<usize>>,
}

/// One intersection.
#[derive(Debug)]
pub(super) struct Junction {
    pub(super) id: IntersectionId,
    pub(super) reference: GeodeticPosition,
    approaches: Approaches,
    plane: LocalPlane,
    lanes: BTreeMap<u8, ApproachIndex>,
    connections: BTreeMap<u8, ApproachIndex>,
    /// By approach; none without lanes.
    arms: Vec<Option<Arm>>,
    crowd: Mutex<Crowd>,
}

/// Those of whom an intersection takes only so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowded {
    /// No emergency vehicles.
    Others,
    /// Emergency vehicles that nothing but an address vouches for.
    Unsure,
}

/// Their live requests at one intersection.
#[derive(Debug, Clone, Default)]
struct Crowd {
    others: Vec<(StationId, RequestId, Instant)>,
    unsure: Vec<(StationId, RequestId, Instant)>,
}

/// How one approach lies.
#[derive(Debug)]
struct Arm {
    stop_line: LocalPosition,
    /// From here on a vehicle is close; every way in leads past it.
    gate: LocalPosition,
    /// From there to the stop line, along the lane.
    reach: Length,
}

impl Roads {
    pub(super) fn new(intersections: &[Arc<Intersection>]) -> Self {
        let mut roads = Self::default();
        for intersection in intersections {
            let junction = Junction::new(intersection);
            let place = roads.junctions.len();
            roads.places.insert((junction.id.id, junction.id.region), place);
            for square in junction.squares(intersection) {
                roads.squares.entry(square).or_default().push(place);
            }
            roads.junctions.push(junction);
        }
        roads
    }

    /// The intersection that a request names; without a region, the only one of its number.
    pub(super) fn find(&self, reference: IntersectionReference) -> Option<(usize, &Junction)> {
        let place = match reference.region {
            Some(region) => *self.places.get(&(reference.id, region))?,
            None => {
                let mut same = self.places.range((reference.id, 0)..=(reference.id, u16::MAX));
                let (_, place) = same.next()?;
                if same.next().is_some() {
                    return None;
                }
                *place
            }
        };
        Some((place, self.junctions.get(place)?))
    }

    pub(super) fn junctions(&self) -> &[Junction] {
        &self.junctions
    }

    /// Takes over who has live requests, from what was known of the same intersections before.
    pub(super) fn take_over(&self, before: &Self) {
        for (key, place) in &self.places {
            if let Some(old) = before.places.get(key) {
                let old = before.junctions[*old].crowd.lock().unwrap_or_else(PoisonError::into_inner);
                let mut new = self.junctions[*place].crowd.lock().unwrap_or_else(PoisonError::into_inner);
                new.clone_from(&old);
            }
        }
    }

    /// The intersections to whose stop lines a vehicle drives.
    pub(super) fn ahead(
        &self,
        position: GeodeticPosition,
        heading: Angle,
    ) -> impl Iterator<Item = usize> + '_ {
        let near = self.squares.get(&square(position)).map_or(&[][..], Vec::as_slice);
        near.iter().copied().filter(move |place| {
            self.junctions[*place].approaches.stop_line_ahead(position, heading).is_some()
        })
    }
}

/// Hundredths of a degree, rounded down.
fn square(position: GeodeticPosition) -> (i32, i32) {
    #[expect(clippy::cast_possible_truncation, reason = "degrees are at most 180")]
    let whole = |degrees: f64| (degrees * 100.0).floor() as i32;
    (whole(position.latitude_degrees()), whole(position.longitude_degrees()))
}

impl Junction {
    fn new(intersection: &Arc<Intersection>) -> Self {
        let plane = LocalPlane::at(intersection.reference());
        let arms = intersection.approaches();
        let arm_of = |lane: LaneIndex| {
            let place = arms.iter().position(|arm| arm.lanes.contains(&lane))?;
            ApproachIndex::at(place)
        };
        let numbered = intersection.lanes().iter().enumerate().filter_map(|(place, lane)| {
            let ingress = lane.direction == Direction::Ingress;
            Some((lane.id.number(), arm_of(LaneIndex::at(place)?).filter(|_| ingress)?))
        });
        let connected = intersection
            .connections()
            .iter()
            .filter_map(|connection| Some((connection.id?.into(), arm_of(connection.from)?)));
        Self {
            id: intersection.id(),
            reference: intersection.reference(),
            plane,
            lanes: numbered.collect(),
            connections: connected.collect(),
            arms: arms.iter().map(|arm| Arm::new(intersection, &arm.lanes, &plane)).collect(),
            approaches: Approaches::new(Arc::clone(intersection), ROAD_TOLERANCE),
            crowd: Mutex::default(),
        }
    }

    /// Squares that its lanes touch, and those around them.
    fn squares(&self, intersection: &Intersection) -> Vec<(i32, i32)> {
        let nodes = intersection.lanes().iter().flat_map(|lane| lane.nodes.iter().copied());
        let mut squares: Vec<_> = nodes
            .chain([self.reference])
            .map(square)
            .flat_map(|(north, east)| {
                (-1..=1).flat_map(move |up| (-1..=1).map(move |right| (north + up, east + right)))
            })
            .collect();
        squares.sort_unstable();
        squares.dedup();
        squares
    }

    /// The approach that a request enters by.
    pub(super) fn approach(&self, inbound: IntersectionAccess) -> Option<ApproachIndex> {
        match inbound {
            IntersectionAccess::Approach(number) => {
                self.approaches.intersection().approach(ApproachId::new(number)?)
            }
            IntersectionAccess::Lane(number) => self.lanes.get(&number).copied(),
            IntersectionAccess::Connection(number) => self.connections.get(&number).copied(),
        }
    }

    /// What is to be made of a request, new or updated. One without a position is only held against the horizon.
    pub(super) fn judge(&self, now: Instant, request: &PriorityRequest) -> Result<Verdict, Refusal> {
        let approach = self.approach(request.inbound).ok_or(Refusal::UnknownApproach)?;
        if request.eta.is_some_and(|eta| eta > now + HORIZON) {
            return Err(Refusal::EtaTooFarAhead);
        }
        let fast = |speed: Speed| speed.metres_per_second().abs() > FASTEST.metres_per_second();
        if request.speed.is_some_and(fast) {
            return Err(Refusal::ImplausibleSpeed);
        }
        let Some(position) = request.position else { return Ok(Verdict::Plausible) };
        let time = request.eta.map_or(HORIZON, |eta| eta - now).max(Duration::ZERO) + ETA_SLACK;
        let in_time = |way: Length| {
            if way.metres() <= FASTEST.metres_per_second() * time.seconds() {
                Ok(Verdict::Plausible)
            } else {
                Err(Refusal::EtaTooEarly)
            }
        };
        let moves =
            request.speed.is_none_or(|speed| speed.metres_per_second().abs() >= CRAWL.metres_per_second());
        let heading = request.heading.filter(|_| moves);
        match self.approaches.whereabouts(approach, position, heading) {
            Whereabouts::Coming => {
                in_time(self.approaches.distance(approach, position).unwrap_or(Length::ZERO))
            }
            Whereabouts::Elsewhere => {
                let turned = heading.is_some()
                    && self.approaches.whereabouts(approach, position, None) == Whereabouts::Coming;
                let why = if turned { Refusal::WrongHeading } else { Refusal::OtherApproach };
                Ok(Verdict::OnlyGoingOn(why))
            }
            Whereabouts::Unmatched => {
                let place = self.plane.to_local(position);
                let Some(arm) = self.arms.get(approach.index()).and_then(Option::as_ref) else {
                    let centre = self.plane.to_local(self.reference);
                    return in_time(centre.distance_to(place));
                };
                if arm.is_off_road(place) {
                    return Ok(Verdict::OnlyGoingOn(Refusal::OffRoad));
                }
                in_time(arm.gate.distance_to(place) + arm.reach)
            }
        }
    }

    /// Makes room for a request of one of a crowd.
    pub(super) fn take_in(
        &self,
        now: Instant,
        who: Crowded,
        station: StationId,
        request: RequestId,
        expiry: Duration,
    ) -> Result<(), Refusal> {
        let mut crowd = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        let (list, most) = match who {
            Crowded::Others => (&mut crowd.others, MOST_OTHERS),
            Crowded::Unsure => (&mut crowd.unsure, MOST_UNSURE),
        };
        if let Some(known) = list.iter_mut().find(|one| (one.0, one.1) == (station, request)) {
            known.2 = now;
            return Ok(());
        }
        if list.len() >= most {
            list.retain(|(_, _, heard)| now < *heard + expiry);
        }
        if list.len() >= most {
            return Err(Refusal::TooManyRequests);
        }
        list.push((station, request, now));
        Ok(())
    }

    /// A request has ended.
    pub(super) fn let_out(&self, who: Crowded, station: StationId, request: RequestId) {
        let mut crowd = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        let list = match who {
            Crowded::Others => &mut crowd.others,
            Crowded::Unsure => &mut crowd.unsure,
        };
        list.retain(|one| (one.0, one.1) != (station, request));
    }
}

impl Arm {
    fn new(intersection: &Intersection, lanes: &[LaneIndex], plane: &LocalPlane) -> Option<Self> {
        let lanes = lanes.iter().filter_map(|lane| intersection.lanes().get(lane.index()));
        lanes
            .filter_map(|lane| {
                let nodes: Vec<_> = lane.nodes.iter().map(|node| plane.to_local(*node)).collect();
                let (stop_line, _) = along(&nodes, lane.stop_line)?;
                let (gate, out) = along(&nodes, lane.stop_line + CLOSE)?;
                let reach = out - lane.stop_line;
                (reach > Length::ZERO).then_some(Self { stop_line, gate, reach })
            })
            .max_by(|one, other| one.reach.metres().total_cmp(&other.reach.metres()))
    }

    /// Of a place that no lane matches: is it one from which nobody comes by this approach?
    fn is_off_road(&self, place: LocalPosition) -> bool {
        let distance = self.stop_line.distance_to(place);
        if distance < self.reach {
            return true;
        }
        let turn = (self.stop_line.heading_to(place) - self.stop_line.heading_to(self.gate)).normalised();
        let off = turn.min(Angle::from_degrees(360.0) - turn);
        distance < NEAR && off > BEHIND
    }
}

/// The point that lies a length along a line, or its end, and how far that is.
fn along(nodes: &[LocalPosition], length: Length) -> Option<(LocalPosition, Length)> {
    let mut gone = Length::ZERO;
    for segment in nodes.windows(2) {
        let here = segment[0].distance_to(segment[1]);
        if gone + here >= length && here > Length::ZERO {
            let share = (length - gone) / here;
            let (east, north) =
                (segment[1].east() - segment[0].east(), segment[1].north() - segment[0].north());
            let point = LocalPosition::from_metres(
                (segment[0].east() + east * share).metres(),
                (segment[0].north() + north * share).metres(),
            );
            return Some((point, length));
        }
        gone += here;
    }
    Some((*nodes.last()?, gone))
}
