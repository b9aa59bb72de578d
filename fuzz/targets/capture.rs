//! Octets as a capture: packets, then the end or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use voorrang_gateway::capture::{CaptureReader, Content};
use voorrang_messages::packet::Packet;

fuzz_target!(|octets: &[u8]| {
    let Ok(mut reader) = CaptureReader::new(std::io::Cursor::new(octets.to_vec())) else { return };
    while let Ok(Some(captured)) = reader.next() {
        if let Content::GeoNetworking(packet) = captured.content {
            drop(Packet::decode(packet));
        }
    }
});
