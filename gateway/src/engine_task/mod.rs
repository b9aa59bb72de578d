//! The actor around one control area: a tokio task that alone owns its [`Area`]. It takes what has queued, tells the area, and hands what follows to
//! the journal's writer in one piece; it sleeps until the area's next deadline.
//!
//! Three bounded inboxes, in this order: controllers and control words, whose senders wait for room (a link stops reading then, and TCP holds its
//! peer back); requests and positions under blue light; all others. Who finds one of the last two full gets the input back at once, and it is
//! counted by kind. So an overload drops positions first, then requests, and never what a controller says.
//!
//! A panic within the area is our own bug and stays within it: the area begins anew, without control of anything until it has registered again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration as Span, Instant as Monotonic};

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use voorrang_units::Instant;

use crate::area::{Alarm, Area, AreaConfig, AreaInput, AreaView, Count, Departure, Effects, Role};
use crate::clock::Clock;
use crate::condition::Condition;
use crate::journal::{Commit, CommitSink, Untaken};
use crate::operations::metrics::{AreaMetrics, Metrics};

/// Room for controllers' octets and control words.
const CONTROLLERS: usize = 64;
/// Room for requests, and for positions under blue light: a second of a flood that the gatekeeper lets through.
const URGENT: usize = 1024;
/// Room for other positions and requests.
const ROUTINE: usize = 256;
/// So much is told to the area before what follows leaves.
const BATCH: usize = 256;
/// A view is published no more often than this.
const VIEW_APART: Span = Span::from_millis(100);
/// When the writer has no room, it is asked again after this.
const RETRY: Span = Span::from_millis(2);
/// Nothing is looked at more often than this for the sake of time alone.
const SHORTEST_SLEEP: Span = Span::from_millis(1);
/// An area without a deadline looks round this often.
const LONGEST_SLEEP: Span = Span::from_secs(3600);
/// After so many panics in a row without a quiet minute between them an area stays silent.
const MOST_PANICS: u32 = 5;
/// See there.
const QUIET: Span = Span::from_secs(60);

/// Why an input did not reach its area.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// The inbox is full; the input comes back.
    #[error("the control area has more to do than it can")]
    Full(Box<AreaInput>),
    /// The area has ended.
    #[error("the control area has ended")]
    Gone,
}

/// The way to a control area's actor. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AreaHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    place: usize,
    controllers: mpsc::Sender<AreaInput>,
    urgent: mpsc::Sender<AreaInput>,
    routine: mpsc::Sender<AreaInput>,
    state: Arc<State>,
    metrics: Arc<Metrics>,
}

/// What the actor lets others see.
#[derive(Debug)]
struct State {
    views: watch::Sender<Arc<AreaView>>,
    looked: Notify,
    junctions: u32,
    registered: AtomicU32,
    in_control: AtomicU32,
    to_control: AtomicU32,
    ended: AtomicBool,
}

impl AreaHandle {
    /// The area's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// Its place among the areas.
    #[must_use]
    pub fn place(&self) -> usize {
        self.0.place
    }

    /// Hands an input over. What finds no room is counted as shed.
    ///
    /// # Errors
    /// When the inbox is full or the area has ended.
    pub fn try_send(&self, input: AreaInput) -> Result<(), Unsent> {
        let inbox = match &input {
            AreaInput::Request { .. } | AreaInput::Vehicle(_) if input.is_urgent() => &self.0.urgent,
            AreaInput::Request { .. } | AreaInput::Vehicle(_) | AreaInput::Relayed { .. } => &self.0.routine,
            _ => &self.0.controllers,
        };
        let sent = inbox.try_send(input);
        if sent.is_ok() {
            self.0.metrics.inbox_entered();
        }
        sent.map_err(|error| match error {
            mpsc::error::TrySendError::Full(input) => {
                self.0.metrics.shed(input.kind());
                Unsent::Full(Box::new(input))
            }
            mpsc::error::TrySendError::Closed(_) => Unsent::Gone,
        })
    }

