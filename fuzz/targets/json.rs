//! Text as the JSON form of a message: octets or an error that says which member. Octets give the message back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use voorrang_messages::json::FromJson;
use voorrang_messages::{ItsMessage, MessageFrame};

fuzz_target!(|text: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return };
    let mut octets = Vec::new();
    match ItsMessage::from_json(&value) {
        Ok(message) => {
            if message.encode(&mut octets).is_ok() {
                assert_eq!(ItsMessage::decode(&octets), Ok(message));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(frame) = MessageFrame::from_json(&value) {
        octets.clear();
        if frame.encode(&mut octets).is_ok() {
            assert_eq!(MessageFrame::decode(&octets), Ok(frame));
        }
    }
});
