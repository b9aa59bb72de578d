//! `load`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::CommandError;
use crate::codec::Outcome;
use crate::load::{self, LoadOptions};

/// Measures how long a running gateway takes to answer requests over UDP.
///
/// Reads the gateway's own configuration: where it listens, its intersections, and who may ask. Vehicles of the first entry of [[authorised]]
/// that this machine may speak for ask at all intersections in turn, again and again, each request with a new number so that it is answered at once.
/// They stand far out and stay there: no signal changes because of them. The times at which requests leave are fixed beforehand and a round trip
/// counts from then, so that an answer that is slow can't hide others that would have been. In the end all requests are cancelled.
/// On loopback the table also shows what a mere echo takes at that pace, measured just before: no gateway could be quicker on this machine.
///
/// Exit codes: 0 all was answered, 1 something was lost, 2 nothing could be measured.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The gateway's configuration
    #[arg(long)]
    config: PathBuf,
    /// Requests a second
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    rate: u32,
    /// For how many seconds
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    duration: u32,
    /// How many vehicles ask; by default enough that each says no more than four requests a second
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    vehicles: Option<u32>,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Allow a gateway that isn't on loopback: only where it is yours to load
    #[arg(long)]
    elsewhere: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One line: {"sent":0,"answered":0,"lost":0,"round_trip_us":{"p50":0,"p99":0,"max":0}}
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    let options = LoadOptions {
        config: arguments.config.clone(),
        rate: arguments.rate,
        duration: Duration::from_secs(arguments.duration.into()),
        vehicles: arguments.vehicles.and_then(|count| usize::try_from(count).ok()),
        elsewhere: arguments.elsewhere,
        // What is not shown need not be waited for.
        echo: matches!(arguments.format, Format::Table),
    };
    let report = load::run(&options).map_err(CommandError::new)?;
    let text = match arguments.format {
        Format::Table => report.to_string(),
        Format::Json => {
            let json = serde_json::to_string(&report).map_err(CommandError::new)?;
            format!("{json}\n")
        }
    };
    io::stdout().write_all(text.as_bytes()).map_err(CommandError::new)?;
    Ok(if report.lost == 0 { Outcome::Done } else { Outcome::SomeFailed })
}
