//! States as the controller told them last. What did not change is not told again.

use std::collections::VecDeque;

use voorrang_units::Instant;

use super::event::ApplicationEvent;
use super::facilities::{DetectorNumber, Facilities, GroupNumber, InputNumber, OutputNumber, VariableNumber};
use crate::objects::{
    DetectorFault, DetectorState, DetectorUpdate, GeneratorFault, GeneratorUpdate, GroupPrediction, IoFault,
    IoUpdate, ReceivedReference, SignalGroupState, SignalGroupUpdate, Swico, VariableUpdate,
};
use crate::ticks::{PeerClock, Ticks};

/// More a group is not predicted.
pub(super) const MAX_PREDICTIONS: usize = 16;

/// All that is known of a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectorReading {
    /// Whether something is on it.
    pub state: DetectorState,
    /// What is wrong with it.
    pub fault: DetectorFault,
    /// Overridden by hand.
    pub swico: Swico,
}

/// All that is known of an input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoReading {
    /// Its value.
    pub value: i16,
    /// What is wrong with it.
    pub fault: IoFault,
    /// Inputs: overridden by hand.
    pub swico: Swico,
}

/// What a group shows, and since when by the controller's word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct GroupReading {
    pub(super) state: Option<(SignalGroupState, Instant)>,
    pub(super) predictions: Vec<GroupPrediction>,
}

/// When something was told, and by which clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) now: Instant,
    pub(super) ticks: Ticks,
    pub(super) clock: &'a PeerClock,
}

impl Told<'_> {
    /// When it came to be so, never after now.
    fn moment(&self, stateticks: Option<Ticks>) -> Instant {
        let ticks = stateticks.unwrap_or(self.ticks);
        self.clock.moment(ticks).unwrap_or(self.now).min(self.now)
    }
}

/// States as the controller told them last.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    pub(super) groups: Vec<GroupReading>,
    detectors: Vec<Option<(DetectorReading, Instant)>>,
    inputs: Vec<Option<(IoReading, Instant)>>,
    outputs: Vec<Option<(IoReading, Instant)>>,
    variables: Vec<Option<(i16, Option<u8>)>>,
    generator: Option<GeneratorFault>,
    /// Before the session is ready, states are kept and told together.
    quiet: bool,
}

impl Mirror {
    pub(super) fn new(facilities: &Facilities) -> Self {
        Self {
            groups: vec![GroupReading::default(); facilities.groups.len()],
            detectors: vec![None; facilities.detectors.len()],
            inputs: vec![None; facilities.inputs.len()],
            outputs: vec![None; facilities.outputs.len()],
            variables: vec![None; facilities.variables.len()],
            generator: None,
            quiet: true,
        }
    }

    /// Tells every state that is known, and each change from now on.
    pub(super) fn speak(&mut self, events: &mut VecDeque<ApplicationEvent>) {
        self.quiet = false;
        for (group, reading) in (0..).zip(&self.groups) {
            if let Some((state, at)) = reading.state {
                events.push_back(ApplicationEvent::SignalGroup { group: GroupNumber(group), state, at });
            }
        }
        for (detector, reading) in (0..).zip(&self.detectors) {
            if let Some((reading, at)) = *reading {
                events.push_back(ApplicationEvent::Detector {
                    detector: DetectorNumber(detector),
                    reading,
                    at,
                });
            }
        }
        for (input, reading) in (0..).zip(&self.inputs) {
            if let Some((reading, at)) = *reading {
                events.push_back(ApplicationEvent::Input { input: InputNumber(input), reading, at });
            }
        }
        for (output, reading) in (0..).zip(&self.outputs) {
            if let Some((reading, at)) = *reading {
                events.push_back(ApplicationEvent::Output { output: OutputNumber(output), reading, at });
            }
        }
        for (variable, reading) in (0..).zip(&self.variables) {
            if let Some((value, lifetime)) = *reading {
                events.push_back(ApplicationEvent::Variable {
                    variable: VariableNumber(variable),
                    value,
                    lifetime,
                });
            }
        }
        events.extend(self.generator.map(ApplicationEvent::SpecialVehicleFault));
    }

