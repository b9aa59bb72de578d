//! Traffic signals: the intersection file, control programs, and the safety interlock between whoever wants something and the lamps.
//! Knows nothing of priority, of messages or of I/O; time is an argument.
//!
//! ```
//! use std::sync::Arc;
//! use voorrang_signals::{Aspect, Controller, Intersection, Wish, Wishes};
//! use voorrang_units::{Duration, Instant};
//!
//! let text = include_str!("../tests/intersections/crossing.toml");
//! let crossing = Arc::new(Intersection::from_toml(text, "crossing.toml")?);
//! let (main, side) = (crossing.group_named("02").unwrap(), crossing.group_named("05").unwrap());
//! let mut now = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
//! let mut controller = Controller::started(Arc::clone(&crossing), now);
//! assert_eq!(controller.aspect(main), Aspect::Green);
//!
//! // Somebody wants green for the side road: the main road gets its minimum green, its yellow and the intergreen first.
//! let mut wishes = Wishes::none(crossing.groups().len());
//! wishes.set(side, Wish::Green);
//! controller.set_wishes(now, wishes);
//! let mut commands = Vec::new();
//! while controller.aspect(side) != Aspect::Green {
//!     controller.step(now, &mut commands);
//!     for command in commands.drain(..) {
//!         controller.observe(now, command.group, command.aspect);
//!     }
//!     now += Duration::from_millis(100);
//! }
//! assert_eq!(controller.aspect(main), Aspect::Red);
//! # Ok::<(), voorrang_signals::document::Problems>(())
//! ```

#![forbid(unsafe_code)]

pub mod aspect;
pub mod controller;
mod detection;
pub mod document;
pub mod forecast;
pub mod id;
pub mod interlock;
pub mod intersection;
pub mod prediction;
pub mod program;
pub mod vlog;

pub use aspect::Aspect;
pub use controller::{Controller, LampCommand, Rejoin, Wish, Wishes};
pub use forecast::Forecast;
pub use id::{
    ApproachId, ApproachIndex, ConnectionId, DetectorIndex, GroupIndex, IntersectionId, LaneId, LaneIndex,
    SignalGroupId,
};
pub use interlock::Interlock;
pub use intersection::Intersection;
pub use intersection::conflict::{Conflict, ConflictMatrix};
pub use prediction::Prediction;
