//! A lane and where it leads.

use serde::{Deserialize, Serialize};
use voorrang_units::{Length, LocalPlane};

use super::geometry::{nodes_of, nodes_to_wire};
use super::kind::{LaneKind, LaneSharing, LaneUse, Maneuvers};
use super::node::LaneNode;
use crate::dsrc::{
    self, ApproachId, ConnectingLane, ConnectsToList, GenericLane, LaneAttributes, LaneConnectionId, LaneId,
    OverlayLaneList, RestrictionClassId, SignalGroupId,
};
use crate::elements::{IntersectionReference, name_from_wire, name_to_wire};
use crate::view_error::ViewError;

/// `GenericLane` (ISO TS 19091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// `LaneID`, 1 to 254; 0 unknown, 255 reserved.
    pub id: u8,
    /// Its name for people.
    pub name: Option<String>,
    /// Which way traffic goes.
    pub direction: LaneUse,
    /// The approach by which it comes in, 0 to 15; 0 unknown.
    pub ingress_approach: Option<u8>,
    /// The approach by which it goes out, 0 to 15; 0 unknown.
    pub egress_approach: Option<u8>,
    /// What it is for.
    pub kind: LaneKind,
    /// Who else uses it.
    pub shared_with: LaneSharing,
    /// Where it may lead, where that is told for the lane as a whole.
    pub maneuvers: Option<Maneuvers>,
    /// The centre line, 2 to 63 nodes, from the stop line (or from where an egress lane begins) away from the intersection. A computed
    /// lane is spelled out.
    pub nodes: Vec<LaneNode>,
    /// Where it leads, from the left to the right; at most 16.
    pub connections: Vec<LaneConnection>,
    /// The lanes that it overlaps; at most 5.
    pub overlays: Vec<u8>,
}

/// `Connection` (ISO TS 19091): a way over the intersection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneConnection {
    /// The lane to which it leads, by `LaneID`.
    pub lane: u8,
    /// How one turns.
    pub maneuver: Option<Maneuvers>,
    /// The intersection of that lane, where it is another one.
    pub remote_intersection: Option<IntersectionReference>,
    /// The signal group of the SPATEM that gives way to it; `None` where there is none.
    pub signal_group: Option<u8>,
    /// For which users: a class of the restriction list; `None` for all.
    pub user_class: Option<u8>,
    /// `LaneConnectionID`, by which a request or a SPATEM names it.
    pub connection: Option<u8>,
}

impl Lane {
    /// How long it is along its nodes.
    #[must_use]
    pub fn length(&self) -> Length {
        self.nodes.windows(2).map(|ends| ends[0].position.distance_to(ends[1].position)).sum()
    }

    pub(super) fn from_wire(
        wire: &GenericLane,
        lanes: &[GenericLane],
        plane: &LocalPlane,
    ) -> Result<Self, ViewError> {
        let connections = wire.connects_to.iter().flat_map(|list| &list.0);
        Ok(Self {
            id: wire.lane_id.0,
            name: name_from_wire(wire.name.as_ref()),
            direction: LaneUse::from_wire(wire.lane_attributes.directional_use),
            ingress_approach: wire.ingress_approach.map(|approach| approach.0),
            egress_approach: wire.egress_approach.map(|approach| approach.0),
            kind: LaneKind::from_wire(&wire.lane_attributes.lane_type)?,
            shared_with: LaneSharing::from_wire(wire.lane_attributes.shared_with.0),
            maneuvers: wire.maneuvers.map(Maneuvers::of_wire),
            nodes: nodes_of(wire, lanes, plane)?,
            connections: connections.map(LaneConnection::from_wire).collect(),
            overlays: wire.overlays.iter().flat_map(|lanes| &lanes.0).map(|lane| lane.0).collect(),
        })
    }

    pub(super) fn to_wire(&self, plane: &LocalPlane) -> Result<GenericLane, ViewError> {
        let approach = |id| ViewError::in_range("an approach", 0, ApproachId::MAX.0, id).map(ApproachId);
        let connections = self.connections.iter().copied().map(LaneConnection::to_wire).collect();
        let overlays = self.overlays.iter().copied().map(LaneId).collect();
        Ok(GenericLane {
            lane_id: LaneId(self.id),
            name: name_to_wire(self.name.as_deref())?,
            ingress_approach: self.ingress_approach.map(approach).transpose()?,
            egress_approach: self.egress_approach.map(approach).transpose()?,
            lane_attributes: LaneAttributes {
                directional_use: self.direction.to_wire(),
                shared_with: dsrc::LaneSharing(self.shared_with.to_wire()),
                lane_type: self.kind.to_wire(),
                regional: None,
            },
            maneuvers: self.maneuvers.map(Maneuvers::on_wire),
            node_list: nodes_to_wire(self.id, &self.nodes, plane)?,
            connects_to: ViewError::at_most(16, "connections of one lane", connections)?.map(ConnectsToList),
            overlays: ViewError::at_most(5, "overlays of one lane", overlays)?.map(OverlayLaneList),
            regional: None,
        })
    }
}

impl LaneConnection {
    /// A way to a lane, of which no more is known.
    #[must_use]
    pub const fn to_lane(lane: u8) -> Self {
        Self {
            lane,
            maneuver: None,
            remote_intersection: None,
            signal_group: None,
            user_class: None,
            connection: None,
        }
    }

    fn from_wire(wire: &dsrc::Connection) -> Self {
        Self {
            lane: wire.connecting_lane.lane.0,
            maneuver: wire.connecting_lane.maneuver.map(Maneuvers::of_wire),
            remote_intersection: wire.remote_intersection.as_ref().map(IntersectionReference::from_wire),
            signal_group: wire.signal_group.map(|group| group.0),
            user_class: wire.user_class.map(|class| class.0),
            connection: wire.connection_id.map(|connection| connection.0),
        }
    }

    fn to_wire(self) -> dsrc::Connection {
        dsrc::Connection {
            connecting_lane: ConnectingLane {
                lane: LaneId(self.lane),
                maneuver: self.maneuver.map(Maneuvers::on_wire),
            },
            remote_intersection: self.remote_intersection.map(IntersectionReference::to_wire),
            signal_group: self.signal_group.map(SignalGroupId),
            user_class: self.user_class.map(RestrictionClassId),
            connection_id: self.connection.map(LaneConnectionId),
        }
    }
}
