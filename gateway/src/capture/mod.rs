//! Captures of traffic (pcap and pcapng): what a roadside receiver or a network port saw, a packet at a time. `link` finds in each
//! frame what may hold a message: GeoNetworking packets and UDP payloads. Nothing here knows what a message is.

mod link;

use std::io::{self, Read};
use std::net::SocketAddr;

use pcap_parser::pcapng::{Block, InterfaceDescriptionBlock};
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Linktype, PcapBlockOwned, PcapError, create_reader};
use thiserror::Error;
use voorrang_units::Instant;

pub use link::Content;

/// Reads a capture from its start to its end.
pub struct CaptureReader {
    blocks: Box<dyn PcapReaderIterator + Send>,
    /// Octets that its buffer holds.
    capacity: usize,
    /// Byte order of the section; `None` in pcap.
    order: Option<Order>,
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
/// What a pcapng section begins with, in either byte order.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Octets of the header of a pcap file, and of the shortest block of pcapng: type, length, length.
const PCAP_HEADER: u64 = 24;
const SHORTEST_BLOCK: u32 = 12;
/// Bits of the link type in the header of a pcap file; those above tell of the frame check sequence.
const LINK_TYPE: i32 = 0xffff;

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
    pub fn new(mut input: impl Read + Send + 'static) -> Result<Self, CaptureError> {
        // The crate judges a file by what its first read gives, which from a pipe may be any part of the header.
        let header = header(&mut input).map_err(|_| CaptureError::Read { number: 1 })?;
        let order = section_order(&header);
        let blocks = create_reader(FIRST_CAPACITY, io::Cursor::new(header).chain(input))
            .map_err(|_| CaptureError::NotACapture)?;
        let (capacity, interfaces, frame) = (FIRST_CAPACITY, Vec::new(), Vec::new());
        Ok(Self { blocks, capacity, order, interfaces, frame, number: 0, passed_over: 0 })
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
            let announced = self.announced();
            if announced.is_some_and(|length| length < SHORTEST_BLOCK) {
                return Err(CaptureError::Malformed { number });
            }
            let whole = announced.is_some_and(|length| self.blocks.data().len() >= length as usize);
            let (used, found) = match self.blocks.next() {
                Ok((used, block)) => {
                    let found = packet(&block, &mut self.interfaces, &mut self.frame);
                    (used, found.ok_or(CaptureError::Malformed { number })?)
                }
                Err(PcapError::Eof) => return Ok(None),
                // No more octets will complete a block that is all there.
                Err(_) if whole => return Err(CaptureError::Malformed { number }),
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

    /// What the next block of pcapng says that it is long, once that much is read. The crate subtracts from it unchecked.
    fn announced(&mut self) -> Option<u32> {
        let (order, data) = (self.order?, self.blocks.data());
        let order = if data.starts_with(&SECTION) { section_order(data)? } else { order };
        self.order = Some(order);
        Some(order(*data.get(4..)?.first_chunk()?))
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
            let link = Linktype(header.network.0 & LINK_TYPE);
            interfaces.push(Interface { link, resolution, offset: 0 });
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
            let resolution = resolution(description)?;
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

/// Reads four octets in a byte order.
type Order = fn([u8; 4]) -> u32;

/// What a capture begins with: the header of a pcap file, or the first block of pcapng as far as the first buffer holds it.
fn header(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    input.take(PCAP_HEADER).read_to_end(&mut header)?;
    if let (Some(order), Some([_, _, _, _, length @ ..])) =
        (section_order(&header), header.first_chunk::<8>())
    {
        let rest = u64::from(order(*length)).min(FIRST_CAPACITY as u64).saturating_sub(PCAP_HEADER);
        input.take(rest).read_to_end(&mut header)?;
    }
    Ok(header)
}

/// The byte order of a section, by its third word, 0x1a2b3c4d; `None` for what is no section, or before that is read.
fn section_order(octets: &[u8]) -> Option<Order> {
    match octets.strip_prefix(&SECTION)?.get(4)? {
        0x1a => Some(u32::from_be_bytes),
        _ => Some(u32::from_le_bytes),
    }
}

/// Steps in a second (`if_tsresol`): a power of ten, or of two where the highest bit is set, of which the crate knows nothing.
fn resolution(description: &InterfaceDescriptionBlock<'_>) -> Option<u64> {
    let exponent = u32::from(description.if_tsresol & 0x7f);
    if description.if_tsresol & 0x80 == 0 {
        10_u64.checked_pow(exponent)
    } else {
        1_u64.checked_shl(exponent)
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
