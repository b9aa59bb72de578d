//! The actor: what it takes, what it gives back, and what it survives.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, SequenceNumber,
    StationId, VehicleRole,
};
use voorrang_priority::{StrategyConfig, VehiclePosition};
use voorrang_signals::Intersection;
use voorrang_units::GeodeticPosition;

use super::*;
use crate::area::{JunctionConfig, Role};
use crate::messaging::{Reply, ReplyTo, Undelivered};
use crate::security::Permit;

/// What stands for a fault of our own: a stream that ends for this reason.
const FAULT: &str = "a fault, for the sake of a test";

/// Breaks down on the one input that tests use for it.
pub(super) fn break_down_on(input: &AreaInput) {
    if let AreaInput::Disconnected { why, .. } = input {
        assert_ne!(why, FAULT, "{FAULT}");
    }
}

/// A writer that keeps what it gets, while it has room.
#[derive(Debug, Default)]
struct Kept {
    commits: Mutex<Vec<Commit>>,
    /// So many more are refused.
    refuse: AtomicUsize,
}

impl CommitSink for Kept {
    fn submit(&self, commit: Commit) -> Result<(), Untaken> {
        let refuse = self.refuse.load(Ordering::SeqCst);
        if refuse > 0 {
            self.refuse.store(refuse - 1, Ordering::SeqCst);
            return Err(Untaken::Full(commit));
        }
        self.commits.lock().unwrap().push(commit);
        Ok(())
    }
}

impl Kept {
    fn records(&self) -> String {
        self.commits.lock().unwrap().iter().map(|commit| commit.records.as_str()).collect()
    }

    fn count(&self) -> usize {
        self.commits.lock().unwrap().len()
    }

    /// Waits until something is so; a second is for a machine that has much to do.
    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..1000 {
            if is_so(self) {
                return;
            }
            tokio::time::sleep(Span::from_millis(1)).await;
        }
        panic!("it did not come to be so: {}", self.records());
    }
}

#[derive(Debug)]
struct Nowhere;

impl Reply for Nowhere {
    fn send(&self, _octets: &[u8]) -> Result<(), Undelivered> {
        Ok(())
    }

    fn address(&self) -> Option<String> {
        None
    }
}

fn started() -> (AreaHandle, JoinHandle<()>, Arc<Kept>) {
    let text = include_str!("../../../priority/tests/support/crossing.toml");
    let intersection = Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap());
    let config = AreaConfig {
        name: "K1".into(),
        place: 3,
        station: StationId(70_000),
        engine: voorrang_priority::EngineConfig::with_strategy(StrategyConfig::from_name("eta").unwrap()),
        junctions: vec![JunctionConfig {
            intersection,
            role: Role::Control,
            session: None,
            registered: None,
            publish: false,
        }],
        vlog: false,
    };
    let kept = Arc::new(Kept::default());
    let sink: Arc<dyn CommitSink> = Arc::clone(&kept) as _;
    let (handle, task) = spawn(config, Clock::start(), sink, Arc::default());
    (handle, task, kept)
}

fn request(station: u32, role: VehicleRole) -> AreaInput {
    let reply: ReplyTo = Arc::new(Nowhere);
    AreaInput::Request {
        request: PriorityRequest {
            station: StationId(station),
            intersection: IntersectionReference { region: Some(528), id: 1 },
            request: RequestId(1),
            sequence: Some(SequenceNumber(0)),
            kind: RequestKind::New,
            inbound: IntersectionAccess::Approach(2),
            outbound: None,
            eta: None,
            service_window: None,
            role: Some(role),
            subrole: Some(5),
            importance: Some(14),
            position: None,
            heading: None,
            speed: None,
        },
        permit: Permit { name: "ambulances".into(), importance_ceiling: 14 },
        reply,
        arrived: Monotonic::now(),
        octets: Bytes::new(),
        span: tracing::Span::none(),
    }
}

fn position(blue_light: bool) -> AreaInput {
    AreaInput::Vehicle(VehiclePosition {
        station: StationId(1),
        position: GeodeticPosition::from_degrees(52.0, 5.0).unwrap(),
        speed: None,
        heading: None,
        light_bar: blue_light,
        siren: blue_light,
    })
}

fn answers(kept: &Kept) -> usize {
    let commits = kept.commits.lock().unwrap();
    let departures = commits.iter().flat_map(|commit| &commit.departures);
    departures.filter(|departure| matches!(departure, Departure::Answer { arrived: Some(_), .. })).count()
}

