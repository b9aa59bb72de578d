//! Lists of states, meta and events: one element for each object of a reference, of the type that the reference says.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::objects::{
    DetectorEvent, DetectorMeta, DetectorUpdate, FacilitiesMeta, GeneratorMeta, GeneratorUpdate,
    IntersectionMeta, IntersectionUpdate, IoMeta, IoUpdate, ObjectReference, ObjectType, ReceivedReference,
    SessionEvent, SessionMeta, SessionUpdate, SignalGroupMeta, SignalGroupUpdate, SpecialVehicleEvent,
    VariableMeta, VariableUpdate,
};
use crate::rpc::cut;
use crate::ticks::Ticks;

/// Why a list does not fit its reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ObjectError {
    /// There are none of this type.
    #[error("objects of type {object_type} have no {what}")]
    NoSuch {
        /// The type.
        object_type: ObjectType,
        /// `states`, `meta` or `events`.
        what: &'static str,
    },
    /// Another number of elements than ids.
    #[error("{ids} ids of type {object_type} have {elements} {what}: expected as many, and at least one")]
    Length {
        /// The type.
        object_type: ObjectType,
        /// `states`, `meta` or `events`.
        what: &'static str,
        /// How many ids.
        ids: usize,
        /// How many elements.
        elements: usize,
    },
    /// An element that can't be one of this type.
    #[error("{what} of type {object_type} can't be read: {why}")]
    Element {
        /// The type.
        object_type: ObjectType,
        /// `states`, `meta` or `events`.
        what: &'static str,
        /// What is wrong, and where.
        why: String,
    },
}

/// Makes a list whose elements' type follows from the type of object.
macro_rules! typed_list {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$variant_doc:meta])* $variant:ident($element:ty) = $type:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum $name {
            $($(#[$variant_doc])* $variant(Vec<$element>),)+
        }

        impl $name {
            /// Of which type of object.
            #[must_use]
            pub const fn object_type(&self) -> ObjectType {
                match self {
                    $(Self::$variant(_) => ObjectType::$type,)+
                }
            }

            /// How many.
            #[must_use]
            pub fn len(&self) -> usize {
                match self {
                    $(Self::$variant(list) => list.len(),)+
                }
            }

            /// Whether there are none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Reads the elements of a reference.
            fn read(objects: &ReceivedReference<'_>, raw: &RawValue) -> Result<Self, ObjectError> {
                let object_type = objects.object_type;
                let element = |error: serde_json::Error| {
                    ObjectError::Element { object_type, what: $what, why: cut(&error.to_string()) }
                };
                let list = match object_type {
                    $(ObjectType::$type => serde_json::from_str(raw.get()).map(Self::$variant).map_err(element)?,)+
                    #[allow(unreachable_patterns, reason = "a list may have elements for every listed type")]
                    _ => return Err(ObjectError::NoSuch { object_type, what: $what }),
                };
                let (ids, elements) = (objects.ids.len(), list.len());
                if ids != elements || ids == 0 {
                    return Err(ObjectError::Length { object_type, what: $what, ids, elements });
                }
                Ok(list)
            }
        }
    };
}

typed_list! {
    /// States, or what changed of them, one for each id.
    States, "states", {
        /// Sessions.
        Session(SessionUpdate) = Session,
        /// Intersections.
        Intersection(IntersectionUpdate) = Intersection,
        /// Signal groups.
        SignalGroup(SignalGroupUpdate) = SignalGroup,
        /// Detectors.
        Detector(DetectorUpdate) = Detector,
        /// Inputs.
        Input(IoUpdate) = Input,
        /// Outputs.
        Output(IoUpdate) = Output,
        /// Generators of special vehicle events.
        Generator(GeneratorUpdate) = SpecialVehicleEventGenerator,
        /// Variables.
        Variable(VariableUpdate) = Variable,
    }
}

typed_list! {
    /// What objects are, one for each id.
    Metas, "meta", {
        /// Sessions.
        Session(SessionMeta) = Session,
        /// Controllers.
        Facilities(FacilitiesMeta) = TlcFacilities,
        /// Intersections.
        Intersection(IntersectionMeta) = Intersection,
        /// Signal groups.
        SignalGroup(SignalGroupMeta) = SignalGroup,
        /// Detectors.
        Detector(DetectorMeta) = Detector,
        /// Inputs.
        Input(IoMeta) = Input,
        /// Outputs.
        Output(IoMeta) = Output,
        /// Generators of special vehicle events.
        Generator(GeneratorMeta) = SpecialVehicleEventGenerator,
        /// Variables.
        Variable(VariableMeta) = Variable,
    }
}

typed_list! {
    /// What happened, one for each id.
    Events, "events", {
        /// About sessions.
        Session(SessionEvent) = Session,
        /// At detectors.
        Detector(DetectorEvent) = Detector,
        /// Vehicles told what they are.
        SpecialVehicle(SpecialVehicleEvent) = SpecialVehicleEventGenerator,
    }
}

/// The argument of UpdateState, to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectStateUpdateGroup {
    /// On the sender's clock.
    pub ticks: Ticks,
    /// One element for each type of object.
    pub update: Vec<ObjectStateUpdate>,
}

/// What changed of objects of one type, to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectStateUpdate {
    /// Which.
    pub objects: ObjectReference,
    /// What, in the same order.
    pub states: States,
}

/// The argument of NotifyEvent, to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectEvent {
    /// Which.
    pub objects: ObjectReference,
    /// What, in the same order.
    pub events: Events,
    /// On the sender's clock.
    pub ticks: Ticks,
}

