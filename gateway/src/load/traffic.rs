//! Sends at fixed times and measures what comes back. One thread sends, another hears; neither waits for the other.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant as Monotonic};

use socket2::SockRef;
use voorrang_messages::{RequestStatus, Ssem};
use voorrang_units::Instant;

use super::LoadError;
use super::plan::Plan;
use super::report::Report;
use super::times::Times;
use super::vehicle::{Vehicle, Waiting};
use crate::clock::Clock;
use crate::messaging::mac::{Content, Direction, Key, Keyring, Sealer, open};

/// Requests that are due within this of each other leave together: at 20 000 a second, five.
const SHORTEST_TICK: Duration = Duration::from_micros(250);
/// After the last request, an answer may still come.
const GRACE: Duration = Duration::from_secs(2);
/// The socket's buffer.
const BUFFER: usize = 8 << 20;
/// How long the hearing thread waits before it looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// What the hearing thread shares with the sending one.
#[derive(Debug)]
struct Hearing {
    /// Where each station's waiting messages are.
    vehicles: HashMap<u32, usize>,
    waiting: Vec<Waiting>,
    keys: Keyring,
    clock: Clock,
    began: Monotonic,
    done: Arc<AtomicBool>,
}

/// What was heard.
#[derive(Debug)]
struct Heard {
    answered: u64,
    times: Times,
}

