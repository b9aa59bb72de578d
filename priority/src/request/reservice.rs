//! The reservice lock: where an emergency vehicle has cut the service of public transport or goods, those may ask anew when everybody who was
//! cut has been served once. It knows groups, not requests.
//!
//! Source: TLCGen lets a class have its priority again only when a conflict was served since the last time (`prio.c`), and tells
//! `reserviceLocked` meanwhile.

use voorrang_signals::{Aspect, GroupIndex};
use voorrang_units::{Duration, Instant};

use crate::area::SignalState;

/// Who has to be served before public transport and goods may ask again.
#[derive(Debug, Clone, Default)]
pub(super) struct ReserviceLock {
    cut: Vec<GroupIndex>,
    until: Option<Instant>,
}

impl ReserviceLock {
    /// Locks: these groups were cut, and everybody of whom `in_the_way` says so and who was green.
    pub(super) fn lock(
        &mut self,
        now: Instant,
        longest: Duration,
        own: &[GroupIndex],
        signals: &[SignalState],
        in_the_way: impl Fn(GroupIndex) -> bool,
    ) {
        let green = (0u16..)
            .zip(signals)
            .filter(|(group, signal)| {
                signal.aspect() == Some(Aspect::Green) && in_the_way(GroupIndex(*group))
            })
            .map(|(group, _)| GroupIndex(group));
        for group in own.iter().copied().chain(green) {
            if !self.cut.contains(&group) {
                self.cut.push(group);
            }
        }
        self.until = Some(now + longest);
    }

    /// A group turns green: it was served.
    pub(super) fn served(&mut self, group: GroupIndex) {
        self.cut.retain(|cut| *cut != group);
    }

    /// Whether somebody who was cut hasn't been served yet.
    pub(super) fn holds(&self, now: Instant) -> bool {
        !self.cut.is_empty() && self.until.is_some_and(|until| now < until)
    }

    /// Forgets what is over.
    pub(super) fn settle(&mut self, now: Instant) {
        if !self.holds(now) {
            self.cut.clear();
            self.until = None;
        }
    }
}
