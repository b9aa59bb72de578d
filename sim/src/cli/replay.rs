//! `voorrang-sim replay JOURNAL`: the inputs of a journal are told again, and what the engine says is held against what it said then.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use voorrang_priority::journal::{Difference, Reader, Replay, ReplayError, Replayed};

use super::{CommandError, Format, print};
use crate::report::figures::plural;

/// Play a journal again: does the engine decide as it did then?
///
/// A journal holds what an engine was made of, all that it was told and all that it said; `run --journal DIR` writes one for each strategy. Replay
/// makes the engine anew, tells it the same at the same times and compares every output. The first difference is named with its line, what was
/// recorded, what comes out now, and what the engine was told before it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    voorrang-sim run scenarios/corridor --strategies eta --journal journals\n  \
    voorrang-sim replay journals/eta.jsonl\n\n\
    Exit codes: 0 identical, 1 a difference, 2 no journal or one that cannot be read to its end.")]
pub struct Arguments {
    /// The journal
    journal: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Replays and says what came out.
///
/// # Errors
/// A difference, or a journal that cannot be read.
pub fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let path = &arguments.journal;
    let unreadable = |source| CommandError::Unreadable { path: path.clone(), source };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let bar = progress_bar(length);
    let outcome = replay(bar.wrap_read(file));
    bar.finish_and_clear();
    let outcome = outcome.map_err(|error| wrong(path, &error))?;
    match arguments.format {
        Format::Table => match &outcome {
            Ok(replayed) => print(&identical(replayed)),
            Err(difference) => print(&format!("{}: first difference at {difference}\n", path.display())),
        },
        Format::Json => print(&(as_json(&outcome).to_string() + "\n")),
    }?;
    outcome.map(|_| ()).map_err(|_| CommandError::Differs)
}

fn replay(source: impl Read) -> Result<Result<Replayed, Box<Difference>>, ReplayError> {
    Replay::run(Reader::new(BufReader::new(source))?, |_| ())
}

fn wrong(path: &Path, error: &ReplayError) -> CommandError {
    CommandError::Unreadable { path: path.to_owned(), source: io::Error::other(error.to_string()) }
}

fn identical(replayed: &Replayed) -> String {
    let Replayed { inputs, outputs, from, to } = replayed;
    let span = match (from, to) {
        (Some(from), Some(to)) => format!(", from {from} to {to}"),
        _ => String::new(),
    };
    let (inputs, outputs) = (plural(*inputs, "input"), plural(*outputs, "output"));
    format!("identical: {inputs}, {outputs}{span}\n")
}

fn as_json(outcome: &Result<Replayed, Box<Difference>>) -> serde_json::Value {
    match outcome {
        Ok(replayed) => json!({ "identical": true, "replayed": replayed }),
        Err(difference) => json!({
            "identical": false,
            "line": difference.line,
            "t": difference.at,
            "recorded": difference.recorded,
            "now": difference.replayed,
            "after": difference.told,
        }),
    }
}

/// On stderr; hidden where that is no terminal.
fn progress_bar(octets: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{wide_bar} {percent:>3} %  {bytes} of {total_bytes}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(octets).with_style(style)
}
