//! A scenario as it runs: network, intersections, demand, emergency trips and settings, validated. [`file`](mod@file) is how it is
//! written in its folder.

pub mod file;

use std::path::PathBuf;
use std::sync::Arc;

use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_signals::{GroupIndex, Intersection};
use voorrang_units::{Acceleration, Duration, Instant, Length, Speed};

use crate::network::{EdgeIndex, Network, RoadLaneIndex, VehicleClass};

/// Everything that a run needs, read once and shared by all runs.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name, which is its folder's.
    pub name: String,
    /// The folder that it was read from.
    pub folder: PathBuf,
    /// The moment at which a run starts.
    pub start: Instant,
    /// After how long measuring ends.
    pub end: Duration,
    /// How long a run goes before measuring begins.
    pub warm_up: Duration,
    /// The traffic step, a multiple of the control step of 0.1 s.
    pub step: Duration,
    /// The lane graph.
    pub network: Network,
    /// The signalised intersections, in the order of their files' names.
    pub intersections: Vec<ControlledIntersection>,
    /// The kinds of vehicles.
    pub vehicle_types: Vec<VehicleType>,
    /// Draws of a vehicle type by weight; a demand's `type` may name one of these too.
    pub type_distributions: Vec<TypeDistribution>,
    /// All routes; vehicles name theirs by its position here.
    pub routes: Vec<Route>,
    /// The demand file (JSON Lines sorted by departure), read as the run goes on.
    pub demand: PathBuf,
    /// The emergency trips, by departure.
    pub emergency: Vec<EmergencyTrip>,
    /// Pedestrians and cyclists.
    pub slow_traffic: Vec<SlowTraffic>,
    /// When inputs are active that rank above priority.
    pub overrides: Vec<OverrideTime>,
    /// The radio channel between vehicles and intersections.
    pub radio: RadioConfig,
    /// The share of ordinary vehicles that send CAMs, 0 to 1.
    pub cam_share: f64,
    /// Whether intersections give public transport priority.
    pub public_transport: bool,
    /// The share of ordinary vehicles whose drivers hear warnings of emergency vehicles, 0 to 1.
    pub eva_share: f64,
}

/// A time in which an input of an intersection is active that ranks above priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideTime {
    /// Position in [`Scenario::intersections`].
    pub intersection: usize,
    /// What the input stands for.
    pub kind: OverrideKind,
    /// Its name in the intersection file.
    pub input: String,
    /// From when on, after the run's start.
    pub from: Duration,
    /// Until when.
    pub to: Duration,
}

/// The usual share of ordinary vehicles that send CAMs. Assumed: new models of some makes have sent them since 2019, by WLAN at that.
pub const CAM_SHARE: f64 = 0.1;

impl Scenario {
    /// The longest signal cycle of any of its intersections; zero without any.
    #[must_use]
    pub fn longest_cycle(&self) -> Duration {
        let cycles =
            self.intersections.iter().filter_map(|controlled| controlled.intersection.program().cycle());
        cycles.max().unwrap_or(Duration::ZERO)
    }
}

/// One intersection of the scenario.
#[derive(Debug, Clone)]
pub struct ControlledIntersection {
    /// The intersection file, as the gateway reads it.
    pub intersection: Arc<Intersection>,
    /// Whether it takes priority requests.
    pub equipped: bool,
}

/// A kind of vehicle: what all of a fleet have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct VehicleType {
    /// Its name.
    pub id: String,
    /// Which lanes it may use.
    pub class: VehicleClass,
    /// Bumper to bumper.
    pub length: Length,
    /// Gap to the vehicle in front at a standstill.
    pub min_gap: Length,
    /// Desired time gap to the vehicle in front (IDM's T).
    pub time_gap: Duration,
    /// Acceleration from standstill (IDM's a).
    pub acceleration: Acceleration,
    /// Comfortable deceleration (IDM's b), positive.
    pub deceleration: Acceleration,
    /// What it can do at most.
    pub max_speed: Speed,
    /// How drivers relate to the speed limit.
    pub speed_factor: SpeedFactor,
    /// Whether it asks for conditional priority: buses and trams only.
    pub priority: bool,
}

