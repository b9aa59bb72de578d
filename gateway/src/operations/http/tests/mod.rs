mod page;
mod schema;

use std::sync::Arc;
use std::time::Duration as Span;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use voorrang_units::{Duration, Instant};

use super::rig::{ShownArea, intersection, intervention, sources};
use super::*;
use crate::area::AreaView;
use crate::condition::Condition;
use crate::config::Secret;
use crate::operations::config::HttpConfig;

/// A server on this machine during an intervention.
struct Rig {
    address: std::net::SocketAddr,
    sources: Sources,
    area: Arc<ShownArea>,
    _stop: watch::Sender<bool>,
}

fn noon() -> Instant {
    Instant::parse_rfc3339("2026-06-01T12:00:00Z").unwrap()
}

fn view(into_s: f64) -> (Vec<Arc<voorrang_signals::Intersection>>, AreaView) {
    let into = Duration::from_seconds_f64(into_s);
    let junctions = vec![intersection(7, "Kerkstraat"), intersection(8, "Stationsplein")];
    let shown = junctions.iter().map(|junction| intervention(junction, noon() + into, into)).collect();
    let view = AreaView { name: "centre".to_owned(), junctions: shown };
    (junctions, view)
}

async fn serve(config: HttpConfig) -> Rig {
    let config = HttpConfig { listen: "127.0.0.1:0".parse().unwrap(), ..config };
    let (junctions, view) = view(8.0);
    let area = Arc::new(ShownArea::with("centre", junctions, view));
    area.set_condition(Condition { junctions: 2, registered: 2, to_control: 2, in_control: 2, ended: false });
    let clock = Clock::manual(noon() + Duration::from_seconds_f64(8.0));
    let sources = sources(vec![Arc::clone(&area)], clock);
    let server = HttpServer::bind(&config, None, sources.clone()).await.unwrap();
    let address = server.address();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(server.serve(stopped));
    Rig { address, sources, area, _stop: stop }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Rig {
    async fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let host =
            if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.address) };
        let request = format!("{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }
}

fn with_name(path: &str) -> String {
    path.replace("{name}", "centre")
}

#[tokio::test]
async fn nothing_over_http_changes_anything() {
    let rig = serve(HttpConfig::default()).await;
    let page = ["/", "/page.js", "/nothing"].into_iter();
    for path in routes::PATHS.iter().map(|(path, _)| *path).chain(page) {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND"] {
            let answer = rig.ask(method, &with_name(path), "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(answer.head.contains("allow: get"), "{method} {path}: {}", answer.head);
        }
    }
    let with_body = rig.ask("GET", "/readyz", "Content-Length: 3\r\n").await;
    assert_eq!(with_body.status, 413);
}

#[tokio::test]
async fn every_answer_forbids_browsers_whatever_the_page_does_not_need() {
    let rig = serve(HttpConfig::default()).await;
    for path in ["/", "/page.js", "/api/v1/areas", "/nothing", "/metrics"] {
        let answer = rig.get(path).await;
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "cache-control: no-",
        ] {
            assert!(answer.head.contains(header), "{path} has no {header}: {}", answer.head);
        }
    }
    assert_eq!(rig.get("/nothing").await.status, 404);
    assert_eq!(rig.get("/api/v1/areas/elsewhere").await.status, 404);
}

#[tokio::test]
async fn the_page_needs_no_other_host() {
    let rig = serve(HttpConfig::default()).await;
    for path in ["/", "/page.css", "/page.js"] {
        let text = rig.get(path).await.body.replace("http://www.w3.org/2000/svg", "");
        for foreign in ["http://", "https://", "\"//", "'//", "`//"] {
            assert!(!text.contains(foreign), "{path} has {foreign}");
        }
        assert!(!text.contains("@import") && !text.contains("url("), "{path}");
    }
}

