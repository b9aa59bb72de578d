//! Octets as a GeoNetworking packet: a packet or an error, and what is in it is looked at as the gateway does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use voorrang_messages::packet::Packet;
use voorrang_messages::{ItsMessage, MessageFrame};

fuzz_target!(|octets: &[u8]| {
    match Packet::decode(octets) {
        Ok(packet) => {
            drop(ItsMessage::decode(packet.payload));
            drop(MessageFrame::decode(packet.payload));
        }
        Err(error) => assert!(error.offset <= octets.len() && !error.to_string().is_empty()),
    }
});
