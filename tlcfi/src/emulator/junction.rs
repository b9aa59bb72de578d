//! The junction itself: lamps, the conflict monitor between them and everybody, and the controller's own program, which runs whenever no
//! application is in control. It knows nothing of sessions.
//!
//! # Who drives
//! | mode | lamps | state in TLC-FI |
//! |---|---|---|
//! | `Own` | the intersection file's program | `Control` |
//! | `Clearing` | all to red, each after its minimum; then whatever comes next | `Control`, `SwitchOff` before flashing amber, `Error` after a fault |
//! | `Application` | as the application says, if the monitor agrees | `Control` |
//! | `AllRed` | red; after switching on so long that every intergreen is over | `AllRed` |
//! | `Standby` | flashing amber, pedestrians dark | `Standby`, `Error` after a fault |
//! | `SwitchOn` | yellow, pedestrians red | `SwitchOn` |
//! | `Dark` | dark | `Dark` |
//!
//! Who takes over continues with the lamps as they are and were: the own program is begun anew with their history, so that each minimum, yellow
//! and intergreen goes on from where it is.

use std::collections::VecDeque;
use std::sync::Arc;

use voorrang_signals::intersection::GroupKind;
use voorrang_signals::{
    Aspect, Conflict, Controller, DetectorIndex, GroupIndex, Intersection, LampCommand, Wish, Wishes,
};
use voorrang_units::{Duration, Instant};

use super::disturbance::Disturbance;
use super::lamps::{Latency, Underway, Wires};
use super::monitor::{Lamp, Monitor, Objection, Watched};
use crate::objects::{IntersectionControlState, SignalGroupState};

/// How long lamps are dark when the controller starts anew.
const DARK: Duration = Duration::from_seconds(3);
/// Yellow before all red, when lamps are switched on from flashing amber, at least.
const SWITCH_ON: Duration = Duration::from_seconds(3);
/// After a fault the junction flashes amber for so long before it is switched on again.
const REPAIR: Duration = Duration::from_seconds(60);
/// Changes that nobody has looked at; beyond that the oldest go.
const KEPT_CHANGES: usize = 4096;
/// Steps of the own program at one moment: a change of a lamp may let another follow at once.
const STEPS_AT_ONCE: usize = 16;

/// What the junction does while no application is in control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// The program of the intersection file.
    TlcProgram,
    /// Flashing amber.
    AmberFlashing,
}

impl Fallback {
    /// Every kind with its name in configurations.
    pub const NAMES: [(&'static str, Self); 2] =
        [("tlc_program", Self::TlcProgram), ("amber_flashing", Self::AmberFlashing)];
}

/// What the controller does about a command that would not be safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnsafeReaction {
    /// The lamp stays as it is.
    #[default]
    Unchanged,
    /// The intersection goes to `Error`: to red in order, then flashing amber.
    Error,
}

impl UnsafeReaction {
    /// Every reaction with its name in configurations.
    pub const NAMES: [(&'static str, Self); 2] = [("unchanged", Self::Unchanged), ("error", Self::Error)];
}

/// Who drives the lamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// The controller's own program.
    Program,
    /// The application in control.
    Application,
    /// The controller itself, in a sequence: switching on or off, clearing, a fault.
    Sequence,
    /// A fault on request.
    Fault,
}

impl Driver {
    /// A word for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Program => "own program",
            Self::Application => "application",
            Self::Sequence => "controller",
            Self::Fault => "fault",
        }
    }
}

/// Something that happened to the junction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A lamp changed.
    Lamp {
        /// Of which group.
        group: GroupIndex,
        /// To what.
        lamp: Lamp,
        /// The same in TLC-FI.
        state: SignalGroupState,
        /// Who drove it.
        by: Driver,
    },
    /// The intersection as a whole.
    Intersection(IntersectionControlState),
    /// A command of the application leads to no lamp.
    Refused {
        /// For which group.
        group: GroupIndex,
        /// What was asked.
        state: SignalGroupState,
        /// Why not; none where a fault on request swallowed it.
        why: Option<Objection>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Own,
    Clearing { then: Next },
    Application,
    AllRed { until: Option<Instant> },
    Standby { until: Option<Instant> },
    SwitchOn { until: Instant },
    Dark { until: Option<Instant> },
}

