//! The engine warns those who drive near an emergency vehicle: what it is told are CAMs, what it says goes as DENM bytes to a driver.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use support::{Bench, GROUPS, ambulance, at, before, cam, configured, id, second, start};
use voorrang_messages::emergency_vehicle_approaching::DenmKind;
use voorrang_messages::{Denm, EmergencyVehicleApproaching, PriorityRequest, StationId};
use voorrang_priority::eva::{ComesFrom, Driver, EvaReceiver, ReceiverConfig, Relevance};
use voorrang_priority::journal::{Reader, Replay};
use voorrang_priority::{EngineConfig, EvaConfig, Input, Output, VehiclePosition};
use voorrang_signals::Aspect;
use voorrang_units::{Angle, Duration, LocalPlane};

const OURS: StationId = StationId(900_001);
const AMBULANCE: u32 = 0xCAFE_F00D;
const SOUTHWARDS: f64 = 180.0;

fn warning(strategy: &str) -> EngineConfig {
    configured(strategy, |config| config.eva = Some(EvaConfig::with_station(OURS)))
}

/// On the lane from the north, southwards at 14 m/s, so far before the centre.
fn southwards(north: f64) -> VehiclePosition {
    cam(AMBULANCE, at(-2.0, north), 14.0, Some(SOUTHWARDS))
}

fn octets(warning: &EmergencyVehicleApproaching) -> Vec<u8> {
    let mut octets = Vec::new();
    warning.to_denm().unwrap().encode(&mut octets).unwrap();
    octets
}

/// The engine, and one road user who hears its warnings as bytes.
struct Street {
    bench: Bench,
    receiver: EvaReceiver,
    relevance: Relevance,
    heard: usize,
    lost: bool,
}

impl Street {
    fn new() -> Self {
        let config = ReceiverConfig::default();
        Self {
            bench: Bench::with(&[1], warning("absolute")),
            receiver: EvaReceiver::new(config.clone()),
            relevance: Relevance::new(config),
            heard: 0,
            lost: false,
        }
    }

    fn tell(&mut self, seconds: f64, vehicle: VehiclePosition) {
        self.until(seconds);
        self.bench.tell(Input::Vehicle(vehicle));
        self.until(seconds);
    }

    fn until(&mut self, seconds: f64) {
        self.bench.until(seconds);
        for (now, output) in &self.bench.said[self.heard..] {
            let Output::Warning(warning) = output else { continue };
            let denm = Denm::decode(&octets(warning)).unwrap();
            if !self.lost {
                self.receiver.receive(*now, &EmergencyVehicleApproaching::from_denm(&denm).unwrap());
            }
        }
        self.heard = self.bench.said.len();
    }

    /// Where the vehicle comes from for one who drives southwards 60 m before the centre; `None` while that driver is not warned.
    fn warned(&mut self) -> Option<ComesFrom> {
        let heading = Angle::from_degrees(SOUTHWARDS);
        let driver = Driver { position: at(-2.0, 60.0), heading, speed: None };
        let alerts = self.relevance.assess(self.bench.now, &driver, &self.receiver);
        alerts.first().map(|alert| alert.from)
    }

    /// As [`Self::warned`], for one who has not been warned yet and drives elsewhere.
    fn newcomer(&self, east: f64, north: f64, heading: f64) -> Option<ComesFrom> {
        let driver = Driver { position: at(east, north), heading: Angle::from_degrees(heading), speed: None };
        let alerts =
            Relevance::new(ReceiverConfig::default()).assess(self.bench.now, &driver, &self.receiver);
        alerts.first().map(|alert| alert.from)
    }

    fn warnings(&self) -> Vec<&EmergencyVehicleApproaching> {
        warnings(&self.bench)
    }
}

fn warnings(bench: &Bench) -> Vec<&EmergencyVehicleApproaching> {
    let outputs = bench.said.iter().map(|(_, output)| output);
    outputs
        .filter_map(|output| match output {
            Output::Warning(warning) => Some(&**warning),
            Output::Status(_) | Output::Wishes { .. } => None,
        })
        .collect()
}

/// How far the ways of a warning lead, in whole metres east and north of the centre.
fn ends(warning: &EmergencyVehicleApproaching) -> Vec<(i32, i32)> {
    let plane = LocalPlane::at(at(0.0, 0.0));
    #[expect(clippy::cast_possible_truncation, reason = "some hundred metres")]
    let whole = |metres: f64| metres.round() as i32;
    let end = |trace: &Vec<voorrang_messages::PathPoint>| {
        let place = plane.to_local(trace.last().unwrap().position);
        (whole(place.east().metres()), whole(place.north().metres()))
    };
    warning.traces.iter().map(end).collect()
}

