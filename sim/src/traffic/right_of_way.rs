//! May a junction be crossed now? The signal, the room behind the junction, and the foes on its way, by gap acceptance.

use crate::traffic::columns::Cell;
use crate::traffic::look_ahead::{Viewpoint, horizon};
use crate::traffic::roads::{Conflict, NO_LAMP, Track};
use crate::traffic::vehicle::{STANDING, Vehicle};
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
/// After this long at the line a driver takes shorter gaps and no longer waits for foes who stand or creep, s, m/s; one junction lets in
/// one such driver in [`TIRED_SPACING`] s.
const TIRED_AFTER: f64 = 10.0;
const CREEPING: f64 = 2.0;
const TIRED_SPACING: f64 = 5.0;
/// In the yellow whoever stands this close to the line still clears a permissive turn, m.
const SNEAKS_WITHIN: f64 = 2.0;
/// Foes are looked for this far before their stop line, m, and over so many junctions: city networks have lanes of a metre.
const FARTHEST_FOE: f64 = 80.0;
const LONGEST_CHAIN: usize = 6;
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
            Aspect::Yellow if needed <= YELLOW_DECELERATION && !self.sneaks(view, link, distance) => {
                return Way::Closed { caused: true };
            }
            Aspect::Yellow => false,
            Aspect::Red if self.passes_red(view.vehicle) => true,
            Aspect::Red if needed <= LATEST_DECELERATION => return Way::Closed { caused: true },
            Aspect::Red => false,
        };
        let open = if at_red { Way::OpenAtRed { speed: RED_PASSAGE_SPEED } } else { OPEN };
        // Far away there is nothing to decide yet.
        if distance > 10.0 + 3.0 * view.speed {
            return open;
        }
        let too_late = needed > LATEST_DECELERATION;
        if !too_late && !self.has_room_behind(view, link) {
            return Way::Closed { caused: true };
        }
        let top = self.crossing_speed(view.vehicle, link);
        let crossing = Crossing {
            view,
            distance,
            top: if at_red { top.min(RED_PASSAGE_SPEED) } else { top },
            everybody: at_red,
            tired: false,
        };
        if too_late {
            // Nobody drives on into somebody who is there already.
            let taken = self.roads.conflicts(link).iter().any(|conflict| self.is_taken(conflict, &crossing));
            return if taken { Way::Closed { caused: false } } else { open };
        }
        if self.is_clear(moment, link, &crossing) {
            return open;
        }
        let junction = self.roads.links[link as usize].junction;
        let entry = self.tired_entries[junction as usize];
        let tired = view.vehicle.stood > TIRED_AFTER
            && (entry.vehicle == view.vehicle.number || moment.now_s > entry.at_s + TIRED_SPACING);
        if tired && self.is_clear(moment, link, &Crossing { tired: true, ..crossing }) {
            return if at_red { open } else { Way::Open { claims: Some(junction) } };
        }
        Way::Closed { caused: false }
    }

    /// Whoever waited at the line for a gap clears the junction in the yellow: as the first of a turning queue does, who has driven
    /// on into it.
    fn sneaks(&self, view: &Viewpoint<'_>, link: u32, distance: f64) -> bool {
        view.vehicle.stood > 0.0
            && distance < SNEAKS_WITHIN
            && self.roads.conflicts(link).iter().any(|conflict| conflict.yields)
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
        let limit = self.limit(conflict, foe_link.from);
        let mut clear = true;
        let mut chain = Chain::of(conflict.foe);
        self.look_upstream(&mut chain, 0.0, &mut |foe, distance, at_line| {
            let stops_at_yellow =
                yellow && deceleration_needed(foe.speed, 0.0, distance) <= YELLOW_DECELERATION;
            let ignored = crossing.tired && at_line && foe.speed < CREEPING;
            if !stops_at_yellow && !ignored {
                let acceleration = self.vehicles[foe.vehicle as usize].driver.acceleration;
                clear &= crossing.misses(conflict, &foe, distance, acceleration, limit);
            }
        });
        clear
    }

    /// Shows every vehicle that comes along a chain of links, as far back as a driver looks: the vehicle, its distance to the last stop
    /// line of the chain, and whether it is on the lane before that line. `ahead` is from the end of the chain's first lane to there.
    fn look_upstream(&self, chain: &mut Chain, ahead: f64, look: &mut impl FnMut(Cell, f64, bool)) {
        let lane = self.roads.links[chain.first() as usize].from;
        let to_line = self.roads.length[lane as usize] + ahead;
        let mut show = |track: Track, end: f64, chain: &Chain, crossing: u32| {
            let column = self.column(track);
            for index in (0..column.len()).rev() {
                let foe = column.cell(index);
                let distance = end - foe.position;
                if distance > horizon(foe.speed) {
                    return;
                }
                if self.takes(chain, &self.vehicles[foe.vehicle as usize], crossing) {
                    look(foe, distance, chain.is_single() && crossing == 0);
                }
            }
        };
        show(lane, to_line, chain, 0);
        if to_line > FARTHEST_FOE || chain.is_full() {
            return;
        }
        for entering in self.roads.entering(lane) {
            let track = self.roads.link_track(*entering);
            let end = to_line + self.roads.length[track as usize];
            show(track, end, chain, 1);
        }
        for entering in self.roads.entering(lane) {
            let between = self.roads.length[self.roads.link_track(*entering) as usize];
            chain.push(*entering);
            self.look_upstream(chain, to_line + between, look);
            chain.pop();
        }
    }

    /// Does the vehicle's route take all links of the chain? `crossing` is 1 for a vehicle on the link before its first lane.
    fn takes(&self, chain: &Chain, vehicle: &Vehicle, crossing: u32) -> bool {
        (vehicle.leg + crossing..).zip(chain.in_order()).all(|(leg, link)| {
            let from = self.roads.links[link as usize].from;
            self.plans.link(vehicle.plan, leg, self.roads.lanes[from as usize].number) == Some(link)
        })
    }

    /// The limit that a foe drives by, m/s.
    fn limit(&self, conflict: &Conflict, lane: Track) -> f64 {
        let on_link = self.roads.speed_limit[self.roads.link_track(conflict.foe) as usize];
        on_link.max(self.roads.speed_limit[lane as usize])
    }
}

