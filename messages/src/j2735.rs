//! SAE J2735 `MessageFrame`: the header that SRM, SSM, SPAT and MAP have outside Europe. Behind it stand the same bits as in SREM,
//! SSEM, SPATEM and MAPEM, so a message changes from one header to the other without being changed itself.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use thiserror::Error;

use crate::StationId;
use crate::dsrc::{MapData, SignalRequestMessage, SignalStatusMessage, Spat};
use crate::its_container::ItsPduHeader;
use crate::json::{FromJson, JsonError, Members};
use crate::mapem::Mapem;
use crate::message::{ItsMessage, MessageKind};
use crate::schema::{Alternative, Described, Integer, Member, Presence, Schema, Shape};
use crate::spatem::Spatem;
use crate::srem::Srem;
use crate::ssem::Ssem;
use crate::uper::{self, DecodeError, DecodeProblem, EncodeError, Reader, Uper, Writer};

macro_rules! message_frames {
    ($($(#[$documentation:meta])* $variant:ident: $body:ident = $id:literal, $name:literal, $its:ident.$field:ident;)*) => {
        /// A `MessageFrame` of a message that ETSI has too.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum MessageFrame {
            $($(#[$documentation])* $variant(Box<$body>),)*
        }

        impl MessageFrame {
            /// The `messageId`s that are supported, with the names of their messages.
            pub const SUPPORTED: &[(u16, &str)] = &[$(($id, $name)),*];

            /// Its `messageId` (J2735 DE_DSRC_MessageID).
            #[must_use]
            pub const fn message_id(&self) -> u16 {
                match self {
                    $(Self::$variant(_) => $id,)*
                }
            }

            /// The message's name, as `SRM`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// The same message behind an ITS PDU header, of a station: J2735 has no place for it.
            #[must_use]
            pub fn into_its(self, station: StationId) -> ItsMessage {
                match self {
                    $(Self::$variant(body) => {
                        $its { header: ItsPduHeader::of(MessageKind::$its, station), $field: *body }.into()
                    })*
                }
            }

            fn read_body(id: u16, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                match id {
                    $($id => reader
                        .open_type(|reader| reader.value())
                        .map(|body| Self::$variant(Box::new(body)))
                        .map_err(|error| error.in_field(stringify!($body))),)*
                    found => Err(reader.error(DecodeProblem::UnsupportedFrame { found }).in_field("messageId")),
                }
            }

            fn write_body(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$variant(body) => writer
                        .open_type(|writer| writer.value(&**body))
                        .map_err(|error| error.in_field(stringify!($body))),)*
                }
            }

            fn body_from_json(id: u16, members: &Members<'_>) -> Result<Self, JsonError> {
                match id {
                    $($id => members
                        .required("value", |value| {
                            Members::of(value, &[stringify!($body)])?
                                .required(stringify!($body), <$body as FromJson>::from_json)
                        })
                        .map(|body| Self::$variant(Box::new(body))),)*
                    _ => {
                        let expected: Vec<_> =
                            Self::SUPPORTED.iter().map(|(id, name)| format!("{id} ({name})")).collect();
                        let expected = format!("one of {}", expected.join(", "));
                        Err(JsonError::new(expected, &Value::from(id)).in_field("messageId"))
                    }
                }
            }
        }

        /// The `messageId` of the frame that has the body of an ITS message.
        const fn frame_id(kind: MessageKind) -> Option<u16> {
            match kind {
                $(MessageKind::$its => Some($id),)*
                MessageKind::Cam | MessageKind::Denm => None,
            }
        }

        /// `{"messageId": 29, "value": {"SignalRequestMessage": {...}}}`.
        impl Serialize for MessageFrame {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut members = serializer.serialize_map(Some(2))?;
                members.serialize_entry("messageId", &self.message_id())?;
                match self {
                    $(Self::$variant(body) => {
                        members.serialize_entry("value", &Body(stringify!($body), &**body))?;
                    })*
                }
                members.end()
            }
        }

        impl Described for MessageFrame {
            const SCHEMA: &'static Schema = &Schema {
                name: "MessageFrame",
                shape: Shape::Sequence(&[
                    Member {
                        name: "messageId",
                        presence: Presence::Always,
                        schema: &Schema {
                            name: "DSRCmsgID",
                            shape: Shape::Integer(Integer {
                                minimum: Some(0),
                                maximum: Some(32_767),
                                extensible: false,
                                named: &[$(($id, $name)),*],
                                unit: None,
                            }),
                        },
                    },
                    Member {
                        name: "value",
                        presence: Presence::Always,
                        schema: &Schema {
                            name: "",
                            shape: Shape::Choice {
                                alternatives: &[
                                    $(Alternative { name: stringify!($body), schema: $body::SCHEMA }),*
                                ],
                                extensible: false,
                            },
                        },
                    },
                ]),
            };
        }

        /// The same message in a `MessageFrame`; the station of its header is left out.
        impl TryFrom<ItsMessage> for MessageFrame {
            type Error = NoFrame;

            fn try_from(message: ItsMessage) -> Result<Self, NoFrame> {
                match message {
                    $(ItsMessage::$its(message) => Ok(Self::$variant(Box::new(message.$field))),)*
                    other => Err(NoFrame(other.kind())),
                }
            }
        }
    };
}