#[test]
fn a_vehicle_on_its_way_is_warned_of_along_every_arm_of_the_crossing_ahead() {
    let mut street = Street::new();
    street.tell(0.0, southwards(210.0));
    let warnings = street.warnings();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!(
        (warning.sender, warning.kind, warning.reference_time),
        (OURS, DenmKind::NewOrUpdate, start())
    );
    assert_eq!(ends(warning), [(-2, 10), (196, 2), (2, -190), (-196, -2), (193, -2), (-2, -190)]);
    assert_eq!(street.warned(), Some(ComesFrom::Behind));
}

#[test]
fn only_light_bar_and_siren_raise_a_warning_and_without_a_station_there_is_none() {
    let mut bench = Bench::with(&[1], warning("absolute"));
    for (light_bar, siren) in [(true, false), (false, true), (false, false)] {
        bench.tell(Input::Vehicle(VehiclePosition { light_bar, siren, ..southwards(210.0) }));
    }
    assert_eq!((warnings(&bench).len(), bench.engine.next_deadline()), (0, None), "and costs nothing");
    let mut bench = Bench::new("absolute");
    bench.tell(Input::Vehicle(southwards(210.0)));
    assert_eq!(warnings(&bench).len(), 0);
}

#[test]
fn the_road_of_the_warning_follows_the_vehicle_over_the_crossing() {
    let mut street = Street::new();
    for tenths in 0..80 {
        let seconds = f64::from(tenths) / 10.0;
        street.tell(seconds, southwards(60.0 - 14.0 * seconds));
    }
    let traces: Vec<_> = street.warnings().iter().map(|warning| warning.traces.len()).collect();
    // Before its stop line; on the crossing, without the way to the stop line; on the way out that alone.
    assert_eq!(traces, [6, 6, 6, 6, 5, 1, 1, 1], "once a second");
    assert_eq!(ends(street.warnings()[7]), [(-2, -410)]);
}

#[test]
fn whoever_it_has_just_passed_is_not_warned_on_either_carriageway() {
    let mut street = Street::new();
    street.tell(0.0, southwards(92.0));
    assert_eq!(street.newcomer(-2.0, 100.0, SOUTHWARDS), None, "it follows");
    assert_eq!(street.newcomer(2.0, 100.0, 0.0), None, "it was oncoming");
    assert_eq!(street.newcomer(-2.0, 84.0, SOUTHWARDS), Some(ComesFrom::Behind), "it is about to be passed");
    assert_eq!(street.newcomer(2.0, 84.0, 0.0), Some(ComesFrom::Ahead), "it is still oncoming");
}

#[test]
fn what_was_asked_for_tells_the_road_where_a_heading_does_not() {
    let mut bench = Bench::with(&[1], warning("absolute"));
    bench.request(&PriorityRequest { position: Some(before(1, 200.0)), ..ambulance(AMBULANCE, 1) });
    bench.tell(Input::Vehicle(VehiclePosition { heading: None, ..southwards(200.0) }));
    bench.tell(Input::Vehicle(VehiclePosition { heading: None, station: StationId(8), ..southwards(200.0) }));
    let traces: Vec<_> = warnings(&bench).iter().map(|warning| warning.traces.len()).collect();
    assert_eq!(traces, [6, 0]);
}

#[test]
fn a_lost_cancellation_warns_for_no_longer_than_the_validity() {
    let mut street = Street::new();
    street.tell(0.0, southwards(210.0));
    street.lost = true;
    street.tell(1.0, VehiclePosition { siren: false, ..southwards(196.0) });
    assert_eq!(street.warnings().last().unwrap().kind, DenmKind::Cancellation);
    street.until(14.9);
    assert_eq!(street.warned(), Some(ComesFrom::Behind));
    street.until(15.0);
    assert_eq!(street.warned(), None);
    assert_eq!(street.bench.engine.next_deadline(), None);
}

#[test]
fn a_vehicle_that_is_heard_no_more_is_cancelled() {
    let mut street = Street::new();
    street.tell(0.0, southwards(210.0));
    street.until(4.9);
    assert_eq!(street.warned(), Some(ComesFrom::Behind));
    street.until(5.0);
    assert_eq!(street.warnings().last().unwrap().kind, DenmKind::Cancellation);
    assert_eq!(street.warned(), None);
}

