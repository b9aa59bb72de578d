//! KAR, the Dutch short-range radio: what vehicles tell a controller as they pass report points, in units. A controller hands it on (TLC-FI's
//! `SpecialVehicleEvent`, V-Log's type 1C); turning those into a [`KarMessage`] is the host's. What a request by KAR does in the table stands in
//! `request/kar.rs`.
//!
//! | what | where |
//! |---|---|
//! | [`KarMessage`] | here |
//! | by which approach its vehicle comes, and which groups it means | `access.rs` |
//! | parameters, and which vehicle is which station | `config.rs` |
//!
//! Source: TLC-FI 1.1 and the CIF header of Dutch controllers, which agree on the members.

mod access;
mod config;

use serde::{Deserialize, Serialize};
use voorrang_messages::VehicleRole;
use voorrang_units::{Duration, GeodeticPosition, Length, Speed};

pub use access::{KarAccess, KarUnresolved};
pub use config::{KarConfig, KarStation};

/// What a vehicle tells by KAR.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KarMessage {
    /// That it will come, comes, or has passed.
    pub announcement: KarAnnouncement,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle_type: Option<KarVehicleType>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<KarUrgency>,
    /// Whereto it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<KarDirection>,
    /// Its number, unique within its company; `None` where it doesn't tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<u16>,
    /// The number of its company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<u8>,
    /// The report point that it passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<u16>,
    /// How far it is to the stop line; negative beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<Length>,
    /// How long it drives to the stop line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// How fast it drives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<GeodeticPosition>,
}

/// What is announced: `type` in TLC-FI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KarAnnouncement {
    /// It will come (voorinmelding).
    PreCheckIn,
    /// It comes (inmelding).
    CheckIn,
    /// It has passed the stop line (uitmelding).
    CheckOut,
}

/// What a vehicle is: `vehType` in TLC-FI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KarVehicleType {
    /// Bus, 1; of high quality, 71.
    Bus,
    /// Tram, 2.
    Tram,
    /// Police, 3; undercover, 69; military, 70.
    Police,
    /// Fire brigade, 4.
    FireBrigade,
    /// Ambulance, 5.
    Ambulance,
    /// Public transport on demand (CVV), 6.
    OnDemand,
    /// Taxi, 7.
    Taxi,
}

impl KarVehicleType {
    /// Whether it is an emergency service's.
    #[must_use]
    pub const fn is_emergency(self) -> bool {
        matches!(self, Self::Police | Self::FireBrigade | Self::Ambulance)
    }

    /// The Dutch role and subrole of such a vehicle in an SREM; `None` for those that get no priority.
    pub(crate) const fn role(self) -> Option<(VehicleRole, u8)> {
        match self {
            Self::Police | Self::FireBrigade | Self::Ambulance => Some((VehicleRole::Emergency, 5)),
            Self::Bus => Some((VehicleRole::PublicTransport, 1)),
            Self::Tram => Some((VehicleRole::PublicTransport, 2)),
            Self::OnDemand | Self::Taxi => None,
        }
    }
}

/// How urgent it is: `priorityClass` in TLC-FI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KarUrgency {
    /// It asks for nothing, 1.
    None,
    /// Where it cuts nobody, 2: importance 9 in an SREM.
    Conditional,
    /// It cuts others, 3: importance 11, which TLCGen gives buses.
    Absolute,
    /// Blue light and siren, 4: importance 14.
    BlueLight,
}

/// Whereto a vehicle goes: `directionSG` in TLC-FI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KarDirection {
    /// By a signal group, by its number on the street: 2 is group `02`.
    Group(u8),
    /// To the right, 201.
    Right,
    /// To the left, 202.
    Left,
    /// Straight on, 203.
    Straight,
}

impl KarDirection {
    /// What a number on the wire means; `None` for 0, which is no direction.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => None,
            201 => Some(Self::Right),
            202 => Some(Self::Left),
            203 => Some(Self::Straight),
            group => Some(Self::Group(group)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_have_their_dutch_numbers() {
        let direction = KarDirection::from_number;
        assert_eq!(
            [direction(201), direction(202), direction(203)],
            [Some(KarDirection::Right), Some(KarDirection::Left), Some(KarDirection::Straight)]
        );
        assert_eq!((direction(0), direction(2)), (None, Some(KarDirection::Group(2))));
    }
}
