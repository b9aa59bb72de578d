//! SUMO: networks, routes and signal programs become a scenario.
//!
//! | file | what it owns |
//! |---|---|
//! | `xml` | files as a stream of elements |
//! | `net_xml`, `definitions`, `tl_logic`, `flow` | what the files say, as written |
//! | `class` | who may drive where |
//! | `network` | the lane graph, who meets whom and who yields |
//! | `signals`, `course`, `layout`, `intersection` | programs become intersections: groups and conflicts, times, approaches and lanes, the file |
//! | `demand`, `vehicle_type` | routes, vehicles, emergency trips; types and how they drive |

mod class;
mod course;
mod definitions;
mod demand;
mod flow;
mod intersection;
mod layout;
mod loops;
mod net_xml;
mod network;
mod signals;
mod tl_logic;
mod vehicle_type;
mod xml;

use std::path::Path;
use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_units::{Duration, Instant};

use crate::demand::file::{DepartureLine, HaltLine};
use crate::import::{Findings, ImportError, ImportOptions, ImportReport};
use crate::scenario::file::{Written, write};
use crate::scenario::{CAM_SHARE, ControlledIntersection, RadioConfig, Scenario};
use definitions::Definitions;
use demand::Demand;
use network::Roads;

pub use demand::{EmergencyRequest, parse_emergency};

/// A run is at most this long.
const LONGEST_RUN: Duration = Duration::from_seconds(1_800);
/// After the last departure a run goes on for so long, if that is not too long.
const AFTER_LAST_DEPARTURE: Duration = Duration::from_seconds(300);
/// Demand that begins later than this is moved to the start of the run.
const LATEST_FIRST_DEPARTURE: Duration = Duration::from_seconds(1_800);
/// Measuring begins at least this long before the first emergency vehicle departs.
const BEFORE_EMERGENCY: Duration = Duration::from_seconds(60);

/// Imports a network with its demand and writes a scenario folder.
///
/// # Errors
/// If a file cannot be read, is cut off or malformed, contradicts another, or the folder cannot be written. Nothing that
/// looks like a scenario is left behind then.
pub fn import_sumo(options: &ImportOptions) -> Result<ImportReport, ImportError> {
    let mut findings = Findings::default();
    let emergency = emergency_requests(&options.emergency, &mut findings);
    let net = net_xml::read(&options.net, &mut findings)?;
    let mut definitions = Definitions::default();
    // SUMO reads additional files first: routes may use what they define.
    for path in options.additional.iter().chain(&options.routes) {
        definitions.read(path, &mut findings)?;
    }
    findings.stop_if_wrong()?;
    let mut roads = network::build(&net, &mut findings);
    findings.stop_if_wrong()?;
    let demand = demand::build(&definitions, &emergency, &roads, &mut findings);
    let start = Instant::from_utc(2026, 1, 12, 7, 0, 0).expect("a date that exists");
    let signalised = signals::build(&net, &definitions.programs, &mut roads, start, &mut findings);
    findings.stop_if_wrong()?;
    let times = Times::of(&demand, start);
    note_times(&demand, &times, &mut findings);
    let intersections: Vec<Arc<Intersection>> =
        signalised.iter().map(|found| Arc::clone(&found.intersection)).collect();
    let counts = (roads.network.edges.len(), roads.network.lanes.len(), roads.network.links.len());
    let scenario = scenario(options, roads, &demand, &intersections, &times);
    let texts = signalised.iter().map(|found| found.text.clone()).collect();
    let departures = demand.departures.iter().map(|departure| departure_line(departure, &scenario, &times));
    write(&scenario, &written(options, &demand, &times, texts, &findings), departures)
        .map_err(|error| ImportError::Unwritable { path: error.path, source: error.source })?;
    Ok(ImportReport {
        out: options.out.clone(),
        edges: counts.0,
        lanes: counts.1,
        links: counts.2,
        intersections: signalised.into_iter().map(|found| found.figures).collect(),
        vehicle_types: demand.types.len() + demand.distributions.len(),
        routes: demand.routes.len() - demand.emergency.len(),
        vehicles: demand.departures.len(),
        emergency: scenario.emergency.iter().map(|trip| (trip.id.clone(), trip.depart)).collect(),
        start: times.start,
        end: times.end,
        warm_up: times.warm_up,
        findings,
    })
}

fn emergency_requests(texts: &[String], findings: &mut Findings) -> Vec<EmergencyRequest> {
    let mut requests = Vec::new();
    for text in texts {
        match parse_emergency(text) {
            Ok(request) => requests.push(request),
            Err(what) => findings.wrong(
                Path::new("--emergency"),
                0,
                format!("\"{text}\": {what}"),
                "give the id, the departure in seconds and the edges in their order",
            ),
        }
    }
    requests
}

/// When a run starts, ends and is measured.
struct Times {
    /// The moment of SUMO's second `shift`.
    start: Instant,
    /// SUMO's second at the start of the run.
    shift: Duration,
    end: Duration,
    warm_up: Duration,
}

