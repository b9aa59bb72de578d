//! Where the loops of the intersections lie on the lanes of the network. What they see is `traffic/loops.rs`'s; who is told is
//! [`crate::detector_plugin`]'s.

use std::collections::BTreeMap;

use voorrang_signals::intersection::Detector;
use voorrang_signals::{DetectorIndex, LaneId};

use crate::network::{Network, RoadLaneIndex};
use crate::scenario::Scenario;

/// A piece shorter than this at the start of a lane is left out, m.
const SHORTEST_PIECE: f64 = 0.1;
/// So many lanes upstream is looked for a loop's place.
const LANES_UPSTREAM: usize = 4;

/// A loop in the road.
#[derive(Debug, Clone, PartialEq)]
pub struct LaidLoop {
    /// Position in the scenario's intersections.
    pub intersection: usize,
    /// Which of its detectors.
    pub detector: DetectorIndex,
    /// Where it lies, the piece next to the stop line first; empty where the network ends, or forks, before its place.
    pub pieces: Vec<Piece>,
}

/// A piece of a loop on one lane; metres from the lane's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// On this lane.
    pub lane: RoadLaneIndex,
    /// Its upstream edge.
    pub from_m: f64,
    /// Its downstream edge.
    pub to_m: f64,
}

/// All loops of a scenario whose lanes are lanes of the network, by intersection and detector.
#[must_use]
pub fn loops(scenario: &Scenario) -> Vec<LaidLoop> {
    let network = &scenario.network;
    let mut lanes: BTreeMap<(usize, LaneId), RoadLaneIndex> = BTreeMap::new();
    for link in &network.links {
        if let Some(signal) = link.signal {
            lanes.entry((signal.intersection as usize, signal.lane)).or_insert(link.from);
        }
    }
    let mut loops = Vec::new();
    for (index, controlled) in scenario.intersections.iter().enumerate() {
        let intersection = &controlled.intersection;
        for (number, detector) in intersection.detectors().iter().enumerate() {
            let lane = detector.lane.map(|lane| intersection.lanes()[lane.index()].id);
            let lane = lane.and_then(|lane| lanes.get(&(index, lane)));
            if let (Some(lane), Some(number)) = (lane, DetectorIndex::at(number)) {
                let pieces = pieces(network, *lane, detector);
                loops.push(LaidLoop { intersection: index, detector: number, pieces });
            }
        }
    }
    loops
}

/// From the stop line upstream, over lanes that are entered by one link only: where several ways come together nobody knows on which of
/// them the loop lies.
fn pieces(network: &Network, lane: RoadLaneIndex, detector: &Detector) -> Vec<Piece> {
    let mut lane = lane;
    let length = |lane: RoadLaneIndex| network.lanes[lane.index()].length.metres();
    let mut to_m = length(lane) - detector.distance.metres();
    let mut from_m = to_m - detector.length.metres();
    let mut pieces = Vec::new();
    for _ in 0..=LANES_UPSTREAM {
        let piece = Piece { lane, from_m: from_m.max(0.0), to_m: to_m.min(length(lane)) };
        if piece.to_m - piece.from_m >= SHORTEST_PIECE {
            pieces.push(piece);
        }
        if from_m >= -SHORTEST_PIECE {
            break;
        }
        let mut entering = network.links.iter().filter(|link| link.to == lane);
        let (Some(link), None) = (entering.next(), entering.next()) else { break };
        let way = link.length.metres() + length(link.from);
        (from_m, to_m) = (from_m + way, to_m + way);
        lane = link.from;
    }
    pieces
}
