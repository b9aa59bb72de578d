//! The lamps of one junction while they are ours: the control program, the interlock, and what tells that something is wrong. A new one is made each
//! time that control is gained, so that the interlock takes every lamp as just changed.

use std::collections::VecDeque;
use std::sync::Arc;

use voorrang_signals::interlock::Violation;
use voorrang_signals::{
    Aspect, Controller, DetectorIndex, Forecast, GroupIndex, Intersection, LampCommand, Prediction, Wishes,
};
use voorrang_units::{Duration, Instant};

use super::session::Session;

/// So many lamps may do what nobody commanded within [`MEMORY`] before we let go: a controller that guards its lamps is right, and may differ in
/// a detail.
const MOST_UNCOMMANDED: usize = 3;
/// See there.
const MEMORY: Duration = Duration::from_seconds(60);
/// A yellow that lasts this much longer than the file allows has nobody who ends it; lamps may follow late.
const YELLOW_GRACE: Duration = Duration::from_seconds(5);
/// Predictions are told with each command, and otherwise no more often than this.
const PREDICT_APART: Duration = Duration::from_seconds(1);

/// Why control is given back by ourselves. All of them are for somebody to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// The program asked for what the interlock forbids.
    #[error("the interlock refused a command of the program")]
    Refused,
    /// Two groups in conflict are green.
    #[error("conflicting groups are green together")]
    ConflictingGreen,
    /// Lamps do what nobody commanded, again and again.
    #[error("lamps change that nobody commanded")]
    Uncommanded,
    /// A yellow does not end.
    #[error("a yellow does not end")]
    YellowTooLong,
}

/// One junction under our control.
#[derive(Debug)]
pub(super) struct Control {
    controller: Controller,
    commands: Vec<LampCommand>,
    /// What each group is asked for; none before its lamp was seen.
    requested: Vec<Option<Aspect>>,
    requests: Vec<(GroupIndex, Aspect)>,
    /// When each command was given that is not confirmed.
    sent: Vec<Option<Instant>>,
    violations: u64,
    uncommanded: VecDeque<Instant>,
    forecast: Forecast,
    predicted: Vec<Prediction>,
    /// When predictions may be told again, should something have changed.
    predict_at: Instant,
    changed: bool,
    /// There are predictions that were not told.
    news: bool,
    fault: Option<Fault>,
}

impl Control {
    /// Control begins: the lamps as last confirmed, and who stands on the detectors.
    pub(super) fn begin(
        layout: &Arc<Intersection>,
        now: Instant,
        lamps: impl Iterator<Item = Option<Aspect>>,
        occupied: impl Iterator<Item = bool>,
        wishes: Wishes,
    ) -> Self {
        let mut controller = Controller::new(Arc::clone(layout), now);
        for (group, aspect) in layout.group_indices().zip(lamps) {
            if let Some(aspect) = aspect {
                controller.observe(now, group, aspect);
            }
        }
        for (place, occupied) in (0..).zip(occupied) {
            if occupied {
                controller.detect(now, DetectorIndex(place), true);
            }
        }
        controller.set_wishes(now, wishes);
        Self {
            violations: controller.violations(),
            controller,
            commands: Vec::new(),
            requested: vec![None; layout.groups().len()],
            requests: Vec::new(),
            sent: vec![None; layout.groups().len()],
            uncommanded: VecDeque::new(),
            forecast: Forecast::default(),
            predicted: Vec::new(),
            predict_at: now,
            changed: true,
            news: false,
            fault: None,
        }
    }

    /// What is wished from now on.
    pub(super) fn wish(&mut self, now: Instant, wishes: Wishes) {
        self.controller.set_wishes(now, wishes);
        self.changed = true;
    }

    /// A lamp is confirmed. Gives how long after its command, where it had one.
    pub(super) fn observe(&mut self, now: Instant, group: GroupIndex, aspect: Aspect) -> Option<Duration> {
        let commanded = self.controller.interlock().commanded(group) == Some(aspect);
        let sent = self.sent.get_mut(group.index()).and_then(Option::take);
        self.controller.observe(now, group, aspect);
        self.changed = true;
        if self.controller.violations() != self.violations {
            self.weigh_violation(now);
        }
        sent.filter(|_| commanded).map(|sent| now - sent)
    }

