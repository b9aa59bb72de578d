//! MAPEM and SPATEM of every intersection file of the scenarios, and of one with all kinds of traffic: what is told comes back from the
//! octets, other codecs read the same, requests find their signal groups, and no prediction is told beyond its range.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use voorrang_messages::dsrc::{NodeListXy, NodeOffsetPointXy};
use voorrang_messages::road_topology::{
    BikeLane, Crosswalk, LaneKind, LaneSharing, LaneUse, SpeedLimit, VehicleLane,
};
use voorrang_messages::signal_state::{ChangeReason, ChangeTime, ControllerStatus, PhaseState, PhaseTiming};
use voorrang_messages::{
    IntersectionAccess, ItsMessage, Mapem, PrioritizationStatus, RequestKind, RoadTopology, SequenceNumber,
    SignalState, Spatem, StationId, VehicleRole,
};
use voorrang_peers::{Peer, Readable, c_its, rasn_compiled};
use voorrang_priority::Output;
use voorrang_priority::etsi::{
    Lamp, MapemError, Operation, Prioritization, SignalReport, intervention_reasons, mapem, prioritizations,
    road_topology, signal_state, spatem,
};
use voorrang_signals::{
    Aspect, ConnectionId, Controller, Forecast, GroupIndex, Intersection, LaneId, Prediction, Wishes,
};
use voorrang_units::{Duration, Instant, Length, LocalPlane, LocalPosition, Speed};

use support::{Bench, EAST, NORTH, NORTH_LEFT, SOUTH, WEST, ambulance, next};

const SENDER: StationId = StationId(70_001);

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

fn noon() -> Instant {
    utc("2026-11-23T12:00:00Z")
}

fn read(text: &str) -> Intersection {
    Intersection::from_toml(text, "test.toml").unwrap_or_else(|problems| panic!("{problems}"))
}

/// The intersection files of all scenarios, and those of tests.
fn files() -> Vec<(PathBuf, Intersection)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths: Vec<PathBuf> = fs::read_dir(root.join("scenarios"))
        .unwrap()
        .filter_map(|scenario| fs::read_dir(scenario.unwrap().path().join("intersections")).ok())
        .flatten()
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 7, "{paths:?}");
    paths.push(root.join("signals/tests/intersections/crossing.toml"));
    paths.push(root.join("priority/tests/support/crossing.toml"));
    let mut files: Vec<_> =
        paths.into_iter().map(|path| (path.clone(), read(&fs::read_to_string(path).unwrap()))).collect();
    files.push((PathBuf::from("BOULEVARD"), read(BOULEVARD)));
    files
}

/// Motor traffic, a bus lane, bicycles, pedestrians; a lane that bends, one of 1.2 km, one whose stop line is set back, one unguarded.
const BOULEVARD: &str = r#"
schema = 1
name = "Curaçaolaan"
region = 344
id = 77
reference = [52.09000004, 5.12000006]
groups = [
  { name = "02", signal_group = 2, type = "motor", min_green_s = 5, yellow_s = 3, min_red_s = 2 },
  { name = "22", signal_group = 22, type = "bicycle", min_green_s = 5, yellow_s = 2, min_red_s = 2 },
  { name = "32", signal_group = 32, type = "pedestrian", min_green_s = 5, yellow_s = 2, min_red_s = 2 },
  { name = "42", signal_group = 42, type = "public_transport", min_green_s = 5, yellow_s = 3, min_red_s = 2 },
]
approaches = [ { approach = 1, name = "north" }, { approach = 2, name = "south" } ]
lanes = [
  { lane = 1, direction = "ingress", approach = 1, width_m = 3.25, speed_limit_kmh = 50, stop_line_m = 5, nodes = [[52.0902, 5.12], [52.0912, 5.12], [52.0912, 5.1375]] },
  { lane = 2, direction = "ingress", approach = 1, width_m = 3.25, speed_limit_kmh = 70, nodes = [[52.0902, 5.11996], [52.0922, 5.11996]] },
  { lane = 3, direction = "ingress", approach = 1, width_m = 2.5, nodes = [[52.0902, 5.1199], [52.0922, 5.1199]] },
  { lane = 4, direction = "ingress", approach = 1, width_m = 8.5, nodes = [[52.0901, 5.1199], [52.0901, 5.1197]] },
  { lane = 5, direction = "ingress", approach = 1, width_m = 3.25, nodes = [[52.0902, 5.11993], [52.0922, 5.11993]] },
  { lane = 11, direction = "egress", approach = 2, width_m = 3.25, speed_limit_kmh = 50, nodes = [[52.0898, 5.12], [52.0888, 5.12]] },
  { lane = 12, direction = "egress", approach = 2, width_m = 2.5, nodes = [[52.0898, 5.1199], [52.0888, 5.1199]] },
]
connections = [
  { connection = 0, from = 1, to = 11, group = "02" },
  { connection = 1, from = 2, to = 11, group = "02" },
  { connection = 2, from = 2, to = 11, group = "42" },
  { connection = 3, from = 3, to = 12, group = "22" },
  { connection = 4, from = 3, group = "32" },
  { connection = 5, from = 4, group = "32" },
  { from = 5, to = 11, group = "42" },
  { connection = 255, from = 1, to = 12 },
]
permissive = [ { yields = "02", to = ["22", "32"] } ]
[intergreen_s]
02 = { 42 = 5 }
42 = { 02 = 5 }
[program.fixed_time]
cycle_s = 60
stages = [
  { name = "1", duration_s = 20, green = ["02", "22", "32"] },
  { name = "1-2", duration_s = 10, green = [] },
  { name = "2", duration_s = 20, green = ["42"] },
  { name = "2-1", duration_s = 10, green = [] },
]
"#;

