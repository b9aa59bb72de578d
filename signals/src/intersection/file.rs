//! The intersection file as it is written: TOML, `schema = 1`, one row a line. Names stand for what they name; `docs/intersection-file.md`
//! describes every key.

use std::fmt::Write as _;

use voorrang_units::{Duration, GeodeticPosition, Instant, Length, Speed};

use crate::document::Place;
use crate::id::{ApproachId, ConnectionId, IntersectionId, LaneId, SignalGroupId};
use crate::intersection::actuation::Extends;
use crate::intersection::overrides::OverrideKind;
use crate::intersection::{DetectorKind, Direction, GroupKind};

pub use crate::intersection::program::{
    ActuatedFile, CoordinationFile, FixedTimeFile, ModuleRow, PlansFile, ProgramFile, StageRow, SwitchRow,
};

/// A value, and whether it was assumed rather than known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Nobody said so: it was assumed, and should be checked.
    pub assumed: bool,
}

impl<T> Given<T> {
    /// A value from a source.
    pub fn known(value: T) -> Self {
        Self { value, assumed: false }
    }

    /// A value that no source gave.
    pub fn assumed(value: T) -> Self {
        Self { value, assumed: true }
    }
}

/// An intersection as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct IntersectionFile {
    /// What people call it.
    pub name: String,
    /// Road authority and number.
    pub id: Given<IntersectionId>,
    /// Its reference position.
    pub reference: Given<GeodeticPosition>,
    /// Somebody has checked the file against the street.
    pub verified: bool,
    /// The signal groups.
    pub groups: Vec<GroupRow>,
    /// The approaches.
    pub approaches: Vec<ApproachRow>,
    /// The lanes.
    pub lanes: Vec<LaneRow>,
    /// The connections.
    pub connections: Vec<ConnectionRow>,
    /// The detectors.
    pub detectors: Vec<DetectorRow>,
    /// Pairs that may be green together.
    pub permissive: Vec<PermissiveRow>,
    /// Pairs that may not.
    pub intergreens: Vec<IntergreenRow>,
    /// Pairs that may not either, but without intergreen.
    pub green_green: Vec<GreenGreenRow>,
    /// Groups whose greens depend on each other.
    pub synchronisations: Vec<SynchronisationRow>,
    /// Inputs that rank above any request.
    pub overrides: Vec<OverrideRow>,
    /// Lamps that tell of an emergency vehicle.
    pub emergency_lamps: Vec<EmergencyLampRow>,
    /// On which approach each KAR report point lies.
    pub kar_points: Vec<KarPointRow>,
    /// The control program.
    pub program: ProgramFile,
}

/// A row of `groups`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRow {
    /// Where it stands.
    pub place: Place,
    /// The id in TLC-FI.
    pub name: String,
    /// Its number in SPATEM and MAPEM.
    pub signal_group: SignalGroupId,
    /// Who it is for.
    pub kind: GroupKind,
    /// Guaranteed green.
    pub min_green: Given<Duration>,
    /// Longest green.
    pub max_green: Option<Given<Duration>>,
    /// The length of its yellow.
    pub yellow: Given<Duration>,
    /// Longest yellow; its own length where nothing is said.
    pub max_yellow: Option<Given<Duration>>,
    /// Guaranteed red.
    pub min_red: Given<Duration>,
    /// Longest red.
    pub max_red: Option<Given<Duration>>,
    /// Fixed green.
    pub fixed_green: Option<Given<Duration>>,
    /// So long stop-line loops extend green.
    pub head_max: Option<Given<Duration>>,
    /// Nobody should wait longer.
    pub max_wait: Option<Given<Duration>>,
    /// Whether it goes on beside others' greens.
    pub co_extend: Option<bool>,
}

/// A row of `approaches`.
#[derive(Debug, Clone, PartialEq)]
pub struct ApproachRow {
    /// Where it stands.
    pub place: Place,
    /// MAPEM's number.
    pub approach: ApproachId,
    /// What people call it.
    pub name: String,
}

