//! What time, lamps and the strategy's decisions do to a live request.

use voorrang_messages::{IntersectionReference, RequestStatus};
use voorrang_signals::{Aspect, GroupIndex};
use voorrang_units::Instant;

use super::{Announcement, Decision, End, Rejection, Request, RequestConfig, Stage, status_of};
use crate::area::SignalState;

impl Request {
    /// Whether it ends by itself now.
    pub(super) fn end_due(
        &self,
        now: Instant,
        signals: &[SignalState],
        config: &RequestConfig,
    ) -> Option<End> {
        if now >= self.refreshed + config.expiry {
            return Some(End::Expired);
        }
        match self.stage {
            Stage::Serving { since, .. } if now >= since + config.green_wait => {
                Some(End::Rejected(Rejection::NoGreen))
            }
            Stage::Granted { green, .. } if now >= green + config.green_guard => Some(End::MaxPresence),
            Stage::Granted { .. } if !self.all_green(signals) => Some(End::MaxPresence),
            _ => None,
        }
    }

    /// Follows the strategy's decision.
    pub(super) fn follow(&mut self, now: Instant, decision: Decision) -> Option<End> {
        self.stage = match (decision, self.stage) {
            (Decision::Refuse, _) => return Some(End::Rejected(Rejection::NoPriority)),
            (Decision::Later | Decision::Wait, Stage::Granted { .. }) => {
                return Some(End::Rejected(Rejection::Withdrawn));
            }
            (Decision::Later, _) => Stage::Requested,
            (Decision::Wait, waiting @ Stage::Waiting { .. }) => waiting,
            (Decision::Wait, _) => Stage::Waiting { since: now },
            (Decision::Serve, served @ (Stage::Serving { .. } | Stage::Granted { .. })) => served,
            (Decision::Serve, _) => Stage::Serving { since: now, conflicts_red: false },
        };
        None
    }

    /// Follows the confirmed lamps while an intervention runs: `granted` once every group of the approach is green.
    pub(super) fn confirm(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        conflicting: impl Fn(GroupIndex) -> bool,
        config: &RequestConfig,
    ) {
        let Stage::Serving { since, .. } = self.stage else {
            return;
        };
        self.stage = match self.green_confirmed_at(since, signals, config) {
            Some(confirmed) if now >= confirmed => Stage::Granted { since, green: now },
            Some(_) => Stage::Serving { since, conflicts_red: false },
            None => {
                let conflicts_red = config.watch_other_traffic && conflicts_red(signals, conflicting);
                Stage::Serving { since, conflicts_red }
            }
        };
    }

    /// When it wants to be looked at again, should nothing happen before.
    pub(super) fn deadline(&self, signals: &[SignalState], config: &RequestConfig) -> Instant {
        let expiry = self.refreshed + config.expiry;
        let stage = match self.stage {
            Stage::Requested | Stage::Waiting { .. } => expiry,
            Stage::Granted { green, .. } => green + config.green_guard,
            Stage::Serving { since, .. } => {
                let given_up = since + config.green_wait;
                self.green_confirmed_at(since, signals, config).map_or(given_up, |at| at.min(given_up))
            }
        };
        let repeat = self.announced.map_or(expiry, |announced| announced.repeat);
        expiry.min(stage).min(repeat)
    }

    /// The status to send now: on a change, and as a repeat when that is due.
    pub(super) fn announce(
        &mut self,
        now: Instant,
        intersection: IntersectionReference,
        config: &RequestConfig,
    ) -> Option<RequestStatus> {
        let status = self.status();
        let due = self.announced.is_none_or(|last| last.status != status || now >= last.repeat);
        due.then(|| {
            self.announced = Some(Announcement { status, repeat: now + config.repeat_after() });
            status_of(intersection, &self.latest, status)
        })
    }

    /// From when the green of all its groups counts as confirmed; `None` while one of them isn't green.
    fn green_confirmed_at(
        &self,
        intervention: Instant,
        signals: &[SignalState],
        config: &RequestConfig,
    ) -> Option<Instant> {
        if !self.all_green(signals) {
            return None;
        }
        let older = self.service.groups.iter().any(|group| signals[group.index()].since() < intervention);
        Some(if older { intervention + config.confirmation } else { intervention })
    }

    fn all_green(&self, signals: &[SignalState]) -> bool {
        self.service.groups.iter().all(|group| signals[group.index()].aspect() == Some(Aspect::Green))
    }
}

fn conflicts_red(signals: &[SignalState], conflicting: impl Fn(GroupIndex) -> bool) -> bool {
    (0u16..)
        .zip(signals)
        .filter(|(group, _)| conflicting(GroupIndex(*group)))
        .all(|(_, signal)| signal.aspect() == Some(Aspect::Red))
}
