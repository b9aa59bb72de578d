//! `statistics`: flow analysis of a journal, without persons.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use voorrang_units::{Duration, Instant};

use super::{CommandError, print};
use crate::codec::Outcome;
use crate::journal::replay::files;
use crate::privacy::calendar::moment;
use crate::statistics::{By, collect, csv, json, summarise, table};

/// What priority came to: requests, how many were granted, what they gained, how late vehicles were; per approach, hour of the day and quarter of the
/// year.
///
/// Groups of fewer than five distinct vehicles are hidden, and what these could be reckoned from. A vehicle has another number each day once a journal has
/// aged: what counts is the most distinct vehicles of one day. No id of a vehicle is printed.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A data folder, the folder of its journal, or a file of it
    data: PathBuf,
    /// Only requests from this moment on: 2026-11-25, 2026-11-25T18, 2026-11-25T18:05 or 2026-11-25T18:05:00Z, in UTC
    #[arg(long, value_parser = moment)]
    from: Option<Instant>,
    /// Only requests before this moment
    #[arg(long, value_parser = moment)]
    to: Option<Instant>,
    /// How to group
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [By::Approach, By::Hour, By::Quarter])]
    by: Vec<By>,
    /// How many hours later than UTC the clock is by which hours and quarters are counted
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    utc_offset_h: f64,
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
    /// For spreadsheets.
    Csv,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    if !(-14.0..=14.0).contains(&arguments.utc_offset_h) {
        return Err(CommandError::new("--utc-offset-h: give -14 to 14"));
    }
    let local = Duration::from_seconds_f64(arguments.utc_offset_h * 3600.0);
    let files = files(&arguments.data).map_err(CommandError::new)?;
    let from = arguments.from.unwrap_or(Instant::from_unix_millis(i64::MIN));
    let to = arguments.to.unwrap_or(Instant::from_unix_millis(i64::MAX));
    let passages = collect(&files, (from, to)).map_err(CommandError::new)?;
    let statistics = summarise(&passages, &arguments.by, local);
    print(&match arguments.format {
        Format::Table => table(&statistics),
        Format::Json => json(&statistics),
        Format::Csv => csv(&statistics),
    })?;
    Ok(Outcome::Done)
}
