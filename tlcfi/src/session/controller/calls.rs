//! Calls of applications: Register, Deregister, ReadMeta, Subscribe, Alive. What an application sends is checked completely before anything
//! follows from it.

use serde::{Deserialize, Serialize};
use voorrang_units::Instant;

use super::control::Control;
use super::peer::{CloseReason, Session};
use super::states::member;
use super::{ConnectionId, ControllerEvent, ControllerSessions};
use crate::objects::{
    Alive, ApplicationType, Metas, ObjectData, ObjectId, ObjectMeta, ObjectReference, ObjectType,
    ReceivedReference, RegistrationReply, RegistrationRequest, SessionMeta, SessionUpdate, States,
};
use crate::rpc::{ErrorAnswer, ErrorCode, Id, Params, method};

/// After so many refused registrations a stream is closed.
const MAX_REFUSED: u8 = 5;

/// The argument of Deregister: an object without members that matter.
#[derive(Debug, Deserialize)]
struct Nothing {}

/// An answer without content.
#[derive(Debug, Serialize)]
struct Done {}

impl ControllerSessions {
    pub(super) fn call(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        id: &Id,
        name: &str,
        params: Params<'_>,
    ) {
        match name {
            method::REGISTER => {
                let answer = self.register(now, connection, params);
                if answer.is_err()
                    && let Some(peer) = self.peers.get_mut(&connection)
                {
                    peer.refused_registrations += 1;
                }
                self.answer(now, connection, id, &answer);
                if self.peers.get(&connection).is_some_and(|peer| peer.refused_registrations >= MAX_REFUSED) {
                    self.close(now, connection, CloseReason::Refused);
                }
            }
            method::DEREGISTER => {
                let answer =
                    self.registered(connection).and_then(|()| read::<Nothing>(params)).map(|_| Done {});
                self.answer(now, connection, id, &answer);
                if answer.is_ok() {
                    self.close(now, connection, CloseReason::Deregistered);
                }
            }
            method::ALIVE => {
                let answer = self.alive(now, connection, params);
                if !self.misbehaviour.leaves_alive_unanswered {
                    self.answer(now, connection, id, &answer);
                }
            }
            method::READ_META => {
                let answer = self.read_meta(now, connection, params);
                self.answer(now, connection, id, &answer);
            }
            method::SUBSCRIBE => {
                let answer = self.subscribe(now, connection, params);
                self.answer(now, connection, id, &answer);
            }
            // Notifications by the book; some libraries number them, and wait for an answer.
            method::UPDATE_STATE | method::NOTIFY_EVENT => {
                let answer = self.notification(now, connection, name, params).map(|()| Done {});
                self.answer(now, connection, id, &answer);
            }
            _ => {
                let error = ErrorAnswer::new(ErrorCode::MethodNotFound, "no such method");
                self.answer::<Done>(now, connection, id, &Err(error));
            }
        }
    }

    pub(super) fn registered(&self, connection: ConnectionId) -> Result<(), ErrorAnswer> {
        let session = self.peers.get(&connection).and_then(|peer| peer.session.as_ref());
        match session {
            Some(_) => Ok(()),
            None => Err(ErrorAnswer::new(ErrorCode::NotAuthorized, "register first")),
        }
    }

    fn answer<R: Serialize>(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        id: &Id,
        answer: &Result<R, ErrorAnswer>,
    ) {
        let at = self.misbehaviour.answers_after.map(|after| now + after);
        if let Some(peer) = self.peers.get_mut(&connection) {
            peer.answer(id, answer, at);
        }
    }

