//! When a vehicle will be at the stop line: what its message says. Nothing corrects it yet.

use voorrang_units::Instant;

use crate::request::Request;

/// When the vehicle expects to be at the stop line; `None` where it didn't say. May lie in the past: it is late then.
#[must_use]
pub const fn at_stop_line(request: &Request) -> Option<Instant> {
    request.latest().eta
}
