//! The priority engine of one control area: takes inputs, hands them to who deals with them, and gives outputs. Dispatch only: requests
//! live in [`crate::request`], decisions are made in [`crate::strategy`].

use std::sync::Arc;

use voorrang_messages::{PriorityRequest, StationId};
use voorrang_signals::{Intersection, IntersectionId, Wish, Wishes};
use voorrang_units::Instant;

use crate::area::{ControlArea, IntersectionIndex, Parts};
use crate::config::EngineConfig;
use crate::deadlines::Deadlines;
use crate::exchange::{Input, Output, VehiclePosition};
use crate::kar::KarMessage;
use crate::precedence::Precedence;
use crate::recovery::Recovery;
use crate::request::{Reception, RequestConfig, Rules};
use crate::stations::Stations;
use crate::steady::SteadyClock;
use crate::strategy::{Plan, Strategy, StrategyConfig};
use crate::transit::Transit;
use crate::warnings::Warnings;

/// The engine of one control area. A function of its inputs and their times: it reads no clock, and calls without anything new or due
/// change nothing. Its own time never runs back: where the host's clock is set back, what [`area`](Self::area) shows is ahead of it by as much.
#[derive(Debug)]
pub struct PriorityEngine {
    area: ControlArea,
    strategy: Box<dyn Strategy>,
    /// `None` with the strategy `none`.
    transit: Option<Transit>,
    recovery: Box<dyn Recovery>,
    config: RequestConfig,
    plan: Plan,
    /// One for each intersection; behind them the strategy's, then that of the warnings.
    deadlines: Deadlines,
    engagements: Vec<Engagement>,
    /// The intersections that have requests, wishes or a recovery, in order: all others cost nothing.
    attended: Vec<IntersectionIndex>,
    /// Those of them with live requests.
    busy: Vec<IntersectionIndex>,
    stations: Stations,
    warnings: Option<Warnings>,
    clock: SteadyClock,
}

/// What the engine has an intersection's controller do.
#[derive(Debug)]
struct Engagement {
    wished: Wishes,
    wanted: Wishes,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing.
    Idle,
    /// The strategy's wishes.
    Intervention,
    /// Finding back since the strategy's last wish ended.
    Recovery { ended: Instant, ask: Instant },
}

impl PriorityEngine {
    /// An engine for a control area of one or more intersections. Every lamp is unknown until [`Input::Signal`] tells it. Of two
    /// intersections with the same identity only the first is ever reached.
    #[must_use]
    pub fn new(area: Vec<Arc<Intersection>>, config: EngineConfig, now: Instant) -> Self {
        let area = ControlArea::new(area, &config.request, &config.queue, config.partial_conflicts, now);
        let recovery = config.recovery.build();
        let engagement = |groups: usize| {
            let mut none = Wishes::none(groups);
            none.set_rejoin(recovery.rejoin());
            Engagement { wished: none.clone(), wanted: none, phase: Phase::Idle }
        };
        Self {
            plan: Plan::new(&area),
            deadlines: Deadlines::new(area.len() + 2),
            engagements: area.intersections().map(|(_, one)| engagement(one.signals().len())).collect(),
            transit: (config.strategy != StrategyConfig::None)
                .then(|| Transit::new(config.transit.clone(), area.len())),
            strategy: config.strategy.build(),
            recovery,
            config: config.request,
            attended: Vec::new(),
            busy: Vec::new(),
            stations: Stations::new(),
            warnings: config.eva.as_ref().map(Warnings::new),
            clock: SteadyClock::new(now),
            area,
        }
    }

