//! Octets as a capture: packets, then the end or an error.

#![no_main]

// The reader alone: with the whole gateway round it, TLS and HTTP would be built with coverage too, for minutes.
#[allow(dead_code, unreachable_pub, reason = "a part of another crate")]
#[path = "../../gateway/src/capture/mod.rs"]
mod capture;

use capture::{CaptureReader, Content};
use libfuzzer_sys::fuzz_target;
use voorrang_messages::packet::Packet;

fuzz_target!(|octets: &[u8]| {
    let Ok(mut reader) = CaptureReader::new(std::io::Cursor::new(octets.to_vec())) else { return };
    while let Ok(Some(captured)) = reader.next() {
        if let Content::GeoNetworking(packet) = captured.content {
            drop(Packet::decode(packet));
        }
    }
});
