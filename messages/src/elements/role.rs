//! What kind of vehicle asks.

use serde::{Deserialize, Serialize};

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
