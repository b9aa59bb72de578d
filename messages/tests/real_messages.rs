//! Messages that other projects published, some recorded on the road: read, and written again as they were. They are not part of this
//! repository; without them beside it the test says that it was skipped.

use std::fs;

use serde_json::Value;
use voorrang_messages::{ItsMessage, hex};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/real_etsi.jsonl");

#[test]
fn published_messages_come_back_from_their_octets() {
    let Ok(text) = fs::read_to_string(VECTORS) else {
        println!("skipped: real_etsi.jsonl absent");
        return;
    };
    let mut checked = 0;
    for record in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if !["SREM", "SSEM"].contains(&record["message"].as_str().unwrap()) {
            continue;
        }
        let octets = hex::octets(record["hex"].as_str().unwrap()).unwrap();
        let message = ItsMessage::decode(&octets).unwrap_or_else(|error| panic!("{}: {error}", record["id"]));
        let mut again = Vec::new();
        message.encode(&mut again).unwrap();
        assert_eq!(again, octets, "{}", record["id"]);
        checked += 1;
    }
    println!("{checked} published messages");
    assert!(checked > 0, "the file has an SREM");
}