fn mapem_octets(topology: &RoadTopology) -> Vec<u8> {
    mapem(std::slice::from_ref(topology), SENDER, SequenceNumber(3), noon()).unwrap()
}

fn spatem_octets(state: &SignalState, now: Instant) -> Vec<u8> {
    spatem(std::slice::from_ref(state), SENDER, now).unwrap()
}

/// The other codecs read the same and write the same octets.
fn agrees<R: Readable, C: Peer>(octets: &[u8]) {
    let ours = serde_json::to_value(ItsMessage::decode(octets).unwrap()).unwrap();
    let rasn = R::decode(octets).unwrap();
    assert_eq!(rasn.to_json().unwrap(), ours);
    assert_eq!(rasn.encode().unwrap(), octets, "rasn");
    assert_eq!(C::decode(octets).and_then(|message| message.encode()).unwrap(), octets, "c-its-parser");
}

mod of_lanes {
    use super::*;

    fn back(topology: &RoadTopology) -> RoadTopology {
        let mapem = Mapem::decode(&mapem_octets(topology)).unwrap();
        RoadTopology::all_from_mapem(&mapem).unwrap().remove(0)
    }

    #[test]
    fn every_file_comes_back_from_its_octets() {
        for (path, intersection) in files() {
            let said = road_topology(&intersection).unwrap();
            let mut back = back(&said);
            for (said, back) in said.lanes.iter().zip(&mut back.lanes) {
                assert_eq!(said.nodes.len(), back.nodes.len(), "{path:?}");
                for (said, back) in said.nodes.iter().zip(&mut back.nodes) {
                    let off = said.position.distance_to(back.position);
                    assert!(off < Length::from_centimetres(1.0), "{path:?}: {off:?}");
                    back.position = said.position;
                }
            }
            assert_eq!(back, said, "{path:?}");
        }
    }

    #[test]
    fn lanes_lie_where_the_file_has_them() {
        for (path, intersection) in files() {
            let back = back(&road_topology(&intersection).unwrap());
            assert_eq!(back.lanes.len(), intersection.lanes().len());
            for (lane, told) in intersection.lanes().iter().zip(&back.lanes) {
                assert_eq!(lane.id.number(), told.id);
                // Its stop line is set back: the first node is another one.
                let set_back = usize::from(lane.stop_line > Length::ZERO);
                for node in &lane.nodes[set_back..] {
                    let node = back.plane().to_local(*node);
                    let off = told.nodes.iter().map(|told| told.position.distance_to(node).metres());
                    assert!(off.fold(f64::INFINITY, f64::min) < 0.01, "{path:?} {}", told.id);
                }
                assert!((lane.width - back.width_at(&told.nodes[0]).unwrap()).abs().metres() < 0.005);
            }
        }
    }

    #[test]
    fn other_codecs_read_the_same() {
        for (_, intersection) in files() {
            let octets = mapem_octets(&road_topology(&intersection).unwrap());
            agrees::<rasn_compiled::Mapem, c_its::Mapem>(&octets);
        }
    }

    #[test]
    fn an_intersection_of_28_lanes_fits_into_a_packet() {
        let sizes: Vec<_> = files()
            .iter()
            .map(|(_, one)| (one.lanes().len(), mapem_octets(&road_topology(one).unwrap()).len()))
            .collect();
        println!("lanes and octets: {sizes:?}");
        for (lanes, octets) in sizes {
            assert!(octets < 1400 && octets < 60 + 25 * lanes, "{lanes} lanes in {octets} octets");
        }
    }

    /// From the access of a request to signal groups, by MAPEM and by file.
    #[test]
    fn a_request_finds_the_same_signal_groups_by_mapem_and_by_file() {
        let mut found = 0;
        for (path, intersection) in files() {
            let back = back(&road_topology(&intersection).unwrap());
            let mut check = |inbound: IntersectionAccess, groups: Vec<Option<GroupIndex>>| {
                let mut groups: Vec<u8> = groups
                    .into_iter()
                    .flatten()
                    .map(|group| intersection.groups()[group.index()].signal_group.number())
                    .collect();
                groups.sort_unstable();
                groups.dedup();
                assert_eq!(back.signal_groups_of(inbound), groups, "{path:?} {inbound:?}");
                found += groups.len();
            };
            for approach in intersection.approaches() {
                let groups = approach.groups.iter().copied().map(Some).collect();
                check(IntersectionAccess::Approach(approach.id.number()), groups);
            }
            for number in 0..=255 {
                let lane = LaneId::new(number).and_then(|id| intersection.lane(id));
                let ways = intersection.connections().iter().filter(|way| Some(way.from) == lane);
                check(IntersectionAccess::Lane(number), ways.map(|way| way.group).collect());
                let way = intersection.connection(ConnectionId::new(number).unwrap());
                check(IntersectionAccess::Connection(number), way.into_iter().map(|way| way.group).collect());
            }
            for (_, way) in back.lanes.iter().flat_map(|lane| lane.connections.iter().map(move |w| (lane, w)))
            {
                assert!(way.lane == 0 || back.lane(way.lane).unwrap().direction == LaneUse::Egress);
            }
        }
        assert!(found > 200, "{found}");
    }

