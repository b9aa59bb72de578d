//! How a vehicle moves, and how large it is: the parts of the high-frequency container that no other message has.

use serde::{Deserialize, Serialize};
use voorrang_units::{Acceleration, Curvature, Length, YawRate};

use crate::elements::{ConfidenceClasses, ConfidenceSteps, Measured, nearest};
use crate::its_container::{
    self, AccelerationConfidence, CurvatureConfidence, CurvatureValue, LongitudinalAcceleration,
    LongitudinalAccelerationValue, VehicleLengthConfidenceIndication, VehicleLengthValue, VehicleWidth,
    YawRateConfidence, YawRateValue,
};

/// `DriveDirection` (TS 102 894-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriveDirection {
    /// `forward`.
    Forward,
    /// `backward`.
    Backward,
}

/// `VehicleLengthConfidenceIndication` (TS 102 894-2): whether there is a trailer, and whether it is counted in the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trailer {
    /// `noTrailerPresent`.
    NotPresent,
    /// `trailerPresentWithKnownLength`: there is one, and the length is that of both.
    KnownLength,
    /// `trailerPresentWithUnknownLength`: there is one, and the length is that of the vehicle alone.
    UnknownLength,
    /// `trailerPresenceIsUnknown`: the vehicle can have one.
    PresenceUnknown,
}

impl DriveDirection {
    pub(super) const fn from_wire(wire: its_container::DriveDirection) -> Option<Self> {
        match wire {
            its_container::DriveDirection::Forward => Some(Self::Forward),
            its_container::DriveDirection::Backward => Some(Self::Backward),
            its_container::DriveDirection::Unavailable => None,
        }
    }

    pub(super) const fn to_wire(direction: Option<Self>) -> its_container::DriveDirection {
        match direction {
            Some(Self::Forward) => its_container::DriveDirection::Forward,
            Some(Self::Backward) => its_container::DriveDirection::Backward,
            None => its_container::DriveDirection::Unavailable,
        }
    }
}

impl Trailer {
    const fn from_wire(wire: VehicleLengthConfidenceIndication) -> Option<Self> {
        match wire {
            VehicleLengthConfidenceIndication::NoTrailerPresent => Some(Self::NotPresent),
            VehicleLengthConfidenceIndication::TrailerPresentWithKnownLength => Some(Self::KnownLength),
            VehicleLengthConfidenceIndication::TrailerPresentWithUnknownLength => Some(Self::UnknownLength),
            VehicleLengthConfidenceIndication::TrailerPresenceIsUnknown => Some(Self::PresenceUnknown),
            VehicleLengthConfidenceIndication::Unavailable => None,
        }
    }

    const fn to_wire(trailer: Option<Self>) -> VehicleLengthConfidenceIndication {
        match trailer {
            Some(Self::NotPresent) => VehicleLengthConfidenceIndication::NoTrailerPresent,
            Some(Self::KnownLength) => VehicleLengthConfidenceIndication::TrailerPresentWithKnownLength,
            Some(Self::UnknownLength) => VehicleLengthConfidenceIndication::TrailerPresentWithUnknownLength,
            Some(Self::PresenceUnknown) => VehicleLengthConfidenceIndication::TrailerPresenceIsUnknown,
            None => VehicleLengthConfidenceIndication::Unavailable,
        }
    }
}

/// `VehicleLengthValue` and `VehicleWidth`: 0.1 m.
const SIZE_STEPS_PER_METRE: f64 = 10.0;

pub(super) fn length_from_wire(wire: &its_container::VehicleLength) -> (Option<Length>, Option<Trailer>) {
    let value = wire.vehicle_length_value;
    let length = Length::from_metres(f64::from(value.0) / SIZE_STEPS_PER_METRE);
    let known = value < VehicleLengthValue::UNAVAILABLE;
    (known.then_some(length), Trailer::from_wire(wire.vehicle_length_confidence_indication))
}

pub(super) fn length_to_wire(
    length: Option<Length>,
    trailer: Option<Trailer>,
) -> its_container::VehicleLength {
    let longest = VehicleLengthValue::OUT_OF_RANGE.0;
    let steps = |length: Length| {
        let steps = nearest(length.metres() * SIZE_STEPS_PER_METRE, 1, longest.into());
        VehicleLengthValue(u16::try_from(steps).unwrap_or(longest))
    };
    its_container::VehicleLength {
        vehicle_length_value: length.map_or(VehicleLengthValue::UNAVAILABLE, steps),
        vehicle_length_confidence_indication: Trailer::to_wire(trailer),
    }
}

