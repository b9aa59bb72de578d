//! `lab`: emulator, gateway and a vehicle at once, and folders for them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CommandError;
use crate::codec::Outcome;
use crate::lab::{self, folder};

/// A gateway to try, on this machine alone: emulated controllers, the gateway in control of them, and an ambulance.
///
/// `lab run scenarios/gateway_lab` starts all three, each a process of its own, and shows what they say: the vehicle's requests and answers, the
/// emulator's lamps. The live page is on http://127.0.0.1:8080/ meanwhile.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Starts emulator, gateway and a vehicle, until the vehicle has driven its route
    Run {
        /// The lab's folder: scenarios/gateway_lab, or one that `lab new` wrote
        folder: PathBuf,
        /// Emulator and gateway stay afterwards, for the page, until Ctrl-C
        #[arg(long)]
        linger: bool,
    },
    /// Writes a lab's folder: made-up junctions, configurations and a route
    New {
        /// The folder to write
        folder: PathBuf,
        /// How many junctions
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=5000))]
        junctions: u16,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CommandError> {
    match &arguments.what {
        What::Run { folder, linger } => match lab::run(folder, *linger) {
            Ok(true) => Ok(Outcome::Done),
            Ok(false) => Ok(Outcome::SomeFailed),
            Err(error) => Err(CommandError::new(error)),
        },
        What::New { folder, junctions } => {
            folder::write(folder, *junctions).map_err(CommandError::new)?;
            Ok(Outcome::Done)
        }
    }
}
