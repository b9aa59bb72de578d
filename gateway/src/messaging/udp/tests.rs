//! Round trips over loopback, and what doesn't get through.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use voorrang_messages::packet::Packet;
use voorrang_messages::{MessageKind, Srem};
use voorrang_signals::IntersectionId;
use voorrang_units::{GeodeticPosition, Length};

use super::*;
use crate::messaging::mac::{Content, Direction, Key, Sealer, open};
use crate::messaging::rig::{NOW, Rig, granted, problems, srem};
use crate::messaging::{Identity, Publication, Relevance};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

async fn vehicle(transport: &Arc<dyn Transport>) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(transport.bound()[0]).await.unwrap();
    socket
}

async fn heard(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 65_535];
    let received = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await;
    received.ok().map(|length| buffer[..length.unwrap()].to_vec())
}

/// That nothing comes can only be waited for; so something that does come is sent behind it.
async fn silent(rig: &Rig, socket: &UdpSocket, refused: &[u8], then: &[u8]) {
    let before = rig.intake.all().len();
    socket.send(refused).await.unwrap();
    socket.send(then).await.unwrap();
    assert_eq!(rig.intake.wait_for(before + 1).await.len(), before + 1);
    assert!(heard(socket).await.is_some());
    assert!(socket.try_recv(&mut [0; 2000]).is_err());
}

fn with_key() -> (tempfile::TempDir, Arc<Key>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.key"), format!("{KEY}\n")).unwrap();
    (folder, Arc::new(Key::from_hex("a", KEY).unwrap()))
}

const UNDER_MAC: &str = "[udp]\nlisten = \"127.0.0.1:0\"\nkeys = [{ name = \"a\", file = \"a.key\" }]";

#[tokio::test]
async fn a_request_is_handed_over_and_its_answer_goes_back() {
    let rig = Rig::new();
    let transport = rig.start("[udp]\nlisten = \"127.0.0.1:0\"");
    let socket = vehicle(&transport).await;
    socket.send(&srem()).await.unwrap();
    assert_eq!(heard(&socket).await.unwrap(), granted(&Srem::decode(&srem()).unwrap()));
    let taken = &rig.intake.all()[0];
    assert_eq!((taken.octets.clone(), taken.generated), (srem(), None));
    let loopback = Identity::Address([127, 0, 0, 1].into());
    assert_eq!((taken.sender.transport, &taken.sender.identity), ("udp", &loopback));
    // After a restart the way back is found in the journal.
    let address = taken.reply.address().unwrap();
    assert_eq!(address, format!("udp:{}", socket.local_addr().unwrap()));
    transport.reply_to(&address).unwrap().send(b"later").unwrap();
    assert_eq!(heard(&socket).await.unwrap(), b"later");
}

#[tokio::test]
async fn a_burst_is_taken_whole() {
    let rig = Rig::new();
    let transport = rig.start("[udp]\nlisten = \"127.0.0.1:0\"");
    let socket = vehicle(&transport).await;
    for number in 0..100_u8 {
        socket.send(&[2, 2, number]).await.unwrap();
    }
    let taken = rig.intake.wait_for(100).await;
    assert!(taken.iter().zip(0..).all(|(taken, number)| taken.octets == [2, 2, number]));
}

#[tokio::test]
async fn a_geonetworking_packet_is_opened_and_answered_by_one() {
    let rig = Rig::new();
    let transport = rig.start("[udp]\nlisten = \"127.0.0.1:0\"\ngeonetworking = true");
    let socket = vehicle(&transport).await;
    let packet = form::packet_of(&srem(), voorrang_messages::StationId(7), NOW).unwrap();
    socket.send(&packet).await.unwrap();
    let answer = heard(&socket).await.unwrap();
    let answer = Packet::decode(&answer).unwrap();
    assert_eq!(answer.transport.unwrap().message(), Some(MessageKind::Ssem));
    assert_eq!(answer.payload, granted(&Srem::decode(&srem()).unwrap()));
    let taken = &rig.intake.all()[0];
    assert_eq!((taken.octets.clone(), taken.generated), (srem(), Some(NOW)));
    assert!(taken.reply.address().unwrap().ends_with(";gn"));
    let mut broken = packet.clone();
    broken.truncate(20);
    silent(&rig, &socket, &broken, &srem()).await;
}

#[tokio::test]
async fn a_packet_is_refused_where_packets_are_not_taken() {
    let rig = Rig::new();
    let transport = rig.start("[udp]\nlisten = \"127.0.0.1:0\"");
    let packet = form::packet_of(&srem(), voorrang_messages::StationId(7), NOW).unwrap();
    silent(&rig, &vehicle(&transport).await, &packet, &srem()).await;
}

#[tokio::test]
async fn under_a_mac_a_request_is_of_its_key_and_so_is_the_answer() {
    let (folder, key) = with_key();
    let rig = Rig::new();
    let transport = rig.start_in(UNDER_MAC, folder.path());
    let socket = vehicle(&transport).await;
    let mut sealed = Vec::new();
    Sealer::new(Direction::ToGateway).seal(&key, Content::Message, NOW, &srem(), &mut sealed);
    socket.send(&sealed).await.unwrap();
    let answer = heard(&socket).await.unwrap();
    let keys: Keyring = [Arc::clone(&key)].into_iter().collect();
    let opened = open(&keys, Direction::FromGateway, &answer).unwrap();
    assert_eq!(opened.payload, granted(&Srem::decode(&srem()).unwrap()));
    let taken = &rig.intake.all()[0];
    assert_eq!(taken.sender.identity, Identity::Key(Arc::from("a")));
    assert_eq!((taken.octets.clone(), taken.generated), (srem(), Some(NOW)));
    let address = taken.reply.address().unwrap();
    assert!(address.ends_with(";mac=a"), "{address}");
    assert!(transport.reply_to(&address).is_some());
    assert!(transport.reply_to(&address.replace("mac=a", "mac=b")).is_none());
}