    #[test]
    fn lanes_are_for_whom_their_groups_are_for() {
        let topology = road_topology(&read(BOULEVARD)).unwrap();
        let kind = |id| {
            let lane = topology.lane(id).unwrap();
            (lane.kind, lane.shared_with)
        };
        let none = LaneSharing::NONE;
        let vehicles = LaneKind::Vehicle(VehicleLane::NONE);
        assert_eq!(kind(1), (vehicles, none));
        assert_eq!(kind(2), (vehicles, LaneSharing::BUSES));
        assert_eq!(kind(3), (LaneKind::BikeLane(BikeLane::PEDESTRIANS_ALLOWED), LaneSharing::PEDESTRIANS));
        assert_eq!(kind(4), (LaneKind::Crosswalk(Crosswalk::NONE), none));
        assert_eq!(kind(5), (LaneKind::Vehicle(VehicleLane::BUS_ONLY), none));
        assert_eq!(kind(11), (vehicles, LaneSharing::BUSES));
        assert_eq!(kind(12), (LaneKind::BikeLane(BikeLane::NONE), none));
        assert_eq!(topology.name, None, "the wire has no ç");
        assert_eq!(topology.lane(4).unwrap().connections[0].lane, 0, "where it leads is not known");
    }

    #[test]
    fn limits_are_those_of_the_file_in_steps_of_the_wire() {
        let topology = back(&road_topology(&read(BOULEVARD)).unwrap());
        let limit = |steps: f64| SpeedLimit::vehicle_max(Speed::from_metres_per_second(steps / 50.0));
        assert_eq!(topology.speed_limits, [limit(694.0)]);
        let own = |id| &topology.lane(id).unwrap().nodes[0].speed_limits;
        assert_eq!(*own(1), []);
        assert_eq!(*own(2), [limit(972.0)]);
        assert_eq!(*own(3), [], "the usual limit is not that of bicycles");
        assert_eq!(own(5)[0].speed, None, "the file knows none");
        assert_eq!(*own(11), []);
    }

    #[test]
    fn the_first_node_is_the_stop_line() {
        let topology = road_topology(&read(BOULEVARD)).unwrap();
        let north = topology.lane(1).unwrap().nodes[0].position.north().metres();
        // 0.0002 degrees of latitude are 22.252 m.
        assert!((north - 27.252).abs() < 0.02, "{north}");
        let beyond =
            BOULEVARD.replace("stop_line_m = 5", "stop_line_m = 100").replace(", [52.0912, 5.1375]", "");
        let beyond = beyond.replace("[52.0912, 5.12]]", "[52.0903, 5.12]]");
        let error = road_topology(&read(&beyond)).unwrap_err();
        assert!(matches!(error, MapemError::StopLine { .. }), "{error}");
    }

    #[test]
    fn widths_too_far_apart_are_refused() {
        let wide = BOULEVARD.replace("width_m = 8.5", "width_m = 20");
        let error = road_topology(&read(&wide)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected lanes that differ by at most 10.22 m in width, found 2.5 m and 20 m"
        );
        let middle = BOULEVARD.replace("width_m = 8.5", "width_m = 12.5");
        let topology = back(&road_topology(&read(&middle)).unwrap());
        assert_eq!(topology.lane_width, Some(Length::from_metres(7.5)));
        let width = topology.width_at(&topology.lane(4).unwrap().nodes[0]).unwrap();
        assert!((width.metres() - 12.5).abs() < 1e-9);
    }

    /// All offsets of a message; a node by latitude and longitude has none.
    fn offsets(topology: &RoadTopology) -> (usize, usize) {
        let mapem = Mapem::decode(&mapem_octets(topology)).unwrap();
        let lanes = &mapem.map.intersections.unwrap().0[0].lane_set.0;
        let (mut offsets, mut absolute) = (0, 0);
        for lane in lanes {
            let NodeListXy::Nodes(nodes) = &lane.node_list else { panic!("no nodes") };
            assert!((2..=63).contains(&nodes.0.len()));
            for node in &nodes.0 {
                match node.delta {
                    NodeOffsetPointXy::NodeLatLon(_) => absolute += 1,
                    _ => offsets += 1,
                }
            }
        }
        (offsets, absolute)
    }

    #[test]
    fn nodes_out_of_reach_are_split() {
        for (path, intersection) in files() {
            let topology = road_topology(&intersection).unwrap();
            let (offsets, absolute) = offsets(&topology);
            assert_eq!(absolute, 0, "{path:?}");
            assert!(offsets >= intersection.lanes().len() * 2);
        }
        // 106 m to the north, then 1198 m to the east: four pieces.
        let topology = road_topology(&read(BOULEVARD)).unwrap();
        assert_eq!(topology.lane(1).unwrap().nodes.len(), 2 + 4);
    }

    #[test]
    fn nodes_just_out_of_reach_are_split_too() {
        for decimetres in 3_240..=3_310 {
            let plane = LocalPlane::at(read(BOULEVARD).reference());
            let north = f64::from(decimetres) / 10.0;
            let end = plane.to_geodetic(LocalPosition::from_metres(0.0, 22.0 + north));
            let end = format!("[52.0902, 5.11996], [{:.9}, 5.11996]", end.latitude_degrees());
            let text = BOULEVARD.replace("[52.0902, 5.11996], [52.0922, 5.11996]", &end);
            assert_eq!(offsets(&road_topology(&read(&text)).unwrap()).1, 0, "{north} m");
        }
    }

