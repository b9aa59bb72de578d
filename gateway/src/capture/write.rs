//! Writing a capture, for programs that read captures: pcap in microseconds, Ethernet frames of GeoNetworking packets.

use std::io::{self, Write};

use voorrang_units::Instant;

/// Octets of an Ethernet header.
const ETHERNET_LENGTH: u32 = 14;
/// EtherType of GeoNetworking.
const GEONETWORKING: [u8; 2] = [0x89, 0x47];
/// To all stations.
const BROADCAST: [u8; 6] = [0xff; 6];

/// Writes what a pcap file begins with (draft-ietf-opsawg-pcap).
///
/// # Errors
/// As the output's.
pub fn write_header(output: &mut impl Write) -> io::Result<()> {
    output.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
    output.write_all(&[2_u16, 4].map(u16::to_le_bytes).concat())?;
    // Time zone, accuracy, the longest frame, link type Ethernet.
    output.write_all(&[0_u32, 0, 262_144, 1].map(u32::to_le_bytes).concat())
}

/// Writes a GeoNetworking packet in an Ethernet frame of its sender, as broadcast.
///
/// # Errors
/// As the output's, and when the time lies outside 1970 to 2106 or the packet is longer than a frame can be.
pub fn write_packet(
    output: &mut impl Write,
    time: Instant,
    sender: [u8; 6],
    packet: &[u8],
) -> io::Result<()> {
    let invalid = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let seconds = u32::try_from(time.unix_millis().div_euclid(1000)).map_err(invalid)?;
    let micros = u32::try_from(time.unix_millis().rem_euclid(1000) * 1000).map_err(invalid)?;
    let length = u32::try_from(packet.len()).map_err(invalid)?.saturating_add(ETHERNET_LENGTH);
    output.write_all(&[seconds, micros, length, length].map(u32::to_le_bytes).concat())?;
    output.write_all(&[&BROADCAST[..], &sender, &GEONETWORKING, packet].concat())
}

#[cfg(test)]
mod tests {
    use super::super::{CaptureReader, Captured, Content};
    use super::*;

    #[test]
    fn a_written_capture_is_read_again() {
        let mut file = Vec::new();
        write_header(&mut file).unwrap();
        let time = Instant::from_unix_millis(1_790_000_000_123);
        write_packet(&mut file, time, [2; 6], &[0x11, 0, 1, 1]).unwrap();
        let mut reader = CaptureReader::new(io::Cursor::new(file)).unwrap();
        let content = Content::GeoNetworking(&[0x11, 0, 1, 1]);
        assert_eq!(reader.next().unwrap(), Some(Captured { number: 1, time: Some(time), content }));
        assert_eq!(reader.next(), Ok(None));
    }
}
