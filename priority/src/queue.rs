//! Queues before the stop lines, estimated from what a control area is told: detectors, confirmed lamps, and the positions of the equipped
//! share. Never a true count: there is none on the street.
//!
//! For each lane that leads to a signal group:
//! - *Arrivals* are counted at the most upstream loop of the lane and smoothed over five minutes; a lane without loops has the design
//!   flow of the configuration.
//! - At red the queue grows by what is counted there; at the stop line it is at least one while that loop is occupied, none while it is free
//!   for long, and it reaches at least to the end of an occupied long loop. Without an upstream loop it grows by the arrival rate.
//!   Without any loop it is what came since the last green.
//! - At green it shrinks by what leaves over the stop-line loop, or by the saturation flow after the start-up lost time.
//! - A slow vehicle that tells where it is (CAM) stands in the queue: it is at least as long as the way from there to the stop line.
//!
//! Sources: input-output counts and saturation flow discharge are textbook traffic engineering (HCM); the saturation headway of 1.9 s and the
//! lost time of 2.0 s are the usual values, 2.0 s also MMITSS's `vehicleStartUpLossTime`. Fails where vehicles change lanes between the
//! loops (counts drift until the queue is gone), behind a long vehicle, and where the queue reaches beyond the upstream loop: then it is as
//! long as the way to that loop at least, and not known to be longer.

use serde::{Deserialize, Serialize};
use voorrang_signals::intersection::{Detector, DetectorKind, Direction, GroupKind};
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, Intersection, LaneIndex};
use voorrang_units::{Duration, Instant, Length, Speed};

/// How traffic leaves and stands. Defaults: strategies' usual values, see the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// Between two vehicles of a discharging queue. Default 1.9 s: 3600 s / 1900 vehicles.
    #[serde(rename = "saturation_headway_s", with = "crate::seconds")]
    pub saturation_headway: Duration,
    /// From the start of green until the queue is at saturation flow. Default 2.0 s.
    #[serde(rename = "lost_time_s", with = "crate::seconds")]
    pub lost_time: Duration,
    /// What a standing vehicle takes, gap included. Default 7.5 m.
    #[serde(rename = "spacing_m")]
    pub spacing: Length,
    /// Arrivals on a lane that has no loops, vehicles an hour. Default 300 (judgement: a lane at half its share of saturation flow).
    pub design_flow_per_hour: f64,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            saturation_headway: Duration::from_millis(1900),
            lost_time: Duration::from_seconds(2),
            spacing: Length::from_metres(7.5),
            design_flow_per_hour: 300.0,
        }
    }
}

/// Counts are smoothed over this long.
const MEMORY_S: f64 = 300.0;
/// A stop-line loop that is free for this long at red has no queue behind it.
const FREE: Duration = Duration::from_seconds(6);
/// Nobody takes longer from the upstream loop to the stop line than at this speed, if nothing stands between: 25 km/h.
const ROLLING: Speed = Speed::from_metres_per_second(7.0);
/// Slower vehicles stand in a queue.
const SLOW: Speed = Speed::from_metres_per_second(2.2);

/// The queue on one lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Queue {
    /// Vehicles that stand, or leave one after the other.
    pub vehicles: f64,
    /// Vehicles that come, a second.
    pub arrivals_per_s: f64,
}

/// The queues of one intersection. Allocates nothing after its construction.
#[derive(Debug, Clone)]
pub struct Queues {
    config: QueueConfig,
    lanes: Vec<LaneQueue>,
    /// For each detector the place of its lane, and what it counts there.
    detectors: Vec<Option<(usize, Place)>>,
    /// For each group since when somebody waits there.
    waiting: Vec<Option<Instant>>,
}

/// Which of a lane's counts a detector gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Who leaves.
    StopLine,
    /// Who comes.
    Upstream,
    /// Neither: it only sees how far the queue reaches.
    Between,
}

#[derive(Debug, Clone)]
struct LaneQueue {
    lane: LaneIndex,
    /// The groups that let it go.
    groups: Vec<GroupIndex>,
    /// From the stop line to the upstream loop, where there is one.
    upstream: Option<Length>,
    has_stop_line: bool,
    vehicles: f64,
    arrivals_per_s: f64,
    /// When the counts were last brought up to date.
    updated: Instant,
    green_since: Option<Instant>,
    stop_line_occupied: bool,
    stop_line_since: Instant,
    last_arrival: Instant,
}

