//! What a vehicle tells twice a second at most: what it is for, its lights, where it was.

use serde::{Deserialize, Serialize};

use crate::cam::BasicVehicleContainerLowFrequency;
use crate::elements::{PathPoint, flag_set};
use crate::its_container::{self, ReferencePosition};
use crate::view_error::ViewError;

/// `BasicVehicleContainerLowFrequency` (EN 302 637-2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LowFrequency {
    /// What the vehicle is used for.
    pub role: Role,
    /// Which of its lights are on.
    pub exterior_lights: ExteriorLights,
    /// Where it was, backwards from its position; at most 40 points.
    pub path: Vec<PathPoint>,
}

/// `VehicleRole` (TS 102 894-2): what a vehicle is used for at the moment.
///
/// A request in an SREM has another list, `BasicVehicleRole` ([`crate::VehicleRole`]): up to 7 the numbers are much the same, but 8 is
/// agriculture here and unknown there, 10 military here and a motorcycle there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// As its type of station says.
    Default,
    /// In the service of public transport.
    PublicTransport,
    /// Heavy or oversized loads.
    SpecialTransport,
    /// Dangerous goods.
    DangerousGoods,
    /// Road works or maintenance.
    RoadWork,
    /// Help after an accident, as a towing service: no blue light.
    Rescue,
    /// An emergency mission: ambulance, fire brigade, police.
    Emergency,
    /// Public safety, as a patrol.
    SafetyCar,
    /// Agriculture.
    Agriculture,
    /// Transport of commercial goods.
    Commercial,
    /// Military.
    Military,
    /// On a mission of the road operator.
    RoadOperator,
    /// An authorised taxi.
    Taxi,
    /// Number 13, reserved.
    Reserved1,
    /// Number 14, reserved.
    Reserved2,
    /// Number 15, reserved.
    Reserved3,
}

flag_set! {
    /// `ExteriorLights` (TS 102 894-2): the lights that are on.
    ExteriorLights {
        /// Dipped headlights.
        LOW_BEAM = 0,
        /// Full headlights.
        HIGH_BEAM = 1,
        /// The left turn signal; with the right one the hazard lights.
        LEFT_TURN_SIGNAL = 2,
        /// The right turn signal.
        RIGHT_TURN_SIGNAL = 3,
        /// Daytime running lights.
        DAYTIME_RUNNING = 4,
        /// The reversing light.
        REVERSE = 5,
        /// Fog lights.
        FOG = 6,
        /// Parking lights.
        PARKING = 7,
    }
}

impl LowFrequency {
    pub(super) fn from_wire(wire: &BasicVehicleContainerLowFrequency, start: &ReferencePosition) -> Self {
        Self {
            role: Role::from_wire(wire.vehicle_role),
            exterior_lights: ExteriorLights::from_wire(wire.exterior_lights.0),
            path: PathPoint::path_from_wire(start, &wire.path_history),
        }
    }

    pub(super) fn to_wire(
        &self,
        start: &ReferencePosition,
    ) -> Result<BasicVehicleContainerLowFrequency, ViewError> {
        Ok(BasicVehicleContainerLowFrequency {
            vehicle_role: self.role.to_wire(),
            exterior_lights: its_container::ExteriorLights(self.exterior_lights.to_wire()),
            path_history: PathPoint::path_to_wire(start, &self.path)?,
        })
    }
}

macro_rules! roles_on_the_wire {
    ($($role:ident),* $(,)?) => {
        impl Role {
            const fn from_wire(wire: its_container::VehicleRole) -> Self {
                match wire {
                    $(its_container::VehicleRole::$role => Self::$role,)*
                }
            }

            const fn to_wire(self) -> its_container::VehicleRole {
                match self {
                    $(Self::$role => its_container::VehicleRole::$role,)*
                }
            }
        }
    };
}

roles_on_the_wire! {
    Default, PublicTransport, SpecialTransport, DangerousGoods, RoadWork, Rescue, Emergency, SafetyCar, Agriculture, Commercial,
    Military, RoadOperator, Taxi, Reserved1, Reserved2, Reserved3,
}
