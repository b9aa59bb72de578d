//! The requests of one intersection: live ones in order of arrival, and the ended ones that must be remembered. What a message
//! does to them; never more of either than the configured capacity.

use std::collections::VecDeque;

use voorrang_messages::{
    IntersectionReference, PriorityRequest, RequestId, RequestKind, RequestStatus, StationId,
};
use voorrang_signals::GroupIndex;
use voorrang_units::Instant;

use super::sequence::{Freshness, freshness};
use super::{Decision, End, Rejection, Request, RequestConfig, Stage, admission, status_of};
use crate::approach::Approaches;
use crate::area::SignalState;

/// The requests of one intersection.
#[derive(Debug, Clone)]
pub struct RequestTable {
    intersection: IntersectionReference,
    live: Vec<Request>,
    ended: VecDeque<Ended>,
    arrivals: u64,
}

/// A request that is over and remembered: so that its end stays final, and so that a message which a later one overtook on the way
/// doesn't bring it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    latest: PriorityRequest,
    end: End,
    forget: Instant,
}

impl Ended {
    /// What its vehicle said last.
    #[must_use]
    pub const fn latest(&self) -> &PriorityRequest {
        &self.latest
    }

    /// Why it ended.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }
}

/// What a message did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reception {
    /// Nothing that anybody has to know.
    Nothing,
    /// Something that may change decisions.
    Changed,
    /// Nothing here, but its sender gets this answer.
    Answer(RequestStatus),
    /// Something that may change decisions, and its sender gets this answer.
    ChangedAndAnswer(RequestStatus),
}

impl RequestTable {
    pub(crate) const fn new(intersection: IntersectionReference) -> Self {
        Self { intersection, live: Vec::new(), ended: VecDeque::new(), arrivals: 0 }
    }

    /// The live requests, in order of arrival.
    #[must_use]
    pub fn live(&self) -> &[Request] {
        &self.live
    }

    /// The ended requests that are remembered; some may be past their time, they are dropped at the next message.
    pub fn ended(&self) -> impl Iterator<Item = &Ended> {
        self.ended.iter()
    }

