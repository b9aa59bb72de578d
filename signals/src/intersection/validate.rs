//! From an [`IntersectionFile`] to an [`Intersection`]: names become positions, and whatever could not work is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use voorrang_units::Duration;

use crate::document::{Document, Place};
use crate::id::{ApproachIndex, GroupIndex, LaneId, LaneIndex};
use crate::intersection::conflict::ConflictMatrix;
use crate::intersection::file::{FixedTimeFile, Given, IntersectionFile};
use crate::intersection::{Approach, Connection, Detector, Direction, Intersection, Lane, SignalGroup, read};
use crate::program::Program;
use crate::program::fixed_time::{FixedTime, Stage};

/// All times are whole multiples of the control step.
const CONTROL_STEP: Duration = Duration::from_millis(100);
/// There are no more numbers in SPATEM.
const MOST_GROUPS: usize = 254;

/// `None` where something is wrong, which is reported then.
pub(super) fn validate(file: &IntersectionFile, document: &Document<'_>) -> Option<Intersection> {
    let validation = Validation { file, document, groups: group_names(file, document) };
    let groups = validation.groups();
    let approaches = validation.approaches();
    let lanes = validation.lanes(&approaches);
    let connections = validation.connections();
    let detectors = validation.detectors();
    let conflicts = validation.conflicts();
    let program = validation.program(&file.program);
    if document.has_problems() {
        return None;
    }
    let (conflicts, program) = (conflicts?, program?);
    validation.check_program(&groups, &conflicts, &program);
    if document.has_problems() {
        return None;
    }
    let warnings = warnings(&groups, &conflicts, &program);
    Some(Intersection {
        id: file.id.value,
        name: file.name.clone(),
        reference: file.reference.value,
        approaches: with_lanes_and_groups(approaches, &lanes, &connections),
        groups,
        lanes,
        connections,
        detectors,
        conflicts,
        program: Program::FixedTime(program),
        assumed: document.assumptions(),
        warnings,
    })
}

struct Validation<'a> {
    file: &'a IntersectionFile,
    document: &'a Document<'a>,
    groups: BTreeMap<&'a str, GroupIndex>,
}

/// Where each group stands; a name used twice is reported.
fn group_names<'a>(file: &'a IntersectionFile, document: &Document<'_>) -> BTreeMap<&'a str, GroupIndex> {
    let mut names = BTreeMap::new();
    for (index, row) in file.groups.iter().enumerate() {
        let Some(index) = GroupIndex::at(index) else { break };
        if names.insert(row.name.as_str(), index).is_some() {
            document.report(row.place, format!("two groups are called {}", row.name), "rename one of them");
        }
    }
    names
}

