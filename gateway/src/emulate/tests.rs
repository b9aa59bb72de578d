//! End to end over TCP, on this machine.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use voorrang_signals::Intersection;
use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig};

use super::{Display, Format, Server};
use crate::clock::Clock;

fn crossing() -> Arc<Intersection> {
    let text = include_str!("../../../signals/tests/intersections/crossing.toml");
    Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap())
}

async fn serve(format: Format, faults: &[&str]) -> (std::net::SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let clock = Clock::start();
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let config =
        EmulatorConfig { faults, grant_after: voorrang_units::Duration::ZERO, ..EmulatorConfig::default() };
    let emulator = Emulator::new(crossing(), config, clock.now()).unwrap();
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink: Arc<Mutex<dyn io::Write + Send>> = Arc::<Mutex<Vec<u8>>>::clone(&written);
    let display = Display::new("Crossing".to_owned(), Some(format), false, sink);
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), emulator, display, clock).await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    (address, written)
}

struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Client {
    async fn send(&mut self, message: &Value) {
        self.stream.write_all(message.to_string().as_bytes()).await.unwrap();
    }

    /// Reads until something was said that holds; false where the stream ends before.
    async fn hears(&mut self, holds: impl Fn(&Value) -> bool) -> bool {
        loop {
            let messages = serde_json::Deserializer::from_slice(&self.heard).into_iter::<Value>();
            if messages.map_while(Result::ok).any(|message| holds(&message)) {
                return true;
            }
            let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read_buf(&mut self.heard));
            if read.await.unwrap().unwrap_or(0) == 0 {
                return false;
            }
        }
    }

    async fn registered(address: std::net::SocketAddr) -> Self {
        let mut client = Self { stream: TcpStream::connect(address).await.unwrap(), heard: Vec::new() };
        let version = json!({"major": 1, "minor": 1, "revision": 0});
        let request = json!({"username": "me", "password": "", "type": 2, "version": version, "uri": "x:y"});
        client.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "Register", "params": request})).await;
        assert!(client.hears(|message| message["result"]["sessionid"] == "Session_1").await);
        client
    }

    async fn session(&mut self, state: &Value) {
        let update = json!([{"objects": {"type": 0, "ids": ["Session_1"]}, "states": [state]}]);
        self.send(
            &json!({"jsonrpc": "2.0", "method": "UpdateState", "params": {"ticks": 1, "update": update}}),
        )
        .await;
    }
}

fn control_state(message: &Value) -> &Value {
    &message["params"]["update"][0]["states"][0]["controlState"]
}

#[tokio::test]
async fn an_application_takes_control_over_tcp() {
    let (address, written) = serve(Format::Json, &[]).await;
    let mut client = Client::registered(address).await;
    let objects = json!({"type": 0, "ids": ["Session_1"]});
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "Subscribe", "params": objects})).await;
    client.session(&json!({"startCapability": 2, "reqIntersection": "Crossing", "reqControlState": 3})).await;
    assert!(client.hears(|message| *control_state(message) == 4).await);
    client.session(&json!({"reqControlState": 5})).await;
    assert!(client.hears(|message| *control_state(message) == 5).await);
    let lines = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    let whats: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["what"].clone()).collect();
    assert_eq!(whats[..2], [json!("listens"), json!("lamps")]);
    assert!(whats.contains(&json!("registered")) && whats.contains(&json!("control")));
}

#[tokio::test]
async fn a_dropped_connection_is_dropped_and_the_display_says_so() {
    let (address, written) = serve(Format::Text, &["dropped_connection@0.3"]).await;
    let mut client = Client::registered(address).await;
    assert!(!client.hears(|_| false).await, "the stream ends");
    let lines = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("fault on request: dropped_connection"), "{lines}");
    assert!(lines.contains("ends: the controller has closed the stream"), "{lines}");
    // A new stream is welcome.
    assert!(TcpStream::connect(address).await.is_ok());
}

#[tokio::test]
async fn hostile_octets_close_their_stream() {
    let (address, _) = serve(Format::Text, &[]).await;
    let mut client = Client { stream: TcpStream::connect(address).await.unwrap(), heard: Vec::new() };
    client.stream.write_all(&b"[".repeat(200_000)).await.unwrap();
    assert!(!client.hears(|_| false).await);
}

#[test]
fn the_how_to_has_every_fault() {
    let page = include_str!("../../../docs/how-to/emulate.md");
    for (name, _, what) in voorrang_tlcfi::emulator::Fault::NAMES {
        assert!(page.contains(&format!("| `{name}` | {what} |")), "docs/how-to/emulate.md lacks {name}");
    }
}
