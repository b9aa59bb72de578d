//! UpdateState of applications: what they ask of their session, of the intersection, of groups and outputs. What does not fit is told by a
//! SessionEvent: UpdateState has no answer.

use voorrang_units::Instant;

use super::calls::read;
use super::control::Outcome;
use super::{ConnectionId, ControllerEvent, ControllerSessions};
use crate::objects::{
    ApplicationType, GroupPrediction, IntersectionControlState, IntersectionUpdate, IoUpdate, ObjectType,
    ReceivedId, ReceivedUpdate, ReceivedUpdateGroup, SessionEvent, SessionEventCode, SessionEventInfo,
    SessionUpdate, SignalGroupUpdate, States,
};
use crate::rpc::{ErrorAnswer, ErrorCode, Params, method};

/// As many predictions a group may have.
const MAX_PREDICTIONS: usize = 16;

impl ControllerSessions {
    /// A call that has no answer; what is wrong with it is told to those who numbered it all the same.
    pub(super) fn notification(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        name: &str,
        params: Params<'_>,
    ) -> Result<(), ErrorAnswer> {
        self.registered(connection)?;
        match name {
            method::UPDATE_STATE => {
                let group: ReceivedUpdateGroup<'_> = read(params)?;
                if let Some(peer) = self.peers.get_mut(&connection) {
                    peer.clock.observe(now, group.ticks);
                }
                for update in &group.update {
                    self.update(now, connection, update)?;
                }
                Ok(())
            }
            // Events of applications are for others, of which there are none here.
            method::NOTIFY_EVENT => Ok(()),
            _ => Err(ErrorAnswer::new(ErrorCode::MethodNotFound, "no such method")),
        }
    }

    fn update(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        update: &ReceivedUpdate<'_>,
    ) -> Result<(), ErrorAnswer> {
        let states =
            update.states().map_err(|error| ErrorAnswer::new(ErrorCode::Error, error.to_string()))?;
        let ids = &update.objects.ids;
        match states {
            States::Session(states) => {
                for (id, state) in ids.iter().zip(&states) {
                    self.update_session(now, connection, id, state);
                }
            }
            States::Intersection(states) => {
                for (id, state) in ids.iter().zip(&states) {
                    self.update_intersection(now, connection, id, state);
                }
            }
            States::SignalGroup(states) => {
                for (id, state) in ids.iter().zip(states) {
                    if !self.update_group(now, connection, id, state) {
                        break;
                    }
                }
            }
            States::Output(states) => {
                for (id, state) in ids.iter().zip(&states) {
                    self.update_output(now, connection, id, state);
                }
            }
            States::Detector(_) | States::Input(_) | States::Generator(_) | States::Variable(_) => {
                if let Some(id) = ids.first() {
                    let code = SessionEventCode::IncorrectApplicationType;
                    self.refuse(now, connection, code, update.objects.object_type, id, "state");
                }
            }
        }
        Ok(())
    }

    fn update_session(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        id: &ReceivedId<'_>,
        update: &SessionUpdate,
    ) {
        let session = self.peers.get_mut(&connection).and_then(|peer| peer.session.as_mut());
        let Some(session) = session else { return };
        let refused = |code| (code, "reqControlState");
        let mut passed = Vec::new();
        let refusal = match &mut session.control {
            _ if id.as_str() != session.id.as_str() => {
                Some((SessionEventCode::IncorrectApplicationType, "sessionid"))
            }
            None => Some(refused(SessionEventCode::IncorrectApplicationType)),
            Some(control) => {
                let held = control.holds();
                match control.update(now, update, self.equipment.intersection.as_str(), &mut passed) {
                    Outcome::Nothing | Outcome::Moved => None,
                    Outcome::Wants => {
                        self.events.push_back(ControllerEvent::ControlWanted { connection });
                        None
                    }
                    Outcome::Takes => {
                        self.events.push_back(ControllerEvent::ControlTaken { connection });
                        None
                    }
                    Outcome::Ends => {
                        self.events.push_back(ControllerEvent::ControlEnding { connection });
                        None
                    }
                    Outcome::Releases => {
                        debug_assert!(held, "only who holds control can release it");
                        self.release(now, connection, true);
                        None
                    }
                    Outcome::WrongState => Some(refused(SessionEventCode::IncorrectControlState)),
                    Outcome::WrongIntersection => {
                        Some((SessionEventCode::IncorrectIntersection, "reqIntersection"))
                    }
                }
            }
        };
        self.tell_control(now, connection, &passed);
        if let Some((code, attribute)) = refusal {
            self.refuse(now, connection, code, ObjectType::Session, id, attribute);
        }
    }

