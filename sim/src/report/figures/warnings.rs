//! The rows of the table that warnings of emergency vehicles have.

use super::{Row, Section, UNDEFINED, optional};
use crate::measures::summary::{Summary, WarningsSummary};

/// What the words of these rows mean.
pub(super) const NOTE: &str = "The lead time runs from a driver's warning until an emergency vehicle is within 30 m; nobody drives otherwise for \
     being warned.";

/// None where nobody can hear a warning.
pub(super) fn section(summary: &Summary) -> Option<Section> {
    summary.strategies.iter().find_map(|strategy| strategy.warnings)?;
    let row = |label: &str, unit: &'static str, cell: &dyn Fn(&WarningsSummary) -> String| Row {
        label: label.to_owned(),
        unit,
        cells: summary
            .strategies
            .iter()
            .map(|strategy| strategy.warnings.as_ref().map_or_else(|| UNDEFINED.to_owned(), cell))
            .collect(),
    };
    let rows = vec![
        row("messages sent", "", &|one| one.sent.to_string()),
        row("drivers warned", "", &|one| one.drivers_warned.to_string()),
        row("lead time, median", "s", &|one| optional(one.lead_time_s.p50, 1)),
        row("lead time, 10th percentile", "s", &|one| optional(one.lead_time_s.p10, 1)),
        row("warned, but never met", "", &|one| one.never_met.to_string()),
    ];
    Some(Section { title: "Warnings of emergency vehicles".to_owned(), rows })
}
