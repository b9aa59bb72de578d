//! Who asks, for which intersection, by which request.

use serde::{Deserialize, Serialize};

/// `StationID` (TS 102 894-2 clause A.77): the ITS station that sent a message or asks for priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StationId(pub u32);

/// `RequestID` (ISO TS 19091): tells the requests of one station for one intersection apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u8);

/// `MsgCount` (ISO TS 19091), 0 to 127: grows by one, modulo 128, with every changed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SequenceNumber(pub u8);

impl SequenceNumber {
    /// The number of the next changed message.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1) % 128)
    }
}

/// `IntersectionReferenceID` (ISO TS 19091): in the Netherlands the region is the road authority's number and always present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IntersectionReference {
    /// Road regulator; `None` where the sender left it out.
    pub region: Option<u16>,
    /// Number of the intersection within the region.
    pub id: u16,
}
