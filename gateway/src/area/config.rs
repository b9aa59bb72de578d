//! What an area is made of: validated, as the configuration file gives it.

use std::sync::Arc;

use voorrang_messages::StationId;
use voorrang_priority::EngineConfig;
use voorrang_signals::Intersection;
use voorrang_units::Instant;

/// One control area: an engine, and the junctions that it decides for.
#[derive(Debug, Clone)]
pub struct AreaConfig {
    /// Its name: of the area, or of its only junction.
    pub name: Arc<str>,
    /// Its place among the areas of this gateway.
    pub place: usize,
    /// Our own ITS station, in all that we send.
    pub station: StationId,
    /// The engine's parameters.
    pub engine: EngineConfig,
    /// The junctions.
    pub junctions: Vec<JunctionConfig>,
    /// Whether V-Log is written.
    pub vlog: bool,
}

/// One junction.
#[derive(Debug, Clone)]
pub struct JunctionConfig {
    /// Its file.
    pub intersection: Arc<Intersection>,
    /// What we do there.
    pub role: Role,
    /// How we register with its controller; none where there is no link to it.
    pub session: Option<SessionConfig>,
    /// When its controller took our last registration, as far as that is known from before a restart.
    pub registered: Option<Instant>,
    /// Whether SPATEM and MAPEM are published, while anybody subscribes.
    pub publish: bool,
}

/// What we do at a junction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look, decide, and tell what we would have done. Nothing is commanded and nobody gets an answer.
    Observe,
    /// The same; requests that may be heard go on to another system, whose answers come back.
    Relay,
    /// Drive the lamps.
    Control,
}

impl Role {
    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Relay => "relay",
            Self::Control => "control",
        }
    }
}

/// How we register with a controller.
#[derive(Clone)]
pub struct SessionConfig {
    /// Our user name there; 32 characters at most.
    pub username: String,
    /// Our password there.
    pub password: String,
    /// Our IVERA address; any valid URI where there is none.
    pub uri: String,
    /// The controller's own id of the intersection; the only one that it has, where that is not said.
    pub intersection: Option<String>,
}

impl std::fmt::Debug for SessionConfig {
    /// Without the password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SessionConfig")
            .field("username", &self.username)
            .field("uri", &self.uri)
            .field("intersection", &self.intersection)
            .finish_non_exhaustive()
    }
}
