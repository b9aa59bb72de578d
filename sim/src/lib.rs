//! Voorrang sim.
