//! Whom a warning concerns: one driver's place, direction and road against the warnings that are held. It shows nothing.

use serde::{Deserialize, Serialize};
use voorrang_messages::emergency_vehicle_approaching::ActionId;
use voorrang_units::{Angle, GeodeticPosition, Instant, Length, LocalPosition, Speed};

use super::receiver::Approaching;
use super::way::{Way, turn_between};
use super::{EvaReceiver, ReceiverConfig};

/// Who may have to be warned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driver {
    /// Where.
    pub position: GeodeticPosition,
    /// Whereto, clockwise from north; of one that stands, whereto it stands.
    pub heading: Angle,
    /// How fast, if known; negative backwards.
    pub speed: Option<Speed>,
}

/// A warning that concerns a driver now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EvaAlert {
    /// Which.
    pub action: ActionId,
    /// How far away the vehicle is, along the road where that is known.
    pub distance: Length,
    /// Where it comes from.
    pub from: ComesFrom,
}

/// Where a vehicle comes from, as the driver sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComesFrom {
    /// From behind, on the driver's road.
    Behind,
    /// From ahead: it is oncoming.
    Ahead,
    /// From the left, on a crossing road.
    Left,
    /// From the right, on a crossing road.
    Right,
}

/// Which warnings one driver is being warned by: the memory that keeps them from flickering.
#[derive(Debug, Clone)]
pub struct Relevance {
    config: ReceiverConfig,
    warned: Vec<Warned>,
    now: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Warned {
    alert: EvaAlert,
    /// When it last concerned the driver.
    last: Instant,
}

impl Relevance {
    /// Of a driver who is not being warned.
    #[must_use]
    pub fn new(config: ReceiverConfig) -> Self {
        Self { config, warned: Vec::new(), now: Instant::from_unix_millis(i64::MIN) }
    }

    /// Says by which warnings the driver is to be warned now, the nearest first. They hold until the next call: call it at each new position
    /// and each warning that came in, at the latest every second. A `now` before that of the last call counts as that.
    pub fn assess(&mut self, now: Instant, driver: &Driver, receiver: &EvaReceiver) -> Vec<EvaAlert> {
        self.now = self.now.max(now);
        let Self { config, warned: before, now } = self;
        let concerns = |(action, approach): (ActionId, &Approaching)| {
            let before = before.iter().find(|warned| warned.alert.action == action);
            let bounds = Bounds::of(config, approach, before.is_some());
            if let Some((distance, from)) = approach.concerns(driver, &bounds) {
                return Some(Warned { alert: EvaAlert { action, distance, from }, last: *now });
            }
            before.filter(|warned| warned.last + config.hold > *now).copied()
        };
        let mut warned: Vec<_> = receiver.approaching(*now).filter_map(concerns).collect();
        warned.sort_by(|a, b| a.alert.distance.metres().total_cmp(&b.alert.distance.metres()));
        self.warned = warned;
        self.warned.iter().map(|warned| warned.alert).collect()
    }
}

/// How near, and how much in line; wider for a driver who is being warned.
struct Bounds {
    distance: Length,
    beside: Length,
    /// At most so much off a direction is in line with it.
    off: Angle,
    /// At most so much faster than the vehicle behind a driver is.
    faster: Speed,
    oncoming_beyond_crossing: bool,
}

impl Bounds {
    fn of(config: &ReceiverConfig, approach: &Approaching, warned: bool) -> Self {
        let oncoming_beyond_crossing = config.oncoming_beyond_crossing;
        let (distance, beside, off, faster) = if warned {
            (config.release_distance, config.release_beside, 60.0, 3.0)
        } else {
            (config.distance, config.beside, 45.0, 1.0)
        };
        let distance = approach.distance.map_or(distance, |told| distance.min(told));
        Self {
            distance,
            beside,
            off: Angle::from_degrees(off),
            faster: Speed::from_metres_per_second(faster),
            oncoming_beyond_crossing,
        }
    }

    fn in_line(&self, one: Angle, other: Angle) -> bool {
        turn_between(one, other) <= self.off
    }

