//! From a document to an [`IntersectionFile`]: each row that can be read is, whatever is wrong with others.

use voorrang_units::{Duration, Length};

use crate::document::{Document, Problems, Table, Value};
use crate::id::{ApproachId, ConnectionId, IntersectionId, LaneId, SignalGroupId};
use crate::intersection::file::{
    ApproachRow, ConnectionRow, DEFAULT_REFERENCE, DetectorRow, FixedTimeFile, Given, GroupRow,
    IntergreenRow, IntersectionFile, LaneRow, PermissiveRow, StageRow,
};
use crate::intersection::{DetectorKind, Direction, GroupKind};

/// No time in an intersection file is longer, s.
const LONGEST_S: f64 = 3600.0;

impl IntersectionFile {
    /// Reads a text as it is written, without asking whether what it says can work; `file` is its name in messages.
    ///
    /// # Errors
    /// All that could not be read.
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text);
        let written = read(&document);
        document.finish()?;
        Ok(written.expect("whatever could not be read was reported"))
    }
}

/// `None` only where what the whole rests on is missing; all that is wrong is reported.
pub(super) fn read(document: &Document<'_>) -> Option<IntersectionFile> {
    let root = document.root();
    root.required("schema").and_then(|value| value.integer(1_u8..=1));
    let name = root.required("name").and_then(|value| value.text());
    let region = root.required("region");
    let id = root.required("id");
    let reference = root.required("reference");
    let groups = rows(&root, "groups", true, group);
    let approaches = rows(&root, "approaches", true, approach);
    let lanes = rows(&root, "lanes", true, lane);
    let connections = rows(&root, "connections", true, connection);
    let detectors = rows(&root, "detectors", false, detector);
    let permissive = rows(&root, "permissive", false, permissive);
    let intergreens =
        root.required("intergreen_s").and_then(|value| value.table()).map(|table| intergreens(&table));
    let program = root.required("program").and_then(|value| value.table()).and_then(|table| {
        let fixed_time = table.required("fixed_time").and_then(|value| value.table());
        table.no_other_keys();
        fixed_time.and_then(|table| program(&table))
    });
    root.no_other_keys();
    let id_assumed = region.iter().chain(&id).any(Value::is_assumed);
    let region = region.and_then(|value| value.integer(0..=u16::MAX));
    let id = id.and_then(|value| value.integer(0..=u16::MAX));
    let reference = reference?;
    Some(IntersectionFile {
        name: name?.to_owned(),
        id: Given { value: IntersectionId { region: region?, id: id? }, assumed: id_assumed },
        reference: Given { value: reference.position()?, assumed: reference.is_assumed() },
        groups,
        approaches,
        lanes,
        connections,
        detectors,
        permissive,
        intergreens: intergreens?,
        program: program?,
    })
}

/// The names in a list's rows, also of those that could not be read.
pub(super) fn written_names<'d>(document: &'d Document<'_>, list: &'static str) -> Vec<&'d str> {
    let rows = document.root().optional(list).map(|value| value.tables()).unwrap_or_default();
    rows.iter().filter_map(|row| row.optional("name")?.text()).collect()
}

/// The numbers in a list's rows, also of those that could not be read.
pub(super) fn written_numbers(document: &Document<'_>, list: &'static str, key: &'static str) -> Vec<u8> {
    let rows = document.root().optional(list).map(|value| value.tables()).unwrap_or_default();
    rows.iter().filter_map(|row| row.optional(key)?.integer(0..=u8::MAX)).collect()
}

