//! An entry of the list of who may ask: whom it names, and what they may.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use voorrang_messages::{PriorityRequest, StationId, StationType, VehicleRole};
use voorrang_signals::IntersectionId;
use voorrang_units::{GeodeticPosition, Instant, Length, LocalPlane};

use super::budget::Rate;
use super::hours::Hours;
use super::network::Network;
use super::refusal::Refusal;

/// An entry of the list.
#[derive(Debug)]
pub struct Authorised {
    /// What audit and metrics call it. Never a station id.
    pub name: Arc<str>,
    /// For which stations it may speak.
    pub stations: StationSet,
    /// By what its senders are known.
    pub identities: Identities,
    /// What its vehicles are.
    pub role: Role,
    /// The subroles that they may ask with.
    pub subroles: Vec<u8>,
    /// What kind of station they are, where a CAM tells; empty for any.
    pub vehicle_types: Vec<StationType>,
    /// What kind of vehicle they are by ISO 3833, where an SREM tells; empty for any.
    pub iso3883: Vec<u8>,
    /// No request counts for more than this importance.
    pub importance_ceiling: u8,
    /// Where it holds.
    pub area: Area,
    /// When it holds; empty for always.
    pub hours: Vec<Hours>,
    /// Requests of one station, in messages.
    pub messages: Rate,
    /// Positions of one station, in messages.
    pub positions: Rate,
    /// New requests of one station within an hour.
    pub requests_per_hour: u32,
    /// Whether a request has to tell where its vehicle is, or a CAM before it.
    pub position_required: bool,
}

/// By what the senders of an entry are known. One of these is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// Subjects of client certificates.
    pub subjects: Vec<Arc<str>>,
    /// Names of pre-shared keys.
    pub keys: Vec<Arc<str>>,
    /// Sessions that a broker, or a token, vouches for.
    pub sessions: Vec<Arc<str>>,
    /// Networks that a bare address may come from.
    pub networks: Vec<Network>,
}

/// Stations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StationSet {
    /// All that are in no other entry.
    Any,
    /// Ranges, ends included.
    Listed(Vec<(u32, u32)>),
}

impl StationSet {
    /// Whether a station is named.
    #[must_use]
    pub fn names(&self, station: StationId) -> bool {
        match self {
            Self::Any => false,
            Self::Listed(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&station.0)),
        }
    }
}

/// What the vehicles of an entry are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Emergency vehicles.
    Emergency,
    /// Bus, tram, metro, train.
    PublicTransport,
    /// Goods vehicles.
    Goods,
    /// Everybody else: they may say where they are, and ask for nothing.
    Traffic,
}

impl Role {
    /// All, by the name that a file gives them.
    pub const NAMES: &[(&str, Self)] = &[
        ("emergency", Self::Emergency),
        ("public_transport", Self::PublicTransport),
        ("goods", Self::Goods),
        ("traffic", Self::Traffic),
    ];

    /// The role that its requests have to have. Goods ask with number 9, which is `truck` on the wire (`priority::request::class`).
    #[must_use]
    pub const fn asks_as(self) -> Option<VehicleRole> {
        match self {
            Self::Emergency => Some(VehicleRole::Emergency),
            Self::PublicTransport => Some(VehicleRole::PublicTransport),
            Self::Goods => Some(VehicleRole::Truck),
            Self::Traffic => None,
        }
    }

    /// The subroles that Dutch practice gives it: 5 is blue light and siren.
    #[must_use]
    pub const fn subroles(self) -> &'static [u8] {
        match self {
            Self::Emergency => &[5],
            Self::PublicTransport => &[1, 2, 3, 4, 7, 8, 9],
            Self::Goods => &[0, 11, 12],
            Self::Traffic => &[],
        }
    }
}

/// Where an entry holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// At all intersections of this gateway.
    Everywhere,
    /// At some of them.
    Intersections(BTreeSet<IntersectionId>),
    /// At those whose reference position lies in a circle.
    Circle {
        /// Its centre.
        centre: GeodeticPosition,
        /// Its radius.
        radius: Length,
    },
    /// At those whose reference position lies in a polygon, given by its corners.
    Polygon(Vec<GeodeticPosition>),
}

impl Area {
    /// Whether an intersection belongs to it.
    #[must_use]
    pub fn holds(&self, id: IntersectionId, reference: GeodeticPosition) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Intersections(some) => some.contains(&id),
            Self::Circle { centre, radius } => {
                let plane = LocalPlane::at(*centre);
                plane.to_local(*centre).distance_to(plane.to_local(reference)) <= *radius
            }
            Self::Polygon(corners) => within(corners, reference),
        }
    }
}

/// Whether a ray from the position to the east crosses the boundary an odd number of times.
fn within(corners: &[GeodeticPosition], position: GeodeticPosition) -> bool {
    let plane = LocalPlane::at(position);
    let local: Vec<_> = corners.iter().map(|corner| plane.to_local(*corner)).collect();
    let mut inside = false;
    for (place, one) in local.iter().enumerate() {
        let other = local[(place + 1) % local.len()];
        let (from, to) = (one.north().metres(), other.north().metres());
        if (from > 0.0) != (to > 0.0) {
            let share = from / (from - to);
            let east = one.east().metres() + share * (other.east() - one.east()).metres();
            inside ^= east > 0.0;
        }
    }
    inside
}

