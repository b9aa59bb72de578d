//! Tests of the writer, over a disk that can be full, and of what a restart reads.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration as Span, Instant as Monotonic};

use proptest::prelude::*;
use voorrang_units::{Duration, Instant};

use super::read::{Line, SegmentReader};
use super::restore::Remains;
use super::segment::{Folder, SegmentFile, Store, segments};
use super::*;
use crate::area::Departure;
use crate::clock::Clock;
use crate::config::{JournalConfig, LimitsConfig, Sync};
use crate::messaging::{Reply, Undelivered};
use crate::operations::metrics::Metrics;

const NOW: Instant = Instant::from_unix_millis(1_791_936_012_000);

/// A disk in memory that takes so many octets.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Plates>>);

#[derive(Debug, Default)]
struct Plates {
    files: BTreeMap<String, Vec<u8>>,
    /// Octets that it takes yet; none for any number.
    room: Option<usize>,
    syncs: usize,
    /// How long a write takes.
    slow: Span,
    /// Which thread wrote last.
    writer: String,
}

#[derive(Debug)]
struct DiskFile {
    disk: Disk,
    name: String,
}

impl Disk {
    fn set_room(&self, room: Option<usize>) {
        self.0.lock().unwrap().room = room;
    }

    fn text(&self) -> String {
        let files = &self.0.lock().unwrap().files;
        files.values().map(|file| String::from_utf8(file.clone()).unwrap()).collect()
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().files.keys().cloned().collect()
    }
}

impl Store for Disk {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn SegmentFile>> {
        let mut plates = self.0.lock().unwrap();
        assert!(!plates.files.contains_key(name), "{name} is made twice");
        plates.files.insert(name.to_owned(), Vec::new());
        Ok(Box::new(DiskFile { disk: self.clone(), name: name.to_owned() }))
    }
}

impl SegmentFile for DiskFile {
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        let mut plates = self.disk.0.lock().unwrap();
        std::thread::sleep(plates.slow);
        plates.writer = std::thread::current().name().unwrap_or_default().to_owned();
        let taken = plates.room.map_or(octets.len(), |room| room.min(octets.len()));
        if let Some(room) = &mut plates.room {
            *room -= taken;
        }
        plates.files.get_mut(&self.name).unwrap().extend_from_slice(&octets[..taken]);
        match taken < octets.len() {
            true => Err(io::Error::from(io::ErrorKind::StorageFull)),
            false => Ok(()),
        }
    }

    fn shorten(&mut self, octets: u64) -> io::Result<()> {
        let mut plates = self.disk.0.lock().unwrap();
        plates.files.get_mut(&self.name).unwrap().truncate(usize::try_from(octets).unwrap());
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.0.lock().unwrap().syncs += 1;
        Ok(())
    }

    fn second(&self) -> io::Result<Box<dyn SegmentFile>> {
        Ok(Box::new(Self { disk: self.disk.clone(), name: self.name.clone() }))
    }
}

/// Notes what was sent, and what the disk held then.
#[derive(Debug, Default)]
struct Receiver {
    disk: Disk,
    sent: Mutex<Vec<String>>,
    early: AtomicBool,
}

impl Reply for Receiver {
    fn send(&self, octets: &[u8]) -> Result<(), Undelivered> {
        let said = String::from_utf8(octets.to_vec()).unwrap();
        if !self.disk.text().contains(&format!("\"said\":\"{said}\"")) {
            self.early.store(true, Ordering::SeqCst);
        }
        self.sent.lock().unwrap().push(said);
        Ok(())
    }

    fn address(&self) -> Option<String> {
        None
    }
}

#[derive(Debug, Default)]
struct Controller(Mutex<Vec<Vec<u8>>>);

impl ControllerLink for Controller {
    fn connect(&self) {}

    fn send(&self, octets: Vec<u8>) {
        self.0.lock().unwrap().push(octets);
    }

    fn disconnect(&self) {}
}

struct Rig {
    disk: Disk,
    journal: Journal,
    writer: Writer,
    receiver: Arc<Receiver>,
    controller: Arc<Controller>,
    clock: Clock,
}