impl Queues {
    /// No queues, and the design flow everywhere.
    #[must_use]
    pub fn new(intersection: &Intersection, config: QueueConfig, now: Instant) -> Self {
        let motor = |group: &GroupIndex| {
            matches!(intersection.groups()[group.index()].kind, GroupKind::Motor | GroupKind::PublicTransport)
        };
        let indexed = intersection.lanes().iter().enumerate();
        let ingress = indexed.filter(|(_, lane)| lane.direction == Direction::Ingress);
        let lanes: Vec<LaneQueue> = ingress
            .filter_map(|(index, _)| {
                let lane = LaneIndex::at(index)?;
                let from_lane = intersection.connections().iter().filter(|one| one.from == lane);
                let mut groups: Vec<GroupIndex> =
                    from_lane.filter_map(|one| one.group).filter(motor).collect();
                groups.sort_unstable();
                groups.dedup();
                let on_lane = || intersection.detectors().iter().filter(|one| one.lane == Some(lane));
                let stop_line = on_lane().any(|one| one.kind == DetectorKind::StopLineLoop);
                let upstream = on_lane().filter(|one| one.kind != DetectorKind::StopLineLoop);
                let upstream =
                    upstream.map(|one| one.distance).max_by(|a, b| a.metres().total_cmp(&b.metres()));
                (!groups.is_empty()).then(|| LaneQueue {
                    lane,
                    groups,
                    upstream,
                    has_stop_line: stop_line,
                    vehicles: 0.0,
                    arrivals_per_s: config.design_flow_per_hour / 3600.0,
                    updated: now,
                    green_since: None,
                    stop_line_occupied: false,
                    stop_line_since: now,
                    last_arrival: now,
                })
            })
            .collect();
        let detectors = intersection.detectors().iter().map(|detector| {
            let place = lanes.iter().position(|lane| Some(lane.lane) == detector.lane)?;
            Some((place, lanes[place].place_of(detector)))
        });
        Self {
            detectors: detectors.collect(),
            waiting: vec![None; intersection.groups().len()],
            config,
            lanes,
        }
    }

    /// The queue on a lane; none where it leads to no signal group of motor traffic.
    #[must_use]
    pub fn on(&self, lane: LaneIndex, now: Instant) -> Option<Queue> {
        let lane = self.lanes.iter().find(|one| one.lane == lane)?;
        Some(Queue { vehicles: lane.expected(now, &self.config), arrivals_per_s: lane.arrivals_per_s })
    }

    /// The lanes that a group lets go, with their queues.
    pub fn of_group(&self, group: GroupIndex, now: Instant) -> impl Iterator<Item = (LaneIndex, Queue)> {
        let lanes = self.lanes.iter().filter(move |lane| lane.groups.contains(&group));
        lanes.map(move |lane| {
            let vehicles = lane.expected(now, &self.config);
            (lane.lane, Queue { vehicles, arrivals_per_s: lane.arrivals_per_s })
        })
    }

    /// Since when somebody waits at a group that is not green, as far as its detectors tell.
    #[must_use]
    pub fn waiting_since(&self, group: GroupIndex) -> Option<Instant> {
        self.waiting.get(group.index()).copied().flatten()
    }

    /// How traffic leaves and stands.
    #[must_use]
    pub const fn config(&self) -> &QueueConfig {
        &self.config
    }

    pub(crate) fn detect(
        &mut self,
        now: Instant,
        intersection: &Intersection,
        aspect: impl Fn(GroupIndex) -> Option<Aspect>,
        detector: DetectorIndex,
        occupied: bool,
    ) {
        let Some(own) = intersection.detectors().get(detector.index()) else { return };
        if occupied && own.measuring.requests && aspect(own.group) != Some(Aspect::Green) {
            self.waiting[own.group.index()].get_or_insert(now);
        }
        let Some((place, what)) = self.detectors[detector.index()] else { return };
        let lane = &mut self.lanes[place];
        lane.bring_up_to(now, &self.config);
        match what {
            Place::Upstream if occupied => lane.count_arrival(now),
            Place::StopLine => {
                lane.stop_line_occupied = occupied;
                lane.stop_line_since = now;
                if !occupied && lane.green_since.is_some() {
                    lane.vehicles = (lane.vehicles - 1.0).max(0.0);
                } else if occupied && lane.green_since.is_none() {
                    lane.vehicles = lane.vehicles.max(1.0);
                }
            }
            Place::Between if occupied && lane.green_since.is_none() => {
                let reach = own.distance.metres() / self.config.spacing.metres();
                lane.vehicles = lane.vehicles.max(reach.floor() + 1.0);
            }
            Place::Upstream | Place::Between => {}
        }
    }

