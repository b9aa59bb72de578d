//! The intersections' controllers and what their lamps show. Lamps follow commands at once and confirm them.

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_signals::{Aspect, Controller, DetectorIndex, GroupIndex, Intersection, LampCommand, Wishes};
use voorrang_units::Instant;

use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlSet, ControlStep, NextControl};

/// All controllers of the run, and their lamps in one flat list: intersection by intersection, group by group.
#[derive(Resource)]
pub struct Signals {
    intersections: Vec<Arc<Intersection>>,
    controllers: Vec<Controller>,
    next_events: Vec<Instant>,
    offsets: Vec<u32>,
    aspects: Vec<Aspect>,
    since_s: Vec<f64>,
    commands: Vec<LampCommand>,
    /// The lamps that changed in the last control step.
    changes: Vec<LampChange>,
    conflicting_greens: u64,
}

/// A lamp changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LampChange {
    /// Position in the scenario's intersections.
    pub intersection: usize,
    /// Which group.
    pub group: GroupIndex,
    /// What it shows now.
    pub aspect: Aspect,
}

impl Signals {
    /// All controllers, in their programs at the run's start.
    #[must_use]
    pub fn new(scenario: &Scenario, start: Instant) -> Self {
        let intersections: Vec<_> =
            scenario.intersections.iter().map(|controlled| Arc::clone(&controlled.intersection)).collect();
        let controllers: Vec<_> = intersections
            .iter()
            .map(|intersection| Controller::started(Arc::clone(intersection), start))
            .collect();
        let aspects: Vec<Aspect> =
            controllers.iter().flat_map(|controller| controller.aspects().iter().copied()).collect();
        Self {
            offsets: lamp_offsets(scenario),
            next_events: vec![start; controllers.len()],
            since_s: vec![0.0; aspects.len()],
            intersections,
            controllers,
            aspects,
            commands: Vec::new(),
            changes: Vec::new(),
            conflicting_greens: 0,
        }
    }

    /// What every lamp shows.
    #[must_use]
    pub fn aspects(&self) -> &[Aspect] {
        &self.aspects
    }

    /// Since when, seconds after the run's start.
    #[must_use]
    pub fn since_s(&self) -> &[f64] {
        &self.since_s
    }

    /// A lamp's place in [`Signals::aspects`].
    #[must_use]
    pub fn lamp(&self, intersection: usize, group: GroupIndex) -> usize {
        self.offsets[intersection] as usize + group.index()
    }

    /// What is wished of an intersection's controller.
    #[must_use]
    pub fn wishes(&self, intersection: usize) -> &Wishes {
        self.controllers[intersection].wishes()
    }

    /// The lamps that changed in the last control step.
    #[must_use]
    pub fn changes(&self) -> &[LampChange] {
        &self.changes
    }

    /// The controller of an intersection.
    #[must_use]
    pub fn controller(&self, intersection: usize) -> &Controller {
        &self.controllers[intersection]
    }

    /// Pairs of fully conflicting groups that came to be green together.
    #[must_use]
    pub fn conflicting_greens(&self) -> u64 {
        self.conflicting_greens
    }

    /// Commands that the interlocks refused.
    #[must_use]
    pub fn interlock_refusals(&self) -> u64 {
        self.controllers.iter().map(Controller::refusals).sum()
    }

    /// What a strategy wishes for an intersection.
    pub fn set_wishes(&mut self, intersection: usize, now: Instant, wishes: Wishes) {
        self.controllers[intersection].set_wishes(now, wishes);
        self.next_events[intersection] = now;
    }

    /// A detector's change reaches the controller.
    pub fn detect(&mut self, intersection: usize, now: Instant, detector: DetectorIndex, occupied: bool) {
        let controller = &mut self.controllers[intersection];
        controller.detect(now, detector, occupied);
        self.next_events[intersection] = controller.next_event();
    }

    /// When the next controller has something to do.
    #[must_use]
    pub fn next_event(&self) -> Option<Instant> {
        self.next_events.iter().min().copied()
    }

    /// Does all that is due.
    fn step(&mut self, clock: &Clock) {
        self.changes.clear();
        for intersection in 0..self.controllers.len() {
            if self.next_events[intersection] <= clock.control {
                self.step_one(clock, intersection);
            }
        }
    }

    fn step_one(&mut self, clock: &Clock, intersection: usize) {
        let controller = &mut self.controllers[intersection];
        controller.step(clock.control, &mut self.commands);
        for command in self.commands.drain(..) {
            controller.observe(clock.control, command.group, command.aspect);
            let lamp = self.offsets[intersection] as usize + command.group.index();
            if self.aspects[lamp] == command.aspect {
                continue;
            }
            self.aspects[lamp] = command.aspect;
            self.since_s[lamp] = clock.seconds_at(clock.control);
            self.changes.push(LampChange { intersection, group: command.group, aspect: command.aspect });
            if command.aspect == Aspect::Green {
                // Watched from the lamps alone, not from what the controller believes.
                let offset = self.offsets[intersection] as usize;
                let conflicting = self.intersections[intersection].conflicts().conflicting(command.group);
                let green =
                    conflicting.iter().filter(|group| self.aspects[offset + group.index()] == Aspect::Green);
                self.conflicting_greens += green.count() as u64;
            }
        }
        self.next_events[intersection] = controller.next_event();
    }
}

/// Where each intersection's groups start among all lamps.
#[must_use]
pub fn lamp_offsets(scenario: &Scenario) -> Vec<u32> {
    let mut next = 0;
    let mut offsets = Vec::with_capacity(scenario.intersections.len());
    for controlled in &scenario.intersections {
        offsets.push(next);
        next += u32::try_from(controlled.intersection.groups().len()).expect("groups are counted in 16 bits");
    }
    offsets
}

/// Controllers step, lamps change.
#[derive(Debug)]
pub struct SignalPlugin;

impl Plugin for SignalPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, step_controllers.in_set(ControlSet::Signal));
    }
}

fn step_controllers(clock: Res<Clock>, mut signals: ResMut<Signals>, mut next: ResMut<NextControl>) {
    signals.step(&clock);
    if let Some(event) = signals.next_event() {
        next.no_later_than(event);
    }
}
