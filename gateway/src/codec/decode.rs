//! `voorrang-gateway decode`: what is in octets.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use voorrang_messages::hex;

use super::message::{Kind, Message};
use super::output::{Output, Standard};
use super::source::{Source, is_text};
use super::{CodecError, Outcome};

/// Show what is in messages: as JSON, as a list, or as a tree in units.
///
/// Reads hexadecimal digits, one message a line, or a file that is one message as it is (binary): the first octets tell. Each message
/// is an ETSI message behind its ITS PDU header (CAM, DENM, MAPEM, SPATEM, SREM, SSEM) or a SAE J2735 MessageFrame (MAP, SPAT, SRM,
/// SSM). Blank lines and lines that begin with # are passed over.
///
/// JSON has one value a line: member names as in the ASN.1, CHOICE as {"alternative": value}, BIT STRING as "0101", OCTET STRING as
/// hex, unknown additions as {"unknown": n}.
///
/// A line that is no message is reported on stderr with its number, its field, and the octet and bit where it goes wrong (the first
/// octet is 0); the other lines go on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File to read; - or nothing for stdin.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// How messages are shown.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// What the octets are, where the first of them should not tell.
    #[arg(long, value_enum, default_value_t = Kind::Auto)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JSON value a line, which encode reads
    Json,
    /// A line each: where, which message, whose, how long, and in one sentence what it says
    Table,
    /// All members, in units, with their raw values beside them
    Tree,
}

const EXAMPLES: &str = "Examples:
  voorrang-gateway decode messages.hex
  voorrang-gateway decode --format tree request.uper
  echo 0209000000000000000000000000 | voorrang-gateway decode --format table
  voorrang-gateway decode messages.hex | voorrang-gateway encode    the same octets again

Exit code: 0 all messages done, 1 one failed, 2 wrong use, as a file that is not there.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CodecError> {
    let mut source = Source::open(&arguments.file)?;
    let mut printer = Printer { arguments, output: Output::standard(), octets: Vec::new() };
    if is_text(source.first_octets()?) {
        printer.lines(source)?;
    } else {
        let name = source.name.clone();
        match source.into_octets()? {
            Ok(octets) => printer.message(&name, 1, &octets, true).map(|_| ())?,
            Err(problem) => printer.output.report(name, problem),
        }
    }
    printer.output.finish()
}

/// Prints messages as they are found.
struct Printer<'a> {
    arguments: &'a Arguments,
    output: Standard,
    /// Room for the octets of a line.
    octets: Vec<u8>,
}

impl Printer<'_> {
    fn lines(&mut self, source: Source) -> Result<(), CodecError> {
        let mut lines = source.into_lines();
        while let Some(line) = lines.next()? {
            let mut octets = std::mem::take(&mut self.octets);
            octets.clear();
            let read =
                line.text.and_then(|text| hex::append(text, &mut octets).map_err(|error| error.to_string()));
            let flow = match read {
                Ok(()) => self.message(&line.place, line.number, &octets, line.waiting)?,
                Err(problem) => {
                    self.output.report(&line.place, problem);
                    ControlFlow::Continue(())
                }
            };
            self.octets = octets;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn message(
        &mut self,
        place: &dyn std::fmt::Display,
        number: usize,
        octets: &[u8],
        waiting: bool,
    ) -> Result<ControlFlow<()>, CodecError> {
        match Message::decode(octets, self.arguments.kind) {
            Ok(message) => {
                self.output.result(waiting, |out| show(out, self.arguments.format, number, octets, &message))
            }
            Err(error) => {
                self.output.report(place, error);
                Ok(ControlFlow::Continue(()))
            }
        }
    }
}

fn show(
    out: &mut impl Write,
    format: Format,
    number: usize,
    octets: &[u8],
    message: &Message,
) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, message)?;
            writeln!(out)
        }
        Format::Table => {
            let station = message.station().map(|station| station.to_string()).unwrap_or_default();
            let (name, summary) = (message.name(), message.summary());
            writeln!(out, "{number:>7}  {name:<6}  {station:>10}  {:>5}  {summary}", octets.len())
        }
        Format::Tree => {
            writeln!(out, "{} of {} octets: {}", message.name(), octets.len(), message.summary())?;
            writeln!(out, "{}", message.tree())
        }
    }
}