    /// Takes an input in and appends what follows to `outputs`. Does what has become due first. A `now` up to 2 s before that of the last call
    /// counts as that; one that is earlier still says that the clock was set back.
    pub fn handle(&mut self, now: Instant, input: Input, outputs: &mut Vec<Output>) {
        let first = outputs.len();
        self.do_due(now, outputs);
        let now = self.clock.now();
        let concerned = match input {
            Input::Request(request) => self.on_request(now, request, outputs),
            Input::Vehicle(vehicle) => self.on_vehicle(now, &vehicle, outputs),
            Input::Kar { intersection, message } => self.on_kar(now, intersection, &message, outputs),
            Input::Signal { intersection, group, aspect } => self.area.find(intersection).is_some_and(|at| {
                self.area.intersection_mut(at).observe(now, group, aspect) && self.attends(at)
            }),
            Input::Detector { intersection, detector, occupied } => {
                self.area.find(intersection).is_some_and(|at| {
                    self.area.intersection_mut(at).detect(now, detector, occupied) && self.attends(at)
                })
            }
            Input::Control { intersection, available } => {
                self.on_precedence(now, intersection, |above| above.set_control(available), outputs)
            }
            Input::Override { intersection, kind, active } => {
                self.on_precedence(now, intersection, |above| above.set_override(kind, active), outputs)
            }
        };
        if concerned {
            self.decide(now, true, outputs);
        }
        self.tell_in_host_time(&mut outputs[first..]);
    }

    /// Does what has become due. Nothing, before [`next_deadline`](Self::next_deadline).
    pub fn advance(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        let first = outputs.len();
        self.do_due(now, outputs);
        self.tell_in_host_time(&mut outputs[first..]);
    }

