//! Voorrang sim.

fn main() {}
