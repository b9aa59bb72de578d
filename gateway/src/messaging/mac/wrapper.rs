//! The wrapper's layout, written and read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use voorrang_units::Instant;

use super::key::{Key, Keyring, LONGEST_NAME, TAG_LENGTH};

/// `VM`: no message, no packet and no JSON begins so.
const MAGIC: [u8; 2] = *b"VM";
const VERSION: u8 = 1;
/// Added to the content's number by the gateway, so that nobody can send its own octets back to it.
const FROM_GATEWAY: u8 = 0x80;
/// Magic, version, content, length of the name.
const FIXED: usize = 5;
/// Time stamp and sequence number.
const STAMPS: usize = 16;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A vehicle, a provider, a subscriber.
    ToGateway,
    /// The gateway.
    FromGateway,
}

/// What is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// An ITS message, or a GeoNetworking packet of one.
    Message,
    /// A subscription, in JSON.
    Subscription,
}

/// A wrapper that was opened: the MAC is right. Whether it is new, [`ReplayWindow`](super::ReplayWindow) says.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The key.
    pub key: &'a Arc<Key>,
    /// What is wrapped.
    pub content: Content,
    /// When its sender made it.
    pub sent: Instant,
    /// Its sender's number of it.
    pub sequence: u64,
    /// What is wrapped.
    pub payload: &'a [u8],
    /// The first half of its MAC: no two wrappers have the same.
    pub mark: u128,
}

/// Why octets are no wrapper, or none that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// They are cut off, or of another version.
    #[error("not a MAC wrapper of version 1")]
    Malformed,
    /// Nobody shared that key with us.
    #[error("a key that is not known")]
    UnknownKey,
    /// Another key made it, or somebody changed it, or sent our own octets back.
    #[error("the MAC is wrong")]
    Wrong,
    /// Its time stamp is too far from our time.
    #[error("the time stamp is too old or lies ahead")]
    Stale,
    /// It was here before.
    #[error("a repeat of what was received")]
    Replayed,
    /// More arrives under one key than can be remembered.
    #[error("too many under one key")]
    TooMany,
}

impl MacError {
    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "mac_malformed",
            Self::UnknownKey => "mac_unknown_key",
            Self::Wrong => "mac_wrong",
            Self::Stale => "mac_stale",
            Self::Replayed => "mac_replayed",
            Self::TooMany => "mac_too_many",
        }
    }
}

/// Whether octets begin as a wrapper does.
#[must_use]
pub const fn begins(octets: &[u8]) -> bool {
    matches!(octets, [b'V', b'M', ..])
}

/// Opens a wrapper.
///
/// # Errors
/// When it is none, of an unknown key, or its MAC is wrong.
pub fn open<'a>(keys: &'a Keyring, direction: Direction, octets: &'a [u8]) -> Result<Opened<'a>, MacError> {
    let [b'V', b'M', VERSION, kind, name_length, rest @ ..] = octets else {
        return Err(MacError::Malformed);
    };
    let name_length = usize::from(*name_length);
    if !(1..=LONGEST_NAME).contains(&name_length) || rest.len() < name_length + STAMPS + TAG_LENGTH {
        return Err(MacError::Malformed);
    }
    let (name, rest) = rest.split_at(name_length);
    let key = str::from_utf8(name).ok().and_then(|name| keys.get(name)).ok_or(MacError::UnknownKey)?;
    let (covered, tag) = octets.split_at(octets.len() - TAG_LENGTH);
    if !key.verifies(covered, tag) {
        return Err(MacError::Wrong);
    }
    let from_gateway = kind & FROM_GATEWAY != 0;
    if from_gateway != (direction == Direction::FromGateway) {
        return Err(MacError::Wrong);
    }
    let content = match kind & !FROM_GATEWAY {
        0 => Content::Message,
        1 => Content::Subscription,
        _ => return Err(MacError::Malformed),
    };
    let (stamps, rest) = rest.split_at(STAMPS);
    let (sent, sequence) = stamps.split_at(STAMPS / 2);
    Ok(Opened {
        key,
        content,
        sent: Instant::from_unix_millis(i64::from_be_bytes(array(sent))),
        sequence: u64::from_be_bytes(array(sequence)),
        payload: &rest[..rest.len() - TAG_LENGTH],
        mark: u128::from_be_bytes(array(&tag[..TAG_LENGTH / 2])),
    })
}

/// The caller has split off as many.
fn array<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(octets);
    array
}

/// Wraps octets, numbering them.
#[derive(Debug)]
pub struct Sealer {
    direction: Direction,
    sequence: AtomicU64,
}

impl Sealer {
    /// One that sends in that direction.
    #[must_use]
    pub const fn new(direction: Direction) -> Self {
        Self { direction, sequence: AtomicU64::new(0) }
    }

    /// Appends the wrapper of a payload.
    pub fn seal(&self, key: &Key, content: Content, now: Instant, payload: &[u8], octets: &mut Vec<u8>) {
        let start = octets.len();
        let name = key.name().as_bytes();
        let kind = match content {
            Content::Message => 0,
            Content::Subscription => 1,
        };
        let from = if self.direction == Direction::FromGateway { FROM_GATEWAY } else { 0 };
        octets.reserve(FIXED + name.len() + STAMPS + payload.len() + TAG_LENGTH);
        octets.extend(MAGIC);
        let name_length = u8::try_from(name.len()).expect("a key's name has at most 32 octets");
        octets.extend([VERSION, kind | from, name_length]);
        octets.extend(name);
        octets.extend(now.unix_millis().to_be_bytes());
        octets.extend(self.sequence.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        octets.extend(payload);
        let tag = key.tag(&octets[start..]);
        octets.extend(tag);
    }
}
