//! When what a group shows will change: what SPATEM tells to those who drive there.

use serde::{Deserialize, Serialize};
use voorrang_units::Instant;

/// The end of a group's present aspect; for SPATEM `minEndTime`, `maxEndTime` and `likelyTime` (ISO TS 19091).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// It does not end before.
    pub earliest: Instant,
    /// It ends by then; `None` where nothing makes it end.
    pub latest: Option<Instant>,
    /// It probably ends then; `None` where nothing speaks for any moment.
    pub likely: Option<Instant>,
}
