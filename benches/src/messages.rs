//! The messages that codecs are measured with: what a junction and an ambulance send, as octets.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};
use voorrang_messages::json::FromJson;
use voorrang_messages::{ItsMessage, MessageKind, hex};

/// The octets of a realistic message of a kind, 39 to some 600 of them: the test vectors with all usual fields (SREM `dev-srem-000`,
/// SSEM `dev-ssem-007`, CAM `dev-cam-016`, DENM `dev-denm-020`), a SPATEM of 16 signal groups and a MAPEM of 20 lanes.
///
/// # Panics
/// If the test vectors are no messages any more.
#[must_use]
pub fn realistic(kind: MessageKind) -> Vec<u8> {
    match kind {
        MessageKind::Srem => vector("srem.jsonl", "dev-srem-000"),
        MessageKind::Ssem => vector("ssem.jsonl", "dev-ssem-007"),
        MessageKind::Cam => vector("cam.jsonl", "dev-cam-016"),
        MessageKind::Denm => vector("denm.jsonl", "dev-denm-020"),
        MessageKind::Spatem => octets(&spatem()),
        MessageKind::Mapem => octets(&mapem()),
    }
}

/// Of all test vectors the one that takes the decoder longest for each octet, with its id.
///
/// # Panics
/// If there are no test vectors any more.
#[must_use]
pub fn slowest_for_its_length() -> (String, Vec<u8>) {
    let files = ["srem", "ssem", "spatem", "mapem", "cam", "denm"].map(|kind| format!("{kind}.jsonl"));
    let vectors = files.iter().flat_map(|file| vectors(file)).map(|(id, octets)| {
        const ROUNDS: u32 = 2000;
        let started = Instant::now();
        for _ in 0..ROUNDS {
            drop(black_box(ItsMessage::decode(black_box(&octets))));
        }
        let nanos = started.elapsed().as_nanos() / (octets.len() as u128 * u128::from(ROUNDS) / 1000);
        (nanos, id, octets)
    });
    let (_, id, octets) = vectors.max().expect("test vectors");
    (id, octets)
}

/// The vectors of a file: id and octets.
fn vectors(file: &str) -> Vec<(String, Vec<u8>)> {
    let path = format!("{}/../messages/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the test vectors lie in the repository");
    let vector = |line| {
        let record: Value = serde_json::from_str(line).expect("JSON Lines");
        let text = |name: &str| record[name].as_str().expect("a text").to_owned();
        (text("id"), hex::octets(&text("uper")).expect("hex"))
    };
    text.lines().map(vector).collect()
}

fn vector(file: &str, id: &str) -> Vec<u8> {
    vectors(file).into_iter().find(|(other, _)| other == id).expect("a record of that id").1
}

fn octets(value: &Value) -> Vec<u8> {
    let message = ItsMessage::from_json(value).expect("it is written here");
    let mut octets = Vec::new();
    message.encode(&mut octets).expect("it is written here");
    octets
}

/// Sixteen signal groups, each with its state and the next one, and their times.
fn spatem() -> Value {
    let group = |group: u32| {
        let (now, next) = if group.is_multiple_of(4) {
            ("protected-Movement-Allowed", "protected-clearance")
        } else {
            ("stop-And-Remain", "protected-Movement-Allowed")
        };
        let (end, later) = (18_000 + 10 * group, 18_300 + 10 * group);
        json!({ "signalGroup": group, "state-time-speed": [
            { "eventState": now, "timing": {
                "minEndTime": end, "maxEndTime": end + 200, "likelyTime": end + 50, "confidence": 9,
            } },
            { "eventState": next, "timing": { "startTime": end + 50, "minEndTime": later, "likelyTime": later + 30 } },
        ] })
    };
    let groups: Vec<_> = (1..=16).map(group).collect();
    json!({
        "header": { "protocolVersion": 2, "messageID": 4, "stationID": 70_001 },
        "spat": { "intersections": [{
            "id": { "region": 528, "id": 3107 },
            "revision": 9,
            "status": "0000001000000000",
            "moy": 411_840,
            "timeStamp": 30_500,
            "states": groups,
        }] },
    })
}

/// Twelve lanes towards the junction, four nodes and a connection or two each, and eight away from it.
fn mapem() -> Value {
    let attributes = |use_of: &str| json!({ "directionalUse": use_of, "sharedWith": "0001100000", "laneType": { "vehicle": "00000000" } });
    let ingress = |lane: u32| {
        let connection = |to: u32, number: u32| {
            json!({
                "connectingLane": { "lane": 20 + to, "maneuver": "100000000000" },
                "signalGroup": lane,
                "connectionID": number,
            })
        };
        let mut connections = vec![connection(lane % 8, lane)];
        connections.extend(lane.is_multiple_of(3).then(|| connection(lane % 8 + 1, 12 + lane)));
        json!({
            "laneID": lane,
            "ingressApproach": 1 + (lane - 1) / 3,
            "laneAttributes": attributes("10"),
            "maneuvers": "100000000000",
            "nodeList": { "nodes": [
                { "delta": { "node-XY3": { "x": 1200 + lane, "y": -1500 } }, "attributes": { "localNode": ["stopLine"] } },
                { "delta": { "node-XY4": { "x": 2500, "y": -350 } } },
                { "delta": { "node-XY4": { "x": 3900, "y": 120 }, }, "attributes": { "dWidth": -25 } },
                { "delta": { "node-XY5": { "x": 5200, "y": 640 } } },
            ] },
            "connectsTo": connections,
        })
    };
    let egress = |lane: u32| {
        json!({
            "laneID": 20 + lane,
            "egressApproach": 1 + (lane - 1) / 2,
            "laneAttributes": attributes("01"),
            "nodeList": { "nodes": [
                { "delta": { "node-XY3": { "x": -1400, "y": 1300 + lane } } },
                { "delta": { "node-XY4": { "x": -3600, "y": 250 } } },
                { "delta": { "node-XY4": { "x": -3900, "y": -80 } } },
            ] },
        })
    };
    let lanes: Vec<_> = (1..=12).map(ingress).chain((1..=8).map(egress)).collect();
    json!({
        "header": { "protocolVersion": 2, "messageID": 5, "stationID": 70_001 },
        "map": { "msgIssueRevision": 9, "intersections": [{
            "id": { "region": 528, "id": 3107 },
            "revision": 9,
            "refPoint": { "lat": 520_907_000, "long": 51_214_000 },
            "laneWidth": 320,
            "laneSet": lanes,
        }] },
    })
}
