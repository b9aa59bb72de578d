//! Plays a gateway's journal again: each area's engine is made anew at its header, told the same, and has to say the same.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use voorrang_priority::journal::{Difference, Entry, Header, Replay, Replayed};
use voorrang_units::Instant;

use super::lines::Beside;
use super::read::{Line, LineError, SegmentReader};
use super::segment::{name_of, segments};

/// What came out for one area.
#[derive(Debug, Default)]
pub struct AreaReplayed {
    /// How often its engine was made: once for each process.
    pub engines: u64,
    /// What was the same.
    pub replayed: Replayed,
    /// Entries that belong to no engine: what made it is not in these files.
    pub passed_over: u64,
    /// Where it said something else for the first time, and in which file. Nothing is compared after it.
    pub difference: Option<(PathBuf, Box<Difference>)>,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By the area's name.
    pub areas: BTreeMap<String, AreaReplayed>,
    /// What was odd, and where: a torn line, files that are missing.
    pub notes: Vec<String>,
}

/// Why a journal can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// A file or folder can't be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no file of a journal.
    #[error("{}: no file of a gateway's journal; name one, or the folder `journal` of the data folder", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// A line can't be read, in the midst of others.
    #[error(transparent)]
    Line(#[from] LineError),
    /// An engine can't be made: an intersection file is not accepted by this version.
    #[error("{}:{line}: area {area}: {problems}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Whose.
        area: String,
        /// What is wrong.
        problems: voorrang_signals::document::Problems,
    },
}

impl Outcome {
    /// Whether every engine said what it had said.
    #[must_use]
    pub fn is_identical(&self) -> bool {
        self.areas.values().all(|area| area.difference.is_none())
    }
}

/// The files that a path means: itself, or those of the folder, or of the folder `journal` in it.
///
/// # Errors
/// When there is none.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, ReplayFault> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let within = path.join("journal");
    let folder = if within.is_dir() { within.as_path() } else { path };
    let found =
        segments(folder).map_err(|source| ReplayFault::Unreadable { path: folder.to_owned(), source })?;
    if found.is_empty() {
        return Err(ReplayFault::Nothing { path: folder.to_owned() });
    }
    Ok(found)
}

/// Replays files in their order. `only` names the one area that is to be replayed; `watch` is told of every line, with the file's place among the
/// files.
///
/// # Errors
/// When a file can't be read to its end, or an engine can't be made.
pub fn replay(
    files: &[PathBuf],
    only: Option<&str>,
    mut watch: impl FnMut(usize, usize),
) -> Result<Outcome, ReplayFault> {
    let mut player = Player::default();
    for (place, path) in files.iter().enumerate() {
        let reader = SegmentReader::open(path)
            .map_err(|source| ReplayFault::Unreadable { path: path.clone(), source })?;
        for line in reader {
            let (number, line) = match line {
                Ok(line) => line,
                Err(torn @ LineError::Torn { .. }) => {
                    player.outcome.notes.push(torn.to_string());
                    break;
                }
                Err(fault) => return Err(fault.into()),
            };
            watch(place, number);
            player.take(path, number, line, only)?;
        }
    }
    Ok(player.finish())
}

#[derive(Default)]
struct Player {
    outcome: Outcome,
    engines: BTreeMap<String, Replay>,
    last: Option<String>,
}

impl Player {
    fn take(
        &mut self,
        path: &Path,
        number: usize,
        line: Line,
        only: Option<&str>,
    ) -> Result<(), ReplayFault> {
        let wanted = |area: &str| only.is_none_or(|only| only == area);
        match line {
            Line::Segment(segment) => {
                if self.last.is_some() && self.last != segment.after {
                    let (last, this) = (self.last.as_deref().unwrap_or(""), name_of(path).unwrap_or(""));
                    self.outcome.notes.push(format!(
                        "{this} does not follow {last}: files are missing between them, and engines made before are not compared any further"
                    ));
                    self.retire_all();
                }
                self.last = name_of(path).map(str::to_owned);
            }
            Line::Beside(area, at, Some(Beside::Gap(gap))) if wanted(&area) => {
                self.outcome.notes.push(format!(
                    "{}:{number}: {} lines of {area} could not be written before {}: its engine is not compared any further",
                    path.display(),
                    gap.lines,
                    at
                ));
                self.retire(&area);
            }
            Line::Header(area, header) if wanted(&area) => self.make(path, number, area, &header)?,
            Line::Entry(area, entry) if wanted(&area) => self.play(path, number, area, entry),
            Line::Header(..) | Line::Entry(..) | Line::Beside(..) => {}
        }
        Ok(())
    }

    fn make(&mut self, path: &Path, line: usize, area: String, header: &Header) -> Result<(), ReplayFault> {
        self.retire(&area);
        let engine = Replay::new(header).map_err(|problems| ReplayFault::Header {
            path: path.to_owned(),
            line,
            area: area.clone(),
            problems,
        })?;
        let outcome = self.outcome.areas.entry(area.clone()).or_default();
        outcome.engines += 1;
        if outcome.difference.is_none() {
            self.engines.insert(area, engine);
        }
        Ok(())
    }

    fn play(&mut self, path: &Path, line: usize, area: String, entry: Entry) {
        let Some(engine) = self.engines.get_mut(&area) else {
            let outcome = self.outcome.areas.entry(area).or_default();
            outcome.passed_over += u64::from(outcome.difference.is_none());
            return;
        };
        if let Some(difference) = engine.play(line, entry) {
            self.retire(&area);
            let outcome = self.outcome.areas.entry(area).or_default();
            outcome.difference = Some((path.to_owned(), Box::new(difference)));
        }
    }

    /// An engine has heard all that it will: its figures join those of the engines before it.
    fn retire(&mut self, area: &str) {
        let Some(engine) = self.engines.remove(area) else { return };
        let Replayed { inputs, outputs, from, to } = engine.replayed();
        let sum = &mut self.outcome.areas.entry(area.to_owned()).or_default().replayed;
        sum.inputs += inputs;
        sum.outputs += outputs;
        sum.from = earliest(sum.from, from);
        sum.to = sum.to.max(to);
    }

    fn retire_all(&mut self) {
        let areas: Vec<String> = self.engines.keys().cloned().collect();
        areas.iter().for_each(|area| self.retire(area));
    }

    fn finish(mut self) -> Outcome {
        self.retire_all();
        self.outcome
    }
}

fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}
