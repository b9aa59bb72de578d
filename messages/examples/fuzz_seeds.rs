//! Writes the seeds of the fuzz targets: every test vector as a file, in a folder for each target. `fuzz/run` calls it.
//!
//! ```text
//! cargo run --package voorrang-messages --example fuzz_seeds -- FOLDER
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use voorrang_messages::{ItsMessage, MessageFrame, hex};

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
    Ok(())
}

fn seed(folder: &Path, target: &str, id: &str, content: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(id), content)?)
}
