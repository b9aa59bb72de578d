//! Two roads of one lane that cross at vehicle-actuated signals, as a scenario folder: what tests of detectors, people on foot and messages need.
//!
//! Group 02 is the road from the west (it rests in green), 05 the one from the south, 22 a bicycle crossing and 31 a pedestrian crossing, both
//! over the road from the west.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use voorrang_priority::{PartialConflicts, RecoveryConfig};
use voorrang_signals::document::Problems;
use voorrang_sim::run_options::{AtRed, RunOptions};
use voorrang_sim::scenario::Scenario;
use voorrang_units::Duration;

const NETWORK: &str = r#"{"network":{"schema":1,"projection":{"local":{"latitude":52.09,"longitude":5.12}}}}
{"junction":{"id":"W","at":[-400.0,0.0]}}
{"junction":{"id":"S","at":[0.0,-400.0]}}
{"junction":{"id":"E","at":[400.0,0.0]}}
{"junction":{"id":"N","at":[0.0,400.0]}}
{"junction":{"id":"C","at":[0.0,0.0]}}
{"edge":{"id":"W_C","from":"W","to":"C","lanes":[{"length_m":390.0,"speed_mps":13.89,"shape":[[-400.0,0.0],[-10.0,0.0]]}]}}
{"edge":{"id":"S_C","from":"S","to":"C","lanes":[{"length_m":390.0,"speed_mps":13.89,"shape":[[0.0,-400.0],[0.0,-10.0]]}]}}
{"edge":{"id":"C_E","from":"C","to":"E","lanes":[{"length_m":390.0,"speed_mps":13.89,"shape":[[10.0,0.0],[400.0,0.0]]}]}}
{"edge":{"id":"C_N","from":"C","to":"N","lanes":[{"length_m":390.0,"speed_mps":13.89,"shape":[[0.0,10.0],[0.0,400.0]]}]}}
{"link":{"junction":"C","from":["W_C",0],"to":["C_E",0],"length_m":20.0,"speed_mps":13.89,"shape":[[-10.0,0.0],[10.0,0.0]],"signal":{"intersection":"0/1","group":"02","approach":1,"lane":1,"connection":1},"foes":[[1,false,8.0,12.0]]}}
{"link":{"junction":"C","from":["S_C",0],"to":["C_N",0],"length_m":20.0,"speed_mps":13.89,"shape":[[0.0,-10.0],[0.0,10.0]],"signal":{"intersection":"0/1","group":"05","approach":2,"lane":2,"connection":2},"foes":[[0,true,8.0,12.0]]}}
"#;

const ROUTES: &str = "[\"W_C\",\"C_E\"]\n[\"S_C\",\"C_N\"]\n";

const INTERSECTION: &str = r#"
schema = 1
name = "C"
region = 0
id = 1
reference = [52.09, 5.12]
groups = [
  { name = "02", signal_group = 2, type = "motor", min_green_s = 5, max_green_s = 20, yellow_s = 3, min_red_s = 2 },
  { name = "05", signal_group = 5, type = "motor", min_green_s = 5, max_green_s = 20, yellow_s = 3, min_red_s = 2 },
  { name = "22", signal_group = 22, type = "bicycle", min_green_s = 5, yellow_s = 2, min_red_s = 1 },
  { name = "31", signal_group = 31, type = "pedestrian", min_green_s = 5, yellow_s = 3, min_red_s = 1 },
]
approaches = [{ approach = 1, name = "west" }, { approach = 2, name = "south" }, { approach = 3, name = "east" }, { approach = 4, name = "north" }]
lanes = [
  { lane = 1, direction = "ingress", approach = 1, width_m = 3.25, speed_limit_kmh = 50, nodes = [[52.09, 5.119854], [52.09, 5.114152]] },
  { lane = 2, direction = "ingress", approach = 2, width_m = 3.25, speed_limit_kmh = 50, nodes = [[52.08991, 5.12], [52.086403, 5.12]] },
  { lane = 3, direction = "egress", approach = 3, width_m = 3.25, nodes = [[52.09, 5.120146], [52.09, 5.125848]] },
  { lane = 4, direction = "egress", approach = 4, width_m = 3.25, nodes = [[52.09009, 5.12], [52.093597, 5.12]] },
]
connections = [
  { connection = 1, from = 1, to = 3, group = "02" },
  { connection = 2, from = 2, to = 4, group = "05" },
]
detectors = [
  { name = "021", type = "stop_line_loop", lane = 1, group = "02", distance_m = 1, length_m = 1.5 },
  { name = "022", type = "far_loop", lane = 1, group = "02", distance_m = 70, length_m = 1.5 },
  { name = "051", type = "stop_line_loop", lane = 2, group = "05", distance_m = 1, length_m = 1.5 },
  { name = "052", type = "long_loop", lane = 2, group = "05", distance_m = 12, length_m = 15 },
  { name = "221", type = "stop_line_loop", group = "22" },
  { name = "k31", type = "push_button", group = "31" },
]
[intergreen_s]
02 = { 05 = 5.0, 22 = 5.0, 31 = 5.0 }
05 = { 02 = 5.0 }
22 = { 02 = 4.0 }
31 = { 02 = 8.0 }
[program.actuated]
waiting_green = ["02"]
modules = [
  { name = "ML1", primary = ["02"] },
  { name = "ML2", primary = ["05", "22", "31"] },
]
"#;