impl Authorised {
    /// Whether it holds at this hour.
    pub(super) fn holds_at(&self, now: Instant) -> Result<(), Refusal> {
        let open = self.hours.is_empty() || self.hours.iter().any(|hours| hours.contain(now));
        if open { Ok(()) } else { Err(Refusal::OutsideHours) }
    }

    /// Whether its vehicles may ask as this one does. What it asks for beyond its ceiling is not refused: it counts for the ceiling.
    pub(super) fn may_ask(&self, request: &PriorityRequest) -> Result<(), Refusal> {
        if request.role != self.role.asks_as() || request.role.is_none() {
            let claims_emergency = matches!(
                request.role,
                Some(
                    VehicleRole::Emergency
                        | VehicleRole::Police
                        | VehicleRole::Fire
                        | VehicleRole::Ambulance
                        | VehicleRole::RoadRescue
                )
            );
            return Err(match self.role {
                Role::Emergency => Refusal::RoleNotAllowed,
                _ if claims_emergency => Refusal::CivilianAsEmergency,
                _ => Refusal::RoleNotAllowed,
            });
        }
        if !self.subroles.contains(&request.subrole.unwrap_or(0)) {
            return Err(Refusal::SubroleNotAllowed);
        }
        Ok(())
    }

    /// The entry in words, for `check`.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = format!("{}: ", self.name);
        let Identities { subjects, keys, sessions, networks } = &self.identities;
        let mut by: Vec<String> = Vec::new();
        by.extend(subjects.iter().map(|subject| format!("the certificate of \"{subject}\"")));
        by.extend(keys.iter().map(|key| format!("the key \"{key}\"")));
        by.extend(sessions.iter().map(|session| format!("the session \"{session}\"")));
        by.extend(networks.iter().map(|network| format!("an address in {network}")));
        let stations = match &self.stations {
            StationSet::Any => "any station that no other entry names".to_owned(),
            StationSet::Listed(ranges) => {
                let count: u64 = ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
                format!("{count} station{}", if count == 1 { "" } else { "s" })
            }
        };
        let may = match self.role {
            Role::Emergency => "may ask as emergency vehicles",
            Role::PublicTransport => "may ask as public transport",
            Role::Goods => "may ask as goods vehicles",
            Role::Traffic => "may say where they are",
        };
        let _ = write!(text, "{stations}, known by {}, {may}", by.join(" or "));
        if self.role != Role::Traffic {
            let _ = write!(text, " up to importance {}", self.importance_ceiling);
        }
        match &self.area {
            Area::Everywhere => text.push_str(", at every intersection"),
            Area::Intersections(some) => {
                let _ = write!(text, ", at {} intersections", some.len());
            }
            Area::Circle { radius, .. } => {
                let _ = write!(text, ", within {} m of a point", radius.metres());
            }
            Area::Polygon(corners) => {
                let _ = write!(text, ", within a polygon of {} corners", corners.len());
            }
        }
        text.push_str(if self.hours.is_empty() { ", at any time" } else { ", at its hours" });
        text
    }

    /// What is risky about it, for `check`.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let networks = || self.identities.networks.iter().filter(|network| !network.is_loopback());
        if self.role != Role::Traffic && networks().count() > 0 {
            warnings.push(format!(
                "{}: an address can be forged, and with it a request; a key, a certificate or a session can't",
                self.name
            ));
        }
        if networks().any(Network::is_everybody) {
            warnings.push(format!("{}: its network is the whole world", self.name));
        }
        if self.role == Role::Emergency && self.stations == StationSet::Any {
            warnings.push(format!(
                "{}: it speaks for any emergency vehicle that no other entry names",
                self.name
            ));
        }
        if self.role != Role::Traffic && !self.position_required {
            warnings.push(format!(
                "{}: without positions its requests can't be checked for being plausible",
                self.name
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(latitude: f64, longitude: f64) -> GeodeticPosition {
        GeodeticPosition::from_degrees(latitude, longitude).unwrap()
    }

    #[test]
    fn a_place_is_in_a_polygon_or_not() {
        let ring = [(52.0, 5.0), (52.1, 5.0), (52.1, 5.1), (52.05, 5.05), (52.0, 5.1)];
        let corners: Vec<_> = ring.into_iter().map(|(lat, lon)| position(lat, lon)).collect();
        assert!(within(&corners, position(52.05, 5.02)));
        assert!(within(&corners, position(52.09, 5.09)));
        assert!(!within(&corners, position(52.05, 5.08)), "in the bay");
        assert!(!within(&corners, position(52.05, 4.99)));
        assert!(!within(&corners, position(52.2, 5.05)));
    }

    #[test]
    fn a_place_is_in_a_circle_or_not() {
        let area = Area::Circle { centre: position(52.0, 5.0), radius: Length::from_metres(1000.0) };
        let id = IntersectionId { region: 528, id: 1 };
        assert!(area.holds(id, position(52.0089, 5.0)));
        assert!(!area.holds(id, position(52.0091, 5.0)));
    }
}
