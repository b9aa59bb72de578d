//! The clocks of both peers: ticks of a millisecond in 32 bits, from an epoch of each peer's own, wrapping every 49.7 days.

use std::fmt;

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

/// A moment on a peer's clock: milliseconds since an epoch of its own, modulo 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticks(pub u32);

impl Ticks {
    /// From an earlier moment of the same clock to this one; negative if that was later. Right while less than 24.8 days lie between.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(i64::from(self.0.wrapping_sub(earlier.0).cast_signed()))
    }

    /// That much later on the same clock.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let step = duration.millis().rem_euclid(1 << 32);
        Self(self.0.wrapping_add(u32::try_from(step).unwrap_or(0)))
    }
}

impl fmt::Display for Ticks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Our own clock as the peer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickClock {
    at: Instant,
    ticks: Ticks,
}

impl TickClock {
    /// A clock that shows `ticks` at a moment. Any number will do.
    #[must_use]
    pub const fn new(at: Instant, ticks: Ticks) -> Self {
        Self { at, ticks }
    }

    /// What it shows at a moment.
    #[must_use]
    pub fn at(&self, moment: Instant) -> Ticks {
        self.ticks.after(moment - self.at)
    }

    /// The moment nearest to `near` at which it shows `ticks`.
    #[must_use]
    pub fn moment(&self, ticks: Ticks, near: Instant) -> Instant {
        near + ticks.since(self.at(near))
    }
}

/// What a peer's ticks tell of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TickStep {
    /// It goes on.
    Onward,
    /// It went on past 4 294 967 295.
    Wrapped,
    /// It is another clock than before: the peer started anew, or set its clock.
    Reset,
}

/// The peer's clock as we know it: from the ticks in its messages and when they came. The message with the least delay counts; what the
/// clocks drift apart is followed, up to one part in a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerClock {
    last: Option<Reading>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    came: Instant,
    ticks: Ticks,
    /// When the clock shows `ticks`, by the message with the least delay.
    moment: Instant,
}

/// A message may tell of a moment this much before one that came earlier, or ahead of the clock as known so far.
const EARLY: Duration = Duration::from_millis(5000);
/// A message may have been under way for this long.
const LATE: Duration = Duration::from_seconds(60);

impl PeerClock {
    /// A message came with these ticks.
    pub fn observe(&mut self, now: Instant, ticks: Ticks) -> TickStep {
        let first = Reading { came: now, ticks, moment: now };
        let Some(last) = self.last else {
            self.last = Some(first);
            return TickStep::Onward;
        };
        let moment = last.moment + ticks.since(last.ticks);
        let delay = now - moment;
        if delay < -EARLY || delay > LATE {
            self.last = Some(first);
            return TickStep::Reset;
        }
        if ticks.since(last.ticks) < Duration::ZERO {
            // Written before, sent after: it tells nothing new of the clock.
            return TickStep::Onward;
        }
        let drift = Duration::from_millis((now - last.came).millis() / 1000);
        let moment = if delay < Duration::ZERO { now } else { moment + drift.min(delay) };
        // Where less than a second passed there is no drift to be had; keeping the older reading lets it add up.
        let came = if delay >= Duration::ZERO && drift == Duration::ZERO { last.came } else { now };
        self.last = Some(Reading { came, ticks, moment });
        if ticks.0 < last.ticks.0 { TickStep::Wrapped } else { TickStep::Onward }
    }

    /// The moment that the peer means by `ticks`; none before its first message.
    #[must_use]
    pub fn moment(&self, ticks: Ticks) -> Option<Instant> {
        self.last.map(|last| last.moment + ticks.since(last.ticks))
    }

    /// The peer's ticks on our clock; none before its first message.
    #[must_use]
    pub fn rebase(&self, ticks: Ticks, own: &TickClock) -> Option<Ticks> {
        self.moment(ticks).map(|moment| own.at(moment))
    }

