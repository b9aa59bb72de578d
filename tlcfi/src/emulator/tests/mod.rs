//! The emulator in virtual time: alone, against whatever an application may ask, and with each fault.

mod application;
mod client;
mod faults;
mod junction;
mod life;
mod witness;

use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_units::Instant;

/// A cycle of the crossing begins: its main road turns green.
const START: Instant = Instant::from_unix_millis(1_795_000_020_000);

/// Fixed time, 60 s; 02 and 08 the main road, 05 the side road, 03 a left turn.
fn crossing() -> Arc<Intersection> {
    let text = include_str!("../../../../signals/tests/intersections/crossing.toml");
    Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap())
}

/// The same, vehicle actuated.
fn actuated() -> Arc<Intersection> {
    let text = include_str!("../../../../signals/tests/intersections/actuated.toml");
    Arc::new(Intersection::from_toml(text, "actuated.toml").unwrap())
}
