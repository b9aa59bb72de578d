//! Writing a scenario folder: into a temporary folder first, then moved into place with `scenario.toml` last, so that a folder
//! that looks complete is complete.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use voorrang_signals::Intersection;

use crate::demand::file::{DepartureLine, write_line};
use crate::scenario::file::{DEMAND, INTERSECTIONS, NETWORK, ROUTES, SCENARIO, SCHEMA};
use crate::scenario::{AskFor, RequestsBy, Scenario, SpeedFactor, VehicleType};

/// What a folder holds beside the values of its [`Scenario`].
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// The text of each intersection's file, in the scenario's order.
    pub intersections: Vec<String>,
    /// One sentence.
    pub description: String,
    /// Where network and demand come from.
    pub source: String,
    /// Comment lines for the top of the file.
    pub notes: Vec<String>,
}

/// The scenario folder could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Writes a scenario into its folder, which may be there: generated files in it are replaced, others stay. `routes` of the
/// scenario that only emergency vehicles drive have to stand last.
///
/// # Errors
/// If a file or folder cannot be written; the folder then has no `scenario.toml`, or the one that it had.
pub fn write<'a>(
    scenario: &Scenario,
    written: &Written,
    departures: impl Iterator<Item = DepartureLine<'a>>,
) -> Result<(), WriteError> {
    let folder = &scenario.folder;
    let in_folder = |source: io::Error| WriteError { path: folder.clone(), source };
    fs::create_dir_all(folder).map_err(in_folder)?;
    let temporary = folder.join(".unfinished");
    if temporary.exists() {
        fs::remove_dir_all(&temporary).map_err(in_folder)?;
    }
    fs::create_dir_all(temporary.join(INTERSECTIONS)).map_err(in_folder)?;
    write_files(scenario, written, departures, &temporary)?;
    // From here on the old scenario is gone; the new one is complete when its scenario.toml is in place.
    remove(&folder.join(SCENARIO))?;
    let intersections = folder.join(INTERSECTIONS);
    if intersections.exists() {
        fs::remove_dir_all(&intersections).map_err(|source| WriteError { path: intersections, source })?;
    }
    for name in [INTERSECTIONS, NETWORK, ROUTES, DEMAND, SCENARIO] {
        fs::rename(temporary.join(name), folder.join(name))
            .map_err(|source| WriteError { path: folder.join(name), source })?;
    }
    fs::remove_dir_all(&temporary).map_err(in_folder)
}

