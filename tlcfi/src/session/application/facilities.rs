//! What a controller has, in the order of its meta. Objects get numbers, so that nobody has to handle their ids from message to message.

use serde::{Deserialize, Serialize};

use crate::objects::{
    DetectorMeta, FacilitiesMeta, IntersectionMeta, IoMeta, ObjectId, ObjectType, ProtocolVersion,
    SignalGroupMeta, VariableMeta,
};

/// Makes a position in one of the controller's lists.
macro_rules! object_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u16);

        impl $name {
            /// As a position in the list.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

object_number!(
    /// A signal group's position in [`Facilities::groups`].
    GroupNumber
);
object_number!(
    /// A detector's position in [`Facilities::detectors`].
    DetectorNumber
);
object_number!(
    /// An input's position in [`Facilities::inputs`].
    InputNumber
);
object_number!(
    /// An output's position in [`Facilities::outputs`].
    OutputNumber
);
object_number!(
    /// A variable's position in [`Facilities::variables`].
    VariableNumber
);

/// What a controller has that concerns our intersection. Does not change during a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facilities {
    /// Our session's id.
    pub session: ObjectId,
    /// The version that the controller speaks.
    pub version: ProtocolVersion,
    /// The controller as a whole.
    pub controller: FacilitiesMeta,
    /// Our intersection.
    pub intersection: IntersectionMeta,
    /// Its signal groups, in the order of the intersection's meta.
    pub groups: Vec<SignalGroupMeta>,
    /// Its detectors, and those of the controller where it has one intersection.
    pub detectors: Vec<DetectorMeta>,
    /// Inputs, likewise.
    pub inputs: Vec<IoMeta>,
    /// Outputs, likewise: the first [`Self::exclusive_outputs`] only for whoever is in control.
    pub outputs: Vec<IoMeta>,
    /// How many of the outputs are the intersection's own.
    pub exclusive_outputs: usize,
    /// What passes on what vehicles tell.
    pub generator: Option<ObjectId>,
    /// Variables.
    pub variables: Vec<VariableMeta>,
    pub(super) places: Places,
}

/// Where ids stand in their lists: each list's positions in the order of the ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Places {
    groups: Vec<u16>,
    detectors: Vec<u16>,
    inputs: Vec<u16>,
    outputs: Vec<u16>,
    variables: Vec<u16>,
}

impl Facilities {
    /// Orders the ids, once all lists are there.
    pub(super) fn index(&mut self) {
        self.places = Places {
            groups: sorted(&self.groups, |meta| &meta.id),
            detectors: sorted(&self.detectors, |meta| &meta.id),
            inputs: sorted(&self.inputs, |meta| &meta.id),
            outputs: sorted(&self.outputs, |meta| &meta.id),
            variables: sorted(&self.variables, |meta| &meta.id),
        };
    }

    /// The signal group of that id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<GroupNumber> {
        find(&self.places.groups, &self.groups, |meta| &meta.id, id).map(GroupNumber)
    }

    /// The detector of that id.
    #[must_use]
    pub fn detector(&self, id: &str) -> Option<DetectorNumber> {
        find(&self.places.detectors, &self.detectors, |meta| &meta.id, id).map(DetectorNumber)
    }

    /// The input of that id.
    #[must_use]
    pub fn input(&self, id: &str) -> Option<InputNumber> {
        find(&self.places.inputs, &self.inputs, |meta| &meta.id, id).map(InputNumber)
    }

    /// The output of that id.
    #[must_use]
    pub fn output(&self, id: &str) -> Option<OutputNumber> {
        find(&self.places.outputs, &self.outputs, |meta| &meta.id, id).map(OutputNumber)
    }

    /// The variable of that id.
    #[must_use]
    pub fn variable(&self, id: &str) -> Option<VariableNumber> {
        find(&self.places.variables, &self.variables, |meta| &meta.id, id).map(VariableNumber)
    }

    /// Whether only whoever is in control may drive an output.
    #[must_use]
    pub fn is_exclusive(&self, output: OutputNumber) -> bool {
        output.index() < self.exclusive_outputs
    }

    /// Where the controller is not as expected.
    #[must_use]
    pub fn differences(&self, expected: &ExpectedObjects) -> Differences {
        let mut differences = Differences::default();
        let groups: Vec<&str> = self.groups.iter().map(|meta| meta.id.as_str()).collect();
        for id in expected.groups.iter().filter(|id| !groups.contains(&id.as_str())) {
            differences.fatal.push(format!("signal group {id:?} is not there"));
        }
        for id in groups.iter().filter(|id| !expected.groups.iter().any(|group| group == *id)) {
            differences.fatal.push(format!("signal group {id:?} is not expected"));
        }
        let detectors = self.detectors.iter().map(|meta| &meta.id);
        differences.compare("detector", &expected.detectors, detectors);
        differences.compare("input", &expected.inputs, self.inputs.iter().map(|meta| &meta.id));
        differences.compare("output", &expected.outputs, self.outputs.iter().map(|meta| &meta.id));
        differences
    }
}

fn sorted<T>(list: &[T], id: impl Fn(&T) -> &ObjectId) -> Vec<u16> {
    let mut places: Vec<u16> = (0..u16::MAX).take(list.len()).collect();
    places.sort_by(|one, other| id(&list[usize::from(*one)]).cmp(id(&list[usize::from(*other)])));
    places
}

fn find<T>(places: &[u16], list: &[T], id: impl Fn(&T) -> &ObjectId, wanted: &str) -> Option<u16> {
    let found = places.binary_search_by(|place| id(&list[usize::from(*place)]).as_str().cmp(wanted)).ok()?;
    places.get(found).copied()
}

/// What a controller is expected to have: signal groups exactly, of the others these at least.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedObjects {
    /// Ids of signal groups.
    pub groups: Vec<String>,
    /// Ids of detectors.
    pub detectors: Vec<String>,
    /// Ids of inputs.
    pub inputs: Vec<String>,
    /// Ids of outputs.
    pub outputs: Vec<String>,
}

/// Where a controller is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// Groups that differ, and whatever lacks.
    pub fatal: Vec<String>,
    /// What there is besides; a sentence for each kind.
    pub more: Vec<String>,
}

impl Differences {
    fn compare<'a>(&mut self, what: &str, expected: &[String], there: impl Iterator<Item = &'a ObjectId>) {
        let there: Vec<&str> = there.map(ObjectId::as_str).collect();
        for id in expected.iter().filter(|id| !there.contains(&id.as_str())) {
            self.fatal.push(format!("{what} {id:?} is not there"));
        }
        let more: Vec<&str> =
            there.into_iter().filter(|id| !expected.iter().any(|other| other == id)).collect();
        if !more.is_empty() {
            self.more.push(format!("not expected: {what} {}", more.join(", ")));
        }
    }
}

/// How many objects of a type are taken; no real controller comes near.
#[must_use]
pub(super) fn most(object_type: ObjectType) -> usize {
    match object_type {
        ObjectType::SignalGroup => 255,
        ObjectType::TlcFacilities | ObjectType::Session | ObjectType::SpecialVehicleEventGenerator => 1,
        ObjectType::Intersection => 64,
        _ => 4096,
    }
}
