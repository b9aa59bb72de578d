//! The route file, and where the vehicle is when.
//!
//! ```toml
//! schema = 1
//! station = 112001
//! intersections = ["intersections/L0001.toml"]   # their stop lines are found along the route; or a folder of such files
//! # Without a file: which approach, and how far along the route its stop line is.
//! stop_lines = [{ intersection = "528/3107", approach = 3, at_m = 640 }]
//! points = [
//!   { position = [52.05, 5.04], speed_kmh = 0 },
//!   { position = [52.05, 5.05], speed_kmh = 50 },
//!   { position = [52.05, 5.06], speed_kmh = 50, wait_s = 5 },
//! ]
//! ```
//!
//! The same as GeoJSON: a Feature whose geometry is a LineString, and whose properties are the other members, `speed_kmh` being one number for all
//! of the way or a list with one for each point.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use voorrang_signals::document::{Document, Problem, Problems, Table};
use voorrang_signals::{Intersection, IntersectionId};
use voorrang_units::{Angle, Duration, GeodeticPosition, LocalPlane, LocalPosition};

use super::stop_lines::{self, StopLine};

const SCHEMA: u32 = 1;
/// The slowest that a vehicle drives between two points at which it stands, so that it arrives.
const CRAWL_M_S: f64 = 0.5;
/// A route has no more points.
const MOST_POINTS: usize = 10_000;

/// A route, and what lies on it.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) station: u32,
    legs: Vec<Leg>,
    stop_lines: Vec<StopLine>,
}

/// Where a vehicle is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DrivingState {
    pub(super) position: GeodeticPosition,
    pub(super) heading: Angle,
    pub(super) speed_m_s: f64,
    /// Along the route, in metres.
    pub(super) along_m: f64,
    /// Since the start.
    pub(super) passed: Duration,
}

impl DrivingState {
    /// From here to a stop line.
    pub(super) fn until(&self, line: &StopLine) -> Duration {
        (line.reached - self.passed).max(Duration::ZERO)
    }
}

/// From one point to the next, with even acceleration.
#[derive(Debug, Clone, Copy)]
struct Leg {
    plane: LocalPlane,
    to: LocalPosition,
    heading: Angle,
    begins_m: f64,
    length_m: f64,
    begins_s: f64,
    /// At its beginning the vehicle stands so long first.
    waits_s: f64,
    drives_s: f64,
    from_m_s: f64,
    to_m_s: f64,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    position: GeodeticPosition,
    speed_m_s: f64,
    wait_s: f64,
}

/// What a file says.
#[derive(Debug, Default)]
struct Written {
    station: Option<u32>,
    points: Vec<Point>,
    files: Vec<PathBuf>,
    stop_lines: Vec<StopLine>,
}

impl Route {
    /// Reads a route and the intersection files that it names, and `more` of them.
    pub(super) fn load(file: &Path, more: &[PathBuf], times: f64) -> Result<Self, Problems> {
        let name = file.display().to_string();
        let problem = |what: String, remedy: &str| Problems::one(Problem::with_file(&name, what, remedy));
        let text = fs::read_to_string(file)
            .map_err(|error| problem(format!("can't be read: {error}"), "name a route file"))?;
        let written = if text.trim_start().starts_with('{') {
            let geojson = geojson(&text).map_err(|what| problem(what, "docs/messaging.md shows a route"))?;
            toml_of(&name, &geojson)?
        } else {
            toml_of(&name, &text)?
        };
        if written.points.len() < 2 {
            return Err(problem(
                format!("{} points are no route", written.points.len()),
                "give two at least",
            ));
        }
        let base = file.parent().unwrap_or(Path::new(""));
        let named = written.files.iter().map(|path| base.join(path)).chain(more.iter().cloned());
        let intersections = load_intersections(named)?;
        let legs = legs(&written.points, times);
        let mut route = Self { station: written.station.unwrap_or(0), legs, stop_lines: written.stop_lines };
        for place in 0..route.stop_lines.len() {
            let at_m = route.stop_lines[place].at_m;
            let Some(reached) = route.time_at(at_m) else {
                let what =
                    format!("a stop line at {at_m} m lies beyond the route's {:.0} m", route.length_m());
                return Err(problem(what, "mend `at_m`, or drive on"));
            };
            route.stop_lines[place].reached = reached;
        }
        let found = stop_lines::along(&route, &intersections);
        route.stop_lines.extend(found);
        route.stop_lines.sort_by(|a, b| a.at_m.total_cmp(&b.at_m));
        if route.stop_lines.is_empty() {
            return Err(problem(
                "no stop line lies on the route".to_owned(),
                "name the intersections that it passes in `intersections`, or their stop lines in `stop_lines`",
            ));
        }
        Ok(route)
    }

