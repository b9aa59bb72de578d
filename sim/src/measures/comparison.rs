//! Owns the raw figures of a whole comparison: what was run, and the record of each run by strategy and replication.

use voorrang_priority::{PartialConflicts, RecoveryConfig};
use voorrang_units::Duration;

use super::record::{RunRecord, TripRecord};
use crate::run_options::AtRed;

/// The runs of all strategies, paired by replication: the same replication has the same traffic under every strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What was run.
    pub setting: Setting,
    /// One for each strategy, the baseline first.
    pub strategies: Vec<StrategyRuns>,
}

/// What all runs of a comparison share.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The scenario's name.
    pub scenario: String,
    /// The seed of all random streams.
    pub seed: u64,
    /// How many replications.
    pub replications: u32,
    /// The traffic step.
    pub step: Duration,
    /// What emergency vehicles did at red.
    pub at_red: AtRed,
    /// By how much departures moved at most, up and down.
    pub jitter: Duration,
    /// When measuring began.
    pub warm_up: Duration,
    /// When measuring ended.
    pub end: Duration,
    /// How intersections found back after an intervention.
    pub recovery: RecoveryConfig,
    /// What became of groups in partial conflict with an emergency vehicle's possible turns.
    pub partial_conflicts: PartialConflicts,
    /// From a command to its lamp.
    pub lamp_latency: Duration,
}

/// The runs of one strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyRuns {
    /// The strategy's name.
    pub strategy: String,
    /// One for each replication, in order.
    pub runs: Vec<RunRecord>,
}

/// One emergency trip under the baseline and under a strategy.
#[derive(Debug, Clone, Copy)]
pub struct TripPair<'a> {
    /// Under the baseline.
    pub baseline: &'a TripRecord,
    /// Under the strategy.
    pub with: &'a TripRecord,
}

impl Comparison {
    /// The runs of the first strategy, which the others are compared with.
    #[must_use]
    pub fn baseline(&self) -> &[RunRecord] {
        self.strategies.first().map_or(&[], |first| &first.runs)
    }

    /// The emergency vehicles, in the scenario's order.
    #[must_use]
    pub fn vehicles(&self) -> Vec<&str> {
        let first = self.baseline().first();
        first.map_or_else(Vec::new, |run| run.emergency.iter().map(|trip| trip.id.as_str()).collect())
    }

    /// The trips of one replication of a strategy beside the same trips under the baseline.
    pub fn pairs<'a>(
        &'a self,
        strategy: &'a StrategyRuns,
        replication: usize,
    ) -> impl Iterator<Item = TripPair<'a>> {
        pairs(self.baseline(), &strategy.runs, replication)
    }

    /// The runs of what an iVRI does today, where it was run: the strategy `absolute`.
    #[must_use]
    pub fn practice(&self) -> Option<&[RunRecord]> {
        self.runs_of(PRACTICE)
    }

    /// The runs of a strategy by its name.
    #[must_use]
    pub fn runs_of(&self, strategy: &str) -> Option<&[RunRecord]> {
        let found = self.strategies.iter().find(|runs| runs.strategy == strategy);
        found.map(|runs| runs.runs.as_slice())
    }
}

/// The strategy that Dutch intersections have today.
pub const PRACTICE: &str = "absolute";
/// The control program alone.
pub const NO_PRIORITY: &str = "none";

/// The trips of one replication under two strategies.
pub fn pairs<'a>(
    baseline: &'a [RunRecord],
    with: &'a [RunRecord],
    replication: usize,
) -> impl Iterator<Item = TripPair<'a>> {
    let baseline = baseline.get(replication).map_or(&[][..], |run| &run.emergency);
    let with = with.get(replication).map_or(&[][..], |run| &run.emergency);
    baseline.iter().zip(with).map(|(baseline, with)| TripPair { baseline, with })
}

impl TripPair<'_> {
    /// Travel times under the baseline and under the strategy, seconds; `None` unless the trip ended under both.
    #[must_use]
    pub fn travel_times_s(&self) -> Option<(f64, f64)> {
        Some((self.baseline.travel_time_s()?, self.with.travel_time_s()?))
    }
}

/// How a behaviour at red is called in commands and results.
#[must_use]
pub const fn at_red_name(at_red: AtRed) -> &'static str {
    match at_red {
        AtRed::PassSlowly => "pass_slowly",
        AtRed::Wait => "wait",
    }
}

#[cfg(test)]
pub(crate) mod examples {
    //! Hand-made comparisons that tests of measures and reports share.

    use super::*;
    use crate::measures::record::{OthersRecord, RequestsRecord, SafetyRecord, VehicleBalance};

    /// The setting of a small comparison.
    pub(crate) fn setting(replications: u32) -> Setting {
        Setting {
            scenario: "example".to_owned(),
            seed: 1,
            replications,
            step: Duration::from_millis(500),
            at_red: AtRed::PassSlowly,
            jitter: Duration::from_seconds(15),
            warm_up: Duration::from_seconds(900),
            end: Duration::from_seconds(1800),
            recovery: RecoveryConfig::Resume,
            partial_conflicts: PartialConflicts::Hold,
            lamp_latency: Duration::ZERO,
        }
    }

    /// A trip that departed at 1000 s and took this long; `None` did not end.
    pub(crate) fn trip(id: &str, travel_time_s: Option<f64>, stops: u32, red_passages: u32) -> TripRecord {
        TripRecord {
            id: id.to_owned(),
            depart_s: 1000.0,
            arrival_s: travel_time_s.map(|time| 1000.0 + time),
            stops,
            red_passages,
        }
    }

    /// A run with these trips and these delays of the others.
    pub(crate) fn run(
        strategy: &str,
        replication: u32,
        emergency: Vec<TripRecord>,
        delays_s: &[f32],
    ) -> RunRecord {
        RunRecord {
            strategy: strategy.to_owned(),
            replication,
            emergency,
            others: OthersRecord { delays_s: delays_s.to_vec(), stops: 3, stuck: 0 },
            slow_traffic: Vec::new(),
            safety: SafetyRecord::default(),
            requests: RequestsRecord::default(),
            public_transport: RequestsRecord::default(),
            warnings: None,
            cams: 0,
            vehicles: VehicleBalance { departed: 10, arrived: 8, on_road: 2, waiting_to_enter: 1 },
            vehicle_updates: 100,
            standing: Vec::new(),
            estimates: Vec::new(),
            trace: None,
            logs: None,
            messages: None,
        }
    }

    /// A comparison of strategies by name, each with its runs.
    pub(crate) fn comparison(strategies: Vec<(&str, Vec<RunRecord>)>) -> Comparison {
        let replications = strategies.first().map_or(0, |(_, runs)| runs.len());
        Comparison {
            setting: setting(u32::try_from(replications).unwrap()),
            strategies: strategies
                .into_iter()
                .map(|(strategy, runs)| StrategyRuns { strategy: strategy.to_owned(), runs })
                .collect(),
        }
    }
}
