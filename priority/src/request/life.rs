//! What time, lamps and the strategy's decisions do to a live request.

use voorrang_messages::{IntersectionReference, RequestStatus};
use voorrang_signals::{Aspect, GroupIndex};
use voorrang_units::{Instant, Speed};

use super::{
    Announcement, Decision, End, Origin, PriorityClass, Rejection, Request, RequestConfig, Stage, status_of,
};
use crate::area::SignalState;

/// How fast the start of a queue that is let go runs back along it: some 18 km/h, as in the Highway Capacity Manual's examples.
const QUEUE_STARTS: Speed = Speed::from_metres_per_second(5.0);

impl Request {
    /// Whether it ends by itself now.
    pub(super) fn end_due(
        &self,
        now: Instant,
        signals: &[SignalState],
        config: &RequestConfig,
    ) -> Option<End> {
        if now >= self.expires(config) {
            return Some(End::Expired);
        }
        if self.course.left_at(config).is_some_and(|left| now >= left) {
            return Some(self.course.end());
        }
        match self.stage {
            Stage::Serving { since, .. } if now >= since + config.green_wait => {
                Some(End::Rejected(Rejection::NoGreen))
            }
            Stage::Granted { green, .. } if now >= green + config.guard(self.level()) => {
                Some(End::MaxPresence)
            }
            Stage::Granted { .. } if !self.all_green(signals) => Some(End::MaxPresence),
            _ => None,
        }
    }

    /// Gives the intervention of a vehicle back that stands before the junction; true when that changes something.
    pub(super) fn release_due(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        config: &RequestConfig,
    ) -> bool {
        let due = self.release_at(signals, config).is_some_and(|at| now >= at);
        if due {
            (self.released, self.stage) = (true, Stage::Requested);
        }
        due
    }

    /// Follows the strategy's decision. `convoy` is the place in the convoy that an intervention which begins now has.
    pub(super) fn follow(&mut self, now: Instant, decision: Decision, convoy: u8) -> Option<End> {
        let decision = match decision {
            Decision::Wait | Decision::Serve if self.released => Decision::Later,
            decision => decision,
        };
        self.stage = match (decision, self.stage) {
            (Decision::Refuse, _) => return Some(End::Rejected(Rejection::NoPriority)),
            (Decision::Later | Decision::Wait, Stage::Granted { .. }) => {
                return Some(End::Rejected(Rejection::Withdrawn));
            }
            (Decision::Later, _) => Stage::Requested,
            (Decision::Wait, waiting @ Stage::Waiting { .. }) => waiting,
            (Decision::Wait, _) => Stage::Waiting { since: now },
            (Decision::Serve, served @ (Stage::Serving { .. } | Stage::Granted { .. })) => served,
            (Decision::Serve, _) => {
                self.convoy = convoy;
                Stage::Serving { since: now }
            }
        };
        None
    }

    /// Follows the confirmed lamps while an intervention runs: `granted` once every group of the approach is green. `held` says of a group
    /// whether it is in the way and kept red for this, or in no way at all.
    pub(super) fn confirm(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        held: impl Fn(GroupIndex) -> bool,
        config: &RequestConfig,
    ) {
        self.conflicts_held = false;
        match self.stage {
            Stage::Requested | Stage::Granted { .. } => return,
            Stage::Waiting { .. } => {}
            Stage::Serving { since } => match self.green_confirmed_at(since, signals, config) {
                Some(confirmed) if now >= confirmed => {
                    self.stage = Stage::Granted { since, green: now };
                    return;
                }
                Some(_) => return,
                None => {}
            },
        }
        self.conflicts_held = config.watch_other_traffic
            && self.entitlement.class == PriorityClass::Emergency
            && (0u16..).zip(signals).all(|(group, _)| held(GroupIndex(group)));
    }

    /// When it wants to be looked at again, should nothing happen before.
    pub(super) fn deadline(&self, signals: &[SignalState], config: &RequestConfig) -> Instant {
        let expiry = self.expires(config);
        let stage = match self.stage {
            Stage::Requested | Stage::Waiting { .. } => expiry,
            Stage::Granted { green, .. } => green + config.guard(self.level()),
            Stage::Serving { since } => {
                let given_up = since + config.green_wait;
                self.green_confirmed_at(since, signals, config).map_or(given_up, |at| at.min(given_up))
            }
        };
        let repeat = self.announced.map_or(expiry, |announced| announced.repeat);
        let course = self.course.left_at(config).into_iter().chain(self.release_at(signals, config));
        course.fold(expiry.min(stage).min(repeat), Instant::min)
    }

    /// When the intervention for a vehicle that stands is given back, should it go on standing: it isn't in a queue before the stop line, and
    /// neither red nor those in front of it have kept it for all this time.
    fn release_at(&self, signals: &[SignalState], config: &RequestConfig) -> Option<Instant> {
        self.stage.intervention()?;
        let (still, distance) = (self.course.still?, self.distance?);
        if distance <= config.standstill_beyond || !self.all_green(signals) {
            return None;
        }
        let green = self.service.groups.iter().map(|group| signals[group.index()].since()).max()?;
        let queue_gone = green + distance.time_at(QUEUE_STARTS)?;
        Some(still.max(queue_gone) + config.standstill)
    }

    /// The status to send now: on a change, in answer to a message of a new number (its vehicle knows then that it was heard), and as a
    /// repeat when that is due.
    pub(super) fn announce(
        &mut self,
        now: Instant,
        intersection: IntersectionReference,
        config: &RequestConfig,
    ) -> Option<RequestStatus> {
        if self.origin != Origin::Asked {
            return None;
        }
        let status = self.status();
        let sequence = self.latest.sequence;
        let due = self
            .announced
            .is_none_or(|last| last.status != status || last.sequence != sequence || now >= last.repeat);
        due.then(|| {
            self.announced = Some(Announcement { status, sequence, repeat: now + config.repeat_after() });
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
