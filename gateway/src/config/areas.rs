//! Junctions become control areas: those that name the same area share an engine, each other has its own.

use std::collections::BTreeMap;
use std::path::Path;

use voorrang_signals::IntersectionId;
use voorrang_signals::document::Document;

use super::intersections::{JunctionEntry, WrittenJunction};

/// One control area.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaEntry {
    /// What logs, metrics and the journal call it. No two have the same.
    pub name: String,
    /// Its junctions, in the order of the file.
    pub junctions: Vec<JunctionEntry>,
}

/// Joins junctions into areas, in the order in which they are first named; reports junctions that are there twice.
pub(super) fn join(document: &Document<'_>, written: Vec<WrittenJunction>) -> Vec<AreaEntry> {
    let mut seen: BTreeMap<IntersectionId, &Path> = BTreeMap::new();
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for WrittenJunction { place, area, junction } in &written {
        let id = junction.intersection.id();
        if let Some(other) = seen.insert(id, &junction.file) {
            document.report(
                *place,
                format!("{} is intersection {id}, as {} is", junction.file.display(), other.display()),
                "a request names one of them alone: give each its own region and id",
            );
        }
        let name = area.as_deref().unwrap_or(junction.intersection.name());
        // An area that several name is one and the same.
        let count = times.entry(name).or_default();
        *count += u32::from(area.is_none() || *count == 0);
    }
    let unique = |name: &str| times.get(name).is_none_or(|times| *times == 1);
    let names: Vec<String> = written
        .iter()
        .map(|WrittenJunction { area, junction, .. }| match area {
            Some(area) => area.clone(),
            None if unique(junction.intersection.name()) => junction.intersection.name().to_owned(),
            None => format!("{} {}", junction.intersection.name(), junction.intersection.id()),
        })
        .collect();
    let mut areas: Vec<AreaEntry> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (name, WrittenJunction { junction, .. }) in names.into_iter().zip(written) {
        let place = *places.entry(name.clone()).or_insert_with(|| {
            areas.push(AreaEntry { name, junctions: Vec::new() });
            areas.len() - 1
        });
        areas[place].junctions.push(junction);
    }
    areas
}