impl Validation<'_> {
    fn groups(&self) -> Vec<SignalGroup> {
        if self.file.groups.is_empty() {
            self.document.report(Place::default(), "there are no signal groups", "add `groups`");
        }
        self.unique(
            self.file.groups.iter().map(|row| (row.place, row.signal_group.number())),
            "signal_group",
        );
        let rows = self.file.groups.iter().map(|row| {
            let max_yellow = row.max_yellow.map_or(row.yellow.value, |given| given.value);
            self.at_most(
                row.place,
                &row.name,
                "yellow_s",
                row.yellow.value,
                "max_yellow_s",
                Some(max_yellow),
            );
            let (max_green, max_red) = (value(row.max_green), value(row.max_red));
            self.at_most(row.place, &row.name, "min_green_s", row.min_green.value, "max_green_s", max_green);
            self.at_most(row.place, &row.name, "min_red_s", row.min_red.value, "max_red_s", max_red);
            for time in [row.min_green.value, row.yellow.value, row.min_red.value] {
                self.on_control_step(row.place, time);
            }
            SignalGroup {
                name: row.name.clone(),
                signal_group: row.signal_group,
                kind: row.kind,
                min_green: row.min_green.value,
                max_green,
                yellow: row.yellow.value,
                max_yellow,
                min_red: row.min_red.value,
                max_red,
            }
        });
        rows.collect()
    }

    fn approaches(&self) -> Vec<Approach> {
        self.unique(self.file.approaches.iter().map(|row| (row.place, row.approach.number())), "approach");
        let rows = self.file.approaches.iter().map(|row| Approach {
            id: row.approach,
            name: row.name.clone(),
            lanes: Vec::new(),
            groups: Vec::new(),
        });
        rows.collect()
    }

    fn lanes(&self, approaches: &[Approach]) -> Vec<Lane> {
        self.unique(self.file.lanes.iter().map(|row| (row.place, row.lane.number())), "lane");
        let rows = self.file.lanes.iter().filter_map(|row| {
            let approach = approaches.iter().position(|approach| approach.id == row.approach);
            let written = || read::written_numbers(self.document, "approaches", "approach");
            if approach.is_none() && !written().contains(&row.approach.number()) {
                let what = format!("lane {} is on approach {}", row.lane.number(), row.approach.number());
                self.document.report(row.place, what, "name one of `approaches`");
            }
            Some(Lane {
                id: row.lane,
                direction: row.direction,
                approach: ApproachIndex::at(approach?)?,
                nodes: row.nodes.clone(),
                stop_line: row.stop_line,
                width: row.width.value,
                speed_limit: value(row.speed_limit),
            })
        });
        rows.collect()
    }

    fn connections(&self) -> Vec<Connection> {
        let numbered = self.file.connections.iter();
        self.unique(numbered.filter_map(|row| Some((row.place, row.connection?.number()))), "connection");
        let rows = self.file.connections.iter().filter_map(|row| {
            let from = self.lane(row.place, row.from, Direction::Ingress, "from");
            let to = row.to.map(|to| self.lane(row.place, to, Direction::Egress, "to"));
            let group = row.group.as_ref().map(|group| self.group(row.place, group));
            // What is named but not there was reported.
            let resolved =
                |found: Option<Option<GroupIndex>>| found.map_or(Some(None), |found| found.map(Some));
            let to = to.map_or(Some(None), |found| found.map(Some));
            Some(Connection { id: row.connection, from: from?, to: to?, group: resolved(group)? })
        });
        rows.collect()
    }

    fn detectors(&self) -> Vec<Detector> {
        self.unique(self.file.detectors.iter().map(|row| (row.place, row.name.as_str())), "name");
        let rows = self.file.detectors.iter().filter_map(|row| {
            let lane = row.lane.map(|lane| self.lane(row.place, lane, Direction::Ingress, "lane"));
            Some(Detector {
                name: row.name.clone(),
                kind: row.kind,
                lane: lane.map_or(Some(None), |found| found.map(Some))?,
                group: self.group(row.place, &row.group)?,
                distance: row.distance,
                length: row.length,
            })
        });
        rows.collect()
    }

    fn conflicts(&self) -> Option<ConflictMatrix> {
        let count = self.file.groups.len();
        if count > MOST_GROUPS {
            // Some number was used twice, which was reported; a matrix of any size that a file may ask for is not made.
            return None;
        }
        let mut intergreens = vec![None; count * count];
        for row in &self.file.intergreens {
            let ending = self.group(row.place, &row.ending);
            for (name, time) in &row.starting {
                let starting = self.group(row.place, name);
                let (Some(ending), Some(starting)) = (ending, starting) else { continue };
                if ending == starting {
                    let what = format!("group {name} conflicts with itself");
                    self.document.report(row.place, what, "leave it out");
                }
                self.on_control_step(row.place, time.value);
                intergreens[ending.index() * count + starting.index()] = Some(time.value);
            }
        }
        for row in &self.file.intergreens {
            for (name, _) in &row.starting {
                let pair = (self.groups.get(row.ending.as_str()), self.groups.get(name.as_str()));
                if let (Some(ending), Some(starting)) = pair
                    && intergreens[starting.index() * count + ending.index()].is_none()
                {
                    let what = format!("the conflict of {} and {name} stands one way only", row.ending);
                    let remedy = format!("add `{name}` = {{ {} = ... }} to [intergreen_s]", row.ending);
                    self.document.report(row.place, what, remedy);
                }
            }
        }
        let mut permissive = Vec::new();
        for row in &self.file.permissive {
            let yields = self.group(row.place, &row.yields);
            for name in &row.to {
                let (Some(yields), Some(to)) = (yields, self.group(row.place, name)) else { continue };
                if yields == to || intergreens[yields.index() * count + to.index()].is_some() {
                    let what =
                        format!("{} and {name} cannot be both permissive and in full conflict", row.yields);
                    self.document.report(row.place, what, "keep one of the two");
                }
                permissive.push((yields, to));
            }
        }
        if self.document.has_problems() {
            return None;
        }
        ConflictMatrix::new(count, intergreens, permissive)
    }

    fn program(&self, file: &FixedTimeFile) -> Option<FixedTime> {
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

    /// Runs through one cycle: would the interlock refuse any of it?
    fn check_program(&self, groups: &[SignalGroup], conflicts: &ConflictMatrix, program: &FixedTime) {
        let place = self.file.program.place;
        let cycle = program.cycle();
        for (index, group) in (0..).map(GroupIndex).zip(groups) {
            let greens = program.greens(index);
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
                    self.check_gap(groups, conflicts, program, (index, green.start + green.length), *foe);
                }
            }
        }
    }

    /// The gap from an end of green to the next start of a foe's has to hold the intergreen, and the yellow.
    fn check_gap(
        &self,
        groups: &[SignalGroup],
        conflicts: &ConflictMatrix,
        program: &FixedTime,
        (ending, end): (GroupIndex, Duration),
        foe: GroupIndex,
    ) {
        let cycle = program.cycle();
        let needed =
            conflicts.intergreen(ending, foe).unwrap_or(Duration::ZERO).max(groups[ending.index()].yellow);
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
                self.document.report(self.file.program.place, what, "take one of them out of the stage");
            } else if gap < needed {
                let what = format!("{other} starts {gap} after the end of {own}, which takes {needed}");
                let remedy = "lengthen the interstage, or correct the intergreen";
                self.document.report(self.file.program.place, what, remedy);
            }
        }
    }

    fn group(&self, place: Place, name: &str) -> Option<GroupIndex> {
        let group = self.groups.get(name).copied();
        // A row that could not be read has its own problem told.
        if group.is_none() && !read::written_names(self.document, "groups").contains(&name) {
            let known: Vec<&str> = self.groups.keys().copied().collect();
            let remedy = format!("name one of: {}", known.join(", "));
            self.document.report(place, format!("there is no group {name}"), remedy);
        }
        group
    }

    fn lane(&self, place: Place, id: LaneId, direction: Direction, key: &str) -> Option<LaneIndex> {
        let lane = self.file.lanes.iter().position(|row| row.lane == id);
        match lane.map(|index| self.file.lanes[index].direction == direction) {
            Some(true) => {}
            Some(false) => {
                let what = format!("`{key}` is lane {}, which leads the other way", id.number());
                self.document.report(place, what, "an ingress lane leads to an egress lane");
            }
            None if read::written_numbers(self.document, "lanes", "lane").contains(&id.number()) => {}
            None => {
                let what = format!("`{key}` is lane {}, which is not there", id.number());
                self.document.report(place, what, "name one of `lanes`");
            }
        }
        lane.and_then(LaneIndex::at)
    }

    fn unique<T: Ord + Copy + Display>(&self, rows: impl Iterator<Item = (Place, T)>, key: &str) {
        let mut seen = BTreeSet::new();
        for (place, id) in rows {
            if !seen.insert(id) {
                self.document.report(place, format!("`{key}` {id} is used twice"), "give each its own");
            }
        }
    }

    fn at_most(
        &self,
        place: Place,
        group: &str,
        low_key: &str,
        low: Duration,
        high_key: &str,
        high: Option<Duration>,
    ) {
        if let Some(high) = high.filter(|high| *high < low) {
            let what = format!("group {group} has `{low_key}` {low} above `{high_key}` {high}");
            self.document.report(place, what, "exchange or correct them");
        }
    }

    fn on_control_step(&self, place: Place, time: Duration) {
        if time.millis() % CONTROL_STEP.millis() != 0 {
            let what = format!("{time} is no multiple of the control step");
            self.document.report(place, what, "round it to 0.1 s");
        }
    }
}

