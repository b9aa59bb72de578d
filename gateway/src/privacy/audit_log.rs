//! The audit on the disk: `audit/<UTC day>.jsonl`, written by a thread of its own. Each line holds the SHA-256 of the line before it: whoever changes
//! or takes out a line has to change all that follow, and the last line's hash may be noted elsewhere.
//!
//! ```text
//! {"n":1,"at":1795600000000,"intersection":{"region":528,"id":1},"who":"5f...","request":1,"permit":"ambulances","approach":"north",
//!  "groups":["02"],"status":"granted","why":"eta","previous":"0000..."}
//! ```
//!
//! `who` is HMAC-SHA-256 of the station id under the key of the day, cut to 128 bits. A crew that knows its station id and the day can be shown its
//! lines ([`proof`]); without the key they are nobody's, and the key is deleted with the day's lines.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use voorrang_messages::{PrioritizationStatus, RequestId, StationId, hex};
use voorrang_signals::IntersectionId;
use voorrang_units::Instant;

use super::audit::AuditEntry;
use super::batches::Batches;
use super::calendar::Day;
use super::files::{LINES, LineFiles, names};
use super::keys::{Key, Keys, Purpose};
use crate::journal::AuditSink;
use crate::operations::metrics::Metrics;

/// So much waits for the disk at most.
const MOST_WAITING: usize = 16 << 20;
/// What an entry takes, about.
const ENTRY: usize = 512;

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Counted from 1, over all days.
    pub n: u64,
    /// When.
    pub at: Instant,
    /// Where.
    pub intersection: IntersectionId,
    /// Who, under the key of the day.
    pub who: String,
    /// Which request.
    pub request: RequestId,
    /// The entry of the list of who may ask.
    pub permit: String,
    /// The approach's name.
    pub approach: String,
    /// The groups that serve it.
    pub groups: Vec<String>,
    /// What became of it.
    pub status: PrioritizationStatus,
    /// Why.
    pub why: String,
    /// SHA-256 of the line before this one; zeros before the first.
    pub previous: String,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the last line.
    pub n: u64,
    /// Its SHA-256.
    pub hash: String,
}

/// The audit of a data folder.
#[derive(Debug)]
pub struct AuditLog {
    batches: Batches<AuditEntry>,
    metrics: Arc<Metrics>,
}

impl AuditLog {
    /// Starts it, behind the last line that is there.
    ///
    /// # Errors
    /// When the folder can't be read or made, or the thread not be started.
    pub fn start(data: &Path, metrics: Arc<Metrics>) -> io::Result<Self> {
        let keys = Keys::open(data)?;
        let folder = data.join("audit");
        let (day, head) = last_head(&folder)?;
        let files = LineFiles::open(&folder)?;
        let mut chain = Chain { keys, files, head, day, key: None };
        let mut trouble = false;
        let theirs = Arc::clone(&metrics);
        let write = move |batch: &mut Vec<AuditEntry>| {
            for entry in batch.drain(..) {
                let outcome = chain.append(entry);
                if let Err(error) = &outcome {
                    theirs.shed("audit_unwritten");
                    if !trouble {
                        tracing::error!(%error, "the audit can't be written");
                    }
                }
                trouble = outcome.is_err();
            }
        };
        Ok(Self { batches: Batches::start("audit", MOST_WAITING, Duration::ZERO, write)?, metrics })
    }

    /// Waits until all that was recorded is with the operating system.
    pub fn flush(&self) {
        self.batches.flush();
    }
}

impl AuditSink for AuditLog {
    fn record(&self, entry: AuditEntry) {
        if !self.batches.push(entry, ENTRY) {
            self.metrics.shed("audit_slow");
        }
    }
}

/// What the thread has.
struct Chain {
    keys: Keys,
    files: LineFiles,
    head: Head,
    /// The day of the last line: the chain goes from file to file, and never back.
    day: Option<Day>,
    key: Option<(Day, Key)>,
}

