//! ITS time: how ETSI and ISO messages count it. Engine time is [`Instant`]; these types stand on the wire only.

use crate::time::is_leap_year;
use crate::{Duration, Instant};

/// 2004-01-01T00:00:00Z, where `TimestampIts` starts, in milliseconds of Unix time.
const ITS_EPOCH_UNIX_MILLIS: i64 = 1_072_915_200_000;

/// The leap seconds since 2004, by the Unix time (s) at which each took effect: the ends of 2005, 2008, June 2012, June 2015,
/// 2016 (IERS Bulletin C). None has been announced since.
const LEAP_SECONDS: [i64; 5] = [1_136_073_600, 1_230_768_000, 1_341_100_800, 1_435_708_800, 1_483_228_800];

/// `TimestampIts` (TS 102 894-2 clause A.91): milliseconds since 2004-01-01T00:00:00Z *with* leap seconds, so that since 2017
/// it is 5 s ahead of a naive count. Its check value: 2007-01-01T00:00:00Z is 94 694 401 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimestampIts(u64);

impl TimestampIts {
    /// From the number on the wire.
    #[must_use]
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The time stamp of a moment; moments before 2004 become 0.
    #[must_use]
    pub fn from_instant(instant: Instant) -> Self {
        let unix_millis = instant.unix_millis();
        let leaps = LEAP_SECONDS.iter().filter(|leap| unix_millis >= **leap * 1000).count();
        let since_epoch = unix_millis.saturating_sub(ITS_EPOCH_UNIX_MILLIS);
        Self(u64::try_from(since_epoch).map_or(0, |millis| millis + leaps as u64 * 1000))
    }

    /// The moment of a time stamp; within a leap second, the start of the second after it.
    #[must_use]
    pub fn instant(self) -> Instant {
        let counted = i64::try_from(self.0).unwrap_or(i64::MAX).saturating_add(ITS_EPOCH_UNIX_MILLIS);
        let mut unix_millis = counted;
        for (leaps_before, leap) in (0..).zip(LEAP_SECONDS) {
            let without_this = counted - leaps_before * 1000;
            if without_this >= leap * 1000 {
                unix_millis = (without_this - 1000).max(leap * 1000);
            }
        }
        Instant::from_unix_millis(unix_millis)
    }
}

/// `GenerationDeltaTime` (EN 302 637-2): the time stamp of a CAM in milliseconds modulo 65 536, so that it comes again every 65.5 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationDeltaTime(u16);

impl GenerationDeltaTime {
    /// From the number on the wire.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// That of a moment.
    #[must_use]
    pub fn of(instant: Instant) -> Self {
        let [.., high, low] = TimestampIts::from_instant(instant).raw().to_be_bytes();
        Self(u16::from_be_bytes([high, low]))
    }

    /// The moment nearest to `reference` that has this time stamp: less than 32.768 s before it, or at most that after it.
    #[must_use]
    pub fn resolve(self, reference: Instant) -> Instant {
        const TURN: i64 = 65_536;
        let ahead = i64::from(self.0.wrapping_sub(Self::of(reference).0));
        let nearest = if ahead <= TURN / 2 { ahead } else { ahead - TURN };
        // Time stamps, unlike moments, count the leap seconds between the two.
        TimestampIts(TimestampIts::from_instant(reference).raw().saturating_add_signed(nearest)).instant()
    }
}

/// `MinuteOfTheYear` (ISO TS 19091, SAE J2735): whole minutes since the start of the UTC year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinuteOfYear(u32);

impl MinuteOfYear {
    /// The number that stands for "invalid" on the wire.
    pub const INVALID: u32 = 527_040;

    /// From the number on the wire; `None` for 527040 ("invalid") and beyond.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        if raw < Self::INVALID { Some(Self(raw)) } else { None }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// The minute in which `instant` lies.
    #[must_use]
    pub fn of(instant: Instant) -> Self {
        let minutes = (instant - start_of_year(instant.year())).millis() / MINUTE.millis();
        Self(u32::try_from(minutes).expect("a year has at most 527 040 minutes, counted from its start"))
    }

