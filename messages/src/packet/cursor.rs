//! Reading whole octets in order, with the place for whoever has to say what is wrong.

use super::{Layer, PacketError};

/// A place in the octets of a packet.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    /// Octets of the packet before `rest`.
    offset: usize,
    /// What is being read.
    layer: Layer,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(octets: &'a [u8], layer: Layer) -> Self {
        Self { rest: octets, offset: 0, layer }
    }

    /// What is read from here on.
    pub(super) const fn enter(&mut self, layer: Layer) {
        self.layer = layer;
    }

    /// The next octets.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], PacketError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error(format!("{count} more octets"), self.rest.len()));
        };
        self.rest = rest;
        self.offset += count;
        Ok(taken)
    }

    /// Only the next octets; what lies behind them is left out.
    pub(super) fn within(&mut self, count: usize) -> Result<Self, PacketError> {
        let (offset, layer) = (self.offset, self.layer);
        Ok(Self { rest: self.take(count)?, offset, layer })
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PacketError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, PacketError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, PacketError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, PacketError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, PacketError> {
        self.array().map(i32::from_be_bytes)
    }

    /// All that is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// An error here.
    pub(super) fn error(&self, expected: impl Into<String>, found: impl ToString) -> PacketError {
        PacketError {
            layer: self.layer,
            offset: self.offset,
            expected: expected.into(),
            found: found.to_string(),
        }
    }

    /// An error at the octet that was read last.
    pub(super) fn error_before(&self, expected: impl Into<String>, found: impl ToString) -> PacketError {
        PacketError { offset: self.offset.saturating_sub(1), ..self.error(expected, found) }
    }
}