    /// Hands over what must not be lost, a controller's octets or a control word: waits for room.
    ///
    /// # Errors
    /// When the area has ended.
    pub async fn send(&self, input: AreaInput) -> Result<(), Unsent> {
        self.0.controllers.send(input).await.map_err(|_| Unsent::Gone)?;
        self.0.metrics.inbox_entered();
        Ok(())
    }

    /// What the area shows of itself, from now on; at most ten times a second, and only while somebody holds such a receiver.
    #[must_use]
    pub fn look(&self) -> watch::Receiver<Arc<AreaView>> {
        let receiver = self.0.state.views.subscribe();
        self.0.state.looked.notify_one();
        receiver
    }

    /// A way that leads to a test instead of an area: what controllers tell comes out of the other end.
    #[cfg(test)]
    pub(crate) fn to_a_test() -> (Self, mpsc::Receiver<AreaInput>) {
        let (controllers, told) = mpsc::channel(1);
        let (urgent, _) = mpsc::channel(1);
        let (routine, _) = mpsc::channel(1);
        let state = State {
            views: watch::Sender::new(Arc::default()),
            looked: Notify::new(),
            junctions: 0,
            registered: AtomicU32::new(0),
            in_control: AtomicU32::new(0),
            to_control: AtomicU32::new(0),
            ended: AtomicBool::new(false),
        };
        let (name, state, metrics) = (Arc::from("test"), Arc::new(state), Arc::default());
        let shared = Shared { name, place: 0, controllers, urgent, routine, state, metrics };
        (Self(Arc::new(shared)), told)
    }

    /// How its junctions stand; costs nothing.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let state = &self.0.state;
        let count = |count: &AtomicU32| count.load(Ordering::Relaxed);
        Condition {
            junctions: state.junctions,
            registered: count(&state.registered),
            to_control: count(&state.to_control),
            in_control: count(&state.in_control),
            ended: state.ended.load(Ordering::Relaxed),
        }
    }
}

/// Starts the actor of one control area on the present runtime. It ends after [`AreaInput::Shutdown`], once control is handed back, or with its last
/// handle.
#[must_use]
pub fn spawn(
    config: AreaConfig,
    clock: Clock,
    sink: Arc<dyn CommitSink>,
    metrics: Arc<Metrics>,
) -> (AreaHandle, JoinHandle<()>) {
    let (controllers, controllers_inbox) = mpsc::channel(CONTROLLERS);
    let (urgent, urgent_inbox) = mpsc::channel(URGENT);
    let (routine, routine_inbox) = mpsc::channel(ROUTINE);
    // Known before the actor says so: who looks at once must not take an area for well that has no control yet.
    let to_control = config.junctions.iter().filter(|junction| junction.role == Role::Control).count();
    let state = Arc::new(State {
        views: watch::Sender::new(Arc::new(AreaView::default())),
        looked: Notify::new(),
        junctions: u32::try_from(config.junctions.len()).unwrap_or(u32::MAX),
        registered: AtomicU32::new(0),
        in_control: AtomicU32::new(0),
        to_control: AtomicU32::new(u32::try_from(to_control).unwrap_or(u32::MAX)),
        ended: AtomicBool::new(false),
    });
    let handle = AreaHandle(Arc::new(Shared {
        name: Arc::clone(&config.name),
        place: config.place,
        controllers,
        urgent,
        routine,
        state: Arc::clone(&state),
        metrics: Arc::clone(&metrics),
    }));
    let now = clock.now();
    let counters = metrics.area(&config.name);
    let actor = Actor {
        area: Area::new(config.clone(), now),
        config,
        clock,
        sink,
        state,
        effects: Effects::default(),
        counters,
        metrics,
        words: Words::default(),
        panics: 0,
        last_panic: None,
        shown: None,
        unshown: true,
    };
    let inboxes = Inboxes { controllers: controllers_inbox, urgent: urgent_inbox, routine: routine_inbox };
    (handle, tokio::spawn(actor.run(inboxes)))
}

struct Inboxes {
    controllers: mpsc::Receiver<AreaInput>,
    urgent: mpsc::Receiver<AreaInput>,
    routine: mpsc::Receiver<AreaInput>,
}