    /// A lane of so many nodes, bent like a parabola: 200 m to the north, 100 m to the east.
    fn bent(nodes: u32, scale: f64) -> (String, Vec<LocalPosition>) {
        let plane = LocalPlane::at(read(BOULEVARD).reference());
        let places = (0..nodes).map(|node| {
            let share = f64::from(node) / f64::from(nodes - 1);
            LocalPosition::from_metres(100.0 * scale * share * share, 20.0 + 200.0 * scale * share)
        });
        let places: Vec<_> = places.collect();
        let mut text = String::new();
        for place in &places {
            let place = plane.to_geodetic(*place);
            write!(text, "[{:.9}, {:.9}], ", place.latitude_degrees(), place.longitude_degrees()).unwrap();
        }
        (BOULEVARD.replace("[52.0902, 5.11996], [52.0922, 5.11996]", &text), places)
    }

    fn distance(line: &[LocalPosition], place: LocalPosition) -> f64 {
        let distance = |ends: &[LocalPosition]| {
            let steps = (0..=100).map(f64::from).map(|step| step / 100.0);
            let at = |share: f64| {
                let (east, north) = (ends[1].east() - ends[0].east(), ends[1].north() - ends[0].north());
                LocalPosition::from_metres(
                    (ends[0].east() + east * share).metres(),
                    (ends[0].north() + north * share).metres(),
                )
            };
            steps.map(|share| at(share).distance_to(place).metres()).fold(f64::INFINITY, f64::min)
        };
        line.windows(2).map(distance).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn of_more_than_63_nodes_those_stay_that_tell_most() {
        let (text, places) = bent(500, 1.0);
        let topology = road_topology(&read(&text)).unwrap();
        let nodes: Vec<_> = topology.lane(2).unwrap().nodes.iter().map(|node| node.position).collect();
        assert_eq!(nodes.len(), 63);
        for place in &places {
            assert!(distance(&nodes, *place) < 0.05, "{place:?}");
        }
        assert_eq!(offsets(&topology).1, 0);
    }

    #[test]
    fn long_lanes_of_many_nodes_have_room_for_those_between() {
        let (text, places) = bent(90, 40.0);
        let topology = road_topology(&read(&text)).unwrap();
        let nodes: Vec<_> = topology.lane(2).unwrap().nodes.iter().map(|node| node.position).collect();
        assert!((50..=63).contains(&nodes.len()), "{}", nodes.len());
        assert_eq!(offsets(&topology).1, 0);
        for place in &places {
            assert!(distance(&nodes, *place) < 5.0, "{place:?}");
        }
    }

    #[test]
    fn lanes_too_long_for_offsets_go_by_latitude_and_longitude() {
        let far = BOULEVARD.replace("[52.0912, 5.1375]", "[52.6, 5.1375]");
        let topology = road_topology(&read(&far)).unwrap();
        assert_eq!(offsets(&topology).1, 1);
    }

    #[test]
    fn another_content_has_another_revision() {
        let revision = |text: &str| road_topology(&read(text)).unwrap().revision;
        let before = revision(BOULEVARD);
        assert_eq!(revision(&format!("# A comment\n{BOULEVARD}")), before);
        assert_eq!(revision(&BOULEVARD.replace("min_green_s = 5", "min_green_s = 6")), before, "not told");
        for (from, to) in [
            ("reference = [52.09000004", "reference = [52.0901"),
            ("region = 344", "region = 345"),
            ("id = 77", "id = 78"),
            ("Curaçaolaan", "Laan"),
            ("signal_group = 22", "signal_group = 23"),
            ("= 4,", "= 40,"),
            ("width_m = 8.5", "width_m = 8.51"),
            ("speed_limit_kmh = 70", "speed_limit_kmh = 71"),
            ("stop_line_m = 5", "stop_line_m = 6"),
            ("[52.0922, 5.1199]", "[52.0923, 5.1199]"),
            ("connection = 255", "connection = 254"),
            ("from = 1, to = 12 }", "from = 2, to = 12 }"),
            ("from = 3, group = \"32\"", "from = 3, group = \"22\""),
            ("from = 1, to = 12 }", "from = 1, to = 12, group = \"02\" }"),
        ] {
            let changed = BOULEVARD.replace(from, to);
            assert_ne!(changed, BOULEVARD);
            assert_ne!(revision(&changed), before, "{from} -> {to}");
        }
    }

    #[test]
    fn revisions_are_spread_evenly() {
        let mut seen = [0_u32; 128];
        for id in 0..2560 {
            let text = BOULEVARD.replace("id = 77", &format!("id = {id}"));
            seen[usize::from(road_topology(&read(&text)).unwrap().revision)] += 1;
        }
        // 20 each on average.
        assert!(seen.iter().all(|count| (4..=45).contains(count)), "{seen:?}");
    }

    #[test]
    fn an_intersection_without_lanes_is_refused() {
        let start = BOULEVARD.find("lanes = [").unwrap();
        let end = BOULEVARD.find("permissive").unwrap();
        let bare = BOULEVARD.replace(&BOULEVARD[start..end], "lanes = []\nconnections = []\n");
        let error = road_topology(&read(&bare)).unwrap_err();
        assert!(matches!(error, MapemError::View(_)), "{error}");
    }
}

mod of_lamps {
    use super::*;

