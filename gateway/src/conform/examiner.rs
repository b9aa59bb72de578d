//! The examination itself, sans-I/O: an application that looks at everything, and commands lamps only where that was asked for and the
//! controller's id is the one that was given.

use std::sync::Arc;

use voorrang_signals::{Aspect, GroupIndex, Intersection};
use voorrang_tlcfi::objects::{
    ApplicationType, ControlState, DetectorFault, IntersectionControlState, SessionEvent, SessionEventCode,
};
use voorrang_tlcfi::session::LinkConfig;
use voorrang_tlcfi::session::application::{
    Application, ApplicationConfig, ApplicationEvent, Call, CloseReason, Facilities, GroupNumber, Oddity,
};
use voorrang_units::{Duration, Instant};

use super::check::{Check, Findings, Stage, Verdict};
use super::lamps::{Lamps, state_for};
use super::meta;
use super::trial::{Progress, Trial};
use crate::tlcfi_client::Client;

/// Answers have this long, so that slow ones are told as such.
const PATIENCE: Duration = Duration::from_millis(4500);
/// The public client's limit.
const ANSWER_WITHIN: Duration = Duration::from_seconds(1);
/// Everything is read within this, or never.
const READY_WITHIN: Duration = Duration::from_seconds(60);
/// Control is given within this, or not at all.
const GRANTED_WITHIN: Duration = Duration::from_seconds(120);
/// Control has ended after this.
const ENDED_WITHIN: Duration = Duration::from_seconds(180);
/// After control the controller is watched for this long.
const WATCHED_AFTER: Duration = Duration::from_seconds(20);

/// What to examine, and how far to go.
#[derive(Debug, Clone)]
pub struct Examination {
    /// As whom to register.
    pub username: String,
    /// With what.
    pub password: String,
    /// The intersection as it should be.
    pub layout: Arc<Intersection>,
    /// Its id in TLC-FI, where the controller has several.
    pub intersection: Option<String>,
    /// How long to look on before anything else.
    pub observe: Duration,
    /// Take control, and drive the lamps safely.
    pub control: bool,
    /// Also send commands that must not lead to a lamp.
    pub intrusive: bool,
    /// The id that the controller has to report before it is commanded anything.
    pub off_street: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Connecting,
    Observing(Instant),
    Wanting(Instant),
    Trial,
    GivingBack(Instant),
    After(Instant),
    Leaving,
    Done,
}

/// An examination that is going on.
#[derive(Debug)]
pub struct Examiner {
    examination: Examination,
    application: Application,
    phase: Phase,
    begun: Instant,
    findings: Findings,
    facilities: Option<Arc<Facilities>>,
    lamps: Option<Lamps>,
    /// The file's group of each of the controller's.
    groups: Vec<Option<GroupIndex>>,
    trial: Option<Trial>,
    /// The controller reports another id than was given.
    other_id: Option<String>,
    given_back: bool,
}

impl Examiner {
    /// An examination that has not begun.
    #[must_use]
    pub fn new(examination: Examination, now: Instant) -> Self {
        let kind = if examination.control || examination.intrusive {
            ApplicationType::Control
        } else {
            ApplicationType::Consumer
        };
        let mut config =
            ApplicationConfig::new(kind, examination.username.clone(), examination.password.clone());
        config.intersection.clone_from(&examination.intersection);
        config.link = LinkConfig { alive_reply: PATIENCE, reply_timeout: PATIENCE, ..LinkConfig::default() };
        Self {
            application: Application::new(config, now),
            examination,
            phase: Phase::Connecting,
            begun: now,
            findings: Findings::default(),
            facilities: None,
            lamps: None,
            groups: Vec::new(),
            trial: None,
            other_id: None,
            given_back: false,
        }
    }

    /// What was found.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// What the controller has, once known.
    #[must_use]
    pub fn facilities(&self) -> Option<&Arc<Facilities>> {
        self.facilities.as_ref()
    }

    /// The id that the controller reports, where it is not the one that was given: nothing was commanded.
    #[must_use]
    pub fn other_id(&self) -> Option<&str> {
        self.other_id.as_deref()
    }

    /// The stream never came up.
    pub fn unreachable(&mut self, why: &str) {
        self.findings.against(Check::Stream, why);
        self.finish();
    }

