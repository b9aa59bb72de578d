//! May a junction be crossed now? The signal, the room behind the junction, and the foes on its way, by gap acceptance.

use crate::traffic::columns::Cell;
use crate::traffic::look_ahead::{Viewpoint, horizon};
use crate::traffic::roads::{Conflict, NO_LAMP, Track};
use crate::traffic::vehicle::STANDING;
use crate::traffic::{Moment, Traffic};
use crate::vehicle::kinematics::{deceleration_needed, time_to_cover};
use voorrang_signals::Aspect;

/// At yellow a driver stops if it takes no more than this, m/s2; with 3 s of yellow at 50 km/h whoever goes on has crossed in time.
const YELLOW_DECELERATION: f64 = 3.5;
/// Whoever would have to brake harder than this to stop at the line goes on, m/s2.
const LATEST_DECELERATION: f64 = 6.0;
/// Crews pass red at 20 km/h at most (Dutch branch guideline), m/s.
pub(super) const RED_PASSAGE_SPEED: f64 = 20.0 / 3.6;
/// The time that must lie between a foe's leaving and one's own entering the shared area, and the other way round, s.
const AFTER_FOE: f64 = 0.5;
const BEFORE_FOE: f64 = 1.5;
/// After this long at the line a driver no longer waits for foes who stand as well, s; one junction lets in one such driver in
/// [`TIRED_SPACING`] s.
const TIRED_AFTER: f64 = 10.0;
const TIRED_SPACING: f64 = 5.0;
/// The last vehicle behind a junction is expected to come to a stop no more abruptly than this, m/s2.
const STOP_BEHIND: f64 = 2.0;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// Go on; `claims` a junction where everybody stood and waited for each other.
    Open { claims: Option<u32> },
    /// An emergency vehicle passes a red light, at this speed (m/s).
    OpenAtRed { speed: f64 },
    /// Stop at the line; `caused`: by red or by a queue behind the junction.
    Closed { caused: bool },
}

const OPEN: Way = Way::Open { claims: None };

impl Traffic {
    /// May a driver `distance` metres before a link's stop line enter it?
    pub(super) fn way(&self, moment: &Moment<'_>, view: &Viewpoint<'_>, link: u32, distance: f64) -> Way {
        let needed = deceleration_needed(view.speed, 0.0, distance.max(0.0));
        let lamp = self.roads.links[link as usize].lamp;
        let aspect = if lamp == NO_LAMP { Aspect::Green } else { moment.lamps.aspects[lamp as usize] };
        let at_red = match aspect {
            Aspect::Green => false,
            Aspect::Yellow if needed <= YELLOW_DECELERATION => return Way::Closed { caused: true },
            Aspect::Yellow => false,
            Aspect::Red if self.passes_red(view.vehicle) => true,
            Aspect::Red if needed <= LATEST_DECELERATION => return Way::Closed { caused: true },
            Aspect::Red => false,
        };
        let open = if at_red { Way::OpenAtRed { speed: RED_PASSAGE_SPEED } } else { OPEN };
        // Far away there is nothing to decide yet, too close nothing any more.
        if distance > 10.0 + 3.0 * view.speed || needed > LATEST_DECELERATION {
            return open;
        }
        if !self.has_room_behind(view, link) {
            return Way::Closed { caused: true };
        }
        let top = self.crossing_speed(view.vehicle, link);
        let crossing = Crossing {
            view,
            distance,
            top: if at_red { top.min(RED_PASSAGE_SPEED) } else { top },
            everybody: at_red,
            ignore_standing: false,
        };
        if self.is_clear(moment, link, &crossing) {
            return open;
        }
        let junction = self.roads.links[link as usize].junction;
        let tired = view.vehicle.stood > TIRED_AFTER
            && moment.now_s > self.tired_entry_s[junction as usize] + TIRED_SPACING;
        if tired && self.is_clear(moment, link, &Crossing { ignore_standing: true, ..crossing }) {
            return if at_red { open } else { Way::Open { claims: Some(junction) } };
        }
        Way::Closed { caused: false }
    }

    /// Junctions are kept clear: nobody enters whose rear would stay on it.
    fn has_room_behind(&self, view: &Viewpoint<'_>, link: u32) -> bool {
        let road = self.roads.links[link as usize];
        if self.counts[road.to as usize] == 0 {
            return true;
        }
        let last = self.column(road.to).cell(0);
        let room = last.rear() + last.speed * last.speed / (2.0 * STOP_BEHIND);
        let needed = view.vehicle.driver.length + view.vehicle.driver.min_gap;
        let before: f64 = std::iter::once(link)
            .chain(
                self.roads.conflicts(link).iter().filter(|conflict| conflict.merges).map(|other| other.foe),
            )
            .map(|other| self.column(self.roads.link_track(other)))
            .map(|column| column.vehicle.iter().map(|slot| self.space_needed(*slot)).sum::<f64>())
            .sum();
        room - before >= needed
    }

    fn space_needed(&self, slot: super::columns::Slot) -> f64 {
        let driver = &self.vehicles[slot as usize].driver;
        driver.length + driver.min_gap
    }

    /// Is every foe out of the way, or far enough?
    fn is_clear(&self, moment: &Moment<'_>, link: u32, crossing: &Crossing<'_>) -> bool {
        self.roads.conflicts(link).iter().all(|conflict| {
            !self.is_taken(conflict, crossing)
                && (!(conflict.yields || crossing.everybody) || self.is_gap(moment, conflict, crossing))
        })
    }

