//! What one run leaves behind: the raw figures, before any statistics.

use serde::Serialize;
use voorrang_messages::PrioritizationStatus;
use voorrang_signals::{Aspect, GroupIndex, Wishes};

use crate::onboard::JunctionRequest;
use crate::radio::Captured;
use crate::slow_traffic::Walker;

/// One strategy, one replication.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The strategy's name.
    pub strategy: String,
    /// 0-based.
    pub replication: u32,
    /// One entry for each emergency trip of the scenario, in its order.
    pub emergency: Vec<TripRecord>,
    /// Everybody else, from the end of the warm-up to the scenario's end.
    pub others: OthersRecord,
    /// Pedestrians and cyclists: one for each row of the scenario, in its order.
    pub slow_traffic: Vec<SlowTrafficRecord>,
    /// What must be zero.
    pub safety: SafetyRecord,
    /// The priority requests of emergency vehicles.
    pub requests: RequestsRecord,
    /// The priority requests of buses and trams.
    pub public_transport: RequestsRecord,
    /// Warnings of emergency vehicles and who heard them; `None` where nobody can.
    pub warnings: Option<WarningsRecord>,
    /// CAMs sent, by emergency vehicles and by others where somebody reads them.
    pub cams: u64,
    /// The balance of vehicles at the end of the run.
    pub vehicles: VehicleBalance,
    /// Sum over the steps of the vehicles on the road.
    pub vehicle_updates: u64,
    /// Vehicles that stand or wait to enter, each 10 s from the run's start on.
    pub standing: Vec<u32>,
    /// What the engine expected of arrivals and queues, and how it came out.
    pub estimates: Vec<EstimateRecord>,
    /// What the report's time-space diagrams show; recorded for the first replication.
    pub trace: Option<Trace>,
    /// The V-Log of each intersection, where it was wanted; of the first replication.
    pub logs: Option<Vec<String>>,
    /// All messages, in the order of sending, where they were wanted; of the first replication.
    pub messages: Option<Vec<Captured>>,
}

/// One emergency trip.
#[derive(Debug, Clone, PartialEq)]
pub struct TripRecord {
    /// The vehicle.
    pub id: String,
    /// When it wanted to depart in this replication, seconds after the run's start.
    pub depart_s: f64,
    /// When it arrived; `None` if it had not when the run ended.
    pub arrival_s: Option<f64>,
    /// Times that it fell below 5 km/h after having driven above 10 km/h (strategies.md M2).
    pub stops: u32,
    /// Stop lines crossed with its own group red, or yellow for more than 1 s.
    pub red_passages: u32,
}

impl TripRecord {
    /// From the wish to depart to the arrival, seconds.
    #[must_use]
    pub fn travel_time_s(&self) -> Option<f64> {
        self.arrival_s.map(|arrival| arrival - self.depart_s)
    }
}

/// Everybody but the emergency vehicles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OthersRecord {
    /// Delay of each vehicle that wished to depart before the end and was there after the warm-up, seconds: time lost against its
    /// own free speed, with its wait to enter. In the order of departure.
    pub delays_s: Vec<f32>,
    /// Stops, counted as for emergency vehicles.
    pub stops: u64,
    /// Vehicles that stood 300 s without a cause (no red, no halt, no stop in front of them).
    pub stuck: u64,
}

/// The pedestrians or cyclists of one signal group.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowTrafficRecord {
    /// The intersection's name.
    pub intersection: String,
    /// The group's name.
    pub group: String,
    /// Who they are.
    pub walker: Walker,
    /// How long each waited who came between the end of the warm-up and the scenario's end, seconds; zero for who came at green.
    pub waits_s: Vec<f32>,
}

/// What must be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SafetyRecord {
    /// Pairs of vehicles that came to overlap (a check of the model).
    pub collisions: u64,
    /// Pairs of fully conflicting groups that were green together, counted at each change of a lamp.
    pub conflicting_greens: u64,
    /// Commands that the interlock refused.
    pub interlock_refusals: u64,
}

/// Priority requests and their answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestsRecord {
    /// Requests made: one for each junction of a trip; repeats, updates and those that were asked anew not counted.
    pub sent: u64,
    /// Requests that were granted.
    pub granted: u64,
    /// How often a vehicle asked anew after `rejected` or `maxPresence`.
    pub anew: u64,
    /// Requests that were rejected in the end, and never granted.
    pub rejected: u64,
    /// Messages (SREM and SSEM) lost on the radio channel, of all vehicles.
    pub lost: u64,
    /// From the first request for a junction to the answer `granted`, seconds.
    pub request_to_green_s: Vec<f64>,
}