    pub(super) fn stop_lines(&self) -> &[StopLine] {
        &self.stop_lines
    }

    pub(super) fn length_m(&self) -> f64 {
        self.legs.last().map_or(0.0, |leg| leg.begins_m + leg.length_m)
    }

    /// Where the vehicle is so long after its start; none once it has arrived.
    pub(super) fn state(&self, passed: Duration) -> Option<DrivingState> {
        let seconds = passed.seconds();
        let leg = self.legs.iter().find(|leg| seconds < leg.ends_s())?;
        let (along, speed_m_s) = leg.at(seconds);
        Some(DrivingState {
            position: leg.position(along),
            heading: leg.heading,
            speed_m_s,
            along_m: leg.begins_m + along,
            passed,
        })
    }

    /// Position and heading so far along.
    pub(super) fn place(&self, along_m: f64) -> Option<(GeodeticPosition, Angle)> {
        let leg = self.legs.iter().find(|leg| along_m < leg.begins_m + leg.length_m)?;
        Some((leg.position(along_m - leg.begins_m), leg.heading))
    }

    /// When the vehicle is so far along, after its start.
    pub(super) fn time_at(&self, along_m: f64) -> Option<Duration> {
        let leg = self.legs.iter().find(|leg| along_m < leg.begins_m + leg.length_m)?;
        Some(Duration::from_seconds_f64(leg.time_at(along_m - leg.begins_m)))
    }
}

impl Leg {
    fn ends_s(&self) -> f64 {
        self.begins_s + self.waits_s + self.drives_s
    }

    fn acceleration(&self) -> f64 {
        (self.to_m_s - self.from_m_s) / self.drives_s
    }

    /// Metres along it, and the speed.
    fn at(&self, seconds: f64) -> (f64, f64) {
        let driven = seconds - self.begins_s - self.waits_s;
        if driven <= 0.0 {
            return (0.0, if self.waits_s > 0.0 { 0.0 } else { self.from_m_s });
        }
        let along = self.from_m_s * driven + self.acceleration() * driven * driven / 2.0;
        (along.clamp(0.0, self.length_m), self.from_m_s + self.acceleration() * driven)
    }

    fn time_at(&self, along: f64) -> f64 {
        let acceleration = self.acceleration();
        let driven = if acceleration.abs() < 1e-9 {
            along / self.from_m_s.max(1e-9)
        } else {
            let speed = (self.from_m_s * self.from_m_s + 2.0 * acceleration * along).max(0.0).sqrt();
            (speed - self.from_m_s) / acceleration
        };
        self.begins_s + self.waits_s + driven
    }

    fn position(&self, along: f64) -> GeodeticPosition {
        let share = if self.length_m > 0.0 { along / self.length_m } else { 0.0 };
        self.plane.to_geodetic(LocalPosition::from_metres(
            self.to.east().metres() * share,
            self.to.north().metres() * share,
        ))
    }
}

fn legs(points: &[Point], times: f64) -> Vec<Leg> {
    let (mut begins_m, mut begins_s) = (0.0, 0.0);
    let mut legs = Vec::with_capacity(points.len());
    for (from, to) in points.iter().zip(points.iter().skip(1)) {
        let plane = LocalPlane::at(from.position);
        let end = plane.to_local(to.position);
        let length_m = LocalPosition::default().distance_to(end).metres();
        if length_m < 0.01 {
            continue;
        }
        let waits_s = from.wait_s / times;
        let (from_m_s, to_m_s) = (from.speed_m_s * times, to.speed_m_s * times);
        // Between two stops it has to drive all the same.
        let (from_m_s, to_m_s) =
            if from_m_s + to_m_s < CRAWL_M_S { (CRAWL_M_S, CRAWL_M_S) } else { (from_m_s, to_m_s) };
        let drives_s = 2.0 * length_m / (from_m_s + to_m_s);
        let heading = LocalPosition::default().heading_to(end);
        legs.push(Leg {
            plane,
            to: end,
            heading,
            begins_m,
            length_m,
            begins_s,
            waits_s,
            drives_s,
            from_m_s,
            to_m_s,
        });
        begins_m += length_m;
        begins_s += waits_s + drives_s;
    }
    legs
}

fn toml_of(name: &str, text: &str) -> Result<Written, Problems> {
    let document = Document::parse(name, text);
    let written = read(&document.root());
    document.finish()?;
    Ok(written)
}

