//! The scenario folder as it is written: `scenario.toml` for people, `intersections/*.toml` as the gateway reads them, and
//! generated JSON Lines for network, routes and demand. Reading reports every problem of all files at once.
//!
//! ```toml
//! schema = 1
//! name = "iso4"
//! description = "..."
//! source = "where network and demand come from"
//! start = "2026-01-12T07:00:00Z"   # UTC
//! end_s = 1800.0                   # measuring ends
//! warm_up_s = 560.0                # measuring begins
//! step_s = 0.5                     # traffic step, a multiple of 0.1 s
//! not_equipped = ["0/3"]           # intersections, by id or name, that take no requests
//!
//! [files]                          # all optional; these are the defaults
//! network = "network.jsonl"
//! routes = "routes.jsonl"          # ["EDGE","EDGE"]: one route a line
//! demand = "demand.jsonl"
//! intersections = "intersections"
//!
//! [radio]                          # optional
//! latency_ms = 50
//! jitter_ms = 50
//! loss = 0.01
//! cam_share = 0.1                  # of ordinary vehicles
//! eva_share = 0.0                  # of ordinary vehicles: they hear warnings
//!
//! [vehicle_types.car]
//! class = "passenger"
//! length_m = 4.5
//! min_gap_m = 2.5
//! time_gap_s = 1.0
//! acceleration_mps2 = 1.5
//! deceleration_mps2 = 2.0
//! max_speed_kmh = 180.0
//! speed_factor = { mean = 1.0, deviation = 0.1, min = 0.7, max = 1.3 }
//!
//! [type_distributions.mixed]       # types and their weights
//! car = 0.9
//! truck = 0.1
//!
//! [[emergency]]
//! id = "ev0"
//! type = "ambulance"
//! depart_s = 620.0
//! route = ["N_C", "C_S"]
//!
//! [[slow_traffic]]                 # pedestrians or cyclists at a group without lanes
//! intersection = "0/1"             # by id or name
//! group = "31"
//! per_hour = 120
//!
//! [[override]]                     # an input that ranks above priority
//! intersection = "0/1"
//! input = "bridge"                 # its name in the intersection file
//! from_s = 1200.0
//! to_s = 1500.0
//! ```

mod override_time;
mod reading;
mod routes;
mod slow_traffic;
mod warnings;
mod writing;

pub(crate) use writing::file_name;
pub use writing::{WriteError, Written, write};

/// The file that makes a folder a scenario.
pub const SCENARIO: &str = "scenario.toml";
/// The lane graph.
pub const NETWORK: &str = "network.jsonl";
/// The routes, one a line.
pub const ROUTES: &str = "routes.jsonl";
/// The vehicles, one a line.
pub const DEMAND: &str = "demand.jsonl";
/// The folder of intersection files.
pub const INTERSECTIONS: &str = "intersections";

const SCHEMA: u32 = 1;
