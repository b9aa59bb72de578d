//! What the engines were told and said, as lines in files: appended before any answer leaves, rotated, replayed. One writer for all areas.

use std::sync::Arc;

use crate::area::Departure;

/// What one area hands to the writer: records first, then what may leave once the operating system has them.
#[derive(Debug)]
pub struct Commit {
    /// The area's name.
    pub area: Arc<str>,
    /// Its place among the areas.
    pub place: usize,
    /// Lines of [`voorrang_priority::journal`], each with its line end.
    pub records: String,
    /// What leaves afterwards, in order.
    pub departures: Vec<Departure>,
}
