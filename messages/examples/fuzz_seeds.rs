//! Writes the seeds of the fuzz targets: every test vector as a file, in a folder for each target. `fuzz/run` calls it.
//!
//! ```text
//! cargo run --package voorrang-messages --example fuzz_seeds -- FOLDER
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use voorrang_messages::packet::{Destination, Outgoing, Source};
use voorrang_messages::{ItsMessage, MessageFrame, hex};
use voorrang_units::{Angle, Duration, GeodeticPosition, Speed};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).map(PathBuf::from).ok_or("expected a folder to write to")?;
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for kind in ["srem", "ssem", "spatem", "mapem", "cam", "denm"] {
        let text = fs::read_to_string(vectors.join(kind).with_extension("jsonl"))?;
        for line in text.lines() {
            let record: Value = serde_json::from_str(line)?;
            let id = record["id"].as_str().ok_or("a record without an id")?;
            let octets = hex::octets(record["uper"].as_str().ok_or("a record without octets")?)?;
            let message = ItsMessage::decode(&octets)?;
            seed(&folder, "message", id, &octets)?;
            let mut packet = Vec::new();
            outgoing().encode(message.kind(), &octets, &mut packet)?;
            seed(&folder, "packet", id, &packet)?;
            seed(&folder, "capture", id, &capture(&packet)?)?;
            seed(&folder, "json", id, serde_json::to_string(&message)?.as_bytes())?;
            if let Ok(frame) = MessageFrame::try_from(message) {
                seed(&folder, "json", &format!("{id}-frame"), serde_json::to_string(&frame)?.as_bytes())?;
                let mut octets = Vec::new();
                // A value of a later version has no encoding.
                if frame.encode(&mut octets).is_ok() {
                    seed(&folder, "frame", id, &octets)?;
                }
            }
        }
    }
    // Signed ones among them.
    for line in fs::read_to_string(vectors.join("packets.jsonl"))?.lines() {
        let record: Value = serde_json::from_str(line)?;
        let id = record["id"].as_str().ok_or("a record without an id")?;
        let packet = hex::octets(record["hex"].as_str().ok_or("a record without octets")?)?;
        seed(&folder, "packet", id, &packet)?;
        seed(&folder, "capture", id, &capture(&packet)?)?;
    }
    Ok(())
}

fn outgoing() -> Outgoing {
    let source = Source {
        address: [0; 8],
        timestamp: 0,
        position: GeodeticPosition::from_degrees(52.0907, 5.1214),
        accurate: true,
        speed: Speed::from_metres_per_second(13.9),
        heading: Angle::from_degrees(90.0),
    };
    Outgoing {
        lifetime: Duration::from_seconds(1),
        hops: 1,
        traffic_class: 2,
        source,
        destination: Destination::SingleHopBroadcast,
    }
}

/// A pcap file of a packet in an Ethernet frame.
fn capture(packet: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let length = u32::try_from(packet.len() + 14)?;
    let header = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes).concat();
    let record = [1_790_000_000, 0, length, length].map(u32::to_le_bytes).concat();
    Ok([&header, &record, &[0xff; 12][..], &[0x89, 0x47], packet].concat())
}

fn seed(folder: &Path, target: &str, id: &str, content: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(id), content)?)
}
