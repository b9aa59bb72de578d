//! The stations that something is remembered of: a table of fixed size, in parts with a lock each. A newcomer never displaces one that is heard.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use voorrang_messages::StationId;
use voorrang_units::{Duration, Instant};

use super::refusal::Refusal;
use super::station::StationState;

/// Parts of the table.
const PARTS: usize = 64;
/// A station that was silent for so long is forgotten, its quota too.
const IDLE: Duration = Duration::from_seconds(3600);
/// One that was silent for so long makes room where there is none.
const SILENT: Duration = Duration::from_seconds(70);
/// One on probation, already after so long.
const SILENT_NEWCOMER: Duration = Duration::from_seconds(10);
/// A part is searched for room so often at most: a flood of newcomers costs no search each.
const SEARCH: Duration = Duration::from_seconds(1);

/// A table of stations.
#[derive(Debug)]
pub(super) struct Stations {
    parts: Vec<Mutex<Part>>,
    /// Chosen at random: nobody can aim at one part.
    hasher: RandomState,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Part {
    stations: HashMap<StationId, StationState>,
    searched: Option<Instant>,
}

impl Stations {
    /// A table for so many stations at most.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            capacity: capacity.div_ceil(PARTS),
        }
    }

    fn part(&self, station: StationId) -> MutexGuard<'_, Part> {
        #[expect(clippy::cast_possible_truncation, reason = "any bits of it will do")]
        let place = self.hasher.hash_one(station) as usize % PARTS;
        self.parts[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a station that is remembered.
    pub(super) fn with<T>(&self, station: StationId, act: impl FnOnce(Option<&mut StationState>) -> T) -> T {
        act(self.part(station).stations.get_mut(&station))
    }

    /// Does something with a station, which is remembered from now on.
    pub(super) fn with_new<T>(
        &self,
        now: Instant,
        station: StationId,
        act: impl FnOnce(&mut StationState) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut part = self.part(station);
        if !part.stations.contains_key(&station) && part.stations.len() >= self.capacity {
            part.make_room(now);
            if part.stations.len() >= self.capacity {
                return Err(Refusal::TooManyStations);
            }
        }
        act(part.stations.entry(station).or_insert_with(|| StationState::new(now)))
    }

    /// Forgets who has been silent for an hour.
    pub(super) fn forget_idle(&self, now: Instant) {
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.stations.retain(|_, state| now < state.last() + IDLE);
        }
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        let lock = |part: &Mutex<Part>| part.lock().unwrap_or_else(PoisonError::into_inner).stations.len();
        self.parts.iter().map(lock).sum()
    }
}

impl Part {
    fn make_room(&mut self, now: Instant) {
        if self.searched.is_some_and(|searched| now < searched + SEARCH) {
            return;
        }
        self.searched = Some(now);
        self.stations.retain(|_, state| {
            now < state.last() + if state.is_established() { SILENT } else { SILENT_NEWCOMER }
        });
    }
}
