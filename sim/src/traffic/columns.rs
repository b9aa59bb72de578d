//! The vehicles of one track, in order, as columns: who drives in front is the neighbour in memory.

/// A vehicle's slot in the traffic's vehicle list.
pub(crate) type Slot = u32;

/// The vehicles of one track (a lane or a link). Index 0 is the rear-most; positions are those of front bumpers, metres from the
/// track's start, and never fall along the columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub(crate) position: Vec<f64>,
    pub(crate) speed: Vec<f64>,
    pub(crate) length: Vec<f64>,
    pub(crate) vehicle: Vec<Slot>,
}

/// A vehicle as it stands in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub(crate) position: f64,
    pub(crate) speed: f64,
    pub(crate) length: f64,
    pub(crate) vehicle: Slot,
}

impl Column {
    /// Puts a vehicle in at its position: behind all that have the same or a higher one.
    pub(crate) fn insert(&mut self, cell: Cell) {
        let index = self.position.partition_point(|position| *position < cell.position);
        self.position.insert(index, cell.position);
        self.speed.insert(index, cell.speed);
        self.length.insert(index, cell.length);
        self.vehicle.insert(index, cell.vehicle);
    }

    /// Takes out the front-most vehicle.
    pub(crate) fn pop_front_most(&mut self) -> Option<Cell> {
        Some(Cell {
            position: self.position.pop()?,
            speed: self.speed.pop()?,
            length: self.length.pop()?,
            vehicle: self.vehicle.pop()?,
        })
    }

    /// Takes out the vehicle at an index.
    pub(crate) fn remove(&mut self, index: usize) -> Cell {
        Cell {
            position: self.position.remove(index),
            speed: self.speed.remove(index),
            length: self.length.remove(index),
            vehicle: self.vehicle.remove(index),
        }
    }

    pub(crate) fn cell(&self, index: usize) -> Cell {
        Cell {
            position: self.position[index],
            speed: self.speed[index],
            length: self.length[index],
            vehicle: self.vehicle[index],
        }
    }

    /// The rear-most vehicle.
    #[inline]
    pub(crate) fn rear_most(&self) -> Option<Cell> {
        (!self.is_empty()).then(|| self.cell(0))
    }

    /// The first index whose vehicle is at `position` or further.
    pub(crate) fn index_at(&self, position: f64) -> usize {
        self.position.partition_point(|other| *other < position)
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.position.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    /// Sorts after steps that may have let one vehicle pass another's position by rounding (it never does while gaps are kept).
    pub(crate) fn is_ordered(&self) -> bool {
        self.position.is_sorted()
    }
}

impl Cell {
    /// Where the rear bumper is; before the track's start while the vehicle still stands in the track behind.
    #[inline]
    pub(crate) fn rear(&self) -> f64 {
        self.position - self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(position: f64, vehicle: Slot) -> Cell {
        Cell { position, speed: 1.0, length: 4.5, vehicle }
    }

    #[test]
    fn vehicles_stand_in_order_wherever_they_come_in() {
        let mut column = Column::default();
        for (position, vehicle) in [(50.0, 1), (10.0, 2), (30.0, 3), (70.0, 4), (30.0, 5)] {
            column.insert(cell(position, vehicle));
        }
        assert!(column.is_ordered());
        // Of two at the same place the later stands behind.
        assert_eq!(column.vehicle, [2, 5, 3, 1, 4]);
        assert_eq!(column.rear_most(), Some(cell(10.0, 2)));
        assert_eq!(column.remove(1), cell(30.0, 5));
        assert_eq!(column.pop_front_most(), Some(cell(70.0, 4)));
        assert_eq!((column.len(), column.index_at(30.0), column.index_at(30.1)), (3, 1, 2));
    }
}
