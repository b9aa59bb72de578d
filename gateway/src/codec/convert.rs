//! `voorrang-gateway convert`: the same message behind other headers.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use voorrang_messages::dsrc::VehicleId;
use voorrang_messages::packet::capture::{broadcast, write_header, write_packet};
use voorrang_messages::{ItsMessage, MessageFrame, StationId, hex, j2735};
use voorrang_units::{Duration, Instant};

use super::message::{Kind, Message};
use super::output::Output;
use super::source::Source;
use super::{CodecError, Outcome};

/// Put messages behind other headers: an ETSI ITS PDU header, a SAE J2735 MessageFrame, or the packets of a capture.
///
/// SREM and SRM, SSEM and SSM, SPATEM and SPAT, MAPEM and MAP have the same body; it is not changed. Reads hexadecimal digits, one
/// message a line, and prints the same. A message that has the asked header already stays as it is.
///
/// An ITS PDU header names a station, a MessageFrame does not: for an SRM it is the requestor's stationID unless --station says
/// otherwise, for the others --station must say it.
///
/// With --to pcap each message goes into a GeoNetworking single-hop broadcast with the BTP port that belongs to it, one millisecond
/// after the other from 2026 on, for programs that read captures (Wireshark, tshark, voorrang-gateway decode).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File to read; - or nothing for stdin.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The header to put them behind.
    #[arg(long, value_enum)]
    to: Header,
    /// stationID of the ITS PDU header, where the message names none.
    #[arg(long, value_name = "ID")]
    station: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Header {
    /// SAE J2735 MessageFrame
    J2735,
    /// ETSI ITS PDU header
    Etsi,
    /// A pcap file of GeoNetworking packets in Ethernet frames
    Pcap,
}

const EXAMPLES: &str = "Examples:
  voorrang-gateway convert --to j2735 requests.hex
  voorrang-gateway convert --to etsi --station 70001 spat.hex
  voorrang-gateway convert --to j2735 requests.hex | voorrang-gateway convert --to etsi    the same octets again
  voorrang-gateway convert --to pcap messages.hex > messages.pcap

Exit code: 0 all lines done, 1 a line failed, 2 wrong use, as a file that is not there.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, CodecError> {
    let mut lines = Source::open(&arguments.file)?.into_lines();
    let mut output = Output::standard();
    if arguments.to == Header::Pcap && output.result(false, write_header)?.is_break() {
        return output.finish();
    }
    let mut written = 0;
    while let Some(line) = lines.next()? {
        let converted = line.text.and_then(|text| Converted::of(text, arguments));
        let flow = match converted {
            Ok(Converted::Header(octets)) => {
                output.result(line.waiting, |out| writeln!(out, "{}", hex::Text(&octets)))?
            }
            Ok(Converted::Packet { sender, octets }) => {
                let time = FIRST_PACKET + Duration::from_millis(written);
                written += 1;
                output.result(line.waiting, |out| write_packet(out, time, sender, &octets))?
            }
            Err(problem) => {
                output.report(line.place, problem);
                continue;
            }
        };
        if flow.is_break() {
            break;
        }
    }
    output.finish()
}

/// 2026-01-01T00:00:00Z.
const FIRST_PACKET: Instant = Instant::from_unix_millis(1_767_225_600_000);

/// What a message became.
enum Converted {
    /// The octets of the message behind the other header.
    Header(Vec<u8>),
    /// A packet of a station.
    Packet { sender: StationId, octets: Vec<u8> },
}

impl Converted {
    fn of(line: &str, arguments: &Arguments) -> Result<Self, String> {
        let octets = hex::octets(line).map_err(|error| error.to_string())?;
        // Read whole, so that only messages are converted; the octets are kept, with what a later version may have added to them.
        let message = Message::decode(&octets, Kind::Auto).map_err(|error| error.to_string())?;
        match (arguments.to, message) {
            (Header::J2735, Message::Its(_)) => {
                j2735::from_its_octets(&octets).map(Self::Header).map_err(|error| error.to_string())
            }
            (Header::Etsi, Message::J2735(frame)) => its_octets(&octets, &frame, arguments).map(Self::Header),
            (Header::J2735 | Header::Etsi, _) => Ok(Self::Header(octets)),
            (Header::Pcap, Message::Its(message)) => Self::packet(&message, &octets),
            (Header::Pcap, Message::J2735(frame)) => {
                let octets = its_octets(&octets, &frame, arguments)?;
                let message = ItsMessage::decode(&octets).map_err(|error| error.to_string())?;
                Self::packet(&message, &octets)
            }
        }
    }

    fn packet(message: &ItsMessage, octets: &[u8]) -> Result<Self, String> {
        let sender = StationId(message.header().station_id.0);
        let octets = broadcast(sender, message.kind(), octets).map_err(|error| error.to_string())?;
        Ok(Self::Packet { sender, octets })
    }
}

/// The octets of a frame's message behind an ITS PDU header.
fn its_octets(octets: &[u8], frame: &MessageFrame, arguments: &Arguments) -> Result<Vec<u8>, String> {
    let station = arguments.station.map(StationId).or_else(|| requestor(frame));
    let station =
        station.ok_or_else(|| format!("{} names no station: say which with --station ID", frame.name()))?;
    j2735::into_its_octets(octets, station).map_err(|error| error.to_string())
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