    /// The stream has ended, whyever: says of each check that was not made why not.
    pub fn conclude(&mut self) {
        if !matches!(self.phase, Phase::Done) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.phase = Phase::Done;
        self.weigh_statistics();
        for check in Check::ALL {
            if self.findings.verdict(*check) != Verdict::NotMade || !self.findings.lines(*check).is_empty() {
                continue;
            }
            let why = match check.stage() {
                Stage::Control if !self.examination.control && !self.examination.intrusive => {
                    "needs --control"
                }
                Stage::Intrusive if !self.examination.intrusive => "needs --intrusive",
                Stage::Control | Stage::Intrusive if self.other_id.is_some() => {
                    "another junction than --junction-is-off-street says"
                }
                _ => "nothing to judge by was seen before the end",
            };
            self.findings.note(*check, why);
        }
    }

    fn weigh_statistics(&mut self) {
        let statistics = self.application.statistics();
        let findings = &mut self.findings;
        let slowest = statistics.slowest_answer.max(statistics.slowest_alive);
        if slowest > ANSWER_WITHIN {
            findings.against(Check::Answers, format!("an answer took {slowest}"));
        } else if self.facilities.is_some() {
            findings.make(Check::Answers);
            findings.note(Check::Answers, format!("slowest: {slowest}"));
        }
        if statistics.alives_unanswered > 0 {
            findings.against(Check::AliveAnswered, format!("{} had none", statistics.alives_unanswered));
        }
        if statistics.alives_answered + statistics.alives_garbled > 0 {
            findings.make(Check::AliveAnswered);
            findings.make(Check::AliveEchoed);
        }
        if statistics.alives_garbled > 0 {
            findings.against(Check::AliveEchoed, format!("{} were not", statistics.alives_garbled));
        }
        if statistics.alives_heard > 0 {
            findings.make(Check::AliveSent);
            findings.note(Check::AliveSent, format!("longest between two: {}", statistics.longest_alive_gap));
        }
    }

    fn ready(&mut self, now: Instant, facilities: Arc<Facilities>) {
        let layout = &self.examination.layout;
        for check in [
            Check::Stream,
            Check::Register,
            Check::Version,
            Check::Messages,
            Check::Ticks,
            Check::Stopping,
            Check::Subscribed,
            Check::Intersection,
            Check::Detectors,
            Check::Moves,
        ] {
            self.findings.make(check);
        }
        meta::compare(layout, &facilities, &mut self.findings);
        self.groups = facilities.groups.iter().map(|group| layout.group_named(group.id.as_str())).collect();
        self.lamps = Some(Lamps::new(layout, &facilities));
        let commands = self.examination.control || self.examination.intrusive;
        let reported = facilities.intersection.id.as_str();
        if commands && self.examination.off_street.as_deref() != Some(reported) {
            self.other_id = Some(reported.to_owned());
        }
        self.facilities = Some(facilities);
        self.phase = Phase::Observing(now + self.examination.observe);
    }

    fn happened(&mut self, now: Instant, event: ApplicationEvent) {
        match event {
            ApplicationEvent::Ready(facilities) => self.ready(now, facilities),
            ApplicationEvent::SignalGroup { group, state, at } => {
                let (Some(Some(index)), Some(lamps)) =
                    (self.groups.get(group.index()).copied(), &mut self.lamps)
                else {
                    return;
                };
                let layout = &self.examination.layout;
                let outcome = lamps.told(layout, index, state, at, &mut self.findings);
                // Once control has gone back the controller's own program changes lamps.
                if let Some(trial) = &mut self.trial
                    && self.application.control_state().drives()
                {
                    let name = &layout.groups()[index.index()].name;
                    trial.told(now, index, state.aspect(), name, &mut self.findings);
                }
                if outcome.is_err() {
                    self.end_at_once(now);
                }
            }
            ApplicationEvent::Detector { detector, reading, .. } if reading.fault != DetectorFault::None => {
                let id = self
                    .facilities
                    .as_ref()
                    .and_then(|all| all.detectors.get(detector.index()))
                    .map(|meta| meta.id.to_string());
                self.findings.against(
                    Check::Detectors,
                    format!("detector {}: {}", id.unwrap_or_default(), reading.fault),
                );
            }
            ApplicationEvent::IntersectionState(IntersectionControlState::Error) => {
                if self.trial.as_ref().is_some_and(Trial::is_forbidden) {
                    self.findings.note(
                        Check::Intersection,
                        "it went to Error upon a forbidden command, which is its right",
                    );
                } else {
                    self.findings.against(Check::Intersection, "it went to Error");
                }
            }
            ApplicationEvent::Control(state) => self.control(now, state),
            ApplicationEvent::ControlGained => self.gained(now),
            ApplicationEvent::ControlLost { why } => self.lost(now, &why.to_string()),
            ApplicationEvent::SessionFault(event) => self.session_fault(&event),
            ApplicationEvent::TicksReset => {
                self.findings.against(Check::Ticks, "they began anew");
                if let Some(lamps) = &mut self.lamps {
                    lamps.forget();
                }
            }
            ApplicationEvent::Oddity(oddity) => self.odd(&oddity),
            ApplicationEvent::Unexplained { message, why } => {
                self.findings.against(Check::Messages, format!("{why}: {message}"));
            }
            ApplicationEvent::Closed { why } => self.closed(&why),
            _ => {}
        }
    }

