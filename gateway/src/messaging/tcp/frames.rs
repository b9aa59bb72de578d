//! Frames: the length in four octets, most significant first, then a message in UPER. A frame of length 0 keeps the connection alive and is
//! answered by one. A frame that begins with a brace is a subscription.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde_json::Value;
use voorrang_units::Instant;

use super::connection::Connection;
use super::lines;

/// Octets of the length.
const HEAD: usize = 4;
/// The longest message.
pub(super) const LONGEST: usize = 64 << 10;

/// Takes all frames that are whole out of the buffer.
///
/// # Errors
/// Why the connection ends.
pub(super) fn take(
    buffer: &mut BytesMut,
    connection: &Connection,
    now: Instant,
    take: impl Fn(&[u8]),
) -> Result<(), &'static str> {
    while let Some(head) = buffer.first_chunk::<HEAD>() {
        let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err("frame_too_long");
        }
        if buffer.len() < HEAD + length {
            break;
        }
        buffer.advance(HEAD);
        let message = buffer.split_to(length);
        match message.first() {
            // Whether it can be answered shows when something is sent.
            None => {
                let _ = connection.put(Bytes::new());
            }
            Some(b'{') => match serde_json::from_slice::<Value>(&message) {
                Ok(Value::Object(members)) => lines::take_object(&members, connection, now, &take),
                _ => return Err("json_malformed"),
            },
            Some(_) => take(&message),
        }
    }
    Ok(())
}

/// Appends a frame.
pub(super) fn put(message: &[u8], octets: &mut BytesMut) {
    let Ok(length) = u32::try_from(message.len()) else { return };
    octets.put_u32(length);
    octets.put_slice(message);
}
