//! Who may ask: every message passes here before an engine hears of it. The default refuses.
//!
//! | question | where |
//! |---|---|
//! | what the configuration says | `config.rs` |
//! | an entry of the list: whom it names, what they may | `entry.rs`, `hours.rs`, `network.rs` |
//! | which entry a sender stands on, for which station | `policy.rs` |
//! | what a message says of itself | `claims.rs` |
//! | can it be true, by the roads | `roads.rs` |
//! | can it be true, by what the station said before | `track.rs`, `station.rs` |
//! | how much is taken, of one and of all | `budget.rs` |
//! | what is remembered, and whom it never displaces | `stations.rs` |
//! | all of these, one after the other | `gatekeeper.rs` |
//! | the reasons of a refusal | `refusal.rs` |
//!
//! The threats behind it stand in `docs/security.md`.

pub mod budget;
pub mod claims;
pub mod config;
pub mod entry;
mod gatekeeper;
pub mod hours;
pub mod network;
mod policy;
mod refusal;
mod roads;
mod station;
mod stations;
#[cfg(test)]
mod tests;
mod track;

use std::sync::Arc;

pub use claims::Claims;
pub use config::SecurityConfig;
pub use gatekeeper::Gatekeeper;
pub use refusal::Refusal;

/// What a sender may, as far as one message is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// The entry of the list that it stands on: what audit and metrics call it. Never a station id.
    pub name: Arc<str>,
    /// No request counts for more than this importance.
    pub importance_ceiling: u8,
}