    fn odd(&mut self, oddity: &Oddity) {
        let check = match oddity {
            Oddity::IllegalTransition { .. } | Oddity::OtherHandover { .. } => Check::Legal,
            Oddity::SkippedOctets(_) => Check::Messages,
            Oddity::ShortControl(_) => Check::Kept,
            // Known of a real controller, or of no consequence.
            Oddity::OtherObject { .. } | Oddity::SessionNotSubscribed(_) | Oddity::MoreThanExpected(_) => {
                return;
            }
        };
        self.findings.against(check, oddity.to_string());
    }

    fn session_fault(&mut self, event: &SessionEvent) {
        match event.code {
            SessionEventCode::FacilitiesStopping | SessionEventCode::Deregistered => {
                self.findings.against(Check::Stopping, event.code.to_string());
            }
            code if !self.trial.as_ref().is_some_and(Trial::is_forbidden) && !self.given_back => {
                self.findings.against(Check::Updates, format!("{code} {:?}", event.info));
            }
            _ => {}
        }
    }

    fn closed(&mut self, why: &CloseReason) {
        let check = match why {
            CloseReason::Requested => return self.finish(),
            CloseReason::StreamEnded => Check::Stream,
            CloseReason::Deregistered => Check::Stopping,
            CloseReason::Frame(_) | CloseReason::TooManyRequests => Check::Messages,
            CloseReason::TooManyCalls | CloseReason::Unanswered { .. } => Check::Answers,
            CloseReason::NoAlive(_) => Check::AliveSent,
            CloseReason::AliveUnanswered if self.application.statistics().alives_garbled > 0 => {
                Check::AliveEchoed
            }
            CloseReason::AliveUnanswered => Check::AliveAnswered,
            CloseReason::Refused { call: Call::Register, error } if error.code == 3 => Check::Version,
            CloseReason::Version { .. } => Check::Version,
            CloseReason::Refused { call: Call::Register, .. }
            | CloseReason::BadAnswer { call: Call::Register, .. } => Check::Register,
            CloseReason::Refused { .. }
            | CloseReason::BadAnswer { .. }
            | CloseReason::Intersection { .. }
            | CloseReason::TooMany { .. }
            | CloseReason::NotAsExpected(_) => Check::Subscribed,
        };
        self.findings.against(check, why.to_string());
        self.finish();
    }

    fn control(&mut self, now: Instant, state: ControlState) {
        self.findings.make(Check::Legal);
        if state == ControlState::EndControl && matches!(self.phase, Phase::Trial) {
            // It wants control back: that it gets, in order.
            if let Some(trial) = &mut self.trial {
                trial.clear_only();
            }
            self.give_back(now);
        }
    }

    fn gained(&mut self, now: Instant) {
        let Some(lamps) = &self.lamps else { return };
        if matches!(self.phase, Phase::Wanting(_)) {
            for check in [Check::Granted, Check::Updates, Check::Kept] {
                self.findings.make(check);
            }
            self.trial = Some(Trial::new(&self.examination.layout, lamps, self.examination.intrusive, now));
            self.phase = Phase::Trial;
        }
    }

    fn lost(&mut self, now: Instant, why: &str) {
        let forbidden = self.trial.take().is_some_and(|trial| trial.is_forbidden());
        if !self.given_back && !forbidden {
            self.findings.against(Check::Ended, format!("control was lost: {why}"));
        }
        self.given_back = true;
        self.application.want_control(now, false);
        if !matches!(self.phase, Phase::Done) {
            self.phase = Phase::After(now + WATCHED_AFTER);
        }
    }