    fn back(state: &SignalState, now: Instant) -> SignalState {
        let spatem = Spatem::decode(&spatem_octets(state, now)).unwrap();
        SignalState::all_from_spatem(&spatem, now).remove(0)
    }

    fn report(intersection: &Intersection) -> SignalReport<'_> {
        SignalReport {
            intersection,
            revision: 9,
            lamps: &[],
            predictions: &[],
            operation: Operation::FixedTime,
            reasons: &[],
            prioritizations: &[],
        }
    }

    fn shown(state: &SignalState) -> Vec<PhaseState> {
        state.movements.iter().map(|movement| movement.current().unwrap().state).collect()
    }

    #[test]
    fn every_step_of_every_program_comes_back_and_others_read_the_same() {
        for (path, intersection) in files() {
            let intersection = Arc::new(intersection);
            let revision = road_topology(&intersection).unwrap().revision;
            // Across the hour.
            let start = utc("2026-11-23T11:59:00Z");
            let mut controller = Controller::started(Arc::clone(&intersection), start);
            let (mut commands, mut seen, mut longest) = (Vec::new(), 0, 0);
            let mut forecast = Forecast::default();
            for step in 0..1800 {
                let now = start + Duration::from_millis(100) * step;
                controller.step(now, &mut commands);
                for command in commands.drain(..) {
                    controller.observe(now, command.group, command.aspect);
                }
                let groups = || intersection.group_indices();
                let lamp =
                    |group| Lamp { aspect: controller.aspect(group), since: controller.aspect_since(group) };
                let lamps: Vec<_> = groups().map(|group| Some(lamp(group))).collect();
                let predictions: Vec<_> =
                    forecast.predict(now, &controller).iter().copied().map(Some).collect();
                let report = SignalReport {
                    revision,
                    lamps: &lamps,
                    predictions: &predictions,
                    ..report(&intersection)
                };
                let state = signal_state(now, &report);
                assert_eq!(back(&state, now), state, "{path:?} {now}");
                assert_eq!(state.status, ControllerStatus::FIXED_TIME, "{path:?}");
                for (group, prediction) in intersection.groups().iter().zip(&predictions) {
                    let phase = state.movement(group.signal_group.number()).unwrap().current().unwrap();
                    let Some(prediction) = prediction else { continue };
                    let timing = phase.timing.unwrap();
                    let end = |end: Option<_>| end.map(ChangeTime::At);
                    assert_eq!(timing.min_end, end(Some(prediction.earliest)));
                    assert_eq!(timing.likely_end, end(prediction.likely));
                    assert_eq!(timing.max_end, end(prediction.latest).or(Some(ChangeTime::LaterThanAnHour)));
                    if intersection.program().fixed_time(now).is_some() {
                        // It has one end only.
                        assert_eq!((timing.likely_end, timing.max_end), (timing.min_end, timing.min_end));
                        assert_eq!(timing.confidence, Some(15));
                    }
                    seen += 1;
                }
                let octets = spatem_octets(&state, now);
                longest = longest.max(octets.len());
                if step % 25 == 0 {
                    agrees::<rasn_compiled::Spatem, c_its::Spatem>(&octets);
                }
            }
            assert!(seen > 1800, "{path:?} {seen}");
            println!("{} groups in {longest} octets", intersection.groups().len());
            assert!(longest < 45 + 25 * intersection.groups().len());
        }
    }

    fn lamp(aspect: Aspect) -> Option<Lamp> {
        Some(Lamp { aspect, since: None })
    }

    #[test]
    fn green_that_gives_way_is_permissive() {
        let boulevard = read(BOULEVARD);
        let shows = |aspect| {
            let lamps = [lamp(aspect); 4];
            shown(&signal_state(noon(), &SignalReport { lamps: &lamps, ..report(&boulevard) }))
        };
        use PhaseState::{
            PermissiveClearance, PermissiveMovementAllowed, ProtectedClearance, ProtectedMovementAllowed,
            StopAndRemain,
        };
        // Motor traffic gives way to bicycles and pedestrians, they to nobody.
        let mut greens = [ProtectedMovementAllowed; 4];
        greens[0] = PermissiveMovementAllowed;
        assert_eq!(shows(Aspect::Green), greens);
        let mut yellows = [ProtectedClearance; 4];
        yellows[0] = PermissiveClearance;
        assert_eq!(shows(Aspect::Yellow), yellows);
        assert_eq!(shows(Aspect::Red), [StopAndRemain; 4]);
    }

