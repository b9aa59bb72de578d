//! Packets: the GeoNetworking and BTP headers around a message on the air (EN 302 636-4-1, EN 302 636-5-1), read and written, and
//! the envelope of a signed packet (TS 103 097), opened as far as the message in it. Signatures are not verified here.
//!
//! The headers have a fixed layout and are read here, octet by octet. The crate `geonetworking`, against which the tests hold this
//! module, is not used on bytes from outside: version 0.4.2 panics at a negative speed and follows nested envelopes as deep as they go.

mod btp;
pub mod capture;
mod cursor;
mod geonetworking;
mod security;

use thiserror::Error;
use voorrang_units::Duration;

use crate::MessageKind;

pub use btp::{Btp, port_of};
pub use geonetworking::{Area, AreaShape, PacketKind, Source};
pub use security::Security;

use cursor::Cursor;
use geonetworking::{BasicHeader, CommonHeader, NextHeader};

/// A packet that was opened: what its headers say, and the octets of the message in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet<'a> {
    /// How long it may be kept and sent on; 50 ms to 6300 s.
    pub lifetime: Duration,
    /// How many stations may still send it on.
    pub remaining_hops: u8,
    /// To whom it goes.
    pub kind: PacketKind,
    /// Traffic class of the common header.
    pub traffic_class: u8,
    /// Who sent it first; only packets of type 0 do not say.
    pub source: Option<Source>,
    /// Whether it came in an envelope.
    pub security: Security,
    /// Its BTP header; `None` where the payload is something else than BTP.
    pub transport: Option<Btp>,
    /// What follows the headers: a message, where there is a BTP header.
    pub payload: &'a [u8],
}

/// Headers for a message to be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outgoing {
    /// How long it may be kept and sent on; rounded up to what the wire can say, at most 6300 s.
    pub lifetime: Duration,
    /// How many stations may send it on; a single-hop broadcast has 1 whatever stands here.
    pub hops: u8,
    /// Traffic class: the priority of the message, 0 highest.
    pub traffic_class: u8,
    /// Who sends.
    pub source: Source,
    /// To whom it goes.
    pub destination: Destination,
}

/// To whom a message goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Destination {
    /// All neighbours: CAM, SPATEM, MAPEM, SREM, SSEM.
    SingleHopBroadcast,
    /// All in an area, with the sender's number of the packet: DENM.
    GeoBroadcast {
        /// Where it goes.
        area: Area,
        /// Tells repeats apart.
        sequence_number: u16,
    },
}

/// A part of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Layer {
    /// EN 302 636-4-1 clause 9.6.
    #[error("GeoNetworking basic header")]
    BasicHeader,
    /// TS 103 097, IEEE 1609.2.
    #[error("security envelope")]
    Security,
    /// EN 302 636-4-1 clause 9.7.
    #[error("GeoNetworking common header")]
    CommonHeader,
    /// EN 302 636-4-1 clause 9.8.
    #[error("GeoNetworking extended header")]
    ExtendedHeader,
    /// EN 302 636-5-1.
    #[error("BTP header")]
    Btp,
    /// What the headers stand before.
    #[error("payload")]
    Payload,
}

/// Octets that are no packet: what was expected and found, in which header, at which octet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{layer} at octet {offset}: expected {expected}, found {found}")]
pub struct PacketError {
    /// The header that was being read.
    pub layer: Layer,
    /// The octet, counted from 0.
    pub offset: usize,
    expected: String,
    found: String,
}

impl<'a> Packet<'a> {
    /// Whether octets begin as a packet does: version 1 of GeoNetworking, a common header or a secured packet next. No message does.
    #[must_use]
    pub const fn begins(octets: &[u8]) -> bool {
        matches!(octets, [0x11 | 0x12, ..])
    }

    /// Opens a packet. Octets behind the payload that the headers announce are left out: they fill up a frame.
    ///
    /// # Errors
    /// When a header is cut off or says what this version does not know, the envelope is encrypted, or the payload is not all there.
    pub fn decode(octets: &'a [u8]) -> Result<Self, PacketError> {
        let mut cursor = Cursor::new(octets, Layer::BasicHeader);
        let basic = BasicHeader::read(&mut cursor)?;
        let security = match basic.next {
            NextHeader::Common => Security::Unsecured,
            NextHeader::Secured => {
                let (security, content) = security::open(&mut cursor)?;
                cursor = content;
                security
            }
        };
        let common = CommonHeader::read(&mut cursor)?;
        let (kind, source) = PacketKind::read(&mut cursor, &common)?;
        cursor.enter(Layer::Payload);
        let mut payload = cursor.within(common.payload_length.into())?;
        let transport = match common.next {
            BTP_A => Some(Btp::read_a(&mut payload)?),
            BTP_B => Some(Btp::read_b(&mut payload)?),
            _ => None,
        };
        Ok(Self {
            lifetime: basic.lifetime,
            remaining_hops: basic.remaining_hops,
            kind,
            traffic_class: common.traffic_class,
            source,
            security,
            transport,
            payload: payload.rest(),
        })
    }
}

/// Next header of the common header.
const BTP_A: u8 = 1;
const BTP_B: u8 = 2;
/// Octets of a BTP header.
const BTP_LENGTH: usize = 4;

impl Outgoing {
    /// Appends the packet of a message to the caller's buffer: headers, BTP-B with the message's port, the message.
    ///
    /// # Errors
    /// When the message is longer than a packet can say.
    pub fn encode(&self, kind: MessageKind, message: &[u8], octets: &mut Vec<u8>) -> Result<(), TooLong> {
        let payload_length =
            u16::try_from(message.len() + BTP_LENGTH).map_err(|_| TooLong { octets: message.len() })?;
        let (hops, header_type, header_subtype) = match &self.destination {
            Destination::SingleHopBroadcast => (1, 5, 0),
            Destination::GeoBroadcast { area, .. } => (self.hops, 4, area.subtype()),
        };
        BasicHeader { next: NextHeader::Common, lifetime: self.lifetime, remaining_hops: hops }.write(octets);
        let traffic_class = self.traffic_class;
        CommonHeader {
            next: BTP_B,
            header_type,
            header_subtype,
            traffic_class,
            payload_length,
            maximum_hops: hops,
        }
        .write(octets);
        match &self.destination {
            Destination::SingleHopBroadcast => {
                self.source.write(octets);
                octets.extend([0; 4]);
            }
            Destination::GeoBroadcast { area, sequence_number } => {
                octets.extend(sequence_number.to_be_bytes());
                octets.extend([0; 2]);
                self.source.write(octets);
                area.write(octets);
            }
        }
        octets.extend(port_of(kind).to_be_bytes());
        octets.extend([0; 2]);
        octets.extend(message);
        Ok(())
    }
}

/// A message that no packet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected a message of at most 65531 octets, found {octets}")]
pub struct TooLong {
    /// Its octets.
    pub octets: usize,
}
