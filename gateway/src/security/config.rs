//! `[[authorised]]` and `[security]` of the configuration.
//!
//! ```toml
//! [security]                       # optional, each with its default
//! max_age_s = 2                    # older messages, and those from the future, are refused
//! established_per_s = 40000        # messages of emergency vehicles that have behaved, by each transport
//! newcomers_per_s = 20000          # of those that have just turned up
//! others_per_s = 5000              # of everybody else
//!
//! [[authorised]]
//! name = "ambulances"              # in audit and metrics; no station id in it
//! stations = [112001, "112100-112199"]          # or "any": all that no other entry names
//! key = "rav"                      # and/or subject, session, network: one of them or a list of them
//! role = "emergency"               # or "public_transport", "goods", "traffic"
//! importance_ceiling = 14
//! subroles = [5]
//! vehicle_type = ["special_vehicles"]           # where a CAM tells
//! iso3883 = [20, 21]                            # where an SREM tells
//! area = ["K1", "528/3107"]        # or { centre = [52.09, 5.12], radius_m = 5000 }, { polygon = [[52.0, 5.0], ...] }
//! hours = { days = "mon-fri", from = "06:00", to = "22:00", utc_offset_h = 1, summer_time = true }
//! position = "required"            # or "optional"
//! messages_per_s = 5
//! burst = 10
//! positions_per_s = 12
//! requests_per_hour = 300
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use voorrang_messages::StationType;
use voorrang_signals::document::{Table, Value};
use voorrang_signals::program::schedule::Days;
use voorrang_signals::{Intersection, IntersectionId};
use voorrang_units::Duration;

use super::budget::{BudgetConfig, Rate};
use super::entry::{Area, Authorised, Identities, Role, StationSet};
use super::hours::Hours;

/// Who may ask, and how much is taken.
#[derive(Debug, Clone)]
pub struct SecurityConfig {
    /// The list. Empty, nobody may.
    pub authorised: Vec<Arc<Authorised>>,
    /// What all senders may send together.
    pub budgets: BudgetConfig,
    /// How old a message may be, and how far in the future.
    pub max_age: Duration,
    /// How long a request lives after its last message: the engine's.
    pub expiry: Duration,
}

impl Default for SecurityConfig {
    /// Nobody may ask.
    fn default() -> Self {
        Self {
            authorised: Vec::new(),
            budgets: BudgetConfig::default(),
            max_age: Duration::from_seconds(2),
            expiry: Duration::from_seconds(10),
        }
    }
}

impl SecurityConfig {
    /// Reads `authorised` and `security` from the root of a configuration; problems are reported. `intersections` are those that it names.
    #[must_use]
    pub fn read(root: &Table<'_>, intersections: &[Arc<Intersection>]) -> Option<Self> {
        let mut config = Self::default();
        if let Some(table) = root.optional("security").and_then(|value| value.table()) {
            let rate = |key, default: Rate| {
                let Some(value) = table.optional(key) else { return Some(default) };
                let rate: u32 = value.integer(1..=1_000_000)?;
                Some(Rate::new(f64::from(rate), (rate / 5).max(1)))
            };
            let defaults = BudgetConfig::default();
            let established = rate("established_per_s", defaults.established);
            let newcomers = rate("newcomers_per_s", defaults.newcomers);
            let others = rate("others_per_s", defaults.others);
            let max_age = match table.optional("max_age_s") {
                None => Some(config.max_age),
                Some(value) => value.seconds(0.1..=60.0),
            };
            table.no_other_keys();
            config.budgets =
                BudgetConfig { established: established?, newcomers: newcomers?, others: others? };
            config.max_age = max_age?;
        }
        let rows = root.optional("authorised").map(|value| value.tables()).unwrap_or_default();
        let mut whole = true;
        for row in &rows {
            match authorised(row, intersections) {
                Some(entry) => {
                    if config.authorised.iter().any(|other| other.name == entry.name) {
                        row.wrong(
                            format!("another entry is called \"{}\" too", entry.name),
                            "choose another name",
                        );
                    }
                    for other in &config.authorised {
                        if let Some(station) = clash(other, &entry) {
                            row.wrong(
                                format!(
                                    "station {station} stands in \"{}\" and \"{}\", for the same sender",
                                    other.name, entry.name
                                ),
                                "leave it in one of them",
                            );
                        }
                    }
                    config.authorised.push(Arc::new(entry));
                }
                None => whole = false,
            }
        }
        whole.then_some(config)
    }
}

