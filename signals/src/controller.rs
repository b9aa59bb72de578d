//! A controller: the control program, what somebody wishes instead, and the interlock below both. Sans-I/O and event driven: the host steps
//! it when [`Controller::next_event`] has come, sends the commands to the lamps and reports what they confirm, and what detectors see.
//!
//! - Without wishes the lamps follow the program.
//! - Groups wished [`Wish::Green`] turn green together, as soon as the interlock allows it for all of them; who is green already stays.
//! - Groups wished [`Wish::Red`], and those that conflict with a wished green, end their green after its minimum and stay red.
//! - Groups wished [`Wish::Hold`] stay green if they are.
//! - The others go on with the program. A fixed-time program never stops running: when the wishes end the lamps come back in step with it. A
//!   group whose green in the program has less left than its minimum is not started, since it would push the others out of step. Lamps that
//!   confirm late make every start late: that much less may be left.
//! - A green that others follow through (follow green) is completed, whatever is wished; who is followed ends with those that may not go on.
//! - A command that is not confirmed is repeated every second.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, Instant};

use crate::aspect::Aspect;
use crate::detection::{Detection, FAR_FUTURE};
use crate::id::{DetectorIndex, GroupIndex};
use crate::interlock::{Interlock, Refusal, Violation};
use crate::intersection::Intersection;
use crate::intersection::synchronisation::Synchronisation;
use crate::program::actuated::{ActuatedRun, Extension, View};
use crate::program::transition::{ShortWay, Transition};
use crate::program::{Intent, Program};

/// A command that is not confirmed is repeated after this long.
const REPEAT: Duration = Duration::from_seconds(1);

/// Out of step with its cycle a program is looked at this often.
const CONTROL_STEP: Duration = Duration::from_millis(100);

/// Confirmations are expected within this; what comes later tells of a fault, not of the lamps' usual pace.
const LONGEST_DELAY: Duration = Duration::from_millis(500);

/// What somebody wishes for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Nothing: it follows the program.
    #[default]
    Program,
    /// Green as soon as possible, and on.
    Green,
    /// Red as soon as possible, and on.
    Red,
    /// If it is green, it stays so; otherwise it follows the program.
    Hold,
}

/// What somebody wishes for the groups of an intersection, in their order, and how the program goes on afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    groups: Vec<Wish>,
    #[serde(default)]
    rejoin: Rejoin,
}

/// How a fixed-time program goes on after the last wish. An actuated program goes on where it was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejoin {
    /// In step with its cycle at once.
    #[default]
    InStep,
    /// From the end of the green that was wished, out of step; longer or shorter cycles, whichever is quicker, bring it back in step.
    ShortWay(ShortWay),
}

impl Wishes {
    /// No wish for any of so many groups.
    #[must_use]
    pub fn none(groups: usize) -> Self {
        Self { groups: vec![Wish::Program; groups], rejoin: Rejoin::InStep }
    }

    /// Sets the wish for a group; one that does not exist is passed over.
    pub fn set(&mut self, group: GroupIndex, wish: Wish) {
        if let Some(place) = self.groups.get_mut(group.index()) {
            *place = wish;
        }
    }

    /// The wish for a group.
    #[must_use]
    pub fn wish(&self, group: GroupIndex) -> Wish {
        self.groups.get(group.index()).copied().unwrap_or_default()
    }

    /// Is nothing wished at all?
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.groups.iter().all(|wish| *wish == Wish::Program)
    }

    /// The wishes in the order of groups.
    #[must_use]
    pub fn as_slice(&self) -> &[Wish] {
        &self.groups
    }

    /// How the program goes on after the last wish.
    #[must_use]
    pub const fn rejoin(&self) -> Rejoin {
        self.rejoin
    }

    /// Says how the program is to go on after the last wish.
    pub fn set_rejoin(&mut self, rejoin: Rejoin) {
        self.rejoin = rejoin;
    }
}

/// A lamp is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LampCommand {
    /// Which group.
    pub group: GroupIndex,
    /// To what.
    pub aspect: Aspect,
}