/// A row of `lanes`.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneRow {
    /// Where it stands.
    pub place: Place,
    /// MAPEM's number.
    pub lane: LaneId,
    /// Which way it leads.
    pub direction: Direction,
    /// Its arm.
    pub approach: ApproachId,
    /// How wide it is.
    pub width: Given<Length>,
    /// The speed limit.
    pub speed_limit: Option<Given<Speed>>,
    /// From the first node to the stop line; zero where nothing is said.
    pub stop_line: Length,
    /// Its centre line from the intersection outwards.
    pub nodes: Vec<GeodeticPosition>,
}

/// A row of `connections`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionRow {
    /// Where it stands.
    pub place: Place,
    /// MAPEM's number.
    pub connection: Option<ConnectionId>,
    /// From this ingress lane.
    pub from: LaneId,
    /// To this egress lane.
    pub to: Option<LaneId>,
    /// The signal group's name.
    pub group: Option<String>,
}

/// A row of `detectors`.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectorRow {
    /// Where it stands.
    pub place: Place,
    /// The id in TLC-FI.
    pub name: String,
    /// What kind.
    pub kind: DetectorKind,
    /// On this ingress lane.
    pub lane: Option<LaneId>,
    /// The name of the group that it serves.
    pub group: String,
    /// From the stop line upstream.
    pub distance: Length,
    /// Along the lane.
    pub length: Length,
    /// Whether it asks for green.
    pub requests: Option<bool>,
    /// Whether it extends green.
    pub extends: Option<Extends>,
    /// How long it goes on extending.
    pub gap: Option<Given<Duration>>,
    /// How long it has to be occupied before it asks.
    pub occupancy: Option<Given<Duration>>,
}

/// A row of `permissive`.
#[derive(Debug, Clone, PartialEq)]
pub struct PermissiveRow {
    /// Where it stands.
    pub place: Place,
    /// The name of the group whose traffic gives way.
    pub yields: String,
    /// The names of those to which it does.
    pub to: Vec<String>,
}

/// A row of `[intergreen_s]`: from the end of one group's green to the starts of others'.
#[derive(Debug, Clone, PartialEq)]
pub struct IntergreenRow {
    /// Where it stands.
    pub place: Place,
    /// The name of the group that ends its green.
    pub ending: String,
    /// The names of those that may start afterwards, and after how long.
    pub starting: Vec<(String, Given<Duration>)>,
}

/// A row of `green_green`.
#[derive(Debug, Clone, PartialEq)]
pub struct GreenGreenRow {
    /// Where it stands.
    pub place: Place,
    /// The name of a group.
    pub group: String,
    /// The names of those that are never green together with it.
    pub with: Vec<String>,
}

/// A row of `synchronisations`.
#[derive(Debug, Clone, PartialEq)]
pub struct SynchronisationRow {
    /// Where it stands.
    pub place: Place,
    /// The name of the group that leads, starts equally, or follows.
    pub group: String,
    /// How it is tied, and to which group.
    pub tie: TieFile,
}

/// How a group is tied to another, by its name.
#[derive(Debug, Clone, PartialEq)]
pub enum TieFile {
    /// It starts so much before the other.
    LeadStart(String, Duration),
    /// It starts with the other.
    EqualStart(String),
    /// It stays green for so long after the other.
    FollowGreen(String, Duration),
}

/// A row of `overrides`.
#[derive(Debug, Clone, PartialEq)]
pub struct OverrideRow {
    /// Where it stands.
    pub place: Place,
    /// The input's id in TLC-FI.
    pub input: String,
    /// What it stands for.
    pub kind: OverrideKind,
}

/// A row of `emergency_lamps`.
#[derive(Debug, Clone, PartialEq)]
pub struct EmergencyLampRow {
    /// Where it stands.
    pub place: Place,
    /// The output's id in TLC-FI.
    pub output: String,
    /// The name of the group whose traffic sees it.
    pub group: String,
}

/// A row of `kar_points`.
#[derive(Debug, Clone, PartialEq)]
pub struct KarPointRow {
    /// Where it stands.
    pub place: Place,
    /// The report point's number.
    pub point: u16,
    /// The approach on which a vehicle is that reports it.
    pub approach: ApproachId,
}

/// Where cycles are counted from unless the file says otherwise.
pub const DEFAULT_REFERENCE: Instant = Instant::from_unix_millis(0);

