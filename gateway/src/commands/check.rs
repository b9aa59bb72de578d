//! `check`.

use clap::Args;

use super::CommandError;
use crate::codec::Outcome;

/// Explains a configuration, and names every mistake in it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) fn run(_arguments: &Arguments) -> Result<Outcome, CommandError> {
    Err(CommandError::new("not there yet"))
}