pub(super) fn width_from_wire(wire: VehicleWidth) -> Option<Length> {
    let width = Length::from_metres(f64::from(wire.0) / SIZE_STEPS_PER_METRE);
    (wire < VehicleWidth::UNAVAILABLE).then_some(width)
}

pub(super) fn width_to_wire(width: Option<Length>) -> VehicleWidth {
    let widest = VehicleWidth::OUT_OF_RANGE.0;
    let steps = |width: Length| {
        let steps = nearest(width.metres() * SIZE_STEPS_PER_METRE, 1, widest.into());
        VehicleWidth(u8::try_from(steps).unwrap_or(widest))
    };
    width.map_or(VehicleWidth::UNAVAILABLE, steps)
}

/// `LongitudinalAccelerationValue` and `AccelerationConfidence`: 0.1 m/s².
const ACCELERATION_STEPS: f64 = 10.0;
const ACCELERATION_CONFIDENCE: ConfidenceSteps =
    ConfidenceSteps { per_unit: ACCELERATION_STEPS, finest: 0, beyond: 101 };

pub(super) fn acceleration_from_wire(wire: &LongitudinalAcceleration) -> Option<Measured<Acceleration>> {
    let acceleration = Acceleration::from_metres_per_second_squared;
    let value = wire.longitudinal_acceleration_value;
    let within = ACCELERATION_CONFIDENCE.read(wire.longitudinal_acceleration_confidence.0);
    (value < LongitudinalAccelerationValue::UNAVAILABLE).then(|| Measured {
        value: acceleration(f64::from(value.0) / ACCELERATION_STEPS),
        within: within.map(acceleration),
    })
}

pub(super) fn acceleration_to_wire(acceleration: Option<Measured<Acceleration>>) -> LongitudinalAcceleration {
    let [least, unavailable] =
        [LongitudinalAccelerationValue::MIN, LongitudinalAccelerationValue::UNAVAILABLE].map(|end| end.0);
    let steps = |value: Acceleration| {
        let steps = value.metres_per_second_squared() * ACCELERATION_STEPS;
        small(nearest(steps, least.into(), (unavailable - 1).into()))
    };
    let within = acceleration.and_then(|acceleration| acceleration.within);
    LongitudinalAcceleration {
        longitudinal_acceleration_value: LongitudinalAccelerationValue(
            acceleration.map_or(unavailable, |acceleration| steps(acceleration.value)),
        ),
        longitudinal_acceleration_confidence: AccelerationConfidence(
            ACCELERATION_CONFIDENCE.write(within.map(Acceleration::metres_per_second_squared)),
        ),
    }
}

/// `YawRateValue`: 0.01 degree per second.
const YAW_RATE_STEPS: f64 = 100.0;

/// `YawRateConfidence` in degrees per second.
const YAW_RATE_CONFIDENCE: ConfidenceClasses<YawRateConfidence> = ConfidenceClasses {
    classes: &[
        (YawRateConfidence::DegSec000_01, 0.01),
        (YawRateConfidence::DegSec000_05, 0.05),
        (YawRateConfidence::DegSec000_10, 0.1),
        (YawRateConfidence::DegSec001_00, 1.0),
        (YawRateConfidence::DegSec005_00, 5.0),
        (YawRateConfidence::DegSec010_00, 10.0),
        (YawRateConfidence::DegSec100_00, 100.0),
    ],
    out_of_range: YawRateConfidence::OutOfRange,
    unavailable: YawRateConfidence::Unavailable,
};

pub(super) fn yaw_rate_from_wire(wire: &its_container::YawRate) -> Option<Measured<YawRate>> {
    let yaw_rate = YawRate::from_degrees_per_second;
    let within = YAW_RATE_CONFIDENCE.read(wire.yaw_rate_confidence);
    (wire.yaw_rate_value < YawRateValue::UNAVAILABLE).then(|| Measured {
        value: yaw_rate(f64::from(wire.yaw_rate_value.0) / YAW_RATE_STEPS),
        within: within.map(yaw_rate),
    })
}

pub(super) fn yaw_rate_to_wire(yaw_rate: Option<Measured<YawRate>>) -> its_container::YawRate {
    let [least, unavailable] = [YawRateValue::MIN, YawRateValue::UNAVAILABLE].map(|end| end.0);
    let steps = |value: YawRate| {
        let steps = value.degrees_per_second() * YAW_RATE_STEPS;
        small(nearest(steps, least.into(), (unavailable - 1).into()))
    };
    let within = yaw_rate.and_then(|yaw_rate| yaw_rate.within).map(YawRate::degrees_per_second);
    its_container::YawRate {
        yaw_rate_value: YawRateValue(yaw_rate.map_or(unavailable, |yaw_rate| steps(yaw_rate.value))),
        yaw_rate_confidence: YAW_RATE_CONFIDENCE.write(within),
    }
}

