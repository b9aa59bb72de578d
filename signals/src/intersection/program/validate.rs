//! From a [`ProgramFile`] to a [`Program`]: what could not work is refused, what is odd is warned of.

use voorrang_units::Duration;

use super::{ActuatedFile, FixedTimeFile, PlansFile, ProgramFile};
use crate::document::Place;
use crate::id::GroupIndex;
use crate::intersection::conflict::{Conflict, ConflictMatrix};
use crate::intersection::validate::{CONTROL_STEP, Validation};
use crate::intersection::{Detector, SignalGroup};
use crate::program::Program;
use crate::program::actuated::{Actuated, Coordination, Module};
use crate::program::fixed_time::{FixedTime, GreenInterval, Stage};
use crate::program::plans::{Plan, Plans};
use crate::program::schedule::{Schedule, Switch};

impl Validation<'_> {
    /// `None` where something is wrong, which is reported then.
    pub(in crate::intersection) fn program(&self, file: &ProgramFile) -> Option<Program> {
        match file {
            ProgramFile::FixedTime(file) => self.plan(file).map(Program::FixedTime),
            ProgramFile::Plans(file) => self.plans(file).map(Program::Plans),
            ProgramFile::Actuated(file) => self.actuated(file).map(Program::Actuated),
        }
    }

    fn plan(&self, file: &FixedTimeFile) -> Option<FixedTime> {
        let sum = file.stages.iter().fold(Duration::ZERO, |sum, stage| sum + stage.duration);
        if sum != file.cycle && !file.stages.is_empty() {
            let what = format!("the stages last {sum}, the cycle {}", file.cycle);
            self.document.report(file.place, what, "make them equal");
        }
        if file.stages.is_empty() {
            self.document.report(file.place, "the program has no stages", "add `stages`");
        }
        let stages = file.stages.iter().map(|row| {
            self.on_control_step(row.place, row.duration);
            let green = row.green.iter().filter_map(|name| self.group(row.place, name));
            Stage { name: row.name.clone(), duration: row.duration, green: green.collect() }
        });
        let stages: Vec<Stage> = stages.collect();
        self.on_control_step(file.place, file.offset);
        if file.reference.unix_millis() % CONTROL_STEP.millis() != 0 {
            let what = format!("`reference` {} is no multiple of the control step", file.reference);
            self.document.report(file.place, what, "round it to 0.1 s");
        }
        if self.document.has_problems() {
            return None;
        }
        let yellows = self.file.groups.iter().map(|row| row.yellow.value).collect();
        FixedTime::new(stages, file.offset, file.reference, yellows)
    }

    fn plans(&self, file: &PlansFile) -> Option<Plans> {
        let mut plans = Vec::new();
        for (number, (name, plan)) in file.plans.iter().enumerate() {
            if file.plans[..number].iter().any(|(other, _)| other == name) {
                self.document.report(
                    plan.place,
                    format!("two plans are called {name}"),
                    "rename one of them",
                );
            }
            plans.extend(self.plan(plan).map(|program| Plan { name: name.clone(), program }));
        }
        if file.plans.is_empty() {
            self.document.report(file.place, "there are no plans", "add [[program.fixed_time.plans]]");
        }
        let mut switches = Vec::new();
        for row in &file.schedule {
            match file.plans.iter().position(|(name, _)| *name == row.plan) {
                Some(plan) => switches.push(Switch { from: row.from, days: row.days, plan }),
                None => {
                    let known: Vec<&str> = file.plans.iter().map(|(name, _)| name.as_str()).collect();
                    let remedy = format!("name one of: {}", known.join(", "));
                    self.document.report(row.place, format!("there is no plan {}", row.plan), remedy);
                }
            }
        }
        if self.document.has_problems() {
            return None;
        }
        let targets: Vec<usize> = switches.iter().map(|switch| switch.plan).collect();
        Plans::new(plans, Schedule::new(file.utc_offset, file.summer_time, switches), &targets)
    }

    fn actuated(&self, file: &ActuatedFile) -> Option<Actuated> {
        let mut modules = Vec::new();
        for row in &file.modules {
            let primary = row.primary.iter().filter_map(|name| self.group(row.place, name)).collect();
            let until = row.until.inspect(|until| self.on_control_step(row.place, *until));
            let cycle = file.coordination.as_ref().map(|coordination| coordination.cycle);
            if let (Some(until), Some(cycle)) = (until, cycle)
                && until >= cycle
            {
                let what = format!("module {} ends at {until} of a cycle of {cycle}", row.name);
                self.document.report(row.place, what, "make `until_s` less than `cycle_s`");
            }
            modules.push(Module { name: row.name.clone(), primary, until, hold: row.hold });
        }
        if modules.is_empty() {
            self.document.report(file.place, "the program has no modules", "add `modules`");
        }
        self.check_served(file, &modules);
        let waiting: Vec<GroupIndex> =
            file.waiting_green.iter().filter_map(|name| self.group(file.place, name)).collect();
        if self.document.has_problems() {
            return None;
        }
        let coordination = file.coordination.as_ref().map(|written| Coordination {
            cycle: written.cycle,
            offset: written.offset,
            reference: written.reference,
        });
        let (groups, forward) = (self.file.groups.len(), usize::from(file.forward_modules));
        Actuated::new(groups, modules, &waiting, file.alternative, forward, coordination)
    }

    /// Each group has its turn in one module.
    fn check_served(&self, file: &ActuatedFile, modules: &[Module]) {
        for (index, row) in (0..).map(GroupIndex).zip(&self.file.groups) {
            let turns = modules.iter().filter(|module| module.primary.contains(&index)).count();
            if turns == 0 {
                let what = format!("group {} is primary in no module: it would never be green", row.name);
                self.document.report(file.place, what, "add it to `primary` of one");
            } else if turns > 1 {
                let what = format!("group {} is primary in {turns} modules", row.name);
                self.document.report(file.place, what, "keep one of them");
            }
        }
    }

    /// Would the interlock refuse any of it, and does anybody wait too long?
    pub(in crate::intersection) fn check_program(
        &self,
        groups: &[SignalGroup],
        detectors: &[Detector],
        conflicts: &ConflictMatrix,
        program: &Program,
        warnings: &mut Vec<String>,
    ) {
        let place = self.file.program.place();
        match program {
            Program::FixedTime(program) => self.check_plan(place, groups, conflicts, program, warnings),
            Program::Plans(plans) => {
                let ProgramFile::Plans(file) = &self.file.program else { return };
                for (plan, (_, written)) in plans.all().iter().zip(&file.plans) {
                    self.check_plan(written.place, groups, conflicts, &plan.program, warnings);
                }
            }
            Program::Actuated(program) => {
                self.check_modules(groups, conflicts, program);
                self.check_detectors(groups, detectors, warnings);
                self.check_round(groups, conflicts, program, warnings);
            }
        }
    }

    /// Those whose turn it is together, and those that wait in green, are never in conflict.
    fn check_modules(&self, groups: &[SignalGroup], conflicts: &ConflictMatrix, program: &Actuated) {
        let place = self.file.program.place();
        let name = |group: GroupIndex| groups[group.index()].name.as_str();
        let conflict_in = |set: &[GroupIndex]| {
            let pairs = set.iter().flat_map(|a| set.iter().map(move |b| (*a, *b)));
            pairs.into_iter().find(|(a, b)| a < b && conflicts.conflicts(*a, *b))
        };
        for module in program.modules() {
            if let Some((a, b)) = conflict_in(&module.primary) {
                let what =
                    format!("{} and {} conflict, and are both primary in {}", name(a), name(b), module.name);
                self.document.report(place, what, "give them their turns in different modules");
            }
        }
        let waiting: Vec<GroupIndex> =
            (0..).map(GroupIndex).take(groups.len()).filter(|group| program.waits_in_green(*group)).collect();
        if let Some((a, b)) = conflict_in(&waiting) {
            let what = format!("{} and {} conflict, and both wait in green", name(a), name(b));
            self.document.report(place, what, "keep one of them in `waiting_green`");
        }
    }

    fn check_detectors(&self, groups: &[SignalGroup], detectors: &[Detector], warnings: &mut Vec<String>) {
        for (index, group) in (0..).map(GroupIndex).zip(groups) {
            let asks =
                detectors.iter().any(|detector| detector.group == index && detector.measuring.requests);
            if !asks {
                warnings.push(format!("no detector asks for group {}: it asks in every round", group.name));
            }
        }
    }

    /// One round of all modules with everybody asking: how long may anybody wait?
    fn check_round(
        &self,
        groups: &[SignalGroup],
        conflicts: &ConflictMatrix,
        program: &Actuated,
        warnings: &mut Vec<String>,
    ) {
        let place = self.file.program.place();
        let modules = program.modules();
        let (mut shortest, mut longest) = (Duration::ZERO, Duration::ZERO);
        for (number, module) in modules.iter().enumerate() {
            let next = &modules[(number + 1) % modules.len()].primary;
            // Each group's green, and what the next module has to wait for it then.
            let takes = |time: fn(&SignalGroup) -> Duration| {
                let ends = module.primary.iter().map(|ending| {
                    let clearance =
                        next.iter().filter_map(|starting| conflicts.intergreen(*ending, *starting));
                    time(&groups[ending.index()]) + clearance.max().unwrap_or(Duration::ZERO)
                });
                ends.max().unwrap_or(Duration::ZERO)
            };
            shortest += takes(|group| group.times.fixed_green);
            longest += takes(|group| group.times.longest_green);
        }
        let longest = program.coordination().map_or(longest, |coordination| coordination.cycle);
        if let Some(coordination) = program.coordination().filter(|one| one.cycle < shortest) {
            let what = format!("a round takes {shortest} at least, the cycle is {}", coordination.cycle);
            self.document.report(place, what, "lengthen `cycle_s`");
        }
        let mut late: Vec<&str> = Vec::new();
        for group in groups {
            let wait = group.times.max_wait;
            if wait < shortest - group.times.fixed_green {
                let what = format!(
                    "group {} may wait {wait} at most, but the shortest round of all modules takes {shortest}",
                    group.name
                );
                self.document.report(place, what, "raise `max_wait_s`, or shorten fixed greens");
            } else if wait < longest - group.times.fixed_green {
                late.push(&group.name);
            }
        }
        if !late.is_empty() {
            let who = late.join(", ");
            warnings.push(format!(
                "the longest round of all modules takes {longest}: longer than the maximum wait of {who}"
            ));
        }
    }

    /// Who said that nobody may wait longer, and who only goes by what is usual.
    fn check_wait(&self, place: Place, group: &SignalGroup, red: Duration, warnings: &mut Vec<String>) {
        if red <= group.times.max_wait {
            return;
        }
        let what = format!(
            "group {} is red for {red}, longer than its maximum wait {}",
            group.name, group.times.max_wait
        );
        let written = self.file.groups.iter().any(|row| row.name == group.name && row.max_wait.is_some());
        if written {
            self.document.report(place, what, "give it green more often, or raise `max_wait_s`");
        } else {
            warnings.push(what);
        }
    }

    /// Runs through one cycle: would the interlock refuse any of it?
    fn check_plan(
        &self,
        place: Place,
        groups: &[SignalGroup],
        conflicts: &ConflictMatrix,
        program: &FixedTime,
        warnings: &mut Vec<String>,
    ) {
        let cycle = program.cycle();
        for (index, group) in (0..).map(GroupIndex).zip(groups) {
            let greens = program.greens(index);
            if greens.is_empty() {
                warnings.push(format!("group {} is never green", group.name));
            }
            self.check_wait(place, group, longest_red(greens, cycle), warnings);
            for (number, green) in greens.iter().enumerate() {
                if green.length < group.min_green && green.length < cycle {
                    let what = format!(
                        "group {} is green for {} only, less than its minimum of {}",
                        group.name, green.length, group.min_green
                    );
                    self.document.report(place, what, "lengthen its stages or lower `min_green_s`");
                }
                let next = greens.get(number + 1).map_or(greens[0].start + cycle, |next| next.start);
                let red = next - green.start - green.length;
                if green.length < cycle && red < group.yellow + group.min_red {
                    let what = format!(
                        "group {} has {red} between two greens, less than yellow and minimum red ({})",
                        group.name,
                        group.yellow + group.min_red
                    );
                    self.document.report(place, what, "let it stay green, or lengthen its red");
                }
                for foe in conflicts.conflicting(index) {
                    self.check_gap(
                        place,
                        groups,
                        conflicts,
                        program,
                        (index, green.start + green.length),
                        *foe,
                    );
                }
            }
        }
    }

    /// The gap from an end of green to the next start of a foe's has to hold the intergreen, and the yellow.
    fn check_gap(
        &self,
        place: Place,
        groups: &[SignalGroup],
        conflicts: &ConflictMatrix,
        program: &FixedTime,
        (ending, end): (GroupIndex, Duration),
        foe: GroupIndex,
    ) {
        let cycle = program.cycle();
        let yellow = match conflicts.conflict(ending, foe) {
            Conflict::GreenGreen => Duration::ZERO,
            _ => groups[ending.index()].yellow,
        };
        let needed = conflicts.intergreen(ending, foe).unwrap_or(Duration::ZERO).max(yellow);
        let (own, other) = (&groups[ending.index()].name, &groups[foe.index()].name);
        // Found from both sides, told once.
        let (first, second) = (own.min(other), own.max(other));
        for green in program.greens(foe) {
            // From the foe's start back to this end of green, round the cycle.
            let gap = Duration::from_millis((green.start - end).millis().rem_euclid(cycle.millis()));
            let together = Duration::from_millis((end - green.start).millis().rem_euclid(cycle.millis()));
            let always = green.length == cycle;
            if always || (together > Duration::ZERO && together <= green.length) {
                let what = format!("groups {first} and {second} conflict and are green together");
                self.document.report(place, what, "take one of them out of the stage");
            } else if gap < needed {
                let what = format!("{other} starts {gap} after the end of {own}, which takes {needed}");
                let remedy = "lengthen the interstage, or correct the intergreen";
                self.document.report(place, what, remedy);
            }
        }
    }
}

/// The longest stretch of the cycle without green; zero for a group that is always or never green.
fn longest_red(greens: &[GreenInterval], cycle: Duration) -> Duration {
    let starts = greens.iter().skip(1).chain(greens.first().filter(|_| !greens.is_empty()));
    let reds = greens.iter().zip(starts).map(|(green, next)| {
        let red = (next.start - green.start - green.length).millis().rem_euclid(cycle.millis());
        Duration::from_millis(if green.length >= cycle { 0 } else { red })
    });
    reds.max().unwrap_or(Duration::ZERO)
}
