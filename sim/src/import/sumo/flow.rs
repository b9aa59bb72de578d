//! When the vehicles of a `<flow>` depart: evenly spaced, without chance, so that an import is the same every time.

use std::path::Path;

use crate::import::Findings;
use crate::import::sumo::definitions::time;
use crate::import::sumo::xml::Element;

/// An open-ended flow is written out for this long, twice the longest run.
const LONGEST_S: f64 = 3_600.0;
const MOST_VEHICLES: usize = 100_000;

/// The departure times, in seconds, in order.
pub(super) fn departures(element: &Element, path: &Path, findings: &mut Findings) -> Vec<f64> {
    let begin = element.get("begin").and_then(|_| time(element, "begin", path, findings)).unwrap_or(0.0);
    let end = element.get("end").and_then(|_| time(element, "end", path, findings));
    let number = element.get("number").and_then(|_| element.index("number", path, findings));
    let spacing = spacing(element, path, findings);
    let (spacing, count) = match (spacing, number, end) {
        (Some(spacing), Some(number), _) => (spacing, number),
        (Some(spacing), None, end) => {
            if end.is_none() {
                findings.approximated("flows without an end: written out for 3,600 s");
            }
            (spacing, count_until(end.unwrap_or(begin + LONGEST_S) - begin, spacing))
        }
        (None, Some(number), end) => {
            let duration = end.unwrap_or(begin + LONGEST_S) - begin;
            (duration / f64::from(u32::try_from(number.max(1)).unwrap_or(u32::MAX)), number)
        }
        (None, None, _) => {
            findings.wrong(
                path,
                element.line,
                format!("<flow> \"{}\" says not how many vehicles", element.get("id").unwrap_or_default()),
                "give `number`, `period`, `vehsPerHour` or `probability`",
            );
            return Vec::new();
        }
    };
    let mut times = Vec::new();
    let mut at = begin;
    for _ in 0..count.min(MOST_VEHICLES) {
        times.push(at);
        at += spacing;
    }
    times
}

/// Seconds from one vehicle to the next, where the flow says so.
fn spacing(element: &Element, path: &Path, findings: &mut Findings) -> Option<f64> {
    let positive = |value: f64| (value > 0.0).then_some(value);
    if let Some(period) = element.get("period") {
        if let Some(rate) = period.strip_prefix("exp(").and_then(|rest| rest.strip_suffix(')')) {
            findings.approximated("flows with random gaps: evenly spaced");
            return rate.trim().parse().ok().and_then(positive).map(|rate| 1.0 / rate);
        }
        return element.optional_number("period", path, findings).and_then(positive);
    }
    if element.get("probability").is_some() {
        findings.approximated("flows with random gaps: evenly spaced");
        let probability = element.optional_number("probability", path, findings).and_then(positive)?;
        return Some(1.0 / probability);
    }
    let hourly = ["vehsPerHour", "perHour"].into_iter().find(|key| element.get(key).is_some())?;
    element.optional_number(hourly, path, findings).and_then(positive).map(|hourly| 3_600.0 / hourly)
}

fn count_until(duration: f64, spacing: f64) -> usize {
    let mut count = 0;
    let mut at = 0.0;
    while at < duration && count < MOST_VEHICLES {
        count += 1;
        at += spacing;
    }
    count
}
