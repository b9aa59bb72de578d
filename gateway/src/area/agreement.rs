//! Whether our file may drive a controller: what the controller says of its own groups, held against the file. Ours may be stricter, never laxer.
//!
//! Whether TLC-FI's intergreen contains the yellow is not known for sure; the file's does, and so does our reading of the controller's.

use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_tlcfi::objects::{SignalGroupMeta, SignalGroupState, SignalGroupTiming};

/// What is said of a file that nobody has checked against the street.
pub(super) const UNVERIFIED: &str = "nobody has verified the intersection file (`verified = true`)";

/// Every difference that forbids control, in sentences; none where there is none.
pub(super) fn differences(layout: &Intersection, metas: &[SignalGroupMeta]) -> Vec<String> {
    let mut differences = Vec::new();
    if !layout.is_verified() {
        differences.push(UNVERIFIED.to_owned());
    }
    for meta in metas {
        if layout.group_named(meta.id.as_str()).is_none() {
            differences.push(format!("the controller has group {}, the file does not", meta.id.as_str()));
        }
    }
    for group in layout.group_indices() {
        let name = &layout.groups()[group.index()].name;
        match metas.iter().find(|meta| meta.id.as_str() == name) {
            Some(meta) => compare(layout, group, meta, &mut differences),
            None => differences.push(format!("the file has group {name}, the controller does not")),
        }
    }
    differences
}

fn compare(layout: &Intersection, group: GroupIndex, meta: &SignalGroupMeta, differences: &mut Vec<String>) {
    let written = &layout.groups()[group.index()];
    let name = &written.name;
    for timing in &meta.timing {
        let (what, ours, most) = match timing.state.aspect() {
            Some(Aspect::Green) => ("green", written.min_green, None),
            Some(Aspect::Yellow) => ("yellow", written.yellow, Some(written.max_yellow)),
            Some(Aspect::Red) => ("red", written.min_red, None),
            None => continue,
        };
        let theirs = timing.shortest();
        if ours < theirs {
            differences.push(format!(
                "group {name}: the file's {what} lasts {} s at least, the controller's {} s",
                ours.seconds(),
                theirs.seconds()
            ));
        }
        if let Some((longest, most)) = timing.longest().zip(most).filter(|(longest, most)| most > longest) {
            differences.push(format!(
                "group {name}: the file's {what} lasts {} s at most, the controller's {} s",
                most.seconds(),
                longest.seconds()
            ));
        }
    }
    for intergreen in &meta.intergreen {
        // A group that the file has not is told already.
        let Some(to) = layout.group_named(intergreen.signalgroup.as_str()) else { continue };
        let theirs = intergreen.duration();
        match layout.conflicts().intergreen(group, to) {
            Some(ours) if ours >= theirs => {}
            Some(ours) => differences.push(format!(
                "from {name} to {}: the file has {} s, the controller {} s",
                layout.groups()[to.index()].name,
                ours.seconds(),
                theirs.seconds()
            )),
            None => differences.push(format!(
                "from {name} to {}: the controller has {} s, the file has them in no conflict",
                layout.groups()[to.index()].name,
                theirs.seconds()
            )),
        }
    }
}

/// What a group is asked for: which of the states that mean green or yellow its controller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vocabulary {
    green: SignalGroupState,
    yellow: SignalGroupState,
}

impl Vocabulary {
    /// By the states that have times in the group's meta; of several, those that fit whether its traffic gives way.
    pub(super) fn of(layout: &Intersection, group: GroupIndex, meta: Option<&SignalGroupMeta>) -> Self {
        use SignalGroupState as State;
        let yields = layout.conflicts().permissive().iter().any(|(yields, _)| *yields == group);
        let timing: &[SignalGroupTiming] = meta.map_or(&[], |meta| &meta.timing);
        let first = |choices: [State; 4]| {
            let known = choices.into_iter().find(|state| timing.iter().any(|timing| timing.state == *state));
            known.unwrap_or(choices[0])
        };
        let (permissive, protected) = (State::PermissiveMovementAllowed, State::ProtectedMovementAllowed);
        let clearances = [
            State::ProtectedClearance,
            State::ProtectedMovementPreClearance,
            State::PermissiveClearance,
            State::PermissiveMovementPreClearance,
        ];
        let [a, b, c, d] = clearances;
        if yields {
            Self { green: first([permissive, protected, permissive, protected]), yellow: first([c, d, a, b]) }
        } else {
            Self { green: first([protected, permissive, protected, permissive]), yellow: first(clearances) }
        }
    }

