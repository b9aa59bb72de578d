//! A step: accelerations from the state before it, then everybody moves, then they change tracks.

use voorrang_signals::Aspect;

use crate::network::LinkIndex;
use crate::traffic::columns::{Cell, Slot};
use crate::traffic::look_ahead::{Viewpoint, horizon};
use crate::traffic::right_of_way::RED_PASSAGE_SPEED;
use crate::traffic::roads::{NO_LAMP, Track};
use crate::traffic::vehicle::{Kind, STANDING, Standing};
use crate::traffic::{EmergencyArrival, Moment, StopLinePassage, Tail, TiredEntry, Traffic};
use crate::vehicle::car_following::idm;

/// A yellow that has lasted longer counts as red for a passage, s.
const YELLOW_GRACE: f64 = 1.0;

/// What a driver does in a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intent {
    /// m/s2.
    pub(super) acceleration: f64,
    /// If it stands, there is a cause.
    pub(super) caused: bool,
}

impl Traffic {
    /// Every driver's intent, track by track from the front-most vehicle back.
    pub(super) fn accelerate(&mut self, moment: &Moment<'_>) {
        let mut intents = std::mem::take(&mut self.intents);
        intents.clear();
        let mut claims = Vec::new();
        let mut overlapping = Vec::new();
        for (track, count) in (0..).zip(&self.counts) {
            if *count > 0 {
                self.accelerate_track(moment, track, &mut intents, &mut claims, &mut overlapping);
            }
        }
        self.intents = intents;
        for (junction, vehicle) in claims {
            self.tired_entries[junction as usize] = TiredEntry { vehicle, at_s: moment.now_s };
        }
        for slot in overlapping {
            let vehicle = &mut self.vehicles[slot as usize];
            self.overlaps += u64::from(!vehicle.overlapping);
            vehicle.overlapping = true;
        }
    }

    fn accelerate_track(
        &self,
        moment: &Moment<'_>,
        track: Track,
        intents: &mut Vec<Intent>,
        claims: &mut Vec<(u32, u64)>,
        overlapping: &mut Vec<Slot>,
    ) {
        let column = self.column(track);
        let length = self.roads.length[track as usize];
        let count = column.len();
        // Whether whoever comes next has to look at the track's end itself: nobody in front stops there.
        let mut open = true;
        for index in (0..count).rev() {
            let (position, speed) = (column.position[index], column.speed[index]);
            let vehicle = &self.vehicles[column.vehicle[index] as usize];
            let free = idm::free(&vehicle.driver, speed, vehicle.over_desired);
            let mut intent = Intent { acceleration: free, caused: false };
            let has_leader = index + 1 < count;
            if has_leader {
                let leader_speed = column.speed[index + 1];
                let gap = column.position[index + 1] - column.length[index + 1] - position;
                intent.acceleration = free - idm::interaction(&vehicle.driver, speed, gap, leader_speed);
                intent.caused = leader_speed < STANDING;
                if gap < 0.0 {
                    overlapping.push(column.vehicle[index]);
                }
            }
            if open && length - position < horizon(speed) {
                let view = Viewpoint { vehicle, track, position, speed, has_leader };
                let ahead = self.look_ahead(moment, &view);
                intent.heed(&ahead, free);
                open = !ahead.stops;
                // One claim for a junction and step; a second comer waits for the next step and then sees the first.
                if let Some(junction) = ahead.claims {
                    if claims.iter().any(|(claimed, _)| *claimed == junction) {
                        intent.acceleration = intent.acceleration.min(0.0);
                    } else {
                        claims.push((junction, vehicle.number));
                    }
                }
                if ahead.overlaps {
                    overlapping.push(column.vehicle[index]);
                }
            }
            if vehicle.distracted {
                self.mind_beside(vehicle, track, position, speed, &mut intent, free);
            }
            intents.push(intent);
        }
    }

    /// Everybody moves: constant acceleration over the step, no further than standstill.
    pub(super) fn drive(&mut self, moment: &Moment<'_>) {
        let step = self.step_s;
        let mut intents = self.intents.iter();
        for (column, count) in self.columns.iter_mut().zip(&self.counts) {
            if *count == 0 {
                continue;
            }
            for index in (0..column.len()).rev() {
                let intent = intents.next().expect("one intent for each vehicle, in the same order");
                let before = column.speed[index];
                let acceleration = intent.acceleration.max(-idm::MAX_DECELERATION);
                let after = before + acceleration * step;
                let (after, way) = if after > 0.0 {
                    (after, 0.5 * (before + after) * step)
                } else if before > 0.0 {
                    (0.0, 0.5 * before * before / -acceleration)
                } else {
                    (0.0, 0.0)
                };
                column.speed[index] = after;
                column.position[index] += way;
                let vehicle = &mut self.vehicles[column.vehicle[index] as usize];
                vehicle.speed = after;
                vehicle.travelled += way;
                vehicle.way = way;
                vehicle.courtesy = None;
                let standing = vehicle.note_speed(after, step, intent.caused || vehicle.halting > 0.0);
                if vehicle.distracted && vehicle.halt_for(step, after, column.position[index]) {
                    self.resumed.push(column.vehicle[index]);
                }
                if standing != Standing::default() && !vehicle.is_emergency() {
                    self.stops += u64::from(standing.stopped && moment.measuring);
                    self.stuck += u64::from(standing.got_stuck);
                }
                if moment.measuring {
                    vehicle.measured = true;
                    vehicle.lost += step * (1.0 - 0.5 * (before + after) * vehicle.over_desired).max(0.0);
                }
            }
        }
        self.vehicle_updates += self.on_road;
    }

