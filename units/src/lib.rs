//! Voorrang units.
