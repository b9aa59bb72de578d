//! The configuration: `gateway.toml` as it is written becomes a [`Config`] that is valid. Every problem is told at once, with file, line, column and
//! remedy.
//!
//! Each table has a reader `read(table, base)`, in the module of whoever uses it or here, and a line in `sections.rs`. A reader asks the table for its
//! keys, reports what is wrong with them through their values, and gives `None` where something was. Whoever called it reports the keys that
//! nobody asked for.
//!
//! | table | reader |
//! |---|---|
//! | `[priority]` | `priority.rs`, by serde: the engine's own parameters |
//! | `[[intersections]]` | `intersections.rs`; `areas.rs` joins them into control areas |
//! | `[journal]` | `journal.rs` |
//! | `[limits]` | `limits.rs` |
//! | `[[authorised]]`, `[security]` | `security/config.rs` |
//! | all others | `sections.rs` |
//!
//! `listen.rs` and `secret.rs` are for readers: addresses that only those on this machine reach unless the file says otherwise, and secrets that
//! stand in files of their own.

mod areas;
pub mod explain;
pub mod intersections;
pub mod journal;
pub mod limits;
pub mod listen;
mod priority;
mod read;
pub mod secret;
pub mod sections;

use std::path::PathBuf;

use voorrang_messages::StationId;
use voorrang_priority::EngineConfig;

pub use areas::AreaEntry;
pub use intersections::{ControllerConfig, Fallback, JunctionEntry, TlcfiConfig};

pub use crate::messaging::relay::RelayConfig;
pub use journal::{JournalConfig, Sync};
pub use limits::LimitsConfig;
pub use secret::Secret;
pub use sections::Sections;

use crate::security::SecurityConfig;

/// A configuration that is valid. Nothing in it is checked again.
#[derive(Debug)]
pub struct Config {
    /// The file that it was read from, as the user named it.
    pub file: PathBuf,
    /// What people call this gateway.
    pub name: String,
    /// Our own ITS station.
    pub station: StationId,
    /// The folder of journal, octets, audit and the rest.
    pub data: PathBuf,
    /// The engine's parameters, for all areas.
    pub priority: EngineConfig,
    /// The control areas, in the order in which the file names them first.
    pub areas: Vec<AreaEntry>,
    /// How the journal is kept.
    pub journal: JournalConfig,
    /// How much may wait where.
    pub limits: LimitsConfig,
    /// Who may ask, and how much is taken.
    pub security: SecurityConfig,
    /// All other tables.
    pub sections: Sections,
}

impl Config {
    /// All junctions, each with its area.
    pub fn junctions(&self) -> impl Iterator<Item = (&AreaEntry, &JunctionEntry)> {
        self.areas.iter().flat_map(|area| area.junctions.iter().map(move |junction| (area, junction)))
    }
}

#[cfg(test)]
mod tests;
