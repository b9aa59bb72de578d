//! From the folder to a [`Scenario`]: `scenario.toml` first, then intersections and network side by side, then what names them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use voorrang_signals::Intersection;
use voorrang_signals::document::{Document, Place, Problem, Problems, Table, Value};
use voorrang_units::{Acceleration, Duration, Instant};

use crate::network::VehicleClass;
use crate::network::file::UnresolvedNetwork;
use crate::scenario::file::override_time::WrittenOverrides;
use crate::scenario::file::routes::{self, EdgeNames};
use crate::scenario::file::slow_traffic::WrittenSlowTraffic;
use crate::scenario::file::{DEMAND, INTERSECTIONS, NETWORK, ROUTES, SCENARIO, SCHEMA};
use crate::scenario::{
    AskFor, CAM_SHARE, ControlledIntersection, EmergencyTrip, RadioConfig, RequestsBy, Scenario, SpeedFactor,
    TypeDistribution, VehicleType,
};

/// The longest run, the latest departure.
const LONGEST_S: f64 = 86_400.0;
/// 2004-01-01, where `TimestampIts` begins (TS 102 894-2), and 2100-01-01, before captures and `TimestampIts` come to their end.
const FIRST_START: Instant = Instant::from_unix_millis(1_072_915_200_000);
const LAST_START: Instant = Instant::from_unix_millis(4_102_444_800_000);

impl Scenario {
    /// Reads and validates the scenario in a folder. The demand file is only looked for: its lines are read as a run goes on,
    /// or by [`crate::demand::file::DemandReader::check`].
    ///
    /// # Errors
    /// Every problem in `scenario.toml`, the intersection files, the network and the routes.
    pub fn load(folder: &Path) -> Result<Self, Problems> {
        let path = folder.join(SCENARIO);
        let file = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| {
            let what = format!("cannot be read: {error}");
            Problem::with_file(&file, what, "name a scenario folder; `voorrang-sim import` makes one")
        })?;
        let document = Document::parse(&file, &text);
        let head = Head::read(&document, folder);
        let paths = toml_files(&head.intersections);
        let work = IntersectionWork::new(paths.as_deref().unwrap_or_default());
        let (network, routes, intersections) = thread::scope(|scope| {
            let helper = scope.spawn(|| work.take_part());
            let network = UnresolvedNetwork::read(&head.network);
            let routes = network
                .as_ref()
                .ok()
                .map(|network| routes::read(&head.routes, &EdgeNames::of(network.without_signals())));
            let mut read = work.take_part();
            read.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            (network, routes, read)
        });
        let mut problems = Vec::new();
        let mut keep = |found: Problems| problems.extend(found.0);
        let intersections = match &paths {
            Ok(paths) => in_order(paths, intersections).map_err(&mut keep).ok(),
            Err(found) => {
                keep(found.clone());
                None
            }
        };
        let network = network.map_err(&mut keep).ok();
        let network = network.zip(intersections.as_ref());
        let network = network
            .and_then(|(network, intersections)| network.resolve(intersections).map_err(&mut keep).ok());
        let mut routes = routes.and_then(|routes| routes.map_err(&mut keep).ok()).unwrap_or_default();
        let names = network.as_ref().map(EdgeNames::of);
        let emergency = head.emergency_trips(&document, names.as_ref(), &mut routes);
        let equipped = head.equipped(&document, intersections.as_deref().unwrap_or_default());
        let slow_traffic = match &intersections {
            Some(intersections) => head.slow_traffic.resolve(&document, intersections, network.as_ref()),
            None => Vec::new(),
        };
        let overrides = match &intersections {
            Some(intersections) => head.overrides.resolve(&document, intersections),
            None => Vec::new(),
        };
        if !head.demand.is_file() {
            keep(Problems::one(Problem::with_file(
                head.demand.display().to_string(),
                "there is no demand file",
                "check `demand` in [files]; an empty file means no vehicles",
            )));
        }
        drop(names);
        let all: Vec<Problem> =
            document.finish().err().into_iter().flat_map(|found| found.0).chain(problems).collect();
        match (network, head.settings) {
            (Some(network), Some(settings)) if all.is_empty() => Ok(Self {
                name: head.name,
                folder: folder.to_owned(),
                start: settings.start,
                end: settings.end,
                warm_up: settings.warm_up,
                step: settings.step,
                network,
                intersections: intersections
                    .into_iter()
                    .flatten()
                    .zip(equipped)
                    .map(|(intersection, equipped)| ControlledIntersection { intersection, equipped })
                    .collect(),
                vehicle_types: head.vehicle_types,
                type_distributions: head.type_distributions,
                routes,
                demand: head.demand,
                emergency,
                slow_traffic,
                overrides,
                radio: head.radio,
                cam_share: head.cam_share,
                public_transport: head.public_transport,
                eva_share: head.eva_share,
            }),
            _ => Err(Problems(all)),
        }
    }
}

