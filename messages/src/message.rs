//! Messages as a whole: octets to value and back, by the message that the header names.
//!
//! A further message is its ASN.1 in `asn1/`, a module that includes what is generated from it, a line of `its_message!` here and a
//! variant of [`ItsMessage`].

use serde::Serialize;
use serde_json::Value;

use crate::json::{FromJson, JsonError};
use crate::srem::Srem;
use crate::ssem::Ssem;
use crate::uper::{self, DecodeError, DecodeProblem, EncodeError, EncodeProblem, Reader, Uper};

/// Gives a generated message its front door.
macro_rules! its_message {
    ($message:ident, $name:literal, $id:literal) => {
        impl $message {
            /// The `messageID` of its header.
            pub const MESSAGE_ID: u8 = $id;

            #[doc = concat!("Reads an ", $name, ": an ITS PDU header and the message, to the last octet.")]
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
    };
}

its_message!(Srem, "SREM", 9);
its_message!(Ssem, "SSEM", 10);

/// Any message that is supported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ItsMessage {
    /// A priority request.
    Srem(Box<Srem>),
    /// The status of requests.
    Ssem(Box<Ssem>),
}

impl ItsMessage {
    /// Reads the message that the header names.
    ///
    /// # Errors
    /// When the message is not supported, or as its own `decode`.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        match octets.get(1) {
            Some(&Srem::MESSAGE_ID) => Srem::decode(octets).map(|srem| Self::Srem(Box::new(srem))),
            Some(&Ssem::MESSAGE_ID) => Ssem::decode(octets).map(|ssem| Self::Ssem(Box::new(ssem))),
            Some(&found) => {
                let problem = DecodeProblem::Unsupported { found, name: message_name(found) };
                Err(in_message_id(DecodeError::new(MESSAGE_ID_AT, problem)))
            }
            None => Err(truncated_header(octets)),
        }
    }

    /// Appends the octets of the message.
    ///
    /// # Errors
    /// As the message's own `encode`.
    pub fn encode(&self, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Srem(srem) => srem.encode(octets),
            Self::Ssem(ssem) => ssem.encode(octets),
        }
    }
}

impl FromJson for ItsMessage {
    /// Reads the message that `header.messageID` names.
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let id = value.get("header").and_then(|header| header.get("messageID"));
        let named = id.and_then(Value::as_u64).and_then(|id| u8::try_from(id).ok());
        match named {
            Some(Srem::MESSAGE_ID) => Srem::from_json(value).map(|srem| Self::Srem(Box::new(srem))),
            Some(Ssem::MESSAGE_ID) => Ssem::from_json(value).map(|ssem| Self::Ssem(Box::new(ssem))),
            _ => {
                let name = named.and_then(message_name).map(|name| format!(" ({name} is not supported yet)"));
                let expected = format!("9 (SREM) or 10 (SSEM){}", name.unwrap_or_default());
                let error = JsonError::new(expected, id.unwrap_or(&Value::Null));
                Err(error.in_field("messageID").in_field("header"))
            }
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
    use crate::its_container::ItsPduHeader;
    let mut reader = Reader::new(octets);
    let too_short =
        || DecodeError::new(0, DecodeProblem::Truncated { expected: ItsPduHeader::MIN_BITS, found: 0 });
    ItsPduHeader::read(&mut reader).err().unwrap_or_else(too_short).in_field("header")
}

/// The messages that have a `messageID` (TS 102 894-2, DF_ItsPduHeader).
fn message_name(id: u8) -> Option<&'static str> {
    Some(match id {
        1 => "DENM",
        2 => "CAM",
        3 => "POI",
        4 => "SPATEM",
        5 => "MAPEM",
        6 => "IVIM",
        7 => "EV-RSR",
        8 => "TISTPG transaction",
        9 => "SREM",
        10 => "SSEM",
        11 => "EVCSN",
        12 => "SAEM",
        13 => "RTCMEM",
        14 => "CPM",
        _ => return None,
    })
}