#[test]
fn lost_updates_do_no_harm() {
    let mut street = Street::new();
    for elapsed in 0..14 {
        street.lost = elapsed % 4 != 0;
        let seconds = f64::from(elapsed);
        street.tell(seconds, southwards(380.0 - 14.0 * seconds));
        assert_eq!(street.warned(), Some(ComesFrom::Behind), "{elapsed}");
    }
    assert_eq!(street.warnings().len(), 14);
}

#[test]
fn a_vehicle_that_stops_at_its_incident_soon_approaches_nobody() {
    let mut street = Street::new();
    street.tell(0.0, southwards(150.0));
    let standing = cam(AMBULANCE, at(-2.0, 140.0), 0.0, Some(SOUTHWARDS));
    for elapsed in 1..60 {
        street.tell(f64::from(elapsed), standing.clone());
        // It stands from the first second on; after 30 s it is taken to have arrived.
        let expected = (elapsed < 31).then_some(ComesFrom::Behind);
        assert_eq!(street.warned(), expected, "{elapsed}");
    }
    let times: Vec<_> =
        street.warnings().iter().map(|warning| (warning.reference_time - start()).seconds()).collect();
    assert_eq!(times, [0.0, 1.0, 11.0, 21.0, 31.0, 41.0, 51.0], "every 10 s");
    for (step, north) in [140.0, 126.0, 112.0].into_iter().enumerate() {
        street.tell(60.0 + step as f64, southwards(north));
    }
    assert_eq!(street.warned(), Some(ComesFrom::Behind), "it goes on");
}

#[test]
fn the_vehicle_s_number_is_nowhere_in_a_warning() {
    let mut street = Street::new();
    for elapsed in 0..30 {
        let seconds = f64::from(elapsed);
        let vehicle = southwards(380.0 - 14.0 * seconds);
        street.tell(seconds, VehiclePosition { siren: elapsed % 10 != 9, ..vehicle });
    }
    let number = u64::from(AMBULANCE);
    let warnings = street.warnings();
    assert!(warnings.len() > 20);
    for warning in warnings {
        let octets = octets(warning);
        let found = |wanted: u64| {
            octets.windows(5).any(|window| {
                let five = window.iter().fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
                (0..=8).any(|shift| five >> shift & 0xFFFF_FFFF == wanted)
            })
        };
        assert!(found(u64::from(OURS.0)), "ours is, so the search finds what is there");
        assert!(!found(number));
    }
}

#[test]
fn times_are_those_of_the_host_when_its_clock_was_set_back() {
    let mut bench = Bench::with(&[1], warning("absolute"));
    bench.tell(Input::Vehicle(southwards(210.0)));
    bench.now = second(-600.0);
    bench.tell(Input::Vehicle(southwards(196.0)));
    bench.until(-599.0);
    let last = *warnings(&bench).last().unwrap();
    assert_eq!((last.reference_time, last.detection_time), (second(-599.0), second(-600.0)));
    assert_eq!(warnings(&bench).len(), 2);
    bench.until(-590.0);
    assert_eq!(warnings(&bench).last().unwrap().kind, DenmKind::Cancellation);
    assert_eq!(warnings(&bench).last().unwrap().reference_time, second(-595.0));
}

#[test]
fn a_journal_with_warnings_replays_to_the_same() {
    let mut bench = Bench::with(&[1], warning("absolute"));
    bench.lamps(&GROUPS, Aspect::Red);
    for elapsed in 0..40 {
        let seconds = f64::from(elapsed);
        bench.until(seconds + 0.137);
        bench.tell(Input::Vehicle(southwards(380.123_456_789 - 13.9 * seconds)));
        if elapsed == 20 {
            bench.tell(Input::Control { intersection: id(1), available: false });
        }
    }
    bench.tick(bench.now + Duration::from_seconds(7));
    let said = warnings(&bench).len();
    assert_eq!(warnings(&bench).last().unwrap().kind, DenmKind::Cancellation);
    let text = bench.journal.lines();
    assert_eq!(text.matches(r#""out":{"warning":{"#).count(), said);
    let replayed = Replay::run(Reader::new(text.as_bytes()).unwrap(), |_| ()).unwrap();
    assert!(replayed.is_ok(), "{}", replayed.unwrap_err());
    let other = text.replacen("\"sequence_number\":0", "\"sequence_number\":1", 1);
    assert!(Replay::run(Reader::new(other.as_bytes()).unwrap(), |_| ()).unwrap().is_err());
}
