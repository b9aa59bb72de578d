//! The engine's warnings of emergency vehicles: on which road each of them is awaited, by the requests and the lanes of the control area. When a
//! warning is made, updated and ended is [`EvaPublisher`]'s.

use std::collections::BTreeMap;

use voorrang_messages::EmergencyVehicleApproaching;
use voorrang_signals::ApproachIndex;
use voorrang_units::Instant;

use crate::approach::Whereabouts;
use crate::area::{ControlArea, IntersectionIndex};
use crate::eva::{EvaConfig, EvaPublisher, RoadAhead};
use crate::exchange::{Output, VehiclePosition};
use crate::stations::Stations;

/// The warnings of a control area.
#[derive(Debug)]
pub(crate) struct Warnings {
    publisher: EvaPublisher,
    /// Each is made when it is first driven; `None` for an arm without lanes for motor traffic.
    roads: BTreeMap<(IntersectionIndex, Way), Option<RoadAhead>>,
    made: Vec<EmergencyVehicleApproaching>,
}

/// An arm of an intersection, and which way it is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    In(ApproachIndex),
    Out(ApproachIndex),
}

impl Warnings {
    pub(crate) fn new(config: &EvaConfig) -> Self {
        Self { publisher: EvaPublisher::new(config), roads: BTreeMap::new(), made: Vec::new() }
    }

    /// Takes the position of any vehicle in.
    pub(crate) fn observe(
        &mut self,
        now: Instant,
        vehicle: &VehiclePosition,
        area: &ControlArea,
        stations: &Stations,
        outputs: &mut Vec<Output>,
    ) {
        let Self { publisher, roads, made } = self;
        let lit = vehicle.light_bar && vehicle.siren;
        let driven = if lit { way_of(vehicle, area, stations) } else { None };
        let road = driven.and_then(|(at, way)| {
            let made = || {
                let layout = area.intersection(at).layout();
                match way {
                    Way::In(approach) => RoadAhead::approaching(layout, approach),
                    Way::Out(arm) => RoadAhead::leaving(layout, arm),
                }
            };
            roads.entry((at, way)).or_insert_with(made).as_ref()
        });
        publisher.observe(now, vehicle, road, made);
        self.say(outputs);
    }

    /// Does what has become due.
    pub(crate) fn advance(&mut self, now: Instant, outputs: &mut Vec<Output>) {
        self.publisher.advance(now, &mut self.made);
        self.say(outputs);
    }

    /// When [`advance`](Self::advance) wants to be called; `None` while nobody is warned of.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.publisher.next_deadline()
    }

    fn say(&mut self, outputs: &mut Vec<Output>) {
        outputs.extend(self.made.drain(..).map(|warning| Output::Warning(Box::new(warning))));
    }
}

/// The arm that a vehicle drives: the nearest on which it comes as its requests said, then by the lane that it is on. `None` on no lane.
fn way_of(
    vehicle: &VehiclePosition,
    area: &ControlArea,
    stations: &Stations,
) -> Option<(IntersectionIndex, Way)> {
    let VehiclePosition { station, position, heading, .. } = vehicle;
    let asked_at =
        std::iter::successors(stations.next(*station, None), |last| stations.next(*station, Some(*last)));
    let requests = asked_at.flat_map(|at| {
        let live = area.intersection(at).requests().live().iter();
        live.filter(|request| request.latest().station == *station).map(move |request| (at, request))
    });
    let coming = requests.filter_map(|(at, request)| {
        let approaches = area.intersection(at).approaches();
        let approach = request.service().approach;
        if approaches.whereabouts(approach, *position, *heading) != Whereabouts::Coming {
            return None;
        }
        Some((approaches.distance(approach, *position)?, at, approach))
    });
    let nearest = coming.min_by(|(a, ..), (b, ..)| a.metres().total_cmp(&b.metres()));
    if let Some((_, at, approach)) = nearest {
        return Some((at, Way::In(approach)));
    }
    let heading = (*heading)?;
    match area.stop_line_ahead(*position, heading) {
        Some((at, ahead)) => Some((at, Way::In(ahead.approach))),
        None => area.way_out(*position, heading).map(|(at, arm)| (at, Way::Out(arm))),
    }
}
