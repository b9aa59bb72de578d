//! `voorrang-gateway encode`: a line of JSON becomes a line of hex.

use serde_json::Value;
use voorrang_messages::json::FromJson;
use voorrang_messages::{ItsMessage, hex};

/// The message as hex, or what is wrong with the line.
pub(crate) fn encode_line(line: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let message = ItsMessage::from_json(&value).map_err(|error| error.to_string())?;
    let mut octets = Vec::new();
    message.encode(&mut octets).map_err(|error| error.to_string())?;
    Ok(hex::text(&octets))
}
