//! What a loop in the road sees: who stands over it, and who has just left it.

use super::Traffic;
use crate::network::RoadLaneIndex;

/// A stretch of a lane, up to its stop line: metres from the lane's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// On this lane.
    pub lane: RoadLaneIndex,
    /// Where a vehicle comes over it.
    pub upstream_m: f64,
    /// Where it has left it.
    pub downstream_m: f64,
}

/// A vehicle, as a stretch of lane sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Which; the number goes to another once it has left the road.
    pub vehicle: u32,
    /// From the lane's start to its front, also beyond the stop line.
    pub front_m: f64,
    /// From the lane's start to its rear.
    pub rear_m: f64,
    /// How fast it is.
    pub speed_mps: f64,
}

impl Traffic {
    /// Who stands over a stretch, and who is the first beyond it.
    #[must_use]
    pub fn sight(&self, stretch: &Stretch) -> (Option<Seen>, Option<Seen>) {
        let column = &self.columns[stretch.lane.index()];
        let first = column.index_at(stretch.upstream_m);
        let seen = |index: usize| {
            (index < column.len()).then(|| {
                let cell = column.cell(index);
                Seen {
                    vehicle: cell.vehicle,
                    front_m: cell.position,
                    rear_m: cell.rear(),
                    speed_mps: cell.speed,
                }
            })
        };
        let nearest = seen(first).or_else(|| self.first_behind_line(stretch.lane));
        match nearest {
            Some(over) if over.rear_m < stretch.downstream_m => {
                (Some(over), seen(first + 1).or_else(|| self.first_behind_line(stretch.lane)))
            }
            beyond => (None, beyond),
        }
    }

    /// The last vehicle that has crossed a lane's stop line and is still on the junction.
    fn first_behind_line(&self, lane: RoadLaneIndex) -> Option<Seen> {
        let own = &self.scenario.network.lanes[lane.index()];
        let length = own.length.metres();
        let crossing = own.links.clone().filter_map(|link| {
            let cell = self.columns[self.roads.link_track(link) as usize].rear_most()?;
            Some(Seen {
                vehicle: cell.vehicle,
                front_m: length + cell.position,
                rear_m: length + cell.rear(),
                speed_mps: cell.speed,
            })
        });
        crossing.min_by(|one, other| one.front_m.total_cmp(&other.front_m))
    }
}
