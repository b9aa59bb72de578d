//! Halts on the way, and courtesy to whoever wants to come in front.

use crate::traffic::Traffic;
use crate::traffic::motion::Intent;
use crate::traffic::roads::{Roads, Track};
use crate::traffic::vehicle::Vehicle;
use crate::vehicle::car_following::idm;

/// It halts where it stands within this of the place, m, below this speed, m/s.
const HALT_REACH: f64 = 3.0;
const HALT_SPEED: f64 = 0.5;

impl Traffic {
    /// What matters to a driver beside its leader and the junction ahead.
    pub(super) fn mind_beside(
        &self,
        vehicle: &Vehicle,
        track: Track,
        position: f64,
        speed: f64,
        intent: &mut Intent,
        free: f64,
    ) {
        if let Some((gap, other_speed)) = vehicle.courtesy {
            // Nobody brakes more than comfortably to let another in.
            let wanted = free - idm::interaction(&vehicle.driver, speed, gap, other_speed);
            intent.acceleration = intent.acceleration.min(wanted.max(-vehicle.driver.deceleration));
        }
        if let Some(halt) = vehicle.halts.last()
            && halt.lane.0 == track
        {
            let gap = halt.position.metres() - position + vehicle.driver.min_gap;
            let hold = idm::interaction(&vehicle.driver, speed, gap, 0.0);
            intent.acceleration = intent.acceleration.min(free - hold);
            intent.caused = true;
        }
    }

    /// Those whose halt is over look for their route's lane again.
    pub(super) fn resume_routes(&mut self) {
        let resumed = std::mem::take(&mut self.resumed);
        for slot in &resumed {
            let vehicle = &self.vehicles[*slot as usize];
            let track = vehicle.track;
            if vehicle.on_road && !self.roads.is_link(track) {
                if vehicle.target != self.roads.lanes[track as usize].number {
                    self.changing[track as usize] -= 1;
                }
                self.choose_lane(*slot, track);
            }
        }
        self.resumed = resumed;
        self.resumed.clear();
    }
}

impl Vehicle {
    /// After a step: is it at its halt? True when that is over.
    pub(super) fn halt_for(&mut self, step: f64, speed: f64, position: f64) -> bool {
        let Some(halt) = self.halts.last().filter(|halt| halt.lane.0 == self.track) else {
            self.distracted = !self.halts.is_empty();
            return false;
        };
        let beyond = position - halt.position.metres();
        let halted = self.halting > 0.0;
        if halted {
            self.halting -= step;
        } else if speed < HALT_SPEED && beyond.abs() < HALT_REACH {
            self.halting = halt.duration.seconds().max(step);
        }
        // One that it could not stop at any more is missed.
        let over = self.halting <= 0.0 && (halted || beyond > HALT_REACH);
        if over {
            self.halting = 0.0;
            self.halts.pop();
        }
        over
    }

    /// Halts on an edge that it has left are missed for good.
    pub(super) fn leave_halts_behind(&mut self, roads: &Roads, lane: Track) {
        let edge = roads.lanes[lane as usize].edge;
        while self.halts.last().is_some_and(|halt| roads.lanes[halt.lane.index()].edge == edge) {
            self.halts.pop();
        }
        self.halting = 0.0;
    }
}
