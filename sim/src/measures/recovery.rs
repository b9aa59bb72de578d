//! How long traffic takes to recover from an intervention (strategies.md M7): from the emergency vehicle's arrival until the vehicles that stand in the
//! network are as many as without priority, in the paired run.
//!
//! Both series are averaged over the last 120 s. Recovered is when the one with priority is no more than a standard deviation of the other above
//! it, and stays so for 120 s. Where another emergency vehicle departs after the arrival and before that, or the record
//! ends, the trip counts as not recovered.

use crate::measures::record::{RunRecord, TripRecord};
use crate::measures::statistics::{mean, standard_deviation};

/// The series have a value each so many seconds.
pub const STEP_S: f64 = 10.0;
/// Averages are over so many values: 120 s.
const WINDOW: usize = 12;

/// One trip's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recovery {
    /// From the arrival until traffic had recovered, seconds; `None` if it had not when the next trip began or the record ended.
    pub time_s: Option<f64>,
    /// Standing vehicles more than without priority until then, vehicle-hours; negative where there were fewer.
    pub vehicle_hours: f64,
}

/// The recoveries after all trips of a run that arrived, against the paired run without priority.
#[must_use]
pub fn recoveries(without: &RunRecord, with: &RunRecord) -> Vec<Recovery> {
    if without.standing.is_empty() || with.standing.is_empty() {
        return Vec::new();
    }
    let arrived = with.emergency.iter().filter_map(|trip| Some((trip, trip.arrival_s?)));
    arrived
        .map(|(trip, arrival)| {
            let next = with.emergency.iter().map(|other| other.depart_s).filter(|depart| *depart > arrival);
            let until = next.fold(f64::INFINITY, f64::min);
            recovery(&without.standing, &with.standing, arrival, until, trip)
        })
        .collect()
}

fn recovery(without: &[u32], with: &[u32], arrival: f64, until: f64, trip: &TripRecord) -> Recovery {
    let length = without.len().min(with.len());
    let values = |series: &[u32]| series[..length].iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
    let (without, with) = (values(without), values(with));
    let slack = standard_deviation(&without).unwrap_or(0.0);
    let moment = |place: usize| STEP_S * f64::from(u32::try_from(place).unwrap_or(u32::MAX));
    let rolling = |series: &[f64], place: usize| {
        mean(&series[(place + 1).saturating_sub(WINDOW)..=place]).unwrap_or(0.0)
    };
    let as_before = |place: usize| rolling(&with, place) <= rolling(&without, place) + slack;
    let after = (0..length).filter(|place| moment(*place) >= arrival && moment(*place) < until);
    let recovered = after
        .clone()
        .find(|place| place + WINDOW < length && (*place..=place + WINDOW).all(as_before))
        .filter(|place| moment(*place) < until);
    let last = recovered.map_or(until, moment);
    let more = (0..length).filter(|place| moment(*place) >= trip.depart_s && moment(*place) < last);
    let vehicle_hours = more.map(|place| (with[place] - without[place]) * STEP_S / 3600.0).sum();
    Recovery { time_s: recovered.map(|place| (moment(place) - arrival).max(0.0)), vehicle_hours }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::comparison::examples::{run, trip};

    /// 20 vehicles stand without priority, give or take one; with it so many more from 1000 s on, ten fewer each 100 s.
    fn runs(more: u32) -> (RunRecord, RunRecord) {
        let mut without = run("none", 0, vec![trip("a", Some(100.0), 0, 0)], &[]);
        without.standing = (0..360).map(|place| 20 + place % 2).collect();
        let mut with = run("eta", 0, vec![trip("a", Some(80.0), 0, 0)], &[]);
        with.standing = (0..360_u32)
            .map(|place| {
                20 + place % 2 + if place < 100 { 0 } else { more.saturating_sub((place - 100) / 10 * 10) }
            })
            .collect();
        (without, with)
    }

    #[test]
    fn traffic_has_recovered_when_as_few_stand_as_without_priority() {
        let (without, with) = runs(30);
        let [recovery] = recoveries(&without, &with)[..] else { panic!("one trip") };
        // Nobody more from 1300 s on; the average over 120 s is there some 110 s later, less what the deviation allows.
        let time = recovery.time_s.unwrap();
        assert!((300.0..=340.0).contains(&time), "{time}");
        // 30, 20 and 10 vehicles for 100 s each.
        assert!((recovery.vehicle_hours - 6000.0 / 3600.0).abs() < 0.01, "{}", recovery.vehicle_hours);
    }

    #[test]
    fn who_costs_nothing_has_recovered_at_once() {
        let (without, with) = runs(0);
        assert_eq!(recoveries(&without, &with)[0].time_s, Some(0.0));
    }

    #[test]
    fn the_next_trip_ends_the_wait_for_recovery() {
        let (mut without, mut with) = runs(30);
        for run in [&mut without, &mut with] {
            run.emergency.push(TripRecord {
                depart_s: 1200.0,
                arrival_s: Some(1250.0),
                ..trip("b", None, 0, 0)
            });
        }
        let recoveries = recoveries(&without, &with);
        assert_eq!(recoveries[0].time_s, None);
        assert!(recoveries[1].time_s.is_some());
    }
}
