//! A gateway that is killed (SIGKILL) in the middle of an intervention, seen from outside: by the junction's lamps, by the controller, and by the
//! vehicle that asked. Everything is a process of its own: emulator, gateway, and a vehicle on UDP.
//!
//! A registration gap of 42 s lies between two lives of the gateway, so these tests are long and ignored by default:
//!
//! ```text
//! cargo test --release -p voorrang-gateway --test kill -- --ignored --nocapture
//! ```

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail here, and says what it saw")]

mod processes;
mod witness;

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant as Monotonic, SystemTime, UNIX_EPOCH};

use processes::{Lab, PROGRAM};
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, Ssem, StationId, VehicleRole,
};
use voorrang_signals::Intersection;
use voorrang_units::{Angle, Duration as Span, GeodeticPosition, Instant, LocalPlane, LocalPosition, Speed};
use witness::Witness;

/// From a kill until the gateway has control again: the registration gap, registration, hand-over, and what of the lamps has to end first.
const UNTIL_CONTROL: Duration = Duration::from_secs(42 + 60);
/// Traffic comes all the time: lamps that stand still for longer than this have nobody who drives them.
const LONGEST_REST: Span = Span::from_seconds(60);
/// Within this the gateway that was started again answers who asked before.
const UNTIL_ANSWER: Duration = Duration::from_secs(6);

#[test]
#[ignore = "a minute and a half: the registration gap"]
fn a_killed_gateway_leaves_no_conflicting_green_and_answers_who_asked_before() {
    let kills = live_through(1, 1);
    assert_eq!(kills.len(), 1);
}

#[test]
#[ignore = "six minutes"]
fn twenty_kills_at_random_instants() {
    let lives: Vec<_> = (1..=4_u64).map(|seed| std::thread::spawn(move || live_through(seed, 5))).collect();
    let kills: Vec<Kill> = lives.into_iter().flat_map(|life| life.join().unwrap()).collect();
    assert_eq!(kills.len(), 20);
    println!("\n   status at kill   answered after   without control   granted again after");
    for kill in &kills {
        println!(
            "   {:<14} {:>12.2} s {:>15.1} s {:>17.1} s",
            format!("{:?}", kill.status),
            kill.answered.as_secs_f64(),
            kill.without_control.as_secs_f64(),
            kill.granted_again.as_secs_f64()
        );
    }
}

/// What one kill came to.
#[derive(Debug)]
struct Kill {
    /// What the vehicle had been told last.
    status: PrioritizationStatus,
    /// From the start of the next gateway to its answer to the request from before.
    answered: Duration,
    /// From the kill to control again.
    without_control: Duration,
    /// From the kill to the next granted request.
    granted_again: Duration,
}

fn live_through(seed: u64, kills: usize) -> Vec<Kill> {
    let mut lab = Lab::new(1);
    let crossing = lab.intersection();
    let emulator = lab.start_emulator(seed);
    let mut witness = Witness::new(&crossing, emulator);
    let mut gateway = lab.start_gateway();
    assert!(witness.until_control(UNTIL_CONTROL), "the first gateway got no control\n{}", lab.said());
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut outcomes = Vec::new();
    let mut vehicle = Vehicle::new(&crossing, lab.udp_port, 112_000 + u32::try_from(seed).unwrap() * 1000);
    for _ in 0..kills {
        vehicle.begin_trip();
        vehicle.drive_until(|status| {
            matches!(status, PrioritizationStatus::Processing | PrioritizationStatus::Granted)
        });
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        vehicle.drive_for(Duration::from_millis((random >> 33) % 9_000));
        let status = vehicle.told;
        gateway.kill().unwrap();
        gateway.wait().unwrap();
        let killed = Monotonic::now();
        // The vehicle is silent: what comes now comes from the journal.
        std::thread::sleep(Duration::from_millis(500));
        vehicle.forget_answers();
        gateway = lab.start_gateway();
        let started = Monotonic::now();
        let answer = vehicle.wait_for_answer(UNTIL_ANSWER);
        assert!(answer.is_some(), "no answer to the request from before\n{}", lab.said());
        let answered = started.elapsed();
        vehicle.cancel();
        assert!(witness.until_control(UNTIL_CONTROL), "no control again\n{}", lab.said());
        let without_control = killed.elapsed();
        vehicle.begin_trip();
        vehicle.drive_until(|status| status == PrioritizationStatus::Granted);
        let granted_again = killed.elapsed();
        vehicle.cancel();
        outcomes.push(Kill { status, answered, without_control, granted_again });
    }
    processes::terminate(&mut gateway);
    witness.finish();
    assert!(witness.faults().is_empty(), "{}", witness.faults().join("\n"));
    println!("   world {seed}: lamps rested for {:.1} s at most", witness.longest_rest().seconds());
    assert!(witness.longest_rest() < LONGEST_REST, "lamps stood still for {:?}", witness.longest_rest());
    replays(&lab.folder().join("data"));
    outcomes
}