/// What `scenario.toml` says by itself.
struct Head {
    name: String,
    settings: Option<Settings>,
    network: PathBuf,
    routes: PathBuf,
    demand: PathBuf,
    intersections: PathBuf,
    not_equipped: Vec<(Place, String)>,
    radio: RadioConfig,
    cam_share: f64,
    public_transport: bool,
    eva_share: f64,
    vehicle_types: Vec<VehicleType>,
    type_distributions: Vec<TypeDistribution>,
    emergency: Vec<WrittenTrip>,
    slow_traffic: WrittenSlowTraffic,
    overrides: WrittenOverrides,
}

struct Settings {
    start: Instant,
    end: Duration,
    warm_up: Duration,
    step: Duration,
}

struct WrittenTrip {
    place: Place,
    id: String,
    vehicle_type: usize,
    depart: Duration,
    route_place: Place,
    route: Vec<String>,
    requests: RequestsBy,
    ask_for: AskFor,
}

impl Head {
    fn read(document: &Document<'_>, folder: &Path) -> Self {
        let root = document.root();
        if let Some(schema) = root.required("schema")
            && let Some(number) = schema.integer(0..=u32::MAX)
            && number != SCHEMA
        {
            document.report(
                schema.place(),
                format!("schema {number} is not known here"),
                format!("use schema {SCHEMA}, or a newer program"),
            );
        }
        let written = root.optional("name").and_then(|value| value.text());
        let folder_name = || folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = written.map(str::to_owned).or_else(folder_name).unwrap_or_else(|| "scenario".to_owned());
        for key in ["description", "source"] {
            // For people only; still they must be texts.
            let _ = root.optional(key).and_then(|value| value.text());
        }
        let settings = settings(document, &root);
        let not_equipped = root.optional("not_equipped").and_then(|value| value.texts()).unwrap_or_default();
        let files = root.optional("files").and_then(|value| value.table());
        let file = |key: &'static str, usual: &str| {
            let written = files.as_ref().and_then(|files| files.optional(key)).and_then(|value| value.text());
            folder.join(written.unwrap_or(usual))
        };
        let [network, routes, demand] = [("network", NETWORK), ("routes", ROUTES), ("demand", DEMAND)]
            .map(|(key, usual)| file(key, usual));
        let intersections = file("intersections", INTERSECTIONS);
        if let Some(files) = &files {
            files.no_other_keys();
        }
        let (radio, cam_share, eva_share) = root
            .optional("radio")
            .and_then(|value| value.table())
            .map(|table| radio(&table))
            .unwrap_or((RadioConfig::default(), CAM_SHARE, 0.0));
        let public_transport = root
            .optional("priority")
            .and_then(|value| value.table())
            .and_then(|table| {
                let public_transport = table.optional("public_transport").and_then(|value| value.flag());
                table.no_other_keys();
                public_transport
            })
            .unwrap_or_default();
        let (vehicle_types, type_distributions) = types(document, &root);
        let emergency = root.optional("emergency").map(|value| value.tables()).unwrap_or_default();
        let emergency =
            emergency.iter().filter_map(|table| written_trip(document, table, &vehicle_types)).collect();
        let slow_traffic = WrittenSlowTraffic::read(&root);
        let overrides = WrittenOverrides::read(&root);
        root.no_other_keys();
        Self {
            name,
            settings,
            network,
            routes,
            demand,
            intersections,
            not_equipped: not_equipped.into_iter().map(|(place, name)| (place, name.to_owned())).collect(),
            radio,
            cam_share,
            public_transport,
            eva_share,
            vehicle_types,
            type_distributions,
            emergency,
            slow_traffic,
            overrides,
        }
    }

    /// The emergency trips by departure; their routes are added to `routes`.
    fn emergency_trips(
        &self,
        document: &Document<'_>,
        names: Option<&EdgeNames<'_>>,
        routes: &mut Vec<crate::scenario::Route>,
    ) -> Vec<EmergencyTrip> {
        let Some(names) = names else { return Vec::new() };
        let mut seen: Vec<&str> = Vec::new();
        let mut trips = Vec::new();
        for written in &self.emergency {
            if seen.contains(&written.id.as_str()) {
                let what = format!("emergency vehicle \"{}\" is there twice", written.id);
                document.report(written.place, what, "give each its own id");
            }
            seen.push(&written.id);
            match names.route(written.route.iter().map(String::as_str)) {
                Ok(route) => {
                    routes.push(route);
                    trips.push(EmergencyTrip {
                        id: written.id.clone(),
                        vehicle_type: written.vehicle_type,
                        depart: written.depart,
                        route: routes.len() - 1,
                        requests: written.requests,
                        ask_for: written.ask_for,
                    });
                }
                Err(what) => document.report(
                    written.route_place,
                    format!("route of emergency vehicle \"{}\": {what}", written.id),
                    "name edges of the network that follow each other",
                ),
            }
        }
        trips.sort_by_key(|trip| trip.depart);
        trips
    }

    /// By intersection: does it take priority requests?
    fn equipped(&self, document: &Document<'_>, intersections: &[Arc<Intersection>]) -> Vec<bool> {
        let mut equipped = vec![true; intersections.len()];
        for (place, name) in &self.not_equipped {
            let mut known = false;
            for (flag, intersection) in equipped.iter_mut().zip(intersections) {
                if intersection.name() == name || intersection.id().to_string() == *name {
                    *flag = false;
                    known = true;
                }
            }
            if !known && !intersections.is_empty() {
                let what = format!("`not_equipped` names \"{name}\", which no intersection file has");
                document.report(*place, what, "give an intersection's id (as 0/3) or its name");
            }
        }
        equipped
    }
}

