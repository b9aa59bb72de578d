//! What detectors report, and what that means for their groups: who asks for green, and whether green is still worth while.

use voorrang_units::Instant;

use crate::id::{DetectorIndex, GroupIndex};
use crate::intersection::actuation::Extends;
use crate::intersection::{DetectorKind, Intersection};

/// The detectors of one intersection.
#[derive(Debug, Clone)]
pub(crate) struct Detection {
    detectors: Vec<State>,
    /// For each group, its detectors.
    of_group: Vec<Vec<DetectorIndex>>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    occupied: bool,
    since: Instant,
    /// It was occupied since its group last had green: a button is pressed for a moment, and stays pressed.
    latched: bool,
}

/// Something that holds from a moment on, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Now.
    Yes,
    /// From then on, if nothing is reported before.
    From(Instant),
    /// Not until something is reported.
    No,
}

impl Detection {
    pub(crate) fn new(intersection: &Intersection, now: Instant) -> Self {
        let mut of_group = vec![Vec::new(); intersection.groups().len()];
        for (index, detector) in intersection.detectors().iter().enumerate() {
            of_group[detector.group.index()].extend(DetectorIndex::at(index));
        }
        let state = State { occupied: false, since: now, latched: false };
        Self { detectors: vec![state; intersection.detectors().len()], of_group }
    }

    /// Takes an event in; false where it changes nothing or there is no such detector.
    pub(crate) fn report(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) -> bool {
        match self.detectors.get_mut(detector.index()) {
            Some(state) if state.occupied != occupied => {
                state.occupied = occupied;
                state.since = now;
                state.latched |= occupied;
                true
            }
            _ => false,
        }
    }

    /// A group turned green: what was pressed before is answered.
    pub(crate) fn answered(&mut self, group: GroupIndex) {
        for detector in &self.of_group[group.index()] {
            let state = &mut self.detectors[detector.index()];
            state.latched = state.occupied;
        }
    }

    /// Does a group that is not green ask for it?
    pub(crate) fn asks(&self, now: Instant, intersection: &Intersection, group: GroupIndex) -> Holds {
        let mut asks = Holds::No;
        for index in &self.of_group[group.index()] {
            let detector = &intersection.detectors()[index.index()];
            let state = self.detectors[index.index()];
            let measuring = detector.measuring;
            if !measuring.requests {
                continue;
            }
            if detector.kind == DetectorKind::PushButton && state.latched {
                return Holds::Yes;
            }
            if state.occupied {
                let from = state.since + measuring.occupancy;
                if from <= now {
                    return Holds::Yes;
                }
                asks = match asks {
                    Holds::From(earlier) => Holds::From(earlier.min(from)),
                    _ => Holds::From(from),
                };
            }
        }
        asks
    }

    /// Until when the detectors of a group that is green since `green` extend it, should nothing be reported from now on; `None` where
    /// none of them is, `Some` of the far future while one is occupied that is not bound by the head maximum.
    pub(crate) fn extends_until(
        &self,
        intersection: &Intersection,
        group: GroupIndex,
        green: Instant,
    ) -> Option<Instant> {
        let head_end = green + intersection.groups()[group.index()].times.head_max;
        let detectors = self.of_group[group.index()].iter();
        detectors
            .filter_map(|index| {
                let detector = &intersection.detectors()[index.index()];
                let state = self.detectors[index.index()];
                let until = if state.occupied { FAR_FUTURE } else { state.since + detector.measuring.gap };
                match detector.measuring.extends {
                    Extends::Never => None,
                    Extends::Head => Some(until.min(head_end)),
                    Extends::Measure => Some(until),
                }
            })
            .max()
    }

    /// Has the group any detector that extends its green?
    pub(crate) fn measures(&self, intersection: &Intersection, group: GroupIndex) -> bool {
        let extends = |index: &DetectorIndex| {
            intersection.detectors()[index.index()].measuring.extends != Extends::Never
        };
        self.of_group[group.index()].iter().any(extends)
    }

    /// Has the group any detector that asks for it?
    pub(crate) fn can_ask(&self, intersection: &Intersection, group: GroupIndex) -> bool {
        let requests = |index: &DetectorIndex| intersection.detectors()[index.index()].measuring.requests;
        self.of_group[group.index()].iter().any(requests)
    }
}

/// Later than anything.
pub(crate) const FAR_FUTURE: Instant = Instant::from_unix_millis(i64::MAX);
