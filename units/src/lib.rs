//! Quantities, time and position: the types in which the rest of Voorrang speaks.
//!
//! A quantity says its unit where it is made and where it is read, never in between:
//!
//! ```
//! use voorrang_units::{Duration, Length, Speed};
//!
//! let limit = Speed::from_kilometres_per_hour(50.0);
//! let stop_line = Length::from_metres(250.0);
//! assert_eq!(stop_line.time_at(limit), Some(Duration::from_seconds(18)));
//! ```
//!
//! Nothing here reads a clock: an [`Instant`] always comes from the caller.

#![forbid(unsafe_code)]

mod acceleration;
mod angle;
mod curvature;
mod its_time;
mod length;
mod position;
mod quantity;
mod speed;
mod time;
mod utm;
mod yaw_rate;

pub use acceleration::Acceleration;
pub use angle::Angle;
pub use curvature::Curvature;
pub use its_time::{DSecond, GenerationDeltaTime, MinuteOfYear, TimeMark, TimestampIts};
pub use length::Length;
pub use position::{GeodeticPosition, LocalPlane, LocalPosition};
pub use speed::Speed;
pub use time::{Duration, Instant};
pub use utm::{Hemisphere, Utm};
pub use yaw_rate::YawRate;
