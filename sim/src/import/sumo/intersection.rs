//! The intersection file of a traffic light: what [`super::signals`] planned, in the form of `voorrang_signals`.

use std::fmt::Write as _;

use voorrang_signals::document::Place;
use voorrang_signals::intersection::file::{
    ApproachRow, ConnectionRow, FixedTimeFile, Given, GroupRow, IntergreenRow, IntersectionFile, LaneRow,
    PermissiveRow, ProgramFile, StageRow,
};
use voorrang_signals::intersection::{Direction, GroupKind};
use voorrang_signals::{
    ApproachId, ConnectionId, GroupIndex, Intersection, IntersectionId, LaneId, SignalGroupId,
};
use voorrang_units::{Duration, GeodeticPosition, Instant, Length, Speed};

use crate::import::Findings;
use crate::import::sumo::course::Colour;
use crate::import::sumo::layout::LanePlan;
use crate::import::sumo::loops::loops;
use crate::import::sumo::network::Roads;
use crate::import::sumo::signals::{Group, Plan};
use crate::network::{LinkSignal, Projection, Shape};

/// Road authority 0 is for tests: SUMO knows none.
const TEST_REGION: u16 = 0;

/// An intersection and the text of its file.
pub(super) struct Built {
    pub(super) intersection: Intersection,
    pub(super) text: String,
}

/// Builds and validates the intersection; `None` with the problems noted if it is not valid.
pub(super) fn build(
    plan: &Plan<'_>,
    roads: &Roads,
    second_zero: Instant,
    findings: &mut Findings,
) -> Option<Built> {
    let file = file(plan, roads, second_zero);
    let text = comments(plan) + &file.to_toml();
    match Intersection::from_toml(&text, &format!("traffic light {}", plan.logic.id)) {
        Ok(intersection) => {
            note_assumptions(plan, findings);
            Some(Built { intersection, text })
        }
        Err(problems) => {
            for problem in problems.0 {
                findings.wrong(
                    &plan.logic.path,
                    plan.logic.line,
                    format!("traffic light \"{}\": {}", plan.logic.id, problem.what),
                    problem.remedy,
                );
            }
            None
        }
    }
}

/// Tells the links which signal guards them. `index` is the intersection's position in the scenario.
pub(super) fn set_signals(plan: &Plan<'_>, index: u32, roads: &mut Roads) {
    for connection in &plan.layout.connections {
        let from = &plan.layout.lanes[connection.from];
        let group =
            plan.groups.iter().position(|group| group.links.iter().any(|(link, _)| *link == connection.link));
        let names = (
            group.and_then(GroupIndex::at),
            ApproachId::new(plan.layout.approaches[from.approach].number),
            LaneId::new(from.number),
        );
        let (Some(group), Some(approach), Some(lane)) = names else { continue };
        roads.network.links[connection.link.index()].signal = Some(LinkSignal {
            intersection: index,
            group,
            approach,
            lane,
            connection: connection.number.and_then(ConnectionId::new),
        });
    }
}

