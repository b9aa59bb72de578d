//! `demand.jsonl`: who departs when, one vehicle a line in the order of departure, read as the run goes on.
//!
//! ```text
//! {"id":"v0","type":"car","depart_s":5.11,"route":0}
//! {"id":"bus_14","type":"bus","depart_s":60.0,"route":12,"halts":[{"edge":"55","lane":0,"at_m":256.17,"duration_s":20.0}]}
//! ```
//! `type` names a vehicle type or a distribution of `scenario.toml`; `route` is the number of the line in `routes.jsonl`,
//! from 0; `at_m` is where the front halts, from the lane's start.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

use serde::{Deserialize, Serialize};
use voorrang_signals::document::{Problem, Problems};
use voorrang_units::{Duration, Length};

use crate::demand::{Departure, TypeChoice};
use crate::network::RoadLaneIndex;
use crate::scenario::{Halt, Scenario};

/// A list of problems longer than this helps nobody.
const MOST_PROBLEMS: usize = 100;

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartureLine<'a> {
    /// The vehicle's name.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// A vehicle type or a distribution.
    #[serde(borrow, rename = "type")]
    pub vehicle_type: Cow<'a, str>,
    /// Seconds after the start of the run, at least 0.
    pub depart_s: f64,
    /// The line of its route, from 0.
    pub route: usize,
    /// Halts on the way.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub halts: Vec<HaltLine<'a>>,
}

/// A halt on the way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HaltLine<'a> {
    /// An edge of the route.
    #[serde(borrow)]
    pub edge: Cow<'a, str>,
    /// The lane, 0 = right-most.
    pub lane: u8,
    /// Metres from the lane's start to the front of the halting vehicle.
    pub at_m: f64,
    /// How long, in seconds.
    pub duration_s: f64,
}

/// Writes a departure as a line.
///
/// # Errors
/// What `out` reports.
pub fn write_line(out: &mut impl Write, line: &DepartureLine<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// The demand of a scenario, vehicle by vehicle.
#[derive(Debug)]
pub struct DemandReader {
    source: BufReader<File>,
    file: String,
    text: String,
    line: usize,
    number: u64,
    latest: Duration,
}

impl DemandReader {
    /// Opens the demand of a scenario.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(scenario: &Scenario) -> Result<Self, Problems> {
        let file = scenario.demand.display().to_string();
        let source = File::open(&scenario.demand).map_err(|error| unreadable(&file, &error))?;
        Ok(Self {
            source: BufReader::new(source),
            file,
            text: String::new(),
            line: 0,
            number: 0,
            latest: Duration::ZERO,
        })
    }

    /// The next vehicle; `None` when all have departed.
    ///
    /// # Errors
    /// Everything that is wrong with the next line. Reading may go on after it.
    pub fn next(&mut self, scenario: &Scenario) -> Result<Option<Departure>, Problems> {
        loop {
            self.text.clear();
            self.line += 1;
            let read =
                self.source.read_line(&mut self.text).map_err(|error| unreadable(&self.file, &error))?;
            if read == 0 {
                return Ok(None);
            }
            if !self.text.trim().is_empty() {
                break;
            }
        }
        let number = self.number;
        self.number += 1;
        let line = serde_json::from_str::<DepartureLine<'_>>(&self.text).map_err(|error| {
            let what = format!("no departure: {error}");
            let remedy = "write {\"id\":...,\"type\":...,\"depart_s\":...,\"route\":...} on one line";
            let problem = Problem::with_line(&self.file, self.line, what, remedy);
            Problem { column: error.column(), ..problem }
        })?;
        let mut complaint =
            Complaint { file: &self.file, line: self.line, id: &line.id, problems: Vec::new() };
        let depart = complaint.departure(line.depart_s, self.latest);
        let vehicle_type = complaint.type_choice(&line.vehicle_type, scenario);
        let route = complaint.route(line.route, scenario);
        let halts = route.map_or_else(Vec::new, |route| complaint.halts(&line.halts, route, scenario));
        let problems = complaint.problems;
        self.latest = self.latest.max(depart.unwrap_or(Duration::ZERO));
        match (depart, vehicle_type, route) {
            (Some(depart), Some(vehicle_type), Some(route)) if problems.is_empty() => {
                Ok(Some(Departure { id: line.id.into_owned(), number, vehicle_type, depart, route, halts }))
            }
            _ => Err(Problems(problems)),
        }
    }

    /// Reads the whole demand and returns how many vehicles there are.
    ///
    /// # Errors
    /// Every problem in the file.
    pub fn check(scenario: &Scenario) -> Result<u64, Problems> {
        let mut reader = Self::open(scenario)?;
        let mut problems = Vec::new();
        let mut vehicles = 0;
        while problems.len() < MOST_PROBLEMS {
            match reader.next(scenario) {
                Ok(Some(_)) => vehicles += 1,
                Ok(None) => break,
                Err(found) => {
                    let unreadable = found.0.is_empty() || found.0.iter().any(|problem| problem.line == 0);
                    problems.extend(found.0);
                    if unreadable {
                        break;
                    }
                }
            }
        }
        if problems.is_empty() { Ok(vehicles) } else { Err(Problems(problems)) }
    }
}

