//! Owns the results of a comparison as `voorrang-sim run --format json` prints them: the members, their names and their order
//! are a contract, later versions only add. It reads raw records and writes figures; how they look to people is `report`'s.
//!
//! The unit of every interval is the replication: trips are averaged within it first. A trip counts in travel times only if it
//! ended under both the baseline and the strategy. Undefined numbers are `null`. Sums go over all runs.

mod aftermath;
mod slow_traffic;
mod warnings;

use serde::Serialize;
use voorrang_units::Duration;

use crate::measures::comparison::{Comparison, NO_PRIORITY, StrategyRuns, at_red_name, pairs};
use crate::measures::performance::Performance;
use crate::measures::record::{RequestsRecord, RunRecord, SafetyRecord, VehicleBalance};
use crate::measures::statistics::{Estimate, mean, percentile, rounded};

pub use aftermath::{Errors, EstimateErrors, RecoverySummary, RecoveryTime};
pub use slow_traffic::{GroupWaits, SlowTrafficSummary, WaitTime, Waits};
pub use warnings::{LeadTime, WarningsSummary};

/// The version of the form.
const SCHEMA: u32 = 1;

/// The results of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The version of this form.
    pub schema: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The seed of all random streams.
    pub seed: u64,
    /// How many replications.
    pub replications: u32,
    /// The traffic step, seconds.
    pub step_s: f64,
    /// The strategy that the others are compared with.
    pub baseline: String,
    /// What emergency vehicles did at red: `pass_slowly` or `wait`.
    pub at_red: &'static str,
    /// From a command to its lamp, seconds; only where that was modelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lamp_latency_s: Option<f64>,
    /// One for each strategy, the baseline first.
    pub strategies: Vec<StrategySummary>,
    /// The balance of vehicles, summed over all runs.
    pub vehicles: VehicleBalance,
    /// What the program itself cost.
    pub performance: Performance,
}

/// The results of one strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategySummary {
    /// Its name.
    pub strategy: String,
    /// `None` in a scenario without emergency vehicles.
    pub emergency: Option<EmergencySummary>,
    /// Everybody else.
    pub others: OthersSummary,
    /// What must be zero; sums over all runs.
    pub safety: SafetyRecord,
    /// The priority requests of emergency vehicles.
    pub requests: RequestsSummary,
    /// How pedestrians and cyclists fared; `None` in a scenario without any.
    pub slow_traffic: Option<SlowTrafficSummary>,
    /// The priority requests of buses and trams; `None` where none asked.
    pub public_transport: Option<RequestsSummary>,
    /// How warnings of emergency vehicles did; left out where nobody can hear them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<WarningsSummary>,
    /// How traffic recovered, against `none`; `null` for `none` itself and without trips.
    pub recovery: Option<RecoverySummary>,
    /// How far off the engine's estimates were.
    pub estimates: Vec<EstimateErrors>,
}

/// What emergency vehicles gained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmergencySummary {
    /// Trips in all runs, unfinished ones too.
    pub trips: usize,
    /// Trips that did not end under both the baseline and this strategy: they count in no travel time.
    pub unfinished: usize,
    /// From the wish to depart to the arrival.
    pub travel_time_s: Spread,
    /// Travel time under the baseline minus that under this strategy.
    pub saved_s: Estimate,
    /// The same in per cent of the baseline's mean.
    pub saved_percent: Estimate,
    /// Times that an emergency vehicle had to stop.
    pub stops: u64,
    /// Stop lines passed at red.
    pub red_passages: u64,
    /// One for each emergency vehicle of the scenario.
    pub vehicles: Vec<EmergencyVehicleSummary>,
    /// Travel time under `none`, the control program alone, minus that under this strategy; `null` where that was not run.
    pub saved_against_none_s: Option<Estimate>,
    /// Travel time under `absolute`, today's practice, minus that under this strategy; `null` where that was not run.
    pub saved_against_absolute_s: Option<Estimate>,
}

/// What one emergency vehicle gained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmergencyVehicleSummary {
    /// Its name.
    pub id: String,
    /// From the wish to depart to the arrival.
    pub travel_time_s: Centre,
    /// Travel time under the baseline minus that under this strategy.
    pub saved_s: Estimate,
    /// Stop lines passed at red.
    pub red_passages: u64,
}

/// What everybody else lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OthersSummary {
    /// Vehicles measured, in all runs.
    pub vehicles: usize,
    /// Time lost against the own free speed, with the wait to enter, by vehicle.
    pub delay_s: CentreAndTail,
    /// Mean delay under this strategy minus that under the baseline.
    pub added_delay_s: Estimate,
    /// Total delay under this strategy minus that under the baseline, in hours, by emergency trip.
    pub added_vehicle_hours_per_trip: Estimate,
    /// Stops of all vehicles.
    pub stops: u64,
    /// Vehicles that stood 300 s without a cause.
    pub stuck: u64,
}

