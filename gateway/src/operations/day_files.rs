//! Files of which there is one each UTC day: V-Log of each junction, and observations. Lines wait in memory for a second at most and are then
//! written by a thread of their own, so that a slow disk delays nobody: what it can't take is lost, counted and told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Monotonic};

use serde_json::Value;
use voorrang_units::Instant;

use super::metrics::Metrics;
use crate::journal::{ObservationSink, VlogSink};

/// Lines wait no longer.
const WAIT: Duration = Duration::from_secs(1);
/// Nor are more octets kept.
const MOST_WAITING: usize = 1 << 20;
/// Pieces on their way to the thread.
const QUEUE: usize = 4096;
/// So many observations are shown.
const SHOWN: usize = 1000;
/// What a V-Log line of the type time reference begins with: each section begins so, at midnight too.
const TIME_REFERENCE: &str = "01";

/// Writes daily files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DayFiles {
    queue: SyncSender<Message>,
    metrics: Arc<Metrics>,
}

/// The thread that writes; it ends after [`DayFilesWriter::finish`].
#[derive(Debug)]
pub struct DayFilesWriter {
    queue: SyncSender<Message>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
enum Message {
    Append { file: PathBuf, lines: String, kind: &'static str },
    Finish,
}

impl DayFiles {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn start(metrics: Arc<Metrics>) -> io::Result<(Self, DayFilesWriter)> {
        let (queue, messages) = sync_channel(QUEUE);
        let mut waiting = Waiting::new(Arc::clone(&metrics));
        let thread = std::thread::Builder::new().name("day-files".to_owned()).spawn(move || {
            loop {
                match messages.recv_timeout(waiting.patience()) {
                    Ok(Message::Append { file, lines, kind }) => waiting.add(file, &lines, kind),
                    Ok(Message::Finish) | Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {}
                }
                if waiting.is_due() {
                    waiting.write();
                }
            }
            waiting.write();
        })?;
        Ok((Self { queue: queue.clone(), metrics }, DayFilesWriter { queue, thread }))
    }

    /// The V-Log of a junction: `vlog/<junction>/<UTC day>.vlg` in the data folder.
    #[must_use]
    pub fn vlog(&self, data: &Path, junction: &str) -> Arc<dyn VlogSink> {
        let folder = data.join("vlog").join(file_name(junction));
        Arc::new(VlogFiles { files: self.clone(), folder, day: Mutex::default() })
    }

    /// The observations: `observations/<UTC day>.jsonl` in the data folder. The latest are kept for the page.
    #[must_use]
    pub fn observations(&self, data: &Path) -> Arc<Observations> {
        let folder = data.join("observations");
        Arc::new(Observations { files: self.clone(), folder, latest: Mutex::default() })
    }