/// The journal of all lives gives the same decisions again.
fn replays(data: &Path) {
    let output = Command::new(PROGRAM).arg("replay").arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An ambulance on the eastern approach, on UDP.
struct Vehicle {
    socket: UdpSocket,
    gateway: u16,
    intersection: IntersectionReference,
    plane: LocalPlane,
    station: u32,
    request: u8,
    sequence: u8,
    /// Metres before the stop line.
    distance_m: f64,
    sent: Option<Monotonic>,
    told: PrioritizationStatus,
    answers: usize,
}

/// How fast it drives.
const SPEED_M_S: f64 = 12.0;
/// Where a trip begins, before the stop line.
const FROM_M: f64 = 350.0;
/// From the junction's centre to the stop line, and to the middle of the lane.
const STOP_LINE_M: f64 = 14.0;
const LANE_M: f64 = 4.9;

impl Vehicle {
    fn new(crossing: &Intersection, gateway: u16, station: u32) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let id = crossing.id();
        Self {
            socket,
            gateway,
            intersection: IntersectionReference { region: Some(id.region), id: id.id },
            plane: LocalPlane::at(crossing.reference()),
            station,
            request: 0,
            sequence: 0,
            distance_m: FROM_M,
            sent: None,
            told: PrioritizationStatus::Unknown,
            answers: 0,
        }
    }

    /// A trip is that of another vehicle: none is at two places at once.
    fn begin_trip(&mut self) {
        self.station += 1;
        (self.request, self.sequence, self.distance_m) = (1, 0, FROM_M);
        (self.told, self.sent) = (PrioritizationStatus::Unknown, None);
    }

    fn place(&self) -> GeodeticPosition {
        self.plane.to_geodetic(LocalPosition::from_metres(STOP_LINE_M + self.distance_m, LANE_M))
    }

    fn send(&mut self, kind: RequestKind) {
        let now = now();
        let request = PriorityRequest {
            station: StationId(self.station),
            intersection: self.intersection,
            request: RequestId(self.request),
            sequence: Some(SequenceNumber(self.sequence)),
            kind,
            inbound: IntersectionAccess::Approach(1),
            outbound: None,
            eta: Some(now + Span::from_seconds_f64(self.distance_m / SPEED_M_S)),
            service_window: None,
            role: Some(VehicleRole::Emergency),
            subrole: Some(5),
            importance: Some(14),
            position: Some(self.place()),
            heading: Some(Angle::from_degrees(270.0)),
            speed: Some(Speed::from_metres_per_second(SPEED_M_S)),
        };
        let mut octets = Vec::new();
        PriorityRequest::to_srem(&[request], now).unwrap().encode(&mut octets).unwrap();
        // While no gateway listens nobody takes it; that is no fault of the vehicle.
        let _ = self.socket.send_to(&octets, ("127.0.0.1", self.gateway));
        self.sequence = (self.sequence + 1) % 128;
        self.sent = Some(Monotonic::now());
    }

    /// Drives on, asks each second, hears answers.
    fn drive_for(&mut self, time: Duration) {
        let begun = Monotonic::now();
        while begun.elapsed() < time {
            self.step();
        }
    }

    fn drive_until(&mut self, reached: impl Fn(PrioritizationStatus) -> bool) {
        let begun = Monotonic::now();
        while !reached(self.told) {
            assert!(begun.elapsed() < Duration::from_secs(60), "was told {:?} at last", self.told);
            self.step();
            // It stands before the stop line rather than pass a red light.
            if self.distance_m <= 2.0 {
                self.distance_m = 2.0;
            }
        }
    }

    fn step(&mut self) {
        match self.sent {
            None => self.send(RequestKind::New),
            Some(sent) if sent.elapsed() >= Duration::from_secs(1) => {
                self.distance_m = (self.distance_m - SPEED_M_S).max(2.0);
                self.send(RequestKind::Update);
            }
            Some(_) => {}
        }
        self.hear();
    }

    fn hear(&mut self) {
        let mut buffer = [0; 2048];
        let Ok(length) = self.socket.recv(&mut buffer) else { return };
        let Ok(ssem) = Ssem::decode(&buffer[..length]) else { return };
        for status in RequestStatus::all_from_ssem(&ssem, now()).unwrap_or_default() {
            if status.station == StationId(self.station) && status.request == RequestId(self.request) {
                self.told = status.status;
                self.answers += 1;
            }
        }
    }

    fn cancel(&mut self) {
        self.send(RequestKind::Cancellation);
    }

    /// What was under way from the gateway that is gone counts for nothing.
    fn forget_answers(&mut self) {
        let begun = Monotonic::now();
        while begun.elapsed() < Duration::from_millis(100) {
            self.hear();
        }
        self.answers = 0;
    }

    fn wait_for_answer(&mut self, longest: Duration) -> Option<PrioritizationStatus> {
        let begun = Monotonic::now();
        while self.answers == 0 && begun.elapsed() < longest {
            self.hear();
        }
        (self.answers > 0).then_some(self.told)
    }
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Instant::from_unix_millis(i64::try_from(since.as_millis()).unwrap())
}
