//! Groups whose starts or ends depend on each other although they may be green together: synchronisations of Dutch signal control.

use voorrang_units::Duration;

use crate::id::GroupIndex;

/// How one group's green is tied to another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronisation {
    /// Voorstart: where both are to turn green, `group` does so this much earlier: cyclists before the turning traffic that yields to them.
    LeadStart {
        /// Starts first.
        group: GroupIndex,
        /// Starts afterwards.
        before: GroupIndex,
        /// By how much.
        lead: Duration,
    },
    /// Gelijkstart: they start together, or one of them while the other is red and stays so.
    EqualStart {
        /// The one.
        group: GroupIndex,
        /// The other.
        with: GroupIndex,
    },
    /// Naloop: whoever started with `after` must get through `group` too, which stays green for a time after the end of the other's green:
    /// the second half of a crossing with an island, the inner signal of a large junction. It is completed whatever intervenes.
    FollowGreen {
        /// Stays green longer.
        group: GroupIndex,
        /// The group that it follows.
        after: GroupIndex,
        /// For how long after the end of the other's green.
        follow: Duration,
    },
}
