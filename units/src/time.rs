//! Engine time: whole milliseconds, so that sums are exact. No clock is read here.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// A signed span of time in whole milliseconds; serialised as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(i64);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds; saturates.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// From seconds, rounded to the millisecond, saturating; not-a-number becomes zero.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is what is promised")]
    pub fn from_seconds_f64(seconds: f64) -> Self {
        Self((seconds * 1000.0).round() as i64)
    }

    /// In milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// In seconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to 285 thousand years")]
    pub const fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Duration {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Duration {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Mul<i64> for Duration {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

/// Seconds with what decimals it has: `2.5 s`.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} s", self.seconds())
    }
}

const MILLIS_A_DAY: i64 = 86_400_000;

/// A moment: milliseconds of UTC since 1970-01-01 without leap seconds, as operating systems count them; serialised as
/// that number. Every part of the core gets it as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// In milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// The start of a second of the UTC calendar; `None` where there is no such date or time of day.
    #[must_use]
    pub fn from_utc(year: i32, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let exists = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        exists.then(|| Self(days_from_civil(year, month, day) * MILLIS_A_DAY + seconds * 1000))
    }

    /// Reads `2026-01-12T07:00:00Z` or with decimals of the second (`...00.250Z`); only UTC. `None` where it is not such a time.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let text = text.strip_suffix(['Z', 'z'])?;
        let (date, time) = text.split_once(['T', 't', ' '])?;
        let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
        let mut date = date.split('-').map(digits);
        let mut time = whole.split(':').map(digits);
        let (year, month, day) = (date.next()??, date.next()??, date.next()??);
        let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
        if date.next().is_some() || time.next().is_some() {
            return None;
        }
        let millis = match fraction.len() {
            0 => 0,
            1..=9 => digits(&format!("{:0<3}", &fraction.get(..3.min(fraction.len()))?))?,
            _ => return None,
        };
        let byte = |number: u32| u8::try_from(number).ok();
        let start = Self::from_utc(
            i32::try_from(year).ok()?,
            byte(month)?,
            byte(day)?,
            byte(hour)?,
            byte(minute)?,
            byte(second)?,
        )?;
        Some(start + Duration::from_millis(i64::from(millis)))
    }

    /// The calendar year in UTC.
    #[must_use]
    pub fn year(self) -> i32 {
        civil_from_days(self.0.div_euclid(MILLIS_A_DAY)).0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

/// RFC 3339 with milliseconds: `2026-01-12T07:00:00.000Z`.
impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(MILLIS_A_DAY));
        let millis = self.0.rem_euclid(MILLIS_A_DAY);
        let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
            millis % 1000
        )
    }
}

/// A number of ASCII digits only, which `str::parse` does not insist on.
fn digits(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The Gregorian calendar's rule.
pub(crate) const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. The year is counted from March, so that the leap day comes last.
fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date (year, month, day) that lies `days` after 1970-01-01.
#[expect(
    clippy::cast_possible_truncation,
    reason = "an i64 of milliseconds spans 292 million years either way"
)]
fn civil_from_days(days: i64) -> (i32, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates_have_their_unix_time() {
        let check = |text: &str, unix_seconds: i64| {
            let instant = Instant::parse_rfc3339(text).unwrap();
            assert_eq!(instant, Instant::from_unix_millis(unix_seconds * 1000), "{text}");
            assert_eq!(instant.to_string(), text.replace('Z', ".000Z"));
        };
        check("1970-01-01T00:00:00Z", 0);
        check("2000-02-29T12:00:00Z", 951_825_600);
        check("2004-01-01T00:00:00Z", 1_072_915_200);
        check("2026-11-23T16:30:24Z", 1_795_451_424);
        check("1969-12-31T23:59:59Z", -1);
    }

    #[test]
    fn decimals_of_a_second_are_kept_to_the_millisecond() {
        let check = |text: &str, millis: i64| {
            assert_eq!(Instant::parse_rfc3339(text), Some(Instant::from_unix_millis(millis)), "{text}");
        };
        check("1970-01-01T00:00:01.5Z", 1500);
        check("1970-01-01T00:00:01.123456Z", 1123);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "2026-02-29T00:00:00Z", "2026-01-12T07:00:00", "2026-01-12T24:00:00Z", "2026-01-12T07:00Z"]
        {
            assert_eq!(Instant::parse_rfc3339(text), None, "{text}");
        }
        for text in ["2026-+1-12T07:00:00Z", "2026-01-12T07:00:00.Zé", "2026-01-12T07:00:00.éZ"] {
            assert_eq!(Instant::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_round_to_the_millisecond() {
        assert_eq!(Duration::from_seconds_f64(0.1 + 0.2), Duration::from_millis(300));
        assert_eq!(Duration::from_seconds_f64(-1.0004), Duration::from_millis(-1000));
        assert_eq!(Duration::from_seconds_f64(f64::NAN), Duration::ZERO);
        assert_eq!(Duration::from_seconds_f64(f64::INFINITY), Duration::from_millis(i64::MAX));
    }
}
