//! The intersection file: what is written reads the same, and each mistake is told with its line.

mod lamps;

use std::collections::BTreeMap;

use lamps::rules;
use proptest::prelude::*;
use voorrang_signals::document::Place;
use voorrang_signals::intersection::actuation::Extends;
use voorrang_signals::intersection::file::{
    ActuatedFile, ApproachRow, ConnectionRow, CoordinationFile, DetectorRow, EmergencyLampRow, FixedTimeFile,
    Given, GreenGreenRow, GroupRow, IntergreenRow, IntersectionFile, KarPointRow, LaneRow, ModuleRow,
    OverrideRow, PermissiveRow, PlansFile, ProgramFile, StageRow, SwitchRow, SynchronisationRow, TieFile,
};
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_signals::intersection::{DetectorKind, Direction, GroupKind};
use voorrang_signals::{
    ApproachId, ConnectionId, GroupIndex, Intersection, IntersectionId, LaneId, SignalGroupId,
};
use voorrang_units::{Duration, GeodeticPosition, Instant, Length, Speed};

const CROSSING: &str = include_str!("intersections/crossing.toml");

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

// --- what is written reads the same ------------------------------------------------------------------------------------------------------

fn text() -> impl Strategy<Value = String> {
    let hostile = proptest::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter);
    prop_oneof![4 => "[0-9]{2}", 1 => Just("a \"b\" \\ c\n".to_owned()), 1 => hostile]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(text(), 0..4)
}

fn given<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Given<T>> {
    (value, any::<bool>()).prop_map(|(value, assumed)| Given { value, assumed })
}

