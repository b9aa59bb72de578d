//! From the registration to the first state of everything: meta and subscriptions. Calls of one step go out together; their answers may come in
//! any order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::value::RawValue;
use voorrang_units::Instant;

use super::event::{ApplicationEvent, Call, CloseReason, Oddity};
use super::facilities::{Facilities, Places, most};
use super::mirror::Mirror;
use super::wishes::Wishes;
use super::{Application, Stage};
use crate::objects::{
    ApplicationType, DetectorMeta, FacilitiesMeta, IntersectionMeta, IoMeta, Metas, ObjectId,
    ObjectReference, ObjectType, ProtocolVersion, ReceivedObjects, ReceivedReference, RegistrationReply,
    SignalGroupMeta, States, VariableMeta,
};
use crate::rpc::{ErrorAnswer, method, read_result};

/// What is known so far.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) session: ObjectId,
    facilities_id: ObjectId,
    version: ProtocolVersion,
    facilities: Option<FacilitiesMeta>,
    intersection_id: Option<ObjectId>,
    intersection: Option<IntersectionMeta>,
    /// What is asked for of each type, in order.
    ids: BTreeMap<i32, Vec<ObjectId>>,
    exclusive_outputs: usize,
    groups: Vec<SignalGroupMeta>,
    detectors: Vec<DetectorMeta>,
    inputs: Vec<IoMeta>,
    outputs: Vec<IoMeta>,
    variables: Vec<VariableMeta>,
    /// Meta that are asked for and not yet there.
    open: BTreeSet<i32>,
    /// Subscriptions that are asked for and not yet there.
    unsubscribed: BTreeSet<i32>,
}

impl Application {
    /// The controller took the registration.
    pub(super) fn registered(&mut self, now: Instant, raw: &RawValue) -> Result<(), CloseReason> {
        let reply: RegistrationReply = read(Call::Register, raw)?;
        self.retry.registered(now);
        let ours = self.config.version;
        if !ours.is_compatible_with(reply.version) {
            return Err(CloseReason::Version { ours, theirs: reply.version });
        }
        let facilities = reply.facilities.ids.into_iter().next().ok_or_else(|| CloseReason::BadAnswer {
            call: Call::Register,
            why: "it names no facilities".to_owned(),
        })?;
        self.events.push_back(ApplicationEvent::Registered);
        self.link.start_alive(now);
        let draft = Draft {
            session: reply.sessionid.clone(),
            facilities_id: facilities.clone(),
            version: reply.version,
            facilities: None,
            intersection_id: None,
            intersection: None,
            ids: BTreeMap::new(),
            exclusive_outputs: 0,
            groups: Vec::new(),
            detectors: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            variables: Vec::new(),
            open: [ObjectType::Session.number(), ObjectType::TlcFacilities.number()].into(),
            unsubscribed: BTreeSet::new(),
        };
        self.stage = Stage::Reading(Box::new(draft));
        self.session = Some(reply.sessionid.clone());
        self.call(now, Call::ReadMeta(ObjectType::Session), vec![reply.sessionid])?;
        self.call(now, Call::ReadMeta(ObjectType::TlcFacilities), vec![facilities])
    }

