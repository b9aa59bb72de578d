//! From an [`IntersectionFile`] to an [`Intersection`]: names become positions, and whatever could not work is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use voorrang_units::Duration;

use crate::document::{Document, Place};
use crate::id::{ApproachId, ApproachIndex, GroupIndex, LaneId, LaneIndex};
use crate::intersection::actuation::{GroupTimes, Measuring};
use crate::intersection::conflict::{Conflict, ConflictMatrix};
use crate::intersection::file::{Given, IntersectionFile, TieFile};
use crate::intersection::overrides::OverrideInput;
use crate::intersection::synchronisation::Synchronisation;
use crate::intersection::{
    Approach, Connection, Detector, Direction, EmergencyLamp, GroupKind, Intersection, KarPoint, Lane,
    SignalGroup, read,
};

/// All times are whole multiples of the control step.
pub(super) const CONTROL_STEP: Duration = Duration::from_millis(100);
/// There are no more numbers in SPATEM.
const MOST_GROUPS: usize = 254;

/// `None` where something is wrong, which is reported then.
pub(super) fn validate(file: &IntersectionFile, document: &Document<'_>) -> Option<Intersection> {
    let validation = Validation { file, document, groups: group_names(file, document) };
    let groups = validation.groups();
    let approaches = validation.approaches();
    let lanes = validation.lanes();
    let connections = validation.connections();
    let detectors = validation.detectors();
    let conflicts = validation.conflicts();
    let synchronisations = validation.synchronisations();
    let overrides = validation.overrides();
    let emergency_lamps = validation.emergency_lamps();
    let kar_points = validation.kar_points();
    let program = validation.program(&file.program);
    if document.has_problems() {
        return None;
    }
    let (conflicts, program) = (conflicts?, program?);
    let mut warnings = warnings(&groups, &conflicts);
    validation.check_ties(&synchronisations, &conflicts);
    validation.check_program(&groups, &detectors, &conflicts, &program, &mut warnings);
    if document.has_problems() {
        return None;
    }
    Some(Intersection {
        id: file.id.value,
        name: file.name.clone(),
        verified: file.verified,
        reference: file.reference.value,
        approaches: with_lanes_and_groups(approaches, &lanes, &connections),
        groups,
        lanes,
        connections,
        detectors,
        conflicts,
        synchronisations,
        overrides,
        emergency_lamps,
        kar_points,
        program,
        assumed: document.assumptions(),
        warnings,
        text: super::Written::default(),
    })
}

