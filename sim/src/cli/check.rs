//! `voorrang-sim check PATH`: everything that is wrong with a scenario or an intersection file, at once, and what it holds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use voorrang_signals::Intersection;

use super::{CommandError, print, remark, write};
use crate::demand::file::DemandReader;
use crate::diagram;
use crate::report::figures::plural;
use crate::scenario::{EmergencyTrip, Scenario};

/// So many intersections are named where many share something.
const MOST_NAMED: usize = 4;

/// Check a scenario or an intersection file
///
/// Reads all of it, demand too, and lists every problem at once with file, line and how to mend it. Then says what is there,
/// which values were assumed, and what a run would make of it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    voorrang-sim check scenarios/corridor\n  \
    voorrang-sim check scenarios/corridor/intersections/C.toml --verbose\n  \
    voorrang-sim check scenarios/dutch_junction --svg pictures")]
pub struct Arguments {
    /// A scenario's folder, or one intersection file (.toml)
    path: PathBuf,
    /// Show each intersection's stage diagram and conflict matrix
    #[arg(long, short)]
    verbose: bool,
    /// Draw each intersection's stage diagram and conflict matrix into this folder, as SVG
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

/// Checks and prints what is there.
///
/// # Errors
/// Everything that is wrong with what was read.
pub fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let path = &arguments.path;
    let named = |name: &str| path.file_name().is_some_and(|file| file == name);
    if named("scenario.toml") {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        scenario(folder.unwrap_or(Path::new(".")), arguments)
    } else if path.extension().is_some_and(|extension| extension == "toml") {
        intersection(path, arguments)
    } else {
        scenario(path, arguments)
    }
}

fn intersection(path: &Path, arguments: &Arguments) -> Result<(), CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CommandError::Unreadable { path: path.to_owned(), source })?;
    let intersection = Intersection::from_toml(&text, &path.display().to_string())?;
    let mut text = format!("{}: no problems\n{}", path.display(), description(&intersection));
    if arguments.verbose {
        text += &details(&intersection);
    }
    draw(arguments, &intersection)?;
    print(&(text + &assumed([&intersection].into_iter())))?;
    intersection.warnings().iter().for_each(|warning| remark(&format!("warning: {warning}")));
    Ok(())
}

fn scenario(folder: &Path, arguments: &Arguments) -> Result<(), CommandError> {
    let scenario = Scenario::load(folder)?;
    let vehicles = DemandReader::check(&scenario)?;
    let network = &scenario.network;
    let equipped = scenario.intersections.iter().filter(|one| one.equipped).count();
    let mut text = format!("{}: no problems\n", scenario.name);
    let _ = writeln!(
        text,
        "  roads          {} edges, {} lanes, {} ways over junctions",
        network.edges.len(),
        network.lanes.len(),
        network.links.len()
    );
    let _ = writeln!(
        text,
        "  signals        {}, {equipped} equipped for priority",
        plural(scenario.intersections.len() as u64, "intersection")
    );
    let _ = writeln!(
        text,
        "  traffic        {vehicles} vehicles of {}, {}",
        plural(scenario.vehicle_types.len() as u64, "type"),
        plural(scenario.routes.len() as u64, "route")
    );
    let _ = writeln!(text, "  emergency      {}", plural(scenario.emergency.len() as u64, "trip"));
    for trip in &scenario.emergency {
        let _ = writeln!(text, "                 {}", course(&scenario, trip));
    }
    let _ = writeln!(
        text,
        "  time           measured from {} s to {} s, traffic step {} s",
        scenario.warm_up.seconds(),
        scenario.end.seconds(),
        scenario.step.seconds()
    );
    for controlled in &scenario.intersections {
        text += &description(&controlled.intersection);
        if arguments.verbose {
            text += &details(&controlled.intersection);
        }
        draw(arguments, &controlled.intersection)?;
    }
    text += &assumed(scenario.intersections.iter().map(|one| &*one.intersection));
    print(&text)?;
    warnings(&scenario).iter().for_each(|warning| remark(&format!("warning: {warning}")));
    Ok(())
}

