//! What stood around a message: its place in a capture, its UDP ends, its GeoNetworking packet.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use voorrang_messages::hex;
use voorrang_messages::packet::{Area, AreaShape, Btp, Packet, PacketKind, Security};
use voorrang_units::Instant;

use crate::capture::Ends;

/// What stood around a message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Envelope<'a> {
    /// The packet's number in a capture.
    pub(super) number: Option<u64>,
    /// When it was captured.
    pub(super) time: Option<Instant>,
    /// Whose datagram it was.
    pub(super) ends: Option<Ends>,
    /// The headers of its packet.
    pub(super) packet: Option<&'a Packet<'a>>,
}

impl Envelope<'_> {
    /// Whether nothing stood around it.
    pub(super) const fn is_empty(&self) -> bool {
        self.number.is_none() && self.ends.is_none() && self.packet.is_none()
    }
}

/// In one sentence, as `packet 3 at 2026-11-23T12:00:00.250Z: signed, not verified; single-hop broadcast, BTP-B port 2001`.
impl fmt::Display for Envelope<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let place = match (self.number, self.time) {
            (Some(number), Some(time)) => format!("packet {number} at {time}"),
            (Some(number), None) => format!("packet {number}"),
            (None, _) => "packet".to_owned(),
        };
        if let Some(ends) = self.ends {
            parts.push(format!("UDP from {} to {}", ends.source, ends.destination));
        }
        if let Some(packet) = self.packet {
            parts.push(security(packet.security).to_owned());
            parts.push(match packet.transport {
                Some(transport) => format!("{}, {}", kind(packet.kind), btp(transport)),
                None => kind(packet.kind).to_owned(),
            });
        }
        write!(out, "{place}: {}", parts.join("; "))
    }
}

/// The member `packet` of a message's line.
impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        put("number", self.number.map(Value::from));
        put("time", self.time.map(|time| json!(time.to_string())));
        put("udp", self.ends.map(|ends| json!({ "source": ends.source, "destination": ends.destination })));
        put("security", self.packet.map(|packet| json!(security(packet.security))));
        put("geonetworking", self.packet.map(|packet| geonetworking(packet, self.time)));
        put("btp", self.packet.and_then(|packet| packet.transport).map(btp_members));
        members.serialize(serializer)
    }
}

const fn security(security: Security) -> &'static str {
    match security {
        Security::Unsecured => "unsecured",
        Security::Unsigned => "in an envelope, not signed",
        Security::SignedNotVerified { .. } => "signed, not verified",
    }
}

const fn kind(kind: PacketKind) -> &'static str {
    match kind {
        PacketKind::Any => "any",
        PacketKind::Beacon => "beacon",
        PacketKind::GeoUnicast => "geo-unicast",
        PacketKind::GeoAnycast(_) => "geo-anycast",
        PacketKind::GeoBroadcast(_) => "geo-broadcast",
        PacketKind::SingleHopBroadcast => "single-hop broadcast",
        PacketKind::TopologicallyScopedBroadcast => "topologically scoped broadcast",
        PacketKind::LocationService => "location service",
    }
}

fn btp(transport: Btp) -> String {
    match transport {
        Btp::A { destination, source } => format!("BTP-A port {destination} from {source}"),
        Btp::B { destination, .. } => format!("BTP-B port {destination}"),
    }
}

fn btp_members(transport: Btp) -> Value {
    match transport {
        Btp::A { destination, source } => json!({ "destinationPort": destination, "sourcePort": source }),
        Btp::B { destination, info } => {
            json!({ "destinationPort": destination, "destinationPortInfo": info })
        }
    }
}

fn geonetworking(packet: &Packet<'_>, time: Option<Instant>) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("type", json!(kind(packet.kind)));
    put("lifetime_s", json!(packet.lifetime.seconds()));
    put("remainingHops", json!(packet.remaining_hops));
    put("trafficClass", json!(packet.traffic_class));
    if let Some(source) = packet.source {
        put("address", json!(hex::text(&source.address)));
        put("stationType", json!(source.station_type()));
        put("timestamp", json!(source.timestamp));
        if let Some(time) = time {
            put("sent", json!(source.sent(time).to_string()));
        }
        if let Some(position) = source.position {
            put("latitude_deg", json!(position.latitude_degrees()));
            put("longitude_deg", json!(position.longitude_degrees()));
        }
        put("speed_m_s", json!(source.speed.metres_per_second()));
        put("heading_deg", json!(source.heading.degrees()));
    }
    if let PacketKind::GeoBroadcast(area) | PacketKind::GeoAnycast(area) = packet.kind {
        put("area", area_members(&area));
    }
    if let Security::SignedNotVerified { its_aid, generated } = packet.security {
        put("itsAid", json!(its_aid));
        if let Some(generated) = generated {
            put("signed", json!(generated.to_string()));
        }
    }
    Value::Object(members)
}

fn area_members(area: &Area) -> Value {
    let shape = match area.shape {
        AreaShape::Circle => "circle",
        AreaShape::Rectangle => "rectangle",
        AreaShape::Ellipse => "ellipse",
    };
    json!({
        "shape": shape,
        "latitude_deg": area.centre.map(|centre| centre.latitude_degrees()),
        "longitude_deg": area.centre.map(|centre| centre.longitude_degrees()),
        "distanceA_m": area.distance_a.metres(),
        "distanceB_m": area.distance_b.metres(),
        "angle_deg": area.angle.degrees(),
    })
}
