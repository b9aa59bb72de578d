//! Voorrang gateway.