/// An emergency trip in a line.
fn course(scenario: &Scenario, trip: &EmergencyTrip) -> String {
    let signals = signals_passed(scenario, trip);
    let equipped = signals.iter().filter(|equipped| **equipped).count();
    format!(
        "{}: departs at {} s, {}, {} ({equipped} equipped)",
        trip.id,
        trip.depart.seconds(),
        plural(scenario.routes[trip.route].edges.len() as u64, "edge"),
        plural(signals.len() as u64, "signalised intersection"),
    )
}

/// The signals on a trip's way: for each whether its intersection takes requests.
fn signals_passed(scenario: &Scenario, trip: &EmergencyTrip) -> Vec<bool> {
    let network = &scenario.network;
    let edges = &scenario.routes[trip.route].edges;
    let signal_between = |from, to| {
        let lanes = network.edges[usize::try_from(from).ok()?].lanes.clone();
        lanes
            .flat_map(|lane| network.links_of(crate::network::RoadLaneIndex(lane)))
            .filter(|link| network.edge_after(link) == to)
            .find_map(|link| link.signal)
    };
    edges
        .windows(2)
        .filter_map(|pair| signal_between(pair[0].0, pair[1]))
        .filter_map(|signal| scenario.intersections.get(usize::try_from(signal.intersection).ok()?))
        .map(|controlled| controlled.equipped)
        .collect()
}

/// What is allowed, but hardly meant.
fn warnings(scenario: &Scenario) -> Vec<String> {
    let deaf = scenario.emergency.iter().filter(|trip| !signals_passed(scenario, trip).contains(&true));
    let deaf = deaf
        .map(|trip| format!("emergency vehicle {} passes no signal that takes priority requests", trip.id));
    let intersections = scenario.intersections.iter().map(|controlled| &controlled.intersection);
    let odd =
        intersections.flat_map(|one| one.warnings().iter().map(move |what| format!("{}: {what}", one.id())));
    scenario.warnings().into_iter().chain(deaf).chain(odd).collect()
}

/// An intersection in a line.
fn description(intersection: &Intersection) -> String {
    format!(
        "  {}  {}: {}, {}, {}, {}{}\n",
        intersection.id(),
        intersection.name(),
        plural(intersection.groups().len() as u64, "signal group"),
        plural(intersection.lanes().len() as u64, "lane"),
        plural(intersection.detectors().len() as u64, "detector"),
        intersection.program().name().replace('_', " "),
        intersection
            .program()
            .cycle()
            .map_or_else(String::new, |cycle| format!(", cycle {} s", cycle.seconds())),
    )
}

/// Its stage diagram and conflict matrix.
fn details(intersection: &Intersection) -> String {
    diagram::stage_diagram(intersection) + &diagram::conflict_matrix(intersection)
}

/// The same as pictures, where they are asked for.
fn draw(arguments: &Arguments, intersection: &Intersection) -> Result<(), CommandError> {
    let Some(folder) = &arguments.svg else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|source| CommandError::Unwritable { path: folder.clone(), source })?;
    let id = intersection.id();
    for (what, picture) in [
        ("stages", diagram::stage_diagram_svg(intersection)),
        ("conflicts", diagram::conflict_matrix_svg(intersection)),
    ] {
        let path = folder.join(format!("{:05}_{:05}_{what}.svg", id.region, id.id));
        write(&path, &picture)?;
        remark(&format!("drawn: {}", path.display()));
    }
    Ok(())
}

/// The values that were assumed, one a line, with the intersections that share it.
fn assumed<'a>(intersections: impl Iterator<Item = &'a Intersection>) -> String {
    let mut values: Vec<(&str, Vec<String>)> = Vec::new();
    for intersection in intersections {
        for what in intersection.assumed() {
            let id = intersection.id().to_string();
            match values.iter_mut().find(|(value, _)| value == what) {
                Some((_, shared)) => shared.push(id),
                None => values.push((what, vec![id])),
            }
        }
    }
    if values.is_empty() {
        return String::new();
    }
    let count: usize = values.iter().map(|(_, shared)| shared.len()).sum();
    let mut text = format!("{}, to be replaced by the real ones:\n", plural(count as u64, "assumed value"));
    let width = values.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
    for (what, shared) in values {
        let more = shared.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = shared.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {what:width$}  in {named}{more}");
    }
    text
}