#[tokio::test]
async fn repeats_forgeries_skewed_clocks_and_bare_messages_do_not_pass_a_mac() {
    let (folder, key) = with_key();
    let rig = Rig::new();
    let transport = rig.start_in(UNDER_MAC, folder.path());
    let socket = vehicle(&transport).await;
    let sealer = Sealer::new(Direction::ToGateway);
    let seal = |key: &Key, at| {
        let mut sealed = Vec::new();
        sealer.seal(key, Content::Message, at, &srem(), &mut sealed);
        sealed
    };
    let good = seal(&key, NOW);
    socket.send(&good).await.unwrap();
    assert!(heard(&socket).await.is_some());
    silent(&rig, &socket, &good, &seal(&key, NOW)).await;
    silent(&rig, &socket, &srem(), &seal(&key, NOW)).await;
    let forged = seal(&Key::new("a", &[9; 32]).unwrap(), NOW);
    silent(&rig, &socket, &forged, &seal(&key, NOW)).await;
    let skewed = seal(&key, NOW + voorrang_units::Duration::from_millis(5001));
    silent(&rig, &socket, &skewed, &seal(&key, NOW)).await;
    silent(&rig, &socket, &[], &seal(&key, NOW)).await;
}

#[tokio::test]
async fn only_listed_sources_are_heard() {
    let rig = Rig::new();
    let transport = rig.start("[udp]\nlisten = \"127.0.0.1:0\"\nsources = [\"127.0.0.2/32\"]");
    let stranger = vehicle(&transport).await;
    stranger.send(&srem()).await.unwrap();
    let listed = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    listed.connect(transport.bound()[0]).await.unwrap();
    listed.send(&srem()).await.unwrap();
    assert!(heard(&listed).await.is_some());
    assert_eq!(rig.intake.all().len(), 1);
    assert!(stranger.try_recv(&mut [0; 2000]).is_err());
}

fn spatem() -> Publication {
    Publication {
        kind: MessageKind::Spatem,
        intersection: Some(IntersectionId { region: 528, id: 7 }),
        relevance: Relevance {
            centre: GeodeticPosition::from_degrees(52.09, 5.12).unwrap(),
            radius: Length::from_metres(300.0),
        },
        octets: Arc::from([2, 4, 0, 0]),
    }
}

#[tokio::test]
async fn configured_subscribers_get_what_they_want() {
    let rig = Rig::new();
    let wants = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let toml = format!(
        "[udp]\nlisten = \"127.0.0.1:0\"\nsubscribers = [{{ address = \"{}\", kinds = [\"spatem\"] }}, {{ address = \"{}\", intersections = [\"528/8\"] }}]",
        wants.local_addr().unwrap(),
        other.local_addr().unwrap(),
    );
    let transport = rig.start(&toml);
    transport.publisher().publish(&spatem());
    assert_eq!(heard(&wants).await.unwrap(), [2, 4, 0, 0]);
    assert!(other.try_recv(&mut [0; 100]).is_err());
}

#[tokio::test]
async fn who_subscribes_under_a_mac_gets_publications_until_its_time_is_over() {
    let (folder, key) = with_key();
    let rig = Rig::new();
    let transport = rig.start_in(UNDER_MAC, folder.path());
    let socket = vehicle(&transport).await;
    let mut sealed = Vec::new();
    let subscription = br#"{"seconds":10,"intersections":["528/7"]}"#;
    let sealer = Sealer::new(Direction::ToGateway);
    sealer.seal(&key, Content::Subscription, NOW, subscription, &mut sealed);
    socket.send(&sealed).await.unwrap();
    let mut request = Vec::new();
    sealer.seal(&key, Content::Message, NOW, &srem(), &mut request);
    socket.send(&request).await.unwrap();
    assert!(heard(&socket).await.is_some());
    transport.publisher().publish(&spatem());
    let keys: Keyring = [key].into_iter().collect();
    let published = heard(&socket).await.unwrap();
    assert_eq!(open(&keys, Direction::FromGateway, &published).unwrap().payload, [2, 4, 0, 0]);
    rig.clock.advance(voorrang_units::Duration::from_seconds(11));
    transport.publisher().publish(&spatem());
    assert!(socket.try_recv(&mut [0; 2000]).is_err());
}

#[tokio::test]
async fn when_the_gateway_stops_the_listener_lets_go() {
    let rig = Rig::new();
    let transport = rig.start("[udp]\nlisten = \"127.0.0.1:0\"");
    let Rig { host, stop, .. } = rig;
    drop((transport, host));
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), stop.closed()).await.unwrap();
}

#[test]
fn beyond_loopback_somebody_has_to_vouch_for_who_sends() {
    assert!(problems("[udp]\nlisten = \"0.0.0.0:4711\"").contains("where anybody can send"));
    assert_eq!(problems("[udp]\nlisten = \"0.0.0.0:4711\"\nsources = [\"192.0.2.0/24\"]"), "");
    assert_eq!(problems(""), "");
}

#[test]
fn every_mistake_in_the_table_is_told() {
    let told = problems(
        "[udp]\nlisten = \"here\"\nmac = \"required\"\nsources = [\"x\"]\ntolerance_s = 99\nsubscribers = [{ address = \"127.0.0.1:1\", key = \"b\" }]\nlistn = 1\n",
    );
    for what in [
        "\"here\" is no address",
        "there are no keys",
        "expected a network",
        "`tolerance_s` is 99",
        "no key `b`",
        "did you mean `listen`",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
}