    /// When [`advance`](Self::advance) wants to be called, should no input come before; `None` while nothing is under way.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next().map(|deadline| self.clock.to_host(deadline))
    }

    /// What the engine knows of its control area.
    #[must_use]
    pub const fn area(&self) -> &ControlArea {
        &self.area
    }

    fn do_due(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        let now = self.clock.tick(now);
        let (strategy, warnings) = (self.area.len(), self.area.len() + 1);
        let (mut any, mut replan, mut warn) = (false, false, false);
        while let Some(owner) = self.deadlines.pop_due(now) {
            any |= owner != warnings;
            replan |= owner == strategy;
            warn |= owner == warnings;
        }
        if any {
            self.decide(now, replan, outputs);
        }
        if warn {
            self.warn(|warnings, _, _| warnings.advance(now, outputs));
        }
    }

    fn tell_in_host_time(&self, outputs: &mut [Output]) {
        if self.clock.agrees() {
            return;
        }
        for output in outputs {
            match output {
                Output::Status(status) => status.eta = status.eta.map(|eta| self.clock.to_host(eta)),
                // Where the clock is set back, a warning's times go back with it: receivers with the right time ignored what came from the future.
                Output::Warning(warning) => {
                    warning.detection_time = self.clock.to_host(warning.detection_time);
                    warning.reference_time = self.clock.to_host(warning.reference_time);
                }
                Output::Wishes { .. } => {}
            }
        }
    }

    fn on_request(&mut self, now: Instant, mut request: PriorityRequest, outputs: &mut Vec<Output>) -> bool {
        let station = request.station;
        self.stations.asks(now, station, self.config.expiry);
        let Some(at) = self.area.find_reference(request.intersection) else {
            return false;
        };
        request.eta = request.eta.map(|eta| self.clock.to_engine(eta));
        let Parts { requests, approaches, refusal, .. } = self.area.intersection_mut(at).parts();
        let rules = Rules { approaches, config: &self.config, refusal };
        let reception = requests.receive(now, request, rules);
        // Where a repeat only moved the expiry, the old deadline finds nothing to do and sets the new one.
        self.take_reception(at, Some(station), reception, outputs)
    }

    fn on_kar(
        &mut self,
        now: Instant,
        intersection: IntersectionId,
        message: &KarMessage,
        outputs: &mut Vec<Output>,
    ) -> bool {
        let Some(at) = self.area.find(intersection) else { return false };
        let Parts { requests, approaches, refusal, .. } = self.area.intersection_mut(at).parts();
        let rules = Rules { approaches, config: &self.config, refusal };
        let reception = requests.hear(now, message, rules);
        self.take_reception(at, self.config.kar.station(message), reception, outputs)
    }

    /// Passes an answer on; true when decisions may change.
    fn take_reception(
        &mut self,
        at: IntersectionIndex,
        station: Option<StationId>,
        reception: Reception,
        outputs: &mut Vec<Output>,
    ) -> bool {
        let (changed, answer) = match reception {
            Reception::Nothing => (false, None),
            Reception::Changed => (true, None),
            Reception::Answer(status) => (false, Some(status)),
            Reception::ChangedAndAnswer(status) => (true, Some(status)),
        };
        outputs.extend(answer.map(Output::Status));
        if changed {
            self.attend(at);
            let Self { area, stations, .. } = self;
            if let Some(station) = station {
                stations.add(station, at, |station, at| area.intersection(at).requests.has(station));
            }
        }
        changed
    }

    /// Only the intersections at which the station has requests are looked at, and those on whose lanes it may be.
    fn on_vehicle(&mut self, now: Instant, vehicle: &VehiclePosition, outputs: &mut Vec<Output>) -> bool {
        let (mut concerned, mut last) = (false, None);
        while let Some(at) = self.stations.next(vehicle.station, last) {
            last = Some(at);
            let Parts { requests, approaches, refusal, .. } = self.area.intersection_mut(at).parts();
            concerned |= requests.locate(now, vehicle, Rules { approaches, config: &self.config, refusal });
            if !requests.has(vehicle.station) {
                self.stations.remove(vehicle.station, at);
            }
        }
        concerned |= self.see(now, vehicle, outputs);
        self.warn(|warnings, area, stations| warnings.observe(now, vehicle, area, stations, outputs));
        concerned
    }

    /// Warnings, where there are any, and the time at which they want to be called again.
    fn warn(&mut self, act: impl FnOnce(&mut Warnings, &ControlArea, &Stations)) {
        if let Some(warnings) = &mut self.warnings {
            act(warnings, &self.area, &self.stations);
            self.deadlines.set(self.area.len() + 1, warnings.next_deadline());
        }
    }

    /// Any vehicle before a stop line tells of the queue there. For an emergency vehicle that doesn't ask, a request is made.
    fn see(&mut self, now: Instant, vehicle: &VehiclePosition, outputs: &mut Vec<Output>) -> bool {
        let Some(heading) = vehicle.heading else { return false };
        let Some((at, ahead)) = self.area.stop_line_ahead(vehicle.position, heading) else {
            return false;
        };
        if let Some(speed) = vehicle.speed {
            self.area.intersection_mut(at).hear(now, ahead, speed);
        }
        let asks = || self.stations.is_asker(now, vehicle.station, self.config.expiry);
        if !self.config.observe || !vehicle.light_bar || !vehicle.siren || asks() {
            return false;
        }
        let Parts { requests, approaches, refusal, .. } = self.area.intersection_mut(at).parts();
        let rules = Rules { approaches, config: &self.config, refusal };
        let reception = requests.see(now, vehicle, ahead, rules);
        self.take_reception(at, Some(vehicle.station), reception, outputs)
    }

    /// Something that ranks above requests changes: where it leaves no room for them, they end.
    fn on_precedence(
        &mut self,
        now: Instant,
        intersection: IntersectionId,
        change: impl Fn(&mut Precedence),
        outputs: &mut Vec<Output>,
    ) -> bool {
        let Some(at) = self.area.find(intersection) else { return false };
        let intersection = self.area.intersection_mut(at);
        change(&mut intersection.precedence);
        let Parts { requests, refusal, .. } = intersection.parts();
        if let Some(rejection) = refusal {
            requests.reject_all(now, rejection, &self.config, |status| outputs.push(Output::Status(status)));
        }
        self.attends(at)
    }

    /// One round: what ends by itself; the strategy's plan, where something it sees has changed; what follows for each intersection.
    fn decide(&mut self, now: Instant, changed: bool, outputs: &mut Vec<Output>) {
        let mut replan = changed;
        for at in &self.attended {
            let Parts { requests, signals, .. } = self.area.intersection_mut(*at).parts();
            replan |=
                requests.end_due(now, signals, &self.config, |status| outputs.push(Output::Status(status)));
        }
        if replan {
            self.replan(now, outputs);
        }
        for place in 0..self.attended.len() {
            self.settle(now, self.attended[place], outputs);
        }
        let Self { attended, area, engagements, .. } = self;
        attended.retain(|at| {
            !area.intersection(*at).requests.live().is_empty() || engagements[at.index()].phase != Phase::Idle
        });
    }

    /// The strategy plans, and the requests follow. Where one cuts another's service the plan is made anew without that: each time one request
    /// fewer, so it comes to an end.
    fn replan(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        while self.plan_and_follow(now, outputs) {}
        // A strategy that asks for the present has just been called.
        let wake = self.plan.wake().filter(|wake| *wake > now);
        self.deadlines.set(self.area.len(), wake);
    }

    fn plan_and_follow(&mut self, now: Instant, outputs: &mut Vec<Output>) -> bool {
        let Self { area, busy, attended, .. } = self;
        busy.clear();
        busy.extend(attended.iter().filter(|at| !area.intersection(**at).requests.live().is_empty()));
        self.plan.clear(area);
        self.strategy.plan(now, area, busy, &mut self.plan);
        if let Some(transit) = &mut self.transit {
            transit.plan(now, area, busy, &mut self.plan);
        }
        for place in 0..self.plan.mentioned().len() {
            self.attend(self.plan.mentioned()[place]);
        }
        let mut again = false;
        for at in &self.attended {
            let intersection = self.area.intersection_mut(*at);
            let tell = |status| outputs.push(Output::Status(status));
            again |= intersection.follow(now, self.plan.decisions(*at), &self.config, tell);
        }
        again
    }

    /// What follows for one intersection: its wishes, then the statuses of its requests, then its next deadline.
    fn settle(&mut self, now: Instant, at: IntersectionIndex, outputs: &mut Vec<Output>) {
        self.settle_wishes(now, at);
        let engagement = &mut self.engagements[at.index()];
        if engagement.wished != engagement.wanted {
            engagement.wished.clone_from(&engagement.wanted);
            let intersection = self.area.intersection(at).layout().id();
            outputs.push(Output::Wishes { intersection, wishes: engagement.wished.clone() });
        }
        let intersection = self.area.intersection_mut(at);
        let tell = |status| outputs.push(Output::Status(status));
        intersection.confirm(now, &self.engagements[at.index()].wished, &self.config, tell);
        self.set_deadline(at);
    }

    /// What is wanted of the controller: the strategy's wishes, or those of the recovery after them.
    fn settle_wishes(&mut self, now: Instant, at: IntersectionIndex) {
        let engagement = &mut self.engagements[at.index()];
        let intersection = self.area.intersection(at);
        let refused = intersection.precedence().refusal().is_some();
        for group in intersection.layout().group_indices() {
            let wish = if refused { Wish::Program } else { self.plan.wishes(at).wish(group) };
            engagement.wanted.set(group, wish);
        }
        if refused {
            // What ranks above leads the lamps now: there is nothing to find back to.
            engagement.phase = Phase::Idle;
            return;
        }
        if !engagement.wanted.is_none() {
            engagement.phase = Phase::Intervention;
            return;
        }
        let ended = match engagement.phase {
            Phase::Idle => return,
            Phase::Intervention => now,
            Phase::Recovery { ended, .. } => ended,
        };
        let again = self.recovery.recover(now, ended, &self.area, at, &mut engagement.wanted);
        engagement.phase = match again {
            Some(ask) if ask > now => Phase::Recovery { ended, ask },
            _ => Phase::Idle,
        };
    }

    fn set_deadline(&mut self, at: IntersectionIndex) {
        let intersection = self.area.intersection(at);
        let requests = intersection.requests.deadline(intersection.signals(), &self.config);
        let recovery = match self.engagements[at.index()].phase {
            Phase::Recovery { ask, .. } => Some(ask),
            Phase::Idle | Phase::Intervention => None,
        };
        self.deadlines.set(at.index(), requests.into_iter().chain(recovery).min());
    }

    fn attends(&self, at: IntersectionIndex) -> bool {
        self.attended.binary_search(&at).is_ok()
    }

    fn attend(&mut self, at: IntersectionIndex) {
        if let Err(place) = self.attended.binary_search(&at) {
            self.attended.insert(place, at);
        }
    }
}
