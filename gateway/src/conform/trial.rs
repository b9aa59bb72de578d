//! Commands to lamps, step by step: one group green after the other, and with `--intrusive` commands that must not lead to a lamp. Safe commands keep
//! every time of the file and of the controller's meta, counted from what is confirmed.

use std::collections::VecDeque;

use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_units::{Duration, Instant};

use super::check::{Check, Findings};
use super::lamps::Lamps;

/// A safe command has its lamp within this, or is not obeyed.
const OBEYED_WITHIN: Duration = Duration::from_seconds(5);
/// Seen in a capture are 0.16 to 0.38 s; this is three times as long.
const CONFIRMED_WITHIN: Duration = Duration::from_seconds(1);
/// Between the end of a forbidden window and the moment from which the lamp may follow.
const MARGIN: Duration = Duration::from_millis(1000);
/// How long a green in conflict is asked for.
const UNSAFE_WINDOW: Duration = Duration::from_seconds(3);

/// One thing to do.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// All groups to red, each as its times allow, then long enough for every intergreen.
    Clear,
    /// A safe command; waits for its lamp.
    Command(GroupIndex, Aspect),
    /// Nothing, for a while.
    Wait(Duration),
    /// Until a group has shown something for so long.
    Shown(GroupIndex, Duration),
    /// A command that must not lead to a lamp within a time from when the group, or another one, last changed; then it is taken back.
    Forbidden { check: Check, group: GroupIndex, aspect: Aspect, since: GroupIndex, window: Duration },
}

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Onward,
    /// Everything was done; all groups are red.
    Done,
    /// A command was not obeyed: all groups were asked red.
    Aborted,
}

/// The steps, and what is asked of each group.
#[derive(Debug)]
pub(super) struct Trial {
    steps: VecDeque<Step>,
    /// When the present step began.
    began: Option<Instant>,
    asked: Vec<Aspect>,
    /// When a command was given that has no lamp yet.
    waiting: Vec<Option<Instant>>,
    /// When it began: what was commanded before that may still come.
    begun: Instant,
    /// A forbidden command that was taken back: once its time had come it may have been carried out on the way.
    taken_back: Option<(GroupIndex, Aspect, Instant)>,
    changed: Vec<Instant>,
    slowest: Duration,
    forbidden: bool,
    aborted: bool,
}

impl Trial {
    /// Control has just been gained: every lamp counts as just changed.
    pub(super) fn new(layout: &Intersection, lamps: &Lamps, intrusive: bool, now: Instant) -> Self {
        let mut steps = VecDeque::from([Step::Clear]);
        for group in layout.group_indices() {
            steps.extend([
                Step::Command(group, Aspect::Green),
                Step::Shown(group, lamps.shortest(group, Aspect::Green)),
                Step::Command(group, Aspect::Yellow),
                Step::Shown(group, lamps.shortest(group, Aspect::Yellow)),
                Step::Command(group, Aspect::Red),
                Step::Wait(lamps.longest_intergreen(group)),
            ]);
        }
        if intrusive && let Some((first, second, intergreen)) = lamps.conflicting_pair() {
            let (green, yellow) =
                (lamps.shortest(first, Aspect::Green), lamps.shortest(first, Aspect::Yellow));
            let forbidden =
                |check, group, aspect, window| Step::Forbidden { check, group, aspect, since: first, window };
            let yellow_at_most = (yellow - MARGIN).max(Duration::ZERO);
            steps.extend([
                Step::Command(first, Aspect::Green),
                forbidden(Check::UnsafeGreen, first, Aspect::Yellow, green - MARGIN),
                Step::Shown(first, green),
                Step::Forbidden {
                    check: Check::Unsafe,
                    group: second,
                    aspect: Aspect::Green,
                    since: first,
                    window: green + UNSAFE_WINDOW,
                },
                // Yellow is left out.
                forbidden(Check::UnsafeYellow, first, Aspect::Red, green + UNSAFE_WINDOW + yellow_at_most),
                Step::Command(first, Aspect::Yellow),
                // Yellow is cut short.
                forbidden(Check::UnsafeYellow, first, Aspect::Red, yellow_at_most),
                Step::Shown(first, yellow),
                Step::Command(first, Aspect::Red),
                // Counted from the red of the first group, whose yellow is over.
                forbidden(Check::UnsafeIntergreen, second, Aspect::Green, intergreen - yellow - MARGIN),
                Step::Wait(lamps.longest_intergreen(first)),
            ]);
        }
        steps.push_back(Step::Clear);
        let groups = layout.groups().len();
        let asked = layout.group_indices().map(|group| lamps.shows(group).unwrap_or(Aspect::Red)).collect();
        Self {
            steps,
            began: None,
            asked,
            waiting: vec![None; groups],
            begun: now,
            taken_back: None,
            changed: vec![now; groups],
            slowest: Duration::ZERO,
            forbidden: false,
            aborted: false,
        }
    }

    /// Control is to end: only what brings all groups to red.
    pub(super) fn clear_only(&mut self) {
        self.steps = [Step::Clear].into();
        self.began = None;
        self.forbidden = false;
    }

    /// All groups are asked red at once, whatever they show.
    pub(super) fn abort(&mut self) {
        self.steps.clear();
        self.asked.fill(Aspect::Red);
        self.waiting.fill(None);
        (self.aborted, self.forbidden) = (true, false);
    }

    /// What is asked of each group.
    pub(super) fn asked(&self) -> &[Aspect] {
        &self.asked
    }

    /// Whether a command stands that must not lead to a lamp.
    pub(super) fn is_forbidden(&self) -> bool {
        self.forbidden
    }

