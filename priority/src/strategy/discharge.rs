//! When green has to start so that the queue in front of a vehicle is gone when it comes.
//!
//! Of `n0` vehicles that stand and `q` that come a second, those that are there when green starts after `D` seconds need
//! `Tq(D) = (l1 + h (n0 + q D)) / (1 - q h)` to leave, with the saturation headway `h` and the lost time `l1`; who joins meanwhile is counted in.
//! The vehicle follows the last of them by `follow`. So green starts at the latest when `D + Tq(D) + follow = ETA`, and early enough to be seen
//! before anybody brakes. Sources: Qin and Khan, "Control strategies of traffic signal timing transition for emergency vehicle preemption"
//! (Transportation Research C 25, 2012); Noori, Fu and Shiravi (TRB 2016) for connected vehicles; queue discharge as in the HCM.

use voorrang_units::Duration;

use crate::queue::{Queue, QueueConfig};

/// The share of saturation flow above which a queue is taken not to end.
const MOST_SATURATED: f64 = 0.9;

/// How long a queue that is let go in `start` from now takes until its last vehicle has left.
pub(super) fn clearance(queue: Queue, config: &QueueConfig, start: Duration) -> Duration {
    let headway = config.saturation_headway.seconds();
    let load = (queue.arrivals_per_s * headway).min(MOST_SATURATED);
    let waiting = queue.vehicles + load / headway * start.seconds().max(0.0);
    if waiting < 0.5 {
        return Duration::ZERO;
    }
    Duration::from_seconds_f64((config.lost_time.seconds() + headway * waiting) / (1.0 - load))
}

/// The latest start of green, from now, for a vehicle that comes in `eta` and is to follow the last of the queue by `follow`; negative
/// where it is too late for that.
pub(super) fn latest_start(queue: Queue, config: &QueueConfig, eta: Duration, follow: Duration) -> Duration {
    let headway = config.saturation_headway.seconds();
    let load = (queue.arrivals_per_s * headway).min(MOST_SATURATED);
    let left = (eta - follow).seconds();
    if queue.vehicles + load / headway * left.max(0.0) < 0.5 {
        return eta - follow;
    }
    Duration::from_seconds_f64((1.0 - load) * left - config.lost_time.seconds() - headway * queue.vehicles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_seconds_f64(seconds)
    }

    fn queue(vehicles: f64, arrivals_per_s: f64) -> Queue {
        Queue { vehicles, arrivals_per_s }
    }

    #[test]
    fn the_worked_example_comes_out() {
        // Six vehicles, 0.1 a second, ETA 30 s, 2 s behind the last: start after 9.28 s, 18.72 s to clear.
        let (queue, config) = (queue(6.0, 0.1), QueueConfig::default());
        let start = latest_start(queue, &config, seconds(30.0), seconds(2.0));
        assert!((start.seconds() - 9.28).abs() < 0.01, "{start}");
        let clearance = clearance(queue, &config, start);
        assert!((clearance.seconds() - 18.72).abs() < 0.01, "{clearance}");
    }

    #[test]
    fn start_and_clearance_meet_the_vehicle() {
        for vehicles in [1.0, 4.0, 12.0] {
            for arrivals in [0.0, 0.05, 0.2] {
                let (queue, config) = (queue(vehicles, arrivals), QueueConfig::default());
                let (eta, follow) = (seconds(60.0), seconds(2.0));
                let start = latest_start(queue, &config, eta, follow);
                if start > Duration::ZERO {
                    let passed = start + clearance(queue, &config, start) + follow;
                    assert!((passed - eta).millis().abs() <= 2, "{vehicles} {arrivals}: {passed}");
                }
            }
        }
    }

    #[test]
    fn an_empty_road_needs_no_clearance() {
        let config = QueueConfig::default();
        assert_eq!(clearance(queue(0.0, 0.0), &config, seconds(10.0)), Duration::ZERO);
        assert_eq!(latest_start(queue(0.0, 0.0), &config, seconds(10.0), seconds(2.0)), seconds(8.0));
    }

    #[test]
    fn an_oversaturated_road_starts_at_once_instead_of_never() {
        let start = latest_start(queue(10.0, 2.0), &QueueConfig::default(), seconds(60.0), seconds(2.0));
        assert!(start < Duration::ZERO);
    }
}
