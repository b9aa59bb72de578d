//! CAM in.

use voorrang_messages::uper::DecodeError;
use voorrang_messages::vehicle_state::SpecialVehicle;
use voorrang_messages::{Cam, VehicleState, ViewError};
use voorrang_units::Instant;

use crate::exchange::VehiclePosition;

/// Why bytes tell of no vehicle's position.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CamError {
    /// They are no CAM.
    #[error("not a CAM")]
    Decode(#[from] DecodeError),
    /// They are a CAM, but not that of a vehicle.
    #[error("a CAM of no vehicle")]
    View(#[from] ViewError),
    /// The vehicle does not know where it is.
    #[error("a CAM without a position")]
    NoPosition,
}

/// Reads where a vehicle is from its CAM in UPER; [`Input::Vehicle`](crate::Input::Vehicle) takes it. `received` tells which of the moments
/// 65.536 s apart its time stamp means.
///
/// Light bar and siren are those of an emergency vehicle: what tows, escorts or works on the road has an amber light. A CAM tells of
/// them twice a second at most; one that does not tell reads as one that has them off.
///
/// # Errors
/// When the bytes are no CAM, or one without a vehicle or a position.
///
/// ```
/// use voorrang_priority::etsi::vehicle_from_cam;
/// use voorrang_units::Instant;
///
/// assert!(vehicle_from_cam(&[0x02, 0x02], Instant::from_unix_millis(0)).is_err());
/// ```
pub fn vehicle_from_cam(bytes: &[u8], received: Instant) -> Result<VehiclePosition, CamError> {
    vehicle_from_state(&VehicleState::from_cam(&Cam::decode(bytes)?, received)?)
}

/// The same of a CAM that has been read; for hosts that want more of it than the engine does.
///
/// # Errors
/// When it tells no position.
pub fn vehicle_from_state(state: &VehicleState) -> Result<VehiclePosition, CamError> {
    let (light_bar, siren) = match state.special_vehicle {
        Some(SpecialVehicle::Emergency { light_bar, siren, .. }) => (light_bar, siren),
        _ => (false, false),
    };
    Ok(VehiclePosition {
        station: state.station,
        position: state.position.geodetic.ok_or(CamError::NoPosition)?,
        speed: state.speed.map(|speed| speed.value),
        heading: state.heading.map(|heading| heading.value),
        light_bar,
        siren,
    })
}

#[cfg(test)]
mod tests {
    use voorrang_messages::vehicle_state::Movement;
    use voorrang_messages::{ReferencePosition, StationId, StationType};
    use voorrang_units::{Angle, GeodeticPosition, Speed};

    use super::*;

    const NOW: Instant = Instant::from_unix_millis(1_768_201_200_000);

    /// An ambulance on its way.
    fn ambulance() -> VehicleState {
        let movement = Movement {
            position: GeodeticPosition::from_degrees(52.09, 5.12).unwrap(),
            heading: Angle::from_degrees(90.0),
            speed: Speed::from_metres_per_second(14.0),
        };
        let known = VehicleState::moving(StationId(112_001), StationType::SpecialVehicles, NOW, movement);
        VehicleState {
            special_vehicle: Some(SpecialVehicle::Emergency {
                light_bar: true,
                siren: false,
                incident: None,
                requests_right_of_way: true,
                requests_free_crossing: true,
            }),
            ..known
        }
    }

    fn read(state: &VehicleState) -> Result<VehiclePosition, CamError> {
        let mut bytes = Vec::new();
        state.to_cam().unwrap().encode(&mut bytes).unwrap();
        vehicle_from_cam(&bytes, NOW)
    }

    #[test]
    fn a_vehicle_is_where_its_cam_says() {
        let vehicle = read(&ambulance()).unwrap();
        assert_eq!(vehicle.station, StationId(112_001));
        assert_eq!(Some(vehicle.position), GeodeticPosition::from_degrees(52.09, 5.12));
        assert_eq!(vehicle.speed, Some(Speed::from_metres_per_second(14.0)));
        assert_eq!(vehicle.heading, Some(Angle::from_degrees(90.0)));
        assert!(vehicle.light_bar && !vehicle.siren);
    }

    #[test]
    fn lights_of_others_are_not_blue() {
        let towing = SpecialVehicle::Rescue { light_bar: true, siren: true };
        for special_vehicle in [None, Some(towing)] {
            let vehicle = read(&VehicleState { special_vehicle, ..ambulance() }).unwrap();
            assert!(!vehicle.light_bar && !vehicle.siren);
        }
    }

    #[test]
    fn without_a_position_there_is_nothing_to_tell() {
        let lost = VehicleState { position: ReferencePosition::default(), ..ambulance() };
        assert_eq!(read(&lost), Err(CamError::NoPosition));
    }

    #[test]
    fn other_bytes_are_an_error() {
        for bytes in [&[][..], &[2, 9, 0, 0, 0, 1], &[2, 2, 0, 1]] {
            assert!(matches!(vehicle_from_cam(bytes, NOW), Err(CamError::Decode(_))), "{bytes:?}");
        }
    }
}
