//! Where somebody else drives the lamps: what we would have done, beside what was done. For each green that was wished, once the wish ends.
//!
//! When the lamps would have been green is reckoned at the beginning of the intervention: everybody in the way ends as soon as its guaranteed green
//! and the intergreen allow, and the group starts no earlier than it is wished to. Lamps that would have been ours are not simulated further.

use serde::Serialize;
use voorrang_priority::area::ControlledIntersection;
use voorrang_priority::switching;
use voorrang_signals::{Aspect, GroupIndex, IntersectionId, Wish, Wishes};
use voorrang_units::Instant;

/// The greens that are wished at one junction.
#[derive(Debug)]
pub(super) struct Observer {
    /// When the intervention began, and when each group could be green then.
    begun: Option<Vec<Instant>>,
    wished: Vec<Option<Wished>>,
}

#[derive(Debug, Clone, Copy)]
struct Wished {
    from: Instant,
    /// When ours would have been green.
    expected: Instant,
    /// When theirs was; the beginning of the wish for one that was green already.
    green: Option<Instant>,
    requests: usize,
}

#[derive(Serialize)]
struct Observation<'a> {
    t: Instant,
    intersection: IntersectionId,
    group: &'a str,
    /// The green that was wished.
    wished_from: Instant,
    wished_to: Instant,
    /// When it would have come.
    expected_green: Instant,
    /// When the controller gave it within the wish.
    lamp_green: Option<Instant>,
    /// How much later than ours; negative where the controller was earlier.
    difference_ms: Option<i64>,
    /// Requests that asked when the wish began.
    requests: usize,
}

impl Observer {
    /// Nothing is wished.
    pub(super) fn new(groups: usize) -> Self {
        Self { begun: None, wished: vec![None; groups] }
    }

    /// What is wished from now on. Whole lines come back.
    pub(super) fn wish(
        &mut self,
        now: Instant,
        intersection: &ControlledIntersection,
        wishes: &Wishes,
        lines: &mut String,
    ) {
        let layout = intersection.layout();
        if wishes.is_none() {
            self.begun = None;
        } else if self.begun.is_none() {
            let could = |group| now + switching::until_green(now, intersection, group);
            self.begun = Some(layout.group_indices().map(could).collect());
        }
        for group in layout.group_indices() {
            let place = &mut self.wished[group.index()];
            match (*place, wishes.wish(group) == Wish::Green) {
                (None, true) => {
                    let could = self.begun.as_ref().and_then(|could| could.get(group.index()));
                    let green = intersection.signals()[group.index()].aspect() == Some(Aspect::Green);
                    let expected = if green { now } else { could.copied().unwrap_or(now).max(now) };
                    let requests = intersection.requests().live().len();
                    *place = Some(Wished { from: now, expected, green: green.then_some(now), requests });
                }
                (Some(wished), false) => {
                    *place = None;
                    let line = Observation {
                        t: now,
                        intersection: layout.id(),
                        group: &layout.groups()[group.index()].name,
                        wished_from: wished.from,
                        wished_to: now,
                        expected_green: wished.expected,
                        lamp_green: wished.green,
                        difference_ms: wished.green.map(|green| (green - wished.expected).millis()),
                        requests: wished.requests,
                    };
                    let line = serde_json::to_string(&line);
                    lines.push_str(&line.expect("plain values with text keys are always JSON"));
                    lines.push('\n');
                }
                (None, false) | (Some(_), true) => {}
            }
        }
    }

    /// A lamp turned green.
    pub(super) fn green(&mut self, at: Instant, group: GroupIndex) {
        if let Some(Some(wished)) = self.wished.get_mut(group.index()) {
            wished.green.get_or_insert(at);
        }
    }
}
