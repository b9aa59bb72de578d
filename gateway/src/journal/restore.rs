//! What a process needs to know of the one before it: which requests lived when it ended, when controllers took its registrations, and the name of its
//! last file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use voorrang_messages::{PriorityRequest, RequestId, RequestKind, StationId};
use voorrang_priority::Input;
use voorrang_priority::journal::Event;
use voorrang_signals::IntersectionId;
use voorrang_units::{Duration, Instant};

use super::lines::{Asked, Beside};
use super::read::{Line, LineError, SegmentReader};
use super::segment::segments;

/// Lines of different areas, and those that waited for a full disk, are out of order by no more than this.
const DISORDER: Duration = Duration::from_seconds(5);
/// No controller asks for a longer gap between registrations: what is older need not be known.
const REGISTRATIONS: Duration = Duration::from_seconds(120);

/// What is left of the process before this one.
#[derive(Debug, Default)]
pub struct Remains {
    /// The requests that lived when it ended, in the order in which they were heard last.
    pub requests: Vec<Lived>,
    /// When each controller took a registration the last time, as far as that may still matter.
    pub registered: BTreeMap<IntersectionId, Instant>,
    /// The last file of its journal.
    pub last_segment: Option<PathBuf>,
    /// When it wrote its last line.
    pub ended: Option<Instant>,
    /// Its last line is not whole, or other lines can't be read: it did not end in order.
    pub faults: Vec<String>,
}

/// A request that lived.
#[derive(Debug, Clone, PartialEq)]
pub struct Lived {
    /// What was asked last.
    pub request: PriorityRequest,
    /// When that was heard.
    pub heard: Instant,
    /// By which right, and the way back; none where that was not found.
    pub asked: Option<Asked>,
}

/// Lines that say what is looked for have one of these in them.
const NEEDED: [&str; 3] = ["\"in\":{\"request\":", "\"asked\":", "\"registered\":"];

/// Requests may leave the region out: with the area's name the number is enough.
type Key = (String, u16, StationId, RequestId);

impl Remains {
    /// Reads the end of the journal in a folder. A request lives for `expiry` after its last message, and for no longer than `longest` after its first.
    ///
    /// # Errors
    /// When the folder or a file can't be read. A line that can't be is passed over, and told.
    pub fn read(folder: &Path, expiry: Duration, longest: Duration) -> io::Result<Self> {
        let paths = segments(folder)?;
        let mut remains = Self { last_segment: paths.last().cloned(), ..Self::default() };
        let Some(ended) = last_time(&paths)? else { return Ok(remains) };
        remains.ended = Some(ended);
        let needed = ended - longest.max(expiry).max(REGISTRATIONS) - DISORDER;
        let mut lived = BTreeMap::new();
        let mut askers = BTreeMap::new();
        for path in &paths[first_needed(&paths, needed)?..] {
            let mut reader = SegmentReader::open(path)?;
            reader.skip_to(needed)?;
            for line in reader.only(&NEEDED) {
                match line {
                    Ok((_, line)) => remains.take(line, &mut lived, &mut askers),
                    Err(LineError::Unreadable { source, .. }) => return Err(source),
                    Err(fault) => remains.faults.push(fault.to_string()),
                }
            }
        }
        remains.requests = lived
            .into_iter()
            .filter(|(_, (heard, _))| *heard + expiry > ended)
            .map(|(key, (heard, request))| Lived { request, heard, asked: askers.remove(&key) })
            .collect();
        remains.requests.sort_by_key(|lived| lived.heard);
        Ok(remains)
    }

    fn take(
        &mut self,
        line: Line,
        lived: &mut BTreeMap<Key, (Instant, PriorityRequest)>,
        askers: &mut BTreeMap<Key, Asked>,
    ) {
        match line {
            Line::Entry(area, entry) => {
                let Event::Input(Input::Request(request)) = entry.event else { return };
                let key = (area, request.intersection.id, request.station, request.request);
                if request.kind == RequestKind::Cancellation {
                    lived.remove(&key);
                } else {
                    lived.insert(key, (entry.at, request));
                }
            }
            Line::Beside(area, _, Some(Beside::Asked(asked))) => {
                askers.insert((area, asked.intersection.id, asked.station, asked.request), asked);
            }
            Line::Beside(_, at, Some(Beside::Registered(registered))) => {
                self.registered.insert(registered.intersection, at);
            }
            Line::Beside(..) | Line::Segment(_) | Line::Header(..) => {}
        }
    }
}

/// The time of the last line that has one.
fn last_time(paths: &[PathBuf]) -> io::Result<Option<Instant>> {
    for path in paths.iter().rev() {
        if let Some(at) = SegmentReader::open(path)?.last_time()? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The first file that may have lines from a moment on.
fn first_needed(paths: &[PathBuf], needed: Instant) -> io::Result<usize> {
    for (place, path) in paths.iter().enumerate().rev() {
        if SegmentReader::open(path)?.first_time()?.is_some_and(|began| began <= needed) {
            return Ok(place);
        }
    }
    Ok(0)
}
