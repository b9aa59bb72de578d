//! Vehicles in CAMs: vectors of independent engines and messages from the road by hand, and the law that a view comes back from its octets.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod sample;
#[expect(dead_code, reason = "only the octets of vectors are needed here")]
mod vectors_reader;

use std::fs;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::Described;
use voorrang_messages::vehicle_state::{
    Cause, DriveDirection, ExteriorLights, LowFrequency, Role, SpecialVehicle, Trailer,
};
use voorrang_messages::{
    Cam, ConfidenceEllipse, ItsMessage, LanePosition, Measured, PathPoint, ReferencePosition, StationId,
    StationType, VehicleState, ViewError, hex,
};
use voorrang_units::{
    Acceleration, Angle, Curvature, Duration, GeodeticPosition, Instant, Length, Speed, YawRate,
};

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

fn at(latitude: f64, longitude: f64) -> GeodeticPosition {
    GeodeticPosition::from_degrees(latitude, longitude).unwrap()
}

fn speed(value: f64) -> Speed {
    Speed::from_metres_per_second(value)
}

fn degrees(value: f64, within: f64) -> Measured<Angle> {
    Measured::within(Angle::from_degrees(value), Angle::from_degrees(within))
}

fn acceleration(value: f64) -> Acceleration {
    Acceleration::from_metres_per_second_squared(value)
}

fn cam(octets: &[u8]) -> Box<Cam> {
    let ItsMessage::Cam(cam) = ItsMessage::decode(octets).unwrap() else { panic!("a CAM") };
    cam
}

/// Time stamps 4711 are those of 2026-10-14T00:00:18.143Z, 13.432 s after midnight plus 4.711 s.
const RECEIVED: &str = "2026-10-14T00:00:18.200Z";

fn vector(id: &str) -> Result<VehicleState, ViewError> {
    let vectors = vectors_reader::vectors("cam.jsonl");
    let vector = vectors.iter().find(|vector| vector.id == id).unwrap();
    VehicleState::from_cam(&cam(&vector.octets), utc(RECEIVED))
}

/// The path of the vectors, in tenths of a microdegree: -120 80, then -157 81, -194 82 and -131 83 from point to point.
fn path(first: i64) -> Vec<PathPoint> {
    let point = |latitude, longitude, steps| PathPoint {
        position: at(latitude, longitude),
        delta_altitude: None,
        delta_time: Some(Duration::from_millis(steps * 10)),
    };
    vec![
        point(52.090_688, 5.121_408, first),
        point(52.090_672_3, 5.121_416_1, 110),
        point(52.090_652_9, 5.121_424_3, 120),
        point(52.090_639_8, 5.121_432_6, 130),
    ]
}

fn ambulance() -> VehicleState {
    let metres = Length::from_metres;
    VehicleState {
        station: StationId(1_234_567),
        station_type: StationType::SpecialVehicles,
        moment: utc("2026-10-14T00:00:18.143Z"),
        position: ReferencePosition {
            geodetic: Some(at(52.0907, 5.1214)),
            ellipse: Some(ConfidenceEllipse {
                semi_major: metres(1.0),
                semi_minor: metres(0.8),
                orientation: Some(Angle::from_degrees(90.0)),
            }),
            altitude: Some(Measured::within(metres(15.2), metres(5.0))),
        },
        heading: Some(degrees(45.0, 1.0)),
        speed: Some(Measured::within(speed(13.89), speed(0.1))),
        drive_direction: Some(DriveDirection::Forward),
        length: Some(metres(7.5)),
        trailer: Some(Trailer::NotPresent),
        width: Some(metres(2.5)),
        longitudinal_acceleration: Some(Measured::unsure(acceleration(-1.2))),
        yaw_rate: None,
        curvature: None,
        lane_position: None,
        low_frequency: Some(LowFrequency {
            role: Role::Emergency,
            exterior_lights: ExteriorLights::LOW_BEAM,
            path: path(100),
        }),
        special_vehicle: Some(SpecialVehicle::Emergency {
            light_bar: true,
            siren: true,
            incident: Some(Cause { code: 95, sub: 1 }),
            requests_right_of_way: true,
            requests_free_crossing: true,
        }),
    }
}

