//! A check of the model: do vehicles on crossing links come to overlap? Bodies are rectangles of the usual width on the drawn paths.

use crate::network::Shape;
use crate::traffic::Traffic;
use crate::traffic::columns::Cell;
use crate::traffic::roads::index32;

/// Half a vehicle's width, m.
const HALF_WIDTH: f64 = 0.9;

/// A vehicle's body on the plane: the middle of its rear and front, metres.
#[derive(Debug, Clone, Copy)]
struct Body {
    rear: [f64; 2],
    front: [f64; 2],
}

impl Traffic {
    /// Counts pairs of vehicles on links of one junction that overlap and did not before.
    pub(super) fn count_crossing_overlaps(&mut self) {
        let mut overlapping = Vec::new();
        for link in 0..index32(self.roads.links.len()) {
            let track = self.roads.link_track(link);
            if self.counts[track as usize] == 0 {
                continue;
            }
            for conflict in self.roads.conflicts(link) {
                let other = self.roads.link_track(conflict.foe);
                // Each pair once.
                if conflict.foe < link || self.counts[other as usize] == 0 {
                    continue;
                }
                for cell in self.within(track, conflict.enter, conflict.exit) {
                    for foe in self.within(other, conflict.foe_enter, conflict.foe_exit) {
                        if self.body(track, &cell).overlaps(&self.body(other, &foe)) {
                            overlapping.push((cell.vehicle, foe.vehicle));
                        }
                    }
                }
            }
        }
        for (one, other) in overlapping {
            let known = self.vehicles[one as usize].overlapping && self.vehicles[other as usize].overlapping;
            self.overlaps += u64::from(!known);
            self.vehicles[one as usize].overlapping = true;
            self.vehicles[other as usize].overlapping = true;
        }
    }

    fn within(&self, track: u32, from: f64, to: f64) -> Vec<Cell> {
        let column = self.column(track);
        (0..column.len())
            .map(|index| column.cell(index))
            .filter(|cell| cell.position > from && cell.rear() < to)
            .collect()
    }

    /// Where a vehicle on a link stands. Its rear may still be on the lane before: the link's start direction stands in for that.
    fn body(&self, track: u32, cell: &Cell) -> Body {
        let shape: &Shape = &self.scenario.network.links[(track - self.roads.lane_count) as usize].shape;
        let length = self.roads.length[track as usize];
        let (front, heading) = shape.at_share(cell.position / length);
        let rear = if cell.rear() >= 0.0 {
            shape.at_share(cell.rear() / length).0
        } else {
            let radians = heading.radians();
            [front[0] - cell.length * libm::sin(radians), front[1] - cell.length * libm::cos(radians)]
        };
        Body { rear, front }
    }
}

impl Body {
    /// By separating axes: the directions along and across each body.
    fn overlaps(&self, other: &Self) -> bool {
        [self.axes(), other.axes()].concat().iter().all(|axis| {
            let (low, high) = self.shadow(*axis);
            let (other_low, other_high) = other.shadow(*axis);
            low < other_high && other_low < high
        })
    }

    fn axes(&self) -> [[f64; 2]; 2] {
        let [x, y] = [self.front[0] - self.rear[0], self.front[1] - self.rear[1]];
        let length = (x * x + y * y).sqrt().max(1e-9);
        [[x / length, y / length], [-y / length, x / length]]
    }

    /// The stretch that the body covers along an axis.
    fn shadow(&self, axis: [f64; 2]) -> (f64, f64) {
        let [_, across] = self.axes();
        let dot = |point: [f64; 2]| point[0] * axis[0] + point[1] * axis[1];
        let reach = HALF_WIDTH * dot(across).abs();
        let (rear, front) = (dot(self.rear), dot(self.front));
        (rear.min(front) - reach, rear.max(front) + reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_overlap_where_rectangles_do() {
        let north = Body { rear: [0.0, 0.0], front: [0.0, 5.0] };
        let check = |rear, front, expected| {
            let other = Body { rear, front };
            assert_eq!(north.overlaps(&other), expected, "{other:?}");
            assert_eq!(other.overlaps(&north), expected, "{other:?}");
        };
        check([-3.0, 2.0], [2.0, 2.0], true);
        check([2.0, 2.0], [7.0, 2.0], false);
        check([1.7, 0.0], [1.7, 5.0], true);
        check([1.9, 0.0], [1.9, 5.0], false);
        check([0.0, 5.1], [0.0, 10.0], false);
        check([0.0, 4.9], [0.0, 10.0], true);
        // Diagonally past the corner: boxes around them would overlap, the bodies don't.
        check([3.6, 1.0], [1.6, 7.0], false);
    }
}
