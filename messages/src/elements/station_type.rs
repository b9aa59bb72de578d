//! What kind of station sends.

use serde::{Deserialize, Serialize};

use crate::its_container;

/// `StationType` (TS 102 894-2). An emergency vehicle is a special vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standard's own and say all there is")]
pub enum StationType {
    Unknown,
    Pedestrian,
    Cyclist,
    Moped,
    Motorcycle,
    PassengerCar,
    Bus,
    LightTruck,
    HeavyTruck,
    Trailer,
    SpecialVehicles,
    Tram,
    RoadSideUnit,
    /// A number that has no name in this version of the standard.
    Other(u8),
}

macro_rules! station_types_on_the_wire {
    ($($station_type:ident = $wire:ident),* $(,)?) => {
        impl StationType {
            pub(crate) const fn from_wire(wire: its_container::StationType) -> Self {
                match wire {
                    $(its_container::StationType::$wire => Self::$station_type,)*
                    its_container::StationType(number) => Self::Other(number),
                }
            }

            pub(crate) const fn to_wire(self) -> its_container::StationType {
                match self {
                    $(Self::$station_type => its_container::StationType::$wire,)*
                    Self::Other(number) => its_container::StationType(number),
                }
            }
        }
    };
}

station_types_on_the_wire! {
    Unknown = UNKNOWN,
    Pedestrian = PEDESTRIAN,
    Cyclist = CYCLIST,
    Moped = MOPED,
    Motorcycle = MOTORCYCLE,
    PassengerCar = PASSENGER_CAR,
    Bus = BUS,
    LightTruck = LIGHT_TRUCK,
    HeavyTruck = HEAVY_TRUCK,
    Trailer = TRAILER,
    SpecialVehicles = SPECIAL_VEHICLES,
    Tram = TRAM,
    RoadSideUnit = ROAD_SIDE_UNIT,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back() {
        for number in 0..=u8::MAX {
            let wire = its_container::StationType(number);
            assert_eq!(StationType::from_wire(wire).to_wire(), wire);
        }
        assert_eq!(StationType::from_wire(its_container::StationType(10)), StationType::SpecialVehicles);
        assert_eq!(StationType::from_wire(its_container::StationType(12)), StationType::Other(12));
    }
}
