//! `run`.

use clap::Args;

use super::CommandError;
use crate::codec::Outcome;

/// Runs the gateway.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) fn run(_arguments: &Arguments) -> Result<Outcome, CommandError> {
    Err(CommandError::new("not there yet"))
}