/// A station for which the same sender would speak by both.
fn clash(one: &Authorised, other: &Authorised) -> Option<u32> {
    let (a, b) = (&one.identities, &other.identities);
    let same = a.subjects.iter().any(|name| b.subjects.contains(name))
        || a.keys.iter().any(|name| b.keys.contains(name))
        || a.sessions.iter().any(|name| b.sessions.contains(name))
        || a.networks.iter().any(|network| b.networks.contains(network));
    let (StationSet::Listed(ours), StationSet::Listed(theirs)) = (&one.stations, &other.stations) else {
        return None;
    };
    let mut pairs = ours.iter().flat_map(|one| theirs.iter().map(move |other| (one, other)));
    pairs
        .find(|(one, other)| same && one.0 <= other.1 && other.0 <= one.1)
        .map(|(one, other)| one.0.max(other.0))
}

fn authorised(table: &Table<'_>, intersections: &[Arc<Intersection>]) -> Option<Authorised> {
    let name = table.required("name").and_then(|value| value.text());
    if let Some(name) = name {
        table.renamed(format!("authorised \"{name}\""));
    }
    let stations = table.required("stations").and_then(|value| stations(&value));
    let identities = identities(table);
    let role = table.required("role").and_then(|value| value.one_of(Role::NAMES));
    let ceiling = match role {
        Some(Role::Traffic) => {
            table.optional("importance_ceiling").map_or(Some(0), |value| value.integer(0..=0_u8))
        }
        _ => table.required("importance_ceiling").and_then(|value| value.integer(1..=14_u8)),
    };
    let subroles = match table.optional("subroles") {
        None => role.map(|role| role.subroles().to_vec()),
        Some(value) => numbers(&value, 15),
    };
    let vehicle_types = match table.optional("vehicle_type") {
        None => Some(Vec::new()),
        Some(value) => one_or_more(&value, |value| value.one_of(STATION_TYPES)),
    };
    let iso3883 = table.optional("iso3883").map_or_else(|| Some(Vec::new()), |value| numbers(&value, 255));
    let area = table.optional("area").map_or(Some(Area::Everywhere), |value| area(&value, intersections));
    let hours = match table.optional("hours") {
        None => Some(Vec::new()),
        Some(value) => one_or_more(&value, hours),
    };
    let position_required = match table.optional("position") {
        None => Some(true),
        Some(value) => value.one_of(&[("required", true), ("optional", false)]),
    };
    let rate =
        |key, default: f64| table.optional(key).map_or(Some(default), |value| value.number(0.1..=100_000.0));
    let messages = rate("messages_per_s", 5.0);
    // EN 302 637-2: a CAM every 100 ms at most, and some jitter.
    let positions = rate("positions_per_s", 12.0);
    let burst = table.optional("burst").map_or(Some(10), |value| value.integer(1..=100_000_u32));
    let requests_per_hour =
        table.optional("requests_per_hour").map_or(Some(300), |value| value.integer(1..=100_000_000_u32));
    table.no_other_keys();
    let (name, stations, burst) = (name?, stations?, burst?);
    if named_station(name, &stations) {
        table.wrong(
            format!("the name \"{name}\" holds the number of one of its stations"),
            "choose another: it is written where station ids must not be",
        );
    }
    Some(Authorised {
        name: Arc::from(name),
        stations,
        identities: identities?,
        role: role?,
        subroles: subroles?,
        vehicle_types: vehicle_types?,
        iso3883: iso3883?,
        importance_ceiling: ceiling?,
        area: area?,
        hours: hours?,
        messages: Rate::new(messages?, burst),
        positions: Rate::new(positions?, burst.max(24)),
        requests_per_hour: requests_per_hour?,
        position_required: position_required?,
    })
}

/// Whether a number of several digits in a name is one of the stations.
fn named_station(name: &str, stations: &StationSet) -> bool {
    let numbers = name.split(|character: char| !character.is_ascii_digit()).filter(|digits| digits.len() > 2);
    let mut numbers = numbers.filter_map(|digits| digits.parse().ok()).map(voorrang_messages::StationId);
    numbers.any(|station| stations.names(station))
}

/// A list, or a single value where a list of one is meant.
fn one_or_more<'d, T>(value: &Value<'d>, mut read: impl FnMut(&Value<'d>) -> Option<T>) -> Option<Vec<T>> {
    if !value.is_list() {
        return Some(vec![read(value)?]);
    }
    let read: Vec<_> = value.list()?.iter().map(&mut read).collect();
    if read.is_empty() {
        return value.wrong("the list is empty", "name one at least, or leave the key away");
    }
    read.into_iter().collect()
}

fn numbers(value: &Value<'_>, most: u8) -> Option<Vec<u8>> {
    one_or_more(value, |value| value.integer(0..=most))
}

