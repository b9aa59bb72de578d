//! Entering the road: at the start of the route's first edge, in the lane that the route needs, at the speed that the gap allows.

use crate::scenario::Halt;
use crate::traffic::columns::Cell;
use crate::traffic::roads::Track;
use crate::traffic::stations::Radio;
use crate::traffic::vehicle::{Kind, Vehicle};
use crate::traffic::{Moment, Traffic};
use crate::vehicle::Driver;
use crate::vehicle::car_following::idm;

/// A vehicle that wishes to depart now.
#[derive(Debug, Clone, PartialEq)]
pub struct Entrant {
    /// The vehicle and its driver.
    pub driver: Driver,
    /// Position in the scenario's routes.
    pub route: usize,
    /// Halts on the way, in order.
    pub halts: Vec<Halt>,
    /// The emergency trip; `None` for everybody else.
    pub trip: Option<usize>,
    /// What it sends, beside what emergency vehicles do.
    pub radio: Radio,
}

/// One that has not found room yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    vehicle: Vehicle,
}

impl Waiting {
    pub(crate) fn delay(&self) -> Option<(usize, f32)> {
        self.vehicle.delay()
    }
}

impl Traffic {
    /// Takes up a vehicle that wishes to depart; emergency vehicles before everybody else.
    pub fn wish_to_enter(&mut self, entrant: Entrant) {
        let Entrant { driver, route, halts, trip, radio } = entrant;
        let plan = self.plans.plan(&self.scenario.network, &self.scenario.routes, route, driver.class);
        let kind = match trip {
            Some(trip) => Kind::Emergency { trip },
            None => {
                self.delays_s.push(None);
                Kind::Other { record: self.delays_s.len() - 1 }
            }
        };
        let edge = self.plans.edge(plan, 0).0;
        let waiting = Waiting { vehicle: Vehicle::new(driver, plan, halts, kind, radio) };
        let queue = match self.waiting.binary_search_by_key(&edge, |(edge, _)| *edge) {
            Ok(index) => &mut self.waiting[index].1,
            Err(index) => {
                self.waiting.insert(index, (edge, Vec::new()));
                &mut self.waiting[index].1
            }
        };
        if trip.is_some() {
            queue.insert(0, waiting);
        } else {
            queue.push(waiting);
        }
    }

    /// Lets in who finds room, at most one for each lane and step.
    pub(crate) fn let_in(&mut self, moment: &Moment<'_>) {
        for index in 0..self.waiting.len() {
            if self.waiting[index].1.is_empty() {
                continue;
            }
            let mut queue = std::mem::take(&mut self.waiting[index].1);
            let mut taken: u64 = 0;
            queue.retain_mut(|waiting| {
                let entered = self.enter(&mut waiting.vehicle, &mut taken);
                if !entered && moment.measuring {
                    waiting.vehicle.measured = true;
                    waiting.vehicle.lost += self.step_s;
                }
                !entered
            });
            self.waiting[index].1 = queue;
        }
    }

    /// Lets the vehicle in if its lane has room; `taken` marks the lanes that are full or used in this step.
    fn enter(&mut self, vehicle: &mut Vehicle, taken: &mut u64) -> bool {
        let Some((track, number)) = self.entry_lane(vehicle, *taken) else {
            return false;
        };
        *taken |= 1 << number.min(63);
        let length = self.roads.length[track as usize];
        let driver = vehicle.driver;
        let position = driver.length.min(length);
        let desired = driver.desired_speed(self.roads.speed_limit[track as usize]);
        let Some(speed) = self.entry_speed(track, &driver, position, desired) else {
            return false;
        };
        let mut vehicle = vehicle.clone();
        vehicle.track = track;
        vehicle.over_desired = 1.0 / desired;
        vehicle.on_road = true;
        vehicle.number = self.departed;
        vehicle.speed = speed;
        let slot = match self.free_slots.pop() {
            Some(slot) => {
                self.vehicles[slot as usize] = vehicle;
                slot
            }
            None => {
                self.vehicles.push(vehicle);
                super::roads::index32(self.vehicles.len() - 1)
            }
        };
        if self.vehicles[slot as usize].is_station() {
            self.stations.push(slot);
        }
        self.columns[track as usize].insert(Cell { position, speed, length: driver.length, vehicle: slot });
        self.counts[track as usize] += 1;
        self.departed += 1;
        self.on_road += 1;
        self.choose_lane(slot, track);
        true
    }

    /// Among the lanes from which the route needs no change, the one with the most room; else the right-most that it may use.
    fn entry_lane(&self, vehicle: &Vehicle, taken: u64) -> Option<(Track, u8)> {
        let edge = self.plans.edge(vehicle.plan, 0);
        let lanes = self.scenario.network.edges[edge.index()].lanes.clone();
        let mut best: Option<(f64, Track, u8)> = None;
        for (number, track) in (0_u8..).zip(lanes) {
            if self.plans.target(vehicle.plan, 0, number) != number {
                continue;
            }
            let room = self.column(track).rear_most().map_or(f64::INFINITY, |cell| cell.rear());
            if best.is_none_or(|(most, ..)| room > most) {
                best = Some((room, track, number));
            }
        }
        best.filter(|(_, _, number)| taken & 1 << (*number).min(63) == 0)
            .map(|(_, track, number)| (track, number))
    }

    /// The speed at which it may enter: what it desires, or what the gap allows; `None` where there is no room.
    fn entry_speed(&self, track: Track, driver: &Driver, position: f64, desired: f64) -> Option<f64> {
        let Some(leader) = self.column(track).rear_most() else {
            return Some(desired);
        };
        let gap = leader.rear() - position;
        if gap < driver.min_gap {
            return None;
        }
        // No faster than lets it brake off comfortably behind the one in front.
        let mut speed = desired;
        while speed > 0.1
            && idm::interaction(driver, speed, gap, leader.speed) > driver.acceleration + driver.deceleration
        {
            speed *= 0.8;
        }
        Some(speed)
    }

    /// Takes a vehicle off the road.
    pub(crate) fn leave(&mut self, slot: super::columns::Slot) {
        let vehicle = &mut self.vehicles[slot as usize];
        vehicle.on_road = false;
        if vehicle.is_station() {
            self.stations.retain(|station| *station != slot);
        }
        if let Some((record, delay)) = vehicle.delay() {
            self.delays_s[record] = Some(delay);
        }
        self.free_slots.push(slot);
        self.arrived += 1;
        self.on_road -= 1;
    }

    /// A vehicle entered a lane: which lane of the edge does it need?
    pub(crate) fn choose_lane(&mut self, slot: super::columns::Slot, track: Track) {
        let road = self.roads.lanes[track as usize];
        let vehicle = &mut self.vehicles[slot as usize];
        let halt_lane = vehicle.halts.last().and_then(|halt| {
            let lane = self.roads.lanes[halt.lane.index()];
            (lane.edge == road.edge).then_some(lane.number)
        });
        vehicle.target =
            halt_lane.unwrap_or_else(|| self.plans.target(vehicle.plan, vehicle.leg, road.number));
        vehicle.distracted = halt_lane.is_some() || vehicle.courtesy.is_some();
        if vehicle.target != road.number {
            self.changing[track as usize] += 1;
        }
    }
}
