//! Vehicles with a radio, as their own positioning and navigation see them: where each is, and the stop lines ahead of it.

use voorrang_units::{Angle, Duration, GeodeticPosition, Length, Speed};

use super::Traffic;
use super::columns::Slot;
use super::roads::Track;
use super::vehicle::{Kind, Vehicle};
use crate::network::{LinkIndex, RoadLaneIndex, VehicleClass};

/// What a vehicle's radio does, beside what those of emergency vehicles do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Radio {
    /// Cooperative awareness messages.
    pub cam: bool,
    /// Requests for conditional priority, as buses send them.
    pub priority: bool,
    /// Nothing: it hears warnings of emergency vehicles.
    pub warnings: bool,
}

/// A vehicle on the road that has a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Station {
    slot: Slot,
    /// Who it is.
    pub kind: Kind,
    /// What that does.
    pub radio: Radio,
    /// Its class.
    pub class: VehicleClass,
}

/// Where a vehicle is: what its own positioning would tell it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrivingState {
    /// Leg of its route (the edge that it is on, or has just left while it crosses a junction).
    pub leg: u32,
    /// Crossing the junction at the leg's end.
    pub crossing: bool,
    /// From the start of the leg's edge, or of the link while it crosses.
    pub position: Length,
    /// To the end of the leg's edge, or of the link.
    pub remaining: Length,
    /// Number of its lane, the one before the junction while it crosses.
    pub lane: u8,
    /// Its speed.
    pub speed: Speed,
    /// Which way it drives.
    pub heading: Angle,
    /// Where its front is.
    pub front: GeodeticPosition,
}

/// A stop line that a vehicle has still to cross.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopLineAhead {
    /// The leg of its route that ends there.
    pub leg: u32,
    /// The link that it will take.
    pub link: LinkIndex,
    /// From its front to the line.
    pub distance: Length,
    /// The time that takes if nothing holds it.
    pub unhindered: Duration,
}

/// An ordinary vehicle on a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OtherVehicle {
    /// Its number; another vehicle never has it.
    pub number: u64,
    /// From its front to the end of the lane.
    pub to_end: Length,
    /// Its speed.
    pub speed: Speed,
}

/// A way driven at its own speed.
struct Way {
    distance: f64,
    seconds: f64,
}

impl Way {
    fn go(&mut self, metres: f64, metres_per_second: f64) {
        self.distance += metres;
        self.seconds += metres / metres_per_second;
    }
}

impl Traffic {
    /// The vehicles with a radio, in the order in which they entered; emergency vehicles have one.
    pub fn stations(&self) -> impl Iterator<Item = Station> {
        self.stations.iter().map(|slot| {
            let vehicle = &self.vehicles[*slot as usize];
            Station { slot: *slot, kind: vehicle.kind, radio: vehicle.radio, class: vehicle.driver.class }
        })
    }

    /// The ordinary vehicles on a lane, the rear-most first.
    pub fn others_on(&self, lane: RoadLaneIndex) -> impl Iterator<Item = OtherVehicle> {
        let length = self.roads.length[lane.index()];
        let column = &self.columns[lane.index()];
        (0..column.len()).map(|index| column.cell(index)).filter_map(move |cell| {
            let vehicle = &self.vehicles[cell.vehicle as usize];
            let ordinary = !matches!(vehicle.kind, Kind::Emergency { .. });
            ordinary.then(|| OtherVehicle {
                number: vehicle.number,
                to_end: Length::from_metres(length - cell.position),
                speed: Speed::from_metres_per_second(cell.speed),
            })
        })
    }

    /// The vehicle of an emergency trip; `None` unless it is on the road.
    #[must_use]
    pub fn emergency_station(&self, trip: usize) -> Option<Station> {
        self.stations().find(|station| station.kind == Kind::Emergency { trip })
    }

    /// Where an emergency trip's vehicle is; `None` unless it is on the road.
    #[must_use]
    pub fn emergency_state(&self, trip: usize) -> Option<DrivingState> {
        self.driving_state(&self.emergency_station(trip)?)
    }

    /// Where a vehicle is; `None` where the network's projection does not reach.
    #[must_use]
    pub fn driving_state(&self, station: &Station) -> Option<DrivingState> {
        let slot = station.slot;
        let vehicle = &self.vehicles[slot as usize];
        let track = vehicle.track;
        let column = &self.columns[track as usize];
        let cell = column.cell(column.vehicle.iter().position(|other| *other == slot)?);
        let length = self.roads.length[track as usize];
        let crossing = self.roads.is_link(track);
        let network = &self.scenario.network;
        let (shape, lane) = if crossing {
            let link = &network.links[(track - self.roads.lane_count) as usize];
            (&link.shape, link.from)
        } else {
            (&network.lanes[track as usize].shape, RoadLaneIndex(track))
        };
        let (front, heading) = shape.at_share(cell.position / length);
        Some(DrivingState {
            leg: vehicle.leg,
            crossing,
            position: Length::from_metres(cell.position),
            remaining: Length::from_metres(length - cell.position),
            lane: network.lanes[lane.index()].number,
            speed: Speed::from_metres_per_second(cell.speed),
            heading,
            front: network.projection.to_geodetic(front)?,
        })
    }

    /// The stop lines still ahead of a vehicle that is at `state`, nearest first, as far as they lie within `reach` of its front: what its
    /// navigation would know. Beyond the place of its next halt it looks no further.
    #[must_use]
    pub fn stop_lines_ahead(
        &self,
        station: &Station,
        state: &DrivingState,
        reach: Length,
    ) -> Vec<StopLineAhead> {
        let vehicle = &self.vehicles[station.slot as usize];
        let halt = vehicle.halts.last().map(|halt| self.roads.lanes[halt.lane.index()].edge);
        let mut ahead = Vec::new();
        let mut way = Way { distance: 0.0, seconds: 0.0 };
        let (mut leg, mut number) = (state.leg, state.lane);
        if state.crossing {
            let link = vehicle.track - self.roads.lane_count;
            way.go(state.remaining.metres(), self.crossing_speed(vehicle, link));
            let lane = self.roads.links[link as usize].to;
            (leg, number) = (leg + 1, self.roads.lanes[lane as usize].number);
            way.go(self.roads.length[lane as usize], self.lane_speed(vehicle, lane));
        } else {
            way.go(state.remaining.metres(), self.lane_speed(vehicle, vehicle.track));
        }
        while leg + 1 < self.plans.leg_count(vehicle.plan)
            && way.distance <= reach.metres()
            && halt != Some(self.plans.edge(vehicle.plan, leg).0)
        {
            let target = self.plans.target(vehicle.plan, leg, number);
            let Some(link) = self.plans.link(vehicle.plan, leg, target) else { break };
            ahead.push(StopLineAhead {
                leg,
                link: LinkIndex(link),
                distance: Length::from_metres(way.distance),
                unhindered: Duration::from_seconds_f64(way.seconds),
            });
            let road = self.roads.links[link as usize];
            way.go(
                self.roads.length[self.roads.link_track(link) as usize],
                self.crossing_speed(vehicle, link),
            );
            way.go(self.roads.length[road.to as usize], self.lane_speed(vehicle, road.to));
            number = self.roads.lanes[road.to as usize].number;
            leg += 1;
        }
        ahead
    }

    fn lane_speed(&self, vehicle: &Vehicle, lane: Track) -> f64 {
        vehicle.driver.desired_speed(self.roads.speed_limit[lane as usize])
    }
}
