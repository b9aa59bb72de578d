//! The way that was driven: points backwards from where a vehicle or an event is.

use serde::{Deserialize, Serialize};
use voorrang_units::{Duration, GeodeticPosition, Length};

use super::place::{position_from_wire, position_to_wire};
use super::rounding::nearest;
use crate::its_container::{
    self, DeltaAltitude, DeltaLatitude, DeltaLongitude, DeltaReferencePosition, Latitude, Longitude,
    PathDeltaTime, PathHistory,
};
use crate::view_error::ViewError;

/// `PathPoint` (TS 102 894-2). On the wire each point is told from the one before it, the first from the position of the vehicle or the
/// event; here each has its own position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathPoint {
    /// Where it is; at most 0.0131071 degree of latitude and of longitude from the point before it.
    pub position: GeodeticPosition,
    /// How much higher it lies than the point before it, -127 to 127.99 m in steps of 1 cm.
    pub delta_altitude: Option<Length>,
    /// How much earlier the vehicle was there than at the point before it, in steps of 10 ms.
    pub delta_time: Option<Duration>,
}

impl PathPoint {
    /// A point of which only the position is known.
    #[must_use]
    pub const fn at(position: GeodeticPosition) -> Self {
        Self { position, delta_altitude: None, delta_time: None }
    }

    /// The points of a path from `start`. It ends before the first point whose place is unavailable: those behind it are told from
    /// there. From an unavailable start there is none.
    pub(crate) fn path_from_wire(start: &its_container::ReferencePosition, path: &PathHistory) -> Vec<Self> {
        let mut place = Place::of(start.latitude, start.longitude);
        let point = |point: &its_container::PathPoint| {
            let delta = &point.path_position;
            place = place?.behind(delta.delta_latitude, delta.delta_longitude);
            let altitude = delta.delta_altitude;
            Some(Self {
                position: place?.position()?,
                delta_altitude: (altitude < DeltaAltitude::UNAVAILABLE)
                    .then(|| Length::from_centimetres(altitude.0.into())),
                delta_time: point.path_delta_time.map(delta_time_from_wire),
            })
        };
        path.0.iter().map_while(point).collect()
    }

    /// # Errors
    /// When there are more than 40 points, a point lies too far from the one before it, or the start has no place.
    pub(crate) fn path_to_wire(
        start: &its_container::ReferencePosition,
        path: &[Self],
    ) -> Result<PathHistory, ViewError> {
        if path.len() > MAX_POINTS {
            let found = path.len();
            return Err(ViewError::TooMany { what: "points of a path", most: MAX_POINTS, found });
        }
        let mut place = Place::of(start.latitude, start.longitude);
        let step = |(index, point): (usize, &Self)| {
            let (latitude, longitude) = position_to_wire(point.position);
            let there = Place::of(latitude, longitude).ok_or(ViewError::PathStep { point: index })?;
            let here = place.replace(there).ok_or(ViewError::PathWithoutStart)?;
            let (delta_latitude, delta_longitude) =
                here.step_to(there).ok_or(ViewError::PathStep { point: index })?;
            Ok(its_container::PathPoint {
                path_position: DeltaReferencePosition {
                    delta_latitude,
                    delta_longitude,
                    delta_altitude: point
                        .delta_altitude
                        .map_or(DeltaAltitude::UNAVAILABLE, delta_altitude_to_wire),
                },
                path_delta_time: point.delta_time.map(delta_time_to_wire),
            })
        };
        path.iter().enumerate().map(step).collect::<Result<_, _>>().map(PathHistory)
    }
}

/// `PathHistory`: SIZE (0..40).
const MAX_POINTS: usize = 40;

/// A place in tenths of a microdegree: whole numbers, so that the rounding of one point does not move those behind it.
#[derive(Debug, Clone, Copy)]
struct Place {
    latitude: i64,
    longitude: i64,
}

impl Place {
    /// `None` where it is unavailable.
    fn of(latitude: Latitude, longitude: Longitude) -> Option<Self> {
        position_from_wire(latitude, longitude)?;
        Some(Self { latitude: latitude.0.into(), longitude: longitude.0.into() })
    }

