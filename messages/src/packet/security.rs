//! The envelope of a secured packet (TS 103 097 on IEEE 1609.2, in COER): its payload, and what its header says in clear. Nothing is
//! verified: a signature here is a claim.

use voorrang_units::{Instant, TimestampIts};

use super::cursor::Cursor;
use super::{Layer, PacketError};

/// Whether a packet came in an envelope, and what is known of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// No envelope.
    Unsecured,
    /// An envelope without a signature.
    Unsigned,
    /// An envelope with a signature that nobody looked at.
    SignedNotVerified {
        /// ITS-AID of the application: 36 CAM, 37 DENM, 137 SPATEM, 138 MAPEM, 140 SREM, 141 SSEM (TS 102 965).
        its_aid: u64,
        /// When it was signed.
        generated: Option<Instant>,
    },
}

/// `Ieee1609Dot2Data.protocolVersion`.
const VERSION: u8 = 3;
/// Tags of `Ieee1609Dot2Content`.
const UNSECURED_DATA: u8 = 0x80;
const SIGNED_DATA: u8 = 0x81;
const ENCRYPTED_DATA: u8 = 0x82;

/// Opens an envelope: what it says of itself, and a cursor on what is in it.
pub(super) fn open<'a>(cursor: &mut Cursor<'a>) -> Result<(Security, Cursor<'a>), PacketError> {
    cursor.enter(Layer::Security);
    match content(cursor)? {
        UNSECURED_DATA => Ok((Security::Unsigned, opaque(cursor)?)),
        SIGNED_DATA => signed(cursor),
        ENCRYPTED_DATA => Err(cursor.error_before("data that can be read", "encrypted data")),
        other => Err(cursor.error_before("unsecured or signed data", format!("content of tag {other:#04x}"))),
    }
}

/// `SignedData { hashId, tbsData { payload, headerInfo }, signer, signature }`; signer and signature are not looked at.
fn signed<'a>(cursor: &mut Cursor<'a>) -> Result<(Security, Cursor<'a>), PacketError> {
    let _hash = cursor.u8()?;
    // `SignedDataPayload { data OPTIONAL, extDataHash OPTIONAL, ... }`: its preamble.
    let present = cursor.u8()?;
    if present & 0x40 == 0 {
        return Err(cursor.error_before("the signed data", "only a hash of it"));
    }
    let payload = match content(cursor)? {
        UNSECURED_DATA => opaque(cursor)?,
        _ => return Err(cursor.error_before("unsecured data within the signed data", "another envelope")),
    };
    if present & 0x20 != 0 {
        skip_hash(cursor)?;
    }
    if present & 0x80 != 0 {
        return Err(cursor.error("no additions to the payload", "some of a later version"));
    }
    // `HeaderInfo { psid, generationTime OPTIONAL, ...`: its preamble of seven bits.
    let present = cursor.u8()?;
    let its_aid = unsigned(cursor)?;
    let generated = if present & 0x40 == 0 { None } else { Some(time64(cursor.array()?)) };
    Ok((Security::SignedNotVerified { its_aid, generated }, payload))
}

/// The tag of the content of an `Ieee1609Dot2Data`.
fn content(cursor: &mut Cursor<'_>) -> Result<u8, PacketError> {
    match cursor.u8()? {
        VERSION => cursor.u8(),
        other => Err(cursor.error_before(format!("version {VERSION}"), other)),
    }
}

/// An OCTET STRING behind its length (X.696 clauses 8.6 and 14).
fn opaque<'a>(cursor: &mut Cursor<'a>) -> Result<Cursor<'a>, PacketError> {
    let length = length(cursor)?;
    cursor.within(length)
}

fn length(cursor: &mut Cursor<'_>) -> Result<usize, PacketError> {
    let first = cursor.u8()?;
    if first < 0x80 {
        return Ok(first.into());
    }
    if first == 0x80 {
        return Err(cursor.error_before("a length", "one of no octets"));
    }
    let octets = cursor.take(usize::from(first & 0x7f))?;
    let wide =
        octets.iter().try_fold(0_usize, |length, octet| Some(length.checked_mul(256)? + usize::from(*octet)));
    wide.ok_or_else(|| cursor.error("a length of less than 8 octets", octets.len()))
}

/// An INTEGER (0..MAX) behind its length (X.696 clause 10).
fn unsigned(cursor: &mut Cursor<'_>) -> Result<u64, PacketError> {
    let length = length(cursor)?;
    if length == 0 || length > 8 {
        return Err(cursor.error_before("a number of 1 to 8 octets", length));
    }
    Ok(cursor.take(length)?.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// A `HashedData`: SHA-256 as it is; SHA-384 and SM3, which came behind the extension marker, after their length (X.696 clause 20).
fn skip_hash(cursor: &mut Cursor<'_>) -> Result<(), PacketError> {
    match cursor.u8()? {
        0x80 => cursor.take(32).map(drop),
        0x81 | 0x82 => opaque(cursor).map(drop),
        other => Err(cursor.error_before("a hash of tag 0x80 to 0x82", format!("{other:#04x}"))),
    }
}

/// `Time64`: microseconds since 2004 with leap seconds.
fn time64(octets: [u8; 8]) -> Instant {
    TimestampIts::from_raw(u64::from_be_bytes(octets) / 1000).instant()
}
