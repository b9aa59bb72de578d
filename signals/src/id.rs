//! Names: of an intersection on the wire, and of its parts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `IntersectionReferenceID` (ISO TS 19091): road authority and intersection. In the Netherlands both are always given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IntersectionId {
    /// `RoadRegulatorID`: the road authority; 0 is for tests.
    pub region: u16,
    /// `IntersectionID`, unique within the region.
    pub id: u16,
}

/// Road authority, slash, intersection: `528/3107`.
impl fmt::Display for IntersectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.region, self.id)
    }
}

/// Makes an identifier of the wire: a number within a range.
macro_rules! wire_id {
    ($(#[$doc:meta])* $name:ident, $range:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        pub struct $name(u8);

        impl $name {
            /// The number; `None` outside its range.
            #[must_use]
            pub fn new(number: u8) -> Option<Self> {
                ($range).contains(&number).then_some(Self(number))
            }

            /// As a number.
            #[must_use]
            pub const fn number(self) -> u8 {
                self.0
            }
        }

        impl TryFrom<u8> for $name {
            type Error = String;

            fn try_from(number: u8) -> Result<Self, String> {
                Self::new(number).ok_or_else(|| {
                    format!("{number} is no {}: expected {:?}", stringify!($name), $range)
                })
            }
        }

        impl From<$name> for u8 {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

wire_id!(
    /// `SignalGroupID` of SPATEM and MAPEM (ISO TS 19091): 0 means unknown and 255 always green, so a group has 1 to 254.
    SignalGroupId,
    1..=254
);
wire_id!(
    /// `ApproachID` of MAPEM (ISO TS 19091): 0 means unknown.
    ApproachId,
    1..=15
);
wire_id!(
    /// `LaneID` of MAPEM (ISO TS 19091): 0 means unknown, 255 is reserved.
    LaneId,
    1..=254
);
wire_id!(
    /// `LaneConnectionID` of MAPEM (ISO TS 19091).
    ConnectionId,
    0..=255
);

/// Makes a position in one of an intersection's lists.
macro_rules! dense_index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u16);

        impl $name {
            /// As a position in the list.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// From a position in the list; `None` beyond 65 535.
            #[must_use]
            pub fn at(index: usize) -> Option<Self> {
                u16::try_from(index).ok().map(Self)
            }
        }
    };
}

dense_index!(
    /// A signal group's position in its intersection.
    GroupIndex
);
dense_index!(
    /// An approach's position in its intersection.
    ApproachIndex
);
dense_index!(
    /// A lane's position in its intersection.
    LaneIndex
);
dense_index!(
    /// A detector's position in its intersection.
    DetectorIndex
);
