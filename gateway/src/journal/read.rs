//! Segments back to lines, one at a time: a journal is larger than memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use voorrang_priority::journal::{Entry, Header};
use voorrang_units::Instant;

use super::lines::{Beside, SCHEMA, Segment, without_area};

/// A line, and of which area it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A file begins.
    Segment(Segment),
    /// An area, or the writer, says something beside the engine; none of a kind that nobody reads again.
    Beside(String, Instant, Option<Beside>),
    /// An engine is made.
    Header(String, Box<Header>),
    /// An engine was told or said something.
    Entry(String, Entry),
}

/// Why a line can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The source gives no more.
    #[error("{}:{line}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is none of a gateway's journal.
    #[error("{}:{line}: no line of a gateway's journal: {source}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The file ends within it: whoever wrote it was stopped.
    #[error("{}:{line}: the file ends within this line, as after a crash; what comes before it is whole", path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The file is of another version.
    #[error("{}:{line}: expected schema {SCHEMA}, got {found}: replay it with the version that wrote it", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Its schema.
        found: u32,
    },
}

/// The lines of one file with their numbers, counted from 1.
#[derive(Debug)]
pub struct SegmentReader<R = BufReader<File>> {
    path: PathBuf,
    source: R,
    line: usize,
    text: Vec<u8>,
}

impl SegmentReader {
    /// Opens a file.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::new(path, BufReader::with_capacity(1 << 18, File::open(path)?)))
    }

    /// The time of the first line that has one.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn first_time(&mut self) -> io::Result<Option<Instant>> {
        let first = first_time_from(self.source.get_mut(), 0)?;
        self.rewind()?;
        Ok(first)
    }

    /// The time of the last line that has one.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn last_time(&mut self) -> io::Result<Option<Instant>> {
        let file = self.source.get_mut();
        let length = file.metadata()?.len();
        let mut end = Vec::new();
        // The longest line, an engine's header, is followed by others.
        let mut reach: u64 = 1 << 16;
        let last = loop {
            file.seek(SeekFrom::Start(length.saturating_sub(reach)))?;
            end.clear();
            file.take(reach).read_to_end(&mut end)?;
            let last = end.split(|octet| *octet == b'\n').rev().find_map(time_of);
            if last.is_some() || reach >= length {
                break last;
            }
            reach *= 8;
        };
        self.rewind()?;
        Ok(last)
    }

    fn rewind(&mut self) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(0)).map(|_| ())
    }

    /// Goes on with a line before the first at or after a moment, as far as lines are in the order of time. Lines are counted from there.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn skip_to(&mut self, moment: Instant) -> io::Result<()> {
        let file = self.source.get_mut();
        let (mut low, mut high) = (0, file.metadata()?.len());
        // Before `low` all is earlier; a line that begins at `high` or later is not.
        while high - low > 1 << 16 {
            let middle = low + (high - low) / 2;
            match first_time_from(file, middle)? {
                Some(at) if at < moment => low = middle,
                _ => high = middle,
            }
        }
        self.source.seek(SeekFrom::Start(low))?;
        if low > 0 {
            let mut rest = Vec::new();
            self.source.read_until(b'\n', &mut rest)?;
        }
        Ok(())
    }
}

/// The time of the first whole line from a place on in a file that has one.
fn first_time_from(file: &mut File, place: u64) -> io::Result<Option<Instant>> {
    file.seek(SeekFrom::Start(place))?;
    let mut source = BufReader::with_capacity(1 << 14, file);
    let mut text = Vec::new();
    if place > 0 {
        source.read_until(b'\n', &mut text)?;
    }
    loop {
        text.clear();
        if source.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        if let Some(at) = time_of(&text) {
            return Ok(Some(at));
        }
    }
}

/// The first `"t":` of a line, which is its own.
fn time_of(text: &[u8]) -> Option<Instant> {
    const KEY: &[u8] = b"\"t\":";
    let at = text.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    let digits = text[at..].iter().take_while(|octet| octet.is_ascii_digit()).count();
    std::str::from_utf8(&text[at..at + digits]).ok()?.parse().ok().map(Instant::from_unix_millis)
}

