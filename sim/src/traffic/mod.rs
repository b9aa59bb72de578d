//! Microscopic traffic: vehicles in ordered per-track columns, stepped together.
//!
//! | file | what it does in a step |
//! |---|---|
//! | `entry.rs` | lets vehicles in that wish to depart, as soon as there is room |
//! | `motion.rs` | accelerations from the state before the step, then all vehicles move, then they change tracks |
//! | `look_ahead.rs` | what a driver sees beyond the end of its track: stop lines, junctions, the next leader |
//! | `right_of_way.rs` | whether a junction may be crossed now: foes, gaps, room behind it |
//! | `lane_change.rs` | changes to the lane that the route needs |
//! | `halt.rs` | halts on the way (bus stops) |
//! | `loops.rs` | what loops in the road saw of the step |
//! | `stations.rs` | vehicles with a radio: where each is, and the stop lines ahead of it |
//! | `roads.rs`, `route_plan.rs`, `columns.rs` | the network, the routes and the vehicles in the form that these read |
//!
//! All of a step's accelerations come from the state before it, so the order of vehicles in memory never matters. SI units inside;
//! quantities at the border.

mod columns;
mod entry;
mod halt;
mod lane_change;
mod look_ahead;
mod loops;
mod motion;
mod overlap;
mod right_of_way;
mod roads;
mod route_plan;
mod stations;
mod vehicle;

use std::sync::Arc;

use voorrang_signals::Aspect;

use crate::network::LinkIndex;
use crate::run_options::AtRed;
use crate::scenario::Scenario;
use crate::traffic::columns::{Column, Slot};
use crate::traffic::entry::Waiting;
use crate::traffic::roads::Track;
use crate::traffic::route_plan::RoutePlans;
use crate::traffic::vehicle::Vehicle;

pub use entry::Entrant;
pub use loops::{LoopChange, Stretch};
pub use roads::Roads;
pub use stations::{DrivingState, OtherVehicle, Radio, Station, StopLineAhead};
pub use vehicle::Kind;

/// All vehicles of one run.
#[derive(Debug)]
pub struct Traffic {
    scenario: Arc<Scenario>,
    roads: Arc<Roads>,
    step_s: f64,
    at_red: AtRed,
    plans: RoutePlans,
    vehicles: Vec<Vehicle>,
    free_slots: Vec<Slot>,
    columns: Vec<Column>,
    /// Vehicles on each track: read instead of the columns where most are empty.
    counts: Vec<u32>,
    /// Vehicles on each lane that are not yet in the lane that their route needs.
    changing: Vec<u32>,
    /// Who left each lane last.
    tails: Vec<Option<Tail>>,
    /// Those that wish to enter, by the edge where they do.
    waiting: Vec<(u32, Vec<Waiting>)>,
    /// Who entered each junction last because it was tired of waiting.
    tired_entries: Vec<TiredEntry>,
    intents: Vec<motion::Intent>,
    /// Vehicles whose halt ended in this step.
    resumed: Vec<Slot>,
    on_road: u64,
    departed: u64,
    arrived: u64,
    vehicle_updates: u64,
    overlaps: u64,
    stuck: u64,
    stops: u64,
    delays_s: Vec<Option<f32>>,
    passages: Vec<StopLinePassage>,
    arrivals: Vec<EmergencyArrival>,
    watch: loops::Watch,
    /// The vehicles on the road that have a radio, in the order in which they entered.
    stations: Vec<Slot>,
}

/// Whoever is slower stands: 5 km/h, m/s.
const STANDS: f64 = 5.0 / 3.6;

/// A vehicle that takes a short gap since it was tired of waiting.
#[derive(Debug, Clone, Copy)]
struct TiredEntry {
    /// Its number.
    vehicle: u64,
    /// When it last did, s.
    at_s: f64,
}

/// The last vehicle that left a lane: its rear may still stand there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tail {
    vehicle: Slot,
    /// A slot is used again; the number is not.
    number: u64,
    /// What the vehicle had travelled when its front crossed the lane's end, m.
    left_at: f64,
}

/// What signals show, as drivers see it.
#[derive(Debug, Clone, Copy)]
pub struct Lamps<'a> {
    /// All groups of all intersections, intersection by intersection.
    pub aspects: &'a [Aspect],
    /// Since when each shows it, seconds after the start of the run.
    pub since_s: &'a [f64],
}

/// One traffic step's circumstances.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The step's start, seconds after the start of the run.
    pub now_s: f64,
    /// Whether delay and stops of others are being measured.
    pub measuring: bool,
    /// What signals show.
    pub lamps: Lamps<'a>,
}

/// An emergency vehicle's front crossed a stop line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopLinePassage {
    /// Which trip of the scenario.
    pub trip: usize,
    /// The link that it entered.
    pub link: LinkIndex,
    /// Whether it counts as a red passage: red, or yellow for more than 1 s.
    pub red: bool,
}

/// An emergency vehicle reached the end of its route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmergencyArrival {
    /// Which trip of the scenario.
    pub trip: usize,
    /// When, seconds after the start of the run.
    pub at_s: f64,
    /// Its stops on the way.
    pub stops: u32,
}

