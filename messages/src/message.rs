//! Messages as a whole: octets to value and back, by the message that the header names.
//!
//! A further message is its ASN.1 in `asn1/`, a module that includes what is generated from it, and a line of `its_messages!` here.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use crate::cam::Cam;
use crate::denm::Denm;
use crate::its_container::{ItsPduHeader, MessageId};
use crate::json::{FromJson, JsonError};
use crate::mapem::Mapem;
use crate::schema::{Described, Schema};
use crate::spatem::Spatem;
use crate::srem::Srem;
use crate::ssem::Ssem;
use crate::uper::{self, DecodeError, DecodeProblem, EncodeError, EncodeProblem, Uper};

/// The release of the ETSI ITS standards that CAM and DENM follow: the header does not tell it, and their bits differ from one to
/// the next (cause codes). SREM, SSEM, SPATEM and MAPEM are the same in both.
///
/// Release 1 is what is on the road. Release 2 (TS 103 900, TS 103 831) will be a variant here, its modules in `asn1/` beside those of
/// release 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Release {
    /// EN 302 637-2 V1.4.1 and EN 302 637-3 V1.3.1 over TS 102 894-2 V1.3.1.
    #[default]
    One,
}

/// Gives each generated message its front door, and puts all of them into [`MessageKind`] and [`ItsMessage`].
macro_rules! its_messages {
    ($($(#[$documentation:meta])* $message:ident = $id:literal, $name:literal;)*) => {
        /// Which message: the name of the standard for `messageID` of the header (TS 102 894-2 DF_ItsPduHeader).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MessageKind {
            $($(#[$documentation])* $message,)*
        }

        impl MessageKind {
            /// Every kind, by message id.
            pub const ALL: &[Self] = &[$(Self::$message),*];

            /// The kind that a `messageID` stands for; `None` where it is not supported.
            #[must_use]
            pub const fn from_message_id(id: u8) -> Option<Self> {
                match id {
                    $($id => Some(Self::$message),)*
                    _ => None,
                }
            }

            /// The `messageID` of its header.
            #[must_use]
            pub const fn message_id(self) -> u8 {
                match self {
                    $(Self::$message => $id,)*
                }
            }

            /// The standard's name, as `SREM`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$message => $name,)*
                }
            }
        }

        /// Any message that is supported.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ItsMessage {
            $($(#[$documentation])* $message(Box<$message>),)*
        }

        impl ItsMessage {
            /// Which message it is.
            #[must_use]
            pub const fn kind(&self) -> MessageKind {
                match self {
                    $(Self::$message(_) => MessageKind::$message,)*
                }
            }

            /// Its header.
            #[must_use]
            pub const fn header(&self) -> &ItsPduHeader {
                match self {
                    $(Self::$message(message) => &message.header,)*
                }
            }

            /// What its type may hold.
            #[must_use]
            pub const fn schema(&self) -> &'static Schema {
                match self {
                    $(Self::$message(_) => $message::SCHEMA,)*
                }
            }

            /// Reads a message of a kind; another `messageID` is an error.
            ///
            /// # Errors
            /// As the message's own `decode`.
            pub fn decode_kind(octets: &[u8], kind: MessageKind) -> Result<Self, DecodeError> {
                match kind {
                    $(MessageKind::$message => {
                        $message::decode(octets).map(|message| Self::$message(Box::new(message)))
                    })*
                }
            }

            /// Appends the octets of the message.
            ///
            /// # Errors
            /// As the message's own `encode`.
            pub fn encode(&self, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$message(message) => message.encode(octets),)*
                }
            }

            fn from_json_kind(value: &Value, kind: MessageKind) -> Result<Self, JsonError> {
                match kind {
                    $(MessageKind::$message => {
                        $message::from_json(value).map(|message| Self::$message(Box::new(message)))
                    })*
                }
            }
        }

        /// The form of the message itself.
        impl Serialize for ItsMessage {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$message(message) => message.serialize(serializer),)*
                }
            }
        }

        $(
            impl $message {
                /// The `messageID` of its header.
                pub const MESSAGE_ID: u8 = $id;

                #[doc = concat!("Reads the octets of ", $name, ": an ITS PDU header and the message, to the last octet.")]
                ///
                /// # Errors
                /// When the octets are another message, end too early, go on too long or stand for no value; with field and bit.
                pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
                    decode(octets, Self::MESSAGE_ID).map_err(|error| error.in_message($name))
                }

                #[doc = concat!("Appends the octets of the ", $name, " to the caller's buffer.")]
                ///
                /// # Errors
                /// When a value is outside its range, or is an unknown addition; with its field. The buffer is then as it was.
                pub fn encode(&self, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
                    encode(self, self.header.message_id.0, Self::MESSAGE_ID, octets)
                        .map_err(|error| error.in_message($name))
                }
            }

            impl From<$message> for ItsMessage {
                fn from(message: $message) -> Self {
                    Self::$message(Box::new(message))
                }
            }
        )*
    };
}

