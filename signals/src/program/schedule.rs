//! When which of several plans holds: times of day and days of the week, in local time.

use std::fmt;
use std::str::FromStr;

use voorrang_units::{Duration, Instant};

const DAY: Duration = Duration::from_seconds(86_400);
const HOUR: Duration = Duration::from_seconds(3600);
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);
    /// How to write them.
    pub const REMEDY: &str = "write days like \"mon-fri\" or \"sat,sun\"";

    /// Is the day, counted from Monday, one of them?
    #[must_use]
    pub const fn contains(self, day: u8) -> bool {
        self.0 >> (day % 7) & 1 == 1
    }
}

/// `mon-fri`, `sat,sun`, `mon,wed-fri`.
impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = |name: &str| {
            let place = NAMES.iter().position(|known| *known == name.trim());
            place.ok_or_else(|| format!("there is no day \"{}\"", name.trim()))
        };
        let mut days = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (day(first)?, day(last)?);
            let count = (last + 7 - first) % 7 + 1;
            for place in first..first + count {
                days |= 1 << (place % 7);
            }
        }
        Ok(Self(days))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = (0_u8..7).zip(NAMES).filter(|(day, _)| self.contains(*day));
        formatter.write_str(&named.map(|(_, name)| name).collect::<Vec<_>>().join(","))
    }
}

/// A plan begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// Since midnight, local time.
    pub from: Duration,
    /// On these days.
    pub days: Days,
    /// The plan's place.
    pub plan: usize,
}

/// When which plan holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    utc_offset: Duration,
    summer_time: bool,
    switches: Vec<Switch>,
}

impl Schedule {
    /// Local standard time is `utc_offset` later than UTC, an hour more in the summer time of the European Union where that is kept
    /// (directive 2000/84/EC: from 01:00 UTC on the last Sunday of March to the same of October).
    #[must_use]
    pub fn new(utc_offset: Duration, summer_time: bool, switches: Vec<Switch>) -> Self {
        Self { utc_offset, summer_time, switches }
    }

    /// The last switch until a moment, itself included, with when it was; `None` where there has been none within a week.
    #[must_use]
    pub fn last_switch(&self, at: Instant) -> Option<(Instant, usize)> {
        let (today, _) = self.local(at);
        let days = (today - 8..=today + 1).rev();
        let moments = days.flat_map(|day| self.on(day)).filter(|(moment, _)| *moment <= at);
        // Of two at one moment the later in the list holds.
        moments.fold(None, |last, next| match last {
            Some((moment, _)) if moment > next.0 => last,
            _ => Some(next),
        })
    }

    /// The first switch after a moment; `None` where there is none within a week.
    #[must_use]
    pub fn next_switch(&self, after: Instant) -> Option<Instant> {
        let (today, _) = self.local(after);
        let moments = (today - 1..=today + 8).flat_map(|day| self.on(day));
        moments.map(|(moment, _)| moment).filter(|moment| *moment > after).min()
    }

    /// All switches of a local day, counted from 1970-01-01.
    fn on(&self, day: i64) -> impl Iterator<Item = (Instant, usize)> {
        let switches = self.switches.iter().filter(move |switch| switch.days.contains(weekday(day)));
        switches.map(move |switch| {
            let local = Instant::from_unix_millis(0) + Duration::from_seconds(day * 86_400) + switch.from;
            (self.utc(local), switch.plan)
        })
    }

    /// Which local day, and how far into it.
    fn local(&self, at: Instant) -> (i64, Duration) {
        let shift = self.utc_offset + if self.summer_time && is_summer(at) { HOUR } else { Duration::ZERO };
        let millis = (at + shift).unix_millis();
        let day = millis.div_euclid(DAY.millis());
        (day, Duration::from_millis(millis.rem_euclid(DAY.millis())))
    }

