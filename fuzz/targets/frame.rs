//! Octets as a J2735 MessageFrame: a value or an error. A value is the same after its JSON, its octets and the other header.

#![no_main]

use libfuzzer_sys::fuzz_target;
use voorrang_messages::json::FromJson;
use voorrang_messages::summary::Summary;
use voorrang_messages::tree::Tree;
use voorrang_messages::{MessageFrame, StationId};

fuzz_target!(|octets: &[u8]| {
    let Ok(frame) = MessageFrame::decode(octets) else { return };
    let json = serde_json::to_value(&frame).expect("every value has a JSON form");
    assert_eq!(MessageFrame::from_json(&json).as_ref(), Ok(&frame));
    let mut written = Vec::new();
    if frame.encode(&mut written).is_ok() {
        assert_eq!(MessageFrame::decode(&written).as_ref(), Ok(&frame));
    }
    assert!(!format!("{}{}", Summary::from(&frame), Tree::of(&frame)).is_empty());
    let message = frame.clone().into_its(StationId(1));
    assert_eq!(MessageFrame::try_from(message), Ok(frame));
});