/// What comes after all are red.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Application,
    AllRed,
    Standby,
    Dark,
    /// Flashing amber because of a fault.
    Repair,
}

/// How the junction behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JunctionSettings {
    /// While no application is in control.
    pub fallback: Fallback,
    /// About commands that are not safe.
    pub unsafe_reaction: UnsafeReaction,
    /// From a command to its lamp.
    pub latency: Latency,
    /// For latencies.
    pub seed: u64,
}

/// Lamps, monitor and own program of one junction.
#[derive(Debug, Clone)]
pub struct Junction {
    intersection: Arc<Intersection>,
    settings: JunctionSettings,
    monitor: Monitor,
    states: Vec<SignalGroupState>,
    wires: Wires,
    own: Option<Controller>,
    occupied: Vec<bool>,
    mode: Mode,
    /// Since a fault, until it is switched on again.
    broken: bool,
    /// Whether an application is in control.
    applied: bool,
    /// A hand-over is being prepared: whether the application takes the lamps as they are.
    preparing: Option<bool>,
    shown: IntersectionControlState,
    changes: VecDeque<Change>,
    commands: Vec<LampCommand>,
    arrivals: Vec<Underway>,
    own_objections: u64,
    pub(super) disturbance: Disturbance,
}

impl Junction {
    /// A junction that has been in operation for a while: in the middle of its program, or flashing amber.
    #[must_use]
    pub fn new(intersection: Arc<Intersection>, settings: JunctionSettings, now: Instant) -> Self {
        let groups = intersection.groups().len();
        let mut junction = Self {
            monitor: Monitor::new(Arc::clone(&intersection), now),
            states: vec![SignalGroupState::Dark; groups],
            wires: Wires::new(groups, settings.latency, settings.seed),
            own: None,
            occupied: vec![false; intersection.detectors().len()],
            mode: Mode::Standby { until: None },
            broken: false,
            applied: false,
            preparing: None,
            shown: IntersectionControlState::Standby,
            changes: VecDeque::new(),
            commands: Vec::new(),
            arrivals: Vec::new(),
            own_objections: 0,
            disturbance: Disturbance::new(groups),
            intersection,
            settings,
        };
        match settings.fallback {
            Fallback::TlcProgram => junction.begin_in_program(now),
            Fallback::AmberFlashing => junction.flash(now),
        }
        junction.tell_state(now);
        junction.changes.clear();
        junction
    }

    /// The intersection file that it works by.
    #[must_use]
    pub fn intersection(&self) -> &Arc<Intersection> {
        &self.intersection
    }

    /// What the lamps of a group show, and since when; none for a group that is not there.
    #[must_use]
    pub fn lamp(&self, group: GroupIndex) -> Option<(Lamp, Instant)> {
        self.monitor.group(group).map(|watched| (watched.lamp, watched.since))
    }

    /// What the lamps of all groups show, as TLC-FI has it.
    #[must_use]
    pub fn states(&self) -> &[SignalGroupState] {
        &self.states
    }

    /// The state of the intersection as TLC-FI has it.
    #[must_use]
    pub fn state(&self) -> IntersectionControlState {
        match self.mode {
            _ if self.broken => IntersectionControlState::Error,
            Mode::Own | Mode::Application | Mode::Clearing { then: Next::Application | Next::AllRed } => {
                IntersectionControlState::Control
            }
            Mode::Clearing { then: Next::Standby | Next::Dark } => IntersectionControlState::SwitchOff,
            Mode::Clearing { then: Next::Repair } => IntersectionControlState::Error,
            Mode::AllRed { .. } => IntersectionControlState::AllRed,
            Mode::Standby { .. } => IntersectionControlState::Standby,
            Mode::SwitchOn { .. } => IntersectionControlState::SwitchOn,
            Mode::Dark { .. } => IntersectionControlState::Dark,
        }
    }

    /// Pairs of groups in conflict that are green together.
    #[must_use]
    pub fn conflicting_greens(&self) -> usize {
        self.monitor.conflicting_greens()
    }

    /// Commands of the own program that the monitor objected to: more than none is a fault of ours.
    #[must_use]
    pub fn own_objections(&self) -> u64 {
        self.own_objections
    }