/// Links that are taken one after another, the last of them first.
#[derive(Debug)]
struct Chain {
    links: [u32; LONGEST_CHAIN],
    len: usize,
}

impl Chain {
    fn of(link: u32) -> Self {
        Self { links: [link; LONGEST_CHAIN], len: 1 }
    }

    fn push(&mut self, before: u32) {
        self.links[self.len] = before;
        self.len += 1;
    }

    fn pop(&mut self) {
        self.len -= 1;
    }

    fn first(&self) -> u32 {
        self.links[self.len - 1]
    }

    fn is_single(&self) -> bool {
        self.len == 1
    }

    fn is_full(&self) -> bool {
        self.len == LONGEST_CHAIN
    }

    /// As they are driven.
    fn in_order(&self) -> impl Iterator<Item = u32> {
        self.links[..self.len].iter().rev().copied()
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
    /// It has waited so long that foes who creep up to their line may be ignored, and others have to brake for it.
    tired: bool,
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
        // Into the same lane, a foe follows whoever is there first.
        let own = match (self.tired, conflict.merges) {
            (false, _) => self.leaves(conflict) + BEFORE_FOE,
            (true, false) => self.leaves(conflict),
            (true, true) => self.enters(conflict) + BEFORE_FOE,
        };
        if foe_enters > own {
            return true;
        }
        // It is taken at its present speed: who counts on another's speeding up drives dangerously.
        foe.speed > STANDING
            && (distance + conflict.foe_exit + foe.length) / foe.speed + AFTER_FOE < self.enters(conflict)
    }
}
