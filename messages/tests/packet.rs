//! Packets: real ones as an independent implementation reads them, our own as it reads them, and octets that are none.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]
#![allow(clippy::float_cmp, reason = "whole numbers after rounding")]

use std::fs;

use geonetworking::en302636_4_1::{ExtendedHeader, HeaderType, LongPositionVector, NextAfterCommon};
use geonetworking::{Decode, Packet as Peer};
use proptest::prelude::*;
use serde_json::Value;
use voorrang_messages::packet::{
    Area, AreaShape, Btp, Destination, Layer, Outgoing, Packet, PacketKind, Security, Source, port_of,
};
use voorrang_messages::{ItsMessage, MessageKind, hex};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, Length, Speed};

/// Published packets, most of them recorded on the road (`tests/vectors/SOURCES.md`).
fn packets() -> Vec<(String, Vec<u8>)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/packets.jsonl");
    let text = fs::read_to_string(path).unwrap();
    let record = |line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        (text("id"), hex::octets(&text("hex")).unwrap())
    };
    text.lines().map(record).collect()
}

#[test]
fn published_packets_are_read_as_another_implementation_reads_them() {
    let mut messages = 0;
    for (id, octets) in packets() {
        let ours = Packet::decode(&octets).unwrap_or_else(|error| panic!("{id}: {error}"));
        check_against_peer(&id, &ours, &octets);
        if let Some(kind) = ours.transport.and_then(Btp::message) {
            let message = ItsMessage::decode(ours.payload);
            // Release 2 has the same ports.
            messages += usize::from(message.is_ok_and(|message| message.kind() == kind));
        }
    }
    assert!(messages >= 4, "{messages} messages in the packets");
}

/// The peer reads the headers as we do.
fn check_against_peer(id: &str, ours: &Packet<'_>, octets: &[u8]) {
    let theirs = Peer::decode(octets).unwrap_or_else(|error| panic!("{id}: {error:?}")).decoded;
    let (basic, common, extended, payload) = match &theirs {
        Peer::Unsecured { basic, common, extended, payload } => (basic, common, extended, *payload),
        Peer::Secured { basic, common, extended, .. } => {
            (basic, common, extended, theirs.secured_payload_after_gn().unwrap())
        }
    };
    assert_eq!(ours.security == Security::Unsecured, matches!(theirs, Peer::Unsecured { .. }), "{id}");
    assert_eq!(ours.lifetime.millis(), i64::from(basic.lifetime.as_milliseconds()), "{id}");
    assert_eq!(ours.remaining_hops, basic.remaining_hop_limit, "{id}");
    let btp = matches!(common.next_header, NextAfterCommon::BTPA | NextAfterCommon::BTPB);
    assert_eq!(ours.transport.is_some(), btp, "{id}");
    if let Some(transport) = ours.transport {
        assert_eq!(transport.destination(), u16::from_be_bytes([payload[0], payload[1]]), "{id}");
        assert_eq!(ours.payload, &payload[4..usize::from(common.payload_length)], "{id}");
    }
    match (ours.kind, common.header_type_and_subtype) {
        (PacketKind::Any, HeaderType::Any)
        | (PacketKind::Beacon, HeaderType::Beacon)
        | (PacketKind::GeoUnicast, HeaderType::GeoUnicast)
        | (PacketKind::GeoAnycast(_), HeaderType::GeoAnycast(_))
        | (PacketKind::GeoBroadcast(_), HeaderType::GeoBroadcast(_))
        | (
            PacketKind::SingleHopBroadcast | PacketKind::TopologicallyScopedBroadcast,
            HeaderType::TopologicallyScopedBroadcast(_),
        )
        | (PacketKind::LocationService, HeaderType::LocationService(_)) => {}
        (ours, theirs) => panic!("{id}: {ours:?}, the peer says {theirs:?}"),
    }
    let Some(extended) = extended else { return };
    let (source, area) = match extended {
        ExtendedHeader::SHB(header) => (&header.source_position_vector, None),
        ExtendedHeader::TSB(header) => (&header.source_position_vector, None),
        ExtendedHeader::GUC(header) => (&header.source_position_vector, None),
        ExtendedHeader::Beacon(header) => (&header.source_position_vector, None),
        ExtendedHeader::LSRequest(header) => (&header.source_position_vector, None),
        ExtendedHeader::LSReply(header) => (&header.source_position_vector, None),
        ExtendedHeader::GBC(header) | ExtendedHeader::GAC(header) => {
            (&header.source_position_vector, Some((header.distance_a, header.distance_b, header.angle)))
        }
    };
    check_source(id, &ours.source.unwrap(), source);
    if let (Some((a, b, angle)), PacketKind::GeoBroadcast(ours) | PacketKind::GeoAnycast(ours)) =
        (area, ours.kind)
    {
        let read = [ours.distance_a.metres(), ours.distance_b.metres(), ours.angle.degrees().round()];
        assert_eq!(read, [f64::from(a), f64::from(b), f64::from(angle)], "{id}");
    }
}

