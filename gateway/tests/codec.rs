//! `decode` and `encode` as a user runs them, on the vectors of two independent ASN.1 engines.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../messages/tests/vectors");

/// The files of vectors, with the number of their records.
const FILES: [(&str, usize); 6] = [
    ("srem.jsonl", 14),
    ("ssem.jsonl", 9),
    ("spatem.jsonl", 6),
    ("mapem.jsonl", 5),
    ("cam.jsonl", 8),
    ("denm.jsonl", 8),
];

/// The smallest SREM.
const SMALLEST: &str = "0209000000000000000000000000";

#[test]
fn decode_prints_the_values_of_the_vectors_and_encode_their_octets() {
    for (file, count) in FILES {
        let records = records(file);
        assert_eq!(records.len(), count);
        let decoded = run("decode", &lines(&records, "uper"));
        assert_eq!((decoded.status.code(), text(&decoded.stderr)), (Some(0), ""));

        let values: Vec<Value> =
            text(&decoded.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(values.len(), count);
        let mut same_again = Vec::new();
        for (record, value) in records.iter().zip(&values) {
            if record["expect"] == "ok" {
                assert_eq!(*value, record["value"], "{}", record["id"]);
            }
            if record["kind"] != "future" {
                same_again.push(record.clone());
            }
        }

        let hex = run("encode", &lines(&same_again, "value"));
        assert_eq!(
            (hex.status.code(), text(&hex.stdout), text(&hex.stderr)),
            (Some(0), &*lines(&same_again, "uper"), "")
        );
    }
}

#[test]
fn json_is_printed_in_the_order_of_the_asn1() {
    let decoded = run("decode", SMALLEST);
    let expected = r#"{"header":{"protocolVersion":2,"messageID":9,"stationID":0},"srm":{"second":0,"requestor":{"id":{"entityID":"00000000"}}}}"#;
    assert_eq!(text(&decoded.stdout), format!("{expected}\n"));
}

#[test]
fn a_bad_line_is_reported_and_the_others_go_on() {
    let cut = &SMALLEST[..SMALLEST.len() - 2];
    let input = format!(
        "# three good ones\n{SMALLEST}\n{cut}\n\n{SMALLEST}\n{SMALLEST}0\nzz\n{SMALLEST}00\n{SMALLEST}\n0206\n0202"
    );
    let decoded = run("decode", &input);
    assert_eq!(decoded.status.code(), Some(1));
    assert_eq!(text(&decoded.stdout).lines().count(), 3);
    let reports: Vec<_> = text(&decoded.stderr).lines().collect();
    assert_eq!(
        reports,
        [
            "stdin:3: SREM srm.requestor.id.entityID at octet 12, bit 7: expected 8 more bits, found 1",
            "stdin:6: an odd number of digits (29): half an octet at the end",
            "stdin:7: 'z' at character 1 is not a hexadecimal digit",
            "stdin:8: SREM (message) at octet 13, bit 7: expected the end of the message, found 1 more octets",
            "stdin:10: header.messageID at octet 1, bit 0: expected a message that is supported, found messageID 6 (IVIM)",
            "stdin:11: CAM header.stationID at octet 2, bit 0: expected 32 more bits, found 0",
        ]
    );
}

#[test]
fn bad_json_is_reported_with_its_field() {
    let good = r#"{"header":{"protocolVersion":2,"messageID":9,"stationID":0},"srm":{"second":0,"requestor":{"id":{"stationID":7}}}}"#;
    let input = [
        good,
        &good.replace("\"messageID\":9", "\"messageID\":6"),
        &good.replace("\"stationID\":7", "\"unknown\":7"),
        &good.replace("\"second\":0", "\"second\":\"0\""),
        &good.replace("\"second\":0", "\"sequenceNumber\":200,\"second\":0"),
        "{",
        good,
    ]
    .join("\n");
    let encoded = run("encode", &input);
    assert_eq!(encoded.status.code(), Some(1));
    assert_eq!(text(&encoded.stdout).lines().count(), 2);
    let reports: Vec<_> = text(&encoded.stderr).lines().collect();
    assert_eq!(
        reports,
        [
            "stdin:2: header.messageID: expected one of 1 (DENM), 2 (CAM), 4 (SPATEM), 5 (MAPEM), 9 (SREM), 10 (SSEM); IVIM is not supported, found 6",
            "stdin:3: srm.requestor.id: expected one of the alternatives entityID, stationID, found {\"unknown\":7}",
            "stdin:4: srm.second: expected a whole number from 0 to 65535, found \"0\"",
            "stdin:5: srm.sequenceNumber: expected a whole number from 0 to 127, found 200",
            "stdin:6: not JSON: EOF while parsing an object at line 1 column 1",
        ]
    );
}

#[test]
fn an_unknown_addition_is_shown_and_refused() {
    let records = records("srem.jsonl");
    let unknown = records.iter().find(|record| record["id"] == "dev-srem-fut-005").unwrap();
    let decoded = run("decode", unknown["uper"].as_str().unwrap());
    let value: Value = serde_json::from_slice(&decoded.stdout).unwrap();
    assert_eq!(value["srm"]["requestor"]["type"]["role"], serde_json::json!({"unknown": 0}));
    let encoded = run("encode", text(&decoded.stdout));
    assert_eq!(encoded.status.code(), Some(1));
    assert!(
        text(&encoded.stderr).starts_with("stdin:1: SREM srm.requestor.type.role: "),
        "{}",
        text(&encoded.stderr)
    );
}

/// SREM `dev-srem-001` of the vectors: approach 4 of 528/3107.
fn request() -> String {
    records("srem.jsonl")[1]["uper"].as_str().unwrap().to_owned()
}

#[test]
fn a_table_has_a_line_for_each_message_that_says_what_it_says() {
    let decoded = with(&["decode", "--format", "table"], &request());
    assert_eq!(
        text(&decoded.stdout),
        "      1  SREM       1234567     49  emergency: updates its request at 528/3107, approach 4, request 7, ETA in 0.0 s\n"
    );
}

#[test]
fn a_tree_has_quantities_with_their_raw_values() {
    let records = records("cam.jsonl");
    let decoded = with(&["decode", "--format", "tree"], records[0]["uper"].as_str().unwrap());
    let tree = text(&decoded.stdout);
    for line in [
        "CAM of 81 octets: emergency, blue light and siren on, 52.0907000 5.1214000, 13.9 m/s, heading 45.0 degrees",
        "        latitude: 52.0907000 degree [520907000]",
        "          speedValue: 13.89 m/s [1389]",
        "        vehicleRole: emergency [6]",
        "        lightBarSirenInUse: lightBarActivated, sirenActivated [11]",
        "          subCauseCode: emergencyVehicleApproaching [1]",
    ] {
        assert!(tree.lines().any(|found| found == line), "no {line:?} in\n{tree}");
    }
}

#[test]
fn a_message_changes_its_header_and_back() {
    let frame = with(&["convert", "--to", "j2735"], &request());
    assert!(text(&frame.stdout).starts_with("001d2b"), "{}", text(&frame.stdout));
    let decoded = run("decode", text(&frame.stdout));
    let value: Value = serde_json::from_slice(&decoded.stdout).unwrap();
    assert_eq!(value["messageId"], 29);
    assert_eq!(run("encode", text(&decoded.stdout)).stdout, frame.stdout);
    let back = with(&["convert", "--to", "etsi"], text(&frame.stdout));
    assert_eq!(text(&back.stdout), format!("{}\n", request()));
}

#[test]
fn a_frame_that_names_no_station_asks_for_one() {
    let spatem = records("spatem.jsonl")[0]["uper"].as_str().unwrap().to_owned();
    let frame = with(&["convert", "--to", "j2735"], &spatem);
    let without = with(&["convert", "--to", "etsi"], text(&frame.stdout));
    assert_eq!(without.status.code(), Some(1));
    assert_eq!(text(&without.stderr), "stdin:1: SPAT names no station: say which with --station ID\n");
    let back = with(&["convert", "--to", "etsi", "--station", "70001"], text(&frame.stdout));
    assert_eq!(text(&back.stdout), format!("{spatem}\n"));
}

#[test]
fn a_cam_has_no_frame() {
    let cam = records("cam.jsonl")[0]["uper"].as_str().unwrap().to_owned();
    let converted = with(&["convert", "--to", "j2735"], &cam);
    assert_eq!(converted.status.code(), Some(1));
    assert!(text(&converted.stderr).contains("which have a MessageFrame, found messageID 2"));
}

#[test]
fn a_capture_gives_its_messages_with_their_packets_and_encode_takes_them() {
    let hex: String = FILES.iter().map(|(file, _)| lines(&records(file), "uper")).collect();
    let capture = with(&["convert", "--to", "pcap"], &hex);
    let decoded = with_octets(&["decode"], &capture.stdout);
    assert_eq!((decoded.status.code(), text(&decoded.stderr)), (Some(0), ""));
    let values: Vec<Value> =
        text(&decoded.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values.len(), 50);
    assert_eq!(values[49]["packet"]["number"], 50);
    assert_eq!(values[49]["packet"]["time"], "2026-01-01T00:00:00.049Z");
    assert_eq!(values[49]["packet"]["btp"]["destinationPort"], 2002);
    assert_eq!(values[49]["packet"]["security"], "unsecured");
    assert_eq!(values[0]["message"], records("srem.jsonl")[0]["value"]);

    let first = text(&decoded.stdout).lines().next().unwrap();
    assert_eq!(
        text(&run("encode", first).stdout).trim_end(),
        records("srem.jsonl")[0]["uper"].as_str().unwrap()
    );

    let cut = with_octets(&["decode"], &capture.stdout[..capture.stdout.len() - 9]);
    assert_eq!(cut.status.code(), Some(1));
    assert_eq!(text(&cut.stdout).lines().count(), 49);
    assert_eq!(text(&cut.stderr), "stdin: the capture ends within packet 50\n");
}

#[test]
fn a_signed_packet_is_opened_and_said_to_be_not_verified() {
    let packets = fs::read_to_string(Path::new(VECTORS).join("packets.jsonl")).unwrap();
    let packets: Vec<Value> = packets.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let signed = packets.iter().find(|packet| packet["hex"].as_str().unwrap().starts_with("12")).unwrap();
    let decoded = run("decode", signed["hex"].as_str().unwrap());
    let value: Value = serde_json::from_slice(&decoded.stdout).unwrap();
    assert_eq!(value["packet"]["security"], "signed, not verified");
    assert_eq!(value["message"]["header"]["messageID"], 2);
    let tree = with(&["decode", "--format", "tree"], signed["hex"].as_str().unwrap());
    assert!(
        text(&tree.stdout)
            .starts_with("packet: signed, not verified; single-hop broadcast, BTP-B port 2001\nCAM of "),
        "{}",
        text(&tree.stdout)
    );
}

#[test]
fn one_message_can_be_binary_both_ways() {
    let json = run("decode", &request());
    let binary = with_octets(&["encode", "--format", "binary"], &json.stdout);
    assert_eq!(binary.stdout.len(), request().len() / 2);
    assert_eq!(with_octets(&["decode"], &binary.stdout).stdout, json.stdout);

    let two = [&json.stdout[..], &json.stdout].concat();
    let refused = with_octets(&["encode", "--format", "binary"], &two);
    assert_eq!((refused.status.code(), refused.stdout), (Some(1), binary.stdout));
    assert!(text(&refused.stderr).starts_with("stdin:2: another message"), "{}", text(&refused.stderr));
}

#[test]
fn a_kind_that_is_asked_for_is_the_only_one_that_is_taken() {
    let decoded = with(&["decode", "--kind", "ssem"], &request());
    assert_eq!(decoded.status.code(), Some(1));
    assert_eq!(
        text(&decoded.stderr),
        "stdin:1: SSEM header.messageID at octet 1, bit 0: expected message 10, found 9\n"
    );
    assert_eq!(with(&["decode", "--kind", "srem"], &request()).status.code(), Some(0));
}

#[test]
fn files_are_read_and_a_missing_one_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("messages.hex");
    fs::write(&file, SMALLEST).unwrap();
    let decoded = program().arg("decode").arg(&file).output().unwrap();
    assert_eq!((decoded.status.code(), text(&decoded.stdout).lines().count()), (Some(0), 1));

    let missing = program().args(["decode", "not-there.hex"]).output().unwrap();
    assert_eq!((missing.status.code(), text(&missing.stdout)), (Some(2), ""));
    assert!(
        text(&missing.stderr).starts_with("voorrang-gateway: can't open not-there.hex: "),
        "{}",
        text(&missing.stderr)
    );

    let folder = program().arg("encode").arg(folder.path()).output().unwrap();
    assert_eq!(folder.status.code(), Some(2));
    assert_eq!(program().arg("decipher").output().unwrap().status.code(), Some(2));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = piped(&["decode"]);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // Fails once the program is gone.
        while writeln!(stdin, "{SMALLEST}").is_ok() {}
    });
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 8]).unwrap();
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), ""));
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_voorrang-gateway"))
}

fn piped(arguments: &[&str]) -> std::process::Child {
    let (stdin, stdout, stderr) = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    program().args(arguments).stdin(stdin).stdout(stdout).stderr(stderr).spawn().expect("the program starts")
}

fn run(command: &str, input: &str) -> Output {
    with(&[command], input)
}

fn with(arguments: &[&str], input: &str) -> Output {
    with_octets(arguments, input.as_bytes())
}

fn with_octets(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = piped(arguments);
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // A program that stops reading is no failure here.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("no panic");
    output
}

fn text(octets: &[u8]) -> &str {
    str::from_utf8(octets).expect("UTF-8")
}

fn records(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(Path::new(VECTORS).join(file)).expect("the vectors of `messages`");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// One member of each record, a line each.
fn lines(records: &[Value], member: &str) -> String {
    let line = |record: &Value| match &record[member] {
        Value::String(hex) => format!("{hex}\n"),
        value => format!("{value}\n"),
    };
    records.iter().map(line).collect()
}
