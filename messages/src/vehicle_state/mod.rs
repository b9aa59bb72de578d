//! A vehicle as its CAM tells it, in units: where it is, how it moves, what it is for, and whether it has blue light and siren.
//!
//! | file | holds |
//! |---|---|
//! | `motion` | drive direction, size, acceleration, yaw rate, curvature |
//! | `low_frequency` | role, lights, path |
//! | `special_vehicle` | the containers of vehicles with a task |
//! | `generation` | when a vehicle sends a CAM, and the least that it says |
//!
//! Not part of the view: how the curvature was computed, pedals and assistants (`accelerationControl`), the steering wheel, lateral and
//! vertical acceleration, performance class, tolling zones, and the closed lanes of road works. The CAM of a road side unit is an error:
//! it tells of tolling zones only.

mod generation;
mod low_frequency;
mod motion;
mod special_vehicle;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use voorrang_units::{
    Acceleration, Angle, Curvature, GenerationDeltaTime as TimeStamp, Instant, Length, Speed, YawRate,
};

pub use self::generation::{CamGeneration, Movement};
pub use self::low_frequency::{ExteriorLights, LowFrequency, Role};
pub use self::motion::{DriveDirection, Trailer};
pub use self::special_vehicle::{Cause, PublicTransportActivation, SpecialLoad, SpecialVehicle, TrafficRule};
use crate::cam::{
    BasicContainer, BasicVehicleContainerHighFrequency, Cam, CamParameters, CoopAwareness,
    GenerationDeltaTime, HighFrequencyContainer, LowFrequencyContainer,
};
use crate::elements::{
    LanePosition, Measured, PathPoint, ReferencePosition, StationId, StationType, heading_from_wire,
    heading_to_wire, speed_from_wire, speed_to_wire,
};
use crate::its_container::{CurvatureCalculationMode, ItsPduHeader};
use crate::message::MessageKind;
use crate::view_error::ViewError;

/// A vehicle at a moment (CAM, EN 302 637-2). A value that lies beyond the range of the message is told, and read, as the end of the
/// range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VehicleState {
    /// Which vehicle.
    pub station: StationId,
    /// What kind of vehicle.
    pub station_type: StationType,
    /// When it was so.
    pub moment: Instant,
    /// Where it is.
    pub position: ReferencePosition,
    /// Whereto its front points while it drives forward, clockwise from north.
    pub heading: Option<Measured<Angle>>,
    /// How fast it drives, up to 163.82 m/s in steps of 0.01 m/s; negative backwards.
    pub speed: Option<Measured<Speed>>,
    /// Whereto it drives; where this is `None`, a speed that is not negative tells nothing of it.
    pub drive_direction: Option<DriveDirection>,
    /// How long it is, 0.1 to 102.2 m in steps of 0.1 m.
    pub length: Option<Length>,
    /// Whether it has a trailer, and whether that is counted in the length.
    pub trailer: Option<Trailer>,
    /// How wide it is without its mirrors, 0.1 to 6.1 m in steps of 0.1 m.
    pub width: Option<Length>,
    /// How its speed forward grows, -16 to 16 m/s² in steps of 0.1 m/s²; negative when it brakes.
    pub longitudinal_acceleration: Option<Measured<Acceleration>>,
    /// How fast it turns, -327.66 to 327.66 degrees per second in steps of 0.01; positive to the left.
    pub yaw_rate: Option<Measured<YawRate>>,
    /// How sharp a bend it drives, -0.1023 to 0.1022 per metre in steps of 0.0001; positive to the left.
    pub curvature: Option<Measured<Curvature>>,
    /// On which lane of the road it is.
    pub lane_position: Option<LanePosition>,
    /// What it tells twice a second at most; `None` in the messages between, or where it is of a later version of the standard.
    pub low_frequency: Option<LowFrequency>,
    /// What it tells as a vehicle with a task, twice a second at most.
    pub special_vehicle: Option<SpecialVehicle>,
}

