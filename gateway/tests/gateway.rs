//! The gateway as a whole, over its own wires: a configuration in a folder, vehicles on UDP, controllers emulated within the process.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration as Span, Instant as Monotonic};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use voorrang_gateway::app::{Gateway, StartFault};
use voorrang_gateway::clock::Clock;
use voorrang_gateway::config::Config;
use voorrang_gateway::journal::replay;
use voorrang_gateway::lab::street;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, Mapem, PrioritizationStatus, PriorityRequest, RequestId,
    RequestKind, RequestStatus, RoadTopology, SequenceNumber, Ssem, StationId, VehicleRole,
};
use voorrang_signals::Intersection;
use voorrang_units::{Angle, Duration, GeodeticPosition, LocalPlane, LocalPosition, Speed};

/// A folder with a configuration, its junctions and its data.
struct Lab {
    folder: TempDir,
    junctions: Vec<Intersection>,
}

fn origin() -> GeodeticPosition {
    GeodeticPosition::from_degrees(52.05, 5.05).unwrap()
}

impl Lab {
    fn new(junctions: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("intersections")).unwrap();
        let files = (0..junctions).map(|number| street::intersection_file(origin(), number));
        let junctions = files.enumerate().map(|(number, text)| {
            fs::write(folder.path().join(format!("intersections/{number:04}.toml")), &text).unwrap();
            Intersection::from_toml(&text, "street.toml").unwrap()
        });
        let junctions = junctions.collect();
        let lab = Self { folder, junctions };
        lab.configure("", "control");
        lab
    }

    /// Writes the configuration; `more` stands at its end.
    fn configure(&self, more: &str, role: &str) {
        let text = format!(
            r#"schema = 1
name = "test"
station = 70000
data = "data"

[priority]
strategy = "eta"

[[intersections]]
folder = "intersections"
role = "{role}"
fallback = "tlc_program"
controller = {{ emulated = {{}} }}

[udp]
listen = "127.0.0.1:0"

[clock]
source = "assumed"

[[authorised]]
name = "ambulances"
stations = ["112000-112999"]
network = ["127.0.0.0/8"]
role = "emergency"
importance_ceiling = 14
{more}
"#
        );
        fs::write(self.file(), text).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("gateway.toml")
    }

    fn config(&self) -> Config {
        Config::load(&self.file()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    async fn start(&self) -> Gateway {
        Gateway::start(self.config(), Clock::start()).await.unwrap_or_else(|fault| panic!("{fault}"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn journal(&self) -> String {
        let files = replay::files(&self.data()).unwrap();
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    }
}

/// A vehicle that comes from the east.
struct Vehicle {
    socket: UdpSocket,
    gateway: SocketAddr,
    station: u32,
    sequence: u8,
}

impl Vehicle {
    async fn new(gateway: &Gateway, station: u32) -> Self {
        Self::at(gateway.address("udp").unwrap(), station).await
    }

    async fn at(gateway: SocketAddr, station: u32) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { socket, gateway, station, sequence: 0 }
    }

    /// Asks at a junction, so far before its eastern stop line, at 50 km/h.
    async fn ask(&mut self, junction: &Intersection, kind: RequestKind, metres: f64) {
        let now = Clock::start().now();
        let plane = LocalPlane::at(junction.reference());
        let speed = Speed::from_kilometres_per_hour(50.0);
        let request = PriorityRequest {
            station: StationId(self.station),
            intersection: IntersectionReference { region: Some(junction.id().region), id: junction.id().id },
            request: RequestId(1),
            sequence: Some(SequenceNumber(self.sequence)),
            kind,
            inbound: IntersectionAccess::Approach(1),
            outbound: None,
            eta: Some(now + Duration::from_seconds_f64(metres / speed.metres_per_second())),
            service_window: None,
            role: Some(VehicleRole::Emergency),
            subrole: Some(5),
            importance: Some(14),
            position: Some(plane.to_geodetic(LocalPosition::from_metres(14.0 + metres, 4.9))),
            heading: Some(Angle::from_degrees(270.0)),
            speed: Some(speed),
        };
        self.sequence = (self.sequence + 1) % 128;
        let mut octets = Vec::new();
        PriorityRequest::to_srem(&[request], now).unwrap().encode(&mut octets).unwrap();
        self.socket.send_to(&octets, self.gateway).await.unwrap();
    }

    /// The next status that is told within a time.
    async fn hears(&self, within: Span) -> Option<PrioritizationStatus> {
        let mut octets = [0; 2048];
        let received = timeout(within, self.socket.recv_from(&mut octets)).await.ok()?;
        let (length, _) = received.unwrap();
        let ssem = Ssem::decode(&octets[..length]).unwrap();
        let statuses = RequestStatus::all_from_ssem(&ssem, Clock::start().now()).unwrap();
        assert_eq!(statuses[0].station, StationId(self.station));
        Some(statuses[0].status)
    }
}

fn replays_identically(data: &Path) -> u64 {
    let files = replay::files(data).unwrap();
    let outcome = replay::replay(&files, None, |_, _| ()).unwrap();
    assert!(outcome.is_identical(), "{outcome:?}");
    assert!(outcome.areas.values().all(|area| area.passed_over == 0), "{outcome:?}");
    outcome.areas.values().map(|area| area.replayed.outputs).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_over_udp_is_answered_and_the_journal_replays() {
    let lab = Lab::new(3);
    let gateway = lab.start().await;
    let mut vehicle = Vehicle::new(&gateway, 112_001).await;
    vehicle.ask(&lab.junctions[1], RequestKind::New, 300.0).await;
    assert!(vehicle.hears(Span::from_secs(5)).await.is_some());
    let stopped = gateway.stop().await;
    assert!(stopped.is_orderly(), "{stopped:?}");
    assert!(stopped.took < Span::from_secs(10));
    assert!(lab.journal().contains("\"station\":112001"));
    assert!(replays_identically(&lab.data()) >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_on_no_list_hears_nothing_and_no_engine_hears_of_it() {
    let lab = Lab::new(1);
    let gateway = lab.start().await;
    let mut stranger = Vehicle::new(&gateway, 4711).await;
    stranger.ask(&lab.junctions[0], RequestKind::New, 300.0).await;
    assert_eq!(stranger.hears(Span::from_millis(100)).await, None);
    gateway.stop().await;
    assert!(!lab.journal().contains("\"station\":4711"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_subscribes_gets_the_topology_of_every_junction() {
    let lab = Lab::new(2);
    let subscriber = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = subscriber.local_addr().unwrap();
    let text = fs::read_to_string(lab.file()).unwrap();
    let subscribers =
        format!("listen = \"127.0.0.1:0\"\nsubscribers = [{{ address = \"{to}\", kinds = [\"mapem\"] }}]");
    fs::write(lab.file(), text.replace("listen = \"127.0.0.1:0\"", &subscribers)).unwrap();
    let gateway = lab.start().await;
    let mut heard = BTreeSet::new();
    let mut octets = [0; 4096];
    while heard.len() < 2 {
        let received = timeout(Span::from_secs(10), subscriber.recv_from(&mut octets)).await;
        let (length, _) = received.expect("a MAPEM").unwrap();
        let mapem = Mapem::decode(&octets[..length]).unwrap();
        for topology in RoadTopology::all_from_mapem(&mapem).unwrap() {
            heard.insert(topology.intersection.id);
        }
    }
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_gateway_on_the_same_data_is_refused() {
    let lab = Lab::new(1);
    let gateway = lab.start().await;
    let second = Gateway::start(lab.config(), Clock::start()).await;
    assert!(matches!(second, Err(StartFault::Data(_))), "{second:?}");
    gateway.stop().await;
    lab.start().await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_end_without_a_word_living_requests_are_answered_again() {
    let lab = Lab::new(1);
    let gateway = lab.start().await;
    let mut vehicle = Vehicle::new(&gateway, 112_001).await;
    vehicle.ask(&lab.junctions[0], RequestKind::New, 300.0).await;
    assert!(vehicle.hears(Span::from_secs(5)).await.is_some());
    gateway.kill().await;
    while vehicle.hears(Span::from_millis(20)).await.is_some() {}
    let gateway = lab.start().await;
    assert!(vehicle.hears(Span::from_secs(5)).await.is_some(), "{}", lab.journal());
    gateway.stop().await;
    replays_identically(&lab.data());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_changes_who_may_ask_and_which_junctions_there_are() {
    let lab = Lab::new(2);
    let mut gateway = lab.start().await;
    let address = gateway.address("udp").unwrap();
    let mut newcomer = Vehicle::new(&gateway, 113_001).await;
    newcomer.ask(&lab.junctions[1], RequestKind::New, 300.0).await;
    assert_eq!(newcomer.hears(Span::from_millis(100)).await, None);
    lab.configure(
        "[[authorised]]\nname = \"fire\"\nstations = [113001, 113002]\nnetwork = [\"127.0.0.0/8\"]\nrole = \"emergency\"\nimportance_ceiling = 14\n",
        "control",
    );
    let third = street::intersection_file(origin(), 2);
    fs::write(lab.folder.path().join("intersections/0002.toml"), &third).unwrap();
    fs::remove_file(lab.folder.path().join("intersections/0000.toml")).unwrap();
    let reloaded = gateway.reload(lab.config()).await.unwrap();
    assert!(reloaded.changed.iter().any(|change| change == "area L0003: started"), "{reloaded:?}");
    assert!(
        reloaded.changed.iter().any(|change| change.starts_with("area L0001: handed back")),
        "{reloaded:?}"
    );
    assert!(!reloaded.changed.iter().any(|change| change.contains("L0002")), "{reloaded:?}");
    assert_eq!(gateway.address("udp"), Some(address));
    newcomer.ask(&lab.junctions[1], RequestKind::New, 300.0).await;
    assert!(newcomer.hears(Span::from_secs(5)).await.is_some());
    let third = Intersection::from_toml(&third, "street.toml").unwrap();
    let mut other = Vehicle::new(&gateway, 113_002).await;
    other.ask(&third, RequestKind::New, 300.0).await;
    assert!(other.hears(Span::from_secs(5)).await.is_some());
    // Another strategy, and nobody begins anew for it.
    let text = fs::read_to_string(lab.file()).unwrap().replace("\"eta\"", "\"absolute\"");
    fs::write(lab.file(), text).unwrap();
    let reloaded = gateway.reload(lab.config()).await.unwrap();
    assert!(reloaded.changed.iter().any(|change| change.starts_with("[priority]")), "{reloaded:?}");
    assert!(!reloaded.changed.iter().any(|change| change.starts_with("area")), "{reloaded:?}");
    newcomer.ask(&lab.junctions[1], RequestKind::Cancellation, 300.0).await;
    other.ask(&third, RequestKind::Cancellation, 300.0).await;
    let began = Monotonic::now();
    while !lab.journal().contains("\"strategy\":{\"absolute\"") {
        assert!(began.elapsed() < Span::from_secs(20));
        tokio::time::sleep(Span::from_millis(50)).await;
    }
    gateway.stop().await;
    replays_identically(&lab.data());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_in_control_of_emulated_junctions_grants_a_request() {
    let lab = Lab::new(1);
    let gateway = lab.start().await;
    let began = Monotonic::now();
    let area = gateway.area("L0001").unwrap().clone();
    while area.condition().in_control == 0 {
        assert!(began.elapsed() < Span::from_secs(60), "no control: {:?}", area.look().borrow());
        tokio::time::sleep(Span::from_millis(50)).await;
    }
    let mut vehicle = Vehicle::new(&gateway, 112_001).await;
    let mut metres = 250.0;
    let mut heard = Vec::new();
    while !heard.contains(&PrioritizationStatus::Granted) {
        assert!(metres > -50.0, "{heard:?}");
        let kind = if heard.is_empty() { RequestKind::New } else { RequestKind::Update };
        vehicle.ask(&lab.junctions[0], kind, metres).await;
        let second = Monotonic::now() + Span::from_secs(1);
        while let Some(status) = vehicle.hears(second.saturating_duration_since(Monotonic::now())).await {
            heard.push(status);
        }
        metres -= 13.9;
    }
    vehicle.ask(&lab.junctions[0], RequestKind::Cancellation, metres).await;
    let stopped = gateway.stop().await;
    assert!(stopped.is_orderly(), "{stopped:?}");
    replays_identically(&lab.data());
}

/// Status and body of what a GET is answered with.
async fn get(server: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(Span::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The value of a metric without labels.
fn metric(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_running_gateway_shows_is_how_it_stands() {
    let lab = Lab::new(1);
    lab.configure("[http]\nlisten = \"127.0.0.1:0\"\n", "control");
    let gateway = lab.start().await;
    let server = gateway.address("http").unwrap();
    assert_eq!(get(server, "/healthz").await.0, 200);
    // Alive at once, ready once the junction is ours.
    let (status, reasons) = get(server, "/readyz").await;
    assert_eq!(status, 503, "{reasons}");
    assert!(reasons.contains("area L0001: 1 of 1 junctions without control"), "{reasons}");
    let began = Monotonic::now();
    let mut readiness = (status, reasons);
    while readiness.0 != 200 {
        assert!(began.elapsed() < Span::from_secs(60), "{readiness:?}");
        tokio::time::sleep(Span::from_millis(50)).await;
        readiness = get(server, "/readyz").await;
    }
    assert_eq!(gateway.area("L0001").unwrap().condition().in_control, 1);

    let mut vehicle = Vehicle::new(&gateway, 112_001).await;
    vehicle.ask(&lab.junctions[0], RequestKind::New, 250.0).await;
    assert!(vehicle.hears(Span::from_secs(5)).await.is_some());
    let (status, areas) = get(server, "/api/v1/areas").await;
    assert!(status == 200 && areas.contains("\"name\":\"L0001\""), "{areas}");
    let (_, requests) = get(server, "/api/v1/requests").await;
    assert!(requests.contains("\"area\":\"L0001\""), "{requests}");
    let (_, metrics) = get(server, "/metrics").await;
    assert!(metrics.contains("voorrang_received_total{transport=\"udp\",kind=\"SREM\"} 1"), "{metrics}");
    assert!(metric(&metrics, "voorrang_answer_seconds_count") >= 1.0, "{metrics}");
    assert!(metric(&metrics, "voorrang_journal_written_bytes_total") > 0.0, "{metrics}");
    let (status, page) = get(server, "/").await;
    assert!(status == 200 && page.contains("<title>Voorrang</title>"));
    // Nobody reads on it who it is that asks.
    for path in ["/api/v1/snapshot", "/api/v1/requests", "/api/v1/observations", "/metrics"] {
        let (status, shown) = get(server, path).await;
        assert_eq!(status, 200, "{path}");
        assert!(!shown.contains("112001"), "{path}: {shown}");
    }

    let stopped = gateway.stop().await;
    assert!(stopped.is_orderly(), "{stopped:?}");
    assert!(TcpStream::connect(server).await.is_err());
}

/// The program as a process of its own.
struct Process {
    child: Child,
    log: mpsc::Receiver<String>,
    udp: SocketAddr,
}

impl Process {
    fn start(lab: &Lab) -> Self {
        let program = env!("CARGO_BIN_EXE_voorrang-gateway");
        let mut command = Command::new(program);
        command.arg("run").arg(lab.file()).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (lines, log) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may have heard enough.
                let _ = lines.send(line);
            }
        });
        let mut process = Self { child, log, udp: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let line = process.says("udp listens on");
        process.udp = line.rsplit(' ').next().unwrap().parse().unwrap();
        process.says("ready");
        process
    }

    /// Reads the log up to a line with this in it.
    fn says(&self, what: &str) -> String {
        let mut log = Vec::new();
        while let Ok(line) = self.log.recv_timeout(Span::from_secs(20)) {
            if line.contains(what) {
                return line;
            }
            log.push(line);
        }
        panic!("it never said {what}:\n{}", log.join("\n"));
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_heeds_its_signals() {
    let lab = Lab::new(1);
    let mut process = Process::start(&lab);
    let mut vehicle = Vehicle::at(process.udp, 112_001).await;
    vehicle.ask(&lab.junctions[0], RequestKind::New, 300.0).await;
    assert!(vehicle.hears(Span::from_secs(5)).await.is_some());

    let right = fs::read_to_string(lab.file()).unwrap();
    fs::write(lab.file(), right.replace("station = 70000", "station = \"ours\"")).unwrap();
    process.signal("HUP");
    process.says("the old configuration goes on");
    process.says("gateway.toml:3:11: `station` is a text, not a whole number");
    fs::write(lab.file(), right).unwrap();
    process.signal("HUP");
    process.says("reload: 1 entries of who may ask");

    process.signal("TERM");
    process.says("ended after");
    assert_eq!(process.child.wait().unwrap().code(), Some(0));
    replays_identically(&lab.data());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_instant_it_answers_the_living_again_and_the_journal_replays() {
    let lab = Lab::new(1);
    let mut process = Process::start(&lab);
    let mut vehicle = Vehicle::at(process.udp, 112_001).await;
    for round in 0..20 {
        vehicle.ask(&lab.junctions[0], RequestKind::New, 300.0).await;
        assert!(vehicle.hears(Span::from_secs(5)).await.is_some(), "round {round}");
        // Some more, unanswered, so that it dies while it writes.
        for _ in 0..round {
            vehicle.ask(&lab.junctions[0], RequestKind::Update, 300.0).await;
        }
        process.signal("KILL");
        process.child.wait().unwrap();
        while vehicle.hears(Span::from_millis(1)).await.is_some() {}
        process = Process::start(&lab);
        vehicle.gateway = process.udp;
        let heard = vehicle.hears(Span::from_secs(5)).await;
        assert!(heard.is_some(), "round {round}: {}", lab.journal());
    }
    drop(process);
    replays_identically(&lab.data());
}

#[test]
fn a_wrong_configuration_is_refused_with_every_problem() {
    let lab = Lab::new(1);
    let right = fs::read_to_string(lab.file()).unwrap();
    fs::write(
        lab.file(),
        right.replace("strategy = \"eta\"", "strategy = \"etta\"").replace("schema = 1", "schema = 9"),
    )
    .unwrap();
    for command in ["run", "check"] {
        let output = Command::new(env!("CARGO_BIN_EXE_voorrang-gateway"))
            .arg(command)
            .arg(lab.file())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.contains("gateway.toml:1:10: schema 9") && told.contains("gateway.toml:7:12: [priority]"),
            "{told}"
        );
    }
}
