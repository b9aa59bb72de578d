//! A data folder, filled through the writers that the gateway has, grows old: before that a station's id is found in it, afterwards nowhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Monotonic;

use serde_json::Value;
use voorrang_messages::add_grp_c::{
    IntersectionStateAddGrpC, PrioritizationResponse, PrioritizationResponseList,
};
use voorrang_messages::dsrc::{self, PrioritizationResponseStatus, VehicleId};
use voorrang_messages::regional::AddGrpC;
use voorrang_messages::uper::FixedOctets;
use voorrang_messages::vehicle_state::Movement;
use voorrang_messages::{
    FromJson, IntersectionAccess, IntersectionReference, ItsMessage, PrioritizationStatus, PriorityRequest,
    RequestId, RequestKind, RequestStatus, SequenceNumber, StationId, StationType, VehicleRole, VehicleState,
    hex, its_container,
};
use voorrang_priority::journal::{Header, Journal as EngineJournal};
use voorrang_priority::kar::{KarAnnouncement, KarDirection, KarUrgency, KarVehicleType};
use voorrang_priority::{EngineConfig, Input, KarMessage, PriorityEngine, StrategyConfig, VehiclePosition};
use voorrang_signals::{Aspect, GroupIndex, Intersection, IntersectionId};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, LocalPlane, LocalPosition, Speed};

use super::audit::AuditEntry;
use super::hold::Holds;
use super::keys::{Keys, Purpose};
use super::{AuditLog, OctetLog, Retention, RetentionConfig};
use crate::clock::Clock;
use crate::config::{JournalConfig, LimitsConfig};
use crate::journal::RETRY;
use crate::journal::segment::{Folder, segments};
use crate::journal::{
    AuditSink, Beginning, Commit, CommitSink, Files, ObservationSink, OctetSink, Outlets, Writer, replay,
};
use crate::messaging::{Identity, Received, Reply, ReplyTo, Sender, Undelivered};
use crate::operations::day_files::DayFiles;
use crate::operations::metrics::Metrics;

/// No number that stands somewhere by chance.
const KNOWN: StationId = StationId(0xa1b2_c3d4);
const OTHER: StationId = StationId(0x9c8d_7e6f);
/// The number of a vehicle by KAR.
const KAR: u16 = 23_457;
const OWN: StationId = StationId(70_000);

fn start() -> Instant {
    Instant::parse_rfc3339("2026-11-25T12:00:00Z").unwrap()
}

fn crossing() -> Arc<Intersection> {
    let text = include_str!("../../../priority/tests/support/crossing.toml");
    Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap())
}

fn north(metres: f64) -> GeodeticPosition {
    LocalPlane::at(crossing().reference()).to_geodetic(LocalPosition::from_metres(-2.0, metres))
}

fn request(station: StationId, metres: f64, now: Instant, sequence: u8) -> PriorityRequest {
    PriorityRequest {
        station,
        intersection: IntersectionReference { region: Some(528), id: 1 },
        request: RequestId(1),
        sequence: Some(SequenceNumber(sequence % 128)),
        kind: if sequence == 0 { RequestKind::New } else { RequestKind::Update },
        inbound: IntersectionAccess::Approach(1),
        outbound: None,
        eta: Some(now + Duration::from_seconds_f64(metres / 14.0)),
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: Some(north(metres)),
        heading: Some(Angle::from_degrees(180.0)),
        speed: Some(Speed::from_metres_per_second(14.0)),
    }
}

fn encoded(message: &ItsMessage) -> Vec<u8> {
    let mut octets = Vec::new();
    message.encode(&mut octets).unwrap();
    octets
}

fn srem(station: StationId, now: Instant) -> ItsMessage {
    let mut srem = PriorityRequest::to_srem(&[request(station, 200.0, now, 1)], now).unwrap();
    srem.srm.requestor.name = Some(dsrc::DescriptiveName("A1 Utrecht".to_owned()));
    srem.into()
}

