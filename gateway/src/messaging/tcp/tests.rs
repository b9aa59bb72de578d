//! Round trips over loopback, TLS, and peers that mean no good.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use voorrang_messages::{MessageKind, PriorityRequest, Srem};
use voorrang_signals::IntersectionId;
use voorrang_units::{GeodeticPosition, Length};

use super::*;
use crate::messaging::json::request_to_json;
use crate::messaging::rig::{NOW, Rig, granted, problems, srem};
use crate::messaging::tls::tests::Authority;
use crate::messaging::{Identity, Publication, Relevance};

const PLAIN: &str = "[tcp]\nlisten = \"127.0.0.1:0\"";

async fn peer(transport: &Arc<dyn Transport>) -> TcpStream {
    TcpStream::connect(transport.bound()[0]).await.unwrap()
}

async fn send_frame(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) {
    stream.write_u32(message.len().try_into().unwrap()).await.unwrap();
    stream.write_all(message).await.unwrap();
    stream.flush().await.unwrap();
}

async fn frame(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let read = async {
        let length = stream.read_u32().await.unwrap();
        let mut message = vec![0; length.try_into().unwrap()];
        stream.read_exact(&mut message).await.unwrap();
        message
    };
    tokio::time::timeout(Duration::from_secs(5), read).await.unwrap()
}

async fn line(stream: &mut BufReader<TcpStream>) -> Value {
    let mut line = String::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_line(&mut line)).await.unwrap().unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

/// That the gateway ends the connection, within the patience of these tests.
async fn ends(stream: &mut (impl AsyncRead + Unpin)) {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    // Ended in order or by a reset: both are an end.
    let _ = read.expect("the connection stays open");
}

fn answer() -> Vec<u8> {
    granted(&Srem::decode(&srem()).unwrap())
}

/// The request of [`srem`] as a provider writes it.
fn request() -> Value {
    request_to_json(&PriorityRequest::all_from_srem(&Srem::decode(&srem()).unwrap(), NOW).unwrap()[0])
}

#[tokio::test]
async fn frames_are_handed_over_and_answered_in_order() {
    let rig = Rig::new();
    let mut stream = peer(&rig.start(PLAIN)).await;
    // Two at once, the second in pieces.
    let mut octets = Vec::new();
    send_frame(&mut octets, &srem()).await;
    let whole = octets.clone();
    octets.extend(&whole[..10]);
    stream.write_all(&octets).await.unwrap();
    assert_eq!(frame(&mut stream).await, answer());
    stream.write_all(&whole[10..]).await.unwrap();
    assert_eq!(frame(&mut stream).await, answer());
    let taken = rig.intake.all();
    assert_eq!(taken.iter().map(|taken| taken.octets.clone()).collect::<Vec<_>>(), [srem(), srem()]);
    assert_eq!(taken[0].sender.identity, Identity::Address([127, 0, 0, 1].into()));
    assert_eq!(taken[0].reply.address(), None);
}

#[tokio::test]
async fn an_empty_frame_is_answered_by_one() {
    let rig = Rig::new();
    let mut stream = peer(&rig.start(PLAIN)).await;
    send_frame(&mut stream, &[]).await;
    assert!(frame(&mut stream).await.is_empty());
}

#[tokio::test]
async fn a_provider_asks_in_json_and_is_answered_in_json() {
    let rig = Rig::new();
    let mut stream = BufReader::new(peer(&rig.start(PLAIN)).await);
    stream.write_all(format!("{}\r\n", request()).as_bytes()).await.unwrap();
    let status = line(&mut stream).await;
    assert_eq!((&status["status"], &status["request"]), (&json!("granted"), &request()["request"]));
    assert_eq!(status["intersection"], json!({ "region": 528, "id": 3107 }));
    let taken = Srem::decode(&rig.intake.all()[0].octets).unwrap();
    let taken = PriorityRequest::all_from_srem(&taken, NOW).unwrap();
    assert_eq!(request_to_json(&taken[0]), request());
}

#[tokio::test]
async fn what_is_wrong_with_a_line_is_said_and_the_next_is_read() {
    let rig = Rig::new();
    let mut stream = BufReader::new(peer(&rig.start(PLAIN)).await);
    let mut wrong = request();
    wrong["kind"] = json!("old");
    stream.write_all(format!("{wrong}\n[1]\n{{\n{}\n", request()).as_bytes()).await.unwrap();
    let error = line(&mut stream).await;
    assert_eq!(error["error"]["field"], "kind");
    assert_eq!(error["error"]["remedy"], "give \"new\", \"update\" or \"cancellation\"");
    assert_eq!(line(&mut stream).await["error"]["what"], "the line is no object");
    assert!(line(&mut stream).await["error"]["what"].as_str().unwrap().contains("no JSON"));
    assert_eq!(line(&mut stream).await["status"], "granted");
}

