//! The layers below: Ethernet, IEEE 802.11 (with radiotap), Linux cooked captures and plain IP, down to a GeoNetworking packet or a
//! UDP payload.

use std::net::{IpAddr, SocketAddr};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::Linktype;

use super::Ends;

/// What a frame holds that may hold a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// A GeoNetworking packet (EtherType 0x8947), and what fills up its frame.
    GeoNetworking(&'a [u8]),
    /// The payload of a UDP datagram that is not in fragments.
    Udp(Ends, &'a [u8]),
}

/// What a frame holds; `None` where that is something else, or cut off.
pub(super) fn content(link: Linktype, frame: &[u8]) -> Option<Content<'_>> {
    match link {
        Linktype::ETHERNET => ethernet(frame),
        IEEE80211 => ieee80211(frame),
        IEEE80211_RADIOTAP => {
            // Version, pad, then the header's own length, least significant octet first.
            let length = u16::from_le_bytes(*frame.get(2..)?.first_chunk()?);
            ieee80211(frame.get(length.into()..)?)
        }
        Linktype::LINUX_SLL => by_ethertype(ethertype(frame, 14)?, frame.get(16..)?),
        LINUX_SLL2 => by_ethertype(ethertype(frame, 0)?, frame.get(20..)?),
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 => udp(frame),
        Linktype::NULL => udp(frame.get(4..)?),
        _ => None,
    }
}

// Link types that the crate has no name for (tcpdump.org, LINKTYPE_).
const IEEE80211: Linktype = Linktype(105);
const IEEE80211_RADIOTAP: Linktype = Linktype(127);
const LINUX_SLL2: Linktype = Linktype(276);
/// EtherTypes.
const GEONETWORKING: u16 = 0x8947;
const VLAN: [u16; 2] = [0x8100, 0x88a8];
const IP: [u16; 2] = [0x0800, 0x86dd];

fn ethertype(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

fn by_ethertype(ethertype: u16, payload: &[u8]) -> Option<Content<'_>> {
    match ethertype {
        GEONETWORKING => Some(Content::GeoNetworking(payload)),
        ip if IP.contains(&ip) => udp(payload),
        _ => None,
    }
}

fn ethernet(frame: &[u8]) -> Option<Content<'_>> {
    let mut at = 12;
    let mut found = ethertype(frame, at)?;
    // A tag each for a network and one around it.
    for _ in 0..2 {
        if VLAN.contains(&found) {
            at += 4;
            found = ethertype(frame, at)?;
        }
    }
    by_ethertype(found, frame.get(at + 2..)?)
}

/// A data frame of IEEE 802.11, as stations on the road send them outside any network; behind its header LLC and SNAP.
fn ieee80211(frame: &[u8]) -> Option<Content<'_>> {
    const DATA: u8 = 0b10;
    const QOS: u8 = 0b1000_0000;
    const PROTECTED: u8 = 0b0100_0000;
    const ORDER: u8 = 0b1000_0000;
    let [control, flags, ..] = *frame else { return None };
    if control >> 2 & 0b11 != DATA || flags & PROTECTED != 0 {
        return None;
    }
    let between_networks = flags & 0b11 == 0b11;
    let quality = control & QOS != 0;
    let mut length = 24;
    length += if between_networks { 6 } else { 0 };
    length += if quality { 2 } else { 0 };
    length += if quality && flags & ORDER != 0 { 4 } else { 0 };
    let rest = frame.get(length..)?;
    let payload = rest.strip_prefix(&[0xaa, 0xaa, 3, 0, 0, 0])?;
    by_ethertype(ethertype(payload, 0)?, payload.get(2..)?)
}

fn udp(packet: &[u8]) -> Option<Content<'_>> {
    let packet = SlicedPacket::from_ip(packet).ok()?;
    if packet.is_ip_payload_fragmented() {
        return None;
    }
    let (source, destination): (IpAddr, IpAddr) = match packet.net? {
        NetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Arp(_) => return None,
    };
    let Some(TransportSlice::Udp(datagram)) = packet.transport else { return None };
    let ends = Ends {
        source: SocketAddr::new(source, datagram.source_port()),
        destination: SocketAddr::new(destination, datagram.destination_port()),
    };
    Some(Content::Udp(ends, datagram.payload()))
}
