//! The rows of the table that pedestrians and cyclists have.

use super::{Row, Section, UNDEFINED, optional};
use crate::measures::summary::{SlowTrafficSummary, StrategySummary, Summary, Waits};

/// What the words of these rows mean.
pub(super) const NOTE: &str = "Pedestrians and cyclists wait from coming to going, not at all if they come at green; who still waits when measuring \
     ends counts with the wait until then.";

/// The waits of all of one kind.
type OfKind = fn(&SlowTrafficSummary) -> Option<Waits>;

/// Sections for pedestrians and for cyclists, and their waits by group where there are several.
pub(super) fn sections(summary: &Summary) -> Vec<Section> {
    let mut sections = Vec::new();
    let kinds: [(&str, OfKind); 2] =
        [("Pedestrians", |people| people.pedestrians), ("Cyclists", |people| people.cyclists)];
    for (title, waits) in kinds {
        let of = |strategy: &StrategySummary| strategy.slow_traffic.as_ref().and_then(waits);
        if let Some(persons) = summary.strategies.iter().filter_map(of).map(|waits| waits.persons).max() {
            sections.push(Section { title: format!("{title} ({persons})"), rows: rows(summary, &of) });
        }
    }
    let groups = summary.strategies.iter().find_map(|strategy| strategy.slow_traffic.as_ref());
    if let Some(people) = groups.filter(|people| people.groups.len() > 1) {
        let title = "Wait by group: mean / longest, and how many over 60 s".to_owned();
        let rows = (0..people.groups.len()).map(|place| group_row(summary, people, place)).collect();
        sections.push(Section { title, rows });
    }
    sections
}

fn rows(summary: &Summary, of: &dyn Fn(&StrategySummary) -> Option<Waits>) -> Vec<Row> {
    let row = |label: &str, unit: &'static str, cell: &dyn Fn(&Waits) -> String| Row {
        label: label.to_owned(),
        unit,
        cells: summary
            .strategies
            .iter()
            .map(|strategy| of(strategy).map_or_else(|| UNDEFINED.to_owned(), |waits| cell(&waits)))
            .collect(),
    };
    vec![
        row("wait, mean", "s", &|waits| optional(waits.wait_s.mean, 1)),
        row("wait, 95th percentile", "s", &|waits| optional(waits.wait_s.p95, 1)),
        row("wait, longest", "s", &|waits| optional(waits.wait_s.max, 1)),
        row("waited over 60 s", "", &|waits| waits.over_60_s.to_string()),
        row("waited over 90 s", "", &|waits| waits.over_90_s.to_string()),
    ]
}

fn group_row(summary: &Summary, people: &SlowTrafficSummary, place: usize) -> Row {
    let cell = |strategy: &StrategySummary| {
        let group = strategy.slow_traffic.as_ref().and_then(|people| people.groups.get(place));
        group.map_or_else(
            || UNDEFINED.to_owned(),
            |group| {
                let Waits { wait_s, over_60_s, .. } = group.waits;
                format!("{} / {}, {over_60_s}", optional(wait_s.mean, 1), optional(wait_s.max, 1))
            },
        )
    };
    let group = &people.groups[place];
    Row {
        label: format!("{} {} ({})", group.intersection, group.group, group.who),
        unit: "s",
        cells: summary.strategies.iter().map(cell).collect(),
    }
}