fn rig(config: JournalConfig, limits: LimitsConfig) -> Rig {
    let (disk, clock) = (Disk::default(), Clock::manual(NOW));
    let controller = Arc::new(Controller::default());
    let outlets = Arc::new(Outlets::new(Files::default(), Arc::new(Metrics::default())));
    let controllers: Vec<Arc<dyn ControllerLink>> = vec![Arc::<Controller>::clone(&controller)];
    outlets.attach(0, AreaOutlets { controllers, ..AreaOutlets::default() });
    let beginning = Beginning {
        gateway: "test".to_owned(),
        run: "20261014T000000Z".to_owned(),
        after: None,
        config,
        limits,
        retry: Span::from_millis(2),
    };
    let (journal, writer) = Writer::start(beginning, Box::new(disk.clone()), outlets, clock.clone()).unwrap();
    let receiver = Arc::new(Receiver { disk: disk.clone(), ..Receiver::default() });
    Rig { disk, journal, writer, receiver, controller, clock }
}

impl Rig {
    /// A record, and an answer that says the same.
    fn commit(&self, place: usize, area: &str, said: &str) {
        let answer = Departure::Answer {
            reply: Arc::<Receiver>::clone(&self.receiver),
            octets: said.as_bytes().to_vec(),
            arrived: None,
        };
        self.submit(place, area, said, vec![answer]);
    }

    fn submit(&self, place: usize, area: &str, said: &str, departures: Vec<Departure>) {
        let t = self.clock.now().unix_millis();
        let records = format!("{{\"t\":{t},\"said\":\"{said}\"}}\n");
        let mut commit = Commit { area: Arc::from(area), place, records, departures };
        while let Err(Untaken::Full(back)) = self.journal.submit(commit) {
            commit = back;
            std::thread::yield_now();
        }
    }

    fn sent(&self) -> Vec<String> {
        self.receiver.sent.lock().unwrap().clone()
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Monotonic::now();
    while !holds() {
        assert!(began.elapsed() < Span::from_secs(10), "{what} did not come about");
        std::thread::sleep(Span::from_millis(1));
    }
}

/// What each area said, as the files have it.
fn said(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        if let (Some(area), Some(said)) = (value["area"].as_str(), value["said"].as_str()) {
            all.entry(area.to_owned()).or_default().push(said.to_owned());
        }
    }
    all
}

#[test]
fn a_record_is_with_the_operating_system_before_its_answer_leaves() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    for number in 0..200 {
        rig.commit(number % 3, ["K1", "K2", "K3"][number % 3], &format!("n{number}"));
    }
    let Rig { writer, receiver, .. } = rig;
    writer.finish().unwrap();
    assert_eq!(receiver.sent.lock().unwrap().len(), 200);
    assert!(!receiver.early.load(Ordering::SeqCst));
}

#[test]
fn whoever_commits_while_nobody_writes_does_it_for_all() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    rig.commit(0, "K1", "alone");
    assert_eq!(rig.sent(), ["alone"], "nobody else was waited for");
    assert_ne!(rig.disk.0.lock().unwrap().writer, "journal");
    std::thread::scope(|scope| {
        for (place, area) in ["K1", "K2", "K3", "K4"].into_iter().enumerate() {
            let rig = &rig;
            scope.spawn(move || {
                (0..500).for_each(|number| rig.commit(place, area, &format!("{area}n{number}")))
            });
        }
    });
    eventually("all answers", || rig.sent().len() == 2001);
    let Rig { writer, disk, receiver, .. } = rig;
    writer.finish().unwrap();
    assert!(!receiver.early.load(Ordering::SeqCst));
    for (area, lines) in said(&disk.text()) {
        let numbers = lines.iter().filter(|said| *said != "alone");
        assert!(numbers.eq(&(0..500).map(|number| format!("{area}n{number}")).collect::<Vec<_>>()), "{area}");
    }
}

