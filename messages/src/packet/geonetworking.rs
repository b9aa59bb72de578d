//! GeoNetworking headers (EN 302 636-4-1 V1.4.1 clause 9): basic, common, and the extended header of each packet type.

use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, Speed, TimestampIts};

use super::cursor::Cursor;
use super::{Layer, PacketError};

/// Header type and subtype of the common header, with what its extended header says of the destination.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PacketKind {
    /// Type 0.
    Any,
    /// Says only that the station is there.
    Beacon,
    /// To one station (GUC).
    GeoUnicast,
    /// To one station in an area (GAC).
    GeoAnycast(Area),
    /// To all stations in an area (GBC).
    GeoBroadcast(Area),
    /// To all neighbours (SHB).
    SingleHopBroadcast,
    /// To all within some hops (TSB).
    TopologicallyScopedBroadcast,
    /// Asks where a station is, or answers (LS).
    LocationService,
}

/// An area (EN 302 931).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Its shape.
    pub shape: AreaShape,
    /// Its centre; `None` where the packet has no valid position.
    pub centre: Option<GeodeticPosition>,
    /// Radius of a circle, half the long side of a rectangle, half the long axis of an ellipse; whole metres.
    pub distance_a: Length,
    /// Half the short side or axis; 0 for a circle.
    pub distance_b: Length,
    /// Azimuth of the long side or axis, from north; whole degrees.
    pub angle: Angle,
}

/// Shape of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all there is")]
pub enum AreaShape {
    Circle,
    Rectangle,
    Ellipse,
}

/// Who sent a packet first, and where it was: the long position vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Source {
    /// `GN_ADDR`: flag, station type, country and link-layer address.
    pub address: [u8; 8],
    /// Milliseconds since 2004 with leap seconds, modulo 2^32.
    pub timestamp: u32,
    /// Where it was; `None` where the packet has no valid position.
    pub position: Option<GeodeticPosition>,
    /// Whether the position is accurate enough for the sender's own standards (`PAI`).
    pub accurate: bool,
    /// How fast it was, to 0.01 m/s; negative backwards.
    pub speed: Speed,
    /// Where it was heading, clockwise from north, to 0.1 degree.
    pub heading: Angle,
}

impl Source {
    /// `ST` of the address: 5 passenger car, 10 special vehicle, 15 roadside unit, as `StationType` of the messages.
    #[must_use]
    pub const fn station_type(&self) -> u8 {
        self.address[0] >> 2 & 0x1f
    }

    /// The moment of the position: the one nearest to the reception, of those 49.7 days apart that the packet may mean.
    #[must_use]
    pub fn sent(&self, received: Instant) -> Instant {
        let received = TimestampIts::from_instant(received).raw();
        let span = 1_u64 << 32;
        let behind = (received + span - u64::from(self.timestamp)) % span;
        let raw =
            if behind <= span / 2 { received.saturating_sub(behind) } else { received + (span - behind) };
        TimestampIts::from_raw(raw).instant()
    }
}

/// Version of GeoNetworking in the basic header.
const VERSION: u8 = 1;
/// Tenths of a microdegree.
const UNITS_PER_DEGREE: f64 = 1e7;

/// What follows the basic header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextHeader {
    Common,
    Secured,
}

/// The basic header: 4 octets (clause 9.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BasicHeader {
    pub(super) next: NextHeader,
    pub(super) lifetime: Duration,
    pub(super) remaining_hops: u8,
}

impl BasicHeader {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, PacketError> {
        cursor.enter(Layer::BasicHeader);
        let first = cursor.u8()?;
        if first >> 4 != VERSION {
            return Err(cursor.error_before(format!("version {VERSION}"), first >> 4));
        }
        let next = match first & 0xf {
            1 => NextHeader::Common,
            2 => NextHeader::Secured,
            other => {
                return Err(cursor.error_before("a common header (1) or a secured packet (2) next", other));
            }
        };
        let [_reserved, lifetime, remaining_hops] = cursor.array()?;
        Ok(Self { next, lifetime: lifetime_of(lifetime), remaining_hops })
    }

