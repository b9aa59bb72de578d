//! Counters and times for Prometheus. Label values are of our own making: never a station id, never text from the wire.
//!
//! What happens often is counted in counters that are found without hashing or allocating. What an area does goes through its [`AreaMetrics`],
//! which is resolved once. How its junctions stand is not reported by anybody: [`Metrics::observe_areas`] reads it off.

mod area;
mod latency;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use serde::Serialize;
use voorrang_messages::{MessageKind, PrioritizationStatus};

use crate::condition::Condition;
use area::AreaFamilies;
pub use area::{AreaMetrics, ControlMetrics};
use latency::Latencies;
pub use latency::LatencySummary;
use table::{Table, Table2};

/// What [`Metrics::encode`] writes, as HTTP calls it.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Upper bounds of answer latencies in seconds: 50 us to 1 s.
const ANSWER_BUCKETS: [f64; 14] =
    [50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 0.1, 0.2, 0.5, 1.0];
/// Upper bounds of a controller's confirmations in seconds; 0.16 to 0.38 were seen on the street.
const LAMP_BUCKETS: [f64; 10] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0, 2.0];
/// Upper bounds of journal writes in seconds.
const JOURNAL_BUCKETS: [f64; 10] = [10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 10e-3, 0.1, 1.0];

const TRANSPORTS: [&str; 4] = ["udp", "tcp", "mqtt", "http"];
const WHY_UNDELIVERED: [&str; 2] = ["full", "gone"];

/// A family with one label.
type Labelled<M> = Family<[(&'static str, &'static str); 1], M>;
/// A counter or gauge of seconds.
type Seconds = Gauge<f64, AtomicU64>;

/// All of the gateway's metrics. Shared by `Arc`; every method may be called from any task.
pub struct Metrics {
    registry: Registry,
    received: Table2,
    refused: Labelled<Counter>,
    shed: Labelled<Counter>,
    undelivered: Table2,
    answered: Histogram,
    finished: Table,
    inbox_waiting: Gauge<i64, AtomicI64>,
    lamps: Histogram,
    journal_lag: Histogram,
    journal_bytes: Counter,
    journal_errors: Counter,
    clock_offset: Seconds,
    clock_trusted: Gauge,
    http_answers: Labelled<Counter>,
    events_lost: Counter,
    junctions: Labelled<Gauge>,
    alarms: Counter,
    resident_memory: Gauge,
    families: AreaFamilies,
    areas: Mutex<BTreeMap<String, AreaMetrics>>,
    control: Mutex<BTreeMap<String, ControlMetrics>>,
    latencies: Latencies,
    refused_total: AtomicU64,
    shed_total: AtomicU64,
}

/// How much happened since the start, for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages that came in.
    pub received: u64,
    /// Those that were not listened to.
    pub refused: u64,
    /// What was dropped under overload.
    pub shed: u64,
    /// What could not be delivered.
    pub undelivered: u64,
}