/// The controller of one intersection.
#[derive(Debug, Clone)]
pub struct Controller {
    intersection: Arc<Intersection>,
    interlock: Interlock,
    detection: Detection,
    run: Run,
    wishes: Wishes,
    aspects: Vec<Aspect>,
    sent: Vec<Instant>,
    /// When each group's last green ended, as far as that was seen.
    green_ended: Vec<Option<Instant>>,
    /// What the program has each group do in this step.
    intents: Vec<Intent>,
    /// Wished red, or in conflict with somebody wished green.
    blocked: Vec<bool>,
    /// Wished green, or wished to stay so.
    wished: Vec<bool>,
    /// Until when each group must stay green for those that follow through it.
    protected: Vec<Option<Instant>>,
    last_step: Instant,
    next_event: Instant,
    refusals: u64,
    last_refusal: Option<Refusal>,
    /// The longest time that a command took to be confirmed, up to [`LONGEST_DELAY`].
    delay: Duration,
    violations: u64,
    last_violation: Option<Violation>,
}

/// A control program as it runs.
#[derive(Debug, Clone)]
enum Run {
    /// Fixed time: a function of the moment, and of the way back in step.
    FixedTime(Transition),
    Actuated(ActuatedRun),
}

impl Controller {
    /// A controller that has not seen its lamps: it commands nothing before they are reported by [`Controller::observe`].
    #[must_use]
    pub fn new(intersection: Arc<Intersection>, now: Instant) -> Self {
        let groups = intersection.groups().len();
        let run = match intersection.program() {
            Program::FixedTime(_) | Program::Plans(_) => Run::FixedTime(Transition::default()),
            Program::Actuated(program) => Run::Actuated(ActuatedRun::new(program, groups, now)),
        };
        Self {
            interlock: Interlock::new(&intersection, now),
            detection: Detection::new(&intersection, now),
            run,
            wishes: Wishes::none(groups),
            aspects: vec![Aspect::Red; groups],
            sent: vec![now; groups],
            green_ended: vec![None; groups],
            intents: vec![Intent::Stay; groups],
            blocked: vec![false; groups],
            wished: vec![false; groups],
            protected: vec![None; groups],
            last_step: now,
            next_event: now,
            refusals: 0,
            last_refusal: None,
            delay: Duration::ZERO,
            violations: 0,
            last_violation: None,
            intersection,
        }
    }

    /// A controller as a simulation begins with: its lamps have followed a fixed-time program for a cycle, or have been red for a minute
    /// before a program that is actuated.
    #[must_use]
    pub fn started(intersection: Arc<Intersection>, now: Instant) -> Self {
        let program = intersection.program();
        let history = program.cycle().filter(|_| program.fixed_time(now).is_some());
        let history = history.map_or(Duration::from_seconds(60), |cycle| cycle + cycle);
        let mut moment = now - history;
        let mut controller = Self::new(Arc::clone(&intersection), moment);
        while moment <= now {
            for group in intersection.group_indices() {
                let aspect =
                    program.fixed_time(moment).map_or(Aspect::Red, |plan| plan.aspect(group, moment));
                controller.observe(moment, group, aspect);
            }
            let Some(next) = program.next_change(moment) else { break };
            moment = next;
        }
        controller.next_event = now;
        // Nobody commanded what was before the beginning.
        (controller.violations, controller.last_violation) = (0, None);
        controller
    }

