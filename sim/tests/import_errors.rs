//! Wrong files: each a clear error, no panic, and nothing left behind that looks like a scenario.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod sumo;

use std::path::{Path, PathBuf};

use sumo::{data, imported, options, refused};
use voorrang_sim::demand::file::DemandReader;
use voorrang_sim::import::{ImportError, ImportOptions};
use voorrang_sim::scenario::Scenario;

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_truncated_gz_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(data("grid10.net.xml.gz")).unwrap();
    for length in [bytes.len() / 2, bytes.len() - 4, 30] {
        let net = write(folder.path(), "cut.net.xml.gz", &bytes[..length]);
        let error = refused(ImportOptions { net, ..options("iso4.net.xml", "iso4.rou.xml") });
        assert!(matches!(error, ImportError::Truncated { .. }), "{error}");
        assert!(error.to_string().contains("cut off"), "{error}");
    }
}

#[test]
fn a_truncated_xml_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(data("iso4.net.xml")).unwrap();
    for length in [9_000, 7_777, 2_000] {
        let net = write(folder.path(), "cut.net.xml", &bytes[..length]);
        let error = refused(ImportOptions { net, ..options("iso4.net.xml", "iso4.rou.xml") });
        assert!(
            matches!(error, ImportError::Truncated { line, .. } | ImportError::Malformed { line, .. } if line > 1),
            "{error}"
        );
    }
}

#[test]
fn malformed_xml_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let net = write(folder.path(), "a.net.xml", b"<net>\n  <edge id=\"a\">\n  </lane>\n</net>\n");
    let error = refused(ImportOptions { net, ..options("iso4.net.xml", "iso4.rou.xml") });
    assert!(matches!(error, ImportError::Malformed { line: 3, .. }), "{error}");
}

#[test]
fn a_file_of_another_kind_is_told_apart() {
    let error =
        refused(ImportOptions { net: data("iso4.rou.xml"), ..options("iso4.net.xml", "iso4.rou.xml") });
    assert!(error.to_string().ends_with("expected <net>, found <routes>"), "{error}");
    let error = refused(ImportOptions { net: data("SOURCES.md"), ..options("iso4.net.xml", "iso4.rou.xml") });
    assert!(error.to_string().contains("expected <net>"), "{error}");
    let error = refused(options("absent.net.xml", "iso4.rou.xml"));
    assert!(matches!(error, ImportError::Unreadable { .. }), "{error}");
}

#[test]
fn a_route_over_a_missing_edge_names_vehicle_and_edge() {
    let folder = tempfile::tempdir().unwrap();
    let routes = "<routes>\n<vehicle id=\"v1\" depart=\"0\"><route edges=\"N_C C_X\"/></vehicle>\n\
                  <vehicle id=\"v2\" depart=\"1\"><route edges=\"N_C E_C\"/></vehicle>\n</routes>";
    let routes = vec![write(folder.path(), "a.rou.xml", routes.as_bytes())];
    let error = refused(ImportOptions { routes, ..options("iso4.net.xml", "iso4.rou.xml") }).to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].contains("a.rou.xml:2: vehicle \"v1\": its route leads over edge \"C_X\""), "{error}");
    assert!(
        lines[1].contains("a.rou.xml:3: vehicle \"v2\": no way leads from edge \"N_C\" to edge \"E_C\""),
        "{error}"
    );
}