    pub(crate) fn observe(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) {
        if aspect == Aspect::Green
            && let Some(waiting) = self.waiting.get_mut(group.index())
        {
            *waiting = None;
        }
        let config = &self.config;
        for lane in self.lanes.iter_mut().filter(|lane| lane.groups.contains(&group)) {
            lane.bring_up_to(now, config);
            lane.green_since = match aspect {
                Aspect::Green => Some(lane.green_since.unwrap_or(now)),
                Aspect::Yellow | Aspect::Red => {
                    if lane.green_since.is_some() && lane.upstream.is_none() && !lane.has_stop_line {
                        // Nobody counts here: a green is taken to let all go, or the guess would drift away.
                        lane.vehicles = 0.0;
                    }
                    None
                }
            };
        }
    }

    /// A vehicle on a lane, so far before its stop line, says how fast it is.
    pub(crate) fn vehicle(&mut self, now: Instant, lane: LaneIndex, distance: Length, speed: Speed) {
        let config = &self.config;
        let Some(lane) = self.lanes.iter_mut().find(|one| one.lane == lane) else { return };
        lane.bring_up_to(now, config);
        if speed < SLOW && lane.green_since.is_none() {
            let ahead = (distance.metres() / config.spacing.metres()).floor();
            lane.vehicles = lane.vehicles.max(ahead + 1.0);
        }
    }
}

impl LaneQueue {
    fn place_of(&self, detector: &Detector) -> Place {
        match detector.kind {
            DetectorKind::StopLineLoop => Place::StopLine,
            _ if Some(detector.distance) == self.upstream => Place::Upstream,
            _ => Place::Between,
        }
    }

    /// What is there by now, should nothing have been reported since.
    fn expected(&self, now: Instant, config: &QueueConfig) -> f64 {
        let mut lane = self.clone_counts();
        lane.bring_up_to(now, config);
        lane.vehicles
    }

    /// A copy without its groups: no allocation.
    fn clone_counts(&self) -> Self {
        Self { groups: Vec::new(), ..*self }
    }

    fn count_arrival(&mut self, now: Instant) {
        self.last_arrival = now;
        self.arrivals_per_s += 1.0 / MEMORY_S;
        if self.green_since.is_none() || self.vehicles > 0.0 {
            self.vehicles += 1.0;
        }
    }

