//! What a driver sees beyond the end of its track: the stop line, the junction and the next leader on its route.

use crate::run_options::AtRed;
use crate::traffic::motion::Intent;
use crate::traffic::right_of_way::Way;
use crate::traffic::roads::Track;
use crate::traffic::vehicle::{STANDING, Vehicle};
use crate::traffic::{Moment, Traffic};
use crate::vehicle::car_following::idm;
use crate::vehicle::kinematics::deceleration_needed;

/// Drivers stop with their front this far before a stop line, m (car following adds nothing: it is the gap that they aim for).
const STOP_LINE_MARGIN: f64 = 1.0;
/// Who has no way on from its lane stops this far before its end and leaves room beside, m: those who want to the left
/// close to the end, those who want to the right behind them, so that neither blocks the other.
const LEFT_WISH_MARGIN: f64 = 2.0;
const RIGHT_WISH_MARGIN: f64 = 18.0;
/// Of two who enter the same lane, one slower than this stands in the other's way, m/s.
const MERGING_STANDSTILL: f64 = 1.0;
/// The share of its comfortable deceleration at which a driver starts to brake for a slower stretch.
const SLOW_DOWN_SHARE: f64 = 0.7;

/// How far a driver looks, m.
#[inline]
pub(super) fn horizon(speed: f64) -> f64 {
    30.0 + 6.0 * speed
}

/// Where a driver is, as its look ahead needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewpoint<'a> {
    pub(super) vehicle: &'a Vehicle,
    pub(super) track: Track,
    pub(super) position: f64,
    pub(super) speed: f64,
    /// Somebody drives in front on the same track: what lies beyond the next junction is that one's business.
    pub(super) has_leader: bool,
}

/// What a look ahead comes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    /// The strongest hold of any leader or stop, m/s2 (to be taken off the free acceleration).
    pub(super) interaction: f64,
    /// No more than this, m/s2.
    pub(super) limit: f64,
    /// It is going to stop at its track's end: those behind need not look there themselves.
    pub(super) stops: bool,
    /// What makes it stand (if it stands) is a cause: red, or a queue.
    pub(super) caused: bool,
    /// Its front overlaps the vehicle in front of it on its way.
    pub(super) overlaps: bool,
    /// It crosses a junction although others wait likewise: the junction that it claims.
    pub(super) claims: Option<u32>,
}

impl Ahead {
    fn new() -> Self {
        Self {
            interaction: 0.0,
            limit: f64::INFINITY,
            stops: false,
            caused: false,
            overlaps: false,
            claims: None,
        }
    }

    /// A vehicle in front, `gap` metres away.
    fn follow(&mut self, view: &Viewpoint<'_>, gap: f64, speed: f64) {
        self.interaction =
            self.interaction.max(idm::interaction(&view.vehicle.driver, view.speed, gap, speed));
        self.caused |= speed < STANDING && gap < 10.0;
    }

    /// A place to stop at, `distance` metres away.
    fn stop_at(&mut self, view: &Viewpoint<'_>, distance: f64) {
        let gap = distance + view.vehicle.driver.min_gap;
        self.interaction = self.interaction.max(idm::interaction(&view.vehicle.driver, view.speed, gap, 0.0));
    }

    /// A stretch with a lower speed begins `distance` metres away.
    fn slow_to(&mut self, view: &Viewpoint<'_>, speed: f64, distance: f64) {
        let needed = deceleration_needed(view.speed, speed, distance);
        if needed > SLOW_DOWN_SHARE * view.vehicle.driver.deceleration {
            self.limit = self.limit.min(-needed.min(2.0 * view.vehicle.driver.deceleration));
        }
    }
}

impl Traffic {
    /// What the driver does about what lies beyond its track.
    pub(super) fn look_ahead(&self, moment: &Moment<'_>, view: &Viewpoint<'_>) -> Ahead {
        let mut ahead = Ahead::new();
        let sight = horizon(view.speed);
        let mut distance = self.roads.length[view.track as usize] - view.position;
        let mut leg = view.vehicle.leg;
        let mut lane = view.track;
        if self.roads.is_link(view.track) {
            let link = view.track - self.roads.lane_count;
            self.follow_merging(view, link, distance, &mut ahead);
            self.let_cross(view, link, &mut ahead);
            if view.has_leader {
                return ahead;
            }
            lane = self.roads.links[link as usize].to;
            leg += 1;
            if self.pass_lane(view, link, &mut distance, &mut ahead) {
                return ahead;
            }
        }
        while distance < sight {
            let road = self.roads.lanes[lane as usize];
            let Some(link) = self.plans.link(view.vehicle.plan, leg, road.number) else {
                if leg + 1 < self.plans.leg_count(view.vehicle.plan) {
                    self.stop_in_wrong_lane(view, leg, road.number, distance, &mut ahead);
                }
                return ahead;
            };
            if !view.has_leader {
                self.follow_tail(view, lane, distance, &mut ahead);
            }
            match self.way(moment, view, link, distance) {
                Way::Open { claims } => ahead.claims = claims,
                Way::OpenAtRed { speed } => ahead.slow_to(view, speed, distance),
                Way::Closed { caused } => {
                    ahead.stop_at(view, distance - STOP_LINE_MARGIN);
                    ahead.stops = true;
                    ahead.caused |= caused;
                    return ahead;
                }
            }
            let track = self.roads.link_track(link);
            ahead.slow_to(view, self.crossing_speed(view.vehicle, link), distance);
            if view.has_leader {
                return ahead;
            }
            if let Some(leader) = self.rear_most(track) {
                let gap = distance + leader.rear();
                ahead.follow(view, gap, leader.speed);
                return ahead;
            }
            distance += self.roads.length[track as usize];
            self.follow_merging(view, link, distance, &mut ahead);
            lane = self.roads.links[link as usize].to;
            leg += 1;
            if self.pass_lane(view, link, &mut distance, &mut ahead) {
                return ahead;
            }
        }
        ahead
    }

