//! The intersections of a MAPEM in units: lanes with their centre lines in metres, where they lead, and which signal group gives way.
//!
//! | file | holds |
//! |---|---|
//! | `kind` | what a lane is for, who shares it, where it may lead: flags |
//! | `lane` | a lane and its connections |
//! | `node` | one node of a centre line |
//! | `geometry` | where the nodes are: offsets, latitude and longitude, computed lanes |
//! | `speed_limit` | speed limits |
//!
//! Not part of the view: road segments, data parameters, restriction lists, `preemptPriorityData`, the segment attributes, angles and
//! crowns of nodes, and regional extensions but the altitude of the reference point. A MAPEM with these is read; they are not written.

mod geometry;
mod kind;
mod lane;
mod node;
mod speed_limit;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use voorrang_units::{GeodeticPosition, Instant, Length, LocalPlane};

pub use self::kind::{
    BikeLane, Crosswalk, LaneKind, LaneSharing, LaneUse, Maneuvers, Median, ParkingLane, Sidewalk, Striping,
    TrackedVehicleLane, VehicleLane,
};
pub use self::lane::{Lane, LaneConnection};
pub use self::node::{LaneNode, NodeAttribute};
pub use self::speed_limit::{SpeedLimit, SpeedLimitKind};
use crate::dsrc::{
    Elevation, IntersectionGeometry, IntersectionGeometryList, LaneList, LaneWidth, LayerType, MapData,
    MsgCount, Position3D,
};
use crate::elements::{
    IntersectionAccess, IntersectionReference, SequenceNumber, StationId, minute_of, name_from_wire,
    name_to_wire, nearest, position_from_wire, position_to_wire,
};
use crate::its_container::{AltitudeValue, ItsPduHeader};
use crate::mapem::Mapem;
use crate::message::MessageKind;
use crate::regional::AddGrpC;
use crate::view_error::{MAX_ELEMENTS, ViewError};

/// One intersection (`IntersectionGeometry`, ISO TS 19091; TS 103 301 clause 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoadTopology {
    /// Which intersection.
    pub intersection: IntersectionReference,
    /// Its name for people.
    pub name: Option<String>,
    /// The revision of this geometry, 0 to 127; the SPATEM names the one that it goes with.
    pub revision: u8,
    /// From where the nodes are measured.
    pub reference_point: GeodeticPosition,
    /// How high the reference point lies above the WGS84 ellipsoid, in steps of 0.1 m, -409.5 to 6143.9 m.
    pub elevation: Option<Length>,
    /// How wide lanes are where nodes do not change it, in centimetres.
    pub lane_width: Option<Length>,
    /// The limits where nodes do not change them; at most 9.
    pub speed_limits: Vec<SpeedLimit>,
    /// The lanes, 1 to 255.
    pub lanes: Vec<Lane>,
    /// The lanes that were there but could not be read, by `LaneID`.
    #[serde(skip)]
    pub unreadable: Vec<(u8, ViewError)>,
}

impl RoadTopology {
    /// The intersections of a message, in its order; a message without intersections gives none.
    ///
    /// # Errors
    /// When an intersection has no reference point.
    pub fn all_from_mapem(mapem: &Mapem) -> Result<Vec<Self>, ViewError> {
        let intersections = mapem.map.intersections.iter().flat_map(|intersections| &intersections.0);
        intersections.map(Self::from_wire).collect()
    }

    /// The message that tells all these. Nodes are told to the centimetre.
    ///
    /// # Errors
    /// When there are none or more than 32, or they hold what the wire can't say.
    pub fn to_mapem(
        topologies: &[Self],
        station: StationId,
        issue: SequenceNumber,
        sent: Instant,
    ) -> Result<Mapem, ViewError> {
        let intersections = topologies.iter().map(Self::to_wire).collect::<Result<_, _>>()?;
        let intersections = ViewError::at_most(MAX_ELEMENTS, "intersections", intersections)?;
        Ok(Mapem {
            header: ItsPduHeader::of(MessageKind::Mapem, station),
            map: MapData {
                time_stamp: Some(minute_of(sent)),
                msg_issue_revision: MsgCount(issue.0),
                layer_type: Some(LayerType::IntersectionData),
                layer_id: None,
                intersections: Some(IntersectionGeometryList(intersections.ok_or(ViewError::Empty)?)),
                road_segments: None,
                data_parameters: None,
                restriction_list: None,
                regional: None,
            },
        })
    }

    /// The plane of the nodes' positions.
    #[must_use]
    pub fn plane(&self) -> LocalPlane {
        LocalPlane::at(self.reference_point)
    }

    /// How wide a lane is at a node; `None` where the message has no width.
    #[must_use]
    pub fn width_at(&self, node: &LaneNode) -> Option<Length> {
        self.lane_width.map(|width| width + node.widening)
    }

    /// How high a node lies above the WGS84 ellipsoid.
    #[must_use]
    pub fn elevation_at(&self, node: &LaneNode) -> Option<Length> {
        self.elevation.map(|elevation| elevation + node.rise)
    }