    /// Forgets the peer: a new stream, perhaps another controller.
    pub fn forget(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Instant = Instant::from_unix_millis(1_795_000_000_000);

    fn after(millis: i64) -> Instant {
        START + Duration::from_millis(millis)
    }

    #[test]
    fn a_wrap_is_not_a_reset() {
        let mut peer = PeerClock::default();
        assert_eq!(peer.observe(after(0), Ticks(u32::MAX - 99)), TickStep::Onward);
        assert_eq!(peer.observe(after(250), Ticks(100)), TickStep::Wrapped);
        assert_eq!(peer.moment(Ticks(200)), Some(after(300)));
        assert_eq!(peer.moment(Ticks(u32::MAX)), Some(after(99)));
    }

    #[test]
    fn a_clock_that_starts_anew_is_noticed() {
        let check = |ticks, expected| {
            let mut peer = PeerClock::default();
            peer.observe(after(0), Ticks(5_000_000));
            assert_eq!(peer.observe(after(1000), Ticks(ticks)), expected, "{ticks}");
        };
        check(5_001_000, TickStep::Onward);
        check(4_999_900, TickStep::Onward);
        check(5_005_900, TickStep::Onward);
        check(5_006_100, TickStep::Reset);
        check(0, TickStep::Reset);
        check(4_000_000_000, TickStep::Reset);
    }

    #[test]
    fn messages_held_up_together_are_no_reset() {
        let mut peer = PeerClock::default();
        peer.observe(after(0), Ticks(0));
        for ticks in (1000..=20_000).step_by(1000) {
            assert_eq!(peer.observe(after(20_000), Ticks(ticks)), TickStep::Onward);
        }
        assert_eq!(peer.moment(Ticks(20_000)), Some(after(20_000)));
    }

    #[test]
    fn the_message_with_the_least_delay_counts() {
        let mut peer = PeerClock::default();
        peer.observe(after(80), Ticks(1000));
        peer.observe(after(510), Ticks(1500));
        peer.observe(after(1090), Ticks(2000));
        assert_eq!(peer.moment(Ticks(1000)), Some(after(10)));
    }

    #[test]
    fn a_slow_clock_is_followed() {
        let mut peer = PeerClock::default();
        for second in 0..100_000_i64 {
            // It loses 100 ms in 1000 s.
            let ticks = u32::try_from(second * 1000 - second / 10).unwrap();
            assert_eq!(peer.observe(after(second * 1000), Ticks(ticks)), TickStep::Onward);
        }
        let moment = peer.moment(Ticks(99_999 * 1000 - 9999)).unwrap();
        assert!((moment - after(99_999_000)).millis().abs() <= 1, "{moment}");
    }

    proptest! {
        #[test]
        fn a_clock_tells_the_moment_of_its_ticks(
            start: u32, offset in -2_000_000_000_i64..2_000_000_000, apart in -2_000_000_000_i64..2_000_000_000,
        ) {
            let clock = TickClock::new(START, Ticks(start));
            prop_assert_eq!(clock.moment(clock.at(after(offset)), after(offset)), after(offset));
            prop_assert_eq!(clock.at(after(apart)), Ticks(start).after(Duration::from_millis(apart)));
            prop_assert_eq!(Ticks(start).after(Duration::from_millis(apart)).since(Ticks(start)).millis(), apart);
        }

        #[test]
        fn spans_survive_rebasing(theirs: u32, ours: u32, ahead in -1_000_000_i64..1_000_000, step in 0_i64..1_000_000) {
            let mut peer = PeerClock::default();
            peer.observe(START, Ticks(theirs));
            let own = TickClock::new(START, Ticks(ours));
            let first = Ticks(theirs).after(Duration::from_millis(ahead));
            let second = first.after(Duration::from_millis(step));
            let (first, second) = (peer.rebase(first, &own).unwrap(), peer.rebase(second, &own).unwrap());
            prop_assert_eq!(second.since(first).millis(), step);
            prop_assert_eq!(first.since(Ticks(ours)).millis(), ahead);
        }

        #[test]
        fn a_clock_in_step_is_never_reset(start: u32, steps in proptest::collection::vec((0_i64..5000, 0_i64..2000), 1..50)) {
            let mut peer = PeerClock::default();
            let mut sent = 0;
            for (step, delay) in steps {
                sent += step;
                let ticks = Ticks(start).after(Duration::from_millis(sent));
                prop_assert_ne!(peer.observe(after(sent + delay), ticks), TickStep::Reset);
            }
        }
    }
}
