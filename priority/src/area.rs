//! What the engine knows of its control area: the intersections with their confirmed lamps, their detectors and the requests for
//! them. Strategies read it; only the engine writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use voorrang_messages::{IntersectionReference, RequestStatus};
use voorrang_signals::{
    ApproachIndex, Aspect, Conflict, DetectorIndex, GroupIndex, Intersection, IntersectionId, Wish, Wishes,
};
use voorrang_units::{Angle, GeodeticPosition, Instant, Length, Speed};

use crate::approach::{Approaches, StopLineAhead};
use crate::precedence::Precedence;
use crate::queue::{QueueConfig, Queues};
use crate::request::{Decision, Rejection, RequestConfig, RequestTable};
use crate::vicinity::Vicinity;

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
    vicinity: Vicinity,
}

/// Beside a lane by this much more than the nearest, a vehicle may be on either: one lane's width.
const EITHER_LANE: Length = Length::from_metres(3.5);

/// Who has an intersection number, whatever the region.
#[derive(Debug, Clone, Copy)]
enum Numbered {
    One(usize),
    Several,
}

impl ControlArea {
    /// Of two intersections with the same identity the first is the one that is reached.
    pub(crate) fn new(
        intersections: Vec<Arc<Intersection>>,
        request: &RequestConfig,
        queue: &QueueConfig,
        partial_conflicts: PartialConflicts,
        now: Instant,
    ) -> Self {
        let (mut by_id, mut by_number) = (BTreeMap::new(), BTreeMap::new());
        for (index, intersection) in intersections.iter().enumerate() {
            by_id.entry(intersection.id()).or_insert(index);
            by_number
                .entry(intersection.id().id)
                .and_modify(|numbered| *numbered = Numbered::Several)
                .or_insert(Numbered::One(index));
        }
        let intersections: Vec<_> = intersections
            .into_iter()
            .map(|intersection| {
                ControlledIntersection::new(intersection, request, queue, partial_conflicts, now)
            })
            .collect();
        let vicinity = Vicinity::new(intersections.iter().map(|one| one.approaches.bounds()));
        Self { intersections, by_id, by_number, vicinity }
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

    /// The next stop line on the road that a vehicle is on, if that is a lane of an intersection that its identity reaches: of the lanes it is
    /// as good as on, the one with the nearest stop line.
    pub(crate) fn stop_line_ahead(
        &self,
        position: GeodeticPosition,
        heading: Angle,
    ) -> Option<(IntersectionIndex, StopLineAhead)> {
        let candidates = || {
            self.near(position).filter_map(|at| {
                let ahead = self.intersection(at).approaches.stop_line_ahead(position, heading)?;
                Some((at, ahead))
            })
        };
        let beside = candidates().map(|(_, ahead)| ahead.beside).reduce(Length::min)?;
        candidates()
            .filter(|(_, ahead)| ahead.beside <= beside + EITHER_LANE)
            .min_by(|(_, a), (_, b)| a.distance.metres().total_cmp(&b.distance.metres()))
    }

    /// The intersection that a vehicle leaves, and through which arm, if it is on a lane that leads out.
    pub(crate) fn way_out(
        &self,
        position: GeodeticPosition,
        heading: Angle,
    ) -> Option<(IntersectionIndex, ApproachIndex)> {
        self.near(position)
            .find_map(|at| Some((at, self.intersection(at).approaches.way_out(position, heading)?)))
    }

    /// The intersections with a lane that a position may be on, as far as their identity reaches them.
    fn near(&self, position: GeodeticPosition) -> impl Iterator<Item = IntersectionIndex> + '_ {
        let near = self.vicinity.of(position);
        near.filter(|index| self.by_id.get(&self.intersections[*index].layout.id()) == Some(index))
            .map(IntersectionIndex)
    }

    pub(crate) fn intersection_mut(&mut self, index: IntersectionIndex) -> &mut ControlledIntersection {
        &mut self.intersections[index.0]
    }

    pub(crate) const fn len(&self) -> usize {
        self.intersections.len()
    }
}

