//! A scenario as the street for somebody else: junctions as TLC-FI controllers, emergency vehicles as senders.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod crossing;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration as Patience;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::oneshot;
use tokio::time::timeout;
use voorrang_messages::{ItsMessage, MessageKind};
use voorrang_signals::Aspect;
use voorrang_sim::run_options::RunOptions;
use voorrang_sim::schedule::CONTROL_STEP;
use voorrang_sim::serve::{GatewayFiles, Hosting, SERVED, ServeError, Served, host, prepare, wall_clock};
use voorrang_sim::simulation::Model;
use voorrang_tlcfi::objects::{ApplicationType, DetectorState, SignalGroupState};
use voorrang_tlcfi::session::application::{Application, ApplicationConfig, ApplicationEvent};
use voorrang_units::{Duration, Instant};

use crossing::{Crossing, car, options};

/// Cars on both roads, and an ambulance from the south.
fn crossing() -> Crossing {
    let mut demand = String::new();
    for place in 0..60 {
        let second = f64::from(place) * 4.0;
        let _ = write!(demand, "{}{}", car(second + 1.0, 0), car(second + 3.0, 1));
    }
    let ambulance =
        "\n[[emergency]]\nid = \"a\"\ntype = \"ambulance\"\ndepart_s = 20.0\nroute = [\"S_C\", \"C_N\"]\n";
    Crossing::new(&demand, ambulance)
}

fn served(crossing: &Crossing, start: Instant, kar: bool) -> Served {
    let scenario = crossing.scenario();
    let options = RunOptions { end: Duration::from_seconds(90), ..options(&scenario) };
    Served::new(Model::new(prepare(scenario, start)), &options, 0, kar).unwrap()
}

/// An application that takes control and gives green to the ambulance's group alone, and what it saw.
struct Gateway {
    application: Application,
    lamps: BTreeSet<(String, Aspect)>,
    occupied: BTreeSet<String>,
    vehicles: usize,
    gained: Option<Instant>,
}

impl Gateway {
    fn new(now: Instant) -> Self {
        let config = ApplicationConfig {
            register_delay: Duration::ZERO,
            ..ApplicationConfig::new(ApplicationType::Control, "gateway", "secret")
        };
        let mut application = Application::new(config, now);
        application.want_control(now, true);
        Self { application, lamps: BTreeSet::new(), occupied: BTreeSet::new(), vehicles: 0, gained: None }
    }

    fn look(&mut self, now: Instant) {
        while let Some(event) = self.application.next_event() {
            match event {
                ApplicationEvent::SignalGroup { group, state, .. } => {
                    let id =
                        self.application.facilities().unwrap().groups[group.index()].id.as_str().to_owned();
                    self.lamps.extend(state.aspect().map(|aspect| (id, aspect)));
                }
                ApplicationEvent::Detector { detector, reading, .. }
                    if reading.state == DetectorState::Occupied =>
                {
                    let meta = &self.application.facilities().unwrap().detectors[detector.index()];
                    self.occupied.insert(meta.id.as_str().to_owned());
                }
                ApplicationEvent::SpecialVehicle(_) => self.vehicles += 1,
                ApplicationEvent::ControlGained => {
                    self.gained = Some(now);
                    // What its own program showed counts no more.
                    self.lamps.clear();
                    let south = self.application.facilities().unwrap().group("05").unwrap();
                    let green = SignalGroupState::protected(Aspect::Green);
                    self.application.set_signal_groups(now, &[(south, green)], &[]).unwrap();
                }
                _ => {}
            }
        }
    }
}

#[test]
fn lamps_of_the_application_are_what_drivers_obey() {
    let start = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
    let crossing = crossing();
    let mut served = served(&crossing, start, true);
    let mut gateway = Gateway::new(start);
    let stream = served.emulator(0).connected(start);
    gateway.application.connected(start);
    let (mut datagrams, mut kinds) = (Vec::new(), Vec::new());
    while !served.is_over() {
        let now = served.next_step();
        served.step(&mut datagrams).unwrap();
        kinds.extend(datagrams.drain(..).map(|octets| ItsMessage::decode(&octets).unwrap().kind()));
        gateway.application.advance(now);
        loop {
            gateway.look(now);
            let (mut there, mut back) = (Vec::new(), Vec::new());
            gateway.application.take_octets(&mut there);
            served.emulator(0).take_octets(now, stream, &mut back);
            if there.is_empty() && back.is_empty() {
                break;
            }
            served.emulator(0).receive(now, stream, &there);
            gateway.application.receive(now, &back);
        }
    }
    assert!(gateway.gained.is_some());
    assert!(gateway.lamps.contains(&("05".to_owned(), Aspect::Green)), "{:?}", gateway.lamps);
    assert!(gateway.occupied.contains("052") && gateway.occupied.contains("021"), "{:?}", gateway.occupied);
    assert_eq!(gateway.vehicles, 2, "checked in and out by KAR");
    assert!(kinds.contains(&MessageKind::Srem) && kinds.contains(&MessageKind::Cam));
    assert!(served.commanded() > 0);
    assert_eq!(served.junctions()[0].emulator.junction().conflicting_greens(), 0);
    let record = served.finish().unwrap();
    assert_eq!(record.strategy, SERVED);
    assert!(record.emergency[0].travel_time_s().unwrap() < 90.0, "{:?}", record.emergency);
    assert_eq!(record.safety.conflicting_greens + record.safety.collisions, 0);
}

