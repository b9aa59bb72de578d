//! Which groups may be green together, and how much time lies between those that may not.

use voorrang_units::Duration;

use crate::id::GroupIndex;

/// How two groups stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Their ways do not meet.
    None,
    /// They may be green together: traffic of one gives way.
    Permissive {
        /// The group whose traffic gives way.
        yields: GroupIndex,
    },
    /// They are never green together.
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
    /// For each group those in full conflict with it.
    conflicting: Vec<Vec<GroupIndex>>,
}

impl ConflictMatrix {
    /// From the intergreens of all full conflicts, row by row, both ways, and the permissive pairs (who yields, to whom). `None` where the
    /// intergreens don't fit the number of groups or a conflict is there one way only.
    #[must_use]
    pub fn new(
        groups: usize,
        intergreens: Vec<Option<Duration>>,
        permissive: Vec<(GroupIndex, GroupIndex)>,
    ) -> Option<Self> {
        if intergreens.len() != groups * groups {
            return None;
        }
        let full = |a: usize, b: usize| intergreens[a * groups + b].is_some();
        let symmetric = (0..groups).all(|a| !full(a, a) && (0..groups).all(|b| full(a, b) == full(b, a)));
        let conflicting = (0..groups)
            .map(|a| (0..groups).filter(|b| full(a, *b)).filter_map(GroupIndex::at).collect())
            .collect();
        symmetric.then_some(Self { groups, intergreens, permissive, conflicting })
    }

    /// How two groups stand to each other.
    #[must_use]
    pub fn conflict(&self, a: GroupIndex, b: GroupIndex) -> Conflict {
        if self.intergreen(a, b).is_some() {
            return Conflict::Full;
        }
        let pair = self.permissive.iter().find(|pair| **pair == (a, b) || **pair == (b, a));
        pair.map_or(Conflict::None, |(yields, _)| Conflict::Permissive { yields: *yields })
    }

    /// From the end of one group's green to the start of the other's, yellow included; `Some` for full conflicts.
    #[must_use]
    pub fn intergreen(&self, ending: GroupIndex, starting: GroupIndex) -> Option<Duration> {
        if ending.index() >= self.groups || starting.index() >= self.groups {
            return None;
        }
        self.intergreens[ending.index() * self.groups + starting.index()]
    }

    /// All groups in full conflict with one, in ascending order.
    #[must_use]
    pub fn conflicting(&self, group: GroupIndex) -> &[GroupIndex] {
        self.conflicting.get(group.index()).map_or(&[], Vec::as_slice)
    }

    /// The permissive pairs: who yields, to whom.
    #[must_use]
    pub fn permissive(&self) -> &[(GroupIndex, GroupIndex)] {
        &self.permissive
    }

    /// The longest time until `group` can start if every group in conflict with it has just ended its green.
    #[must_use]
    pub fn longest_clearance(&self, group: GroupIndex) -> Duration {
        let foes = self.conflicting(group).iter();
        foes.filter_map(|foe| self.intergreen(*foe, group)).max().unwrap_or(Duration::ZERO)
    }
}
