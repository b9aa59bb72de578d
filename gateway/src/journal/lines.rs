//! The lines of a gateway's journal. Those of an area stand as it made them, behind its name; of the first line of each file, and of what could not be
//! written, the writer tells itself.
//!
//! ```text
//! {"segment":{"schema":1,"run":"20261125T181247Z","number":1,"after":null,...}}     first of each file
//! {"area":"K1","journal":"voorrang","schema":4,...}                                 the engine's header, at each start
//! {"area":"K1","t":1000,"in":{...}}                                                 and its entries
//! {"area":"K1","t":1000,"asked":{...}}                                              what an area says beside them (`area::gateway_line`)
//! {"area":"K1","t":1000,"gap":{"lines":12}}                                         what could not be written
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use voorrang_messages::{RequestId, StationId};
use voorrang_signals::IntersectionId;
use voorrang_units::Instant;

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

/// Where an area's answers to a request go, and on what permit it stands: what a restart needs of it beside what the engine was told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Asked {
    /// Of which intersection.
    pub intersection: IntersectionId,
    /// Who asks.
    pub station: StationId,
    /// Which request.
    pub request: RequestId,
    /// Where answers go, in the words of [`Reply::address`](crate::messaging::Reply::address).
    pub reply: Option<String>,
    /// The entry of the list of who may ask.
    pub permit: String,
    /// No request counts for more than this importance.
    pub ceiling: u8,
}

/// A controller took our registration: after a restart the gap between registrations is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Registered {
    /// Whose controller.
    pub intersection: IntersectionId,
}

/// Lines of an area that could not be written, and were let go: its engine can't be replayed beyond here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// How many.
    pub lines: u64,
}

/// What an area, or the writer, says beside the engines; the key is the kind. Kinds that nobody reads again are not here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// See [`Asked`].
    Asked(Asked),
    /// See [`Registered`].
    Registered(Registered),
    /// See [`Gap`].
    Gap(Gap),
}

/// The first line of a file, with its line end.
pub(super) fn segment_line(segment: &Segment) -> String {
    #[derive(Serialize)]
    struct First<'a> {
        segment: &'a Segment,
    }
    serde_json::to_string(&First { segment }).expect("plain values with text keys are always JSON") + "\n"
}

/// The line that tells of lines that were let go, with its line end.
pub(super) fn gap_line(area_prefix: &str, t: Instant, lines: u64) -> String {
    format!("{area_prefix}\"t\":{},\"gap\":{{\"lines\":{lines}}}}}\n", t.unix_millis())
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
}
