//! When a vehicle will be at the stop line: what its message says, held against where it was seen and how fast it may be.

use voorrang_units::{Duration, Instant, Length, Speed};

use crate::request::Request;

/// No emergency vehicle comes faster to a junction: 50 km/h and the 40 km/h more that the branch guideline allows.
const FASTEST: Speed = Speed::from_metres_per_second(25.0);
/// Whoever comes slower is held up, and will go on faster than that once it is not: 30 km/h.
const SLOWEST: Speed = Speed::from_metres_per_second(8.3);
/// A tenth of the way that is left is what ETAs are off by (judgement).
const RELATIVE_DEVIATION: f64 = 0.1;

/// When a vehicle is expected at the stop line, if nothing holds it up there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Expected.
    pub at: Instant,
    /// The standard deviation of that.
    pub deviation: Duration,
}

/// When the vehicle expects to be at the stop line; `None` where it didn't say. May lie in the past: it is late then.
#[must_use]
pub const fn at_stop_line(request: &Request) -> Option<Instant> {
    request.latest().eta
}

/// When the vehicle is to be expected: its own word, brought to what its position allows; by its position and speed where it said nothing;
/// `None` where neither is known.
#[must_use]
pub fn expected(now: Instant, request: &Request) -> Option<Arrival> {
    let within = |distance: Length| {
        let speed = request.latest().speed.map_or(SLOWEST, |speed| speed.max(SLOWEST));
        (now + travel_time(distance, FASTEST), now + travel_time(distance, speed))
    };
    let at = match (at_stop_line(request), request.distance()) {
        (Some(told), Some(distance)) => {
            let (earliest, latest) = within(distance);
            // Its route's speed may be less than its present one; not less than the slowest.
            let latest = latest.max(now + travel_time(distance, SLOWEST));
            told.clamp(earliest, latest)
        }
        (Some(told), None) => told.max(now),
        (None, Some(distance)) => within(distance).1,
        (None, None) => return None,
    };
    let left = (at - now).seconds();
    Some(Arrival { at, deviation: Duration::from_seconds_f64(left * RELATIVE_DEVIATION) })
}

fn travel_time(distance: Length, speed: Speed) -> Duration {
    Duration::from_seconds_f64(distance.metres() / speed.metres_per_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{ambulance, at_distance};

    const NOW: Instant = Instant::from_unix_millis(1_768_201_200_000);

    fn seconds(seconds: f64) -> Duration {
        Duration::from_seconds_f64(seconds)
    }

    /// How many seconds ahead it is expected, of what it said and its distance and speed.
    fn expected_in(told: Option<f64>, distance: Option<f64>, speed: Option<f64>) -> Option<f64> {
        let mut message = ambulance();
        message.eta = told.map(|told| NOW + seconds(told));
        message.speed = speed.map(Speed::from_metres_per_second);
        let request = at_distance(message, distance.map(Length::from_metres));
        expected(NOW, &request).map(|arrival| (arrival.at - NOW).seconds())
    }

    #[test]
    fn its_word_counts_where_its_position_allows_it() {
        assert_eq!(expected_in(Some(20.0), Some(300.0), Some(15.0)), Some(20.0));
        assert_eq!(expected_in(Some(20.0), None, None), Some(20.0));
    }

    #[test]
    fn nobody_is_faster_than_90_nor_slower_than_30_kilometres_an_hour() {
        assert_eq!(expected_in(Some(2.0), Some(300.0), Some(15.0)), Some(12.0));
        let slow = expected_in(Some(100.0), Some(83.0), Some(0.0)).unwrap();
        assert!((slow - 10.0).abs() < 0.01, "{slow}");
    }

    #[test]
    fn without_its_word_its_speed_tells() {
        assert_eq!(expected_in(None, Some(200.0), Some(20.0)), Some(10.0));
        assert_eq!(expected_in(None, None, Some(20.0)), None);
    }

    #[test]
    fn who_is_late_is_expected_now() {
        assert_eq!(expected_in(Some(-5.0), None, None), Some(0.0));
    }
}
