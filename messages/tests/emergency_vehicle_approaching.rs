//! Warnings of emergency vehicles in DENMs: vectors of independent engines by hand, published messages, and the law that a view comes back
//! from its octets.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod sample;
#[expect(dead_code, reason = "only the octets of vectors are needed here")]
mod vectors_reader;

use std::fs;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use voorrang_messages::emergency_vehicle_approaching::{
    ActionId, ApproachingSubCause, DenmKind, RelevanceDistance, RelevanceTrafficDirection, RoadType,
};
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::Described;
use voorrang_messages::{
    ConfidenceEllipse, Denm, EmergencyVehicleApproaching, ItsMessage, LanePosition, Measured, PathPoint,
    ReferencePosition, StationId, StationType, hex,
};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, Speed};

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

fn at(latitude: f64, longitude: f64) -> GeodeticPosition {
    GeodeticPosition::from_degrees(latitude, longitude).unwrap()
}

fn denm(octets: &[u8]) -> Box<Denm> {
    let ItsMessage::Denm(denm) = ItsMessage::decode(octets).unwrap() else { panic!("a DENM") };
    denm
}

fn vector(id: &str) -> Option<EmergencyVehicleApproaching> {
    let vectors = vectors_reader::vectors("denm.jsonl");
    let vector = vectors.iter().find(|vector| vector.id == id).unwrap();
    EmergencyVehicleApproaching::from_denm(&denm(&vector.octets))
}

const AMBULANCE: StationId = StationId(1_234_567);

/// The path of the vectors: 10 tenths of a microdegree north and 7 west of the point before it, twice.
fn trace() -> Vec<PathPoint> {
    let point = |latitude, longitude, millis| PathPoint {
        position: at(latitude, longitude),
        delta_altitude: Some(Length::ZERO),
        delta_time: Some(Duration::from_millis(millis)),
    };
    vec![point(52.0907, 5.1214, 50), point(52.090_701, 5.121_399_3, 60), point(52.090_703, 5.121_397_9, 70)]
}

#[test]
fn a_warning_is_read() {
    let metres = Length::from_metres;
    let expected = EmergencyVehicleApproaching {
        action: ActionId { originating_station: AMBULANCE, sequence_number: 500 },
        sender: AMBULANCE,
        kind: DenmKind::NewOrUpdate,
        // 694310400123 ms since 2004 of which 5 s are leap seconds.
        detection_time: utc("2025-12-31T23:59:55.123Z"),
        reference_time: utc("2025-12-31T23:59:55.163Z"),
        event_position: ReferencePosition {
            geodetic: Some(at(52.0907, 5.1214)),
            ellipse: Some(ConfidenceEllipse {
                semi_major: metres(1.0),
                semi_minor: metres(0.8),
                orientation: Some(Angle::from_degrees(90.0)),
            }),
            altitude: Some(Measured::within(metres(15.2), metres(5.0))),
        },
        relevance_distance: Some(RelevanceDistance::LessThan500m),
        relevance_traffic_direction: Some(RelevanceTrafficDirection::Upstream),
        validity: Duration::from_seconds(60),
        transmission_interval: Some(Duration::from_seconds(1)),
        station_type: StationType::SpecialVehicles,
        sub_cause: Some(ApproachingSubCause::EmergencyVehicle),
        information_quality: Some(7),
        event_speed: Some(Measured::within(
            Speed::from_metres_per_second(13.89),
            Speed::from_metres_per_second(0.1),
        )),
        event_heading: Some(Measured::within(Angle::from_degrees(45.0), Angle::from_degrees(1.0))),
        traces: vec![trace()],
        road_type: Some(RoadType::UrbanNotSeparated),
        lane_position: None,
    };
    assert_eq!(vector("dev-denm-020"), Some(expected.clone()));
    assert_eq!(vector("dev-denm-fut-012"), Some(expected.clone()), "additions are passed over");
    let with_lane = EmergencyVehicleApproaching { lane_position: Some(LanePosition::Lane(1)), ..expected };
    assert_eq!(vector("dev-denm-023"), Some(with_lane));
    assert_eq!(vector("dev-denm-024").unwrap().lane_position, None);
}

#[test]
fn a_prioritized_vehicle_has_the_default_validity() {
    let view = vector("dev-denm-021").unwrap();
    assert_eq!(view.sub_cause, Some(ApproachingSubCause::PrioritizedVehicle));
    assert_eq!(view.validity, Duration::from_seconds(600));
    assert_eq!(view.expires_at(), utc("2026-01-01T00:09:55.123Z"));
    assert_eq!((view.event_speed, view.event_heading, view.traces.len()), (None, None, 0));
}

