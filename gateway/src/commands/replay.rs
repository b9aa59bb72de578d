//! `replay`: the engines of a gateway's journal are told the same again, and what they say is held against what they said then.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{CommandError, print};
use crate::codec::Outcome as Exit;
use crate::journal::replay::{AreaReplayed, Outcome, files, replay};

/// Plays a journal again: do the engines decide as they did then?
///
/// The journal holds what every area's engine was made of, all that it was told and all that it said. Replay makes the engines anew, tells them the same at
/// the same times and compares every output. The first difference of each area is named with file, line and member, what was recorded, what comes out now,
/// and what the engine was told before it.
///
/// Exit codes: 0 identical, 1 a difference, 2 no journal or one that cannot be read to its end.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A file of a journal, its folder, or the data folder that it is in
    journal: PathBuf,
    /// Only the area of this name
    #[arg(long)]
    area: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What results look like.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit, CommandError> {
    let files = files(&arguments.journal).map_err(CommandError::new)?;
    let mut progress = Progress::new(files.len());
    let outcome = replay(&files, arguments.area.as_deref(), |file, line| progress.show(file, line));
    progress.clear();
    let outcome = outcome.map_err(CommandError::new)?;
    if let Some(area) = &arguments.area
        && !outcome.areas.contains_key(area)
    {
        return Err(CommandError::new(format!("no area \"{area}\" in {}", arguments.journal.display())));
    }
    print(&match arguments.format {
        Format::Table => table(&outcome),
        Format::Json => as_json(&outcome).to_string() + "\n",
    })?;
    Ok(if outcome.is_identical() { Exit::Done } else { Exit::SomeFailed })
}

fn table(outcome: &Outcome) -> String {
    let mut text = String::new();
    for note in &outcome.notes {
        let _ = writeln!(text, "note: {note}");
    }
    for (area, replayed) in &outcome.areas {
        if let Some((path, difference)) = &replayed.difference {
            let _ = writeln!(text, "{area}: {}: first difference at {difference}", path.display());
        }
        if replayed.passed_over > 0 {
            let _ = writeln!(
                text,
                "{area}: {} entries passed over: what made their engine is not in these files",
                replayed.passed_over
            );
        }
    }
    let sum = |figure: fn(&AreaReplayed) -> u64| outcome.areas.values().map(figure).sum::<u64>();
    let different = outcome.areas.values().filter(|area| area.difference.is_some()).count();
    let from = outcome.areas.values().filter_map(|area| area.replayed.from).min();
    let to = outcome.areas.values().filter_map(|area| area.replayed.to).max();
    let verdict = if different == 0 { "identical".to_owned() } else { format!("{different} areas differ") };
    let _ = write!(
        text,
        "{verdict}: {} areas, {} engines, {} inputs, {} outputs",
        outcome.areas.len(),
        sum(|area| area.engines),
        sum(|area| area.replayed.inputs),
        sum(|area| area.replayed.outputs)
    );
    if let (Some(from), Some(to)) = (from, to) {
        let _ = write!(text, ", from {from} to {to}");
    }
    text.push('\n');
    text
}

fn as_json(outcome: &Outcome) -> Value {
    let areas = outcome.areas.iter().map(|(area, replayed)| {
        let difference = replayed.difference.as_ref().map(|(path, difference)| {
            let members = difference
                .members()
                .into_iter()
                .map(|(member, recorded, now)| json!({ "member": member, "recorded": recorded, "now": now }));
            json!({
                "file": path.display().to_string(),
                "line": difference.line,
                "t": difference.at,
                "members": members.collect::<Vec<_>>(),
                "recorded": difference.recorded,
                "now": difference.replayed,
                "after": difference.told,
            })
        });
        json!({
            "area": area,
            "engines": replayed.engines,
            "replayed": replayed.replayed,
            "passed_over": replayed.passed_over,
            "difference": difference,
        })
    });
    json!({
        "identical": outcome.is_identical(),
        "areas": areas.collect::<Vec<_>>(),
        "notes": outcome.notes,
    })
}

/// On stderr, where that is a terminal.
struct Progress {
    files: usize,
    shown: bool,
}

impl Progress {
    fn new(files: usize) -> Self {
        Self { files, shown: io::stderr().is_terminal() }
    }

    fn show(&mut self, file: usize, line: usize) {
        if self.shown && line.is_multiple_of(10_000) {
            let _ = write!(io::stderr(), "\rfile {} of {}, line {line} ", file + 1, self.files);
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
