//! Who may use a lane: classes of vehicles, as SUMO's vClass and Dutch lane signs distinguish them.

use serde::{Deserialize, Serialize};

/// A class of vehicles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum VehicleClass {
    /// Passenger cars, and whatever has no class of its own.
    Passenger,
    /// Delivery vans.
    Delivery,
    /// Goods vehicles.
    Truck,
    /// Buses and coaches.
    Bus,
    /// Taxis.
    Taxi,
    /// Motorcycles and mopeds.
    Motorcycle,
    /// Bicycles.
    Bicycle,
    /// Trams.
    Tram,
    /// Emergency vehicles: they may use every lane that a motor vehicle may use.
    Emergency,
    /// Vehicles that no lane sign holds (SUMO's `ignoring`, `authority`, `army`, `vip`).
    Ignoring,
}

impl VehicleClass {
    /// Every class, in the order of its bits.
    pub const ALL: [Self; 10] = [
        Self::Passenger,
        Self::Delivery,
        Self::Truck,
        Self::Bus,
        Self::Taxi,
        Self::Motorcycle,
        Self::Bicycle,
        Self::Tram,
        Self::Emergency,
        Self::Ignoring,
    ];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passenger => "passenger",
            Self::Delivery => "delivery",
            Self::Truck => "truck",
            Self::Bus => "bus",
            Self::Taxi => "taxi",
            Self::Motorcycle => "motorcycle",
            Self::Bicycle => "bicycle",
            Self::Tram => "tram",
            Self::Emergency => "emergency",
            Self::Ignoring => "ignoring",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// A set of vehicle classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassSet(u16);

impl ClassSet {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self((1 << VehicleClass::ALL.len()) - 1);

    /// This set and one class more.
    #[must_use]
    pub const fn with(self, class: VehicleClass) -> Self {
        Self(self.0 | 1 << class as u8)
    }

    /// This set less one class.
    #[must_use]
    pub const fn without(self, class: VehicleClass) -> Self {
        Self(self.0 & !(1 << class as u8))
    }

    /// Is the class in it?
    #[must_use]
    pub const fn contains(self, class: VehicleClass) -> bool {
        self.0 & 1 << class as u8 != 0
    }

    /// Is nobody in it?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes in it.
    pub fn iter(self) -> impl Iterator<Item = VehicleClass> {
        VehicleClass::ALL.into_iter().filter(move |class| self.contains(*class))
    }
}

impl FromIterator<VehicleClass> for ClassSet {
    fn from_iter<I: IntoIterator<Item = VehicleClass>>(classes: I) -> Self {
        classes.into_iter().fold(Self::NONE, Self::with)
    }
}
