//! Memory: a decoder takes it only for lists that are there, and never much for few octets; an encoder takes none.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod sample;
#[expect(dead_code, reason = "the other tests use the rest")]
mod vectors_reader;

use allocation_counter::measure;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use vectors_reader::{FILES, vectors};
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::Described;
use voorrang_messages::{Cam, Denm, ItsMessage, Mapem, MessageFrame, MessageKind, Spatem, Srem, Ssem};

/// Octets that a decoder may take in all for each octet of the message.
const EACH: u64 = 200;
/// And what it may take for anything, as an error and its path.
const ONCE: u64 = 4096;

/// Octets taken for one decoding; more than is allowed is a failure.
fn taken(octets: &[u8]) -> u64 {
    let taken = measure(|| drop(ItsMessage::decode(octets))).bytes_total;
    let allowed = EACH * octets.len() as u64 + ONCE;
    assert!(taken <= allowed, "{taken} octets for a message of {}, {allowed} allowed", octets.len());
    taken
}

#[test]
fn no_vector_truncated_or_with_a_flipped_bit_takes_more_memory_than_its_length_allows() {
    let mut most = 0;
    for vector in FILES.into_iter().flat_map(vectors) {
        for length in 0..=vector.octets.len() {
            most = most.max(taken(&vector.octets[..length]) / (length.max(1) as u64));
        }
        for bit in 0..vector.octets.len() * 8 {
            let mut octets = vector.octets.clone();
            octets[bit / 8] ^= 0x80 >> (bit % 8);
            most = most.max(taken(&octets) / octets.len() as u64);
        }
    }
    println!("at most {most} octets for each octet of a message");
}

#[test]
fn no_octets_take_more_memory_than_their_number_allows() {
    let id = prop::sample::select(MessageKind::ALL).prop_map(MessageKind::message_id);
    // Ones make every optional member present and every list long.
    let octet = prop_oneof![3 => any::<u8>(), 1 => Just(0xff), 1 => Just(0)];
    let bodies = (id, prop::collection::vec(octet, 0..1500));
    let mut runner = TestRunner::new(sample::config(20_000));
    runner
        .run(&bodies, |(id, body)| {
            taken(&[&[2, id, 0, 0, 0, 1], &body[..]].concat());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_message_without_lists_is_decoded_without_allocating() {
    let mut checked = 0;
    for vector in vectors("cam.jsonl").iter().chain(&vectors("denm.jsonl")) {
        let has_lists = vector.value.to_string().contains('[');
        let taken = match MessageKind::from_message_id(vector.octets[1]) {
            Some(MessageKind::Cam) => measure(|| drop(Cam::decode(&vector.octets).unwrap())),
            _ => measure(|| drop(Denm::decode(&vector.octets).unwrap())),
        };
        let has_texts = vector.value.to_string().contains("vehicleIdentification");
        assert_eq!(taken.count_total > 0, has_lists || has_texts, "{}", vector.id);
        checked += usize::from(!has_lists);
    }
    assert!(checked >= 3, "{checked} vectors without lists");
}

#[test]
fn encoding_into_a_buffer_with_room_allocates_nothing() {
    let schemas = [
        (MessageKind::Srem, Srem::SCHEMA),
        (MessageKind::Ssem, Ssem::SCHEMA),
        (MessageKind::Spatem, Spatem::SCHEMA),
        (MessageKind::Mapem, Mapem::SCHEMA),
        (MessageKind::Cam, Cam::SCHEMA),
        (MessageKind::Denm, Denm::SCHEMA),
    ];
    for (kind, schema) in schemas {
        let mut runner = TestRunner::new(sample::config(500));
        runner
            .run(&sample::values(schema), |mut value| {
                value["header"]["messageID"] = kind.message_id().into();
                let message = ItsMessage::from_json(&value).expect("the schema allows it");
                let mut octets = Vec::with_capacity(1 << 16);
                let taken = measure(|| message.encode(&mut octets).unwrap());
                prop_assert_eq!(taken.count_total, 0);
                if let Ok(frame) = MessageFrame::try_from(message) {
                    octets.clear();
                    let taken = measure(|| frame.encode(&mut octets).unwrap());
                    prop_assert_eq!(taken.count_total, 0);
                }
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("{kind}: {failure}"));
    }
}
