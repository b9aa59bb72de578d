//! What stands round a message in a datagram: nothing, GeoNetworking and BTP, a MAC, or a MAC round GeoNetworking.

use std::sync::Arc;

use voorrang_messages::MessageKind;
use voorrang_messages::StationId;
use voorrang_messages::packet::{Destination, Outgoing, Packet, Source};
use voorrang_units::{Angle, Duration, Instant, Speed, TimestampIts};

use crate::messaging::mac::{self, Content, Direction, Key, Keyring, MacError, Opened};

/// A single-hop broadcast lives no longer: what it says is said again within a second.
const LIFETIME: Duration = Duration::from_seconds(1);
/// Traffic class of SPATEM, MAPEM and SSEM (TS 103 248 leaves it to profiles): the second highest.
const TRAFFIC_CLASS: u8 = 1;
/// A roadside unit, as station type of a GeoNetworking address (EN 302 636-4-1 clause 6.3).
const ROADSIDE_UNIT: u8 = 15;

/// In which form a message goes.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub(super) geonetworking: bool,
    pub(super) key: Option<Arc<Key>>,
}

/// A datagram that was opened.
#[derive(Debug)]
pub(super) struct Datagram<'a> {
    pub(super) content: Content,
    pub(super) octets: &'a [u8],
    pub(super) generated: Option<Instant>,
    pub(super) form: FormRef<'a>,
    /// Of a MAC: when it was made, and what tells it from others.
    pub(super) mark: Option<(Instant, u128)>,
}

/// [`Form`] by reference, so that nothing is counted up and down for each datagram.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormRef<'a> {
    pub(super) geonetworking: bool,
    pub(super) key: Option<&'a Arc<Key>>,
}

/// Why a datagram is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwelcome {
    Mac(MacError),
    /// It has no MAC and needs one.
    NoMac,
    /// It is a packet, and packets aren't taken.
    Packet,
    /// It begins like a packet and is none that holds a message.
    NoPacket,
}

impl Unwelcome {
    /// Its name in metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mac(error) => error.name(),
            Self::NoMac => "mac_missing",
            Self::Packet => "geonetworking_off",
            Self::NoPacket => "geonetworking_malformed",
        }
    }
}

/// What a listener takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken<'a> {
    pub(super) keys: &'a Keyring,
    pub(super) mac_required: bool,
    pub(super) geonetworking: bool,
}

impl<'a> Taken<'a> {
    /// Opens a datagram that arrived at `now`.
    pub(super) fn open(self, now: Instant, octets: &'a [u8]) -> Result<Datagram<'a>, Unwelcome> {
        if mac::begins(octets) {
            let opened = mac::open(self.keys, Direction::ToGateway, octets).map_err(Unwelcome::Mac)?;
            let Opened { key, content, sent, payload, mark, .. } = opened;
            let mut datagram = self.open_plain(now, payload)?;
            datagram.content = content;
            // The MAC vouches for this time, and for no other.
            datagram.generated = Some(sent);
            datagram.form.key = Some(key);
            datagram.mark = Some((sent, mark));
            return Ok(datagram);
        }
        if self.mac_required {
            return Err(Unwelcome::NoMac);
        }
        self.open_plain(now, octets)
    }

    fn open_plain(self, now: Instant, octets: &'a [u8]) -> Result<Datagram<'a>, Unwelcome> {
        let plain = |octets, generated, geonetworking| Datagram {
            content: Content::Message,
            octets,
            generated,
            form: FormRef { geonetworking, key: None },
            mark: None,
        };
        if !Packet::begins(octets) {
            return Ok(plain(octets, None, false));
        }
        if !self.geonetworking {
            return Err(Unwelcome::Packet);
        }
        let packet = Packet::decode(octets).map_err(|_| Unwelcome::NoPacket)?;
        if packet.transport.is_none() {
            return Err(Unwelcome::NoPacket);
        }
        let generated = packet.source.map(|source| source.sent(now));
        Ok(plain(packet.payload, generated, true))
    }
}

/// The packet of a message of ours.
pub(super) fn packet_of(octets: &[u8], station: StationId, now: Instant) -> Option<Vec<u8>> {
    let kind = MessageKind::from_message_id(*octets.get(1)?)?;
    let [a, b, c, d] = station.0.to_be_bytes();
    let raw = TimestampIts::from_instant(now).raw() % (1 << 32);
    let outgoing = Outgoing {
        lifetime: LIFETIME,
        hops: 1,
        traffic_class: TRAFFIC_CLASS,
        source: Source {
            // Manually configured; the link-layer address is our station's number.
            address: [0x80 | ROADSIDE_UNIT << 2, 0, 0, 0, a, b, c, d],
            timestamp: u32::try_from(raw).unwrap_or(u32::MAX),
            position: None,
            accurate: false,
            speed: Speed::from_metres_per_second(0.0),
            heading: Angle::from_degrees(0.0),
        },
        destination: Destination::SingleHopBroadcast,
    };
    let mut packet = Vec::with_capacity(octets.len() + 64);
    outgoing.encode(kind, octets, &mut packet).ok()?;
    Some(packet)
}