fn stations(value: &Value<'_>) -> Option<StationSet> {
    if value.is_text() && value.text() == Some("any") {
        return Some(StationSet::Any);
    }
    let ranges = one_or_more(value, |value| {
        if !value.is_text() {
            let number = value.integer(0..=u32::MAX)?;
            return Some((number, number));
        }
        let text = value.text()?;
        let ends = Some(text.split_once('-').unwrap_or((text, text))).and_then(|(first, last)| {
            Some((first.trim().parse::<u32>().ok()?, last.trim().parse::<u32>().ok()?))
        });
        match ends {
            Some((first, last)) if first <= last => Some((first, last)),
            _ => value.wrong(
                format!("`stations` is \"{text}\""),
                "write numbers, ranges like \"112100-112199\", or \"any\"",
            ),
        }
    })?;
    Some(StationSet::Listed(ranges))
}

fn identities(table: &Table<'_>) -> Option<Identities> {
    let names = |key| {
        let Some(value) = table.optional(key) else { return Some(Vec::new()) };
        one_or_more(&value, |value| value.text().map(Arc::from))
    };
    let (subjects, keys, sessions) = (names("subject"), names("key"), names("session"));
    let networks = match table.optional("network") {
        None => Some(Vec::new()),
        Some(value) => one_or_more(&value, |value| match value.text()?.parse() {
            Ok(network) => Some(network),
            Err(problem) => value.wrong(format!("`network`: {problem}"), super::network::Network::REMEDY),
        }),
    };
    let identities =
        Identities { subjects: subjects?, keys: keys?, sessions: sessions?, networks: networks? };
    if identities == Identities::default() {
        table.wrong(
            "nothing says by what its senders are known",
            "give `subject` (of a client certificate), `key`, `session` or `network`",
        );
        return None;
    }
    Some(identities)
}

fn area(value: &Value<'_>, intersections: &[Arc<Intersection>]) -> Option<Area> {
    if value.is_text() || value.is_list() {
        let named = one_or_more(value, |value| {
            let name = value.text()?;
            let known = intersections.iter().find(|one| one.name() == name || one.id().to_string() == name);
            match known {
                Some(intersection) => Some(intersection.id()),
                None => value.wrong(
                    format!("`area` names \"{name}\", which is none of the intersections"),
                    "name one of them, or write road authority and number: \"528/3107\"",
                ),
            }
        })?;
        return Some(Area::Intersections(named.into_iter().collect::<BTreeSet<IntersectionId>>()));
    }
    let table = value.table()?;
    let centre = table.optional("centre").and_then(|value| value.position());
    let radius = table.optional("radius_m").and_then(|value| value.metres(1.0..=1_000_000.0));
    let corners = table.optional("polygon").map(|value| {
        let corners: Option<Vec<_>> = value.list()?.iter().map(Value::position).collect();
        match corners? {
            corners if corners.len() >= 3 => Some(corners),
            _ => value.wrong("`polygon` has less than three corners", "give three or more"),
        }
    });
    table.no_other_keys();
    match (centre, radius, corners) {
        (Some(centre), Some(radius), None) => Some(Area::Circle { centre, radius }),
        (None, None, Some(corners)) => Some(Area::Polygon(corners?)),
        _ => {
            table.wrong(
                "`area` is neither a circle nor a polygon",
                "give `centre` and `radius_m`, or `polygon`, or a list of intersections",
            );
            None
        }
    }
}

/// Of the Netherlands in winter.
const CENTRAL_EUROPEAN_TIME_H: f64 = 1.0;

fn hours(value: &Value<'_>) -> Option<Hours> {
    let table = value.table()?;
    let days = table.optional("days").map_or(Some(Days::ALL), |value| {
        value
            .text()?
            .parse()
            .map_or_else(|problem| value.wrong(format!("`days`: {problem}"), Days::REMEDY), Some)
    });
    let time = |key| table.required(key).and_then(|value| time_of_day(&value));
    let (from, to) = (time("from"), time("to"));
    let offset = table
        .optional("utc_offset_h")
        .map_or(Some(CENTRAL_EUROPEAN_TIME_H), |value| value.number(-14.0..=14.0));
    let summer_time = table.optional("summer_time").map_or(Some(true), |value| value.flag());
    table.no_other_keys();
    let (from, to) = (from?, to?);
    if from == to {
        table.wrong("`from` and `to` are the same", "leave `hours` away for all day");
        return None;
    }
    Some(Hours::new(days?, from, to, Duration::from_seconds_f64(offset? * 3600.0), summer_time?))
}

