//! What was measured, for people and for programs.

use std::fmt;

use serde::Serialize;

/// What was measured. Its JSON has the first four members, and stays so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Requests.
    pub sent: u64,
    /// Answers to them.
    pub answered: u64,
    /// Requests without an answer, two seconds after the last.
    pub lost: u64,
    /// From when a request was due to leave until its answer was here.
    pub round_trip_us: RoundTrip,
    /// How many vehicles asked.
    #[serde(skip)]
    pub vehicles: usize,
    /// What a datagram takes that is only sent back; none where that was not measured.
    #[serde(skip)]
    pub echo: Option<RoundTrip>,
    /// Nine in ten were quicker, in microseconds.
    #[serde(skip)]
    pub p90_us: u64,
    /// All but one in a thousand were quicker, in microseconds.
    #[serde(skip)]
    pub p999_us: u64,
}

/// Times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RoundTrip {
    /// Half were quicker.
    pub p50: u64,
    /// All but one in a hundred were quicker.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// A table.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RoundTrip { p50, p99, max } = self.round_trip_us;
        writeln!(formatter, "vehicles   {:>10}", self.vehicles)?;
        writeln!(formatter, "sent       {:>10}", self.sent)?;
        writeln!(formatter, "answered   {:>10}", self.answered)?;
        writeln!(formatter, "lost       {:>10}", self.lost)?;
        writeln!(formatter, "round trip")?;
        for (name, micros) in
            [("p50", p50), ("p90", self.p90_us), ("p99", p99), ("p99.9", self.p999_us), ("max", max)]
        {
            writeln!(formatter, "  {name:<8} {micros:>10} us")?;
        }
        if let Some(RoundTrip { p50, p99, max }) = self.echo {
            writeln!(formatter, "an echo on this machine, without any gateway")?;
            for (name, micros) in [("p50", p50), ("p99", p99), ("max", max)] {
                writeln!(formatter, "  {name:<8} {micros:>10} us")?;
            }
        }
        Ok(())
    }
}
