//! Writing: all that has gathered with one call, then what waited for it leaves. When the disk takes nothing, areas are told, records are kept as far
//! as memory is set aside for them, and only what controllers need to hear leaves.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant as Monotonic};

use tokio::sync::watch;
use voorrang_units::Instant;

use super::Commit;
use super::lines::{SCHEMA, Segment, gap_line, prefix, segment_line};
use super::outlets::Outlets;
use super::queue::Queue;
use super::segment::{SegmentFile, Store, segment_name};
use crate::area::Departure;
use crate::clock::Clock;
use crate::config::{JournalConfig, LimitsConfig, Sync};

/// How often writing is tried again after a fault, usually.
pub const RETRY: Duration = Duration::from_secs(1);
/// An answer that waited longer for the disk than this no longer says how things are; the engine repeats it every second.
const STALE: Duration = Duration::from_secs(2);
/// So many departures wait for the disk at most.
const MOST_HELD: usize = 65_536;
/// A write that takes longer than this has the thread write for [`WARY`] from then. Of the operating system it takes microseconds; on a busy machine
/// whoever writes may be set aside for some milliseconds, and that is no fault of the disk.
const SLOW: Duration = Duration::from_millis(50);
/// See there.
const WARY: Duration = Duration::from_secs(10);
/// A buffer that grew beyond this in a bad moment is given back.
const USUAL_BUFFER: usize = 4 << 20;

/// What a journal is begun with.
#[derive(Debug)]
pub struct Beginning {
    /// The gateway's name.
    pub gateway: String,
    /// What this run is called in the names of its files.
    pub run: String,
    /// The last file of the run before this, if there is one.
    pub after: Option<String>,
    /// How it is kept.
    pub config: JournalConfig,
    /// How much may wait.
    pub limits: LimitsConfig,
    /// How often writing is tried again after a fault: [`RETRY`].
    pub retry: Duration,
}

/// Records that the disk did not take to the end.
#[derive(Debug, thiserror::Error)]
#[error("{lines} lines of the journal could not be written: {source}")]
pub struct Unwritten {
    /// How many.
    pub lines: u64,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// What is written with.
pub(super) struct Desk {
    store: Box<dyn Store>,
    file: Option<Box<dyn SegmentFile>>,
    /// The next file, made and empty: its first line could not be written yet.
    unbegun: Option<Box<dyn SegmentFile>>,
    /// Octets of the file that are whole lines.
    length: u64,
    /// The quarter of a UTC day that the file is of, counted from 1970.
    period: i64,
    number: u32,
    /// The name of the last file that was made.
    last: Option<String>,
    beginning: Beginning,
    outlets: Arc<Outlets>,
    clock: Clock,
    health: watch::Sender<bool>,
    syncing: Option<SyncSender<Box<dyn SegmentFile>>>,
    synced: Monotonic,
    unsynced: bool,
    /// What stands before the lines of each area, by its place.
    prefixes: BTreeMap<usize, (Arc<str>, String)>,
    /// Lines to be written next.
    lines: String,
    /// See [`WARY`].
    wary_until: Option<Monotonic>,
    /// Kept between rounds for its room.
    commits: Vec<Commit>,
    /// What leaves after that, each with its area's place.
    waiting: Vec<(usize, Departure)>,
    trouble: Option<Trouble>,
}

/// The disk takes nothing.
struct Trouble {
    source: io::Error,
    retry: Monotonic,
    /// What waits for the disk to take something, and since when.
    held: VecDeque<(usize, Departure, Monotonic)>,
    /// Lines that were let go, by area.
    gaps: BTreeMap<usize, u64>,
}

impl Desk {
    /// Makes the first file.
    pub(super) fn new(
        beginning: Beginning,
        store: Box<dyn Store>,
        outlets: Arc<Outlets>,
        clock: Clock,
        health: watch::Sender<bool>,
    ) -> io::Result<Self> {
        let syncing = match beginning.config.sync {
            Sync::Interval(_) => Some(start_syncing()?),
            Sync::Never | Sync::Each => None,
        };
        let mut desk = Self {
            store,
            file: None,
            unbegun: None,
            length: 0,
            period: 0,
            number: 0,
            last: beginning.after.clone(),
            beginning,
            outlets,
            clock,
            health,
            syncing,
            synced: Monotonic::now(),
            unsynced: false,
            prefixes: BTreeMap::new(),
            wary_until: None,
            commits: Vec::new(),
            lines: String::new(),
            waiting: Vec::new(),
            trouble: None,
        };
        desk.next_segment(desk.clock.now())?;
        Ok(desk)
    }

    /// Takes all that waits and writes it. False once the queue is closed and empty.
    pub(super) fn work(&mut self, queue: &Queue) -> bool {
        let mut commits = mem::take(&mut self.commits);
        let open = queue.take(&mut commits);
        if self.trouble.is_some() {
            self.endure(&mut commits);
        } else {
            self.write_and_dispatch(&mut commits);
        }
        self.commits = commits;
        open
    }

