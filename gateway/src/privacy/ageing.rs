//! Makes a file forget who its stations were: the same file with other ids. Octets are decoded and written anew; lines of JSON are changed number
//! by number.
//!
//! A pseudonym holds for a UTC day: the key is the day's. A journal may not be cut at midnight, though, or a request that lives across it would end as
//! another's: a station that is heard across midnight keeps its pseudonym until it has been silent for five minutes, and for an hour at most. After
//! that no engine remembers it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use voorrang_messages::{StationId, hex};
use voorrang_units::{Duration, Instant};

use super::calendar::Day;
use super::files::Replacement;
use super::keys::{Keys, Purpose};
use super::line::{self, Id, Others};
use super::message;
use super::pseudonym::Pseudonyms;

/// So long after midnight a station may keep the pseudonym of the day before.
pub(super) const OVERLAP: Duration = Duration::from_seconds(3600);
/// After so long a silence it is another.
const SILENCE: Duration = Duration::from_seconds(300);

/// Pseudonyms of all days that a file touches.
pub(super) struct Ageing<'a> {
    keys: &'a Keys,
    own: &'a BTreeSet<StationId>,
    days: BTreeMap<Day, Pseudonyms>,
}

impl<'a> Ageing<'a> {
    pub(super) const fn new(keys: &'a Keys, own: &'a BTreeSet<StationId>) -> Self {
        Self { keys, own, days: BTreeMap::new() }
    }

    fn day(&mut self, day: Day) -> io::Result<&mut Pseudonyms> {
        match self.days.entry(day) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let key = self.keys.get(Purpose::Pseudonym, day)?;
                Ok(free.insert(Pseudonyms::new(&key, self.own)))
            }
        }
    }

    /// Writes a file of the log of octets anew, to another path.
    pub(super) fn octets(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let mut out = Replacement::of(to)?;
        for text in BufReader::new(File::open(from)?).split(b'\n') {
            // What is no line of the log is a line that was torn off.
            let Ok(mut logged) = serde_json::from_slice::<Logged>(&text?) else { continue };
            let octets =
                logged.octets.take().and_then(|octets| hex::octets(&octets).ok()).unwrap_or_default();
            let pseudonyms = self.day(Day::of(logged.t))?;
            match message::with_other_ids(&octets, |station| pseudonyms.of(station)) {
                Ok(octets) => logged.octets = Some(hex::text(&octets)),
                Err(why) => (logged.unkept, logged.length) = (Some(why.to_string()), Some(octets.len())),
            }
            serde_json::to_writer(&mut out, &logged)?;
            out.write_all(b"\n")?;
        }
        out.keep()
    }

    /// Writes a file of JSON lines anew, to another path; the pseudonyms are those of one day.
    pub(super) fn lines(&mut self, from: &Path, to: &Path, day: Day) -> io::Result<()> {
        let known = stations_of(from)?;
        let pseudonyms = self.day(day)?;
        let mut out = Replacement::of(to)?;
        each_line(from, |text| writeln!(out, "{}", line::with_other_ids(text, &known, pseudonyms)))?;
        out.keep()
    }

    /// Writes a segment of the journal anew, in its place, and says so in its first line. `before` is the segment before it.
    pub(super) fn segment(&mut self, path: &Path, before: Option<&Path>, now: Instant) -> io::Result<()> {
        let known = stations_of(path)?;
        let carried = match (first_time(path)?, before) {
            (Some(first), Some(before)) if first < Day::of(first).start() + OVERLAP => last_heard(before)?,
            _ => Heard::default(),
        };
        let mut across = Across { days: self, carried, heard: BTreeMap::new(), now, own: None, fault: None };
        let mut out = Replacement::of(path)?;
        each_line(path, |text| {
            across.now = time_of(text).unwrap_or(across.now);
            if let Some(rest) = text.strip_prefix("{\"segment\":") {
                let rest = rest.strip_suffix('}').unwrap_or(rest);
                return writeln!(out, "{{\"segment\":{rest},{AGED}{}}}", now.unix_millis());
            }
            across.own = is_header(text).then(|| warner_of(text)).flatten();
            let aged = line::with_other_ids(text, &known, &mut across);
            match across.fault.take() {
                Some(fault) => Err(fault),
                None => writeln!(out, "{aged}"),
            }
        })?;
        out.keep()
    }
}

/// The pseudonyms of one day.
impl Others for Pseudonyms {
    fn station(&mut self, station: StationId) -> StationId {
        self.of(station)
    }

    fn vehicle(&mut self, vehicle: u16) -> u16 {
        self.of_vehicle(vehicle)
    }
}

/// When each was heard last.
type Heard = BTreeMap<Id, Instant>;

/// The pseudonyms of a journal, whose requests may live across midnight.
struct Across<'s, 'a> {
    days: &'s mut Ageing<'a>,
    /// When those of the segment before were heard last, by their pseudonyms.
    carried: Heard,
    /// The day whose pseudonym each has, and when it was heard last.
    heard: BTreeMap<Id, (Day, Instant)>,
    /// The time of the line.
    now: Instant,
    /// In a header: the station that sends warnings, which is our own.
    own: Option<StationId>,
    fault: Option<io::Error>,
}