#[test]
fn an_ambulance_is_read() {
    let state = vector("dev-cam-016").unwrap();
    assert_eq!(state, ambulance());
    assert!(state.has_blue_light_and_siren());
    assert_eq!(state.role(), Some(Role::Emergency));
}

#[test]
fn a_message_may_tell_less() {
    let light_bar_only = vector("dev-cam-017").unwrap();
    assert!(!light_bar_only.has_blue_light_and_siren());
    let special_vehicle = Some(SpecialVehicle::Emergency {
        light_bar: true,
        siren: false,
        incident: None,
        requests_right_of_way: false,
        requests_free_crossing: false,
    });
    assert_eq!(light_bar_only, VehicleState { low_frequency: None, special_vehicle, ..ambulance() });
    assert_eq!((light_bar_only.role(), light_bar_only.path()), (None, &[][..]));
    assert_eq!(vector("dev-cam-018"), Ok(VehicleState { special_vehicle: None, ..ambulance() }));
}

#[test]
fn a_message_may_tell_more() {
    let state = vector("dev-cam-019").unwrap();
    assert_eq!(state.lane_position, Some(LanePosition::Lane(1)));
    assert_eq!(state.path(), path(70_000), "beyond 65535 steps");
    let Some(SpecialVehicle::Emergency {
        requests_free_crossing: true, siren: true, light_bar: false, ..
    }) = state.special_vehicle
    else {
        panic!("{:?}", state.special_vehicle)
    };
}

#[test]
fn the_smallest_values_are_read() {
    let state = vector("dev-cam-033").unwrap();
    assert_eq!(
        (state.station_type, state.position.geodetic),
        (StationType::Unknown, Some(at(-90.0, -180.0)))
    );
    let altitude = Measured::within(Length::from_metres(-1000.0), Length::from_metres(0.01));
    assert_eq!(state.position.altitude, Some(altitude));
    assert_eq!(state.heading, Some(degrees(0.0, 0.1)));
    let (braking, sure) = (acceleration(-16.0), acceleration(0.0));
    assert_eq!(state.longitudinal_acceleration, Some(Measured::within(braking, sure)));
    let yaw_rate = YawRate::from_degrees_per_second;
    assert_eq!(state.yaw_rate, Some(Measured::within(yaw_rate(-327.66), yaw_rate(0.01))));
    let curvature = Curvature::from_per_metre;
    assert_eq!(state.curvature, Some(Measured::within(curvature(-0.1023), curvature(0.000_02))));
}

#[test]
fn a_road_side_unit_is_no_vehicle() {
    assert_eq!(vector("dev-cam-034"), Err(ViewError::NotAVehicle));
}

#[test]
fn containers_of_a_later_version_do_no_harm() {
    for vector in vectors_reader::vectors("cam.jsonl").iter().filter(|vector| vector.future) {
        let state = VehicleState::from_cam(&cam(&vector.octets), utc(RECEIVED)).unwrap();
        assert_eq!(state.station, StationId(1_234_567), "{}", vector.id);
        let unknown = matches!(state.special_vehicle, Some(SpecialVehicle::Unknown(_)));
        assert_eq!(unknown, vector.unknown.is_some(), "{}", vector.id);
    }
}

/// Only what the view leaves out is lost.
#[test]
fn vehicles_are_written_as_they_were() {
    for id in ["dev-cam-016", "dev-cam-017", "dev-cam-018"] {
        let vectors = vectors_reader::vectors("cam.jsonl");
        let vector = vectors.iter().find(|vector| vector.id == id).unwrap();
        let mut expected = cam(&vector.octets);
        forget_curvature_mode(&mut expected);
        let state = VehicleState::from_cam(&expected, utc(RECEIVED)).unwrap();
        assert_eq!(state.to_cam(), Ok(*expected), "{id}");
    }
}