#[test]
fn a_slow_disk_keeps_nobody_but_the_journals_own_thread() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    rig.disk.0.lock().unwrap().slow = Span::from_millis(60);
    rig.commit(0, "K1", "found out");
    assert_ne!(rig.disk.0.lock().unwrap().writer, "journal");
    for number in 0..3 {
        rig.commit(0, "K1", &format!("n{number}"));
    }
    eventually("the answers", || rig.sent().len() == 4);
    assert_eq!(rig.disk.0.lock().unwrap().writer, "journal");
    rig.writer.finish().unwrap();
}

#[test]
fn with_sync_each_an_answer_waits_for_the_disk() {
    let rig = rig(JournalConfig { sync: Sync::Each, ..JournalConfig::default() }, LimitsConfig::default());
    rig.commit(0, "K1", "a");
    eventually("an answer", || rig.sent().len() == 1);
    assert!(rig.disk.0.lock().unwrap().syncs >= 1);
    rig.writer.finish().unwrap();
}

#[test]
fn a_new_day_begins_a_new_file_that_names_the_one_before() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    rig.commit(0, "K1", "today");
    eventually("an answer", || rig.sent().len() == 1);
    rig.clock.advance(Duration::from_seconds(86_400));
    rig.commit(0, "K1", "tomorrow");
    let Rig { writer, disk, .. } = rig;
    writer.finish().unwrap();
    assert_eq!(disk.names(), ["20261014T000000Z-0001.jsonl", "20261014T000000Z-0002.jsonl"]);
    let second =
        String::from_utf8(disk.0.lock().unwrap().files["20261014T000000Z-0002.jsonl"].clone()).unwrap();
    assert!(second.starts_with("{\"segment\":{\"schema\":1,\"run\":\"20261014T000000Z\",\"number\":2,\"after\":\"20261014T000000Z-0001.jsonl\""));
    assert_eq!(said(&second)["K1"], ["tomorrow"]);
}

#[test]
fn a_full_disk_is_told_answers_wait_and_controllers_go_on_hearing() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    rig.commit(0, "K1", "before");
    eventually("an answer", || rig.sent().len() == 1);
    // A part of the next line fits: it must not stay.
    rig.disk.set_room(Some(20));
    let health = rig.journal.health();
    rig.commit(0, "K1", "during");
    eventually("trouble", || !*health.borrow());
    rig.submit(0, "K1", "hand back", vec![Departure::ToController { junction: 0, octets: vec![7] }]);
    eventually("word to the controller", || rig.controller.0.lock().unwrap().len() == 1);
    assert_eq!(rig.sent(), ["before"]);
    rig.disk.set_room(None);
    eventually("recovery", || *health.borrow());
    eventually("the answer that waited", || rig.sent() == ["before", "during"]);
    let Rig { writer, disk, receiver, .. } = rig;
    writer.finish().unwrap();
    assert!(!receiver.early.load(Ordering::SeqCst));
    assert_eq!(said(&disk.text())["K1"], ["before", "during", "hand back"]);
}

#[test]
fn what_finds_no_room_while_the_disk_is_full_is_counted_in_the_journal() {
    let limits = LimitsConfig { journal_backlog_octets: 200, ..LimitsConfig::default() };
    let rig = rig(JournalConfig::default(), limits);
    rig.disk.set_room(Some(0));
    let health = rig.journal.health();
    rig.commit(0, "K1", "n0");
    eventually("trouble", || !*health.borrow());
    for number in 1..50 {
        rig.commit(0, "K1", &format!("n{number}"));
    }
    eventually("room in the queue", || rig.journal.is_empty());
    rig.disk.set_room(None);
    eventually("recovery", || *health.borrow());
    let Rig { writer, disk, .. } = rig;
    writer.finish().unwrap();
    let text = disk.text();
    let kept = said(&text)["K1"].len();
    let gap = text.lines().find(|line| line.contains("\"gap\"")).unwrap();
    let gap: serde_json::Value = serde_json::from_str(gap).unwrap();
    assert_eq!(gap["area"], "K1");
    assert_eq!(usize::try_from(gap["gap"]["lines"].as_u64().unwrap()).unwrap() + kept, 50, "{text}");
}

