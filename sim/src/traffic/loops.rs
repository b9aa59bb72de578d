//! What loops in the road see: at which control steps within a traffic step somebody stands over each.
//!
//! Vehicles go from their place before the step to that after it at constant speed; a loop is read at each control step, as detectors on
//! the street are scanned. Only lanes with loops are visited, and on those whoever is over a loop or has just left the lane.

use super::Traffic;
use crate::network::RoadLaneIndex;

/// Control steps in a second.
const SCANS_PER_SECOND: f64 = 10.0;

/// A stretch of a lane that a loop covers; metres from the lane's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// The number of the loop; one that reaches over several lanes has several stretches.
    pub number: usize,
    /// On this lane.
    pub lane: RoadLaneIndex,
    /// Where a vehicle comes over it.
    pub upstream_m: f64,
    /// Where it has left it.
    pub downstream_m: f64,
}

/// A loop's change within a traffic step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopChange {
    /// So many control steps after the traffic step's start, from 1.
    pub scan: u16,
    /// The number of the loop.
    pub number: usize,
    /// Whether something stands on it from then on.
    pub occupied: bool,
}

/// The loops that are watched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    stretches: Vec<Stretch>,
    occupied: Vec<bool>,
    /// Of each loop, whether it is occupied at each scan of the step; the first scan is the lowest bit.
    scans: Vec<u16>,
    changes: Vec<LoopChange>,
}

impl Traffic {
    /// Watches loops from now on; all of them are free.
    pub fn watch(&mut self, stretches: Vec<Stretch>) {
        let loops = stretches.iter().map(|stretch| stretch.number + 1).max().unwrap_or(0);
        self.watch = Watch {
            occupied: vec![false; loops],
            scans: vec![0; loops],
            // Each loop may change at each of ten scans.
            changes: Vec::with_capacity(loops),
            stretches,
        };
    }

    /// What happened over the loops within the last step, in the order of time.
    #[must_use]
    pub fn loop_changes(&self) -> &[LoopChange] {
        &self.watch.changes
    }

    /// After a step's movement, before anybody changes lanes.
    pub(super) fn scan_loops(&mut self) {
        if self.watch.stretches.is_empty() {
            return;
        }
        let mut watch = std::mem::take(&mut self.watch);
        watch.scans.fill(0);
        for stretch in &watch.stretches {
            watch.scans[stretch.number] |= self.scan(stretch);
        }
        watch.note_changes(self.scans_per_step());
        self.watch = watch;
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a traffic step has 1 to 10 control steps"
    )]
    fn scans_per_step(&self) -> u16 {
        (self.step_s * SCANS_PER_SECOND).round() as u16
    }

    fn scan(&self, stretch: &Stretch) -> u16 {
        let lane = stretch.lane.index();
        let scans = self.scans_per_step();
        let mut seen = 0;
        if self.counts[lane] > 0 {
            let column = &self.columns[lane];
            for index in column.index_at(stretch.upstream_m)..column.len() {
                let cell = column.cell(index);
                let way = self.vehicles[cell.vehicle as usize].way;
                if cell.rear() - way >= stretch.downstream_m {
                    break;
                }
                seen |= seen_at(stretch, cell.position, cell.length, way, scans);
            }
        }
        // Nobody but the last that crossed the line may still reach back over it.
        if let Some(tail) = self.tails[lane] {
            let vehicle = &self.vehicles[tail.vehicle as usize];
            if vehicle.number == tail.number && vehicle.on_road {
                let front = self.roads.length[lane] + vehicle.travelled - tail.left_at;
                seen |= seen_at(stretch, front, vehicle.driver.length, vehicle.way, scans);
            }
        }
        seen
    }
}

/// The scans at which a vehicle is over a stretch that comes to have its front at `front` after going `way`, m.
fn seen_at(stretch: &Stretch, front: f64, length: f64, way: f64, scans: u16) -> u16 {
    if front < stretch.upstream_m || front - length - way >= stretch.downstream_m {
        return 0;
    }
    let over = |scan: &u16| {
        let front = front - way * (1.0 - f64::from(*scan) / f64::from(scans));
        front >= stretch.upstream_m && front - length < stretch.downstream_m
    };
    (1..=scans).filter(over).fold(0, |seen, scan| seen | 1 << (scan - 1))
}

impl Watch {
    fn note_changes(&mut self, scans: u16) {
        self.changes.clear();
        let Self { occupied, scans: seen, changes, .. } = self;
        let always = u16::MAX >> (16 - scans.clamp(1, 16));
        for (number, (occupied, seen)) in occupied.iter_mut().zip(seen).enumerate() {
            let unchanged = if *occupied { always } else { 0 };
            if *seen == unchanged {
                continue;
            }
            for scan in 1..=scans {
                let now = *seen >> (scan - 1) & 1 == 1;
                if now != *occupied {
                    *occupied = now;
                    changes.push(LoopChange { scan, number, occupied: now });
                }
            }
        }
        changes.sort_unstable_by_key(|change| (change.scan, change.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loop from 90 to 92 m.
    const LOOP: Stretch = Stretch { number: 0, lane: RoadLaneIndex(0), upstream_m: 90.0, downstream_m: 92.0 };

    /// The changes of a free (or occupied) loop under cars of 5 m with their fronts at `front` after going `way` in half a second.
    fn changes(occupied: bool, cars: &[(f64, f64)]) -> Vec<(u16, bool)> {
        let mut watch = Watch { occupied: vec![occupied], scans: vec![0], ..Watch::default() };
        for (front, way) in cars {
            watch.scans[0] |= seen_at(&LOOP, *front, 5.0, *way, 5);
        }
        watch.note_changes(5);
        watch.changes.iter().map(|change| (change.scan, change.occupied)).collect()
    }

    #[test]
    fn coming_and_going_are_told_at_the_control_step_after_them() {
        // At 10 m/s from 88.5 m its front is at the loop after 0.15 s.
        assert_eq!(changes(false, &[(93.5, 5.0)]), [(2, true)]);
        // From 95.5 m its rear, 5 m behind, leaves the loop after 0.15 s.
        assert_eq!(changes(true, &[(100.5, 5.0)]), [(2, false)]);
    }

    #[test]
    fn who_stands_or_is_not_there_changes_nothing() {
        assert_eq!(changes(true, &[(93.0, 0.0)]), []);
        assert_eq!(changes(true, &[(94.0, 2.0)]), []);
        assert_eq!(changes(false, &[(89.9, 5.0)]), []);
        assert_eq!(changes(false, &[(103.0, 5.0)]), []);
    }

    #[test]
    fn who_passes_within_a_step_is_told_both_times() {
        // At 25 m/s from 88 to 100.5 m: over it from 0.08 s to 0.36 s.
        assert_eq!(changes(false, &[(100.5, 12.5)]), [(1, true), (4, false)]);
    }

    #[test]
    fn a_gap_between_two_vehicles_is_told_and_none_that_is_shorter_than_a_scan() {
        // At 10 m/s: the first is gone after 0.1 s, the next there 0.2 s later.
        assert_eq!(changes(true, &[(101.0, 5.0), (92.0, 5.0)]), [(1, false), (3, true)]);
        // With 2 m between them both are over it at once.
        assert_eq!(changes(true, &[(101.0, 5.0), (94.0, 5.0)]), []);
    }
}
