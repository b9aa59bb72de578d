//! Lines of JSON. In: a request, or `{"subscribe": {...}}`; an empty line keeps the connection alive and is answered by one. Out: what became of
//! requests, publications, and what was wrong with a line.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Map, Value, json};
use voorrang_messages::{ItsMessage, MessageKind, PriorityRequest, RequestStatus, Ssem, hex};
use voorrang_units::Instant;

use super::connection::Connection;
use crate::messaging::json::{FieldError, request_from_json, status_to_json};
use crate::messaging::subscription::Subscription;

/// The longest line.
pub(super) const LONGEST: usize = 16 << 10;

/// Takes all lines that are whole out of the buffer.
///
/// # Errors
/// Why the connection ends.
pub(super) fn take(
    buffer: &mut BytesMut,
    connection: &Connection,
    now: Instant,
    take: impl Fn(&[u8]),
) -> Result<(), &'static str> {
    while let Some(end) = buffer.iter().position(|octet| *octet == b'\n') {
        let line = buffer.split_to(end + 1);
        if line.len() > LONGEST {
            return too_long(connection);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            let _ = connection.put(Bytes::new());
            continue;
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(Value::Object(members)) => take_object(&members, connection, now, &take),
            Ok(_) => complain(connection, &FieldError::new("", "the line is no object", "write { ... }")),
            Err(error) => {
                let what = format!("the line is no JSON: {error}");
                complain(connection, &FieldError::new("", what, "write one object on each line"));
            }
        }
    }
    if buffer.len() > LONGEST { too_long(connection) } else { Ok(()) }
}

/// A request, or a subscription.
pub(super) fn take_object(
    members: &Map<String, Value>,
    connection: &Connection,
    now: Instant,
    take: impl Fn(&[u8]),
) {
    let outcome = match members.get("subscribe") {
        Some(wanted) => subscribe(wanted, connection, now),
        None => srem_of(members, now).map(|octets| take(&octets)),
    };
    if let Err(error) = outcome {
        connection.refused();
        complain(connection, &error);
    }
}

fn subscribe(wanted: &Value, connection: &Connection, now: Instant) -> Result<(), FieldError> {
    let Some(members) = wanted.as_object() else {
        return Err(FieldError::new("subscribe", "is no object", "give {\"seconds\": 60}"));
    };
    let (subscription, lasts) = Subscription::from_json(members)
        .map_err(|error| FieldError::new(format!("subscribe.{}", error.field), "is wrong", error.what))?;
    connection.subscribe(subscription, now + lasts);
    Ok(())
}

fn srem_of(members: &Map<String, Value>, now: Instant) -> Result<Vec<u8>, FieldError> {
    let request = request_from_json(members)?;
    let whole = |what: String| FieldError::new("", what, "docs/messaging.md says what a request may hold");
    let srem = PriorityRequest::to_srem(&[request], now).map_err(|error| whole(error.to_string()))?;
    let mut octets = Vec::with_capacity(64);
    srem.encode(&mut octets).map_err(|error| whole(error.to_string()))?;
    Ok(octets)
}

fn complain(connection: &Connection, error: &FieldError) {
    // Who is gone doesn't read it.
    let _ = connection.put(Bytes::from(error.to_json().to_string()));
}

fn too_long(connection: &Connection) -> Result<(), &'static str> {
    let what = format!("the line is longer than {LONGEST} octets");
    complain(connection, &FieldError::new("", what, "end each object with a newline"));
    Err("line_too_long")
}

/// Appends what a message says, `now` telling the year of its moments: a line for each status of an SSEM; other messages with their octets.
pub(super) fn put(message: &[u8], now: Instant, octets: &mut BytesMut) {
    match message {
        [] => octets.put_u8(b'\n'),
        [b'{', ..] => put_line(message, octets),
        [_, id, ..] if *id == MessageKind::Ssem.message_id() => {
            let Ok(ssem) = Ssem::decode(message) else { return };
            for status in RequestStatus::all_from_ssem(&ssem, now).unwrap_or_default() {
                put_line(status_to_json(&status).to_string().as_bytes(), octets);
            }
        }
        _ => {
            let Ok(kind) = ItsMessage::decode(message).map(|message| message.kind()) else { return };
            let name = kind.name().to_ascii_lowercase();
            let line = json!({ "message": name, "octets": hex::text(message) });
            put_line(line.to_string().as_bytes(), octets);
        }
    }
}

fn put_line(line: &[u8], octets: &mut BytesMut) {
    octets.put_slice(line);
    octets.put_u8(b'\n');
}