fn file(plan: &Plan<'_>, roads: &Roads, second_zero: Instant) -> IntersectionFile {
    let place = Place::default();
    let approach = |position: usize| {
        ApproachId::new(plan.layout.approaches[position].number).expect("approaches are numbered 1 to 15")
    };
    let lane_id = |lane: &LanePlan| LaneId::new(lane.number).expect("lanes are numbered 1 to 254");
    let connections = plan.layout.connections.iter().map(|connection| {
        let group =
            plan.groups.iter().position(|group| group.links.iter().any(|(link, _)| *link == connection.link));
        ConnectionRow {
            place,
            connection: connection.number.and_then(ConnectionId::new),
            from: lane_id(&plan.layout.lanes[connection.from]),
            to: Some(lane_id(&plan.layout.lanes[connection.to])),
            group: group.map(group_name),
        }
    });
    IntersectionFile {
        name: plan.logic.id.clone(),
        id: Given::assumed(IntersectionId { region: TEST_REGION, id: plan.number }),
        reference: reference(plan, roads),
        verified: false,
        groups: plan.groups.iter().enumerate().map(|(index, group)| group_row(index, group)).collect(),
        approaches: plan
            .layout
            .approaches
            .iter()
            .enumerate()
            .map(|(position, row)| ApproachRow {
                place,
                approach: approach(position),
                name: row.name.clone(),
            })
            .collect(),
        lanes: plan
            .layout
            .lanes
            .iter()
            .map(|lane| LaneRow {
                place,
                lane: lane_id(lane),
                direction: if lane.ingress { Direction::Ingress } else { Direction::Egress },
                approach: approach(lane.approach),
                width: Given::known(Length::from_metres(roads.widths[lane.lane.index()])),
                speed_limit: Some(Given::known(as_signed(
                    roads.network.lanes[lane.lane.index()].speed_limit,
                ))),
                stop_line: Length::ZERO,
                nodes: nodes(lane, roads),
            })
            .collect(),
        connections: connections.collect(),
        detectors: loops(plan, roads),
        permissive: plan
            .permissive
            .iter()
            .map(|(yields, to)| PermissiveRow {
                place,
                yields: group_name(*yields),
                to: vec![group_name(*to)],
            })
            .collect(),
        intergreens: intergreens(plan),
        green_green: Vec::new(),
        synchronisations: Vec::new(),
        overrides: Vec::new(),
        emergency_lamps: Vec::new(),
        kar_points: Vec::new(),
        program: ProgramFile::FixedTime(program(plan, second_zero)),
    }
}

/// Two digits, as in TLC-FI and on Dutch plans.
pub(super) fn group_name(index: usize) -> String {
    format!("{:02}", index + 1)
}

fn group_row(index: usize, group: &Group) -> GroupRow {
    let time = Duration::from_millis;
    GroupRow {
        place: Place::default(),
        name: group_name(index),
        signal_group: u8::try_from(index + 1)
            .ok()
            .and_then(SignalGroupId::new)
            .expect("there are at most 99 groups"),
        kind: if group.bicycles {
            GroupKind::Bicycle
        } else if group.public_transport {
            GroupKind::PublicTransport
        } else {
            GroupKind::Motor
        },
        min_green: Given::assumed(time(group.min_green_ms)),
        max_green: None,
        yellow: Given { value: time(group.yellow_ms), assumed: group.yellow_assumed },
        max_yellow: None,
        min_red: Given::assumed(time(group.min_red_ms)),
        max_red: None,
        fixed_green: None,
        head_max: None,
        max_wait: None,
        co_extend: None,
    }
}

fn intergreens(plan: &Plan<'_>) -> Vec<IntergreenRow> {
    let rows = (0..plan.groups.len()).map(|ending| IntergreenRow {
        place: Place::default(),
        ending: group_name(ending),
        starting: plan
            .intergreens
            .iter()
            .filter(|found| found.ending == ending)
            .map(|found| {
                let value = Duration::from_millis(found.millis);
                (group_name(found.starting), Given { value, assumed: found.assumed })
            })
            .collect(),
    });
    rows.filter(|row| !row.starting.is_empty()).collect()
}

/// Phases with the same greens are one stage; yellow follows the end of green by itself.
fn program(plan: &Plan<'_>, second_zero: Instant) -> FixedTimeFile {
    let mut stages: Vec<(usize, usize, StageRow)> = Vec::new();
    for (index, phase) in plan.logic.phases.iter().enumerate() {
        let green = |group: &Group| group.colours[index] == Colour::Green;
        let green: Vec<String> =
            (0..plan.groups.len()).filter(|group| green(&plan.groups[*group])).map(group_name).collect();
        match stages.last_mut() {
            Some((_, last, stage)) if stage.green == green => {
                *last = phase.number;
                stage.duration += phase.duration;
            }
            _ => stages.push((
                phase.number,
                phase.number,
                StageRow { place: Place::default(), name: String::new(), duration: phase.duration, green },
            )),
        }
    }
    let stages: Vec<StageRow> = stages
        .into_iter()
        .map(|(first, last, stage)| StageRow {
            name: if first == last { format!("phase {first}") } else { format!("phases {first}-{last}") },
            ..stage
        })
        .collect();
    let cycle = plan.logic.cycle();
    let offset = plan.logic.offset.millis().rem_euclid(cycle.millis());
    FixedTimeFile {
        place: Place::default(),
        cycle,
        offset: Duration::from_millis(offset),
        reference: second_zero,
        stages,
    }
}

