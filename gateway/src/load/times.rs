//! Measured times: kept to three digits, told in microseconds.

use hdrhistogram::Histogram;

use super::report::RoundTrip;

/// The longest that is told apart, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;

/// Times that were measured.
#[derive(Debug)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    pub(super) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds and digits that a histogram can have"))
    }

    pub(super) fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos.max(1));
    }

    /// So large a share of them was no longer than this, in microseconds.
    pub(super) fn micros(&self, share: f64) -> u64 {
        self.0.value_at_quantile(share) / 1000
    }

    pub(super) fn round_trip(&self) -> RoundTrip {
        RoundTrip { p50: self.micros(0.5), p99: self.micros(0.99), max: self.0.max() / 1000 }
    }
}
