//! Where a vehicle or an event is, and how sure that is.

use serde::{Deserialize, Serialize};
use voorrang_units::{Angle, GeodeticPosition, Length};

use super::course::{heading_value_from_wire, heading_value_to_wire};
use super::measured::{ConfidenceClasses, Measured};
use super::place::{position_from_wire, position_to_wire};
use super::rounding::nearest;
use crate::its_container::{
    self, Altitude, AltitudeConfidence, AltitudeValue, Latitude, Longitude, PosConfidenceEllipse,
    SemiAxisLength,
};

/// `ReferencePosition` (TS 102 894-2), in WGS84. Of a vehicle it is the middle of its front, on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ReferencePosition {
    /// Latitude and longitude; `None` where one of them is unavailable.
    pub geodetic: Option<GeodeticPosition>,
    /// How sure they are.
    pub ellipse: Option<ConfidenceEllipse>,
    /// The height above the ellipsoid, -1000 to 8000 m; both ends stand for what lies beyond them too. Its confidence is one of
    /// 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100 and 200 m.
    pub altitude: Option<Measured<Length>>,
}

/// `PosConfidenceEllipse` (TS 102 894-2): the ellipse around a position that holds the true one with 95 % probability. There is none
/// where an axis is unavailable or out of range (40.94 m and more).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceEllipse {
    /// Half the longer axis, in steps of 1 cm.
    pub semi_major: Length,
    /// Half the shorter axis, in steps of 1 cm.
    pub semi_minor: Length,
    /// Where the longer axis points, clockwise from north.
    pub orientation: Option<Angle>,
}

impl ReferencePosition {
    /// A position of which nothing else is known.
    #[must_use]
    pub const fn at(position: GeodeticPosition) -> Self {
        Self { geodetic: Some(position), ellipse: None, altitude: None }
    }

    pub(crate) fn from_wire(wire: &its_container::ReferencePosition) -> Self {
        Self {
            geodetic: position_from_wire(wire.latitude, wire.longitude),
            ellipse: ConfidenceEllipse::from_wire(&wire.position_confidence_ellipse),
            altitude: altitude_from_wire(&wire.altitude),
        }
    }

    pub(crate) fn to_wire(self) -> its_container::ReferencePosition {
        let unavailable = (Latitude::UNAVAILABLE, Longitude::UNAVAILABLE);
        let (latitude, longitude) = self.geodetic.map_or(unavailable, position_to_wire);
        its_container::ReferencePosition {
            latitude,
            longitude,
            position_confidence_ellipse: ConfidenceEllipse::to_wire(self.ellipse),
            altitude: altitude_to_wire(self.altitude),
        }
    }
}

impl ConfidenceEllipse {
    fn from_wire(wire: &PosConfidenceEllipse) -> Option<Self> {
        let axis = |axis: SemiAxisLength| {
            (axis < SemiAxisLength::OUT_OF_RANGE).then(|| Length::from_centimetres(axis.0.into()))
        };
        Some(Self {
            semi_major: axis(wire.semi_major_confidence)?,
            semi_minor: axis(wire.semi_minor_confidence)?,
            orientation: heading_value_from_wire(wire.semi_major_orientation),
        })
    }

    fn to_wire(ellipse: Option<Self>) -> PosConfidenceEllipse {
        let axis = |length: Length| {
            let centimetres =
                nearest(length.metres() * CENTIMETRES, 0, SemiAxisLength::OUT_OF_RANGE.0.into());
            u16::try_from(centimetres).map_or(SemiAxisLength::OUT_OF_RANGE, SemiAxisLength)
        };
        PosConfidenceEllipse {
            semi_major_confidence: ellipse
                .map_or(SemiAxisLength::UNAVAILABLE, |ellipse| axis(ellipse.semi_major)),
            semi_minor_confidence: ellipse
                .map_or(SemiAxisLength::UNAVAILABLE, |ellipse| axis(ellipse.semi_minor)),
            semi_major_orientation: heading_value_to_wire(ellipse.and_then(|ellipse| ellipse.orientation)),
        }
    }
}

fn altitude_from_wire(wire: &Altitude) -> Option<Measured<Length>> {
    let value = Length::from_centimetres(wire.altitude_value.0.into());
    let within = ALTITUDE_CONFIDENCE.read(wire.altitude_confidence).map(Length::from_metres);
    (wire.altitude_value < AltitudeValue::UNAVAILABLE).then_some(Measured { value, within })
}

