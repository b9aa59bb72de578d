//! What lamps show, held against the intersection file: where somebody else drives them, the file may be wrong. Each contradiction is told once.
//!
//! Moments are those that the controller gives; they are exact to some tenths of a second, so a time counts as another one from 0.3 s on.

use std::collections::BTreeSet;

use voorrang_signals::{Aspect, Conflict, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

/// Less is no difference: a control step of 0.1 s on either side, and one for the wire.
const TOLERANCE: Duration = Duration::from_millis(300);

/// The lamps of one junction as they were seen.
#[derive(Debug)]
pub(super) struct LampWatch {
    groups: Vec<Seen>,
    told: BTreeSet<(Kind, GroupIndex, GroupIndex)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    aspect: Option<Aspect>,
    /// Since when; none where its beginning was not seen.
    since: Option<Instant>,
    /// When its green was seen to end.
    green_ended: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Order,
    Short,
    YellowLong,
    Conflict,
    Intergreen,
}

impl LampWatch {
    /// Nothing was seen.
    pub(super) fn new(groups: usize) -> Self {
        Self { groups: vec![Seen::default(); groups], told: BTreeSet::new() }
    }

    /// The link was lost, or lamps flashed or were dark: what was seen before has no end.
    pub(super) fn forget(&mut self) {
        self.groups.fill(Seen::default());
    }

    /// A lamp shows this since `at`; none where it shows no aspect. What contradicts the file is told in sentences.
    pub(super) fn see(
        &mut self,
        at: Instant,
        layout: &Intersection,
        group: GroupIndex,
        aspect: Option<Aspect>,
        mut tell: impl FnMut(String),
    ) {
        let Some(seen) = self.groups.get(group.index()).copied() else { return };
        if seen.aspect == aspect {
            return;
        }
        let Some(aspect) = aspect else {
            self.groups[group.index()] = Seen::default();
            return;
        };
        let ends_green = seen.aspect == Some(Aspect::Green);
        self.groups[group.index()] = Seen {
            aspect: Some(aspect),
            since: seen.aspect.map(|_| at),
            green_ended: if ends_green { Some(at) } else { seen.green_ended },
        };
        let name = |group: GroupIndex| layout.groups()[group.index()].name.as_str();
        if let Some(before) = seen.aspect {
            if before.next() != aspect {
                self.once((Kind::Order, group, group), || {
                    tell(format!("group {} went from {before} to {aspect}", name(group)));
                });
            }
            if let Some(since) = seen.since {
                self.hold_duration(layout, group, before, at - since, &mut tell);
            }
        }
        if aspect == Aspect::Green {
            self.hold_foes(at, layout, group, seen.aspect.is_some(), &mut tell);
        }
    }

    fn hold_duration(
        &mut self,
        layout: &Intersection,
        group: GroupIndex,
        aspect: Aspect,
        lasted: Duration,
        tell: &mut impl FnMut(String),
    ) {
        let written = &layout.groups()[group.index()];
        let least = match aspect {
            Aspect::Green => written.min_green,
            Aspect::Yellow => written.yellow,
            Aspect::Red => written.min_red,
        };
        let name = &written.name;
        if lasted + TOLERANCE < least {
            // Red, yellow and green of one group are three contradictions.
            let which = GroupIndex(aspect as u16);
            self.once((Kind::Short, group, which), || {
                let (lasted, least) = (lasted.seconds(), least.seconds());
                tell(format!("{aspect} of group {name} lasted {lasted} s, the file has {least} s at least"));
            });
        }
        if aspect == Aspect::Yellow && lasted > written.max_yellow + TOLERANCE {
            self.once((Kind::YellowLong, group, group), || {
                let (lasted, most) = (lasted.seconds(), written.max_yellow.seconds());
                tell(format!("yellow of group {name} lasted {lasted} s, the file has {most} s at most"));
            });
        }
    }

    /// A group has turned green: nobody that it conflicts with is, and their ends lie far enough back.
    fn hold_foes(
        &mut self,
        at: Instant,
        layout: &Intersection,
        group: GroupIndex,
        start_seen: bool,
        tell: &mut impl FnMut(String),
    ) {
        let name = |group: GroupIndex| layout.groups()[group.index()].name.as_str();
        for foe in layout.conflicts().conflicting(group) {
            let other = self.groups[foe.index()];
            if other.aspect == Some(Aspect::Green) {
                self.once((Kind::Conflict, group.min(*foe), group.max(*foe)), || {
                    tell(format!(
                        "groups {} and {} are green together, the file has them in conflict",
                        name(group),
                        name(*foe)
                    ));
                });
                continue;
            }
            let full = layout.conflicts().conflict(*foe, group) == Conflict::Full;
            let written = layout.conflicts().intergreen(*foe, group).filter(|_| full && start_seen);
            if let (Some(ended), Some(written)) = (other.green_ended, written)
                && at - ended + TOLERANCE < written
            {
                self.once((Kind::Intergreen, *foe, group), || {
                    let (lasted, written) = ((at - ended).seconds(), written.seconds());
                    let (from, to) = (name(*foe), name(group));
                    tell(format!("from {from} to {to} there were {lasted} s, the file has {written} s"));
                });
            }
        }
    }

    fn once(&mut self, what: (Kind, GroupIndex, GroupIndex), tell: impl FnOnce()) {
        if self.told.insert(what) {
            tell();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Aspect::{Green, Red, Yellow};

    const MAIN: GroupIndex = GroupIndex(0);
    const SIDE: GroupIndex = GroupIndex(2);

    fn watched(changes: &[(i64, GroupIndex, Aspect)]) -> Vec<String> {
        let text = include_str!("../../../signals/tests/intersections/crossing.toml");
        let layout = Intersection::from_toml(text, "crossing.toml").unwrap();
        let mut watch = LampWatch::new(layout.groups().len());
        let mut told = Vec::new();
        for (tenths, group, aspect) in changes {
            let at = Instant::from_unix_millis(tenths * 100);
            watch.see(at, &layout, *group, Some(*aspect), |what| told.push(what));
        }
        told
    }

    #[test]
    fn lamps_by_the_file_are_no_contradiction() {
        let cycle = [
            (0, MAIN, Green),
            (0, SIDE, Red),
            (100, MAIN, Yellow),
            (135, MAIN, Red),
            (150, SIDE, Green),
            (210, SIDE, Yellow),
            (240, SIDE, Red),
            (265, MAIN, Green),
        ];
        assert_eq!(watched(&cycle), Vec::<String>::new());
    }

    #[test]
    fn each_contradiction_is_told_once() {
        let changes = [
            (0, MAIN, Red),
            (10, MAIN, Green),
            (100, MAIN, Yellow),
            (120, MAIN, Red),
            (200, MAIN, Green),
            (300, MAIN, Yellow),
            (320, MAIN, Red),
        ];
        assert_eq!(watched(&changes), ["yellow of group 02 lasted 2 s, the file has 3.5 s at least"]);
    }

    #[test]
    fn conflicting_greens_and_short_intergreens_are_told() {
        let changes = [
            (0, MAIN, Green),
            (0, SIDE, Red),
            (50, SIDE, Green),
            (110, SIDE, Yellow),
            (140, SIDE, Red),
            (200, MAIN, Yellow),
            (235, MAIN, Red),
            (237, SIDE, Green),
        ];
        assert_eq!(
            watched(&changes),
            [
                "groups 05 and 02 are green together, the file has them in conflict",
                "from 02 to 05 there were 3.7 s, the file has 5 s",
            ]
        );
    }

    #[test]
    fn what_was_not_seen_to_begin_has_no_length() {
        assert_eq!(watched(&[(0, MAIN, Yellow), (1, MAIN, Red)]), Vec::<String>::new());
    }
}