    fn opposed(&self, one: Angle, other: Angle) -> bool {
        turn_between(one, other) >= HALF_TURN - self.off
    }
}

const HALF_TURN: Angle = Angle::from_degrees(180.0);
/// A driver who is this near is warned, be it faster than the vehicle behind (judgement: what a vehicle catches up in a queue of some cars).
const NEAR: Length = Length::from_metres(100.0);
/// On an unknown road, who drives towards the line of the vehicle is warned within this distance of it: what lies before the stop line of a
/// crossing when one is warned in time to brake from 50 km/h (judgement).
const CROSSING_TRAFFIC: Length = Length::from_metres(100.0);

impl Approaching {
    fn concerns(&self, driver: &Driver, bounds: &Bounds) -> Option<(Length, ComesFrom)> {
        let place = self.plane.to_local(driver.position);
        let backwards = driver.speed.is_some_and(|speed| speed < Speed::ZERO);
        let heading = if backwards { driver.heading + HALF_TURN } else { driver.heading };
        let (distance, from) = if self.ways.is_empty() {
            self.without_road(place, heading, bounds)?
        } else {
            let on_way = |way| self.on_way(way, place, heading, bounds);
            let found = self.ways.iter().filter_map(on_way);
            found.min_by(|(a, _), (b, _)| a.metres().total_cmp(&b.metres()))?
        };
        let gone = from == ComesFrom::Behind && distance > NEAR && self.is_outrun_by(driver, bounds);
        (distance <= bounds.distance && !gone).then_some((distance, from))
    }

    /// Before the crossing, a driver of that road is warned in both directions. Beyond it, who drives on in the vehicle's course is warned from
    /// behind, and who comes to the crossing from a side road from that side; who leaves on a side road is not.
    fn on_way(
        &self,
        way: &Way,
        place: LocalPosition,
        heading: Angle,
        bounds: &Bounds,
    ) -> Option<(Length, ComesFrom)> {
        let foot = way.foot(place);
        // Who is behind the vehicle has been passed, or follows it.
        if foot.before || foot.beside > bounds.beside {
            return None;
        }
        let away = bounds.in_line(heading, foot.heading?);
        let towards = bounds.opposed(heading, foot.heading?);
        let beyond = self.crossing.is_some_and(|crossing| foot.along > crossing);
        let from = match self.course.filter(|_| beyond) {
            _ if !away && !towards => return None,
            None if away => ComesFrom::Behind,
            None => ComesFrom::Ahead,
            Some(course) if bounds.in_line(heading, course) => {
                if towards {
                    return None;
                }
                ComesFrom::Behind
            }
            Some(course) if bounds.opposed(heading, course) => {
                if away || !bounds.oncoming_beyond_crossing {
                    return None;
                }
                ComesFrom::Ahead
            }
            Some(course) => {
                if away {
                    return None;
                }
                side(course, heading)
            }
        };
        Some((foot.along, from))
    }

    /// Where the sender told no road: a strip ahead of the vehicle, and who drives towards it from the side. Without a course there is none.
    fn without_road(
        &self,
        place: LocalPosition,
        heading: Angle,
        bounds: &Bounds,
    ) -> Option<(Length, ComesFrom)> {
        let course = self.course?;
        let vehicle = LocalPosition::default();
        let distance = vehicle.distance_to(place);
        let bearing = vehicle.heading_to(place);
        let off = turn_between(bearing, course);
        if off > HALF_TURN / 2.0 {
            return None;
        }
        // Along the arc: on the strip that is the distance beside it, further out somewhat more.
        let beside = distance * off.radians();
        let on_strip = beside <= bounds.beside;
        if bounds.in_line(heading, course) {
            on_strip.then_some((distance, ComesFrom::Behind))
        } else if bounds.opposed(heading, course) {
            on_strip.then_some((distance, ComesFrom::Ahead))
        } else {
            let from = side(course, heading);
            // Who has it on the left comes from its right: otherwise the driver moves away from its line.
            let comes = is_clockwise_of(bearing, course) == (from == ComesFrom::Left);
            (comes && beside <= CROSSING_TRAFFIC).then_some((distance, from))
        }
    }

    fn is_outrun_by(&self, driver: &Driver, bounds: &Bounds) -> bool {
        let speeds = driver.speed.zip(self.speed);
        speeds.is_some_and(|(driver, vehicle)| driver - vehicle > bounds.faster)
    }
}

/// From which side a vehicle on that course crosses a driver's heading.
fn side(course: Angle, heading: Angle) -> ComesFrom {
    if is_clockwise_of(course, heading) { ComesFrom::Left } else { ComesFrom::Right }
}

/// Whether the shorter turn from `other` to `one` is clockwise.
fn is_clockwise_of(one: Angle, other: Angle) -> bool {
    (one - other).normalised() < HALF_TURN
}