    /// What is wished from now on. Of two wished greens in conflict the later in the order of groups becomes red. Who follows a wished green
    /// is wished green too, unless that contradicts.
    pub fn set_wishes(&mut self, now: Instant, mut wishes: Wishes) {
        let conflicts = self.intersection.conflicts();
        let contradicts = |wishes: &Wishes, group: GroupIndex, others: fn(GroupIndex, GroupIndex) -> bool| {
            let mut foes = conflicts.conflicting(group).iter();
            foes.any(|foe| others(*foe, group) && wishes.wish(*foe) == Wish::Green)
        };
        for group in self.intersection.group_indices() {
            if wishes.wish(group) == Wish::Green && contradicts(&wishes, group, |foe, group| foe < group) {
                wishes.set(group, Wish::Red);
            }
        }
        for tie in self.intersection.synchronisations() {
            if let Synchronisation::FollowGreen { group, after, .. } = *tie
                && wishes.wish(after) == Wish::Green
                && !contradicts(&wishes, group, |_, _| true)
            {
                wishes.set(group, Wish::Green);
            }
        }
        let ends = !self.wishes.is_none() && wishes.is_none();
        if let (Run::FixedTime(transition), Rejoin::ShortWay(way), true) =
            (&mut self.run, wishes.rejoin(), ends)
            && let Some(plan) = self.intersection.program().fixed_time(now)
        {
            let wished = |group: &GroupIndex| self.wishes.wish(*group) == Wish::Green;
            *transition = Transition::after(plan, self.intersection.group_indices().filter(wished), now, way);
        }
        self.wishes = wishes;
        self.next_event = now;
    }

    /// A detector's change: whether something stands on it, or a button is pressed. One that the intersection does not have is passed over.
    pub fn detect(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) {
        if self.detection.report(now, detector, occupied) && matches!(self.run, Run::Actuated(_)) {
            self.next_event = self.next_event.min(now);
        }
    }

    /// A lamp confirms what it shows.
    pub fn observe(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) {
        let known = self.interlock.shows(group) == Some(aspect);
        if self.interlock.commanded(group) == Some(aspect) {
            let delay = now - self.sent[group.index()];
            if delay <= LONGEST_DELAY {
                self.delay = self.delay.max(delay);
            }
        }
        if let Some(violation) = self.interlock.observe(now, group, aspect) {
            self.violations += 1;
            self.last_violation = Some(violation);
        }
        if known || group.index() >= self.aspects.len() {
            return;
        }
        let before = std::mem::replace(&mut self.aspects[group.index()], aspect);
        if before == Aspect::Green && aspect != Aspect::Green {
            self.green_ended[group.index()] = Some(now);
        }
        if aspect == Aspect::Green {
            self.detection.answered(group);
        }
        if let (Run::Actuated(run), Program::Actuated(program)) = (&mut self.run, self.intersection.program())
        {
            run.observe(now, &self.intersection, program, group, aspect);
        }
        self.next_event = self.next_event.min(now);
    }

    /// What is known of the lamps is lost; nothing is commanded before they are reported again.
    pub fn forget(&mut self, now: Instant) {
        self.interlock.forget(now);
        self.next_event = now;
    }

    /// Does all that is due at `now`; commands go to `out`. With nothing due it costs a comparison or two.
    pub fn step(&mut self, now: Instant, out: &mut Vec<LampCommand>) {
        // A clock that steps back must not silence the controller until it has caught up.
        if now < self.next_event && self.last_step <= now {
            return;
        }
        self.last_step = now;
        self.interlock.advance(now);
        self.weigh_wishes();
        self.next_event = self.plan(now);
        // What ends goes before what starts, in time as on the wire: a green waits for the yellow before it.
        for group in self.intersection.group_indices() {
            if let Some(aspect) = self.end_or_repeat_due(now, group) {
                self.command(now, group, aspect, out);
            }
        }
        let together = self.wished_greens_can_start(now);
        for group in self.intersection.group_indices() {
            if self.start_due(now, group, together) {
                self.command(now, group, Aspect::Green, out);
            }
        }
    }

    /// When [`Controller::step`] has something to do at the earliest.
    #[must_use]
    pub fn next_event(&self) -> Instant {
        self.next_event
    }

    /// What a lamp showed last; red before it was seen.
    #[must_use]
    pub fn aspect(&self, group: GroupIndex) -> Aspect {
        self.aspects.get(group.index()).copied().unwrap_or(Aspect::Red)
    }

    /// What all lamps showed last.
    #[must_use]
    pub fn aspects(&self) -> &[Aspect] {
        &self.aspects
    }

    /// Since when a lamp has shown it; `None` before it was seen.
    #[must_use]
    pub fn aspect_since(&self, group: GroupIndex) -> Option<Instant> {
        self.interlock.since(group)
    }

