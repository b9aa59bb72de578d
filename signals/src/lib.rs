//! Voorrang signals.