/// One that names itself by a temporary identity.
fn srem_by_entity(station: StationId, now: Instant) -> ItsMessage {
    let mut srem = PriorityRequest::to_srem(&[request(station, 200.0, now, 1)], now).unwrap();
    srem.srm.requestor.id = VehicleId::EntityId(dsrc::TemporaryId(FixedOctets(station.0.to_be_bytes())));
    srem.into()
}

fn cam(station: StationId, now: Instant) -> ItsMessage {
    let speed = Speed::from_metres_per_second(14.0);
    let movement = Movement { position: north(200.0), heading: Angle::from_degrees(180.0), speed };
    let state = VehicleState::moving(station, StationType::SpecialVehicles, now, movement);
    state.to_cam().unwrap().into()
}

fn ssem(stations: &[StationId], now: Instant) -> ItsMessage {
    let statuses: Vec<_> = stations
        .iter()
        .map(|station| {
            RequestStatus::answer(&request(*station, 200.0, now, 1), PrioritizationStatus::Granted)
        })
        .collect();
    RequestStatus::to_ssem(&statuses, OWN, SequenceNumber(3), now).unwrap().into()
}

/// The first message of a file of vectors.
fn vector(text: &str) -> ItsMessage {
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    ItsMessage::from_json(&line["value"]).unwrap()
}

fn spatem(station: StationId) -> ItsMessage {
    let mut message = vector(include_str!("../../../messages/tests/vectors/spatem.jsonl"));
    let ItsMessage::Spatem(spatem) = &mut message else { panic!("{message:?}") };
    let response = PrioritizationResponse {
        station_id: its_container::StationId(station.0),
        prior_state: PrioritizationResponseStatus::Granted,
        signal_group: dsrc::SignalGroupId(2),
    };
    let content =
        IntersectionStateAddGrpC { active_prioritizations: Some(PrioritizationResponseList(vec![response])) };
    spatem.spat.intersections.0[0].set_add_grp_c(&content).unwrap();
    message
}

fn denm(station: StationId) -> ItsMessage {
    let mut message = vector(include_str!("../../../messages/tests/vectors/denm.jsonl"));
    let ItsMessage::Denm(denm) = &mut message else { panic!("{message:?}") };
    denm.header.station_id.0 = station.0;
    denm.denm.management.action_id.originating_station_id.0 = station.0;
    message
}

#[derive(Debug)]
struct Nowhere;

impl Reply for Nowhere {
    fn send(&self, _: &[u8]) -> Result<(), Undelivered> {
        Err(Undelivered::Gone)
    }

    fn address(&self) -> Option<String> {
        None
    }
}

/// A gateway's data folder.
struct Data {
    folder: tempfile::TempDir,
    clock: Clock,
}

