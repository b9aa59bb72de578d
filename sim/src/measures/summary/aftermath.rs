//! What follows of interventions and what they were planned from: how long traffic took to recover, and how far off the engine's estimates were.

use serde::Serialize;

use crate::estimate_plugin::HORIZONS_S;
use crate::measures::record::RunRecord;
use crate::measures::recovery::{Recovery, recoveries};
use crate::measures::statistics::{Estimate, mean, percentile, rounded};

/// How traffic recovered from interventions (strategies.md M7).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecoverySummary {
    /// Trips that arrived, in all runs.
    pub trips: usize,
    /// After how many of them traffic recovered before the next began or the run ended.
    pub recovered: usize,
    /// From the arrival until as few stood as without priority; over those after which traffic recovered.
    pub time_s: RecoveryTime,
    /// Standing vehicles more than without priority, from departure to recovery, in hours, by trip.
    pub vehicle_hours: Estimate,
}

/// A mean with median and 95th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct RecoveryTime {
    /// Mean of all values.
    pub mean: Option<f64>,
    /// Median; `None` below 5 values.
    pub p50: Option<f64>,
    /// 95th percentile; `None` below 20 values.
    pub p95: Option<f64>,
}

/// How far off the engine's estimates were so long before the passages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EstimateErrors {
    /// Seconds before the true passage.
    pub horizon_s: u32,
    /// Expected minus true passage, seconds.
    pub eta_s: Errors,
    /// Estimated minus true number of vehicles that stood on the vehicle's lane.
    pub queue_vehicles: Errors,
}

/// Errors in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Errors {
    /// How many.
    pub count: usize,
    /// Their mean: the bias.
    pub mean: Option<f64>,
    /// The mean of their absolute values.
    pub mean_absolute: Option<f64>,
}

impl Errors {
    fn of(values: &[f64]) -> Self {
        let absolute: Vec<f64> = values.iter().map(|value| value.abs()).collect();
        Self { count: values.len(), mean: rounded(mean(values)), mean_absolute: rounded(mean(&absolute)) }
    }
}

/// Recovery under a strategy against the runs without priority; `None` where no trip arrived, or where it is these runs.
pub(super) fn recovery(without: Option<&[RunRecord]>, runs: &[RunRecord]) -> Option<RecoverySummary> {
    let without = without.filter(|without| !std::ptr::eq(*without, runs))?;
    let all: Vec<Vec<Recovery>> =
        without.iter().zip(runs).map(|(without, with)| recoveries(without, with)).collect();
    let trips: usize = all.iter().map(Vec::len).sum();
    let times: Vec<f64> = all.iter().flatten().filter_map(|recovery| recovery.time_s).collect();
    let hours: Vec<f64> = all
        .iter()
        .filter_map(|run| mean(&run.iter().map(|recovery| recovery.vehicle_hours).collect::<Vec<_>>()))
        .collect();
    (trips > 0).then(|| RecoverySummary {
        trips,
        recovered: times.len(),
        time_s: RecoveryTime {
            mean: rounded(mean(&times)),
            p50: rounded(percentile(&times, 0.5)),
            p95: rounded(percentile(&times, 0.95)),
        },
        vehicle_hours: Estimate::of(&hours),
    })
}

/// How far off estimates were, by horizon; those that nothing is known of are left out.
pub(super) fn estimates(runs: &[RunRecord]) -> Vec<EstimateErrors> {
    let records = |horizon| {
        runs.iter().flat_map(|run| &run.estimates).filter(move |record| record.horizon_s == horizon)
    };
    let errors = HORIZONS_S.into_iter().map(|horizon_s| {
        let queues = records(horizon_s).filter_map(|record| record.queue);
        EstimateErrors {
            horizon_s,
            eta_s: Errors::of(&records(horizon_s).map(|record| record.eta_error_s).collect::<Vec<_>>()),
            queue_vehicles: Errors::of(
                &queues.map(|(told, true_)| told - f64::from(true_)).collect::<Vec<_>>(),
            ),
        }
    });
    errors.filter(|errors| errors.eta_s.count > 0).collect()
}
