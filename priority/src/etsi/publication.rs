//! When SPATEM and MAPEM are sent: a SPATEM at once when something changed, but not within 100 ms of the one before, and each second
//! whatever happens; a MAPEM each 10 s. Only when: what they say is in `spatem` and `mapem`.
//!
//! TS 103 301 leaves the rates to profiles. Ten SPATEMs a second are the most that European profiles send, and a control program takes
//! steps of 100 ms, so no change waits for more than one; once a second is soon enough for who only arrives, and spares the channel.

use voorrang_units::{Duration, Instant};

/// The sending times of one intersection's SPATEM and MAPEM. It reads no clock: the host tells each change, and calls at
/// [`next_deadline`](Self::next_deadline). Further calls change nothing.
///
/// ```
/// use voorrang_priority::etsi::Publication;
/// use voorrang_units::{Duration, Instant};
///
/// let start = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
/// let mut publication = Publication::new(start);
/// let first = publication.due(start, false);
/// assert!(first.spatem && first.mapem);
///
/// // A lamp changes 30 ms later: the next SPATEM goes 100 ms after the first.
/// let changed = publication.due(start + Duration::from_millis(30), true);
/// assert!(!changed.spatem);
/// assert_eq!(publication.next_deadline(), start + Duration::from_millis(100));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    /// The latest time seen.
    now: Instant,
    /// From when a change may be told.
    spatem_allowed: Instant,
    /// When a SPATEM is sent even so.
    spatem_due: Instant,
    mapem_due: Instant,
    /// Whether something changed since the last SPATEM.
    changed: bool,
}

/// What is to be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Due {
    /// A SPATEM, with what is known now.
    pub spatem: bool,
    /// A MAPEM.
    pub mapem: bool,
}

impl Publication {
    /// Between two SPATEMs there lies this much at least.
    pub const SPATEM_APART: Duration = Duration::from_millis(100);
    /// Between two SPATEMs there lies this much at most.
    pub const SPATEM_WITHIN: Duration = Duration::from_seconds(1);
    /// Between two MAPEMs.
    pub const MAPEM_WITHIN: Duration = Duration::from_seconds(10);

    /// Both are due at `start`. Hosts with many intersections give each another start, so that not all send at once.
    #[must_use]
    pub const fn new(start: Instant) -> Self {
        Self { now: start, spatem_allowed: start, spatem_due: start, mapem_due: start, changed: false }
    }

    /// What is to be sent now; it counts as sent. `changed`: whether something that a SPATEM tells has changed since the last call: a
    /// lamp, a prediction, the operation, an intervention, a request. A `now` before that of the last call counts as that.
    pub fn due(&mut self, now: Instant, changed: bool) -> Due {
        self.now = self.now.max(now);
        let now = self.now;
        self.changed |= changed;
        let due = Due { spatem: now >= self.spatem_deadline(), mapem: now >= self.mapem_due };
        if due.spatem {
            self.changed = false;
            self.spatem_allowed = now + Self::SPATEM_APART;
            self.spatem_due = now + Self::SPATEM_WITHIN;
        }
        if due.mapem {
            self.mapem_due = now + Self::MAPEM_WITHIN;
        }
        due
    }

    /// Makes a MAPEM due at once: the intersection file changed. A SPATEM goes with it, for it names the MAPEM's revision.
    pub fn topology_changed(&mut self) {
        self.mapem_due = self.now;
        self.changed = true;
    }

    /// When [`due`](Self::due) wants to be called, should nothing change before.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        self.spatem_deadline().min(self.mapem_due)
    }

    fn spatem_deadline(&self) -> Instant {
        if self.changed { self.spatem_allowed } else { self.spatem_due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_unix_millis(1_795_435_200_000);

    fn millis(millis: i64) -> Instant {
        START + Duration::from_millis(millis)
    }

    /// The times in ms at which SPATEMs and MAPEMs go, for a host that calls at changes and deadlines.
    fn sent(changes: &[i64], until: i64) -> (Vec<i64>, Vec<i64>) {
        let mut publication = Publication::new(START);
        let (mut spatems, mut mapems) = (Vec::new(), Vec::new());
        let mut changes = changes.iter().copied().peekable();
        loop {
            let deadline = (publication.next_deadline() - START).millis();
            let at = changes.peek().map_or(deadline, |change| deadline.min(*change));
            if at > until {
                return (spatems, mapems);
            }
            let due = publication.due(millis(at), changes.next_if_eq(&at).is_some());
            spatems.extend(due.spatem.then_some(at));
            mapems.extend(due.mapem.then_some(at));
        }
    }

    #[test]
    fn without_changes_a_spatem_goes_each_second_and_a_mapem_each_ten() {
        let (spatems, mapems) = sent(&[], 25_000);
        assert_eq!(spatems, (0..=25).map(|second| second * 1000).collect::<Vec<_>>());
        assert_eq!(mapems, [0, 10_000, 20_000]);
    }

    #[test]
    fn a_change_is_told_at_once_and_the_next_after_100_ms() {
        let (spatems, _) = sent(&[500, 510, 590, 650, 1650], 2700);
        assert_eq!(spatems, [0, 500, 600, 700, 1650, 2650]);
    }

    #[test]
    fn calls_with_nothing_due_change_nothing() {
        let mut publication = Publication::new(START);
        publication.due(START, false);
        let before = publication;
        assert_eq!(publication.due(START, false), Due::default());
        assert_eq!(publication, before);
        assert_eq!(publication.due(millis(999), false), Due::default());
        assert_eq!(publication.next_deadline(), before.next_deadline());
    }

    #[test]
    fn a_clock_that_goes_back_sends_nothing_twice() {
        let mut publication = Publication::new(START);
        publication.due(millis(5000), false);
        assert_eq!(publication.due(START, true), Due::default());
        assert_eq!(publication.next_deadline(), millis(5100));
    }

    #[test]
    fn a_changed_file_is_told_at_once() {
        let mut publication = Publication::new(START);
        publication.due(START, false);
        publication.due(millis(200), false);
        publication.topology_changed();
        assert_eq!(publication.next_deadline(), millis(100));
        assert_eq!(publication.due(millis(200), false), Due { spatem: true, mapem: true });
    }
}
