//! Packets as a capture, for programs that read captures: pcap in microseconds, Ethernet frames of GeoNetworking packets. Into any
//! [`Write`]: files are the host's.

use std::io::{self, Write};

use voorrang_units::{Angle, Duration, Instant, Speed};

use super::{Destination, Outgoing, Source, TooLong};
use crate::{MessageKind, StationId};

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

/// Writes a GeoNetworking packet in an Ethernet frame of its sender, to all.
///
/// # Errors
/// As the output's, and when the time lies outside 1970 to 2106 or the packet is longer than a frame can be.
pub fn write_packet(
    output: &mut impl Write,
    time: Instant,
    sender: StationId,
    packet: &[u8],
) -> io::Result<()> {
    let invalid = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let seconds = u32::try_from(time.unix_millis().div_euclid(1000)).map_err(invalid)?;
    let micros = u32::try_from(time.unix_millis().rem_euclid(1000) * 1000).map_err(invalid)?;
    let length = u32::try_from(packet.len()).map_err(invalid)?.saturating_add(ETHERNET_LENGTH);
    output.write_all(&[seconds, micros, length, length].map(u32::to_le_bytes).concat())?;
    output.write_all(&[&BROADCAST[..], &link_address(sender), &GEONETWORKING, packet].concat())
}

/// The packet in which a station broadcasts a message to its neighbours, from an address that is made from its number.
///
/// # Errors
/// When the message is longer than a packet can say.
pub fn broadcast(sender: StationId, kind: MessageKind, message: &[u8]) -> Result<Vec<u8>, TooLong> {
    let mut packet = Vec::new();
    single_hop(sender).encode(kind, message, &mut packet)?;
    Ok(packet)
}

/// The link-layer address of a station that has none of its own: locally administered.
fn link_address(station: StationId) -> [u8; 6] {
    let [a, b, c, d] = station.0.to_be_bytes();
    [2, 0, a, b, c, d]
}

/// Headers of a single-hop broadcast of a station that says nothing else of itself.
fn single_hop(station: StationId) -> Outgoing {
    let [a, b, c, d, e, f] = link_address(station);
    Outgoing {
        lifetime: Duration::from_seconds(1),
        hops: 1,
        traffic_class: 2,
        source: Source {
            address: [0, 0, a, b, c, d, e, f],
            timestamp: 0,
            position: None,
            accurate: false,
            speed: Speed::from_metres_per_second(0.0),
            heading: Angle::from_degrees(0.0),
        },
        destination: Destination::SingleHopBroadcast,
    }
}