    /// The controller may differ from the file in a detail, and guards its lamps; what goes on is a fault.
    fn weigh_violation(&mut self, now: Instant) {
        self.violations = self.controller.violations();
        match self.controller.last_violation() {
            Some(Violation::ConflictingGreen { .. }) => self.fault = Some(Fault::ConflictingGreen),
            Some(Violation::YellowTooLong { .. }) => self.fault = Some(Fault::YellowTooLong),
            Some(Violation::Uncommanded { .. }) => {
                self.uncommanded.push_back(now);
                self.uncommanded.retain(|at| now - *at < MEMORY);
                if self.uncommanded.len() > MOST_UNCOMMANDED {
                    self.fault = Some(Fault::Uncommanded);
                }
            }
            None => {}
        }
    }

    /// A detector changed.
    pub(super) fn detect(&mut self, now: Instant, detector: DetectorIndex, occupied: bool) {
        self.controller.detect(now, detector, occupied);
    }

    /// Does what is due. Notes the groups that are to be asked for something else than before: what the interlock has passed, and otherwise what
    /// they show. So a request that stands, and is repeated, is never one that would be refused now: a green that waits for its lamp is
    /// withdrawn where another group has come in its way.
    pub(super) fn step(&mut self, now: Instant) {
        self.commands.clear();
        self.requests.clear();
        self.controller.step(now, &mut self.commands);
        self.changed |= !self.commands.is_empty();
        for command in &self.commands {
            self.sent[command.group.index()].get_or_insert(now);
        }
        let interlock = self.controller.interlock();
        for (place, requested) in self.requested.iter_mut().enumerate() {
            let Some(group) = GroupIndex::at(place) else { continue };
            let shows = interlock.shows(group);
            let wanted = match interlock.commanded(group) {
                Some(Aspect::Green) if interlock.check(now, group, Aspect::Green).is_err() => shows,
                Some(commanded) => Some(commanded),
                None => shows,
            };
            if let Some(wanted) = wanted.filter(|_| wanted != *requested) {
                *requested = Some(wanted);
                self.requests.push((group, wanted));
            }
        }
        if self.controller.refusals() > 0 {
            self.fault.get_or_insert(Fault::Refused);
        }
        if self.controller.interlock().overdue_yellows(now - YELLOW_GRACE).next().is_some() {
            self.fault.get_or_insert(Fault::YellowTooLong);
        }
    }

    /// Asks for what [`step`](Self::step) and [`foretell`](Self::foretell) have noted.
    pub(super) fn ask(&mut self, now: Instant, session: &mut Session) {
        let news = std::mem::take(&mut self.news);
        if news || !self.requests.is_empty() {
            let foretold = news.then(|| (self.controller.aspects(), &self.predicted[..]));
            session.ask(now, &self.requests, foretold);
            self.requests.clear();
        }
    }

    /// Lamps that did what they should not, so far.
    pub(super) const fn violations(&self) -> u64 {
        self.violations
    }

    /// All groups are red.
    pub(super) fn is_cleared(&self) -> bool {
        let interlock = self.controller.interlock();
        self.controller
            .intersection()
            .group_indices()
            .all(|group| interlock.shows(group) == Some(Aspect::Red) && interlock.commanded(group).is_none())
    }

    /// Why control has to be given back.
    pub(super) const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Notes when each group's aspect ends, where something changed and the last time lies far enough back.
    pub(super) fn foretell(&mut self, now: Instant) {
        if !self.changed || now < self.predict_at {
            return;
        }
        self.changed = false;
        self.predict_at = now + PREDICT_APART;
        let predictions = self.forecast.predict(now, &self.controller);
        if predictions != self.predicted {
            self.news = true;
            self.predicted.clear();
            self.predicted.extend_from_slice(predictions);
        }
    }

    /// What was foretold last.
    pub(super) fn predicted(&self) -> &[Prediction] {
        &self.predicted
    }

    /// When [`step`](Self::step) or [`foretell`](Self::foretell) has something to do.
    pub(super) fn next_deadline(&self) -> Instant {
        let step = self.controller.next_event();
        if self.changed { step.min(self.predict_at) } else { step }
    }
}
