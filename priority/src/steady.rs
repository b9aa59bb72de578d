//! The engine's own time: it never runs back, whatever the host's clock does. Where that is set back, the engine's goes on from where it was, and
//! stays ahead by as much: so what was to end in 5 s ends 5 s later, not when the clock is there again. Set forward, the engine's follows: what
//! has become due ends, and who still asks is back with its next message.

use voorrang_units::{Duration, Instant};

/// Messages and calls overtake one another by this much; a clock that is set back is set back by more.
const OVERTAKING: Duration = Duration::from_seconds(2);

/// Engine time from host time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SteadyClock {
    now: Instant,
    /// Of engine time over host time.
    ahead: Duration,
}

impl SteadyClock {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { now, ahead: Duration::ZERO }
    }

    /// The engine's now, in engine time.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// The host's clock shows `host`.
    pub(crate) fn tick(&mut self, host: Instant) -> Instant {
        let at = host + self.ahead;
        if at + OVERTAKING < self.now {
            self.ahead = self.now - host;
        }
        self.now = self.now.max(at);
        self.now
    }

    /// Whether both times are the same.
    pub(crate) fn agrees(&self) -> bool {
        self.ahead == Duration::ZERO
    }

    pub(crate) fn to_engine(self, host: Instant) -> Instant {
        host + self.ahead
    }

    pub(crate) fn to_host(self, engine: Instant) -> Instant {
        engine - self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_unix_millis(seconds * 1000)
    }

    #[test]
    fn a_clock_set_back_goes_on_from_where_it_was() {
        let mut clock = SteadyClock::new(at(100));
        assert_eq!(clock.tick(at(160)), at(160));
        assert_eq!(clock.tick(at(50)), at(160));
        assert_eq!(clock.tick(at(55)), at(165));
        assert_eq!((clock.to_host(at(165)), clock.to_engine(at(55))), (at(55), at(165)));
        assert_eq!(clock.tick(at(200)), at(310), "set forward again");
    }

    #[test]
    fn who_is_overtaken_turns_no_clock() {
        let mut clock = SteadyClock::new(at(100));
        assert_eq!(clock.tick(at(98)), at(100));
        assert!(clock.agrees());
    }
}