impl Across<'_, '_> {
    fn of(&mut self, who: Id, day: Day) -> io::Result<Id> {
        let pseudonyms = self.days.day(day)?;
        Ok(match who {
            Id::Station(station) => Id::Station(pseudonyms.of(station)),
            Id::Vehicle(vehicle) => Id::Vehicle(pseudonyms.of_vehicle(vehicle)),
        })
    }

    fn other(&mut self, who: Id) -> io::Result<Id> {
        let (now, today) = (self.now, Day::of(self.now));
        let early = now < today.start() + OVERLAP;
        let keeps = |day: Day, heard: Instant| {
            day == today || (day.next() == today && early && now - heard < SILENCE)
        };
        let day = match self.heard.get(&who) {
            Some((day, heard)) if keeps(*day, *heard) => *day,
            Some(_) => today,
            None if early && !self.carried.is_empty() => {
                let yesterday = today.before();
                let name = self.of(who, yesterday)?;
                let heard = self.carried.get(&name);
                if heard.is_some_and(|heard| keeps(yesterday, *heard)) { yesterday } else { today }
            }
            None => today,
        };
        self.heard.insert(who, (day, now));
        self.of(who, day)
    }
}

impl Others for Across<'_, '_> {
    fn station(&mut self, station: StationId) -> StationId {
        if self.own == Some(station) {
            return station;
        }
        match self.other(Id::Station(station)) {
            Ok(Id::Station(other)) => other,
            Ok(Id::Vehicle(_)) => station,
            Err(fault) => {
                self.fault = Some(fault);
                station
            }
        }
    }

    fn vehicle(&mut self, vehicle: u16) -> u16 {
        match self.other(Id::Vehicle(vehicle)) {
            Ok(Id::Vehicle(other)) => other,
            Ok(Id::Station(_)) => vehicle,
            Err(fault) => {
                self.fault = Some(fault);
                vehicle
            }
        }
    }
}

/// What the first line of a segment holds once ids in it were replaced.
const AGED: &str = "\"aged\":";

/// Whether ids in a segment have been replaced.
pub(super) fn is_aged(path: &Path) -> io::Result<bool> {
    let mut first = String::new();
    BufReader::new(File::open(path)?).read_line(&mut first)?;
    Ok(first.starts_with("{\"segment\":") && first.contains(AGED))
}

/// The first line of an engine: configuration and intersections.
fn is_header(text: &str) -> bool {
    text.starts_with("{\"area\":") && text.contains("\"journal\":\"voorrang\"") && !text.contains("\"t\":")
}

/// The station that an engine sends its warnings as, by its first line.
fn warner_of(header: &str) -> Option<StationId> {
    let header: serde_json::Value = serde_json::from_str(header).ok()?;
    u32::try_from(header["config"]["eva"]["station"].as_u64()?).ok().map(StationId)
}

/// Gives every whole line. What is no text is left out: nobody knows what stands in it.
fn each_line(path: &Path, mut act: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut source = BufReader::new(File::open(path)?);
    let mut octets = Vec::new();
    loop {
        octets.clear();
        source.read_until(b'\n', &mut octets)?;
        let Some(whole) = octets.strip_suffix(b"\n") else { return Ok(()) };
        if let Ok(text) = std::str::from_utf8(whole) {
            act(text)?;
        }
    }
}

fn stations_of(path: &Path) -> io::Result<BTreeSet<StationId>> {
    let mut found = Vec::new();
    each_line(path, |text| {
        line::ids(text, |id| found.push(id));
        Ok(())
    })?;
    Ok(found
        .into_iter()
        .filter_map(|id| if let Id::Station(station) = id { Some(station) } else { None })
        .collect())
}

/// When each was heard last, by the pseudonym that it has there.
fn last_heard(path: &Path) -> io::Result<Heard> {
    let mut heard = Heard::new();
    each_line(path, |text| {
        if let Some(at) = time_of(text) {
            line::ids(text, |id| {
                heard.insert(id, at);
            });
        }
        Ok(())
    })?;
    Ok(heard)
}

/// The first `"t":` of a line, which is its own.
pub(super) fn time_of(text: &str) -> Option<Instant> {
    let (_, rest) = text.split_once("\"t\":")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(..digits)?.parse().ok().map(Instant::from_unix_millis)
}

/// The time of the first line that has one.
pub(super) fn first_time(path: &Path) -> io::Result<Option<Instant>> {
    let mut source = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    loop {
        text.clear();
        if source.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        if let Some(at) = std::str::from_utf8(&text).ok().and_then(time_of) {
            return Ok(Some(at));
        }
    }
}

/// A line of the log of octets.
#[derive(Debug, Serialize, Deserialize)]
struct Logged {
    t: Instant,
    dir: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<String>,
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    admitted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    octets: Option<String>,
    /// Why its octets were not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unkept: Option<String>,
    /// How many they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
}