    /// The start of this minute in the year that brings it nearest to `reference`: minute 0 received in December is the next
    /// year's. The last day's minutes of a leap year exist only in such years.
    #[must_use]
    pub fn resolve(self, reference: Instant) -> Instant {
        let year = reference.year();
        (year - 1..=year + 1)
            .filter(|year| self.0 < minutes_in_year(*year))
            .map(|year| start_of_year(year) + MINUTE * i64::from(self.0))
            .min_by_key(|start| (*start - reference).millis().abs())
            .unwrap_or_else(|| start_of_year(year) + MINUTE * i64::from(self.0))
    }
}

const MINUTE: Duration = Duration::from_seconds(60);

const fn minutes_in_year(year: i32) -> u32 {
    (if is_leap_year(year) { 366 } else { 365 }) * 1440
}

fn start_of_year(year: i32) -> Instant {
    Instant::from_utc(year, 1, 1, 0, 0, 0).expect("every year has a first of January")
}

/// `DSecond` (ISO TS 19091, SAE J2735): milliseconds within a minute. 60000 to 60999 lie in a leap second, 61000 to 65534 are
/// reserved, 65535 is "unavailable".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DSecond(u16);

impl DSecond {
    /// "Unavailable".
    pub const UNAVAILABLE: Self = Self(65_535);

    /// From the number on the wire.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// The millisecond of the minute in which `instant` lies, 0 to 59999.
    #[must_use]
    pub fn of(instant: Instant) -> Self {
        let millis = instant.unix_millis().rem_euclid(MINUTE.millis());
        Self(u16::try_from(millis).expect("below 60 000"))
    }

    /// Milliseconds within the minute, 0 to 60999; `None` where reserved or unavailable.
    #[must_use]
    pub const fn millis(self) -> Option<u16> {
        if self.0 < 61_000 { Some(self.0) } else { None }
    }
}

/// `TimeMark` (ISO TS 19091, SAE J2735): tenths of a second within the UTC hour, 0 to 35999. In a leap second the hour's last
/// second, 35990 to 35999, stands twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeMark(u16);

impl TimeMark {
    /// "Later than an hour from now".
    pub const LATER_THAN_AN_HOUR: Self = Self(36_000);
    /// "Undefined or unknown".
    pub const UNKNOWN: Self = Self(36_001);

    /// From the number on the wire.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// The tenth of a second in which `instant` lies.
    #[must_use]
    pub fn of(instant: Instant) -> Self {
        let tenths = instant.unix_millis().rem_euclid(HOUR.millis()) / TENTH.millis();
        Self(u16::try_from(tenths).expect("below 36 000"))
    }

    /// The start of this tenth of a second in the hour that brings it nearest to `reference`: at most half an hour before or
    /// after it, just half an hour always after. `None` for [`Self::LATER_THAN_AN_HOUR`], [`Self::UNKNOWN`] and beyond.
    #[must_use]
    pub fn resolve(self, reference: Instant) -> Option<Instant> {
        let within = Duration::from_millis(reference.unix_millis().rem_euclid(HOUR.millis()));
        let this_hour = (reference - within) + TENTH * i64::from(self.0);
        let known = self.0 < Self::LATER_THAN_AN_HOUR.0;
        let hours = [this_hour + HOUR, this_hour, this_hour - HOUR];
        let nearest = hours.into_iter().min_by_key(|moment| (*moment - reference).millis().unsigned_abs());
        nearest.filter(|_| known)
    }
}

