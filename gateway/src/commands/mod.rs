//! The commands beside those of `codec`, a file each: arguments in, work done elsewhere.

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
