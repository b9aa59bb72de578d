//! Where something is: latitude and longitude in tenths of a microdegree on the wire.

use voorrang_units::GeodeticPosition;

use super::rounding::nearest;
use crate::its_container::{Latitude, Longitude};

const UNITS_PER_DEGREE: f64 = 1e7;

/// `None` for the values "unavailable", which lie outside the range of a position.
pub(crate) fn position_from_wire(latitude: Latitude, longitude: Longitude) -> Option<GeodeticPosition> {
    let degrees = |raw: i32| f64::from(raw) / UNITS_PER_DEGREE;
    GeodeticPosition::from_degrees(degrees(latitude.0), degrees(longitude.0))
}

/// Rounded to a tenth of a microdegree: 11 mm of latitude.
pub(crate) fn position_to_wire(position: GeodeticPosition) -> (Latitude, Longitude) {
    let raw = |degrees: f64| nearest(degrees * UNITS_PER_DEGREE, i32::MIN, i32::MAX);
    (Latitude(raw(position.latitude_degrees())), Longitude(raw(position.longitude_degrees())))
}