    /// Whether writing takes no time that an area hasn't.
    pub(super) fn is_quick(&self) -> bool {
        self.beginning.config.sync != Sync::Each && self.trouble.is_none() && self.wary_until.is_none()
    }

    /// How long the thread need not look.
    pub(super) fn patience(&self) -> Duration {
        if let Some(trouble) = &self.trouble {
            return trouble.retry.saturating_duration_since(Monotonic::now());
        }
        match self.beginning.config.sync {
            Sync::Interval(interval) if self.unsynced => interval.saturating_sub(self.synced.elapsed()),
            Sync::Interval(interval) => interval,
            Sync::Never | Sync::Each => Duration::from_secs(3600),
        }
    }

    fn write_and_dispatch(&mut self, commits: &mut Vec<Commit>) {
        for commit in commits.drain(..) {
            self.add_lines(&commit);
            let place = commit.place;
            self.waiting.extend(commit.departures.into_iter().map(|departure| (place, departure)));
        }
        match self.write() {
            Ok(()) => {
                let now = self.clock.now();
                for (place, departure) in self.waiting.drain(..) {
                    self.outlets.dispatch(place, departure, now);
                }
            }
            Err(source) => self.fall_into_trouble(source),
        }
    }

    /// Gives all lines to the operating system, in the file that is due.
    fn write(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        if self.file.is_none()
            || self.length >= self.beginning.config.segment_octets
            || self.period < period_of(now)
        {
            self.next_segment(now)?;
        }
        let lines = mem::take(&mut self.lines);
        let began = Monotonic::now();
        let outcome = self.append(lines.as_bytes());
        self.lines = lines;
        outcome?;
        let took = began.elapsed();
        self.outlets.metrics().journal_written(self.lines.len(), took);
        if took > SLOW {
            self.wary_until = Some(began + WARY);
        } else if self.wary_until.is_some_and(|until| until <= began) {
            self.wary_until = None;
        }
        self.lines.clear();
        if self.lines.capacity() > USUAL_BUFFER {
            self.lines = String::new();
        }
        Ok(())
    }

    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Err(io::Error::other("there is no file")) };
        let mut outcome = file.append(octets);
        if outcome.is_ok() && self.beginning.config.sync == Sync::Each {
            outcome = file.sync();
        }
        match outcome {
            Ok(()) => {
                self.length += octets.len() as u64;
                self.unsynced = true;
                Ok(())
            }
            Err(error) => {
                // A part of it may be there: whole lines only, or the next file.
                if file.shorten(self.length).is_err() {
                    self.file = None;
                }
                Err(error)
            }
        }
    }

    /// Makes the next file, with its first line. Until that is there the present one stays.
    fn next_segment(&mut self, now: Instant) -> io::Result<()> {
        let number = self.number + 1;
        let name = segment_name(&self.beginning.run, number);
        let mut file = match self.unbegun.take() {
            Some(file) => file,
            None => self.store.create(&name)?,
        };
        let first = segment_line(&Segment {
            schema: SCHEMA,
            run: self.beginning.run.clone(),
            number,
            after: self.last.clone(),
            gateway: self.beginning.gateway.clone(),
            software: env!("CARGO_PKG_VERSION").to_owned(),
            t: now,
        });
        if let Err(error) = file.append(first.as_bytes()) {
            self.unbegun = file.shorten(0).is_ok().then_some(file);
            self.number += u32::from(self.unbegun.is_none());
            return Err(error);
        }
        self.number = number;
        if self.unsynced
            && let (Some(mut full), Some(_)) = (self.file.take(), &self.syncing)
            && let Err(error) = full.sync()
        {
            tracing::error!(%error, "the journal's file could not be forced to the disk");
        }
        self.file = Some(file);
        self.last = Some(name);
        self.length = first.len() as u64;
        self.period = period_of(now);
        self.unsynced = true;
        Ok(())
    }

    fn add_lines(&mut self, commit: &Commit) {
        if commit.records.is_empty() {
            return;
        }
        let entry = self.prefixes.entry(commit.place);
        let (_, before) = entry
            .and_modify(|(area, before)| {
                if *area != commit.area {
                    *before = prefix(&commit.area);
                    *area = Arc::clone(&commit.area);
                }
            })
            .or_insert_with(|| (Arc::clone(&commit.area), prefix(&commit.area)));
        for line in commit.records.split_inclusive('\n') {
            let Some(line) = line.strip_prefix('{') else { continue };
            self.lines.push_str(before);
            self.lines.push_str(line);
        }
    }

    fn fall_into_trouble(&mut self, source: io::Error) {
        tracing::error!(error = %source, "the journal can't be written: there are no new requests until it can");
        self.outlets.metrics().journal_failed();
        self.health.send_replace(false);
        let mut trouble = Trouble {
            source,
            retry: Monotonic::now() + self.beginning.retry,
            held: VecDeque::new(),
            gaps: BTreeMap::new(),
        };
        for (place, departure) in mem::take(&mut self.waiting) {
            self.hold(&mut trouble, place, departure);
        }
        self.trouble = Some(trouble);
    }

    /// Takes commits while the disk takes nothing, and tries again when that is due.
    fn endure(&mut self, commits: &mut Vec<Commit>) {
        let Some(mut trouble) = self.trouble.take() else { return };
        for commit in commits.drain(..) {
            if self.lines.len() + commit.records.len() > self.beginning.limits.journal_backlog_octets {
                let lines = commit.records.lines().count() as u64;
                *trouble.gaps.entry(commit.place).or_default() += lines;
                self.prefixes
                    .entry(commit.place)
                    .or_insert_with(|| (Arc::clone(&commit.area), prefix(&commit.area)));
            } else {
                self.add_lines(&commit);
            }
            for departure in commit.departures {
                self.hold(&mut trouble, commit.place, departure);
            }
        }
        if Monotonic::now() < trouble.retry {
            self.trouble = Some(trouble);
            return;
        }
        let whole = self.lines.len();
        self.add_gaps(&trouble);
        match self.write() {
            Ok(()) => self.recover(trouble),
            Err(source) => {
                self.lines.truncate(whole);
                trouble.source = source;
                trouble.retry = Monotonic::now() + self.beginning.retry;
                self.trouble = Some(trouble);
            }
        }
    }

    fn add_gaps(&mut self, trouble: &Trouble) {
        let t = self.clock.now();
        for (place, lines) in &trouble.gaps {
            let before = self.prefixes.get(place).map_or("{", |(_, before)| before);
            self.lines.push_str(&gap_line(before, t, *lines));
        }
    }

    /// What hands control back leaves at once: a controller that hears nothing is worse than a line that is missing. All else waits.
    fn hold(&self, trouble: &mut Trouble, place: usize, departure: Departure) {
        match departure {
            Departure::ToController { .. } | Departure::Connect { .. } | Departure::Disconnect { .. } => {
                self.outlets.dispatch(place, departure, self.clock.now());
            }
            _ => {
                if trouble.held.len() >= MOST_HELD {
                    trouble.held.pop_front();
                    self.outlets.metrics().shed("unjournalled");
                }
                trouble.held.push_back((place, departure, Monotonic::now()));
            }
        }
    }

    fn recover(&mut self, trouble: Trouble) {
        let lost: u64 = trouble.gaps.values().sum();
        tracing::warn!(lines_lost = lost, "the journal can be written again");
        let now = self.clock.now();
        for (place, departure, since) in trouble.held {
            let stale = since.elapsed() > STALE
                && matches!(
                    departure,
                    Departure::Answer { .. } | Departure::Publish(_) | Departure::Relay { .. }
                );
            if stale {
                self.outlets.metrics().shed("unjournalled");
            } else {
                self.outlets.dispatch(place, departure, now);
            }
        }
        self.health.send_replace(true);
    }

    /// The end: one more attempt, where the disk took nothing.
    pub(super) fn end(&mut self) -> Result<(), Unwritten> {
        if let Some(mut trouble) = self.trouble.take() {
            trouble.retry = Monotonic::now();
            self.trouble = Some(trouble);
            self.endure(&mut Vec::new());
        }
        if let Some(trouble) = self.trouble.take() {
            let lines = self.lines.lines().count() as u64 + trouble.gaps.values().sum::<u64>();
            return Err(Unwritten { lines, source: trouble.source });
        }
        match &mut self.file {
            Some(file) if self.beginning.config.sync != Sync::Never => {
                file.sync().map_err(|source| Unwritten { lines: 0, source })
            }
            _ => Ok(()),
        }
    }

    /// Has the file forced to the disk by the other thread, where that is due and it has nothing to do.
    pub(super) fn sync_beside(&mut self) {
        let Sync::Interval(interval) = self.beginning.config.sync else { return };
        if !self.unsynced || self.synced.elapsed() < interval {
            return;
        }
        self.synced = Monotonic::now();
        let (Some(syncing), Some(file)) = (&self.syncing, &self.file) else { return };
        match file.second() {
            Ok(file) => self.unsynced = syncing.try_send(file).is_err(),
            Err(error) => tracing::error!(%error, "the journal's file could not be forced to the disk"),
        }
    }
}

/// A thread that waits for the disk, so that answers need not. It ends with the writer.
fn start_syncing() -> io::Result<SyncSender<Box<dyn SegmentFile>>> {
    let (sender, files) = sync_channel::<Box<dyn SegmentFile>>(1);
    thread::Builder::new().name("journal-sync".to_owned()).spawn(move || {
        for mut file in files {
            if let Err(error) = file.sync() {
                tracing::error!(%error, "the journal's file could not be forced to the disk");
            }
        }
    })?;
    Ok(sender)
}

/// A file is of six hours at most, from 00:00, 06:00, 12:00 or 18:00 UTC: what is in it grows old together (`privacy::retention`).
fn period_of(now: Instant) -> i64 {
    now.unix_millis().div_euclid(6 * 3_600_000)
}