impl<R: BufRead> SegmentReader<R> {
    /// Reads from any source; `path` is its name in messages.
    pub fn new(path: &Path, source: R) -> Self {
        Self { path: path.to_owned(), source, line: 0, text: Vec::new() }
    }

    /// Passes over lines that have none of some texts in them, unread; the last is always read.
    pub fn only<'a>(
        mut self,
        texts: &'a [&str],
    ) -> impl Iterator<Item = Result<(usize, Line), LineError>> + use<'a, R> {
        std::iter::from_fn(move || {
            loop {
                let wanted = match self.advance()? {
                    Ok(()) if !self.text.ends_with(b"\n") => true,
                    Ok(()) => std::str::from_utf8(&self.text)
                        .map_or(true, |text| texts.iter().any(|wanted| text.contains(wanted))),
                    Err(error) => return Some(Err(error)),
                };
                if wanted {
                    return Some(self.parse().map(|line| (self.line, line)));
                }
            }
        })
    }

    /// Goes on to the next line, if there is one.
    fn advance(&mut self) -> Option<Result<(), LineError>> {
        self.line += 1;
        self.text.clear();
        match self.source.read_until(b'\n', &mut self.text) {
            Ok(0) => None,
            Ok(_) => Some(Ok(())),
            Err(source) => {
                Some(Err(LineError::Unreadable { path: self.path.clone(), line: self.line, source }))
            }
        }
    }

    fn parse(&self) -> Result<Line, LineError> {
        let (path, line) = (&self.path, self.line);
        let parsed = std::str::from_utf8(&self.text)
            .map_err(|_| serde::de::Error::custom("not UTF-8"))
            .and_then(|text| parse(text.trim_end()));
        match parsed {
            Ok(Line::Segment(segment)) if segment.schema != SCHEMA => {
                Err(LineError::Schema { path: path.clone(), line, found: segment.schema })
            }
            Ok(parsed) => Ok(parsed),
            Err(_) if !self.text.ends_with(b"\n") => Err(LineError::Torn { path: path.clone(), line }),
            Err(source) => Err(LineError::Unknown { path: path.clone(), line, source }),
        }
    }
}

impl<R: BufRead> Iterator for SegmentReader<R> {
    type Item = Result<(usize, Line), LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.advance()? {
            Ok(()) => self.parse().map(|line| (self.line, line)),
            Err(error) => Err(error),
        })
    }
}

/// The first line of a file.
#[derive(Deserialize)]
struct First {
    segment: Segment,
}

fn parse(text: &str) -> Result<Line, serde_json::Error> {
    let Some((area, rest)) = without_area(text) else {
        return serde_json::from_str(text).map(|First { segment }| Line::Segment(segment));
    };
    let area = area.into_owned();
    let Some((at, event)) = timed(&rest) else {
        return serde_json::from_str(&rest).map(|header| Line::Header(area, Box::new(header)));
    };
    let is = |kinds: &[&str]| kinds.iter().any(|kind| event.starts_with(kind));
    if is(&["\"in\":", "\"out\":", "\"advance\":"]) {
        return serde_json::from_str(&rest).map(|entry| Line::Entry(area, entry));
    }
    let beside = if is(&["\"asked\":", "\"registered\":", "\"gap\":"]) {
        Some(serde_json::from_str(&format!("{{{event}"))?)
    } else {
        serde_json::from_str::<serde::de::IgnoredAny>(&rest)?;
        None
    };
    Ok(Line::Beside(area, at, beside))
}

/// The time at the beginning of a line that has one there, and what follows.
fn timed(line: &str) -> Option<(Instant, &str)> {
    let rest = line.strip_prefix("{\"t\":")?;
    let (millis, event) = rest.split_once(',')?;
    Some((Instant::from_unix_millis(millis.parse().ok()?), event))
}
