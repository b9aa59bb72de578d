//! The `[[override]]` rows of `scenario.toml`: when an input is active that ranks above priority (a level crossing, a bridge, somebody who controls
//! the signals by hand).

use std::sync::Arc;

use voorrang_signals::Intersection;
use voorrang_signals::document::{Document, Place, Table, Value};
use voorrang_units::Duration;

use super::slow_traffic::intersection_named;
use crate::scenario::OverrideTime;

/// The latest second that may be named.
const LATEST_S: f64 = 1e7;

/// The rows, before it is known which intersections there are.
#[derive(Debug, Default)]
pub(super) struct WrittenOverrides(Vec<Row>);

#[derive(Debug)]
struct Row {
    intersection: (Place, String),
    input: (Place, String),
    from: Duration,
    to: (Place, Duration),
}

impl WrittenOverrides {
    pub(super) fn read(root: &Table<'_>) -> Self {
        let rows = root.optional("override").map(|value| value.tables()).unwrap_or_default();
        Self(rows.iter().filter_map(row).collect())
    }

    /// The rows with their intersections and inputs; reports what is not there and what ends before it begins.
    pub(super) fn resolve(
        &self,
        document: &Document<'_>,
        intersections: &[Arc<Intersection>],
    ) -> Vec<OverrideTime> {
        let mut resolved = Vec::new();
        for Row { intersection, input: (input_place, input), from, to: (to_place, to) } in &self.0 {
            let Some(index) = intersection_named(document, intersections, intersection) else { continue };
            if to <= from {
                let what = format!("`to_s` is {}, not after `from_s`, {}", to.seconds(), from.seconds());
                document.report(*to_place, what, "give a later `to_s`");
                continue;
            }
            let inputs = intersections[index].overrides();
            let Some(found) = inputs.iter().find(|one| one.name == *input) else {
                let names: Vec<&str> = inputs.iter().map(|one| one.name.as_str()).collect();
                let remedy = match names.as_slice() {
                    [] => "its file has none: add it to `overrides` there".to_owned(),
                    names => format!("name one of its file: {}", names.join(", ")),
                };
                let what =
                    format!("`input` is \"{input}\", which intersection {} does not have", intersection.1);
                document.report(*input_place, what, remedy);
                continue;
            };
            resolved.push(OverrideTime {
                intersection: index,
                kind: found.kind,
                input: input.clone(),
                from: *from,
                to: *to,
            });
        }
        resolved
    }
}

fn row(table: &Table<'_>) -> Option<Row> {
    let text = |value: Value<'_>| Some((value.place(), value.text()?.to_owned()));
    let seconds =
        |value: Value<'_>| Some((value.place(), Duration::from_seconds_f64(value.number(0.0..=LATEST_S)?)));
    let intersection = table.required("intersection").and_then(text);
    let input = table.required("input").and_then(text);
    let from = table.required("from_s").and_then(seconds);
    let to = table.required("to_s").and_then(seconds);
    table.no_other_keys();
    Some(Row { intersection: intersection?, input: input?, from: from?.1, to: to? })
}