    /// Takes a message in. A repeat refreshes and does nothing else; an outdated message does nothing at all.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        message: PriorityRequest,
        approaches: &Approaches,
        config: &RequestConfig,
    ) -> Reception {
        self.ended.retain(|ended| ended.forget > now);
        let key = (message.station, message.request);
        if let Some(place) = self.live.iter().position(|request| key_of(&request.latest) == key) {
            return self.receive_known(now, place, message, approaches, config);
        }
        if let Some(place) = self.ended.iter().position(|ended| key_of(&ended.latest) == key) {
            if let Some(reception) = self.receive_ended(now, place, &message, config) {
                return reception;
            }
            self.ended.remove(place);
        }
        match message.kind {
            RequestKind::Cancellation => Reception::Nothing,
            // An update whose first message was lost opens the request just as well.
            RequestKind::New | RequestKind::Update => self.open(now, message, approaches, config),
        }
    }

    /// Takes in where a station is now; true when a live request is concerned.
    pub(crate) fn locate(
        &mut self,
        vehicle: &crate::engine::VehiclePosition,
        approaches: &Approaches,
    ) -> bool {
        let mut concerned = false;
        for request in self.live.iter_mut().filter(|request| request.latest.station == vehicle.station) {
            request.latest.position = Some(vehicle.position);
            request.latest.speed = vehicle.speed;
            request.latest.heading = vehicle.heading;
            request.distance = approaches.distance(request.service.approach, vehicle.position);
            concerned = true;
        }
        concerned
    }

    /// Ends what is due to end and says so; true when something ended.
    pub(crate) fn end_due(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) -> bool {
        let before = self.live.len();
        let mut place = 0;
        while let Some(request) = self.live.get(place) {
            match request.end_due(now, signals, config) {
                Some(end) => self.finish(now, place, end, config).into_iter().for_each(&mut tell),
                None => place += 1,
            }
        }
        self.live.len() < before
    }

    /// Follows the strategy's decisions, one for each live request; none means "later".
    pub(crate) fn follow(
        &mut self,
        now: Instant,
        decisions: &[Decision],
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) {
        let mut place = 0;
        for index in 0..self.live.len() {
            let decision = decisions.get(index).copied().unwrap_or_default();
            match self.live[place].follow(now, decision) {
                Some(end) => self.finish(now, place, end, config).into_iter().for_each(&mut tell),
                None => place += 1,
            }
        }
    }

    /// Follows the confirmed lamps, and says what changed or is to be repeated.
    pub(crate) fn confirm(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        conflict: impl Fn(GroupIndex, GroupIndex) -> bool,
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) {
        for request in &mut self.live {
            let groups = std::sync::Arc::clone(&request.service.groups);
            let conflicting = |group| groups.iter().any(|own| conflict(*own, group));
            request.confirm(now, signals, conflicting, config);
            request.announce(now, self.intersection, config).into_iter().for_each(&mut tell);
        }
    }

    /// When the first of the live requests wants to be looked at again.
    pub(crate) fn deadline(&self, signals: &[SignalState], config: &RequestConfig) -> Option<Instant> {
        self.live.iter().map(|request| request.deadline(signals, config)).min()
    }

    fn receive_known(
        &mut self,
        now: Instant,
        place: usize,
        message: PriorityRequest,
        approaches: &Approaches,
        config: &RequestConfig,
    ) -> Reception {
        let request = &mut self.live[place];
        let freshness = freshness(request.latest.sequence, message.sequence);
        if freshness == Freshness::Outdated {
            return Reception::Nothing;
        }
        if message.kind == RequestKind::Cancellation {
            request.latest.sequence = message.sequence.or(request.latest.sequence);
            self.finish(now, place, End::Cancelled, config);
            return Reception::Changed;
        }
        request.refreshed = now;
        if freshness == Freshness::Repeat {
            return Reception::Nothing;
        }
        match request.update(message, approaches, config) {
            Ok(()) => Reception::Changed,
            Err(rejection) => match self.finish(now, place, End::Rejected(rejection), config) {
                Some(status) => Reception::ChangedAndAnswer(status),
                None => Reception::Changed,
            },
        }
    }

    /// A message for a request that has ended; `None` where it opens a new one of the same number.
    fn receive_ended(
        &mut self,
        now: Instant,
        place: usize,
        message: &PriorityRequest,
        config: &RequestConfig,
    ) -> Option<Reception> {
        let ended = &mut self.ended[place];
        let freshness = freshness(ended.latest.sequence, message.sequence);
        let Some(status) = ended.end.status() else {
            // Cancelled: what was sent before the cancellation and arrives after it stays without effect.
            let numbered = ended.latest.sequence.is_some() && message.sequence.is_some();
            let reopens = freshness == Freshness::New && (numbered || message.kind == RequestKind::New);
            let ignored = !reopens || message.kind == RequestKind::Cancellation;
            return ignored.then_some(Reception::Nothing);
        };
        if freshness == Freshness::Outdated {
            return Some(Reception::Nothing);
        }
        ended.latest.sequence = message.sequence.or(ended.latest.sequence);
        ended.forget = now + config.expiry;
        if message.kind == RequestKind::Cancellation {
            ended.end = End::Cancelled;
            return Some(Reception::Nothing);
        }
        Some(Reception::Answer(status_of(self.intersection, &ended.latest, status)))
    }

    fn open(
        &mut self,
        now: Instant,
        message: PriorityRequest,
        approaches: &Approaches,
        config: &RequestConfig,
    ) -> Reception {
        let judged = admission::admit(now, &message, config)
            .and_then(|()| approaches.service(message.inbound).ok_or(Rejection::UnknownAccess));
        let service = match judged {
            Ok(service) if self.live.len() < config.capacity => service,
            // Only a request that could live makes the table "full" to its sender; it isn't remembered, as the next message may find room.
            Ok(_) => return self.reject(now, message, Rejection::TableFull, config),
            Err(rejection) => return self.reject(now, message, rejection, config),
        };
        let distance = message.position.and_then(|position| approaches.distance(service.approach, position));
        self.live.push(Request {
            latest: message,
            service,
            arrival: self.arrivals,
            refreshed: now,
            distance,
            stage: Stage::Requested,
            announced: None,
        });
        self.arrivals += 1;
        Reception::Changed
    }

    fn reject(
        &mut self,
        now: Instant,
        message: PriorityRequest,
        rejection: Rejection,
        config: &RequestConfig,
    ) -> Reception {
        let end = End::Rejected(rejection);
        let answer =
            end.status().map(|status| Reception::Answer(status_of(self.intersection, &message, status)));
        if rejection != Rejection::TableFull {
            self.remember(now, message, end, config);
        }
        answer.unwrap_or(Reception::Nothing)
    }

    /// Takes a live request out, remembers it where its end must stay final, and gives the status that tells its vehicle.
    fn finish(
        &mut self,
        now: Instant,
        place: usize,
        end: End,
        config: &RequestConfig,
    ) -> Option<RequestStatus> {
        let request = self.live.remove(place);
        let status = end.status().map(|status| status_of(self.intersection, &request.latest, status));
        if end != End::Expired {
            self.remember(now, request.latest, end, config);
        }
        status
    }

    /// The oldest memory makes room for the newest.
    fn remember(&mut self, now: Instant, latest: PriorityRequest, end: End, config: &RequestConfig) {
        while self.ended.len() >= config.capacity.max(1) {
            self.ended.pop_front();
        }
        self.ended.push_back(Ended { latest, end, forget: now + config.expiry });
    }
}

impl Request {
    /// Takes a changed message over. What it leaves out of the vehicle's description stays as it was; ETA and position are always its own.
    fn update(
        &mut self,
        message: PriorityRequest,
        approaches: &Approaches,
        config: &RequestConfig,
    ) -> Result<(), Rejection> {
        let last = std::mem::replace(&mut self.latest, message);
        let latest = &mut self.latest;
        latest.sequence = latest.sequence.or(last.sequence);
        if latest.role.is_none() {
            (latest.role, latest.subrole, latest.importance) = (last.role, last.subrole, last.importance);
        }
        admission::entitled(latest, config)?;
        if latest.inbound != last.inbound {
            let service = approaches.service(latest.inbound).ok_or(Rejection::UnknownAccess)?;
            if service != self.service {
                self.service = service;
                self.stage = Stage::Requested;
            }
        }
        self.distance =
            self.latest.position.and_then(|position| approaches.distance(self.service.approach, position));
        Ok(())
    }
}

/// What tells the requests of one intersection apart.
const fn key_of(message: &PriorityRequest) -> (StationId, RequestId) {
    (message.station, message.request)
}
