//! Which moment the local time of a log is. A log says neither its time zone nor whether summer time holds.

use voorrang_units::{Duration, Instant};

const HOUR: Duration = Duration::from_seconds(3600);
const MILLIS_A_DAY: i64 = 86_400_000;
/// The beginning of year 0.
const FIRST: Instant = Instant::from_unix_millis(-62_167_219_200_000);
/// The last tenth of year 9999.
const LAST: Instant = Instant::from_unix_millis(253_402_300_799_900);

/// The clock that a controller writes its log by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogClock {
    /// Dutch legal time: an hour ahead of UTC, and two from the last Sunday of March to the last Sunday of October, both 01:00 UTC
    /// (directive 2000/84/EC).
    #[default]
    Netherlands,
    /// A fixed time ahead of UTC, all year.
    Fixed {
        /// How far.
        ahead: Duration,
    },
}

impl LogClock {
    /// UTC itself.
    pub const UTC: Self = Self::Fixed { ahead: Duration::from_seconds(0) };

    /// What the clock shows at that moment, to the tenth below. Four digits hold the years 0 to 9999: before and after them it stands still.
    #[must_use]
    pub fn local(self, moment: Instant) -> TimeReference {
        let moment = moment.clamp(FIRST, LAST);
        let shown = (moment + self.ahead_at(moment)).clamp(FIRST, LAST);
        let year = shown.year();
        let starts = |month: u8| Instant::from_utc(year, month, 1, 0, 0, 0);
        let month =
            (1..=12).rev().find(|&month| starts(month).is_some_and(|start| start <= shown)).unwrap_or(1);
        let since_month = starts(month).map_or(0, |start| (shown - start).millis());
        // Each of them is below 60, so it fits.
        let part = |millis: i64, many: i64| u8::try_from(since_month / millis % many).unwrap_or(0);
        TimeReference {
            year: u16::try_from(year).unwrap_or(0),
            month,
            day: part(MILLIS_A_DAY, 31) + 1,
            hour: part(3_600_000, 24),
            minute: part(60_000, 60),
            second: part(1000, 60),
            tenths: part(100, 10),
        }
    }

    /// The moment at which the clock shows that. The hour that autumn has twice is its first one, unless that lies before `after`, the last
    /// moment of the log so far. `None` where there is no such date or time of day.
    #[must_use]
    pub fn moment(self, shown: TimeReference, after: Option<Instant>) -> Option<Instant> {
        let as_utc = shown.as_utc()?;
        Some(match self {
            Self::Fixed { ahead } => as_utc - ahead,
            Self::Netherlands => {
                let (summer, winter) = (as_utc - HOUR - HOUR, as_utc - HOUR);
                let passed = after.is_some_and(|after| summer < after);
                let twice = is_summer(summer) && !is_summer(winter);
                if is_summer(summer) && !(twice && passed) { summer } else { winter }
            }
        })
    }

    fn ahead_at(self, moment: Instant) -> Duration {
        match self {
            Self::Fixed { ahead } => ahead,
            Self::Netherlands if is_summer(moment) => HOUR + HOUR,
            Self::Netherlands => HOUR,
        }
    }
}

/// A local time of day to the tenth of a second, as the controller's clock shows it. [`LogClock`] says which moment that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeReference {
    /// 0 to 9999; old controllers write the year 2018 as 18.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 24: some controllers call midnight hour 24 of the day before.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 9.
    pub tenths: u8,
}

impl TimeReference {
    /// Whether there is such a date and time of day.
    #[must_use]
    pub fn exists(self) -> bool {
        self.as_utc().is_some()
    }

    /// The moment at which a clock on UTC shows it.
    fn as_utc(self) -> Option<Instant> {
        let year = if self.year < 100 { self.year + 2000 } else { self.year };
        let valid = self.year <= 9999 && self.hour <= 24 && self.tenths <= 9;
        let minute = Instant::from_utc(i32::from(year), self.month, self.day, 0, self.minute, self.second)?;
        let millis = i64::from(self.hour) * 3_600_000 + i64::from(self.tenths) * 100;
        valid.then(|| minute + Duration::from_millis(millis))
    }
}

/// Whether summer time holds.
fn is_summer(moment: Instant) -> bool {
    let year = moment.year();
    last_sunday(year, 3).is_some_and(|begin| begin <= moment)
        && last_sunday(year, 10).is_some_and(|end| moment < end)
}

/// 01:00 UTC on the last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: u8) -> Option<Instant> {
    let last = Instant::from_utc(year, month, 31, 1, 0, 0)?;
    // 1970-01-01 was a Thursday, four days after a Sunday.
    let after_sunday = (last.unix_millis().div_euclid(MILLIS_A_DAY) + 4).rem_euclid(7);
    Some(last - Duration::from_millis(after_sunday * MILLIS_A_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    fn shown(moment: &str) -> (u16, u8, u8, u8, u8, u8, u8) {
        let local = LogClock::Netherlands.local(at(moment));
        (local.year, local.month, local.day, local.hour, local.minute, local.second, local.tenths)
    }

    #[test]
    fn summer_time_begins_and_ends_on_the_last_sunday() {
        assert_eq!(shown("2018-03-25T00:59:59.999Z"), (2018, 3, 25, 1, 59, 59, 9));
        assert_eq!(shown("2018-03-25T01:00:00Z"), (2018, 3, 25, 3, 0, 0, 0));
        assert_eq!(shown("2018-10-28T00:59:59.9Z"), (2018, 10, 28, 2, 59, 59, 9));
        assert_eq!(shown("2018-10-28T01:00:00Z"), (2018, 10, 28, 2, 0, 0, 0));
        assert_eq!(shown("2026-10-25T00:59:00Z").3, 2);
        assert_eq!(shown("2027-12-31T23:30:00Z"), (2028, 1, 1, 0, 30, 0, 0));
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_by_what_went_before() {
        let two = TimeReference { year: 2018, month: 10, day: 28, hour: 2, minute: 0, second: 0, tenths: 0 };
        let moment = |after| LogClock::Netherlands.moment(two, after).unwrap();
        assert_eq!(moment(None), at("2018-10-28T00:00:00Z"));
        assert_eq!(moment(Some(at("2018-10-28T00:00:00Z"))), at("2018-10-28T00:00:00Z"));
        assert_eq!(moment(Some(at("2018-10-28T00:59:00Z"))), at("2018-10-28T01:00:00Z"));
    }

    #[test]
    fn hour_24_is_the_next_day_and_a_short_year_is_of_this_century() {
        let midnight =
            TimeReference { year: 18, month: 12, day: 31, hour: 24, minute: 0, second: 0, tenths: 5 };
        assert_eq!(LogClock::UTC.moment(midnight, None), Some(at("2019-01-01T00:00:00.5Z")));
    }

    #[test]
    fn every_moment_has_a_time_that_exists() {
        for millis in [i64::MIN, -62_167_219_200_001, 253_402_300_800_000, i64::MAX] {
            for clock in [LogClock::UTC, LogClock::Netherlands] {
                let local = clock.local(Instant::from_unix_millis(millis));
                assert!(local.exists() && [0, 9999].contains(&local.year), "{local:?}");
            }
        }
    }

    #[test]
    fn what_no_calendar_has_is_no_moment() {
        let leap = TimeReference { year: 2019, month: 2, day: 29, hour: 0, minute: 0, second: 0, tenths: 0 };
        assert_eq!(LogClock::Netherlands.moment(leap, None), None);
        assert!(!TimeReference { hour: 25, day: 1, ..leap }.exists());
        assert!(!TimeReference { tenths: 10, day: 1, ..leap }.exists());
    }
}