    /// ReadMeta came back.
    pub(super) fn meta_read(
        &mut self,
        now: Instant,
        object_type: ObjectType,
        raw: &RawValue,
    ) -> Result<(), CloseReason> {
        let call = Call::ReadMeta(object_type);
        let bad = |why: String| CloseReason::BadAnswer { call, why };
        let answer: ReceivedObjects<'_> = read(call, raw)?;
        self.link.observe(now, answer.ticks);
        let metas = answer.meta().map_err(|error| bad(error.to_string()))?;
        let Stage::Reading(draft) = &mut self.stage else { return Ok(()) };
        if metas.object_type() != object_type {
            return Err(bad(format!("it is about objects of type {}", metas.object_type())));
        }
        draft.open.remove(&object_type.number());
        let asked = match object_type {
            ObjectType::Session => vec![draft.session.clone()],
            ObjectType::TlcFacilities => vec![draft.facilities_id.clone()],
            ObjectType::Intersection => draft.intersection_id.clone().into_iter().collect(),
            _ => draft.ids.get(&object_type.number()).cloned().unwrap_or_default(),
        };
        let other = other_object(call, &asked, &answer.objects);
        match metas {
            Metas::Session(list) => {
                for meta in &list {
                    if meta.application_type != self.config.kind {
                        return Err(bad(format!("the session is of type {}", meta.application_type)));
                    }
                }
                self.session_alias = answer.objects.ids.first().map(|id| id.to_id());
                let session = vec![draft.session.clone()];
                draft.unsubscribed.insert(ObjectType::Session.number());
                self.call(now, Call::Subscribe(ObjectType::Session), session)?;
            }
            Metas::Facilities(list) => {
                let meta = list.into_iter().next().ok_or_else(|| bad("it is empty".to_owned()))?;
                let intersection = choose(self.config.intersection.as_deref(), &meta)?;
                draft.facilities = Some(meta);
                draft.intersection_id = Some(intersection.clone());
                draft.open.insert(ObjectType::Intersection.number());
                self.call(now, Call::ReadMeta(ObjectType::Intersection), vec![intersection])?;
            }
            Metas::Intersection(list) => {
                draft.intersection = list.into_iter().next();
                self.ask_for_objects(now)?;
            }
            Metas::SignalGroup(list) => {
                draft.groups =
                    arrange(&asked, &answer.objects, list, |meta, id| meta.id = id).map_err(bad)?;
            }
            Metas::Detector(list) => {
                draft.detectors =
                    arrange(&asked, &answer.objects, list, |meta, id| meta.id = id).map_err(bad)?;
            }
            Metas::Input(list) => {
                draft.inputs =
                    arrange(&asked, &answer.objects, list, |meta, id| meta.id = id).map_err(bad)?;
            }
            Metas::Output(list) => {
                draft.outputs =
                    arrange(&asked, &answer.objects, list, |meta, id| meta.id = id).map_err(bad)?;
            }
            Metas::Variable(list) => {
                draft.variables =
                    arrange(&asked, &answer.objects, list, |meta, id| meta.id = id).map_err(bad)?;
            }
            Metas::Generator(_) => {}
        }
        self.events.extend(other.map(ApplicationEvent::Oddity));
        self.subscribe_once_all_is_known(now)
    }

    /// Asks for the meta of everything that the intersection has.
    fn ask_for_objects(&mut self, now: Instant) -> Result<(), CloseReason> {
        let Stage::Reading(draft) = &mut self.stage else { return Ok(()) };
        let (Some(facilities), Some(intersection)) = (&draft.facilities, &draft.intersection) else {
            return Ok(());
        };
        let sole = facilities.intersections.len() <= 1;
        let with = |own: &[ObjectId], all: &[ObjectId]| {
            let mut ids = own.to_vec();
            let known: BTreeSet<&ObjectId> = own.iter().collect();
            if sole {
                ids.extend(all.iter().filter(|id| !known.contains(id)).cloned());
            }
            ids
        };
        draft.exclusive_outputs = intersection.outputs.len();
        let generator = intersection.spvehgenerator.as_ref().or(facilities.spvehgenerator.as_ref());
        let lists = [
            (ObjectType::SignalGroup, intersection.signalgroups.clone()),
            (ObjectType::Detector, with(&intersection.detectors, &facilities.detectors)),
            (ObjectType::Output, with(&intersection.outputs, &facilities.outputs)),
            (ObjectType::Input, with(&intersection.inputs, &facilities.inputs)),
            (ObjectType::SpecialVehicleEventGenerator, generator.cloned().into_iter().collect()),
            (ObjectType::Variable, facilities.variables.clone()),
        ];
        let mut calls = Vec::new();
        for (object_type, ids) in lists {
            let (number, most) = (ids.len(), most(object_type));
            if number > most {
                return Err(CloseReason::TooMany { object_type, number, most });
            }
            if ids.iter().collect::<BTreeSet<_>>().len() < number {
                let call = Call::ReadMeta(ObjectType::Intersection);
                return Err(CloseReason::BadAnswer { call, why: format!("it names a {object_type} twice") });
            }
            if number > 0 {
                draft.open.insert(object_type.number());
                draft.ids.insert(object_type.number(), ids.clone());
                calls.push((object_type, ids));
            }
        }
        for (object_type, ids) in calls {
            self.call(now, Call::ReadMeta(object_type), ids)?;
        }
        Ok(())
    }

