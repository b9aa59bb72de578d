//! Captures of traffic (pcap and pcapng): what a roadside receiver or a network port saw, a packet at a time. `link` finds in each
//! frame what may hold a message: GeoNetworking packets and UDP payloads. Nothing here knows what a message is.

mod link;
mod write;

use std::io::Read;
use std::net::SocketAddr;

use pcap_parser::pcapng::Block;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Linktype, PcapBlockOwned, PcapError, create_reader};
use thiserror::Error;
use voorrang_units::Instant;

pub use link::Content;
pub use write::{write_header, write_packet};

/// Reads a capture from its start to its end.
pub struct CaptureReader {
    blocks: Box<dyn PcapReaderIterator + Send>,
    /// Octets that its buffer holds.
    capacity: usize,
    /// What the blocks so far say of the interfaces: one in pcap, any number in pcapng.
    interfaces: Vec<Interface>,
    /// The frame of the last packet.
    frame: Vec<u8>,
    /// Packets so far.
    number: u64,
    passed_over: u64,
}

/// A packet that may hold a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Captured<'a> {
    /// Its number in the capture, counted from 1 as Wireshark does.
    pub number: u64,
    /// When it was captured.
    pub time: Option<Instant>,
    /// What it holds.
    pub content: Content<'a>,
}

/// Why a capture can't be read further.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CaptureError {
    /// Another kind of file.
    #[error("expected a pcap or pcapng file, found other octets")]
    NotACapture,
    /// The file ends within a packet.
    #[error("the capture ends within packet {number}")]
    Truncated {
        /// The packet.
        number: u64,
    },
    /// A block that says what no block can.
    #[error("packet {number}: expected a block of the capture, found octets that are none")]
    Malformed {
        /// The packet.
        number: u64,
    },
    /// The octets can't be read.
    #[error("packet {number}: reading failed")]
    Read {
        /// The packet.
        number: u64,
    },
}

/// An interface of a capture.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Steps of its time stamps in a second.
    resolution: u64,
    /// Seconds to add to its time stamps.
    offset: i64,
}

/// Octets of the first buffer, and of the largest: a frame is never longer.
const FIRST_CAPACITY: usize = 1 << 16;
const LARGEST_CAPACITY: usize = 1 << 24;
/// An interface block without end of them is no capture.
const MOST_INTERFACES: usize = 4096;

impl CaptureReader {
    /// Whether octets begin as a capture does: the magic numbers of pcap, in both byte orders and with nanoseconds, and of pcapng.
    #[must_use]
    pub fn begins(octets: &[u8]) -> bool {
        matches!(
            octets,
            [0xd4, 0xc3, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0xc3, 0xd4, ..]
                | [0x4d, 0x3c, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0x3c, 0x4d, ..]
                | [0x0a, 0x0d, 0x0d, 0x0a, ..]
        )
    }

    /// Starts to read.
    ///
    /// # Errors
    /// When it is no capture.
    pub fn new(input: impl Read + Send + 'static) -> Result<Self, CaptureError> {
        let blocks = create_reader(FIRST_CAPACITY, input).map_err(|_| CaptureError::NotACapture)?;
        let (interfaces, frame) = (Vec::new(), Vec::new());
        Ok(Self { blocks, capacity: FIRST_CAPACITY, interfaces, frame, number: 0, passed_over: 0 })
    }

