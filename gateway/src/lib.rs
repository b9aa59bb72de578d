//! The gateway's command line. So far it turns messages into JSON and back; the service itself joins as further commands.
//!
//! Exit codes of every command: 0 done, 1 done in part (each failure was reported on stderr), 2 wrong use or nothing could be done.

#![forbid(unsafe_code)]

mod decode;
mod encode;
mod message_lines;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use message_lines::Outcome;

/// Emergency-vehicle priority at traffic lights: ETSI messages on one side, controllers on the other.
#[derive(Debug, Parser)]
#[command(name = "voorrang-gateway", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn messages from hex into JSON, one a line.
    ///
    /// Reads hexadecimal digits, one message a line, and prints one JSON value a line: member names as in the ASN.1, CHOICE as
    /// {"alternative": value}, BIT STRING as "0101", OCTET STRING as hex, unknown additions as {"unknown": n}. Blank lines and
    /// lines that begin with # are passed over. SREM and SSEM are known.
    ///
    /// A line that is no message is reported on stderr with its number, its field, and the octet and bit where it goes wrong (the
    /// first octet is 0); the other lines go on.
    #[command(after_help = DECODE_EXAMPLES)]
    Decode(Lines),
    /// Turn messages from JSON into hex, one a line: the inverse of decode.
    ///
    /// Reads one JSON value a line, as decode prints it; header.messageID tells which message it is. Blank lines and lines that begin
    /// with # are passed over. A line that is no message, or has a value outside its range, is reported on stderr with its number
    /// and its field; the other lines go on. An unknown addition has no encoding.
    #[command(after_help = ENCODE_EXAMPLES)]
    Encode(Lines),
}

#[derive(Debug, Args)]
struct Lines {
    /// File to read; - or nothing for stdin.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

const DECODE_EXAMPLES: &str = "Examples:
  voorrang-gateway decode messages.hex
  echo 0209000000000000000000000000 | voorrang-gateway decode
  voorrang-gateway decode messages.hex | voorrang-gateway encode    the same octets again

Exit code: 0 all lines done, 1 a line failed, 2 wrong use, as a file that is not there.";

const ENCODE_EXAMPLES: &str = "Examples:
  voorrang-gateway encode messages.jsonl
  voorrang-gateway decode messages.hex | voorrang-gateway encode    the same octets again

Exit code: 0 all lines done, 1 a line failed, 2 wrong use, as a file that is not there.";

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Decode(Lines { file }) => message_lines::convert(&file, decode::decode_line),
        Command::Encode(Lines { file }) => message_lines::convert(&file, encode::encode_line),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::LinesFailed) => ExitCode::from(1),
        Err(error) => {
            // Nobody is left to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "voorrang-gateway: {error}");
            ExitCode::from(2)
        }
    }
}