fn settings(document: &Document<'_>, root: &Table<'_>) -> Option<Settings> {
    let seconds = |value: Value<'_>, from: f64, to: f64| value.seconds(from..=to);
    let start = root.required("start");
    let start_place = start.as_ref().map(Value::place);
    let start = start.and_then(|value| value.instant());
    let end = root.required("end_s").and_then(|value| seconds(value, 1.0, LONGEST_S));
    let warm_up = root.required("warm_up_s");
    let warm_up_place = warm_up.as_ref().map(Value::place);
    let warm_up = warm_up.and_then(|value| seconds(value, 0.0, LONGEST_S));
    let step = root.required("step_s");
    let step_place = step.as_ref().map(Value::place);
    let step = step.and_then(|value| seconds(value, 0.1, 1.0));
    if let (Some(place), Some(start)) = (start_place, start)
        && !(FIRST_START..LAST_START).contains(&start)
    {
        let what = format!("`start` is {start}");
        document.report(
            place,
            what,
            "give a moment from 2004 to 2100: the time in messages counts from 2004",
        );
    }
    if let (Some(place), Some(step)) = (step_place, step)
        && step.millis() % 100 != 0
    {
        let what = format!("`step_s` is {}", step.seconds());
        document.report(place, what, "give a multiple of 0.1, the control step");
    }
    if let (Some(place), Some(warm_up), Some(end)) = (warm_up_place, warm_up, end)
        && warm_up >= end
    {
        let what = format!("`warm_up_s` is {}, but the run ends at {} s", warm_up.seconds(), end.seconds());
        document.report(place, what, "begin to measure before the end");
    }
    Some(Settings { start: start?, end: end?, warm_up: warm_up?, step: step? })
}

/// The channel, who sends CAMs on it and who hears warnings.
fn radio(table: &Table<'_>) -> (RadioConfig, f64, f64) {
    let usual = RadioConfig::default();
    let latency = table.optional("latency_ms").and_then(|value| value.millis(0..=10_000));
    let jitter = table.optional("jitter_ms").and_then(|value| value.millis(0..=10_000));
    let loss = table.optional("loss").and_then(|value| value.number(0.0..=1.0));
    let [cam_share, eva_share] =
        ["cam_share", "eva_share"].map(|key| table.optional(key).and_then(|value| value.number(0.0..=1.0)));
    table.no_other_keys();
    let config = RadioConfig {
        latency: latency.unwrap_or(usual.latency),
        jitter: jitter.unwrap_or(usual.jitter),
        loss: loss.unwrap_or(usual.loss),
    };
    (config, cam_share.unwrap_or(CAM_SHARE), eva_share.unwrap_or(0.0))
}

