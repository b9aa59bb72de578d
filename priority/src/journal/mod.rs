//! The journal: inputs and outputs of an engine as values, one JSON object a line, so that what happened can be played again. It makes and
//! reads lines; files are the host's.
//!
//! ```text
//! {"journal":"voorrang","schema":4,"software":"0.1.0","start":1000,"config":{...},"intersections":["name = ..."]}
//! {"t":1000,"in":{"signal":{...}}}
//! {"t":1000,"out":{"status":{...}}}
//! {"t":2000,"advance":null}
//! ```
//!
//! The first line is the [`Header`]: all that it takes to make the engine again, so that a journal needs nothing beside it. `t` is engine
//! time in milliseconds since 1970. `advance` stands where the host called [`PriorityEngine::advance`](crate::PriorityEngine::advance) with
//! something due: a host may be late, and a replay is as late.
//!
//! | who | what | where |
//! |---|---|---|
//! | [`Journal`] | writes lines into memory, from where the host takes them | `write.rs` |
//! | [`Reader`] | lines to entries, one at a time | `read.rs` |
//! | [`Replay`] | plays the inputs again, and finds the first difference | `replay.rs` |

mod read;
mod replay;
mod write;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use voorrang_signals::Intersection;
use voorrang_signals::document::Problems;
use voorrang_units::Instant;

use crate::config::EngineConfig;
use crate::engine::PriorityEngine;
use crate::exchange::{Input, Output};

pub use read::{JournalError, Reader};
pub use replay::{Difference, Replay, ReplayError, Replayed};
pub use write::Journal;

/// The form of the lines; another is refused. 2: inputs `control` and `override`; a position may make a request. 3: the header holds
/// configuration and intersections. 4: input `kar`.
pub const SCHEMA: u32 = 4;

/// The mark of a journal.
const MARK: &str = "voorrang";

/// The first line: what the engine was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    journal: String,
    schema: u32,
    /// The version that wrote it.
    pub software: String,
    /// When the engine was made.
    pub start: Instant,
    /// Its parameters.
    pub config: EngineConfig,
    /// The intersection files of its control area, as text.
    pub intersections: Vec<String>,
}

impl Header {
    /// Of an engine that is made with these.
    #[must_use]
    pub fn new(area: &[Arc<Intersection>], config: &EngineConfig, start: Instant) -> Self {
        Self {
            journal: MARK.to_owned(),
            schema: SCHEMA,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            start,
            config: config.clone(),
            intersections: area.iter().map(|intersection| intersection.text().to_owned()).collect(),
        }
    }

    /// The engine as it was when the journal began.
    ///
    /// # Errors
    /// The problems of an intersection file that this version does not accept.
    pub fn engine(&self) -> Result<PriorityEngine, Problems> {
        let files = self.intersections.iter().enumerate();
        let read = files.map(|(place, text)| {
            Intersection::from_toml(text, &format!("line 1, intersections[{place}]")).map(Arc::new)
        });
        let area = read.collect::<Result<Vec<_>, _>>()?;
        Ok(PriorityEngine::new(area, self.config.clone(), self.start))
    }
}

/// One line after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    #[serde(rename = "t")]
    pub at: Instant,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The engine was told this.
    #[serde(rename = "in")]
    Input(Input),
    /// The engine was called because something was due.
    #[serde(rename = "advance")]
    Advance,
    /// The engine said this.
    #[serde(rename = "out")]
    Output(Output),
}