/// What is wrong with one line.
struct Complaint<'a> {
    file: &'a str,
    line: usize,
    id: &'a str,
    problems: Vec<Problem>,
}

impl Complaint<'_> {
    fn add(&mut self, what: &str, remedy: &str) {
        let what = format!("vehicle \"{}\" {what}", self.id);
        self.problems.push(Problem::with_line(self.file, self.line, what, remedy));
    }

    fn departure(&mut self, depart_s: f64, latest: Duration) -> Option<Duration> {
        if !(0.0..1.0e9).contains(&depart_s) {
            self.add(&format!("departs at {depart_s} s"), "give seconds after the start of the run, from 0");
            return None;
        }
        let depart = Duration::from_seconds_f64(depart_s);
        if depart < latest {
            let what =
                format!("departs at {depart_s} s, before the vehicle above it ({} s)", latest.seconds());
            self.add(&what, "sort the lines by departure");
            return None;
        }
        Some(depart)
    }

    fn type_choice(&mut self, name: &str, scenario: &Scenario) -> Option<TypeChoice> {
        let choice = scenario
            .vehicle_types
            .iter()
            .position(|vehicle_type| vehicle_type.id == name)
            .map(TypeChoice::Type)
            .or_else(|| {
                let distributions = &scenario.type_distributions;
                distributions.iter().position(|found| found.id == name).map(TypeChoice::Distribution)
            });
        if choice.is_none() {
            self.add(
                &format!("is of type \"{name}\", which scenario.toml does not have"),
                "add [vehicle_types] or [type_distributions] of that name, or mend the name",
            );
        }
        choice
    }

    fn route(&mut self, route: usize, scenario: &Scenario) -> Option<usize> {
        if route < scenario.routes.len() {
            return Some(route);
        }
        let what = format!("takes route {route}, but there are {} (counted from 0)", scenario.routes.len());
        self.add(&what, "add the route to routes.jsonl, or mend the number");
        None
    }

    fn halts(&mut self, lines: &[HaltLine<'_>], route: usize, scenario: &Scenario) -> Vec<Halt> {
        lines.iter().filter_map(|halt| self.halt(halt, route, scenario)).collect()
    }

    fn halt(&mut self, halt: &HaltLine<'_>, route: usize, scenario: &Scenario) -> Option<Halt> {
        let network = &scenario.network;
        let edges = &scenario.routes[route].edges;
        let Some(edge) = edges.iter().find(|edge| network.edges[edge.index()].id == halt.edge) else {
            self.add(
                &format!("halts on edge \"{}\", which is not on its route", halt.edge),
                "halt on an edge of the route",
            );
            return None;
        };
        let lanes = &network.edges[edge.index()].lanes;
        let index = lanes.start + u32::from(halt.lane);
        if !lanes.contains(&index) {
            let what = format!("halts on lane {} of edge \"{}\"", halt.lane, halt.edge);
            self.add(&what, &format!("the edge has lanes 0 to {}", lanes.len().saturating_sub(1)));
            return None;
        }
        let lane = RoadLaneIndex(index);
        let length = network.lanes[lane.index()].length.metres();
        if !(0.0..=length).contains(&halt.at_m) {
            let what = format!("halts at {} m on a lane of {length} m", halt.at_m);
            self.add(&what, "give a position on the lane");
            return None;
        }
        if !(0.0..1.0e9).contains(&halt.duration_s) {
            self.add(&format!("halts for {} s", halt.duration_s), "give a duration from 0");
            return None;
        }
        Some(Halt {
            lane,
            position: Length::from_metres(halt.at_m),
            duration: Duration::from_seconds_f64(halt.duration_s),
        })
    }
}

fn unreadable(file: &str, error: &io::Error) -> Problems {
    let what = format!("cannot be read: {error}");
    Problem::with_file(file, what, "check that the file is there; `voorrang-sim import` writes it").into()
}
