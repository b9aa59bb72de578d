//! `discover`.

use clap::Args;

use super::CommandError;
use crate::codec::Outcome;

/// Writes an intersection file from what a controller says of itself.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) fn run(_arguments: &Arguments) -> Result<Outcome, CommandError> {
    Err(CommandError::new("not there yet"))
}