fn rows<T>(root: &Table<'_>, key: &'static str, required: bool, read: fn(&Table<'_>) -> Option<T>) -> Vec<T> {
    let value = if required { root.required(key) } else { root.optional(key) };
    let tables = value.map(|value| value.tables()).unwrap_or_default();
    tables
        .into_iter()
        .filter_map(|table| {
            let row = read(&table);
            table.no_other_keys();
            row
        })
        .collect()
}

fn group(table: &Table<'_>) -> Option<GroupRow> {
    let name = table.required("name").and_then(|value| value.text());
    let table = &table.renamed(format!("groups {}", name.unwrap_or("?")));
    let signal_group = id(table, "signal_group", SignalGroupId::new, 254);
    let kind = table.required("type").and_then(|value| value.one_of(&GroupKind::NAMES));
    let min_green = seconds(table.required("min_green_s"));
    let max_green = seconds(table.optional("max_green_s"));
    let yellow = seconds(table.required("yellow_s"));
    let max_yellow = seconds(table.optional("max_yellow_s"));
    let min_red = seconds(table.required("min_red_s"));
    let max_red = seconds(table.optional("max_red_s"));
    Some(GroupRow {
        place: table.place(),
        name: name?.to_owned(),
        signal_group: signal_group?,
        kind: kind?,
        min_green: min_green?,
        max_green,
        yellow: yellow?,
        max_yellow,
        min_red: min_red?,
        max_red,
    })
}

fn approach(table: &Table<'_>) -> Option<ApproachRow> {
    let approach = id(table, "approach", ApproachId::new, 15);
    let name = table.optional("name").and_then(|value| value.text()).unwrap_or_default();
    Some(ApproachRow { place: table.place(), approach: approach?, name: name.to_owned() })
}

fn lane(table: &Table<'_>) -> Option<LaneRow> {
    let lane = id(table, "lane", LaneId::new, 254);
    let label = lane.map_or_else(|| "?".to_owned(), |lane: LaneId| lane.number().to_string());
    let table = &table.renamed(format!("lanes {label}"));
    let directions = [("ingress", Direction::Ingress), ("egress", Direction::Egress)];
    let direction = table.required("direction").and_then(|value| value.one_of(&directions));
    let approach = id(table, "approach", ApproachId::new, 15);
    let width = table
        .required("width_m")
        .and_then(|value| Some(Given { value: value.metres(0.5..=50.0)?, assumed: value.is_assumed() }));
    let speed_limit = table.optional("speed_limit_kmh").and_then(|value| {
        Some(Given { value: value.kilometres_per_hour(1.0..=300.0)?, assumed: value.is_assumed() })
    });
    let stop_line = table.optional("stop_line_m").and_then(|value| value.metres(0.0..=100.0));
    let nodes = table.required("nodes").and_then(|value| {
        let points = value.list()?;
        let nodes: Vec<_> = points.iter().filter_map(Value::position).collect();
        if points.len() < 2 {
            return value.wrong("a lane needs two nodes at least", "add where it leads to");
        }
        (nodes.len() == points.len()).then_some(nodes)
    });
    Some(LaneRow {
        place: table.place(),
        lane: lane?,
        direction: direction?,
        approach: approach?,
        width: width?,
        speed_limit,
        stop_line: stop_line.unwrap_or(Length::ZERO),
        nodes: nodes?,
    })
}

fn connection(table: &Table<'_>) -> Option<ConnectionRow> {
    let connection = table.optional("connection").and_then(|value| value.integer(0..=u8::MAX));
    let from = id(table, "from", LaneId::new, 254);
    let to = table.optional("to").and_then(|value| value.integer(1..=254_u8));
    let group = table.optional("group").and_then(|value| value.text());
    Some(ConnectionRow {
        place: table.place(),
        connection: connection.and_then(ConnectionId::new),
        from: from?,
        to: to.and_then(LaneId::new),
        group: group.map(str::to_owned),
    })
}

fn detector(table: &Table<'_>) -> Option<DetectorRow> {
    let name = table.required("name").and_then(|value| value.text());
    let table = &table.renamed(format!("detectors {}", name.unwrap_or("?")));
    let kind = table.required("type").and_then(|value| value.one_of(&DetectorKind::NAMES));
    let lane = table.optional("lane").and_then(|value| value.integer(1..=254_u8));
    let group = table.required("group").and_then(|value| value.text());
    let distance = table.optional("distance_m").and_then(|value| value.metres(0.0..=1000.0));
    let length = table.optional("length_m").and_then(|value| value.metres(0.0..=100.0));
    Some(DetectorRow {
        place: table.place(),
        name: name?.to_owned(),
        kind: kind?,
        lane: lane.and_then(LaneId::new),
        group: group?.to_owned(),
        distance: distance.unwrap_or(Length::ZERO),
        length: length.unwrap_or(Length::ZERO),
    })
}

fn permissive(table: &Table<'_>) -> Option<PermissiveRow> {
    let yields = table.required("yields").and_then(|value| value.text());
    let to = table.required("to").and_then(|value| value.texts());
    let to = to.map(|names| names.into_iter().map(|(_, name)| name.to_owned()).collect());
    Some(PermissiveRow { place: table.place(), yields: yields?.to_owned(), to: to? })
}

fn intergreens(table: &Table<'_>) -> Vec<IntergreenRow> {
    let rows = table.entries().into_iter().filter_map(|(ending, value)| {
        let row = value.table()?;
        let starting = row
            .entries()
            .into_iter()
            .filter_map(|(starting, value)| Some((starting.to_owned(), seconds(Some(value))?)));
        Some(IntergreenRow { place: value.place(), ending: ending.to_owned(), starting: starting.collect() })
    });
    rows.collect()
}

fn program(table: &Table<'_>) -> Option<FixedTimeFile> {
    let cycle = table.required("cycle_s").and_then(|value| value.seconds(1.0..=LONGEST_S));
    let offset = table.optional("offset_s").and_then(|value| value.seconds(-LONGEST_S..=LONGEST_S));
    let reference = table.optional("reference").and_then(|value| value.instant());
    let stages = rows(table, "stages", true, stage);
    table.no_other_keys();
    Some(FixedTimeFile {
        place: table.place(),
        cycle: cycle?,
        offset: offset.unwrap_or(Duration::ZERO),
        reference: reference.unwrap_or(DEFAULT_REFERENCE),
        stages,
    })
}

fn stage(table: &Table<'_>) -> Option<StageRow> {
    let name = table.required("name").and_then(|value| value.text());
    let duration = table.required("duration_s").and_then(|value| value.seconds(0.1..=LONGEST_S));
    let green = table.required("green").and_then(|value| value.texts());
    let green = green.map(|names| names.into_iter().map(|(_, name)| name.to_owned()).collect());
    Some(StageRow { place: table.place(), name: name?.to_owned(), duration: duration?, green: green? })
}

fn id<T>(table: &Table<'_>, key: &'static str, make: fn(u8) -> Option<T>, highest: u8) -> Option<T> {
    table.required(key).and_then(|value| value.integer(1..=highest)).and_then(make)
}

fn seconds(value: Option<Value<'_>>) -> Option<Given<Duration>> {
    let value = value?;
    Some(Given { value: value.seconds(0.0..=LONGEST_S)?, assumed: value.is_assumed() })
}
