//! Which intersections a position can be at: a grid over their lanes, so that a vehicle that only says where it is costs the same in a control area
//! of ten and of ten thousand. It knows boxes, not lanes.

use voorrang_units::GeodeticPosition;

/// Some 440 m by 410 m in the Netherlands: an intersection with lanes of 300 m lies in a dozen cells.
const DEGREES_NORTH: f64 = 0.004;
const DEGREES_EAST: f64 = 0.006;
/// An intersection that would fill more cells than this is looked at wherever a position is.
const MOST_CELLS: i64 = 1024;

type Cell = (i32, i32);

/// The intersections by the cells that their lanes lie in.
#[derive(Debug, Default)]
pub(crate) struct Vicinity {
    /// Sorted.
    cells: Vec<(Cell, usize)>,
    everywhere: Vec<usize>,
}

impl Vicinity {
    /// Of each intersection the south-western and the north-eastern corner of what may match; `None` where nothing does.
    pub(crate) fn new(
        intersections: impl Iterator<Item = Option<(GeodeticPosition, GeodeticPosition)>>,
    ) -> Self {
        let mut vicinity = Self::default();
        for (index, corners) in intersections.enumerate() {
            let Some((low, high)) = corners else { continue };
            let ((south, west), (north, east)) = (cell(low), cell(high));
            let count = (i64::from(north) - i64::from(south) + 1) * (i64::from(east) - i64::from(west) + 1);
            // Negative across the date line.
            if !(0..=MOST_CELLS).contains(&count) || east < west {
                vicinity.everywhere.push(index);
                continue;
            }
            let cells = (south..=north).flat_map(|row| (west..=east).map(move |column| (row, column)));
            vicinity.cells.extend(cells.map(|cell| (cell, index)));
        }
        vicinity.cells.sort_unstable();
        vicinity
    }

    /// Those with a lane that the position may be on, by their index.
    pub(crate) fn of(&self, position: GeodeticPosition) -> impl Iterator<Item = usize> + '_ {
        let here = cell(position);
        let first = self.cells.partition_point(|(cell, _)| *cell < here);
        let in_cell = self.cells[first..].iter().take_while(move |(cell, _)| *cell == here);
        in_cell.map(|(_, index)| *index).chain(self.everywhere.iter().copied())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "180 degrees are 30,000 cells, and a float beyond saturates"
)]
fn cell(position: GeodeticPosition) -> Cell {
    let row = (position.latitude_degrees() / DEGREES_NORTH).floor();
    let column = (position.longitude_degrees() / DEGREES_EAST).floor();
    (row as i32, column as i32)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use voorrang_signals::Intersection;
    use voorrang_units::{Length, LocalPlane, LocalPosition};

    use super::*;
    use crate::approach::Approaches;

    const CROSSING: &str = include_str!("../tests/support/crossing.toml");

    #[test]
    fn wherever_a_lane_matches_the_intersection_is_found_and_far_off_it_is_not() {
        let crossing = Arc::new(Intersection::from_toml(CROSSING, "crossing.toml").unwrap());
        let approaches = Approaches::new(Arc::clone(&crossing), Length::from_metres(10.0));
        let vicinity = Vicinity::new(std::iter::once(approaches.bounds()));
        let plane = LocalPlane::at(crossing.reference());
        let found = |east: f64, north: f64| {
            let position = plane.to_geodetic(LocalPosition::from_metres(east, north));
            vicinity.of(position).count()
        };
        for metres in (10..=410).step_by(20) {
            let metres = f64::from(metres);
            for (east, north) in [(-2.0, metres), (metres, 2.0), (2.0, -metres), (-metres, -2.0)] {
                assert_eq!(found(east, north), 1, "{east} {north}");
            }
        }
        assert_eq!((found(1500.0, 0.0), found(0.0, -1500.0)), (0, 0));
    }

    #[test]
    fn among_ten_thousand_intersections_a_position_is_held_against_a_few() {
        let place = |north: f64, east: f64| GeodeticPosition::from_degrees(north, east).unwrap();
        // A grid of 100 by 100, one each 550 m by 410 m, with lanes of 300 m.
        let corners = (0..10_000_u32).map(|number| {
            let north = 51.5 + 0.005 * f64::from(number / 100);
            let east = 4.5 + 0.006 * f64::from(number % 100);
            Some((place(north - 0.0027, east - 0.0044), place(north + 0.0027, east + 0.0044)))
        });
        let vicinity = Vicinity::new(corners);
        let most = (0..1000).map(|step| {
            let step = f64::from(step);
            vicinity.of(place(51.5 + 0.000_49 * step, 4.5 + 0.000_59 * step)).count()
        });
        let most = most.max();
        assert!(most.is_some_and(|most| (1..=16).contains(&most)), "{most:?}");
    }

    #[test]
    fn a_box_across_the_date_line_is_looked_at_everywhere() {
        let place = |east: f64| GeodeticPosition::from_degrees(-17.0, east).unwrap();
        let vicinity = Vicinity::new(std::iter::once(Some((place(179.999), place(-179.999)))));
        assert_eq!(vicinity.of(place(180.0)).count(), 1);
    }
}