    /// Prepares a hand-over to an application: with `direct` it takes the lamps as they are, otherwise all go to red first. See
    /// [`Junction::is_prepared`].
    pub fn prepare(&mut self, now: Instant, direct: bool) {
        self.preparing = Some(direct);
        if self.mode == Mode::Own && !direct {
            self.clear(now, Next::Application);
        }
        self.advance(now);
    }

    /// May the application that [`Junction::prepare`] is for be given control now?
    #[must_use]
    pub fn is_prepared(&self) -> bool {
        let Some(direct) = self.preparing.filter(|_| !self.broken) else { return false };
        match self.mode {
            Mode::Clearing { then: Next::Application } => self.is_all(Lamp::Red),
            Mode::Own => direct,
            Mode::Standby { .. } | Mode::AllRed { .. } => true,
            _ => false,
        }
    }

    /// The application is in control: lamps that are in operation are its own from now on.
    pub fn take_over(&mut self, now: Instant) {
        self.applied = true;
        self.preparing = None;
        if matches!(self.mode, Mode::Own | Mode::Clearing { then: Next::Application }) {
            self.own = None;
            self.mode = Mode::Application;
        }
        self.advance(now);
    }

    /// No application is in control any more, for whatever reason: the controller goes on by itself from what the lamps show.
    pub fn release(&mut self, now: Instant) {
        self.applied = false;
        self.preparing = None;
        self.wires.recall_all();
        match self.mode {
            Mode::Application => self.fall_back(now),
            Mode::Clearing { then: Next::Application | Next::AllRed } => match self.settings.fallback {
                Fallback::TlcProgram => self.go_on(now),
                Fallback::AmberFlashing => self.mode = Mode::Clearing { then: Next::Standby },
            },
            // Somebody asked for it who is gone.
            Mode::Clearing { then: Next::Standby } if self.settings.fallback == Fallback::TlcProgram => {
                self.go_on(now);
            }
            Mode::AllRed { until: None } => self.mode = Mode::AllRed { until: Some(now) },
            Mode::Standby { until: None } if self.settings.fallback == Fallback::TlcProgram => {
                self.mode = Mode::Standby { until: Some(now) };
            }
            Mode::Dark { until: None } => self.mode = Mode::Dark { until: Some(now) },
            _ => {}
        }
        self.advance(now);
    }

    /// The application in control asks for a state of a group.
    pub fn command(&mut self, now: Instant, group: GroupIndex, state: SignalGroupState) {
        if self.mode != Mode::Application {
            return;
        }
        let Some(watched) = self.monitor.group(group).copied() else { return };
        let Some(lamp) = state.aspect().map(Lamp::from) else {
            let why = Objection::Order { shows: watched.lamp, to: watched.lamp };
            return self.refuse(now, group, state, Some(why));
        };
        let underway = self.wires.underway(group);
        if watched.lamp == lamp {
            // Asked again for what is shown: also takes back what was asked in between.
            if underway.is_some() {
                self.wires.recall(group);
            }
            return;
        }
        if underway.is_some_and(|underway| underway.lamp == lamp) {
            return;
        }
        if self.disturbance.swallows(group) {
            return self.refuse(now, group, state, None);
        }
        self.wires.send(now, group, lamp, state, self.disturbance.late);
    }

    /// The application in control asks for a state of the intersection.
    pub fn request(&mut self, now: Instant, state: IntersectionControlState) {
        if self.broken {
            return;
        }
        match (state, self.mode) {
            (IntersectionControlState::Control, Mode::Standby { .. }) => self.switch_on(now),
            (IntersectionControlState::Control, Mode::Dark { .. }) => self.switch_on(now),
            (IntersectionControlState::Control, Mode::AllRed { until: None }) => {
                self.mode = Mode::AllRed { until: Some(now) };
            }
            (IntersectionControlState::AllRed, Mode::Application) => self.clear(now, Next::AllRed),
            (
                IntersectionControlState::Standby | IntersectionControlState::SwitchOff,
                Mode::Application | Mode::AllRed { .. },
            ) => self.clear(now, Next::Standby),
            (IntersectionControlState::Dark, Mode::Application | Mode::AllRed { .. }) => {
                self.clear(now, Next::Dark)
            }
            _ => {}
        }
        self.advance(now);
    }