    pub(super) fn write(&self, octets: &mut Vec<u8>) {
        let next = match self.next {
            NextHeader::Common => 1,
            NextHeader::Secured => 2,
        };
        octets.extend([VERSION << 4 | next, 0, lifetime_to_wire(self.lifetime), self.remaining_hops]);
    }
}

/// Bases of the lifetime in milliseconds, by the two lowest bits (clause 9.6.4).
const LIFETIME_BASES: [i64; 4] = [50, 1_000, 10_000, 100_000];

fn lifetime_of(raw: u8) -> Duration {
    Duration::from_millis(LIFETIME_BASES[usize::from(raw & 3)] * i64::from(raw >> 2))
}

/// The finest base that reaches the lifetime; the longest is 6300 s.
fn lifetime_to_wire(lifetime: Duration) -> u8 {
    let millis = lifetime.millis().max(0);
    for (base, unit) in (0_u8..).zip(LIFETIME_BASES) {
        let multiplier = (millis + unit - 1) / unit;
        if let Ok(multiplier @ 0..=63) = u8::try_from(multiplier) {
            return multiplier << 2 | base;
        }
    }
    0xff
}

/// The common header: 8 octets (clause 9.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CommonHeader {
    /// 1 BTP-A, 2 BTP-B, 3 IPv6, 0 anything.
    pub(super) next: u8,
    pub(super) header_type: u8,
    pub(super) header_subtype: u8,
    pub(super) traffic_class: u8,
    pub(super) payload_length: u16,
    pub(super) maximum_hops: u8,
}

impl CommonHeader {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, PacketError> {
        cursor.enter(Layer::CommonHeader);
        let [next, kind, traffic_class, _flags] = cursor.array()?;
        let payload_length = cursor.u16()?;
        let [maximum_hops, _reserved] = cursor.array()?;
        Ok(Self {
            next: next >> 4,
            header_type: kind >> 4,
            header_subtype: kind & 0xf,
            traffic_class,
            payload_length,
            maximum_hops,
        })
    }

    pub(super) fn write(&self, octets: &mut Vec<u8>) {
        let kind = self.header_type << 4 | self.header_subtype;
        octets.extend([self.next << 4, kind, self.traffic_class, 0]);
        octets.extend(self.payload_length.to_be_bytes());
        octets.extend([self.maximum_hops, 0]);
    }
}

impl PacketKind {
    /// Reads the extended header that the common header names (clause 9.8).
    pub(super) fn read(
        cursor: &mut Cursor<'_>,
        common: &CommonHeader,
    ) -> Result<(Self, Option<Source>), PacketError> {
        cursor.enter(Layer::ExtendedHeader);
        let shape = || match common.header_subtype {
            0 => Ok(AreaShape::Circle),
            1 => Ok(AreaShape::Rectangle),
            2 => Ok(AreaShape::Ellipse),
            other => Err(cursor.error("an area of subtype 0 to 2", other)),
        };
        match (common.header_type, common.header_subtype) {
            (0, _) => Ok((Self::Any, None)),
            (1, _) => Ok((Self::Beacon, Some(Source::read(cursor)?))),
            (2, _) => {
                let source = numbered(cursor)?;
                cursor.take(20)?;
                Ok((Self::GeoUnicast, Some(source)))
            }
            (3 | 4, _) => {
                let shape = shape()?;
                let source = numbered(cursor)?;
                let area = Area::read(cursor, shape)?;
                let kind =
                    if common.header_type == 3 { Self::GeoAnycast(area) } else { Self::GeoBroadcast(area) };
                Ok((kind, Some(source)))
            }
            (5, 0) => {
                let source = Source::read(cursor)?;
                // Media-dependent data.
                cursor.take(4)?;
                Ok((Self::SingleHopBroadcast, Some(source)))
            }
            (5, 1) => Ok((Self::TopologicallyScopedBroadcast, Some(numbered(cursor)?))),
            (6, subtype @ 0..=1) => {
                let source = numbered(cursor)?;
                cursor.take(if subtype == 0 { 8 } else { 20 })?;
                Ok((Self::LocationService, Some(source)))
            }
            (kind, subtype) => {
                Err(cursor.error("a packet of type 0 to 6", format!("type {kind}, subtype {subtype}")))
            }
        }
    }
}

