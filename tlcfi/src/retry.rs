//! When to connect again after a failure, and how long to wait between registrations.

use voorrang_units::{Duration, Instant};

/// Between two successful registrations (seen in the public client; it reads like a rule of the specification).
pub const REGISTRATION_GAP: Duration = Duration::from_seconds(42);

/// From which try on how long to wait before it.
const BACK_OFF: [(u32, Duration); 5] = [
    (1, Duration::from_seconds(1)),
    (5, Duration::from_seconds(2)),
    (10, Duration::from_seconds(5)),
    (21, Duration::from_seconds(30)),
    (25, Duration::from_seconds(60)),
];

/// When the next try is due. A connection counts as a success once it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    failures: u32,
    due: Instant,
    registered: Option<Instant>,
    gap: Duration,
}

impl Retry {
    /// The first try is due at once, unless a registration by the process before this one is still too near.
    #[must_use]
    pub fn new(now: Instant, registered: Option<Instant>, gap: Duration) -> Self {
        Self { failures: 0, due: now, registered, gap }
    }

    /// When the stream may be opened.
    #[must_use]
    pub fn due(&self) -> Instant {
        self.due.max(self.may_register())
    }

    /// When a registration may be sent.
    #[must_use]
    pub fn may_register(&self) -> Instant {
        self.registered.map_or(Instant::from_unix_millis(i64::MIN), |at| at + self.gap)
    }

    /// The peer took the registration.
    pub fn registered(&mut self, now: Instant) {
        self.failures = 0;
        self.registered = Some(now);
    }

    /// The stream is gone, or could not be opened.
    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        let wait = BACK_OFF
            .iter()
            .rev()
            .find(|(from, _)| *from <= self.failures)
            .map_or(Duration::ZERO, |step| step.1);
        self.due = now + wait;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_unix_millis(1_795_000_000_000);

    #[test]
    fn waits_grow_with_the_tries() {
        let mut retry = Retry::new(START, None, REGISTRATION_GAP);
        assert_eq!(retry.due(), START);
        let mut waits = Vec::new();
        for _ in 0..30 {
            retry.failed(START);
            waits.push((retry.due() - START).millis() / 1000);
        }
        let expected = [vec![1; 4], vec![2; 5], vec![5; 11], vec![30; 4], vec![60; 6]].concat();
        assert_eq!(waits, expected);
    }

    #[test]
    fn registrations_keep_their_distance() {
        let mut retry = Retry::new(START, None, REGISTRATION_GAP);
        retry.failed(START);
        retry.registered(START + Duration::from_seconds(2));
        retry.failed(START + Duration::from_seconds(3));
        assert_eq!(retry.due(), START + Duration::from_seconds(44));
        let later = START + Duration::from_seconds(100);
        retry.failed(later);
        assert_eq!(retry.due(), later + Duration::from_seconds(1));
    }

    #[test]
    fn a_registration_of_the_process_before_counts() {
        let retry = Retry::new(START, Some(START - Duration::from_seconds(40)), REGISTRATION_GAP);
        assert_eq!(retry.due(), START + Duration::from_seconds(2));
    }
}
