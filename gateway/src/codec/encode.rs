//! `voorrang-gateway encode`: messages from JSON to octets.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;
use voorrang_messages::hex;

use super::message::Message;
use super::output::Output;
use super::source::Source;
use super::{CodecError, Outcome};

/// Turn messages from JSON into hex, one a line: the inverse of decode.
///
/// Reads one JSON value a line, as decode prints it. header.messageID tells which message it is; a J2735 MessageFrame has a messageId
/// instead. Of what decode prints for a packet, the member "message" is taken. Blank lines and lines that begin with # are passed
/// over.
///
/// A line that is no message, or has a value outside its range, is reported on stderr with its number, the path of its member and
/// what is allowed there; the other lines go on. An unknown addition has no encoding.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File to read; - or nothing for stdin.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// How the octets are written.
    #[arg(long, value_enum, default_value_t = Format::Hex)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Hexadecimal digits, a message a line
    Hex,
    /// The octets themselves; for one message only, since nothing tells where the next begins
    Binary,
}

const EXAMPLES: &str = "Examples:
  voorrang-gateway encode messages.jsonl
  voorrang-gateway encode --format binary request.json > request.uper
  voorrang-gateway decode messages.hex | voorrang-gateway encode    the same octets again

Exit code: 0 all lines done, 1 a line failed, 2 wrong use, as a file that is not there.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CodecError> {
    let mut lines = Source::open(&arguments.file)?.into_lines();
    let mut output = Output::standard();
    let mut octets = Vec::new();
    let mut written = false;
    while let Some(line) = lines.next()? {
        octets.clear();
        if let Err(problem) = line.text.and_then(|text| encode(text, &mut octets)) {
            output.report(line.place, problem);
            continue;
        }
        let flow = match arguments.format {
            Format::Hex => output.result(line.waiting, |out| writeln!(out, "{}", hex::Text(&octets)))?,
            Format::Binary if written => {
                output.report(line.place, "another message, but binary output holds one: use --format hex");
                ControlFlow::Break(())
            }
            Format::Binary => output.result(line.waiting, |out| out.write_all(&octets))?,
        };
        written = true;
        if flow.is_break() {
            break;
        }
    }
    output.finish()
}

/// Appends the octets of the message that a line is, or says what is wrong with it.
fn encode(line: &str, octets: &mut Vec<u8>) -> Result<(), String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    // A packet's line has the message as a member; no message has a member of that name.
    let value = value.get("message").unwrap_or(&value);
    let message = Message::from_json(value).map_err(|error| error.to_string())?;
    message.encode(octets).map_err(|error| error.to_string())
}
