//! What topics are called.
//!
//! | topic | who publishes | what |
//! |---|---|---|
//! | `PREFIX/SESSION/srem`, `/cam` | the client of that session | requests, positions |
//! | `PREFIX/SESSION/ssem` | the gateway | answers |
//! | `PREFIX/i/REGION/ID/spatem`, `/mapem` | the gateway | an intersection's signals and lanes |
//! | `PREFIX/tile/QUADKEY/denm` | the gateway | warnings that matter there |

use std::fmt;
use std::sync::Arc;

use voorrang_signals::IntersectionId;

/// A session's token is no longer.
const LONGEST_SESSION: usize = 64;
const SHORTEST_SESSION: usize = 2;
/// What a session's token can't be, since it stands at the same level.
const TAKEN: [&str; 2] = ["i", "tile"];

/// All topics, by what they begin with.
#[derive(Debug, Clone)]
pub(crate) struct Topics(Arc<str>);

impl Default for Topics {
    fn default() -> Self {
        Self(Arc::from("voorrang/v1"))
    }
}

impl Topics {
    /// None where a topic can't begin so.
    pub(crate) fn new(prefix: &str) -> Option<Self> {
        let fits = |level: &str| !level.is_empty() && !level.contains(['+', '#', '\0']);
        (prefix.len() <= 200 && prefix.split('/').all(fits)).then(|| Self(Arc::from(prefix)))
    }

    /// Where requests and positions of all sessions come from.
    pub(super) fn incoming(&self) -> [String; 2] {
        [format!("{self}/+/srem"), format!("{self}/+/cam")]
    }

    /// The session that published to a topic; none where it is no session's.
    pub(super) fn session<'t>(&self, topic: &'t str) -> Option<&'t str> {
        let rest = topic.strip_prefix(&*self.0)?.strip_prefix('/')?;
        let session = rest.strip_suffix("/srem").or_else(|| rest.strip_suffix("/cam"))?;
        is_session(session).then_some(session)
    }

    pub(crate) fn to_gateway(&self, session: &str, what: &str) -> String {
        format!("{self}/{session}/{what}")
    }

    pub(crate) fn answers(&self, session: &str) -> String {
        format!("{self}/{session}/ssem")
    }

    pub(super) fn intersection(&self, id: IntersectionId, what: &str) -> String {
        format!("{self}/i/{id}/{what}")
    }

    pub(super) fn tile(&self, quadkey: &str) -> String {
        format!("{self}/tile/{quadkey}/denm")
    }
}

impl fmt::Display for Topics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Letters, digits, `-`, `_` and `.`, 2 to 64 of them: what UUIDs, base64url and host names are made of.
pub(crate) fn is_session(text: &str) -> bool {
    (SHORTEST_SESSION..=LONGEST_SESSION).contains(&text.len())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'))
        && !TAKEN.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_the_documented_ones() {
        let topics = Topics::default();
        assert_eq!(topics.incoming(), ["voorrang/v1/+/srem", "voorrang/v1/+/cam"]);
        assert_eq!(topics.answers("a1"), "voorrang/v1/a1/ssem");
        let id = IntersectionId { region: 528, id: 3107 };
        assert_eq!(topics.intersection(id, "spatem"), "voorrang/v1/i/528/3107/spatem");
        assert_eq!(topics.tile("12020"), "voorrang/v1/tile/12020/denm");
    }

    #[test]
    fn a_session_is_read_from_its_topics_only() {
        let topics = Topics::default();
        assert_eq!(topics.session("voorrang/v1/9f-A_b.c/srem"), Some("9f-A_b.c"));
        assert_eq!(topics.session("voorrang/v1/9f/cam"), Some("9f"));
        for topic in [
            "voorrang/v1/9f/ssem",
            "voorrang/v1//srem",
            "voorrang/v1/tile/srem",
            "voorrang/v1/a/b/srem",
            "voorrang/v2/9f/srem",
            "voorrang/v1/9f$/srem",
        ] {
            assert_eq!(topics.session(topic), None, "{topic}");
        }
    }

    #[test]
    fn a_prefix_has_no_wildcards() {
        for prefix in ["", "a/", "/a", "a/+", "#"] {
            assert!(Topics::new(prefix).is_none(), "{prefix}");
        }
    }
}
