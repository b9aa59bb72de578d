//! The messages of a run as a capture, which other programs read: a packet for each, of the station that sent it.

use std::io::{self, Write};

use voorrang_messages::packet::capture::{broadcast, write_header, write_packet};
use voorrang_messages::{ItsMessage, StationId};

use crate::radio::Captured;

/// Writes messages as a pcap file.
///
/// # Errors
/// As the output's; and of kind `InvalidInput` for octets that are no message.
pub fn write(output: &mut impl Write, messages: &[Captured]) -> io::Result<()> {
    write_header(output)?;
    for Captured { sent, bytes } in messages {
        let message = ItsMessage::decode(bytes).map_err(invalid)?;
        let sender = StationId(message.header().station_id.0);
        let packet = broadcast(sender, message.kind(), bytes).map_err(invalid)?;
        write_packet(output, *sent, sender, &packet)?;
    }
    Ok(())
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
