//! Lamps as they are told, held against the times of the file and of the controller's own meta.

use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_tlcfi::objects::{SignalGroupMeta, SignalGroupState};
use voorrang_tlcfi::session::application::Facilities;
use voorrang_units::{Duration, Instant};

use super::check::{Check, Findings};

/// Times are told in steps of a controller's control cycle, 0.1 s, at both ends.
const TOLERANCE: Duration = Duration::from_millis(200);

/// An application ends a yellow by a command, which takes its time to reach the lamp: 0.16 to 0.38 s in capture 3031.
const COMMANDED: Duration = Duration::from_millis(600);

/// One group: what it shows, and its times.
#[derive(Debug)]
struct Lamp {
    shows: Option<Aspect>,
    /// Since when; none where its beginning was not seen.
    since: Option<Instant>,
    /// When its last green ended, as far as seen.
    green_ended: Option<Instant>,
    was_green: bool,
    shortest: [Duration; 3],
    longest_yellow: Duration,
}

/// All groups of the file.
#[derive(Debug)]
pub(super) struct Lamps {
    lamps: Vec<Lamp>,
    /// From the end of the first's green to the start of the second's: the longer of file and meta.
    intergreens: Vec<(GroupIndex, GroupIndex, Duration)>,
}

/// Two greens in conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConflictingGreen;

impl Lamps {
    pub(super) fn new(layout: &Intersection, facilities: &Facilities) -> Self {
        let mut lamps = Vec::new();
        let mut intergreens = Vec::new();
        for group in layout.group_indices() {
            let written = &layout.groups()[group.index()];
            let meta = facilities.group(&written.name).map(|number| &facilities.groups[number.index()]);
            let theirs = |aspect| meta.map_or(Duration::ZERO, |meta| shortest(meta, aspect));
            let mut longest_yellow = written.max_yellow;
            for timing in meta.map_or(&[][..], |meta| &meta.timing) {
                if timing.state.aspect() == Some(Aspect::Yellow) {
                    longest_yellow = timing.longest().unwrap_or(longest_yellow).max(longest_yellow);
                }
            }
            lamps.push(Lamp {
                shows: None,
                since: None,
                green_ended: None,
                was_green: false,
                shortest: [
                    written.min_red.max(theirs(Aspect::Red)),
                    written.yellow.max(theirs(Aspect::Yellow)),
                    written.min_green.max(theirs(Aspect::Green)),
                ],
                longest_yellow,
            });
            for other in layout.conflicts().conflicting(group) {
                let ours = layout.conflicts().intergreen(group, *other).unwrap_or(Duration::ZERO);
                let name = &layout.groups()[other.index()].name;
                let theirs =
                    meta.and_then(|meta| meta.intergreen.iter().find(|to| to.signalgroup.as_str() == name));
                let theirs = theirs.map_or(Duration::ZERO, voorrang_tlcfi::objects::IntergreenTime::duration);
                intergreens.push((group, *other, ours.max(theirs)));
            }
        }
        Self { lamps, intergreens }
    }

    /// What a group shows.
    pub(super) fn shows(&self, group: GroupIndex) -> Option<Aspect> {
        self.lamps[group.index()].shows
    }

    /// Whether every group is red.
    pub(super) fn all_red(&self) -> bool {
        self.lamps.iter().all(|lamp| lamp.shows == Some(Aspect::Red))
    }

    /// The shortest that a group may show something.
    pub(super) fn shortest(&self, group: GroupIndex, aspect: Aspect) -> Duration {
        self.lamps[group.index()].shortest[aspect as usize]
    }

    /// The longest that others have to wait for a group's end of green.
    pub(super) fn longest_intergreen(&self, group: GroupIndex) -> Duration {
        let own = self.intergreens.iter().filter(|(ending, ..)| *ending == group).map(|(.., time)| *time);
        own.max().unwrap_or(Duration::ZERO)
    }

    /// A group whose green conflicts with another's.
    pub(super) fn conflicting_pair(&self) -> Option<(GroupIndex, GroupIndex, Duration)> {
        self.intergreens.iter().copied().max_by_key(|(.., time)| *time)
    }

    /// History is gone: a new stream, another clock.
    pub(super) fn forget(&mut self) {
        for lamp in &mut self.lamps {
            (lamp.since, lamp.green_ended) = (None, None);
        }
    }