message_frames! {
    /// The lanes of an intersection.
    Map: MapData = 18, "MAP", Mapem.map;
    /// The state of signal groups.
    Spat: Spat = 19, "SPAT", Spatem.spat;
    /// A priority request.
    Srm: SignalRequestMessage = 29, "SRM", Srem.srm;
    /// The status of requests.
    Ssm: SignalStatusMessage = 30, "SSM", Ssem.ssm;
}

impl MessageFrame {
    /// Whether octets begin as one of these frames does. No ITS PDU header begins so: its version is not 0.
    #[must_use]
    pub fn begins(octets: &[u8]) -> bool {
        matches!(octets, [0, id, ..] if Self::SUPPORTED.iter().any(|(supported, _)| *supported == u16::from(*id)))
    }

    /// Reads a frame to the last octet.
    ///
    /// # Errors
    /// When the octets are a frame of another message, end too early, go on too long or stand for no value; with field and bit.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        uper::decode_complete(octets).map_err(|error: DecodeError| error.in_message("MessageFrame"))
    }

    /// Appends the octets of the frame to the caller's buffer.
    ///
    /// # Errors
    /// When a value is outside its range, or is an unknown addition; with its field. The buffer is then as it was.
    pub fn encode(&self, octets: &mut Vec<u8>) -> Result<(), EncodeError> {
        uper::encode_complete(self, octets).map_err(|error| error.in_message("MessageFrame"))
    }
}

/// A message that J2735 does not have in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "expected SREM, SSEM, SPATEM or MAPEM, found {0}, which has no J2735 MessageFrame of the same content"
)]
pub struct NoFrame(pub MessageKind);

/// The octets of a frame around the body of an ITS message, as it is: what a later version added stays in it.
///
/// # Errors
/// When the header names another message than SREM, SSEM, SPATEM or MAPEM, or the octets end in it.
pub fn from_its_octets(octets: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut reader = Reader::new(octets);
    let header = reader.value::<ItsPduHeader>().map_err(|error| error.in_field("header"))?;
    let kind = MessageKind::from_message_id(header.message_id.0);
    let Some(id) = kind.and_then(frame_id) else {
        let problem = DecodeProblem::NoFrame { found: header.message_id.0 };
        return Err(DecodeError::new(8, problem).in_field("messageID").in_field("header"));
    };
    let mut frame = id.to_be_bytes().to_vec();
    // The header is of whole octets, and so is what follows it.
    let body = octets.get(ITS_HEADER..).unwrap_or_default();
    let mut writer = Writer::new(&mut frame);
    let written = writer.octets::<0, { uper::UNBOUNDED }, false>(body);
    writer.finish();
    debug_assert!(written.is_ok(), "an OCTET STRING of any size");
    Ok(frame)
}

/// The octets of an ITS message of a station around the body of a frame, as it is. What a later version added behind the body is left
/// out: an ITS message has no place for it.
///
/// # Errors
/// When the frame is of another message, or the octets end in it.
pub fn into_its_octets(octets: &[u8], station: StationId) -> Result<Vec<u8>, DecodeError> {
    let mut reader = Reader::new(octets);
    reader.boolean()?;
    let id = reader.constrained::<u16, 0, 32_767>().map_err(|error| error.in_field("messageId"))?;
    let kind = MessageKind::ALL.iter().copied().find(|kind| frame_id(*kind) == Some(id));
    let Some(kind) = kind else {
        return Err(reader.error(DecodeProblem::UnsupportedFrame { found: id }).in_field("messageId"));
    };
    let body = reader.octets::<0, { uper::UNBOUNDED }, false>().map_err(|error| error.in_field("value"))?;
    let mut message = vec![ItsPduHeader::PROTOCOL_VERSION, kind.message_id()];
    message.extend(station.0.to_be_bytes());
    message.extend(body.0);
    Ok(message)
}

/// Octets of an ITS PDU header.
const ITS_HEADER: usize = ItsPduHeader::MIN_BITS / 8;

/// `MessageFrame ::= SEQUENCE { messageId DSRCmsgID (0..32767), value (open type by messageId), ... }`.
impl Uper for MessageFrame {
    const MIN_BITS: usize = 1 + 15 + 16;

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let extended = reader.boolean()?;
        let id = reader.constrained::<u16, 0, 32_767>().map_err(|error| error.in_field("messageId"))?;
        let frame = Self::read_body(id, reader)?;
        if extended {
            reader.skip_additions()?;
        }
        Ok(frame)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.boolean(false);
        writer.constrained::<0, 32_767>(self.message_id()).map_err(|error| error.in_field("messageId"))?;
        self.write_body(writer)
    }
}