    fn update_intersection(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        id: &ReceivedId<'_>,
        update: &IntersectionUpdate,
    ) {
        let Some(wanted) = update.request_state else { return };
        let refusal = if id.as_str() != self.equipment.intersection.as_str() {
            Some(SessionEventCode::IncorrectIntersection)
        } else {
            self.drives(connection).err()
        };
        match refusal {
            Some(code) => self.refuse(now, connection, code, ObjectType::Intersection, id, "reqState"),
            None => self.events.push_back(ControllerEvent::Intersection(wanted)),
        }
    }

    /// False where the rest of the message would be refused for the same reason.
    fn update_group(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        id: &ReceivedId<'_>,
        update: SignalGroupUpdate,
    ) -> bool {
        let attribute = if update.request_state.is_some() { "reqState" } else { "reqPredictions" };
        if let Err(code) = self.drives_lamps(connection) {
            self.refuse(now, connection, code, ObjectType::SignalGroup, id, attribute);
            return false;
        }
        let Some(place) = self.place(ObjectType::SignalGroup, id.as_str()) else {
            let code = SessionEventCode::IncorrectIntersection;
            self.refuse(now, connection, code, ObjectType::SignalGroup, id, attribute);
            return true;
        };
        let group = usize::from(place);
        if let Some(state) = update.request_state {
            self.events.push_back(ControllerEvent::Group { group, state });
        }
        if let Some(predictions) = update.request_predictions {
            let rebased = self.rebased(connection, &predictions);
            self.set_predictions(group, rebased);
        }
        true
    }

    fn update_output(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        id: &ReceivedId<'_>,
        update: &IoUpdate,
    ) {
        let Some(state) = update.request_state else { return };
        let place = self.place(ObjectType::Output, id.as_str()).map(usize::from);
        let refusal = match place.and_then(|place| self.equipment.outputs.get(place)) {
            None => Err(SessionEventCode::IncorrectIntersection),
            Some(output) if output.exclusive => self.drives_lamps(connection),
            Some(_) if self.kind(connection) == Some(ApplicationType::Consumer) => {
                Err(SessionEventCode::IncorrectApplicationType)
            }
            Some(_) => Ok(()),
        };
        match (refusal, place) {
            (Ok(()), Some(output)) => self.events.push_back(ControllerEvent::Output { output, state }),
            (Err(code), _) => self.refuse(now, connection, code, ObjectType::Output, id, "reqState"),
            (Ok(()), None) => {}
        }
    }

    /// An application's predictions on our clock.
    fn rebased(&self, connection: ConnectionId, predictions: &[GroupPrediction]) -> Vec<GroupPrediction> {
        let Some(peer) = self.peers.get(&connection) else { return Vec::new() };
        let own = |ticks| peer.clock.rebase(ticks, &self.clock).unwrap_or(ticks);
        predictions.iter().take(MAX_PREDICTIONS).map(|prediction| prediction.rebased(own)).collect()
    }

    fn kind(&self, connection: ConnectionId) -> Option<ApplicationType> {
        self.peers.get(&connection)?.session.as_ref().map(|session| session.kind)
    }

    /// Whether an application is in control.
    fn drives(&self, connection: ConnectionId) -> Result<(), SessionEventCode> {
        match self.control(connection) {
            None => Err(SessionEventCode::IncorrectApplicationType),
            Some(control) if control.state.drives() => Ok(()),
            Some(_) => Err(SessionEventCode::IncorrectControlState),
        }
    }

    /// Whether an application is in control of an intersection whose lamps can be driven.
    fn drives_lamps(&self, connection: ConnectionId) -> Result<(), SessionEventCode> {
        self.drives(connection)?;
        if self.states.intersection == IntersectionControlState::Control {
            Ok(())
        } else {
            Err(SessionEventCode::IncorrectControlState)
        }
    }

    fn refuse(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        code: SessionEventCode,
        object_type: ObjectType,
        id: &ReceivedId<'_>,
        attribute: &str,
    ) {
        let info = SessionEventInfo {
            object_type: Some(object_type),
            id: Some(id.to_id()),
            attribute: Some(attribute.to_owned()),
        };
        self.tell_session_event(now, connection, SessionEvent { code, info: Some(info) });
    }
}
