//! The rows of recovery and of the engine's estimates.

use super::{Row, Section, UNDEFINED, estimate, optional};
use crate::measures::summary::{EstimateErrors, RecoverySummary, StrategySummary, Summary};

/// What recovery means.
pub(super) const NOTE: &str = "Recovered is when no more vehicles stand in the network than without priority (paired run, 120 s \
    averages, a standard deviation of slack) for 120 s; before the next trip begins.";

/// From how long before the passage the errors are shown.
const SHOWN_S: [u32; 2] = [20, 60];

pub(super) fn sections(summary: &Summary) -> Vec<Section> {
    let mut sections = Vec::new();
    if summary.strategies.iter().any(|strategy| strategy.recovery.is_some()) {
        sections.push(Section { title: "Recovery after a trip".to_owned(), rows: recovery_rows(summary) });
    }
    let estimated = |strategy: &StrategySummary| !strategy.estimates.is_empty();
    if summary.strategies.iter().any(estimated) {
        let title = "Estimates of the engine, against what came".to_owned();
        sections.push(Section { title, rows: estimate_rows(summary) });
    }
    sections
}

fn recovery_rows(summary: &Summary) -> Vec<Row> {
    let row = |label: &str, unit: &'static str, cell: &dyn Fn(&RecoverySummary) -> String| {
        let of = |strategy: &StrategySummary| {
            strategy.recovery.as_ref().map_or_else(|| UNDEFINED.to_owned(), cell)
        };
        Row { label: label.to_owned(), unit, cells: summary.strategies.iter().map(of).collect() }
    };
    vec![
        row("recovered / trips", "", &|one| format!("{} / {}", one.recovered, one.trips)),
        row("time to recover, mean", "s", &|one| optional(one.time_s.mean, 0)),
        row("time to recover, median", "s", &|one| optional(one.time_s.p50, 0)),
        row("time to recover, 95th percentile", "s", &|one| optional(one.time_s.p95, 0)),
        row("standing more until then, by trip", "veh·h", &|one| estimate(&one.vehicle_hours, 2)),
    ]
}

fn estimate_rows(summary: &Summary) -> Vec<Row> {
    let row = |label: String, unit: &'static str, horizon: u32, cell: &dyn Fn(&EstimateErrors) -> String| {
        let of = |strategy: &StrategySummary| {
            let errors = strategy.estimates.iter().find(|errors| errors.horizon_s == horizon);
            errors.map_or_else(|| UNDEFINED.to_owned(), cell)
        };
        Row { label, unit, cells: summary.strategies.iter().map(of).collect() }
    };
    let both = |mean: Option<f64>, absolute: Option<f64>| {
        mean.zip(absolute).map_or_else(
            || UNDEFINED.to_owned(),
            |(mean, absolute)| format!("{}, {}", optional(Some(mean), 1), optional(Some(absolute), 1)),
        )
    };
    let rows = SHOWN_S.into_iter().flat_map(|horizon| {
        [
            row(format!("ETA {horizon} s before: bias, mean error"), "s", horizon, &|one| {
                both(one.eta_s.mean, one.eta_s.mean_absolute)
            }),
            row(format!("queue {horizon} s before: bias, mean error"), "veh", horizon, &|one| {
                both(one.queue_vehicles.mean, one.queue_vehicles.mean_absolute)
            }),
        ]
    });
    rows.filter(|row| row.cells.iter().any(|cell| cell != UNDEFINED)).collect()
}
