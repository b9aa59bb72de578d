//! What all runs of a comparison share.

use voorrang_priority::{PartialConflicts, RecoveryConfig};
use voorrang_units::Duration;

/// What emergency vehicles do at a red light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtRed {
    /// Pass at 20 km/h at most, after looking: what crews do.
    PassSlowly,
    /// Wait for green.
    Wait,
}

/// From a command to its lamp: what was usual at a Dutch controller, 0.16 to 0.38 s (a TLC-FI capture of 2021).
pub const USUAL_LAMP_LATENCY: Duration = Duration::from_millis(200);

/// What takes longer is a fault to controllers, not the lamps' pace.
pub const LONGEST_LAMP_LATENCY: Duration = Duration::from_millis(500);

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
    /// How intersections find back after an intervention.
    pub recovery: RecoveryConfig,
    /// What becomes of groups in partial conflict with an emergency vehicle's possible turns.
    pub partial_conflicts: PartialConflicts,
    /// From a command of a controller to its lamp and its confirmation, up to [`LONGEST_LAMP_LATENCY`]; the lamp changes at the first control
    /// step then.
    pub lamp_latency: Duration,
}
