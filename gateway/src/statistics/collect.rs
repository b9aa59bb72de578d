//! A journal to passages.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use voorrang_messages::{PrioritizationStatus, PriorityRequest, RequestId, RequestKind, StationId};
use voorrang_priority::approach::Approaches;
use voorrang_priority::journal::{Entry, Event, Header};
use voorrang_priority::request::PriorityClass;
use voorrang_priority::{Input, Output};
use voorrang_signals::{ApproachIndex, Intersection, IntersectionId};
use voorrang_units::{Duration, Instant, Length};

use super::lamps::{GroupLamps, usual_wait};
use super::passage::Passage;
use crate::journal::read::{Line, LineError, SegmentReader};

/// Without a message for so long a request is over.
const SILENCE: Duration = Duration::from_seconds(60);

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CollectFault {
    /// A file can't be opened.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line is none of a journal.
    #[error(transparent)]
    Line(#[from] LineError),
}

/// All passages of a journal's files that began within an interval. What can't be understood is passed over: a torn line, an engine of another version.
///
/// # Errors
/// When a file can't be read.
pub fn collect(files: &[PathBuf], (from, to): (Instant, Instant)) -> Result<Vec<Passage>, CollectFault> {
    let mut areas: BTreeMap<String, Area> = BTreeMap::new();
    for path in files {
        let reader = SegmentReader::open(path)
            .map_err(|source| CollectFault::Unreadable { path: path.clone(), source })?;
        for line in reader {
            match line {
                Ok((_, Line::Header(area, header))) => areas.entry(area).or_default().begin(&header),
                Ok((_, Line::Entry(area, entry))) => areas.entry(area).or_default().take(&entry),
                Ok((_, Line::Segment(_) | Line::Beside(..))) | Err(LineError::Torn { .. }) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
    }
    let passages = areas.into_values().flat_map(Area::finish);
    Ok(passages.filter(|passage| from <= passage.from && passage.from < to).collect())
}

type Key = (IntersectionId, StationId, RequestId);

/// One control area.
#[derive(Default)]
struct Area {
    junctions: BTreeMap<IntersectionId, Junction>,
    live: BTreeMap<Key, Live>,
    over: Vec<(IntersectionId, ApproachIndex, Passage)>,
}

struct Junction {
    approaches: Approaches,
    lamps: Vec<GroupLamps>,
    /// How many requests live.
    live: usize,
}

struct Live {
    approach: ApproachIndex,
    heard: Instant,
    passage: Passage,
}

impl Area {
    /// An engine is made: what was live is not any more, what was learnt of lamps stays.
    fn begin(&mut self, header: &Header) {
        self.end_all();
        for text in &header.intersections {
            let Ok(intersection) = Intersection::from_toml(text, "journal") else { continue };
            let groups = intersection.groups().len();
            let id = intersection.id();
            let approaches = Approaches::new(Arc::new(intersection), Length::from_metres(10.0));
            let before = self.junctions.remove(&id).filter(|junction| junction.lamps.len() == groups);
            let mut lamps = before.map_or_else(|| vec![GroupLamps::default(); groups], |before| before.lamps);
            lamps.iter_mut().for_each(GroupLamps::lose_sight);
            self.junctions.insert(id, Junction { approaches, lamps, live: 0 });
        }
    }

    fn take(&mut self, entry: &Entry) {
        self.end_silent(entry.at);
        match &entry.event {
            Event::Input(Input::Request(request)) => self.hear(entry.at, request),
            Event::Input(Input::Signal { intersection, group, aspect }) => {
                if let Some(junction) = self.junctions.get_mut(intersection)
                    && let Some(lamps) = junction.lamps.get_mut(group.index())
                {
                    lamps.show(entry.at, *aspect, junction.live > 0);
                }
            }
            Event::Output(Output::Status(status)) if status.status == PrioritizationStatus::Granted => {
                let key = self.place(status.intersection).map(|id| (id, status.station, status.request));
                if let Some(live) = key.and_then(|key| self.live.get_mut(&key)) {
                    live.passage.granted.get_or_insert(entry.at);
                }
            }
            Event::Input(_) | Event::Output(_) | Event::Advance => {}
        }
    }

    /// The intersection that a message means.
    fn place(&self, reference: voorrang_messages::IntersectionReference) -> Option<IntersectionId> {
        match reference.region {
            Some(region) => Some(IntersectionId { region, id: reference.id }),
            None => {
                let mut same = self.junctions.keys().filter(|id| id.id == reference.id);
                let id = same.next()?;
                same.next().is_none().then_some(*id)
            }
        }
    }

    fn hear(&mut self, at: Instant, request: &PriorityRequest) {
        let Some(id) = self.place(request.intersection) else { return };
        let Some(junction) = self.junctions.get_mut(&id) else { return };
        let key = (id, request.station, request.request);
        if request.kind == RequestKind::Cancellation {
            if let Some(live) = self.live.get_mut(&key) {
                live.passage.cancelled = Some(at);
                self.end(&key);
            }
            return;
        }
        if let Some(live) = self.live.get_mut(&key) {
            live.heard = at;
            if live.passage.granted.is_none() {
                live.passage.last_eta = request.eta.or(live.passage.last_eta);
            }
            return;
        }
        let Some(service) = junction.approaches.service(request.inbound, PriorityClass::Emergency) else {
            return;
        };
        let intersection = junction.approaches.intersection();
        let passage = Passage {
            station: request.station,
            intersection: intersection.name().to_owned(),
            approach: intersection.approaches()[service.approach.index()].name.clone(),
            from: at,
            first_eta: request.eta,
            last_eta: request.eta,
            granted: None,
            cancelled: None,
            usual_wait: None,
        };
        junction.live += 1;
        junction.lamps.iter_mut().for_each(GroupLamps::touch);
        self.live.insert(key, Live { approach: service.approach, heard: at, passage });
    }

    fn end(&mut self, key: &Key) {
        let Some(live) = self.live.remove(key) else { return };
        if let Some(junction) = self.junctions.get_mut(&key.0) {
            junction.live = junction.live.saturating_sub(1);
        }
        self.over.push((key.0, live.approach, live.passage));
    }

    fn end_silent(&mut self, now: Instant) {
        let silent = |live: &Live| now - live.heard > SILENCE;
        let over: Vec<Key> = self.live.iter().filter(|(_, live)| silent(live)).map(|(key, _)| *key).collect();
        over.iter().for_each(|key| self.end(key));
    }

    fn end_all(&mut self) {
        let all: Vec<Key> = self.live.keys().copied().collect();
        all.iter().for_each(|key| self.end(key));
    }

    fn finish(mut self) -> Vec<Passage> {
        self.end_all();
        let junctions = &self.junctions;
        let usual = |id: &IntersectionId, approach: &ApproachIndex| {
            let junction = junctions.get(id)?;
            let arm = junction.approaches.intersection().approaches().get(approach.index())?;
            usual_wait(arm.groups.iter().filter_map(|group| junction.lamps.get(group.index())))
        };
        let passages = self.over.iter();
        passages
            .map(|(id, approach, passage)| Passage { usual_wait: usual(id, approach), ..passage.clone() })
            .collect()
    }
}