    /// The speed that a driver wants on a link: nobody exceeds the limit of a turn.
    pub(super) fn crossing_speed(&self, vehicle: &Vehicle, link: u32) -> f64 {
        let limit = self.roads.speed_limit[self.roads.link_track(link) as usize];
        let desired = vehicle.driver.desired_speed(limit);
        if self.roads.links[link as usize].turning { desired.min(limit) } else { desired }
    }

    /// Whether the emergency vehicle's crew passes red lights.
    pub(super) fn passes_red(&self, vehicle: &Vehicle) -> bool {
        vehicle.is_emergency() && self.at_red == AtRed::PassSlowly
    }

    fn rear_most(&self, track: Track) -> Option<super::columns::Cell> {
        if self.counts[track as usize] == 0 { None } else { self.column(track).rear_most() }
    }

    /// The whole lane that `link` enters: true if somebody drives there, who is then the leader. `distance` is to its start, and then
    /// to its end.
    fn pass_lane(&self, view: &Viewpoint<'_>, link: u32, distance: &mut f64, ahead: &mut Ahead) -> bool {
        let lane = self.roads.links[link as usize].to;
        if let Some(leader) = self.rear_most(lane) {
            let gap = *distance + leader.rear();
            // A rear that is still on a junction may be on another link than this: beside, not in front.
            ahead.overlaps |= gap < 0.0 && leader.rear() >= 0.0;
            ahead.follow(view, gap, leader.speed);
            return true;
        }
        let desired = view.vehicle.driver.desired_speed(self.roads.speed_limit[lane as usize]);
        ahead.slow_to(view, desired, *distance);
        *distance += self.roads.length[lane as usize];
        false
    }

    /// Whoever has just left the lane, by whichever link, may still stand there with its rear. `distance` is to the lane's end.
    fn follow_tail(&self, view: &Viewpoint<'_>, lane: Track, distance: f64, ahead: &mut Ahead) {
        if let Some((over, speed)) = self.tail_over(lane) {
            // A rear beyond the start of a lane further on may be on another link than this: beside, not in front.
            let same_way = lane == view.track || over <= self.roads.length[lane as usize];
            ahead.overlaps |= distance < over && same_way;
            ahead.follow(view, distance - over, speed);
        }
    }

    /// Those who enter the same lane by another link and will be there before are leaders already. `distance` is to that lane.
    fn follow_merging(&self, view: &Viewpoint<'_>, link: u32, distance: f64, ahead: &mut Ahead) {
        for conflict in self.roads.conflicts(link).iter().filter(|conflict| conflict.merges) {
            let track = self.roads.link_track(conflict.foe);
            if self.counts[track as usize] == 0 {
                continue;
            }
            let column = self.column(track);
            let length = self.roads.length[track as usize];
            for index in 0..column.len() {
                let cell = column.cell(index);
                let their_distance = length - cell.position;
                let before = their_distance < distance
                    // On the line at once: the lower number goes first.
                    || (their_distance <= distance && conflict.foe < link);
                if before {
                    ahead.follow(view, distance - their_distance - cell.length, cell.speed);
                    break;
                }
            }
        }
    }

    /// On the junction already: whoever crosses in front and will be there first is let pass. Of those who enter the same lane, that
    /// is for whoever stands in the way; who moves is followed.
    fn let_cross(&self, view: &Viewpoint<'_>, link: u32, ahead: &mut Ahead) {
        for conflict in self.roads.conflicts(link) {
            let track = self.roads.link_track(conflict.foe);
            let distance = conflict.enter - view.position;
            if self.counts[track as usize] == 0 || distance < 0.0 {
                continue;
            }
            let column = self.column(track);
            let crosses = (0..column.len()).map(|index| column.cell(index)).any(|foe| {
                if foe.rear() >= conflict.foe_exit {
                    return false;
                }
                let foe_distance = conflict.foe_enter - foe.position;
                if conflict.merges {
                    return foe_distance < 0.0 && foe.speed < MERGING_STANDSTILL;
                }
                // Whoever is in the shared area goes first; else who gets there first, and at once the lower number.
                let (own, other) = (distance * foe.speed, foe_distance * view.speed);
                foe_distance < 0.0
                    || (foe.speed > STANDING && (other < own || (other <= own && conflict.foe < link)))
            });
            if crosses {
                ahead.stop_at(view, distance - STOP_LINE_MARGIN);
            }
        }
    }

    /// The lane does not lead on: it waits for its lane change, so that others find room beside it.
    fn stop_in_wrong_lane(
        &self,
        view: &Viewpoint<'_>,
        leg: u32,
        number: u8,
        distance: f64,
        ahead: &mut Ahead,
    ) {
        let to_the_left = self.plans.target(view.vehicle.plan, leg, number) > number;
        let margin = if to_the_left { LEFT_WISH_MARGIN } else { RIGHT_WISH_MARGIN };
        // On a short edge the margin is what there is.
        let edge = self.plans.edge(view.vehicle.plan, leg);
        let first_lane = self.scenario.network.edges[edge.index()].lanes.start;
        let room = self.roads.length[first_lane as usize];
        ahead.stop_at(view, distance - margin.min(room / 2.0));
        ahead.stops = true;
    }
}

impl Intent {
    /// Takes what lies ahead into account.
    pub(super) fn heed(&mut self, ahead: &Ahead, free: f64) {
        self.acceleration = self.acceleration.min(free - ahead.interaction).min(ahead.limit);
        self.caused |= ahead.caused;
    }
}
