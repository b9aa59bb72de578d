//! TLC-FI over TCP: the link to a controller that listens.

mod link;

pub use link::open;