/// `CurvatureValue`: one over 10 000 m.
const CURVATURE_STEPS: f64 = 10_000.0;

/// `CurvatureConfidence` per metre.
const CURVATURE_CONFIDENCE: ConfidenceClasses<CurvatureConfidence> = ConfidenceClasses {
    classes: &[
        (CurvatureConfidence::OnePerMeter0_00002, 0.00002),
        (CurvatureConfidence::OnePerMeter0_0001, 0.0001),
        (CurvatureConfidence::OnePerMeter0_0005, 0.0005),
        (CurvatureConfidence::OnePerMeter0_002, 0.002),
        (CurvatureConfidence::OnePerMeter0_01, 0.01),
        (CurvatureConfidence::OnePerMeter0_1, 0.1),
    ],
    out_of_range: CurvatureConfidence::OutOfRange,
    unavailable: CurvatureConfidence::Unavailable,
};

pub(super) fn curvature_from_wire(wire: &its_container::Curvature) -> Option<Measured<Curvature>> {
    let curvature = Curvature::from_per_metre;
    let within = CURVATURE_CONFIDENCE.read(wire.curvature_confidence);
    (wire.curvature_value < CurvatureValue::UNAVAILABLE).then(|| Measured {
        value: curvature(f64::from(wire.curvature_value.0) / CURVATURE_STEPS),
        within: within.map(curvature),
    })
}

pub(super) fn curvature_to_wire(curvature: Option<Measured<Curvature>>) -> its_container::Curvature {
    let [least, unavailable] = [CurvatureValue::MIN, CurvatureValue::UNAVAILABLE].map(|end| end.0);
    let steps = |value: Curvature| {
        small(nearest(value.per_metre() * CURVATURE_STEPS, least.into(), (unavailable - 1).into()))
    };
    let within = curvature.and_then(|curvature| curvature.within).map(Curvature::per_metre);
    its_container::Curvature {
        curvature_value: CurvatureValue(curvature.map_or(unavailable, |curvature| steps(curvature.value))),
        curvature_confidence: CURVATURE_CONFIDENCE.write(within),
    }
}

/// A number that was brought within the range of its type on the wire.
fn small(steps: i32) -> i16 {
    i16::try_from(steps).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: [f64; 3] = [1e9, -1e9, f64::NAN];

    #[test]
    fn what_lies_beyond_the_range_becomes_its_end() {
        let lengths = FAR.map(|metres| length_to_wire(Some(Length::from_metres(metres)), None));
        assert_eq!(lengths.map(|length| length.vehicle_length_value.0), [1022, 1, 1]);
        assert_eq!(FAR.map(|metres| width_to_wire(Some(Length::from_metres(metres))).0), [61, 1, 1]);
        let acceleration = |value| {
            let value = Measured::unsure(Acceleration::from_metres_per_second_squared(value));
            acceleration_to_wire(Some(value)).longitudinal_acceleration_value.0
        };
        assert_eq!(FAR.map(acceleration), [160, -160, 0]);
        let yaw_rate = |value| Some(Measured::unsure(YawRate::from_degrees_per_second(value)));
        assert_eq!(FAR.map(|value| yaw_rate_to_wire(yaw_rate(value)).yaw_rate_value.0), [32_766, -32_766, 0]);
        let curvature = |value| Some(Measured::unsure(Curvature::from_per_metre(value)));
        assert_eq!(FAR.map(|value| curvature_to_wire(curvature(value)).curvature_value.0), [1022, -1023, 0]);
    }

    #[test]
    fn what_is_unavailable_is_none() {
        assert_eq!(length_from_wire(&length_to_wire(None, None)), (None, None));
        assert_eq!(width_to_wire(None), VehicleWidth(62));
        assert_eq!(width_from_wire(VehicleWidth(62)), None);
        assert_eq!(acceleration_from_wire(&acceleration_to_wire(None)), None);
        assert_eq!(acceleration_to_wire(None).longitudinal_acceleration_confidence.0, 102);
        assert_eq!(yaw_rate_from_wire(&yaw_rate_to_wire(None)), None);
        assert_eq!(curvature_from_wire(&curvature_to_wire(None)), None);
    }

    #[test]
    fn a_confidence_without_a_value_says_nothing() {
        let mut wire = yaw_rate_to_wire(None);
        wire.yaw_rate_confidence = YawRateConfidence::DegSec000_01;
        assert_eq!(yaw_rate_from_wire(&wire), None);
    }
}
