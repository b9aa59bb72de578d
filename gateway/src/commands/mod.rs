//! The commands beside those of `codec`, a file each: arguments in, work done elsewhere.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod conform;
pub(crate) mod discover;
pub(crate) mod emulate;
pub(crate) mod hold;
pub(crate) mod lab;
pub(crate) mod load;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod statistics;

use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Why a command could not be begun or finished: one or more lines for people.
#[derive(Debug)]
pub(crate) struct CommandError(String);

impl CommandError {
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Writes results to stdout. Nobody reads on (`| head`): no fault of ours.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CommandError::new(format!("can't write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