/// SUMO writes 13.89 m/s for 50 km/h.
fn as_signed(limit: Speed) -> Speed {
    Speed::from_kilometres_per_hour((limit.kilometres_per_hour() * 10.0).round() / 10.0)
}

/// The middle of the junctions that the traffic light guards.
fn reference(plan: &Plan<'_>, roads: &Roads) -> Given<GeodeticPosition> {
    let mut junctions: Vec<_> = plan
        .layout
        .connections
        .iter()
        .map(|connection| roads.network.links[connection.link.index()].junction)
        .collect();
    junctions.sort_unstable();
    junctions.dedup();
    let mut sum = [0.0, 0.0];
    let mut count = 0.0;
    for junction in junctions {
        let [east, north] = roads.network.junctions[junction.index()].position;
        sum = [sum[0] + east, sum[1] + north];
        count += 1.0;
    }
    let value = geodetic(roads, [sum[0] / f64::max(count, 1.0), sum[1] / f64::max(count, 1.0)]);
    Given { value, assumed: matches!(roads.network.projection, Projection::Local(_)) }
}

/// From the intersection outwards.
fn nodes(lane: &LanePlan, roads: &Roads) -> Vec<GeodeticPosition> {
    let Shape(points) = &roads.network.lanes[lane.lane.index()].shape;
    let nodes = points.iter().map(|point| geodetic(roads, *point));
    if lane.ingress { nodes.rev().collect() } else { nodes.collect() }
}

/// To 1e-7 degrees (a centimetre), which is what MAPEM has. Points that the projection cannot place are put at its origin: their
/// network lies elsewhere than it says.
fn geodetic(roads: &Roads, point: [f64; 2]) -> GeodeticPosition {
    let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7;
    let position = roads.network.projection.to_geodetic(point);
    position
        .and_then(|found| {
            GeodeticPosition::from_degrees(
                rounded(found.latitude_degrees()),
                rounded(found.longitude_degrees()),
            )
        })
        .or_else(|| GeodeticPosition::from_degrees(0.0, 0.0))
        .expect("0, 0 lies on earth")
}

/// What in SUMO became which group, for people who compare.
fn comments(plan: &Plan<'_>) -> String {
    let mut text = format!("# SUMO traffic light {}, program {}.\n", plan.logic.id, plan.logic.program);
    for (index, group) in plan.groups.iter().enumerate() {
        let mut positions: Vec<usize> = group.links.iter().map(|(_, position)| *position).collect();
        positions.dedup();
        let positions: Vec<String> = positions.iter().map(usize::to_string).collect();
        // Writing into a string cannot fail.
        let _ = writeln!(text, "# Group {}: link index {}.", group_name(index), positions.join(", "));
    }
    text
}

fn note_assumptions(plan: &Plan<'_>, findings: &mut Findings) {
    findings.assumed("identity of intersections: road authority 0 (for tests), numbered from 1");
    findings.assumed("numbers of MAPEM approaches, lanes and connections, and of SPATEM signal groups");
    for _ in plan.layout.lanes.iter().filter(|lane| lane.ingress) {
        findings.assumed(
            "loops: 1.5 m long 1 m before the stop line, 15 m at 12 m and 1.5 m at 70 m where the lane is long enough",
        );
    }
    for group in &plan.groups {
        findings.assumed(
            "minimum green: 5 s, or the shortest green of the program; minimum red: 2 s, or the shortest",
        );
        if group.yellow_assumed {
            findings.assumed("yellow of groups that show none in the program: 3 s");
        }
    }
    for intergreen in &plan.intergreens {
        if intergreen.assumed {
            findings.assumed(
                "intergreens of pairs that do not follow each other in the program: yellow and the largest clearance \
                 that the intersection shows, at least 2 s, at most what the program leaves",
            );
        }
    }
}
