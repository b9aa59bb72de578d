//! What kind of vehicle asks.

use serde::{Deserialize, Serialize};

use crate::dsrc::BasicVehicleRole;

/// `BasicVehicleRole` (ISO TS 19091). An emergency vehicle under blue light and siren is `Emergency` in the Netherlands, with
/// subrole 5 and importance 14; `Police`, `Fire` and `Ambulance` are not used there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the standard's own and say all there is")]
pub enum VehicleRole {
    BasicVehicle,
    PublicTransport,
    SpecialTransport,
    DangerousGoods,
    RoadWork,
    RoadRescue,
    Emergency,
    SafetyCar,
    NoneUnknown,
    Truck,
    Motorcycle,
    RoadSideSource,
    Police,
    Fire,
    Ambulance,
    DepartmentOfTransportation,
    Transit,
    SlowMoving,
    StopAndGo,
    Cyclist,
    Pedestrian,
    NonMotorized,
    Military,
    /// A role of a later version of the standard: addition number n behind the extension marker.
    Unknown(u64),
}

macro_rules! roles_on_the_wire {
    ($($role:ident = $wire:ident),* $(,)?) => {
        impl VehicleRole {
            pub(crate) const fn from_wire(wire: BasicVehicleRole) -> Self {
                match wire {
                    $(BasicVehicleRole::$wire => Self::$role,)*
                    BasicVehicleRole::Unknown(number) => Self::Unknown(number),
                }
            }

            pub(crate) const fn to_wire(self) -> BasicVehicleRole {
                match self {
                    $(Self::$role => BasicVehicleRole::$wire,)*
                    Self::Unknown(number) => BasicVehicleRole::Unknown(number),
                }
            }
        }
    };
}

roles_on_the_wire! {
    BasicVehicle = BasicVehicle,
    PublicTransport = PublicTransport,
    SpecialTransport = SpecialTransport,
    DangerousGoods = DangerousGoods,
    RoadWork = RoadWork,
    RoadRescue = RoadRescue,
    Emergency = Emergency,
    SafetyCar = SafetyCar,
    NoneUnknown = NoneUnknown,
    Truck = Truck,
    Motorcycle = Motorcycle,
    RoadSideSource = RoadSideSource,
    Police = Police,
    Fire = Fire,
    Ambulance = Ambulance,
    DepartmentOfTransportation = Dot,
    Transit = Transit,
    SlowMoving = SlowMoving,
    StopAndGo = StopNgo,
    Cyclist = Cyclist,
    Pedestrian = Pedestrian,
    NonMotorized = NonMotorized,
    Military = Military,
}