const HOUR: Duration = Duration::from_seconds(3600);
const TENTH: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn timestamp_its_has_the_check_value_of_the_standard() {
        let stamp = TimestampIts::from_instant(utc("2007-01-01T00:00:00Z"));
        assert_eq!(stamp.raw(), 94_694_401_000);
        assert_eq!(stamp.instant(), utc("2007-01-01T00:00:00Z"));
    }

    #[test]
    fn timestamp_its_is_five_seconds_ahead_of_a_naive_count_since_2017() {
        let instant = utc("2026-11-23T12:00:00Z");
        let naive = instant.unix_millis() - ITS_EPOCH_UNIX_MILLIS;
        assert_eq!(TimestampIts::from_instant(instant).raw(), u64::try_from(naive).unwrap() + 5000);
    }

    #[test]
    fn timestamps_come_back_around_every_leap_second() {
        for leap in LEAP_SECONDS {
            for offset in [-1001, -1000, -1, 0, 1, 999, 1000, 5000] {
                let instant = Instant::from_unix_millis(leap * 1000 + offset);
                assert_eq!(TimestampIts::from_instant(instant).instant(), instant, "{leap} {offset}");
            }
            let inside =
                TimestampIts(TimestampIts::from_instant(Instant::from_unix_millis(leap * 1000)).raw() - 500);
            assert_eq!(inside.instant(), Instant::from_unix_millis(leap * 1000));
        }
    }

    #[test]
    fn timestamps_before_2004_are_zero() {
        assert_eq!(TimestampIts::from_instant(utc("1999-01-01T00:00:00Z")).raw(), 0);
    }

    #[test]
    fn a_generation_delta_time_is_the_low_half_of_a_time_stamp() {
        let check_value = utc("2007-01-01T00:00:00Z");
        assert_eq!(u64::from(GenerationDeltaTime::of(check_value).raw()), 94_694_401_000 % 65_536);
        assert_eq!(GenerationDeltaTime::of(utc("1999-01-01T00:00:00Z")).raw(), 0);
    }

    #[test]
    fn a_generation_delta_time_lies_nearest_to_its_reference() {
        let reference = utc("2026-10-14T00:00:12Z");
        for offset in [-32_767, -1_000, -1, 0, 1, 1_000, 32_767, 32_768] {
            let moment = reference + Duration::from_millis(offset);
            assert_eq!(GenerationDeltaTime::of(moment).resolve(reference), moment, "{offset}");
        }
        let too_old = reference - Duration::from_millis(32_768);
        let a_turn_later = reference + Duration::from_millis(32_768);
        assert_eq!(GenerationDeltaTime::of(too_old).resolve(reference), a_turn_later);
    }

    #[test]
    fn a_generation_delta_time_wraps_between_sender_and_receiver() {
        // 2026-10-14T00:00:00Z is 719 020 805 000 = 10 971 387 * 65 536 - 13 432 of ITS time: it wraps 13.432 s later.
        let wrap = utc("2026-10-14T00:00:13.432Z");
        assert_eq!(GenerationDeltaTime::of(wrap).raw(), 0);
        let before = GenerationDeltaTime::from_raw(65_500);
        assert_eq!(before.resolve(wrap + Duration::from_millis(50)), wrap - Duration::from_millis(36));
        let after = GenerationDeltaTime::from_raw(50);
        assert_eq!(after.resolve(wrap - Duration::from_millis(36)), wrap + Duration::from_millis(50));
    }

    #[test]
    fn a_generation_delta_time_comes_back_around_a_leap_second() {
        for leap in LEAP_SECONDS {
            let reference = Instant::from_unix_millis(leap * 1000);
            for offset in [-30_000, -1, 0, 1, 30_000] {
                let moment = reference + Duration::from_millis(offset);
                assert_eq!(GenerationDeltaTime::of(moment).resolve(reference), moment, "{leap} {offset}");
            }
        }
    }

    #[test]
    fn generation_delta_times_resolve_at_the_ends_of_time() {
        for (raw, millis) in [(0, i64::MIN), (65_535, i64::MIN), (65_535, i64::MAX), (0, i64::MAX), (7, 0)] {
            let _ = GenerationDeltaTime::from_raw(raw).resolve(Instant::from_unix_millis(millis));
        }
    }

    #[test]
    fn minutes_are_counted_through_leap_years() {
        assert_eq!(MinuteOfYear::of(utc("2026-01-01T00:00:59Z")).raw(), 0);
        assert_eq!(MinuteOfYear::of(utc("2026-12-31T23:59:00Z")).raw(), 525_599);
        assert_eq!(MinuteOfYear::of(utc("2028-12-31T23:59:59Z")).raw(), 527_039);
        assert_eq!(MinuteOfYear::from_raw(527_040), None);
        assert_eq!(MinuteOfYear::from_raw(u32::MAX), None);
    }

    #[test]
    fn minute_zero_received_in_december_is_next_years() {
        let zero = MinuteOfYear::from_raw(0).unwrap();
        assert_eq!(zero.resolve(utc("2026-12-31T23:59:30Z")), utc("2027-01-01T00:00:00Z"));
        let last = MinuteOfYear::from_raw(525_599).unwrap();
        assert_eq!(last.resolve(utc("2027-01-01T00:00:10Z")), utc("2026-12-31T23:59:00Z"));
        assert_eq!(zero.resolve(utc("2027-01-01T00:00:10Z")), utc("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn the_last_minute_of_a_leap_year_is_found_from_the_year_after() {
        let last = MinuteOfYear::from_raw(527_039).unwrap();
        assert_eq!(last.resolve(utc("2029-01-01T00:00:10Z")), utc("2028-12-31T23:59:00Z"));
    }

    #[test]
    fn special_seconds_have_no_milliseconds() {
        assert_eq!(DSecond::of(utc("2026-01-01T00:00:30.500Z")).millis(), Some(30_500));
        assert_eq!(DSecond::from_raw(60_999).millis(), Some(60_999));
        assert_eq!(DSecond::from_raw(61_000).millis(), None);
        assert_eq!(DSecond::UNAVAILABLE.millis(), None);
    }

    fn mark(raw: u16, reference: &str) -> Option<Instant> {
        TimeMark::from_raw(raw).resolve(utc(reference))
    }

    #[test]
    fn a_time_mark_counts_tenths_of_the_hour() {
        assert_eq!(TimeMark::of(utc("2026-10-14T00:30:12.399Z")).raw(), 18_123);
        assert_eq!(mark(18_123, "2026-10-14T00:30:00Z"), Some(utc("2026-10-14T00:30:12.300Z")));
        assert_eq!(TimeMark::of(utc("1969-12-31T23:59:59.950Z")).raw(), 35_999);
    }

    #[test]
    fn a_time_mark_wraps_at_the_hour() {
        assert_eq!(mark(50, "2026-12-31T23:59:50Z"), Some(utc("2027-01-01T00:00:05Z")));
        assert_eq!(mark(35_990, "2027-01-01T00:00:01Z"), Some(utc("2026-12-31T23:59:59Z")));
        assert_eq!(mark(0, "2026-10-14T10:30:00Z"), Some(utc("2026-10-14T11:00:00Z")));
        assert_eq!(mark(0, "2026-10-14T10:29:59.999Z"), Some(utc("2026-10-14T10:00:00Z")));
    }

    #[test]
    fn special_time_marks_are_no_moment() {
        assert_eq!(mark(35_999, "2026-10-14T00:59:00Z"), Some(utc("2026-10-14T00:59:59.900Z")));
        assert_eq!(TimeMark::LATER_THAN_AN_HOUR.raw(), 36_000);
        assert_eq!(TimeMark::UNKNOWN.raw(), 36_001);
        for raw in [36_000, 36_001, 36_002, u16::MAX] {
            assert_eq!(mark(raw, "2026-10-14T00:59:00Z"), None, "{raw}");
        }
    }

    #[test]
    fn time_marks_come_back_at_the_ends_of_time() {
        for millis in [i64::MIN, -1, 0, i64::MAX] {
            let reference = Instant::from_unix_millis(millis);
            assert!(TimeMark::of(reference).resolve(reference).is_some(), "{millis}");
        }
    }
}