pub(super) fn run(plan: Plan) -> Result<Report, LoadError> {
    let system = |what| move |source| LoadError::System { what, source };
    let local: SocketAddr = if plan.target.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(local).map_err(system("no socket"))?;
    socket.connect(plan.target).map_err(system("the gateway's address"))?;
    // As large as the system allows.
    let _ = SockRef::from(&socket).set_recv_buffer_size(BUFFER);
    let hearing_socket = socket.try_clone().map_err(system("no socket"))?;
    hearing_socket.set_read_timeout(Some(LOOK)).map_err(system("the socket's time-out"))?;

    let Plan { key, mut vehicles, rate, duration, .. } = plan;
    let done = Arc::new(AtomicBool::new(false));
    let clock = Clock::start();
    let began = Monotonic::now();
    let hearing = Hearing {
        vehicles: vehicles.iter().enumerate().map(|(place, vehicle)| (vehicle.station(), place)).collect(),
        waiting: vehicles.iter().map(Vehicle::waiting).collect(),
        keys: key.iter().cloned().collect(),
        clock: clock.clone(),
        began,
        done: Arc::clone(&done),
    };
    let thread = thread::Builder::new().name("hearing".to_owned());
    let thread = thread.spawn(move || hear(&hearing_socket, &hearing)).map_err(system("no thread"))?;

    let mut mouth = Mouth {
        socket,
        key,
        sealer: Sealer::new(Direction::ToGateway),
        message: Vec::new(),
        sealed: Vec::new(),
    };
    let sent = send(&mut mouth, &mut vehicles, rate, duration, &clock, began);
    let last = Monotonic::now();
    while last.elapsed() < GRACE && !thread.is_finished() {
        thread::sleep(LOOK);
        if hearing_all(&vehicles) {
            break;
        }
    }
    done.store(true, Ordering::Relaxed);
    let heard = thread.join().map_err(|_| LoadError::System {
        what: "the hearing thread",
        source: io::Error::other("it ended early"),
    })?;
    // The gateway is left as it was found.
    for vehicle in &mut vehicles {
        let now = clock.now();
        mouth.say(now, |octets| vehicle.cancels(now, octets));
        if vehicle.station() % 64 == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(Report {
        sent,
        answered: heard.answered,
        lost: sent.saturating_sub(heard.answered),
        round_trip_us: heard.times.round_trip(),
        vehicles: vehicles.len(),
        echo: None,
        p90_us: heard.times.micros(0.9),
        p999_us: heard.times.micros(0.999),
    })
}

/// Whether nothing waits any more.
fn hearing_all(vehicles: &[Vehicle]) -> bool {
    vehicles.iter().all(|vehicle| vehicle.waiting().is_empty())
}

/// Octets of a message, on their way.
struct Mouth {
    socket: UdpSocket,
    key: Option<Arc<Key>>,
    sealer: Sealer,
    message: Vec<u8>,
    sealed: Vec<u8>,
}

impl Mouth {
    fn say(&mut self, now: Instant, encode: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        self.message.clear();
        if !encode(&mut self.message) {
            return false;
        }
        let octets = match &self.key {
            None => &self.message,
            Some(key) => {
                self.sealed.clear();
                self.sealer.seal(key, Content::Message, now, &self.message, &mut self.sealed);
                &self.sealed
            }
        };
        self.socket.send(octets).is_ok()
    }
}

/// Sends all requests, each at its time; says how many. One that the system doesn't take counts as sent: it is lost.
fn send(
    mouth: &mut Mouth,
    vehicles: &mut [Vehicle],
    rate: u32,
    duration: Duration,
    clock: &Clock,
    began: Monotonic,
) -> u64 {
    let interval = Duration::from_secs(1) / rate.max(1);
    let together =
        u32::try_from(SHORTEST_TICK.as_nanos() / interval.as_nanos().max(1)).unwrap_or(u32::MAX).max(1);
    // From the rate itself, so that rounding doesn't add up.
    let due =
        |number: u64| Duration::from_nanos(number.saturating_mul(1_000_000_000) / u64::from(rate.max(1)));
    let start = began.elapsed() + Duration::from_millis(20);
    let total = u64::try_from(u128::from(rate) * duration.as_millis() / 1000).unwrap_or(u64::MAX);
    let mut order = (0..vehicles.len()).cycle();
    let mut sent = 0;
    while sent < total {
        let tick = start + due(sent);
        let wait = tick.saturating_sub(began.elapsed());
        if !wait.is_zero() {
            thread::sleep(wait);
        }
        let at = u64::try_from(tick.as_nanos()).unwrap_or(u64::MAX);
        let now = clock.now();
        for _ in 0..u64::from(together).min(total - sent) {
            let Some(vehicle) = order.next() else { return sent };
            let vehicle = &mut vehicles[vehicle];
            mouth.say(now, |octets| vehicle.asks(now, at, octets));
            sent += 1;
        }
    }
    sent
}

fn hear(socket: &UdpSocket, hearing: &Hearing) -> Heard {
    let mut heard = Heard { answered: 0, times: Times::new() };
    let mut buffer = vec![0; 65_535];
    while !hearing.done.load(Ordering::Relaxed) {
        // Time-outs, and the refusal of a port where nobody listens.
        let Ok(length) = socket.recv(&mut buffer) else { continue };
        let now = u64::try_from(hearing.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        hearing.take(now, &buffer[..length], &mut heard);
    }
    heard
}

impl Hearing {
    fn take(&self, now: u64, octets: &[u8], heard: &mut Heard) {
        let opened;
        let octets = if self.keys.is_empty() {
            octets
        } else {
            let Ok(wrapper) = open(&self.keys, Direction::FromGateway, octets) else { return };
            opened = wrapper;
            opened.payload
        };
        let Ok(ssem) = Ssem::decode(octets) else { return };
        for status in RequestStatus::all_from_ssem(&ssem, self.clock.now()).unwrap_or_default() {
            let Some(place) = self.vehicles.get(&status.station.0) else { continue };
            if let Some(due) = self.waiting[*place].answered(status.sequence) {
                heard.answered += 1;
                heard.times.record(now.saturating_sub(due));
            }
        }
    }
}

/// Linux wakes sleepers up to 50 us late to save energy; here a microsecond is asked for. Elsewhere, and where that isn't allowed, times are
/// a little longer than they are.
pub(super) fn sleep_exactly() {
    let _ = std::fs::write("/proc/self/timerslack_ns", "1000");
}