/// What becomes during an intervention of groups that may be green beside the vehicle's, while somebody gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialConflicts {
    /// They are held red: nobody turns across the vehicle's way.
    #[default]
    Hold,
    /// They go on with the program.
    Allow,
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
    pub(crate) precedence: Precedence,
    pub(crate) requests: RequestTable,
}

/// What the engine changes of an intersection, and what it looks at meanwhile.
pub(crate) struct Parts<'a> {
    pub(crate) requests: &'a mut RequestTable,
    pub(crate) signals: &'a [SignalState],
    pub(crate) approaches: &'a Approaches,
    pub(crate) refusal: Option<Rejection>,
}

fn exclude(layout: &Intersection, partial: PartialConflicts, one: GroupIndex, other: GroupIndex) -> bool {
    match layout.conflicts().conflict(one, other) {
        Conflict::Full | Conflict::GreenGreen => true,
        Conflict::Permissive { .. } => partial == PartialConflicts::Hold,
        Conflict::None => false,
    }
}

impl ControlledIntersection {
    fn new(
        layout: Arc<Intersection>,
        request: &RequestConfig,
        queue: &QueueConfig,
        partial_conflicts: PartialConflicts,
        now: Instant,
    ) -> Self {
        let reference = IntersectionReference { region: Some(layout.id().region), id: layout.id().id };
        Self {
            approaches: Approaches::new(Arc::clone(&layout), request.lane_tolerance),
            signals: vec![SignalState { aspect: None, since: now }; layout.groups().len()],
            detectors: vec![DetectorState { occupied: None, since: now }; layout.detectors().len()],
            queues: Queues::new(&layout, queue.clone(), now),
            partial_conflicts,
            precedence: Precedence::default(),
            requests: RequestTable::new(reference, request),
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

    /// Whether two groups can't serve two requests at once: they may never be green together, or one gives way to the other and is to be held.
    #[must_use]
    pub fn exclude(&self, one: GroupIndex, other: GroupIndex) -> bool {
        exclude(&self.layout, self.partial_conflicts, one, other)
    }

    /// What ranks above its requests at present.
    #[must_use]
    pub const fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// Takes a confirmed lamp in; false where that changes nothing or there is no such group.
    pub(crate) fn observe(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) -> bool {
        match self.signals.get_mut(group.index()) {
            Some(signal) if signal.aspect != Some(aspect) => {
                *signal = SignalState { aspect: Some(aspect), since: now };
                self.queues.observe(now, group, aspect);
                self.requests.observe(group, aspect);
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

    /// Takes in that a vehicle is before a stop line, at a speed: of one that hardly moves the queue is as long as its way.
    pub(crate) fn hear(&mut self, now: Instant, ahead: StopLineAhead, speed: Speed) {
        self.queues.vehicle(now, ahead.lane, ahead.distance, speed);
    }

    /// Has its requests follow the strategy's decisions; true when one cut another's service, and the strategy has to think again.
    pub(crate) fn follow(
        &mut self,
        now: Instant,
        decisions: &[Decision],
        config: &RequestConfig,
        tell: impl FnMut(RequestStatus),
    ) -> bool {
        let Self { requests, signals, layout, partial_conflicts, .. } = self;
        let exclude = |one, other| exclude(layout, *partial_conflicts, one, other);
        requests.follow(now, decisions, signals, exclude, config, tell)
    }

    /// Has its requests follow the lamps. `wished` is what the controller was told.
    pub(crate) fn confirm(
        &mut self,
        now: Instant,
        wished: &Wishes,
        config: &RequestConfig,
        tell: impl FnMut(RequestStatus),
    ) {
        let Self { requests, signals, layout, .. } = self;
        let held = |group: GroupIndex| {
            wished.wish(group) == Wish::Red && signals[group.index()].aspect() == Some(Aspect::Red)
        };
        let conflict = |one, other| layout.conflicts().conflicts(one, other);
        requests.confirm(now, signals, held, conflict, config, tell);
    }

    /// Table and lamps at once, so that the one can follow the other.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        Parts {
            refusal: self.precedence.refusal(),
            requests: &mut self.requests,
            signals: &self.signals,
            approaches: &self.approaches,
        }
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