    /// Since when a group that is not green asks for it; `None` where it does not, or where the program asks nobody.
    #[must_use]
    pub fn asks_since(&self, group: GroupIndex) -> Option<Instant> {
        match &self.run {
            Run::FixedTime(_) => None,
            Run::Actuated(run) => run.asks(group),
        }
    }

    /// A copy whose greens extend otherwise: to run ahead of the street.
    pub(crate) fn look_ahead(&self, now: Instant, extension: Extension) -> Self {
        let mut ahead = self.clone();
        if let Run::Actuated(run) = &mut ahead.run {
            run.assume(extension);
            if extension == Extension::Longest {
                run.ask_all(now);
            }
        }
        ahead.next_event = now;
        ahead
    }

    /// Does anybody wait for the end of a group's green? Always where the program runs by the clock.
    pub(crate) fn is_waited_for(&self, group: GroupIndex) -> bool {
        match &self.run {
            Run::FixedTime(_) => true,
            Run::Actuated(run) => run.is_waited_for(group),
        }
    }

    /// The place of the module whose turn it is; `None` where the program has none.
    #[must_use]
    pub fn module(&self) -> Option<usize> {
        match &self.run {
            Run::FixedTime(_) => None,
            Run::Actuated(run) => Some(run.module()),
        }
    }

