//! Whose turn it is among emergency vehicles; what public transport and goods get is [`crate::transit`]'s. A higher level goes before a lower one, and takes its turn away; among equals it is first come, first served: a
//! request is served when it conflicts with none that is served and none that waits longer. So the same and compatible approaches are served
//! together, and nobody is overtaken, but for a convoy: a vehicle within 15 s of another on the same approach joins its intervention at once, whoever
//! waits. While a conflicting vehicle of the same level waits, four may join at most; then it is that one's turn.
//!
//! Source: among equal levels TLCGen's emergency intervention (`prio.c`) lets the first granted keep its green, and a phase loses to a higher
//! level that conflicts; NTCIP 1202 calls it "do not override".

use std::cmp::Reverse;

use voorrang_units::{Duration, Instant};

use super::{Decision, Level, Request, Stage};
use crate::area::ControlledIntersection;

/// First come, first served at one intersection. Keeps its memory between calls, so that it allocates nothing in the long run.
#[derive(Debug, Clone, Default)]
pub struct FirstCome {
    order: Vec<usize>,
    joining: Vec<usize>,
}

impl FirstCome {
    /// Decides on every live request of an emergency vehicle and tells `decide` its place and the decision. `due` says of a request without intervention
    /// whether its time has come; one that joins a convoy isn't asked, nor is one whose vehicle stands before the junction. Running
    /// interventions go on; then who joins them; then whoever waits longest; then the order of arrival.
    pub fn arbitrate(
        &mut self,
        intersection: &ControlledIntersection,
        mut due: impl FnMut(&Request) -> bool,
        mut decide: impl FnMut(usize, Decision),
    ) {
        let requests = intersection.requests().live();
        self.find_joining(intersection);
        let Self { order, joining } = self;
        order.clear();
        let emergencies =
            requests.iter().enumerate().filter(|(_, request)| request.level() == Level::Emergency);
        for (place, request) in emergencies {
            let turn_has_come =
                !request.released() && (request.is_served() || joining.contains(&place) || due(request));
            if turn_has_come {
                order.push(place);
            } else {
                decide(place, Decision::Later);
            }
        }
        order.sort_unstable_by_key(|place| turn(&requests[*place], joining.contains(place)));
        for (earlier, place) in order.iter().enumerate() {
            let blocked = order[..earlier]
                .iter()
                .any(|other| conflict(intersection, &requests[*place], &requests[*other]));
            decide(*place, if blocked { Decision::Wait } else { Decision::Serve });
        }
    }

    /// Who joins a running intervention now. One that joins may be followed by the next.
    fn find_joining(&mut self, intersection: &ControlledIntersection) {
        let requests = intersection.requests().live();
        self.joining.clear();
        if !requests.iter().any(Request::is_served) {
            return;
        }
        loop {
            let next = (0..requests.len()).find(|place| self.joins(intersection, *place));
            match next {
                Some(place) => self.joining.push(place),
                None => return,
            }
        }
    }

    fn joins(&self, intersection: &ControlledIntersection, place: usize) -> bool {
        let requests = intersection.requests().live();
        let request = &requests[place];
        let convoy = intersection.requests().convoy();
        if request.is_served() || request.released() || self.joining.contains(&place) {
            return false;
        }
        let behind = |(other, ahead): (usize, &Request)| {
            (ahead.is_served() || self.joining.contains(&other)) && follows(request, ahead, convoy.gap)
        };
        if !requests.iter().enumerate().any(behind) {
            return false;
        }
        let approach = request.service().approach;
        let joined = self.joining.iter().filter(|other| requests[**other].service().approach == approach);
        let joined = usize::from(intersection.requests().convoy_place(place)) + joined.count();
        let somebody_waits = requests.iter().any(|other| {
            matches!(other.stage(), Stage::Waiting { .. })
                && other.level() == request.level()
                && conflict(intersection, request, other)
        });
        joined <= usize::from(convoy.most) || !somebody_waits
    }
}

/// Whether a vehicle may join a convoy that is being served, however many wait.
pub(crate) fn joins_convoy(intersection: &ControlledIntersection, place: usize) -> bool {
    let table = intersection.requests();
    let request = &table.live()[place];
    table.convoy_place(place) <= table.convoy().most
        && table.live().iter().any(|ahead| ahead.is_served() && follows(request, ahead, table.convoy().gap))
}

/// Whether two vehicles of the same level are within `gap` of each other on the same way.
pub(crate) fn follows(request: &Request, ahead: &Request, gap: Duration) -> bool {
    let (Some(expected), Some(first)) = (request.expected(), ahead.expected()) else { return false };
    ahead.level() == request.level()
        && ahead.service().is_served_with(request.service())
        && expected - first <= gap
        && first - expected <= gap
}

/// The earlier in this order, the sooner its turn.
fn turn(request: &Request, joins: bool) -> (Reverse<Level>, u8, Option<Instant>, u64) {
    let (rank, since) = match request.stage() {
        Stage::Serving { since } | Stage::Granted { since, .. } => (0, Some(since)),
        Stage::Requested | Stage::Waiting { .. } if joins => (1, None),
        Stage::Waiting { since } => (2, Some(since)),
        Stage::Requested => (3, None),
    };
    (Reverse(request.level()), rank, since, request.arrival())
}

/// Whether two requests can't be served together.
fn conflict(intersection: &ControlledIntersection, one: &Request, other: &Request) -> bool {
    let (ours, theirs) = (&one.service().groups, &other.service().groups);
    ours.iter().any(|our| theirs.iter().any(|their| intersection.exclude(*our, *their)))
}
