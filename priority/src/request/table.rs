//! The requests of one intersection: live ones in order of arrival, and the ended ones that must be remembered. What a message
//! does to them; never more of either than the configured capacity.

use std::cmp::Reverse;
use std::collections::VecDeque;

use voorrang_messages::{
    IntersectionReference, PriorityRequest, RequestId, RequestKind, RequestStatus, StationId,
};
use voorrang_signals::{ApproachIndex, Aspect, GroupIndex};
use voorrang_units::{Duration, Instant, Length};

use super::kar::KarMemory;
use super::reservice::ReserviceLock;
use super::sequence::{Freshness, freshness};
use super::{
    Decision, End, Entitlement, Level, Origin, PriorityClass, Rejection, Request, RequestConfig, Stage,
    admission, status_of,
};
use crate::approach::{Approaches, Whereabouts};
use crate::area::SignalState;
use crate::exchange::VehiclePosition;

/// The requests of one intersection.
#[derive(Debug, Clone)]
pub struct RequestTable {
    intersection: IntersectionReference,
    pub(super) live: Vec<Request>,
    ended: VecDeque<Ended>,
    arrivals: u64,
    pub(super) kar: KarMemory,
    lock: ReserviceLock,
    convoy: Convoy,
    green_guard: Duration,
    transit_green_guard: Duration,
    /// Of which live requests the service is cut; only within a call.
    cut: Vec<bool>,
}

/// Who joins a running intervention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Convoy {
    /// Within this of the one before.
    pub(crate) gap: Duration,
    /// So many, while somebody waits.
    pub(crate) most: u8,
}

/// A request that is over and remembered: so that its end stays final, and so that a message which a later one overtook on the way
/// doesn't bring it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    latest: PriorityRequest,
    end: End,
    /// How far its vehicle was then.
    distance: Option<Length>,
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

