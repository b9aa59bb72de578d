//! Messages that come: each is explained, or told as one that nobody can make sense of.

use std::sync::Arc;

use serde_json::value::RawValue;
use voorrang_units::Instant;

use super::event::{ApplicationEvent, Call, CloseReason};
use super::facilities::Facilities;
use super::mirror::{Told, foreign};
use super::{Application, Nothing, Stage};
use crate::objects::{
    Events, ObjectType, ReceivedEvent, ReceivedReference, ReceivedUpdateGroup, SessionEvent,
    SessionEventCode, SessionUpdate, States,
};
use crate::rpc::{ErrorAnswer, ErrorCode, Params, cut, method};
use crate::session::Incoming;
use crate::session::link::not_offered;
use crate::ticks::{TickStep, Ticks};

impl Application {
    /// One message.
    pub(super) fn message(&mut self, now: Instant, text: &[u8]) {
        let incoming = match self.link.sort(now, text) {
            Ok(Ok(incoming)) => incoming,
            Ok(Err(unexplained)) => return self.unexplained(text, unexplained.to_string()),
            Err(fault) => return self.end(fault.into()),
        };
        match incoming {
            Incoming::PeerAlive { step, .. } => self.stepped(step),
            Incoming::AliveAnswered { .. } => {}
            Incoming::Notification { method, params } => {
                if let Err(why) = self.notification(now, &method, params) {
                    self.unexplained(text, why);
                }
            }
            Incoming::Request { id, method, params } => match method.as_ref() {
                // Some libraries number notifications, and wait for an answer.
                method::UPDATE_STATE | method::NOTIFY_EVENT => {
                    match self.notification(now, &method, params) {
                        Ok(()) => self.link.answer(&id, &Nothing {}),
                        Err(why) => {
                            self.link.refuse(&id, &ErrorAnswer::new(ErrorCode::Error, cut(&why)));
                            self.unexplained(text, why);
                        }
                    }
                }
                // A controller may ask an application for its meta; the public client says error 0.
                method::READ_META => {
                    self.link.refuse(&id, &ErrorAnswer::new(ErrorCode::Error, "an application has no meta"))
                }
                other => {
                    self.link.refuse(&id, &not_offered(other));
                    self.unexplained(text, format!("a controller has no reason to call {}", cut(other)));
                }
            },
            Incoming::Answered { about, result, .. } => {
                if let Err(reason) = self.answered(now, about, result) {
                    self.end(reason);
                }
            }
        }
    }

    fn answered(
        &mut self,
        now: Instant,
        call: Call,
        result: Result<&RawValue, ErrorAnswer>,
    ) -> Result<(), CloseReason> {
        match (call, result) {
            (Call::Deregister, _) => Err(CloseReason::Requested),
            (_, _) if matches!(self.stage, Stage::Leaving) => Ok(()),
            (Call::Register, Ok(raw)) => self.registered(now, raw),
            (Call::ReadMeta(object_type), Ok(raw)) => self.meta_read(now, object_type, raw),
            (Call::Subscribe(object_type), Ok(raw)) => self.subscribed(now, object_type, raw),
            (Call::Subscribe(object_type), Err(error)) => self.subscription_refused(now, object_type, error),
            (_, Err(error)) => Err(CloseReason::Refused { call, error }),
        }
    }

    fn notification(&mut self, now: Instant, name: &str, params: Params<'_>) -> Result<(), String> {
        match name {
            method::UPDATE_STATE => {
                let group: ReceivedUpdateGroup<'_> = params.read().map_err(|error| error.message)?;
                let step = self.link.observe(now, group.ticks);
                self.stepped(step);
                let mut why = None;
                for update in &group.update {
                    let outcome = match update.states() {
                        Ok(states) => self.update(now, group.ticks, &update.objects, states),
                        Err(error) => Some(error.to_string()),
                    };
                    why = why.or(outcome);
                }
                why.map_or(Ok(()), Err)
            }
            method::NOTIFY_EVENT => {
                let event: ReceivedEvent<'_> = params.read().map_err(|error| error.message)?;
                let step = self.link.observe(now, event.ticks);
                self.stepped(step);
                let events = event.events().map_err(|error| error.to_string())?;
                self.happened(now, &event.objects, events)
            }
            other => Err(format!("there is no notification {}", cut(other))),
        }
    }

