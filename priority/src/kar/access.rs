//! By which approach a vehicle comes that tells of itself by KAR, and which groups it means.
//!
//! | it says | approach | groups |
//! |---|---|---|
//! | a signal group's number | of the lanes from which that group leads | that group |
//! | right, left, straight on | of its report point (`kar_points` of the intersection file), or else of the lane that its position is on | those of the approach's connections that lead there |
//! | no direction | likewise | none in particular |
//!
//! A group's number is that of its name (2 is `02`), and only where no name is that number the one in SPATEM. Which way a connection leads is
//! seen from its lanes: within 45 degrees it is straight on, up to 135 to the right; everything else, turning round too, to the left. What can't be
//! resolved: 201 to 203 with neither report point nor position; a connection whose egress lane the file doesn't name.

use voorrang_signals::intersection::{Connection, Direction};
use voorrang_signals::{ApproachIndex, GroupIndex, SignalGroupId};
use voorrang_units::Angle;

use super::{KarDirection, KarMessage};
use crate::approach::Approaches;

/// Where a vehicle comes and which groups it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KarAccess {
    /// By which approach.
    pub approach: ApproachIndex,
    /// Which groups, in ascending order; none where only the approach is known. An emergency vehicle gets its whole approach then, anybody else
    /// nothing.
    pub named: Vec<GroupIndex>,
}

/// Why nobody knows where a vehicle comes that told of itself by KAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KarUnresolved {
    /// There is no such group.
    #[error(
        "KAR names signal group {0}, which the intersection file doesn't have: correct the vehicle's or the file's number"
    )]
    UnknownGroup(u8),
    /// The group guards no lane.
    #[error(
        "KAR names signal group {0}, to which no lane of the intersection file leads: add it to `connections`"
    )]
    NoLane(u8),
    /// Right, left and straight on are from nowhere known.
    #[error("KAR names {}, but not from where: give the report point's approach in `kar_points`", point(.0))]
    UnknownApproach(Option<u16>),
}

fn point(point: &Option<u16>) -> String {
    point.map_or_else(|| "no signal group".to_owned(), |point| format!("report point {point}"))
}

impl Approaches {
    /// Where the sender of a message comes, and which groups it means.
    ///
    /// # Errors
    /// When that can't be told from the message and the intersection file.
    pub fn kar_access(&self, message: &KarMessage) -> Result<KarAccess, KarUnresolved> {
        if let Some(KarDirection::Group(number)) = message.direction {
            let group = self.numbered(number).ok_or(KarUnresolved::UnknownGroup(number))?;
            let arms = self.intersection().approaches();
            // A group of several approaches is rare; its own point says which.
            let told = self.reported(message).filter(|told| arms[told.index()].groups.contains(&group));
            let place = arms.iter().position(|arm| arm.groups.contains(&group));
            let approach = told.or_else(|| ApproachIndex::at(place?));
            let approach = approach.ok_or(KarUnresolved::NoLane(number))?;
            return Ok(KarAccess { approach, named: vec![group] });
        }
        let approach = self.reported(message).ok_or(KarUnresolved::UnknownApproach(message.point))?;
        let mut named: Vec<_> = match message.direction {
            Some(direction) => self.leading(approach, direction).collect(),
            None => Vec::new(),
        };
        named.sort_unstable();
        named.dedup();
        Ok(KarAccess { approach, named })
    }

    fn numbered(&self, number: u8) -> Option<GroupIndex> {
        let groups = self.intersection().groups();
        let by_name = groups.iter().position(|group| group.name.parse() == Ok(number));
        let by_message =
            || groups.iter().position(|group| Some(group.signal_group) == SignalGroupId::new(number));
        by_name.or_else(by_message).and_then(GroupIndex::at)
    }

    /// The approach of a report point, or else of a position.
    fn reported(&self, message: &KarMessage) -> Option<ApproachIndex> {
        let points = self.intersection().kar_points();
        let known = message.point.and_then(|point| points.iter().find(|known| known.number == point));
        known.map(|known| known.approach).or_else(|| self.before_stop_line(message.position?))
    }

    /// The groups by which one goes a way from an approach.
    fn leading(&self, approach: ApproachIndex, way: KarDirection) -> impl Iterator<Item = GroupIndex> + '_ {
        let layout = self.intersection();
        let own = move |connection: &&Connection| {
            let lane = &layout.lanes()[connection.from.index()];
            lane.direction == Direction::Ingress && lane.approach == approach
        };
        let connections = layout.connections().iter().filter(own);
        connections
            .filter(move |connection| self.turn(connection).is_some_and(|turn| direction_of(turn) == way))
            .filter_map(|connection| connection.group)
    }

    /// How far one turns on a connection, clockwise.
    fn turn(&self, connection: &Connection) -> Option<Angle> {
        Some((self.heading_out(connection.to?)? - self.heading_in(connection.from)?).normalised())
    }
}

fn direction_of(turn: Angle) -> KarDirection {
    match turn.degrees() {
        degrees if !(45.0..=315.0).contains(&degrees) => KarDirection::Straight,
        degrees if degrees <= 135.0 => KarDirection::Right,
        _ => KarDirection::Left,
    }
}