    pub(super) fn group(
        &mut self,
        told: Told<'_>,
        group: GroupNumber,
        update: SignalGroupUpdate,
        events: &mut VecDeque<ApplicationEvent>,
    ) {
        let reading = &mut self.groups[group.index()];
        if let Some(mut predictions) = update.predictions {
            predictions.truncate(MAX_PREDICTIONS);
            reading.predictions = predictions;
        }
        let Some(state) = update.state.filter(|state| reading.state.is_none_or(|(known, _)| known != *state))
        else {
            return;
        };
        let at = told.moment(update.stateticks);
        reading.state = Some((state, at));
        if !self.quiet {
            events.push_back(ApplicationEvent::SignalGroup { group, state, at });
        }
    }

    pub(super) fn detector(
        &mut self,
        told: Told<'_>,
        detector: DetectorNumber,
        update: DetectorUpdate,
        events: &mut VecDeque<ApplicationEvent>,
    ) {
        let known = &mut self.detectors[detector.index()];
        let before = known.map_or(
            DetectorReading {
                state: DetectorState::Unoccupied,
                fault: DetectorFault::None,
                swico: Swico::None,
            },
            |(reading, _)| reading,
        );
        let reading = DetectorReading {
            state: update.state.unwrap_or(before.state),
            fault: update.faultstate.unwrap_or(before.fault),
            swico: update.swico.unwrap_or(before.swico),
        };
        if known.is_some() && reading == before {
            return;
        }
        let at = told.moment(update.stateticks);
        *known = Some((reading, at));
        if !self.quiet {
            events.push_back(ApplicationEvent::Detector { detector, reading, at });
        }
    }

    pub(super) fn input(
        &mut self,
        told: Told<'_>,
        input: InputNumber,
        update: IoUpdate,
        events: &mut VecDeque<ApplicationEvent>,
    ) {
        if let Some((reading, at)) = changed(told, &mut self.inputs[input.index()], update)
            && !self.quiet
        {
            events.push_back(ApplicationEvent::Input { input, reading, at });
        }
    }

    pub(super) fn output(
        &mut self,
        told: Told<'_>,
        output: OutputNumber,
        update: IoUpdate,
        events: &mut VecDeque<ApplicationEvent>,
    ) {
        if let Some((reading, at)) = changed(told, &mut self.outputs[output.index()], update)
            && !self.quiet
        {
            events.push_back(ApplicationEvent::Output { output, reading, at });
        }
    }

    pub(super) fn variable(
        &mut self,
        variable: VariableNumber,
        update: VariableUpdate,
        events: &mut VecDeque<ApplicationEvent>,
    ) {
        let known = &mut self.variables[variable.index()];
        let Some(value) = update.value.or(known.map(|(value, _)| value)) else { return };
        let lifetime = update.lifetime.or(known.and_then(|(_, lifetime)| lifetime));
        if *known == Some((value, lifetime)) {
            return;
        }
        *known = Some((value, lifetime));
        if !self.quiet {
            events.push_back(ApplicationEvent::Variable { variable, value, lifetime });
        }
    }

    pub(super) fn generator(&mut self, update: GeneratorUpdate, events: &mut VecDeque<ApplicationEvent>) {
        let Some(fault) = update.faultstate.filter(|fault| self.generator != Some(*fault)) else { return };
        self.generator = Some(fault);
        if !self.quiet {
            events.push_back(ApplicationEvent::SpecialVehicleFault(fault));
        }
    }
}

fn changed(
    told: Told<'_>,
    known: &mut Option<(IoReading, Instant)>,
    update: IoUpdate,
) -> Option<(IoReading, Instant)> {
    let before = known
        .map_or(IoReading { value: 0, fault: IoFault::None, swico: Swico::None }, |(reading, _)| reading);
    let reading = IoReading {
        value: update.state.unwrap_or(before.value),
        fault: update.faultstate.unwrap_or(before.fault),
        swico: update.swico.unwrap_or(before.swico),
    };
    if known.is_some() && reading == before {
        return None;
    }
    *known = Some((reading, told.moment(update.stateticks)));
    *known
}

/// The ids of a message that are not ours.
pub(super) fn foreign<N>(
    objects: &ReceivedReference<'_>,
    place: impl Fn(&str) -> Option<N>,
) -> Option<String> {
    let id = objects.ids.iter().find(|id| place(id.as_str()).is_none())?;
    Some(format!("there is no {} {:?} here", objects.object_type, id.as_str()))
}
