//! Messages as files and people have them: `decode`, `encode` and `convert`.
//!
//! `source` reads files of messages, `message` is a message behind either header, `envelope` what stood around it, `output` is where
//! results and reports go; each command has its file.

pub(crate) mod convert;
pub(crate) mod decode;
pub(crate) mod encode;
mod envelope;
mod message;
mod output;
mod source;

use std::io;

use thiserror::Error;

/// How the work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every message was done, or the reader of the output wants no more.
    Done,
    /// At least one was not; each was reported.
    SomeFailed,
}

/// Why the work could not be begun or finished.
#[derive(Debug, Error)]
pub(crate) enum CodecError {
    #[error("can't open {name}: {source}")]
    Open { name: String, source: io::Error },
    #[error("can't read {name}: {source}")]
    Read { name: String, source: io::Error },
    #[error("can't write to stdout: {0}")]
    Write(#[source] io::Error),
}