impl IntersectionFile {
    /// The file's text: reading it gives the same again.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::with_capacity(8192);
        self.write(&mut text).expect("a String takes whatever is written");
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let id = self.id.value;
        writeln!(out, "schema = 1\nname = {}", quoted(&self.name))?;
        write_given(out, "region", self.id.assumed, &id.region.to_string())?;
        write_given(out, "id", self.id.assumed, &id.id.to_string())?;
        write_given(out, "reference", self.reference.assumed, &position(self.reference.value))?;
        if self.verified {
            writeln!(out, "verified = true")?;
        }
        let groups = self.groups.iter().map(group_row);
        write_list(out, "groups", groups)?;
        write_list(
            out,
            "approaches",
            self.approaches
                .iter()
                .map(|row| format!("approach = {}, name = {}", row.approach.number(), quoted(&row.name))),
        )?;
        write_list(out, "lanes", self.lanes.iter().map(lane_row))?;
        write_list(out, "connections", self.connections.iter().map(connection_row))?;
        write_rows(out, "detectors", self.detectors.iter().map(detector_row))?;
        write_rows(
            out,
            "permissive",
            self.permissive
                .iter()
                .map(|row| format!("yields = {}, to = {}", quoted(&row.yields), names(&row.to))),
        )?;
        write_rows(
            out,
            "green_green",
            self.green_green
                .iter()
                .map(|row| format!("group = {}, with = {}", quoted(&row.group), names(&row.with))),
        )?;
        write_rows(out, "synchronisations", self.synchronisations.iter().map(synchronisation_row))?;
        write_rows(
            out,
            "overrides",
            self.overrides
                .iter()
                .map(|row| format!("input = {}, type = \"{}\"", quoted(&row.input), row.kind.name())),
        )?;
        let lamps = self.emergency_lamps.iter();
        let lamps =
            lamps.map(|row| format!("output = {}, group = {}", quoted(&row.output), quoted(&row.group)));
        write_rows(out, "emergency_lamps", lamps)?;
        let points = self.kar_points.iter();
        let points = points.map(|row| format!("point = {}, approach = {}", row.point, row.approach.number()));
        write_rows(out, "kar_points", points)?;
        writeln!(
            out,
            "\n# From the end of a row's green to the start of another's, yellow included.\n[intergreen_s]"
        )?;
        for row in &self.intergreens {
            let cells: Vec<String> = row
                .starting
                .iter()
                .map(|(name, time)| format!("{} = {}", quoted(name), given_seconds(*time)))
                .collect();
            writeln!(out, "{} = {{ {} }}", quoted(&row.ending), cells.join(", "))?;
        }
        self.program.write(out)
    }
}

fn group_row(row: &GroupRow) -> String {
    let mut text = format!(
        "name = {}, signal_group = {}, type = \"{}\", min_green_s = {}",
        quoted(&row.name),
        row.signal_group.number(),
        row.kind.name(),
        given_seconds(row.min_green)
    );
    let mut add = |key: &str, time: Option<Given<Duration>>| {
        if let Some(time) = time {
            text += &format!(", {key} = {}", given_seconds(time));
        }
    };
    add("max_green_s", row.max_green);
    add("yellow_s", Some(row.yellow));
    add("max_yellow_s", row.max_yellow);
    add("min_red_s", Some(row.min_red));
    add("max_red_s", row.max_red);
    add("fixed_green_s", row.fixed_green);
    add("head_max_s", row.head_max);
    add("max_wait_s", row.max_wait);
    if let Some(co_extend) = row.co_extend {
        text += &format!(", co_extend = {co_extend}");
    }
    text
}

fn synchronisation_row(row: &SynchronisationRow) -> String {
    let group = quoted(&row.group);
    match &row.tie {
        TieFile::LeadStart(before, lead) => {
            let (before, lead) = (quoted(before), seconds(*lead));
            format!("type = \"lead_start\", group = {group}, before = {before}, lead_s = {lead}")
        }
        TieFile::EqualStart(with) => {
            format!("type = \"equal_start\", group = {group}, with = {}", quoted(with))
        }
        TieFile::FollowGreen(after, follow) => {
            let (after, follow) = (quoted(after), seconds(*follow));
            format!("type = \"follow_green\", group = {group}, after = {after}, follow_s = {follow}")
        }
    }
}