impl Data {
    fn new(start: Instant) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::manual(start) }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Messages of both stations, in and out, through the log of octets; an entry of the audit; an observation.
    fn messages(&self) {
        let metrics = Arc::new(Metrics::default());
        let now = self.clock.now();
        let octets = OctetLog::start(self.path(), 1 << 20, Arc::clone(&metrics)).unwrap();
        let sender = Sender { transport: "udp", identity: Identity::Key("rav".into()) };
        let reply: ReplyTo = Arc::new(Nowhere);
        let receive = |octets_in: &[u8], admitted| {
            let received = Received {
                octets: octets_in,
                at: now,
                arrived: Monotonic::now(),
                generated: None,
                sender: &sender,
                reply: &reply,
            };
            octets.record(&received, admitted);
        };
        for station in [KNOWN, OTHER] {
            for message in
                [srem(station, now), srem_by_entity(station, now), cam(station, now), denm(station)]
            {
                receive(&encoded(&message), true);
            }
            // Something that no decoder reads.
            receive(&[&[2, 9][..], &station.0.to_be_bytes(), &[0xff; 9]].concat(), false);
            octets.record_sent(now, "publication", &encoded(&spatem(station)));
        }
        octets.record_sent(now, "answer", &encoded(&ssem(&[KNOWN, OTHER], now)));
        octets.flush();
        let audit = AuditLog::start(self.path(), Arc::clone(&metrics)).unwrap();
        audit.record(AuditEntry {
            at: now,
            intersection: IntersectionId { region: 528, id: 1 },
            station: KNOWN,
            request: RequestId(1),
            permit: "ambulances".to_owned(),
            approach: "north".to_owned(),
            groups: vec!["02".to_owned()],
            status: PrioritizationStatus::Granted,
            why: "absolute".to_owned(),
        });
        audit.flush();
        let (day_files, writer) = DayFiles::start(metrics).unwrap();
        day_files
            .observations(self.path())
            .append(now, &format!("{{\"t\":{},\"decided\":{{\"station\":{KNOWN}}}}}\n", now.unix_millis()));
        writer.finish();
    }

    /// Through the journal's writer, in one run: stations that begin to ask now, once a second for so long.
    fn run(&self, stations: &[StationId], seconds: u8) {
        let outlets = Arc::new(Outlets::new(Files::default(), Arc::new(Metrics::default())));
        let folder = Folder::open(&self.path().join("journal")).unwrap();
        let after = folder.segments().unwrap().pop();
        let begin = self.clock.now();
        let beginning = Beginning {
            gateway: "test".to_owned(),
            run: begin.to_string().replace(['-', ':'], "")[..15].to_owned() + "Z",
            after: after.and_then(|path| Some(path.file_name()?.to_str()?.to_owned())),
            config: JournalConfig::default(),
            limits: LimitsConfig::default(),
            retry: RETRY,
        };
        let (journal, writer) =
            Writer::start(beginning, Box::new(folder), outlets, self.clock.clone()).unwrap();
        let config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
        let area = [crossing()];
        let mut engine = PriorityEngine::new(area.to_vec(), config.clone(), begin);
        let mut lines = EngineJournal::new(&Header::new(&area, &config, begin));
        let mut said = Vec::new();
        for second in 0..seconds {
            let now = self.clock.now();
            lines.advance(&mut engine, now, &mut said);
            for (station, behind) in stations.iter().zip([0.0, 30.0]) {
                let metres = 230.0 - 0.5 * f64::from(second) + behind;
                let request = request(*station, metres, now, second);
                lines.handle(&mut engine, now, Input::Request(request), &mut said);
                let vehicle = VehiclePosition {
                    station: *station,
                    position: north(metres),
                    speed: Some(Speed::from_metres_per_second(0.5)),
                    heading: Some(Angle::from_degrees(180.0)),
                    light_bar: true,
                    siren: true,
                };
                lines.handle(&mut engine, now, Input::Vehicle(vehicle), &mut said);
            }
            if second == 1 {
                let message = KarMessage {
                    announcement: KarAnnouncement::CheckIn,
                    vehicle_type: Some(KarVehicleType::Ambulance),
                    urgency: Some(KarUrgency::BlueLight),
                    direction: KarDirection::from_number(2),
                    vehicle: Some(KAR),
                    company: Some(12),
                    point: None,
                    distance: None,
                    time: Some(Duration::from_seconds(40)),
                    speed: None,
                    position: None,
                };
                let intersection = crossing().id();
                lines.handle(&mut engine, now, Input::Kar { intersection, message }, &mut said);
            }
            if second == 2 {
                for group in 0..5 {
                    let aspect = if group < 2 { Aspect::Green } else { Aspect::Red };
                    let intersection = crossing().id();
                    let input = Input::Signal { intersection, group: GroupIndex(group), aspect };
                    lines.handle(&mut engine, now, input, &mut said);
                }
            }
            let mut records = lines.lines().to_owned();
            lines.clear();
            if second == 0 {
                let (t, station) = (now.unix_millis(), stations[0]);
                records.push_str(&format!(
                    "{{\"t\":{t},\"asked\":{{\"intersection\":{{\"region\":528,\"id\":1}},\"station\":{station},\"request\":1,\
                     \"reply\":\"udp:192.0.2.77:4711\",\"permit\":\"ambulances\",\"ceiling\":14}}}}\n\
                     {{\"t\":{t},\"alarm\":{{\"what\":\"nobody knows what station {station} wants\"}}}}\n"
                ));
            }
            let commit = Commit { area: Arc::from("K1"), place: 0, records, departures: Vec::new() };
            journal.submit(commit).unwrap();
            // The writer asks the clock which file is due: it has to be done before time goes on.
            settle(self.path(), now);
            self.clock.advance(Duration::from_seconds(1));
        }
        drop(journal);
        writer.finish().unwrap();
    }

    /// An intervention for both.
    fn intervention(&self, seconds: u8) {
        self.run(&[KNOWN, OTHER], seconds);
    }

    /// The gateway starts again, so that the file before is closed; only the other station is heard.
    fn restart(&self) {
        self.run(&[OTHER], 1);
    }

    fn age(&self, after: Duration) -> super::retention::Report {
        self.clock.advance(after);
        let report = self.retention().run(self.clock.now());
        assert_eq!(report.faults, [""; 0]);
        report
    }

    fn retention(&self) -> Retention {
        Retention::new(self.path(), RetentionConfig::default(), [OWN].into())
    }

    fn replays(&self) -> u64 {
        let outcome =
            replay::replay(&segments(&self.path().join("journal")).unwrap(), None, |_, _| ()).unwrap();
        let area = &outcome.areas["K1"];
        assert!(outcome.is_identical(), "{:?}", area.difference);
        assert_eq!(area.passed_over, 0);
        area.replayed.outputs
    }
}

