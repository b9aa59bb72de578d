//! Who asks, for which intersection, by which request.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{dsrc, its_container};

/// `StationID` (TS 102 894-2, DE_StationID): the ITS station that sent a message or asks for priority.
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

impl StationId {
    /// The station that a `VehicleID` names; `None` where it names a temporary identity instead.
    pub(crate) const fn of_vehicle(vehicle: &dsrc::VehicleId) -> Option<Self> {
        match vehicle {
            dsrc::VehicleId::StationId(station) => Some(Self(station.0)),
            dsrc::VehicleId::EntityId(_) => None,
        }
    }

    pub(crate) const fn to_wire(self) -> its_container::StationId {
        its_container::StationId(self.0)
    }

    pub(crate) const fn to_vehicle(self) -> dsrc::VehicleId {
        dsrc::VehicleId::StationId(self.to_wire())
    }
}

impl IntersectionReference {
    pub(crate) fn from_wire(wire: &dsrc::IntersectionReferenceId) -> Self {
        Self { region: wire.region.map(|region| region.0), id: wire.id.0 }
    }

    pub(crate) fn to_wire(self) -> dsrc::IntersectionReferenceId {
        dsrc::IntersectionReferenceId {
            region: self.region.map(dsrc::RoadRegulatorId),
            id: dsrc::IntersectionId(self.id),
        }
    }
}

/// The number alone.
impl fmt::Display for StationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The number alone.
impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// `528/3107`, or `3107` without a region.
impl fmt::Display for IntersectionReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region {
            Some(region) => write!(formatter, "{region}/{}", self.id),
            None => self.id.fmt(formatter),
        }
    }
}