    /// Whoever's front has passed its track's end goes on to the next track, or has arrived.
    pub(super) fn change_tracks(&mut self, moment: &Moment<'_>) {
        for track in 0..super::roads::index32(self.columns.len()) {
            let length = self.roads.length[track as usize];
            while self.counts[track as usize] > 0
                && self.column(track).position.last().is_some_and(|position| *position >= length)
            {
                self.counts[track as usize] -= 1;
                if let Some(cell) = self.columns[track as usize].pop_front_most() {
                    self.go_on(moment, track, cell);
                }
            }
        }
    }

    fn go_on(&mut self, moment: &Moment<'_>, from: Track, mut cell: Cell) {
        let mut track = from;
        while cell.position >= self.roads.length[track as usize] {
            cell.position -= self.roads.length[track as usize];
            let next = if self.roads.is_link(track) {
                Some(self.enter_lane(track, cell.vehicle))
            } else {
                self.leave_lane(track, &cell);
                self.enter_link(moment, track, &cell)
            };
            let Some(next) = next else {
                self.arrive(moment, &cell);
                return;
            };
            track = next;
            self.vehicles[cell.vehicle as usize].track = next;
        }
        self.columns[track as usize].insert(cell);
        self.counts[track as usize] += 1;
    }

    /// `cell.position` is what it has driven beyond the lane's end.
    fn leave_lane(&mut self, lane: Track, cell: &Cell) {
        let vehicle = &mut self.vehicles[cell.vehicle as usize];
        self.tails[lane as usize] = Some(Tail {
            vehicle: cell.vehicle,
            number: vehicle.number,
            left_at: vehicle.travelled - cell.position,
        });
        if vehicle.target != self.roads.lanes[lane as usize].number {
            self.changing[lane as usize] -= 1;
        }
        vehicle.leave_halts_behind(&self.roads, lane);
    }

    /// From a lane over the stop line; `None` at the end of the route.
    fn enter_link(&mut self, moment: &Moment<'_>, lane: Track, cell: &Cell) -> Option<Track> {
        let number = self.roads.lanes[lane as usize].number;
        let vehicle = &self.vehicles[cell.vehicle as usize];
        let link = self.plans.link(vehicle.plan, vehicle.leg, number)?;
        let lamp = self.roads.links[link as usize].lamp;
        let red = lamp != NO_LAMP
            && match moment.lamps.aspects[lamp as usize] {
                Aspect::Green => false,
                Aspect::Yellow => {
                    let crossed_s = moment.now_s + self.step_s - cell.position / cell.speed.max(STANDING);
                    crossed_s - moment.lamps.since_s[lamp as usize] > YELLOW_GRACE
                }
                Aspect::Red => true,
            };
        let mut desired = self.crossing_speed(vehicle, link);
        if red && self.passes_red(vehicle) {
            desired = desired.min(RED_PASSAGE_SPEED);
        }
        if let Kind::Emergency { trip } = vehicle.kind {
            self.passages.push(StopLinePassage { trip, link: LinkIndex(link), red });
        }
        self.vehicles[cell.vehicle as usize].over_desired = 1.0 / desired;
        Some(self.roads.link_track(link))
    }

    fn enter_lane(&mut self, link_track: Track, slot: Slot) -> Track {
        let lane = self.roads.links[(link_track - self.roads.lane_count) as usize].to;
        let limit = self.roads.speed_limit[lane as usize];
        let vehicle = &mut self.vehicles[slot as usize];
        vehicle.leg += 1;
        vehicle.stood = 0.0;
        vehicle.over_desired = 1.0 / vehicle.driver.desired_speed(limit);
        self.choose_lane(slot, lane);
        lane
    }

    fn arrive(&mut self, moment: &Moment<'_>, cell: &Cell) {
        let vehicle = &self.vehicles[cell.vehicle as usize];
        if let Kind::Emergency { trip } = vehicle.kind {
            // `position` is what it drove beyond the end.
            let at_s = moment.now_s + self.step_s - cell.position / cell.speed.max(STANDING);
            self.arrivals.push(EmergencyArrival { trip, at_s, stops: vehicle.stops });
        }
        self.leave(cell.vehicle);
    }
}
