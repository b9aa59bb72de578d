//! What an import makes of SUMO's files: signals, roads and demand. Errors are in `import_errors.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod sumo;

use std::path::PathBuf;
use std::sync::Arc;

use sumo::{Oracle, acosta, guarded_links, imported, options};
use voorrang_signals::{Aspect, Conflict, Controller};
use voorrang_sim::demand::file::DemandReader;
use voorrang_sim::import::ImportOptions;
use voorrang_sim::network::{RoadLaneIndex, VehicleClass};
use voorrang_sim::scenario::Scenario;
use voorrang_units::Duration;

/// Runs the controllers without priority and compares each lamp of each link with SUMO's program, second by second.
fn lamps_equal_the_program(options: ImportOptions) -> usize {
    let mut files = vec![options.net.clone()];
    files.extend(options.additional.iter().cloned());
    let programs = Oracle::read(&files);
    let guarded = guarded_links(&options.net);
    let (_folder, _, scenario) = imported(options);
    let network = &scenario.network;
    let lane_name = |lane: RoadLaneIndex| {
        let lane = &network.lanes[lane.index()];
        format!("{}_{}", network.edges[lane.edge.index()].id, lane.number)
    };
    let links: Vec<_> = network
        .links
        .iter()
        .filter_map(|link| {
            let key = (lane_name(link.from), lane_name(link.to));
            let guard = guarded.get(&key);
            assert_eq!(guard.is_some(), link.signal.is_some(), "{key:?}");
            Some((key.clone(), link.signal?, guard?))
        })
        .collect();
    assert_eq!(links.len(), guarded.len());
    let mut controllers: Vec<Controller> = scenario
        .intersections
        .iter()
        .map(|found| Controller::started(Arc::clone(&found.intersection), scenario.start))
        .collect();
    let longest = programs.values().map(Oracle::cycle_s).max().unwrap();
    let mut commands = Vec::new();
    for second in 0..2 * longest {
        for tenth in 0..10 {
            let now = scenario.start + Duration::from_millis(second * 1_000 + tenth * 100);
            for controller in &mut controllers {
                controller.step(now, &mut commands);
                for command in commands.drain(..) {
                    controller.observe(now, command.group, command.aspect);
                }
            }
        }
        for (key, signal, (light, index)) in &links {
            let state = programs[light].state(*index, second);
            let expected = match state {
                'g' | 'G' => Aspect::Green,
                'y' => Aspect::Yellow,
                _ => Aspect::Red,
            };
            let shown = controllers[signal.intersection as usize].aspect(signal.group);
            assert_eq!(shown, expected, "{key:?} ({light} {index}, {state}) in second {second}");
        }
    }
    assert!(controllers.iter().all(|controller| controller.refusals() == 0));
    links.len()
}

#[test]
fn lamps_of_iso4_equal_its_program() {
    assert_eq!(lamps_equal_the_program(options("iso4.net.xml", "iso4.rou.xml")), 12);
}

#[test]
fn lamps_of_corridor10_equal_its_programs() {
    assert!(lamps_equal_the_program(options("corridor10.net.xml", "corridor10.rou.xml.gz")) > 100);
}

#[test]
fn lamps_of_acosta_equal_its_programs() {
    if let Some(options) = acosta() {
        assert!(lamps_equal_the_program(options) > 100);
    }
}

#[test]
fn iso4_has_the_groups_and_conflicts_of_its_stages() {
    let (_folder, report, scenario) = imported(options("iso4.net.xml", "iso4.rou.xml"));
    let found = &report.intersections[0];
    assert_eq!((found.groups, found.conflicts, found.permissive), (12, 16, 0));
    let intersection = &scenario.intersections[0].intersection;
    // From the east 01 right, 02 left, 03 through; from the north 04 left, 05 through; from the south 07 through; 11 from the west.
    for (a, b, conflicting) in
        [("03", "05", true), ("02", "11", true), ("04", "07", true), ("05", "07", false), ("01", "05", false)]
    {
        let [a, b] = [a, b].map(|name| intersection.group_named(name).unwrap());
        assert_eq!(intersection.conflicts().conflict(a, b) == Conflict::Full, conflicting);
    }
    let [through, left] = ["03", "04"].map(|name| intersection.group_named(name).unwrap());
    assert_eq!(intersection.conflicts().intergreen(through, left), Some(Duration::from_seconds(5)));
    assert_eq!(intersection.approaches().len(), 4);
    assert_eq!(intersection.approaches()[0].name, "N_C");
    assert_eq!(intersection.approaches()[0].groups.len(), 3);
    assert_eq!(intersection.lanes().len(), 24);
}