    /// Everything is known: compares it with what is expected, and subscribes.
    fn subscribe_once_all_is_known(&mut self, now: Instant) -> Result<(), CloseReason> {
        let Stage::Reading(draft) = &mut self.stage else { return Ok(()) };
        if !draft.open.is_empty() || self.facilities.is_some() {
            return Ok(());
        }
        let (Some(controller), Some(intersection)) = (draft.facilities.take(), draft.intersection.take())
        else {
            return Ok(());
        };
        let generator = draft.ids.get(&ObjectType::SpecialVehicleEventGenerator.number());
        let mut facilities = Facilities {
            session: draft.session.clone(),
            version: draft.version,
            controller,
            intersection,
            groups: std::mem::take(&mut draft.groups),
            detectors: std::mem::take(&mut draft.detectors),
            inputs: std::mem::take(&mut draft.inputs),
            outputs: std::mem::take(&mut draft.outputs),
            exclusive_outputs: draft.exclusive_outputs,
            generator: generator.and_then(|ids| ids.first().cloned()),
            variables: std::mem::take(&mut draft.variables),
            places: Places::default(),
        };
        facilities.index();
        if let Some(expected) = &self.config.expected {
            let differences = facilities.differences(expected);
            if !differences.fatal.is_empty() {
                return Err(CloseReason::NotAsExpected(differences.fatal));
            }
            let more = differences.more.into_iter().map(Oddity::MoreThanExpected);
            self.events.extend(more.map(ApplicationEvent::Oddity));
        }
        let mut calls = vec![(ObjectType::Intersection, draft.intersection_id.clone().into_iter().collect())];
        for (number, ids) in &draft.ids {
            calls.push((ObjectType::from_number(*number), ids.clone()));
        }
        draft.unsubscribed.extend(calls.iter().map(|(object_type, _)| object_type.number()));
        self.mirror = Mirror::new(&facilities);
        self.wishes = Wishes::new(&facilities);
        self.facilities = Some(Arc::new(facilities));
        for (object_type, ids) in calls {
            self.call(now, Call::Subscribe(object_type), ids)?;
        }
        Ok(())
    }

    /// Subscribe came back: the present states.
    pub(super) fn subscribed(
        &mut self,
        now: Instant,
        object_type: ObjectType,
        raw: &RawValue,
    ) -> Result<(), CloseReason> {
        let call = Call::Subscribe(object_type);
        let bad = |why: String| CloseReason::BadAnswer { call, why };
        let answer: ReceivedObjects<'_> = read(call, raw)?;
        self.link.observe(now, answer.ticks);
        match answer.data() {
            // A consumer's session has no state: controllers say so in more than one way.
            Err(_) if object_type == ObjectType::Session && self.config.kind != ApplicationType::Control => {}
            Err(error) => return Err(bad(error.to_string())),
            Ok(States::Session(list)) if self.config.kind != ApplicationType::Control => drop(list),
            Ok(states) => {
                if states.object_type() != object_type {
                    return Err(bad(format!("it is about objects of type {}", states.object_type())));
                }
                if let Some(why) = self.update(now, answer.ticks, &answer.objects, states) {
                    return Err(bad(why));
                }
            }
        }
        self.subscription_settled(now, object_type);
        Ok(())
    }

