//! `voorrang-gateway convert`: the same message behind the other header.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use voorrang_messages::dsrc::VehicleId;
use voorrang_messages::{MessageFrame, StationId, hex};

use super::message::{Kind, Message};
use super::output::Output;
use super::source::Source;
use super::{CodecError, Outcome};

/// Put messages behind the other header: ETSI ITS PDU header or SAE J2735 MessageFrame.
///
/// SREM and SRM, SSEM and SSM, SPATEM and SPAT, MAPEM and MAP have the same body; it is not changed. Reads hexadecimal digits, one
/// message a line, and prints the same. A message that has the asked header already stays as it is.
///
/// An ITS PDU header names a station, a MessageFrame does not: for an SRM it is the requestor's stationID unless --station says
/// otherwise, for the others --station must say it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File to read; - or nothing for stdin.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The header to put them behind.
    #[arg(long, value_enum)]
    to: Header,
    /// stationID of the ITS PDU header, with --to etsi.
    #[arg(long, value_name = "ID")]
    station: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Header {
    /// SAE J2735 MessageFrame
    J2735,
    /// ETSI ITS PDU header
    Etsi,
}

const EXAMPLES: &str = "Examples:
  voorrang-gateway convert --to j2735 requests.hex
  voorrang-gateway convert --to etsi --station 70001 spat.hex
  voorrang-gateway convert --to j2735 requests.hex | voorrang-gateway convert --to etsi    the same octets again

Exit code: 0 all lines done, 1 a line failed, 2 wrong use, as a file that is not there.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CodecError> {
    let mut lines = Source::open(&arguments.file)?.into_lines();
    let mut output = Output::standard();
    while let Some(line) = lines.next()? {
        match line.text.and_then(|text| convert(text, arguments)) {
            Ok(octets) => {
                if output.result(line.waiting, |out| writeln!(out, "{}", hex::Text(&octets)))?.is_break() {
                    break;
                }
            }
            Err(problem) => output.report(line.place, problem),
        }
    }
    output.finish()
}

fn convert(line: &str, arguments: &Arguments) -> Result<Vec<u8>, String> {
    let octets = hex::octets(line).map_err(|error| error.to_string())?;
    let message = Message::decode(&octets, Kind::Auto).map_err(|error| error.to_string())?;
    let converted = match (arguments.to, message) {
        (Header::J2735, Message::Its(message)) => {
            Message::J2735(MessageFrame::try_from(message).map_err(|error| error.to_string())?)
        }
        (Header::Etsi, Message::J2735(frame)) => {
            let station = arguments.station.map(StationId).or_else(|| requestor(&frame));
            let station = station
                .ok_or_else(|| format!("{} names no station: say which with --station ID", frame.name()))?;
            Message::Its(frame.into_its(station))
        }
        (_, message) => message,
    };
    let mut octets = Vec::new();
    converted.encode(&mut octets).map_err(|error| error.to_string())?;
    Ok(octets)
}

/// The station that asks, where the frame is an SRM that names one.
fn requestor(frame: &MessageFrame) -> Option<StationId> {
    match frame {
        MessageFrame::Srm(srm) => match &srm.requestor.id {
            VehicleId::StationId(station) => Some(StationId(station.0)),
            VehicleId::EntityId(_) => None,
        },
        _ => None,
    }
}