fn lane_row(row: &LaneRow) -> String {
    let mut text = format!(
        "lane = {}, direction = \"{}\", approach = {}, width_m = {}",
        row.lane.number(),
        match row.direction {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        },
        row.approach.number(),
        given(row.width.assumed, &row.width.value.metres().to_string()),
    );
    if let Some(limit) = row.speed_limit {
        text += &format!(", speed_limit_kmh = {}", given(limit.assumed, &kilometres_per_hour(limit.value)));
    }
    if row.stop_line > Length::ZERO {
        text += &format!(", stop_line_m = {}", row.stop_line.metres());
    }
    let nodes: Vec<String> = row.nodes.iter().copied().map(position).collect();
    text + &format!(", nodes = [{}]", nodes.join(", "))
}

fn connection_row(row: &ConnectionRow) -> String {
    let mut parts = Vec::new();
    parts.extend(row.connection.map(|id| format!("connection = {}", id.number())));
    parts.push(format!("from = {}", row.from.number()));
    parts.extend(row.to.map(|to| format!("to = {}", to.number())));
    parts.extend(row.group.as_ref().map(|group| format!("group = {}", quoted(group))));
    parts.join(", ")
}

fn detector_row(row: &DetectorRow) -> String {
    let mut parts = vec![format!("name = {}, type = \"{}\"", quoted(&row.name), row.kind.name())];
    parts.extend(row.lane.map(|lane| format!("lane = {}", lane.number())));
    parts.push(format!("group = {}", quoted(&row.group)));
    parts.push(format!("distance_m = {}, length_m = {}", row.distance.metres(), row.length.metres()));
    parts.extend(row.requests.map(|requests| format!("requests = {requests}")));
    parts.extend(row.extends.map(|extends| format!("extends = \"{}\"", extends.name())));
    parts.extend(row.gap.map(|gap| format!("gap_s = {}", given_seconds(gap))));
    parts.extend(row.occupancy.map(|occupancy| format!("occupancy_s = {}", given_seconds(occupancy))));
    parts.join(", ")
}

/// A list that may be left out where it is empty.
fn write_rows(out: &mut String, key: &str, rows: impl Iterator<Item = String>) -> std::fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_none() { Ok(()) } else { write_list(out, key, rows) }
}

/// A list that has to be there, one row a line.
pub(super) fn write_list(
    out: &mut String,
    key: &str,
    rows: impl Iterator<Item = String>,
) -> std::fmt::Result {
    writeln!(out, "\n{key} = [")?;
    for row in rows {
        writeln!(out, "  {{ {row} }},")?;
    }
    writeln!(out, "]")
}

fn write_given(out: &mut String, key: &str, assumed: bool, value: &str) -> std::fmt::Result {
    writeln!(out, "{key} = {}", given(assumed, value))
}

fn given(assumed: bool, value: &str) -> String {
    if assumed { format!("{{ value = {value}, assumed = true }}") } else { value.to_owned() }
}

fn given_seconds(time: Given<Duration>) -> String {
    given(time.assumed, &seconds(time.value))
}

/// Exact to the millisecond, without needless digits.
pub(super) fn seconds(time: Duration) -> String {
    time.seconds().to_string()
}

/// The shortest number that reads back as the same speed: 50, not 50.00000000000001. Not every speed has one, since the file has no metres
/// per second; each that was read from a file has.
fn kilometres_per_hour(speed: Speed) -> String {
    let exact = speed.kilometres_per_hour();
    let rounded = (exact * 1000.0).round() / 1000.0;
    let near = [rounded, exact, exact.next_up(), exact.next_down(), exact.next_up().next_up()];
    let same = near.into_iter().find(|number| Speed::from_kilometres_per_hour(*number) == speed);
    same.unwrap_or(exact).to_string()
}

fn position(position: GeodeticPosition) -> String {
    format!("[{}, {}]", position.latitude_degrees(), position.longitude_degrees())
}

pub(super) fn names(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", quoted.join(", "))
}

pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                quoted += &format!("\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