fn published(kind: MessageKind) -> Publication {
    Publication {
        kind,
        intersection: Some(IntersectionId { region: 528, id: 3107 }),
        relevance: Relevance {
            centre: GeodeticPosition::from_degrees(52.09, 5.12).unwrap(),
            radius: Length::from_metres(300.0),
        },
        octets: Arc::from(answer()),
    }
}

#[tokio::test]
async fn whoever_subscribes_gets_publications() {
    let rig = Rig::new();
    let transport = rig.start(PLAIN);
    let (mut frames, mut other) = (peer(&transport).await, peer(&transport).await);
    send_frame(&mut frames, br#"{"subscribe":{"seconds":60,"kinds":["spatem"]}}"#).await;
    for stream in [&mut frames, &mut other] {
        send_frame(stream, &[]).await;
        frame(stream).await;
    }
    transport.publisher().publish(&published(MessageKind::Mapem));
    transport.publisher().publish(&published(MessageKind::Spatem));
    assert_eq!(frame(&mut frames).await, answer());
    assert!(other.try_read(&mut [0; 10]).is_err());
    send_frame(&mut frames, br#"{"subscribe":{"seconds":0}}"#).await;
    let error: Value = serde_json::from_slice(&frame(&mut frames).await).unwrap();
    assert_eq!(error["error"]["field"], "subscribe.seconds");
    rig.clock.advance(voorrang_units::Duration::from_seconds(61));
    transport.publisher().publish(&published(MessageKind::Spatem));
    send_frame(&mut frames, &[]).await;
    assert!(frame(&mut frames).await.is_empty());
}

#[tokio::test]
async fn hostile_frames_end_the_connection() {
    let rig = Rig::new();
    let transport = rig.start(PLAIN);
    for octets in [
        &[0, 1, 0, 1][..],                     // 64 KiB and one octet.
        &[0xff, 0xff, 0xff, 0xff],             // neither form
        b"GET / HTTP/1.1\r\n\r\n",             // nor this
        &[0, 0, 0, 2, b'{', b'}', 0, 1, 0, 1], // an empty object, then too long
        &[0, 0, 0, 1, b'{'],                   // no JSON
    ] {
        let mut stream = peer(&transport).await;
        stream.write_all(octets).await.unwrap();
        ends(&mut stream).await;
    }
    let mut stream = peer(&transport).await;
    stream.write_all(&[b'{'; lines::LONGEST + 1]).await.unwrap();
    ends(&mut stream).await;
    assert!(rig.intake.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_to_begin_or_to_finish_is_left() {
    let rig = Rig::new();
    let transport = rig.start(PLAIN);
    let mut silent = peer(&transport).await;
    ends_after(&mut silent, 10).await;
    // An octet each second: each frame has its time, however it is spread.
    let mut drop_by_drop = peer(&transport).await;
    let start = tokio::time::Instant::now();
    for octet in [0, 0, 0, 50].into_iter().chain([2; 40]) {
        if drop_by_drop.write_all(&[octet]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let took = start.elapsed().as_secs();
    assert!(rig.intake.all().is_empty() && took >= 10, "{took} s");
    ends(&mut drop_by_drop).await;
    // Who has been heard may be quiet for two minutes.
    let mut quiet = peer(&transport).await;
    send_frame(&mut quiet, &[]).await;
    frame(&mut quiet).await;
    ends_after(&mut quiet, 120).await;
}

/// In virtual time, which goes on when all tasks wait.
async fn ends_after(stream: &mut TcpStream, seconds: u64) {
    let start = tokio::time::Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    let took = start.elapsed().as_secs();
    assert!((seconds..=seconds + 2).contains(&took), "{took} s");
}

#[tokio::test]
async fn no_more_connections_than_configured() {
    let rig = Rig::new();
    let transport = rig.start("[tcp]\nlisten = \"127.0.0.1:0\"\nconnections = 5");
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut stream = peer(&transport).await;
        send_frame(&mut stream, &[]).await;
        frame(&mut stream).await;
        open.push(stream);
    }
    // One address has at most four.
    let mut fifth = peer(&transport).await;
    ends(&mut fifth).await;
    drop(open.pop());
    for _ in 0..100 {
        let mut stream = peer(&transport).await;
        let _ = stream.write_all(&[0, 0, 0, 0]).await;
        if stream.read_u32().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place was not given back");
}

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_and_holds_nobody_up() {
    let rig = Rig::new();
    let transport = rig.start("[tcp]\nlisten = \"127.0.0.1:0\"\nqueue_kib = 64");
    let mut slow = peer(&transport).await;
    send_frame(&mut slow, &srem()).await;
    assert_eq!(frame(&mut slow).await, answer());
    let reply = rig.intake.all()[0].reply.clone();
    // Far more than the socket's buffers and the queue hold together.
    let mut last = vec![2; 60_000];
    for number in 0..1000_u32 {
        last[1..5].copy_from_slice(&number.to_be_bytes());
        reply.send(&last).unwrap();
        tokio::task::yield_now().await;
    }
    let (mut heard, mut newest) = (0, 0);
    while newest != 999 {
        let message = frame(&mut slow).await;
        let number = u32::from_be_bytes(message[1..5].try_into().unwrap());
        assert!(heard == 0 || number > newest, "in order");
        (heard, newest) = (heard + 1, number);
    }
    assert!(heard < 1000, "{heard}");
}

#[tokio::test]
async fn when_the_peer_is_gone_the_reply_says_so() {
    let rig = Rig::new();
    let mut stream = peer(&rig.start(PLAIN)).await;
    send_frame(&mut stream, &srem()).await;
    frame(&mut stream).await;
    let reply = rig.intake.all()[0].reply.clone();
    drop(stream);
    for _ in 0..500 {
        if reply.send(&answer()) == Err(crate::messaging::Undelivered::Gone) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the reply still takes messages");
}

#[tokio::test]
async fn when_the_gateway_stops_what_waits_is_written_and_all_is_let_go() {
    let rig = Rig::new();
    let transport = rig.start(PLAIN);
    let mut stream = peer(&transport).await;
    send_frame(&mut stream, &srem()).await;
    frame(&mut stream).await;
    let reply = rig.intake.all()[0].reply.clone();
    reply.send(b"\x02\x0a last").unwrap();
    let Rig { host, stop, .. } = rig;
    drop((transport, host));
    stop.send(true).unwrap();
    assert_eq!(frame(&mut stream).await, b"\x02\x0a last");
    tokio::time::timeout(Duration::from_secs(5), stop.closed()).await.unwrap();
    ends(&mut stream).await;
}

struct Tls {
    _folder: tempfile::TempDir,
    transport: Arc<dyn Transport>,
    authority: Authority,
}

fn start_tls(rig: &Rig) -> Tls {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("clients and servers");
    let (certificate, key) = authority.issue("gateway");
    for (name, pem) in [("gateway.pem", certificate), ("gateway.key", key), ("clients.pem", authority.pem())]
    {
        std::fs::write(folder.path().join(name), pem).unwrap();
    }
    let toml = format!(
        "{PLAIN}\n[tls]\ncertificate = \"gateway.pem\"\nkey = \"gateway.key\"\nclients = \"clients.pem\""
    );
    let transport = rig.start_in(&toml, folder.path());
    Tls { _folder: folder, transport, authority }
}

async fn shake_hands(
    transport: &Arc<dyn Transport>,
    client: &crate::messaging::tls::ClientTls,
) -> std::io::Result<TlsStream<TcpStream>> {
    let connector = TlsConnector::from(client.client_config().unwrap());
    connector.connect("localhost".try_into().unwrap(), peer(transport).await).await
}

#[tokio::test]
async fn a_client_certificate_says_who_asks() {
    let rig = Rig::new();
    let tls = start_tls(&rig);
    let mut stream = shake_hands(&tls.transport, &tls.authority.client("Utrecht ambulances")).await.unwrap();
    send_frame(&mut stream, &srem()).await;
    assert_eq!(frame(&mut stream).await, answer());
    let subject = Identity::Certificate(Arc::from("Utrecht ambulances"));
    assert_eq!(rig.intake.all()[0].sender.identity, subject);
}

/// With TLS 1.3 a client learns that it is turned away when it reads.
async fn is_turned_away(transport: &Arc<dyn Transport>, client: &crate::messaging::tls::ClientTls) -> bool {
    let Ok(mut stream) = shake_hands(transport, client).await else { return true };
    let _ = stream.write_all(&[0, 0, 0, 0]).await;
    let _ = stream.flush().await;
    stream.read_u32().await.is_err()
}

#[tokio::test]
async fn without_a_certificate_or_with_that_of_another_authority_nobody_gets_in() {
    use crate::messaging::tls::ClientTls;
    let rig = Rig::new();
    let tls = start_tls(&rig);
    let stranger = Authority::new("stranger").issue("Utrecht ambulances");
    assert!(is_turned_away(&tls.transport, &ClientTls::new(tls.authority.pem(), Some(stranger))).await);
    assert!(is_turned_away(&tls.transport, &ClientTls::new(tls.authority.pem(), None)).await);
    assert!(!is_turned_away(&tls.transport, &tls.authority.client("a")).await);
    // Plain octets are no handshake.
    let mut plain = peer(&tls.transport).await;
    send_frame(&mut plain, &srem()).await;
    ends(&mut plain).await;
    assert!(rig.intake.all().is_empty());
}

#[test]
fn beyond_loopback_there_is_tls_or_nothing() {
    assert!(problems("[tcp]\nlisten = \"0.0.0.0:4712\"").contains("without TLS"));
    assert!(problems("[tcp]\ntls = true").contains("no table [tls]"));
    let told = problems("[tcp]\nidle_s = 0\nconnections = 0\n[tls]\ncertificate = \"none.pem\"\n");
    for what in ["`idle_s` is 0", "`connections` is 0", "`key` is missing", "none.pem can't be read"] {
        assert!(told.contains(what), "{what}: {told}");
    }
}
