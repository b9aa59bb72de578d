//! Which lane to be in, and which link to take from it: looked up once for a route and a class of vehicles, then shared.

use std::collections::BTreeMap;

use crate::network::{ClassSet, EdgeIndex, LinkIndex, Network, RoadLaneIndex, VehicleClass};
use crate::scenario::Route;
use crate::traffic::roads::index32;

/// Stands for "no link goes on from here" in [`LaneChoice::link`].
const NO_LINK: u32 = u32::MAX;

/// A lane change costs 1, and this many metres more of a lane's length make it cheaper: on a short edge it is better made before.
const CHANGE_LENGTH_M: f64 = 50.0;

/// The plan of one route for one class of vehicles.
pub(crate) type PlanIndex = u32;

/// What to do from one lane of one leg.
#[derive(Debug, Clone, Copy)]
struct LaneChoice {
    /// The lane to be in at the end of the edge.
    target: u8,
    /// The link from this lane to the next edge.
    link: u32,
}

#[derive(Debug, Clone, Copy)]
struct Leg {
    edge: EdgeIndex,
    choices: u32,
}

/// All plans made so far.
#[derive(Debug, Default)]
pub(crate) struct RoutePlans {
    known: BTreeMap<(u32, VehicleClass), PlanIndex>,
    plans: Vec<(u32, u32)>,
    legs: Vec<Leg>,
    choices: Vec<LaneChoice>,
}

impl RoutePlans {
    /// The plan for a route and a class, made at the first asking.
    pub(crate) fn plan(
        &mut self,
        network: &Network,
        routes: &[Route],
        route: usize,
        class: VehicleClass,
    ) -> PlanIndex {
        let key = (index32(route), class);
        if let Some(plan) = self.known.get(&key) {
            return *plan;
        }
        let edges = &routes[route].edges;
        // A class that may not use its own route (a car sent down a bus road) drives it all the same.
        let legs = backward(network, edges, |allowed| allowed.contains(class))
            .or_else(|| backward(network, edges, |_| true))
            .expect("routes are connected: the scenario was validated");
        let start = index32(self.legs.len());
        for (edge, choices) in edges.iter().zip(legs) {
            self.legs.push(Leg { edge: *edge, choices: index32(self.choices.len()) });
            self.choices.extend(choices);
        }
        let plan = index32(self.plans.len());
        self.plans.push((start, index32(self.legs.len())));
        self.known.insert(key, plan);
        plan
    }

    pub(crate) fn leg_count(&self, plan: PlanIndex) -> u32 {
        let (start, end) = self.plans[plan as usize];
        end - start
    }

    pub(crate) fn edge(&self, plan: PlanIndex, leg: u32) -> EdgeIndex {
        self.leg(plan, leg).edge
    }

    /// The lane number to be in by the end of the leg, for a vehicle in lane `number`.
    #[inline]
    pub(crate) fn target(&self, plan: PlanIndex, leg: u32, number: u8) -> u8 {
        self.choice(plan, leg, number).target
    }

    /// The link from lane `number` of the leg to the next leg; `None` where that lane does not lead there, and on the last leg.
    #[inline]
    pub(crate) fn link(&self, plan: PlanIndex, leg: u32, number: u8) -> Option<u32> {
        let link = self.choice(plan, leg, number).link;
        (link != NO_LINK).then_some(link)
    }

    fn leg(&self, plan: PlanIndex, leg: u32) -> Leg {
        self.legs[(self.plans[plan as usize].0 + leg) as usize]
    }

    #[inline]
    fn choice(&self, plan: PlanIndex, leg: u32, number: u8) -> LaneChoice {
        self.choices[self.leg(plan, leg).choices as usize + usize::from(number)]
    }
}

/// From the route's end back to its start: what the rest costs in lane changes from each lane. `None` where it cannot be driven.
fn backward(
    network: &Network,
    edges: &[EdgeIndex],
    allowed: impl Fn(ClassSet) -> bool,
) -> Option<Vec<Vec<LaneChoice>>> {
    let mut legs: Vec<Vec<LaneChoice>> = Vec::with_capacity(edges.len());
    let mut cost_after: Vec<f64> = Vec::new();
    for (position, edge) in edges.iter().enumerate().rev() {
        let lanes = network.lanes_of(*edge);
        let first = network.edges[edge.index()].lanes.start;
        let next = edges.get(position + 1);
        let ways: Vec<(f64, u32)> = (first..)
            .zip(lanes)
            .map(|(lane, road)| match next {
                _ if !allowed(road.permitted) => (f64::INFINITY, NO_LINK),
                None => (0.0, NO_LINK),
                Some(next) => best_link(network, RoadLaneIndex(lane), *next, &cost_after),
            })
            .collect();
        let change = 1.0 + CHANGE_LENGTH_M / lanes[0].length.metres();
        let mut costs = Vec::with_capacity(lanes.len());
        let mut choices = Vec::with_capacity(lanes.len());
        for number in 0..ways.len() {
            let (cost, target) = best_lane(&ways, number, change);
            costs.push(cost);
            choices.push(LaneChoice { target, link: ways[number].1 });
        }
        if costs.iter().all(|cost| cost.is_infinite()) {
            return None;
        }
        legs.push(choices);
        cost_after = costs;
    }
    legs.reverse();
    Some(legs)
}

/// The cheapest link from a lane to an edge.
fn best_link(network: &Network, lane: RoadLaneIndex, next: EdgeIndex, cost_after: &[f64]) -> (f64, u32) {
    let range = network.lanes[lane.index()].links.clone();
    let mut best = (f64::INFINITY, NO_LINK);
    for index in range {
        let to = &network.lanes[network.links[LinkIndex(index).index()].to.index()];
        if to.edge == next && cost_after[usize::from(to.number)] < best.0 {
            best = (cost_after[usize::from(to.number)], index);
        }
    }
    best
}

/// The lane to go for from lane `number`: fewest changes in all, then the nearest.
fn best_lane(ways: &[(f64, u32)], number: usize, change: f64) -> (f64, u8) {
    let mut best = (f64::INFINITY, number);
    let mut best_distance = usize::MAX;
    for (other, (cost, _)) in ways.iter().enumerate() {
        let distance = other.abs_diff(number);
        let all = cost + change * f64::from(u8::try_from(distance).unwrap_or(u8::MAX));
        if all < best.0 - 1e-9 || (all < best.0 + 1e-9 && distance < best_distance) {
            best = (all, other);
            best_distance = distance;
        }
    }
    (best.0, u8::try_from(best.1).unwrap_or(u8::MAX))
}
