//! Whose turn it is among requests of equal level: first come, first served. A request is served when it conflicts with none that is
//! served and none that waits longer; so the same and compatible approaches are served together, and nobody is overtaken.
//! Source: among equal levels TLCGen's emergency intervention (`prio.c`) lets the first granted keep its green; NTCIP 1202 calls it "do not
//! override".

use voorrang_units::Instant;

use super::{Decision, Request, Stage};
use crate::area::ControlledIntersection;

/// First come, first served at one intersection. Keeps its memory between calls, so that it allocates nothing in the long run.
#[derive(Debug, Clone, Default)]
pub struct FirstCome {
    order: Vec<usize>,
}

impl FirstCome {
    /// Decides on every live request and tells `decide` its place and the decision. `due` says of a request without intervention
    /// whether its time has come. Running interventions go on; then whoever waits longest; then the order of arrival.
    pub fn arbitrate(
        &mut self,
        intersection: &ControlledIntersection,
        mut due: impl FnMut(&Request) -> bool,
        mut decide: impl FnMut(usize, Decision),
    ) {
        let requests = intersection.requests().live();
        self.order.clear();
        for (place, request) in requests.iter().enumerate() {
            if request.stage().intervention().is_some() || due(request) {
                self.order.push(place);
            } else {
                decide(place, Decision::Later);
            }
        }
        self.order.sort_unstable_by_key(|place| turn(&requests[*place]));
        for (earlier, place) in self.order.iter().enumerate() {
            let blocked = self.order[..earlier]
                .iter()
                .any(|other| conflict(intersection, &requests[*place], &requests[*other]));
            decide(*place, if blocked { Decision::Wait } else { Decision::Serve });
        }
    }
}

/// The earlier in this order, the sooner its turn.
const fn turn(request: &Request) -> (u8, Option<Instant>, u64) {
    match request.stage() {
        Stage::Serving { since, .. } | Stage::Granted { since, .. } => (0, Some(since), request.arrival()),
        Stage::Waiting { since } => (1, Some(since), request.arrival()),
        Stage::Requested => (2, None, request.arrival()),
    }
}

/// Whether two requests can't be served together.
fn conflict(intersection: &ControlledIntersection, one: &Request, other: &Request) -> bool {
    let (ours, theirs) = (&one.service().groups, &other.service().groups);
    ours.iter().any(|our| theirs.iter().any(|their| intersection.conflict(*our, *their)))
}