fn read(root: &Table<'_>) -> Written {
    if let Some(value) = root.required("schema")
        && value.integer(0..=u32::MAX).is_some_and(|schema| schema != SCHEMA)
    {
        value.wrong::<()>("this schema is not known here", "write schema = 1");
    }
    let mut written = Written {
        station: root.required("station").and_then(|value| value.integer(1..=u32::MAX)),
        ..Written::default()
    };
    for row in root.required("points").map(|value| value.tables()).unwrap_or_default() {
        let position = row.required("position").and_then(|value| value.position());
        let speed = row.required("speed_kmh").and_then(|value| value.kilometres_per_hour(0.0..=200.0));
        let wait = row.optional("wait_s").map_or(Some(Duration::ZERO), |value| value.seconds(0.0..=3600.0));
        row.no_other_keys();
        if written.points.len() >= MOST_POINTS {
            row.wrong(format!("a route has at most {MOST_POINTS} points"), "leave some out");
            break;
        }
        if let (Some(position), Some(speed), Some(wait)) = (position, speed, wait) {
            let speed_m_s = speed.metres_per_second();
            written.points.push(Point { position, speed_m_s, wait_s: wait.seconds() });
        }
    }
    let files = root.optional("intersections").and_then(|value| value.texts()).unwrap_or_default();
    written.files = files.into_iter().map(|(_, path)| PathBuf::from(path)).collect();
    for row in root.optional("stop_lines").map(|value| value.tables()).unwrap_or_default() {
        let id = row.required("intersection").and_then(|value| {
            let text = value.text()?;
            match intersection_id(text) {
                Some(id) => Some(id),
                None => value.wrong(format!("\"{text}\" is no intersection"), "write it like \"528/3107\""),
            }
        });
        let approach = row.required("approach").and_then(|value| value.integer(1_u8..=15));
        let at = row.required("at_m").and_then(|value| value.metres(0.0..=1e6));
        row.no_other_keys();
        if let (Some(id), Some(approach), Some(at)) = (id, approach, at) {
            // When it is reached shows once all of the route is known.
            let (name, at_m) = (id.to_string(), at.metres());
            written.stop_lines.push(StopLine { id, name, approach, at_m, reached: Duration::ZERO });
        }
    }
    root.no_other_keys();
    written
}

fn intersection_id(text: &str) -> Option<IntersectionId> {
    let (region, id) = text.split_once('/')?;
    Some(IntersectionId { region: region.parse().ok()?, id: id.parse().ok()? })
}

/// A GeoJSON Feature as the same in TOML.
fn geojson(text: &str) -> Result<String, String> {
    let feature: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let line = &feature["geometry"];
    let coordinates = line["coordinates"].as_array().filter(|_| line["type"] == "LineString");
    let coordinates = coordinates.ok_or("no Feature with a LineString")?;
    let properties = feature["properties"].as_object().ok_or("the Feature has no properties")?;
    let speed = |place: usize| match &properties.get("speed_kmh") {
        Some(Value::Array(each)) => each.get(place).and_then(Value::as_f64),
        Some(one) => one.as_f64(),
        None => None,
    };
    let mut toml = String::from("points = [\n");
    for (place, coordinate) in coordinates.iter().enumerate() {
        // GeoJSON has the longitude first (RFC 7946 clause 3.1.1).
        let degrees = |axis: usize| coordinate.get(axis).and_then(Value::as_f64);
        let (Some(longitude), Some(latitude)) = (degrees(0), degrees(1)) else {
            return Err(format!("coordinate {place} has no longitude and latitude"));
        };
        let speed = speed(place).ok_or("`speed_kmh` is no number, and no list with one for each point")?;
        toml.push_str(&format!("{{ position = [{latitude:?}, {longitude:?}], speed_kmh = {speed:?} }},\n"));
    }
    toml.push_str("]\n");
    for (key, value) in properties.iter().filter(|(key, _)| *key != "speed_kmh") {
        let value = toml::Value::try_from(value).map_err(|error| format!("`{key}`: {error}"))?;
        toml.push_str(&format!("{key} = {value}\n"));
    }
    Ok(toml)
}

