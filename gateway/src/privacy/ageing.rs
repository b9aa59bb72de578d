//! Makes a file forget who its stations were: the same file with other ids. Octets are decoded and written anew; lines of JSON are changed number
//! by number.
//!
//! A pseudonym holds for a UTC day: the key is the day's. A journal may not be cut at midnight, though, or a request that lives across it would end as
//! another's: a station that is heard across midnight keeps its pseudonym until it has been silent for five minutes, and for an hour at most. After
//! that no engine remembers it.

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
use super::pseudonym::Pseudonyms;
use super::{line, message};

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

    fn of(&mut self, station: StationId, day: Day) -> io::Result<StationId> {
        if let Some(known) = self.days.get_mut(&day) {
            return Ok(known.of(station));
        }
        let key = self.keys.get(Purpose::Pseudonym, day)?;
        Ok(self.days.entry(day).or_insert_with(|| Pseudonyms::new(&key, self.own)).of(station))
    }

    /// Writes a file of the log of octets anew, to another path.
    pub(super) fn octets(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let mut out = Replacement::of(to)?;
        for text in BufReader::new(File::open(from)?).split(b'\n') {
            // What is no line of the log is a line that was torn off.
            let Ok(logged) = serde_json::from_slice::<Logged<'_>>(&text?).map(Logged::into_owned) else {
                continue;
            };
            let day = Day::of(logged.t);
            let octets = hex::octets(&logged.octets).unwrap_or_default();
            let mut fault = None;
            let aged = message::with_other_ids(&octets, |station| {
                self.of(station, day).unwrap_or_else(|error| {
                    fault = Some(error);
                    station
                })
            });
            if let Some(error) = fault {
                return Err(error);
            }
            match aged {
                Ok(octets) => {
                    serde_json::to_writer(&mut out, &Logged { octets: hex::text(&octets).into(), ..logged })?;
                }
                Err(why) => {
                    let Logged { t, dir, transport, admitted, .. } = logged;
                    let unkept =
                        Unkept { t, dir, transport, admitted, unkept: why.to_string(), length: octets.len() };
                    serde_json::to_writer(&mut out, &unkept)?;
                }
            }
            out.write_all(b"\n")?;
        }
        out.keep()
    }

    /// Writes a file of JSON lines anew, to another path; the pseudonyms are those of one day.
    pub(super) fn lines(&mut self, from: &Path, to: &Path, day: Day) -> io::Result<()> {
        let known = stations_of(from)?;
        let mut out = Replacement::of(to)?;
        each_line(from, |text| {
            let mut fault = None;
            let aged = line::with_other_ids(text, &known, |station| {
                self.of(station, day).unwrap_or_else(|error| {
                    fault = Some(error);
                    station
                })
            });
            if let Some(error) = fault {
                return Err(error);
            }
            writeln!(out, "{aged}")
        })?;
        out.keep()
    }

    /// Writes a segment of the journal anew, in its place, and says so in its first line. `before` is the segment before it.
    pub(super) fn segment(&mut self, path: &Path, before: Option<&Path>, now: Instant) -> io::Result<()> {
        let known = stations_of(path)?;
        let mut stations: BTreeMap<StationId, (Day, Instant)> = BTreeMap::new();
        let carried = match (first_time(path)?, before) {
            (Some(first), Some(before)) if first < Day::of(first).start() + OVERLAP => last_heard(before)?,
            _ => BTreeMap::new(),
        };
        let mut out = Replacement::of(path)?;
        let mut at = None;
        each_line(path, |text| {
            at = time_of(text).or(at);
            if let Some(rest) = text.strip_prefix("{\"segment\":") {
                let rest = rest.strip_suffix('}').unwrap_or(rest);
                return writeln!(out, "{{\"segment\":{rest},{AGED}{}}}", now.unix_millis());
            }
            if is_header(text) {
                // Its stations are our own.
                return writeln!(out, "{text}");
            }
            let now = at.unwrap_or(now);
            let today = Day::of(now);
            let early = now < today.start() + OVERLAP;
            let mut fault = None;
            let aged = line::with_other_ids(text, &known, |station| {
                let last = stations.get(&station).copied();
                let keeps = |day: Day, heard: Instant| {
                    day == today || (day.next() == today && early && now - heard < SILENCE)
                };
                let result = (|| {
                    let day = match last {
                        Some((day, heard)) if keeps(day, heard) => day,
                        Some(_) => today,
                        None if early && !carried.is_empty() => {
                            let yesterday = today.before();
                            let name = self.of(station, yesterday)?;
                            let heard = carried.get(&name);
                            if heard.is_some_and(|heard| keeps(yesterday, *heard)) {
                                yesterday
                            } else {
                                today
                            }
                        }
                        None => today,
                    };
                    stations.insert(station, (day, now));
                    self.of(station, day)
                })();
                result.unwrap_or_else(|error| {
                    fault = Some(error);
                    station
                })
            });
            if let Some(error) = fault {
                return Err(error);
            }
            writeln!(out, "{aged}")
        })?;
        out.keep()
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
    let mut stations = BTreeSet::new();
    each_line(path, |text| {
        if !is_header(text) {
            line::stations(text, &mut stations);
        }
        Ok(())
    })?;
    Ok(stations)
}

/// When each station was heard last, by the pseudonym that it has there.
fn last_heard(path: &Path) -> io::Result<BTreeMap<StationId, Instant>> {
    let mut heard = BTreeMap::new();
    let mut stations = BTreeSet::new();
    each_line(path, |text| {
        if let (Some(at), false) = (time_of(text), is_header(text)) {
            stations.clear();
            line::stations(text, &mut stations);
            heard.extend(stations.iter().map(|station| (*station, at)));
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

/// The time of the last whole line that has one.
pub(super) fn last_time(path: &Path) -> io::Result<Option<Instant>> {
    let mut last = None;
    each_line(path, |text| {
        last = time_of(text).or(last);
        Ok(())
    })?;
    Ok(last)
}

/// A line of the log of octets.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Logged<'a> {
    pub(super) t: Instant,
    pub(super) dir: std::borrow::Cow<'a, str>,
    pub(super) transport: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) admitted: Option<bool>,
    pub(super) octets: std::borrow::Cow<'a, str>,
}

impl Logged<'_> {
    fn into_owned(self) -> Logged<'static> {
        let owned = |text: std::borrow::Cow<'_, str>| std::borrow::Cow::Owned(text.into_owned());
        Logged {
            t: self.t,
            dir: owned(self.dir),
            transport: owned(self.transport),
            admitted: self.admitted,
            octets: owned(self.octets),
        }
    }
}

/// What is left of a line whose octets can't be kept.
#[derive(Serialize)]
struct Unkept<'a> {
    t: Instant,
    dir: std::borrow::Cow<'a, str>,
    transport: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admitted: Option<bool>,
    unkept: String,
    length: usize,
}
