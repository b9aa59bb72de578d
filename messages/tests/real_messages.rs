//! Messages that other projects published, some recorded on the road: their octets give the published value, and the value its octets.
//! They are not part of this repository; without them beside it the test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::fs;

use serde_json::{Map, Value, json};
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::{Schema, Shape};
use voorrang_messages::{ItsMessage, hex};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/real_etsi.jsonl");

#[test]
fn published_messages_are_read_as_published_and_written_as_they_were() {
    let Ok(text) = fs::read_to_string(VECTORS) else {
        println!("skipped: {VECTORS} is not there");
        return;
    };
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    records.iter().for_each(check);
    assert_eq!(records.len(), 12);
}

fn check(record: &Value) {
    let id = &record["id"];
    let octets = hex::octets(record["hex"].as_str().unwrap()).unwrap();
    let message = ItsMessage::decode(&octets).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(message.kind().name(), record["message"], "{id}");

    let published = our_form(&record["value"], message.schema());
    assert_eq!(serde_json::to_value(&message).unwrap(), published, "{id}: octets to value");
    let from_json = ItsMessage::from_json(&published).unwrap_or_else(|error| panic!("{id}: {error}"));
    let mut again = Vec::new();
    from_json.encode(&mut again).unwrap();
    assert_eq!(again, octets, "{id}: value to octets");
}

/// From the form of that file: CHOICE is `[alternative, value]` there, BIT STRING `[integer, bit length]`,
/// an open type of an unknown region `[a made-up name, hex]`.
fn our_form(value: &Value, schema: &Schema) -> Value {
    match (schema.shape, value) {
        (Shape::Sequence(members), Value::Object(values)) => {
            let member = |name: &str| members.iter().find(|member| member.name == name).unwrap();
            let converted =
                values.iter().map(|(name, value)| (name.clone(), our_form(value, member(name).schema)));
            Value::Object(converted.collect::<Map<_, _>>())
        }
        (Shape::Choice { alternatives, .. }, Value::Array(pair)) => {
            let name = pair[0].as_str().unwrap();
            let alternative = alternatives.iter().find(|alternative| alternative.name == name).unwrap();
            json!({ name: our_form(&pair[1], alternative.schema) })
        }
        (Shape::BitString { .. }, Value::Array(pair)) => {
            let (number, length) = (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap());
            let digits = (0..length).rev().map(|bit| if number >> bit & 1 == 1 { '1' } else { '0' });
            json!(digits.collect::<String>())
        }
        (Shape::OpenType, Value::Array(pair)) => json!({ "hex": pair[1] }),
        (Shape::List { element, .. }, Value::Array(values)) => {
            values.iter().map(|value| our_form(value, element)).collect()
        }
        _ => value.clone(),
    }
}
