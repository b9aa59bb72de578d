//! How long groups are not green when nobody asks.

use voorrang_signals::Aspect;
use voorrang_units::{Duration, Instant};

/// Fewer cycles tell nothing.
const LEAST_CYCLES: u32 = 10;
/// Lamps that were not heard of for so long were not watched.
const LONGEST_CYCLE: Duration = Duration::from_seconds(1800);

/// One group.
#[derive(Debug, Clone, Default)]
pub(super) struct GroupLamps {
    green: bool,
    /// When green ended.
    ended: Option<Instant>,
    /// When the cycle began: the start of green.
    began: Option<Instant>,
    /// Whether somebody asked within the cycle.
    touched: bool,
    cycles: u32,
    /// Milliseconds.
    in_all: f64,
    squares: f64,
}

impl GroupLamps {
    /// The lamp shows something else.
    pub(super) fn show(&mut self, at: Instant, aspect: Aspect, asked: bool) {
        let green = aspect == Aspect::Green;
        if green == self.green {
            return;
        }
        self.green = green;
        if !green {
            self.ended = Some(at);
            return;
        }
        if let (Some(began), Some(ended)) = (self.began, self.ended) {
            let (cycle, closed) = (at - began, at - ended);
            if !self.touched && cycle <= LONGEST_CYCLE && cycle > Duration::ZERO {
                self.cycles += 1;
                self.in_all += cycle.seconds();
                self.squares += closed.seconds() * closed.seconds();
            }
        }
        self.began = Some(at);
        self.ended = None;
        self.touched = asked;
    }

    /// Somebody asks.
    pub(super) const fn touch(&mut self) {
        self.touched = true;
    }

    /// What is known may not be as it was: the gateway was away.
    pub(super) fn lose_sight(&mut self) {
        self.began = None;
        self.ended = None;
        self.green = false;
    }
}

/// What a vehicle waits on average that arrives at any moment, at any of these.
pub(super) fn usual_wait<'a>(groups: impl Iterator<Item = &'a GroupLamps>) -> Option<Duration> {
    let (mut cycles, mut in_all, mut squares) = (0, 0.0, 0.0);
    for group in groups {
        cycles += group.cycles;
        in_all += group.in_all;
        squares += group.squares;
    }
    (cycles >= LEAST_CYCLES && in_all > 0.0).then(|| Duration::from_seconds_f64(squares / 2.0 / in_all))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_unix_millis(1_795_600_000_000);

    /// Green for 20 s of each minute.
    fn minutes(lamps: &mut GroupLamps, from: i64, to: i64, asked: bool) {
        for minute in from..to {
            let green = START + Duration::from_seconds(minute * 60);
            lamps.show(green, Aspect::Green, asked);
            lamps.show(green + Duration::from_seconds(20), Aspect::Yellow, asked);
            lamps.show(green + Duration::from_seconds(23), Aspect::Red, asked);
        }
    }

    #[test]
    fn forty_seconds_of_sixty_closed_are_thirteen_and_a_third() {
        let mut lamps = GroupLamps::default();
        minutes(&mut lamps, 0, 11, false);
        assert_eq!(usual_wait([&lamps].into_iter()), Some(Duration::from_millis(13_333)));
    }

    #[test]
    fn cycles_in_which_somebody_asked_do_not_count() {
        let mut lamps = GroupLamps::default();
        minutes(&mut lamps, 0, 30, true);
        assert_eq!(usual_wait([&lamps].into_iter()), None);
        lamps.touch();
        minutes(&mut lamps, 30, 41, false);
        assert_eq!(usual_wait([&lamps].into_iter()), Some(Duration::from_millis(13_333)));
    }

    #[test]
    fn too_few_cycles_tell_nothing() {
        let mut lamps = GroupLamps::default();
        minutes(&mut lamps, 0, 10, false);
        assert_eq!(usual_wait([&lamps].into_iter()), None);
    }
}