fn types(document: &Document<'_>, root: &Table<'_>) -> (Vec<VehicleType>, Vec<TypeDistribution>) {
    let table = root.required("vehicle_types").and_then(|value| value.table());
    let entries = table.map(|table| table.entries()).unwrap_or_default();
    // A type with a mistake stays in the list by its name, or all that use it would be reported too.
    let types: Vec<VehicleType> = entries
        .iter()
        .filter_map(|(id, value)| value.table().map(|table| vehicle_type(document, id, &table)))
        .collect();
    let table = root.optional("type_distributions").and_then(|value| value.table());
    let entries = table.map(|table| table.entries()).unwrap_or_default();
    let distributions = entries.iter().filter_map(|(id, value)| {
        let weights = value.table()?;
        if types.iter().any(|found| found.id == *id) {
            let what = format!("\"{id}\" is a vehicle type and a distribution");
            document.report(value.place(), what, "give one of them another name");
        }
        let drawn = weights.entries().into_iter().filter_map(|(name, weight)| {
            let Some(index) = types.iter().position(|found| found.id == name) else {
                let what = format!("distribution \"{id}\" draws from \"{name}\", which is no vehicle type");
                return weight.wrong(what, "add [vehicle_types] of that name, or mend the name");
            };
            weight.number(1.0e-9..=1.0e9).map(|weight| (index, weight))
        });
        Some(TypeDistribution { id: (*id).to_owned(), types: drawn.collect() })
    });
    let distributions = distributions.collect();
    (types, distributions)
}

fn vehicle_type(document: &Document<'_>, id: &str, table: &Table<'_>) -> VehicleType {
    let choices = VehicleClass::ALL.map(|class| (class.name(), class));
    let class = table.required("class").and_then(|value| value.one_of(&choices));
    let metres = |key, from: f64| table.required(key).and_then(|value| value.metres(from..=100.0));
    let acceleration = |key| table.required(key).and_then(|value| value.number(0.1..=20.0));
    let length = metres("length_m", 0.5);
    let min_gap = metres("min_gap_m", 0.1);
    let time_gap = table.required("time_gap_s").and_then(|value| value.seconds(0.1..=10.0));
    let speeding_up = acceleration("acceleration_mps2");
    let slowing_down = acceleration("deceleration_mps2");
    let max_speed =
        table.required("max_speed_kmh").and_then(|value| value.kilometres_per_hour(1.0..=1_000.0));
    let speed_factor = table.required("speed_factor").and_then(|value| value.table());
    let speed_factor = speed_factor.and_then(|table| speed_factor_of(document, &table));
    let priority = table.optional("priority");
    let asks = priority.as_ref().and_then(Value::flag).unwrap_or_default();
    if let Some(priority) = priority
        && asks
        && !matches!(class, Some(VehicleClass::Bus | VehicleClass::Tram) | None)
    {
        let what = "`priority` is for public transport";
        document.report(
            priority.place(),
            what,
            "give the type class = \"bus\" or \"tram\", or leave `priority` out",
        );
    }
    table.no_other_keys();
    let acceleration =
        |value: Option<f64>| Acceleration::from_metres_per_second_squared(value.unwrap_or(1.0));
    VehicleType {
        id: id.to_owned(),
        class: class.unwrap_or(VehicleClass::Passenger),
        length: length.unwrap_or_default(),
        min_gap: min_gap.unwrap_or_default(),
        time_gap: time_gap.unwrap_or(Duration::from_seconds(1)),
        acceleration: acceleration(speeding_up),
        deceleration: acceleration(slowing_down),
        max_speed: max_speed.unwrap_or_default(),
        speed_factor: speed_factor.unwrap_or(SpeedFactor { mean: 1.0, deviation: 0.0, min: 1.0, max: 1.0 }),
        priority: asks,
    }
}