    /// The controller is at fault: all go to red in order, then flash amber, until it is repaired.
    pub fn break_down(&mut self, now: Instant) {
        if self.broken {
            return;
        }
        self.broken = true;
        self.applied = false;
        self.preparing = None;
        self.wires.recall_all();
        match self.mode {
            Mode::Own | Mode::Application | Mode::Clearing { .. } | Mode::AllRed { .. } => {
                self.clear(now, Next::Repair)
            }
            Mode::Standby { .. } | Mode::Dark { .. } => self.flash_for(now, Some(REPAIR)),
            // Once all are red.
            Mode::SwitchOn { .. } => {}
        }
        self.advance(now);
    }

    /// The controller starts anew: dark at once, then switched on.
    pub fn restart(&mut self, now: Instant) {
        self.applied = false;
        self.preparing = None;
        self.broken = false;
        self.wires.recall_all();
        self.own = None;
        for group in self.intersection.group_indices() {
            self.show(now, group, Lamp::Dark, Driver::Sequence);
        }
        self.mode = Mode::Dark { until: Some(now + DARK) };
        self.tell_state(now);
    }

    /// A detector's change.
    pub fn detect(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) {
        if let Some(place) = self.occupied.get_mut(detector.index()) {
            *place = occupied;
            if let Some(own) = &mut self.own {
                own.detect(now, detector, occupied);
            }
        }
    }

    /// Does all that is due.
    pub fn advance(&mut self, now: Instant) {
        for _ in 0..STEPS_AT_ONCE {
            let before = self.mode;
            self.follow_commands(now);
            self.step_own(now);
            self.distort(now);
            self.follow_sequence(now);
            self.tell_state(now);
            if self.mode == before {
                break;
            }
        }
    }