    /// Does somebody who is already on the foe link stand in the way when this driver gets there?
    fn is_taken(&self, conflict: &Conflict, crossing: &Crossing<'_>) -> bool {
        let track = self.roads.link_track(conflict.foe);
        if self.counts[track as usize] == 0 {
            return false;
        }
        let column = self.column(track);
        (0..column.len()).map(|index| column.cell(index)).any(|foe| {
            if foe.rear() >= conflict.foe_exit {
                return false;
            }
            // At its present speed: it may stand there because the way behind the junction is full.
            (conflict.foe_exit - foe.rear()) / foe.speed.max(0.01) + AFTER_FOE > crossing.enters(conflict)
        })
    }

    /// Is the gap in the foe stream long enough?
    fn is_gap(&self, moment: &Moment<'_>, conflict: &Conflict, crossing: &Crossing<'_>) -> bool {
        let foe_link = self.roads.links[conflict.foe as usize];
        if foe_link.lamp != NO_LAMP && moment.lamps.aspects[foe_link.lamp as usize] == Aspect::Red {
            return true;
        }
        let yellow =
            foe_link.lamp != NO_LAMP && moment.lamps.aspects[foe_link.lamp as usize] == Aspect::Yellow;
        let lane = foe_link.from;
        let lane_length = self.roads.length[lane as usize];
        let mut clear = true;
        let mut look = |foe: Cell, distance: f64, plan_leg: u32, number: u8, at_line: bool| {
            let vehicle = &self.vehicles[foe.vehicle as usize];
            if !clear || self.plans.link(vehicle.plan, plan_leg, number) != Some(conflict.foe) {
                return;
            }
            if yellow && deceleration_needed(foe.speed, 0.0, distance) <= YELLOW_DECELERATION {
                return;
            }
            if crossing.ignore_standing && at_line && foe.speed < STANDING {
                return;
            }
            clear &= crossing.misses(
                conflict,
                &foe,
                distance,
                vehicle.driver.acceleration,
                self.limit(conflict, lane),
            );
        };
        let number = self.roads.lanes[lane as usize].number;
        let column = self.column(lane);
        for index in (0..column.len()).rev() {
            let foe = column.cell(index);
            let distance = lane_length - foe.position;
            if distance > horizon(foe.speed) {
                return clear;
            }
            look(foe, distance, self.vehicles[foe.vehicle as usize].leg, number, true);
        }
        // A short lane shows too little of the road: look one track further back.
        for entering in self.roads.entering(lane) {
            let behind = self.roads.link_track(*entering);
            let before = self.roads.links[*entering as usize].from;
            let column = self.column(behind);
            for index in (0..column.len()).rev() {
                let foe = column.cell(index);
                let distance = lane_length + self.roads.length[behind as usize] - foe.position;
                if distance < horizon(foe.speed) {
                    look(foe, distance, self.vehicles[foe.vehicle as usize].leg + 1, number, false);
                }
            }
            if lane_length < 50.0 {
                self.look_before(before, *entering, lane_length, number, &mut look);
            }
        }
        clear
    }

    /// The vehicles on a lane that take `link` and then a lane of length `after`.
    fn look_before(
        &self,
        lane: Track,
        link: u32,
        after: f64,
        number: u8,
        look: &mut impl FnMut(Cell, f64, u32, u8, bool),
    ) {
        let column = self.column(lane);
        let to_line = self.roads.length[lane as usize];
        let between = self.roads.length[self.roads.link_track(link) as usize] + after;
        for index in (0..column.len()).rev() {
            let foe = column.cell(index);
            let vehicle = &self.vehicles[foe.vehicle as usize];
            let distance = to_line - foe.position + between;
            if distance > horizon(foe.speed) {
                return;
            }
            let here = self.roads.lanes[lane as usize].number;
            if self.plans.link(vehicle.plan, vehicle.leg, here) == Some(link) {
                look(foe, distance, vehicle.leg + 1, number, false);
            }
        }
    }

    /// The limit that a foe drives by, m/s.
    fn limit(&self, conflict: &Conflict, lane: Track) -> f64 {
        let on_link = self.roads.speed_limit[self.roads.link_track(conflict.foe) as usize];
        on_link.max(self.roads.speed_limit[lane as usize])
    }
}

/// A driver's way over a junction.
#[derive(Debug, Clone, Copy)]
struct Crossing<'a> {
    view: &'a Viewpoint<'a>,
    /// To the stop line, m.
    distance: f64,
    /// At most, m/s.
    top: f64,
    /// Everybody has to be let pass, not only those who have right of way.
    everybody: bool,
    /// Foes who stand at their line may be ignored.
    ignore_standing: bool,
}

impl Crossing<'_> {
    /// Until the front enters the shared area, s.
    fn enters(&self, conflict: &Conflict) -> f64 {
        self.time(self.distance + conflict.enter)
    }

    /// Until the rear has left it, s.
    fn leaves(&self, conflict: &Conflict) -> f64 {
        self.time(self.distance + conflict.exit + self.view.vehicle.driver.length)
    }

    fn time(&self, distance: f64) -> f64 {
        time_to_cover(distance, self.view.speed, self.view.vehicle.driver.acceleration, self.top)
    }

    /// Does a foe `distance` metres before its own stop line pass well before, or well after?
    fn misses(&self, conflict: &Conflict, foe: &Cell, distance: f64, acceleration: f64, limit: f64) -> bool {
        let foe_enters = time_to_cover(distance + conflict.foe_enter, foe.speed, acceleration, limit);
        if foe_enters > self.leaves(conflict) + BEFORE_FOE {
            return true;
        }
        // It is taken at its present speed: who counts on another's speeding up drives dangerously.
        foe.speed > STANDING
            && (distance + conflict.foe_exit + foe.length) / foe.speed + AFTER_FOE < self.enters(conflict)
    }
}
