//! `decode` and `encode` as a user runs them, on the vectors of two independent ASN.1 engines.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The smallest SREM.
const SMALLEST: &str = "0209000000000000000000000000";

#[test]
fn decode_prints_the_values_of_the_vectors_and_encode_their_octets() {
    for (file, count) in [("srem.jsonl", 14), ("ssem.jsonl", 9)] {
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
        "# three good ones\n{SMALLEST}\n{cut}\n\n{SMALLEST}\n{SMALLEST}0\nzz\n{SMALLEST}00\n{SMALLEST}\n0202"
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
            "stdin:10: header.messageID at octet 1, bit 0: expected a message that is supported, found messageID 2 (CAM)",
        ]
    );
}

#[test]
fn bad_json_is_reported_with_its_field() {
    let good = r#"{"header":{"protocolVersion":2,"messageID":9,"stationID":0},"srm":{"second":0,"requestor":{"id":{"stationID":7}}}}"#;
    let input = [
        good,
        &good.replace("\"messageID\":9", "\"messageID\":2"),
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
            "stdin:2: header.messageID: expected 9 (SREM) or 10 (SSEM) (CAM is not supported yet), found 2",
            "stdin:3: srm.requestor.id: expected one of the alternatives entityID, stationID, found {\"unknown\":7}",
            "stdin:4: srm.second: expected a whole number from 0 to 65535, found \"0\"",
            "stdin:5: SREM srm.sequenceNumber: expected 0 to 127, found 200",
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
    let mut child = piped("decode");
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

fn piped(command: &str) -> std::process::Child {
    let (stdin, stdout, stderr) = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    program().arg(command).stdin(stdin).stdout(stdout).stderr(stderr).spawn().expect("the program starts")
}

fn run(command: &str, input: &str) -> Output {
    let mut child = piped(command);
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("no panic").expect("all input is read");
    output
}

fn text(octets: &[u8]) -> &str {
    str::from_utf8(octets).expect("UTF-8")
}

fn records(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../messages/tests/vectors").join(file);
    let text = fs::read_to_string(path).expect("the vectors of `messages`");
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