    fn bring_up_to(&mut self, now: Instant, config: &QueueConfig) {
        let passed = (now - self.updated).seconds().max(0.0);
        let since = self.updated;
        self.updated = now.max(since);
        match self.upstream {
            // Counted one by one: what is remembered of them fades.
            Some(_) => self.arrivals_per_s /= 1.0 + passed / MEMORY_S,
            None if self.green_since.is_none() => self.vehicles += self.arrivals_per_s * passed,
            None => {}
        }
        if let Some(green) = self.green_since {
            if !self.has_stop_line {
                let from = since.max(green + config.lost_time);
                let discharging = (now - from).seconds().max(0.0);
                self.vehicles = (self.vehicles - discharging / config.saturation_headway.seconds()).max(0.0);
            }
        } else if self.has_stop_line && !self.stop_line_occupied {
            // Whoever was counted has come to the stop line by then.
            let on_the_way = self.upstream.map_or(0.0, |way| way.metres() / ROLLING.metres_per_second());
            let seen = self.last_arrival + Duration::from_seconds_f64(on_the_way);
            if now - self.stop_line_since.max(seen) > FREE {
                self.vehicles = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_unix_millis(1_768_201_200_000);

    /// The main road's lane has all three loops (70 m upstream the far one), the crossing's lanes have none but one stop-line loop.
    struct Street {
        intersection: Intersection,
        queues: Queues,
        aspect: Aspect,
    }

    impl Street {
        fn new(text: &str) -> Self {
            let intersection = Intersection::from_toml(text, "junction.toml").unwrap();
            let queues = Queues::new(&intersection, QueueConfig::default(), NOW);
            Self { intersection, queues, aspect: Aspect::Red }
        }

        fn detect(&mut self, second: i64, name: &str, occupied: bool) {
            let detector = self.intersection.detector_named(name).unwrap();
            let aspect = self.aspect;
            self.queues.detect(at(second), &self.intersection, |_| Some(aspect), detector, occupied);
        }

        fn show(&mut self, second: i64, name: &str, aspect: Aspect) {
            self.aspect = aspect;
            let group = self.intersection.group_named(name).unwrap();
            self.queues.observe(at(second), group, aspect);
        }

        fn vehicles(&self, second: i64) -> f64 {
            self.queues.on(LaneIndex(0), at(second)).unwrap().vehicles
        }
    }

    fn at(second: i64) -> Instant {
        NOW + Duration::from_seconds(second)
    }

    fn with_loops() -> Street {
        Street::new(include_str!("../../signals/tests/intersections/actuated.toml"))
    }

    /// So many come, 3 s apart, and the first of them stands at the stop line.
    fn five_have_come(street: &mut Street) {
        for number in 0..5 {
            street.detect(number * 3, "023", true);
            street.detect(number * 3 + 1, "023", false);
        }
        street.detect(6, "021", true);
    }

    #[test]
    fn a_queue_grows_by_who_passes_the_upstream_loop_at_red() {
        let mut street = with_loops();
        five_have_come(&mut street);
        assert!((street.vehicles(15) - 5.0).abs() < 0.01, "{}", street.vehicles(15));
        assert!((street.vehicles(60) - 5.0).abs() < 0.01, "nobody leaves at red");
    }

    #[test]
    fn a_queue_shrinks_by_who_passes_the_stop_line_at_green() {
        let mut street = with_loops();
        five_have_come(&mut street);
        street.show(20, "02", Aspect::Green);
        for number in 0..3 {
            street.detect(22 + number * 2, "021", false);
            street.detect(23 + number * 2, "021", true);
        }
        assert!((street.vehicles(28) - 2.0).abs() < 0.01, "{}", street.vehicles(28));
    }

    #[test]
    fn a_free_stop_line_at_red_has_no_queue_behind_it() {
        let mut street = with_loops();
        street.detect(0, "023", true);
        assert!(street.vehicles(10) > 0.9, "still on its way");
        assert!(street.vehicles(60) < 0.1, "it has turned off");
    }

    #[test]
    fn a_slow_vehicle_tells_how_far_the_queue_reaches() {
        let mut street = with_loops();
        street.detect(0, "021", true);
        street.queues.vehicle(
            at(5),
            LaneIndex(0),
            Length::from_metres(52.0),
            Speed::from_metres_per_second(0.3),
        );
        assert!((street.vehicles(6) - 7.0).abs() < 0.01, "{}", street.vehicles(6));
        let fast = Speed::from_metres_per_second(12.0);
        street.queues.vehicle(at(7), LaneIndex(0), Length::from_metres(200.0), fast);
        assert!((street.vehicles(8) - 7.0).abs() < 0.01, "one that drives does not");
    }

    #[test]
    fn without_loops_a_queue_is_what_came_since_the_last_green() {
        let mut street = Street::new(include_str!("../tests/support/crossing.toml"));
        // Group 05 has no loop.
        street.show(0, "05", Aspect::Green);
        street.show(30, "05", Aspect::Yellow);
        // 300 vehicles an hour.
        let vehicles = |street: &Street, second| {
            street.queues.of_group(GroupIndex(2), at(second)).next().unwrap().1.vehicles
        };
        assert!((vehicles(&street, 90) - 5.0).abs() < 0.01, "{}", vehicles(&street, 90));
        street.show(90, "05", Aspect::Green);
        assert!(vehicles(&street, 110) < 0.1, "let go at saturation flow");
    }

    #[test]
    fn arrivals_are_counted_over_minutes() {
        let mut street = with_loops();
        street.show(0, "02", Aspect::Green);
        // One every six seconds for an hour.
        for number in 0..600 {
            street.detect(number * 6, "023", true);
            street.detect(number * 6 + 1, "023", false);
        }
        let arrivals = street.queues.on(LaneIndex(0), at(3600)).unwrap().arrivals_per_s;
        assert!((arrivals - 1.0 / 6.0).abs() < 0.02, "{arrivals}");
    }

    #[test]
    fn somebody_waits_from_his_first_detection_to_his_green() {
        let mut street = with_loops();
        let group = street.intersection.group_named("02").unwrap();
        assert_eq!(street.queues.waiting_since(group), None);
        street.detect(7, "021", true);
        street.detect(9, "021", false);
        assert_eq!(street.queues.waiting_since(group), Some(at(7)));
        street.show(20, "02", Aspect::Green);
        assert_eq!(street.queues.waiting_since(group), None);
    }
}