impl Chain {
    fn append(&mut self, entry: AuditEntry) -> io::Result<()> {
        let day = self.day.map_or(Day::of(entry.at), |last| last.max(Day::of(entry.at)));
        let key = match self.key {
            Some((known, key)) if known == day => key,
            _ => self.keys.get(Purpose::Audit, day)?,
        };
        self.key = Some((day, key));
        let line = AuditLine {
            n: self.head.n + 1,
            at: entry.at,
            intersection: entry.intersection,
            who: who(&key, entry.station),
            request: entry.request,
            permit: entry.permit,
            approach: entry.approach,
            groups: entry.groups,
            status: entry.status,
            why: entry.why,
            previous: self.head.hash.clone(),
        };
        let mut text = serde_json::to_string(&line)?;
        let hash = hash(&text);
        text.push('\n');
        self.files.append(&day.to_string(), text.as_bytes())?;
        self.head = Head { n: line.n, hash };
        self.day = Some(day);
        Ok(())
    }
}

/// A station under a key.
fn who(key: &Key, station: StationId) -> String {
    hex::text(&key.mac(&station.0.to_be_bytes())[..16])
}

fn hash(line: &str) -> String {
    hex::text(&Sha256::digest(line.as_bytes()))
}

fn beginning() -> Head {
    Head { n: 0, hash: "00".repeat(32) }
}

/// Where the chain goes on, and the day of its last line. A line that was torn off is cut away: nobody was told that it is there.
fn last_head(folder: &Path) -> io::Result<(Option<Day>, Head)> {
    for name in names(folder, LINES)?.into_iter().rev() {
        let Ok(day) = name.parse::<Day>() else { continue };
        let path = folder.join(format!("{name}{LINES}"));
        let text = fs::read_to_string(&path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            fs::OpenOptions::new().write(true).open(&path)?.set_len(whole as u64)?;
        }
        if let Some(last) = text[..whole].lines().rev().find(|line| !line.is_empty()) {
            let n = serde_json::from_str::<AuditLine>(last).map_or(0, |line| line.n);
            return Ok((Some(day), Head { n, hash: hash(last) }));
        }
    }
    Ok((None, beginning()))
}

/// Why an audit is not as it was written.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// A file can't be read.
    #[error("{name}: cannot be read: {source}")]
    Unreadable {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is none of an audit.
    #[error("{name}:{line}: no line of an audit: {source}")]
    NoLine {
        /// The file.
        name: String,
        /// Counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A line was changed, taken out or put in.
    #[error(
        "{name}:{line}: does not follow the line before it: something was changed, taken out or put in there"
    )]
    Broken {
        /// The file.
        name: String,
        /// Counted from 1.
        line: usize,
    },
}

/// All lines of an audit, checked: each follows the one before. `each` is told of every line. Gives the first number, which is above 1 once old
/// days have been deleted, and the end of the chain; none where there is no line.
///
/// # Errors
/// The first line that does not follow.
pub fn verify(data: &Path, mut each: impl FnMut(Day, &AuditLine)) -> Result<Option<(u64, Head)>, AuditFault> {
    let folder = data.join("audit");
    let unreadable = |name: &str, source| AuditFault::Unreadable { name: name.to_owned(), source };
    let days = names(&folder, LINES).map_err(|source| unreadable("audit", source))?;
    let mut chain: Option<(u64, Head)> = None;
    for name in days {
        let Ok(day) = name.parse::<Day>() else { continue };
        let text = fs::read_to_string(folder.join(format!("{name}{LINES}")))
            .map_err(|source| unreadable(&name, source))?;
        for (place, text) in text.lines().enumerate() {
            let line: AuditLine = serde_json::from_str(text).map_err(|source| AuditFault::NoLine {
                name: name.clone(),
                line: place + 1,
                source,
            })?;
            let follows = match &chain {
                Some((_, head)) => line.n == head.n + 1 && line.previous == head.hash,
                None => line.n > 1 || line.previous == beginning().hash,
            };
            if !follows {
                return Err(AuditFault::Broken { name, line: place + 1 });
            }
            let first = chain.map_or(line.n, |(first, _)| first);
            chain = Some((first, Head { n: line.n, hash: hash(text) }));
            each(day, &line);
        }
    }
    Ok(chain)
}