/// What Subscribe gives, to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectData {
    /// Which.
    pub objects: ObjectReference,
    /// Their states, in the same order. A session without control has none: it is written as an empty object.
    pub data: States,
    /// On the sender's clock.
    pub ticks: Ticks,
}

/// What ReadMeta gives, to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectMeta {
    /// Which.
    pub objects: ObjectReference,
    /// What they are, in the same order.
    pub meta: Metas,
    /// On the sender's clock.
    pub ticks: Ticks,
}

/// The argument of UpdateState, as it came.
#[derive(Debug, Deserialize)]
pub struct ReceivedUpdateGroup<'a> {
    /// On the sender's clock.
    pub ticks: Ticks,
    /// One element for each type of object.
    #[serde(borrow)]
    pub update: Vec<ReceivedUpdate<'a>>,
}

/// What changed of objects of one type, as it came. Elements are read apart, so that one that is not understood leaves the others as they are.
#[derive(Debug, Deserialize)]
pub struct ReceivedUpdate<'a> {
    /// Which.
    #[serde(borrow)]
    pub objects: ReceivedReference<'a>,
    #[serde(borrow)]
    states: &'a RawValue,
}

impl ReceivedUpdate<'_> {
    /// What, in the same order.
    ///
    /// # Errors
    /// When the states do not fit the objects.
    pub fn states(&self) -> Result<States, ObjectError> {
        States::read(&self.objects, self.states)
    }
}

/// The argument of NotifyEvent, as it came.
#[derive(Debug, Deserialize)]
pub struct ReceivedEvent<'a> {
    /// Which.
    #[serde(borrow)]
    pub objects: ReceivedReference<'a>,
    #[serde(borrow)]
    events: &'a RawValue,
    /// On the sender's clock.
    pub ticks: Ticks,
}

impl ReceivedEvent<'_> {
    /// What, in the same order.
    ///
    /// # Errors
    /// When the events do not fit the objects.
    pub fn events(&self) -> Result<Events, ObjectError> {
        Events::read(&self.objects, self.events)
    }
}

/// What ReadMeta or Subscribe gave, as it came.
#[derive(Debug, Deserialize)]
pub struct ReceivedObjects<'a> {
    /// Which.
    #[serde(borrow)]
    pub objects: ReceivedReference<'a>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    /// On the sender's clock.
    pub ticks: Ticks,
}

impl ReceivedObjects<'_> {
    /// What ReadMeta gave.
    ///
    /// # Errors
    /// When the meta do not fit the objects.
    pub fn meta(&self) -> Result<Metas, ObjectError> {
        Metas::read(&self.objects, self.list(self.meta, "meta")?)
    }

    /// What Subscribe gave.
    ///
    /// # Errors
    /// When the states do not fit the objects.
    pub fn data(&self) -> Result<States, ObjectError> {
        States::read(&self.objects, self.list(self.data, "data")?)
    }

    fn list<'r>(&self, list: Option<&'r RawValue>, what: &'static str) -> Result<&'r RawValue, ObjectError> {
        let object_type = self.objects.object_type;
        list.ok_or_else(|| ObjectError::Element { object_type, what, why: format!("\"{what}\" lacks") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{ObjectId, SignalGroupState};

    fn states(text: &str) -> Result<States, ObjectError> {
        serde_json::from_str::<ReceivedUpdate<'_>>(text).unwrap().states()
    }

    #[test]
    fn states_are_read_by_the_type_of_their_objects_whatever_comes_first() {
        let expected = States::SignalGroup(vec![SignalGroupUpdate {
            state: Some(SignalGroupState::StopAndRemain),
            ..SignalGroupUpdate::default()
        }]);
        assert_eq!(
            states(r#"{"states":[{"state":3,"new":{}}],"objects":{"ids":["02"],"type":3}}"#),
            Ok(expected)
        );
    }

    #[test]
    fn lists_of_another_length_are_refused() {
        let check = |text: &str, expected: &str| assert_eq!(states(text).unwrap_err().to_string(), expected);
        check(
            r#"{"objects":{"ids":["02","05"],"type":3},"states":[{}]}"#,
            "2 ids of type SignalGroup have 1 states: expected as many, and at least one",
        );
        check(
            r#"{"objects":{"ids":[],"type":4},"states":[]}"#,
            "0 ids of type Detector have 0 states: expected as many, and at least one",
        );
        check(
            r#"{"objects":{"ids":["A"],"type":1},"states":[{}]}"#,
            "objects of type TlcFacilities have no states",
        );
        check(
            r#"{"objects":{"ids":["A"],"type":12},"states":[{}]}"#,
            "objects of type unlisted 12 have no states",
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let update = ObjectStateUpdateGroup {
            ticks: Ticks(5),
            update: vec![ObjectStateUpdate {
                objects: ObjectReference::one(ObjectType::Output, ObjectId::new("hlpd02").unwrap()),
                states: States::Output(vec![IoUpdate { request_state: Some(1), ..IoUpdate::default() }]),
            }],
        };
        let text = serde_json::to_string(&update).unwrap();
        assert_eq!(
            text,
            r#"{"ticks":5,"update":[{"objects":{"type":6,"ids":["hlpd02"]},"states":[{"reqState":1}]}]}"#
        );
        let read: ReceivedUpdateGroup<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(read.update[0].states().as_ref(), Ok(&update.update[0].states));
    }
}
