//! How warnings of emergency vehicles did. All drivers of all runs are pooled: a lead time is a driver's, not a run's.

use serde::Serialize;

use crate::measures::record::RunRecord;
use crate::measures::statistics::{percentile, rounded};

/// Warnings and who heard them; sums over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WarningsSummary {
    /// Messages sent: warnings, updates and cancellations.
    pub sent: u64,
    /// Drivers who were warned.
    pub drivers_warned: u64,
    /// From the warning until an emergency vehicle was there.
    pub lead_time_s: LeadTime,
    /// Drivers who were warned and met none.
    pub never_met: u64,
}

/// A median with the 10th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LeadTime {
    /// The median; `None` below 5 drivers.
    pub p50: Option<f64>,
    /// Nine in ten had more; `None` below 5 drivers.
    pub p10: Option<f64>,
}

/// The warnings of some runs.
pub(super) fn of(runs: &[RunRecord]) -> Option<WarningsSummary> {
    let records = || runs.iter().filter_map(|run| run.warnings.as_ref());
    records().next()?;
    let leads: Vec<f64> = records().flat_map(|record| &record.lead_times_s).copied().collect();
    let never_met = records().map(|record| record.never_met).sum();
    Some(WarningsSummary {
        sent: records().map(|record| record.sent).sum(),
        drivers_warned: leads.len() as u64 + never_met,
        lead_time_s: LeadTime {
            p50: rounded(percentile(&leads, 0.5)),
            p10: rounded(percentile(&leads, 0.1)),
        },
        never_met,
    })
}
