//! The gateway's command line. So far it turns messages into JSON and back; the service itself joins as further commands.
//!
//! Exit codes of every command: 0 done, 1 done in part (each failure was reported on stderr), 2 wrong use or nothing could be done.

#![forbid(unsafe_code)]

pub mod capture;
mod codec;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use codec::{Outcome, convert, decode, encode};

/// Emergency-vehicle priority at traffic lights: ETSI messages on one side, controllers on the other.
#[derive(Debug, Parser)]
#[command(name = "voorrang-gateway", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(decode::Arguments),
    Encode(encode::Arguments),
    Convert(convert::Arguments),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Encode(arguments) => encode::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Err(error) => {
            // Nobody is left to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "voorrang-gateway: {error}");
            ExitCode::from(2)
        }
    }
}