#[test]
fn emergency_trips_are_checked() {
    for (text, expected) in [
        ("a:0:N_C,W_C", "no way leads from edge \"N_C\" to edge \"W_C\""),
        ("a:0:N_C,C_Q", "leads over edge \"C_Q\""),
        ("a:soon:N_C,C_S", "\"soon\" is no departure in seconds"),
        ("N_C,C_S", "expected ID:DEPART:EDGE,EDGE"),
        ("ev0:5:N_C,C_S", "there are two vehicles \"ev0\""),
        ("a:0:", "an edge has no name"),
    ] {
        let emergency = vec![text.to_owned()];
        let error = refused(ImportOptions { emergency, ..options("iso4.net.xml", "iso4.rou.xml") });
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}

#[test]
fn an_unknown_type_asks_for_the_additional_file() {
    let folder = tempfile::tempdir().unwrap();
    let routes = b"<routes><vehicle id=\"v\" type=\"lorry\" depart=\"0\"><route edges=\"N_C C_S\"/></vehicle></routes>";
    let routes = vec![write(folder.path(), "a.rou.xml", routes)];
    let error = refused(ImportOptions { routes, ..options("iso4.net.xml", "iso4.rou.xml") }).to_string();
    assert!(
        error.contains("type \"lorry\", which no file defines") && error.contains("--additional"),
        "{error}"
    );
}

#[test]
fn a_program_for_another_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let program = b"<add><tlLogic id=\"C\" programID=\"x\" offset=\"0\"><phase duration=\"9\" state=\"GG\"/></tlLogic></add>";
    let additional = vec![write(folder.path(), "a.add.xml", program)];
    let error = refused(ImportOptions { additional, ..options("iso4.net.xml", "iso4.rou.xml") }).to_string();
    assert!(error.contains("phase 0 has 2 states for 12 links"), "{error}");
}

#[test]
fn a_scenario_with_mistakes_in_several_files_shows_them_all() {
    let (folder, _, _) = imported(options("iso4.net.xml", "iso4.rou.xml"));
    let scenario = folder.path().join("scenario");
    let change = |name: &str, from: &str, to: &str| {
        let path = scenario.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    change("scenario.toml", "step_s = 0.5", "step_s = 0.25");
    change("scenario.toml", "depart_s = 620.0", "departs = 620.0");
    change("scenario.toml", "length_m = 10.0", "length_m = \"ten\"");
    change("intersections/00001_C.toml", "cycle_s = 90", "cycle_s = 91");
    change("network.jsonl", "\"length_m\":386.4", "\"length_m\":-1");
    let problems = Scenario::load(&scenario).unwrap_err();
    let text = problems.to_string();
    assert_eq!(problems.0.len(), 6, "{text}");
    for expected in
        ["`step_s` is 0.25", "`departs`; did you mean `depart_s`", "`length_m` is a text", "length_m -1"]
    {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
    assert!(problems.0.iter().all(|problem| problem.line > 0), "{text}");
    assert_eq!(
        problems.0.iter().filter(|problem| problem.file.ends_with("00001_C.toml")).count(),
        1,
        "{text}"
    );
}

#[test]
fn demand_is_checked_line_by_line() {
    let (folder, _, scenario) = imported(options("iso4.net.xml", "iso4.rou.xml"));
    let lines = [
        r#"{"id":"a","type":"car","depart_s":5.0,"route":0}"#,
        r#"{"id":"b","type":"cart","depart_s":6.0,"route":0}"#,
        r#"{"id":"c","type":"car","depart_s":4.0,"route":99}"#,
        r#"{"id":"d","type":"car","depart_s":7.0,"route":0,"halts":[{"edge":"N_C","lane":0,"at_m":5.0,"duration_s":20.0}]}"#,
        r#"{"id":"e","type":"car","depart_s":8.0,"route":0"#,
        r#"{"id":"f","type":"car","depart_s":8.0,"route":0,"colour":"red"}"#,
    ];
    std::fs::write(folder.path().join("scenario/demand.jsonl"), lines.join("\n")).unwrap();
    let problems = DemandReader::check(&scenario).unwrap_err();
    let found: Vec<usize> = problems.0.iter().map(|problem| problem.line).collect();
    assert_eq!(found, [2, 3, 3, 4, 5, 6], "{problems}");
}

#[test]
fn a_route_over_a_missing_edge_of_a_scenario_names_its_line() {
    let (folder, _, _) = imported(options("iso4.net.xml", "iso4.rou.xml"));
    let scenario = folder.path().join("scenario");
    let routes = std::fs::read_to_string(scenario.join("routes.jsonl")).unwrap();
    std::fs::write(scenario.join("routes.jsonl"), format!("{routes}[\"N_C\",\"C_Q\"]\n[]\n")).unwrap();
    let problems = Scenario::load(&scenario).unwrap_err();
    assert_eq!(problems.0.iter().map(|problem| problem.line).collect::<Vec<_>>(), [13, 14], "{problems}");
    assert!(problems.0[0].what.contains("there is no edge \"C_Q\""));
}