/// How priority requests fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestsSummary {
    /// Requests made, one for each junction of a trip.
    pub sent: u64,
    /// Requests granted.
    pub granted: u64,
    /// Messages lost on the radio channel.
    pub lost: u64,
    /// From the first request to the answer `granted`, over all granted requests.
    pub request_to_green_s: CentreAndTail,
    /// How often a vehicle asked anew after `rejected` or `maxPresence`.
    pub anew: u64,
    /// Requests that were rejected in the end, and never granted.
    pub rejected: u64,
}

/// A mean with median and 95th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// Mean of the replications' means.
    pub mean: Option<f64>,
    /// Median of all values; `None` below 5 values.
    pub p50: Option<f64>,
    /// 95th percentile of all values; `None` below 20 values.
    pub p95: Option<f64>,
}

/// A mean with the 95th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct CentreAndTail {
    /// The mean.
    pub mean: Option<f64>,
    /// 95th percentile of all values; `None` below 20 values.
    pub p95: Option<f64>,
}

/// A mean.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Centre {
    /// The mean.
    pub mean: Option<f64>,
}

impl Summary {
    /// The figures of a comparison.
    #[must_use]
    pub fn of(comparison: &Comparison, performance: Performance) -> Self {
        let setting = &comparison.setting;
        let runs = || comparison.strategies.iter().flat_map(|strategy| &strategy.runs);
        Self {
            schema: SCHEMA,
            scenario: setting.scenario.clone(),
            seed: setting.seed,
            replications: setting.replications,
            step_s: setting.step.seconds(),
            baseline: comparison.strategies.first().map_or_else(String::new, |first| first.strategy.clone()),
            at_red: at_red_name(setting.at_red),
            lamp_latency_s: (setting.lamp_latency > Duration::ZERO).then(|| setting.lamp_latency.seconds()),
            strategies: comparison
                .strategies
                .iter()
                .map(|strategy| of_strategy(comparison, strategy))
                .collect(),
            vehicles: VehicleBalance {
                departed: runs().map(|run| run.vehicles.departed).sum(),
                arrived: runs().map(|run| run.vehicles.arrived).sum(),
                on_road: runs().map(|run| run.vehicles.on_road).sum(),
                waiting_to_enter: runs().map(|run| run.vehicles.waiting_to_enter).sum(),
            },
            performance,
        }
    }

    /// What must be zero, over all strategies and runs.
    #[must_use]
    pub fn safety(&self) -> SafetyRecord {
        SafetyRecord {
            collisions: self.strategies.iter().map(|strategy| strategy.safety.collisions).sum(),
            conflicting_greens: self
                .strategies
                .iter()
                .map(|strategy| strategy.safety.conflicting_greens)
                .sum(),
            interlock_refusals: self
                .strategies
                .iter()
                .map(|strategy| strategy.safety.interlock_refusals)
                .sum(),
        }
    }
}

/// The figures of one strategy.
fn of_strategy(comparison: &Comparison, strategy: &StrategyRuns) -> StrategySummary {
    let runs = &strategy.runs;
    StrategySummary {
        strategy: strategy.strategy.clone(),
        emergency: (!comparison.vehicles().is_empty()).then(|| emergency(comparison, strategy)),
        others: others(comparison.baseline(), runs),
        safety: SafetyRecord {
            collisions: runs.iter().map(|run| run.safety.collisions).sum(),
            conflicting_greens: runs.iter().map(|run| run.safety.conflicting_greens).sum(),
            interlock_refusals: runs.iter().map(|run| run.safety.interlock_refusals).sum(),
        },
        requests: requests(runs, |run| &run.requests),
        slow_traffic: slow_traffic::of(runs),
        warnings: warnings::of(runs),
        public_transport: Some(requests(runs, |run| &run.public_transport)).filter(|asked| asked.sent > 0),
        recovery: aftermath::recovery(comparison.runs_of(NO_PRIORITY), runs),
        estimates: aftermath::estimates(runs),
    }
}

/// What the emergency vehicles gained under one strategy.
fn emergency(comparison: &Comparison, strategy: &StrategyRuns) -> EmergencySummary {
    let trips = || strategy.runs.iter().flat_map(|run| &run.emergency);
    // The paired trips of each replication that has any: (baseline, strategy).
    let replications: Vec<Vec<(f64, f64)>> = (0..strategy.runs.len())
        .map(|replication| {
            comparison.pairs(strategy, replication).filter_map(|pair| pair.travel_times_s()).collect()
        })
        .filter(|pairs: &Vec<_>| !pairs.is_empty())
        .collect();
    let means: Vec<(f64, f64)> = replications.iter().filter_map(|pairs| mean_pair(pairs)).collect();
    let all: Vec<f64> = replications.iter().flatten().map(|(_, with)| *with).collect();
    EmergencySummary {
        trips: trips().count(),
        unfinished: trips().count() - all.len(),
        travel_time_s: Spread {
            mean: rounded(mean(&means.iter().map(|(_, with)| *with).collect::<Vec<_>>())),
            p50: rounded(percentile(&all, 0.5)),
            p95: rounded(percentile(&all, 0.95)),
        },
        saved_s: Estimate::of(&means.iter().map(|(baseline, with)| baseline - with).collect::<Vec<_>>()),
        saved_percent: Estimate::of(
            &means
                .iter()
                .filter(|(baseline, _)| *baseline > 0.0)
                .map(|(baseline, with)| 100.0 * (baseline - with) / baseline)
                .collect::<Vec<_>>(),
        ),
        saved_against_none_s: comparison.runs_of(NO_PRIORITY).map(|runs| saved(runs, &strategy.runs)),
        saved_against_absolute_s: comparison.practice().map(|runs| saved(runs, &strategy.runs)),
        stops: trips().map(|trip| u64::from(trip.stops)).sum(),
        red_passages: trips().map(|trip| u64::from(trip.red_passages)).sum(),
        vehicles: comparison
            .vehicles()
            .into_iter()
            .enumerate()
            .map(|(position, id)| emergency_vehicle(comparison, strategy, position, id))
            .collect(),
    }
}

