//! How results look to people: a table on the terminal, a file of trips, a page with pictures. Reads figures, computes none
//! of the results (those are `measures`').
//!
//! | part | what it makes |
//! |---|---|
//! | [`finding`] | the result as sentences |
//! | [`figures`] | the rows of the table, shared by terminal and page |
//! | [`table`] | the table as text |
//! | [`trips_csv`] | one line for each emergency trip |
//! | [`page`] | `report.html`, one self-contained page |
//! | [`travel_times`] | its plot of travel times by strategy |
//! | [`time_space`] | its time-space diagrams |
//! | [`intervention`] | its signal diagram of one intervention |
//! | [`svg`] | scales, ticks and escaping that the pictures share |

pub mod figures;
pub mod finding;
pub mod intervention;
pub mod page;
pub mod svg;
pub mod table;
pub mod time_space;
pub mod travel_times;
pub mod trips_csv;

/// Facts of the scenario for the page: what it is, and how it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about: `Intersections`.
    pub name: String,
    /// What there is to say: `6, all equipped for priority`.
    pub value: String,
}
