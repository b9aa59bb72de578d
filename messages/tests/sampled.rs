//! Laws for every value that a message may have: 10,000 made up from the types' own constraints for each message.

mod sample;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::{Described, Schema};
use voorrang_messages::tree::Tree;
use voorrang_messages::{Cam, Denm, ItsMessage, Mapem, MessageKind, Spatem, Srem, Ssem};

const CASES: u32 = 10_000;

#[test]
fn srem_values_come_back_from_their_octets() {
    check(MessageKind::Srem, Srem::SCHEMA);
}

#[test]
fn ssem_values_come_back_from_their_octets() {
    check(MessageKind::Ssem, Ssem::SCHEMA);
}

#[test]
fn spatem_values_come_back_from_their_octets() {
    check(MessageKind::Spatem, Spatem::SCHEMA);
}

#[test]
fn mapem_values_come_back_from_their_octets() {
    check(MessageKind::Mapem, Mapem::SCHEMA);
}

#[test]
fn cam_values_come_back_from_their_octets() {
    check(MessageKind::Cam, Cam::SCHEMA);
}

#[test]
fn denm_values_come_back_from_their_octets() {
    check(MessageKind::Denm, Denm::SCHEMA);
}

fn check(kind: MessageKind, schema: &'static Schema) {
    let mut runner = TestRunner::new(sample::config(CASES));
    let law = runner.run(&sample::values(schema), |mut value| {
        value["header"]["messageID"] = kind.message_id().into();
        let message = ItsMessage::from_json(&value).expect("the schema allows it");
        let mut octets = Vec::new();
        message.encode(&mut octets).expect("the schema allows it");
        prop_assert_eq!(&ItsMessage::decode(&octets).expect("it was encoded"), &message);
        let json = serde_json::to_value(&message).expect("a JSON form");
        prop_assert_eq!(&ItsMessage::from_json(&json).expect("its JSON form"), &message);
        prop_assert!(!Tree::of_message(&message).to_string().is_empty());
        Ok(())
    });
    law.unwrap_or_else(|failure| panic!("{kind}: {failure}"));
}
