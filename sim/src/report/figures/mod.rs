//! Owns the rows of the table of results, as text in cells: the terminal and the page show the same ones. And how numbers are
//! written for people.

mod aftermath;
mod people;
mod warnings;

use crate::measures::statistics::Estimate;
use crate::measures::summary::{EmergencySummary, RequestsSummary, StrategySummary, Summary};

/// What stands where a number is not defined.
pub const UNDEFINED: &str = "–";

/// A part of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One figure under each strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// Its unit; empty for counts.
    pub unit: &'static str,
    /// One for each strategy.
    pub cells: Vec<String>,
}

/// What the table's words mean, for whoever reads it first.
#[must_use]
pub fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = vec![
        format!("{} is the baseline: the control program alone, nobody gets priority.", summary.baseline),
        "± is half the 95 % t-interval of the mean over replications; every replication has the same traffic under each \
         strategy, and differences are taken within it."
            .to_owned(),
        "Travel time runs from the wish to depart to the arrival. A red passage is a stop line crossed at red, or at more than \
         1 s of yellow."
            .to_owned(),
        "Delay is time lost against the own free speed, with the wait to enter. Counts are sums over all runs.".to_owned(),
        format!("{UNDEFINED} is not defined, or too few values: a median takes 5, a 95th percentile 20."),
    ];
    if summary.strategies.iter().any(|strategy| strategy.slow_traffic.is_some()) {
        notes.push(people::NOTE.to_owned());
    }
    if summary.strategies.iter().any(|strategy| strategy.recovery.is_some()) {
        notes.push(aftermath::NOTE.to_owned());
    }
    if summary.strategies.iter().any(|strategy| strategy.warnings.is_some()) {
        notes.push(warnings::NOTE.to_owned());
    }
    let unfinished = summary.strategies.iter().filter_map(|strategy| strategy.emergency.as_ref());
    if unfinished.map(|emergency| emergency.unfinished).sum::<usize>() > 0 {
        notes.push(
            "Unfinished trips did not end under both the baseline and the strategy; they count in no travel time."
                .to_owned(),
        );
    }
    notes
}

/// The table of results.
#[must_use]
pub fn sections(summary: &Summary) -> Vec<Section> {
    let mut sections = Vec::new();
    let trips = summary
        .strategies
        .iter()
        .filter_map(|strategy| strategy.emergency.as_ref())
        .map(|one| one.trips)
        .max();
    if let Some(trips) = trips {
        let title = format!("Emergency vehicles ({} under each strategy)", plural(trips as u64, "trip"));
        sections.push(Section { title, rows: emergency_rows(summary) });
        let vehicles = vehicle_rows(summary);
        if vehicles.len() > 1 {
            sections.push(Section { title: "Time saved by vehicle".to_owned(), rows: vehicles });
        }
    }
    let vehicles = summary.strategies.iter().map(|strategy| strategy.others.vehicles).max().unwrap_or(0);
    sections
        .push(Section { title: format!("Other traffic ({vehicles} vehicles)"), rows: other_rows(summary) });
    sections.extend(people::sections(summary));
    if summary.strategies.iter().any(|strategy| strategy.requests.sent > 0) {
        let rows = request_rows(summary, &|strategy| Some(&strategy.requests));
        sections.push(Section { title: "Priority requests".to_owned(), rows });
    }
    if summary.strategies.iter().any(|strategy| strategy.public_transport.is_some()) {
        let mut rows = request_rows(summary, &|strategy| strategy.public_transport.as_ref());
        // What radio lost is counted above, for everybody.
        rows.pop();
        let rejected = |strategy: &StrategySummary| {
            let asked = strategy.public_transport.as_ref();
            asked.map_or_else(|| UNDEFINED.to_owned(), |asked| asked.rejected.to_string())
        };
        let cells = summary.strategies.iter().map(rejected).collect();
        rows.push(Row { label: "rejected".to_owned(), unit: "", cells });
        sections.push(Section { title: "Priority requests of buses and trams".to_owned(), rows });
    }
    sections.extend(aftermath::sections(summary));
    sections.extend(warnings::section(summary));
    // Medians and percentiles that no strategy has values enough for say nothing.
    for section in &mut sections {
        section.rows.retain(|row| {
            !row.label.ends_with("median") && !row.label.ends_with("percentile")
                || row.cells.iter().any(|cell| cell != UNDEFINED)
        });
    }
    sections
}

fn emergency_rows(summary: &Summary) -> Vec<Row> {
    let row = |label: &str, unit: &'static str, cell: &dyn Fn(&EmergencySummary) -> String| {
        let of = |strategy: &StrategySummary| {
            strategy.emergency.as_ref().map_or_else(|| UNDEFINED.to_owned(), cell)
        };
        Row { label: label.to_owned(), unit, cells: summary.strategies.iter().map(of).collect() }
    };
    vec![
        row("travel time, mean", "s", &|one| optional(one.travel_time_s.mean, 1)),
        row("travel time, median", "s", &|one| optional(one.travel_time_s.p50, 1)),
        row("travel time, 95th percentile", "s", &|one| optional(one.travel_time_s.p95, 1)),
        row("time saved", "s", &|one| estimate(&one.saved_s, 1)),
        row("time saved", "%", &|one| estimate(&one.saved_percent, 1)),
        row("stops", "", &|one| one.stops.to_string()),
        row("red passages", "", &|one| one.red_passages.to_string()),
        row("unfinished trips", "", &|one| one.unfinished.to_string()),
    ]
}