    /// A lamp was told. The first one of a group is its present state.
    pub(super) fn told(
        &mut self,
        layout: &Intersection,
        group: GroupIndex,
        state: SignalGroupState,
        at: Instant,
        findings: &mut Findings,
    ) -> Result<(), ConflictingGreen> {
        let name = |group: GroupIndex| &layout.groups()[group.index()].name;
        let aspect = state.aspect();
        let lamp = &mut self.lamps[group.index()];
        let (before, since) = (lamp.shows, lamp.since);
        if before == aspect {
            return Ok(());
        }
        lamp.was_green |= aspect == Some(Aspect::Green);
        lamp.shows = aspect;
        lamp.since = before.is_some().then_some(at);
        if before == Some(Aspect::Green) {
            lamp.green_ended = Some(at);
        }
        if let (Some(before), Some(aspect)) = (before, aspect) {
            findings.make(Check::Order);
            if before.next() != aspect {
                findings
                    .against(Check::Order, format!("group {} went from {before} to {aspect}", name(group)));
            }
        }
        if let (Some(before), Some(since)) = (before, since) {
            let (check, what) = match before {
                Aspect::Red => (Check::MinimumRed, "red"),
                Aspect::Yellow => (Check::Yellow, "yellow"),
                Aspect::Green => (Check::MinimumGreen, "green"),
            };
            findings.make(check);
            let (lasted, least) = (at - since, lamp.shortest[before as usize]);
            if lasted + TOLERANCE < least {
                findings
                    .against(check, format!("group {}: {what} of {lasted}, at least {least}", name(group)));
            }
            let most = lamp.longest_yellow;
            if before == Aspect::Yellow && lasted > most + COMMANDED {
                findings.against(check, format!("group {}: {what} of {lasted}, at most {most}", name(group)));
            }
        }
        if aspect == Some(Aspect::Green) { self.green_began(layout, group, at, findings) } else { Ok(()) }
    }

    fn green_began(
        &self,
        layout: &Intersection,
        group: GroupIndex,
        at: Instant,
        findings: &mut Findings,
    ) -> Result<(), ConflictingGreen> {
        let name = |group: GroupIndex| &layout.groups()[group.index()].name;
        let mut outcome = Ok(());
        for (ending, starting, least) in &self.intergreens {
            if *starting != group {
                continue;
            }
            findings.make(Check::Conflicts);
            let other = &self.lamps[ending.index()];
            if other.shows == Some(Aspect::Green) {
                let told = format!("groups {} and {} are green together", name(*ending), name(group));
                findings.against(Check::Conflicts, told);
                outcome = Err(ConflictingGreen);
            } else if let Some(ended) = other.green_ended {
                findings.make(Check::Intergreens);
                let waited = at - ended;
                if waited + TOLERANCE < *least {
                    let told = format!("{} to {}: {waited}, at least {least}", name(*ending), name(group));
                    findings.against(Check::Intergreens, told);
                }
            }
        }
        outcome
    }

    /// Groups that were never green.
    pub(super) fn never_green(&self) -> impl Iterator<Item = GroupIndex> + '_ {
        let still = self.lamps.iter().enumerate().filter(|(_, lamp)| !lamp.was_green);
        still.filter_map(|(place, _)| GroupIndex::at(place))
    }
}

/// The shortest that a group shows an aspect by its own meta: the longest of what is said of the states that mean it.
fn shortest(meta: &SignalGroupMeta, aspect: Aspect) -> Duration {
    let fit = meta.timing.iter().filter(|timing| timing.state.aspect() == Some(aspect));
    fit.map(voorrang_tlcfi::objects::SignalGroupTiming::shortest).max().unwrap_or(Duration::ZERO)
}

/// What a group is asked for: the states that have times in its meta, protected before permissive.
pub(super) fn state_for(meta: &SignalGroupMeta, aspect: Aspect) -> SignalGroupState {
    let known = |state: SignalGroupState| meta.timing.iter().any(|timing| timing.state == state);
    let choices = [
        SignalGroupState::protected(aspect),
        SignalGroupState::permissive(aspect),
        match aspect {
            Aspect::Yellow => SignalGroupState::ProtectedMovementPreClearance,
            other => SignalGroupState::protected(other),
        },
    ];
    choices.into_iter().find(|state| known(*state)).unwrap_or(choices[0])
}