fn forget_curvature_mode(cam: &mut Cam) {
    use voorrang_messages::cam::HighFrequencyContainer::BasicVehicleContainerHighFrequency;
    use voorrang_messages::its_container::CurvatureCalculationMode;
    let container = &mut cam.cam.cam_parameters.high_frequency_container;
    let BasicVehicleContainerHighFrequency(motion) = container else { panic!("a vehicle") };
    motion.curvature_calculation_mode = CurvatureCalculationMode::Unavailable;
}

#[test]
fn published_vehicles_are_read() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/real_etsi.jsonl");
    let Ok(text) = fs::read_to_string(file) else {
        println!("skipped: {file} is not there");
        return;
    };
    let received = utc("2024-11-03T12:00:00Z");
    let published = |id: &str| {
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let record = records.into_iter().find(|record| record["id"] == id).unwrap();
        VehicleState::from_cam(&cam(&hex::octets(record["hex"].as_str().unwrap()).unwrap()), received)
    };

    let czech = published("cz_cam_0").unwrap();
    assert_eq!((czech.station, czech.station_type), (StationId(2_602_961_571), StationType::PassengerCar));
    assert_eq!(czech.position.geodetic, Some(at(50.040_118_9, 14.405_009_3)));
    let ellipse = czech.position.ellipse.unwrap();
    assert_eq!((ellipse.semi_major.metres(), ellipse.semi_minor.metres()), (2.84, 2.8));
    assert_eq!(czech.heading, Some(degrees(42.5, 0.6)));
    assert_eq!(czech.speed, Some(Measured::unsure(speed(20.28))));
    assert_eq!(czech.trailer, Some(Trailer::PresenceUnknown));
    assert_eq!((czech.length, czech.width), (Some(Length::from_metres(4.7)), Some(Length::from_metres(1.9))));
    let yaw_rate = Measured::unsure(YawRate::from_degrees_per_second(-0.85));
    assert_eq!((czech.yaw_rate, czech.curvature), (Some(yaw_rate), None));

    // 1.5 s later: the path's first point is 0.5 s back, its second 1.59 s, near the position before.
    let later = published("cz_cam_1").unwrap();
    assert_eq!(later.moment - czech.moment, Duration::from_millis(1500));
    assert_eq!(later.role(), Some(Role::Default));
    assert_eq!(later.low_frequency.as_ref().unwrap().exterior_lights, ExteriorLights::DAYTIME_RUNNING);
    assert_eq!(later.path().len(), 10);
    assert_eq!(later.path()[1].position, at(50.040_105_4, 14.404_990_4));
    let curvature = Curvature::from_per_metre;
    assert_eq!(later.curvature, Some(Measured::within(curvature(-0.0004), curvature(0.0001))));

    let german = published("de_cam_0").unwrap();
    let lights = ExteriorLights::LOW_BEAM.with(ExteriorLights::PARKING);
    assert_eq!(german.low_frequency.as_ref().unwrap().exterior_lights, lights);
    assert_eq!(german.longitudinal_acceleration, Some(Measured::unsure(acceleration(-1.1))));
    // It drives south, so its path leads north: the last point is 0.0019164 degree north of here.
    assert_eq!(german.path().len(), 11);
    assert_eq!(german.path()[10].position, at(53.632_023_6, 10.014_972));

    let unavailable = published("geonetworking_cam").unwrap();
    assert_eq!(unavailable.position.ellipse, None);
    assert_eq!((unavailable.drive_direction, unavailable.length, unavailable.trailer), (None, None, None));
    assert_eq!(unavailable.speed, Some(Measured::within(speed(6.03), speed(0.35))));
    let bus = published("nemeson_cam_full").unwrap();
    assert_eq!((bus.station_type, bus.lane_position), (StationType::Bus, Some(LanePosition::Lane(1))));
    assert_eq!(published("nemeson_cam_rsu_container"), Err(ViewError::NotAVehicle));
}

