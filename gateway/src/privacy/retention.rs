//! What is stored grows old: ids are replaced, then files are deleted. Run at the start and every hour.
//!
//! | what | with ids | after that |
//! |---|---|---|
//! | `octets/` | 24 h | with other ids for 14 days, then deleted |
//! | `journal/` | 24 h | with other ids for 90 days, then deleted |
//! | `observations/` | until their day is over | with other ids for 90 days, then deleted |
//! | `audit/`, its keys | never | 90 days, then deleted, the keys too |
//! | `vlog/` | has none | deleted after 90 days |
//! | keys of pseudonyms | until nothing of their day has ids any more | deleted |
//!
//! What a hold covers stays as it is until the hold is over. A file takes the place of the old one in a single step: whoever reads meanwhile has
//! one or the other, and after a crash it is done again. The file that is being written is left alone; journals begin a new one every six hours.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use voorrang_messages::StationId;
use voorrang_units::Instant;

use super::ageing::{self, Ageing, OVERLAP};
use super::calendar::{Day, Hour};
use super::config::RetentionConfig;
use super::files::{AGED, LINES, names};
use super::hold::{Hold, Holds};
use super::keys::{Keys, Purpose};
use crate::clock::Clock;
use crate::security::Gatekeeper;

/// Lets what a gateway stored grow old.
#[derive(Debug, Clone)]
pub struct Retention {
    data: PathBuf,
    config: RetentionConfig,
    own: BTreeSet<StationId>,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Files in which ids were replaced.
    pub aged: usize,
    /// Files that were deleted, keys included.
    pub deleted: usize,
    /// Files that would have been aged or deleted but for a hold.
    pub held: usize,
    /// What went wrong, each with its file.
    pub faults: Vec<String>,
}

/// What has still ids in it, from when to when.
type Interval = (Instant, Instant);

impl Retention {
    /// Of a data folder; `own` are our own stations, which keep their numbers.
    #[must_use]
    pub fn new(data: &Path, config: RetentionConfig, own: BTreeSet<StationId>) -> Self {
        Self { data: data.to_owned(), config, own }
    }

    /// Does what is due.
    #[must_use]
    pub fn run(&self, now: Instant) -> Report {
        let mut run = match Run::begin(self, now) {
            Ok(run) => run,
            Err(error) => {
                let what = format!("holds or keys can't be read, so nothing is forgotten: {error}");
                return Report { faults: vec![what], ..Report::default() };
            }
        };
        run.clear_drafts();
        run.octets();
        run.journal();
        run.observations();
        run.audit();
        run.vlog();
        run.pseudonym_keys();
        let over = Holds::of(&self.data).delete_over(now, self.config.audit);
        let deleted = run.note("holds", over).unwrap_or(0);
        run.report.deleted += deleted;
        run.report
    }
}

/// Runs at once and then at the beginning of each hour, and makes the gatekeeper forget who has been silent for an hour. Ends with its task.
pub async fn keep(retention: Retention, gatekeeper: Arc<Gatekeeper>, clock: Clock) {
    let retention = Arc::new(retention);
    loop {
        let now = clock.now();
        gatekeeper.forget_idle(now);
        let theirs = Arc::clone(&retention);
        match tokio::task::spawn_blocking(move || theirs.run(now)).await {
            Ok(report) => report.tell(),
            Err(error) => tracing::error!(%error, "what is stored could not grow old"),
        }
        tokio::time::sleep(clock.until(Hour::of(clock.now()).end())).await;
    }
}

impl Report {
    fn tell(&self) {
        let Self { aged, deleted, held, faults } = self;
        for fault in faults {
            tracing::error!(fault, "retention");
        }
        if aged + deleted > 0 {
            tracing::info!(aged, deleted, held, "retention");
        }
    }
}

/// One run.
struct Run<'a> {
    of: &'a Retention,
    now: Instant,
    keys: Keys,
    holds: Vec<Hold>,
    unaged: Vec<Interval>,
    report: Report,
}

impl<'a> Run<'a> {
    fn begin(of: &'a Retention, now: Instant) -> io::Result<Self> {
        let holds = Holds::of(&of.data).all()?.into_iter().filter(|hold| hold.is_live(now)).collect();
        let keys = Keys::open(&of.data)?;
        Ok(Self { of, now, keys, holds, unaged: Vec::new(), report: Report::default() })
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.of.data.join(name)
    }

    fn note<T>(&mut self, what: &str, result: io::Result<T>) -> Option<T> {
        result.map_err(|error| self.report.faults.push(format!("{what}: {error}"))).ok()
    }

    /// Whether a hold covers an interval; counted, as it is asked of what is due.
    fn is_held(&mut self, (from, to): Interval) -> bool {
        let held = self.holds.iter().any(|hold| hold.covers(from, to));
        self.report.held += usize::from(held);
        held
    }

    fn delete(&mut self, path: &Path) {
        let removed = fs::remove_file(path);
        if self.note(&path.display().to_string(), removed).is_some() {
            self.report.deleted += 1;
        }
    }

    /// What a run before this left when it was stopped.
    fn clear_drafts(&mut self) {
        for folder in ["octets", "journal", "observations", "keys", "holds"] {
            let path = self.folder(folder);
            for name in self.note(folder, names(&path, ".draft")).unwrap_or_default() {
                self.delete(&path.join(format!("{name}.draft")));
            }
        }
    }