/// Files, and all files of folders.
fn load_intersections(paths: impl Iterator<Item = PathBuf>) -> Result<Vec<Arc<Intersection>>, Problems> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path);
            continue;
        }
        match fs::read_dir(&path) {
            Ok(entries) => {
                let inside = entries.filter_map(|entry| Some(entry.ok()?.path()));
                let mut inside: Vec<_> =
                    inside.filter(|file| file.extension().is_some_and(|end| end == "toml")).collect();
                inside.sort();
                files.extend(inside);
            }
            Err(error) => problems.push(unreadable(&path, &error)),
        }
    }
    let mut intersections = Vec::new();
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => match Intersection::from_toml(&text, &file.display().to_string()) {
                Ok(intersection) => intersections.push(Arc::new(intersection)),
                Err(found) => problems.extend(found.0),
            },
            Err(error) => problems.push(unreadable(&file, &error)),
        }
    }
    if problems.is_empty() { Ok(intersections) } else { Err(Problems(problems)) }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::with_file(
        path.display().to_string(),
        format!("can't be read: {error}"),
        "name an intersection file, or a folder of them; paths are relative to the route file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::folder;

    /// 100 m north, then 100 m east, with 5 s at the corner.
    const CORNER: &str = "schema = 1\nstation = 7\n\
        stop_lines = [{ intersection = \"528/1\", approach = 3, at_m = 150 }]\npoints = [\n\
        { position = [52.0, 5.0], speed_kmh = 0 },\n\
        { position = [52.000898643, 5.0], speed_kmh = 0, wait_s = 5 },\n\
        { position = [52.000898643, 5.001456], speed_kmh = 36 },\n]\n";

    fn loaded(text: &str, times: f64) -> Result<Route, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("route.toml");
        fs::write(&file, text).unwrap();
        let problems =
            |problems: Problems| problems.to_string().replace(&file.display().to_string(), "route.toml");
        Route::load(&file, &[], times).map_err(problems)
    }

    #[test]
    fn it_stands_where_it_waits_and_speeds_up_evenly_after_that() {
        let route = loaded(CORNER, 1.0).unwrap();
        assert!((route.length_m() - 200.0).abs() < 0.5, "{}", route.length_m());
        // Between two stops it crawls.
        let corner = route.time_at(100.5).unwrap().seconds();
        assert!((195.0..210.0).contains(&corner), "{corner}");
        let waiting = route.state(Duration::from_seconds_f64(202.0)).unwrap();
        assert_eq!((waiting.speed_m_s, waiting.heading.degrees().round()), (0.0, 90.0));
        // 100 m from a stand to 10 m/s take 20 s; half the way is driven after 14.1 s of them.
        let line = &route.stop_lines()[0];
        assert_eq!((line.id, line.approach), (IntersectionId { region: 528, id: 1 }, 3));
        assert!((waiting.until(line).seconds() - 17.2).abs() < 1.0, "{:?}", waiting.until(line));
        assert_eq!(route.state(Duration::from_seconds(300)), None, "arrived");
    }

    #[test]
    fn stop_lines_are_found_along_the_lanes_of_intersections_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        folder::write(folder.path(), 3).unwrap();
        let route = Route::load(&folder.path().join(folder::ROUTE), &[], 1.0).unwrap();
        let ids: Vec<u16> = route.stop_lines().iter().map(|line| line.id.id).collect();
        assert_eq!(ids, [1, 2, 3]);
        let times: Vec<_> = route.stop_lines().iter().map(|line| line.reached).collect();
        assert!(times.is_sorted(), "{times:?}");
    }

    #[test]
    fn geojson_says_the_same() {
        let feature = r#"{ "type": "Feature", "geometry": { "type": "LineString",
            "coordinates": [[5.0, 52.0], [5.0, 52.000898643], [5.001456, 52.000898643]] },
            "properties": { "schema": 1, "station": 7, "speed_kmh": [36, 36, 36],
            "stop_lines": [{ "intersection": "528/1", "approach": 3, "at_m": 150.0 }] } }"#;
        let route = loaded(feature, 1.0).unwrap();
        assert_eq!(route.station, 7);
        assert!((route.time_at(150.0).unwrap().seconds() - 15.0).abs() < 0.1);
        let twice = loaded(feature, 2.0).unwrap();
        assert!((twice.time_at(150.0).unwrap().seconds() - 7.5).abs() < 0.1, "twice as fast");
    }

    #[test]
    fn what_is_no_route_is_refused_with_a_remedy() {
        let refused = |text: &str| loaded(text, 1.0).unwrap_err();
        let beyond = refused(&CORNER.replace("at_m = 150", "at_m = 900"));
        assert!(beyond.contains("at 900 m lies beyond the route's 200 m"), "{beyond}");
        let nowhere = refused(&CORNER.replace("528/1", "here"));
        assert!(nowhere.starts_with("route.toml:3:") && nowhere.contains("528/3107"), "{nowhere}");
        assert!(refused("schema = 1\nstation = 7\npoints = []\n").contains("give two at least"));
        assert!(refused("{ \"type\": 1 }").contains("no Feature with a LineString"));
        let alone = refused(
            &CORNER.replace("stop_lines = [{ intersection = \"528/1\", approach = 3, at_m = 150 }]", ""),
        );
        assert!(alone.contains("no stop line lies on the route"), "{alone}");
    }
}