/// Of any value that the type of a CAM has.
#[test]
fn vehicles_of_any_message_come_back() {
    let mut runner = TestRunner::new(sample::config(5_000));
    let law = runner.run(&sample::values(Cam::SCHEMA), |value| {
        let cam = Cam::from_json(&value).expect("the schema allows it");
        let Ok(read) = VehicleState::from_cam(&cam, RECEPTION) else { return Ok(()) };
        let told = read.to_cam();
        let told = told.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let again = VehicleState::from_cam(&told, RECEPTION).expect("it tells of a vehicle");
        prop_assert_eq!(without_delta_times(again), without_delta_times(read));
        Ok(())
    });
    law.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Those below 10 ms, which no vehicle has, are told as 10 ms.
fn without_delta_times(mut state: VehicleState) -> VehicleState {
    let path = state.low_frequency.iter_mut().flat_map(|container| &mut container.path);
    path.for_each(|point| point.delta_time = None);
    state
}

/// 2016-12-31T23:59:50Z: what is near it lies on both sides of a leap second.
const RECEPTION: Instant = Instant::from_unix_millis(1_483_228_790_000);

/// Any number that a view may hold, those beyond the range of the wire too.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![8 => -400.0..400.0_f64, 1 => any::<f64>(), 1 => Just(0.0)]
}

fn measured<T: std::fmt::Debug>(unit: fn(f64) -> T) -> impl Strategy<Value = Option<Measured<T>>> {
    let measured =
        move |(value, within): (f64, Option<f64>)| Measured { value: unit(value), within: within.map(unit) };
    of((number(), of(number())).prop_map(measured))
}

fn position() -> impl Strategy<Value = GeodeticPosition> {
    (-90.0..=90.0_f64, -180.0..=180.0_f64).prop_map(|(latitude, longitude)| at(latitude, longitude))
}

fn reference_position() -> impl Strategy<Value = ReferencePosition> {
    let ellipse = (number(), number(), of(number())).prop_map(|(semi_major, semi_minor, orientation)| {
        ConfidenceEllipse {
            semi_major: Length::from_metres(semi_major),
            semi_minor: Length::from_metres(semi_minor),
            orientation: orientation.map(Angle::from_degrees),
        }
    });
    (position(), of(ellipse), measured(Length::from_metres)).prop_map(|(position, ellipse, altitude)| {
        ReferencePosition { geodetic: Some(position), ellipse, altitude }
    })
}

/// Near a place; what lies beyond a pole is left out.
fn path_from(start: ReferencePosition) -> impl Strategy<Value = Vec<PathPoint>> {
    let start = start.geodetic.unwrap();
    let near = -0.006..0.006_f64;
    let point = (near.clone(), near, of(number()), of(any::<i64>()));
    vec(point, 0..=40).prop_map(move |points| {
        let point = |(north, east, altitude, millis): (f64, f64, Option<f64>, Option<i64>)| {
            let (latitude, longitude) = (start.latitude_degrees() + north, start.longitude_degrees() + east);
            Some(PathPoint {
                position: GeodeticPosition::from_degrees(latitude, longitude)?,
                delta_altitude: altitude.map(Length::from_metres),
                delta_time: millis.map(Duration::from_millis),
            })
        };
        points.into_iter().filter_map(point).collect()
    })
}

fn special_vehicle() -> impl Strategy<Value = SpecialVehicle> {
    let cause = (any::<u8>(), any::<u8>()).prop_map(|(code, sub)| Cause { code, sub });
    let flags = any::<[bool; 4]>();
    prop_oneof![
        (flags, of(cause)).prop_map(|([light_bar, siren, right_of_way, crossing], incident)| {
            SpecialVehicle::Emergency {
                light_bar,
                siren,
                incident,
                requests_right_of_way: right_of_way,
                requests_free_crossing: crossing,
            }
        }),
        number().prop_map(|limit| SpecialVehicle::SafetyCar {
            light_bar: true,
            siren: false,
            incident: None,
            traffic_rule: None,
            speed_limit: Some(Speed::from_kilometres_per_hour(limit)),
        }),
    ]
}

