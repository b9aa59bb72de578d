//! From a document to an [`IntersectionFile`]: each row that can be read is, whatever is wrong with others.

use voorrang_units::{Duration, Length};

use crate::document::{Document, Problems, Table, Value};
use crate::id::{ApproachId, ConnectionId, IntersectionId, LaneId, SignalGroupId};
use crate::intersection::actuation::Extends;
use crate::intersection::file::{
    ApproachRow, ConnectionRow, DetectorRow, EmergencyLampRow, Given, GreenGreenRow, GroupRow, IntergreenRow,
    IntersectionFile, KarPointRow, LaneRow, OverrideRow, PermissiveRow, SynchronisationRow, TieFile,
};
use crate::intersection::overrides::OverrideKind;
use crate::intersection::program::read::program;
use crate::intersection::{DetectorKind, Direction, GroupKind};

/// No time in an intersection file is longer, s.
pub(super) const LONGEST_S: f64 = 3600.0;

/// `activationPointNr` of TLC-FI's `SpecialVehicleEvent` is no higher.
const HIGHEST_KAR_POINT: u16 = 32_767;

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
    let verified = root.optional("verified").and_then(|value| value.flag());
    let groups = rows(&root, "groups", true, group);
    let approaches = rows(&root, "approaches", true, approach);
    let lanes = rows(&root, "lanes", true, lane);
    let connections = rows(&root, "connections", true, connection);
    let detectors = rows(&root, "detectors", false, detector);
    let permissive = rows(&root, "permissive", false, permissive);
    let intergreens =
        root.required("intergreen_s").and_then(|value| value.table()).map(|table| intergreens(&table));
    let green_green = rows(&root, "green_green", false, green_green);
    let synchronisations = rows(&root, "synchronisations", false, synchronisation);
    let overrides = rows(&root, "overrides", false, override_input);
    let emergency_lamps = rows(&root, "emergency_lamps", false, emergency_lamp);
    let kar_points = rows(&root, "kar_points", false, kar_point);
    let program = root.required("program").and_then(|value| value.table()).and_then(|table| program(&table));
    root.no_other_keys();
    let id_assumed = region.iter().chain(&id).any(Value::is_assumed);
    let region = region.and_then(|value| value.integer(0..=u16::MAX));
    let id = id.and_then(|value| value.integer(0..=u16::MAX));
    let reference = reference?;
    Some(IntersectionFile {
        name: name?.to_owned(),
        id: Given { value: IntersectionId { region: region?, id: id? }, assumed: id_assumed },
        reference: Given { value: reference.position()?, assumed: reference.is_assumed() },
        verified: verified.unwrap_or(false),
        groups,
        approaches,
        lanes,
        connections,
        detectors,
        permissive,
        intergreens: intergreens?,
        green_green,
        synchronisations,
        overrides,
        emergency_lamps,
        kar_points,
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

pub(super) fn rows<T>(
    root: &Table<'_>,
    key: &'static str,
    required: bool,
    read: fn(&Table<'_>) -> Option<T>,
) -> Vec<T> {
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
    let fixed_green = seconds(table.optional("fixed_green_s"));
    let head_max = seconds(table.optional("head_max_s"));
    let max_wait = seconds(table.optional("max_wait_s"));
    let co_extend = table.optional("co_extend").and_then(|value| value.flag());
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
        fixed_green,
        head_max,
        max_wait,
        co_extend,
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
    let requests = table.optional("requests").and_then(|value| value.flag());
    let extends = table.optional("extends").and_then(|value| value.one_of(&Extends::NAMES));
    let gap = seconds(table.optional("gap_s"));
    let occupancy = seconds(table.optional("occupancy_s"));
    Some(DetectorRow {
        place: table.place(),
        name: name?.to_owned(),
        kind: kind?,
        lane: lane.and_then(LaneId::new),
        group: group?.to_owned(),
        distance: distance.unwrap_or(Length::ZERO),
        length: length.unwrap_or(Length::ZERO),
        requests,
        extends,
        gap,
        occupancy,
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

fn green_green(table: &Table<'_>) -> Option<GreenGreenRow> {
    let group = table.required("group").and_then(|value| value.text());
    let with = table.required("with").and_then(|value| value.texts());
    let with = with.map(|names| names.into_iter().map(|(_, name)| name.to_owned()).collect());
    Some(GreenGreenRow { place: table.place(), group: group?.to_owned(), with: with? })
}

/// The three kinds of synchronisation.
#[derive(Clone, Copy)]
enum Tie {
    LeadStart,
    EqualStart,
    FollowGreen,
}

fn synchronisation(table: &Table<'_>) -> Option<SynchronisationRow> {
    let kinds = [
        ("lead_start", Tie::LeadStart),
        ("equal_start", Tie::EqualStart),
        ("follow_green", Tie::FollowGreen),
    ];
    let kind = table.required("type").and_then(|value| value.one_of(&kinds));
    let group = table.required("group").and_then(|value| value.text());
    let other = |key| table.required(key).and_then(|value| value.text()).map(str::to_owned);
    let time = |key| table.required(key).and_then(|value| value.seconds(0.0..=LONGEST_S));
    let tie = match kind? {
        Tie::LeadStart => {
            let (before, lead) = (other("before"), time("lead_s"));
            TieFile::LeadStart(before?, lead?)
        }
        Tie::EqualStart => TieFile::EqualStart(other("with")?),
        Tie::FollowGreen => {
            let (after, follow) = (other("after"), time("follow_s"));
            TieFile::FollowGreen(after?, follow?)
        }
    };
    Some(SynchronisationRow { place: table.place(), group: group?.to_owned(), tie })
}

fn override_input(table: &Table<'_>) -> Option<OverrideRow> {
    let input = table.required("input").and_then(|value| value.text());
    let kind = table.required("type").and_then(|value| value.one_of(&OverrideKind::NAMES));
    Some(OverrideRow { place: table.place(), input: input?.to_owned(), kind: kind? })
}

fn emergency_lamp(table: &Table<'_>) -> Option<EmergencyLampRow> {
    let output = table.required("output").and_then(|value| value.text());
    let group = table.required("group").and_then(|value| value.text());
    Some(EmergencyLampRow { place: table.place(), output: output?.to_owned(), group: group?.to_owned() })
}

fn kar_point(table: &Table<'_>) -> Option<KarPointRow> {
    let point = table.required("point").and_then(|value| value.integer(0..=HIGHEST_KAR_POINT));
    let approach = id(table, "approach", ApproachId::new, 15);
    Some(KarPointRow { place: table.place(), point: point?, approach: approach? })
}

fn id<T>(table: &Table<'_>, key: &'static str, make: fn(u8) -> Option<T>, highest: u8) -> Option<T> {
    table.required(key).and_then(|value| value.integer(1..=highest)).and_then(make)
}

fn seconds(value: Option<Value<'_>>) -> Option<Given<Duration>> {
    let value = value?;
    Some(Given { value: value.seconds(0.0..=LONGEST_S)?, assumed: value.is_assumed() })
}
