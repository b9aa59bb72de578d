//! What a controller consists of, as ReadMeta tells it: one intersection with its groups, detectors, inputs and outputs.

use std::collections::BTreeMap;

use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_units::Duration;

use crate::objects::{
    DetectorMeta, FacilitiesInfo, FacilitiesMeta, GeneratorMeta, IntergreenTime, IntersectionMeta, IoMeta,
    Metas, ObjectId, ObjectType, ProtocolVersion, SignalGroupMeta, SignalGroupState, SignalGroupTiming,
};

/// A controller's objects. Their positions in these lists are how the host names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equipment {
    /// The controller.
    pub facilities: ObjectId,
    /// Its one intersection.
    pub intersection: ObjectId,
    /// Who made it, and which version it speaks.
    pub info: FacilitiesInfo,
    /// Signal groups with their intergreens and times.
    pub groups: Vec<SignalGroupMeta>,
    /// Detectors.
    pub detectors: Vec<DetectorMeta>,
    /// Inputs.
    pub inputs: Vec<ObjectId>,
    /// Outputs.
    pub outputs: Vec<OutputEquipment>,
    /// What passes on KAR.
    pub generator: ObjectId,
}

/// An output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputEquipment {
    /// Its id.
    pub id: ObjectId,
    /// Whether only the application in control may drive it.
    pub exclusive: bool,
}

impl Equipment {
    /// What an intersection file describes. The intersection's id is its name, with `_` for what an id may not have; the controller's is the
    /// same after `TLC_`. Inputs are those that override, outputs the emergency lamps, which only the application in control may drive.
    ///
    /// # Errors
    /// A name of the file that can't be an id.
    pub fn of(intersection: &Intersection) -> Result<Self, EquipmentError> {
        let name = id_of_name(intersection.name());
        let own = id(&name)?;
        let group_id = |group: GroupIndex| id(&intersection.groups()[group.index()].name);
        let conflicts = intersection.conflicts();
        let mut groups = Vec::new();
        for index in intersection.group_indices() {
            let group = &intersection.groups()[index.index()];
            let mut intergreen = Vec::new();
            for foe in conflicts.conflicting(index) {
                let time = conflicts.intergreen(index, *foe).unwrap_or(Duration::ZERO);
                intergreen.push(IntergreenTime { signalgroup: group_id(*foe)?, tenths: tenths(time) });
            }
            let yields = conflicts.permissive().iter().any(|(yields, _)| *yields == index);
            let state = |aspect| {
                if yields {
                    SignalGroupState::permissive(aspect)
                } else {
                    SignalGroupState::protected(aspect)
                }
            };
            // Yellow has a maximum where the file says more than its length: lamps confirm late, so its length can't be one.
            let longest_yellow = (group.max_yellow > group.yellow).then(|| tenths(group.max_yellow));
            let timing = [
                (Aspect::Red, group.min_red, None),
                (Aspect::Green, group.min_green, None),
                (Aspect::Yellow, group.yellow, longest_yellow),
            ];
            groups.push(SignalGroupMeta {
                id: group_id(index)?,
                intersection: Some(own.clone()),
                intergreen,
                timing: timing
                    .map(|(aspect, min, max)| SignalGroupTiming {
                        state: state(aspect),
                        min: Some(tenths(min)),
                        max,
                    })
                    .to_vec(),
            });
        }
        let detectors = intersection.detectors().iter();
        let inputs = intersection.overrides().iter();
        let lamps = intersection.emergency_lamps().iter();
        Ok(Self {
            facilities: id(&format!("TLC_{name}"))?,
            intersection: own,
            info: FacilitiesInfo {
                fi_version: ProtocolVersion::OURS,
                companyname: "Voorrang emulator".to_owned(),
                facilities_version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            groups,
            detectors: detectors
                .map(|detector| Ok(DetectorMeta { id: id(&detector.name)?, generates_events: false }))
                .collect::<Result<_, EquipmentError>>()?,
            inputs: inputs.map(|input| id(&input.name)).collect::<Result<_, _>>()?,
            outputs: lamps
                .map(|lamp| Ok(OutputEquipment { id: id(&lamp.output)?, exclusive: true }))
                .collect::<Result<_, EquipmentError>>()?,
            generator: id("SVEG1")?,
        })
    }

    pub(super) fn facilities_meta(&self) -> FacilitiesMeta {
        let (detectors, outputs) = (self.detectors.iter(), self.outputs.iter());
        FacilitiesMeta {
            id: self.facilities.clone(),
            intersections: vec![self.intersection.clone()],
            signalgroups: self.groups.iter().map(|group| group.id.clone()).collect(),
            detectors: detectors.map(|detector| detector.id.clone()).collect(),
            inputs: self.inputs.clone(),
            outputs: outputs.map(|output| output.id.clone()).collect(),
            spvehgenerator: Some(self.generator.clone()),
            variables: Vec::new(),
            info: Some(self.info.clone()),
        }
    }

    pub(super) fn intersection_meta(&self) -> IntersectionMeta {
        let all = self.facilities_meta();
        let exclusive = self.outputs.iter().filter(|output| output.exclusive);
        IntersectionMeta {
            id: self.intersection.clone(),
            outputs: exclusive.map(|output| output.id.clone()).collect(),
            inputs: all.inputs,
            signalgroups: all.signalgroups,
            detectors: all.detectors,
            spvehgenerator: all.spvehgenerator,
        }
    }

    /// Meta of objects of one type, which are there.
    pub(super) fn metas(&self, object_type: ObjectType, places: &[u16]) -> Option<Metas> {
        let places = || places.iter().map(|place| usize::from(*place));
        let io = |id: &ObjectId, of: Option<&ObjectId>| IoMeta { id: id.clone(), intersection: of.cloned() };
        Some(match object_type {
            ObjectType::TlcFacilities => Metas::Facilities(vec![self.facilities_meta()]),
            ObjectType::Intersection => Metas::Intersection(vec![self.intersection_meta()]),
            ObjectType::SignalGroup => {
                Metas::SignalGroup(places().map(|place| self.groups[place].clone()).collect())
            }
            ObjectType::Detector => {
                Metas::Detector(places().map(|place| self.detectors[place].clone()).collect())
            }
            ObjectType::Input => Metas::Input(places().map(|place| io(&self.inputs[place], None)).collect()),
            ObjectType::Output => {
                let output = |place: usize| io(&self.outputs[place].id, Some(&self.intersection));
                Metas::Output(places().map(output).collect())
            }
            ObjectType::SpecialVehicleEventGenerator => {
                Metas::Generator(vec![GeneratorMeta { id: self.generator.clone() }])
            }
            _ => return None,
        })
    }

    pub(super) fn id_of(&self, object_type: ObjectType, place: u16) -> Option<&ObjectId> {
        let place = usize::from(place);
        match object_type {
            ObjectType::TlcFacilities => Some(&self.facilities),
            ObjectType::Intersection => Some(&self.intersection),
            ObjectType::SignalGroup => self.groups.get(place).map(|group| &group.id),
            ObjectType::Detector => self.detectors.get(place).map(|detector| &detector.id),
            ObjectType::Input => self.inputs.get(place),
            ObjectType::Output => self.outputs.get(place).map(|output| &output.id),
            ObjectType::SpecialVehicleEventGenerator => Some(&self.generator),
            _ => None,
        }
    }

    /// Where each object stands, by type and id.
    pub(super) fn places(&self) -> BTreeMap<(ObjectType, Box<str>), u16> {
        let mut places = BTreeMap::new();
        for object_type in ObjectType::LISTED {
            for place in 0..u16::MAX {
                // The single ones have an id at every place.
                let single = matches!(
                    object_type,
                    ObjectType::TlcFacilities
                        | ObjectType::Intersection
                        | ObjectType::SpecialVehicleEventGenerator
                );
                match self.id_of(*object_type, place) {
                    Some(id) if !single || place == 0 => {
                        places.insert((*object_type, id.as_str().into()), place)
                    }
                    _ => break,
                };
            }
        }
        places
    }
}

/// A name that can't be an object's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't be an id in TLC-FI: 1 to 64 printable ASCII characters, letters, digits, '_' and '-' by the book"
)]
pub struct EquipmentError(pub String);

