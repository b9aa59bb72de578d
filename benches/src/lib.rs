//! What the benchmarks share: the messages and intersections that they measure with. How to run them and how to read them:
//! `docs/performance.md`.

pub mod messages;

use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_units::{Duration, Instant};

/// How often a host steps its controllers.
pub const CONTROL_STEP: Duration = Duration::from_millis(100);

/// The start of all benchmarks: a moment, not the clock's.
#[must_use]
pub const fn start() -> Instant {
    Instant::from_unix_millis(1_768_201_200_000)
}

/// The crossing that the tests of `priority` use: five signal groups on four approaches, with conflicts. `id` is its number.
///
/// # Panics
/// If the test file is no intersection file any more.
#[must_use]
pub fn crossing(id: u16) -> Arc<Intersection> {
    let text = include_str!("../../priority/tests/support/crossing.toml");
    let text = text.replace("id = 1\n", &format!("id = {id}\n"));
    Arc::new(Intersection::from_toml(&text, "crossing.toml").expect("the tests of priority use it too"))
}
