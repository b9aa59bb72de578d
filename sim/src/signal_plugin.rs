//! The intersections' controllers and what their lamps show. Lamps follow commands at once, or some tenths of a second later where that is asked
//! for, and confirm them.

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_signals::{Aspect, Controller, DetectorIndex, GroupIndex, Intersection, LampCommand, Wishes};
use voorrang_units::{Duration, Instant};

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
    /// From a command to its lamp.
    latency: Duration,
    /// Of each intersection, commands on their way to their lamps, in the order of commanding; one a group at most.
    underway: Vec<Vec<Underway>>,
    /// The lamps that changed in the last control step.
    changes: Vec<LampChange>,
    conflicting_greens: u64,
    /// Which intersections others control, and what is told about them: lamps in, detectors out.
    outside: Vec<bool>,
    lamps_from_outside: Vec<(usize, LampCommand)>,
    detections: Vec<(usize, DetectorIndex, bool)>,
}

/// A command on its way to its lamp.
#[derive(Debug, Clone, Copy)]
struct Underway {
    due: Instant,
    command: LampCommand,
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
    /// All controllers, in their programs at the run's start. Lamps follow commands after `latency`, at the control step then.
    #[must_use]
    pub fn new(scenario: &Scenario, start: Instant, latency: Duration) -> Self {
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
            underway: vec![Vec::new(); controllers.len()],
            controllers,
            aspects,
            commands: Vec::new(),
            latency,
            changes: Vec::new(),
            conflicting_greens: 0,
            outside: vec![false; scenario.intersections.len()],
            lamps_from_outside: Vec::new(),
            detections: Vec::new(),
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
        if self.outside[intersection] {
            return;
        }
        self.controllers[intersection].set_wishes(now, wishes);
        self.next_events[intersection] = now;
    }

    /// A detector's change reaches the controller.
    pub fn detect(&mut self, intersection: usize, now: Instant, detector: DetectorIndex, occupied: bool) {
        if self.outside[intersection] {
            self.detections.push((intersection, detector, occupied));
            return;
        }
        self.controllers[intersection].detect(now, detector, occupied);
        self.expect_next(intersection);
    }

    /// From now on others control these intersections: lamps show what [`Signals::show_from_outside`] says.
    pub(crate) fn leave_to_others(&mut self, intersections: &[usize]) {
        for intersection in intersections {
            self.outside[*intersection] = true;
            self.next_events[*intersection] = Instant::from_unix_millis(i64::MAX);
        }
    }

    /// What a lamp shows that others control, from the next control step on.
    pub(crate) fn show_from_outside(&mut self, intersection: usize, command: LampCommand) {
        self.lamps_from_outside.push((intersection, command));
    }

    /// What detectors of intersections that others control saw since the last call.
    pub(crate) fn take_detections(&mut self) -> Vec<(usize, DetectorIndex, bool)> {
        std::mem::take(&mut self.detections)
    }

    /// When the next controller has something to do.
    #[must_use]
    pub fn next_event(&self) -> Option<Instant> {
        self.next_events.iter().min().copied()
    }

    /// Does all that is due.
    fn step(&mut self, clock: &Clock) {
        self.changes.clear();
        for (intersection, command) in std::mem::take(&mut self.lamps_from_outside) {
            self.show(clock, intersection, command);
        }
        for intersection in 0..self.controllers.len() {
            if self.next_events[intersection] <= clock.control {
                self.step_one(clock, intersection);
            }
        }
    }

    fn step_one(&mut self, clock: &Clock, intersection: usize) {
        let now = clock.control;
        while let Some(place) = self.underway[intersection].iter().position(|underway| underway.due <= now) {
            let Underway { command, .. } = self.underway[intersection].remove(place);
            self.show(clock, intersection, command);
        }
        let mut commands = std::mem::take(&mut self.commands);
        self.controllers[intersection].step(now, &mut commands);
        for command in commands.drain(..) {
            if self.latency > Duration::ZERO {
                self.send(now, intersection, command);
            } else {
                self.show(clock, intersection, command);
            }
        }
        self.commands = commands;
        self.expect_next(intersection);
    }

    fn expect_next(&mut self, intersection: usize) {
        let lamps = self.underway[intersection].iter().map(|underway| underway.due);
        self.next_events[intersection] =
            lamps.fold(self.controllers[intersection].next_event(), Instant::min);
    }

    /// A command leaves for its lamp. One that is repeated changes nothing, another takes the place of the last.
    fn send(&mut self, now: Instant, intersection: usize, command: LampCommand) {
        let underway = &mut self.underway[intersection];
        let known = underway.iter().position(|other| other.command.group == command.group);
        if known.is_some_and(|place| underway[place].command == command) {
            return;
        }
        known.map(|place| underway.remove(place));
        underway.push(Underway { due: now + self.latency, command });
    }

    /// A lamp does what was commanded, and confirms it.
    fn show(&mut self, clock: &Clock, intersection: usize, command: LampCommand) {
        if !self.outside[intersection] {
            self.controllers[intersection].observe(clock.control, command.group, command.aspect);
        }
        let lamp = self.offsets[intersection] as usize + command.group.index();
        if self.aspects[lamp] == command.aspect {
            return;
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::schedule::CONTROL_STEP;

    /// When which lamp changed over two minutes, in control steps.
    fn changes(latency: Duration) -> (Vec<(i64, LampChange)>, u64) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/single_junction");
        let scenario = Scenario::load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
        let mut clock = Clock::new(scenario.start, CONTROL_STEP);
        let mut signals = Signals::new(&scenario, scenario.start, latency);
        let mut all = Vec::new();
        for step in 0..1200 {
            clock.control = scenario.start + CONTROL_STEP * step;
            signals.step(&clock);
            all.extend(signals.changes().iter().map(|change| (step, *change)));
        }
        (all, signals.conflicting_greens() + signals.interlock_refusals())
    }

    #[test]
    fn lamps_follow_later_by_the_latency() {
        let (at_once, _) = changes(Duration::ZERO);
        let (later, faults) = changes(Duration::from_millis(300));
        assert!(at_once.len() > 10 && later.len() > 10, "{} {}", at_once.len(), later.len());
        assert_eq!((later[0].0 - at_once[0].0, later[0].1), (3, at_once[0].1));
        assert_eq!(faults, 0);
    }

    #[test]
    fn a_command_under_way_gives_way_to_the_next_for_its_lamp() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/single_junction");
        let scenario = Scenario::load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
        let start = scenario.start;
        let mut signals = Signals::new(&scenario, start, Duration::from_millis(200));
        let group = signals.intersections[0].group_indices().next().unwrap();
        let command = |aspect| LampCommand { group, aspect };
        signals.send(start, 0, command(Aspect::Green));
        signals.send(start + CONTROL_STEP, 0, command(Aspect::Green));
        assert_eq!(signals.underway[0].len(), 1);
        assert_eq!(
            signals.underway[0][0].due,
            start + Duration::from_millis(200),
            "repeating delays nothing"
        );
        signals.send(start + CONTROL_STEP, 0, command(Aspect::Red));
        assert_eq!(signals.underway[0].len(), 1);
        assert_eq!(signals.underway[0][0].due, start + Duration::from_millis(300));
        assert_eq!(signals.underway[0][0].command, command(Aspect::Red));
    }
}
