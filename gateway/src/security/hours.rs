//! At which hours of the week an entry holds, in local time.

use std::sync::atomic::{AtomicI64, Ordering};

use voorrang_signals::program::schedule::{Days, Schedule, Switch};
use voorrang_units::{Duration, Instant};

/// From one time of day to another, on some days of the week; past midnight where the end is earlier than the beginning.
#[derive(Debug)]
pub struct Hours {
    schedule: Schedule,
    /// What held when it was asked last, and until when: twice the milliseconds, plus one while open. The week is not searched for each message.
    known: AtomicI64,
    /// Since when that has held.
    since: AtomicI64,
}

const CLOSED: usize = 0;
const OPEN: usize = 1;

impl Hours {
    /// From `from` to `to`, both since midnight, on `days`, which are those on which it begins. Local time as [`Schedule`] has it.
    #[must_use]
    pub fn new(days: Days, from: Duration, to: Duration, utc_offset: Duration, summer_time: bool) -> Self {
        // It ends on every day: where nothing is open that changes nothing. At one moment the later in the list counts.
        let switches =
            vec![Switch { from: to, days: Days::ALL, plan: CLOSED }, Switch { from, days, plan: OPEN }];
        Self {
            schedule: Schedule::new(utc_offset, summer_time, switches),
            known: AtomicI64::new(i64::MIN),
            since: AtomicI64::new(i64::MAX),
        }
    }

    /// Whether a moment lies within them.
    #[must_use]
    pub fn contain(&self, at: Instant) -> bool {
        let known = self.known.load(Ordering::Acquire);
        if at.unix_millis() < known >> 1 && at.unix_millis() >= self.since.load(Ordering::Acquire) {
            return known & 1 == 1;
        }
        let (since, plan) = self.schedule.last_switch(at).unwrap_or((at, CLOSED));
        let until = self.schedule.next_switch(at).map_or(at.unix_millis(), Instant::unix_millis);
        let open = plan == OPEN;
        // Closed first: between the stores no other thread may take a new state for an old time.
        self.since.store(i64::MAX, Ordering::Release);
        self.known.store((until << 1) | i64::from(open), Ordering::Release);
        self.since.store(since.unix_millis(), Ordering::Release);
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    fn hours(days: &str, from: i64, to: i64) -> Hours {
        let hour = |hours| Duration::from_seconds(hours * 3600);
        Hours::new(days.parse().unwrap(), hour(from), hour(to), hour(1), true)
    }

    #[test]
    fn they_are_local_time_on_their_days() {
        let office = hours("mon-fri", 7, 19);
        // Monday 2026-01-12; in winter seven o'clock is six in UTC.
        assert!(!office.contain(utc("2026-01-12T05:59:59Z")));
        assert!(office.contain(utc("2026-01-12T06:00:00Z")));
        assert!(office.contain(utc("2026-01-12T17:59:59Z")));
        assert!(!office.contain(utc("2026-01-12T18:00:00Z")));
        assert!(!office.contain(utc("2026-01-17T12:00:00Z")), "a Saturday");
        assert!(office.contain(utc("2026-07-13T05:00:00Z")), "in summer it is five");
    }

    #[test]
    fn past_midnight_they_end_on_the_next_day() {
        let night = hours("fri", 22, 6);
        assert!(!night.contain(utc("2026-01-16T20:59:00Z")));
        assert!(night.contain(utc("2026-01-16T21:00:00Z")));
        assert!(night.contain(utc("2026-01-17T04:59:59Z")));
        assert!(!night.contain(utc("2026-01-17T05:00:00Z")));
        assert!(!night.contain(utc("2026-01-17T21:30:00Z")), "not on Saturday night");
    }

    #[test]
    fn asked_in_any_order_they_say_the_same() {
        let (asked, fresh) = (hours("mon-fri", 7, 19), || hours("mon-fri", 7, 19));
        for minute in [0, 900, 60, 5000, 400, 420, 361, 359, 1140, 1079, 1081, 2000] {
            let at = utc("2026-01-12T00:00:00Z") + Duration::from_seconds(minute * 60);
            assert_eq!(asked.contain(at), fresh().contain(at), "{minute}");
        }
    }
}
