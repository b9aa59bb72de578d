//! What a run is judged by.

pub mod record;