impl VehicleState {
    /// The vehicle of a CAM. `received` tells which of the moments 65.536 s apart is meant: the nearest.
    ///
    /// # Errors
    /// When it is not the CAM of a vehicle.
    pub fn from_cam(cam: &Cam, received: Instant) -> Result<Self, ViewError> {
        let CamParameters {
            basic_container,
            high_frequency_container,
            low_frequency_container,
            special_vehicle_container,
        } = &cam.cam.cam_parameters;
        let motion = match high_frequency_container {
            HighFrequencyContainer::BasicVehicleContainerHighFrequency(motion) => motion,
            HighFrequencyContainer::RsuContainerHighFrequency(_) => return Err(ViewError::NotAVehicle),
            HighFrequencyContainer::Unknown(number) => return Err(ViewError::UnknownStation(*number)),
        };
        let start = &basic_container.reference_position;
        let low_frequency = low_frequency_container.as_ref().and_then(|container| match container {
            LowFrequencyContainer::BasicVehicleContainerLowFrequency(container) => {
                Some(LowFrequency::from_wire(container, start))
            }
            LowFrequencyContainer::Unknown(_) => None,
        });
        let drive_direction = DriveDirection::from_wire(motion.drive_direction);
        let (length, trailer) = motion::length_from_wire(&motion.vehicle_length);
        Ok(Self {
            station: StationId(cam.header.station_id.0),
            station_type: StationType::from_wire(basic_container.station_type),
            moment: TimeStamp::from_raw(cam.cam.generation_delta_time.0).resolve(received),
            position: ReferencePosition::from_wire(start),
            heading: heading_from_wire(&motion.heading),
            speed: speed_from_wire(&motion.speed).map(|speed| match drive_direction {
                Some(DriveDirection::Backward) => Measured { value: -speed.value, ..speed },
                _ => speed,
            }),
            drive_direction,
            length,
            trailer,
            width: motion::width_from_wire(motion.vehicle_width),
            longitudinal_acceleration: motion::acceleration_from_wire(&motion.longitudinal_acceleration),
            yaw_rate: motion::yaw_rate_from_wire(&motion.yaw_rate),
            curvature: motion::curvature_from_wire(&motion.curvature),
            lane_position: motion.lane_position.map(LanePosition::from_wire),
            low_frequency,
            special_vehicle: special_vehicle_container.as_ref().map(SpecialVehicle::from_wire),
        })
    }

    /// The CAM that tells this. A negative speed is told as driving backwards, whatever [`Self::drive_direction`] says.
    ///
    /// # Errors
    /// When it holds what the wire can't say.
    pub fn to_cam(&self) -> Result<Cam, ViewError> {
        let reference_position = self.position.to_wire();
        let low_frequency = |container: &LowFrequency| {
            let container = container.to_wire(&reference_position);
            container.map(LowFrequencyContainer::BasicVehicleContainerLowFrequency)
        };
        let low_frequency_container = self.low_frequency.as_ref().map(low_frequency).transpose()?;
        Ok(Cam {
            header: ItsPduHeader::of(MessageKind::Cam, self.station),
            cam: CoopAwareness {
                generation_delta_time: GenerationDeltaTime(TimeStamp::of(self.moment).raw()),
                cam_parameters: CamParameters {
                    basic_container: BasicContainer {
                        station_type: self.station_type.to_wire(),
                        reference_position,
                    },
                    high_frequency_container: HighFrequencyContainer::BasicVehicleContainerHighFrequency(
                        self.motion()?,
                    ),
                    low_frequency_container,
                    special_vehicle_container: self
                        .special_vehicle
                        .as_ref()
                        .map(SpecialVehicle::to_wire)
                        .transpose()?,
                },
            },
        })
    }

    /// What it is used for, where the message tells.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.low_frequency.as_ref().map(|container| container.role)
    }

    /// Where it was, backwards from its position; empty where the message doesn't tell.
    #[must_use]
    pub fn path(&self) -> &[PathPoint] {
        self.low_frequency.as_ref().map_or(&[], |container| &container.path)
    }

    /// Whether it is an emergency vehicle with blue light and siren on. Rescue vehicles, as towing services, have an amber light. A CAM
    /// tells of them twice a second at most: a message that doesn't is no sign that they are off.
    #[must_use]
    pub const fn has_blue_light_and_siren(&self) -> bool {
        matches!(self.special_vehicle, Some(SpecialVehicle::Emergency { light_bar: true, siren: true, .. }))
    }

    fn motion(&self) -> Result<BasicVehicleContainerHighFrequency, ViewError> {
        let backwards = self.speed.is_some_and(|speed| speed.value < Speed::ZERO);
        let drive_direction = if backwards { Some(DriveDirection::Backward) } else { self.drive_direction };
        Ok(BasicVehicleContainerHighFrequency {
            heading: heading_to_wire(self.heading),
            speed: speed_to_wire(self.speed),
            drive_direction: DriveDirection::to_wire(drive_direction),
            vehicle_length: motion::length_to_wire(self.length, self.trailer),
            vehicle_width: motion::width_to_wire(self.width),
            longitudinal_acceleration: motion::acceleration_to_wire(self.longitudinal_acceleration),
            curvature: motion::curvature_to_wire(self.curvature),
            curvature_calculation_mode: CurvatureCalculationMode::Unavailable,
            yaw_rate: motion::yaw_rate_to_wire(self.yaw_rate),
            acceleration_control: None,
            lane_position: self.lane_position.map(LanePosition::to_wire).transpose()?,
            steering_wheel_angle: None,
            lateral_acceleration: None,
            vertical_acceleration: None,
            performance_class: None,
            cen_dsrc_tolling_zone: None,
        })
    }
}
