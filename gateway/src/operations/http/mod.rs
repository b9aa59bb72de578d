//! Everything over HTTP: health, metrics, a JSON interface, its events, and the live page. It shows and changes nothing: whatever is not GET is
//! refused before anybody looks at it.
//!
//! | file | what |
//! |---|---|
//! | `server` | connections: how many, how long, with TLS or without |
//! | `guard` | who may see what; what each answer says to browsers |
//! | `routes` | paths, and what they answer |
//! | `shown` | what is told of areas and of the gateway: these members and no others |
//! | `scheme` | a junction's geometry in metres |
//! | `events` | the same as it changes, over a WebSocket |
//! | `page/` | the live page |

mod events;
mod guard;
#[cfg(test)]
pub(crate) mod rig;
mod routes;
mod scheme;
mod server;
mod shown;

use std::sync::Arc;

pub use server::{HttpError, HttpServer};

use super::areas::Areas;
use super::day_files::Observations;
use super::health::Health;
use super::metrics::Metrics;
use crate::clock::Clock;

/// Where what is shown comes from.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What people call this gateway.
    pub name: Arc<str>,
    /// Its clock.
    pub clock: Clock,
    /// The areas.
    pub areas: Areas,
    /// Whether all is well.
    pub health: Health,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// What would have been done where the gateway only watches; none where that is not kept.
    pub observations: Option<Arc<Observations>>,
}

#[cfg(test)]
mod tests;