/// What woke the actor.
#[expect(
    clippy::large_enum_variant,
    reason = "taken apart at once; a box would be an allocation for each message"
)]
enum Woken {
    By(AreaInput),
    ByTime,
    Ended,
}

impl Inboxes {
    /// The first input, or the end of the sleep.
    async fn next(&mut self, state: &State, sleep: Span) -> Woken {
        let input = tokio::select! {
            biased;
            input = self.controllers.recv() => input,
            input = self.urgent.recv() => input,
            input = self.routine.recv() => input,
            () = state.looked.notified() => return Woken::ByTime,
            () = tokio::time::sleep(sleep) => return Woken::ByTime,
        };
        // All three have the same senders: with the last of them everything ends.
        input.map_or(Woken::Ended, Woken::By)
    }

    /// The next input that has queued.
    fn queued(&mut self) -> Option<AreaInput> {
        self.controllers
            .try_recv()
            .or_else(|_| self.urgent.try_recv())
            .or_else(|_| self.routine.try_recv())
            .ok()
    }
}

/// The control words that hold until the next: told again to an area that begins anew.
#[derive(Debug, Clone, Copy)]
struct Words {
    clock_trusted: bool,
    journal_healthy: bool,
    subscribed: bool,
    shutdown: bool,
}

impl Default for Words {
    fn default() -> Self {
        Self { clock_trusted: true, journal_healthy: true, subscribed: false, shutdown: false }
    }
}

struct Actor {
    config: AreaConfig,
    area: Area,
    clock: Clock,
    sink: Arc<dyn CommitSink>,
    state: Arc<State>,
    effects: Effects,
    metrics: Arc<Metrics>,
    counters: AreaMetrics,
    words: Words,
    panics: u32,
    last_panic: Option<Monotonic>,
    /// When a view was published last.
    shown: Option<Monotonic>,
    /// Something happened since.
    unshown: bool,
}

impl Actor {
    async fn run(mut self, mut inboxes: Inboxes) {
        let now = self.clock.now();
        self.guarded(now, |area, now, effects| area.advance(now, effects));
        loop {
            if self.commit().await.is_err() || self.effects.finished {
                break;
            }
            self.show();
            match inboxes.next(&self.state, self.sleep()).await {
                Woken::By(input) => {
                    let now = self.clock.now();
                    self.tell(now, input);
                    let mut told = 1;
                    while told < BATCH
                        && let Some(input) = inboxes.queued()
                    {
                        self.tell(now, input);
                        told += 1;
                    }
                    self.metrics.inbox_left(told);
                    self.unshown = true;
                }
                Woken::ByTime => {}
                Woken::Ended => break,
            }
            let now = self.clock.now();
            if self.area.next_deadline().is_some_and(|deadline| deadline <= now) {
                self.guarded(now, |area, now, effects| area.advance(now, effects));
                self.unshown = true;
            }
        }
        self.state.ended.store(true, Ordering::Relaxed);
        self.state.registered.store(0, Ordering::Relaxed);
        self.state.in_control.store(0, Ordering::Relaxed);
    }

    fn sleep(&self) -> Span {
        let deadline = self.area.next_deadline().map_or(LONGEST_SLEEP, |deadline| self.clock.until(deadline));
        if self.unshown && self.state.views.receiver_count() > 0 {
            let due = self.shown.map_or(Span::ZERO, |shown| VIEW_APART.saturating_sub(shown.elapsed()));
            return deadline.min(due).max(SHORTEST_SLEEP);
        }
        deadline.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }

    fn tell(&mut self, now: Instant, input: AreaInput) {
        match &input {
            AreaInput::ClockTrusted(trusted) => self.words.clock_trusted = *trusted,
            AreaInput::JournalHealthy(healthy) => self.words.journal_healthy = *healthy,
            AreaInput::Subscribed(subscribed) => self.words.subscribed = *subscribed,
            AreaInput::Parameters(parameters) => self.config.engine.clone_from(parameters),
            AreaInput::Shutdown => self.words.shutdown = true,
            _ => {}
        }
        self.guarded(now, |area, now, effects| {
            #[cfg(test)]
            tests::break_down_on(&input);
            area.handle(now, input, effects);
        });
    }

