//! The `[[slow_traffic]]` rows of `scenario.toml`: pedestrians and cyclists at groups that have no lane in the network.

use std::sync::Arc;

use voorrang_signals::document::{Document, Place, Table, Value};
use voorrang_signals::intersection::GroupKind;
use voorrang_signals::{GroupIndex, Intersection};

use crate::network::Network;
use crate::scenario::SlowTraffic;

/// The most that may come in an hour.
const MOST_PER_HOUR: f64 = 20_000.0;

/// The rows, before it is known which intersections there are.
#[derive(Debug, Default)]
pub(super) struct WrittenSlowTraffic(Vec<Row>);

#[derive(Debug)]
struct Row {
    intersection: (Place, String),
    group: (Place, String),
    per_hour: f64,
}

impl WrittenSlowTraffic {
    pub(super) fn read(root: &Table<'_>) -> Self {
        let rows = root.optional("slow_traffic").map(|value| value.tables()).unwrap_or_default();
        Self(rows.iter().filter_map(row).collect())
    }

    /// The rows with their intersections and groups; reports what is not there and who has lanes.
    pub(super) fn resolve(
        &self,
        document: &Document<'_>,
        intersections: &[Arc<Intersection>],
        network: Option<&Network>,
    ) -> Vec<SlowTraffic> {
        let mut resolved: Vec<SlowTraffic> = Vec::new();
        for Row { intersection, group: (group_place, group), per_hour } in &self.0 {
            let Some(index) = intersection_named(document, intersections, intersection) else { continue };
            let name = &intersection.1;
            match group_of(&intersections[index], index, group, network) {
                Ok(found)
                    if resolved.iter().any(|other| (other.intersection, other.group) == (index, found)) =>
                {
                    let what = format!("group \"{group}\" of intersection \"{name}\" is there twice");
                    document.report(*group_place, what, "add the two rates up in one row");
                }
                Ok(found) => {
                    resolved.push(SlowTraffic { intersection: index, group: found, per_hour: *per_hour });
                }
                Err((what, remedy)) => document.report(*group_place, what, remedy),
            }
        }
        resolved
    }
}

/// The position of the intersection of that id or name; reports one that isn't there.
pub(super) fn intersection_named(
    document: &Document<'_>,
    intersections: &[Arc<Intersection>],
    (place, name): &(Place, String),
) -> Option<usize> {
    let found = intersections.iter().position(|one| one.name() == name || one.id().to_string() == *name);
    if found.is_none() {
        let what = format!("`intersection` is \"{name}\", which no intersection file has");
        document.report(*place, what, "give an intersection's id (as 0/3) or its name");
    }
    found
}

fn row(table: &Table<'_>) -> Option<Row> {
    let text = |value: Value<'_>| Some((value.place(), value.text()?.to_owned()));
    let intersection = table.required("intersection").and_then(text);
    let group = table.required("group").and_then(text);
    let per_hour = table.required("per_hour").and_then(|value| value.number(0.0..=MOST_PER_HOUR));
    table.no_other_keys();
    Some(Row { intersection: intersection?, group: group?, per_hour: per_hour? })
}

/// The group of that name, if people on foot or by bicycle can come there outside the network; else what is wrong, and a remedy.
fn group_of(
    intersection: &Intersection,
    index: usize,
    name: &str,
    network: Option<&Network>,
) -> Result<GroupIndex, (String, &'static str)> {
    let Some(group) = intersection.group_named(name) else {
        let what = format!("`group` is \"{name}\", which intersection {} does not have", intersection.id());
        return Err((what, "name a group of its file"));
    };
    let kind = intersection.groups()[group.index()].kind;
    if !matches!(kind, GroupKind::Pedestrian | GroupKind::Bicycle) {
        let what = format!("group \"{name}\" is for {} traffic", kind.name().replace('_', " "));
        return Err((what, "name a group of type pedestrian or bicycle"));
    }
    let guards = |network: &Network| {
        let mut signals = network.links.iter().filter_map(|link| link.signal);
        signals.any(|signal| signal.intersection as usize == index && signal.group == group)
    };
    if network.is_some_and(guards) {
        let what = format!("group \"{name}\" guards a lane of the network");
        return Err((what, "whoever drives there is part of the demand; leave this row out"));
    }
    Ok(group)
}