    /// Two conflicting greens: whatever the reason, nothing more is tried.
    fn end_at_once(&mut self, now: Instant) {
        self.findings.note(Check::Conflicts, "the test was ended at once");
        if let Some(trial) = &mut self.trial {
            trial.abort();
            self.ask_lamps(now);
            self.give_back(now);
        } else {
            self.leave(now);
        }
    }

    fn give_back(&mut self, now: Instant) {
        self.given_back = true;
        self.findings.make(Check::Ended);
        self.application.want_control(now, false);
        self.phase = Phase::GivingBack(now);
    }

    fn leave(&mut self, now: Instant) {
        self.phase = Phase::Leaving;
        self.application.close(now);
    }

    fn ask_lamps(&mut self, now: Instant) {
        let (Some(trial), Some(facilities)) = (&self.trial, &self.facilities) else { return };
        if !self.application.has_control() {
            return;
        }
        let mut states = Vec::with_capacity(self.groups.len());
        for ((number, group), meta) in (0..).zip(&self.groups).zip(&facilities.groups) {
            let aspect = group.map_or(Aspect::Red, |group| trial.asked()[group.index()]);
            states.push((GroupNumber(number), state_for(meta, aspect)));
        }
        if let Err(error) = self.application.set_signal_groups(now, &states, &[]) {
            self.findings.against(Check::Ended, error.to_string());
        }
    }

    fn proceed(&mut self, now: Instant) {
        match self.phase {
            Phase::Connecting if now - self.begun >= READY_WITHIN => {
                self.findings
                    .against(Check::Subscribed, format!("not everything was read within {READY_WITHIN}"));
                self.leave(now);
            }
            Phase::Observing(until) if now >= until => self.observed(now),
            Phase::Wanting(until) if now >= until => {
                let state = self.application.control_state();
                self.findings.against(
                    Check::Granted,
                    format!("not within {GRANTED_WITHIN}; the session is at {state}"),
                );
                self.leave(now);
            }
            Phase::Trial => self.try_lamps(now),
            Phase::GivingBack(since) => self.end_control(now, since),
            Phase::After(until) if now >= until => self.leave(now),
            _ => {}
        }
    }

    fn observed(&mut self, now: Instant) {
        if let Some(lamps) = &self.lamps {
            for group in lamps.never_green() {
                let name = &self.examination.layout.groups()[group.index()].name;
                self.findings.against(
                    Check::Moves,
                    format!("group {name} was not, within {}", self.examination.observe),
                );
            }
        }
        let commands = self.examination.control || self.examination.intrusive;
        if commands && self.other_id.is_none() {
            self.phase = Phase::Wanting(now + GRANTED_WITHIN);
            self.application.want_control(now, true);
        } else {
            self.leave(now);
        }
    }

    fn try_lamps(&mut self, now: Instant) {
        let (Some(trial), Some(lamps)) = (&mut self.trial, &self.lamps) else { return };
        let progress = trial.step(now, &self.examination.layout, lamps, &mut self.findings);
        self.ask_lamps(now);
        if progress != Progress::Onward {
            self.give_back(now);
        }
    }

    fn end_control(&mut self, now: Instant, since: Instant) {
        if let (Some(trial), Some(lamps)) = (&mut self.trial, &self.lamps) {
            let progress = trial.step(now, &self.examination.layout, lamps, &mut self.findings);
            let cleared = progress != Progress::Onward && lamps.all_red();
            self.ask_lamps(now);
            if cleared {
                self.application.end_reached(now);
            }
        }
        let state = self.application.control_state();
        if !state.drives() && state != ControlState::StartControl {
            self.trial = None;
            self.findings.note(Check::Ended, format!("within {}", now - since));
            self.phase = Phase::After(now + WATCHED_AFTER);
        } else if now - since >= ENDED_WITHIN {
            self.findings
                .against(Check::Ended, format!("not within {ENDED_WITHIN}; the session is at {state}"));
            self.leave(now);
        }
    }
}

impl Client for Examiner {
    fn application(&mut self) -> &mut Application {
        &mut self.application
    }

    fn step(&mut self, now: Instant) {
        while let Some(event) = self.application.next_event() {
            self.happened(now, event);
        }
        self.proceed(now);
        while let Some(event) = self.application.next_event() {
            self.happened(now, event);
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }
}
