//! `conform`: tests a controller.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::Builder;
use voorrang_signals::Intersection;
use voorrang_units::Duration;

use super::{CommandError, print};
use crate::clock::Clock;
use crate::codec::Outcome;
use crate::conform::{Examination, Report, examine};

/// Tests a controller over TLC-FI, held against an intersection file.
///
/// Without further leave it only looks: it registers as a Consumer, reads everything that the controller says of itself, subscribes, and watches the
/// lamps for --duration seconds. With --control it takes control, drives every group safely, and gives control back in order; with --intrusive it also
/// sends commands that must not lead to a lamp. Both need --junction-is-off-street with the id that the controller reports: a wrong id commands nothing.
/// Two conflicting greens end the test at once, with all groups asked red.
///
/// Each check says where it stands and how sure that is; what is only our reading of TLC-FI warns and never fails. The report is no certificate.
///
/// Exit codes: 0 passed, 1 failed, 2 wrong use.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The controller: host and port
    address: String,
    /// The intersection as it should be
    #[arg(long, value_name = "FILE")]
    intersection: PathBuf,
    /// As whom to register
    #[arg(long, default_value = "conform")]
    username: String,
    /// A file with the password; no password without it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// How long to watch the lamps, s: two cycles of the program say most
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    duration: u32,
    /// Take control and drive the lamps safely
    #[arg(long, requires = "junction_is_off_street")]
    control: bool,
    /// Also send commands that must not lead to a lamp; implies --control
    #[arg(long, requires = "junction_is_off_street")]
    intrusive: bool,
    /// You say that no traffic depends on these lamps: the id of the intersection as the controller reports it
    #[arg(long, value_name = "ID")]
    junction_is_off_street: Option<String>,
    /// Writes a page for people
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Writes JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// What stands on stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    let report = tested(arguments)?;
    match arguments.format {
        Format::Table => print(&report.table())?,
        Format::Json => print(&format!("{}\n", report.json()))?,
    }
    if let Some(file) = &arguments.html {
        write(file, &report.html())?;
    }
    if let Some(file) = &arguments.junit {
        write(file, &report.junit())?;
    }
    if let Some(reported) = &report.other_id {
        let given = arguments.junction_is_off_street.as_deref().unwrap_or_default();
        return Err(CommandError::new(format!(
            "the controller reports the intersection {reported:?}, not {given:?}: nothing was commanded; give --junction-is-off-street \
             {reported} if it is that one that no traffic depends on"
        )));
    }
    Ok(if report.passed { Outcome::Done } else { Outcome::SomeFailed })
}

fn tested(arguments: &Arguments) -> Result<Report, CommandError> {
    let layout = read_intersection(&arguments.intersection)?;
    let examination = Examination {
        username: arguments.username.clone(),
        password: password(arguments.password_file.as_deref())?,
        layout: Arc::new(layout),
        intersection: None,
        observe: Duration::from_seconds(i64::from(arguments.duration)),
        control: arguments.control || arguments.intrusive,
        intrusive: arguments.intrusive,
        off_street: arguments.junction_is_off_street.clone(),
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    Ok(runtime.block_on(examine(&arguments.address, examination, &Clock::start())))
}

/// An intersection file, or all its problems.
fn read_intersection(file: &Path) -> Result<Intersection, CommandError> {
    let name = file.display().to_string();
    let text =
        fs::read_to_string(file).map_err(|error| CommandError::new(format!("can't read {name}: {error}")))?;
    Intersection::from_toml(&text, &name).map_err(CommandError::new)
}

/// What stands in the first line of a password file; nothing without one.
pub(super) fn password(file: Option<&Path>) -> Result<String, CommandError> {
    let Some(file) = file else { return Ok(String::new()) };
    let text = fs::read_to_string(file)
        .map_err(|error| CommandError::new(format!("can't read {}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn write(file: &Path, text: &str) -> Result<(), CommandError> {
    fs::write(file, text)
        .map_err(|error| CommandError::new(format!("can't write {}: {error}", file.display())))
}