#[test]
fn a_disk_that_stays_full_to_the_end_is_told_with_the_number_of_lines() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    rig.disk.set_room(Some(0));
    rig.commit(0, "K1", "a");
    rig.commit(0, "K1", "b");
    let unwritten = rig.writer.finish().unwrap_err();
    assert_eq!(unwritten.lines, 2);
}

#[test]
fn after_the_end_nothing_is_taken() {
    let rig = rig(JournalConfig::default(), LimitsConfig::default());
    let Rig { journal, writer, .. } = rig;
    writer.finish().unwrap();
    let commit = Commit { area: Arc::from("K1"), place: 0, records: String::new(), departures: Vec::new() };
    assert!(matches!(journal.submit(commit), Err(Untaken::Gone)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_disk_does_in_between_nothing_is_lost_and_each_area_keeps_its_order(
        steps in prop::collection::vec((0_usize..3, prop::option::weighted(0.2, 0_usize..400)), 1..80),
        segment in 200_u64..2000,
    ) {
        let rig = rig(
            JournalConfig { segment_octets: segment, ..JournalConfig::default() },
            LimitsConfig { journal_queue: 4, ..LimitsConfig::default() },
        );
        let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (number, (place, room)) in steps.into_iter().enumerate() {
            rig.disk.set_room(room);
            let area = format!("K{place}");
            rig.commit(place, &area, &format!("n{number}"));
            expected.entry(area).or_default().push(format!("n{number}"));
        }
        rig.disk.set_room(None);
        let health = rig.journal.health();
        eventually("recovery", || *health.borrow());
        let Rig { writer, disk, receiver, .. } = rig;
        writer.finish().unwrap();
        prop_assert_eq!(said(&disk.text()), expected);
        prop_assert!(!receiver.early.load(Ordering::SeqCst));
        // Each file names the one before it.
        let plates = disk.0.lock().unwrap();
        let mut before = serde_json::Value::Null;
        for (name, octets) in &plates.files {
            let first: serde_json::Value = serde_json::from_slice(octets.split(|octet| *octet == b'\n').next().unwrap()).unwrap();
            prop_assert_eq!(&first["segment"]["after"], &before);
            before = serde_json::Value::from(name.as_str());
        }
    }
}

/// A journal of one area in a folder, written as the gateway would.
fn write_journal(folder: &Path, lines: &[&str]) {
    let outlets = Arc::new(Outlets::new(Files::default(), Arc::new(Metrics::default())));
    let store = Folder::open(folder).unwrap();
    let last = store.segments().unwrap().pop();
    let beginning = Beginning {
        gateway: "test".to_owned(),
        run: segment::run_name(NOW, last.as_deref()),
        after: last.as_deref().and_then(segment::name_of).map(str::to_owned),
        config: JournalConfig::default(),
        limits: LimitsConfig::default(),
        retry: RETRY,
    };
    let (journal, writer) = Writer::start(beginning, Box::new(store), outlets, Clock::manual(NOW)).unwrap();
    for line in lines {
        let records = format!("{line}\n");
        journal.submit(Commit { area: Arc::from("K1"), place: 0, records, departures: Vec::new() }).unwrap();
    }
    writer.finish().unwrap();
}

fn request(t: i64, station: u32, kind: &str) -> String {
    format!(
        "{{\"t\":{},\"in\":{{\"request\":{{\"station\":{station},\"intersection\":{{\"region\":0,\"id\":1}},\"request\":1,\
         \"sequence\":1,\"kind\":\"{kind}\",\"inbound\":{{\"approach\":2}},\"outbound\":null,\"eta\":null,\"service_window\":null,\
         \"role\":null,\"subrole\":null,\"importance\":null,\"position\":null,\"heading\":null,\"speed\":null}}}}}}",
        NOW.unix_millis() + t
    )
}

fn asked(t: i64, station: u32) -> String {
    format!(
        "{{\"t\":{},\"asked\":{{\"intersection\":{{\"region\":0,\"id\":1}},\"station\":{station},\"request\":1,\
         \"reply\":\"udp:127.0.0.1:{station}\",\"permit\":\"ambulances\",\"ceiling\":14}}}}",
        NOW.unix_millis() + t
    )
}

fn remains(folder: &Path) -> Remains {
    Remains::read(folder, Duration::from_seconds(10), Duration::from_seconds(400)).unwrap()
}

#[test]
fn a_restart_finds_the_requests_that_lived() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        asked(0, 7),
        request(0, 7, "new"),
        asked(10, 8),
        request(10, 8, "new"),
        request(1000, 8, "cancellation"),
        request(2000, 9, "new"),
        asked(2000, 9),
        "{\"t\":1791936014000,\"registered\":{\"intersection\":{\"region\":0,\"id\":1}}}".to_owned(),
        request(15_000, 7, "update"),
    ];
    write_journal(folder.path(), &lines.iter().map(String::as_str).collect::<Vec<_>>());
    let remains = remains(folder.path());
    assert_eq!(remains.faults, Vec::<String>::new());
    assert_eq!(remains.ended, Some(NOW + Duration::from_seconds(15)));
    // 8 was cancelled; 9 was last heard 13 s before the end.
    assert_eq!(remains.requests.len(), 1);
    let lived = &remains.requests[0];
    assert_eq!((lived.request.station.0, lived.heard), (7, NOW + Duration::from_seconds(15)));
    assert_eq!(lived.asked.as_ref().unwrap().reply.as_deref(), Some("udp:127.0.0.1:7"));
    let registered: Vec<_> = remains.registered.into_iter().collect();
    assert_eq!(registered.len(), 1);
    assert_eq!(registered[0].1, NOW + Duration::from_seconds(2));
}

