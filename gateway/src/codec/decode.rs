//! `voorrang-gateway decode`: what is in octets.

use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use voorrang_messages::hex;
use voorrang_messages::packet::Packet;

use super::envelope::Envelope;
use super::message::{Kind, Message};
use super::output::{Output, Standard};
use super::source::{Source, is_text};
use super::{CodecError, Outcome};
use crate::capture::{CaptureReader, Captured, Content};

/// Show what is in messages: as JSON, as a list, or as a tree in units.
///
/// Reads hexadecimal digits, one message a line; or a pcap or pcapng capture; or a file that is one message as it is (binary): the
/// first octets tell. Each message is an ETSI message behind its ITS PDU header (CAM, DENM, MAPEM, SPATEM, SREM, SSEM), a SAE J2735
/// MessageFrame (MAP, SPAT, SRM, SSM), or either of them in a GeoNetworking packet with BTP; a signed packet is opened, its signature
/// not verified. Of a capture, GeoNetworking frames (Ethernet, 802.11) and UDP payloads are looked at. Blank lines and lines that begin
/// with # are passed over.
///
/// JSON has one value a line: member names as in the ASN.1, CHOICE as {"alternative": value}, BIT STRING as "0101", OCTET STRING as
/// hex, unknown additions as {"unknown": n}; a message from a packet or capture as {"packet": ..., "message": ...}.
///
/// A line or packet that is no message is reported on stderr with its number, its field, and the octet and bit where it goes wrong (the first
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
  voorrang-gateway decode --format table roadside.pcap
  echo 0209000000000000000000000000 | voorrang-gateway decode --format table
  voorrang-gateway decode messages.hex | voorrang-gateway encode    the same octets again

Exit code: 0 all messages done, 1 one failed, 2 wrong use, as a file that is not there.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CodecError> {
    let mut source = Source::open(&arguments.file)?;
    let mut printer = Printer { arguments, output: Output::standard() };
    if CaptureReader::begins(source.first_octets()?) {
        printer.capture(source)?;
    } else if is_text(source.first_octets()?) {
        printer.lines(source)?;
    } else {
        let name = source.name.clone();
        match source.into_octets()? {
            Ok(octets) => printer.message(&name, 1, Envelope::default(), &octets, true).map(drop)?,
            Err(problem) => printer.output.report(name, problem),
        }
    }
    printer.output.finish()
}

/// Prints messages as they are found.
struct Printer<'a> {
    arguments: &'a Arguments,
    output: Standard,
}

