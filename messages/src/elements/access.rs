//! Where a vehicle enters or leaves an intersection.

use serde::{Deserialize, Serialize};

/// `IntersectionAccessPoint` (ISO TS 19091), in the numbers of the intersection's MAPEM. Dutch practice is the approach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntersectionAccess {
    /// `LaneID`, 0 to 255.
    Lane(u8),
    /// `ApproachID`, 0 to 15.
    Approach(u8),
    /// `LaneConnectionID`, 0 to 255.
    Connection(u8),
}