    #[test]
    fn how_the_controller_works_is_told() {
        let boulevard = read(BOULEVARD);
        let green = [lamp(Aspect::Green)];
        let tells = |operation, lamps| {
            let state = signal_state(noon(), &SignalReport { operation, lamps, ..report(&boulevard) });
            assert_eq!(back(&state, noon()), state);
            (state.status, shown(&state)[0])
        };
        use PhaseState::{CautionConflictingTraffic, Dark, PermissiveMovementAllowed, Unavailable};
        let no_spat = ControllerStatus::NO_VALID_SPAT;
        let check = |operation, lamps, status, phase| {
            assert_eq!(tells(operation, lamps), (status, phase), "{operation:?}");
        };
        check(Operation::FixedTime, &green, ControllerStatus::FIXED_TIME, PermissiveMovementAllowed);
        check(Operation::FixedTime, &[], ControllerStatus::FIXED_TIME.with(no_spat), Unavailable);
        check(
            Operation::TrafficDependent,
            &green,
            ControllerStatus::TRAFFIC_DEPENDENT,
            PermissiveMovementAllowed,
        );
        check(Operation::Manual, &green, ControllerStatus::MANUAL_CONTROL, PermissiveMovementAllowed);
        check(Operation::Failure, &[], ControllerStatus::FAILURE_MODE.with(no_spat), Unavailable);
        // What was green before is so no more.
        check(Operation::Off, &green, ControllerStatus::OFF, Dark);
        check(Operation::Standby, &green, ControllerStatus::STANDBY, CautionConflictingTraffic);
    }

    /// The timing of a first group that is green since a second before.
    fn timing(now: Instant, prediction: Prediction) -> PhaseTiming {
        let boulevard = read(BOULEVARD);
        let lamps = [Some(Lamp { aspect: Aspect::Green, since: Some(now - Duration::from_seconds(1)) })];
        let predictions = [Some(prediction)];
        let report = SignalReport { lamps: &lamps, predictions: &predictions, ..report(&boulevard) };
        let state = signal_state(now, &report);
        assert_eq!(back(&state, now), state);
        state.movements[0].current().unwrap().timing.unwrap()
    }

    fn ahead(now: Instant, earliest: f64, likely: Option<f64>, latest: Option<f64>) -> PhaseTiming {
        let at = |seconds| now + Duration::from_seconds_f64(seconds);
        timing(now, Prediction { earliest: at(earliest), likely: likely.map(at), latest: latest.map(at) })
    }

    #[test]
    fn times_go_on_over_the_full_hour() {
        let now = utc("2026-11-23T11:59:58.050Z");
        let timing = ahead(now, 5.0, Some(6.0), Some(7.0));
        let at = |text| Some(ChangeTime::At(utc(text)));
        assert_eq!(timing.start, at("2026-11-23T11:59:57Z"));
        // The earliest no later, the latest no earlier than it is.
        assert_eq!(timing.min_end, at("2026-11-23T12:00:03Z"));
        assert_eq!(timing.likely_end, at("2026-11-23T12:00:04Z"));
        assert_eq!(timing.max_end, at("2026-11-23T12:00:05.100Z"));
        let boulevard = read(BOULEVARD);
        let lamps = [lamp(Aspect::Green)];
        let end = utc("2026-11-23T12:00:03Z");
        let predictions = [Some(Prediction { earliest: end, latest: None, likely: None })];
        let state = signal_state(
            now,
            &SignalReport { lamps: &lamps, predictions: &predictions, ..report(&boulevard) },
        );
        let wire = Spatem::decode(&spatem_octets(&state, now)).unwrap();
        let event = &wire.spat.intersections.0[0].states.0[0].state_time_speed.0[0];
        let timing = event.timing.as_ref().unwrap();
        assert_eq!((timing.min_end_time.0, timing.max_end_time.map(|mark| mark.0)), (30, Some(36_000)));
    }

    #[test]
    fn an_end_that_is_overdue_is_not_told_as_past() {
        let timing = ahead(noon(), -8.0, Some(-5.0), Some(-3.0));
        let now = Some(ChangeTime::At(noon()));
        assert_eq!((timing.min_end, timing.likely_end, timing.max_end), (now, now, now));
    }

    #[test]
    fn ends_that_a_mark_of_the_hour_cannot_tell_are_left_out() {
        let half_an_hour = Some(ChangeTime::At(noon() + Duration::from_seconds(1800)));
        let timing = ahead(noon(), 2000.0, Some(2500.0), Some(3000.0));
        assert_eq!((timing.min_end, timing.likely_end, timing.max_end), (half_an_hour, None, None));
        assert_eq!(timing.confidence, None);
        let timing = ahead(noon(), 10.0, Some(4000.0), None);
        let later = Some(ChangeTime::LaterThanAnHour);
        assert_eq!((timing.likely_end, timing.max_end), (later, later));
    }

    #[test]
    fn a_start_half_an_hour_ago_is_left_out() {
        let boulevard = read(BOULEVARD);
        let start = |seconds: f64| {
            let since = Some(noon() - Duration::from_seconds_f64(seconds));
            let lamps = [Some(Lamp { aspect: Aspect::Red, since })];
            let state = signal_state(noon(), &SignalReport { lamps: &lamps, ..report(&boulevard) });
            assert_eq!(back(&state, noon()), state);
            state.movements[0].current().unwrap().timing.and_then(|timing| timing.start?.instant())
        };
        assert_eq!(start(1799.9), Some(noon() - Duration::from_millis(1_799_900)));
        assert_eq!(start(1799.95), None);
        assert_eq!(start(1800.0), None);
    }

    #[test]
    fn confidence_falls_with_the_spread() {
        let class =
            |spread: f64| ahead(noon(), 10.0, Some(10.0 + spread / 2.0), Some(10.0 + spread)).confidence;
        // 100, 100, 80, 40, 20 % within a second to each side; 100, 77, 36, 21 stand for classes 15, 7, 1, 0.
        let found = [0.0, 2.0, 2.5, 5.0, 10.0].map(class);
        assert_eq!(found, [Some(15), Some(15), Some(7), Some(1), Some(0)]);
        assert_eq!(ahead(noon(), 10.0, Some(20.0), None).confidence, Some(0));
        // At the edge, half of the neighbourhood is out of the question.
        assert_eq!(ahead(noon(), 10.0, Some(10.0), Some(12.5)).confidence, Some(1));
    }