    /// Ages a file that has a name for each period, into one beside it.
    fn age_beside(
        &mut self,
        folder: &Path,
        name: &str,
        (start, end): Interval,
        age: impl FnOnce(&mut Ageing<'_>, &Path, &Path) -> io::Result<()>,
    ) {
        let (raw, aged) = (folder.join(format!("{name}{LINES}")), folder.join(format!("{name}{AGED}")));
        let due = start + self.of.config.identified <= self.now && end <= self.now;
        if !due || (!aged.exists() && self.is_held((start, end))) {
            self.unaged.push((start, end));
            return;
        }
        if !aged.exists() {
            let mut ageing = Ageing::new(&self.keys, &self.of.own);
            let done = age(&mut ageing, &raw, &aged);
            if self.note(&raw.display().to_string(), done).is_none() {
                self.unaged.push((start, end));
                return;
            }
            self.report.aged += 1;
        }
        let removed = fs::remove_file(&raw);
        self.note(&raw.display().to_string(), removed);
    }

    fn octets(&mut self) {
        let folder = self.folder("octets");
        for name in self.note("octets", names(&folder, LINES)).unwrap_or_default() {
            if let Ok(hour) = name.parse::<Hour>() {
                self.age_beside(&folder, &name, (hour.start(), hour.end()), |ageing, raw, aged| {
                    ageing.octets(raw, aged)
                });
            }
        }
        for name in self.note("octets", names(&folder, AGED)).unwrap_or_default() {
            let Ok(hour) = name.parse::<Hour>() else { continue };
            if hour.start() + self.of.config.octets <= self.now && !self.is_held((hour.start(), hour.end())) {
                self.delete(&folder.join(format!("{name}{AGED}")));
            }
        }
    }

    fn observations(&mut self) {
        let folder = self.folder("observations");
        for name in self.note("observations", names(&folder, LINES)).unwrap_or_default() {
            if let Ok(day) = name.parse::<Day>() {
                self.age_beside(&folder, &name, (day.start(), day.end()), |ageing, raw, aged| {
                    ageing.lines(raw, aged, day)
                });
            }
        }
        for name in self.note("observations", names(&folder, AGED)).unwrap_or_default() {
            let Ok(day) = name.parse::<Day>() else { continue };
            if day.start() + self.of.config.observations <= self.now
                && !self.is_held((day.start(), day.end()))
            {
                self.delete(&folder.join(format!("{name}{AGED}")));
            }
        }
    }

    fn journal(&mut self) {
        let folder = self.folder("journal");
        let found = if folder.is_dir() { crate::journal::segment::segments(&folder) } else { Ok(Vec::new()) };
        let paths = self.note("journal", found).unwrap_or_default();
        for (place, path) in paths.iter().enumerate() {
            // The last may be the one that is being written.
            let open = place + 1 == paths.len();
            let name = path.display().to_string();
            let before = place.checked_sub(1).map(|before| paths[before].as_path());
            let times = ageing::first_time(path).and_then(|first| {
                let next = paths.get(place + 1).map_or(Ok(None), |next| ageing::first_time(next))?;
                Ok(first.zip(next.or(first)))
            });
            let Some(Some((first, last))) = self.note(&name, times) else { continue };
            if open {
                self.unaged.push((first, self.now.max(first)));
                continue;
            }
            let Some(aged) = self.note(&name, ageing::is_aged(path)) else { continue };
            if aged {
                if last + self.of.config.journal <= self.now && !self.is_held((first, last)) {
                    self.delete(path);
                }
                continue;
            }
            if first + self.of.config.identified > self.now || self.is_held((first, last)) {
                self.unaged.push((first, last));
                continue;
            }
            let done = Ageing::new(&self.keys, &self.of.own).segment(path, before, self.now);
            match self.note(&name, done) {
                Some(()) => self.report.aged += 1,
                None => self.unaged.push((first, last)),
            }
        }
    }

    fn audit(&mut self) {
        let folder = self.folder("audit");
        let (keep, now) = (self.of.config.audit, self.now);
        let over = move |day: &Day| day.end() + keep <= now;
        let mut kept = BTreeSet::new();
        for name in self.note("audit", names(&folder, LINES)).unwrap_or_default() {
            let Ok(day) = name.parse::<Day>() else { continue };
            if !over(&day) || self.is_held((day.start(), day.end())) {
                kept.insert(day);
                continue;
            }
            self.delete(&folder.join(format!("{name}{LINES}")));
        }
        let days = self.keys.days(Purpose::Audit);
        for day in self.note("keys", days).unwrap_or_default() {
            if over(&day) && !kept.contains(&day) {
                self.delete_key(Purpose::Audit, day);
            }
        }
    }

    fn vlog(&mut self) {
        let folder = self.folder("vlog");
        let Ok(junctions) = fs::read_dir(&folder) else { return };
        for junction in junctions.flatten().map(|entry| entry.path()) {
            for name in names(&junction, ".vlg").unwrap_or_default() {
                let Ok(day) = name.parse::<Day>() else { continue };
                if day.end() + self.of.config.vlog <= self.now && !self.is_held((day.start(), day.end())) {
                    self.delete(&junction.join(format!("{name}.vlg")));
                }
            }
        }
    }

    /// A key goes once nothing has ids any more that it would have to replace.
    fn pseudonym_keys(&mut self) {
        let days = self.keys.days(Purpose::Pseudonym);
        for day in self.note("keys", days).unwrap_or_default() {
            let (from, to) = (day.start(), day.end() + OVERLAP);
            let needed = self.unaged.iter().any(|(start, end)| *start < to && from <= *end);
            if !needed && day.end() <= self.now {
                self.delete_key(Purpose::Pseudonym, day);
            }
        }
    }

    fn delete_key(&mut self, purpose: Purpose, day: Day) {
        let deleted = self.keys.delete(purpose, day);
        if self.note(&format!("key of {day}"), deleted).is_some() {
            self.report.deleted += 1;
        }
    }
}