    fn position(self) -> Option<GeodeticPosition> {
        let (latitude, longitude) = (i32::try_from(self.latitude).ok()?, i32::try_from(self.longitude).ok()?);
        position_from_wire(Latitude(latitude), Longitude(longitude))
    }

    /// The place that lies so far from here; `None` where that is unavailable.
    fn behind(self, latitude: DeltaLatitude, longitude: DeltaLongitude) -> Option<Self> {
        let known = latitude < DeltaLatitude::UNAVAILABLE && longitude < DeltaLongitude::UNAVAILABLE;
        known.then(|| Self {
            latitude: self.latitude + i64::from(latitude.0),
            longitude: within_half_a_turn(self.longitude + i64::from(longitude.0)),
        })
    }

    /// `None` where it is too far.
    fn step_to(self, other: Self) -> Option<(DeltaLatitude, DeltaLongitude)> {
        let latitude = i32::try_from(other.latitude - self.latitude).ok()?;
        let longitude = i32::try_from(within_half_a_turn(other.longitude - self.longitude)).ok()?;
        let near = [latitude, longitude].iter().all(|step| step.abs() < DeltaLatitude::UNAVAILABLE.0);
        near.then_some((DeltaLatitude(latitude), DeltaLongitude(longitude)))
    }
}

/// The date line is no edge.
const fn within_half_a_turn(longitude: i64) -> i64 {
    if longitude > HALF_A_TURN {
        longitude - 2 * HALF_A_TURN
    } else if longitude < -HALF_A_TURN {
        longitude + 2 * HALF_A_TURN
    } else {
        longitude
    }
}

const HALF_A_TURN: i64 = 1_800_000_000;

fn delta_altitude_to_wire(altitude: Length) -> DeltaAltitude {
    let highest = DeltaAltitude::UNAVAILABLE.0 - 1;
    let centimetres = nearest(altitude.metres() * 100.0, DeltaAltitude::MIN.0.into(), highest.into());
    i16::try_from(centimetres).map_or(DeltaAltitude::UNAVAILABLE, DeltaAltitude)
}

/// Messages on the road exceed the range of 65535 steps, which the standard allows (an extensible range).
const fn delta_time_from_wire(wire: PathDeltaTime) -> Duration {
    Duration::from_millis(wire.0.saturating_mul(STEP_MILLIS))
}

/// At least one step.
fn delta_time_to_wire(time: Duration) -> PathDeltaTime {
    let steps = time.millis().saturating_add(STEP_MILLIS / 2).div_euclid(STEP_MILLIS);
    PathDeltaTime(steps.max(PathDeltaTime::MIN.0))
}

