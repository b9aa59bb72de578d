//! `voorrang-gateway decode`: a line of hex becomes a line of JSON.

use voorrang_messages::{ItsMessage, hex};

/// The message as JSON, or what is wrong with the line.
pub(crate) fn decode_line(line: &str) -> Result<String, String> {
    let octets = hex::octets(line).map_err(|error| error.to_string())?;
    let message = ItsMessage::decode(&octets).map_err(|error| error.to_string())?;
    serde_json::to_string(&message).map_err(|error| error.to_string())
}
