//! What passes between application and controller, with the members' exact names on the wire. Members that are not known here are passed over;
//! states are partial: what lacks did not change.
//!
//! | file | objects |
//! |---|---|
//! | `reference` | object types, ids, references |
//! | `registration` | register, versions, alive |
//! | `update` | lists of states, meta and events of one type of object |
//! | `session` | the session: who controls |
//! | `facilities` | TLC facilities and intersections |
//! | `signal_group` | signal groups, their times and predictions |
//! | `detector` | detectors |
//! | `input_output` | inputs, outputs and variables |
//! | `special_vehicle` | vehicles that told the controller what they are (KAR) |

mod detector;
mod facilities;
mod input_output;
mod number;
mod reference;
mod registration;
mod session;
mod signal_group;
mod special_vehicle;
mod update;

pub use detector::{
    DetectorClassification, DetectorDirection, DetectorEvent, DetectorFault, DetectorMeta, DetectorState,
    DetectorUpdate, Swico,
};
pub use facilities::{
    FacilitiesInfo, FacilitiesMeta, IntersectionControlState, IntersectionMeta, IntersectionUpdate,
};
pub use input_output::{IoFault, IoMeta, IoUpdate, VariableMeta, VariableUpdate};
pub use reference::{ObjectId, ObjectReference, ObjectType, ReceivedId, ReceivedReference};
pub use registration::{Alive, ApplicationType, ProtocolVersion, RegistrationReply, RegistrationRequest};
pub use session::{
    ControlState, HandoverCapability, SessionEvent, SessionEventCode, SessionEventInfo, SessionMeta,
    SessionUpdate,
};
pub use signal_group::{
    GroupPrediction, IntergreenTime, SignalGroupMeta, SignalGroupState, SignalGroupTiming, SignalGroupUpdate,
};
pub use special_vehicle::{
    AnnouncementType, GeneratorFault, GeneratorMeta, GeneratorUpdate, JourneyCategory, LocalDateTime,
    PriorityClass, PunctualityClass, SpecialVehicleEvent, VehicleLocation, VehicleStatus, VehicleType,
};
pub use update::{
    Events, Metas, ObjectData, ObjectError, ObjectEvent, ObjectMeta, ObjectStateUpdate,
    ObjectStateUpdateGroup, ReceivedEvent, ReceivedObjects, ReceivedUpdate, ReceivedUpdateGroup, States,
};

use serde::{Deserialize, Deserializer};

/// A list that may be null, which some controllers write for an empty one.
fn list_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A list that is there, where null means that it is empty now.
fn present_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    list_or_null(deserializer).map(Some)
}
