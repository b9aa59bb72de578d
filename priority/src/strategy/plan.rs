//! What a strategy says: per intersection of the area its wishes for groups and its decisions on requests, and when it wants to think
//! again.

use voorrang_signals::{GroupIndex, Wish, Wishes};
use voorrang_units::Instant;

use crate::area::{ControlArea, IntersectionIndex};
use crate::request::Decision;

/// A plan for the control area. What a strategy doesn't mention stays with the control program, and is decided [`Decision::Later`].
#[derive(Debug, Clone)]
pub struct Plan {
    intersections: Vec<IntersectionPlan>,
    /// Which of them are mentioned.
    mentioned: Vec<IntersectionIndex>,
    wake: Option<Instant>,
}

#[derive(Debug, Clone)]
struct IntersectionPlan {
    mentioned: bool,
    wishes: Wishes,
    decisions: Vec<Decision>,
}

impl Plan {
    /// An empty plan for an area.
    #[must_use]
    pub fn new(area: &ControlArea) -> Self {
        let empty = |groups: usize| IntersectionPlan {
            mentioned: false,
            wishes: Wishes::none(groups),
            decisions: Vec::new(),
        };
        Self {
            intersections: area.intersections().map(|(_, one)| empty(one.signals().len())).collect(),
            mentioned: Vec::new(),
            wake: None,
        }
    }

    /// Wishes something for a group. A group that the intersection doesn't have is ignored.
    pub fn wish(&mut self, intersection: IntersectionIndex, group: GroupIndex, wish: Wish) {
        self.mention(intersection).wishes.set(group, wish);
    }

    /// Decides on a live request, by its place in the intersection's table.
    pub fn decide(&mut self, intersection: IntersectionIndex, request: usize, decision: Decision) {
        let decisions = &mut self.mention(intersection).decisions;
        if decisions.len() <= request {
            decisions.resize(request + 1, Decision::Later);
        }
        decisions[request] = decision;
    }

    /// Asks to be called again at a time, should no input come before; the earliest such time holds.
    pub fn wake_at(&mut self, at: Instant) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }

    /// The wishes for an intersection.
    #[must_use]
    pub fn wishes(&self, intersection: IntersectionIndex) -> &Wishes {
        &self.intersections[intersection.index()].wishes
    }

    /// The decisions on the live requests of an intersection; those beyond its end are [`Decision::Later`].
    #[must_use]
    pub fn decisions(&self, intersection: IntersectionIndex) -> &[Decision] {
        &self.intersections[intersection.index()].decisions
    }

    /// When the strategy wants to be called again.
    #[must_use]
    pub const fn wake(&self) -> Option<Instant> {
        self.wake
    }

    /// The intersections that the plan mentions.
    pub(crate) fn mentioned(&self) -> &[IntersectionIndex] {
        &self.mentioned
    }

    /// Empties the plan and keeps its memory.
    pub(crate) fn clear(&mut self, area: &ControlArea) {
        for intersection in self.mentioned.drain(..) {
            let entry = &mut self.intersections[intersection.index()];
            entry.mentioned = false;
            for group in area.intersection(intersection).layout().group_indices() {
                entry.wishes.set(group, Wish::Program);
            }
            entry.decisions.clear();
        }
        self.wake = None;
    }

    fn mention(&mut self, intersection: IntersectionIndex) -> &mut IntersectionPlan {
        let entry = &mut self.intersections[intersection.index()];
        if !entry.mentioned {
            entry.mentioned = true;
            self.mentioned.push(intersection);
        }
        entry
    }
}
