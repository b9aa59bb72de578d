use voorrang_units::{Duration, GeodeticPosition};

use super::*;
use crate::cam::RsuContainerHighFrequency;

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

/// Of which nothing is known but who and when.
fn unknown() -> VehicleState {
    VehicleState {
        station: StationId(1_234_567),
        station_type: StationType::SpecialVehicles,
        moment: utc("2026-10-14T00:00:13.400Z"),
        position: ReferencePosition::default(),
        heading: None,
        speed: None,
        drive_direction: None,
        length: None,
        trailer: None,
        width: None,
        longitudinal_acceleration: None,
        yaw_rate: None,
        curvature: None,
        lane_position: None,
        low_frequency: None,
        special_vehicle: None,
    }
}

fn emergency(light_bar: bool, siren: bool) -> SpecialVehicle {
    SpecialVehicle::Emergency {
        light_bar,
        siren,
        incident: Some(Cause { code: 2, sub: 1 }),
        requests_right_of_way: true,
        requests_free_crossing: false,
    }
}

fn there_and_back(state: &VehicleState) -> VehicleState {
    let received = state.moment + Duration::from_millis(80);
    VehicleState::from_cam(&state.to_cam().unwrap(), received).unwrap()
}

fn with_special(special_vehicle: SpecialVehicle) -> VehicleState {
    VehicleState { special_vehicle: Some(special_vehicle), ..unknown() }
}

#[test]
fn what_is_unknown_comes_back_as_such() {
    assert_eq!(there_and_back(&unknown()), unknown());
}

#[test]
fn the_moment_is_the_one_nearest_to_reception() {
    // The time stamp wraps at 00:00:13.432, between the two.
    let cam = unknown().to_cam().unwrap();
    assert_eq!(cam.cam.generation_delta_time, GenerationDeltaTime(65_504));
    let state = VehicleState::from_cam(&cam, utc("2026-10-14T00:00:13.500Z")).unwrap();
    assert_eq!(state.moment, unknown().moment);
}

#[test]
fn backwards_is_a_negative_speed() {
    let driving = |metres_per_second, drive_direction| {
        let speed = Some(Measured::unsure(Speed::from_metres_per_second(metres_per_second)));
        VehicleState { speed, drive_direction, ..unknown() }
    };
    let (forward, backward) = (Some(DriveDirection::Forward), Some(DriveDirection::Backward));
    for state in [driving(2.5, forward), driving(-2.5, backward), driving(2.5, None)] {
        assert_eq!(there_and_back(&state), state);
    }
    assert_eq!(there_and_back(&driving(-2.5, None)), driving(-2.5, backward));
    assert_eq!(there_and_back(&driving(-2.5, forward)), driving(-2.5, backward));
    assert_eq!(there_and_back(&driving(0.0, backward)), driving(0.0, backward));
}

#[test]
fn blue_light_and_siren_are_those_of_an_emergency_vehicle() {
    assert!(with_special(emergency(true, true)).has_blue_light_and_siren());
    assert!(!with_special(emergency(true, false)).has_blue_light_and_siren());
    assert!(!with_special(emergency(false, true)).has_blue_light_and_siren());
    let towing = SpecialVehicle::Rescue { light_bar: true, siren: true };
    assert!(!with_special(towing).has_blue_light_and_siren());
    assert!(!unknown().has_blue_light_and_siren());
}

#[test]
fn every_special_vehicle_comes_back() {
    let activation = PublicTransportActivation { coding: 1, telegram: vec![0xab, 0xcd] };
    for special in [
        SpecialVehicle::PublicTransport { embarking: true, activation: Some(activation) },
        SpecialVehicle::SpecialTransport {
            load: SpecialLoad::HEAVY.with(SpecialLoad::EXCESS_HEIGHT),
            light_bar: true,
            siren: false,
        },
        SpecialVehicle::DangerousGoods { class: 19 },
        SpecialVehicle::RoadWorks { sub_cause: Some(3), light_bar: true, siren: false },
        SpecialVehicle::Rescue { light_bar: false, siren: true },
        emergency(true, true),
        SpecialVehicle::SafetyCar {
            light_bar: true,
            siren: true,
            incident: None,
            traffic_rule: Some(TrafficRule::PassToLeft),
            speed_limit: Some(Speed::from_kilometres_per_hour(50.0)),
        },
    ] {
        let state = with_special(special);
        assert_eq!(there_and_back(&state), state);
    }
}

#[test]
fn containers_of_a_later_version_are_kept_apart() {
    let state = with_special(SpecialVehicle::Unknown(3));
    assert_eq!(there_and_back(&state), state);
    assert!(state.to_cam().unwrap().encode(&mut Vec::new()).is_err(), "read, but not written");

    let mut cam = unknown().to_cam().unwrap();
    let parameters = &mut cam.cam.cam_parameters;
    parameters.low_frequency_container = Some(LowFrequencyContainer::Unknown(0));
    assert_eq!(VehicleState::from_cam(&cam, unknown().moment), Ok(unknown()));
    cam.cam.cam_parameters.high_frequency_container = HighFrequencyContainer::Unknown(2);
    let refused = VehicleState::from_cam(&cam, unknown().moment);
    assert_eq!(refused, Err(ViewError::UnknownStation(2)));
}

#[test]
fn a_road_side_unit_is_no_vehicle() {
    let mut cam = unknown().to_cam().unwrap();
    let container = RsuContainerHighFrequency { protected_communication_zones_rsu: None };
    cam.cam.cam_parameters.high_frequency_container =
        HighFrequencyContainer::RsuContainerHighFrequency(container);
    let refused = VehicleState::from_cam(&cam, unknown().moment);
    assert_eq!(refused, Err(ViewError::NotAVehicle));
}

#[test]
fn what_the_wire_cannot_say_is_refused() {
    let check = |state: VehicleState, expected: &str| {
        assert_eq!(state.to_cam().unwrap_err().to_string(), expected);
    };
    let telegram = |octets| {
        let activation = PublicTransportActivation { coding: 0, telegram: vec![0; octets] };
        with_special(SpecialVehicle::PublicTransport { embarking: false, activation: Some(activation) })
    };
    check(telegram(21), "expected at most 20 octets of a telegram, found 21");
    check(telegram(0), "expected at least one octet of a telegram, found none");
    check(
        with_special(SpecialVehicle::DangerousGoods { class: 20 }),
        "expected class of dangerous goods of 0 to 19, found 20",
    );
    let path = vec![PathPoint::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap())];
    let low_frequency =
        Some(LowFrequency { role: Role::Default, exterior_lights: ExteriorLights::NONE, path });
    check(
        VehicleState { low_frequency, ..unknown() },
        "expected a position from which the path starts, found none",
    );
}