fn value<T: Copy>(given: Option<Given<T>>) -> Option<T> {
    given.map(|given| given.value)
}

fn with_lanes_and_groups(
    mut approaches: Vec<Approach>,
    lanes: &[Lane],
    connections: &[Connection],
) -> Vec<Approach> {
    for (index, lane) in (0..).map(LaneIndex).zip(lanes) {
        if lane.direction == Direction::Ingress {
            approaches[lane.approach.index()].lanes.push(index);
        }
    }
    for connection in connections {
        let groups = &mut approaches[lanes[connection.from.index()].approach.index()].groups;
        groups.extend(connection.group);
    }
    for approach in &mut approaches {
        approach.groups.sort_unstable();
        approach.groups.dedup();
    }
    approaches
}

/// Odd, but it can work.
fn warnings(groups: &[SignalGroup], conflicts: &ConflictMatrix, program: &FixedTime) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, group) in (0..).map(GroupIndex).zip(groups) {
        if program.greens(index).is_empty() {
            warnings.push(format!("group {} is never green", group.name));
        }
        for foe in conflicts.conflicting(index) {
            let intergreen = conflicts.intergreen(index, *foe).unwrap_or(Duration::ZERO);
            if intergreen < group.yellow {
                warnings.push(format!(
                    "intergreen {} to {} is {intergreen}, shorter than the yellow of {}: the yellow is kept",
                    group.name,
                    groups[foe.index()].name,
                    group.yellow
                ));
            }
        }
    }
    warnings
}
