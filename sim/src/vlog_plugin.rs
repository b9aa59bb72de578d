//! The intersections' logs as their controllers would write them (V-Log): lamps, detectors, and requests for priority as they come in and go
//! out. It writes nothing that others read.

use std::collections::BTreeSet;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, StationId, VehicleRole,
};
use voorrang_signals::vlog::{PriorityEvents, Recorder, RecorderError};
use voorrang_signals::{ApproachId, Aspect, ConnectionId, GroupIndex, Intersection, IntersectionId, LaneId};
use voorrang_units::Instant;

use crate::detector_plugin::DetectorEvent;
use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlSet, ControlStep};
use crate::signal_plugin::Signals;

/// A log names its controller with so many characters at most.
const LONGEST_NAME: usize = 20;

/// All logs of a run; none where none are wanted.
#[derive(Resource, Debug, Default)]
pub struct Logs(Vec<Log>);

/// The log of one intersection.
#[derive(Debug)]
struct Log {
    recorder: Recorder,
    text: String,
    /// Who has checked in: the log of a request ends once, however often its end is said.
    inside: BTreeSet<(StationId, RequestId)>,
}

impl Logs {
    /// The logs of all intersections from the run's start on, with what their lamps show then.
    ///
    /// # Errors
    /// If an intersection has more groups or detectors than a log can number.
    pub fn new(scenario: &Scenario, signals: &Signals, start: Instant) -> Result<Self, RecorderError> {
        let mut logs = Vec::new();
        for (index, controlled) in scenario.intersections.iter().enumerate() {
            let intersection = &controlled.intersection;
            let mut log = Log {
                recorder: Recorder::new(&controller_name(intersection), intersection, start)?,
                text: String::new(),
                inside: BTreeSet::new(),
            };
            for group in intersection.group_indices() {
                log.lamp(start, group, signals.aspects()[signals.lamp(index, group)]);
            }
            logs.push(log);
        }
        Ok(Self(logs))
    }

    /// The texts, by intersection; `None` where none were wanted.
    #[must_use]
    pub fn texts(self, end: Instant) -> Option<Vec<String>> {
        let finished = self.0.into_iter().map(|mut log| {
            log.recorder.advance(end, &mut log.text);
            log.recorder.finish(&mut log.text);
            log.text
        });
        let texts: Vec<String> = finished.collect();
        (!texts.is_empty()).then_some(texts)
    }

    /// A detector's change was told.
    pub(crate) fn detector(&mut self, now: Instant, event: &DetectorEvent) {
        if let Some(Log { recorder, text, .. }) = self.0.get_mut(event.intersection) {
            recorder.detector(now, event.detector, event.occupied, text);
        }
    }

    /// A request was heard.
    pub(crate) fn request(&mut self, now: Instant, scenario: &Scenario, request: &PriorityRequest) {
        let Some(place) = self.place(scenario, request.intersection) else { return };
        let emergency = request.role == Some(VehicleRole::Emergency);
        let key = (request.station, request.request);
        let log = &mut self.0[place];
        let events = match request.kind {
            RequestKind::New | RequestKind::Update if log.inside.insert(key) => {
                either(emergency, PriorityEvents::EMERGENCY_ENTRY, PriorityEvents::TRANSPORT_ENTRY)
            }
            RequestKind::Cancellation if log.inside.remove(&key) => {
                either(emergency, PriorityEvents::EMERGENCY_EXIT, PriorityEvents::TRANSPORT_EXIT)
            }
            _ => return,
        };
        log.priority(now, &scenario.intersections[place].intersection, request.inbound, events);
    }

    /// A vehicle is told what became of its request: one that was green for too long has been checked out by the guard time.
    pub(crate) fn status(&mut self, now: Instant, scenario: &Scenario, status: &RequestStatus) {
        let Some(place) = self.place(scenario, status.intersection) else { return };
        let log = &mut self.0[place];
        if status.status == PrioritizationStatus::MaxPresence
            && log.inside.remove(&(status.station, status.request))
        {
            let emergency = status.role == Some(VehicleRole::Emergency);
            let events = either(
                emergency,
                PriorityEvents::EMERGENCY_EXIT_BY_GUARD,
                PriorityEvents::TRANSPORT_EXIT_BY_GUARD,
            );
            log.priority(now, &scenario.intersections[place].intersection, status.inbound, events);
        }
    }

    fn place(&self, scenario: &Scenario, reference: IntersectionReference) -> Option<usize> {
        let id = IntersectionId { region: reference.region.unwrap_or(0), id: reference.id };
        let mut intersections = scenario.intersections.iter();
        intersections
            .position(|controlled| controlled.equipped && controlled.intersection.id() == id)
            .filter(|place| *place < self.0.len())
    }
}

impl Log {
    fn lamp(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) {
        self.recorder.signal(now, group, aspect, &mut self.text);
    }

    fn priority(
        &mut self,
        now: Instant,
        intersection: &Intersection,
        access: IntersectionAccess,
        events: PriorityEvents,
    ) {
        for group in groups(intersection, access) {
            self.recorder.priority_event(now, group, events, &mut self.text);
        }
    }
}

const fn either(emergency: bool, one: PriorityEvents, other: PriorityEvents) -> PriorityEvents {
    if emergency { one } else { other }
}

/// The signal groups that a way in has, each once.
fn groups(intersection: &Intersection, access: IntersectionAccess) -> BTreeSet<GroupIndex> {
    let connections = intersection.connections().iter();
    match access {
        IntersectionAccess::Approach(number) => {
            let approach = ApproachId::new(number).and_then(|id| intersection.approach(id));
            let groups = approach.map(|approach| &intersection.approaches()[approach.index()].groups);
            groups.into_iter().flatten().copied().collect()
        }
        IntersectionAccess::Lane(number) => {
            let lane = LaneId::new(number).and_then(|id| intersection.lane(id));
            connections.filter(|one| Some(one.from) == lane).filter_map(|one| one.group).collect()
        }
        IntersectionAccess::Connection(number) => {
            let id = ConnectionId::new(number);
            connections.filter(|one| one.id.is_some() && one.id == id).filter_map(|one| one.group).collect()
        }
    }
}

/// The intersection's name as far as a log can hold it.
fn controller_name(intersection: &Intersection) -> String {
    intersection.name().chars().filter(|letter| (' '..='~').contains(letter)).take(LONGEST_NAME).collect()
}

/// Logs are written.
#[derive(Debug)]
pub struct VlogPlugin;

impl Plugin for VlogPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, note_lamps.after(ControlSet::Signal));
    }
}

fn note_lamps(clock: Res<Clock>, signals: Res<Signals>, mut logs: ResMut<Logs>) {
    for change in signals.changes() {
        if let Some(log) = logs.0.get_mut(change.intersection) {
            log.lamp(clock.control, change.group, change.aspect);
        }
    }
}