const STEP_MILLIS: i64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::ReferencePosition;

    fn at(latitude: f64, longitude: f64) -> GeodeticPosition {
        GeodeticPosition::from_degrees(latitude, longitude).unwrap()
    }

    fn start(latitude: f64, longitude: f64) -> its_container::ReferencePosition {
        ReferencePosition::at(at(latitude, longitude)).to_wire()
    }

    fn steps(path: &PathHistory) -> Vec<(i32, i32)> {
        let step = |point: &its_container::PathPoint| {
            (point.path_position.delta_latitude.0, point.path_position.delta_longitude.0)
        };
        path.0.iter().map(step).collect()
    }

    fn path(points: &[(f64, f64)]) -> Vec<PathPoint> {
        points.iter().map(|&(latitude, longitude)| PathPoint::at(at(latitude, longitude))).collect()
    }

    #[test]
    fn each_point_is_told_from_the_one_before_it() {
        let path = path(&[(52.0906, 5.1213), (52.0904, 5.121)]);
        let wire = PathPoint::path_to_wire(&start(52.0907, 5.1214), &path).unwrap();
        assert_eq!(steps(&wire), [(-1000, -1000), (-2000, -3000)]);
        assert_eq!(PathPoint::path_from_wire(&start(52.0907, 5.1214), &wire), path);
    }

    #[test]
    fn rounding_does_not_add_up() {
        let third = 1e-7 / 3.0;
        let points: Vec<_> = (1..=40).map(|step| (52.0 + third * f64::from(step), 5.0)).collect();
        let wire = PathPoint::path_to_wire(&start(52.0, 5.0), &path(&points)).unwrap();
        assert_eq!(steps(&wire).iter().map(|(latitude, _)| latitude).sum::<i32>(), 13);
    }

    #[test]
    fn the_date_line_is_no_edge() {
        let path = path(&[(-17.0, -179.9999), (-17.0, 179.9999)]);
        let wire = PathPoint::path_to_wire(&start(-17.0, 179.9999), &path).unwrap();
        assert_eq!(steps(&wire), [(0, 2000), (0, -2000)]);
        assert_eq!(PathPoint::path_from_wire(&start(-17.0, 179.9999), &wire), path);
    }

    #[test]
    fn altitude_and_time_are_differences_too() {
        let point = PathPoint {
            position: at(52.0, 5.0),
            delta_altitude: Some(Length::from_metres(-0.9)),
            delta_time: Some(Duration::from_millis(713_160)),
        };
        let wire = PathPoint::path_to_wire(&start(52.0, 5.0), &[point]).unwrap();
        assert_eq!(wire.0[0].path_position.delta_altitude, DeltaAltitude(-90));
        assert_eq!(wire.0[0].path_delta_time, Some(PathDeltaTime(71_316)), "beyond 65535");
        assert_eq!(PathPoint::path_from_wire(&start(52.0, 5.0), &wire), [point]);
        for (millis, steps) in [(4, 1), (-500, 1), (15, 2), (i64::MAX, i64::MAX / 10), (i64::MIN, 1)] {
            assert_eq!(delta_time_to_wire(Duration::from_millis(millis)), PathDeltaTime(steps), "{millis}");
        }
        assert_eq!(delta_time_from_wire(PathDeltaTime(i64::MIN)), Duration::from_millis(i64::MIN));
        assert_eq!(delta_altitude_to_wire(Length::from_metres(1e9)), DeltaAltitude(12_799));
    }

    #[test]
    fn a_path_ends_where_a_place_is_unavailable() {
        let path = path(&[(52.0, 5.001), (52.0, 5.002), (52.0, 5.003)]);
        let mut wire = PathPoint::path_to_wire(&start(52.0, 5.0), &path).unwrap();
        wire.0[1].path_position.delta_longitude = DeltaLongitude::UNAVAILABLE;
        assert_eq!(PathPoint::path_from_wire(&start(52.0, 5.0), &wire), path[..1]);
        let nowhere = ReferencePosition::default().to_wire();
        assert_eq!(PathPoint::path_from_wire(&nowhere, &wire), []);
        assert_eq!(PathPoint::path_to_wire(&nowhere, &path), Err(ViewError::PathWithoutStart));
    }

    #[test]
    fn places_beyond_a_pole_end_a_path() {
        let wire = PathPoint::path_to_wire(&start(89.99, 0.0), &path(&[(90.0, 0.0)])).unwrap();
        assert_eq!(PathPoint::path_from_wire(&start(89.995, 0.0), &wire), []);
    }

    #[test]
    fn steps_that_the_wire_cannot_say_are_refused() {
        let near = path(&[(52.0131071, 5.0)]);
        assert!(PathPoint::path_to_wire(&start(52.0, 5.0), &near).is_ok());
        let far = path(&[(52.0, 5.0), (52.0, 4.98)]);
        let refused = PathPoint::path_to_wire(&start(52.0, 5.0), &far);
        assert_eq!(refused, Err(ViewError::PathStep { point: 1 }));
        let long = vec![PathPoint::at(at(52.0, 5.0)); 41];
        let refused = PathPoint::path_to_wire(&start(52.0, 5.0), &long);
        assert_eq!(refused, Err(ViewError::TooMany { what: "points of a path", most: 40, found: 41 }));
    }
}