#[test]
fn iso4_keeps_its_roads_and_demand() {
    let (_folder, report, scenario) = imported(options("iso4.net.xml", "iso4.rou.xml"));
    let network = &scenario.network;
    assert_eq!((network.edges.len(), network.lanes.len(), network.links.len()), (8, 24, 12));
    assert_eq!((report.vehicles, report.skipped()), (927, 0));
    assert_eq!(DemandReader::check(&scenario).unwrap(), 927);
    let trip = &scenario.emergency[0];
    assert_eq!((trip.id.as_str(), trip.depart), ("ev0", Duration::from_seconds(620)));
    assert_eq!(scenario.vehicle_types[trip.vehicle_type].class, VehicleClass::Emergency);
    assert_eq!(scenario.warm_up, Duration::from_seconds(560));
    let mut reader = DemandReader::open(&scenario).unwrap();
    let first = reader.next(&scenario).unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.number, first.depart.millis()), ("v0", 0, 5_110));
    assert!(scenario.warnings().is_empty(), "{:?}", scenario.warnings());
}

#[test]
fn foes_come_in_pairs_and_lie_on_their_links() {
    for options in [options("corridor10.net.xml", "corridor10.rou.xml.gz")].into_iter().chain(acosta()) {
        let (_folder, _, scenario) = imported(options);
        let links = &scenario.network.links;
        for (index, link) in links.iter().enumerate() {
            for foe in &link.foes {
                let other = &links[foe.link.index()];
                assert_ne!(link.from, other.from, "ways from one lane are no foes");
                let back = other.foes.iter().find(|back| back.link.index() == index).unwrap();
                assert!(foe.enters_at < link.length && back.foe_clear_at <= link.length);
                assert!(foe.enters_at <= back.foe_clear_at, "the shared part ends after it begins");
                let both_free = link.signal.is_none() && other.signal.is_none();
                assert!(!both_free || foe.yields || back.yields, "somebody has to give way");
            }
        }
    }
}

#[test]
fn all_of_acosta_is_carried_over() {
    let Some(options) = acosta() else { return };
    let (_folder, report, scenario) = imported(options);
    assert_eq!((report.edges, report.intersections.len(), report.vehicles), (178, 7, 8_779));
    assert_eq!(report.skipped(), 0, "{report}");
    assert_eq!(DemandReader::check(&scenario).unwrap(), 8_779);
    let bus_lanes = scenario.network.lanes.iter().filter(|lane| {
        lane.permitted.contains(VehicleClass::Bus) && !lane.permitted.contains(VehicleClass::Passenger)
    });
    assert!(bus_lanes.count() > 10);
    let mut reader = DemandReader::open(&scenario).unwrap();
    let mut halts = 0;
    while let Some(departure) = reader.next(&scenario).unwrap() {
        halts += departure.halts.len();
    }
    assert!(halts > 300, "{halts}");
}

#[test]
fn a_network_that_is_read_and_written_again_is_the_same() {
    for options in [options("corridor10.net.xml", "corridor10.rou.xml.gz")].into_iter().chain(acosta()) {
        let (folder, _, scenario) = imported(options);
        let intersections: Vec<_> =
            scenario.intersections.iter().map(|found| Arc::clone(&found.intersection)).collect();
        let mut again = Vec::new();
        scenario.network.write(&intersections, &mut again).unwrap();
        let written = std::fs::read(folder.path().join("scenario/network.jsonl")).unwrap();
        assert!(again == written, "the files differ");
    }
}

#[test]
fn an_import_is_the_same_every_time_and_keeps_a_readme() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("corridor");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("README.md"), "ours").unwrap();
    let import = || {
        let options = options("corridor10.net.xml", "corridor10.rou.xml.gz");
        voorrang_sim::import::import_sumo(&ImportOptions { out: out.clone(), ..options }).unwrap();
        let files = [
            "scenario.toml",
            "network.jsonl",
            "routes.jsonl",
            "demand.jsonl",
            "intersections/00010_J9x0.toml",
        ];
        files.map(|name| std::fs::read(out.join(name)).unwrap())
    };
    assert_eq!(import(), import());
    assert_eq!(std::fs::read_to_string(out.join("README.md")).unwrap(), "ours");
    assert!(!out.join(".unfinished").exists());
}

