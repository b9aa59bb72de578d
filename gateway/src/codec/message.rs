//! A message behind an ITS PDU header or in a J2735 MessageFrame: recognised by its first octets, or as the user says.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;
use voorrang_messages::json::FromJson;
use voorrang_messages::summary::Summary;
use voorrang_messages::tree::Tree;
use voorrang_messages::{
    DecodeError, EncodeError, ItsMessage, JsonError, MessageFrame, MessageKind, StationId,
};

/// A message behind one of its two headers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Message {
    /// ETSI.
    Its(ItsMessage),
    /// SAE.
    J2735(MessageFrame),
}

/// What octets are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// What their first octets say
    Auto,
    /// An ITS PDU header and the message that it names
    Etsi,
    /// A J2735 MessageFrame
    J2735,
    /// A GeoNetworking packet
    Packet,
    Cam,
    Denm,
    Mapem,
    Spatem,
    Srem,
    Ssem,
}

impl Kind {
    /// The message that must stand behind an ITS PDU header.
    const fn its(self) -> Option<MessageKind> {
        Some(match self {
            Self::Cam => MessageKind::Cam,
            Self::Denm => MessageKind::Denm,
            Self::Mapem => MessageKind::Mapem,
            Self::Spatem => MessageKind::Spatem,
            Self::Srem => MessageKind::Srem,
            Self::Ssem => MessageKind::Ssem,
            Self::Auto | Self::Etsi | Self::J2735 | Self::Packet => return None,
        })
    }
}

impl Message {
    /// Whether octets begin as a message does, of what else a datagram may hold.
    pub(super) fn begins(octets: &[u8]) -> bool {
        let its = matches!(octets, [1 | 2, id, ..] if MessageKind::from_message_id(*id).is_some());
        its || MessageFrame::begins(octets)
    }

    /// Reads a message that is not in a packet.
    pub(super) fn decode(octets: &[u8], kind: Kind) -> Result<Self, DecodeError> {
        if let Some(kind) = kind.its() {
            return ItsMessage::decode_kind(octets, kind).map(Self::Its);
        }
        let is_frame = kind == Kind::J2735 || (kind == Kind::Auto && MessageFrame::begins(octets));
        if is_frame {
            MessageFrame::decode(octets).map(Self::J2735)
        } else {
            ItsMessage::decode(octets).map(Self::Its)
        }
    }

    /// Reads the JSON form: a frame has `messageId`, an ITS message a `header`.
    pub(super) fn from_json(value: &Value) -> Result<Self, JsonError> {
        if value.get("messageId").is_some() {
            MessageFrame::from_json(value).map(Self::J2735)
        } else {
            ItsMessage::from_json(value).map(Self::Its)
        }
    }

    pub(super) fn encode(&self, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Its(message) => message.encode(octets),
            Self::J2735(frame) => frame.encode(octets),
        }
    }

    /// The name by which the standard of its header calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Its(message) => message.kind().name(),
            Self::J2735(frame) => frame.name(),
        }
    }

    /// The station of the ITS PDU header.
    pub(super) const fn station(&self) -> Option<StationId> {
        match self {
            Self::Its(message) => Some(StationId(message.header().station_id.0)),
            Self::J2735(_) => None,
        }
    }

    pub(super) fn summary(&self) -> Summary<'_> {
        match self {
            Self::Its(message) => message.into(),
            Self::J2735(frame) => frame.into(),
        }
    }

    pub(super) fn tree(&self) -> Tree {
        match self {
            Self::Its(message) => Tree::of_message(message),
            Self::J2735(frame) => Tree::of(frame),
        }
    }
}