    fn append(&self, folder: &Path, day: &str, extension: &str, lines: &str, kind: &'static str) {
        if lines.is_empty() {
            return;
        }
        let file = folder.join(format!("{day}.{extension}"));
        if self.queue.try_send(Message::Append { file, lines: lines.to_owned(), kind }).is_err() {
            self.metrics.shed(kind);
        }
    }
}

impl DayFilesWriter {
    /// Writes what is left.
    pub fn finish(self) {
        if self.queue.send(Message::Finish).is_ok() {
            // A panic there was told by the thread itself.
            let _ = self.thread.join();
        }
    }
}

/// One junction's V-Log.
#[derive(Debug)]
struct VlogFiles {
    files: DayFiles,
    folder: PathBuf,
    /// The day written to last.
    day: Mutex<Option<String>>,
}

impl VlogSink for VlogFiles {
    fn append(&self, at: Instant, lines: &str) {
        let today = day_of(at);
        let mut last = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.replace(today.clone()).filter(|day| *day != today);
        drop(last);
        let mut rest = lines;
        if let Some(yesterday) = before {
            // What happened before midnight is only written after it; a file begins with a time reference.
            let (late, new) = lines.split_at(first_time_reference(lines));
            self.files.append(&self.folder, &yesterday, "vlg", late, "vlog");
            rest = new;
        }
        self.files.append(&self.folder, &today, "vlg", rest, "vlog");
    }
}

/// What would have been done where the gateway only watches.
#[derive(Debug)]
pub struct Observations {
    files: DayFiles,
    folder: PathBuf,
    latest: Mutex<VecDeque<String>>,
}

impl Observations {
    /// The newest, at most so many, newest last. Whatever names a station is taken out.
    #[must_use]
    pub fn latest(&self, most: usize) -> Vec<Value> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<String> = latest.iter().skip(latest.len().saturating_sub(most)).cloned().collect();
        drop(latest);
        let values = lines.iter().filter_map(|line| serde_json::from_str(line).ok());
        values.map(without_stations).collect()
    }
}

impl ObservationSink for Observations {
    fn append(&self, at: Instant, lines: &str) {
        self.files.append(&self.folder, &day_of(at), "jsonl", lines, "observation");
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.extend(lines.lines().map(str::to_owned));
        let surplus = latest.len().saturating_sub(SHOWN);
        latest.drain(..surplus);
    }
}

/// Members that say which vehicle it was do not leave the machine.
fn without_stations(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let named = |name: &str| {
                let name = name.to_ascii_lowercase();
                name.contains("station") || name.contains("requestor") || name.contains("vehicle_id")
            };
            let kept = members.into_iter().filter(|(name, _)| !named(name));
            Value::Object(kept.map(|(name, value)| (name, without_stations(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_stations).collect()),
        other => other,
    }
}

/// What waits in memory.
struct Waiting {
    files: BTreeMap<PathBuf, Piece>,
    octets: usize,
    since: Option<Monotonic>,
    /// Files that were written to before: their last line is whole.
    known: BTreeSet<PathBuf>,
    failing: bool,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Piece {
    lines: String,
    kind: &'static str,
}

impl Waiting {
    /// More names than that are not remembered: a day's, for some thousands of junctions.
    const MOST_KNOWN: usize = 16_384;

    fn new(metrics: Arc<Metrics>) -> Self {
        let (files, known) = (BTreeMap::new(), BTreeSet::new());
        Self { files, octets: 0, since: None, known, failing: false, metrics }
    }

    fn add(&mut self, file: PathBuf, lines: &str, kind: &'static str) {
        self.since.get_or_insert_with(Monotonic::now);
        self.octets += lines.len();
        let piece = self.files.entry(file).or_default();
        piece.kind = kind;
        piece.lines.push_str(lines);
    }

    fn patience(&self) -> Duration {
        self.since.map_or(Duration::from_secs(3600), |since| WAIT.saturating_sub(since.elapsed()))
    }

    fn is_due(&self) -> bool {
        self.octets >= MOST_WAITING || self.since.is_some_and(|since| since.elapsed() >= WAIT)
    }

    fn write(&mut self) {
        (self.octets, self.since) = (0, None);
        let mut failed = None;
        for (file, piece) in std::mem::take(&mut self.files) {
            match append(&file, &piece.lines, !self.known.contains(&file)) {
                Ok(()) if self.known.len() < Self::MOST_KNOWN => {
                    self.known.insert(file);
                }
                Ok(()) => self.known = BTreeSet::from([file]),
                Err(error) => {
                    self.metrics.shed(piece.kind);
                    // A part of it may stand there.
                    self.known.remove(&file);
                    failed = Some((file, error));
                }
            }
        }
        // Told once, not every second of a full disk.
        match &failed {
            Some((file, error)) if !self.failing => {
                tracing::error!(
                    "{} cannot be written: {error}; its lines are lost until it can",
                    file.display()
                );
            }
            None if self.failing => tracing::info!("V-Log and observations are written again"),
            _ => {}
        }
        self.failing = failed.is_some();
    }
}

/// A file that an earlier process left may end within a line.
fn append(file: &Path, lines: &str, may_be_broken: bool) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut open = OpenOptions::new().create(true).read(true).append(true).open(file)?;
    if may_be_broken && open.metadata()?.len() > 0 {
        open.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        open.read_exact(&mut last)?;
        if last != *b"\n" {
            open.write_all(b"\r\n")?;
        }
    }
    open.write_all(lines.as_bytes())
}

fn first_time_reference(lines: &str) -> usize {
    let mut at = 0;
    for line in lines.split_inclusive('\n') {
        if line.starts_with(TIME_REFERENCE) {
            return at;
        }
        at += line.len();
    }
    // None: it all belongs to the day before.
    lines.len()
}

/// `2026-11-25`.
fn day_of(at: Instant) -> String {
    at.to_string().chars().take(10).collect()
}

/// What a person called a junction, as a name of a folder.
fn file_name(name: &str) -> String {
    let usable = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let safe: String =
        name.chars().map(|letter| if usable(letter) { letter } else { '_' }).take(64).collect();
    if safe.is_empty() { "_".to_owned() } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn each_day_has_its_file_and_what_is_late_goes_to_the_day_before() {
        let data = tempfile::tempdir().unwrap();
        let (files, writer) = DayFiles::start(Arc::new(Metrics::new())).unwrap();
        let vlog = files.vlog(data.path(), "528/3107 Kerk");
        vlog.append(at("2026-11-25T23:59:59Z"), "012026112523595900\r\n0E00110102\r\n");
        vlog.append(at("2026-11-26T00:00:00Z"), "0E00210102\r\n012026112600000000\r\n0D00000200\r\n");
        writer.finish();
        let read = |day: &str| fs::read_to_string(data.path().join("vlog/528_3107_Kerk").join(day)).unwrap();
        assert_eq!(read("2026-11-25.vlg"), "012026112523595900\r\n0E00110102\r\n0E00210102\r\n");
        assert_eq!(read("2026-11-26.vlg"), "012026112600000000\r\n0D00000200\r\n");
    }

    #[test]
    fn a_log_that_a_killed_process_left_is_gone_on_with() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("vlog/K1");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("2026-11-25.vlg"), "012026112512000000\r\n0E001").unwrap();
        let (files, writer) = DayFiles::start(Arc::new(Metrics::new())).unwrap();
        files.vlog(data.path(), "K1").append(at("2026-11-25T12:00:09Z"), "012026112512000900\r\n");
        writer.finish();
        assert_eq!(
            fs::read_to_string(folder.join("2026-11-25.vlg")).unwrap(),
            "012026112512000000\r\n0E001\r\n012026112512000900\r\n"
        );
    }