impl Metrics {
    /// With every counter at nought.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("voorrang");
        let kinds: Vec<&'static str> =
            MessageKind::ALL.iter().map(|kind| kind.name()).chain(["unreadable"]).collect();
        let received = Table2::new(["transport", "kind"], &TRANSPORTS, &kinds);
        registry.register(
            "received",
            "Messages that came in, by transport and kind of message; those that could not be read are of kind unreadable",
            received.family(),
        );
        let refused = Labelled::default();
        registry.register(
            "refused",
            "Messages that were not listened to, by reason: who sent them, or what they say, is not acceptable",
            refused.clone(),
        );
        let shed = Labelled::default();
        registry.register(
            "shed",
            "What was dropped because the gateway had more to do than it could, by kind; should stay at nought",
            shed.clone(),
        );
        let undelivered = Table2::new(["transport", "why"], &TRANSPORTS, &WHY_UNDELIVERED);
        registry.register(
            "undelivered",
            "Messages that could not be sent: the receiver took too little (full) or was not there any more (gone)",
            undelivered.family(),
        );
        let answered = Histogram::new(ANSWER_BUCKETS);
        registry.register_with_unit(
            "answer",
            "From the arrival of a request's octets to its answer leaving",
            Unit::Seconds,
            answered.clone(),
        );
        let finished = Table::new("status", &STATUSES);
        registry.register(
            "requests_finished",
            "Priority requests that came to their end, by the last status that the vehicle was told",
            finished.family(),
        );
        let inbox_waiting = Gauge::default();
        registry.register(
            "inbox_waiting",
            "Messages that wait for their control area; rises when the gateway has more to do than it can",
            inbox_waiting.clone(),
        );
        let lamps = Histogram::new(LAMP_BUCKETS);
        registry.register_with_unit(
            "lamp_confirmation",
            "From a command to a controller to the lamps that confirm it",
            Unit::Seconds,
            lamps.clone(),
        );
        let journal_lag = Histogram::new(JOURNAL_BUCKETS);
        registry.register_with_unit(
            "journal_lag",
            "From a record being made to the operating system having it; answers wait for that",
            Unit::Seconds,
            journal_lag.clone(),
        );
        let journal_bytes = Counter::default();
        registry.register_with_unit(
            "journal_written",
            "Octets that were written to the journal",
            Unit::Bytes,
            journal_bytes.clone(),
        );
        let journal_errors = Counter::default();
        registry.register(
            "journal_errors",
            "Failed writes to the journal, as with a full disk; control is handed back while they last",
            journal_errors.clone(),
        );
        let clock_offset = Seconds::default();
        registry.register_with_unit(
            "clock_offset",
            "By how much the gateway's clock is ahead of the reference; beyond 0.5 s no intervention starts",
            Unit::Seconds,
            clock_offset.clone(),
        );
        let clock_trusted = Gauge::default();
        registry.register(
            "clock_trusted",
            "1 while the clock can be trusted, 0 while no intervention starts because it cannot",
            clock_trusted.clone(),
        );
        let http_answers = Labelled::default();
        registry.register(
            "http_answers",
            "Answers of the HTTP server, by their first digit (2xx), or the reason of a refusal",
            http_answers.clone(),
        );
        let events_lost = Counter::default();
        registry.register(
            "events_lost",
            "Snapshots that clients of the event stream lost because they read too slowly",
            events_lost.clone(),
        );
        let junctions = Labelled::default();
        registry.register(
            "junctions",
            "Junctions by how they stand with their controller: not_connected, registered, in_control",
            junctions.clone(),
        );
        let alarms = Counter::default();
        registry.register(
            "alarms",
            "Alarms that were raised: things that somebody should look at",
            alarms.clone(),
        );
        let resident_memory = Gauge::default();
        registry.register_with_unit(
            "resident_memory",
            "Main memory that the gateway takes; nought where the system does not tell",
            Unit::Bytes,
            resident_memory.clone(),
        );
        registry.register(
            "build",
            "The gateway's version",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let families = AreaFamilies::register(&mut registry);
        Self {
            registry,
            received,
            refused,
            shed,
            undelivered,
            answered,
            finished,
            inbox_waiting,
            lamps,
            journal_lag,
            journal_bytes,
            journal_errors,
            clock_offset,
            clock_trusted,
            http_answers,
            events_lost,
            junctions,
            alarms,
            resident_memory,
            families,
            areas: Mutex::default(),
            control: Mutex::default(),
            latencies: Latencies::default(),
            refused_total: AtomicU64::new(0),
            shed_total: AtomicU64::new(0),
        }
    }

    /// A message came in by a transport: `kind` is the message's name ([`MessageKind::name`]), or `unreadable`.
    pub fn received(&self, transport: &'static str, kind: &'static str) {
        self.received.inc(transport, kind);
    }

