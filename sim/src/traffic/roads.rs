//! The network as the driving code reads it: tracks by number, in SI units, with everything looked up beforehand.

use crate::network::{LinkIndex, Network, RoadLaneIndex};

/// A track: lanes first, then links, each by its position in the network.
pub(crate) type Track = u32;

/// Stands for "no signal" in [`LinkRoad::lamp`].
pub(crate) const NO_LAMP: u32 = u32::MAX;

/// Derived from a [`Network`] once, shared by all runs.
#[derive(Debug)]
pub struct Roads {
    pub(crate) lane_count: u32,
    /// Of each track, m.
    pub(crate) length: Vec<f64>,
    /// Of each track, m/s.
    pub(crate) speed_limit: Vec<f64>,
    pub(crate) lanes: Vec<LaneRoad>,
    pub(crate) links: Vec<LinkRoad>,
    conflicts: Vec<Conflict>,
    /// The links that enter each lane, lane by lane.
    entering: Vec<u32>,
}

/// A lane's place in its edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaneRoad {
    pub(crate) edge: u32,
    pub(crate) number: u8,
    entering: (u32, u32),
}

/// One way over a junction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRoad {
    pub(crate) from: Track,
    pub(crate) to: Track,
    pub(crate) junction: u32,
    /// Its signal group's place among all lamps of the scenario, or [`NO_LAMP`].
    pub(crate) lamp: u32,
    /// It is driven more slowly than the lane before it: nobody exceeds its limit.
    pub(crate) turning: bool,
    conflicts: (u32, u32),
}

/// Where another link's path meets this one's; metres from the links' starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conflict {
    pub(crate) foe: u32,
    pub(crate) yields: bool,
    /// Both enter the same lane.
    pub(crate) merges: bool,
    pub(crate) enter: f64,
    pub(crate) exit: f64,
    pub(crate) foe_enter: f64,
    pub(crate) foe_exit: f64,
}

impl Roads {
    /// `lamp_offsets` says where each intersection's groups start among all lamps.
    #[must_use]
    pub fn new(network: &Network, lamp_offsets: &[u32]) -> Self {
        let lane_count = index32(network.lanes.len());
        let mut conflicts = Vec::new();
        let links = (0..network.links.len())
            .map(|index| link_road(network, LinkIndex::at(index), lamp_offsets, &mut conflicts))
            .collect();
        let mut entering_by_lane: Vec<Vec<u32>> = vec![Vec::new(); network.lanes.len()];
        for (index, link) in (0..).zip(&network.links) {
            entering_by_lane[link.to.index()].push(index);
        }
        let mut entering = Vec::with_capacity(network.links.len());
        let mut lanes = Vec::with_capacity(network.lanes.len());
        for (lane, mut links_in) in network.lanes.iter().zip(entering_by_lane) {
            let start = index32(entering.len());
            entering.append(&mut links_in);
            lanes.push(LaneRoad {
                edge: lane.edge.0,
                number: lane.number,
                entering: (start, index32(entering.len())),
            });
        }
        let lane_lengths = network.lanes.iter().map(|lane| lane.length.metres());
        let link_lengths = network.links.iter().map(|link| link.length.metres());
        let lane_limits = network.lanes.iter().map(|lane| lane.speed_limit.metres_per_second());
        let link_limits = network.links.iter().map(|link| link.speed_limit.metres_per_second());
        Self {
            lane_count,
            length: lane_lengths.chain(link_lengths).collect(),
            speed_limit: lane_limits.chain(link_limits).collect(),
            lanes,
            links,
            conflicts,
            entering,
        }
    }

    pub(crate) fn track_count(&self) -> usize {
        self.length.len()
    }

    #[inline]
    pub(crate) fn is_link(&self, track: Track) -> bool {
        track >= self.lane_count
    }

    #[inline]
    pub(crate) fn link_track(&self, link: u32) -> Track {
        self.lane_count + link
    }

    #[inline]
    pub(crate) fn conflicts(&self, link: u32) -> &[Conflict] {
        let (start, end) = self.links[link as usize].conflicts;
        &self.conflicts[start as usize..end as usize]
    }

    /// The links that enter a lane.
    pub(crate) fn entering(&self, lane: Track) -> &[u32] {
        let (start, end) = self.lanes[lane as usize].entering;
        &self.entering[start as usize..end as usize]
    }
}

fn link_road(
    network: &Network,
    index: LinkIndex,
    lamp_offsets: &[u32],
    conflicts: &mut Vec<Conflict>,
) -> LinkRoad {
    let link = &network.links[index.index()];
    let start = index32(conflicts.len());
    for foe in &link.foes {
        let other = &network.links[foe.link.index()];
        let mirrored = other.foes.iter().find(|mirrored| mirrored.link == index);
        conflicts.push(Conflict {
            foe: foe.link.0,
            yields: foe.yields,
            merges: other.to == link.to,
            enter: foe.enters_at.metres(),
            exit: mirrored.map_or(link.length, |mirrored| mirrored.foe_clear_at).metres(),
            foe_enter: mirrored.map_or(0.0, |mirrored| mirrored.enters_at.metres()),
            foe_exit: foe.foe_clear_at.metres(),
        });
    }
    let approach_limit = limit_of(network, link.from);
    LinkRoad {
        from: link.from.0,
        to: link.to.0,
        junction: link.junction.0,
        lamp: link
            .signal
            .map_or(NO_LAMP, |signal| lamp_offsets[signal.intersection as usize] + u32::from(signal.group.0)),
        turning: link.speed_limit.metres_per_second() < 0.95 * approach_limit,
        conflicts: (start, index32(conflicts.len())),
    }
}

fn limit_of(network: &Network, lane: RoadLaneIndex) -> f64 {
    network.lanes[lane.index()].speed_limit.metres_per_second()
}

/// Positions in the network's lists fit 32 bits, as its own index types do.
pub(crate) fn index32(index: usize) -> u32 {
    u32::try_from(index).expect("a network has fewer than 2^32 elements of a kind")
}
