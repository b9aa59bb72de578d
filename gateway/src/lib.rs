//! The gateway: takes priority requests, decides, drives controllers over TLC-FI, answers, warns, and accounts for it; and its command line. What is
//! where stands in `docs/architecture.md`.
//!
//! Exit codes of every command: 0 done, 1 done in part (each failure was reported on stderr), 2 wrong use or nothing could be done.

#![forbid(unsafe_code)]

pub mod app;
pub mod area;
pub mod capture;
pub mod clock;
mod codec;
mod commands;
pub mod condition;
pub mod config;
pub mod conform;
pub mod controllers;
pub mod discover;
pub mod emulate;
pub mod engine_task;
pub mod ingress;
pub mod journal;
pub mod lab;
pub mod load;
pub mod messaging;
pub mod operations;
pub mod privacy;
pub mod router;
pub mod security;
pub mod send;
pub mod shutdown;
pub mod statistics;
mod tlcfi_client;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use codec::{Outcome, convert, decode, encode};
use commands::CommandError;

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
    Run(commands::run::Arguments),
    Check(commands::check::Arguments),
    Emulate(commands::emulate::Arguments),
    Discover(commands::discover::Arguments),
    Conform(commands::conform::Arguments),
    Send(commands::send::Arguments),
    Load(commands::load::Arguments),
    Statistics(commands::statistics::Arguments),
    Replay(commands::replay::Arguments),
    Lab(commands::lab::Arguments),
    Hold(commands::hold::Arguments),
    Audit(commands::audit::Arguments),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Decode(arguments) => decode::run(&arguments).map_err(CommandError::new),
        Command::Encode(arguments) => encode::run(&arguments).map_err(CommandError::new),
        Command::Convert(arguments) => convert::run(&arguments).map_err(CommandError::new),
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Emulate(arguments) => commands::emulate::run(&arguments),
        Command::Discover(arguments) => commands::discover::run(&arguments),
        Command::Conform(arguments) => commands::conform::run(&arguments),
        Command::Send(arguments) => commands::send::run(&arguments),
        Command::Load(arguments) => commands::load::run(&arguments),
        Command::Statistics(arguments) => commands::statistics::run(&arguments),
        Command::Replay(arguments) => commands::replay::run(&arguments),
        Command::Lab(arguments) => commands::lab::run(&arguments),
        Command::Hold(arguments) => commands::hold::run(&arguments),
        Command::Audit(arguments) => commands::audit::run(&arguments),
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
