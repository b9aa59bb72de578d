//! Which groups may be green together, and how much time lies between those that may not.

use voorrang_units::Duration;

use crate::id::GroupIndex;

/// How two groups stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Their ways do not meet.
    None,
    /// They may be green together: traffic of one gives way (deelconflict).
    Permissive {
        /// The group whose traffic gives way.
        yields: GroupIndex,
    },
    /// They are never green together, but one may start as soon as the other's green has ended (groen-groenconflict).
    GreenGreen,
    /// They are never green together, and an intergreen lies between them.
    Full,
}

/// The conflicts and intergreens of an intersection. Conflicts are symmetric; intergreens are not.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictMatrix {
    groups: usize,
    /// Row by row: from the end of the row's green to the start of the column's, yellow included. `Some` for full conflicts.
    intergreens: Vec<Option<Duration>>,
    /// (yields, to), each pair once.
    permissive: Vec<(GroupIndex, GroupIndex)>,
    /// Each pair once.
    green_green: Vec<(GroupIndex, GroupIndex)>,
    /// For each group those that are never green together with it.
    conflicting: Vec<Vec<GroupIndex>>,
}

impl ConflictMatrix {
    /// From the intergreens of all full conflicts, row by row, both ways, the permissive pairs (who yields, to whom), and the green-green
    /// pairs. `None` where the intergreens don't fit the number of groups, a conflict is there one way only, or a pair is both in full
    /// and in green-green conflict.
    #[must_use]
    pub fn new(
        groups: usize,
        intergreens: Vec<Option<Duration>>,
        permissive: Vec<(GroupIndex, GroupIndex)>,
        green_green: Vec<(GroupIndex, GroupIndex)>,
    ) -> Option<Self> {
        if intergreens.len() != groups * groups {
            return None;
        }
        let full = |a: usize, b: usize| intergreens[a * groups + b].is_some();
        let symmetric = (0..groups).all(|a| !full(a, a) && (0..groups).all(|b| full(a, b) == full(b, a)));
        let sound = green_green
            .iter()
            .all(|(a, b)| a != b && a.index() < groups && b.index() < groups && !full(a.index(), b.index()));
        let mut conflicting: Vec<Vec<GroupIndex>> = (0..groups)
            .map(|a| (0..groups).filter(|b| full(a, *b)).filter_map(GroupIndex::at).collect())
            .collect();
        if !symmetric || !sound {
            return None;
        }
        for (a, b) in &green_green {
            conflicting[a.index()].push(*b);
            conflicting[b.index()].push(*a);
        }
        for foes in &mut conflicting {
            foes.sort_unstable();
            foes.dedup();
        }
        Some(Self { groups, intergreens, permissive, green_green, conflicting })
    }

    /// How two groups stand to each other.
    #[must_use]
    pub fn conflict(&self, a: GroupIndex, b: GroupIndex) -> Conflict {
        if self.is_green_green(a, b) {
            return Conflict::GreenGreen;
        }
        if self.intergreen(a, b).is_some() {
            return Conflict::Full;
        }
        let pair = self.permissive.iter().find(|pair| **pair == (a, b) || **pair == (b, a));
        pair.map_or(Conflict::None, |(yields, _)| Conflict::Permissive { yields: *yields })
    }

    /// From the end of one group's green to the start of the other's, yellow included: `Some` for those that are never green together, zero
    /// for a green-green conflict.
    #[must_use]
    pub fn intergreen(&self, ending: GroupIndex, starting: GroupIndex) -> Option<Duration> {
        if ending.index() >= self.groups || starting.index() >= self.groups {
            return None;
        }
        let full = self.intergreens[ending.index() * self.groups + starting.index()];
        full.or_else(|| self.is_green_green(ending, starting).then_some(Duration::ZERO))
    }

    /// All groups that are never green together with one, in ascending order.
    #[must_use]
    pub fn conflicting(&self, group: GroupIndex) -> &[GroupIndex] {
        self.conflicting.get(group.index()).map_or(&[], Vec::as_slice)
    }

    /// May two groups never be green together?
    #[must_use]
    pub fn conflicts(&self, a: GroupIndex, b: GroupIndex) -> bool {
        self.conflicting(a).binary_search(&b).is_ok()
    }

    /// The permissive pairs: who yields, to whom.
    #[must_use]
    pub fn permissive(&self) -> &[(GroupIndex, GroupIndex)] {
        &self.permissive
    }

    /// The green-green pairs, each once.
    #[must_use]
    pub fn green_green(&self) -> &[(GroupIndex, GroupIndex)] {
        &self.green_green
    }

    /// The longest time until `group` can start if every group in conflict with it has just ended its green.
    #[must_use]
    pub fn longest_clearance(&self, group: GroupIndex) -> Duration {
        let foes = self.conflicting(group).iter();
        foes.filter_map(|foe| self.intergreen(*foe, group)).max().unwrap_or(Duration::ZERO)
    }

    fn is_green_green(&self, a: GroupIndex, b: GroupIndex) -> bool {
        self.green_green.iter().any(|pair| *pair == (a, b) || *pair == (b, a))
    }
}