    /// States came. Says what of them makes no sense; the rest counts.
    pub(super) fn update(
        &mut self,
        now: Instant,
        ticks: Ticks,
        objects: &ReceivedReference<'_>,
        states: States,
    ) -> Option<String> {
        if let States::Session(list) = states {
            return self.update_sessions(now, objects, &list);
        }
        let Some(facilities) = self.facilities.clone() else {
            return Some(format!("states of {} before its meta are known", objects.object_type));
        };
        let told = Told { now, ticks, clock: self.link.peer_clock() };
        let (mirror, events) = (&mut self.mirror, &mut self.events);
        let ids = objects.ids.iter().map(|id| id.as_str());
        match states {
            States::Session(_) => None,
            States::Intersection(list) => {
                for (id, update) in ids.zip(list) {
                    if id == facilities.intersection.id.as_str()
                        && let Some(state) = update.state
                        && self.control.intersection != Some(state)
                    {
                        self.control.intersection(now, state);
                        if matches!(self.stage, Stage::Running) {
                            events.push_back(ApplicationEvent::IntersectionState(state));
                        }
                    }
                }
                // One message may tell of others that the controller has.
                foreign(objects, |id| {
                    facilities.controller.intersections.iter().find(|known| known.as_str() == id)
                })
            }
            States::SignalGroup(list) => {
                for (id, update) in ids.zip(list) {
                    if let Some(group) = facilities.group(id) {
                        mirror.group(told, group, update, events);
                    }
                }
                foreign(objects, |id| facilities.group(id))
            }
            States::Detector(list) => {
                for (id, update) in ids.zip(list) {
                    if let Some(detector) = facilities.detector(id) {
                        mirror.detector(told, detector, update, events);
                    }
                }
                foreign(objects, |id| facilities.detector(id))
            }
            States::Input(list) => {
                for (id, update) in ids.zip(list) {
                    if let Some(input) = facilities.input(id) {
                        mirror.input(told, input, update, events);
                    }
                }
                foreign(objects, |id| facilities.input(id))
            }
            States::Output(list) => {
                for (id, update) in ids.zip(list) {
                    if let Some(output) = facilities.output(id) {
                        mirror.output(told, output, update, events);
                    }
                }
                foreign(objects, |id| facilities.output(id))
            }
            States::Variable(list) => {
                for (id, update) in ids.zip(list) {
                    if let Some(variable) = facilities.variable(id) {
                        mirror.variable(variable, update, events);
                    }
                }
                foreign(objects, |id| facilities.variable(id))
            }
            States::Generator(list) => {
                let ours = |id: &str| facilities.generator.as_ref().filter(|known| known.as_str() == id);
                for (id, update) in ids.zip(list) {
                    if ours(id).is_some() {
                        mirror.generator(update, events);
                    }
                }
                foreign(objects, ours)
            }
        }
    }

    fn update_sessions(
        &mut self,
        now: Instant,
        objects: &ReceivedReference<'_>,
        list: &[SessionUpdate],
    ) -> Option<String> {
        for (id, update) in objects.ids.iter().zip(list) {
            if !self.is_ours(id.as_str()) {
                continue;
            }
            if let Some(state) = update.control_state {
                let changed = self.control.state != state;
                let oddity = self.control.told(now, state);
                if changed {
                    self.events.push_back(ApplicationEvent::Control(state));
                }
                self.events.extend(oddity.map(ApplicationEvent::Oddity));
            }
            if let Some(wanted) = update.request_handover {
                let oddity = self.control.handover(wanted, self.config.start_capability);
                self.events.extend(oddity.map(ApplicationEvent::Oddity));
            }
        }
        foreign(objects, |id| self.is_ours(id).then_some(()))
    }

    fn is_ours(&self, session: &str) -> bool {
        let ours = [&self.session, &self.session_alias];
        ours.into_iter().flatten().any(|id| id.as_str() == session)
    }

    /// Events came.
    fn happened(
        &mut self,
        now: Instant,
        objects: &ReceivedReference<'_>,
        events: Events,
    ) -> Result<(), String> {
        match events {
            Events::Session(list) => {
                for event in list {
                    self.session_event(now, event);
                }
                foreign(objects, |id| self.is_ours(id).then_some(())).map_or(Ok(()), Err)
            }
            Events::Detector(list) => {
                let facilities = self.known(objects.object_type)?;
                for (id, event) in objects.ids.iter().zip(list) {
                    if let Some(detector) = facilities.detector(id.as_str()) {
                        self.events.push_back(ApplicationEvent::DetectorPassage { detector, event });
                    }
                }
                foreign(objects, |id| facilities.detector(id)).map_or(Ok(()), Err)
            }
            Events::SpecialVehicle(list) => {
                let facilities = self.known(objects.object_type)?;
                let ours = |id: &str| facilities.generator.as_ref().filter(|known| known.as_str() == id);
                for (id, event) in objects.ids.iter().zip(list) {
                    if ours(id.as_str()).is_some() {
                        self.events.push_back(ApplicationEvent::SpecialVehicle(event));
                    }
                }
                foreign(objects, ours).map_or(Ok(()), Err)
            }
        }
    }

    fn known(&self, object_type: ObjectType) -> Result<Arc<Facilities>, String> {
        self.facilities.clone().ok_or_else(|| format!("events of {object_type} before its meta are known"))
    }

    fn session_event(&mut self, now: Instant, event: SessionEvent) {
        let code = event.code;
        self.events.push_back(ApplicationEvent::SessionFault(event));
        match code {
            SessionEventCode::Deregistered => self.end(CloseReason::Deregistered),
            SessionEventCode::FacilitiesStopping => self.control.stop(),
            SessionEventCode::IncorrectControlState
            | SessionEventCode::IncorrectApplicationType
            | SessionEventCode::IncorrectIntersection => self.control.refused(now),
            SessionEventCode::Unlisted(_) => {}
        }
    }

    fn stepped(&mut self, step: TickStep) {
        if step == TickStep::Reset {
            self.events.push_back(ApplicationEvent::TicksReset);
        }
    }

    fn unexplained(&mut self, text: &[u8], why: String) {
        let message = cut(&String::from_utf8_lossy(&text[..text.len().min(400)]));
        self.events.push_back(ApplicationEvent::Unexplained { message, why });
    }
}