    /// When [`Junction::advance`] has something to do at the earliest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let timer = match self.mode {
            Mode::AllRed { until } | Mode::Standby { until } | Mode::Dark { until } => until,
            Mode::SwitchOn { until } => Some(until),
            Mode::Own | Mode::Application | Mode::Clearing { .. } => None,
        };
        let own = self.own.as_ref().map(Controller::next_event);
        [timer, own, self.wires.due(), self.disturbance.due()].into_iter().flatten().min()
    }

    /// The next thing that happened; beyond some thousands that nobody asks for the oldest are forgotten.
    pub fn next_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    fn begin_in_program(&mut self, now: Instant) {
        let own = Controller::started(Arc::clone(&self.intersection), now);
        for group in self.intersection.group_indices() {
            let (aspect, since) = (own.aspect(group), own.aspect_since(group).unwrap_or(now));
            let flow_ended = match aspect {
                Aspect::Red => since - self.intersection.groups()[group.index()].yellow,
                Aspect::Yellow | Aspect::Green => since,
            };
            self.monitor.remember(group, Watched { lamp: aspect.into(), since, flow_ended });
            self.states[group.index()] = self.state_of(group, aspect.into());
        }
        self.own = Some(own);
        self.mode = Mode::Own;
    }

    /// The own program, with all that lamps have shown.
    fn own_from_history(&self, now: Instant) -> Controller {
        let mut history: Vec<(Instant, GroupIndex, Aspect)> = Vec::new();
        for (group, watched) in self.intersection.group_indices().zip(self.monitor.groups()) {
            let Some(aspect) = watched.lamp.aspect() else { continue };
            if aspect == Aspect::Red && watched.flow_ended < watched.since {
                history.push((watched.flow_ended, group, Aspect::Yellow));
            }
            history.push((watched.since, group, aspect));
        }
        history.sort_by_key(|(at, group, _)| (*at, *group));
        let start = history.first().map_or(now, |(at, ..)| *at);
        let mut own = Controller::new(Arc::clone(&self.intersection), start);
        for (at, group, aspect) in history {
            own.observe(at, group, aspect);
        }
        for (index, occupied) in self.occupied.iter().enumerate() {
            if let Some(detector) = DetectorIndex::at(index).filter(|_| *occupied) {
                own.detect(now, detector, true);
            }
        }
        own
    }

    /// The own program goes on, without wishes.
    fn go_on(&mut self, now: Instant) {
        let groups = self.intersection.groups().len();
        let mut own = self.own.take().unwrap_or_else(|| self.own_from_history(now));
        own.set_wishes(now, Wishes::none(groups));
        self.own = Some(own);
        self.mode = Mode::Own;
    }

    fn fall_back(&mut self, now: Instant) {
        match self.settings.fallback {
            Fallback::TlcProgram => self.go_on(now),
            Fallback::AmberFlashing => self.clear(now, Next::Standby),
        }
    }

    /// All to red, each after its minimum.
    fn clear(&mut self, now: Instant, then: Next) {
        self.wires.recall_all();
        let mut own = self.own.take().unwrap_or_else(|| self.own_from_history(now));
        let mut wishes = Wishes::none(self.intersection.groups().len());
        for group in self.intersection.group_indices() {
            wishes.set(group, Wish::Red);
        }
        own.set_wishes(now, wishes);
        self.own = Some(own);
        self.mode = Mode::Clearing { then };
    }

    fn switch_on(&mut self, now: Instant) {
        self.own = None;
        let mut longest = SWITCH_ON;
        for group in self.intersection.group_indices() {
            let of = &self.intersection.groups()[group.index()];
            longest = longest.max(of.yellow);
            let pedestrian = of.kind == GroupKind::Pedestrian;
            self.show(now, group, if pedestrian { Lamp::Red } else { Lamp::Yellow }, Driver::Sequence);
        }
        self.mode = Mode::SwitchOn { until: now + longest };
    }

    fn flash(&mut self, now: Instant) {
        self.flash_for(now, None);
    }

    fn flash_for(&mut self, now: Instant, time: Option<Duration>) {
        self.own = None;
        for group in self.intersection.group_indices() {
            let pedestrian = self.intersection.groups()[group.index()].kind == GroupKind::Pedestrian;
            self.show(
                now,
                group,
                if pedestrian { Lamp::Dark } else { Lamp::FlashingAmber },
                Driver::Sequence,
            );
        }
        self.mode = Mode::Standby { until: time.map(|time| now + time) };
    }

    /// After switching on no green starts before every intergreen is over.
    fn all_red_after_switching_on(&mut self, now: Instant) {
        let mut longest = Duration::ZERO;
        for group in self.intersection.group_indices() {
            let clearance = self.intersection.conflicts().longest_clearance(group);
            longest = longest.max(clearance).max(self.intersection.groups()[group.index()].min_red);
            self.show(now, group, Lamp::Red, Driver::Sequence);
        }
        self.mode = Mode::AllRed { until: Some(now + longest) };
    }

    fn follow_sequence(&mut self, now: Instant) {
        match self.mode {
            Mode::Clearing { then } if then != Next::Application && self.is_all(Lamp::Red) => match then {
                Next::AllRed => {
                    self.own = None;
                    self.mode = Mode::AllRed { until: None };
                }
                Next::Standby => self.flash(now),
                Next::Repair => self.flash_for(now, Some(REPAIR)),
                Next::Dark => {
                    self.own = None;
                    for group in self.intersection.group_indices() {
                        self.show(now, group, Lamp::Dark, Driver::Sequence);
                    }
                    self.mode = Mode::Dark { until: None };
                }
                Next::Application => {}
            },
            Mode::SwitchOn { until } if until <= now => {
                self.all_red_after_switching_on(now);
                if self.broken {
                    self.clear(now, Next::Repair);
                }
            }
            Mode::AllRed { until: Some(until) } if until <= now => {
                if self.applied {
                    self.mode = Mode::Application;
                } else {
                    self.fall_back(now);
                    if self.mode == Mode::Own && self.preparing == Some(false) {
                        self.clear(now, Next::Application);
                    }
                }
            }
            Mode::Standby { until: Some(until) } | Mode::Dark { until: Some(until) } if until <= now => {
                self.broken = false;
                match self.settings.fallback {
                    Fallback::TlcProgram => self.switch_on(now),
                    Fallback::AmberFlashing => self.flash(now),
                }
            }
            _ => {}
        }
    }

    /// Lamps follow what the application has asked, if the monitor agrees.
    fn follow_commands(&mut self, now: Instant) {
        let mut arrivals = std::mem::take(&mut self.arrivals);
        self.wires.arrive(now, &mut arrivals);
        for command in arrivals.drain(..) {
            if self.mode != Mode::Application || self.disturbance.holds(command.group) {
                continue;
            }
            match self.monitor.judge(now, command.group, command.lamp) {
                Err(why) if !self.disturbance.unguarded => {
                    self.refuse(now, command.group, command.state, Some(why));
                    if self.settings.unsafe_reaction == UnsafeReaction::Error {
                        self.break_down(now);
                    }
                }
                _ => {
                    self.monitor.note(now, command.group, command.lamp);
                    self.states[command.group.index()] = command.state;
                    let what = What::Lamp {
                        group: command.group,
                        lamp: command.lamp,
                        state: command.state,
                        by: Driver::Application,
                    };
                    self.tell(now, what);
                }
            }
        }
        self.arrivals = arrivals;
    }

    fn step_own(&mut self, now: Instant) {
        let Some(mut own) = self.own.take() else { return };
        let by = if self.mode == Mode::Own { Driver::Program } else { Driver::Sequence };
        let mut commands = std::mem::take(&mut self.commands);
        for _ in 0..STEPS_AT_ONCE {
            own.step(now, &mut commands);
            if commands.is_empty() {
                break;
            }
            for command in commands.drain(..) {
                if self.follow_own(now, command, by) {
                    own.observe(now, command.group, command.aspect);
                }
            }
        }
        self.commands = commands;
        self.own = Some(own);
    }

    /// A command of the own program; false where the lamp does not follow.
    fn follow_own(&mut self, now: Instant, command: LampCommand, by: Driver) -> bool {
        if self.disturbance.holds(command.group) {
            return false;
        }
        let lamp = Lamp::from(command.aspect);
        if self.disturbance.is_distorting() {
            let times = &self.intersection.groups()[command.group.index()];
            if self.disturbance.own_command(now, times, command) {
                self.show(now, command.group, lamp, Driver::Fault);
            }
            return true;
        }
        if self.monitor.judge(now, command.group, lamp).is_err() {
            self.own_objections += 1;
            return false;
        }
        self.show(now, command.group, lamp, by);
        true
    }

    /// What lamps do of themselves in a fault on request.
    fn distort(&mut self, now: Instant) {
        while let Some((group, aspect)) = self.disturbance.next_due(now) {
            if self.own.is_some() {
                self.show(now, group, aspect.into(), Driver::Fault);
            }
        }
    }

    fn show(&mut self, now: Instant, group: GroupIndex, lamp: Lamp, by: Driver) {
        if self.monitor.group(group).is_none_or(|watched| watched.lamp == lamp) {
            return;
        }
        self.monitor.note(now, group, lamp);
        let state = self.state_of(group, lamp);
        self.states[group.index()] = state;
        self.tell(now, What::Lamp { group, lamp, state, by });
    }

    fn refuse(&mut self, now: Instant, group: GroupIndex, state: SignalGroupState, why: Option<Objection>) {
        self.tell(now, What::Refused { group, state, why });
    }

    fn tell_state(&mut self, now: Instant) {
        let state = self.state();
        if state != self.shown {
            self.shown = state;
            self.tell(now, What::Intersection(state));
        }
    }

    fn tell(&mut self, at: Instant, what: What) {
        if self.changes.len() == KEPT_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { at, what });
    }

    fn is_all(&self, lamp: Lamp) -> bool {
        self.monitor.groups().iter().all(|watched| watched.lamp == lamp)
    }

    /// What TLC-FI calls what the own program shows: a green that gives way to others is permissive.
    fn state_of(&self, group: GroupIndex, lamp: Lamp) -> SignalGroupState {
        let conflicts = self.intersection.conflicts();
        let yields = conflicts.permissive().iter().any(|(yields, to)| {
            *yields == group && matches!(conflicts.conflict(group, *to), Conflict::Permissive { .. })
        });
        match lamp {
            Lamp::Dark => SignalGroupState::Dark,
            Lamp::FlashingAmber => SignalGroupState::CautionConflictingTraffic,
            Lamp::Red => SignalGroupState::StopAndRemain,
            Lamp::Yellow if yields => SignalGroupState::PermissiveClearance,
            Lamp::Yellow => SignalGroupState::ProtectedClearance,
            Lamp::Green if yields => SignalGroupState::PermissiveMovementAllowed,
            Lamp::Green => SignalGroupState::ProtectedMovementAllowed,
        }
    }
}
