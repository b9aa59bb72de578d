//! Universal Transverse Mercator: the plane coordinates of projected networks.

use crate::GeodeticPosition;
use crate::position::{WGS84_FLATTENING, WGS84_SEMI_MAJOR_M};

/// Scale on the central meridian.
const SCALE: f64 = 0.9996;
const FALSE_EASTING_M: f64 = 500_000.0;
const FALSE_NORTHING_SOUTH_M: f64 = 10_000_000.0;

/// Which half of the earth a zone is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hemisphere {
    /// North of the equator.
    North,
    /// South of it: northings have 10 000 km added.
    South,
}

/// A zone of the Universal Transverse Mercator projection of WGS84, by Krüger's series to the fourth order in the third
/// flattening (Karney, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85, 2011, eqs. 7 to 17): better
/// than a millimetre within 3 500 km of the central meridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Utm {
    zone: u8,
    hemisphere: Hemisphere,
    central_meridian_degrees: f64,
    false_northing_m: f64,
}

impl Utm {
    /// Zone 1 to 60; `None` for another number.
    #[must_use]
    pub fn new(zone: u8, hemisphere: Hemisphere) -> Option<Self> {
        (1..=60).contains(&zone).then(|| Self {
            zone,
            hemisphere,
            central_meridian_degrees: f64::from(zone) * 6.0 - 183.0,
            false_northing_m: match hemisphere {
                Hemisphere::North => 0.0,
                Hemisphere::South => FALSE_NORTHING_SOUTH_M,
            },
        })
    }

    /// The zone, 1 to 60.
    #[must_use]
    pub const fn zone(&self) -> u8 {
        self.zone
    }

    /// The hemisphere that it is counted for.
    #[must_use]
    pub const fn hemisphere(&self) -> Hemisphere {
        self.hemisphere
    }

    /// The position of an easting and northing in metres; `None` where they are far outside the projection.
    #[must_use]
    pub fn to_geodetic(&self, easting_m: f64, northing_m: f64) -> Option<GeodeticPosition> {
        let series = Series::new();
        let xi = (northing_m - self.false_northing_m) / (SCALE * series.rectifying_radius_m);
        let eta = (easting_m - FALSE_EASTING_M) / (SCALE * series.rectifying_radius_m);
        if !(xi.abs() <= 2.0 && eta.abs() <= 1.0) {
            return None;
        }
        let (xi, eta) = corrected(xi, eta, &series.inverse, -1.0);
        let conformal_tangent = libm::sin(xi) / hypotenuse(libm::sinh(eta), libm::cos(xi));
        let latitude = libm::atan(geodetic_tangent(conformal_tangent));
        let longitude = libm::atan2(libm::sinh(eta), libm::cos(xi));
        GeodeticPosition::from_degrees(
            latitude.to_degrees(),
            self.central_meridian_degrees + longitude.to_degrees(),
        )
    }

    /// The easting and northing of a position in metres.
    #[must_use]
    pub fn from_geodetic(&self, position: GeodeticPosition) -> (f64, f64) {
        let series = Series::new();
        let longitude = (position.longitude_degrees() - self.central_meridian_degrees).to_radians();
        let tangent = conformal_tangent(libm::tan(position.latitude_degrees().to_radians()));
        let cosine = libm::cos(longitude);
        let xi = libm::atan2(tangent, cosine);
        let eta = libm::asinh(libm::sin(longitude) / hypotenuse(tangent, cosine));
        let (xi, eta) = corrected(xi, eta, &series.forward, 1.0);
        (
            FALSE_EASTING_M + SCALE * series.rectifying_radius_m * eta,
            self.false_northing_m + SCALE * series.rectifying_radius_m * xi,
        )
    }
}

/// The coefficients of Krüger's series for WGS84.
struct Series {
    rectifying_radius_m: f64,
    forward: [f64; 4],
    inverse: [f64; 4],
}

impl Series {
    fn new() -> Self {
        let n = WGS84_FLATTENING / (2.0 - WGS84_FLATTENING);
        let (n2, n3, n4) = (n * n, n * n * n, n * n * n * n);
        Self {
            rectifying_radius_m: WGS84_SEMI_MAJOR_M / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0),
            forward: [
                n / 2.0 - 2.0 * n2 / 3.0 + 5.0 * n3 / 16.0 + 41.0 * n4 / 180.0,
                13.0 * n2 / 48.0 - 3.0 * n3 / 5.0 + 557.0 * n4 / 1440.0,
                61.0 * n3 / 240.0 - 103.0 * n4 / 140.0,
                49_561.0 * n4 / 161_280.0,
            ],
            inverse: [
                n / 2.0 - 2.0 * n2 / 3.0 + 37.0 * n3 / 96.0 - n4 / 360.0,
                n2 / 48.0 + n3 / 15.0 - 437.0 * n4 / 1440.0,
                17.0 * n3 / 480.0 - 37.0 * n4 / 840.0,
                4397.0 * n4 / 161_280.0,
            ],
        }
    }
}