    /// The lane of a number.
    #[must_use]
    pub fn lane(&self, id: u8) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    /// The lanes that come in or go out by an approach.
    pub fn lanes_of_approach(&self, approach: u8) -> impl Iterator<Item = &Lane> {
        let by = Some(approach);
        self.lanes.iter().filter(move |lane| lane.ingress_approach == by || lane.egress_approach == by)
    }

    /// The ways over the intersection for who enters by `inbound`, each with its lane: those of the lane, those of all lanes that come
    /// in by the approach, or those of that number.
    pub fn connections_of(
        &self,
        inbound: IntersectionAccess,
    ) -> impl Iterator<Item = (&Lane, &LaneConnection)> {
        let ways = self.lanes.iter().flat_map(|lane| lane.connections.iter().map(move |way| (lane, way)));
        ways.filter(move |(lane, way)| match inbound {
            IntersectionAccess::Lane(id) => lane.id == id,
            IntersectionAccess::Approach(approach) => lane.ingress_approach == Some(approach),
            IntersectionAccess::Connection(connection) => way.connection == Some(connection),
        })
    }

    /// The signal groups that give way to who enters by `inbound`, in ascending order.
    #[must_use]
    pub fn signal_groups_of(&self, inbound: IntersectionAccess) -> Vec<u8> {
        let groups = self.connections_of(inbound).filter_map(|(_, way)| way.signal_group);
        groups.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn from_wire(wire: &IntersectionGeometry) -> Result<Self, ViewError> {
        let intersection = IntersectionReference::from_wire(&wire.id);
        let reference_point = position_from_wire(wire.ref_point.lat, wire.ref_point.long)
            .ok_or(ViewError::NoReferencePoint(intersection))?;
        let plane = LocalPlane::at(reference_point);
        let mut lanes = Vec::new();
        let mut unreadable = Vec::new();
        for lane in &wire.lane_set.0 {
            match Lane::from_wire(lane, &wire.lane_set.0, &plane) {
                Ok(lane) => lanes.push(lane),
                Err(error) => unreadable.push((lane.lane_id.0, error)),
            }
        }
        let width = wire.lane_width.map(|width| Length::from_centimetres(width.0.into()));
        Ok(Self {
            intersection,
            name: name_from_wire(wire.name.as_ref()),
            revision: wire.revision.0,
            reference_point,
            elevation: elevation_from_wire(&wire.ref_point),
            lane_width: width,
            speed_limits: SpeedLimit::all_from_wire(wire.speed_limits.as_ref()),
            lanes,
            unreadable,
        })
    }

    fn to_wire(&self) -> Result<IntersectionGeometry, ViewError> {
        let (lat, long) = position_to_wire(self.reference_point);
        // The plane of who reads it: that of the rounded reference point.
        let rounded = position_from_wire(lat, long).ok_or(ViewError::NoReferencePoint(self.intersection))?;
        let plane = LocalPlane::at(rounded);
        let lanes = self.lanes.iter().map(|lane| lane.to_wire(&plane)).collect::<Result<_, _>>()?;
        let lanes = ViewError::at_most(255, "lanes", lanes)?;
        Ok(IntersectionGeometry {
            name: name_to_wire(self.name.as_deref())?,
            id: self.intersection.to_wire(),
            revision: ViewError::in_range("a revision", 0, MsgCount::MAX.0, self.revision).map(MsgCount)?,
            ref_point: Position3D {
                lat,
                long,
                elevation: self.elevation.map(elevation_to_wire).transpose()?,
                regional: None,
            },
            lane_width: self.lane_width.map(width_to_wire).transpose()?,
            speed_limits: SpeedLimit::all_to_wire(&self.speed_limits)?,
            lane_set: LaneList(lanes.ok_or(ViewError::None("lane"))?),
            preempt_priority_data: None,
            regional: None,
        })
    }
}

/// `elevation`, or where that is missing the `altitude` that addGrpC has in its place.
fn elevation_from_wire(wire: &Position3D) -> Option<Length> {
    let elevation = wire.elevation.filter(|elevation| *elevation != Elevation::UNKNOWN);
    elevation.map(|elevation| Length::from_metres(f64::from(elevation.0) / 10.0)).or_else(|| {
        let altitude = wire.add_grp_c().ok().flatten()?.altitude.altitude_value;
        let known = altitude != AltitudeValue::UNAVAILABLE;
        known.then(|| Length::from_centimetres(altitude.0.into()))
    })
}

fn elevation_to_wire(elevation: Length) -> Result<Elevation, ViewError> {
    let steps = nearest(elevation.metres() * 10.0, i32::MIN, i32::MAX);
    ViewError::in_range("an elevation in 0.1 m", Elevation::UNKNOWN.0 + 1, Elevation::MAX.0, steps)
        .map(Elevation)
}

fn width_to_wire(width: Length) -> Result<LaneWidth, ViewError> {
    let centimetres = nearest(width.metres() * 100.0, i32::MIN, i32::MAX);
    let maximum = LaneWidth::MAX.0;
    let centimetres = ViewError::in_range("a lane width in cm", 0, maximum.into(), centimetres)?;
    Ok(u16::try_from(centimetres).map_or(LaneWidth::MAX, LaneWidth))
}

#[cfg(test)]
mod tests;
