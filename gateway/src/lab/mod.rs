//! The lab: a street of made-up junctions with all that a gateway needs to run them.

pub mod street;
