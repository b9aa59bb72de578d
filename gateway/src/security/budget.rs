//! How much may come: token buckets, for one station and for all senders of a kind together. Their memory is a number each (the generic cell
//! rate algorithm, ITU-T I.371).

use std::sync::atomic::{AtomicI64, Ordering};

use voorrang_units::Instant;

/// So many at once, and then so many a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds from one to the next.
    interval: i64,
    /// How far ahead of the pace somebody may be, in nanoseconds.
    ahead: i64,
}

impl Rate {
    /// `per_second` in the long run, `burst` at once. What is not positive counts as one.
    #[must_use]
    pub fn new(per_second: f64, burst: u32) -> Self {
        let interval = if per_second > 0.0 { 1e9 / per_second } else { 1e9 };
        #[expect(clippy::cast_possible_truncation, reason = "saturates: a rate so small is never reached")]
        let interval = (interval as i64).max(1);
        Self { interval, ahead: interval.saturating_mul(i64::from(burst.max(1)) - 1) }
    }

    /// The state after one more, or none where that is one too many.
    fn after(self, pace: i64, now: Instant) -> Option<i64> {
        let now = now.unix_millis().saturating_mul(1_000_000);
        let pace = pace.max(now);
        (pace - now <= self.ahead).then(|| pace.saturating_add(self.interval))
    }
}

/// What one sender has used of a rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket(i64);

impl Bucket {
    pub(super) const FULL: Self = Self(i64::MIN);

    /// Takes one, if there is one.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        match rate.after(self.0, now) {
            Some(pace) => {
                self.0 = pace;
                true
            }
            None => false,
        }
    }

    /// Whether there is one.
    pub(super) fn has(&self, rate: Rate, now: Instant) -> bool {
        rate.after(self.0, now).is_some()
    }
}

/// What many senders have used of a rate together.
#[derive(Debug)]
pub(super) struct SharedBucket(AtomicI64);

impl Default for SharedBucket {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl SharedBucket {
    /// Takes one, if there is one.
    pub(super) fn take(&self, rate: Rate, now: Instant) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |pace| rate.after(pace, now)).is_ok()
    }
}

/// How much is taken of whom, by each transport and by all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetConfig {
    /// Emergency vehicles that have behaved for some seconds.
    pub established: Rate,
    /// Emergency vehicles that have just turned up.
    pub newcomers: Rate,
    /// All others that may send.
    pub others: Rate,
}

impl Default for BudgetConfig {
    /// 40 000, 20 000 and 5 000 messages a second: above what the gateway has to carry (20 000), below what stops it.
    fn default() -> Self {
        Self {
            established: Rate::new(40_000.0, 8_000),
            newcomers: Rate::new(20_000.0, 4_000),
            others: Rate::new(5_000.0, 1_000),
        }
    }
}

/// Whose share a message is taken from. One cannot use up another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    Established,
    Newcomer,
    Other,
}

/// The shares of one transport.
#[derive(Debug, Default)]
struct Shares {
    established: SharedBucket,
    newcomers: SharedBucket,
    others: SharedBucket,
}

/// Every transport's shares, and everybody's.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    transports: [Shares; TRANSPORTS.len() + 1],
    all: Shares,
}

/// Transports with shares of their own; all others have one together.
const TRANSPORTS: [&str; 4] = ["udp", "tcp", "mqtt", "http"];

impl Budgets {
    /// Takes one message of a transport from a share. Those who are established are only limited by their own transport: whatever floods
    /// another does not reach them.
    pub(super) fn take(&self, config: &BudgetConfig, transport: &str, share: Share, now: Instant) -> bool {
        let place = TRANSPORTS.iter().position(|name| *name == transport).unwrap_or(TRANSPORTS.len());
        let own = &self.transports[place];
        match share {
            Share::Established => own.established.take(config.established, now),
            Share::Newcomer => {
                own.newcomers.take(config.newcomers, now) && self.all.newcomers.take(config.newcomers, now)
            }
            Share::Other => own.others.take(config.others, now) && self.all.others.take(config.others, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_units::Duration;

    const START: Instant = Instant::from_unix_millis(1_795_600_000_000);

    fn at(millis: i64) -> Instant {
        START + Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let rate = Rate::new(5.0, 10);
        let mut bucket = Bucket::FULL;
        assert_eq!((0..100).filter(|_| bucket.take(rate, at(0))).count(), 10);
        let passed = (1..=10_000).filter(|millis| bucket.take(rate, at(*millis))).count();
        assert_eq!(passed, 50);
    }

    #[test]
    fn whoever_rests_may_burst_again_but_not_more() {
        let rate = Rate::new(5.0, 10);
        let mut bucket = Bucket::FULL;
        assert!((0..10).all(|_| bucket.take(rate, at(0))));
        assert_eq!((0..100).filter(|_| bucket.take(rate, at(3_600_000))).count(), 10);
    }

    #[test]
    fn one_share_does_not_eat_anothers() {
        let config = BudgetConfig {
            established: Rate::new(10.0, 10),
            newcomers: Rate::new(10.0, 10),
            others: Rate::new(10.0, 10),
        };
        let budgets = Budgets::default();
        let taken =
            |transport, share| (0..1000).filter(|_| budgets.take(&config, transport, share, START)).count();
        assert_eq!(taken("udp", Share::Other), 10);
        assert_eq!(taken("mqtt", Share::Other), 0, "others of all transports together");
        assert_eq!(taken("udp", Share::Newcomer), 10);
        assert_eq!(taken("udp", Share::Established), 10);
        assert_eq!(taken("mqtt", Share::Established), 10);
    }
}
