//! Owns the command line: what may be typed, where output goes, exit codes. Results on stdout; progress, remarks and errors on
//! stderr. What a command does is the library's.
//!
//! | command | file |
//! |---|---|
//! | `run SCENARIO` | [`run`] |
//! | `check PATH` | [`check`] |
//! | `import sumo NET` | [`import`] |
//! | `replay JOURNAL` | [`replay`] |
//! | `serve SCENARIO` | [`serve`] |
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use or wrong input.

pub mod check;
pub mod import;
pub mod replay;
pub mod run;
pub mod serve;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use voorrang_priority::StrategyConfig;
use voorrang_signals::document::Problems;
use voorrang_units::Duration;

use crate::import::ImportError;
use crate::journal_file::JournalFault;
use crate::report::figures::plural;
use crate::simulation::RunError;

/// What is typed.
#[derive(Debug, Parser)]
#[command(
    name = "voorrang-sim",
    version,
    about = "Emergency vehicles through signalised networks: what priority gains, and what it costs the others",
    after_help = "Start here:\n  \
        voorrang-sim run scenarios/corridor              compare priority with none: a table\n  \
        voorrang-sim run scenarios/corridor --out out    and a page with pictures: out/report.html\n  \
        voorrang-sim import sumo NET.net.xml --routes ROUTES.rou.xml --out my_town\n  \
        voorrang-sim check my_town                       every mistake at once, with file and line\n  \
        voorrang-sim replay journals/eta.jsonl           does the engine decide as it did then?\n  \
        voorrang-sim serve my_town --write-config lab    its junctions and vehicles for a gateway\n\n\
        Each command explains itself: voorrang-sim run --help"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Check(check::Arguments),
    Import(import::Arguments),
    Replay(replay::Arguments),
    Serve(serve::Arguments),
}

/// The form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// One JSON value for programs.
    Json,
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Something typed is wrong.
    #[error("{0}")]
    WrongUse(String),
    /// A file that was read is wrong.
    #[error(transparent)]
    WrongInput(#[from] Problems),
    /// A file or folder to read is not there or unreadable.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing was imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A result cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A replay came out otherwise.
    #[error("the engine decides otherwise now")]
    Differs,
    /// Stdout cannot be written to.
    #[error("cannot write the result: {0}")]
    Output(#[source] io::Error),
}

impl From<RunError> for CommandError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Demand(problems) => Self::WrongInput(problems),
            RunError::Log(_) | RunError::Message(_) => Self::WrongUse(error.to_string()),
            RunError::Journal(JournalFault { path, source }) => Self::Unwritable { path, source },
        }
    }
}

impl CommandError {
    /// 1 failed, 2 wrong use or wrong input.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::WrongUse(_) | Self::WrongInput(_) | Self::Unreadable { .. } => ExitCode::from(2),
            Self::Import(ImportError::Unwritable { .. })
            | Self::Unwritable { .. }
            | Self::Output(_)
            | Self::Differs => ExitCode::from(1),
            Self::Import(_) => ExitCode::from(2),
        }
    }
}

/// Does what the process was called with; `started` is when it began.
#[must_use]
pub fn main(started: Instant) -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Run(arguments) => run::run(&arguments, started),
        Command::Check(arguments) => check::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments, started),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            error.exit_code()
        }
    }
}

/// Says what went wrong: a list of problems one a line, as editors and terminals understand it.
fn complain(error: &CommandError) {
    match error {
        CommandError::WrongInput(problems) | CommandError::Import(ImportError::Problems(problems)) => {
            remark(&problems.to_string());
            remark(&format!("error: {}", plural(problems.0.len() as u64, "problem")));
        }
        error => remark(&format!("error: {error}")),
    }
}

/// Prints a result. Whoever reads it may stop reading: a closed pipe ends quietly.
fn print(text: &str) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error)),
        _ => Ok(()),
    }
}

/// Says something on stderr, if anybody listens.
fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}

/// Writes a file of results.
fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|source| CommandError::Unwritable { path: path.to_owned(), source })
}

/// Seconds from a text, for the command line: at least 0, to the millisecond.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 =
        text.parse().map_err(|_| format!("\"{text}\" is no number; give seconds, like 15 or 0.5"))?;
    if !(0.0..=1e9).contains(&seconds) {
        return Err(format!("\"{text}\" is out of range; give seconds from 0"));
    }
    Ok(Duration::from_seconds_f64(seconds))
}

/// The strategy that an option names.
fn strategy(option: &str, name: &str) -> Result<StrategyConfig, CommandError> {
    StrategyConfig::from_name(name).ok_or_else(|| {
        CommandError::WrongUse(format!(
            "{option}: there is no strategy \"{name}\"; there are {}",
            StrategyConfig::NAMES.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn seconds_are_read_with_their_range() {
        assert_eq!(seconds("15"), Ok(Duration::from_seconds(15)));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["-1", "x", "NaN", "inf", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_input_and_failure_differ_in_their_exit_code() {
        let failed = CommandError::Unwritable { path: "x".into(), source: io::ErrorKind::NotFound.into() };
        assert_eq!(failed.exit_code(), ExitCode::from(1));
        assert_eq!(CommandError::WrongUse("x".to_owned()).exit_code(), ExitCode::from(2));
    }
}