    fn register(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        params: Params<'_>,
    ) -> Result<RegistrationReply, ErrorAnswer> {
        let request: RegistrationRequest = read(params)?;
        for (what, text) in [("username", &request.username), ("password", &request.password)] {
            if !RegistrationRequest::is_name(text) {
                let message = format!("{what}: up to 32 printable ASCII characters, without quote and comma");
                return Err(ErrorAnswer::new(ErrorCode::InvalidAttributeValue, message));
            }
        }
        let version = self.misbehaviour.version.unwrap_or(self.config.version);
        if !version.is_compatible_with(request.version) {
            let message = format!("this controller speaks {version}, not {}", request.version);
            return Err(ErrorAnswer::new(ErrorCode::InvalidProtocol, message));
        }
        self.check_rights(&request)?;
        let again = self.peers.iter().any(|(other, peer)| {
            let session = peer.session.as_ref();
            session.is_some_and(|session| *other == connection || session.username == request.username)
        });
        if again {
            let message = "there is a session already for this stream or user";
            return Err(ErrorAnswer::new(ErrorCode::AlreadyRegistered, message));
        }
        self.registrations += 1;
        let session_id = ObjectId::new(&format!("Session_{}", self.registrations))
            .ok_or_else(|| ErrorAnswer::new(ErrorCode::Internal, "no id for the session"))?;
        let Some(peer) = self.peers.get_mut(&connection) else {
            return Err(ErrorAnswer::new(ErrorCode::Internal, "no stream"));
        };
        let kind = request.application_type;
        peer.session = Some(Session {
            id: session_id.clone(),
            username: request.username.clone(),
            kind,
            control: (kind == ApplicationType::Control).then(|| Control::new(now)),
            subscribed: false,
            ask_at: now + self.config.alive_interval,
            heard: now,
            failures: 0,
        });
        self.events.push_back(ControllerEvent::Registered { connection, username: request.username, kind });
        let facilities = ObjectReference::one(ObjectType::TlcFacilities, self.equipment.facilities.clone());
        Ok(RegistrationReply { sessionid: session_id, facilities, version })
    }

    fn check_rights(&self, request: &RegistrationRequest) -> Result<(), ErrorAnswer> {
        let kind = request.application_type;
        if !ApplicationType::LISTED.contains(&kind) {
            return Err(ErrorAnswer::new(ErrorCode::InvalidAttributeValue, "type: 0, 1 or 2"));
        }
        if self.misbehaviour.refuses_registration {
            return Err(ErrorAnswer::new(ErrorCode::NotAuthorized, "nobody may register"));
        }
        if self.config.accounts.is_empty() {
            return Ok(());
        }
        let mut accounts = self.config.accounts.iter();
        let account = accounts
            .find(|account| account.username == request.username && account.password == request.password)
            .ok_or_else(|| ErrorAnswer::new(ErrorCode::NotAuthorized, "user name or password are wrong"))?;
        if account.kinds.contains(&kind) {
            Ok(())
        } else {
            Err(ErrorAnswer::new(
                ErrorCode::NoRights,
                "this user may not register as this type of application",
            ))
        }
    }

    fn alive(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        params: Params<'_>,
    ) -> Result<Alive, ErrorAnswer> {
        self.registered(connection)?;
        let alive: Alive = read(params)?;
        if let Some(peer) = self.peers.get_mut(&connection) {
            peer.clock.observe(now, alive.ticks);
            if let Some(session) = &mut peer.session {
                session.heard = now;
            }
        }
        let time = if self.misbehaviour.garbles_alive { alive.time.wrapping_add(1) } else { alive.time };
        Ok(Alive { time, ..alive })
    }

    fn read_meta(
        &self,
        now: Instant,
        connection: ConnectionId,
        params: Params<'_>,
    ) -> Result<ObjectMeta, ErrorAnswer> {
        self.registered(connection)?;
        let objects: ReceivedReference<'_> = read(params)?;
        let ticks = self.clock.at(now);
        if objects.object_type == ObjectType::Session {
            let (id, session) = self.own_session(connection, &objects)?;
            let meta = SessionMeta { sessionid: id.clone(), application_type: session };
            let objects = ObjectReference::one(ObjectType::Session, id);
            return Ok(ObjectMeta { objects, meta: Metas::Session(vec![meta]), ticks });
        }
        let places = self.places_of(&objects)?;
        let meta = self.equipment.metas(objects.object_type, &places);
        let meta = meta.ok_or_else(|| unknown_type(objects.object_type))?;
        Ok(ObjectMeta { objects: objects.to_reference(), meta, ticks })
    }

