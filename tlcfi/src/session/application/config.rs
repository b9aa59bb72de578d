//! Who an application is, and how patient.

use voorrang_units::{Duration, Instant};

use super::facilities::ExpectedObjects;
use crate::objects::{ApplicationType, HandoverCapability, ProtocolVersion};
use crate::retry::REGISTRATION_GAP;
use crate::session::LinkConfig;

/// Who an application is, and how patient. The times are those of the public client where nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationConfig {
    /// Up to 32 characters, see [`RegistrationRequest::is_name`](crate::objects::RegistrationRequest::is_name).
    pub username: String,
    /// As the user name.
    pub password: String,
    /// [`ApplicationType::Consumer`] reads only; [`ApplicationType::Control`] may drive the lamps.
    pub kind: ApplicationType,
    /// The application's IVERA address; any URI where it has none.
    pub uri: String,
    /// The version of TLC-FI that it speaks.
    pub version: ProtocolVersion,
    /// Which intersection; may be left out where the controller has one.
    pub intersection: Option<String>,
    /// What the controller must have; a difference ends the session before anything is subscribed to.
    pub expected: Option<ExpectedObjects>,
    /// How control can be taken.
    pub start_capability: HandoverCapability,
    /// How control can be given back.
    pub end_capability: HandoverCapability,
    /// Alive and answers.
    pub link: LinkConfig,
    /// After the stream is up, before Register goes out.
    pub register_delay: Duration,
    /// When this application last registered, as an earlier process knows.
    pub registered: Option<Instant>,
    /// Between two registrations.
    pub registration_gap: Duration,
    /// Every request is repeated this often; a real application does it every 0.1 to 1.2 s.
    pub repeat_interval: Duration,
    /// Predictions that changed without a change of state wait this long after the last message.
    pub prediction_interval: Duration,
    /// How long control may take to end; then it is released, whatever the lamps show.
    pub end_control_limit: Duration,
    /// How long [`close`](super::Application::close) waits for control to end.
    pub close_limit: Duration,
}

impl ApplicationConfig {
    /// A consumer or control application with the usual times.
    #[must_use]
    pub fn new(kind: ApplicationType, username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            kind,
            uri: "http://127.0.0.1".to_owned(),
            version: ProtocolVersion::OURS,
            intersection: None,
            expected: None,
            start_capability: HandoverCapability::Cleared,
            end_capability: HandoverCapability::Cleared,
            link: LinkConfig::default(),
            register_delay: Duration::from_seconds(1),
            registered: None,
            registration_gap: REGISTRATION_GAP,
            repeat_interval: Duration::from_seconds(1),
            prediction_interval: Duration::from_millis(500),
            end_control_limit: Duration::from_seconds(180),
            close_limit: Duration::from_seconds(30),
        }
    }
}