impl Times {
    fn of(demand: &Demand, second_zero: Instant) -> Self {
        let departures = || {
            let emergency = demand.emergency.iter().map(|trip| trip.depart);
            demand.departures.iter().map(|departure| departure.depart).chain(emergency)
        };
        let first = departures().min().unwrap_or(Duration::ZERO);
        let shift = if first > LATEST_FIRST_DEPARTURE || first < Duration::ZERO {
            Duration::from_seconds(first.millis().div_euclid(60_000) * 60)
        } else {
            Duration::ZERO
        };
        let last = departures().max().unwrap_or(Duration::ZERO) - shift + AFTER_LAST_DEPARTURE;
        let end = Duration::from_seconds((last.millis() + 59_999).div_euclid(60_000) * 60).min(LONGEST_RUN);
        let usual = if end > Duration::from_seconds(1_200) {
            Duration::from_seconds(900)
        } else {
            Duration::from_seconds(end.millis().div_euclid(2_000))
        };
        let first_emergency = demand.emergency.first().map(|trip| trip.depart - shift - BEFORE_EMERGENCY);
        let latest = first_emergency.unwrap_or(usual).max(Duration::ZERO);
        Self { start: second_zero + shift, shift, end, warm_up: usual.min(latest) }
    }
}

fn note_times(demand: &Demand, times: &Times, findings: &mut Findings) {
    let late = demand.departures.iter().filter(|found| found.depart - times.shift >= times.end).count();
    if late > 0 {
        findings.remark(format!(
            "{late} of {} vehicles depart after the end of the run at {} s: they are in the demand, but play no part \
             unless end_s is raised",
            demand.departures.len(),
            times.end.seconds()
        ));
    }
    if times.shift != Duration::ZERO {
        findings.remark(format!(
            "the run starts at SUMO's second {}, where the demand begins; programs keep in step",
            times.shift.seconds()
        ));
    }
}

fn scenario(
    options: &ImportOptions,
    roads: Roads,
    demand: &Demand,
    intersections: &[Arc<Intersection>],
    times: &Times,
) -> Scenario {
    let folder = options.out.clone();
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let emergency = demand.emergency.iter().cloned().map(|mut trip| {
        trip.depart -= times.shift;
        trip
    });
    Scenario {
        name: if name.is_empty() { "imported".to_owned() } else { name },
        demand: folder.join(crate::scenario::file::DEMAND),
        folder,
        start: times.start,
        end: times.end,
        warm_up: times.warm_up,
        step: Duration::from_millis(500),
        network: roads.network,
        intersections: intersections
            .iter()
            .map(|intersection| ControlledIntersection {
                intersection: Arc::clone(intersection),
                equipped: true,
            })
            .collect(),
        vehicle_types: demand.types.clone(),
        type_distributions: demand.distributions.clone(),
        routes: demand.routes.clone(),
        emergency: emergency.collect(),
        slow_traffic: Vec::new(),
        overrides: Vec::new(),
        cam_share: CAM_SHARE,
        public_transport: false,
        eva_share: 0.0,
        radio: RadioConfig::default(),
    }
}

fn departure_line<'a>(
    departure: &'a demand::ImportedDeparture,
    scenario: &'a Scenario,
    times: &Times,
) -> DepartureLine<'a> {
    let halt = |halt: &demand::ImportedHalt| HaltLine {
        edge: scenario.network.edges[halt.edge.index()].id.as_str().into(),
        lane: halt.lane,
        at_m: halt.at_m,
        duration_s: halt.duration_s,
    };
    DepartureLine {
        id: departure.id.as_str().into(),
        vehicle_type: departure.vehicle_type.as_str().into(),
        depart_s: (departure.depart - times.shift).seconds(),
        route: departure.route,
        halts: departure.halts.iter().map(halt).collect(),
    }
}

fn written(
    options: &ImportOptions,
    demand: &Demand,
    times: &Times,
    intersections: Vec<String>,
    findings: &Findings,
) -> Written {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files: Vec<String> = std::iter::once(&options.net)
        .chain(&options.additional)
        .chain(&options.routes)
        .map(|path| name(path))
        .collect();
    let mut notes = vec![
        "Written by `voorrang-sim import sumo`; an import into this folder writes it again.".to_owned(),
        format!("The start is SUMO's second {}.", times.shift.seconds()),
        format!(
            "end_s: {} s after the last departure, at most {} s. warm_up_s: 900, or half of a short run, and at least {} s",
            AFTER_LAST_DEPARTURE.seconds(),
            LONGEST_RUN.seconds(),
            BEFORE_EMERGENCY.seconds()
        ),
        "before the first emergency vehicle departs.".to_owned(),
    ];
    for note in findings.all_assumed() {
        notes.push(format!("Assumed ({} x): {}", note.count, note.what));
    }
    Written {
        intersections,
        description: format!(
            "{} vehicles and {} emergency vehicles, imported from SUMO",
            demand.departures.len(),
            demand.emergency.len()
        ),
        source: format!("SUMO: {}", files.join(", ")),
        notes,
    }
}
