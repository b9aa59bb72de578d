//! One run: a scenario, a strategy and a replication in, a [`RunRecord`] out.

use std::sync::atomic::AtomicU64;

use voorrang_priority::StrategyConfig;
use voorrang_units::Duration;

use crate::measures::record::RunRecord;
use crate::scenario::Scenario;

/// What emergency vehicles do at a red light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtRed {
    /// Pass at 20 km/h at most, after looking: what crews do.
    PassSlowly,
    /// Wait for green.
    Wait,
}

/// What all runs of a comparison share.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOptions {
    /// The seed of all random streams.
    pub seed: u64,
    /// How many replications there are: emergency departures are stratified over them.
    pub replications: u32,
    /// What emergency vehicles do at red.
    pub at_red: AtRed,
    /// Each departure moves uniformly by plus or minus this; zero leaves all as written.
    pub jitter: Duration,
    /// When measuring ends.
    pub end: Duration,
    /// When measuring begins.
    pub warm_up: Duration,
}

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The demand file turned out wrong while it was read.
    #[error(transparent)]
    Demand(#[from] voorrang_signals::document::Problems),
}

/// Runs one replication under one strategy. `steps_done` counts traffic steps as they are done, for a progress bar.
///
/// # Errors
/// If the demand file cannot be read to its end.
pub fn simulate(
    scenario: &Scenario,
    options: &RunOptions,
    strategy: &StrategyConfig,
    replication: u32,
    steps_done: &AtomicU64,
) -> Result<RunRecord, RunError> {
    let _ = (scenario, options, strategy, replication, steps_done);
    unimplemented!("written next")
}
