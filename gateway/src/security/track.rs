//! Whether a vehicle can have moved as its messages say.

use voorrang_units::{Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

use super::refusal::Refusal;
use super::roads::FASTEST;

/// What positions may err by.
const ERROR: Length = Length::from_metres(15.0);
/// No vehicle gains or loses speed faster for long (m/s2).
const HARDEST: f64 = 8.0;
/// What two speeds may err by together.
const SPEED_ERROR: Speed = Speed::from_metres_per_second(2.0);
/// Speeds are compared over no less than this: within it an emergency stop is steeper.
const SUSTAINED: Duration = Duration::from_seconds(1);
/// After so long a vehicle may be anywhere.
pub(super) const FORGOTTEN: Duration = Duration::from_seconds(60);
/// How much older the position of one kind of message may be than that of another.
const BETWEEN_KINDS: Duration = Duration::from_seconds(1);

/// Where a vehicle was last, by one kind of its messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    at: Instant,
    position: GeodeticPosition,
    speed: Option<Speed>,
    /// The speed that the next ones are held against, and since when.
    steady: Option<(Instant, Speed)>,
}

impl Track {
    pub(super) const fn position(&self) -> GeodeticPosition {
        self.position
    }

    pub(super) const fn at(&self) -> Instant {
        self.at
    }

    /// Whether the vehicle can be where it says now, given that it was there by a message of the same kind.
    pub(super) fn leads_to(
        &self,
        at: Instant,
        position: GeodeticPosition,
        speed: Option<Speed>,
    ) -> Result<(), Refusal> {
        let passed = (at - self.at).millis().abs();
        if passed > FORGOTTEN.millis() {
            return Ok(());
        }
        let passed = Duration::from_millis(passed);
        let most = match (self.speed, speed) {
            (Some(before), Some(now)) => {
                let gained = Speed::from_metres_per_second(HARDEST * passed.seconds());
                (before.abs().max(now.abs()) + gained).min(FASTEST)
            }
            _ => FASTEST,
        };
        if between(self.position, position) > most * passed + ERROR {
            return Err(Refusal::ImpossibleJump);
        }
        let Some((since, steady)) = self.steady else { return Ok(()) };
        let Some(speed) = speed else { return Ok(()) };
        let over = at - since;
        let most = Speed::from_metres_per_second(HARDEST * over.seconds()) + SPEED_ERROR;
        if over >= SUSTAINED && (speed - steady).abs() > most {
            return Err(Refusal::ImplausibleAcceleration);
        }
        Ok(())
    }

    /// Whether the vehicle can be where it says now, given that it was there by a message of another kind: the two tell of different moments.
    pub(super) fn agrees_with(&self, at: Instant, position: GeodeticPosition) -> Result<(), Refusal> {
        let passed = Duration::from_millis((at - self.at).millis().abs());
        if passed > FORGOTTEN
            || between(self.position, position) <= FASTEST * (passed + BETWEEN_KINDS) + ERROR
        {
            Ok(())
        } else {
            Err(Refusal::ImpossibleJump)
        }
    }

    /// The track with one more message; an older one changes nothing.
    pub(super) fn followed_by(
        before: Option<Self>,
        at: Instant,
        position: GeodeticPosition,
        speed: Option<Speed>,
    ) -> Self {
        match before {
            Some(before) if at < before.at => before,
            _ => {
                let lasting =
                    before.and_then(|before| before.steady).filter(|(since, _)| at - *since < SUSTAINED);
                Self { at, position, speed, steady: lasting.or(speed.map(|speed| (at, speed))) }
            }
        }
    }
}

fn between(one: GeodeticPosition, other: GeodeticPosition) -> Length {
    let plane = LocalPlane::at(one);
    plane.to_local(one).distance_to(plane.to_local(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_units::LocalPosition;

    const START: Instant = Instant::from_unix_millis(1_795_600_000_000);

    fn at(seconds: f64) -> Instant {
        START + Duration::from_seconds_f64(seconds)
    }

    fn place(metres: f64) -> GeodeticPosition {
        let plane = LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap());
        plane.to_geodetic(LocalPosition::from_metres(metres, 0.0))
    }

    fn metres_per_second(speed: f64) -> Option<Speed> {
        Some(Speed::from_metres_per_second(speed))
    }

    /// What becomes of messages, each seconds, metres and speed; those that are refused leave no trace.
    fn drive(messages: &[(f64, f64, f64)]) -> Vec<Result<(), Refusal>> {
        let mut track: Option<Track> = None;
        let mut results = Vec::new();
        for (second, metres, speed) in messages {
            let (at, place, speed) = (at(*second), place(*metres), metres_per_second(*speed));
            let result = track.map_or(Ok(()), |track| track.leads_to(at, place, speed));
            if result.is_ok() {
                track = Some(Track::followed_by(track, at, place, speed));
            }
            results.push(result);
        }
        results
    }

    #[test]
    fn an_honest_drive_passes() {
        // 25 m/s, an emergency stop at 9 m/s2, standing, and away again.
        let mut messages: Vec<_> = (0..20).map(|n| (f64::from(n) * 0.5, f64::from(n) * 12.5, 25.0)).collect();
        let (mut second, mut metres, mut speed) = (9.5, 237.5, 25.0_f64);
        while speed > 0.0 {
            (second, metres, speed) = (second + 0.1, metres + speed * 0.1, (speed - 0.9).max(0.0));
            messages.push((second, metres, speed));
        }
        for _ in 0..100 {
            (second, metres, speed) = (second + 0.1, metres + speed * 0.1, speed + 0.25);
            messages.push((second, metres, speed));
        }
        assert!(drive(&messages).iter().all(Result::is_ok));
    }

    #[test]
    fn from_groningen_to_den_bosch_takes_longer_than_a_second() {
        let results =
            drive(&[(0.0, 0.0, 14.0), (1.0, 14.0, 14.0), (2.0, 180_000.0, 14.0), (3.0, 42.0, 14.0)]);
        assert_eq!(results, [Ok(()), Ok(()), Err(Refusal::ImpossibleJump), Ok(())]);
        let small = drive(&[(0.0, 0.0, 14.0), (1.0, 60.0, 14.0)]);
        assert_eq!(small[1], Err(Refusal::ImpossibleJump), "14 m/s make 37 m at most");
    }

    #[test]
    fn after_a_minute_of_silence_it_may_be_anywhere() {
        assert_eq!(drive(&[(0.0, 0.0, 14.0), (60.5, 50_000.0, 14.0)])[1], Ok(()));
    }

    #[test]
    fn nobody_gains_ten_metres_per_second_each_second() {
        let results: Vec<_> = (0..6).map(|n| (f64::from(n), 0.0, 12.0 * f64::from(n))).collect();
        let results = drive(&results);
        assert!(results.contains(&Err(Refusal::ImplausibleAcceleration)), "{results:?}");
    }

    #[test]
    fn a_request_and_a_position_may_be_of_different_moments_but_not_of_different_towns() {
        let track = Track::followed_by(None, at(0.0), place(0.0), metres_per_second(30.0));
        assert_eq!(track.agrees_with(at(0.1), place(30.0)), Ok(()));
        assert_eq!(track.agrees_with(at(0.1), place(3000.0)), Err(Refusal::ImpossibleJump));
    }
}
