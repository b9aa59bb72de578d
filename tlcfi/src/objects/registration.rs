//! Register and Alive.

use serde::{Deserialize, Serialize};

use crate::objects::number::numbered;
use crate::objects::{ObjectId, ObjectReference};
use crate::ticks::Ticks;

/// The longest user name, password and company name.
const MAX_NAME: usize = 32;

numbered! {
    /// What an application may do.
    ApplicationType {
        /// Reads only.
        Consumer = 0,
        /// Writes variables and inputs for others.
        Provider = 1,
        /// Drives the lamps.
        Control = 2,
    }
}

/// The version of TLC-FI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProtocolVersion {
    /// 0 to 1000.
    pub major: u16,
    /// 0 to 1000.
    pub minor: u16,
    /// 0 to 1000.
    pub revision: u16,
}

impl ProtocolVersion {
    /// The version that this crate was made after.
    pub const OURS: Self = Self { major: 1, minor: 1, revision: 0 };

    /// Whether both understand each other: the revision does not matter.
    #[must_use]
    pub fn is_compatible_with(self, other: Self) -> bool {
        self.major == other.major && self.minor == other.minor
    }
}

impl std::fmt::Display for ProtocolVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.revision)
    }
}

/// An application introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationRequest {
    /// Up to 32 characters, see [`Self::is_name`].
    pub username: String,
    /// Up to 32 characters, see [`Self::is_name`].
    pub password: String,
    /// What it wants to be.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
    /// The version it speaks.
    pub version: ProtocolVersion,
    /// Its IVERA address; any URI where there is none.
    pub uri: String,
}

impl RegistrationRequest {
    /// Whether a text may be a user name or password: up to 32 of ASCII 32 to 126, no `"` and no `,`.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        text.len() <= MAX_NAME
            && text.bytes().all(|octet| (b' '..=b'~').contains(&octet) && octet != b'"' && octet != b',')
    }
}

/// The controller takes an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationReply {
    /// The session's id from now on.
    pub sessionid: ObjectId,
    /// The controller.
    pub facilities: ObjectReference,
    /// The version it speaks.
    pub version: ProtocolVersion,
}

/// A peer lives; the answer is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {
    /// On the sender's clock.
    pub ticks: Ticks,
    /// Milliseconds of UTC since 1970.
    pub time: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_by_major_and_minor() {
        let version = |major, minor, revision| ProtocolVersion { major, minor, revision };
        assert!(version(1, 1, 0).is_compatible_with(version(1, 1, 7)));
        assert!(!version(1, 1, 0).is_compatible_with(version(1, 2, 0)));
        assert!(!version(1, 1, 0).is_compatible_with(version(2, 1, 0)));
    }

    #[test]
    fn names_have_no_quotes_and_no_commas() {
        for (name, expected) in
            [("", true), ("gate way", true), ("a,b", false), ("a\"b", false), ("é", false)]
        {
            assert_eq!(RegistrationRequest::is_name(name), expected, "{name}");
        }
        assert!(!RegistrationRequest::is_name(&"x".repeat(33)));
    }
}