    /// The next packet that may hold a message; `None` at the end.
    ///
    /// # Errors
    /// When the capture is cut off or damaged; there is nothing to read after that.
    #[expect(
        clippy::should_implement_trait,
        reason = "a packet borrows the reader, which no iterator's item can"
    )]
    pub fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        loop {
            let Some((link, time)) = self.frame()? else { return Ok(None) };
            if link::content(link, &self.frame).is_some() {
                // Looked at once more, since a borrow can't leave a loop by a condition.
                let content = link::content(link, &self.frame);
                return Ok(content.map(|content| Captured { number: self.number, time, content }));
            }
            self.passed_over += 1;
        }
    }

    /// How many packets held neither a GeoNetworking packet nor a whole UDP datagram.
    #[must_use]
    pub const fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Copies the next packet's frame; its link layer and time.
    fn frame(&mut self) -> Result<Option<(Linktype, Option<Instant>)>, CaptureError> {
        loop {
            let number = self.number + 1;
            let (used, found) = match self.blocks.next() {
                Ok((used, block)) => {
                    let found = packet(&block, &mut self.interfaces, &mut self.frame);
                    (used, found.ok_or(CaptureError::Malformed { number })?)
                }
                Err(PcapError::Eof) => return Ok(None),
                Err(PcapError::Incomplete(_)) => {
                    self.blocks.refill().map_err(|_| CaptureError::Read { number })?;
                    continue;
                }
                Err(PcapError::BufferTooSmall) => {
                    self.grow(number)?;
                    continue;
                }
                Err(PcapError::UnexpectedEof) => return Err(CaptureError::Truncated { number }),
                Err(PcapError::ReadError) => return Err(CaptureError::Read { number }),
                Err(_) => return Err(CaptureError::Malformed { number }),
            };
            self.blocks.consume(used);
            if let Some(found) = found {
                self.number = number;
                return Ok(Some(found));
            }
        }
    }

    fn grow(&mut self, number: u64) -> Result<(), CaptureError> {
        self.capacity *= 2;
        if self.capacity > LARGEST_CAPACITY {
            return Err(CaptureError::Malformed { number });
        }
        self.blocks.grow(self.capacity);
        self.blocks.refill().map_err(|_| CaptureError::Read { number })
    }
}

/// What a block says: copies a packet's frame, or notes an interface. The outer `None` for a block that can't be.
fn packet(
    block: &PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    frame: &mut Vec<u8>,
) -> Option<Option<(Linktype, Option<Instant>)>> {
    let mut copy = |data: &[u8], length: u32| {
        frame.clear();
        frame.extend_from_slice(data.get(..length as usize).unwrap_or(data));
    };
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            interfaces.push(Interface { link: header.network, resolution, offset: 0 });
            Some(None)
        }
        PcapBlockOwned::Legacy(packet) => {
            let interface = interfaces.first()?;
            copy(packet.data, packet.caplen);
            let seconds = i64::from(packet.ts_sec);
            Some(Some((interface.link, moment(seconds, packet.ts_usec.into(), interface.resolution))))
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            Some(None)
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
            let resolution = description.ts_resolution().filter(|resolution| *resolution > 0)?;
            let interface =
                Interface { link: description.linktype, resolution, offset: description.ts_offset() };
            interfaces.push(interface);
            (interfaces.len() <= MOST_INTERFACES).then_some(None)
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let interface = interfaces.get(packet.if_id as usize)?;
            copy(packet.data, packet.caplen);
            let steps = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            let seconds = i64::try_from(steps / interface.resolution).ok()?.checked_add(interface.offset)?;
            Some(Some((interface.link, moment(seconds, steps % interface.resolution, interface.resolution))))
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
            let interface = interfaces.first()?;
            copy(packet.data, packet.origlen);
            Some(Some((interface.link, None)))
        }
        PcapBlockOwned::NG(_) => Some(None),
    }
}

/// A time of a capture, to the millisecond.
fn moment(seconds: i64, steps: u64, resolution: u64) -> Option<Instant> {
    let millis = u128::from(steps) * 1000 / u128::from(resolution);
    let millis = seconds.checked_mul(1000)?.checked_add(i64::try_from(millis).ok()?)?;
    Some(Instant::from_unix_millis(millis))
}

/// Who sent a datagram, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Where it came from.
    pub source: SocketAddr,
    /// Where it went.
    pub destination: SocketAddr,
}

#[cfg(test)]
mod tests;