    #[test]
    fn an_intervention_is_told_while_it_runs() {
        let mut bench = Bench::new("absolute");
        let request = ambulance(4711, 1);
        let state = |bench: &Bench| {
            let area = bench.engine.area();
            let at = area.intersection(area.find(support::id(1)).unwrap());
            let wishes = bench.said.iter().rev().find_map(|(_, output)| match output {
                Output::Wishes { wishes, .. } => Some(wishes.clone()),
                Output::Status(_) | Output::Warning(_) => None,
            });
            let wishes = wishes.unwrap_or_else(|| Wishes::none(5));
            let lamps: Vec<_> = at.signals().iter().map(|signal| Lamp::of(*signal)).collect();
            let report = SignalReport {
                lamps: &lamps,
                reasons: &intervention_reasons(at, &wishes),
                prioritizations: &prioritizations(at),
                operation: Operation::TrafficDependent,
                ..report(at.layout())
            };
            let state = signal_state(bench.now, &report);
            assert_eq!(back(&state, bench.now), state);
            agrees::<rasn_compiled::Spatem, c_its::Spatem>(&spatem_octets(&state, bench.now));
            state
        };
        let reasons = |state: &SignalState| -> Vec<_> {
            state.movements.iter().map(|movement| movement.current().unwrap().reason).collect()
        };
        let statuses = |state: &SignalState| -> Vec<_> {
            state
                .prioritizations
                .iter()
                .map(|told| (told.station.0, told.signal_group, told.status))
                .collect()
        };
        bench.lamps(&[NORTH, NORTH_LEFT, SOUTH], Aspect::Red);
        bench.lamps(&[EAST, WEST], Aspect::Green);
        let before = state(&bench);
        assert_eq!(before.status, ControllerStatus::TRAFFIC_DEPENDENT);
        assert_eq!((reasons(&before), statuses(&before)), (vec![None; 5], vec![]));

        bench.request(&request);
        let during = state(&bench);
        let pre_emption = ControllerStatus::TRAFFIC_DEPENDENT.with(ControllerStatus::PREEMPT_ACTIVE);
        assert_eq!(during.status, pre_emption);
        // 02 and 03 are wished green, and whatever conflicts with them red.
        assert_eq!(reasons(&during), [Some(ChangeReason::EmergencyVehiclePriority); 5]);
        let processing = PrioritizationStatus::Processing;
        assert_eq!(statuses(&during), [(4711, 2, processing), (4711, 3, processing)]);

        bench.request(&next(&request, RequestKind::Cancellation));
        let after = state(&bench);
        assert_eq!(after.status, ControllerStatus::TRAFFIC_DEPENDENT);
        assert_eq!((reasons(&after), statuses(&after)), (vec![None; 5], vec![]));
    }

    #[test]
    fn one_that_waits_for_its_turn_is_told_but_gives_no_reason() {
        let mut bench = Bench::new("absolute");
        bench.request(&ambulance(1, 2));
        bench.request(&ambulance(2, 1));
        let area = bench.engine.area();
        let at = area.intersection(area.find(support::id(1)).unwrap());
        let told: Vec<_> = prioritizations(at).iter().map(|told| (told.station.0, told.group)).collect();
        assert_eq!(told, [(1, EAST), (2, NORTH), (2, NORTH_LEFT)]);
        let mut wishes = Wishes::none(5);
        assert_eq!(intervention_reasons(at, &wishes), [None; 5]);
        wishes.set(EAST, voorrang_signals::Wish::Green);
        let reasons = intervention_reasons(at, &wishes);
        assert_eq!(reasons.iter().flatten().count(), 1);
    }

    #[test]
    fn public_transport_has_priority_but_pre_empts_nothing() {
        let boulevard = read(BOULEVARD);
        let lamps = [lamp(Aspect::Green); 4];
        let reasons = [None, None, None, Some(ChangeReason::PublicTransportPriority)];
        let report = SignalReport { lamps: &lamps, reasons: &reasons, ..report(&boulevard) };
        let state = signal_state(noon(), &report);
        let expected = ControllerStatus::FIXED_TIME.with(ControllerStatus::SIGNAL_PRIORITY_ACTIVE);
        assert_eq!(state.status, expected);
    }

    #[test]
    fn of_many_prioritizations_ten_are_told_and_emergencies_first() {
        let boulevard = read(BOULEVARD);
        let told = |station, role| Prioritization {
            station: StationId(station),
            role: Some(role),
            status: PrioritizationStatus::Processing,
            group: GroupIndex(0),
        };
        let mut all: Vec<_> = (0..9).map(|bus| told(bus, VehicleRole::PublicTransport)).collect();
        all.extend((100..104).map(|ambulance| told(ambulance, VehicleRole::Emergency)));
        all.push(Prioritization { group: GroupIndex(4), ..told(105, VehicleRole::Emergency) });
        let report = SignalReport { prioritizations: &all, ..report(&boulevard) };
        let state = signal_state(noon(), &report);
        let stations: Vec<_> = state.prioritizations.iter().map(|told| told.station.0).collect();
        assert_eq!(stations, [100, 101, 102, 103, 0, 1, 2, 3, 4, 5]);
        assert_eq!(state.prioritizations[0].signal_group, 2);
    }