fn speed_factor_of(document: &Document<'_>, table: &Table<'_>) -> Option<SpeedFactor> {
    let factor = |key, from: f64| table.required(key).and_then(|value| value.number(from..=5.0));
    let mean = factor("mean", 0.05);
    let deviation = factor("deviation", 0.0);
    let (min, max) = (factor("min", 0.05), factor("max", 0.05));
    table.no_other_keys();
    let found = SpeedFactor { mean: mean?, deviation: deviation?, min: min?, max: max? };
    if found.min > found.mean || found.max < found.mean {
        let what =
            format!("`mean` {} is not between `min` {} and `max` {}", found.mean, found.min, found.max);
        document.report(table.place(), what, "put it between them");
    }
    Some(found)
}

fn written_trip(document: &Document<'_>, table: &Table<'_>, types: &[VehicleType]) -> Option<WrittenTrip> {
    let id = table.required("id").and_then(|value| value.text());
    let type_name = table.required("type");
    let depart = table.required("depart_s").and_then(|value| value.seconds(0.0..=LONGEST_S));
    let route = table.required("route");
    let route_place = route.as_ref().map(Value::place);
    let edges = route.and_then(|value| value.texts());
    let requests = table.optional("requests").and_then(|value| value.one_of(&RequestsBy::NAMES));
    let ask_for = table.optional("ask_for").and_then(|value| value.one_of(&AskFor::NAMES));
    table.no_other_keys();
    let vehicle_type = type_name.and_then(|value| {
        let name = value.text()?;
        let Some(index) = types.iter().position(|found| found.id == name) else {
            let what = format!("`type` is \"{name}\", which is no vehicle type");
            return value.wrong(what, "add [vehicle_types] of that name, or mend the name");
        };
        if types[index].class != VehicleClass::Emergency {
            let what = format!("`type` is \"{name}\", which is not of class emergency");
            document.report(value.place(), what, "give the type class = \"emergency\"");
        }
        Some(index)
    });
    Some(WrittenTrip {
        place: table.place(),
        id: id?.to_owned(),
        vehicle_type: vehicle_type?,
        depart: depart?,
        route_place: route_place?,
        route: edges?.into_iter().map(|(_, edge)| edge.to_owned()).collect(),
        requests: requests.unwrap_or_default(),
        ask_for: ask_for.unwrap_or_default(),
    })
}

/// The intersection files, read by whoever has time.
struct IntersectionWork<'p> {
    paths: &'p [PathBuf],
    next: AtomicUsize,
}

type ReadIntersection = (usize, Result<Intersection, Problems>);

impl<'p> IntersectionWork<'p> {
    fn new(paths: &'p [PathBuf]) -> Self {
        Self { paths, next: AtomicUsize::new(0) }
    }

    /// Reads one file after another until none is left; returns them with their positions.
    fn take_part(&self) -> Vec<ReadIntersection> {
        let mut read = Vec::new();
        loop {
            let position = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = self.paths.get(position) else { return read };
            read.push((position, read_intersection(path)));
        }
    }
}

/// The intersections in the order of their files, whoever read them.
fn in_order(paths: &[PathBuf], mut read: Vec<ReadIntersection>) -> Result<Vec<Arc<Intersection>>, Problems> {
    read.sort_by_key(|(position, _)| *position);
    let mut intersections: Vec<Arc<Intersection>> = Vec::with_capacity(read.len());
    let mut problems = Vec::new();
    let mut by_id = BTreeMap::new();
    for (position, result) in read {
        let path = &paths[position];
        match result {
            Ok(intersection) => {
                if let Some(other) = by_id.insert(intersection.id(), path) {
                    let what = format!("id {} is that of {} too", intersection.id(), other.display());
                    let file = path.display().to_string();
                    problems.push(Problem::with_file(file, what, "give each intersection its own id"));
                }
                intersections.push(Arc::new(intersection));
            }
            Err(found) => problems.extend(found.0),
        }
    }
    if problems.is_empty() { Ok(intersections) } else { Err(Problems(problems)) }
}

fn read_intersection(path: &Path) -> Result<Intersection, Problems> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Problem::with_file(&file, format!("cannot be read: {error}"), "check that it is a text file")
    })?;
    Intersection::from_toml(&text, &file)
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Problems> {
    let unreadable = |error: std::io::Error| {
        Problem::with_file(
            folder.display().to_string(),
            format!("cannot be read: {error}"),
            "make a folder with one file for each intersection; it may be empty",
        )
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
