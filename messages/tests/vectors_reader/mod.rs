//! The records of `tests/vectors/`.

use std::fs;

use serde_json::{Value, json};

/// All files of vectors.
pub(crate) const FILES: [&str; 6] =
    ["srem.jsonl", "ssem.jsonl", "spatem.jsonl", "mapem.jsonl", "cam.jsonl", "denm.jsonl"];

/// One message as JSON and as octets.
pub(crate) struct Vector {
    pub(crate) id: String,
    /// What decoding gives: the record's value, with the unknown that `expect` tells of in its place.
    pub(crate) value: Value,
    pub(crate) octets: Vec<u8>,
    /// Written by a later version: encoding it gives other octets.
    pub(crate) future: bool,
    /// Where an unknown addition stands, and its number.
    pub(crate) unknown: Option<(String, u64)>,
}

/// All records of a file.
pub(crate) fn vectors(file: &str) -> Vec<Vector> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| vector(&serde_json::from_str(line).expect("a record is JSON"))).collect()
}

fn vector(record: &Value) -> Vector {
    let text = |name: &str| record[name].as_str().expect("a text").to_owned();
    let mut value = record["value"].clone();
    let unknown = text("expect").strip_prefix("unknown-").map(|rest| {
        let parts: Vec<_> = rest.split(':').collect();
        let ["enum" | "choice", path, number] = parts[..] else { panic!("{rest}") };
        let number = number.parse().expect("the number of an addition");
        *at(&mut value, path) = json!({ "unknown": number });
        (path.to_owned(), number)
    });
    Vector {
        id: text("id"),
        value,
        octets: voorrang_messages::hex::octets(&text("uper")).expect("hex"),
        future: text("kind") == "future",
        unknown,
    }
}

/// The place that a path such as `srm.requests[0].request` names.
fn at<'a>(value: &'a mut Value, path: &str) -> &'a mut Value {
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    value.pointer_mut(&format!("/{pointer}")).unwrap_or_else(|| panic!("no {path}"))
}
