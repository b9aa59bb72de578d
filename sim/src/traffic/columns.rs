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