    fn moment() -> impl Strategy<Value = Instant> {
        (0..=10_000_000_i64).prop_map(|millis| noon() + Duration::from_millis(millis))
    }

    /// Milliseconds from now: near ones most, up to hours.
    fn offset() -> impl Strategy<Value = Duration> {
        let millis = prop_oneof![
            4 => -5_000..90_000_i64,
            2 => -2_000_000..2_000_000_i64,
            1 => -10_000_000..10_000_000_i64,
            1 => any::<i64>().prop_map(|millis| millis / 4),
        ];
        millis.prop_map(Duration::from_millis)
    }

    type Offsets = (Duration, Option<Duration>, Option<Duration>);

    fn lamps() -> impl Strategy<Value = Vec<Option<(Aspect, Option<Duration>)>>> {
        let aspect = prop::sample::select(vec![Aspect::Red, Aspect::Yellow, Aspect::Green]);
        vec(of((aspect, of(offset()))), 0..6)
    }

    fn roles() -> impl Strategy<Value = Vec<Prioritization>> {
        let role = prop::sample::select(vec![
            Some(VehicleRole::Emergency),
            Some(VehicleRole::PublicTransport),
            Some(VehicleRole::Fire),
            None,
        ]);
        let status =
            prop::sample::select(vec![PrioritizationStatus::Requested, PrioritizationStatus::Granted]);
        let told = (any::<u32>(), role, status, 0_u16..5).prop_map(|(station, role, status, group)| {
            Prioritization { station: StationId(station), role, status, group: GroupIndex(group) }
        });
        vec(told, 0..16)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_known_is_told_within_its_range_and_comes_back(
            now in moment(),
            lamps in lamps(),
            offsets in vec(of((offset(), of(offset()), of(offset()))), 0..6),
            reasons in vec(of(prop::sample::select(vec![
                ChangeReason::EmergencyVehiclePriority,
                ChangeReason::PublicTransportPriority,
                ChangeReason::Unknown,
            ])), 0..6),
            operation in prop::sample::select(vec![
                Operation::FixedTime, Operation::TrafficDependent, Operation::Manual, Operation::Standby,
                Operation::Off, Operation::Failure,
            ]),
            prioritizations in roles(),
        ) {
            let boulevard = read(BOULEVARD);
            let lamp = |(aspect, since): (_, Option<_>)| Lamp { aspect, since: since.map(|since| now + since) };
            let lamps: Vec<_> = lamps.into_iter().map(|known| known.map(lamp)).collect();
            let prediction = |(earliest, latest, likely): Offsets| Prediction {
                earliest: now + earliest,
                latest: latest.map(|latest| now + latest),
                likely: likely.map(|likely| now + likely),
            };
            let predictions: Vec<_> = offsets.into_iter().map(|known| known.map(prediction)).collect();
            let report = SignalReport {
                lamps: &lamps,
                predictions: &predictions,
                operation,
                reasons: &reasons,
                prioritizations: &prioritizations,
                ..report(&boulevard)
            };
            let state = signal_state(now, &report);
            prop_assert_eq!(&back(&state, now), &state);
            prop_assert_eq!(state.movements.len(), 4);
            prop_assert!(state.prioritizations.len() <= 10);
            for (place, movement) in state.movements.iter().enumerate() {
                let phase = movement.current().unwrap();
                prop_assert_eq!(phase.reason, reasons.get(place).copied().flatten());
                let prediction = predictions.get(place).copied().flatten();
                if let Some(timing) = phase.timing {
                    told_within_its_range(now, timing, prediction)?;
                }
            }
        }
    }

    const TENTH: Duration = Duration::from_millis(100);

    fn told_within_its_range(
        now: Instant,
        timing: PhaseTiming,
        prediction: Option<Prediction>,
    ) -> Result<(), TestCaseError> {
        let at = |time: Option<ChangeTime>| time.and_then(ChangeTime::instant);
        prop_assert!(at(timing.start).is_none_or(|start| start <= now));
        let Some(prediction) = prediction else {
            prop_assert_eq!((timing.min_end, timing.max_end, timing.likely_end), (None, None, None));
            return Ok(());
        };
        let min = at(timing.min_end).unwrap();
        // Not in the past, but for the rounding; not later than the true earliest end, unless that is past.
        prop_assert!(min > now - TENTH && min <= prediction.earliest.max(now));
        if let Some(likely) = at(timing.likely_end) {
            prop_assert!(min <= likely, "{timing:?}");
        }
        if let Some(max) = at(timing.max_end) {
            prop_assert!(
                min <= max && at(timing.likely_end).is_none_or(|likely| likely <= max),
                "{timing:?}"
            );
            prop_assert!(prediction.latest.is_some_and(|latest| max >= latest));
        }
        prop_assert!(timing.confidence.is_none_or(|class| class <= 15 && timing.likely_end.is_some()));
        for end in [timing.min_end, timing.max_end, timing.likely_end].into_iter().flatten() {
            prop_assert!(end.instant().is_none_or(|end| end - now <= Duration::from_seconds(1800)));
        }
        Ok(())
    }
}
