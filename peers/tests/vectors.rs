//! Each peer against the vectors of two other engines (`messages/tests/vectors/`). Where a peer is wrong, the vectors are named here: a
//! test fails as well once the peer does better.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::fs;

use serde_json::Value;
use voorrang_peers::{Peer, Readable, asn1rs_stock, c_its, rasn_compiled};

/// The ids of the vectors of a group that a property is true of, with the peer's type for each message.
macro_rules! ids {
    ($group:ident, $property:ident of $peer:ident) => {{
        let mut found = Vec::new();
        found.extend(ids("srem", Group::$group, $property::<$peer::Srem>));
        found.extend(ids("ssem", Group::$group, $property::<$peer::Ssem>));
        found.extend(ids("spatem", Group::$group, $property::<$peer::Spatem>));
        found.extend(ids("mapem", Group::$group, $property::<$peer::Mapem>));
        found.extend(ids("cam", Group::$group, $property::<$peer::Cam>));
        found.extend(ids("denm", Group::$group, $property::<$peer::Denm>));
        found
    }};
}

const NONE: [&str; 0] = [];

#[test]
fn rasn_is_right() {
    assert_eq!(ids!(Current, reads_another_value of rasn_compiled), NONE);
    assert_eq!(ids!(Current, writes_other_octets of rasn_compiled), NONE);
}

#[test]
fn stock_asn1rs_is_right() {
    assert_eq!(ids!(Current, writes_other_octets of asn1rs_stock), NONE);
}

#[test]
fn c_its_parser_is_right_within_the_roots_of_sizes() {
    // Read well, and a matter of JER alone: rasn 0.28 gives a BIT STRING of extensible size no length, here 9 bits where the root has 8.
    assert_eq!(ids!(Current, reads_another_value of c_its), ["dev-mapem-015"]);
    // X.691 clause 20.4: a list longer than its root has a length without bounds, which rasn 0.28 does not write.
    assert_eq!(ids!(Current, writes_other_octets of c_its), ["dev-denm-024"]);
}

/// X.691 clause 19: each addition is an open type with a length, so that whoever does not know it can go on behind it.
#[test]
fn only_rasn_passes_over_unknown_additions() {
    assert_eq!(ids!(Additions, reads_another_value of rasn_compiled), NONE);
    // The others read on in the middle of it. That goes well where nothing follows; else most often something is out of range.
    let followed = ["dev-srem-fut-002", "dev-spatem-fut-008", "dev-cam-fut-010", "dev-denm-fut-012"];
    assert_eq!(ids!(Additions, refuses of c_its), followed);
    assert_eq!(ids!(Additions, refuses of asn1rs_stock), followed);
    // A cause code with an addition: the emergency priority behind it is another one, and nobody is told.
    assert_eq!(ids!(Additions, takes_for_another_value of c_its), ["dev-cam-fut-011"]);
    let vector = vector_of("cam", "dev-cam-fut-011");
    let known_part = rasn_compiled::Cam::decode(&vector.octets).unwrap().encode().unwrap();
    let written = asn1rs_stock::Cam::decode(&vector.octets).unwrap().encode().unwrap();
    assert_ne!(written, known_part, "asn1rs takes it for another value too");
}

/// Ours shows "unknown" in that one place.
#[test]
fn an_unknown_value_costs_the_peers_the_message() {
    let all = ["dev-srem-fut-003", "dev-srem-fut-004", "dev-srem-fut-005", "dev-ssem-fut-007"];
    assert_eq!(ids!(UnknownValue, refuses of rasn_compiled), all);
    assert_eq!(ids!(UnknownValue, refuses of asn1rs_stock), all);
    // Its modules are one version later, in which this vehicle role is a tram.
    let known = "dev-srem-fut-005";
    assert_eq!(
        ids!(UnknownValue, refuses of c_its),
        all.into_iter().filter(|id| *id != known).collect::<Vec<_>>()
    );
    let vector = vector_of("srem", known);
    let read = c_its::Srem::decode(&vector.octets).unwrap().to_json().unwrap();
    assert_eq!(read["srm"]["requestor"]["type"]["role"], "tram");
}

#[test]
fn no_group_of_vectors_is_empty() {
    let all: Vec<_> =
        ["srem", "ssem", "spatem", "mapem", "cam", "denm"].into_iter().flat_map(vectors).collect();
    let size = |group| all.iter().filter(|vector| vector.group == group).count();
    assert_eq!([Group::Current, Group::Additions, Group::UnknownValue].map(size), [37, 9, 4]);
}

fn refuses<T: Peer>(vector: &Vector) -> bool {
    T::decode(&vector.octets).is_err()
}

fn reads_another_value<T: Readable>(vector: &Vector) -> bool {
    let read = T::decode(&vector.octets).and_then(|message| message.to_json());
    read.as_ref() != Ok(&vector.value)
}

fn takes_for_another_value<T: Readable>(vector: &Vector) -> bool {
    !refuses::<T>(vector) && reads_another_value::<T>(vector)
}

fn writes_other_octets<T: Peer>(vector: &Vector) -> bool {
    let written = T::decode(&vector.octets).and_then(|message| message.encode());
    written.as_ref() != Ok(&vector.octets)
}

/// Whose schema a vector was written by.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    /// Ours.
    Current,
    /// A later one, with additions behind extension markers.
    Additions,
    /// A later one, with a further enumeration value or alternative.
    UnknownValue,
}

struct Vector {
    id: String,
    group: Group,
    /// What can be known of it.
    value: Value,
    octets: Vec<u8>,
}

fn ids(message: &str, group: Group, property: impl Fn(&Vector) -> bool) -> Vec<String> {
    let of_the_group = vectors(message).into_iter().filter(|vector| vector.group == group);
    of_the_group.filter(property).map(|vector| vector.id).collect()
}

fn vector_of(message: &str, id: &str) -> Vector {
    vectors(message).into_iter().find(|vector| vector.id == id).unwrap()
}

fn vectors(message: &str) -> Vec<Vector> {
    let path = format!("{}/../messages/tests/vectors/{message}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| vector(&serde_json::from_str(line).unwrap())).collect()
}

fn vector(record: &Value) -> Vector {
    let text = |name: &str| record[name].as_str().unwrap();
    let group = match (text("kind"), text("expect")) {
        ("future", "ok") => Group::Additions,
        ("future", _) => Group::UnknownValue,
        _ => Group::Current,
    };
    Vector { id: text("id").to_owned(), group, value: record["value"].clone(), octets: octets(text("uper")) }
}

fn octets(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect()
}
