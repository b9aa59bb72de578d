//! The session: who controls the intersection.

use serde::{Deserialize, Serialize};

use crate::objects::number::numbered;
use crate::objects::{ApplicationType, ObjectId, ObjectType};

numbered! {
    /// How far an application is on its way to control and back.
    ControlState {
        /// Something went wrong; begins anew.
        Error = 0,
        /// Registered, no more.
        NotConfigured = 1,
        /// Knows what it may control, does not want to.
        Offline = 2,
        /// Wants to.
        ReadyToControl = 3,
        /// May: the hand-over begins.
        StartControl = 4,
        /// Does.
        InControl = 5,
        /// Is to end.
        EndControl = 6,
    }
}

impl ControlState {
    /// Whether the controller may go to another state from this one. Staying is no transition.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (_, Self::Error)
                | (Self::Error, Self::NotConfigured)
                | (Self::NotConfigured, Self::Offline)
                | (Self::Offline, Self::ReadyToControl)
                | (Self::ReadyToControl, Self::StartControl)
                | (Self::StartControl, Self::InControl | Self::Offline)
                | (Self::InControl, Self::EndControl | Self::ReadyToControl | Self::Offline)
                | (Self::EndControl, Self::ReadyToControl | Self::Offline)
        )
    }

    /// Whether the application drives the lamps.
    #[must_use]
    pub fn drives(self) -> bool {
        matches!(self, Self::InControl | Self::EndControl)
    }
}

numbered! {
    /// In which condition control changes hands. The words are from the public client; what they ask is our reading.
    HandoverCapability {
        /// All groups red.
        Cleared = 0,
        /// In an agreed state.
        PreDefined = 1,
        /// In whatever state is running.
        Direct = 2,
    }
}

numbered! {
    /// Why the controller has something to say about a session.
    SessionEventCode {
        /// The session is over.
        Deregistered = 0,
        /// The controller is about to stop.
        FacilitiesStopping = 1,
        /// An UpdateState did not fit the control state.
        IncorrectControlState = 1000,
        /// An UpdateState was not for this type of application.
        IncorrectApplicationType = 1001,
        /// An UpdateState was not for this intersection.
        IncorrectIntersection = 1002,
    }
}

/// What a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionMeta {
    /// Its id.
    pub sessionid: ObjectId,
    /// What its application may do.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
}

/// What changed of a session, or is to change: the members with `request` are the application's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionUpdate {
    /// Where the controller has it.
    #[serde(rename = "controlState", skip_serializing_if = "Option::is_none")]
    pub control_state: Option<ControlState>,
    /// How the controller wants the hand-over.
    #[serde(rename = "reqHandover", skip_serializing_if = "Option::is_none")]
    pub request_handover: Option<HandoverCapability>,
    /// How the application can begin.
    #[serde(rename = "startCapability", skip_serializing_if = "Option::is_none")]
    pub start_capability: Option<HandoverCapability>,
    /// How the application can end.
    #[serde(rename = "endCapability", skip_serializing_if = "Option::is_none")]
    pub end_capability: Option<HandoverCapability>,
    /// What the application wants to control.
    #[serde(rename = "reqIntersection", skip_serializing_if = "Option::is_none")]
    pub request_intersection: Option<ObjectId>,
    /// Where the application wants it.
    #[serde(rename = "reqControlState", skip_serializing_if = "Option::is_none")]
    pub request_control_state: Option<ControlState>,
}

/// Something about a session: above all that an UpdateState was not obeyed, which has no answer of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEvent {
    /// What.
    pub code: SessionEventCode,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<SessionEventInfo>,
}

/// What a session's event is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionEventInfo {
    /// The type of the object.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub object_type: Option<ObjectType>,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// The member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_goes_round_and_back() {
        use ControlState as S;
        let round = [
            S::NotConfigured,
            S::Offline,
            S::ReadyToControl,
            S::StartControl,
            S::InControl,
            S::EndControl,
            S::Offline,
        ];
        assert!(round.windows(2).all(|pair| pair[0].may_become(pair[1])));
        assert!(!S::Offline.may_become(S::InControl));
        assert!(!S::ReadyToControl.may_become(S::InControl));
        assert!(!S::EndControl.may_become(S::InControl));
        assert!(S::LISTED.iter().all(|state| state.may_become(S::Error)));
        assert_eq!(S::LISTED.iter().filter(|state| state.drives()).count(), 2);
    }

    #[test]
    fn only_what_changes_is_written() {
        let update = SessionUpdate {
            request_control_state: Some(ControlState::InControl),
            ..SessionUpdate::default()
        };
        assert_eq!(serde_json::to_string(&update).unwrap(), r#"{"reqControlState":5}"#);
    }
}