    /// What is wished at present.
    #[must_use]
    pub fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Commands that the interlock refused. The controller asks before it commands: more than none is a fault of its own.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals
    }

    /// The latest refused command.
    #[must_use]
    pub fn last_refusal(&self) -> Option<Refusal> {
        self.last_refusal
    }

    /// Confirmations of what nobody commanded, or of what breaks a rule: somebody else drives the lamps, or a controller is at fault.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// The latest of them.
    #[must_use]
    pub fn last_violation(&self) -> Option<Violation> {
        self.last_violation
    }

    /// The interlock.
    #[must_use]
    pub fn interlock(&self) -> &Interlock {
        &self.interlock
    }

    /// The intersection.
    #[must_use]
    pub fn intersection(&self) -> &Arc<Intersection> {
        &self.intersection
    }

    fn command(&mut self, now: Instant, group: GroupIndex, aspect: Aspect, out: &mut Vec<LampCommand>) {
        match self.interlock.command(now, group, aspect) {
            Ok(()) => {
                if let Run::Actuated(run) = &mut self.run
                    && aspect == Aspect::Green
                    && self.interlock.shows(group) == Some(Aspect::Red)
                {
                    run.started(group);
                }
                self.sent[group.index()] = now;
                self.due_at(now + REPEAT);
                out.push(LampCommand { group, aspect });
            }
            Err(refusal) => {
                self.refusals += 1;
                self.last_refusal = Some(refusal);
            }
        }
    }

    /// A command that has to be repeated now, or the end of green or yellow if it is due; otherwise notes when it may be.
    fn end_or_repeat_due(&mut self, now: Instant, group: GroupIndex) -> Option<Aspect> {
        let shows = self.interlock.shows(group)?;
        if let Some(commanded) = self.interlock.commanded(group) {
            return self.repeat_due(now, group, commanded);
        }
        let ends = match shows {
            Aspect::Green => self.is_to_end(now, group),
            Aspect::Yellow => true,
            Aspect::Red => false,
        };
        let earliest = self.interlock.earliest_end(group).filter(|_| ends)?;
        if now >= earliest {
            return Some(shows.next());
        }
        self.due_at(earliest);
        None
    }

    fn repeat_due(&mut self, now: Instant, group: GroupIndex, commanded: Aspect) -> Option<Aspect> {
        let sent = self.sent[group.index()];
        if sent <= now && now < sent + REPEAT {
            self.due_at(sent + REPEAT);
            return None;
        }
        // Whatever has changed since it was sent first: what would be refused now is not repeated.
        self.due_at(now + REPEAT);
        self.interlock.check(now, group, commanded).is_ok().then_some(commanded)
    }

    /// Is a red group to turn green now? Otherwise notes when it may be.
    fn start_due(&mut self, now: Instant, group: GroupIndex, together: bool) -> bool {
        let waits =
            self.interlock.shows(group) == Some(Aspect::Red) && self.interlock.commanded(group).is_none();
        if !waits {
            return false;
        }
        let may = if self.wishes.wish(group) == Wish::Green {
            together
        } else if self.intents[group.index()] == Intent::Start {
            self.interlock.check(now, group, Aspect::Green).is_ok()
        } else {
            return false;
        };
        if !may {
            self.due_when_green_may_start(now, group);
        }
        may
    }

    /// How late the lamps make a start: the green and the yellow before it are confirmed one after the other.
    fn lateness(&self) -> Duration {
        self.delay + self.delay
    }

    /// Who is kept green, and who from it, by what is wished.
    fn weigh_wishes(&mut self) {
        let conflicts = self.intersection.conflicts();
        for group in self.intersection.group_indices() {
            let wish = self.wishes.wish(group);
            let green = self.aspects[group.index()] == Aspect::Green;
            self.wished[group.index()] = wish == Wish::Green || (wish == Wish::Hold && green);
            let foe_wished =
                || conflicts.conflicting(group).iter().any(|foe| self.wishes.wish(*foe) == Wish::Green);
            self.blocked[group.index()] = wish == Wish::Red || (wish != Wish::Green && foe_wished());
        }
        // Who is followed can't go on where those behind it can't.
        let ties = self.intersection.synchronisations();
        for _ in ties {
            for tie in ties {
                if let Synchronisation::FollowGreen { group, after, .. } = *tie
                    && self.blocked[group.index()]
                    && self.wishes.wish(after) != Wish::Green
                {
                    self.blocked[after.index()] = true;
                }
            }
        }
        self.protected.fill(None);
        for tie in ties {
            let Synchronisation::FollowGreen { group, after, follow } = *tie else { continue };
            let until = if self.aspects[after.index()] == Aspect::Green {
                Some(FAR_FUTURE)
            } else {
                self.green_ended[after.index()].map(|ended| ended + follow)
            };
            let protected = &mut self.protected[group.index()];
            *protected = until.max(*protected);
        }
    }

    /// Asks the program what each group is to do now; the answer is when it wants to be asked again.
    fn plan(&mut self, now: Instant) -> Instant {
        let program = self.intersection.program();
        if let (Run::Actuated(run), Program::Actuated(program)) = (&mut self.run, program) {
            let view = View {
                intersection: &self.intersection,
                program,
                interlock: &self.interlock,
                detection: &self.detection,
                blocked: &self.blocked,
                wished: &self.wished,
                protected: &self.protected,
            };
            return run.plan(now, &view, &mut self.intents);
        }
        let (Some(plan), Run::FixedTime(transition)) = (program.fixed_time(now), &self.run) else {
            return FAR_FUTURE;
        };
        let moment = transition.program_time(now);
        for group in self.intersection.group_indices() {
            let least = self.intersection.groups()[group.index()].min_green;
            self.intents[group.index()] = match plan.aspect(group, moment) {
                _ if self.blocked[group.index()] => Intent::End,
                Aspect::Yellow | Aspect::Red => Intent::End,
                Aspect::Green if plan.green_left(group, moment) + self.lateness() < least => Intent::Stay,
                Aspect::Green => Intent::Start,
            };
        }
        if moment == now { program.next_change(now).unwrap_or(FAR_FUTURE) } else { now + CONTROL_STEP }
    }

    /// Is a green to end now? Otherwise notes when it may be.
    fn is_to_end(&mut self, now: Instant, group: GroupIndex) -> bool {
        if self.wished[group.index()] {
            return false;
        }
        let ends = self.blocked[group.index()] || self.intents[group.index()] == Intent::End;
        match self.protected[group.index()].filter(|until| ends && *until > now) {
            Some(until) => {
                self.due_at(until);
                false
            }
            None => ends,
        }
    }

    /// May every wished group that is not green yet turn green now?
    fn wished_greens_can_start(&self, now: Instant) -> bool {
        self.intersection.group_indices().filter(|group| self.wishes.wish(*group) == Wish::Green).all(
            |group| {
                self.interlock.shows(group) == Some(Aspect::Green)
                    || self.interlock.check(now, group, Aspect::Green).is_ok()
            },
        )
    }

    fn due_when_green_may_start(&mut self, now: Instant, group: GroupIndex) {
        // Unknown as yet where a foe has not ended its green: that end is an event of its own.
        if let Some(earliest) = self.interlock.earliest_green(group).filter(|earliest| *earliest > now) {
            self.due_at(earliest);
        }
    }

    fn due_at(&mut self, moment: Instant) {
        self.next_event = self.next_event.min(moment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Aspect::{Green, Red, Yellow};

    const CROSSING: &str = include_str!("../tests/intersections/crossing.toml");
    /// Of the crossing: the main road, green from 0 to 34 s of 60, and the side road, green from 39.5 to 54.5 s; in full conflict.
    const MAIN: GroupIndex = GroupIndex(0);
    const SIDE: GroupIndex = GroupIndex(2);

    /// Tenths of a second after a cycle's start.
    fn at(tenths: i64) -> Instant {
        Instant::from_unix_millis(tenths * 100)
    }

    fn started(text: &str, now: Instant) -> Controller {
        Controller::started(Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap()), now)
    }

    /// What is commanded at a moment.
    fn commands(controller: &mut Controller, now: Instant) -> Vec<(GroupIndex, Aspect)> {
        let mut commands = Vec::new();
        controller.step(now, &mut commands);
        commands.into_iter().map(|command| (command.group, command.aspect)).collect()
    }

    /// Lamps that obey at once, up to a moment.
    fn run(controller: &mut Controller, from: i64, to: i64) {
        for now in (from..to).map(at) {
            for (group, aspect) in commands(controller, now) {
                controller.observe(now, group, aspect);
            }
        }
    }

    fn wish(group: GroupIndex, wish: Wish) -> Wishes {
        let mut wishes = Wishes::none(4);
        wishes.set(group, wish);
        wishes
    }

    /// How often the side road, whose green in the program is as long as its minimum, is started in ten cycles on lamps that
    /// confirm after so many tenths of a second.
    fn starts_of_a_shortest_green(delay: i64) -> usize {
        let text = CROSSING.replace("min_green_s = 6", "min_green_s = 15");
        let mut controller = started(&text, at(0));
        let mut underway: Vec<(i64, GroupIndex, Aspect)> = Vec::new();
        let mut starts = 0;
        for now in 0..6000 {
            underway.retain(|(due, group, aspect)| {
                if *due == now {
                    controller.observe(at(now), *group, *aspect);
                }
                *due > now
            });
            for (group, aspect) in commands(&mut controller, at(now)) {
                starts += usize::from(group == SIDE && aspect == Green);
                underway.push((now + delay, group, aspect));
            }
        }
        starts
    }

    #[test]
    fn slow_lamps_starve_no_group_whose_green_is_as_short_as_its_minimum() {
        for delay in [1, 2, 4] {
            // In the first cycle it may not know the lamps yet.
            assert!(starts_of_a_shortest_green(delay) >= 9, "{delay} tenths");
        }
    }

    #[test]
    fn a_lamp_that_somebody_else_drives_is_reported() {
        let mut controller = started(CROSSING, at(100));
        assert_eq!((controller.violations(), controller.last_violation()), (0, None));
        controller.observe(at(101), SIDE, Green);
        let expected = Violation::ConflictingGreen { group: SIDE, with: MAIN };
        assert_eq!((controller.violations(), controller.last_violation()), (1, Some(expected)));
    }

    #[test]
    fn it_begins_in_the_middle_of_the_program() {
        let mut controller = started(CROSSING, at(350));
        assert_eq!((controller.aspect(MAIN), controller.aspect(SIDE)), (Yellow, Red));
        assert_eq!(controller.aspect_since(MAIN), Some(at(340)));
        assert_eq!(commands(&mut controller, at(350)), []);
        // Group 03 has the shortest yellow.
        assert_eq!(controller.next_event(), at(370));
    }

    #[test]
    fn what_ends_is_commanded_before_what_starts() {
        let text = CROSSING
            .replace("02 = 5.5, 03 = 4, 08 = 5", "02 = 3, 03 = 3, 08 = 3")
            .replace("cycle_s = 60", "cycle_s = 57.5")
            .replace(r#"name = "2-1", duration_s = 5.5"#, r#"name = "2-1", duration_s = 3"#);
        let mut controller = started(&text, at(0));
        run(&mut controller, 0, 575);
        let expected = [(SIDE, Red), (MAIN, Green), (GroupIndex(1), Green), (GroupIndex(3), Green)];
        assert_eq!(commands(&mut controller, at(575)), expected);
    }

    #[test]
    fn a_wished_green_waits_for_the_times_of_its_foes() {
        let mut controller = started(CROSSING, at(0));
        controller.set_wishes(at(0), wish(SIDE, Wish::Green));
        run(&mut controller, 0, 105);
        assert_eq!((controller.aspect(MAIN), controller.aspect_since(MAIN)), (Red, Some(at(85))));
        assert_eq!(controller.aspect(SIDE), Red);
        // Minimum green 5 s, and 5.5 s from the other side of the main road.
        assert_eq!(commands(&mut controller, at(105)), [(SIDE, Green)]);
    }

    #[test]
    fn of_two_wished_greens_in_conflict_the_later_becomes_red() {
        let mut controller = started(CROSSING, at(0));
        let mut wishes = wish(MAIN, Wish::Green);
        wishes.set(SIDE, Wish::Green);
        controller.set_wishes(at(0), wishes);
        assert_eq!(controller.wishes().wish(MAIN), Wish::Green);
        assert_eq!(controller.wishes().wish(SIDE), Wish::Red);
    }

    #[test]
    fn a_command_is_repeated_every_second_until_it_is_confirmed() {
        let mut controller = started(CROSSING, at(0));
        controller.set_wishes(at(60), wish(MAIN, Wish::Red));
        for second in 0..5 {
            assert_eq!(commands(&mut controller, at(60 + second * 10)), [(MAIN, Yellow)]);
            assert_eq!(commands(&mut controller, at(69 + second * 10)), []);
        }
        controller.observe(at(105), MAIN, Yellow);
        assert_eq!(commands(&mut controller, at(139)), []);
        assert_eq!(commands(&mut controller, at(140)), [(MAIN, Red)]);
    }

    #[test]
    fn what_would_be_refused_is_not_repeated() {
        let mut controller = started(CROSSING, at(0));
        run(&mut controller, 0, 600);
        assert!(commands(&mut controller, at(600)).contains(&(MAIN, Green)));
        controller.observe(at(605), SIDE, Green);
        assert!(!commands(&mut controller, at(610)).contains(&(MAIN, Green)));
        assert_eq!(controller.refusals(), 0);
    }

    #[test]
    fn nothing_is_commanded_before_the_lamps_are_seen_again() {
        let mut controller = started(CROSSING, at(0));
        controller.forget(at(100));
        assert_eq!(commands(&mut controller, at(350)), []);
        controller.observe(at(351), MAIN, Green);
        assert_eq!(commands(&mut controller, at(400)), [], "its green may have just begun");
        assert_eq!(commands(&mut controller, at(401)), [(MAIN, Yellow)]);
    }

    #[test]
    fn a_clock_that_steps_back_does_not_silence_it() {
        let mut controller = started(CROSSING, at(36_000));
        run(&mut controller, 36_000, 36_100);
        assert_eq!(controller.next_event(), at(36_340));
        // An hour back, to where the program has the main road red.
        assert_eq!(commands(&mut controller, at(400)), []);
        assert_eq!(commands(&mut controller, at(450)).first(), Some(&(MAIN, Yellow)));
        assert_eq!(controller.refusals(), 0);
    }
}
