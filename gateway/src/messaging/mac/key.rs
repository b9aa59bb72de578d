//! Pre-shared keys, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use voorrang_messages::hex;

/// The MAC of a wrapper.
pub(super) const TAG_LENGTH: usize = 32;
/// A key's name is no longer.
pub(super) const LONGEST_NAME: usize = 32;
/// A key has at least as many octets as the hash gives (RFC 2104 clause 3).
const SHORTEST: usize = 32;
const LONGEST: usize = 256;

/// A pre-shared key. Its octets are shown nowhere.
pub struct Key {
    name: Arc<str>,
    /// With the key taken in: what each MAC starts from.
    keyed: Hmac<Sha256>,
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Its name can't stand in a wrapper.
    #[error("a key's name has 1 to 32 printable ASCII characters other than blanks and `;`")]
    Name,
    /// It isn't written in hexadecimal.
    #[error("expected hexadecimal digits")]
    Hex,
    /// It has too few or too many octets.
    #[error("expected 32 to 256 octets, found {0}")]
    Length(usize),
}

impl Key {
    /// A key that stands in a file as hexadecimal digits.
    ///
    /// # Errors
    /// When name or digits are none.
    pub fn from_hex(name: &str, digits: &str) -> Result<Self, KeyError> {
        let octets = hex::octets(digits).map_err(|_| KeyError::Hex)?;
        Self::new(name, &octets)
    }

    /// A key of 32 to 256 octets.
    ///
    /// # Errors
    /// When its name or its length can't be.
    pub fn new(name: &str, octets: &[u8]) -> Result<Self, KeyError> {
        let fits = name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b';');
        if name.is_empty() || name.len() > LONGEST_NAME || !fits {
            return Err(KeyError::Name);
        }
        if !(SHORTEST..=LONGEST).contains(&octets.len()) {
            return Err(KeyError::Length(octets.len()));
        }
        let keyed = Hmac::new_from_slice(octets).map_err(|_| KeyError::Length(octets.len()))?;
        Ok(Self { name: Arc::from(name), keyed })
    }

    /// What it is called, on the wire too.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn tag(&self, octets: &[u8]) -> [u8; TAG_LENGTH] {
        let mut mac = self.keyed.clone();
        mac.update(octets);
        mac.finalize().into_bytes().into()
    }

    /// In constant time.
    pub(super) fn verifies(&self, octets: &[u8], tag: &[u8]) -> bool {
        let mut mac = self.keyed.clone();
        mac.update(octets);
        mac.verify_slice(tag).is_ok()
    }
}

/// Its name alone.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.name)
    }
}

/// All keys that are known, each by its name.
#[derive(Debug, Clone, Default)]
pub struct Keyring(BTreeMap<Arc<str>, Arc<Key>>);

impl Keyring {
    /// The key of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Key>> {
        self.0.get(name)
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first, in the order of their names.
    #[must_use]
    pub fn first(&self) -> Option<&Arc<Key>> {
        self.0.values().next()
    }

    /// What they are called.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.keys()
    }
}

impl FromIterator<Arc<Key>> for Keyring {
    fn from_iter<I: IntoIterator<Item = Arc<Key>>>(keys: I) -> Self {
        Self(keys.into_iter().map(|key| (Arc::clone(key.name()), key)).collect())
    }
}