    /// The state for an aspect.
    pub(super) const fn state(self, aspect: Aspect) -> SignalGroupState {
        match aspect {
            Aspect::Red => SignalGroupState::StopAndRemain,
            Aspect::Yellow => self.yellow,
            Aspect::Green => self.green,
        }
    }
}

/// A controller's meta that says exactly what the file says.
#[cfg(test)]
pub(super) fn metas_of(layout: &Intersection) -> Vec<SignalGroupMeta> {
    use voorrang_tlcfi::objects::{IntergreenTime, ObjectId};
    use voorrang_units::Duration;
    let tenths = |duration: Duration| u16::try_from(duration.millis() / 100).unwrap();
    let id = |name: &str| ObjectId::new(name).unwrap();
    let metas = layout.group_indices().map(|group| {
        let written = &layout.groups()[group.index()];
        let foes = layout.conflicts().conflicting(group).iter();
        let timing = |aspect, min| SignalGroupTiming {
            state: SignalGroupState::protected(aspect),
            min: Some(tenths(min)),
            max: None,
        };
        SignalGroupMeta {
            id: id(&written.name),
            intersection: None,
            intergreen: foes
                .map(|foe| IntergreenTime {
                    signalgroup: id(&layout.groups()[foe.index()].name),
                    tenths: tenths(layout.conflicts().intergreen(group, *foe).unwrap()),
                })
                .collect(),
            timing: vec![
                timing(Aspect::Red, written.min_red),
                timing(Aspect::Green, written.min_green),
                SignalGroupTiming {
                    max: Some(tenths(written.max_yellow)),
                    ..timing(Aspect::Yellow, written.yellow)
                },
            ],
        }
    });
    metas.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossing() -> Intersection {
        let text = include_str!("../../../signals/tests/intersections/crossing.toml");
        let text = format!("verified = true\n{text}");
        Intersection::from_toml(&text, "crossing.toml").unwrap()
    }

    fn differences_after(change: impl Fn(&mut Vec<SignalGroupMeta>)) -> Vec<String> {
        let layout = crossing();
        let mut metas = metas_of(&layout);
        change(&mut metas);
        differences(&layout, &metas)
    }

    #[test]
    fn a_controller_that_says_what_the_file_says_may_be_driven() {
        assert_eq!(differences_after(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn every_laxer_time_and_missing_group_is_listed() {
        let differences = differences_after(|metas| {
            metas[0].timing[1].min = Some(60);
            metas[0].intergreen[0].tenths = 58;
            metas[1].timing[2].max = Some(20);
            metas.remove(3);
        });
        assert_eq!(
            differences,
            [
                "group 02: the file's green lasts 5 s at least, the controller's 6 s",
                "from 02 to 05: the file has 5 s, the controller 5.8 s",
                "group 03: the file's yellow lasts 3 s at most, the controller's 2 s",
                "the file has group 08, the controller does not",
            ]
        );
    }

    #[test]
    fn a_conflict_that_the_file_has_not_is_listed() {
        let differences = differences_after(|metas| {
            let with = metas[3].id.clone();
            metas[0].intergreen[0].signalgroup = with;
        });
        assert_eq!(differences, ["from 02 to 08: the controller has 5 s, the file has them in no conflict"]);
    }

    #[test]
    fn an_unverified_file_drives_nothing() {
        let text = include_str!("../../../signals/tests/intersections/crossing.toml");
        let layout = Intersection::from_toml(text, "crossing.toml").unwrap();
        assert_eq!(differences(&layout, &metas_of(&layout)).len(), 1);
    }

    #[test]
    fn a_group_is_asked_for_states_that_its_controller_has() {
        let layout = crossing();
        let mut meta = metas_of(&layout).remove(0);
        let group = GroupIndex(0);
        assert_eq!(
            Vocabulary::of(&layout, group, Some(&meta)).state(Aspect::Yellow),
            SignalGroupState::ProtectedClearance
        );
        meta.timing[2].state = SignalGroupState::ProtectedMovementPreClearance;
        assert_eq!(
            Vocabulary::of(&layout, group, Some(&meta)).state(Aspect::Yellow),
            SignalGroupState::ProtectedMovementPreClearance
        );
        // Group 03 gives way, and its controller knows no permissive green.
        let meta = metas_of(&layout).remove(1);
        assert_eq!(
            Vocabulary::of(&layout, GroupIndex(1), Some(&meta)).state(Aspect::Green),
            SignalGroupState::ProtectedMovementAllowed
        );
    }
}