fn vehicle() -> impl Strategy<Value = VehicleState> {
    let direction = prop::sample::select(vec![DriveDirection::Forward, DriveDirection::Backward]);
    let motion = (measured(Angle::from_degrees), measured(speed), of(direction), measured(acceleration));
    let turning = (measured(YawRate::from_degrees_per_second), measured(Curvature::from_per_metre));
    let trailer = prop::sample::select(vec![Trailer::KnownLength, Trailer::UnknownLength]);
    let size = (of(number()), of(trailer), of(number()), of((1_u8..=13).prop_map(LanePosition::Lane)));
    let role = prop::sample::select(vec![Role::Emergency, Role::Rescue, Role::Taxi, Role::Reserved3]);
    let place = reference_position().prop_flat_map(|place| (Just(place), path_from(place)));
    let low_frequency = (role, 0_u16..256);
    let identity = (any::<u32>(), any::<u8>(), -31_000_i64..31_000);
    (identity, place, motion, turning, size, of(low_frequency), of(special_vehicle())).prop_map(
        |(identity, (position, path), motion, turning, size, low_frequency, special_vehicle)| {
            let (station, station_type, offset) = identity;
            let (heading, speed, drive_direction, longitudinal_acceleration) = motion;
            let (length, trailer, width, lane_position) = size;
            VehicleState {
                station: StationId(station),
                station_type: if station_type == 10 {
                    StationType::SpecialVehicles
                } else {
                    StationType::Other(station_type.max(100))
                },
                moment: RECEPTION + Duration::from_millis(offset),
                position,
                heading,
                speed,
                drive_direction,
                length: length.map(Length::from_metres),
                trailer,
                width: width.map(Length::from_metres),
                longitudinal_acceleration,
                yaw_rate: turning.0,
                curvature: turning.1,
                lane_position,
                low_frequency: low_frequency.map(|(role, lights)| LowFrequency {
                    role,
                    exterior_lights: ExteriorLights::from_bits(lights),
                    path,
                }),
                special_vehicle,
            }
        },
    )
}

proptest! {
    /// Any vehicle can be told, its numbers beyond the range of the wire too; what is read of it is told and read again as it was.
    #[test]
    fn vehicles_come_back_from_their_octets(vehicle in vehicle()) {
        let cam = vehicle.to_cam().unwrap();
        let mut octets = Vec::new();
        cam.encode(&mut octets).unwrap();
        let read = VehicleState::from_cam(&Cam::decode(&octets).unwrap(), RECEPTION).unwrap();
        prop_assert_eq!(read.moment, vehicle.moment);
        prop_assert_eq!(read.station, vehicle.station);
        prop_assert_eq!(read.has_blue_light_and_siren(), vehicle.has_blue_light_and_siren());
        let again = read.to_cam().unwrap();
        prop_assert_eq!(VehicleState::from_cam(&again, RECEPTION).unwrap(), read);
    }

    /// Within the range of the wire a value moves by half a step at most.
    #[test]
    fn values_move_by_half_a_step_at_most(
        metres_per_second in -163.8..163.8_f64,
        heading in 0.0..360.0_f64,
        rate in -300.0..300.0_f64,
    ) {
        let vehicle = VehicleState {
            speed: Some(Measured::unsure(speed(metres_per_second))),
            heading: Some(Measured::unsure(Angle::from_degrees(heading))),
            yaw_rate: Some(Measured::unsure(YawRate::from_degrees_per_second(rate))),
            ..ambulance()
        };
        let read = VehicleState::from_cam(&vehicle.to_cam().unwrap(), vehicle.moment).unwrap();
        let half_a_step = 1e-9 + 0.005;
        prop_assert!((read.speed.unwrap().value.metres_per_second() - metres_per_second).abs() <= half_a_step);
        prop_assert!((read.yaw_rate.unwrap().value.degrees_per_second() - rate).abs() <= half_a_step);
        let turned = (read.heading.unwrap().value.degrees() - heading).abs();
        prop_assert!(turned.min(360.0 - turned) <= 0.05 + 1e-9);
    }
}
