//! When a vehicle is expected, and for how long it asks for service: minute of the year, second and duration on the wire.

use voorrang_units::{DSecond, Duration, Instant, MinuteOfYear};

use crate::dsrc;

/// `minute`, `second` and `duration` of a request or its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) eta: Option<Instant>,
    pub(crate) window: Option<Duration>,
}

impl Arrival {
    /// The longest window on the wire: 65535 is "unavailable".
    pub(crate) const LONGEST_WINDOW: Duration = Duration::from_millis(65_534);

    /// Resolves the minute to the year that brings it nearest to `received`. A minute without a second, a second without a minute, an
    /// invalid minute (527040) or a reserved or unavailable second (61000 and above) is no time of arrival.
    pub(crate) fn from_wire(
        minute: Option<dsrc::MinuteOfTheYear>,
        second: Option<dsrc::DSecond>,
        duration: Option<dsrc::DSecond>,
        received: Instant,
    ) -> Self {
        let minute = minute.and_then(|minute| MinuteOfYear::from_raw(minute.0));
        let millis = second.and_then(|second| DSecond::from_raw(second.0).millis());
        let eta = minute
            .zip(millis)
            .map(|(minute, millis)| minute.resolve(received) + Duration::from_millis(millis.into()));
        let window = duration.filter(|duration| *duration != dsrc::DSecond::UNAVAILABLE);
        Self { eta, window: window.map(|window| Duration::from_millis(window.0.into())) }
    }

    pub(crate) fn minute(&self) -> Option<dsrc::MinuteOfTheYear> {
        self.eta.map(minute_of)
    }

    pub(crate) fn second(&self) -> Option<dsrc::DSecond> {
        self.eta.map(second_of)
    }

    /// `Err` with the window where the wire can't say it.
    pub(crate) fn duration(&self) -> Result<Option<dsrc::DSecond>, Duration> {
        let on_the_wire = |window: Duration| match u16::try_from(window.millis()) {
            Ok(millis) if window <= Self::LONGEST_WINDOW => Ok(dsrc::DSecond(millis)),
            _ => Err(window),
        };
        self.window.map(on_the_wire).transpose()
    }
}

/// The minute in which a message is sent or a vehicle arrives.
pub(crate) fn minute_of(instant: Instant) -> dsrc::MinuteOfTheYear {
    dsrc::MinuteOfTheYear(MinuteOfYear::of(instant).raw())
}

/// The second within it.
pub(crate) fn second_of(instant: Instant) -> dsrc::DSecond {
    dsrc::DSecond(DSecond::of(instant).raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    fn eta(minute: u32, second: u16, received: &str) -> Option<Instant> {
        let (minute, second) = (dsrc::MinuteOfTheYear(minute), dsrc::DSecond(second));
        Arrival::from_wire(Some(minute), Some(second), None, utc(received)).eta
    }

    #[test]
    fn minute_and_second_lie_in_the_year_of_reception() {
        // 2026-10-14: 286 whole days before it.
        assert_eq!(eta(411_840, 30_500, "2026-10-14T00:00:12Z"), Some(utc("2026-10-14T00:00:30.500Z")));
    }

    #[test]
    fn around_new_year_the_nearest_year_counts() {
        assert_eq!(eta(0, 5_000, "2026-12-31T23:59:50Z"), Some(utc("2027-01-01T00:00:05Z")));
        assert_eq!(eta(0, 5_000, "2027-01-01T00:00:01Z"), Some(utc("2027-01-01T00:00:05Z")));
        assert_eq!(eta(525_599, 59_000, "2027-01-01T00:00:01Z"), Some(utc("2026-12-31T23:59:59Z")));
        assert_eq!(eta(527_039, 59_000, "2029-01-01T00:00:01Z"), Some(utc("2028-12-31T23:59:59Z")));
        assert_eq!(eta(2, 0, "2028-12-31T23:58:00Z"), Some(utc("2029-01-01T00:02:00Z")));
    }

    #[test]
    fn a_leap_second_belongs_to_its_minute() {
        assert_eq!(eta(525_599, 60_999, "2026-12-31T23:59:50Z"), Some(utc("2027-01-01T00:00:00.999Z")));
    }

    #[test]
    fn special_values_are_no_time() {
        assert_eq!(eta(527_040, 0, "2026-12-31T23:59:50Z"), None);
        assert_eq!(eta(0, 61_000, "2026-12-31T23:59:50Z"), None);
        assert_eq!(eta(0, 65_535, "2026-12-31T23:59:50Z"), None);
        let received = utc("2026-06-01T00:00:00Z");
        assert_eq!(Arrival::from_wire(Some(dsrc::MinuteOfTheYear(5)), None, None, received).eta, None);
        assert_eq!(Arrival::from_wire(None, Some(dsrc::DSecond(5)), None, received).eta, None);
        assert_eq!(Arrival::from_wire(None, None, Some(dsrc::DSecond::UNAVAILABLE), received).window, None);
    }

    #[test]
    fn a_window_that_the_wire_cannot_say_is_refused() {
        let window = |millis| Arrival { eta: None, window: Some(Duration::from_millis(millis)) }.duration();
        assert_eq!(window(65_534), Ok(Some(dsrc::DSecond(65_534))));
        assert_eq!(window(65_535), Err(Duration::from_millis(65_535)));
        assert_eq!(window(-1), Err(Duration::from_millis(-1)));
    }
}
