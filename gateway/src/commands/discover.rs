//! `discover`: the beginning of an intersection file from what a controller says of itself.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use tokio::runtime::Builder;

use super::conform::password;
use super::{CommandError, print};
use crate::clock::Clock;
use crate::codec::Outcome;
use crate::discover::{discover, intersection_file};

/// Writes an intersection file from what a controller says of itself over TLC-FI. It only reads: it registers as a Consumer and leaves again.
///
/// TLC-FI tells signal groups, minimum times, intergreens, detectors, inputs and outputs. It does not tell where lanes lie, which arms there are, who a
/// group is for, or whether an intergreen contains the yellow: these stand as questions where the answer goes, and the file is refused until they are
/// answered. It says verified = false: the gateway's role `control` refuses it until somebody has compared it with the street.
///
/// Exit codes: 0 written, 2 the controller could not be read.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The controller: host and port
    address: String,
    /// As whom to register
    #[arg(long, default_value = "discover")]
    username: String,
    /// A file with the password; no password without it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The intersection's id, where the controller has several
    #[arg(long, value_name = "ID")]
    intersection: Option<String>,
    /// Where to write; stdout without it. A file that is there is kept
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    let password = password(arguments.password_file.as_deref())?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    let clock = Clock::start();
    let found = discover(
        &arguments.address,
        arguments.username.clone(),
        password,
        arguments.intersection.clone(),
        &clock,
    );
    let facilities = runtime.block_on(found).map_err(CommandError::new)?;
    let text = intersection_file(&arguments.address, &facilities);
    let Some(out) = &arguments.out else {
        print(&text)?;
        return Ok(Outcome::Done);
    };
    if out.exists() {
        return Err(CommandError::new(format!("{} is there already; give another name", out.display())));
    }
    fs::write(out, text)
        .map_err(|error| CommandError::new(format!("can't write {}: {error}", out.display())))?;
    Ok(Outcome::Done)
}
