//! Who asks, and how much that weighs: the class of a request and its level. Whether a class may ask at all is the configuration's to say.
//!
//! Dutch practice numbers the roles as the common data dictionary does: 1 public transport, 6 emergency, 9 commercial (goods). On the wire of an
//! SREM stands SAE J2735's `BasicVehicleRole`, which agrees from 0 to 7 only: its 9 is called `truck`, its 12 to 14 are `police`, `fire` and
//! `ambulance`, and its 16 is `transit`. What counts is the number: 9 asks for goods, 6 for an emergency vehicle. 12, in the Netherlands a
//! taxi, is nobody's emergency, nor are 13 and 14.

use voorrang_messages::{PriorityRequest, VehicleRole};

use super::{Rejection, RequestConfig};

/// `RequestImportanceLevel` 15 is reserved; TLCGen's control programs give it no priority at all.
const RESERVED_IMPORTANCE: u8 = 15;

/// Who asks. A later one in this list goes before an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriorityClass {
    /// A goods vehicle, or several of them.
    Goods,
    /// Bus, tram, metro or train.
    PublicTransport,
    /// An emergency vehicle under blue light and siren.
    Emergency,
}

/// How much a request weighs against others. A later one in this list goes before an earlier one; among equals it is first come, first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Public transport or goods without cutting anybody: importance 1 to 9, or none said.
    Conditional,
    /// Public transport or goods that may cut others: importance 10 to 14.
    Absolute,
    /// An emergency vehicle.
    Emergency,
}

/// What a requester is entitled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entitlement {
    pub(crate) class: PriorityClass,
    /// Whether it asks for no more than what cuts nobody.
    pub(crate) conditional: bool,
}

impl Entitlement {
    /// An emergency vehicle's.
    pub(crate) const EMERGENCY: Self = Self { class: PriorityClass::Emergency, conditional: false };

    /// Judges who asks.
    pub(crate) fn of(message: &PriorityRequest, config: &RequestConfig) -> Result<Self, Rejection> {
        let role = message.role.ok_or(Rejection::NotEntitled)?;
        let subrole = message.subrole.unwrap_or(0);
        let importance = message.importance.unwrap_or(0);
        let (class, enabled, subroles) = if config.roles.contains(&role) {
            (PriorityClass::Emergency, true, &config.subroles)
        } else if role == VehicleRole::PublicTransport {
            (PriorityClass::PublicTransport, config.public_transport, &config.public_transport_subroles)
        } else if role == VehicleRole::Truck {
            (PriorityClass::Goods, config.goods, &config.goods_subroles)
        } else {
            return Err(Rejection::NotEntitled);
        };
        if !enabled {
            return Err(Rejection::SwitchedOff);
        }
        if !subroles.contains(&subrole) {
            return Err(Rejection::NotEntitled);
        }
        if importance >= RESERVED_IMPORTANCE {
            return Err(Rejection::NotImportant);
        }
        let conditional = importance < config.absolute_importance;
        match class {
            PriorityClass::Emergency if importance == 0 || !conditional => Ok(Self::EMERGENCY),
            PriorityClass::Emergency => Err(Rejection::NotImportant),
            PriorityClass::PublicTransport | PriorityClass::Goods => Ok(Self { class, conditional }),
        }
    }

    pub(crate) const fn level(self) -> Level {
        match self {
            Self { class: PriorityClass::Emergency, .. } => Level::Emergency,
            Self { conditional: false, .. } => Level::Absolute,
            Self { conditional: true, .. } => Level::Conditional,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::ambulance;

    fn judged(change: impl Fn(&mut PriorityRequest)) -> Result<Level, Rejection> {
        let mut message = ambulance();
        change(&mut message);
        let config = RequestConfig { public_transport: true, goods: true, ..RequestConfig::default() };
        Entitlement::of(&message, &config).map(Entitlement::level)
    }

    fn bus(importance: Option<u8>) -> impl Fn(&mut PriorityRequest) {
        move |message| {
            (message.role, message.subrole, message.importance) =
                (Some(VehicleRole::PublicTransport), Some(1), importance);
        }
    }

    #[test]
    fn emergency_goes_before_absolute_and_that_before_conditional() {
        assert_eq!(judged(|_| ()), Ok(Level::Emergency));
        assert_eq!(judged(bus(Some(10))), Ok(Level::Absolute));
        assert_eq!(judged(bus(Some(9))), Ok(Level::Conditional));
        assert_eq!(judged(bus(None)), Ok(Level::Conditional));
        assert!(Level::Emergency > Level::Absolute && Level::Absolute > Level::Conditional);
    }

    #[test]
    fn number_9_is_goods_and_the_numbers_above_are_nobody() {
        let role = |role, subrole| {
            judged(move |message| (message.role, message.subrole) = (Some(role), Some(subrole)))
        };
        assert_eq!(role(VehicleRole::Truck, 0), Ok(Level::Absolute));
        assert_eq!(role(VehicleRole::Truck, 11), Ok(Level::Absolute));
        for other in [
            VehicleRole::Police,
            VehicleRole::Fire,
            VehicleRole::Ambulance,
            VehicleRole::Transit,
            VehicleRole::SpecialTransport,
            VehicleRole::Unknown(0),
        ] {
            assert_eq!(role(other, 5), Err(Rejection::NotEntitled), "{other:?}");
        }
    }

    #[test]
    fn a_bus_out_of_service_or_on_blue_light_is_not_public_transport() {
        let subrole = |subrole| {
            judged(move |message| {
                bus(Some(11))(message);
                message.subrole = subrole;
            })
        };
        assert_eq!(subrole(Some(2)), Ok(Level::Absolute));
        for other in [None, Some(0), Some(5), Some(10)] {
            assert_eq!(subrole(other), Err(Rejection::NotEntitled), "{other:?}");
        }
    }

    #[test]
    fn where_it_is_switched_off_it_is_rejected_for_that() {
        for role in [VehicleRole::PublicTransport, VehicleRole::Truck] {
            let message = PriorityRequest { role: Some(role), ..ambulance() };
            let judged = Entitlement::of(&message, &RequestConfig::default());
            assert_eq!(judged, Err(Rejection::SwitchedOff), "{role:?}");
        }
    }
}
