//! Who may register, and how long a controller waits.

use voorrang_units::Duration;

use crate::objects::{ApplicationType, ProtocolVersion};
use crate::ticks::Ticks;

/// Who may register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its user name.
    pub username: String,
    /// Its password.
    pub password: String,
    /// What it may be.
    pub kinds: Vec<ApplicationType>,
}

/// How a controller treats its applications. The times are those of the public client and of a real capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControllerConfig {
    /// Who may register; nobody named means that everybody may, as anything.
    pub accounts: Vec<Account>,
    /// The version that it speaks.
    pub version: ProtocolVersion,
    /// What its clock shows at the beginning.
    pub ticks: Ticks,
    /// So often it asks whether an application lives.
    pub alive_interval: Duration,
    /// After so long without being asked the same it closes the session.
    pub alive_timeout: Duration,
    /// So long it waits for an answer of Alive; after three in a row that lack or are wrong it closes the session.
    pub answer_limit: Duration,
    /// A stream that has not registered after so long is closed; our reading.
    pub registration_limit: Duration,
    /// Streams at once; more are closed at once.
    pub connections: usize,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            version: ProtocolVersion::OURS,
            ticks: Ticks(81_000),
            alive_interval: Duration::from_millis(2100),
            alive_timeout: Duration::from_millis(5000),
            answer_limit: Duration::from_millis(1000),
            registration_limit: Duration::from_seconds(30),
            connections: 16,
        }
    }
}
