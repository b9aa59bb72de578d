//! From the text of `gateway.toml` to a [`Config`].

use std::fs;
use std::path::Path;
use std::sync::Arc;

use voorrang_messages::StationId;
use voorrang_signals::document::{Document, Problem, Problems, Table};

use super::intersections;
use super::sections::section;
use super::{Config, JournalConfig, LimitsConfig, Sections, areas, priority};
use crate::security::SecurityConfig;

/// The form of the file; another is refused.
const SCHEMA: u32 = 1;

impl Config {
    /// Reads and validates a file, and the intersection files and secrets that it names.
    ///
    /// # Errors
    /// Every problem in all of them, at once.
    pub fn load(file: &Path) -> Result<Self, Problems> {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).map_err(|error| {
            let what = format!("cannot be read: {error}");
            Problem::with_file(&name, what, "name a configuration; docs/how-to/configure.md shows one")
        })?;
        Self::read(&text, file)
    }

    /// Reads and validates a text as if it stood in `file`.
    ///
    /// # Errors
    /// Every problem, at once.
    pub fn read(text: &str, file: &Path) -> Result<Self, Problems> {
        let name = file.display().to_string();
        let base = file.parent().unwrap_or(Path::new(""));
        let document = Document::parse(&name, text);
        let mut problems = Vec::new();
        let config = read(&document, text, file, base, &mut problems);
        let mut all: Vec<Problem> =
            document.finish().err().into_iter().flat_map(|found| found.0).chain(problems).collect();
        // Those of this file in the order of its text, whoever found them; then those of the files that it names.
        all.sort_by_key(|problem| match problem.file == name {
            true => (problem.line, problem.column),
            false => (usize::MAX, 0),
        });
        match config {
            Some(config) if all.is_empty() => Ok(config),
            None if all.is_empty() => unreachable!("whatever could not be read was reported"),
            _ => Err(Problems(all)),
        }
    }
}

fn read(
    document: &Document<'_>,
    text: &str,
    file: &Path,
    base: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let root = document.root();
    schema(document, &root);
    let name = root.required("name").and_then(|value| value.text());
    let station = root.required("station").and_then(|value| value.integer(1..=u32::MAX));
    let data = root.required("data").and_then(|value| value.text());
    let priority = root.required("priority").and_then(|value| value.table()).and_then(|_| {
        match priority::read(text, &document_name(file))? {
            Ok(config) => Some(config),
            Err(problem) => {
                problems.push(problem);
                None
            }
        }
    });
    let rows = root.required("intersections").map(|value| value.tables()).unwrap_or_default();
    let mut written = Vec::new();
    for table in rows {
        written.extend(intersections::row(document, &table, base, problems));
    }
    let areas = areas::join(document, written);
    let journal = section(&root, "journal", JournalConfig::read);
    let limits = section(&root, "limits", LimitsConfig::read);
    let junctions = areas.iter().flat_map(|area| &area.junctions);
    let intersections: Vec<_> = junctions.map(|junction| Arc::clone(&junction.intersection)).collect();
    let security = SecurityConfig::read(&root, &intersections);
    let sections = Sections::read(&root, base);
    root.no_other_keys();
    let priority = priority?;
    let security = SecurityConfig { expiry: priority.request.expiry, ..security? };
    Some(Config {
        file: file.to_owned(),
        name: name?.to_owned(),
        station: StationId(station?),
        data: base.join(data?),
        priority,
        areas,
        journal: journal.unwrap_or_default(),
        limits: limits.unwrap_or_default(),
        security,
        sections,
    })
}

fn document_name(file: &Path) -> String {
    file.display().to_string()
}

fn schema(document: &Document<'_>, root: &Table<'_>) {
    if let Some(value) = root.required("schema")
        && let Some(number) = value.integer(0..=u32::MAX)
        && number != SCHEMA
    {
        document.report(
            value.place(),
            format!("schema {number} is not known here"),
            format!("use schema {SCHEMA}, or a newer program"),
        );
    }
}