#[test]
fn a_torn_last_line_is_told_and_what_comes_before_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    write_journal(folder.path(), &[&asked(0, 7), &request(0, 7, "new")]);
    let path = segments(folder.path()).unwrap().pop().unwrap();
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("{\"area\":\"K1\",\"t\":17919360");
    std::fs::write(&path, text).unwrap();
    let found = remains(folder.path());
    assert_eq!(found.requests.len(), 1);
    assert_eq!(found.faults.len(), 1);
    assert!(found.faults[0].contains("ends within this line"), "{:?}", found.faults);
    // The next process goes on in a file of its own.
    write_journal(folder.path(), &[&request(1000, 7, "update")]);
    let found = remains(folder.path());
    assert_eq!(found.requests[0].heard, NOW + Duration::from_seconds(1));
    assert_eq!(segments(folder.path()).unwrap().len(), 2);
}

#[test]
fn without_a_journal_there_are_no_remains() {
    let folder = tempfile::tempdir().unwrap();
    let remains = remains(folder.path());
    assert!(remains.requests.is_empty() && remains.last_segment.is_none() && remains.ended.is_none());
}

#[test]
fn a_reader_finds_a_moment_in_a_large_file_without_reading_what_comes_before() {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = (0..5000).map(|number| request(number * 10, 7, "update")).collect();
    write_journal(folder.path(), &lines.iter().map(String::as_str).collect::<Vec<_>>());
    let path = segments(folder.path()).unwrap().pop().unwrap();
    for seconds in [-1, 0, 3, 30, 49, 60] {
        let moment = NOW + Duration::from_seconds(seconds);
        let mut reader = SegmentReader::open(&path).unwrap();
        reader.skip_to(moment).unwrap();
        let times: Vec<Instant> = reader
            .filter_map(|line| match line.unwrap().1 {
                Line::Entry(_, entry) => Some(entry.at),
                _ => None,
            })
            .collect();
        let due = lines.len() - usize::try_from((seconds * 100).clamp(0, 5000)).unwrap();
        assert!(times.len() >= due, "{seconds}: {} of {due}", times.len());
        assert!(times.len() <= due + 400, "{seconds}: {} of {due}", times.len());
    }
}
