//! Which stop lines lie on a route: found from the intersections' lanes, as an intersection itself matches positions to them.

use std::sync::Arc;

use voorrang_priority::approach::Approaches;
use voorrang_signals::Intersection;
use voorrang_units::Length;

use super::route::{Route, StopLine};

/// How far beside a lane's centre line a route may lie.
const TOLERANCE: Length = Length::from_metres(15.0);
/// The route is looked at each so many metres.
const STRIDE_M: f64 = 2.0;
/// A vehicle passes a stop line only if it was seen this near before it.
const NEAR_M: f64 = 10.0;

/// All that the route passes, in no particular order.
pub(super) fn along(route: &Route, intersections: &[Arc<Intersection>]) -> Vec<StopLine> {
    let each = intersections.iter().flat_map(|intersection| {
        let approaches = Approaches::new(Arc::clone(intersection), TOLERANCE);
        of_one(route, intersection, &approaches)
    });
    each.collect()
}

fn of_one(route: &Route, intersection: &Intersection, approaches: &Approaches) -> Vec<StopLine> {
    let mut found: Vec<StopLine> = Vec::new();
    let mut last: Option<(usize, f64, f64)> = None;
    let mut along = 0.0;
    while along < route.length_m() {
        let ahead = route
            .place(along)
            .and_then(|(position, heading)| approaches.stop_line_ahead(position, heading))
            .map(|ahead| (ahead.approach.index(), along + ahead.distance.metres(), ahead.distance.metres()));
        // The last that was seen before a stop line came out of sight.
        if let (Some((approach, at_m, distance)), false) =
            (last, ahead.is_some_and(|ahead| last.is_some_and(|last| last.0 == ahead.0)))
            && distance <= NEAR_M
            && let Some(reached) = route.time_at(at_m)
        {
            found.push(StopLine {
                id: intersection.id(),
                name: intersection.name().to_owned(),
                approach: intersection.approaches()[approach].id.number(),
                at_m,
                reached,
            });
        }
        last = ahead;
        along += STRIDE_M;
    }
    found
}