/// The share of the speed limit that a driver wants to drive: normal, cut off at both ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeedFactor {
    /// Mean of the normal distribution.
    pub mean: f64,
    /// Its standard deviation; 0 = all the same.
    pub deviation: f64,
    /// No driver below.
    pub min: f64,
    /// No driver above.
    pub max: f64,
}

/// A draw of a vehicle type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDistribution {
    /// Its name, which demand uses like a type's.
    pub id: String,
    /// Positions in [`Scenario::vehicle_types`] with their weights (above zero, any sum).
    pub types: Vec<(usize, f64)>,
}

/// A route: the edges in order, each joined to the next by at least one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The edges.
    pub edges: Vec<EdgeIndex>,
}

/// One emergency vehicle's trip with blue light and siren.
#[derive(Debug, Clone, PartialEq)]
pub struct EmergencyTrip {
    /// Its name.
    pub id: String,
    /// Position in [`Scenario::vehicle_types`].
    pub vehicle_type: usize,
    /// Planned departure after the start of the run.
    pub depart: Duration,
    /// Position in [`Scenario::routes`].
    pub route: usize,
    /// How it makes itself known to intersections.
    pub requests: RequestsBy,
    /// What its requests are for.
    pub ask_for: AskFor,
}

/// How an emergency vehicle makes itself known to intersections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestsBy {
    /// It sends requests (SREM); its CAMs tell where it is.
    #[default]
    Srem,
    /// It sends CAMs alone, with blue light and siren.
    Cam,
}

impl RequestsBy {
    /// Every choice with its name in files.
    pub const NAMES: [(&'static str, Self); 2] = [("srem", Self::Srem), ("cam", Self::Cam)];
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AskFor {
    /// All ways from the approach on which the vehicle comes: Dutch practice for emergency vehicles.
    #[default]
    Approach,
    /// The ways from the lane on which it would come.
    Lane,
    /// The way that it goes.
    Connection,
}

impl AskFor {
    /// Every choice with its name in files.
    pub const NAMES: [(&'static str, Self); 3] =
        [("approach", Self::Approach), ("lane", Self::Lane), ("connection", Self::Connection)];
}

impl TypeDistribution {
    /// The type at a share (0 inclusive to 1 exclusive) of the weights: its position in [`Scenario::vehicle_types`].
    #[must_use]
    pub fn draw(&self, share: f64) -> usize {
        let all: f64 = self.types.iter().map(|(_, weight)| weight).sum();
        let mut left = share * all;
        for (vehicle_type, weight) in &self.types {
            left -= weight;
            if left < 0.0 {
                return *vehicle_type;
            }
        }
        // Rounding may leave a crumb: it is the last one's.
        self.types.last().map_or(0, |(vehicle_type, _)| *vehicle_type)
    }
}

/// A halt on the way, as a bus makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Halt {
    /// On this lane.
    pub lane: RoadLaneIndex,
    /// With its front at this position from the lane's start.
    pub position: Length,
    /// For this long.
    pub duration: Duration,
}

/// Pedestrians or cyclists at a signal group that has no lane in the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowTraffic {
    /// Position in [`Scenario::intersections`].
    pub intersection: usize,
    /// The group that they heed, for pedestrians or bicycles.
    pub group: GroupIndex,
    /// How many come in an hour, on average.
    pub per_hour: f64,
}

/// The modelled radio channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadioConfig {
    /// One way, without jitter.
    pub latency: Duration,
    /// Uniform, added to the latency: 0 to this.
    pub jitter: Duration,
    /// The share of messages that get lost, 0 to 1.
    pub loss: f64,
}

/// A cellular channel on a good day: assumed, not measured.
impl Default for RadioConfig {
    fn default() -> Self {
        Self { latency: Duration::from_millis(100), jitter: Duration::from_millis(100), loss: 0.01 }
    }
}