    /// Calls the area; a panic ends with the area beginning anew.
    fn guarded(&mut self, now: Instant, call: impl FnOnce(&mut Area, Instant, &mut Effects)) {
        let (area, effects) = (&mut self.area, &mut self.effects);
        let (records, departures) = (effects.records.len(), effects.departures.len());
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(area, now, effects))) else { return };
        // What was half done is not told.
        self.effects.records.truncate(records);
        self.effects.departures.truncate(departures);
        self.begin_anew(now, &*panic);
    }

    fn begin_anew(&mut self, now: Instant, panic: &(dyn Any + Send)) {
        let said = panic.downcast_ref::<&str>().copied();
        let said =
            said.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        if self.last_panic.is_none_or(|last| last.elapsed() > QUIET) {
            self.panics = 0;
        }
        self.panics += 1;
        self.last_panic = Some(Monotonic::now());
        let given_up = self.panics >= MOST_PANICS;
        tracing::error!(area = &*self.config.name, given_up, "a fault of the gateway itself: {said}");
        for junction in 0..self.config.junctions.len() {
            self.effects.departures.push(Departure::Disconnect { junction });
        }
        let outcome = if given_up { "it stays silent" } else { "the area begins anew" };
        let what = format!("a fault of the gateway itself ({said}): {outcome}");
        self.effects.alarms.push(Alarm { at: now, junction: None, what: what.clone() });
        if given_up {
            self.effects.finished = true;
            return;
        }
        self.area = Area::new(self.config.clone(), now);
        self.area.note_alarm(now, None, what);
        let Words { clock_trusted, journal_healthy, subscribed, shutdown } = self.words;
        let effects = &mut self.effects;
        self.area.handle(now, AreaInput::ClockTrusted(clock_trusted), effects);
        self.area.handle(now, AreaInput::JournalHealthy(journal_healthy), effects);
        self.area.handle(now, AreaInput::Subscribed(subscribed), effects);
        if shutdown {
            self.area.handle(now, AreaInput::Shutdown, effects);
        }
    }

    /// Hands what follows to the writer; waits while that has no room.
    async fn commit(&mut self) -> Result<(), Ended> {
        for alarm in self.effects.alarms.drain(..) {
            let junction = alarm.junction.and_then(|place| self.config.junctions.get(place));
            let junction = junction.map_or("", |junction| junction.intersection.name());
            tracing::warn!(area = &*self.config.name, junction, "{}", alarm.what);
        }
        for count in self.effects.counts.drain(..) {
            match count {
                Count::Intervention { .. } => self.counters.intervention(),
                Count::InterlockRefused { .. } => self.counters.interlock_refused(),
                Count::InterlockViolated { .. } => self.counters.interlock_violated(),
                Count::LampConfirmed { after } => {
                    let millis = u64::try_from(after.millis()).unwrap_or(0);
                    self.metrics.lamps_confirmed(Span::from_millis(millis));
                }
                Count::Finished { status } => self.metrics.finished(status),
            }
        }
        if self.effects.records.is_empty() && self.effects.departures.is_empty() {
            return Ok(());
        }
        let mut commit = Commit {
            area: Arc::clone(&self.config.name),
            place: self.config.place,
            records: std::mem::take(&mut self.effects.records),
            departures: std::mem::take(&mut self.effects.departures),
        };
        loop {
            match self.sink.submit(commit) {
                Ok(()) => return Ok(()),
                Err(Untaken::Gone) => return Err(Ended),
                Err(Untaken::Full(back)) => {
                    commit = back;
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    fn show(&mut self) {
        let condition = self.area.condition();
        self.state.registered.store(condition.registered, Ordering::Relaxed);
        self.state.in_control.store(condition.in_control, Ordering::Relaxed);
        self.state.to_control.store(condition.to_control, Ordering::Relaxed);
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= VIEW_APART);
        if self.unshown && due && self.state.views.receiver_count() > 0 {
            self.state.views.send_replace(Arc::new(self.area.view()));
            (self.shown, self.unshown) = (Some(Monotonic::now()), false);
        }
    }
}

/// The writer takes nothing any more.
struct Ended;

#[cfg(test)]
mod tests;
