//! Other parameters for the engine while the area runs: sessions and control stay, the engine is another. It is exchanged while nothing is under
//! way: no request is cut off, and no junction is on its way back to its program.

use std::sync::Arc;

use voorrang_priority::journal::{Header, Journal};
use voorrang_priority::{EngineConfig, Input, PriorityEngine};
use voorrang_units::Instant;

use super::config::Role;
use super::effects::Effects;
use super::{Area, Junction};

impl Area {
    /// Decides by other parameters as soon as nothing is under way.
    pub(super) fn on_parameters(&mut self, parameters: EngineConfig) {
        self.next_parameters = (parameters != self.config.engine).then(|| Box::new(parameters));
    }

    /// Exchanges the engine, if that is due and may be. The new one is told how things are; its journal begins with a header of its own.
    pub(super) fn exchange_engine(&mut self, now: Instant, effects: &mut Effects) {
        if self.next_parameters.is_none() || !self.junctions.iter().all(|junction| self.is_idle(junction)) {
            return;
        }
        let Some(parameters) = self.next_parameters.take() else { return };
        let layouts: Vec<_> =
            self.config.junctions.iter().map(|junction| Arc::clone(&junction.intersection)).collect();
        self.journal = Journal::new(&Header::new(&layouts, &parameters, now));
        self.engine = PriorityEngine::new(layouts, (*parameters).clone(), now);
        self.config.engine = *parameters;
        for place in 0..self.junctions.len() {
            for input in self.junctions[place].as_inputs() {
                self.tell(now, input, None, effects);
            }
        }
    }

    /// Whether no request lives there and nothing is wished.
    fn is_idle(&self, junction: &Junction) -> bool {
        let alive =
            junction.at.is_some_and(|at| !self.engine.area().intersection(at).requests().live().is_empty());
        !alive && junction.wishes.is_none()
    }
}

impl Junction {
    /// All that an engine was told of it and that still holds.
    fn as_inputs(&self) -> Vec<Input> {
        let intersection = self.layout.id();
        let mut inputs = Vec::new();
        if self.at.is_none() {
            return inputs;
        }
        if self.role == Role::Control {
            let available = self.control.is_some() && !self.ending;
            inputs.push(Input::Control { intersection, available });
        }
        for (input, active) in self.layout.overrides().iter().zip(&self.overridden) {
            if *active {
                inputs.push(Input::Override { intersection, kind: input.kind, active: true });
            }
        }
        for (group, aspect) in self.layout.group_indices().zip(&self.lamps) {
            if let Some(aspect) = *aspect {
                inputs.push(Input::Signal { intersection, group, aspect });
            }
        }
        for (index, occupied) in self.occupied.iter().enumerate() {
            if let (Some(detector), true) = (voorrang_signals::DetectorIndex::at(index), *occupied) {
                inputs.push(Input::Detector { intersection, detector, occupied: true });
            }
        }
        inputs
    }
}
