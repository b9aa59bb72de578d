//! `audit`: has the audit been tampered with; had this crew green?

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use voorrang_messages::StationId;

use super::{CommandError, print};
use crate::codec::Outcome;
use crate::privacy::audit_log::{AuditLine, proof, verify};
use crate::privacy::calendar::Day;

/// Checks the audit's chain, or shows a crew what is written of its vehicle on a day.
///
/// Stations stand in the audit under a key of the day: only who knows the station id and the day finds its lines, and only as long as the key is kept, 90
/// days by default. Lines are chained by their hashes: the last number and hash, noted elsewhere, prove later that nothing was changed or cut off.
///
/// Exit codes: 0 done, 1 the chain is broken or there is nothing to show, 2 the audit cannot be read.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The gateway's data folder
    data: PathBuf,
    /// Show the lines of this station
    #[arg(long, value_name = "STATION", requires = "day")]
    proof: Option<u32>,
    /// Of this UTC day: 2026-11-25
    #[arg(long, requires = "proof")]
    day: Option<Day>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What results look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    use crate::privacy::audit_log::AuditFault;
    let outcome = match (arguments.proof, arguments.day) {
        (Some(station), Some(day)) => show(arguments, StationId(station), day),
        _ => check(arguments),
    };
    match outcome {
        Ok((text, outcome)) => {
            print(&text)?;
            Ok(outcome)
        }
        Err(fault @ AuditFault::Broken { .. }) => {
            print(&format!("{fault}\n"))?;
            Ok(Outcome::SomeFailed)
        }
        Err(fault) => Err(CommandError::new(fault)),
    }
}

type Shown = Result<(String, Outcome), crate::privacy::audit_log::AuditFault>;

fn check(arguments: &Arguments) -> Shown {
    let chain = verify(&arguments.data, |_, _| ())?;
    let text = match (&chain, arguments.format) {
        (None, Format::Table) => "the audit has no line\n".to_owned(),
        (Some((first, head)), Format::Table) => {
            format!("unbroken: lines {first} to {}; the last is {}\n", head.n, head.hash)
        }
        (chain, Format::Json) => {
            let chain = chain
                .as_ref()
                .map(|(first, head)| json!({"first": first, "last": head.n, "hash": head.hash}));
            json!({ "unbroken": true, "chain": chain }).to_string() + "\n"
        }
    };
    Ok((text, Outcome::Done))
}

fn show(arguments: &Arguments, station: StationId, day: Day) -> Shown {
    let Some(lines) = proof(&arguments.data, station, day)? else {
        let text = format!(
            "the key of {day} is not there: either nothing was asked that day, or it has been deleted\n"
        );
        return Ok((text, Outcome::SomeFailed));
    };
    if arguments.format == Format::Json {
        return Ok((json!(lines).to_string() + "\n", Outcome::Done));
    }
    let mut text = String::new();
    for AuditLine { n, at, intersection, request, approach, groups, status, why, permit, .. } in &lines {
        let status = json!(status);
        let _ = writeln!(
            text,
            "{n}  {at}  intersection {intersection}, {approach} ({}), request {request}: {} ({why}), on the permit of {permit}",
            groups.join(" "),
            status.as_str().unwrap_or_default()
        );
    }
    if lines.is_empty() {
        let _ = writeln!(text, "station {station} did not ask on {day}");
        return Ok((text, Outcome::SomeFailed));
    }
    Ok((text, Outcome::Done))
}