    /// A lamp changed.
    pub(super) fn told(
        &mut self,
        now: Instant,
        group: GroupIndex,
        aspect: Option<Aspect>,
        name: &str,
        findings: &mut Findings,
    ) {
        self.changed[group.index()] = now;
        if self.aborted {
            return;
        }
        if aspect == Some(self.asked[group.index()]) {
            if let Some(sent) = self.waiting[group.index()].take() {
                let took = now - sent;
                self.slowest = self.slowest.max(took);
                findings.make(Check::Confirmation);
                findings.note(Check::Confirmation, format!("slowest: {}", self.slowest));
                if took > CONFIRMED_WITHIN {
                    findings.against(Check::Confirmation, format!("group {name}: {took}"));
                }
            }
        } else if self.taken_back.is_some_and(|(other, forbidden, at)| {
            other == group && aspect == Some(forbidden) && now - at < CONFIRMED_WITHIN
        }) {
            self.asked[group.index()] = aspect.unwrap_or(Aspect::Red);
        } else if !self.forbidden && now - self.begun >= CONFIRMED_WITHIN {
            let shows = aspect
                .map_or_else(|| "something else than red, yellow or green".to_owned(), |one| one.to_string());
            findings.against(
                Check::Uncommanded,
                format!("group {name} turned {shows}, asked for {}", self.asked[group.index()]),
            );
        }
    }

    /// Does what is due.
    pub(super) fn step(
        &mut self,
        now: Instant,
        layout: &Intersection,
        lamps: &Lamps,
        findings: &mut Findings,
    ) -> Progress {
        while let Some(step) = self.steps.front().copied() {
            let first = self.began.is_none();
            let began = *self.began.get_or_insert(now);
            let done = match step {
                Step::Clear => self.clear(now, lamps),
                Step::Wait(time) => now - began >= time,
                Step::Shown(group, time) => now - self.changed[group.index()] >= time,
                Step::Command(group, aspect) => {
                    if first {
                        self.ask(now, group, aspect, lamps);
                    }
                    lamps.shows(group) == Some(aspect)
                }
                Step::Forbidden { check, group, aspect, since, window } => {
                    let name = &layout.groups()[group.index()].name;
                    let left = window - (now - self.changed[since.index()]);
                    let may_begin = left >= Duration::from_millis(500);
                    self.forbidden(now, first && may_begin, check, group, aspect, name, lamps, findings);
                    // A controller that ends the group by itself, in its own order, is right too.
                    left <= Duration::ZERO || !may_begin && first || lamps.shows(group) == Some(aspect)
                }
            };
            if self.is_disobeyed(now, layout, findings) {
                self.abort();
                return Progress::Aborted;
            }
            if !done {
                return Progress::Onward;
            }
            if let Step::Forbidden { group, .. } = step {
                // Taken back: what it shows is what is asked.
                self.taken_back = Some((group, self.asked[group.index()], now));
                self.asked[group.index()] = lamps.shows(group).unwrap_or(Aspect::Red);
                self.waiting[group.index()] = None;
                self.forbidden = false;
            }
            self.steps.pop_front();
            self.began = None;
        }
        if self.aborted { Progress::Aborted } else { Progress::Done }
    }

    fn ask(&mut self, now: Instant, group: GroupIndex, aspect: Aspect, lamps: &Lamps) {
        if self.asked[group.index()] != aspect || lamps.shows(group) != Some(aspect) {
            self.asked[group.index()] = aspect;
            self.waiting[group.index()] = (lamps.shows(group) != Some(aspect)).then_some(now);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step, told apart for its length")]
    fn forbidden(
        &mut self,
        _now: Instant,
        begins: bool,
        check: Check,
        group: GroupIndex,
        aspect: Aspect,
        name: &str,
        lamps: &Lamps,
        findings: &mut Findings,
    ) {
        if begins && lamps.shows(group) != Some(aspect) {
            self.forbidden = true;
            self.asked[group.index()] = aspect;
            self.waiting[group.index()] = None;
            findings.make(check);
        }
        if self.forbidden && lamps.shows(group) == Some(aspect) {
            findings.against(check, format!("group {name} turned {aspect} when that was asked for"));
        }
    }

    /// Brings every group to red as its times allow; true once they have been so for every intergreen.
    fn clear(&mut self, now: Instant, lamps: &Lamps) -> bool {
        let groups: Vec<GroupIndex> = (0..self.asked.len()).filter_map(GroupIndex::at).collect();
        let mut cleared = true;
        for group in groups {
            let shown = now - self.changed[group.index()];
            let settled = match lamps.shows(group) {
                Some(Aspect::Green) if shown >= lamps.shortest(group, Aspect::Green) => {
                    self.ask(now, group, Aspect::Yellow, lamps);
                    false
                }
                Some(Aspect::Yellow) if shown >= lamps.shortest(group, Aspect::Yellow) => {
                    self.ask(now, group, Aspect::Red, lamps);
                    false
                }
                Some(Aspect::Green | Aspect::Yellow) => false,
                Some(Aspect::Red) | None => {
                    self.ask(now, group, Aspect::Red, lamps);
                    shown >= lamps.longest_intergreen(group)
                }
            };
            cleared &= settled && lamps.shows(group) == Some(Aspect::Red);
        }
        cleared
    }

    fn is_disobeyed(&mut self, now: Instant, layout: &Intersection, findings: &mut Findings) -> bool {
        findings.make(Check::Obeyed);
        findings.make(Check::Uncommanded);
        let late = self.waiting.iter().position(|sent| sent.is_some_and(|sent| now - sent >= OBEYED_WITHIN));
        let Some(late) = late else { return false };
        let name = &layout.groups()[late].name;
        let told = format!(
            "group {name} was asked for {} and did not follow within {OBEYED_WITHIN}",
            self.asked[late]
        );
        findings.against(Check::Obeyed, told);
        true
    }
}