#[test]
fn a_cancellation_ends_its_action() {
    let (warning, end) = (vector("dev-denm-020").unwrap(), vector("dev-denm-022").unwrap());
    assert_eq!((end.kind, end.action), (DenmKind::Cancellation, warning.action));
    assert_eq!((end.sub_cause, end.information_quality), (None, None));
    assert_eq!(end.action.to_string(), "1234567/500");
    assert!(!end.is_valid_at(warning.detection_time) && warning.is_valid_at(warning.detection_time));
}

#[test]
fn other_events_are_not_ours() {
    assert_eq!(vector("dev-denm-035"), None, "no situation");
    assert_eq!(vector("dev-denm-036"), None, "cause 118");
}

/// What is a warning here is written as it was read.
#[test]
fn warnings_are_written_as_they_were() {
    for (id, whole) in
        [("dev-denm-020", true), ("dev-denm-021", true), ("dev-denm-022", true), ("dev-denm-023", false)]
    {
        let vectors = vectors_reader::vectors("denm.jsonl");
        let vector = vectors.iter().find(|vector| vector.id == id).unwrap();
        let view = EmergencyVehicleApproaching::from_denm(&denm(&vector.octets)).unwrap();
        let mut octets = Vec::new();
        view.to_denm().unwrap().encode(&mut octets).unwrap();
        assert_eq!(octets == vector.octets, whole, "{id}");
        assert_eq!(EmergencyVehicleApproaching::from_denm(&denm(&octets)), Some(view), "{id}");
    }
}

/// The trace of a DENM from a road in Hamburg, road works: read as if it warned of an emergency vehicle. From point to point it follows
/// the road; were the points told from the event, they would all lie within 120 m of it.
#[test]
fn a_published_trace_is_a_chain() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/real_etsi.jsonl");
    let Ok(text) = fs::read_to_string(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let published = |id: &str| {
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let record = records.into_iter().find(|record| record["id"] == id).unwrap();
        denm(&hex::octets(record["hex"].as_str().unwrap()).unwrap())
    };
    assert_eq!(EmergencyVehicleApproaching::from_denm(&published("nemeson_denm_minimal")), None);

    let mut hamburg = published("citsparser_denm");
    assert_eq!(EmergencyVehicleApproaching::from_denm(&hamburg), None, "road works");
    hamburg.denm.situation.as_mut().unwrap().event_type.cause_code.0 = 95;
    let view = EmergencyVehicleApproaching::from_denm(&hamburg).unwrap();
    assert_eq!(view.action, ActionId { originating_station: StationId(2_360_693_113), sequence_number: 13 });
    assert_eq!(view.sender, StationId(3_774_684_471));
    assert_eq!(view.detection_time, utc("2022-07-26T09:40:18.200Z"));
    assert_eq!(view.expires_at(), utc("2022-07-26T09:40:38.200Z"));
    assert_eq!(view.event_position.geodetic, Some(at(53.550_697_6, 9.936_078_8)));
    assert_eq!(view.event_heading, Some(Measured::unsure(Angle::ZERO)), "3600 is north");
    assert_eq!(view.event_speed.unwrap().within, Some(Speed::from_metres_per_second(0.63)));
    let trace = &view.traces[0];
    assert_eq!(trace.len(), 40);
    assert_eq!(trace[0].position, at(53.550_587, 9.936_014_9));
    assert_eq!(trace[0].delta_time, Some(Duration::from_millis(713_160)));
    assert_eq!(trace[0].delta_altitude, Some(Length::from_metres(-0.9)));
    assert_eq!(trace[1].position, at(53.550_582_9, 9.936_014_8));
    assert_eq!(trace[2].position, at(53.550_595_7, 9.936_017_5));
}

