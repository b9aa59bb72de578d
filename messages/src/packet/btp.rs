//! BTP, the transport of GeoNetworking packets (EN 302 636-5-1): which message stands in them.

use super::cursor::Cursor;
use super::{Layer, PacketError};
use crate::MessageKind;

/// A BTP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Btp {
    /// BTP-A: two stations talk; with the port to answer to.
    A {
        /// Destination port.
        destination: u16,
        /// Source port.
        source: u16,
    },
    /// BTP-B: a station tells all around it.
    B {
        /// Destination port.
        destination: u16,
        /// Destination port info; 0 where there is nothing to say.
        info: u16,
    },
}

impl Btp {
    /// The port that says which message it is.
    #[must_use]
    pub const fn destination(self) -> u16 {
        match self {
            Self::A { destination, .. } | Self::B { destination, .. } => destination,
        }
    }

    pub(super) fn read_a(cursor: &mut Cursor<'_>) -> Result<Self, PacketError> {
        cursor.enter(Layer::Btp);
        Ok(Self::A { destination: cursor.u16()?, source: cursor.u16()? })
    }

    pub(super) fn read_b(cursor: &mut Cursor<'_>) -> Result<Self, PacketError> {
        cursor.enter(Layer::Btp);
        Ok(Self::B { destination: cursor.u16()?, info: cursor.u16()? })
    }

    /// The message that belongs to the destination port; `None` for ports of other messages.
    #[must_use]
    pub fn message(self) -> Option<MessageKind> {
        MessageKind::ALL.iter().copied().find(|kind| port_of(*kind) == self.destination())
    }
}

/// The destination port of a message (TS 103 248).
#[must_use]
pub const fn port_of(kind: MessageKind) -> u16 {
    match kind {
        MessageKind::Cam => 2001,
        MessageKind::Denm => 2002,
        MessageKind::Mapem => 2003,
        MessageKind::Spatem => 2004,
        MessageKind::Srem => 2007,
        MessageKind::Ssem => 2008,
    }
}
