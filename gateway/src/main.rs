//! Voorrang gateway.

fn main() {}