    fn subscribe(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        params: Params<'_>,
    ) -> Result<ObjectData, ErrorAnswer> {
        self.registered(connection)?;
        let objects: ReceivedReference<'_> = read(params)?;
        let ticks = self.clock.at(now);
        if objects.object_type == ObjectType::Session {
            let (id, _) = self.own_session(connection, &objects)?;
            let state = match self.peers.get_mut(&connection).and_then(|peer| peer.session.as_mut()) {
                Some(session) => {
                    session.subscribed = true;
                    session.control.as_ref().map_or_else(SessionUpdate::default, |control| SessionUpdate {
                        control_state: Some(control.state),
                        request_handover: control.handover,
                        ..SessionUpdate::default()
                    })
                }
                None => SessionUpdate::default(),
            };
            let objects = ObjectReference::one(ObjectType::Session, id);
            return Ok(ObjectData { objects, data: States::Session(vec![state]), ticks });
        }
        let places = self.places_of(&objects)?;
        let all = places.iter().map(|place| (*place, member::ALL));
        let data = self.states.states(objects.object_type, all);
        let data =
            data.ok_or_else(|| ErrorAnswer::new(ErrorCode::Error, "objects of this type have no state"))?;
        if let Some(peer) = self.peers.get_mut(&connection) {
            for place in places {
                peer.subscription.add(objects.object_type, place);
            }
        }
        Ok(ObjectData { objects: objects.to_reference(), data, ticks })
    }

    /// The session of a stream, which is the only one that it may ask about.
    fn own_session(
        &self,
        connection: ConnectionId,
        objects: &ReceivedReference<'_>,
    ) -> Result<(ObjectId, ApplicationType), ErrorAnswer> {
        let session = self.peers.get(&connection).and_then(|peer| peer.session.as_ref());
        match (session, objects.ids.as_slice()) {
            (Some(session), [id]) if id.as_str() == session.id.as_str() => {
                Ok((session.id.clone(), session.kind))
            }
            _ => Err(ErrorAnswer::new(ErrorCode::InvalidObjectReference, "not a session of this stream")),
        }
    }

    /// Where the objects of a reference stand.
    fn places_of(&self, objects: &ReceivedReference<'_>) -> Result<Vec<u16>, ErrorAnswer> {
        if !ObjectType::LISTED.contains(&objects.object_type) {
            return Err(unknown_type(objects.object_type));
        }
        if objects.ids.is_empty() {
            return Err(ErrorAnswer::new(ErrorCode::MissingAttribute, "ids: name at least one object"));
        }
        let mut places = Vec::with_capacity(objects.ids.len().min(self.places.len()));
        for id in &objects.ids {
            match self.place(objects.object_type, id.as_str()) {
                Some(place) if !places.contains(&place) => places.push(place),
                Some(_) => {
                    let message = format!("object {} is named twice", id.as_str());
                    return Err(ErrorAnswer::new(ErrorCode::InvalidObjectReference, message));
                }
                None => {
                    let message = format!(
                        "there is no object {} of type {}",
                        id.as_str(),
                        objects.object_type.number()
                    );
                    return Err(ErrorAnswer::new(ErrorCode::InvalidObjectReference, message));
                }
            }
        }
        Ok(places)
    }

    pub(super) fn place(&self, object_type: ObjectType, id: &str) -> Option<u16> {
        self.places.get(&(object_type, id.into())).copied()
    }
}

fn unknown_type(object_type: ObjectType) -> ErrorAnswer {
    let message = format!("there are no objects of type {}", object_type.number());
    ErrorAnswer::new(ErrorCode::UnknownObjectType, message)
}

/// Reads a call's argument; what is wrong with it gets the protocol's own code.
pub(super) fn read<'a, T: Deserialize<'a>>(params: Params<'a>) -> Result<T, ErrorAnswer> {
    params.read().map_err(|error| {
        // serde's own words; others are an argument that is no object.
        let code = [
            ("missing field", ErrorCode::MissingAttribute),
            ("invalid type", ErrorCode::InvalidAttributeType),
            ("invalid value", ErrorCode::InvalidAttributeValue),
            ("invalid length", ErrorCode::InvalidAttributeValue),
        ];
        let found = code.iter().find(|(words, _)| error.message.starts_with(words));
        found.map_or(error.clone(), |(_, code)| ErrorAnswer::new(*code, error.message))
    })
}