/// The lines of a station on a day, for whoever knows its id; none where the day's key is there no more.
///
/// # Errors
/// When key or audit can't be read, or the audit is not as it was written.
pub fn proof(data: &Path, station: StationId, day: Day) -> Result<Option<Vec<AuditLine>>, AuditFault> {
    let unreadable = |source| AuditFault::Unreadable { name: "keys".to_owned(), source };
    let Some(key) = Keys::of(data).find(Purpose::Audit, day).map_err(unreadable)? else { return Ok(None) };
    let who = who(&key, station);
    let mut lines = Vec::new();
    verify(data, |of, line| {
        if of == day && line.who == who {
            lines.push(line.clone());
        }
    })?;
    Ok(Some(lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_units::Duration;

    fn entry(station: u32, at: Instant) -> AuditEntry {
        AuditEntry {
            at,
            intersection: IntersectionId { region: 528, id: 1 },
            station: StationId(station),
            request: RequestId(1),
            permit: "ambulances".to_owned(),
            approach: "north".to_owned(),
            groups: vec!["02".to_owned()],
            status: PrioritizationStatus::Granted,
            why: "eta".to_owned(),
        }
    }

    fn start() -> Instant {
        Instant::parse_rfc3339("2026-11-25T23:59:58Z").unwrap()
    }

    /// Six entries of two stations, over midnight and a restart.
    fn written() -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        for run in 0..2 {
            let log = AuditLog::start(data.path(), Arc::new(Metrics::default())).unwrap();
            for second in 0..3 {
                let station = if second == 1 { 112_002 } else { 112_001 };
                log.record(entry(station, start() + Duration::from_seconds(run * 10 + second)));
            }
            log.flush();
        }
        data
    }

    #[test]
    fn a_crew_that_knows_its_station_and_the_day_is_shown_its_lines() {
        let data = written();
        let day: Day = "2026-11-25".parse().unwrap();
        let lines = proof(data.path(), StationId(112_001), day).unwrap().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].at, lines[0].status), (start(), PrioritizationStatus::Granted));
        assert_eq!(proof(data.path(), StationId(112_001), day.next()).unwrap().unwrap().len(), 3);
        assert_eq!(proof(data.path(), StationId(5), day).unwrap().unwrap(), []);
        Keys::of(data.path()).delete(Purpose::Audit, day).unwrap();
        assert_eq!(proof(data.path(), StationId(112_001), day).unwrap(), None);
        let text = fs::read_to_string(data.path().join("audit/2026-11-25.jsonl")).unwrap();
        assert!(!text.contains("112001"), "{text}");
    }

    #[test]
    fn the_chain_holds_over_midnight_and_restarts() {
        let data = written();
        let (first, head) = verify(data.path(), |_, _| ()).unwrap().unwrap();
        assert_eq!((first, head.n), (1, 6));
        // Old days go; what is left still holds together.
        fs::remove_file(data.path().join("audit/2026-11-25.jsonl")).unwrap();
        assert_eq!(verify(data.path(), |_, _| ()).unwrap().unwrap(), (3, head));
    }

    #[test]
    fn whoever_changes_takes_out_or_puts_in_a_line_is_seen() {
        let path = "audit/2026-11-26.jsonl";
        let tampered = |change: &dyn Fn(Vec<&str>) -> Vec<String>| {
            let data = written();
            let text = fs::read_to_string(data.path().join(path)).unwrap();
            fs::write(data.path().join(path), change(text.lines().collect()).join("\n") + "\n").unwrap();
            verify(data.path(), |_, _| ()).unwrap_err().to_string()
        };
        let own = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let changed =
            tampered(&|lines| own(lines).iter().map(|line| line.replace("\"n\":4", "\"n\":4 ")).collect());
        assert!(changed.starts_with("2026-11-26:3: does not follow"), "{changed}");
        let out = tampered(&|mut lines| {
            lines.remove(1);
            own(lines)
        });
        assert!(out.starts_with("2026-11-26:2: does not follow"), "{out}");
        let twice = tampered(&|mut lines| {
            lines.insert(1, lines[0]);
            own(lines)
        });
        assert!(twice.starts_with("2026-11-26:2: does not follow"), "{twice}");
    }

    #[test]
    fn a_line_that_was_torn_off_is_cut_away() {
        let data = written();
        let path = data.path().join("audit/2026-11-26.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 20]).unwrap();
        let log = AuditLog::start(data.path(), Arc::new(Metrics::default())).unwrap();
        log.record(entry(7, start() + Duration::from_seconds(60)));
        log.flush();
        assert_eq!(verify(data.path(), |_, _| ()).unwrap().unwrap().1.n, 6);
    }
}
