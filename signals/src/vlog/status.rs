//! All states of a controller after a sequence of messages.

use std::collections::BTreeMap;

use voorrang_units::Instant;

use crate::vlog::clock::{LogClock, TimeReference};
use crate::vlog::message::{Changes, Delta, VlogInfo, VlogMessage};
use crate::vlog::selective::SelectiveDetection;
use crate::vlog::state::{
    DetectorState, InstructionState, PhaseState, PriorityEvents, ProgramState, SignalState, ThermometerState,
};

/// What a log has said so far. Lists are empty until their first full status, and a change of an element that they do not have is passed
/// over: what came before a log began is not known. What has no full status (types 1C, 20 and 22) lasts for the tenth of a second of its
/// message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VlogStatus {
    clock: LogClock,
    shown: Option<TimeReference>,
    reference: Option<Instant>,
    delta: Delta,
    info: Option<VlogInfo>,
    detectors: Vec<DetectorState>,
    inputs: Vec<bool>,
    phases: Vec<PhaseState>,
    wanted_outputs: Vec<bool>,
    signals: Vec<SignalState>,
    actual_outputs: Vec<bool>,
    wanted_programs: Vec<ProgramState>,
    actual_programs: Vec<ProgramState>,
    thermometers: Vec<ThermometerState>,
    selective_detections: Vec<SelectiveDetection>,
    instructions: BTreeMap<u8, InstructionState>,
    priority_events: BTreeMap<u8, PriorityEvents>,
}

