//! The journal's lines that are not the engine's: what the engine neither is told nor says, and what a restart or a reader wants all the same. Each
//! has a key of its own beside `t`; a replay passes over them.
//!
//! | key | what |
//! |---|---|
//! | `asked` | where answers to a request go and on what permit it stands; before the request, when it is new or either changed |
//! | `turned_away` | a request that the engine was not told: `clock`, `journal`, `closing` |
//! | `expired` | a request that lived before a restart, and was over when its journal was read |
//! | `registered` | a controller took our registration: after a restart the gap between registrations is kept |
//! | `control` | whether a junction's lamps are ours from now on |
//! | `alarm` | what somebody should look at |

use serde::Serialize;
use voorrang_messages::{RequestId, StationId};
use voorrang_signals::IntersectionId;
use voorrang_units::Instant;

/// One line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GatewayLine<'a> {
    /// Where answers go.
    Asked {
        /// Where.
        intersection: IntersectionId,
        /// Who.
        station: StationId,
        /// Which request.
        request: RequestId,
        /// The way back in writing; none for one that ends with its connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply: Option<&'a str>,
        /// The permit's name.
        permit: &'a str,
        /// Its importance ceiling.
        ceiling: u8,
    },
    /// Not told to the engine.
    TurnedAway {
        /// Where.
        intersection: IntersectionId,
        /// Who.
        station: StationId,
        /// Which request.
        request: RequestId,
        /// Why, in a word.
        why: &'static str,
    },
    /// Over since before a restart.
    Expired {
        /// Where.
        intersection: IntersectionId,
        /// Who.
        station: StationId,
        /// Which request.
        request: RequestId,
        /// When it was heard last.
        heard: Instant,
    },
    /// Its controller took our registration.
    Registered {
        /// Where.
        intersection: IntersectionId,
    },
    /// Who drives the lamps from now on.
    Control {
        /// Where.
        intersection: IntersectionId,
        /// Whether we do.
        ours: bool,
    },
    /// What somebody should look at.
    Alarm {
        /// At which junction.
        #[serde(skip_serializing_if = "Option::is_none")]
        intersection: Option<IntersectionId>,
        /// What.
        what: &'a str,
    },
}

#[derive(Serialize)]
struct Stamped<'a> {
    t: Instant,
    #[serde(flatten)]
    line: &'a GatewayLine<'a>,
}

impl GatewayLine<'_> {
    /// Appends the line.
    pub(super) fn write(&self, at: Instant, records: &mut String) {
        let text = serde_json::to_string(&Stamped { t: at, line: self });
        records.push_str(&text.expect("plain values with text keys are always JSON"));
        records.push('\n');
    }
}