impl FromJson for MessageFrame {
    fn from_json(value: &Value) -> Result<Self, JsonError> {
        let members = Members::of(value, &["messageId", "value"])?;
        let id = members.required("messageId", crate::json::constrained::<u16, 0, 32_767>)?;
        Self::body_from_json(id, &members)
    }
}

/// An object of one member.
struct Body<'a, T>(&'static str, &'a T);

impl<T: Serialize> Serialize for Body<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::json::serialize_alternative(serializer, self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// SREM `dev-srem-000` of the vectors; its station is 1234567.
    const SREM: &str = "02090012d6877324603b920503940840308c1c803022c9180ee481f40c080096b43b030f3552c547e1b95d22c0403ce1021388";

    fn frame() -> MessageFrame {
        ItsMessage::decode(&hex::octets(SREM).unwrap()).unwrap().try_into().unwrap()
    }

    #[test]
    fn a_frame_is_two_octets_of_id_a_length_and_the_bits_of_the_etsi_message() {
        let mut octets = Vec::new();
        frame().encode(&mut octets).unwrap();
        let etsi = hex::octets(SREM).unwrap();
        assert_eq!(octets[..3], [0, 29, 45]);
        // The header of 48 bits is left out; the message's own bits are the same.
        assert_eq!(octets[3..], etsi[6..]);
        assert!(MessageFrame::begins(&octets) && !MessageFrame::begins(&etsi));
        assert_eq!(MessageFrame::decode(&octets), Ok(frame()));
    }

    #[test]
    fn a_message_comes_back_from_the_other_header() {
        let mut octets = Vec::new();
        frame().into_its(StationId(1_234_567)).encode(&mut octets).unwrap();
        assert_eq!(hex::text(&octets), SREM);
    }

    #[test]
    fn a_body_changes_its_header_as_it_is_with_what_a_later_version_added() {
        for vectors in [
            include_str!("../tests/vectors/srem.jsonl"),
            include_str!("../tests/vectors/ssem.jsonl"),
            include_str!("../tests/vectors/spatem.jsonl"),
            include_str!("../tests/vectors/mapem.jsonl"),
        ] {
            for line in vectors.lines() {
                let record: Value = serde_json::from_str(line).unwrap();
                let etsi = hex::octets(record["uper"].as_str().unwrap()).unwrap();
                let frame = from_its_octets(&etsi).unwrap();
                let message = ItsMessage::decode(&etsi).unwrap();
                let station = StationId(message.header().station_id.0);
                assert_eq!(MessageFrame::decode(&frame).unwrap(), message.try_into().unwrap());
                assert_eq!(into_its_octets(&frame, station).unwrap()[2..], etsi[2..], "{}", record["id"]);
            }
        }
    }

    #[test]
    fn a_header_without_a_frame_is_an_error_that_names_it() {
        let error = from_its_octets(&[2, 2, 0, 0, 0, 1, 0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "header.messageID at octet 1, bit 0: expected SREM, SSEM, SPATEM or MAPEM, which have a MessageFrame, found messageID 2"
        );
    }

    #[test]
    fn a_frame_comes_back_from_its_json() {
        let json = serde_json::to_value(frame()).unwrap();
        assert_eq!(json["messageId"], 29);
        assert!(json["value"]["SignalRequestMessage"].is_object());
        assert_eq!(MessageFrame::from_json(&json), Ok(frame()));
    }

    #[test]
    fn other_frames_are_named() {
        let error = MessageFrame::decode(&[0, 20, 1, 0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "MessageFrame messageId at octet 2, bit 0: expected a frame of MAP (18), SPAT (19), SRM (29) or SSM (30), found 20"
        );
    }

    #[test]
    fn additions_of_a_later_version_are_passed_over() {
        let mut octets = Vec::new();
        frame().encode(&mut octets).unwrap();
        octets[0] |= 0x80;
        // One addition, present, of one octet.
        octets.extend([0b0000_0001, 0b0000_0001, 0xaa]);
        assert_eq!(MessageFrame::decode(&octets), Ok(frame()));
    }

    #[test]
    fn what_ends_in_the_body_says_where() {
        let mut octets = Vec::new();
        frame().encode(&mut octets).unwrap();
        let error = MessageFrame::decode(&octets[..20]).unwrap_err().to_string();
        assert!(error.starts_with("MessageFrame SignalRequestMessage at octet 3, bit 0"), "{error}");
    }

    #[test]
    fn a_cam_has_no_frame() {
        let error = MessageFrame::try_from(cam()).unwrap_err();
        assert_eq!(error, NoFrame(MessageKind::Cam));
    }

    fn cam() -> ItsMessage {
        let vectors = include_str!("../tests/vectors/cam.jsonl");
        let record: Value = serde_json::from_str(vectors.lines().next().unwrap()).unwrap();
        ItsMessage::decode(&hex::octets(record["uper"].as_str().unwrap()).unwrap()).unwrap()
    }
}