fn altitude_to_wire(altitude: Option<Measured<Length>>) -> Altitude {
    let highest = AltitudeValue::UNAVAILABLE.0 - 1;
    let centimetres = |value: Length| nearest(value.metres() * CENTIMETRES, AltitudeValue::MIN.0, highest);
    let within = altitude.and_then(|altitude| altitude.within).map(Length::metres);
    Altitude {
        altitude_value: altitude
            .map_or(AltitudeValue::UNAVAILABLE, |altitude| AltitudeValue(centimetres(altitude.value))),
        altitude_confidence: ALTITUDE_CONFIDENCE.write(within),
    }
}

/// In a metre.
const CENTIMETRES: f64 = 100.0;

/// `AltitudeConfidence` in metres.
const ALTITUDE_CONFIDENCE: ConfidenceClasses<AltitudeConfidence> = ConfidenceClasses {
    classes: &[
        (AltitudeConfidence::Alt000_01, 0.01),
        (AltitudeConfidence::Alt000_02, 0.02),
        (AltitudeConfidence::Alt000_05, 0.05),
        (AltitudeConfidence::Alt000_10, 0.1),
        (AltitudeConfidence::Alt000_20, 0.2),
        (AltitudeConfidence::Alt000_50, 0.5),
        (AltitudeConfidence::Alt001_00, 1.0),
        (AltitudeConfidence::Alt002_00, 2.0),
        (AltitudeConfidence::Alt005_00, 5.0),
        (AltitudeConfidence::Alt010_00, 10.0),
        (AltitudeConfidence::Alt020_00, 20.0),
        (AltitudeConfidence::Alt050_00, 50.0),
        (AltitudeConfidence::Alt100_00, 100.0),
        (AltitudeConfidence::Alt200_00, 200.0),
    ],
    out_of_range: AltitudeConfidence::OutOfRange,
    unavailable: AltitudeConfidence::Unavailable,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::its_container::HeadingValue;

    fn utrecht() -> ReferencePosition {
        let metres = Length::from_metres;
        ReferencePosition {
            geodetic: GeodeticPosition::from_degrees(52.0907, 5.1214),
            ellipse: Some(ConfidenceEllipse {
                semi_major: metres(1.0),
                semi_minor: metres(0.8),
                orientation: Some(Angle::from_degrees(90.0)),
            }),
            altitude: Some(Measured::within(metres(15.2), metres(5.0))),
        }
    }

    #[test]
    fn units_on_the_wire_are_those_of_the_standard() {
        let wire = utrecht().to_wire();
        assert_eq!((wire.latitude, wire.longitude), (Latitude(520_907_000), Longitude(51_214_000)));
        let ellipse = &wire.position_confidence_ellipse;
        assert_eq!(ellipse.semi_major_confidence, SemiAxisLength(100));
        assert_eq!(ellipse.semi_minor_confidence, SemiAxisLength(80));
        assert_eq!(ellipse.semi_major_orientation, HeadingValue(900));
        assert_eq!(wire.altitude.altitude_value, AltitudeValue(1520));
        assert_eq!(wire.altitude.altitude_confidence, AltitudeConfidence::Alt005_00);
        assert_eq!(ReferencePosition::from_wire(&wire), utrecht());
    }

    #[test]
    fn what_is_unavailable_is_none() {
        let wire = ReferencePosition::default().to_wire();
        assert_eq!((wire.latitude, wire.longitude), (Latitude(900_000_001), Longitude(1_800_000_001)));
        assert_eq!(wire.position_confidence_ellipse.semi_major_confidence, SemiAxisLength(4095));
        assert_eq!(wire.position_confidence_ellipse.semi_major_orientation, HeadingValue(3601));
        assert_eq!(wire.altitude.altitude_value, AltitudeValue(800_001));
        assert_eq!(wire.altitude.altitude_confidence, AltitudeConfidence::Unavailable);
        assert_eq!(ReferencePosition::from_wire(&wire), ReferencePosition::default());
    }

    #[test]
    fn an_ellipse_that_is_out_of_range_is_none() {
        let mut position = utrecht();
        position.ellipse = position
            .ellipse
            .map(|ellipse| ConfidenceEllipse { semi_major: Length::from_metres(41.0), ..ellipse });
        let wire = position.to_wire();
        assert_eq!(wire.position_confidence_ellipse.semi_major_confidence, SemiAxisLength::OUT_OF_RANGE);
        assert_eq!(ReferencePosition::from_wire(&wire).ellipse, None);
    }

    #[test]
    fn the_ends_of_the_range_are_not_unavailable() {
        let altitude = |metres| altitude_to_wire(Some(Measured::unsure(Length::from_metres(metres))));
        assert_eq!(altitude(1e9).altitude_value, AltitudeValue(800_000));
        assert_eq!(altitude(-1e9).altitude_value, AltitudeValue(-100_000));
    }
}
