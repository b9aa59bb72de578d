//! What is kept of people, for how long, and how it is made to forget them.

pub mod audit;
