//! Loops for an imported intersection. SUMO's networks seldom have any, but Dutch intersections do, and strategies that know nothing of the
//! traffic are of no use; so each ingress lane gets the usual ones, and the import says that it assumed them.

use voorrang_signals::LaneId;
use voorrang_signals::document::Place;
use voorrang_signals::intersection::DetectorKind;
use voorrang_signals::intersection::file::DetectorRow;
use voorrang_units::Length;

use super::intersection::group_name;
use super::network::Roads;
use super::signals::Plan;

/// From the stop line to a loop's downstream edge and its length, m; on lanes at least so long. 1 m, 12 m and 70 m are usual at 50 km/h.
const LOOPS: [(DetectorKind, f64, f64, f64); 3] = [
    (DetectorKind::StopLineLoop, 1.0, 1.5, 5.0),
    (DetectorKind::LongLoop, 12.0, 15.0, 35.0),
    (DetectorKind::FarLoop, 70.0, 1.5, 80.0),
];

/// The loops of all lanes that a signal guards, each for the first of its groups.
pub(super) fn loops(plan: &Plan<'_>, roads: &Roads) -> Vec<DetectorRow> {
    let mut rows = Vec::new();
    for (place, lane) in plan.layout.lanes.iter().enumerate().filter(|(_, lane)| lane.ingress) {
        let from_lane = plan.layout.connections.iter().filter(|connection| connection.from == place);
        let mut groups = from_lane.filter_map(|connection| {
            plan.groups.iter().position(|group| group.links.iter().any(|(link, _)| *link == connection.link))
        });
        let (Some(group), Some(number)) = (groups.next(), LaneId::new(lane.number)) else { continue };
        let length = roads.network.lanes[lane.lane.index()].length;
        let fitting = LOOPS.iter().filter(|(_, _, _, least)| length.metres() >= *least);
        rows.extend(fitting.map(|(kind, distance, length, _)| DetectorRow {
            place: Place::default(),
            name: format!("{}_{}{}", group_name(group), lane.number, letter(*kind)),
            kind: *kind,
            lane: Some(number),
            group: group_name(group),
            distance: Length::from_metres(*distance),
            length: Length::from_metres(*length),
            requests: None,
            extends: None,
            gap: None,
            occupancy: None,
        }));
    }
    rows
}

/// As on Dutch plans: `a` at the stop line, then upstream.
const fn letter(kind: DetectorKind) -> char {
    match kind {
        DetectorKind::StopLineLoop | DetectorKind::PushButton => 'a',
        DetectorKind::LongLoop => 'b',
        DetectorKind::FarLoop => 'c',
    }
}
