//! Voorrang benches.