fn time_of_day(value: &Value<'_>) -> Option<Duration> {
    let text = value.text()?;
    let number = |digits: &str, most: i64| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|number| plain && *number <= most)
    };
    let time = text.split_once(':').and_then(|(hours, minutes)| {
        Some(Duration::from_seconds(number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
    });
    match time {
        Some(time) => Some(time),
        None => value.wrong(format!("\"{text}\" is no time of day"), "write hours and minutes: \"06:30\""),
    }
}

/// `StationType`, by the names that a file gives them.
const STATION_TYPES: &[(&str, StationType)] = &[
    ("unknown", StationType::Unknown),
    ("pedestrian", StationType::Pedestrian),
    ("cyclist", StationType::Cyclist),
    ("moped", StationType::Moped),
    ("motorcycle", StationType::Motorcycle),
    ("passenger_car", StationType::PassengerCar),
    ("bus", StationType::Bus),
    ("light_truck", StationType::LightTruck),
    ("heavy_truck", StationType::HeavyTruck),
    ("trailer", StationType::Trailer),
    ("special_vehicles", StationType::SpecialVehicles),
    ("tram", StationType::Tram),
];

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_signals::document::Document;

    fn read(text: &str) -> Result<SecurityConfig, String> {
        let crossing = include_str!("../../../priority/tests/support/crossing.toml");
        let intersections = [Arc::new(Intersection::from_toml(crossing, "crossing.toml").unwrap())];
        let document = Document::parse("gateway.toml", text);
        let root = document.root();
        let config = SecurityConfig::read(&root, &intersections);
        root.no_other_keys();
        document.finish().map_err(|problems| problems.to_string())?;
        Ok(config.unwrap())
    }

    #[test]
    fn without_a_list_nobody_may() {
        assert!(read("").unwrap().authorised.is_empty());
    }

    #[test]
    fn an_entry_reads_as_it_is_written() {
        let config = read(
            r#"
            [[authorised]]
            name = "ambulances"
            stations = [112001, "112100-112199"]
            key = "rav"
            network = ["10.1.0.0/16", "127.0.0.1"]
            role = "emergency"
            importance_ceiling = 14
            vehicle_type = "special_vehicles"
            area = ["Test crossing", "528/1"]
            hours = { days = "mon-fri", from = "06:00", to = "22:00" }
            [[authorised]]
            name = "cars"
            stations = "any"
            network = "10.0.0.0/8"
            role = "traffic"
            area = { centre = [52.0, 5.0], radius_m = 5000 }
            [security]
            max_age_s = 5
            others_per_s = 100
            "#,
        )
        .unwrap();
        let [ambulances, cars] = &config.authorised[..] else { panic!("{config:?}") };
        assert_eq!(ambulances.stations, StationSet::Listed(vec![(112_001, 112_001), (112_100, 112_199)]));
        assert_eq!(ambulances.subroles, [5]);
        assert_eq!(ambulances.identities.networks.len(), 2);
        assert!(ambulances.position_required);
        assert_eq!(cars.stations, StationSet::Any);
        assert_eq!(config.max_age, Duration::from_seconds(5));
        assert_eq!(
            ambulances.explain(),
            "ambulances: 101 stations, known by the key \"rav\" or an address in 10.1.0.0/16 or an address in \
             127.0.0.1/32, may ask as emergency vehicles up to importance 14, at 1 intersections, at its hours"
        );
        assert_eq!(ambulances.warnings().len(), 1);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let problems = read(
            r#"
            [[authorised]]
            name = "ambulance 112001"
            stations = [112001]
            key = "rav"
            role = "emergency"
            importance_ceiling = 14
            [[authorised]]
            name = "second"
            stations = ["112000-112005", "9-3"]
            role = "emergancy"
            importance_ceiling = 15
            area = "K9"
            hours = { from = "6", to = "22:00", dayz = "mon" }
            burst = 0
            rate = 3
            "#,
        )
        .unwrap_err();
        for part in [
            "holds the number of one of its stations",
            "\"9-3\"",
            "emergancy",
            "`importance_ceiling` is 15",
            "\"K9\", which is none",
            "\"6\" is no time of day",
            "unknown key `dayz`; did you mean `days`?",
            "`burst` is 0",
            "unknown key `rate`",
            "nothing says by what its senders are known",
        ] {
            assert!(problems.contains(part), "{part} is missing in:\n{problems}");
        }
    }

    #[test]
    fn one_station_of_one_sender_stands_in_one_entry() {
        let entry = |name: &str, stations: &str, key: &str| {
            format!(
                "[[authorised]]\nname = \"{name}\"\nstations = [\"{stations}\"]\nkey = \"{key}\"\nrole = \"emergency\"\n\
                 importance_ceiling = 14\n"
            )
        };
        let both = |key| read(&format!("{}{}", entry("a", "1-9", "k"), entry("b", "9-12", key)));
        assert!(both("k").unwrap_err().contains("station 9 stands in \"a\" and \"b\""));
        assert!(both("other").is_ok());
    }
}
