//! From the network's plane to WGS84 and back.

use voorrang_units::{GeodeticPosition, LocalPlane, LocalPosition, Utm};

/// How plane coordinates (metres east, metres north) become WGS84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Projection {
    /// The plane touches the ellipsoid at its origin.
    Local(LocalPlane),
    /// UTM, with the network's offset: UTM coordinate = plane coordinate - offset.
    Utm {
        /// The zone.
        utm: Utm,
        /// What was added to UTM coordinates: metres east, metres north (SUMO's `netOffset`).
        offset: [f64; 2],
    },
}

impl Projection {
    /// The position in WGS84; `None` where the plane point lies outside the projection.
    #[must_use]
    pub fn to_geodetic(&self, [east, north]: [f64; 2]) -> Option<GeodeticPosition> {
        match self {
            Self::Local(plane) => Some(plane.to_geodetic(LocalPosition::from_metres(east, north))),
            Self::Utm { utm, offset } => utm.to_geodetic(east - offset[0], north - offset[1]),
        }
    }

    /// The point on the plane: metres east, metres north.
    #[must_use]
    pub fn to_plane(&self, position: GeodeticPosition) -> [f64; 2] {
        match self {
            Self::Local(plane) => {
                let local = plane.to_local(position);
                [local.east().metres(), local.north().metres()]
            }
            Self::Utm { utm, offset } => {
                let (easting, northing) = utm.from_geodetic(position);
                [easting + offset[0], northing + offset[1]]
            }
        }
    }
}