/// What vehicles have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Entered the road.
    pub departed: u64,
    /// Left it at the end of their route.
    pub arrived: u64,
    /// Still on it.
    pub on_road: u64,
    /// Wished to depart but found no room yet.
    pub waiting_to_enter: u64,
    /// Sum over the steps of the vehicles on the road.
    pub vehicle_updates: u64,
    /// Pairs of vehicles that came to overlap.
    pub overlaps: u64,
    /// Vehicles that stood 300 s without a cause.
    pub stuck: u64,
    /// Stops of others while measuring.
    pub stops: u64,
}

impl Traffic {
    /// An empty network. `step_s` is the traffic step.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, roads: Arc<Roads>, at_red: AtRed) -> Self {
        let tracks = roads.track_count();
        let lanes = roads.lanes.len();
        let junctions = scenario.network.junctions.len();
        Self {
            step_s: scenario.step.seconds(),
            scenario,
            at_red,
            plans: RoutePlans::default(),
            vehicles: Vec::new(),
            free_slots: Vec::new(),
            columns: vec![Column::default(); tracks],
            counts: vec![0; tracks],
            changing: vec![0; lanes],
            tails: vec![None; lanes],
            waiting: Vec::new(),
            tired_entries: vec![TiredEntry { vehicle: u64::MAX, at_s: f64::NEG_INFINITY }; junctions],
            intents: Vec::new(),
            resumed: Vec::new(),
            on_road: 0,
            departed: 0,
            arrived: 0,
            vehicle_updates: 0,
            overlaps: 0,
            stuck: 0,
            stops: 0,
            delays_s: Vec::new(),
            passages: Vec::new(),
            arrivals: Vec::new(),
            watch: loops::Watch::default(),
            stations: Vec::new(),
            roads,
        }
    }

    /// One step: those who wish to depart enter, everybody drives on, those who have to change lanes do.
    pub fn step(&mut self, moment: &Moment<'_>) {
        self.let_in(moment);
        self.accelerate(moment);
        self.drive(moment);
        self.change_tracks(moment);
        self.scan_loops();
        self.resume_routes();
        self.change_lanes(moment);
        self.count_crossing_overlaps();
    }

    /// The stop lines that emergency vehicles crossed since the last call.
    pub fn take_passages(&mut self) -> Vec<StopLinePassage> {
        std::mem::take(&mut self.passages)
    }

    /// The emergency vehicles that arrived since the last call.
    pub fn take_arrivals(&mut self) -> Vec<EmergencyArrival> {
        std::mem::take(&mut self.arrivals)
    }

    /// The vehicles that are slower than 5 km/h, and those that wait to enter.
    #[must_use]
    pub fn standing(&self) -> u32 {
        let on_road = self.columns.iter().flat_map(|column| &column.speed).filter(|speed| **speed < STANDS);
        let waiting = self.waiting.iter().map(|(_, queue)| queue.len());
        u32::try_from(on_road.count() + waiting.sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// The balance of vehicles and the model's own checks.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally {
            departed: self.departed,
            arrived: self.arrived,
            on_road: self.on_road,
            waiting_to_enter: self.waiting.iter().map(|(_, queue)| queue.len() as u64).sum(),
            vehicle_updates: self.vehicle_updates,
            overlaps: self.overlaps,
            stuck: self.stuck,
            stops: self.stops,
        }
    }

    /// Ends measuring: the delay (s) of every other vehicle that was there while measuring, in the order of departure.
    #[must_use]
    pub fn delays_s(&self) -> Vec<f32> {
        let mut delays = self.delays_s.clone();
        let waiting = self.waiting.iter().flat_map(|(_, queue)| queue.iter().map(Waiting::delay));
        let on_road = self.vehicles.iter().filter(|vehicle| vehicle.on_road).map(Vehicle::delay);
        for (record, delay) in waiting.chain(on_road).flatten() {
            delays[record] = Some(delay);
        }
        delays.into_iter().flatten().collect()
    }

    /// How far the last vehicle that left a lane still reaches back over its end (m, above zero), and how fast it is (m/s).
    fn tail_over(&self, lane: Track) -> Option<(f64, f64)> {
        let tail = self.tails[lane as usize]?;
        let vehicle = &self.vehicles[tail.vehicle as usize];
        let over = vehicle.driver.length - (vehicle.travelled - tail.left_at);
        (vehicle.number == tail.number && vehicle.on_road && over > 0.0).then_some((over, vehicle.speed))
    }

    fn column(&self, track: Track) -> &Column {
        &self.columns[track as usize]
    }

    /// Does any vehicle of the column order stand wrong? For tests of the model.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let counted: usize = self.columns.iter().map(Column::len).sum();
        self.columns.iter().all(Column::is_ordered)
            && self.columns.iter().zip(&self.counts).all(|(column, count)| column.len() == *count as usize)
            && counted as u64 == self.on_road
            && self.departed == self.arrived + self.on_road
    }
}