/// Waits until the journal has a line of a moment.
fn settle(data: &Path, now: Instant) {
    let wanted = format!("\"t\":{}", now.unix_millis());
    for _ in 0..2000 {
        let last = segments(&data.join("journal")).unwrap().pop();
        if last.is_some_and(|path| fs::read_to_string(path).unwrap().contains(&wanted)) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("the journal was not written");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Whether 32 bits stand anywhere in octets, bit by bit: not by the code that is tested.
fn has_bits(octets: &[u8], wanted: u32) -> bool {
    let bits: Vec<bool> =
        octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect();
    let wanted: Vec<bool> = (0..32).rev().map(|bit| wanted >> bit & 1 == 1).collect();
    bits.windows(32).any(|window| window == wanted)
}

/// Every place at which an id stands: as a number, in hex of either case and order, and in octets at all shifts, in the file and in every message.
fn places(data: &Path, station: StationId) -> Vec<String> {
    let number = station.0;
    let decimal = number.to_string();
    let hexes = [format!("{number:08x}"), format!("{:08x}", number.swap_bytes())];
    let mut places = Vec::new();
    for path in files(data) {
        let octets = fs::read(&path).unwrap();
        let name = path.strip_prefix(data).unwrap().display().to_string();
        let text = String::from_utf8_lossy(&octets);
        let lower = text.to_lowercase();
        let mut note = |how: &str| places.push(format!("{name}: {how}"));
        if text.contains(&decimal) {
            note("decimal");
        }
        if hexes.iter().any(|hex| lower.contains(hex)) {
            note("hex");
        }
        if [number, number.swap_bytes()].iter().any(|number| has_bits(&octets, *number)) {
            note("bits of the file");
        }
        for line in text.lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let Some(octets) = line["octets"].as_str().and_then(|octets| hex::octets(octets).ok()) else {
                continue;
            };
            let message = ItsMessage::decode(&octets);
            let kind = message.as_ref().map_or("no message", |message| message.kind().name());
            if [number, number.swap_bytes()].iter().any(|number| has_bits(&octets, *number)) {
                note(&format!("bits of {kind}"));
            }
            if message.is_ok_and(|message| serde_json::to_string(&message).unwrap().contains(&decimal)) {
                note(&format!("member of {kind}"));
            }
        }
    }
    places.sort();
    places.dedup();
    places
}

#[test]
fn a_known_id_is_everywhere_before_ageing_and_nowhere_afterwards() {
    let data = Data::new(start());
    data.messages();
    data.intervention(20);
    let before = places(data.path(), KNOWN);
    for expected in [
        "journal/20261125T120000Z-0001.jsonl: decimal",
        "observations/2026-11-25.jsonl: decimal",
        "octets/2026-11-25T12.jsonl: bits of CAM",
        "octets/2026-11-25T12.jsonl: bits of DENM",
        "octets/2026-11-25T12.jsonl: bits of SPATEM",
        "octets/2026-11-25T12.jsonl: bits of SREM",
        "octets/2026-11-25T12.jsonl: bits of SSEM",
        "octets/2026-11-25T12.jsonl: bits of no message",
        "octets/2026-11-25T12.jsonl: hex",
        "octets/2026-11-25T12.jsonl: member of CAM",
        "octets/2026-11-25T12.jsonl: member of DENM",
        "octets/2026-11-25T12.jsonl: member of SREM",
        "octets/2026-11-25T12.jsonl: member of SSEM",
    ] {
        assert!(before.iter().any(|place| place == expected), "{expected} is missing in {before:#?}");
    }
    assert!(!before.iter().any(|place| place.starts_with("audit")), "{before:#?}");
    let said = data.replays();
    assert!(said > 20, "{said}");

    // Before its time nothing changes.
    data.clock.advance(Duration::from_seconds(11 * 3600));
    data.restart();
    let report = data.age(Duration::ZERO);
    assert_eq!((report.aged, report.deleted), (0, 0));
    assert_eq!(places(data.path(), KNOWN), before);

    let report = data.age(Duration::from_seconds(13 * 3600));
    assert_eq!((report.aged, report.held), (3, 0), "octets, observations, a segment");
    assert_eq!(places(data.path(), KNOWN), [""; 0]);
    assert!(data.replays() > said, "the same decisions for other ids");
    let journal = fs::read_to_string(data.path().join("journal/20261125T120000Z-0001.jsonl")).unwrap();
    assert!(journal.contains("\"vehicle\":") && !journal.contains(&KAR.to_string()));
    assert_eq!(data.age(Duration::ZERO), super::retention::Report::default(), "nothing is done twice");
}

#[test]
fn one_station_is_one_pseudonym_in_octets_and_journal_and_our_own_stays() {
    let data = Data::new(start());
    data.messages();
    data.intervention(5);
    data.clock.advance(Duration::from_seconds(24 * 3600));
    data.restart();
    data.age(Duration::ZERO);
    let key = Keys::of(data.path());
    assert_eq!(key.days(Purpose::Pseudonym).unwrap().len(), 0, "the key of that day is gone");
    let text = fs::read_to_string(data.path().join("octets/2026-11-25T12.aged.jsonl")).unwrap();
    let mut in_octets = std::collections::BTreeSet::new();
    let mut senders = std::collections::BTreeSet::new();
    let mut unkept = 0;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        unkept += usize::from(line["unkept"] == "unreadable");
        let Some(octets) = line["octets"].as_str() else { continue };
        match ItsMessage::decode(&hex::octets(octets).unwrap()).unwrap() {
            ItsMessage::Srem(srem) => {
                assert_eq!(srem.srm.requestor.name, None);
                in_octets.insert(srem.header.station_id.0);
                match srem.srm.requestor.id {
                    VehicleId::StationId(station) => assert_eq!(station.0, srem.header.station_id.0),
                    VehicleId::EntityId(entity) => {
                        assert_eq!(u32::from_be_bytes(entity.0.0), srem.header.station_id.0);
                    }
                }
            }
            ItsMessage::Ssem(ssem) => {
                senders.insert(ssem.header.station_id.0);
                for package in &ssem.ssm.status.0[0].sig_status.0 {
                    let Some(VehicleId::StationId(station)) = package.requester.as_ref().map(|who| &who.id)
                    else {
                        panic!("{package:?}")
                    };
                    in_octets.insert(station.0);
                }
            }
            _ => {}
        }
    }
    assert_eq!((in_octets.len(), unkept), (2, 2));
    assert_eq!(senders, [OWN.0].into());
    let journal = fs::read_to_string(data.path().join("journal/20261125T120000Z-0001.jsonl")).unwrap();
    for station in &in_octets {
        assert!(journal.contains(&format!("\"station\":{station},")), "{station}");
    }
    assert!(journal.contains("\"reply\":null") && !journal.contains("192.0.2.77"));
}