#[tokio::test]
async fn beyond_health_and_metrics_the_token_is_needed_where_there_is_one() {
    let token = "0123456789abcdef0123456789abcdef";
    let config = HttpConfig { token: Some(Secret::new(token)), ..HttpConfig::default() };
    let rig = serve(config).await;
    for (path, _) in routes::PATHS.iter().chain(&[("/", routes::PATHS[0].1)]) {
        let answer = rig.get(&with_name(path)).await;
        let open = ["/healthz", "/metrics"].contains(path);
        assert_eq!(answer.status == 401, !open, "{path}: {}", answer.status);
        if !open {
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
            assert!(!answer.body.contains("Kerkstraat"), "{path}");
        }
    }
    // "operator:TOKEN", as a browser sends it.
    let basic = "b3BlcmF0b3I6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    for shown in [format!("Bearer {token}"), format!("Basic {basic}")] {
        let answer = rig.ask("GET", "/api/v1/areas", &format!("Authorization: {shown}\r\n")).await;
        assert_eq!(answer.status, 200, "{shown}");
    }
    for wrong in ["Bearer 0123456789abcdef0123456789abcdeg", "Bearer ", "Basic ====", "Digest x", "Bearer"] {
        let answer = rig.ask("GET", "/api/v1/areas", &format!("Authorization: {wrong}\r\n")).await;
        assert_eq!(answer.status, 401, "{wrong}");
    }
}