/// Adds (`sign` 1) or takes away (-1) the series' terms.
fn corrected(xi: f64, eta: f64, coefficients: &[f64; 4], sign: f64) -> (f64, f64) {
    let (mut corrected_xi, mut corrected_eta) = (xi, eta);
    for (order, coefficient) in (1_u8..).zip(coefficients) {
        let double = 2.0 * f64::from(order);
        corrected_xi += sign * coefficient * libm::sin(double * xi) * libm::cosh(double * eta);
        corrected_eta += sign * coefficient * libm::cos(double * xi) * libm::sinh(double * eta);
    }
    (corrected_xi, corrected_eta)
}

/// The tangent of the conformal latitude from that of the geodetic one.
fn conformal_tangent(tangent: f64) -> f64 {
    let eccentricity = eccentricity();
    let secant = (1.0 + tangent * tangent).sqrt();
    let sigma = libm::sinh(eccentricity * libm::atanh(eccentricity * tangent / secant));
    tangent * (1.0 + sigma * sigma).sqrt() - sigma * secant
}

/// The inverse of [`conformal_tangent`] by Newton's method (Karney eqs. 19 to 21): two rounds reach machine precision.
fn geodetic_tangent(conformal: f64) -> f64 {
    let squared = eccentricity() * eccentricity();
    let mut tangent = conformal;
    for _ in 0..5 {
        let reached = conformal_tangent(tangent);
        tangent += (conformal - reached) / (1.0 + reached * reached).sqrt()
            * (1.0 + (1.0 - squared) * tangent * tangent)
            / ((1.0 - squared) * (1.0 + tangent * tangent).sqrt());
    }
    tangent
}

fn eccentricity() -> f64 {
    (WGS84_FLATTENING * (2.0 - WGS84_FLATTENING)).sqrt()
}

fn hypotenuse(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with PROJ 9 (`+proj=utm +datum=WGS84`), to 0.1 mm.
    const KNOWN: [(u8, Hemisphere, f64, f64, f64, f64); 6] = [
        (31, Hemisphere::North, 52.0907, 5.1214, 645_332.641_6, 5_773_249.393_1),
        (32, Hemisphere::North, 44.4949, 11.3426, 686_248.655_2, 4_929_511.901_5),
        (32, Hemisphere::North, 44.48, 11.28, 681_317.762_4, 4_927_716.036_0),
        (56, Hemisphere::South, -33.8568, 151.215_3, 334_900.569_7, 6_252_288.752_9),
        (31, Hemisphere::North, 0.0, 3.0, 500_000.0, 0.0),
        (33, Hemisphere::North, 78.2232, 15.6267, 514_278.715_1, 8_683_355.469_5),
    ];

    #[test]
    fn known_points_project_to_a_tenth_of_a_millimetre() {
        for (zone, hemisphere, latitude, longitude, easting, northing) in KNOWN {
            let utm = Utm::new(zone, hemisphere).unwrap();
            let position = GeodeticPosition::from_degrees(latitude, longitude).unwrap();
            let (e, n) = utm.from_geodetic(position);
            assert!((e - easting).abs() < 1e-4 && (n - northing).abs() < 1e-4, "{e} {n}");
            let back = utm.to_geodetic(easting, northing).unwrap();
            assert!((back.latitude_degrees() - latitude).abs() < 1e-9, "{back:?}");
            assert!((back.longitude_degrees() - longitude).abs() < 1e-9, "{back:?}");
        }
    }

    #[test]
    fn what_lies_outside_is_refused() {
        assert_eq!(Utm::new(0, Hemisphere::North), None);
        assert_eq!(Utm::new(61, Hemisphere::North), None);
        let utm = Utm::new(31, Hemisphere::North).unwrap();
        assert_eq!(utm.to_geodetic(f64::NAN, 0.0), None);
        assert_eq!(utm.to_geodetic(1e9, 0.0), None);
        assert_eq!((utm.zone(), utm.hemisphere()), (31, Hemisphere::North));
    }
}
