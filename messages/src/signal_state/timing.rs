//! When a phase begins and ends: time marks on the wire.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant, TimeMark};

use crate::dsrc::{self, TimeChangeDetails, TimeIntervalConfidence};
use crate::view_error::ViewError;

/// `TimeChangeDetails` (ISO TS 19091). What is unknown is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PhaseTiming {
    /// `startTime`: when the phase began, or will.
    pub start: Option<ChangeTime>,
    /// `minEndTime`: when it ends at the earliest.
    pub min_end: Option<ChangeTime>,
    /// `maxEndTime`: when it ends at the latest.
    pub max_end: Option<ChangeTime>,
    /// `likelyTime`: when it probably ends.
    pub likely_end: Option<ChangeTime>,
    /// `confidence` 0 to 15: the class of the probability that it ends at `likely_end`; see [`Self::probability_percent`].
    pub confidence: Option<u8>,
    /// `nextTime`: when the phase may come again.
    pub next: Option<ChangeTime>,
}

/// A moment within about half an hour, or one that is far off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeTime {
    /// At that moment, to the tenth of a second.
    At(Instant),
    /// More than an hour after the message: lamps that stay so until somebody asks.
    LaterThanAnHour,
}

impl ChangeTime {
    /// The moment, where it is near.
    #[must_use]
    pub const fn instant(self) -> Option<Instant> {
        match self {
            Self::At(instant) => Some(instant),
            Self::LaterThanAnHour => None,
        }
    }

    /// A mark has no hour: it is that of the moment nearest to `reference`.
    fn from_wire(wire: dsrc::TimeMark, reference: Instant) -> Option<Self> {
        let mark = TimeMark::from_raw(wire.0);
        if mark == TimeMark::LATER_THAN_AN_HOUR {
            return Some(Self::LaterThanAnHour);
        }
        mark.resolve(reference).map(Self::At)
    }

    /// Unknown where a reader would take the mark for a moment of another hour: half an hour or more before `reference`, or half an
    /// hour to an hour after it.
    fn to_wire(self, reference: Instant) -> TimeMark {
        let Self::At(instant) = self else { return TimeMark::LATER_THAN_AN_HOUR };
        let mark = TimeMark::of(instant);
        let read = mark.resolve(reference).map(|read| instant - read);
        if read.is_some_and(|lost| (Duration::ZERO..TENTH).contains(&lost)) {
            mark
        } else if instant - reference > HOUR {
            TimeMark::LATER_THAN_AN_HOUR
        } else {
            TimeMark::UNKNOWN
        }
    }
}

const TENTH: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_seconds(3600);

impl PhaseTiming {
    /// The probability that stands for the class [`Self::confidence`], in percent (SAE J2735 DE_TimeIntervalConfidence): 21, 36, 47,
    /// 56, 62, 68, 73, 77, 81, 85, 88, 91, 94, 96, 98, 100 for the classes 0 to 15.
    #[must_use]
    pub fn probability_percent(&self) -> Option<u8> {
        PROBABILITY_PERCENT.get(usize::from(self.confidence?)).copied()
    }

    pub(super) fn from_wire(wire: &TimeChangeDetails, reference: Instant) -> Self {
        let time =
            |mark: Option<dsrc::TimeMark>| mark.and_then(|mark| ChangeTime::from_wire(mark, reference));
        Self {
            start: time(wire.start_time),
            min_end: time(Some(wire.min_end_time)),
            max_end: time(wire.max_end_time),
            likely_end: time(wire.likely_time),
            confidence: wire.confidence.map(|confidence| confidence.0),
            next: time(wire.next_time),
        }
    }

    pub(super) fn to_wire(self, reference: Instant) -> Result<TimeChangeDetails, ViewError> {
        let mark = |time: ChangeTime| dsrc::TimeMark(time.to_wire(reference).raw());
        let confidence = |class| {
            ViewError::in_range("a confidence", 0, TimeIntervalConfidence::MAX.0, class)
                .map(TimeIntervalConfidence)
        };
        Ok(TimeChangeDetails {
            start_time: self.start.map(mark),
            min_end_time: self.min_end.map_or(dsrc::TimeMark(TimeMark::UNKNOWN.raw()), mark),
            max_end_time: self.max_end.map(mark),
            likely_time: self.likely_end.map(mark),
            confidence: self.confidence.map(confidence).transpose()?,
            next_time: self.next.map(mark),
        })
    }
}

const PROBABILITY_PERCENT: [u8; 16] = [21, 36, 47, 56, 62, 68, 73, 77, 81, 85, 88, 91, 94, 96, 98, 100];

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: Instant = Instant::from_unix_millis(1_792_022_400_000); // a full hour

    fn there_and_back(seconds: f64) -> Option<f64> {
        let time = ChangeTime::At(REFERENCE + Duration::from_seconds_f64(seconds));
        let wire = dsrc::TimeMark(time.to_wire(REFERENCE).raw());
        match ChangeTime::from_wire(wire, REFERENCE)? {
            ChangeTime::At(instant) => Some((instant - REFERENCE).seconds()),
            ChangeTime::LaterThanAnHour => Some(f64::INFINITY),
        }
    }

    #[test]
    fn times_within_half_an_hour_come_back_to_the_tenth() {
        for (seconds, back) in [
            (0.0, 0.0),
            (12.34, 12.3),
            (-0.05, -0.1),
            (1800.0, 1800.0),
            (1800.09, 1800.0),
            (-1799.9, -1799.9),
        ] {
            assert_eq!(there_and_back(seconds), Some(back), "{seconds}");
        }
    }

    #[test]
    fn times_that_would_be_read_wrongly_are_unknown() {
        for seconds in [-1800.0, -1799.95, 1800.1, 3600.0, -1e6] {
            assert_eq!(there_and_back(seconds), None, "{seconds}");
        }
        assert_eq!(there_and_back(3600.1), Some(f64::INFINITY));
    }

    #[test]
    fn a_class_stands_for_a_probability() {
        let percent = |confidence| PhaseTiming { confidence, ..PhaseTiming::default() }.probability_percent();
        assert_eq!((percent(Some(0)), percent(Some(15)), percent(Some(16))), (Some(21), Some(100), None));
        assert_eq!(percent(None), None);
    }
}
