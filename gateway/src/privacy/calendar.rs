//! Days and hours of UTC, by which files and keys are named.

use std::fmt;
use std::str::FromStr;

use voorrang_units::{Duration, Instant};

const HOUR_MILLIS: i64 = 3_600_000;
const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;

/// An hour of UTC: `2026-11-25T18`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(i64);

/// A day of UTC: `2026-11-25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Hour {
    /// The hour of a moment.
    #[must_use]
    pub const fn of(at: Instant) -> Self {
        Self(at.unix_millis().div_euclid(HOUR_MILLIS))
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> Instant {
        Instant::from_unix_millis(self.0.saturating_mul(HOUR_MILLIS))
    }

    /// When it is over.
    #[must_use]
    pub const fn end(self) -> Instant {
        Self(self.0 + 1).start()
    }
}

impl Day {
    /// The day of a moment.
    #[must_use]
    pub const fn of(at: Instant) -> Self {
        Self(at.unix_millis().div_euclid(DAY_MILLIS))
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> Instant {
        Instant::from_unix_millis(self.0.saturating_mul(DAY_MILLIS))
    }

    /// When it is over.
    #[must_use]
    pub const fn end(self) -> Instant {
        self.next().start()
    }

    /// The day after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The day before it.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0 - 1)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        formatter.write_str(text.get(..13).unwrap_or(&text))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        formatter.write_str(text.get(..10).unwrap_or(&text))
    }
}

/// A text that names no day or hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write it like 2026-11-25, with an hour like 2026-11-25T18")]
pub struct NoSuchTime;

impl FromStr for Hour {
    type Err = NoSuchTime;

    fn from_str(text: &str) -> Result<Self, NoSuchTime> {
        let start = Instant::parse_rfc3339(&format!("{text}:00:00Z")).ok_or(NoSuchTime)?;
        Some(Self::of(start)).filter(|hour| hour.to_string() == text).ok_or(NoSuchTime)
    }
}

impl FromStr for Day {
    type Err = NoSuchTime;

    fn from_str(text: &str) -> Result<Self, NoSuchTime> {
        let start = Instant::parse_rfc3339(&format!("{text}T00:00:00Z")).ok_or(NoSuchTime)?;
        Some(Self::of(start)).filter(|day| day.to_string() == text).ok_or(NoSuchTime)
    }
}

/// Reads a moment: RFC 3339 in UTC, an hour, or a day.
///
/// # Errors
/// When it is none of them.
pub fn moment(text: &str) -> Result<Instant, NoSuchTime> {
    let minute = || Instant::parse_rfc3339(&format!("{text}:00Z"));
    Instant::parse_rfc3339(text)
        .or_else(minute)
        .or_else(|| text.parse::<Hour>().ok().map(Hour::start))
        .or_else(|| text.parse::<Day>().ok().map(Day::start))
        .ok_or(NoSuchTime)
}

/// Whole days as a span of time.
#[must_use]
pub const fn days(count: i64) -> Duration {
    Duration::from_millis(count.saturating_mul(DAY_MILLIS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_named_by_their_beginning() {
        let at = Instant::parse_rfc3339("2026-11-25T18:12:47.250Z").unwrap();
        assert_eq!(Hour::of(at).to_string(), "2026-11-25T18");
        assert_eq!("2026-11-25T18".parse(), Ok(Hour::of(at)));
        assert_eq!(Day::of(at).to_string(), "2026-11-25");
        assert_eq!("2026-11-25".parse(), Ok(Day::of(at)));
        for text in ["2026-11-25T24", "2026-13-01", "", "2026-11-25T1", "2026-11-25.jsonl"] {
            assert!(text.parse::<Hour>().is_err() && text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_is_written_as_exactly_as_somebody_likes() {
        let at = |text: &str| Instant::parse_rfc3339(text).unwrap();
        assert_eq!(moment("2026-11-25"), Ok(at("2026-11-25T00:00:00Z")));
        assert_eq!(moment("2026-11-25T18"), Ok(at("2026-11-25T18:00:00Z")));
        assert_eq!(moment("2026-11-25T18:05"), Ok(at("2026-11-25T18:05:00Z")));
        assert_eq!(moment("2026-11-25T18:05:07Z"), Ok(at("2026-11-25T18:05:07Z")));
        assert_eq!(moment("yesterday"), Err(NoSuchTime));
    }
}
