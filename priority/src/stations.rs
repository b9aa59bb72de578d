//! Which stations have requests where, and which ask by themselves: so that a position finds its requests without a look at every intersection.

use std::collections::{BTreeMap, BTreeSet};

use voorrang_messages::StationId;
use voorrang_units::{Duration, Instant};

use crate::area::IntersectionIndex;

/// So many entries are kept before what is over is looked for.
const LEAST_LIMIT: usize = 256;
/// So many askers are remembered at most, however many stations a hostile network makes up.
const MOST_ASKERS: usize = 4096;

/// The stations of a control area.
#[derive(Debug)]
pub(crate) struct Stations {
    /// Every live request is in it; others may be.
    requests: BTreeSet<(StationId, IntersectionIndex)>,
    limit: usize,
    /// When a station last sent a request of its own.
    askers: BTreeMap<StationId, Instant>,
}

impl Stations {
    pub(crate) const fn new() -> Self {
        Self { requests: BTreeSet::new(), limit: LEAST_LIMIT, askers: BTreeMap::new() }
    }

    /// A station has a request at an intersection. `lives` says of an entry whether it still has.
    pub(crate) fn add(
        &mut self,
        station: StationId,
        at: IntersectionIndex,
        lives: impl Fn(StationId, IntersectionIndex) -> bool,
    ) {
        self.requests.insert((station, at));
        if self.requests.len() > self.limit {
            self.requests.retain(|(station, at)| lives(*station, *at));
            self.limit = (2 * self.requests.len()).max(LEAST_LIMIT);
        }
    }

    /// A station has no request at an intersection any more.
    pub(crate) fn remove(&mut self, station: StationId, at: IntersectionIndex) {
        self.requests.remove(&(station, at));
    }

    /// The next intersection after another at which a station may have a request.
    pub(crate) fn next(
        &self,
        station: StationId,
        after: Option<IntersectionIndex>,
    ) -> Option<IntersectionIndex> {
        let first = after.map_or(IntersectionIndex(0), |after| IntersectionIndex(after.0 + 1));
        let last = IntersectionIndex(usize::MAX);
        self.requests.range((station, first)..=(station, last)).next().map(|(_, at)| *at)
    }

    /// A station sends a request of its own. What is older than `silence` is forgotten when there is no room.
    pub(crate) fn asks(&mut self, now: Instant, station: StationId, silence: Duration) {
        if self.askers.len() >= MOST_ASKERS && !self.askers.contains_key(&station) {
            self.askers.retain(|_, last| now < *last + silence);
            if self.askers.len() >= MOST_ASKERS {
                return;
            }
        }
        self.askers.insert(station, now);
    }

    /// Whether a station asks by itself: it has within `silence`.
    pub(crate) fn is_asker(&self, now: Instant, station: StationId, silence: Duration) -> bool {
        self.askers.get(&station).is_some_and(|last| now < *last + silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_unix_millis(0);
    const SILENCE: Duration = Duration::from_seconds(10);

    #[test]
    fn however_many_stations_come_and_go_the_memory_is_bounded() {
        let mut stations = Stations::new();
        for number in 0..100_000 {
            stations.add(StationId(number), IntersectionIndex(0), |_, _| false);
            stations.asks(NOW, StationId(number), SILENCE);
        }
        assert!(stations.requests.len() <= LEAST_LIMIT && stations.askers.len() <= MOST_ASKERS);
        assert!(stations.is_asker(NOW, StationId(0), SILENCE));
        stations.asks(NOW + SILENCE, StationId(100_000), SILENCE);
        assert_eq!(stations.askers.len(), 1);
    }

    #[test]
    fn a_station_is_found_at_all_its_intersections_in_order() {
        let mut stations = Stations::new();
        for (station, at) in [(7, 3), (7, 1), (8, 2), (7, 9)] {
            stations.add(StationId(station), IntersectionIndex(at), |_, _| true);
        }
        stations.remove(StationId(7), IntersectionIndex(9));
        let first = stations.next(StationId(7), None);
        let second = stations.next(StationId(7), first);
        assert_eq!((first, second), (Some(IntersectionIndex(1)), Some(IntersectionIndex(3))));
        assert_eq!(stations.next(StationId(7), second), None);
    }
}