    /// A local time of the clock as a moment. The hour that summer time leaves out counts as the one after it; of the hour that comes twice
    /// the first is meant.
    fn utc(&self, local: Instant) -> Instant {
        let standard = local - self.utc_offset;
        if self.summer_time && is_summer(standard - HOUR) { standard - HOUR } else { standard }
    }
}

/// Counted from Monday; 1970-01-01 was a Thursday.
fn weekday(day: i64) -> u8 {
    u8::try_from((day + 3).rem_euclid(7)).expect("a remainder of seven")
}

/// Is it summer time in the European Union?
fn is_summer(at: Instant) -> bool {
    let year = at.year();
    let change = |month| {
        let last = Instant::from_utc(year, month, 31, 1, 0, 0)?;
        let day = weekday(last.unix_millis().div_euclid(DAY.millis()));
        let after_sunday = i64::from((day + 1) % 7);
        Some(last - Duration::from_seconds(after_sunday * 86_400))
    };
    matches!((change(3), change(10)), (Some(begin), Some(end)) if begin <= at && at < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    fn hours(hours: i64) -> Duration {
        HOUR * hours
    }

    /// Plan 1 from seven on weekdays, plan 0 from nine on weekdays; Dutch time.
    fn rush_hour() -> Schedule {
        let weekdays = "mon-fri".parse().unwrap();
        let switch = |from, plan| Switch { from: hours(from), days: weekdays, plan };
        Schedule::new(HOUR, true, vec![switch(7, 1), switch(9, 0)])
    }

    #[test]
    fn days_read_as_they_are_written() {
        for (text, same) in [
            ("mon-fri", "mon,tue,wed,thu,fri"),
            ("sat,sun", "sat,sun"),
            ("sun-mon", "mon,sun"),
            ("wed", "wed"),
        ] {
            assert_eq!(text.parse::<Days>().unwrap().to_string(), same);
        }
        assert_eq!("mon-funday".parse::<Days>(), Err("there is no day \"funday\"".to_owned()));
    }

    #[test]
    fn summer_time_begins_and_ends_on_the_last_sundays() {
        for (text, summer) in [
            ("2026-03-29T00:59:59Z", false),
            ("2026-03-29T01:00:00Z", true),
            ("2026-10-25T00:59:59Z", true),
            ("2026-10-25T01:00:00Z", false),
            ("2024-03-31T01:00:00Z", true),
            ("2027-10-31T00:59:59Z", true),
        ] {
            assert_eq!(is_summer(utc(text)), summer, "{text}");
        }
    }

    #[test]
    fn plans_switch_by_the_local_clock() {
        let schedule = rush_hour();
        // Monday in winter: seven o'clock is six in UTC.
        assert_eq!(schedule.last_switch(utc("2026-01-12T06:00:00Z")), Some((utc("2026-01-12T06:00:00Z"), 1)));
        assert_eq!(schedule.last_switch(utc("2026-01-12T05:59:59Z")).unwrap().1, 0);
        // Monday in summer: five in UTC.
        assert_eq!(schedule.last_switch(utc("2026-07-13T05:00:00Z")), Some((utc("2026-07-13T05:00:00Z"), 1)));
    }

    #[test]
    fn the_weekend_goes_on_with_fridays_last_plan() {
        let schedule = rush_hour();
        let friday_nine = utc("2026-01-16T08:00:00Z");
        assert_eq!(schedule.last_switch(utc("2026-01-18T12:00:00Z")), Some((friday_nine, 0)));
        assert_eq!(schedule.next_switch(friday_nine), Some(utc("2026-01-19T06:00:00Z")));
    }

    #[test]
    fn a_schedule_without_switches_never_switches() {
        let schedule = Schedule::new(HOUR, true, vec![]);
        assert_eq!(schedule.last_switch(utc("2026-01-18T12:00:00Z")), None);
        assert_eq!(schedule.next_switch(utc("2026-01-18T12:00:00Z")), None);
    }
}
