//! Octets that are no message, or another than was sent: a value or an error, never a panic.

#[expect(dead_code, reason = "the other tests use the rest")]
mod vectors_reader;

use proptest::prelude::*;
use vectors_reader::{FILES, vectors};
use voorrang_messages::{ItsMessage, Srem, Ssem};

/// A value must be one that can be shown and, unless unknown additions are in it, written.
fn decode_both_ways(octets: &[u8]) -> bool {
    let Ok(message) = ItsMessage::decode(octets) else { return false };
    serde_json::to_string(&message).expect("every value has a JSON form");
    let mut written = Vec::new();
    if message.encode(&mut written).is_ok() {
        assert_eq!(ItsMessage::decode(&written).as_ref(), Ok(&message));
    }
    true
}

#[test]
fn every_truncation_of_a_supported_message_is_an_error_with_its_place() {
    for vector in FILES.into_iter().flat_map(vectors) {
        for length in 0..vector.octets.len() {
            let error = ItsMessage::decode(&vector.octets[..length]).expect_err(&vector.id);
            assert!(error.bit_offset() <= length * 8, "{}: {error}", vector.id);
            assert!(error.path().steps().next().is_some(), "{}: {error}", vector.id);
        }
    }
}

#[test]
fn every_flipped_bit_gives_a_value_or_an_error() {
    for vector in FILES.into_iter().flat_map(vectors) {
        for bit in 0..vector.octets.len() * 8 {
            let mut octets = vector.octets.clone();
            octets[bit / 8] ^= 0x80 >> (bit % 8);
            decode_both_ways(&octets);
        }
    }
}

#[test]
fn octets_behind_the_message_are_an_error() {
    for vector in FILES.into_iter().flat_map(vectors) {
        let octets = [&vector.octets[..], &[0]].concat();
        let error = ItsMessage::decode(&octets).unwrap_err().to_string();
        assert!(error.contains("1 more octets"), "{}: {error}", vector.id);
    }
}

#[test]
fn another_message_than_asked_for_is_an_error() {
    let srem = &vectors("srem.jsonl")[0].octets;
    let error = Ssem::decode(srem).unwrap_err();
    assert_eq!(error.to_string(), "SSEM header.messageID at octet 1, bit 0: expected message 10, found 9");
}

#[test]
fn an_error_names_message_field_and_bit() {
    let srem = &vectors("srem.jsonl")[0].octets;
    let error = Srem::decode(&srem[..srem.len() - 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SREM srm.requestor.position.speed.speed at octet 49, bit 0: expected 13 more bits, found 8"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_octets_give_a_value_or_an_error(
        id in prop::sample::select(vec![1_u8, 2, 4, 5, 9, 10]),
        body in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        decode_both_ways(&[&[2, id], &body[..]].concat());
    }
}