    /// Subscribe was refused.
    pub(super) fn subscription_refused(
        &mut self,
        now: Instant,
        object_type: ObjectType,
        error: ErrorAnswer,
    ) -> Result<(), CloseReason> {
        if object_type == ObjectType::Session && self.config.kind != ApplicationType::Control {
            self.events.push_back(ApplicationEvent::Oddity(Oddity::SessionNotSubscribed(error)));
            self.subscription_settled(now, object_type);
            return Ok(());
        }
        Err(CloseReason::Refused { call: Call::Subscribe(object_type), error })
    }

    fn subscription_settled(&mut self, _now: Instant, object_type: ObjectType) {
        let Stage::Reading(draft) = &mut self.stage else { return };
        draft.unsubscribed.remove(&object_type.number());
        if !draft.unsubscribed.is_empty() || !draft.open.is_empty() {
            return;
        }
        let Some(facilities) = &self.facilities else { return };
        self.events.push_back(ApplicationEvent::Ready(Arc::clone(facilities)));
        self.stage = Stage::Running;
        if let Some(state) = self.control.intersection {
            self.events.push_back(ApplicationEvent::IntersectionState(state));
        }
        self.mirror.speak(&mut self.events);
    }

    fn call(&mut self, now: Instant, call: Call, ids: Vec<ObjectId>) -> Result<(), CloseReason> {
        let (name, object_type) = match call {
            Call::ReadMeta(object_type) => (method::READ_META, object_type),
            Call::Subscribe(object_type) => (method::SUBSCRIBE, object_type),
            Call::Register | Call::Deregister => return Ok(()),
        };
        Ok(self.link.call(now, call, name, &ObjectReference::new(object_type, ids))?)
    }
}

pub(super) fn read<'a, T: serde::Deserialize<'a>>(call: Call, raw: &'a RawValue) -> Result<T, CloseReason> {
    read_result(raw).map_err(|error| CloseReason::BadAnswer { call, why: error.message })
}

/// Which intersection to take.
fn choose(wanted: Option<&str>, meta: &FacilitiesMeta) -> Result<ObjectId, CloseReason> {
    let found = match wanted {
        Some(wanted) => meta.intersections.iter().find(|id| id.as_str() == wanted),
        None if meta.intersections.len() == 1 => meta.intersections.first(),
        None => None,
    };
    found.cloned().ok_or_else(|| CloseReason::Intersection {
        wanted: wanted.map(str::to_owned),
        offered: meta.intersections.iter().take(20).map(ToString::to_string).collect(),
    })
}

/// An answer about one object may name it otherwise: known of a real controller.
fn other_object(call: Call, asked: &[ObjectId], got: &ReceivedReference<'_>) -> Option<Oddity> {
    match (asked, got.ids.as_slice()) {
        ([asked], [got]) if asked.as_str() != got.as_str() => {
            Some(Oddity::OtherObject { call, asked: asked.to_string(), got: got.as_str().to_owned() })
        }
        _ => None,
    }
}

/// Puts meta into the order in which they were asked for.
fn arrange<T>(
    asked: &[ObjectId],
    got: &ReceivedReference<'_>,
    list: Vec<T>,
    name: impl Fn(&mut T, ObjectId),
) -> Result<Vec<T>, String> {
    let mut by_id: BTreeMap<&str, T> = got.ids.iter().map(|id| id.as_str()).zip(list).collect();
    let mut arranged = Vec::with_capacity(asked.len());
    for id in asked {
        let mut meta = by_id.remove(id.as_str()).ok_or_else(|| format!("it lacks {id}"))?;
        name(&mut meta, id.clone());
        arranged.push(meta);
    }
    Ok(arranged)
}