impl Printer<'_> {
    fn lines(&mut self, source: Source) -> Result<(), CodecError> {
        let mut lines = source.into_lines();
        let mut octets = Vec::new();
        while let Some(line) = lines.next()? {
            octets.clear();
            let read =
                line.text.and_then(|text| hex::append(text, &mut octets).map_err(|error| error.to_string()));
            let flow = match read {
                Ok(()) => {
                    self.message(&line.place, line.number, Envelope::default(), &octets, line.waiting)?
                }
                Err(problem) => {
                    self.output.report(&line.place, problem);
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Every message of a capture; what comes before damage is shown.
    fn capture(&mut self, source: Source) -> Result<(), CodecError> {
        let name = source.name;
        let mut reader = match CaptureReader::new(source.input) {
            Ok(reader) => reader,
            Err(error) => {
                self.output.report(name, error);
                return Ok(());
            }
        };
        let mut others = 0;
        loop {
            let Captured { number, time, content } = match reader.next() {
                Ok(Some(captured)) => captured,
                Ok(None) => break,
                Err(error) => {
                    self.output.report(&name, error);
                    break;
                }
            };
            let (ends, octets) = match content {
                Content::GeoNetworking(octets) => (None, octets),
                Content::Udp(ends, octets) => (Some(ends), octets),
            };
            // Other programs send datagrams too, and not every packet holds a message.
            if !self.may_be_message(&content) {
                others += 1;
                continue;
            }
            let envelope = Envelope { number: Some(number), time, ends, packet: None };
            let place = format!("{name}: packet {number}");
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            if self.message(&place, number, envelope, octets, false)?.is_break() {
                return Ok(());
            }
        }
        match others + reader.passed_over() {
            0 => {}
            others => self
                .output
                .note(format_args!("{name}: {others} packets without a message that is known here")),
        }
        Ok(())
    }

    fn may_be_message(&self, content: &Content<'_>) -> bool {
        match content {
            Content::Udp(_, octets) => {
                self.arguments.kind != Kind::Auto || Message::begins(octets) || Packet::begins(octets)
            }
            Content::GeoNetworking(octets) => Packet::decode(octets).map_or(true, |packet| {
                packet.transport.is_some_and(|transport| transport.message().is_some())
            }),
        }
    }

    /// A message, or the packet around one.
    fn message(
        &mut self,
        place: &dyn Display,
        number: usize,
        envelope: Envelope<'_>,
        octets: &[u8],
        waiting: bool,
    ) -> Result<ControlFlow<()>, CodecError> {
        let kind = self.arguments.kind;
        if kind == Kind::Packet || Packet::begins(octets) {
            return match Packet::decode(octets) {
                Ok(packet) if packet.transport.is_none() => {
                    let problem = format!(
                        "expected a packet with a message (BTP), found {}",
                        Envelope { packet: Some(&packet), ..envelope }
                    );
                    self.output.report(place, problem);
                    Ok(ControlFlow::Continue(()))
                }
                Ok(packet) => {
                    let kind = if kind == Kind::Packet { Kind::Auto } else { kind };
                    let envelope = Envelope { packet: Some(&packet), ..envelope };
                    self.plain(place, number, envelope, packet.payload, kind, waiting)
                }
                Err(error) => {
                    self.output.report(place, error);
                    Ok(ControlFlow::Continue(()))
                }
            };
        }
        self.plain(place, number, envelope, octets, kind, waiting)
    }

    /// A message that is not in a packet, or no longer.
    fn plain(
        &mut self,
        place: &dyn Display,
        number: usize,
        envelope: Envelope<'_>,
        octets: &[u8],
        kind: Kind,
        waiting: bool,
    ) -> Result<ControlFlow<()>, CodecError> {
        match Message::decode(octets, kind) {
            Ok(message) => {
                let shown = Shown { number, envelope, octets, message: &message };
                self.output.result(waiting, |out| shown.write(out, self.arguments.format))
            }
            Err(error) => {
                self.output.report(place, error);
                Ok(ControlFlow::Continue(()))
            }
        }
    }
}

/// A message and where it was.
struct Shown<'a> {
    /// The line, or the packet of a capture.
    number: usize,
    envelope: Envelope<'a>,
    octets: &'a [u8],
    message: &'a Message,
}

impl Shown<'_> {
    fn write(&self, out: &mut impl Write, format: Format) -> io::Result<()> {
        let Self { number, envelope, octets, message } = self;
        match format {
            Format::Json if envelope.is_empty() => serde_json::to_writer(&mut *out, message)?,
            Format::Json => serde_json::to_writer(&mut *out, &InEnvelope { packet: envelope, message })?,
            Format::Table => {
                let time = envelope.time.map(|time| format!("{time}  ")).unwrap_or_default();
                let station = message.station().map(|station| station.to_string()).unwrap_or_default();
                let (name, summary, length) = (message.name(), message.summary(), octets.len());
                write!(out, "{number:>7}  {time}{name:<6}  {station:>10}  {length:>5}  {summary}")?;
            }
            Format::Tree => {
                if !envelope.is_empty() {
                    writeln!(out, "{envelope}")?;
                }
                writeln!(out, "{} of {} octets: {}", message.name(), octets.len(), message.summary())?;
                write!(out, "{}", message.tree())?;
            }
        }
        writeln!(out)
    }
}

/// The line of a message that stood in something.
#[derive(Serialize)]
struct InEnvelope<'a> {
    packet: &'a Envelope<'a>,
    message: &'a Message,
}