#[tokio::test]
async fn strangers_names_and_other_sites_pages_are_turned_away() {
    let rig = serve(HttpConfig::default()).await;
    assert_eq!(rig.ask("GET", "/", "Host: evil.example:8600\r\n").await.status, 421);
    let host = rig.address;
    let upgrade =
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let foreign = format!("Origin: http://evil.example\r\n{upgrade}");
    assert_eq!(rig.ask("GET", "/api/v1/events", &foreign).await.status, 403);
    let own = format!("Origin: http://{host}\r\n");
    assert_eq!(rig.ask("GET", "/api/v1/areas", &own).await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_bound_are_closed_and_the_place_is_free_again() {
    let rig = serve(HttpConfig { max_connections: 2, ..HttpConfig::default() }).await;
    let first = TcpStream::connect(rig.address).await.unwrap();
    let second = TcpStream::connect(rig.address).await.unwrap();
    tokio::time::sleep(Span::from_millis(30)).await;
    let mut third = TcpStream::connect(rig.address).await.unwrap();
    let mut text = Vec::new();
    // Closed or reset: nothing is answered.
    let _ = third.read_to_end(&mut text).await;
    assert!(text.is_empty());
    drop((first, second));
    tokio::time::sleep(Span::from_millis(30)).await;
    assert_eq!(rig.get("/healthz").await.status, 200);
    assert!(rig.sources.metrics.encode().contains("class=\"too_many_connections\"} 1"));
}

#[tokio::test]
async fn readiness_tells_its_reasons() {
    let rig = serve(HttpConfig::default()).await;
    assert_eq!(rig.get("/readyz").await.status, 200);
    rig.area.set_condition(Condition {
        junctions: 2,
        registered: 1,
        to_control: 2,
        in_control: 1,
        ended: false,
    });
    let answer = rig.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["reasons"][0]["what"], "area centre: 1 of 2 junctions without control");
}

#[tokio::test]
async fn the_description_has_every_path_and_every_answer_is_as_described() {
    let rig = serve(HttpConfig::default()).await;
    let description = rig.get("/api/v1/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    let described: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
    let mut served: Vec<&str> = routes::PATHS.iter().map(|(path, _)| *path).collect();
    served.sort_unstable();
    assert_eq!(described, served);
    for (path, item) in description["paths"].as_object().unwrap() {
        let methods: Vec<&String> = item.as_object().unwrap().keys().collect();
        assert_eq!(methods, ["get"], "{path}");
        if path == "/api/v1/events" {
            continue;
        }
        let answer = rig.get(&with_name(path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let content = item["get"]["responses"]["200"]["content"].as_object().unwrap();
        let (kind, described) = content.iter().next().unwrap();
        assert!(answer.head.contains(&format!("content-type: {kind}")), "{path}: {}", answer.head);
        if kind == "application/json" {
            schema::check(&description, &described["schema"], &answer.json(), path);
        }
    }
    let missing = rig.get("/api/v1/areas/elsewhere").await.json();
    schema::check(&description, &description["components"]["schemas"]["Error"], &missing, "error");
}

#[tokio::test]
async fn the_event_stream_tells_all_first_and_then_what_changed() {
    let rig = serve(HttpConfig::default()).await;
    let description = rig.get("/api/v1/openapi.json").await.json();
    let mut stream = EventStream::open(&rig, "/api/v1/events").await;
    let mut told = 0;
    while told < 2 {
        let snapshot = stream.snapshot().await;
        schema::check(&description, &description["components"]["schemas"]["Snapshot"], &snapshot, "event");
        let Some(area) = snapshot["areas"].get(0) else { continue };
        let status = &area["junctions"][0]["requests"][0]["status"];
        if told == 0 {
            assert_eq!(status, "granted");
            let (_, earlier) = view(1.0);
            rig.area.show(earlier);
        } else {
            assert_eq!(status, "processing");
        }
        told += 1;
    }
    // The areas become others: the client is sent away, to come back.
    rig.sources.areas.set(Vec::new());
    loop {
        let (kind, payload) = stream.frame().await;
        if kind == 8 {
            assert_eq!(payload[..2], 1012_u16.to_be_bytes());
            break;
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_loses_older_states_and_gets_the_newest() {
    let rig = serve(HttpConfig::default()).await;
    let mut stream = EventStream::open(&rig, "/api/v1/events?area=centre").await;
    stream.snapshot().await;
    // So much in one state that the socket's buffers do not take it.
    let (_, mut large) = view(8.0);
    large.junctions[0].alarms[0].what = "x".repeat(16 << 20);
    rig.area.show(large);
    tokio::time::sleep(Span::from_millis(250)).await;
    for into_s in [1.0, 2.5, 7.0] {
        rig.area.show(view(into_s).1);
        tokio::time::sleep(Span::from_millis(120)).await;
    }
    let lost = rig.sources.metrics.encode();
    let lost = lost.lines().find_map(|line| line.strip_prefix("voorrang_events_lost_total ")).unwrap();
    assert!(lost.parse::<u32>().unwrap() >= 1, "{lost}");
    // The large one, and then the newest of the three.
    stream.snapshot().await;
    let newest = stream.snapshot().await;
    assert_eq!(newest["areas"][0]["junctions"][0]["requests"][0]["status"], "granted");
}

#[tokio::test]
async fn no_page_carries_a_station_id() {
    // The view has no place for one; what is watched here is that a log line about one does not come through the observations.
    let rig = serve(HttpConfig::default()).await;
    let data = tempfile::tempdir().unwrap();
    let (files, writer) =
        crate::operations::day_files::DayFiles::start(Arc::clone(&rig.sources.metrics)).unwrap();
    let observations = files.observations(data.path());
    let line = "{\"at\":1,\"station\":3141592653,\"requests\":[{\"station_id\":3141592653,\"approach\":\"east\"}]}\n";
    crate::journal::ObservationSink::append(&*observations, noon(), line);
    let sources = Sources { observations: Some(observations), ..rig.sources.clone() };
    let config = HttpConfig { listen: "127.0.0.1:0".parse().unwrap(), ..HttpConfig::default() };
    let server = HttpServer::bind(&config, None, sources).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let rig = Rig { address: server.address(), _stop: stop, ..rig };
    tokio::spawn(server.serve(stopped));
    let seen = rig.get("/api/v1/observations?limit=5").await;
    assert!(seen.body.contains("\"approach\":\"east\""), "{}", seen.body);
    for (path, _) in routes::PATHS.iter().filter(|(path, _)| *path != "/api/v1/events") {
        let text = rig.get(&with_name(path)).await.body.to_lowercase();
        for id in ["3141592653", "bb40e64d", "bb 40 e6 4d"] {
            assert!(!text.contains(id), "{path} tells {id}");
        }
    }
    writer.finish();
}

/// A WebSocket, as far as a server that sends text needs one.
struct EventStream(TcpStream);

impl EventStream {
    async fn open(rig: &Rig, path: &str) -> Self {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            rig.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Self(stream)
    }

    /// The kind of a frame, and what it carries.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let kind = self.0.read_u8().await.unwrap() & 0x0F;
        let length = match self.0.read_u8().await.unwrap() {
            126 => usize::from(self.0.read_u16().await.unwrap()),
            127 => usize::try_from(self.0.read_u64().await.unwrap()).unwrap(),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.unwrap();
        (kind, payload)
    }

    async fn snapshot(&mut self) -> Value {
        loop {
            let (kind, payload) = self.frame().await;
            if kind == 1 {
                return serde_json::from_slice(&payload).unwrap();
            }
        }
    }
}