#[test]
fn a_request_across_midnight_is_one_request_afterwards_too() {
    let data = Data::new(Instant::parse_rfc3339("2026-11-25T23:59:50Z").unwrap());
    data.intervention(20);
    assert_eq!(segments(&data.path().join("journal")).unwrap().len(), 2, "a file ends at midnight");
    let said = data.replays();
    data.clock.advance(Duration::from_seconds(25 * 3600));
    data.restart();
    let report = data.age(Duration::ZERO);
    assert_eq!(report.aged, 2);
    assert!(places(data.path(), KNOWN).is_empty());
    assert!(data.replays() > said);
}

#[test]
fn what_is_held_stays_until_the_hold_is_over() {
    let data = Data::new(start());
    data.messages();
    data.intervention(5);
    let before = places(data.path(), KNOWN);
    let now = data.clock.now();
    let hour = Duration::from_seconds(3600);
    let fortnight = super::calendar::days(14);
    Holds::of(data.path()).make(now, (now - hour, now), "collision", "duty officer", fortnight).unwrap();
    data.clock.advance(Duration::from_seconds(2 * 24 * 3600));
    data.restart();
    let report = data.age(Duration::ZERO);
    assert_eq!((report.aged, report.held), (0, 3));
    assert_eq!(places(data.path(), KNOWN), before);
    data.age(Duration::from_seconds(12 * 24 * 3600));
    assert_eq!(places(data.path(), KNOWN), [""; 0]);
}

