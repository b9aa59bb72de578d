//! Journals to figures.

use std::fs;
use std::sync::Arc;

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    StationId, VehicleRole,
};
use voorrang_priority::journal::{Header, Journal};
use voorrang_priority::{EngineConfig, Input, PriorityEngine, StrategyConfig};
use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

use super::{By, Passage, Statistics, collect, csv, json, summarise, table};

const BEFORE: Instant = Instant::from_unix_millis(i64::MIN);
const AFTER: Instant = Instant::from_unix_millis(i64::MAX);

fn start() -> Instant {
    Instant::parse_rfc3339("2026-11-25T06:50:00Z").unwrap()
}

fn crossing() -> Arc<Intersection> {
    let text = include_str!("../../../priority/tests/support/crossing.toml");
    Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap())
}

/// An area's engine that writes a journal.
struct Street {
    engine: PriorityEngine,
    journal: Journal,
    lines: String,
}

impl Street {
    fn new() -> Self {
        let area = [crossing()];
        let config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
        let mut street = Self {
            journal: Journal::new(&Header::new(&area, &config, start())),
            engine: PriorityEngine::new(area.to_vec(), config, start()),
            lines: String::new(),
        };
        street.keep();
        street
    }

    fn keep(&mut self) {
        for line in self.journal.lines().lines() {
            self.lines.push_str("{\"area\":\"K1\",");
            self.lines.push_str(&line[1..]);
            self.lines.push('\n');
        }
        self.journal.clear();
    }

    fn tell(&mut self, now: Instant, input: Input) {
        self.journal.handle(&mut self.engine, now, input, &mut Vec::new());
        self.keep();
    }

    fn lamps(&mut self, now: Instant, north: Aspect, others: Aspect) {
        for group in 0..5 {
            let aspect = if group < 2 { north } else { others };
            self.tell(now, Input::Signal { intersection: crossing().id(), group: GroupIndex(group), aspect });
        }
    }

    /// Cycles of a minute in which the north is green for 20 s.
    fn cycles(&mut self, from: Instant, count: i64) {
        for minute in 0..count {
            let green = from + Duration::from_seconds(minute * 60);
            self.lamps(green, Aspect::Green, Aspect::Red);
            self.lamps(green + Duration::from_seconds(20), Aspect::Red, Aspect::Red);
        }
    }

    /// A vehicle from the north that asks, expects to be there in 20 s, gets green after 26 s and passes after 30 s.
    fn passage(&mut self, now: Instant, station: u32) {
        let message = |kind, sequence| PriorityRequest {
            station: StationId(station),
            intersection: IntersectionReference { region: Some(528), id: 1 },
            request: RequestId(1),
            sequence: Some(SequenceNumber(sequence)),
            kind,
            inbound: IntersectionAccess::Approach(1),
            outbound: None,
            eta: Some(now + Duration::from_seconds(20)),
            service_window: None,
            role: Some(VehicleRole::Emergency),
            subrole: Some(5),
            importance: Some(14),
            position: None,
            heading: None,
            speed: None,
        };
        let at = |seconds| now + Duration::from_seconds(seconds);
        self.lamps(now, Aspect::Red, Aspect::Red);
        for (number, second) in (0_u8..).zip([0, 8, 16, 24]) {
            let kind = if number == 0 { RequestKind::New } else { RequestKind::Update };
            self.tell(at(second), Input::Request(message(kind, number)));
        }
        self.lamps(at(26), Aspect::Green, Aspect::Red);
        self.tell(at(30), Input::Request(message(RequestKind::Cancellation, 4)));
        self.lamps(at(35), Aspect::Red, Aspect::Red);
    }

    fn passages(&self) -> Vec<Passage> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("20261125T065000Z-0001.jsonl");
        fs::write(&path, &self.lines).unwrap();
        collect(&[path], (BEFORE, AFTER)).unwrap()
    }
}

fn minute(minutes: i64) -> Instant {
    start() + Duration::from_seconds(minutes * 60)
}

