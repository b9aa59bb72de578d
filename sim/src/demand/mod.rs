//! Who wishes to depart when: the demand file, read as the run goes on.

pub mod file;

use voorrang_units::Duration;

use crate::scenario::Halt;

/// One vehicle that wishes to depart.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    /// Its name.
    pub id: String,
    /// Which line of the demand it is, from 0: the key of its random streams, the same under every strategy.
    pub number: u64,
    /// What kind of vehicle.
    pub vehicle_type: TypeChoice,
    /// Planned departure after the start of the run.
    pub depart: Duration,
    /// Position in `Scenario::routes`.
    pub route: usize,
    /// Halts on the way, in order.
    pub halts: Vec<Halt>,
}

/// A vehicle type, or a draw of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeChoice {
    /// Position in `Scenario::vehicle_types`.
    Type(usize),
    /// Position in `Scenario::type_distributions`.
    Distribution(usize),
}