    #[test]
    fn what_the_disk_does_not_take_is_counted_and_nobody_waits() {
        let data = tempfile::tempdir().unwrap();
        // A file where a folder should be.
        fs::write(data.path().join("vlog"), "").unwrap();
        let metrics = Arc::new(Metrics::new());
        let (files, writer) = DayFiles::start(Arc::clone(&metrics)).unwrap();
        files.vlog(data.path(), "K1").append(at("2026-11-25T12:00:09Z"), "012026112512000900\r\n");
        writer.finish();
        assert!(metrics.encode().contains("voorrang_shed_total{kind=\"vlog\"} 1"));
    }

    #[test]
    fn observations_are_kept_for_the_page_without_stations() {
        let data = tempfile::tempdir().unwrap();
        let (files, writer) = DayFiles::start(Arc::new(Metrics::new())).unwrap();
        let observations = files.observations(data.path());
        for number in 0..SHOWN + 5 {
            let line = format!(
                "{{\"n\":{number},\"station\":77,\"of\":[{{\"stationID\":77,\"approach\":\"north\"}}]}}\n"
            );
            observations.append(at("2026-11-25T12:00:09Z"), &line);
        }
        let shown = observations.latest(2);
        assert_eq!(
            serde_json::to_string(&shown).unwrap(),
            "[{\"n\":1003,\"of\":[{\"approach\":\"north\"}]},{\"n\":1004,\"of\":[{\"approach\":\"north\"}]}]"
        );
        assert_eq!(observations.latest(usize::MAX).len(), SHOWN);
        writer.finish();
        let text = fs::read_to_string(data.path().join("observations/2026-11-25.jsonl")).unwrap();
        assert_eq!(text.lines().count(), SHOWN + 5);
    }
}