const HEAD: &str = r#"schema = 1
name = "crossing"
start = "2026-01-12T07:00:00Z"
end_s = 600.0
warm_up_s = 60.0
step_s = 0.5
"#;

const TYPES: &str = r#"
[vehicle_types.car]
class = "passenger"
length_m = 4.5
min_gap_m = 2.0
time_gap_s = 0.85
acceleration_mps2 = 1.5
deceleration_mps2 = 2.0
max_speed_kmh = 180.0
speed_factor = { mean = 1.0, deviation = 0.0, min = 1.0, max = 1.0 }

[vehicle_types.bus]
class = "bus"
length_m = 12.0
min_gap_m = 2.5
time_gap_s = 1.0
acceleration_mps2 = 1.0
deceleration_mps2 = 1.5
max_speed_kmh = 80.0
speed_factor = { mean = 1.0, deviation = 0.0, min = 1.0, max = 1.0 }
priority = true

[vehicle_types.ambulance]
class = "emergency"
length_m = 6.5
min_gap_m = 2.0
time_gap_s = 0.85
acceleration_mps2 = 2.0
deceleration_mps2 = 3.5
max_speed_kmh = 144.0
speed_factor = { mean = 1.2, deviation = 0.0, min = 1.2, max = 1.2 }
"#;

/// The crossing's folder; gone with this value.
pub(crate) struct Crossing(TempDir);

impl Crossing {
    /// With these lines in its demand, and this at the end of `scenario.toml`.
    pub(crate) fn new(demand: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("intersections")).unwrap();
        write("intersections/c.toml", INTERSECTION);
        write("network.jsonl", NETWORK);
        write("routes.jsonl", ROUTES);
        write("demand.jsonl", demand);
        write("scenario.toml", &format!("{HEAD}{TYPES}{more}"));
        Self(folder)
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// As it was read.
    pub(crate) fn read(&self) -> Result<Scenario, Problems> {
        Scenario::load(self.path())
    }

    /// As it was read, without problems.
    pub(crate) fn scenario(&self) -> Scenario {
        self.read().unwrap_or_else(|problems| panic!("{problems}"))
    }
}

/// A car that departs so many seconds after the start on a route: 0 from the west, 1 from the south.
pub(crate) fn car(depart_s: f64, route: usize) -> String {
    format!(
        "{{\"id\":\"car{depart_s}_{route}\",\"type\":\"car\",\"depart_s\":{depart_s:?},\"route\":{route}}}\n"
    )
}

/// A run as written: nothing jittered.
pub(crate) fn options(scenario: &Scenario) -> RunOptions {
    RunOptions {
        seed: 1,
        replications: 1,
        at_red: AtRed::Wait,
        jitter: Duration::ZERO,
        end: scenario.end,
        warm_up: scenario.warm_up,
        recovery: RecoveryConfig::Resume,
        partial_conflicts: PartialConflicts::Hold,
        lamp_latency: Duration::ZERO,
    }
}
