//! How long answers took of late, for the page: quantiles to within an eighth, from counters that any thread adds to without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Each doubling of time is cut into so many steps.
const STEPS: usize = 8;
/// Up to two minutes; longer ones count as that.
const OCTAVES: usize = 24;
const CELLS: usize = STEPS * (OCTAVES + 1);
/// What is older than one or two of these does not count.
const WINDOW: Duration = Duration::from_secs(30);

/// Answer times.
#[derive(Debug)]
pub(super) struct Latencies {
    cells: [AtomicU64; CELLS],
    past: Mutex<Past>,
}

/// What had been counted at the start of the last two windows.
#[derive(Debug)]
struct Past {
    older: [u64; CELLS],
    newer: [u64; CELLS],
    turned: Instant,
}

/// How long answers took in the last half minute to a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LatencySummary {
    /// How many there were.
    pub count: u64,
    /// Half of them were quicker, in microseconds.
    pub p50_us: u64,
    /// All but one in a hundred were quicker, in microseconds.
    pub p99_us: u64,
    /// All of them were quicker, in microseconds.
    pub max_us: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        let past = Past { older: [0; CELLS], newer: [0; CELLS], turned: Instant::now() };
        Self { cells: [const { AtomicU64::new(0) }; CELLS], past: Mutex::new(past) }
    }
}

impl Latencies {
    pub(super) fn record(&self, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.cells[cell(micros)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn summary(&self) -> LatencySummary {
        let now: [u64; CELLS] = std::array::from_fn(|index| self.cells[index].load(Ordering::Relaxed));
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if past.turned.elapsed() >= WINDOW {
            *past = Past { older: past.newer, newer: now, turned: Instant::now() };
        }
        let recent: [u64; CELLS] = std::array::from_fn(|index| now[index] - past.older[index]);
        drop(past);
        let count: u64 = recent.iter().sum();
        let quantile = |hundredths: u64| {
            let rank = (count * hundredths).div_ceil(100).max(1);
            let mut seen = 0;
            let place = recent.iter().position(|&number| {
                seen += number;
                seen >= rank
            });
            place.map_or(0, upper)
        };
        if count == 0 {
            return LatencySummary::default();
        }
        LatencySummary { count, p50_us: quantile(50), p99_us: quantile(99), max_us: quantile(100) }
    }
}

/// Below [`STEPS`] one for each microsecond, then by doublings.
fn cell(micros: u64) -> usize {
    let steps = STEPS as u64;
    if micros < steps {
        return usize::try_from(micros).unwrap_or(0);
    }
    // At least 3, for micros >= 8.
    let octave = micros.ilog2();
    let step = (micros >> (octave - steps.ilog2())) - steps;
    let index = (u64::from(octave - steps.ilog2()) + 1) * steps + step;
    usize::try_from(index).unwrap_or(CELLS).min(CELLS - 1)
}

/// The first time in microseconds that is beyond a cell.
fn upper(index: usize) -> u64 {
    let (octave, step) = (index / STEPS, (index % STEPS) as u64);
    match octave {
        0 => step + 1,
        _ => (STEPS as u64 + step + 1) << (octave - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_lies_below_the_end_of_its_cell_and_not_a_seventh_below() {
        for micros in (0..100_000).chain([1 << 20, (1 << 23) + 12_345]) {
            let end = upper(cell(micros));
            assert!(micros < end && end <= micros + 1 + micros / 7, "{micros} {end}");
        }
        assert_eq!(cell(u64::MAX), CELLS - 1);
    }

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let latencies = Latencies::default();
        assert_eq!(latencies.summary(), LatencySummary::default());
        (0..98).for_each(|_| latencies.record(Duration::from_micros(70)));
        latencies.record(Duration::from_millis(2));
        latencies.record(Duration::from_millis(40));
        let summary = latencies.summary();
        assert_eq!(summary.count, 100);
        assert!((71..=80).contains(&summary.p50_us), "{summary:?}");
        assert!((2001..=2300).contains(&summary.p99_us), "{summary:?}");
        assert!((40_001..=46_000).contains(&summary.max_us), "{summary:?}");
    }
}