/// Sequence number and reserved octets, then the source.
fn numbered(cursor: &mut Cursor<'_>) -> Result<Source, PacketError> {
    cursor.take(4)?;
    Source::read(cursor)
}

impl Source {
    /// The long position vector: 24 octets (clause 9.5.2).
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, PacketError> {
        let (address, timestamp) = (cursor.array()?, cursor.u32()?);
        let position = position(cursor)?;
        let (motion, heading) = (cursor.u16()?, cursor.u16()?);
        // Fifteen bits in two's complement behind the flag.
        let speed = i16::from_be_bytes((motion << 1).to_be_bytes()) >> 1;
        Ok(Self {
            address,
            timestamp,
            position,
            accurate: motion >> 15 == 1,
            speed: Speed::from_metres_per_second(f64::from(speed) / 100.0),
            heading: Angle::from_degrees(f64::from(heading) / 10.0),
        })
    }

    pub(super) fn write(&self, octets: &mut Vec<u8>) {
        octets.extend(self.address);
        octets.extend(self.timestamp.to_be_bytes());
        write_position(octets, self.position);
        let speed = nearest(self.speed.metres_per_second() * 100.0).clamp(-0x4000, 0x3fff);
        let motion = u16::from_be_bytes([speed.to_be_bytes()[2], speed.to_be_bytes()[3]]) & 0x7fff;
        octets.extend((motion | u16::from(self.accurate) << 15).to_be_bytes());
        octets.extend((u16_of(self.heading.normalised().degrees() * 10.0) % 3600).to_be_bytes());
    }
}

impl Area {
    fn read(cursor: &mut Cursor<'_>, shape: AreaShape) -> Result<Self, PacketError> {
        let centre = position(cursor)?;
        let (a, b, angle) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
        // Reserved.
        cursor.take(2)?;
        Ok(Self {
            shape,
            centre,
            distance_a: Length::from_metres(a.into()),
            distance_b: Length::from_metres(b.into()),
            angle: Angle::from_degrees(angle.into()),
        })
    }

    pub(super) fn write(&self, octets: &mut Vec<u8>) {
        write_position(octets, self.centre);
        octets.extend(u16_of(self.distance_a.metres()).to_be_bytes());
        octets.extend(u16_of(self.distance_b.metres()).to_be_bytes());
        octets.extend((u16_of(self.angle.normalised().degrees()) % 360).to_be_bytes());
        octets.extend([0, 0]);
    }

    pub(super) const fn subtype(&self) -> u8 {
        match self.shape {
            AreaShape::Circle => 0,
            AreaShape::Rectangle => 1,
            AreaShape::Ellipse => 2,
        }
    }
}

fn position(cursor: &mut Cursor<'_>) -> Result<Option<GeodeticPosition>, PacketError> {
    let (latitude, longitude) = (f64::from(cursor.i32()?), f64::from(cursor.i32()?));
    Ok(GeodeticPosition::from_degrees(latitude / UNITS_PER_DEGREE, longitude / UNITS_PER_DEGREE))
}

/// No position is zeros: what a station has before its first position.
fn write_position(octets: &mut Vec<u8>, position: Option<GeodeticPosition>) {
    let (latitude, longitude) = position.map_or((0, 0), |position| {
        (
            nearest(position.latitude_degrees() * UNITS_PER_DEGREE),
            nearest(position.longitude_degrees() * UNITS_PER_DEGREE),
        )
    });
    octets.extend(latitude.to_be_bytes());
    octets.extend(longitude.to_be_bytes());
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and not-a-number becomes 0")]
fn nearest(value: f64) -> i32 {
    value.round() as i32
}

fn u16_of(value: f64) -> u16 {
    u16::try_from(nearest(value).max(0)).unwrap_or(u16::MAX)
}
