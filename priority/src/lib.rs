//! Voorrang priority.
