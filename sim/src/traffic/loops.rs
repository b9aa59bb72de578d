//! What loops in the road see: at which control steps within a traffic step somebody stands over each.
//!
//! Vehicles go from their place before the step to that after it at constant speed; a loop is read at each control step, as detectors on
//! the street are scanned. Only lanes with loops are visited, and on those whoever is over a loop or has just left the lane.

use std::ops::Range;

use super::{Tail, Traffic};
use crate::network::RoadLaneIndex;

/// Control steps in a second.
const SCANS_PER_SECOND: f64 = 10.0;
/// Nobody goes further in a step, m.
const LONGEST_WAY: f64 = 100.0;

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
    /// Lane by lane.
    stretches: Vec<Stretch>,
    lanes: Vec<WatchedLane>,
    occupied: Vec<bool>,
    /// Of each loop, whether it is occupied at each scan of the step; the first scan is the lowest bit.
    scans: Vec<u16>,
    changes: Vec<LoopChange>,
}

/// A lane with loops.
#[derive(Debug)]
struct WatchedLane {
    lane: usize,
    /// In [`Watch::stretches`].
    stretches: Range<usize>,
    /// The last vehicle that left the lane and reaches back over its end no more: it need not be looked at again.
    gone: Option<Tail>,
}

/// A vehicle as loops see it: where its front is after the step, how long it is, and how far it went, m.
#[derive(Debug, Clone, Copy)]
struct Passing {
    front: f64,
    length: f64,
    way: f64,
}

impl Traffic {
    /// Watches loops from now on; all of them are free.
    pub fn watch(&mut self, mut stretches: Vec<Stretch>) {
        stretches.sort_by_key(|stretch| stretch.lane);
        let mut lanes: Vec<WatchedLane> = Vec::new();
        for (place, stretch) in stretches.iter().enumerate() {
            let lane = stretch.lane.index();
            match lanes.last_mut() {
                Some(last) if last.lane == lane => last.stretches.end = place + 1,
                _ => lanes.push(WatchedLane { lane, stretches: place..place + 1, gone: None }),
            }
        }
        let loops = stretches.iter().map(|stretch| stretch.number + 1).max().unwrap_or(0);
        self.watch = Watch {
            occupied: vec![false; loops],
            scans: vec![0; loops],
            // Each loop may change at each of ten scans.
            changes: Vec::with_capacity(loops),
            stretches,
            lanes,
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
        let scans = self.scans_per_step();
        let Watch { stretches, lanes, scans: seen, .. } = &mut watch;
        for lane in lanes {
            let tail = self.tail_over_end(lane);
            if self.counts[lane.lane] == 0 && tail.is_none() {
                continue;
            }
            for stretch in &stretches[lane.stretches.clone()] {
                let behind = tail.map_or(0, |tail| stretch.seen_at(tail, scans));
                seen[stretch.number] |= behind | self.scan(lane.lane, stretch, scans);
            }
        }
        watch.note_changes(scans);
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

    /// Who drives on the lane.
    fn scan(&self, lane: usize, stretch: &Stretch, scans: u16) -> u16 {
        let column = &self.columns[lane];
        let mut seen = 0;
        // From the front back: who has passed it comes before who is over it, and behind the first before it nobody is.
        for index in (0..column.len()).rev() {
            let (front, length) = (column.position[index], column.length[index]);
            if front < stretch.upstream_m {
                break;
            }
            if front - length < stretch.downstream_m + LONGEST_WAY {
                let way = self.vehicles[column.vehicle[index] as usize].way;
                seen |= stretch.seen_at(Passing { front, length, way }, scans);
            }
        }
        seen
    }

    /// Who has left the lane and may have reached back over its end within the step: nobody but the last.
    fn tail_over_end(&self, lane: &mut WatchedLane) -> Option<Passing> {
        let tail = self.tails[lane.lane]?;
        if lane.gone == Some(tail) {
            return None;
        }
        let vehicle = &self.vehicles[tail.vehicle as usize];
        let (length, way) = (vehicle.driver.length, vehicle.way);
        let beyond = vehicle.travelled - tail.left_at;
        if vehicle.number != tail.number || !vehicle.on_road || beyond - length - way >= 0.0 {
            lane.gone = Some(tail);
            return None;
        }
        Some(Passing { front: self.roads.length[lane.lane] + beyond, length, way })
    }
}

impl Stretch {
    /// The scans at which a vehicle is over it.
    fn seen_at(&self, Passing { front, length, way }: Passing, scans: u16) -> u16 {
        if front < self.upstream_m || front - length - way >= self.downstream_m {
            return 0;
        }
        let over = |scan: &u16| {
            let front = front - way * (1.0 - f64::from(*scan) / f64::from(scans));
            front >= self.upstream_m && front - length < self.downstream_m
        };
        (1..=scans).filter(over).fold(0, |seen, scan| seen | 1 << (scan - 1))
    }
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
            watch.scans[0] |= LOOP.seen_at(Passing { front: *front, length: 5.0, way: *way }, 5);
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
