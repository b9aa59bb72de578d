//! What the manual's assumptions come to without its formulas: a queue that takes no room, served at the saturation flow through each
//! effective green. Vehicle by vehicle, so that it holds for the very arrivals that a simulation had.

use crate::hcm::Lane;

/// The delay of all `arrivals` (s, in order: when each would cross the stop line unhindered) in all, s, where the first green begins at
/// zero and the effective green `lost_s` later. Whoever has to queue crosses at the end of its headway, as `lost_s` is measured; whoever
/// finds no queue at green crosses at once.
pub(crate) fn total_delay_s(arrivals: &[f64], lane: &Lane, lost_s: f64) -> f64 {
    let headway_s = 3600.0 / lane.saturation_flow;
    let (mut free_s, mut total_s) = (f64::NEG_INFINITY, 0.0);
    for arrival_s in arrivals {
        let ready_s = arrival_s.max(free_s);
        let cycle = ((ready_s - lost_s) / lane.cycle_s).floor();
        let next_green_s = lost_s + (cycle + 1.0) * lane.cycle_s;
        let green_left_s = next_green_s - lane.cycle_s + lane.effective_green_s - ready_s;
        let (begins_s, green_left_s) =
            if green_left_s > 0.0 { (ready_s, green_left_s) } else { (next_green_s, lane.effective_green_s) };
        free_s = if green_left_s < headway_s {
            // The rest of its headway comes out of the next green: the saturation flow is kept on average.
            next_green_s + headway_s - green_left_s
        } else {
            begins_s + headway_s
        };
        if begins_s > *arrival_s {
            total_s += begins_s + headway_s - arrival_s;
        }
    }
    total_s
}
