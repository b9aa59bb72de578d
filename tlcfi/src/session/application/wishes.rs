//! What the application asks of groups, outputs and variables: remembered, sent when it changes, and repeated.

use voorrang_units::{Duration, Instant};

use super::facilities::{Facilities, GroupNumber, OutputNumber, VariableNumber};
use super::mirror::MAX_PREDICTIONS;
use crate::objects::{
    GroupPrediction, IoUpdate, ObjectReference, ObjectStateUpdate, ObjectStateUpdateGroup, ObjectType,
    SignalGroupState, SignalGroupUpdate, States, VariableUpdate,
};
use crate::ticks::{TickClock, Ticks};

/// What a group will show, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foretold {
    /// What it shows.
    pub state: SignalGroupState,
    /// From when on.
    pub start: Option<Instant>,
    /// Not shorter.
    pub min_end: Instant,
    /// Not longer.
    pub max_end: Option<Instant>,
    /// Most likely.
    pub likely_end: Option<Instant>,
    /// How sure that is: 0 to 15 as in SPATEM.
    pub confidence: Option<u8>,
}

impl Foretold {
    pub(super) fn on(self, clock: &TickClock) -> GroupPrediction {
        let ticks = |moment: Instant| clock.at(moment);
        GroupPrediction {
            state: self.state,
            start_time: self.start.map(ticks),
            min_end: ticks(self.min_end),
            max_end: self.max_end.map(ticks),
            likely_end: self.likely_end.map(ticks),
            confidence: self.confidence,
            next: None,
        }
    }

    pub(super) fn from(
        prediction: GroupPrediction,
        moment: impl Fn(Ticks) -> Option<Instant>,
    ) -> Option<Self> {
        Some(Self {
            state: prediction.state,
            start: prediction.start_time.and_then(&moment),
            min_end: moment(prediction.min_end)?,
            max_end: prediction.max_end.and_then(&moment),
            likely_end: prediction.likely_end.and_then(&moment),
            confidence: prediction.confidence,
        })
    }
}

#[derive(Debug, Clone, Default)]
struct GroupWish {
    state: Option<SignalGroupState>,
    predictions: Vec<Foretold>,
}

/// Everything that is asked.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    groups: Vec<GroupWish>,
    outputs: Vec<Option<i16>>,
    variables: Vec<Option<(i16, u8)>>,
    /// When the next message goes out; none where there is nothing to say.
    due: Option<Instant>,
    sent: Option<Instant>,
}

impl Wishes {
    pub(super) fn new(facilities: &Facilities) -> Self {
        Self {
            groups: vec![GroupWish::default(); facilities.groups.len()],
            outputs: vec![None; facilities.outputs.len()],
            variables: vec![None; facilities.variables.len()],
            due: None,
            sent: None,
        }
    }

    /// Control was gained or lost: what was asked before counts no more.
    pub(super) fn forget(&mut self) {
        self.groups.fill(GroupWish::default());
        self.outputs.fill(None);
        self.variables.fill(None);
        self.due = None;
    }

    pub(super) fn group(&mut self, now: Instant, group: GroupNumber, state: SignalGroupState) {
        if let Some(wish) = self.groups.get_mut(group.index())
            && wish.state != Some(state)
        {
            wish.state = Some(state);
            self.due = Some(now);
        }
    }

    pub(super) fn predictions(
        &mut self,
        now: Instant,
        group: GroupNumber,
        list: &[Foretold],
        interval: Duration,
    ) {
        let list = &list[..list.len().min(MAX_PREDICTIONS)];
        if let Some(wish) = self.groups.get_mut(group.index())
            && wish.predictions != list
        {
            wish.predictions.clear();
            wish.predictions.extend_from_slice(list);
            if wish.state.is_some() {
                let at = self.sent.map_or(now, |sent| (sent + interval).max(now));
                self.due = Some(self.due.map_or(at, |due| due.min(at)));
            }
        }
    }

    pub(super) fn output(&mut self, now: Instant, output: OutputNumber, state: i16) {
        if let Some(wish) = self.outputs.get_mut(output.index())
            && *wish != Some(state)
        {
            *wish = Some(state);
            self.due = Some(now);
        }
    }

    pub(super) fn variable(&mut self, now: Instant, variable: VariableNumber, value: i16, lifetime: u8) {
        if let Some(wish) = self.variables.get_mut(variable.index())
            && *wish != Some((value, lifetime))
        {
            *wish = Some((value, lifetime));
            self.due = Some(now);
        }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Everything that is asked, if it is time to say so. Without control only the outputs that are not exclusive.
    pub(super) fn message(
        &mut self,
        now: Instant,
        facilities: &Facilities,
        clock: &TickClock,
        in_control: bool,
        repeat: Duration,
    ) -> Option<ObjectStateUpdateGroup> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        let mut update = Vec::with_capacity(1);
        if in_control {
            self.add_groups(facilities, clock, &mut update);
            self.add_variables(facilities, &mut update);
        }
        self.add_outputs(facilities, in_control, &mut update);
        self.due = (!update.is_empty()).then_some(now + repeat);
        self.sent = Some(now);
        (!update.is_empty()).then(|| ObjectStateUpdateGroup { ticks: clock.at(now), update })
    }

    fn add_groups(&self, facilities: &Facilities, clock: &TickClock, update: &mut Vec<ObjectStateUpdate>) {
        let mut ids = Vec::with_capacity(self.groups.len());
        let mut states = Vec::with_capacity(self.groups.len());
        for (wish, meta) in self.groups.iter().zip(&facilities.groups) {
            if let Some(state) = wish.state {
                let predictions = || wish.predictions.iter().map(|one| one.on(clock)).collect();
                ids.push(meta.id.clone());
                states.push(SignalGroupUpdate {
                    request_state: Some(state),
                    request_predictions: (!wish.predictions.is_empty()).then(predictions),
                    ..SignalGroupUpdate::default()
                });
            }
        }
        add(ObjectType::SignalGroup, ids, States::SignalGroup(states), update);
    }

    fn add_outputs(&self, facilities: &Facilities, in_control: bool, update: &mut Vec<ObjectStateUpdate>) {
        let (mut ids, mut states) = (Vec::new(), Vec::new());
        for ((number, wish), meta) in (0..).zip(&self.outputs).zip(&facilities.outputs) {
            if let Some(state) = wish
                && (in_control || !facilities.is_exclusive(OutputNumber(number)))
            {
                ids.push(meta.id.clone());
                states.push(IoUpdate { request_state: Some(*state), ..IoUpdate::default() });
            }
        }
        add(ObjectType::Output, ids, States::Output(states), update);
    }

    fn add_variables(&self, facilities: &Facilities, update: &mut Vec<ObjectStateUpdate>) {
        let (mut ids, mut states) = (Vec::new(), Vec::new());
        for (wish, meta) in self.variables.iter().zip(&facilities.variables) {
            if let Some((value, lifetime)) = *wish {
                ids.push(meta.id.clone());
                states.push(VariableUpdate {
                    request_value: Some(value),
                    request_lifetime: Some(lifetime),
                    ..VariableUpdate::default()
                });
            }
        }
        add(ObjectType::Variable, ids, States::Variable(states), update);
    }
}

fn add(
    object_type: ObjectType,
    ids: Vec<crate::objects::ObjectId>,
    states: States,
    update: &mut Vec<ObjectStateUpdate>,
) {
    if !ids.is_empty() {
        update.push(ObjectStateUpdate { objects: ObjectReference::new(object_type, ids), states });
    }
}