its_messages! {
    /// A warning of an event on the road (EN 302 637-3).
    Denm = 1, "DENM";
    /// Where a vehicle is and what it does (EN 302 637-2).
    Cam = 2, "CAM";
    /// The state of signal groups (TS 103 301 clause 5).
    Spatem = 4, "SPATEM";
    /// The lanes of an intersection (TS 103 301 clause 6).
    Mapem = 5, "MAPEM";
    /// A priority request (TS 103 301 clause 8).
    Srem = 9, "SREM";
    /// The status of requests (TS 103 301 clause 8).
    Ssem = 10, "SSEM";
}

impl ItsMessage {
    /// Reads the message that the header names, CAM and DENM by release 1.
    ///
    /// # Errors
    /// When the message is not supported, or as its own `decode`.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_release(octets, Release::default())
    }

    /// Reads the message that the header names, CAM and DENM by a release.
    ///
    /// # Errors
    /// As [`ItsMessage::decode`].
    pub fn decode_release(octets: &[u8], release: Release) -> Result<Self, DecodeError> {
        let Release::One = release;
        let Some(&found) = octets.get(1) else { return Err(truncated_header(octets)) };
        MessageKind::from_message_id(found).map_or_else(
            || {
                let problem = DecodeProblem::Unsupported { found, name: message_name(found) };
                Err(in_message_id(DecodeError::new(MESSAGE_ID_AT, problem)))
            },
            |kind| Self::decode_kind(octets, kind),
        )
    }
}

impl FromJson for ItsMessage {
    /// Reads the message that `header.messageID` names.
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let id = value.get("header").and_then(|header| header.get("messageID"));
        let named = id.and_then(Value::as_u64).and_then(|id| u8::try_from(id).ok());
        let Some(kind) = named.and_then(MessageKind::from_message_id) else {
            let kinds: Vec<_> = MessageKind::ALL
                .iter()
                .map(|kind| format!("{} ({})", kind.message_id(), kind.name()))
                .collect();
            let other = named.and_then(message_name).map(|name| format!("; {name} is not supported"));
            let expected = format!("one of {}{}", kinds.join(", "), other.unwrap_or_default());
            let error = JsonError::new(expected, id.unwrap_or(&Value::Null));
            return Err(error.in_field("messageID").in_field("header"));
        };
        Self::from_json_kind(value, kind)
    }
}

/// A text that names no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected one of cam, denm, mapem, spatem, srem, ssem")]
pub struct NoSuchMessage;

/// The standard's name in capitals or small letters.
impl FromStr for MessageKind {
    type Err = NoSuchMessage;

    fn from_str(text: &str) -> Result<Self, NoSuchMessage> {
        Self::ALL.iter().copied().find(|kind| kind.name().eq_ignore_ascii_case(text)).ok_or(NoSuchMessage)
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl ItsPduHeader {
    /// The version that all messages here have.
    pub const PROTOCOL_VERSION: u8 = 2;

    /// The header of a message of a station.
    #[must_use]
    pub const fn of(kind: MessageKind, station: crate::StationId) -> Self {
        Self {
            protocol_version: Self::PROTOCOL_VERSION,
            message_id: MessageId(kind.message_id()),
            station_id: station.to_wire(),
        }
    }
}

/// Where the header's `messageID` begins.
const MESSAGE_ID_AT: usize = 8;

fn decode<T: Uper>(octets: &[u8], expected: u8) -> Result<T, DecodeError> {
    match octets.get(1) {
        Some(&found) if found != expected => Err(in_message_id(DecodeError::new(
            MESSAGE_ID_AT,
            DecodeProblem::OtherMessage { expected, found },
        ))),
        _ => uper::decode_complete(octets),
    }
}

fn encode<T: Uper>(message: &T, found: u8, expected: u8, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
    if found != expected {
        let error = EncodeError::new(EncodeProblem::OtherMessage { expected, found });
        return Err(error.in_field("messageID").in_field("header"));
    }
    uper::encode_complete(message, octets)
}

fn in_message_id(error: DecodeError) -> DecodeError {
    error.in_field("messageID").in_field("header")
}

fn truncated_header(octets: &[u8]) -> DecodeError {
    let problem = DecodeProblem::Truncated { expected: ItsPduHeader::MIN_BITS, found: octets.len() * 8 };
    DecodeError::new(0, problem).in_field("header")
}

/// The messages that have a `messageID` (TS 102 894-2 DF_ItsPduHeader) and are not supported.
const fn message_name(id: u8) -> Option<&'static str> {
    Some(match id {
        3 => "POI",
        6 => "IVIM",
        7 => "EV-RSR",
        8 => "TISTPG transaction",
        11 => "EVCSN",
        12 => "SAEM",
        13 => "RTCMEM",
        14 => "CPM",
        15 => "IMZM",
        16 => "VAM",
        17 => "DSM",
        18 => "MIM",
        19 => "MVM",
        20 => "MCM",
        21 => "PIM",
        _ => return None,
    })
}