#[tokio::test]
async fn what_has_queued_is_told_in_one_go_and_leaves_in_one_commit() {
    let (handle, _task, kept) = started();
    kept.until(|kept| kept.count() == 1).await;
    for station in 0..100 {
        handle.try_send(request(station, VehicleRole::Emergency)).unwrap();
    }
    kept.until(|kept| answers(kept) == 100).await;
    // The test's own task runs on the same thread: nothing was taken before all had queued.
    assert_eq!(kept.count(), 2);
    let commit = &kept.commits.lock().unwrap()[1];
    assert_eq!((&*commit.area, commit.place), ("K1", 3));
    assert_eq!(commit.records.matches(r#""in":{"request""#).count(), 100);
}

/// A disk that takes nothing.
#[derive(Debug)]
struct Stuck;

impl CommitSink for Stuck {
    fn submit(&self, commit: Commit) -> Result<(), Untaken> {
        Err(Untaken::Full(commit))
    }
}

#[tokio::test]
async fn an_area_that_is_behind_sheds_the_least_important_first_and_says_so() {
    let config = AreaConfig {
        name: Arc::from("K1"),
        place: 0,
        station: StationId(1),
        engine: voorrang_priority::EngineConfig::with_strategy(StrategyConfig::None),
        junctions: Vec::new(),
        vlog: false,
    };
    let metrics = Arc::new(Metrics::default());
    let (area, _) = spawn(config, Clock::start(), Arc::new(Stuck), Arc::clone(&metrics));
    tokio::task::yield_now().await;
    let taken = |blue_light: bool, count: usize| {
        (0..count).filter(|_| area.try_send(position(blue_light)).is_ok()).count()
    };
    assert_eq!(taken(false, 2 * ROUTINE), ROUTINE);
    assert_eq!(taken(true, 2 * URGENT), URGENT);
    // Words still find room.
    area.send(AreaInput::ClockTrusted(false)).await.unwrap();
    let counted = metrics.encode();
    let shed = format!("voorrang_shed_total{{kind=\"position\"}} {}", ROUTINE + URGENT);
    assert!(counted.contains(&shed), "{counted}");
}

#[tokio::test]
async fn an_overload_drops_positions_before_requests_and_control_words_never() {
    let (handle, _task, kept) = started();
    // Nothing is read meanwhile: the task has no turn before this one waits.
    let mut fits = 0;
    while handle.try_send(position(false)).is_ok() {
        fits += 1;
    }
    assert_eq!(fits, ROUTINE);
    assert!(handle.try_send(request(1, VehicleRole::PublicTransport)).is_err());
    let mut urgent = 0;
    while let Ok(()) = handle.try_send(request(urgent, VehicleRole::Emergency)) {
        urgent += 1;
    }
    assert_eq!(urgent as usize, URGENT);
    let Err(Unsent::Full(back)) = handle.try_send(position(true)) else { panic!() };
    assert_eq!(back.kind(), "position");
    handle.send(AreaInput::ClockTrusted(false)).await.unwrap();
    // The word went before all that had queued.
    kept.until(|kept| kept.records().matches(r#""turned_away""#).count() == URGENT).await;
}

#[tokio::test]
async fn a_writer_without_room_loses_nothing() {
    let (handle, _task, kept) = started();
    kept.until(|kept| kept.count() == 1).await;
    kept.refuse.store(5, Ordering::SeqCst);
    handle.try_send(request(1, VehicleRole::Emergency)).unwrap();
    kept.until(|kept| answers(kept) == 1).await;
    assert_eq!(kept.refuse.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_fault_of_our_own_costs_one_area_its_memory_and_nobody_the_process() {
    let (handle, task, kept) = started();
    handle.send(AreaInput::ClockTrusted(false)).await.unwrap();
    handle.send(AreaInput::Disconnected { junction: 0, why: FAULT.to_owned() }).await.unwrap();
    handle.try_send(request(1, VehicleRole::Emergency)).unwrap();
    kept.until(|kept| answers(kept) == 1).await;
    let records = kept.records();
    assert_eq!(records.matches(r#"{"journal":"voorrang""#).count(), 2, "another engine, another header");
    assert!(records.contains(r#""why":"clock""#), "it knows again what it was told");
    let view = handle.look();
    assert!(!task.is_finished());
    kept.until(|_| view.borrow().junctions.len() == 1).await;
    assert!(
        view.borrow().junctions[0].alarms.iter().any(|alarm| alarm.what.contains("a fault of the gateway"))
    );
}

#[tokio::test]
async fn an_area_that_breaks_down_again_and_again_falls_silent() {
    let (handle, task, _kept) = started();
    for _ in 0..MOST_PANICS {
        handle.send(AreaInput::Disconnected { junction: 0, why: FAULT.to_owned() }).await.unwrap();
    }
    task.await.unwrap();
    assert!(handle.condition().ended);
    assert!(matches!(handle.try_send(position(true)), Err(Unsent::Gone)));
}

#[tokio::test]
async fn nobody_looks_and_nothing_is_shown() {
    let (handle, task, kept) = started();
    handle.try_send(request(1, VehicleRole::Emergency)).unwrap();
    kept.until(|kept| answers(kept) == 1).await;
    assert!(handle.0.state.views.borrow().junctions.is_empty());
    let mut view = handle.look();
    view.changed().await.unwrap();
    assert_eq!(view.borrow_and_update().name, "K1");
    assert_eq!(handle.condition(), Condition { junctions: 1, to_control: 1, ..Condition::default() });
    handle.send(AreaInput::Shutdown).await.unwrap();
    task.await.unwrap();
}
