//! The states of all objects, and what of them each subscriber has yet to be told.

use std::collections::{BTreeMap, BTreeSet};

use crate::objects::{
    DetectorFault, DetectorState, DetectorUpdate, GeneratorFault, GeneratorUpdate, GroupPrediction,
    IntersectionControlState, IntersectionUpdate, IoFault, IoUpdate, ObjectId, ObjectReference,
    ObjectStateUpdate, ObjectStateUpdateGroup, ObjectType, SignalGroupState, SignalGroupUpdate, States,
    Swico,
};
use crate::session::controller::equipment::Equipment;
use crate::ticks::Ticks;

/// Members of a state, as bits: which of them changed.
pub(super) mod member {
    pub(crate) const STATE: u8 = 1;
    pub(crate) const FAULT: u8 = 2;
    pub(crate) const PREDICTIONS: u8 = 4;
    pub(crate) const ALL: u8 = u8::MAX;
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) state: SignalGroupState,
    pub(super) ticks: Ticks,
    pub(super) predictions: Vec<GroupPrediction>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Detector {
    pub(super) occupied: bool,
    pub(super) fault: DetectorFault,
    pub(super) ticks: Ticks,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct InputOutput {
    pub(super) state: i16,
    pub(super) ticks: Ticks,
}

#[derive(Debug, Clone)]
pub(super) struct ObjectStates {
    pub(super) intersection: IntersectionControlState,
    pub(super) intersection_ticks: Ticks,
    pub(super) groups: Vec<Group>,
    pub(super) detectors: Vec<Detector>,
    pub(super) inputs: Vec<InputOutput>,
    pub(super) outputs: Vec<InputOutput>,
}

impl ObjectStates {
    /// All red, nothing occupied, everything off, the intersection in control.
    pub(super) fn new(equipment: &Equipment, ticks: Ticks) -> Self {
        let off = InputOutput { state: 0, ticks };
        let red = Group { state: SignalGroupState::StopAndRemain, ticks, predictions: Vec::new() };
        Self {
            intersection: IntersectionControlState::Control,
            intersection_ticks: ticks,
            groups: vec![red; equipment.groups.len()],
            detectors: vec![
                Detector { occupied: false, fault: DetectorFault::None, ticks };
                equipment.detectors.len()
            ],
            inputs: vec![off; equipment.inputs.len()],
            outputs: vec![off; equipment.outputs.len()],
        }
    }

    /// Some members of objects of one type, which are there; none for types without state.
    pub(super) fn states(
        &self,
        object_type: ObjectType,
        objects: impl Iterator<Item = (u16, u8)>,
    ) -> Option<States> {
        let objects = objects.map(|(place, members)| (usize::from(place), members));
        let if_of = |members: u8, member: u8| members & member != 0;
        Some(match object_type {
            ObjectType::Intersection => States::Intersection(
                objects
                    .map(|_| IntersectionUpdate {
                        stateticks: Some(self.intersection_ticks),
                        state: Some(self.intersection),
                        request_state: None,
                    })
                    .collect(),
            ),
            ObjectType::SignalGroup => States::SignalGroup(
                objects
                    .map(|(place, members)| {
                        let group = &self.groups[place];
                        let state = if_of(members, member::STATE);
                        SignalGroupUpdate {
                            stateticks: state.then_some(group.ticks),
                            state: state.then_some(group.state),
                            predictions: if_of(members, member::PREDICTIONS)
                                .then(|| group.predictions.clone()),
                            ..SignalGroupUpdate::default()
                        }
                    })
                    .collect(),
            ),
            ObjectType::Detector => States::Detector(
                objects
                    .map(|(place, members)| {
                        let detector = self.detectors[place];
                        let state = if detector.occupied {
                            DetectorState::Occupied
                        } else {
                            DetectorState::Unoccupied
                        };
                        DetectorUpdate {
                            stateticks: Some(detector.ticks),
                            state: if_of(members, member::STATE).then_some(state),
                            faultstate: if_of(members, member::FAULT).then_some(detector.fault),
                            swico: (members == member::ALL).then_some(Swico::None),
                        }
                    })
                    .collect(),
            ),
            ObjectType::Input => States::Input(
                objects
                    .map(|(place, members)| IoUpdate {
                        swico: (members == member::ALL).then_some(Swico::None),
                        ..io_update(self.inputs[place], members)
                    })
                    .collect(),
            ),
            ObjectType::Output => States::Output(
                objects.map(|(place, members)| io_update(self.outputs[place], members)).collect(),
            ),
            ObjectType::SpecialVehicleEventGenerator => {
                let fine = GeneratorUpdate { faultstate: Some(GeneratorFault::None) };
                States::Generator(objects.map(|_| fine).collect())
            }
            _ => return None,
        })
    }
}

fn io_update(state: InputOutput, members: u8) -> IoUpdate {
    IoUpdate {
        stateticks: Some(state.ticks),
        state: Some(state.state),
        faultstate: (members == member::ALL).then_some(IoFault::None),
        ..IoUpdate::default()
    }
}

/// What one subscriber has asked for, and has yet to be told. Bounded by the number of objects.
#[derive(Debug, Clone, Default)]
pub(super) struct Subscription {
    objects: BTreeSet<(ObjectType, u16)>,
    changed: BTreeMap<(ObjectType, u16), u8>,
}

impl Subscription {
    pub(super) fn add(&mut self, object_type: ObjectType, place: u16) {
        self.objects.insert((object_type, place));
        // It has just been told everything.
        self.changed.remove(&(object_type, place));
    }

    pub(super) fn has(&self, object_type: ObjectType, place: u16) -> bool {
        self.objects.contains(&(object_type, place))
    }

    pub(super) fn changed(&mut self, object_type: ObjectType, place: u16, members: u8) {
        if self.has(object_type, place) {
            *self.changed.entry((object_type, place)).or_default() |= members;
        }
    }

    pub(super) fn is_told(&self) -> bool {
        self.changed.is_empty()
    }

    /// Everything that changed since the last call, in one message.
    pub(super) fn take(
        &mut self,
        equipment: &Equipment,
        states: &ObjectStates,
        ticks: Ticks,
    ) -> Option<ObjectStateUpdateGroup> {
        let changed = std::mem::take(&mut self.changed);
        let mut update = Vec::new();
        for object_type in ObjectType::LISTED {
            let of_type = || {
                changed
                    .range((*object_type, 0)..=(*object_type, u16::MAX))
                    .map(|((_, place), members)| (*place, *members))
            };
            let ids: Vec<ObjectId> =
                of_type().filter_map(|(place, _)| equipment.id_of(*object_type, place).cloned()).collect();
            if ids.is_empty() {
                continue;
            }
            if let Some(states) = states.states(*object_type, of_type()) {
                update.push(ObjectStateUpdate { objects: ObjectReference::new(*object_type, ids), states });
            }
        }
        (!update.is_empty()).then_some(ObjectStateUpdateGroup { ticks, update })
    }
}
