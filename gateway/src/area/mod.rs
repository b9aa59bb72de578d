//! One control area: its engine, its junctions' controllers and their TLC-FI sessions, sans-I/O. Everything arrives as an [`AreaInput`] with its
//! time; everything that follows is an effect. `engine_task` is the tokio task around it.

pub mod effects;
pub mod input;
pub mod view;

pub use effects::{Departure, Effects};
pub use input::AreaInput;
pub use view::AreaView;
