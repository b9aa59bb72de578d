//! 10,000 values of each message, made up from the types' own constraints, beside codecs that know nothing of ours: they read what we
//! write as the same value, write the same octets, and we read those.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod sample;
#[expect(dead_code, reason = "the other tests use the rest")]
mod vectors_reader;

use std::panic::catch_unwind;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::{Described, Schema, Shape};
use voorrang_messages::{Denm, ItsMessage, MessageKind};
use voorrang_peers::{Peer, Readable, asn1rs_stock, c_its, rasn_compiled};

const CASES: u32 = 10_000;

macro_rules! oracles {
    ($($test:ident: $message:ident;)*) => {$(
        #[test]
        fn $test() {
            check(MessageKind::$message, voorrang_messages::$message::SCHEMA, |sampled| {
                sampled.same_value::<rasn_compiled::$message>()?;
                sampled.same_octets::<rasn_compiled::$message>("rasn")?;
                sampled.same_octets::<asn1rs_stock::$message>("asn1rs")?;
                // What it does wrong is documented below.
                if sampled.sizes_are_within_roots() {
                    sampled.same_octets::<c_its::$message>("c-its-parser")?;
                }
                Ok(())
            });
        }
    )*};
}

oracles! {
    srem_values_are_the_same_to_others: Srem;
    ssem_values_are_the_same_to_others: Ssem;
    spatem_values_are_the_same_to_others: Spatem;
    mapem_values_are_the_same_to_others: Mapem;
    cam_values_are_the_same_to_others: Cam;
    denm_values_are_the_same_to_others: Denm;
}

/// A value, and the octets that we write for it.
struct Sampled {
    schema: &'static Schema,
    value: Value,
    octets: Vec<u8>,
}

fn check(kind: MessageKind, schema: &'static Schema, agrees: impl Fn(&Sampled) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(sample::config(CASES));
    let law = runner.run(&sample::values(schema), |mut value| {
        value["header"]["messageID"] = kind.message_id().into();
        let message = ItsMessage::from_json(&value).unwrap();
        let mut octets = Vec::new();
        message.encode(&mut octets).unwrap();
        agrees(&Sampled { schema, value: serde_json::to_value(&message).unwrap(), octets })
    });
    law.unwrap_or_else(|failure| panic!("{kind}: {failure}"));
}

impl Sampled {
    /// The peer reads the octets as the same value.
    fn same_value<T: Readable>(&self) -> Result<(), TestCaseError> {
        let theirs =
            T::decode(&self.octets).and_then(|message| message.to_json()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&theirs, &self.value);
        Ok(())
    }

    /// The peer reads the octets and writes the same, which we read as the same value.
    fn same_octets<T: Peer>(&self, peer: &str) -> Result<(), TestCaseError> {
        let written =
            T::decode(&self.octets).and_then(|message| message.encode()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&written, &self.octets, "{}", peer);
        let read = ItsMessage::decode(&written).unwrap();
        prop_assert_eq!(&serde_json::to_value(read).unwrap(), &self.value, "{}", peer);
        Ok(())
    }

    fn sizes_are_within_roots(&self) -> bool {
        sizes_are_within_roots(&self.value, self.schema)
    }
}

/// Whether each list of extensible size has a size that its root allows.
fn sizes_are_within_roots(value: &Value, schema: &Schema) -> bool {
    match (schema.shape, value) {
        (Shape::Sequence(members), Value::Object(values)) => members.iter().all(|member| {
            values.get(member.name).is_none_or(|value| sizes_are_within_roots(value, member.schema))
        }),
        (Shape::Choice { alternatives, .. }, Value::Object(values)) => {
            alternatives.iter().all(|alternative| {
                values
                    .get(alternative.name)
                    .is_none_or(|value| sizes_are_within_roots(value, alternative.schema))
            })
        }
        (Shape::List { element, size }, Value::Array(values)) => {
            let within = size.minimum..=size.maximum.unwrap_or(usize::MAX);
            within.contains(&values.len())
                && values.iter().all(|value| sizes_are_within_roots(value, element))
        }
        _ => true,
    }
}

/// X.691 clause 20.4: a list of extensible size that is longer or shorter than its root has the extension bit and a length without
/// bounds. rasn 0.28, on which c-its-parser 2.4.2 stands, reads that and writes something else, or panics. The vector's octets are
/// those of two other engines; rasn 0.30 and asn1rs write them too.
#[test]
fn c_its_parser_is_wrong_about_lists_outside_their_extensible_size() {
    let vectors = vectors_reader::vectors("denm.jsonl");
    let longer = vectors.iter().find(|vector| vector.id == "dev-denm-024").unwrap();
    let written = |octets: &[u8]| c_its::Denm::decode(octets).and_then(|message| message.encode());
    assert_ne!(written(&longer.octets).unwrap(), longer.octets, "right now: take the exception out");
    assert_eq!(rasn_compiled::Denm::decode(&longer.octets).unwrap().encode().unwrap(), longer.octets);
    assert_eq!(asn1rs_stock::Denm::decode(&longer.octets).unwrap().encode().unwrap(), longer.octets);

    let mut shorter = longer.value.clone();
    shorter["denm"]["alacarte"]["roadWorks"]["referenceDenms"] = json!([]);
    let mut octets = Vec::new();
    Denm::from_json(&shorter).unwrap().encode(&mut octets).unwrap();
    assert!(catch_unwind(|| written(&octets)).is_err(), "no panic now: take the exception out");
    assert_eq!(rasn_compiled::Denm::decode(&octets).unwrap().encode().unwrap(), octets);
}

/// What a later version adds behind an extension marker is passed over by us and by rasn; stock asn1rs reads on in the middle of it.
#[test]
fn stock_asn1rs_does_not_pass_over_unknown_additions() {
    let vectors = vectors_reader::vectors("denm.jsonl");
    let future = vectors.iter().find(|vector| vector.future).unwrap();
    assert!(rasn_compiled::Denm::decode(&future.octets).is_ok());
    let misread = asn1rs_stock::Denm::decode(&future.octets).and_then(|message| message.encode());
    let mut known = Vec::new();
    ItsMessage::decode(&future.octets).unwrap().encode(&mut known).unwrap();
    assert_ne!(misread, Ok(known), "right now: say so in docs/decisions/0002-generated-messages.md");
}