#[test]
fn an_emergency_vehicle_can_be_added() {
    let options = ImportOptions {
        emergency: vec!["ambulance7:700.5:W_C,C_E".to_owned()],
        ..options("iso4.net.xml", "iso4.rou.xml")
    };
    let (_folder, _, scenario) = imported(options);
    let ids: Vec<&str> = scenario.emergency.iter().map(|trip| trip.id.as_str()).collect();
    assert_eq!(ids, ["ev0", "ambulance7"]);
    assert_eq!(scenario.emergency[1].depart, Duration::from_millis(700_500));
}

/// A network of one junction without demand; `routes` and `additional` are written to files.
fn with_demand(
    routes: &str,
    additional: &str,
) -> (tempfile::TempDir, voorrang_sim::import::ImportReport, Scenario) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    imported(ImportOptions {
        net: sumo::data("iso4.net.xml"),
        routes: vec![write("a.rou.xml", &format!("<routes>{routes}</routes>"))],
        additional: vec![write("a.add.xml", &format!("<additional>{additional}</additional>"))],
        ..ImportOptions::default()
    })
}

#[test]
fn flows_become_vehicles_and_distributions_are_shared_out() {
    let (_folder, report, scenario) = with_demand(
        r#"<vType id="van" vClass="delivery" length="6"/>
           <vTypeDistribution id="mix" vTypes="van" probabilities="1"/>
           <routeDistribution id="ways"><route id="a" edges="W_C C_E" probability="3"/><route id="b" edges="W_C C_N" probability="1"/></routeDistribution>
           <flow id="f" type="mix" begin="10" end="50" number="4" route="ways"/>
           <flow id="g" begin="0" end="20" period="10"><route edges="N_C C_S"/></flow>
           <trip id="t" depart="5" from="N_C" to="C_S"/>
           <person id="p" depart="3"><walk edges="N_C"/></person>"#,
        "",
    );
    assert_eq!(report.vehicles, 6);
    let mut reader = DemandReader::open(&scenario).unwrap();
    let mut seen = Vec::new();
    while let Some(departure) = reader.next(&scenario).unwrap() {
        seen.push((departure.id, departure.depart.seconds(), departure.route));
    }
    let expected = [
        ("g.0", 0.0, 0),
        ("f.0", 10.0, 1),
        ("g.1", 10.0, 0),
        ("f.1", 20.0, 1),
        ("f.2", 30.0, 1),
        ("f.3", 40.0, 2),
    ];
    assert_eq!(seen, expected.map(|(id, depart, route)| (id.to_owned(), depart, route)));
    let skipped: Vec<_> =
        report.findings.all_skipped().iter().map(|note| (note.what.as_str(), note.count)).collect();
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    assert!(skipped.iter().any(|(what, _)| what.starts_with("<trip>")));
    assert!(scenario.warnings()[0].contains("no emergency vehicle"));
}

#[test]
fn buses_halt_at_their_stops() {
    let (_folder, report, scenario) = with_demand(
        r#"<vehicle id="bus" type="b" depart="00:01:00"><route edges="W_C C_E"/>
             <stop busStop="s" duration="20"/><stop lane="C_E_1" endPos="-10" until="300"/></vehicle>"#,
        r#"<vType id="b" vClass="bus"/><busStop id="s" lane="W_C_0" startPos="10" endPos="30"/>"#,
    );
    let mut reader = DemandReader::open(&scenario).unwrap();
    let bus = reader.next(&scenario).unwrap().unwrap();
    assert_eq!(bus.depart, Duration::from_seconds(60));
    let halts: Vec<_> =
        bus.halts.iter().map(|halt| (halt.position.metres(), halt.duration.seconds())).collect();
    assert_eq!(halts, [(30.0, 20.0), (376.4, 20.0)]);
    assert_eq!(report.findings.all_approximated().len(), 1);
    assert_eq!(scenario.vehicle_types[0].class, VehicleClass::Bus);
}

#[test]
fn demand_that_begins_late_moves_to_the_start_in_step_with_the_programs() {
    let (_folder, report, scenario) = with_demand(
        r#"<vehicle id="a" depart="25205"><route edges="W_C C_E"/></vehicle>
           <vType id="ev" vClass="emergency"/><vehicle id="e" type="ev" depart="25900"><route edges="N_C C_S"/></vehicle>"#,
        "",
    );
    assert_eq!(report.start.to_string(), "2026-01-12T14:00:00.000Z");
    assert_eq!(scenario.emergency[0].depart, Duration::from_seconds(700));
    let program = scenario.intersections[0].intersection.program().fixed_time(scenario.start).unwrap();
    let through = scenario.intersections[0].intersection.group_named("05").unwrap();
    // 25 200 s are 280 cycles of 90 s: the through movement from north and south is green first.
    assert_eq!(program.aspect(through, scenario.start), Aspect::Green);
}