/// What an intersection judges messages and positions by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) approaches: &'a Approaches,
    pub(crate) config: &'a RequestConfig,
    /// Why it takes no requests at present.
    pub(crate) refusal: Option<Rejection>,
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
    pub(crate) fn new(intersection: IntersectionReference, config: &RequestConfig) -> Self {
        Self {
            intersection,
            live: Vec::new(),
            ended: VecDeque::new(),
            arrivals: 0,
            kar: KarMemory::default(),
            lock: ReserviceLock::default(),
            convoy: Convoy { gap: config.convoy, most: config.max_convoy },
            green_guard: config.green_guard,
            transit_green_guard: config.transit_green_guard,
            cut: Vec::new(),
        }
    }

    /// The intersection, as statuses name it.
    pub(super) const fn reference(&self) -> IntersectionReference {
        self.intersection
    }

    /// The live requests, in order of arrival.
    #[must_use]
    pub fn live(&self) -> &[Request] {
        &self.live
    }

    /// Whether a station has a live request.
    pub(crate) fn has(&self, station: StationId) -> bool {
        self.live.iter().any(|request| request.is_of(station))
    }

    /// The ended requests that are remembered; some may be past their time, they are dropped at the next message.
    pub fn ended(&self) -> impl Iterator<Item = &Ended> {
        self.ended.iter()
    }

    /// Takes a message in. A repeat refreshes and does nothing else; an outdated message does nothing at all.
    pub(crate) fn receive(&mut self, now: Instant, message: PriorityRequest, rules: Rules<'_>) -> Reception {
        self.ended.retain(|ended| ended.forget > now);
        self.lock.settle(now);
        let key = (message.station, message.request);
        let asked = |request: &Request| request.origin == Origin::Asked && key_of(&request.latest) == key;
        if let Some(place) = self.live.iter().position(asked) {
            return self.receive_known(now, place, message, rules);
        }
        if let Some(place) = self.ended.iter().position(|ended| key_of(&ended.latest) == key) {
            if let Some(reception) = self.receive_ended(now, place, &message, rules) {
                return reception;
            }
            self.ended.remove(place);
        }
        match message.kind {
            RequestKind::Cancellation => Reception::Nothing,
            // An update whose first message was lost opens the request just as well.
            RequestKind::New | RequestKind::Update => self.open(now, message, rules),
        }
    }

    /// Takes in where a station is now; true when a live request is concerned.
    pub(crate) fn locate(&mut self, now: Instant, vehicle: &VehiclePosition, rules: Rules<'_>) -> bool {
        let mut concerned = false;
        let mut place = 0;
        while let Some(request) = self.live.get_mut(place) {
            if !request.is_of(vehicle.station) {
                place += 1;
                continue;
            }
            concerned = true;
            request.latest.position = Some(vehicle.position);
            request.latest.speed = vehicle.speed;
            request.latest.heading = vehicle.heading;
            let whereabouts = request.locate(now, rules.approaches);
            match request.watch(now, vehicle, whereabouts, rules.config) {
                Some(end) => {
                    self.finish(now, place, end, rules.config);
                }
                None => place += 1,
            }
        }
        concerned
    }

    /// A confirmed lamp: who turns green was served.
    pub(crate) fn observe(&mut self, group: GroupIndex, aspect: Aspect) {
        if aspect == Aspect::Green {
            self.lock.served(group);
        }
    }

    /// Ends every live request and says so.
    pub(crate) fn reject_all(
        &mut self,
        now: Instant,
        rejection: Rejection,
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) {
        while !self.live.is_empty() {
            self.finish(now, 0, End::Rejected(rejection), config).into_iter().for_each(&mut tell);
        }
    }

    /// Ends what is due to end and says so, and gives back what is due to be given back; true when something changed.
    pub(crate) fn end_due(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) -> bool {
        let (mut changed, mut place) = (false, 0);
        while let Some(request) = self.live.get_mut(place) {
            match request.end_due(now, signals, config) {
                Some(end) => {
                    self.finish(now, place, end, config).into_iter().for_each(&mut tell);
                    changed = true;
                }
                None => {
                    changed |= request.release_due(now, signals, config);
                    place += 1;
                }
            }
        }
        changed
    }

    /// Follows the strategy's decisions, one for each live request; none means "later". An emergency vehicle whose time has come ends the
    /// service of public transport and goods that it conflicts with; true when it does, and the strategy has to think again.
    pub(crate) fn follow(
        &mut self,
        now: Instant,
        decisions: &[Decision],
        signals: &[SignalState],
        conflict: impl Fn(GroupIndex, GroupIndex) -> bool,
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) -> bool {
        self.cut_service(now, decisions, signals, &conflict, config);
        let mut place = 0;
        for index in 0..self.live.len() {
            let decision = decisions.get(index).copied().unwrap_or_default();
            let end = if self.cut[index] {
                Some(End::ReserviceLocked)
            } else {
                let convoy = self.convoy_place(place);
                self.live[place].follow(now, decision, convoy)
            };
            match end {
                Some(end) => self.finish(now, place, end, config).into_iter().for_each(&mut tell),
                None => place += 1,
            }
        }
        self.cut.contains(&true)
    }

    /// Follows the confirmed lamps, and says what changed or is to be repeated. `held` says of a group whether it is wished and confirmed red.
    pub(crate) fn confirm(
        &mut self,
        now: Instant,
        signals: &[SignalState],
        held: impl Fn(GroupIndex) -> bool,
        conflict: impl Fn(GroupIndex, GroupIndex) -> bool,
        config: &RequestConfig,
        mut tell: impl FnMut(RequestStatus),
    ) {
        for request in &mut self.live {
            let groups = std::sync::Arc::clone(&request.service.groups);
            let out_of_the_way = |group| held(group) || !groups.iter().any(|own| conflict(*own, group));
            request.confirm(now, signals, out_of_the_way, config);
            request.announce(now, self.intersection, config).into_iter().for_each(&mut tell);
        }
    }

    /// When the first of the live requests wants to be looked at again.
    pub(crate) fn deadline(&self, signals: &[SignalState], config: &RequestConfig) -> Option<Instant> {
        self.live.iter().map(|request| request.deadline(signals, config)).min()
    }

    /// Who may join a running intervention.
    pub(crate) const fn convoy(&self) -> Convoy {
        self.convoy
    }

    /// The same for public transport and goods.
    pub(crate) const fn transit_green_guard(&self) -> Duration {
        self.transit_green_guard
    }

    /// How long an emergency vehicle's green lasts at most.
    pub(crate) const fn green_guard(&self) -> Duration {
        self.green_guard
    }

    /// How many have joined the intervention on the approach of a live request, that included; none where it leads.
    pub(crate) fn convoy_place(&self, place: usize) -> u8 {
        let approach = self.live[place].service.approach;
        let served = self.live.iter().filter(|other| other.is_served() && other.service.approach == approach);
        served.map(|other| other.convoy.saturating_add(1)).max().unwrap_or(0)
    }

    /// Marks the services that an emergency vehicle cuts, and locks.
    fn cut_service(
        &mut self,
        now: Instant,
        decisions: &[Decision],
        signals: &[SignalState],
        conflict: impl Fn(GroupIndex, GroupIndex) -> bool,
        config: &RequestConfig,
    ) {
        let Self { live, cut, lock, .. } = self;
        cut.clear();
        cut.resize(live.len(), false);
        for (index, request) in live.iter().enumerate() {
            if request.class() == PriorityClass::Emergency || !request.is_served() {
                continue;
            }
            let emergencies = live.iter().enumerate().filter(|(other, emergency)| {
                emergency.class() == PriorityClass::Emergency
                    && !emergency.released
                    && matches!(decisions.get(*other), Some(Decision::Serve | Decision::Wait))
            });
            for (_, emergency) in emergencies {
                let own = &request.service.groups;
                let in_the_way =
                    |group| emergency.service.groups.iter().any(|theirs| conflict(*theirs, group));
                if own.iter().any(|group| in_the_way(*group)) {
                    cut[index] = true;
                    lock.lock(now, config.reservice_lock, own, signals, in_the_way);
                }
            }
        }
    }

    fn receive_known(
        &mut self,
        now: Instant,
        place: usize,
        message: PriorityRequest,
        rules: Rules<'_>,
    ) -> Reception {
        let request = &mut self.live[place];
        let freshness = freshness(request.latest.sequence, message.sequence);
        if freshness == Freshness::Outdated {
            return Reception::Nothing;
        }
        if message.kind == RequestKind::Cancellation {
            request.latest.sequence = message.sequence.or(request.latest.sequence);
            self.finish(now, place, End::Cancelled, rules.config);
            return Reception::Changed;
        }
        request.refreshed = now;
        if freshness == Freshness::Repeat {
            return Reception::Nothing;
        }
        match request.update(now, message, rules) {
            Ok(()) => Reception::Changed,
            Err(rejection) => match self.finish(now, place, End::Rejected(rejection), rules.config) {
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
        rules: Rules<'_>,
    ) -> Option<Reception> {
        let locked = self.lock.holds(now);
        let ended = &mut self.ended[place];
        let freshness = freshness(ended.latest.sequence, message.sequence);
        let Some(status) = ended.end.status() else {
            // Over: what was sent before its end and arrives after it stays without effect.
            let numbered = ended.latest.sequence.is_some() && message.sequence.is_some();
            let reopens = freshness == Freshness::New
                && (numbered || message.kind == RequestKind::New)
                && message.kind != RequestKind::Cancellation
                && ended.comes_back(message, rules.approaches);
            return (!reopens).then_some(Reception::Nothing);
        };
        if freshness == Freshness::Outdated {
            return Some(Reception::Nothing);
        }
        let over = match ended.end {
            End::ReserviceLocked => !locked,
            End::Rejected(Rejection::NoControl | Rejection::Overridden) => rules.refusal.is_none(),
            _ => false,
        };
        if over && message.kind != RequestKind::Cancellation {
            return None;
        }
        ended.latest.sequence = message.sequence.or(ended.latest.sequence);
        ended.forget = now + rules.config.expiry;
        if message.kind == RequestKind::Cancellation {
            ended.end = End::Cancelled;
            return Some(Reception::Nothing);
        }
        Some(Reception::Answer(status_of(self.intersection, &ended.latest, status)))
    }

    fn open(&mut self, now: Instant, message: PriorityRequest, rules: Rules<'_>) -> Reception {
        let Rules { approaches, config, refusal } = rules;
        let judged = admission::admit(now, &message, config).and_then(|entitlement| {
            let service = approaches.service(message.inbound, entitlement.class);
            Ok((entitlement, service.ok_or(Rejection::UnknownAccess)?))
        });
        let (entitlement, service) = match (judged, refusal) {
            (Ok(entitled), None) => entitled,
            (Ok(_), Some(rejection)) | (Err(rejection), _) => {
                return self.answer_and_remember(now, message, End::Rejected(rejection), config);
            }
        };
        if entitlement.class != PriorityClass::Emergency && self.lock.holds(now) {
            return self.answer_and_remember(now, message, End::ReserviceLocked, config);
        }
        let mut request = Request::new(message, service, entitlement, Origin::Asked, now);
        let observed = self.observed(request.latest.station);
        if let Some(place) = self.same_vehicle(now, &request, config).filter(|_| observed.is_none()) {
            self.live[place].take_over(now, request, approaches);
            return Reception::Changed;
        }
        if let Some(place) = observed {
            let known = &mut self.live[place];
            if known.class() == request.class() && known.service.is_served_with(&request.service) {
                known.take_over(now, request, approaches);
                return Reception::Changed;
            }
        }
        request.locate(now, approaches);
        if let Some(place) = observed {
            self.finish(now, place, End::LeftRoute, config);
        }
        self.enter(now, request, config)
    }

    /// Puts a request into the table; where that is full, the one that weighs least is told so.
    pub(super) fn enter(&mut self, now: Instant, mut request: Request, config: &RequestConfig) -> Reception {
        let displaced = if self.live.len() < config.capacity {
            None
        } else {
            let rejected = End::Rejected(Rejection::TableFull);
            match self.lightest().filter(|lightest| self.live[*lightest].weight() < request.weight()) {
                Some(lightest) => self.finish(now, lightest, rejected, config),
                // Not remembered, as the next message may find room.
                None if request.origin != Origin::Asked => return Reception::Nothing,
                None => {
                    let status = rejected.status();
                    let told = status.map(|status| status_of(self.intersection, &request.latest, status));
                    return told.map_or(Reception::Nothing, Reception::Answer);
                }
            }
        };
        request.arrival = self.arrivals;
        self.arrivals += 1;
        self.live.push(request);
        displaced.map_or(Reception::Changed, Reception::ChangedAndAnswer)
    }

    /// Whether the reservice lock holds.
    pub(super) fn is_locked(&self, now: Instant) -> bool {
        self.lock.holds(now)
    }

    fn lightest(&self) -> Option<usize> {
        (0..self.live.len()).min_by_key(|place| self.live[*place].weight())
    }

    fn answer_and_remember(
        &mut self,
        now: Instant,
        message: PriorityRequest,
        end: End,
        config: &RequestConfig,
    ) -> Reception {
        let status = end.status().map(|status| status_of(self.intersection, &message, status));
        self.remember(now, message, end, None, config);
        status.map_or(Reception::Nothing, Reception::Answer)
    }

    /// Takes a live request out, remembers it where its end must stay final, and gives the status that tells its vehicle.
    pub(super) fn finish(
        &mut self,
        now: Instant,
        place: usize,
        end: End,
        config: &RequestConfig,
    ) -> Option<RequestStatus> {
        let request = self.live.remove(place);
        if end.is_over() {
            self.restart_green_guard(now, &request);
        }
        self.note_end(now, &request, end, config);
        if request.origin != Origin::Asked {
            return None;
        }
        let status = end.status().map(|status| status_of(self.intersection, &request.latest, status));
        if !matches!(end, End::Expired | End::Rejected(Rejection::TableFull)) {
            self.remember(now, request.latest, end, request.distance, config);
        }
        status
    }

    /// Whoever was behind a vehicle of the convoy that has passed has its own time from then on.
    fn restart_green_guard(&mut self, now: Instant, gone: &Request) {
        if !matches!(gone.stage, Stage::Granted { .. }) {
            return;
        }
        for request in self.live.iter_mut().filter(|other| other.service.approach == gone.service.approach) {
            if let Stage::Granted { since, .. } = request.stage {
                request.stage = Stage::Granted { since, green: now };
            }
        }
    }

    /// The oldest memory makes room for the newest.
    fn remember(
        &mut self,
        now: Instant,
        latest: PriorityRequest,
        end: End,
        distance: Option<Length>,
        config: &RequestConfig,
    ) {
        while self.ended.len() >= config.capacity.max(1) {
            self.ended.pop_front();
        }
        self.ended.push_back(Ended { latest, end, distance, forget: now + config.expiry });
    }
}

impl Ended {
    /// Whether a message for it says that the vehicle comes after all. One that left is believed when it is seen on its way again, is nearer
    /// than when it left, or asks for another approach.
    fn comes_back(&self, message: &PriorityRequest, approaches: &Approaches) -> bool {
        if !matches!(self.end, End::LeftRoute | End::Passed) {
            return true;
        }
        let asked = approach_of(approaches, message);
        let (Some(approach), Some(position)) = (asked, message.position) else {
            return message.kind == RequestKind::New;
        };
        let nearer = || {
            let (now, then) = (approaches.distance(approach, position), self.distance);
            now.zip(then).is_some_and(|(now, then)| now < then)
        };
        match approaches.whereabouts(approach, position, message.heading) {
            Whereabouts::Coming => true,
            Whereabouts::Elsewhere => asked != approach_of(approaches, &self.latest),
            Whereabouts::Unmatched => asked != approach_of(approaches, &self.latest) || nearer(),
        }
    }
}

impl Request {
    /// Takes a changed message over. What it leaves out of the vehicle's description stays as it was; ETA and position are always its own.
    fn update(&mut self, now: Instant, message: PriorityRequest, rules: Rules<'_>) -> Result<(), Rejection> {
        let last = std::mem::replace(&mut self.latest, message);
        let latest = &mut self.latest;
        latest.sequence = latest.sequence.or(last.sequence);
        if latest.role.is_none() {
            (latest.role, latest.subrole, latest.importance) = (last.role, last.subrole, last.importance);
        }
        let entitlement = Entitlement::of(latest, rules.config)?;
        if latest.inbound != last.inbound || entitlement.class != self.entitlement.class {
            let service = rules.approaches.service(latest.inbound, entitlement.class);
            let service = service.ok_or(Rejection::UnknownAccess)?;
            if !service.is_served_with(&self.service) {
                self.stage = Stage::Requested;
            }
            if service.approach != self.service.approach {
                self.course.begin_anew();
            }
            self.service = service;
        }
        self.entitlement = entitlement;
        self.locate(now, rules.approaches);
        Ok(())
    }

    /// A request that was made for its vehicle becomes the vehicle's own, or one by KAR that of a vehicle which is seen; whatever runs for it
    /// goes on, if the same groups serve it.
    pub(super) fn take_over(&mut self, now: Instant, asked: Self, approaches: &Approaches) {
        if !asked.service.is_served_with(&self.service) {
            self.stage = Stage::Requested;
        }
        self.latest = asked.latest;
        self.service = asked.service;
        self.entitlement = asked.entitlement;
        self.origin = asked.origin;
        self.refreshed = now;
        self.locate(now, approaches);
    }

    /// Whether an intervention runs for it.
    pub(crate) const fn is_served(&self) -> bool {
        self.stage.intervention().is_some()
    }

    /// What it is kept for where there is no room for all: its level, its importance, then an intervention that runs, then the earlier ETA.
    fn weight(&self) -> (Level, u8, bool, Option<Reverse<Instant>>) {
        let importance = self.latest.importance.unwrap_or(0);
        (self.level(), importance, self.is_served(), self.expected.map(Reverse))
    }
}

fn approach_of(approaches: &Approaches, message: &PriorityRequest) -> Option<ApproachIndex> {
    Some(approaches.service(message.inbound, PriorityClass::Emergency)?.approach)
}

/// What tells the requests of one intersection apart.
const fn key_of(message: &PriorityRequest) -> (StationId, RequestId) {
    (message.station, message.request)
}