/// To the millisecond, though a valid file has tenths of a second only.
fn time(range: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn given_time() -> impl Strategy<Value = Given<Duration>> {
    given(time(0..=3_600_000))
}

fn metres(range: std::ops::RangeInclusive<f64>) -> impl Strategy<Value = Length> {
    range.prop_map(Length::from_metres)
}

fn position() -> impl Strategy<Value = GeodeticPosition> {
    (-90.0..=90.0, -180.0..180.0).prop_map(|(latitude, longitude)| {
        GeodeticPosition::from_degrees(latitude, longitude).expect("it is on the globe")
    })
}

fn lane_id() -> impl Strategy<Value = LaneId> {
    (1..=254_u8).prop_map(|id| LaneId::new(id).expect("in range"))
}

fn approach_id() -> impl Strategy<Value = ApproachId> {
    (1..=15_u8).prop_map(|id| ApproachId::new(id).expect("in range"))
}

fn group() -> impl Strategy<Value = GroupRow> {
    let kind = (0..GroupKind::NAMES.len()).prop_map(|index| GroupKind::NAMES[index].1);
    let most = || proptest::option::of(given_time());
    let times = (given_time(), most(), given_time(), most(), given_time(), most());
    let actuated = (most(), most(), most(), any::<Option<bool>>());
    (text(), 1..=254_u8, kind, times, actuated).prop_map(|(name, number, kind, times, actuated)| GroupRow {
        place: Place::default(),
        name,
        signal_group: SignalGroupId::new(number).expect("in range"),
        kind,
        min_green: times.0,
        max_green: times.1,
        yellow: times.2,
        max_yellow: times.3,
        min_red: times.4,
        max_red: times.5,
        fixed_green: actuated.0,
        head_max: actuated.1,
        max_wait: actuated.2,
        co_extend: actuated.3,
    })
}

fn lane() -> impl Strategy<Value = LaneRow> {
    let direction = prop_oneof![Just(Direction::Ingress), Just(Direction::Egress)];
    let limit = prop_oneof![
        (1..=300_i32).prop_map(f64::from).boxed(),
        (1.0..=300.0_f64).boxed(),
        (100..3000_i32).prop_map(|tenths| f64::from(tenths) / 10.0).boxed(),
    ];
    let limit = proptest::option::of(given(limit.prop_map(Speed::from_kilometres_per_hour)));
    let nodes = proptest::collection::vec(position(), 2..5);
    let stop_line = prop_oneof![Just(Length::ZERO).boxed(), metres(0.0..=100.0).boxed()];
    (lane_id(), direction, approach_id(), given(metres(0.5..=50.0)), limit, stop_line, nodes).prop_map(
        |(lane, direction, approach, width, speed_limit, stop_line, nodes)| LaneRow {
            place: Place::default(),
            lane,
            direction,
            approach,
            width,
            speed_limit,
            stop_line,
            nodes,
        },
    )
}

fn connection() -> impl Strategy<Value = ConnectionRow> {
    let id = proptest::option::of(any::<u8>());
    let (to, group) = (proptest::option::of(lane_id()), proptest::option::of(text()));
    (id, lane_id(), to, group).prop_map(|(id, from, to, group)| ConnectionRow {
        place: Place::default(),
        connection: id.and_then(ConnectionId::new),
        from,
        to,
        group,
    })
}

fn detector() -> impl Strategy<Value = DetectorRow> {
    let kind = (0..DetectorKind::NAMES.len()).prop_map(|index| DetectorKind::NAMES[index].1);
    let lane = proptest::option::of(lane_id());
    let extends = (0..Extends::NAMES.len()).prop_map(|index| Extends::NAMES[index].1);
    let time = || proptest::option::of(given_time());
    let measuring = (any::<Option<bool>>(), proptest::option::of(extends), time(), time());
    (text(), kind, lane, text(), metres(0.0..=1000.0), metres(0.0..=100.0), measuring).prop_map(
        |(name, kind, lane, group, distance, length, measuring)| DetectorRow {
            place: Place::default(),
            name,
            kind,
            lane,
            group,
            distance,
            length,
            requests: measuring.0,
            extends: measuring.1,
            gap: measuring.2,
            occupancy: measuring.3,
        },
    )
}

fn intergreens() -> impl Strategy<Value = Vec<IntergreenRow>> {
    let row = proptest::collection::btree_map(text(), given_time(), 0..4);
    let rows = proptest::collection::btree_map(text(), row, 0..4);
    rows.prop_map(|rows: BTreeMap<String, BTreeMap<String, Given<Duration>>>| {
        let row = |(ending, starting): (String, BTreeMap<String, Given<Duration>>)| IntergreenRow {
            place: Place::default(),
            ending,
            starting: starting.into_iter().collect(),
        };
        rows.into_iter().map(row).collect()
    })
}

fn fixed_time() -> impl Strategy<Value = FixedTimeFile> {
    let stage = (text(), time(100..=3_600_000), texts()).prop_map(|(name, duration, green)| StageRow {
        place: Place::default(),
        name,
        duration,
        green,
    });
    let stages = proptest::collection::vec(stage, 0..4);
    let reference = prop_oneof![Just(0_i64), 0..4_000_000_000_000_i64].prop_map(Instant::from_unix_millis);
    (time(1000..=3_600_000), time(-3_600_000..=3_600_000), reference, stages).prop_map(
        |(cycle, offset, reference, stages)| FixedTimeFile {
            place: Place::default(),
            cycle,
            offset,
            reference,
            stages,
        },
    )
}

fn plans() -> impl Strategy<Value = PlansFile> {
    let days = proptest::sample::select(vec!["mon-fri", "sat,sun", "mon-sun", "wed"]);
    let switch = (text(), 0..1440_i64, days).prop_map(|(plan, minute, days)| SwitchRow {
        place: Place::default(),
        plan,
        from: Duration::from_seconds(minute * 60),
        days: days.parse().expect("these are days"),
    });
    let plans = proptest::collection::vec((text(), fixed_time()), 1..3);
    let schedule = proptest::collection::vec(switch, 0..4);
    (plans, time(-50_400_000..=50_400_000), any::<bool>(), schedule).prop_map(
        |(plans, utc_offset, summer_time, schedule)| PlansFile {
            place: Place::default(),
            plans,
            utc_offset,
            summer_time,
            schedule,
        },
    )
}

fn actuated() -> impl Strategy<Value = ActuatedFile> {
    let reference = prop_oneof![Just(0_i64), 0..4_000_000_000_000_i64].prop_map(Instant::from_unix_millis);
    let coordination = (time(1000..=3_600_000), time(-3_600_000..=3_600_000), reference);
    let coordination =
        coordination.prop_map(|(cycle, offset, reference)| CoordinationFile { cycle, offset, reference });
    let module = (text(), texts(), time(0..=3_600_000), any::<bool>());
    let modules = proptest::collection::vec(module, 0..4);
    let alternative = proptest::option::of(time(0..=3_600_000));
    (proptest::option::of(coordination), texts(), alternative, 0..=8_u8, modules).prop_map(
        |(coordination, waiting_green, alternative, forward_modules, modules)| {
            let coordinated = coordination.is_some();
            let modules = modules.into_iter().map(|(name, primary, until, hold)| ModuleRow {
                place: Place::default(),
                name,
                primary,
                until: coordinated.then_some(until),
                hold: coordinated && hold,
            });
            ActuatedFile {
                place: Place::default(),
                coordination,
                waiting_green,
                alternative,
                forward_modules,
                modules: modules.collect(),
            }
        },
    )
}

fn program() -> impl Strategy<Value = ProgramFile> {
    prop_oneof![
        fixed_time().prop_map(ProgramFile::FixedTime),
        plans().prop_map(ProgramFile::Plans),
        actuated().prop_map(ProgramFile::Actuated),
    ]
}

fn green_green() -> impl Strategy<Value = GreenGreenRow> {
    (text(), texts()).prop_map(|(group, with)| GreenGreenRow { place: Place::default(), group, with })
}

fn synchronisation() -> impl Strategy<Value = SynchronisationRow> {
    let tie = prop_oneof![
        (text(), time(0..=3_600_000)).prop_map(|(before, lead)| TieFile::LeadStart(before, lead)),
        text().prop_map(TieFile::EqualStart),
        (text(), time(0..=3_600_000)).prop_map(|(after, follow)| TieFile::FollowGreen(after, follow)),
    ];
    (text(), tie).prop_map(|(group, tie)| SynchronisationRow { place: Place::default(), group, tie })
}

fn override_input() -> impl Strategy<Value = OverrideRow> {
    let kind = (0..OverrideKind::NAMES.len()).prop_map(|index| OverrideKind::NAMES[index].1);
    (text(), kind).prop_map(|(input, kind)| OverrideRow { place: Place::default(), input, kind })
}

fn emergency_lamp() -> impl Strategy<Value = EmergencyLampRow> {
    (text(), text()).prop_map(|(output, group)| EmergencyLampRow { place: Place::default(), output, group })
}

fn kar_point() -> impl Strategy<Value = KarPointRow> {
    let place = Place::default();
    (0..=32_767_u16, approach_id()).prop_map(move |(point, approach)| KarPointRow { place, point, approach })
}

fn file() -> impl Strategy<Value = IntersectionFile> {
    let id = (any::<u16>(), any::<u16>()).prop_map(|(region, id)| IntersectionId { region, id });
    let approach = (approach_id(), text());
    let approach =
        approach.prop_map(|(approach, name)| ApproachRow { place: Place::default(), approach, name });
    let permissive = (text(), texts());
    let permissive =
        permissive.prop_map(|(yields, to)| PermissiveRow { place: Place::default(), yields, to });
    let few = 0..4;
    let rows = (
        proptest::collection::vec(group(), few.clone()),
        proptest::collection::vec(approach, few.clone()),
        proptest::collection::vec(lane(), few.clone()),
        proptest::collection::vec(connection(), few.clone()),
        proptest::collection::vec(detector(), few.clone()),
        proptest::collection::vec(permissive, few.clone()),
        intergreens(),
        proptest::collection::vec(green_green(), few.clone()),
        proptest::collection::vec(synchronisation(), few.clone()),
        proptest::collection::vec(override_input(), few.clone()),
        (
            proptest::collection::vec(emergency_lamp(), few.clone()),
            proptest::collection::vec(kar_point(), few),
        ),
    );
    (text(), given(id), given(position()), any::<bool>(), rows, program()).prop_map(
        |(name, id, reference, verified, rows, program)| IntersectionFile {
            name,
            id,
            reference,
            verified,
            groups: rows.0,
            approaches: rows.1,
            lanes: rows.2,
            connections: rows.3,
            detectors: rows.4,
            permissive: rows.5,
            intergreens: rows.6,
            green_green: rows.7,
            synchronisations: rows.8,
            overrides: rows.9,
            emergency_lamps: rows.10.0,
            kar_points: rows.10.1,
            program,
        },
    )
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn what_is_written_reads_the_same(file in file()) {
        let text = file.to_toml();
        let read = IntersectionFile::read(&text, "file.toml");
        prop_assert_eq!(read.as_ref().ok(), Some(&file), "{:?}\n{}", read, text);
    }

    #[test]
    fn valid_files_stay_valid_and_mean_the_same(rules in rules(0)) {
        let intersection = rules.intersection();
        prop_assert_eq!(intersection.groups().len(), rules.groups.len());
        for (a, b) in rules.indices().flat_map(|a| rules.indices().map(move |b| (a, b))) {
            prop_assert_eq!(intersection.conflicts().intergreen(a, b), rules.intergreens[a.index()][b.index()]);
        }
    }

    #[test]
    fn no_text_makes_it_panic(cuts in proptest::collection::vec((any::<proptest::sample::Index>(), 0..12_usize, "[0-9a-z=\"{}\\[\\],.\n -]{0,4}"), 1..4)) {
        let mut text: Vec<char> = CROSSING.chars().collect();
        for (at, length, instead) in cuts {
            let from = at.index(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, instead.chars());
        }
        let text = String::from_iter(text);
        if let Ok(written) = IntersectionFile::read(&text, "cut.toml") {
            prop_assert_eq!(IntersectionFile::read(&written.to_toml(), "again.toml"), Ok(written));
        }
        if let Err(problems) = Intersection::from_toml(&text, "cut.toml") {
            prop_assert!(!problems.0.is_empty());
        }
    }
}

#[test]
fn the_crossing_reads_and_is_written_the_same() {
    let crossing = Intersection::from_toml(CROSSING, "crossing.toml").expect("it is valid");
    assert_eq!(crossing.id().to_string(), "0/1");
    assert_eq!(crossing.assumed(), ["intergreen_s 03 05 = 4.5"]);
    assert_eq!(crossing.warnings(), [] as [&str; 0]);
    let groups = |id: usize| crossing.approaches()[id].groups.clone();
    assert_eq!([groups(0), groups(1)], [vec![GroupIndex(0), GroupIndex(1)], vec![GroupIndex(2)]]);
    let written = IntersectionFile::read(CROSSING, "crossing.toml").expect("it reads").to_toml();
    assert_eq!(Intersection::from_toml(&written, "written.toml"), Ok(crossing));
}

#[test]
fn whoever_checked_the_file_says_so_in_it() {
    let crossing = Intersection::from_toml(CROSSING, "crossing.toml").expect("it is valid");
    assert!(!crossing.is_verified(), "nobody said so");
    let text = CROSSING.replacen("schema = 1", "schema = 1\nverified = true", 1);
    let crossing = Intersection::from_toml(&text, "crossing.toml").expect("it is valid");
    assert!(crossing.is_verified());
    let text = IntersectionFile { verified: false, ..IntersectionFile::read(&text, "x").expect("it reads") };
    assert!(!text.to_toml().contains("verified"), "what nobody has said isn't written");
}

#[test]
fn emergency_lamps_and_kar_points_name_groups_and_approaches() {
    let rows = "schema = 1\nemergency_lamps = [ { output = \"hlpd05\", group = \"05\" } ]\n\
        kar_points = [ { point = 1201, approach = 2 } ]";
    let text = CROSSING.replacen("schema = 1", rows, 1);
    let crossing = Intersection::from_toml(&text, "crossing.toml").expect("it is valid");
    let [lamp] = crossing.emergency_lamps() else { panic!("one lamp is written") };
    assert_eq!((lamp.output.as_str(), Some(lamp.group)), ("hlpd05", crossing.group_named("05")));
    let [point] = crossing.kar_points() else { panic!("one point is written") };
    assert_eq!((point.number, crossing.approaches()[point.approach.index()].id.number()), (1201, 2));
}

#[test]
fn an_emergency_lamp_twice_or_of_no_group_is_refused() {
    let twice = "schema = 1\nemergency_lamps = [ { output = \"h\", group = \"05\" }, { output = \"h\", group = \"02\" } ]";
    check("schema = 1", twice, "x:3:53: `output` h is used twice; give each its own");
    let nobody = "schema = 1\nemergency_lamps = [ { output = \"h\", group = \"99\" } ]";
    check("schema = 1", nobody, "x:3:21: there is no group 99; name one of: 02, 03, 05, 08");
}

#[test]
fn a_kar_point_on_no_approach_is_refused() {
    let nowhere = "schema = 1\nkar_points = [ { point = 7, approach = 9 } ]";
    check("schema = 1", nowhere, "x:3:16: KAR point 7 is on approach 9; name one of `approaches`");
}

#[test]
fn a_speed_limit_is_written_as_people_write_it() {
    let written = IntersectionFile::read(CROSSING, "crossing.toml").expect("it reads").to_toml();
    assert!(written.contains("speed_limit_kmh = 50, "), "{written}");
}

// --- each mistake with its line ----------------------------------------------------------------------------------------------------------

/// Reads the crossing with one thing changed.
fn told(change: &str, into: &str) -> Vec<String> {
    assert!(CROSSING.contains(change), "the crossing has no {change}");
    let text = CROSSING.replacen(change, into, 1);
    let problems = Intersection::from_toml(&text, "x").expect_err("it should be refused");
    problems.0.iter().map(ToString::to_string).collect()
}

fn check(change: &str, into: &str, expected: &str) {
    assert_eq!(told(change, into).join("\n"), expected, "{change} -> {into}");
}

#[test]
fn another_schema_is_refused() {
    check("schema = 1", "schema = 2", "x:2:10: `schema` is 2; give 1");
}

#[test]
fn a_missing_key_is_told() {
    check("min_red_s = 2 }", "}", "x:9:3: `min_red_s` is missing in groups 02; add it");
}

#[test]
fn an_unknown_key_is_told() {
    check(
        ", max_yellow_s = 6",
        ", max_yelow_s = 6",
        "x:9:85: unknown key `max_yelow_s`; did you mean `max_yellow_s`?",
    );
}

#[test]
fn an_unknown_type_is_told() {
    check(
        r#"type = "motor""#,
        r#"type = "car""#,
        r#"x:9:43: `type` is "car"; choose one of: motor, bicycle, pedestrian, public_transport"#,
    );
}

#[test]
fn a_number_out_of_range_is_told() {
    check(
        "signal_group = 2,",
        "signal_group = 255,",
        "x:9:33: `signal_group` is 255; give a whole number from 1 to 254",
    );
}

#[test]
fn a_lane_needs_two_nodes() {
    check(
        "nodes = [[52.09, 5.1202], [52.09, 5.1242]]",
        "nodes = [[52.09, 5.1202]]",
        "x:22:98: a lane needs two nodes at least; add where it leads to",
    );
}

#[test]
fn two_groups_of_a_name_are_refused() {
    check(
        "groups = [",
        r#"groups = [
  { name = "08", signal_group = 9, type = "motor", min_green_s = 5, yellow_s = 3, min_red_s = 2 },"#,
        "x:13:3: two groups are called 08; rename one of them",
    );
}

#[test]
fn a_signal_group_number_used_twice_is_refused() {
    check(
        "signal_group = 3",
        "signal_group = 2",
        "x:10:3: `signal_group` 2 is used twice; give each its own",
    );
}

#[test]
fn yellow_above_its_maximum_is_refused() {
    check(
        "max_yellow_s = 6",
        "max_yellow_s = 3",
        "x:9:3: group 02 has `yellow_s` 3.5 s above `max_yellow_s` 3 s; exchange or correct them",
    );
}

#[test]
fn minimum_green_above_its_maximum_is_refused() {
    check(
        "min_green_s = 5, ",
        "min_green_s = 5, max_green_s = 4, ",
        "x:9:3: group 02 has `min_green_s` 5 s above `max_green_s` 4 s; exchange or correct them",
    );
}

#[test]
fn minimum_red_above_its_maximum_is_refused() {
    check(
        "min_red_s = 2 }",
        "min_red_s = 2, max_red_s = 1 }",
        "x:9:3: group 02 has `min_red_s` 2 s above `max_red_s` 1 s; exchange or correct them",
    );
}

#[test]
fn a_time_off_the_control_step_is_refused() {
    check(
        "yellow_s = 3.5",
        "yellow_s = 3.55",
        "x:9:3: 3.55 s is no multiple of the control step; round it to 0.1 s",
    );
}

#[test]
fn an_intergreen_off_the_control_step_is_refused() {
    check("05 = 5.0", "05 = 5.05", "x:47:6: 5.05 s is no multiple of the control step; round it to 0.1 s");
}

#[test]
fn a_stage_off_the_control_step_is_refused() {
    check(
        "duration_s = 34",
        "duration_s = 34.01",
        "x:52:1: the stages last 60.01 s, the cycle 60 s; make them equal\nx:56:3: 34.01 s is no multiple of the control step; round it to 0.1 s",
    );
}

#[test]
fn an_offset_off_the_control_step_is_refused() {
    check(
        "offset_s = 0",
        "offset_s = 0.05",
        "x:52:1: 0.05 s is no multiple of the control step; round it to 0.1 s",
    );
}

#[test]
fn a_reference_off_the_control_step_is_refused() {
    check(
        "offset_s = 0",
        "offset_s = 0\nreference = 2026-01-12T07:00:00.050Z",
        "x:52:1: `reference` 2026-01-12T07:00:00.050Z is no multiple of the control step; round it to 0.1 s",
    );
}

#[test]
fn an_approach_number_used_twice_is_refused() {
    check(
        "approaches = [",
        r#"approaches = [
  { approach = 3, name = "again" },"#,
        "x:19:3: `approach` 3 is used twice; give each its own",
    );
}

#[test]
fn a_lane_number_used_twice_is_refused() {
    check(
        "lanes = [",
        r#"lanes = [
  { lane = 7, direction = "egress", approach = 1, width_m = 3, nodes = [[52.1, 5.1], [52.1, 5.2]] },"#,
        "x:29:3: `lane` 7 is used twice; give each its own",
    );
}

#[test]
fn a_connection_number_used_twice_is_refused() {
    check("connection = 2", "connection = 1", "x:33:3: `connection` 1 is used twice; give each its own");
}

#[test]
fn a_detector_name_used_twice_is_refused() {
    check(
        "length_m = 1.5 },",
        r#"length_m = 1.5 },
  { name = "021", type = "far_loop", group = "02" },"#,
        "x:40:3: `name` 021 is used twice; give each its own",
    );
}

#[test]
fn a_lane_on_an_approach_that_is_not_there_is_refused() {
    check(
        r#"direction = "ingress", approach = 1"#,
        r#"direction = "ingress", approach = 9"#,
        "x:22:3: lane 1 is on approach 9; name one of `approaches`",
    );
}

#[test]
fn a_connection_from_a_lane_that_is_not_there_is_refused() {
    check(
        "from = 4, to = 7",
        "from = 44, to = 7",
        "x:35:3: `from` is lane 44, which is not there; name one of `lanes`",
    );
}

#[test]
fn a_connection_against_its_lane_is_refused() {
    check(
        "from = 4, to = 7",
        "from = 4, to = 3",
        "x:35:3: `to` is lane 3, which leads the other way; an ingress lane leads to an egress lane",
    );
}

#[test]
fn a_connection_of_a_group_that_is_not_there_is_refused() {
    check(
        r#"to = 7, group = "08""#,
        r#"to = 7, group = "09""#,
        "x:35:3: there is no group 09; name one of: 02, 03, 05, 08",
    );
}

#[test]
fn a_detector_on_a_lane_that_is_not_there_is_refused() {
    check(
        "lane = 1, group",
        "lane = 11, group",
        "x:39:3: `lane` is lane 11, which is not there; name one of `lanes`",
    );
}

#[test]
fn a_detector_of_a_group_that_is_not_there_is_refused() {
    check(
        r#"lane = 1, group = "02""#,
        r#"lane = 1, group = "2""#,
        "x:39:3: there is no group 2; name one of: 02, 03, 05, 08",
    );
}

#[test]
fn an_intergreen_to_a_group_that_is_not_there_is_refused() {
    check("08 = 5 }", "08 = 5, 11 = 5 }", "x:49:6: there is no group 11; name one of: 02, 03, 05, 08");
}

#[test]
fn an_intergreen_to_itself_is_refused() {
    check(
        "08 = { 05 = 5.5 }",
        "08 = { 05 = 5.5, 08 = 1 }",
        "x:50:6: group 08 conflicts with itself; leave it out",
    );
}

#[test]
fn a_conflict_that_stands_one_way_only_is_refused() {
    check(
        "08 = { 05 = 5.5 }",
        "08 = {}",
        "x:49:6: the conflict of 05 and 08 stands one way only; add `08` = { 05 = ... } to [intergreen_s]",
    );
}

#[test]
fn a_pair_both_permissive_and_in_conflict_is_refused() {
    check(
        r#"to = ["08"]"#,
        r#"to = ["05"]"#,
        "x:43:3: 03 and 05 cannot be both permissive and in full conflict; keep one of the two",
    );
}

#[test]
fn permissive_to_a_group_that_is_not_there_is_refused() {
    check(r#"to = ["08"]"#, r#"to = ["8"]"#, "x:43:3: there is no group 8; name one of: 02, 03, 05, 08");
}

#[test]
fn stages_that_do_not_add_up_to_the_cycle_are_refused() {
    check("cycle_s = 60", "cycle_s = 61", "x:52:1: the stages last 60 s, the cycle 61 s; make them equal");
}

#[test]
fn a_stage_of_a_group_that_is_not_there_is_refused() {
    check(
        r#"green = ["05"]"#,
        r#"green = ["5"]"#,
        "x:58:3: there is no group 5; name one of: 02, 03, 05, 08",
    );
}

#[test]
fn conflicting_groups_green_together_are_refused() {
    check(
        r#"green = ["05"]"#,
        r#"green = ["05", "08"]"#,
        "x:52:1: groups 05 and 08 conflict and are green together; take one of them out of the stage",
    );
}

#[test]
fn a_green_below_its_minimum_is_refused() {
    check(
        "min_green_s = 6",
        "min_green_s = 16",
        "x:52:1: group 05 is green for 15 s only, less than its minimum of 16 s; lengthen its stages or lower `min_green_s`",
    );
}

#[test]
fn a_red_below_its_minimum_is_refused() {
    check(
        r#"min_red_s = 2 },
  { name = "08""#,
        r#"min_red_s = 43 },
  { name = "08""#,
        "x:52:1: group 05 has 45 s between two greens, less than yellow and minimum red (46 s); let it stay green, or lengthen its red",
    );
}

#[test]
fn a_gap_below_the_intergreen_is_refused() {
    check(
        "02 = { 05 = 5.0 }",
        "02 = { 05 = 5.6 }",
        "x:52:1: 05 starts 5.5 s after the end of 02, which takes 5.6 s; lengthen the interstage, or correct the intergreen",
    );
}

#[test]
fn a_row_that_cannot_be_read_does_not_make_others_wrong() {
    check(
        r#"type = "motor", min_green_s = 6"#,
        r#"type = "motor""#,
        "x:11:3: `min_green_s` is missing in groups 05; add it",
    );
}

#[test]
fn an_intersection_without_groups_or_stages_is_refused() {
    let mut file = IntersectionFile::read(CROSSING, "crossing.toml").expect("it reads");
    file.groups.clear();
    file.connections.clear();
    file.detectors.clear();
    file.permissive.clear();
    file.intergreens.clear();
    let ProgramFile::FixedTime(program) = &mut file.program else { panic!("it is fixed time") };
    program.stages.clear();
    let problems =
        Intersection::from_toml(&file.to_toml(), "x").expect_err("it should be refused").to_string();
    assert!(problems.contains("x:1:1: there are no signal groups; add `groups`"), "{problems}");
    assert!(problems.contains("the program has no stages; add `stages`"), "{problems}");
}
