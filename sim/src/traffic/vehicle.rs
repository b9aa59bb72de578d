//! What the traffic remembers of one vehicle beside its place in a column.

use crate::scenario::Halt;
use crate::traffic::roads::Track;
use crate::traffic::route_plan::PlanIndex;
use crate::vehicle::Driver;

/// From this on it drives again, m/s: what it stood before is forgotten.
const DRIVING: f64 = 3.0;
/// Below this it stands, m/s.
pub(crate) const STANDING: f64 = 0.1;
/// A stop: below 5 km/h after having driven above 10 km/h (shared measure M2).
const STOP_BELOW: f64 = 5.0 / 3.6;
const STOP_ARMED_ABOVE: f64 = 10.0 / 3.6;
/// Standing this long without a cause is being stuck, s.
const STUCK_AFTER: f64 = 300.0;

/// Who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ordinary traffic.
    Other {
        /// Its place in the order of departure: where its delay is recorded.
        record: usize,
    },
    /// An emergency vehicle with blue light and siren.
    Emergency {
        /// Which trip of the scenario.
        trip: usize,
    },
}

/// One vehicle.
#[derive(Debug, Clone)]
pub(crate) struct Vehicle {
    pub(crate) driver: Driver,
    /// 1 / desired speed on its track, s/m.
    pub(crate) over_desired: f64,
    pub(crate) plan: PlanIndex,
    pub(crate) leg: u32,
    pub(crate) track: Track,
    /// Which of all that entered it is.
    pub(crate) number: u64,
    /// The number of the lane that it wants to be in.
    pub(crate) target: u8,
    pub(crate) on_road: bool,
    /// Something beside the leader and the junction ahead matters: courtesy or a halt.
    pub(crate) distracted: bool,
    /// A vehicle beside it that wants to come in front: gap (m) and speed (m/s), for one step.
    pub(crate) courtesy: Option<(f64, f64)>,
    /// Halts still to be made, the next one last.
    pub(crate) halts: Vec<Halt>,
    /// How much longer it halts, s.
    pub(crate) halting: f64,
    pub(crate) kind: Kind,
    /// How long it has stood in all since it last drove, s.
    pub(crate) stood: f64,
    /// How long of that without a cause, s.
    stood_without_cause: f64,
    armed_for_stop: bool,
    stuck: bool,
    pub(crate) overlapping: bool,
    /// Since it entered, m.
    pub(crate) travelled: f64,
    /// In the last step, m.
    pub(crate) way: f64,
    /// m/s.
    pub(crate) speed: f64,
    /// When it last changed lanes, s.
    pub(crate) changed_s: f64,
    pub(crate) stops: u32,
    /// Delay while measuring, s.
    pub(crate) lost: f64,
    pub(crate) measured: bool,
}

/// What a step changed about a vehicle's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    pub(crate) stopped: bool,
    pub(crate) got_stuck: bool,
}

impl Vehicle {
    pub(crate) fn new(driver: Driver, plan: PlanIndex, halts: Vec<Halt>, kind: Kind) -> Self {
        Self {
            driver,
            over_desired: 1.0,
            plan,
            leg: 0,
            track: 0,
            number: 0,
            target: 0,
            on_road: false,
            distracted: false,
            courtesy: None,
            halts: halts.into_iter().rev().collect(),
            halting: 0.0,
            kind,
            stood: 0.0,
            stood_without_cause: 0.0,
            armed_for_stop: false,
            stuck: false,
            overlapping: false,
            travelled: 0.0,
            way: 0.0,
            speed: 0.0,
            changed_s: f64::NEG_INFINITY,
            stops: 0,
            lost: 0.0,
            measured: false,
        }
    }

    /// Takes note of a step of `step` seconds that ended at `speed`.
    #[inline]
    pub(crate) fn note_speed(&mut self, speed: f64, step: f64, caused: bool) -> Standing {
        let mut standing = Standing::default();
        if speed >= STOP_ARMED_ABOVE {
            self.armed_for_stop = true;
        } else if speed < STOP_BELOW && self.armed_for_stop {
            self.armed_for_stop = false;
            self.stops += 1;
            standing.stopped = true;
        }
        if speed < STANDING {
            self.stood += step;
            self.stood_without_cause = if caused { 0.0 } else { self.stood_without_cause + step };
            if self.stood_without_cause >= STUCK_AFTER && !self.stuck {
                self.stuck = true;
                standing.got_stuck = true;
            }
        } else {
            self.stood_without_cause = 0.0;
            if speed >= DRIVING {
                self.stood = 0.0;
            }
        }
        standing
    }

    pub(crate) fn is_emergency(&self) -> bool {
        matches!(self.kind, Kind::Emergency { .. })
    }

    /// Its delay and where that is recorded; `None` for emergency vehicles and those never measured.
    pub(crate) fn delay(&self) -> Option<(usize, f32)> {
        match self.kind {
            Kind::Other { record } if self.measured => Some((record, rounded(self.lost))),
            _ => None,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a delay needs no more than seven digits")]
fn rounded(seconds: f64) -> f32 {
    seconds as f32
}