/// The id that a controller gives an intersection of that name: letters, digits, `-` and `_`; `_` for everything else.
#[must_use]
pub fn id_of_name(name: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let id: String =
        name.chars().map(|character| if allowed(character) { character } else { '_' }).take(60).collect();
    if id.is_empty() { "intersection".to_owned() } else { id }
}

fn id(text: &str) -> Result<ObjectId, EquipmentError> {
    ObjectId::new(text).ok_or_else(|| EquipmentError(text.to_owned()))
}

/// In tenths of a second, rounded up, so that nothing becomes shorter.
fn tenths(time: Duration) -> u16 {
    u16::try_from((time.millis() + 99).div_euclid(100)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intersection_file_becomes_meta() {
        let text = include_str!("../../../../signals/tests/intersections/crossing.toml");
        let crossing = Intersection::from_toml(text, "crossing.toml").unwrap();
        let equipment = Equipment::of(&crossing).unwrap();
        assert_eq!(equipment.intersection, "Crossing");
        let side = &equipment.groups[2];
        let to_main = side.intergreen.iter().find(|time| time.signalgroup == "02").unwrap();
        assert_eq!(to_main.tenths, 55);
        let minima: Vec<_> = side.timing.iter().map(|timing| (timing.state.number(), timing.min)).collect();
        assert_eq!(minima, [(3, Some(20)), (6, Some(60)), (8, Some(30))]);
        let places = equipment.places();
        assert_eq!(places[&(ObjectType::SignalGroup, "08".into())], 3);
        assert_eq!(places[&(ObjectType::Intersection, "Crossing".into())], 0);
    }

    #[test]
    fn names_become_ids() {
        assert_eq!(id_of_name("Dutch junction"), "Dutch_junction");
        assert_eq!(id_of_name(""), "intersection");
    }
}