#[test]
fn octets_go_after_a_fortnight_and_the_rest_after_a_quarter() {
    let data = Data::new(start());
    data.messages();
    data.intervention(3);
    data.restart();
    fs::create_dir_all(data.path().join("vlog/K1")).unwrap();
    fs::write(data.path().join("vlog/K1/2026-11-25.vlg"), "").unwrap();
    let names = || -> Vec<String> {
        let relative = |path: PathBuf| path.strip_prefix(data.path()).unwrap().display().to_string();
        files(data.path()).into_iter().map(relative).collect()
    };
    let day = Duration::from_seconds(24 * 3600);
    data.age(day * 2);
    assert!(names().contains(&"octets/2026-11-25T12.aged.jsonl".to_owned()));
    data.age(day * 12);
    assert!(!names().iter().any(|name| name.starts_with("octets")));
    assert!(names().contains(&"journal/20261125T120000Z-0001.jsonl".to_owned()));
    data.age(day * 75);
    assert!(names().contains(&"audit/2026-11-25.jsonl".to_owned()));
    data.age(day * 3);
    let open = ["journal/20261125T120003Z-0001.jsonl", "keys/pseudonym-2026-11-25.key"];
    assert_eq!(names(), open, "the file that is being written, and what it will need");
}

#[test]
fn a_run_that_was_stopped_is_done_again() {
    let data = Data::new(start());
    data.messages();
    let octets = data.path().join("octets");
    // It was stopped between the renaming of the new file and the deletion of the old, and within another.
    let raw = fs::read(octets.join("2026-11-25T12.jsonl")).unwrap();
    data.age(Duration::from_seconds(25 * 3600));
    let aged = fs::read(octets.join("2026-11-25T12.aged.jsonl")).unwrap();
    fs::write(octets.join("2026-11-25T12.jsonl"), &raw).unwrap();
    fs::write(octets.join("2026-11-25T11.aged.jsonl.draft"), &raw).unwrap();
    data.age(Duration::ZERO);
    assert_eq!(fs::read(octets.join("2026-11-25T12.aged.jsonl")).unwrap(), aged);
    assert_eq!(fs::read_dir(&octets).unwrap().count(), 1);
}
