//! Motion along a line, in metres and seconds.

/// How long it takes to cover `distance` from `speed`, accelerating at `acceleration` up to `max_speed`; metres, metres per
/// second, metres per second squared; seconds. A distance behind takes no time.
#[must_use]
pub(crate) fn time_to_cover(distance: f64, speed: f64, acceleration: f64, max_speed: f64) -> f64 {
    if distance <= 0.0 {
        return 0.0;
    }
    let max_speed = max_speed.max(speed).max(0.1);
    let accelerating = (max_speed * max_speed - speed * speed) / (2.0 * acceleration);
    if distance <= accelerating {
        ((speed * speed + 2.0 * acceleration * distance).sqrt() - speed) / acceleration
    } else {
        (max_speed - speed) / acceleration + (distance - accelerating) / max_speed
    }
}

/// The steady deceleration (positive) that brings `speed` down to `target` within `distance`; infinite where there is no way.
#[must_use]
pub(crate) fn deceleration_needed(speed: f64, target: f64, distance: f64) -> f64 {
    if speed <= target {
        0.0
    } else if distance <= 0.0 {
        f64::INFINITY
    } else {
        (speed * speed - target * target) / (2.0 * distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_start_takes_its_time() {
        // 25 m at 2 m/s2 from standstill: sqrt(2 * 25 / 2) = 5 s, reaching 10 m/s.
        assert!((time_to_cover(25.0, 0.0, 2.0, 20.0) - 5.0).abs() < 1e-12);
        // Capped at 5 m/s: 6.25 m in 2.5 s, the other 18.75 m in 3.75 s.
        assert!((time_to_cover(25.0, 0.0, 2.0, 5.0) - 6.25).abs() < 1e-12);
        assert!(time_to_cover(-1.0, 3.0, 2.0, 5.0).abs() < 1e-12);
    }

    #[test]
    fn braking_needs_more_the_shorter_the_way() {
        assert!((deceleration_needed(10.0, 0.0, 25.0) - 2.0).abs() < 1e-12);
        assert!(deceleration_needed(5.0, 6.0, 1.0).abs() < 1e-12);
        assert!(deceleration_needed(5.0, 0.0, 0.0).is_infinite());
    }
}
