//! Necessary lane changes: towards the lane from which the route goes on. A change is made within a step, where the gap in the
//! other lane lets both drivers there keep to moderate braking; the closer the end of the lane, the less moderate.

use crate::traffic::columns::Cell;
use crate::traffic::roads::Track;
use crate::traffic::{Moment, Traffic};
use crate::vehicle::car_following::idm;

/// What a change may ask of itself or of the one behind, m/s2: far from the lane's end, and added towards it.
const MODERATE_BRAKING: f64 = 2.0;
const URGENT_BRAKING: f64 = 3.0;
/// Urgency grows over this distance to the lane's end, m.
const URGENT_WITHIN: f64 = 150.0;
/// Between vehicles that hardly move a change needs no more than this, m; "hardly" is below, m/s.
const CRAWLING_GAP: f64 = 0.5;
const CRAWLING: f64 = 1.5;
/// Between two changes of one vehicle, s.
const CHANGE_SPACING: f64 = 2.0;

/// The neighbours that a vehicle would have in the other lane.
struct Neighbours {
    leader: Option<Cell>,
    follower: Option<Cell>,
}

impl Traffic {
    pub(super) fn change_lanes(&mut self, moment: &Moment<'_>) {
        for lane in 0..self.roads.lane_count {
            if self.changing[lane as usize] == 0 {
                continue;
            }
            let number = self.roads.lanes[lane as usize].number;
            // From the front back: taking one out leaves those still to come where they are.
            for index in (0..self.columns[lane as usize].len()).rev() {
                let slot = self.columns[lane as usize].vehicle[index];
                let vehicle = &self.vehicles[slot as usize];
                if vehicle.target == number || moment.now_s < vehicle.changed_s + CHANGE_SPACING {
                    continue;
                }
                let other = if vehicle.target > number { lane + 1 } else { lane - 1 };
                self.try_change(moment, lane, other, index);
            }
        }
    }

    fn try_change(&mut self, moment: &Moment<'_>, lane: Track, other: Track, index: usize) {
        let cell = self.columns[lane as usize].cell(index);
        let (length, other_length) = (self.roads.length[lane as usize], self.roads.length[other as usize]);
        let moved = Cell { position: cell.position * other_length / length, ..cell };
        let neighbours = self.neighbours(other, &moved);
        let urgency = (1.0 - (length - cell.position) / URGENT_WITHIN).clamp(0.0, 1.0);
        let braking = MODERATE_BRAKING + URGENT_BRAKING * urgency;
        let in_front = neighbours.leader.is_none_or(|leader| self.fits(&moved, &leader, braking));
        let behind = neighbours.follower.is_none_or(|follower| self.fits(&follower, &moved, braking));
        if !(in_front && behind) {
            self.ask_for_room(other, &moved, &neighbours);
            return;
        }
        self.columns[lane as usize].remove(index);
        self.counts[lane as usize] -= 1;
        self.changing[lane as usize] -= 1;
        self.columns[other as usize].insert(moved);
        self.counts[other as usize] += 1;
        let number = self.roads.lanes[other as usize].number;
        let vehicle = &mut self.vehicles[cell.vehicle as usize];
        vehicle.track = other;
        vehicle.changed_s = moment.now_s;
        let limit = self.roads.speed_limit[other as usize];
        vehicle.over_desired = 1.0 / vehicle.driver.desired_speed(limit);
        if vehicle.target != number {
            self.changing[other as usize] += 1;
        }
    }

    /// Can `follower` drive behind `leader` without braking harder than `braking`?
    fn fits(&self, follower: &Cell, leader: &Cell, braking: f64) -> bool {
        let gap = leader.rear() - follower.position;
        if follower.speed < CRAWLING && leader.speed < CRAWLING {
            return gap > CRAWLING_GAP;
        }
        let vehicle = &self.vehicles[follower.vehicle as usize];
        gap > CRAWLING_GAP
            && idm::following(&vehicle.driver, follower.speed, vehicle.over_desired, gap, leader.speed)
                > -braking
    }

    /// Who would be in front and behind, also across the lane's ends.
    fn neighbours(&self, lane: Track, moved: &Cell) -> Neighbours {
        let column = self.column(lane);
        let at = column.index_at(moved.position);
        let leader = (at < column.len()).then(|| column.cell(at)).or_else(|| self.rear_beyond(lane));
        let follower = if at > 0 { Some(column.cell(at - 1)) } else { self.front_before(lane) };
        Neighbours { leader, follower }
    }

    /// A vehicle that has left the lane with its front only.
    fn rear_beyond(&self, lane: Track) -> Option<Cell> {
        let (over, speed) = self.tail_over(lane)?;
        let tail = self.tails[lane as usize]?;
        let length = self.vehicles[tail.vehicle as usize].driver.length;
        let position = self.roads.length[lane as usize] - over + length;
        Some(Cell { position, speed, length, vehicle: tail.vehicle })
    }

    /// The vehicle that will enter the lane next, at its position before the lane's start.
    fn front_before(&self, lane: Track) -> Option<Cell> {
        self.roads
            .entering(lane)
            .iter()
            .filter_map(|link| {
                let track = self.roads.link_track(*link);
                let column = self.column(track);
                let front = column.len().checked_sub(1)?;
                let cell = column.cell(front);
                Some(Cell { position: cell.position - self.roads.length[track as usize], ..cell })
            })
            .max_by(|a, b| a.position.total_cmp(&b.position))
    }

    /// No room yet: the one behind in the other lane lets it in, and it drops back behind the one in front there.
    fn ask_for_room(&mut self, other: Track, moved: &Cell, neighbours: &Neighbours) {
        let column = self.column(other);
        // Who is beside it cannot make room; the next one behind can.
        let polite = match &neighbours.follower {
            Some(follower) if follower.position > moved.rear() => {
                let at = column.index_at(moved.rear());
                at.checked_sub(1).map(|index| column.cell(index))
            }
            follower => *follower,
        };
        if let Some(polite) = polite {
            self.be_courteous(&polite, moved);
        }
        if let Some(leader) = &neighbours.leader {
            self.be_courteous(moved, leader);
        }
    }

    fn be_courteous(&mut self, follower: &Cell, leader: &Cell) {
        let gap = (leader.rear() - follower.position).max(CRAWLING_GAP);
        let vehicle = &mut self.vehicles[follower.vehicle as usize];
        if vehicle.courtesy.is_none_or(|(other, _)| gap < other) {
            vehicle.courtesy = Some((gap, leader.speed));
            vehicle.distracted = true;
        }
    }
}
