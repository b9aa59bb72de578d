//! The route file.
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
use voorrang_units::Duration;

use super::route::{Point, Route, StopLine};
use super::stop_lines;

const SCHEMA: u32 = 1;
/// A route has no more points.
const MOST_POINTS: usize = 10_000;

/// What a file says.
#[derive(Debug, Default)]
struct Written {
    station: Option<u32>,
    points: Vec<Point>,
    files: Vec<PathBuf>,
    stop_lines: Vec<StopLine>,
}

/// Reads a route and the intersection files that it names, and `more` of them.
pub(super) fn load(file: &Path, more: &[PathBuf], times: f64) -> Result<Route, Problems> {
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
        return Err(problem(format!("{} points are no route", written.points.len()), "give two at least"));
    }
    let base = file.parent().unwrap_or(Path::new(""));
    let named = written.files.iter().map(|path| base.join(path)).chain(more.iter().cloned());
    let intersections = load_intersections(named)?;
    let route = Route::through(written.station.unwrap_or(0), &written.points, times);
    let mut stop_lines = written.stop_lines;
    for line in &mut stop_lines {
        let Some(reached) = route.time_at(line.at_m) else {
            let (at_m, length_m) = (line.at_m, route.length_m());
            let what = format!("a stop line at {at_m} m lies beyond the route's {length_m:.0} m");
            return Err(problem(what, "mend `at_m`, or drive on"));
        };
        line.reached = reached;
    }
    stop_lines.extend(stop_lines::along(&route, &intersections));
    if stop_lines.is_empty() {
        return Err(problem(
            "no stop line lies on the route".to_owned(),
            "name the intersections that it passes in `intersections`, or their stop lines in `stop_lines`",
        ));
    }
    Ok(route.with_stop_lines(stop_lines))
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
        load(&file, &[], times).map_err(problems)
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
        let route = load(&folder.path().join(folder::ROUTE), &[], 1.0).unwrap();
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