fn vehicle_rows(summary: &Summary) -> Vec<Row> {
    let Some(first) = summary.strategies.iter().find_map(|strategy| strategy.emergency.as_ref()) else {
        return Vec::new();
    };
    let cell = |strategy: &StrategySummary, position: usize| {
        let vehicle = strategy.emergency.as_ref().and_then(|emergency| emergency.vehicles.get(position));
        vehicle.map_or_else(|| UNDEFINED.to_owned(), |vehicle| estimate(&vehicle.saved_s, 1))
    };
    first
        .vehicles
        .iter()
        .enumerate()
        .map(|(position, vehicle)| Row {
            label: vehicle.id.clone(),
            unit: "s",
            cells: summary.strategies.iter().map(|strategy| cell(strategy, position)).collect(),
        })
        .collect()
}

fn other_rows(summary: &Summary) -> Vec<Row> {
    let row = |label: &str, unit: &'static str, cell: &dyn Fn(&StrategySummary) -> String| Row {
        label: label.to_owned(),
        unit,
        cells: summary.strategies.iter().map(cell).collect(),
    };
    vec![
        row("delay, mean", "s", &|one| optional(one.others.delay_s.mean, 1)),
        row("delay, 95th percentile", "s", &|one| optional(one.others.delay_s.p95, 1)),
        row("delay added", "s", &|one| estimate(&one.others.added_delay_s, 1)),
        row("delay added, all, by emergency trip", "veh·h", &|one| {
            estimate(&one.others.added_vehicle_hours_per_trip, 2)
        }),
        row("stops", "", &|one| one.others.stops.to_string()),
        row("stuck for 300 s without a cause", "", &|one| one.others.stuck.to_string()),
    ]
}

fn request_rows(summary: &Summary, of: &dyn Fn(&StrategySummary) -> Option<&RequestsSummary>) -> Vec<Row> {
    let row = |label: &str, unit: &'static str, cell: &dyn Fn(&RequestsSummary) -> String| {
        let cell = |strategy| of(strategy).map_or_else(|| UNDEFINED.to_owned(), cell);
        Row { label: label.to_owned(), unit, cells: summary.strategies.iter().map(cell).collect() }
    };
    vec![
        row("granted / sent", "", &|one| format!("{} / {}", one.granted, one.sent)),
        row("request to green, mean", "s", &|one| optional(one.request_to_green_s.mean, 1)),
        row("request to green, 95th percentile", "s", &|one| optional(one.request_to_green_s.p95, 1)),
        row("messages lost by radio", "", &|one| one.lost.to_string()),
    ]
}

/// `40.5 ± 5.2`; without an interval `40.5`.
#[must_use]
pub fn estimate(estimate: &Estimate, places: usize) -> String {
    match (estimate.mean, estimate.ci95) {
        (Some(mean), Some(half)) if mean.abs() + half > 0.0 => {
            format!("{} ± {}", decimals(mean, places), decimals(half, places))
        }
        (Some(mean), _) if mean.abs() > 0.0 => decimals(mean, places),
        (Some(_), _) => "0".to_owned(),
        (None, _) => UNDEFINED.to_owned(),
    }
}

/// A number, or what stands for none.
#[must_use]
pub fn optional(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| UNDEFINED.to_owned(), |value| decimals(value, places))
}

/// A number with a proper minus sign, never `-0.0`.
#[must_use]
pub fn decimals(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !zero { format!("−{text}") } else { text }
}

/// Seconds for a sentence: `40.5 s`, but `140 s`.
#[must_use]
pub fn seconds_short(value: f64) -> String {
    format!("{} s", decimals(value, usize::from(value.abs() < 99.95)))
}

/// Keeps numbers and their units on one line, by no-break spaces between them.
#[must_use]
pub fn unbroken(text: &str) -> String {
    let mut after_digit = false;
    let mut unbroken = String::with_capacity(text.len());
    for (position, character) in text.char_indices() {
        let unit = matches!(text.as_bytes().get(position + 1), Some(b's' | b'%'));
        unbroken.push(if character == ' ' && after_digit && unit { '\u{a0}' } else { character });
        after_digit = character.is_ascii_digit();
    }
    unbroken
}

/// `1 trip`, `2 trips`.
#[must_use]
pub fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(decimals(-0.04, 1), "0.0");
        assert_eq!(decimals(-1.25, 1), "−1.2");
        assert_eq!(seconds_short(140.4), "140 s");
        assert_eq!(seconds_short(4.04), "4.0 s");
        assert_eq!(plural(1, "run"), "1 run");
        assert_eq!(plural(0, "run"), "0 runs");
        assert_eq!(unbroken("12 s (3.4 %) a trip, 2 trips"), "12\u{a0}s (3.4\u{a0}%) a trip, 2 trips");
    }

    #[test]
    fn estimates_show_their_interval_where_there_is_one() {
        assert_eq!(estimate(&Estimate { mean: Some(40.52), ci95: Some(5.21) }, 1), "40.5 ± 5.2");
        assert_eq!(estimate(&Estimate { mean: Some(40.52), ci95: None }, 1), "40.5");
        assert_eq!(estimate(&Estimate { mean: Some(0.0), ci95: Some(0.0) }, 1), "0");
        assert_eq!(estimate(&Estimate::default(), 1), UNDEFINED);
    }
}