fn write_files<'a>(
    scenario: &Scenario,
    written: &Written,
    departures: impl Iterator<Item = DepartureLine<'a>>,
    folder: &Path,
) -> Result<(), WriteError> {
    let intersections: Vec<Arc<Intersection>> =
        scenario.intersections.iter().map(|found| Arc::clone(&found.intersection)).collect();
    for (intersection, text) in intersections.iter().zip(&written.intersections) {
        let name = format!("{}.toml", file_name(intersection));
        let path = folder.join(INTERSECTIONS).join(name);
        fs::write(&path, text).map_err(|source| WriteError { path, source })?;
    }
    let create = |name: &str, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| {
        let path = folder.join(name);
        let result = fs::File::create(&path).map(BufWriter::new).and_then(|mut out| {
            fill(&mut out)?;
            out.flush()
        });
        result.map_err(|source| WriteError { path, source })
    };
    create(NETWORK, &mut |mut out| scenario.network.write(&intersections, &mut out))?;
    let shared = shared_routes(scenario);
    create(ROUTES, &mut |out| {
        for route in &scenario.routes[..shared] {
            let edges: Vec<&str> = route_ids(scenario, &route.edges);
            serde_json::to_writer(&mut *out, &edges)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    let mut departures = departures;
    create(DEMAND, &mut |mut out| departures.try_for_each(|line| write_line(&mut out, &line)))?;
    create(SCENARIO, &mut |out| out.write_all(scenario_toml(scenario, written).as_bytes()))
}

/// The name of an intersection's file, without its ending: its place in the order, and its own name as far as file systems
/// like it.
pub(crate) fn file_name(intersection: &Intersection) -> String {
    let harmless = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let name: String =
        intersection.name().chars().map(|letter| if harmless(letter) { letter } else { '_' }).collect();
    format!("{:05}_{name}", intersection.id().id)
}

/// How many routes the demand may use: all before those of the emergency vehicles.
fn shared_routes(scenario: &Scenario) -> usize {
    scenario.emergency.iter().map(|trip| trip.route).min().unwrap_or(scenario.routes.len())
}

fn route_ids<'a>(scenario: &'a Scenario, edges: &[crate::network::EdgeIndex]) -> Vec<&'a str> {
    edges.iter().map(|edge| scenario.network.edges[edge.index()].id.as_str()).collect()
}

fn scenario_toml(scenario: &Scenario, written: &Written) -> String {
    let mut text = String::new();
    for note in &written.notes {
        line(&mut text, &format!("# {note}"));
    }
    line(&mut text, &format!("schema = {SCHEMA}"));
    for (key, value) in [
        ("name", &scenario.name),
        ("description", &written.description),
        ("source", &written.source),
        ("start", &scenario.start.to_string()),
    ] {
        line(&mut text, &format!("{key} = {}", quoted(value)));
    }
    for (key, value) in [("end_s", scenario.end), ("warm_up_s", scenario.warm_up), ("step_s", scenario.step)]
    {
        line(&mut text, &format!("{key} = {:?}", value.seconds()));
    }
    let not_equipped: Vec<String> = scenario
        .intersections
        .iter()
        .filter(|found| !found.equipped)
        .map(|found| quoted(&found.intersection.id().to_string()))
        .collect();
    if !not_equipped.is_empty() {
        line(&mut text, &format!("not_equipped = [{}]", not_equipped.join(", ")));
    }
    line(&mut text, "\n[files]");
    for (key, value) in
        [("network", NETWORK), ("routes", ROUTES), ("demand", DEMAND), ("intersections", INTERSECTIONS)]
    {
        line(&mut text, &format!("{key} = \"{value}\""));
    }
    line(&mut text, "\n[radio]");
    line(&mut text, &format!("latency_ms = {}", scenario.radio.latency.millis()));
    line(&mut text, &format!("jitter_ms = {}", scenario.radio.jitter.millis()));
    line(&mut text, &format!("loss = {:?}", scenario.radio.loss));
    line(&mut text, &format!("cam_share = {:?}", scenario.cam_share));
    line(&mut text, &format!("eva_share = {:?}", scenario.eva_share));
    if scenario.public_transport {
        line(&mut text, "\n[priority]");
        line(&mut text, "public_transport = true");
    }
    for vehicle_type in &scenario.vehicle_types {
        text.push_str(&vehicle_type_toml(vehicle_type));
    }
    for distribution in &scenario.type_distributions {
        line(&mut text, &format!("\n[type_distributions.{}]", key(&distribution.id)));
        for (index, weight) in &distribution.types {
            line(&mut text, &format!("{} = {weight:?}", key(&scenario.vehicle_types[*index].id)));
        }
    }
    for trip in &scenario.emergency {
        let route: Vec<String> =
            route_ids(scenario, &scenario.routes[trip.route].edges).iter().map(|edge| quoted(edge)).collect();
        line(&mut text, "\n[[emergency]]");
        line(&mut text, &format!("id = {}", quoted(&trip.id)));
        line(&mut text, &format!("type = {}", quoted(&scenario.vehicle_types[trip.vehicle_type].id)));
        line(&mut text, &format!("depart_s = {:?}", trip.depart.seconds()));
        line(&mut text, &format!("route = [{}]", route.join(", ")));
        if trip.requests != RequestsBy::default() {
            line(&mut text, &format!("requests = \"{}\"", name_of(&RequestsBy::NAMES, trip.requests)));
        }
        if trip.ask_for != AskFor::default() {
            line(&mut text, &format!("ask_for = \"{}\"", name_of(&AskFor::NAMES, trip.ask_for)));
        }
    }
    for people in &scenario.slow_traffic {
        let intersection = &scenario.intersections[people.intersection].intersection;
        line(&mut text, "\n[[slow_traffic]]");
        line(&mut text, &format!("intersection = {}", quoted(&intersection.id().to_string())));
        line(&mut text, &format!("group = {}", quoted(&intersection.groups()[people.group.index()].name)));
        line(&mut text, &format!("per_hour = {:?}", people.per_hour));
    }
    for row in &scenario.overrides {
        let intersection = &scenario.intersections[row.intersection].intersection;
        line(&mut text, "\n[[override]]");
        line(&mut text, &format!("intersection = {}", quoted(&intersection.id().to_string())));
        line(&mut text, &format!("input = {}", quoted(&row.input)));
        line(&mut text, &format!("from_s = {:?}", row.from.seconds()));
        line(&mut text, &format!("to_s = {:?}", row.to.seconds()));
    }
    text
}

/// What files call a choice.
fn name_of<T: PartialEq>(names: &[(&'static str, T)], choice: T) -> &'static str {
    names.iter().find(|(_, other)| *other == choice).map_or("", |(name, _)| name)
}

fn vehicle_type_toml(vehicle_type: &VehicleType) -> String {
    let SpeedFactor { mean, deviation, min, max } = vehicle_type.speed_factor;
    let mut text = format!("\n[vehicle_types.{}]\n", key(&vehicle_type.id));
    line(&mut text, &format!("class = \"{}\"", vehicle_type.class.name()));
    for (key, value) in [
        ("length_m", vehicle_type.length.metres()),
        ("min_gap_m", vehicle_type.min_gap.metres()),
        ("time_gap_s", vehicle_type.time_gap.seconds()),
        ("acceleration_mps2", vehicle_type.acceleration.metres_per_second_squared()),
        ("deceleration_mps2", vehicle_type.deceleration.metres_per_second_squared()),
        ("max_speed_kmh", (vehicle_type.max_speed.kilometres_per_hour() * 1_000.0).round() / 1_000.0),
    ] {
        line(&mut text, &format!("{key} = {value:?}"));
    }
    line(
        &mut text,
        &format!(
            "speed_factor = {{ mean = {mean:?}, deviation = {deviation:?}, min = {min:?}, max = {max:?} }}"
        ),
    );
    if vehicle_type.priority {
        line(&mut text, "priority = true");
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML wants it: bare where it may be.
fn key(name: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

fn remove(path: &Path) -> Result<(), WriteError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(WriteError { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
