//! What an area shows of itself: for the live page, `/readyz` and metrics. No station id stands here.

use serde::Serialize;
use voorrang_messages::PrioritizationStatus;
use voorrang_signals::Aspect;
use voorrang_units::Instant;

/// One control area as it is now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AreaView {
    /// Its name in the configuration.
    pub name: String,
    /// Its junctions, in the order of the configuration.
    pub junctions: Vec<JunctionView>,
}

/// One junction as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct JunctionView {
    /// What people call it.
    pub name: String,
    /// Road authority and number.
    pub id: String,
    /// `observe`, `relay` or `control`.
    pub role: &'static str,
    /// The session with its controller in a word or two: `connecting`, `registered`, `in control`.
    pub session: &'static str,
    /// Whether the lamps are ours at present.
    pub in_control: bool,
    /// Every group and what it shows.
    pub groups: Vec<GroupView>,
    /// Who asks.
    pub requests: Vec<RequestView>,
    /// What somebody should look at, newest last.
    pub alarms: Vec<AlarmView>,
}

/// One signal group as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// `02`.
    pub name: String,
    /// What it shows; none before it was seen.
    pub aspect: Option<Aspect>,
    /// Since when.
    pub since: Option<Instant>,
    /// Whether the strategy wishes it green or held red.
    pub wish: &'static str,
}

/// One request as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    /// Its number on this page: nothing that leads back to a vehicle.
    pub number: u64,
    /// From which approach.
    pub approach: String,
    /// The groups that serve it.
    pub groups: Vec<String>,
    /// What became of it.
    pub status: PrioritizationStatus,
    /// When it is expected at the stop line.
    pub eta: Option<Instant>,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, Serialize)]
pub struct AlarmView {
    /// When.
    pub at: Instant,
    /// What, in a sentence.
    pub what: String,
}