    /// A message was refused.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&[("reason", reason)]).inc();
        self.refused_total.fetch_add(1, Ordering::Relaxed);
    }

    /// Something was dropped because we were overloaded: `kind` says what.
    pub fn shed(&self, kind: &'static str) {
        self.shed.get_or_create(&[("kind", kind)]).inc();
        self.shed_total.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer left, so long after the octets that it answers arrived.
    pub fn answered(&self, after: Duration) {
        self.answered.observe(after.as_secs_f64());
        self.latencies.record(after);
    }

    /// Something could not be delivered: `transport`, and whether it was `full` or `gone`.
    pub fn undelivered(&self, transport: &'static str, why: &'static str) {
        self.undelivered.inc(transport, why);
    }

    /// A request came to its end: `status` is the last that its vehicle was told, or `cancelled`, or `expired`.
    pub fn finished(&self, status: &'static str) {
        self.finished.inc(status);
    }

    /// A message was put into an area's inbox.
    pub fn inbox_entered(&self) {
        self.inbox_waiting.inc();
    }

    /// That many messages were taken out of an area's inbox.
    pub fn inbox_left(&self, count: usize) {
        self.inbox_waiting.dec_by(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A controller's lamps confirmed a command, so long after it.
    pub fn lamps_confirmed(&self, after: Duration) {
        self.lamps.observe(after.as_secs_f64());
    }

    /// The journal has so many octets more; the oldest of them waited so long.
    pub fn journal_written(&self, octets: usize, lag: Duration) {
        self.journal_bytes.inc_by(u64::try_from(octets).unwrap_or(u64::MAX));
        self.journal_lag.observe(lag.as_secs_f64());
    }

    /// The journal could not be written.
    pub fn journal_failed(&self) {
        self.journal_errors.inc();
    }

    /// How far the clock is ahead of its reference, where that is known, and whether it can be trusted.
    pub fn clock(&self, offset_seconds: Option<f64>, trusted: bool) {
        if let Some(offset) = offset_seconds {
            self.clock_offset.set(offset);
        }
        self.clock_trusted.set(i64::from(trusted));
    }

    /// An alarm was raised.
    pub fn alarm(&self) {
        self.alarms.inc();
    }

    /// The counters of an area, by its name; the same ones for the same area.
    #[must_use]
    pub fn area(&self, name: &str) -> AreaMetrics {
        let mut areas = self.areas.lock().unwrap_or_else(PoisonError::into_inner);
        areas.entry(name.to_owned()).or_insert_with(|| self.families.of(name)).clone()
    }

    /// Takes over how the areas stand, and that this was so for `passed`. Called at steady, short intervals.
    pub fn observe_areas<'a>(&self, areas: impl Iterator<Item = (&'a str, Condition)>, passed: Duration) {
        let mut control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let [mut in_control, mut registered, mut not_connected] = [0_i64; 3];
        for (name, condition) in areas {
            in_control += i64::from(condition.in_control);
            registered += i64::from(condition.registered.saturating_sub(condition.in_control));
            not_connected += i64::from(condition.junctions.saturating_sub(condition.registered));
            if condition.to_control > 0 {
                if !control.contains_key(name) {
                    control.insert(name.to_owned(), self.families.control_of(name));
                }
                control[name].seen(condition, passed);
            }
        }
        for (state, count) in
            [("in_control", in_control), ("registered", registered), ("not_connected", not_connected)]
        {
            self.junctions.get_or_create(&[("state", state)]).set(count);
        }
    }

    /// How long answers took in the last minute or so.
    #[must_use]
    pub fn recent_answers(&self) -> LatencySummary {
        self.latencies.summary()
    }

    /// How many messages came in and were refused since the start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            received: self.received.sum(),
            refused: self.refused_total.load(Ordering::Relaxed),
            shed: self.shed_total.load(Ordering::Relaxed),
            undelivered: self.undelivered.sum(),
        }
    }

    /// Everything in Prometheus' text format.
    #[must_use]
    pub fn encode(&self) -> String {
        self.resident_memory.set(resident_memory().unwrap_or(0));
        let mut text = String::with_capacity(16 * 1024);
        prometheus_text::encode(&mut text, &self.registry).expect("a String takes all that is written");
        text
    }

    /// The HTTP server answered: `class` is `2xx` and so on, or a reason.
    pub fn http_answered(&self, class: &'static str) {
        self.http_answers.get_or_create(&[("class", class)]).inc();
    }

    /// A slow client of the event stream lost a snapshot.
    pub fn event_lost(&self) {
        self.events_lost.inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// The ends of a request, and what [`status_name`] tells.
const STATUSES: [&str; 10] = [
    "unknown",
    "requested",
    "processing",
    "watch_other_traffic",
    "granted",
    "rejected",
    "max_presence",
    "reservice_locked",
    "cancelled",
    "expired",
];

/// A status as a label.
#[must_use]
pub const fn status_name(status: PrioritizationStatus) -> &'static str {
    match status {
        PrioritizationStatus::Unknown | PrioritizationStatus::UnknownAddition(_) => "unknown",
        PrioritizationStatus::Requested => "requested",
        PrioritizationStatus::Processing => "processing",
        PrioritizationStatus::WatchOtherTraffic => "watch_other_traffic",
        PrioritizationStatus::Granted => "granted",
        PrioritizationStatus::Rejected => "rejected",
        PrioritizationStatus::MaxPresence => "max_presence",
        PrioritizationStatus::ReserviceLocked => "reservice_locked",
    }
}

/// As Linux tells it: `VmRSS:     1234 kB`.
fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests;
