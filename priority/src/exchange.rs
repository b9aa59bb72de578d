//! What the engine is told, and what it says.

use serde::{Deserialize, Serialize};
use voorrang_messages::{EmergencyVehicleApproaching, PriorityRequest, RequestStatus, StationId};
use voorrang_signals::intersection::overrides::OverrideKind;
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, IntersectionId, Wishes};
use voorrang_units::{Angle, GeodeticPosition, Speed};

use crate::kar::KarMessage;

/// What the engine is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A request, update or cancellation, from an SREM. One for an intersection outside the area is ignored.
    Request(PriorityRequest),
    /// Where a vehicle is, from a CAM. It moves that station's requests, and tells of the queue it stands in. For one under light bar and siren that doesn't ask, a request is made at
    /// the next stop line on its road.
    Vehicle(VehiclePosition),
    /// What a vehicle tells by KAR, as a controller hands it on. A check-in makes a request, without an answer; a check-out ends it.
    Kar {
        /// Where.
        intersection: IntersectionId,
        /// What.
        message: KarMessage,
    },
    /// A lamp, as confirmed by the controller.
    Signal {
        /// Where.
        intersection: IntersectionId,
        /// Which group.
        group: GroupIndex,
        /// What it shows.
        aspect: Aspect,
    },
    /// A detector's change.
    Detector {
        /// Where.
        intersection: IntersectionId,
        /// Which detector.
        detector: DetectorIndex,
        /// Whether something stands on it.
        occupied: bool,
    },
    /// Whether the intersection's controller does what is wished. It does until told otherwise. While it doesn't, every request is rejected.
    Control {
        /// Where.
        intersection: IntersectionId,
        /// Whether it does.
        available: bool,
    },
    /// Something that ranks above every request begins or ends. While it is active there is no intervention and every request is rejected;
    /// a running one is no longer wished, and the controller ends it in its own time.
    Override {
        /// Where.
        intersection: IntersectionId,
        /// What.
        #[serde(with = "crate::precedence::by_name")]
        kind: OverrideKind,
        /// Whether it is active.
        active: bool,
    },
}

/// Where a station says it is, in a CAM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VehiclePosition {
    /// Who.
    pub station: StationId,
    /// Where.
    pub position: GeodeticPosition,
    /// How fast; negative backwards.
    pub speed: Option<Speed>,
    /// Whereto, clockwise from north.
    pub heading: Option<Angle>,
    /// Whether its light bar is in use (`LightBarSirenInUse`).
    pub light_bar: bool,
    /// Whether its siren is in use.
    pub siren: bool,
}

/// What the engine says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// The status of a request, for its vehicle: on each change, in answer to each message of a new number, and repeated while the
    /// request lives. A vehicle that didn't ask gets none.
    Status(RequestStatus),
    /// What is wished of an intersection's controller, from now until the next such output. Before the first, nothing is.
    Wishes {
        /// Where.
        intersection: IntersectionId,
        /// What.
        wishes: Wishes,
    },
    /// A warning of an emergency vehicle for those who drive near it, its update or its end: a DENM to be sent by radio and broker. None without
    /// [`EngineConfig::eva`](crate::EngineConfig::eva).
    Warning(Box<EmergencyVehicleApproaching>),
}