#[test]
fn a_passage_is_what_happened() {
    let mut street = Street::new();
    street.cycles(start(), 12);
    street.passage(minute(20), 112_001);
    let [passage] = &street.passages()[..] else { panic!("one passage") };
    assert_eq!((passage.intersection.as_str(), passage.approach.as_str()), ("Test crossing", "north"));
    assert_eq!(passage.from, minute(20));
    let seconds = Duration::from_seconds;
    assert_eq!(passage.time_to_green(), Some(seconds(26)));
    assert_eq!(passage.wait(), Some(seconds(6)));
    assert_eq!(passage.delay(), Some(seconds(10)));
    // Closed for 40 s of 60: 13.3 s on average.
    assert_eq!(passage.avoided(), Some(Duration::from_millis(13_333) - seconds(6)));
}

#[test]
fn without_enough_of_the_usual_nobody_says_what_was_avoided() {
    let mut street = Street::new();
    street.passage(minute(20), 112_001);
    let [passage] = &street.passages()[..] else { panic!("one passage") };
    assert!(passage.was_granted() && passage.avoided().is_none());
}

/// So many vehicles from minute 20 on, a minute each.
fn statistics(vehicles: u32) -> Statistics {
    let mut street = Street::new();
    street.cycles(start(), 12);
    for number in 0..vehicles {
        street.passage(minute(20 + i64::from(number) * 2), 112_001 + number);
    }
    summarise(&street.passages(), &[By::Approach, By::Hour, By::QuarterHour, By::Quarter], Duration::ZERO)
}

#[test]
fn four_vehicles_are_hidden_and_five_are_shown() {
    let four = statistics(4);
    assert_eq!(four.all, None);
    assert!(four.sections.iter().flat_map(|section| &section.groups).all(|group| group.figures.is_none()));
    assert!(table(&four).contains("nothing is shown"));
    let five = statistics(5);
    let all = five.all.as_ref().unwrap();
    assert_eq!((all.requests, all.granted), (5, 5));
    let approach = &five.sections[0].groups[0];
    assert_eq!(
        (approach.name.as_str(), approach.figures.as_ref().unwrap().requests),
        ("Test crossing, north", 5)
    );
    let quarter = &five.sections[3].groups[0];
    assert_eq!((quarter.name.as_str(), quarter.figures.is_some()), ("2026 Q4", true));
}

#[test]
fn what_is_hidden_cannot_be_reckoned_from_what_is_shown() {
    // Minute 20 is 07:10: three in the first quarter of an hour, seven in the next, four in the third.
    let fourteen = statistics(14);
    let quarters: Vec<_> = fourteen.sections[2]
        .groups
        .iter()
        .map(|group| (group.name.as_str(), group.figures.as_ref().map(|figures| figures.requests)))
        .collect();
    assert_eq!(quarters, [("07:00", None), ("07:15", Some(7)), ("07:30", None)]);
    // With three alone hidden the total would tell of them: the smallest other is hidden too.
    let ten = statistics(10);
    let quarters: Vec<_> =
        ten.sections[2].groups.iter().map(|group| (group.name.as_str(), group.figures.is_some())).collect();
    assert_eq!(quarters, [("07:00", false), ("07:15", false)]);
}

#[test]
fn five_numbers_of_five_days_may_be_one_vehicle() {
    let mut street = Street::new();
    for day in 0..5 {
        street.passage(minute(20 + day * 24 * 60), 900_000 + u32::try_from(day).unwrap());
    }
    let passages = street.passages();
    assert_eq!(passages.len(), 5);
    assert_eq!(summarise(&passages, &[By::Hour], Duration::ZERO).all, None);
}

#[test]
fn no_id_is_in_any_output() {
    let statistics = statistics(14);
    for text in [table(&statistics), json(&statistics), csv(&statistics)] {
        assert!(!text.contains("1120"), "{text}");
    }
    let rows: Vec<usize> = csv(&statistics)
        .lines()
        .map(|row| row.replace("\"Test crossing, north\"", "").matches(',').count())
        .collect();
    assert!(rows.iter().all(|commas| *commas == 19), "{rows:?}");
}