/// Travel time under one strategy minus that under another, averaged within each replication.
fn saved(than: &[RunRecord], with: &[RunRecord]) -> Estimate {
    let differences: Vec<f64> = (0..with.len())
        .filter_map(|replication| {
            let times: Vec<(f64, f64)> =
                pairs(than, with, replication).filter_map(|pair| pair.travel_times_s()).collect();
            mean_pair(&times).map(|(than, with)| than - with)
        })
        .collect();
    Estimate::of(&differences)
}

/// What the emergency vehicle at a position of the scenario's list gained.
fn emergency_vehicle(
    comparison: &Comparison,
    strategy: &StrategyRuns,
    position: usize,
    id: &str,
) -> EmergencyVehicleSummary {
    let pairs: Vec<(f64, f64)> = (0..strategy.runs.len())
        .filter_map(|replication| comparison.pairs(strategy, replication).nth(position)?.travel_times_s())
        .collect();
    EmergencyVehicleSummary {
        id: id.to_owned(),
        travel_time_s: Centre { mean: rounded(mean_pair(&pairs).map(|(_, with)| with)) },
        saved_s: Estimate::of(&pairs.iter().map(|(baseline, with)| baseline - with).collect::<Vec<_>>()),
        red_passages: strategy
            .runs
            .iter()
            .filter_map(|run| run.emergency.get(position))
            .map(|trip| u64::from(trip.red_passages))
            .sum(),
    }
}

/// What everybody else lost against the baseline.
fn others(baseline: &[RunRecord], runs: &[RunRecord]) -> OthersSummary {
    let all: Vec<f64> =
        runs.iter().flat_map(|run| &run.others.delays_s).map(|delay| f64::from(*delay)).collect();
    let means: Vec<f64> = runs.iter().filter_map(mean_delay).collect();
    let added: Vec<f64> = baseline
        .iter()
        .zip(runs)
        .filter_map(|(baseline, with)| Some(mean_delay(with)? - mean_delay(baseline)?))
        .collect();
    let added_hours: Vec<f64> = baseline
        .iter()
        .zip(runs)
        .filter(|(_, with)| !with.emergency.is_empty())
        .map(|(baseline, with)| {
            let trips = u32::try_from(with.emergency.len()).map_or(f64::INFINITY, f64::from);
            (total_delay(with) - total_delay(baseline)) / 3600.0 / trips
        })
        .collect();
    OthersSummary {
        vehicles: all.len(),
        delay_s: CentreAndTail { mean: rounded(mean(&means)), p95: rounded(percentile(&all, 0.95)) },
        added_delay_s: Estimate::of(&added),
        added_vehicle_hours_per_trip: Estimate::of(&added_hours),
        stops: runs.iter().map(|run| run.others.stops).sum(),
        stuck: runs.iter().map(|run| run.others.stuck).sum(),
    }
}

/// How priority requests fared.
fn requests(runs: &[RunRecord], of: impl Fn(&RunRecord) -> &RequestsRecord) -> RequestsSummary {
    let records = || runs.iter().map(&of);
    let times: Vec<f64> = records().flat_map(|record| &record.request_to_green_s).copied().collect();
    RequestsSummary {
        sent: records().map(|record| record.sent).sum(),
        granted: records().map(|record| record.granted).sum(),
        lost: records().map(|record| record.lost).sum(),
        request_to_green_s: CentreAndTail {
            mean: rounded(mean(&times)),
            p95: rounded(percentile(&times, 0.95)),
        },
        anew: records().map(|record| record.anew).sum(),
        rejected: records().map(|record| record.rejected).sum(),
    }
}

/// The means of both sides of some pairs.
fn mean_pair(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    let first: Vec<f64> = pairs.iter().map(|pair| pair.0).collect();
    let second: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    Some((mean(&first)?, mean(&second)?))
}

/// Mean delay of the others in one run, seconds.
fn mean_delay(run: &RunRecord) -> Option<f64> {
    mean(&run.others.delays_s.iter().map(|delay| f64::from(*delay)).collect::<Vec<_>>())
}

/// Total delay of the others in one run, seconds.
fn total_delay(run: &RunRecord) -> f64 {
    run.others.delays_s.iter().map(|delay| f64::from(*delay)).sum()
}

#[cfg(test)]
mod tests;
