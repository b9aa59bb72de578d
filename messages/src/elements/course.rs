//! How fast and whereto: `Speed` and `Heading` of CAM and DENM, with their confidence.

use voorrang_units::{Angle, Speed};

use super::measured::{ConfidenceSteps, Measured};
use super::rounding::nearest;
use crate::its_container::{self, Heading, HeadingConfidence, HeadingValue, SpeedConfidence, SpeedValue};

/// `SpeedValue`: 0.01 m/s.
const SPEED_STEPS_PER_METRE_PER_SECOND: f64 = 100.0;
/// `SpeedConfidence`: 0.01 m/s.
const SPEED_CONFIDENCE: ConfidenceSteps =
    ConfidenceSteps { per_unit: SPEED_STEPS_PER_METRE_PER_SECOND, finest: 1, beyond: 126 };
/// `HeadingValue`: 0.1 degree.
const HEADING_STEPS_PER_DEGREE: f64 = 10.0;
/// `HeadingConfidence`: 0.1 degree.
const HEADING_CONFIDENCE: ConfidenceSteps =
    ConfidenceSteps { per_unit: HEADING_STEPS_PER_DEGREE, finest: 1, beyond: 126 };

/// How fast, without the direction; 163.82 m/s stands for faster ones too.
pub(crate) fn speed_from_wire(wire: &its_container::Speed) -> Option<Measured<Speed>> {
    let value =
        Speed::from_metres_per_second(f64::from(wire.speed_value.0) / SPEED_STEPS_PER_METRE_PER_SECOND);
    let within = SPEED_CONFIDENCE.read(wire.speed_confidence.0).map(Speed::from_metres_per_second);
    (wire.speed_value < SpeedValue::UNAVAILABLE).then_some(Measured { value, within })
}

/// How fast, whatever the direction.
pub(crate) fn speed_to_wire(speed: Option<Measured<Speed>>) -> its_container::Speed {
    let steps = |speed: Speed| {
        let fastest = SpeedValue::UNAVAILABLE.0 - 1;
        let steps =
            nearest(speed.metres_per_second().abs() * SPEED_STEPS_PER_METRE_PER_SECOND, 0, fastest.into());
        SpeedValue(u16::try_from(steps).unwrap_or(fastest))
    };
    let within = speed.and_then(|speed| speed.within).map(Speed::metres_per_second);
    its_container::Speed {
        speed_value: speed.map_or(SpeedValue::UNAVAILABLE, |speed| steps(speed.value)),
        speed_confidence: SpeedConfidence(SPEED_CONFIDENCE.write(within)),
    }
}

/// From 0 to 360 degrees, clockwise from north.
pub(crate) fn heading_from_wire(wire: &Heading) -> Option<Measured<Angle>> {
    let within = HEADING_CONFIDENCE.read(wire.heading_confidence.0).map(Angle::from_degrees);
    heading_value_from_wire(wire.heading_value).map(|value| Measured { value, within })
}

pub(crate) fn heading_to_wire(heading: Option<Measured<Angle>>) -> Heading {
    let within = heading.and_then(|heading| heading.within).map(Angle::degrees);
    Heading {
        heading_value: heading_value_to_wire(heading.map(|heading| heading.value)),
        heading_confidence: HeadingConfidence(HEADING_CONFIDENCE.write(within)),
    }
}

/// The full circle, 3600, is north too.
pub(crate) fn heading_value_from_wire(wire: HeadingValue) -> Option<Angle> {
    let degrees = f64::from(wire.0) / HEADING_STEPS_PER_DEGREE;
    (wire < HeadingValue::UNAVAILABLE).then(|| Angle::from_degrees(degrees).normalised())
}

pub(crate) fn heading_value_to_wire(heading: Option<Angle>) -> HeadingValue {
    let steps = |heading: Angle| {
        // Just below 360 degrees rounds to the full circle.
        let steps = nearest(heading.normalised().degrees() * HEADING_STEPS_PER_DEGREE, 0, 3600) % 3600;
        u16::try_from(steps).map_or(HeadingValue::UNAVAILABLE, HeadingValue)
    };
    heading.map_or(HeadingValue::UNAVAILABLE, steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed(value: f64, within: f64) -> Option<Measured<Speed>> {
        let speed = Speed::from_metres_per_second;
        Some(Measured::within(speed(value), speed(within)))
    }

    fn heading(value: f64, within: f64) -> Option<Measured<Angle>> {
        Some(Measured::within(Angle::from_degrees(value), Angle::from_degrees(within)))
    }

    #[test]
    fn units_on_the_wire_are_those_of_the_standard() {
        let wire = speed_to_wire(speed(13.89, 0.1));
        assert_eq!((wire.speed_value, wire.speed_confidence), (SpeedValue(1389), SpeedConfidence(10)));
        assert_eq!(speed_from_wire(&wire), speed(13.89, 0.1));
        let wire = heading_to_wire(heading(45.0, 1.0));
        assert_eq!((wire.heading_value, wire.heading_confidence), (HeadingValue(450), HeadingConfidence(10)));
        assert_eq!(heading_from_wire(&wire), heading(45.0, 1.0));
    }

    #[test]
    fn what_is_unavailable_is_none() {
        let wire = speed_to_wire(None);
        assert_eq!((wire.speed_value, wire.speed_confidence), (SpeedValue(16_383), SpeedConfidence(127)));
        assert_eq!(speed_from_wire(&wire), None);
        let wire = heading_to_wire(None);
        assert_eq!(
            (wire.heading_value, wire.heading_confidence),
            (HeadingValue(3601), HeadingConfidence(127))
        );
        assert_eq!(heading_from_wire(&wire), None);
    }

    #[test]
    fn the_ends_of_the_range_are_not_unavailable() {
        assert_eq!(speed_to_wire(speed(1e9, 1e9)).speed_value, SpeedValue(16_382));
        assert_eq!(speed_to_wire(speed(1e9, 1e9)).speed_confidence, SpeedConfidence(126));
        assert_eq!(speed_to_wire(speed(-2.5, 0.1)).speed_value, SpeedValue(250));
        for (degrees, wire) in [(359.96, 0), (360.0, 0), (-0.1, 3599), (-90.0, 2700), (1e9, 2800)] {
            let value = heading_to_wire(heading(degrees, 1.0)).heading_value;
            assert_eq!(value, HeadingValue(wire), "{degrees}");
        }
        let north = Heading { heading_value: HeadingValue(3600), heading_confidence: HeadingConfidence(1) };
        assert_eq!(heading_from_wire(&north), heading(0.0, 0.1));
    }
}
