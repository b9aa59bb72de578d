//! The lines of a gateway's journal. Those of an engine stand as `voorrang_priority::journal` makes them, behind the area's name; the gateway's own
//! have another first key.
//!
//! ```text
//! {"segment":{"schema":1,"run":"20261125T181247Z","number":1,"after":null,...}}                 first of each file
//! {"area":"K1","journal":"voorrang","schema":3,...}                                             the engine's header, at each start
//! {"area":"K1","t":1000,"in":{...}}                                                             and its entries
//! {"area":"K1","origin":{"t":1000,"station":7,...,"permit":"ambulances","reply":"udp:..."}}     what a restart needs of a request
//! {"area":"K1","registered":{"t":1000,"intersection":{"region":0,"id":1}}}                      and of a session
//! {"area":"K1","gap":{"t":1000,"lines":12}}                                                     what could not be written
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use voorrang_messages::{IntersectionReference, PriorityRequest, RequestId, StationId};
use voorrang_signals::IntersectionId;
use voorrang_units::Instant;

use crate::security::Permit;

/// The form of the gateway's own lines.
pub const SCHEMA: u32 = 1;

/// The first line of each file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The start of the process, as in the names of its files.
    pub run: String,
    /// Which of the process's files this is, from 1.
    pub number: u32,
    /// The name of the file before this one; none where there is none.
    pub after: Option<String>,
    /// The gateway's name.
    pub gateway: String,
    /// The version that wrote it.
    pub software: String,
    /// When it was begun.
    pub t: Instant,
}

/// What a restart needs of a request beside what its engine was told: an area writes it with the request's first message, whenever it changes, and
/// again with a later message once it is [`Origin::REFRESH_S`] old, so that a restart need not read far back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// When.
    pub t: Instant,
    /// Who asks.
    pub station: StationId,
    /// Of which intersection.
    pub intersection: IntersectionReference,
    /// Which request.
    pub request: RequestId,
    /// The entry of the list of who may ask.
    pub permit: String,
    /// No request counts for more than this importance.
    pub ceiling: u8,
    /// Where answers go, in the words of [`Reply::address`](crate::messaging::Reply::address).
    pub reply: Option<String>,
}

impl Origin {
    /// After so many seconds it is written again.
    pub const REFRESH_S: i64 = 5;

    /// Of a request.
    #[must_use]
    pub fn of(t: Instant, request: &PriorityRequest, permit: &Permit, reply: Option<String>) -> Self {
        Self {
            t,
            station: request.station,
            intersection: request.intersection,
            request: request.request,
            permit: permit.name.to_string(),
            ceiling: permit.importance_ceiling,
            reply,
        }
    }
}

/// A controller took our registration: an area writes it, so that after a restart the gap between registrations is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// When.
    pub t: Instant,
    /// Whose controller.
    pub intersection: IntersectionId,
}

/// Lines of an area that could not be written, and were let go: its engine can't be replayed beyond here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When writing went on.
    pub t: Instant,
    /// How many.
    pub lines: u64,
}

/// A line of the gateway's own; its key is the first of the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayLine {
    /// The first of a file.
    Segment(Segment),
    /// See [`Origin`].
    Origin(Origin),
    /// See [`Registered`].
    Registered(Registered),
    /// See [`Gap`].
    Gap(Gap),
}

impl GatewayLine {
    /// Appends it with its line end. The writer puts the area's name before it.
    pub fn append_to(&self, lines: &mut String) {
        let line = serde_json::to_string(self).expect("plain values with text keys are always JSON");
        lines.push_str(&line);
        lines.push('\n');
    }
}

/// What stands before each line of an area, in the place of its brace.
pub(super) fn prefix(area: &str) -> String {
    let name = serde_json::to_string(area).expect("a text is always JSON");
    format!("{{\"area\":{name},")
}

/// Takes the area's name off a line; nothing where it has none. What is left is a line of its own again.
pub(super) fn without_area(line: &str) -> Option<(Cow<'_, str>, String)> {
    let rest = line.strip_prefix("{\"area\":")?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<NameOnly<'_>>();
    let NameOnly(name) = values.next()?.ok()?;
    let body = rest.get(values.byte_offset()..)?.strip_prefix(',')?;
    Some((name, format!("{{{body}")))
}

#[derive(Deserialize)]
struct NameOnly<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_s_name_goes_before_a_line_and_comes_off_again() {
        for area in ["K1", "Plein \"1813\"", "a\\b", "Ü", ""] {
            let line = format!("{}{}", prefix(area), &"{\"t\":1,\"advance\":null}"[1..]);
            let (name, rest) = without_area(&line).unwrap();
            assert_eq!((&*name, &*rest), (area, "{\"t\":1,\"advance\":null}"));
        }
        assert_eq!(without_area("{\"segment\":{}}"), None);
        assert_eq!(without_area("{\"area\":\"K1"), None);
    }

    #[test]
    fn a_line_of_the_gateway_has_its_kind_as_its_first_key() {
        let mut lines = String::new();
        let registered =
            Registered { t: Instant::from_unix_millis(5), intersection: IntersectionId { region: 1, id: 2 } };
        GatewayLine::Registered(registered.clone()).append_to(&mut lines);
        assert_eq!(lines, "{\"registered\":{\"t\":5,\"intersection\":{\"region\":1,\"id\":2}}}\n");
        assert_eq!(serde_json::from_str::<GatewayLine>(&lines).unwrap(), GatewayLine::Registered(registered));
    }
}