impl RequestsRecord {
    /// What on-board units asked and were told.
    pub fn of<'a>(requests: impl Iterator<Item = &'a JunctionRequest>) -> Self {
        let mut record = Self::default();
        for request in requests {
            record.sent += 1;
            record.anew += u64::from(request.anew);
            if let Some(granted) = request.granted {
                record.granted += 1;
                record.request_to_green_s.push((granted - request.asked).seconds());
            } else if request.status == Some(PrioritizationStatus::Rejected) {
                record.rejected += 1;
            }
        }
        record
    }
}

/// What the engine expected before an emergency vehicle passed a stop line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EstimateRecord {
    /// So long before it passed, seconds.
    pub horizon_s: u32,
    /// Expected minus true passage, seconds: positive where it was expected too late.
    pub eta_error_s: f64,
    /// Vehicles on its lane that stood, as estimated, and truly; `None` where the engine estimates no queue.
    pub queue: Option<(f64, u32)>,
}

/// How warnings of emergency vehicles did. Of each driver who was warned the first meeting counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WarningsRecord {
    /// Messages: warnings, updates and cancellations.
    pub sent: u64,
    /// From the warning until an emergency vehicle was there, seconds: one for each driver who was warned and met one.
    pub lead_times_s: Vec<f64>,
    /// Drivers who were warned and met none while they were.
    pub never_met: u64,
}

/// Where the vehicles are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct VehicleBalance {
    /// Entered the road.
    pub departed: u64,
    /// Left it at the end of their route.
    pub arrived: u64,
    /// Still on it.
    pub on_road: u64,
    /// Wished to depart but found no room yet.
    pub waiting_to_enter: u64,
}

/// The course of the emergency trips of one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// One for each emergency trip.
    pub trips: Vec<TripTrace>,
    /// One for each intersection of the scenario, in its order.
    pub signals: Vec<SignalTrace>,
}

/// What an intersection showed over a whole run, and what was wished of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalTrace {
    /// Its name.
    pub name: String,
    /// Its signal groups' names.
    pub groups: Vec<String>,
    /// Seconds after the run's start, the group and what it shows from then on; from 0 s on.
    pub lamps: Vec<(f64, GroupIndex, Aspect)>,
    /// Seconds after the run's start, and the wishes from then on.
    pub wishes: Vec<(f64, Wishes)>,
}

/// The course of one emergency trip.
#[derive(Debug, Clone, PartialEq)]
pub struct TripTrace {
    /// The vehicle.
    pub id: String,
    /// Each traffic step: seconds after the run's start, metres along the route, metres per second.
    pub points: Vec<(f64, f64, f64)>,
    /// The stop lines on its route.
    pub stop_lines: Vec<StopLineTrace>,
}

impl TripTrace {
    /// When its vehicle passed a place `at_m` along its route, seconds after the run's start, and how fast, metres per second.
    #[must_use]
    pub fn passes(&self, at_m: f64) -> Option<(f64, f64)> {
        let pair = self.points.windows(2).find(|pair| pair[0].1 <= at_m && at_m < pair[1].1)?;
        let share = (at_m - pair[0].1) / (pair[1].1 - pair[0].1);
        let between = |from: f64, to: f64| from + share * (to - from);
        Some((between(pair[0].0, pair[1].0), between(pair[0].2, pair[1].2)))
    }
}

/// A stop line on an emergency route and what its signal showed.
#[derive(Debug, Clone, PartialEq)]
pub struct StopLineTrace {
    /// The intersection's name and the signal group's: `C 05`.
    pub name: String,
    /// Metres along the route.
    pub at_m: f64,
    /// The aspect from each moment on (seconds after the run's start), from before the vehicle departed until it arrived.
    pub aspects: Vec<(f64, Aspect)>,
    /// Position of the intersection in the scenario.
    pub intersection: usize,
    /// The signal group.
    pub group: GroupIndex,
    /// The leg of the route that ends there.
    pub leg: u32,
    /// When the vehicle first asked, seconds after the run's start.
    pub asked_s: Option<f64>,
    /// When it first heard `granted`.
    pub granted_s: Option<f64>,
    /// The other vehicles on the lane before it, while it was among the next stop lines.
    pub traffic: Vec<VehicleTrace>,
}

impl StopLineTrace {
    /// A stop line of which nothing is written down yet.
    #[must_use]
    pub fn new(name: String, at_m: f64, intersection: usize, group: GroupIndex, leg: u32) -> Self {
        Self {
            name,
            at_m,
            aspects: Vec::new(),
            intersection,
            group,
            leg,
            asked_s: None,
            granted_s: None,
            traffic: Vec::new(),
        }
    }
}

/// A vehicle on its way to a stop line.
#[derive(Debug, Clone, PartialEq)]
pub struct VehicleTrace {
    /// Its number.
    pub vehicle: u64,
    /// Each traffic step: seconds after the run's start, metres to the stop line.
    pub points: Vec<(f64, f64)>,
}
