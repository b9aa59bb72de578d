//! Voorrang messages.
