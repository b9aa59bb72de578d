//! Positions: geodetic (WGS84) on the wire and in files, on a local plane in computations.

use serde::{Deserialize, Serialize};

use crate::{Angle, Length};

/// Semi-major axis of the WGS84 ellipsoid in metres (NIMA TR8350.2).
pub(crate) const WGS84_SEMI_MAJOR_M: f64 = 6_378_137.0;
/// Flattening of the WGS84 ellipsoid.
pub(crate) const WGS84_FLATTENING: f64 = 1.0 / 298.257_223_563;

/// A position in WGS84.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct GeodeticPosition {
    latitude: f64,
    longitude: f64,
}

impl GeodeticPosition {
    /// From degrees north and degrees east; `None` outside -90 to 90 or -180 to 180.
    #[must_use]
    pub fn from_degrees(latitude: f64, longitude: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude))
            .then_some(Self { latitude, longitude })
    }

    /// Degrees north.
    #[must_use]
    pub const fn latitude_degrees(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    #[must_use]
    pub const fn longitude_degrees(self) -> f64 {
        self.longitude
    }
}

/// A position on a plane.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
pub struct LocalPosition {
    east: Length,
    north: Length,
}

impl LocalPosition {
    /// From metres east and north of the plane's origin.
    #[must_use]
    pub const fn from_metres(east: f64, north: f64) -> Self {
        Self { east: Length::from_metres(east), north: Length::from_metres(north) }
    }

    /// How far east of the origin.
    #[must_use]
    pub const fn east(self) -> Length {
        self.east
    }

    /// How far north of the origin.
    #[must_use]
    pub const fn north(self) -> Length {
        self.north
    }

    /// The straight-line distance.
    #[must_use]
    pub fn distance_to(self, other: Self) -> Length {
        let (east, north) = ((other.east - self.east).metres(), (other.north - self.north).metres());
        Length::from_metres((east * east + north * north).sqrt())
    }

    /// The heading from here to `other`.
    #[must_use]
    pub fn heading_to(self, other: Self) -> Angle {
        Angle::heading((other.east - self.east).metres(), (other.north - self.north).metres())
    }
}

/// A plane that touches the WGS84 ellipsoid at its origin. East and north are scaled with the radii of curvature there: within
/// 2 km of the origin, positions are true to some centimetres, which an intersection and its approaches need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalPlane {
    origin: GeodeticPosition,
    metres_per_degree_east: f64,
    metres_per_degree_north: f64,
}

impl LocalPlane {
    /// The plane at an origin.
    #[must_use]
    pub fn at(origin: GeodeticPosition) -> Self {
        let latitude = origin.latitude.to_radians();
        let eccentricity_squared = WGS84_FLATTENING * (2.0 - WGS84_FLATTENING);
        let (sine, cosine) = (libm::sin(latitude), libm::cos(latitude));
        let curvature = 1.0 - eccentricity_squared * sine * sine;
        let prime_vertical = WGS84_SEMI_MAJOR_M / curvature.sqrt();
        let meridional = prime_vertical * (1.0 - eccentricity_squared) / curvature;
        Self {
            origin,
            // At the poles a degree of longitude has no length; a millimetre keeps the way back defined.
            metres_per_degree_east: (prime_vertical * cosine).to_radians().max(0.001),
            metres_per_degree_north: meridional.to_radians(),
        }
    }

    /// The position on the plane.
    #[must_use]
    pub fn to_local(&self, position: GeodeticPosition) -> LocalPosition {
        let mut turn = position.longitude - self.origin.longitude;
        if turn > 180.0 {
            turn -= 360.0;
        } else if turn < -180.0 {
            turn += 360.0;
        }
        LocalPosition::from_metres(
            turn * self.metres_per_degree_east,
            (position.latitude - self.origin.latitude) * self.metres_per_degree_north,
        )
    }

    /// The geodetic position of a point on the plane. Beyond a pole or the date line it is bent back into range.
    #[must_use]
    pub fn to_geodetic(&self, position: LocalPosition) -> GeodeticPosition {
        let latitude = self.origin.latitude + position.north.metres() / self.metres_per_degree_north;
        let longitude = self.origin.longitude + position.east.metres() / self.metres_per_degree_east;
        let turned = longitude - ((longitude + 180.0) / 360.0).floor() * 360.0;
        GeodeticPosition {
            latitude: latitude.clamp(-90.0, 90.0),
            longitude: if (-180.0..=180.0).contains(&longitude) { longitude } else { turned },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> GeodeticPosition {
        GeodeticPosition::from_degrees(latitude, longitude).unwrap()
    }

    #[test]
    fn out_of_range_is_refused() {
        assert_eq!(GeodeticPosition::from_degrees(90.1, 0.0), None);
        assert_eq!(GeodeticPosition::from_degrees(0.0, f64::NAN), None);
    }

    #[test]
    fn a_degree_of_latitude_has_its_known_length() {
        // Lengths of a degree on the WGS84 ellipsoid: 110 574 m at the equator, 111 694 m at the poles; longitude 111 320 m at the equator.
        let check =
            |metres: f64, expected: f64| assert!((metres - expected).abs() < 1.0, "{metres} {expected}");
        check(LocalPlane::at(at(0.0, 0.0)).to_local(at(1.0, 0.0)).north().metres(), 110_574.3);
        check(LocalPlane::at(at(90.0, 0.0)).to_local(at(89.0, 0.0)).north().metres(), -111_694.0);
        check(LocalPlane::at(at(0.0, 0.0)).to_local(at(0.0, 1.0)).east().metres(), 111_319.5);
    }

    #[test]
    fn the_plane_is_there_and_back() {
        let plane = LocalPlane::at(at(52.0907, 5.1214));
        let there = LocalPosition::from_metres(1234.5, -987.6);
        let back = plane.to_local(plane.to_geodetic(there));
        assert!(there.distance_to(back).metres() < 1e-6);
    }

    #[test]
    fn the_date_line_is_no_edge() {
        let plane = LocalPlane::at(at(-17.0, 179.999));
        let across = plane.to_geodetic(LocalPosition::from_metres(500.0, 0.0));
        assert!(across.longitude_degrees() < -179.99);
        assert!((plane.to_local(across).east().metres() - 500.0).abs() < 1e-6);
    }
}