fn check_source(id: &str, ours: &Source, theirs: &LongPositionVector) {
    assert_eq!(ours.address[2..], theirs.gn_address.address, "{id}");
    assert_eq!(ours.timestamp, theirs.timestamp.0, "{id}");
    let position = ours.position.unwrap();
    assert_eq!((position.latitude_degrees() * 1e7).round(), f64::from(theirs.latitude), "{id}");
    assert_eq!((position.longitude_degrees() * 1e7).round(), f64::from(theirs.longitude), "{id}");
    assert_eq!(ours.accurate, theirs.position_accuracy, "{id}");
    assert_eq!((ours.speed.metres_per_second() * 100.0).round(), f64::from(theirs.speed.value()), "{id}");
    assert_eq!((ours.heading.degrees() * 10.0).round(), f64::from(theirs.heading), "{id}");
}

#[test]
fn a_signed_packet_is_opened_and_said_to_be_not_verified() {
    let signed: Vec<_> = packets().into_iter().filter(|(_, octets)| octets[0] == 0x12).collect();
    assert!(signed.len() >= 3);
    for (id, octets) in &signed {
        let packet = Packet::decode(octets).unwrap();
        let Security::SignedNotVerified { its_aid, generated } = packet.security else { panic!("{id}") };
        // 36 is CAM, 37 DENM, 137 SPATEM, 138 MAPEM (TS 102 965).
        assert!([36, 37, 137, 138].contains(&its_aid), "{id}: {its_aid}");
        assert!(generated.unwrap() > Instant::parse_rfc3339("2020-01-01T00:00:00Z").unwrap(), "{id}");
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_of_a_packet_gives_a_packet_or_an_error() {
    for (id, octets) in packets() {
        for length in 0..octets.len() {
            let Err(error) = Packet::decode(&octets[..length]) else { continue };
            assert!(error.offset <= length, "{id}: {error}");
        }
        for bit in 0..octets.len() * 8 {
            let mut octets = octets.clone();
            octets[bit / 8] ^= 0x80 >> (bit % 8);
            drop(Packet::decode(&octets));
        }
    }
}

#[test]
fn an_envelope_in_an_envelope_is_an_error_however_deep() {
    let octets = [&[0x12, 0, 5, 1][..], &[3, 0x81, 0, 0x40].repeat(100_000)].concat();
    let error = Packet::decode(&octets).unwrap_err();
    assert_eq!(
        error.to_string(),
        "security envelope at octet 9: expected unsecured data within the signed data, found another envelope"
    );
}

/// An envelope of a single-hop broadcast without its own payload, with what stands between the signed data and its header.
fn signed(present: u8, between: &[u8]) -> Vec<u8> {
    let content = [&[0, 0x50, 0, 0, 0, 0, 1, 0][..], &[0; 28]].concat();
    let header_info = [0, 1, 36];
    let length = u8::try_from(content.len()).unwrap();
    [&[0x12, 0, 5, 1, 3, 0x81, 0, present, 3, 0x80, length], &content[..], between, &header_info].concat()
}

#[test]
fn a_hash_beside_the_signed_data_is_passed_over_whatever_its_length() {
    let sha_256 = [&[0x80][..], &[7; 32]].concat();
    let sha_384 = [&[0x81, 48][..], &[7; 48]].concat();
    let sm3 = [&[0x82, 32][..], &[7; 32]].concat();
    let expected = Security::SignedNotVerified { its_aid: 36, generated: None };
    assert_eq!(Packet::decode(&signed(0x40, &[])).unwrap().security, expected);
    for hash in [sha_256, sha_384, sm3] {
        assert_eq!(Packet::decode(&signed(0x60, &hash)).unwrap().security, expected);
    }
    let error = Packet::decode(&signed(0x60, &[0x83, 0])).unwrap_err();
    assert!(error.to_string().ends_with("expected a hash of tag 0x80 to 0x82, found 0x83"), "{error}");
}

#[test]
fn a_length_of_no_octets_is_an_error() {
    let error = Packet::decode(&[0x12, 0, 5, 1, 3, 0x80, 0x80, 0, 0]).unwrap_err();
    assert_eq!(error.to_string(), "security envelope at octet 6: expected a length, found one of no octets");
}

#[test]
fn an_encrypted_packet_is_an_error_that_says_so() {
    let error = Packet::decode(&[0x12, 0, 5, 1, 3, 0x82, 0, 0]).unwrap_err();
    assert_eq!(error.layer, Layer::Security);
    assert!(error.to_string().ends_with("found encrypted data"), "{error}");
}

#[test]
fn a_payload_that_is_not_all_there_is_an_error() {
    let octets = packets().into_iter().find(|(_, octets)| octets[0] == 0x11 && octets.len() > 60).unwrap().1;
    let error = Packet::decode(&octets[..octets.len() - 1]).unwrap_err();
    assert_eq!(error.layer, Layer::Payload);
    // A frame that is filled up is no error.
    let filled = [&octets[..], &[0; 7]].concat();
    assert_eq!(Packet::decode(&filled), Packet::decode(&octets));
}

fn source() -> impl Strategy<Value = Source> {
    let position = (-90_i32..=90, -180_i32..=180)
        .prop_map(|(latitude, longitude)| GeodeticPosition::from_degrees(latitude.into(), longitude.into()));
    // The peer refuses station types that have no name.
    let address = (any::<[u8; 8]>(), 0_u8..12).prop_map(|(address, station_type)| {
        [&[address[0] & 0x83 | station_type << 2], &address[1..]].concat().try_into().unwrap()
    });
    (address, any::<u32>(), position, any::<bool>(), -16_384_i32..=16_383, 0_i32..3600).prop_map(
        |(address, timestamp, position, accurate, speed, heading)| Source {
            address,
            timestamp,
            position,
            accurate,
            speed: Speed::from_metres_per_second(f64::from(speed) / 100.0),
            heading: Angle::from_degrees(f64::from(heading) / 10.0),
        },
    )
}

fn destination() -> impl Strategy<Value = Destination> {
    let shape = prop::sample::select(vec![AreaShape::Circle, AreaShape::Rectangle, AreaShape::Ellipse]);
    let area = (shape, any::<u16>(), any::<u16>(), 0_u16..360).prop_map(|(shape, a, b, angle)| Area {
        shape,
        centre: GeodeticPosition::from_degrees(52.0, 5.0),
        distance_a: Length::from_metres(a.into()),
        distance_b: Length::from_metres(b.into()),
        angle: Angle::from_degrees(angle.into()),
    });
    prop_oneof![
        Just(Destination::SingleHopBroadcast),
        (area, any::<u16>())
            .prop_map(|(area, sequence_number)| Destination::GeoBroadcast { area, sequence_number }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_written_packet_is_read_as_it_was_by_us_and_by_the_peer(
        source in source(),
        destination in destination(),
        lifetime in 0_i64..=63,
        hops in 1_u8..=255,
        traffic_class in any::<u8>(),
        kind in prop::sample::select(MessageKind::ALL),
        message in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let lifetime = Duration::from_seconds(lifetime);
        let outgoing = Outgoing { lifetime, hops, traffic_class, source, destination };
        let mut octets = Vec::new();
        outgoing.encode(kind, &message, &mut octets).unwrap();
        let packet = Packet::decode(&octets).unwrap();
        prop_assert_eq!(packet.source, Some(source));
        if source.speed >= Speed::from_metres_per_second(0.0) {
            check_against_peer("written", &packet, &octets);
        }
        prop_assert_eq!(packet.payload, &message[..]);
        prop_assert_eq!(packet.lifetime, lifetime);
        prop_assert_eq!(packet.traffic_class, traffic_class);
        prop_assert_eq!(packet.security, Security::Unsecured);
        prop_assert_eq!(packet.transport, Some(Btp::B { destination: port_of(kind), info: 0 }));
        match (packet.kind, destination) {
            (PacketKind::SingleHopBroadcast, Destination::SingleHopBroadcast) => {
                prop_assert_eq!(packet.remaining_hops, 1);
            }
            (PacketKind::GeoBroadcast(read), Destination::GeoBroadcast { area, .. }) => {
                prop_assert_eq!(read.shape, area.shape);
                prop_assert_eq!(packet.remaining_hops, hops);
            }
            (read, written) => prop_assert!(false, "{:?} of {:?}", read, written),
        }
    }

    #[test]
    fn any_octets_are_a_packet_or_an_error(
        first in prop::sample::select(vec![0x11_u8, 0x12]),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        drop(Packet::decode(&[&[first], &rest[..]].concat()));
    }
}

/// Why the peer is no more than a peer: fifteen bits of a speed below 0 end the program that it runs in.
#[test]
fn the_peer_panics_at_a_vehicle_that_drives_backwards() {
    let mut octets =
        packets().into_iter().find(|(_, octets)| octets[0] == 0x11 && octets.len() > 60).unwrap().1;
    // The speed of the source: -0.01 m/s.
    octets[32..34].copy_from_slice(&[0x7f, 0xff]);
    let ours = Packet::decode(&octets).unwrap().source.unwrap();
    assert_eq!(ours.speed, Speed::from_metres_per_second(-0.01));
    let theirs = std::panic::catch_unwind(|| Peer::decode(&*octets).is_ok());
    assert!(theirs.is_err(), "it is sound now: use it (messages/src/packet/mod.rs)");
}

/// 3600 tenths of a degree are no heading, and 360 degrees no angle.
#[test]
fn angles_just_below_north_are_written_as_north() {
    let below_north = Angle::from_degrees(359.99);
    let source = Source {
        address: [0; 8],
        timestamp: 0,
        position: None,
        accurate: false,
        speed: Speed::from_metres_per_second(0.0),
        heading: below_north,
    };
    let area = Area {
        shape: AreaShape::Ellipse,
        centre: None,
        distance_a: Length::from_metres(100.0),
        distance_b: Length::from_metres(50.0),
        angle: below_north,
    };
    let destination = Destination::GeoBroadcast { area, sequence_number: 1 };
    let lifetime = Duration::from_seconds(1);
    let mut octets = Vec::new();
    Outgoing { lifetime, hops: 1, traffic_class: 0, source, destination }
        .encode(MessageKind::Denm, &[], &mut octets)
        .unwrap();
    let packet = Packet::decode(&octets).unwrap();
    let PacketKind::GeoBroadcast(area) = packet.kind else { panic!("{packet:?}") };
    let north = Angle::from_degrees(0.0);
    assert_eq!((packet.source.unwrap().heading, area.angle), (north, north));
}

#[test]
fn the_time_of_a_position_is_the_one_nearest_to_the_reception() {
    let received = Instant::parse_rfc3339("2026-11-23T12:00:00Z").unwrap();
    let sent = received - Duration::from_millis(250);
    let raw = voorrang_units::TimestampIts::from_instant(sent).raw();
    let source = Source {
        address: [0; 8],
        timestamp: u32::try_from(raw % (1 << 32)).unwrap(),
        position: None,
        accurate: false,
        speed: Speed::from_metres_per_second(0.0),
        heading: Angle::from_degrees(0.0),
    };
    assert_eq!(source.sent(received), sent);
    // The sender's clock is ahead.
    let earlier = sent - Duration::from_seconds(3);
    assert_eq!(source.sent(earlier), sent);
}