impl VlogStatus {
    /// Of a log that was written by that clock; [`VlogStatus::default`] is of a Dutch one.
    #[must_use]
    pub fn new(clock: LogClock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// What comes next in the log.
    pub fn apply(&mut self, message: &VlogMessage) {
        if let Some(delta) = message.delta() {
            self.reach(self.reference, delta);
        }
        match message {
            VlogMessage::TimeReference(shown) => {
                let reference = self.clock.moment(*shown, self.moment());
                self.shown = Some(*shown);
                self.reach(reference, Delta::ZERO);
            }
            VlogMessage::Info(info) => self.info = Some(*info),
            VlogMessage::DetectorStatus(all) => self.detectors.clone_from(&all.states),
            VlogMessage::DetectorChange(some) => change(&mut self.detectors, some),
            VlogMessage::InputStatus(all) => self.inputs.clone_from(&all.states),
            VlogMessage::InputChange(some) => change(&mut self.inputs, some),
            VlogMessage::PhaseStatus(all) => self.phases.clone_from(&all.states),
            VlogMessage::PhaseChange(some) => change(&mut self.phases, some),
            VlogMessage::WantedOutputStatus(all) => self.wanted_outputs.clone_from(&all.states),
            VlogMessage::WantedOutputChange(some) => change(&mut self.wanted_outputs, some),
            VlogMessage::SignalStatus(all) => self.signals.clone_from(&all.states),
            VlogMessage::SignalChange(some) => change(&mut self.signals, some),
            VlogMessage::ActualOutputStatus(all) => self.actual_outputs.clone_from(&all.states),
            VlogMessage::ActualOutputChange(some) => change(&mut self.actual_outputs, some),
            VlogMessage::WantedProgramStatus(all) => self.wanted_programs.clone_from(&all.states),
            VlogMessage::WantedProgramChange(some) => change(&mut self.wanted_programs, some),
            VlogMessage::ActualProgramStatus(all) => self.actual_programs.clone_from(&all.states),
            VlogMessage::ActualProgramChange(some) => change(&mut self.actual_programs, some),
            VlogMessage::ThermometerStatus(all) => self.thermometers.clone_from(&all.states),
            VlogMessage::ThermometerChange(some) => change(&mut self.thermometers, some),
            VlogMessage::SelectiveDetection { detection, .. } => self.selective_detections.push(*detection),
            VlogMessage::InstructionChange(some) => {
                self.instructions.extend(some.changes.iter().map(|change| (change.index, change.state)));
            }
            VlogMessage::PriorityChange(some) => {
                self.priority_events.extend(some.changes.iter().map(|change| (change.index, change.state)));
            }
            VlogMessage::Unknown { .. } => {}
        }
    }

    /// The moment of the last message: time reference and delta. `None` before the first time reference.
    #[must_use]
    pub fn moment(&self) -> Option<Instant> {
        Some(self.reference? + self.delta.duration())
    }

    /// The moment of the last time reference.
    #[must_use]
    pub const fn reference(&self) -> Option<Instant> {
        self.reference
    }

    /// The last time reference as the log has it.
    #[must_use]
    pub const fn time_reference(&self) -> Option<TimeReference> {
        self.shown
    }

    /// Since the last time reference.
    #[must_use]
    pub const fn delta(&self) -> Delta {
        self.delta
    }

    /// Version and controller.
    #[must_use]
    pub const fn info(&self) -> Option<&VlogInfo> {
        self.info.as_ref()
    }

    /// The detectors.
    #[must_use]
    pub fn detectors(&self) -> &[DetectorState] {
        &self.detectors
    }

    /// The other inputs.
    #[must_use]
    pub fn inputs(&self) -> &[bool] {
        &self.inputs
    }

    /// The internal states of the signal groups.
    #[must_use]
    pub fn phases(&self) -> &[PhaseState] {
        &self.phases
    }

    /// The other outputs as the program wants them.
    #[must_use]
    pub fn wanted_outputs(&self) -> &[bool] {
        &self.wanted_outputs
    }

    /// What the signal groups show.
    #[must_use]
    pub fn signals(&self) -> &[SignalState] {
        &self.signals
    }

    /// The other outputs as they are.
    #[must_use]
    pub fn actual_outputs(&self) -> &[bool] {
        &self.actual_outputs
    }

    /// The wanted program states.
    #[must_use]
    pub fn wanted_programs(&self) -> &[ProgramState] {
        &self.wanted_programs
    }

    /// The actual program states.
    #[must_use]
    pub fn actual_programs(&self) -> &[ProgramState] {
        &self.actual_programs
    }

    /// The thermometers of the signal groups.
    #[must_use]
    pub fn thermometers(&self) -> &[ThermometerState] {
        &self.thermometers
    }

    /// The vehicles that told at this moment what they are.
    #[must_use]
    pub fn selective_detections(&self) -> &[SelectiveDetection] {
        &self.selective_detections
    }

    /// The instruction variables of this moment, by signal group.
    #[must_use]
    pub const fn instructions(&self) -> &BTreeMap<u8, InstructionState> {
        &self.instructions
    }

    /// What happened to public transport and emergency vehicles at this moment, by signal group.
    #[must_use]
    pub const fn priority_events(&self) -> &BTreeMap<u8, PriorityEvents> {
        &self.priority_events
    }

    /// Goes on to that moment; what lasts for a moment only is over with another one.
    fn reach(&mut self, reference: Option<Instant>, delta: Delta) {
        let before = (self.moment(), self.delta);
        (self.reference, self.delta) = (reference, delta);
        // Without a reference the delta alone tells moments apart.
        let is_same = if before.0.is_some() { before.0 == self.moment() } else { before.1 == delta };
        if !is_same {
            self.selective_detections.clear();
            self.instructions.clear();
            self.priority_events.clear();
        }
    }
}

fn change<T: Copy>(states: &mut [T], changes: &Changes<T>) {
    for change in &changes.changes {
        if let Some(state) = states.get_mut(usize::from(change.index)) {
            *state = change.state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vlog::lines;

    fn after(log: &str) -> VlogStatus {
        let mut status = VlogStatus::new(LogClock::UTC);
        lines(log).for_each(|message| status.apply(&message.unwrap()));
        status
    }

    #[test]
    fn a_change_before_the_first_status_is_passed_over() {
        assert_eq!(after("0E00310102").signals(), []);
        assert_eq!(after("0D00000200\n0E00310201").signals(), [SignalState::Red; 2]);
    }

    #[test]
    fn an_event_lasts_for_its_tenth() {
        let log = "012018091115000000\n2214710C0004\n0614811301";
        let event = PriorityEvents::TRANSPORT_EXIT;
        let until = |end: usize| after(&log[..end]).priority_events().get(&0x0C).copied();
        assert_eq!(until(31), Some(event));
        assert_eq!(until(log.len()), None);
    }

    #[test]
    fn a_new_reference_at_the_same_moment_ends_nothing() {
        let log = "012018091115000000\n22BB810C0004\n012018091115050000";
        assert_eq!(after(log).priority_events().len(), 1);
        assert_eq!(after(log).delta(), Delta::ZERO);
    }
}
