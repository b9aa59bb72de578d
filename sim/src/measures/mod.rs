//! What a run is judged by.
//!
//! | part | what it is |
//! |---|---|
//! | [`record`] | the raw figures of one run |
//! | [`comparison`] | the records of all strategies and replications |
//! | [`recovery`] | how long traffic takes to recover from an intervention |
//! | [`summary`] | the results of a comparison: what is printed as JSON |
//! | [`statistics`] | means, intervals, percentiles |
//! | [`performance`] | what the program itself cost |

pub mod comparison;
pub mod performance;
pub mod record;
pub mod recovery;
pub mod statistics;
pub mod summary;
