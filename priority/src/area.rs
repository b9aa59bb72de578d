//! What the engine knows of its control area: the intersections with their confirmed lamps, their detectors and the requests for
//! them. Strategies read it; only the engine writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use voorrang_messages::IntersectionReference;
use voorrang_signals::{Aspect, DetectorIndex, GroupIndex, Intersection, IntersectionId};
use voorrang_units::Instant;

use crate::approach::Approaches;
use crate::engine::{EngineConfig, PartialConflicts};
use crate::queue::Queues;
use crate::request::RequestTable;

/// An intersection's place in its control area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntersectionIndex(pub(crate) usize);

impl IntersectionIndex {
    /// As a position in the list that the area was made of.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The control area.
#[derive(Debug)]
pub struct ControlArea {
    intersections: Vec<ControlledIntersection>,
    by_id: BTreeMap<IntersectionId, usize>,
    by_number: BTreeMap<u16, Numbered>,
}

/// Who has an intersection number, whatever the region.
#[derive(Debug, Clone, Copy)]
enum Numbered {
    One(usize),
    Several,
}

impl ControlArea {
    /// Of two intersections with the same identity the first is the one that is reached.
    pub(crate) fn new(intersections: Vec<Arc<Intersection>>, config: &EngineConfig, now: Instant) -> Self {
        let (mut by_id, mut by_number) = (BTreeMap::new(), BTreeMap::new());
        for (index, intersection) in intersections.iter().enumerate() {
            by_id.entry(intersection.id()).or_insert(index);
            by_number
                .entry(intersection.id().id)
                .and_modify(|numbered| *numbered = Numbered::Several)
                .or_insert(Numbered::One(index));
        }
        let intersections = intersections
            .into_iter()
            .map(|intersection| ControlledIntersection::new(intersection, config, now))
            .collect();
        Self { intersections, by_id, by_number }
    }

    /// All its intersections.
    pub fn intersections(&self) -> impl Iterator<Item = (IntersectionIndex, &ControlledIntersection)> {
        self.intersections.iter().enumerate().map(|(index, one)| (IntersectionIndex(index), one))
    }

    /// One of them.
    #[must_use]
    pub fn intersection(&self, index: IntersectionIndex) -> &ControlledIntersection {
        &self.intersections[index.0]
    }

    /// The one with an identity.
    #[must_use]
    pub fn find(&self, id: IntersectionId) -> Option<IntersectionIndex> {
        self.by_id.get(&id).copied().map(IntersectionIndex)
    }

    /// The one that a message means. Without a region, the number must be the only such in the area.
    pub(crate) fn find_reference(&self, reference: IntersectionReference) -> Option<IntersectionIndex> {
        match reference.region {
            Some(region) => self.find(IntersectionId { region, id: reference.id }),
            None => match self.by_number.get(&reference.id) {
                Some(Numbered::One(index)) => Some(IntersectionIndex(*index)),
                Some(Numbered::Several) | None => None,
            },
        }
    }

    pub(crate) fn intersection_mut(&mut self, index: IntersectionIndex) -> &mut ControlledIntersection {
        &mut self.intersections[index.0]
    }

    pub(crate) const fn len(&self) -> usize {
        self.intersections.len()
    }
}

/// One intersection, as far as the engine knows it.
#[derive(Debug)]
pub struct ControlledIntersection {
    layout: Arc<Intersection>,
    approaches: Approaches,
    signals: Vec<SignalState>,
    detectors: Vec<DetectorState>,
    queues: Queues,
    partial_conflicts: PartialConflicts,
    pub(crate) requests: RequestTable,
}

impl ControlledIntersection {
    fn new(layout: Arc<Intersection>, config: &EngineConfig, now: Instant) -> Self {
        let reference = IntersectionReference { region: Some(layout.id().region), id: layout.id().id };
        Self {
            approaches: Approaches::new(Arc::clone(&layout), config.request.lane_tolerance),
            signals: vec![SignalState { aspect: None, since: now }; layout.groups().len()],
            detectors: vec![DetectorState { occupied: None, since: now }; layout.detectors().len()],
            queues: Queues::new(&layout, config.queue.clone(), now),
            partial_conflicts: config.partial_conflicts,
            requests: RequestTable::new(reference),
            layout,
        }
    }

    /// Its file: groups, approaches, lanes, conflicts, program.
    #[must_use]
    pub const fn layout(&self) -> &Arc<Intersection> {
        &self.layout
    }

    /// Its approaches, ready for positions.
    #[must_use]
    pub const fn approaches(&self) -> &Approaches {
        &self.approaches
    }

    /// The confirmed lamps, by group.
    #[must_use]
    pub fn signals(&self) -> &[SignalState] {
        &self.signals
    }

    /// The detectors, by index.
    #[must_use]
    pub fn detectors(&self) -> &[DetectorState] {
        &self.detectors
    }

    /// The queues before its stop lines, as far as they can be estimated.
    #[must_use]
    pub const fn queues(&self) -> &Queues {
        &self.queues
    }

    /// Are groups in partial conflict with a vehicle's possible turns held red during its intervention?
    #[must_use]
    pub fn holds_partial_conflicts(&self) -> bool {
        self.partial_conflicts == PartialConflicts::Hold
    }

    /// The requests for it.
    #[must_use]
    pub const fn requests(&self) -> &RequestTable {
        &self.requests
    }

    /// Whether two groups may never be green together.
    #[must_use]
    pub fn conflict(&self, one: GroupIndex, other: GroupIndex) -> bool {
        self.layout.conflicts().conflicting(one).contains(&other)
    }

    /// Takes a confirmed lamp in; false where that changes nothing or there is no such group.
    pub(crate) fn observe(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) -> bool {
        match self.signals.get_mut(group.index()) {
            Some(signal) if signal.aspect != Some(aspect) => {
                *signal = SignalState { aspect: Some(aspect), since: now };
                self.queues.observe(now, group, aspect);
                true
            }
            _ => false,
        }
    }

    /// Takes a detector event in; false where that changes nothing or there is no such detector.
    pub(crate) fn detect(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) -> bool {
        match self.detectors.get_mut(detector.index()) {
            Some(state) if state.occupied != Some(occupied) => {
                *state = DetectorState { occupied: Some(occupied), since: now };
                let Self { queues, layout, signals, .. } = self;
                queues.detect(now, layout, |group| signals[group.index()].aspect(), detector, occupied);
                true
            }
            _ => false,
        }
    }

    /// Tables and lamps at once, so that the one can follow the other.
    pub(crate) fn parts(&mut self) -> (&mut RequestTable, &[SignalState], &Approaches, &Arc<Intersection>) {
        (&mut self.requests, &self.signals, &self.approaches, &self.layout)
    }
}

/// What is confirmed of one signal group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalState {
    aspect: Option<Aspect>,
    since: Instant,
}

impl SignalState {
    /// What it shows; `None` before the controller said so.
    #[must_use]
    pub const fn aspect(self) -> Option<Aspect> {
        self.aspect
    }

    /// Since when.
    #[must_use]
    pub const fn since(self) -> Instant {
        self.since
    }
}

/// What is known of one detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectorState {
    occupied: Option<bool>,
    since: Instant,
}

impl DetectorState {
    /// Whether something stands on it; `None` before its first event.
    #[must_use]
    pub const fn occupied(self) -> Option<bool> {
        self.occupied
    }

    /// Since when.
    #[must_use]
    pub const fn since(self) -> Instant {
        self.since
    }
}