pub(super) struct Validation<'a> {
    pub(super) file: &'a IntersectionFile,
    pub(super) document: &'a Document<'a>,
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
            let mut times = GroupTimes::of(row.kind);
            times.fixed_green = value(row.fixed_green).unwrap_or(times.fixed_green).max(row.min_green.value);
            times.longest_green = max_green.unwrap_or(times.longest_green).max(times.fixed_green);
            times.head_max = value(row.head_max).unwrap_or(times.head_max);
            times.max_wait = value(row.max_wait).unwrap_or(times.max_wait);
            times.co_extends = row.co_extend.unwrap_or(times.co_extends);
            let fixed_green = value(row.fixed_green).unwrap_or(Duration::ZERO);
            self.at_most(row.place, &row.name, "fixed_green_s", fixed_green, "max_green_s", max_green);
            for time in [times.fixed_green, times.head_max] {
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
                times,
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

    fn lanes(&self) -> Vec<Lane> {
        self.unique(self.file.lanes.iter().map(|row| (row.place, row.lane.number())), "lane");
        let rows = self.file.lanes.iter().filter_map(|row| {
            let approach = self.approach(row.place, row.approach, || format!("lane {}", row.lane.number()));
            Some(Lane {
                id: row.lane,
                direction: row.direction,
                approach: approach?,
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
            let served = self.file.groups.iter().find(|group| group.name == row.group);
            let mut measuring = Measuring::of(row.kind, served.map_or(GroupKind::Motor, |group| group.kind));
            measuring.requests = row.requests.unwrap_or(measuring.requests);
            measuring.extends = row.extends.unwrap_or(measuring.extends);
            measuring.gap = value(row.gap).unwrap_or(measuring.gap);
            measuring.occupancy = value(row.occupancy).unwrap_or(measuring.occupancy);
            Some(Detector {
                name: row.name.clone(),
                kind: row.kind,
                lane: lane.map_or(Some(None), |found| found.map(Some))?,
                group: self.group(row.place, &row.group)?,
                distance: row.distance,
                length: row.length,
                measuring,
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
        let mut green_green = Vec::new();
        for row in &self.file.green_green {
            let group = self.group(row.place, &row.group);
            for name in &row.with {
                let (Some(group), Some(with)) = (group, self.group(row.place, name)) else { continue };
                let permitted = permissive.contains(&(group, with)) || permissive.contains(&(with, group));
                let full = intergreens[group.index() * count + with.index()].is_some();
                if group == with || permitted || full {
                    let what = format!("{} and {name} conflict in two ways, or one with itself", row.group);
                    self.document.report(row.place, what, "keep one of the two");
                }
                green_green.push((group, with));
            }
        }
        if self.document.has_problems() {
            return None;
        }
        ConflictMatrix::new(count, intergreens, permissive, green_green)
    }

    fn synchronisations(&self) -> Vec<Synchronisation> {
        let rows = self.file.synchronisations.iter().filter_map(|row| {
            let group = self.group(row.place, &row.group)?;
            let tie = match &row.tie {
                TieFile::LeadStart(before, lead) => {
                    self.on_control_step(row.place, *lead);
                    let before = self.group(row.place, before)?;
                    Synchronisation::LeadStart { group, before, lead: *lead }
                }
                TieFile::EqualStart(with) => {
                    Synchronisation::EqualStart { group, with: self.group(row.place, with)? }
                }
                TieFile::FollowGreen(after, follow) => {
                    self.on_control_step(row.place, *follow);
                    let after = self.group(row.place, after)?;
                    Synchronisation::FollowGreen { group, after, follow: *follow }
                }
            };
            Some(tie)
        });
        rows.collect()
    }

    /// Groups that are tied to each other have to be green together.
    fn check_ties(&self, ties: &[Synchronisation], conflicts: &ConflictMatrix) {
        for (row, tie) in self.file.synchronisations.iter().zip(ties) {
            let (one, other) = match *tie {
                Synchronisation::LeadStart { group, before, .. } => (group, before),
                Synchronisation::EqualStart { group, with } => (group, with),
                Synchronisation::FollowGreen { group, after, .. } => (group, after),
            };
            if one == other || conflicts.conflicts(one, other) {
                let names = [one, other].map(|group| self.file.groups[group.index()].name.as_str());
                let what = format!("{} and {} are tied, but are never green together", names[0], names[1]);
                self.document.report(row.place, what, "leave the row out, or correct the conflict");
            }
        }
    }

    fn overrides(&self) -> Vec<OverrideInput> {
        self.unique(self.file.overrides.iter().map(|row| (row.place, row.input.as_str())), "input");
        let rows = self.file.overrides.iter();
        rows.map(|row| OverrideInput { name: row.input.clone(), kind: row.kind }).collect()
    }

    fn emergency_lamps(&self) -> Vec<EmergencyLamp> {
        let rows = self.file.emergency_lamps.iter();
        self.unique(rows.clone().map(|row| (row.place, row.output.as_str())), "output");
        rows.filter_map(|row| {
            Some(EmergencyLamp { output: row.output.clone(), group: self.group(row.place, &row.group)? })
        })
        .collect()
    }

    fn kar_points(&self) -> Vec<KarPoint> {
        let rows = self.file.kar_points.iter();
        self.unique(rows.clone().map(|row| (row.place, row.point)), "point");
        rows.filter_map(|row| {
            let approach = self.approach(row.place, row.approach, || format!("KAR point {}", row.point))?;
            Some(KarPoint { number: row.point, approach })
        })
        .collect()
    }

    /// Where an approach stands; one that isn't there is reported of whoever names it.
    fn approach(&self, place: Place, id: ApproachId, who: impl Fn() -> String) -> Option<ApproachIndex> {
        let approach = self.file.approaches.iter().position(|row| row.approach == id);
        let written = || read::written_numbers(self.document, "approaches", "approach");
        // A row that could not be read has its own problem told.
        if approach.is_none() && !written().contains(&id.number()) {
            let what = format!("{} is on approach {}", who(), id.number());
            self.document.report(place, what, "name one of `approaches`");
        }
        approach.and_then(ApproachIndex::at)
    }

    pub(super) fn group(&self, place: Place, name: &str) -> Option<GroupIndex> {
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

    pub(super) fn on_control_step(&self, place: Place, time: Duration) {
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
fn warnings(groups: &[SignalGroup], conflicts: &ConflictMatrix) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, group) in (0..).map(GroupIndex).zip(groups) {
        for foe in conflicts.conflicting(index) {
            let intergreen = conflicts.intergreen(index, *foe).unwrap_or(Duration::ZERO);
            if intergreen < group.yellow && conflicts.conflict(index, *foe) == Conflict::Full {
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