#[test]
fn without_an_application_junctions_run_their_own_programs() {
    let start = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
    let crossing = crossing();
    let run = || {
        let mut served = served(&crossing, start, false);
        let mut datagrams = Vec::new();
        while !served.is_over() {
            served.step(&mut datagrams).unwrap();
        }
        assert_eq!(served.commanded(), 0);
        (served.finish().unwrap(), datagrams)
    };
    let first = run();
    assert!(first.0.emergency[0].travel_time_s().is_some());
    assert_eq!(first, run());
}

#[test]
fn a_scenario_without_equipment_has_nothing_to_serve() {
    let crossing = crossing();
    let mut scenario = crossing.scenario();
    for controlled in &mut scenario.intersections {
        controlled.equipped = false;
    }
    let options = options(&scenario);
    let start = scenario.start;
    let refused = Served::new(Model::new(prepare(scenario, start)), &options, 0, false);
    assert!(matches!(refused, Err(ServeError::NothingToControl)));
}

/// In real time, some seconds of it: sockets and the clock are what is tried here.
#[test]
fn an_application_over_loopback_sees_lamps_and_detectors() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let ears = UdpSocket::bind((loopback, 0)).await.unwrap();
        let hosting = Hosting::listen(loopback, 0, 1, ears.local_addr().unwrap()).await.unwrap();
        let address = hosting.controllers[0];

        let crossing = crossing();
        let lead = Duration::from_seconds(30);
        let now = wall_clock().unix_millis();
        let start = Instant::from_unix_millis(now - now % CONTROL_STEP.millis()) - lead;
        let mut served = served(&crossing, start, false);
        while served.next_step() < start + lead {
            served.step(&mut Vec::new()).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let files = GatewayFiles {
            role: "control",
            strategy: "eta".to_owned(),
            controllers: hosting.controllers.clone(),
            vehicles: ears.local_addr().unwrap(),
        };
        let written = std::fs::read_to_string(files.write(folder.path(), &served).unwrap()).unwrap();
        assert!(written.contains(&format!("address = \"{address}\"")), "{written}");

        let (stop, stopped) = oneshot::channel::<()>();
        let watching = async {
            let mut gateway = Gateway::new(wall_clock());
            let mut stream = TcpStream::connect(address).await.unwrap();
            gateway.application.connected(wall_clock());
            let (mut octets, mut datagram) = (vec![0; 65_536], vec![0; 65_536]);
            let mut kinds = Vec::new();
            let patience = std::time::Instant::now();
            while gateway.gained.is_none()
                || gateway.occupied.is_empty()
                || !kinds.contains(&MessageKind::Srem)
                || !gateway.lamps.contains(&("05".to_owned(), Aspect::Green))
            {
                assert!(
                    patience.elapsed() < Patience::from_secs(60),
                    "{kinds:?} {:?} {:?} {:?}",
                    gateway.gained,
                    gateway.occupied,
                    gateway.lamps
                );
                let mut out = Vec::new();
                gateway.application.take_octets(&mut out);
                stream.write_all(&out).await.unwrap();
                if let Ok(read) = timeout(Patience::from_millis(20), stream.read(&mut octets)).await {
                    let length = read.unwrap();
                    assert!(length > 0, "the controller hung up");
                    gateway.application.receive(wall_clock(), &octets[..length]);
                }
                while let Ok(length) = ears.try_recv(&mut datagram) {
                    kinds.push(ItsMessage::decode(&datagram[..length]).unwrap().kind());
                }
                gateway.application.advance(wall_clock());
                gateway.look(wall_clock());
            }
            stop.send(()).unwrap();
        };
        let hosted = host(&mut served, hosting, async {
            let _ = stopped.await;
        });
        let (hosted, ()) = tokio::join!(hosted, watching);
        hosted.unwrap();
        // Lamps are counted as they reach the drivers.
        served.step(&mut Vec::new()).unwrap();
        assert!(served.commanded() > 0);
        served.finish().unwrap();
    });
}