/// Of any value that the type of a DENM has, its cause put to ours.
#[test]
fn warnings_of_any_message_come_back() {
    let mut runner = TestRunner::new(sample::config(5_000));
    let law = runner.run(&sample::values(Denm::SCHEMA), |value| {
        let mut denm = Denm::from_json(&value).expect("the schema allows it");
        if let Some(situation) = &mut denm.denm.situation {
            situation.event_type.cause_code.0 = 95;
        }
        let Some(read) = EmergencyVehicleApproaching::from_denm(&denm) else { return Ok(()) };
        let told = read.to_denm();
        let told = told.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let again = EmergencyVehicleApproaching::from_denm(&told).expect("it tells of our cause");
        match read.kind {
            DenmKind::NewOrUpdate => prop_assert_eq!(without_delta_times(again), without_delta_times(read)),
            kind => prop_assert_eq!((again.kind, again.action), (kind, read.action)),
        }
        Ok(())
    });
    law.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Those below 10 ms, which no vehicle has, are told as 10 ms.
fn without_delta_times(mut view: EmergencyVehicleApproaching) -> EmergencyVehicleApproaching {
    view.traces.iter_mut().flatten().for_each(|point| point.delta_time = None);
    view
}

fn instant() -> impl Strategy<Value = Instant> {
    // 2004 to 2140.
    (1_072_915_200_000_i64..5_364_662_400_000).prop_map(Instant::from_unix_millis)
}

fn speed() -> impl Strategy<Value = Measured<Speed>> {
    let speed = |steps: u16| Speed::from_metres_per_second(f64::from(steps) / 100.0);
    (0_u16..16_383, of(1_u16..126))
        .prop_map(move |(value, within)| Measured { value: speed(value), within: within.map(speed) })
}

fn heading() -> impl Strategy<Value = Measured<Angle>> {
    let angle = |steps: u16| Angle::from_degrees(f64::from(steps) / 10.0);
    (0_u16..3600, of(1_u16..126))
        .prop_map(move |(value, within)| Measured { value: angle(value), within: within.map(angle) })
}

/// In tenths of a microdegree, far enough from poles and date line for paths of 40 points.
fn place() -> impl Strategy<Value = (i32, i32)> {
    (-800_000_000_i32..=800_000_000, -1_700_000_000_i32..=1_700_000_000)
}

fn position((latitude, longitude): (i32, i32)) -> GeodeticPosition {
    at(f64::from(latitude) / 1e7, f64::from(longitude) / 1e7)
}

fn trace_from((latitude, longitude): (i32, i32)) -> impl Strategy<Value = Vec<PathPoint>> {
    let step = (-131_071..=131_071, -131_071..=131_071, of(-12_700_i16..12_800), of(1_i64..100_000));
    vec(step, 1..=40).prop_map(move |steps| {
        let mut place = (latitude, longitude);
        let point = |(north, east, altitude, time): (i32, i32, Option<i16>, Option<i64>)| {
            place = (place.0 + north, place.1 + east);
            PathPoint {
                position: position(place),
                delta_altitude: altitude.map(|altitude| Length::from_centimetres(altitude.into())),
                delta_time: time.map(|steps| Duration::from_millis(steps * 10)),
            }
        };
        steps.into_iter().map(point).collect()
    })
}

fn warning() -> impl Strategy<Value = EmergencyVehicleApproaching> {
    let identity = (any::<u32>(), any::<u16>(), any::<u32>(), instant(), instant());
    let distance = prop::sample::select(vec![RelevanceDistance::LessThan50m, RelevanceDistance::Over10km]);
    let direction = prop::sample::select(vec![
        RelevanceTrafficDirection::All,
        RelevanceTrafficDirection::Downstream,
        RelevanceTrafficDirection::Opposite,
    ]);
    let management = (of(distance), of(direction), 0_i64..=86_400, of(1_i64..=10_000));
    let sub_cause = prop_oneof![
        Just(ApproachingSubCause::EmergencyVehicle),
        (3..=u8::MAX).prop_map(ApproachingSubCause::Other)
    ];
    let road = prop::sample::select(vec![RoadType::UrbanSeparated, RoadType::NonUrbanNotSeparated]);
    let lane = (1_u8..=13).prop_map(LanePosition::Lane);
    let situation = (sub_cause, of(1_u8..=7), of(speed()), of(heading()), of(road), of(lane));
    let place = place().prop_flat_map(|place| (Just(place), vec(trace_from(place), 0..=7)));
    (identity, management, situation, place).prop_map(|(identity, management, situation, (place, traces))| {
        let (station, sequence_number, sender, detection_time, reference_time) = identity;
        let (relevance_distance, relevance_traffic_direction, validity, interval) = management;
        let (sub_cause, information_quality, event_speed, event_heading, road_type, lane_position) =
            situation;
        EmergencyVehicleApproaching {
            action: ActionId { originating_station: StationId(station), sequence_number },
            sender: StationId(sender),
            kind: DenmKind::NewOrUpdate,
            detection_time,
            reference_time,
            event_position: ReferencePosition::at(position(place)),
            relevance_distance,
            relevance_traffic_direction,
            validity: Duration::from_seconds(validity),
            transmission_interval: interval.map(Duration::from_millis),
            station_type: StationType::SpecialVehicles,
            sub_cause: Some(sub_cause),
            information_quality,
            event_speed,
            event_heading,
            traces,
            road_type,
            lane_position,
        }
    })
}

proptest! {
    #[test]
    fn warnings_come_back_from_their_octets(warning in warning()) {
        let denm = warning.to_denm().unwrap();
        let mut octets = Vec::new();
        denm.encode(&mut octets).unwrap();
        let again = Denm::decode(&octets).unwrap();
        prop_assert_eq!(&again, &denm);
        prop_assert_eq!(EmergencyVehicleApproaching::from_denm(&again), Some(warning));
    }
}
