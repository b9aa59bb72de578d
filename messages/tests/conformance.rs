//! Every vector of two independent ASN.1 engines: octets to value, value to octets.

#[expect(dead_code, reason = "the other tests use the rest")]
mod vectors_reader;

use vectors_reader::{Vector, vectors};
use voorrang_messages::ItsMessage;
use voorrang_messages::json::FromJson;
use voorrang_messages::uper::EncodeProblem;

#[test]
fn srem_vectors() {
    assert_eq!(check_all("srem.jsonl"), 14);
}

#[test]
fn ssem_vectors() {
    assert_eq!(check_all("ssem.jsonl"), 9);
}

#[test]
fn spatem_vectors() {
    assert_eq!(check_all("spatem.jsonl"), 6);
}

#[test]
fn mapem_vectors() {
    assert_eq!(check_all("mapem.jsonl"), 5);
}

#[test]
fn cam_vectors() {
    assert_eq!(check_all("cam.jsonl"), 8);
}

#[test]
fn denm_vectors() {
    assert_eq!(check_all("denm.jsonl"), 8);
}

fn check_all(file: &str) -> usize {
    let vectors = vectors(file);
    vectors.iter().for_each(check);
    vectors.len()
}

fn check(vector: &Vector) {
    let id = &vector.id;
    let message = ItsMessage::decode(&vector.octets).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(serde_json::to_value(&message).expect("a JSON form"), vector.value, "{id}: octets to value");

    let from_json = ItsMessage::from_json(&vector.value).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(from_json, message, "{id}: value from JSON");

    let mut octets = Vec::new();
    match (message.encode(&mut octets), &vector.unknown) {
        (Ok(()), None) if vector.future => {
            assert_eq!(ItsMessage::decode(&octets), Ok(message), "{id}: the known part")
        }
        (Ok(()), None) => assert_eq!(octets, vector.octets, "{id}: value to octets"),
        (Err(error), Some((path, number))) => {
            assert_eq!(error.problem(), &EncodeProblem::Unknown { number: *number }, "{id}");
            assert_eq!(error.path().to_string(), *path, "{id}");
            assert!(octets.is_empty(), "{id}: nothing is left of a failed encoding");
        }
        (encoded, unknown) => panic!("{id}: {encoded:?} where {unknown:?} is unknown"),
    }
}
