//! There and back, by UDP and TCP. MQTT's is in `mqtt/tests.rs`.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

use super::*;
use crate::messaging::Undelivered;
use crate::messaging::rig::Rig;

fn take_back() -> (TakeBack, mpsc::UnboundedReceiver<Bytes>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let take = TakeBack::new(move |octets| sender.send(octets).unwrap());
    (take, receiver)
}

async fn came(receiver: &mut mpsc::UnboundedReceiver<Bytes>) -> Bytes {
    tokio::time::timeout(Duration::from_secs(5), receiver.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn by_udp_octets_go_unchanged_and_only_the_target_is_heard() {
    let rig = Rig::new();
    let target = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (take, mut back) = take_back();
    let relay = start(&RelayConfig::Udp(target.local_addr().unwrap()), &[], &rig.host, take).unwrap();
    relay.relay(&Bytes::from_static(b"\x02\x09 as it came")).unwrap();
    let mut buffer = [0; 100];
    let (length, from) = target.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"\x02\x09 as it came");
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(b"forged", from).await.unwrap();
    target.send_to(b"\x02\x0a answer", from).await.unwrap();
    assert_eq!(came(&mut back).await, b"\x02\x0a answer"[..]);
    assert!(back.try_recv().is_err());
}

#[tokio::test]
async fn by_tcp_octets_go_in_frames_and_a_broken_connection_is_opened_anew() {
    let rig = Rig::new();
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (take, mut back) = take_back();
    let address = target.local_addr().unwrap().to_string();
    let relay = start(&RelayConfig::Tcp(address), &[], &rig.host, take).unwrap();
    for _ in 0..2 {
        let (mut stream, _) = target.accept().await.unwrap();
        while relay.relay(&Bytes::from_static(b"\x02\x09 request")) == Err(Undelivered::Gone) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(stream.read_u32().await.unwrap(), 10);
        let mut message = [0; 10];
        stream.read_exact(&mut message).await.unwrap();
        assert_eq!(&message, b"\x02\x09 request");
        stream.write_all(b"\x00\x00\x00\x04\x02\x0a").await.unwrap();
        stream.write_all(b" a\x00\x00\x00\x00").await.unwrap();
        assert_eq!(came(&mut back).await, b"\x02\x0a a"[..]);
        drop(stream);
        while relay.relay(&Bytes::from_static(b"lost")) != Err(Undelivered::Gone) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn without_a_broker_nothing_is_relayed_to_one() {
    let rig = Rig::new();
    let (take, _) = take_back();
    let error = start(&RelayConfig::Mqtt("ris/1".to_owned()), &[], &rig.host, take).unwrap_err();
    assert!(error.to_string().contains("[mqtt]"));
}
