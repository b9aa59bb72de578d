use voorrang_units::GeodeticPosition;

use super::*;

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

/// An ambulance at the Dom of Utrecht.
fn ambulance() -> EmergencyVehicleApproaching {
    let station = StationId(1_234_567);
    EmergencyVehicleApproaching {
        action: ActionId { originating_station: station, sequence_number: 500 },
        sender: station,
        kind: DenmKind::NewOrUpdate,
        detection_time: utc("2026-10-14T00:00:00Z"),
        reference_time: utc("2026-10-14T00:00:00.040Z"),
        event_position: ReferencePosition::at(GeodeticPosition::from_degrees(52.0907, 5.1214).unwrap()),
        relevance_distance: Some(RelevanceDistance::LessThan500m),
        relevance_traffic_direction: Some(RelevanceTrafficDirection::Upstream),
        validity: Duration::from_seconds(30),
        transmission_interval: Some(Duration::from_seconds(1)),
        station_type: StationType::SpecialVehicles,
        sub_cause: Some(ApproachingSubCause::EmergencyVehicle),
        information_quality: Some(7),
        event_speed: Some(Measured::unsure(Speed::from_metres_per_second(13.89))),
        event_heading: None,
        traces: vec![],
        road_type: None,
        lane_position: Some(LanePosition::Lane(1)),
    }
}

fn there_and_back(view: &EmergencyVehicleApproaching) -> Option<EmergencyVehicleApproaching> {
    EmergencyVehicleApproaching::from_denm(&view.to_denm().unwrap())
}

#[test]
fn a_warning_comes_back() {
    assert_eq!(there_and_back(&ambulance()), Some(ambulance()));
    let denm = ambulance().to_denm().unwrap().denm;
    assert_eq!(denm.location.unwrap().traces, Traces(vec![PathHistory(vec![])]), "at least one");
}

#[test]
fn the_end_of_an_event_has_a_management_container_only() {
    for kind in [DenmKind::Cancellation, DenmKind::Negation] {
        let denm = EmergencyVehicleApproaching { kind, ..ambulance() }.to_denm().unwrap();
        let containers = &denm.denm;
        assert!(containers.situation.is_none() && containers.location.is_none());
        assert!(containers.alacarte.is_none());
        let end = EmergencyVehicleApproaching::from_denm(&denm).unwrap();
        assert_eq!((end.kind, end.action, end.sub_cause), (kind, ambulance().action, None));
        assert!(!end.is_valid_at(end.detection_time));
    }
}

#[test]
fn another_cause_is_another_matter() {
    let mut denm = ambulance().to_denm().unwrap();
    denm.denm.situation.as_mut().unwrap().event_type.cause_code = CauseCodeType::ROADWORKS;
    assert_eq!(EmergencyVehicleApproaching::from_denm(&denm), None);
    denm.denm.management.termination = Some(Termination::IsNegation);
    assert_eq!(EmergencyVehicleApproaching::from_denm(&denm), None);
    denm.denm.situation = None;
    assert!(EmergencyVehicleApproaching::from_denm(&denm).is_some(), "an end has no cause");
    denm.denm.management.termination = None;
    assert_eq!(EmergencyVehicleApproaching::from_denm(&denm), None, "nor has a DENM without a situation");
}

#[test]
fn sub_causes_keep_their_number() {
    for number in 0..=u8::MAX {
        let wire = SubCauseCodeType(number);
        assert_eq!(ApproachingSubCause::from_wire(wire).to_wire(), wire);
    }
    let read = [0, 1, 2, 3].map(|number| ApproachingSubCause::from_wire(SubCauseCodeType(number)));
    use ApproachingSubCause::{EmergencyVehicle, Other, PrioritizedVehicle, Unavailable};
    assert_eq!(read, [Unavailable, EmergencyVehicle, PrioritizedVehicle, Other(3)]);
}

#[test]
fn an_event_holds_until_its_validity_is_over() {
    let view = ambulance();
    assert_eq!(view.expires_at(), utc("2026-10-14T00:00:30Z"));
    assert!(view.is_valid_at(utc("2026-10-14T00:00:29.999Z")));
    assert!(!view.is_valid_at(utc("2026-10-14T00:00:30Z")));
    let for_ever = EmergencyVehicleApproaching { validity: Duration::from_millis(i64::MAX), ..view };
    assert!(for_ever.is_valid_at(utc("9999-01-01T00:00:00Z")));
}

#[test]
fn an_update_is_the_same_action_made_later() {
    let first = ambulance();
    let later = EmergencyVehicleApproaching { reference_time: utc("2026-10-14T00:00:01Z"), ..ambulance() };
    let other = EmergencyVehicleApproaching {
        action: ActionId { sequence_number: 501, ..first.action },
        ..later.clone()
    };
    assert!(later.is_update_of(&first));
    assert!(!first.is_update_of(&later) && !first.is_update_of(&first) && !other.is_update_of(&first));
}

#[test]
fn the_default_validity_is_not_on_the_wire() {
    let length = |seconds| {
        let validity = Duration::from_seconds(seconds);
        let mut octets = Vec::new();
        let view = EmergencyVehicleApproaching { validity, ..ambulance() };
        view.to_denm().unwrap().encode(&mut octets).unwrap();
        let read = EmergencyVehicleApproaching::from_denm(&Denm::decode(&octets).unwrap()).unwrap();
        assert_eq!(read.validity, validity);
        octets.len()
    };
    assert_eq!(length(600) + 2, length(601), "17 bits");
}

#[test]
fn what_the_wire_cannot_say_is_refused() {
    let check = |change: fn(&mut EmergencyVehicleApproaching), expected: &str| {
        let mut view = ambulance();
        change(&mut view);
        assert_eq!(view.to_denm().unwrap_err().to_string(), expected);
    };
    check(
        |view| view.validity = Duration::from_seconds(86_401),
        "expected validity in seconds of 0 to 86400, found 86401",
    );
    check(
        |view| view.validity = Duration::from_seconds(-1),
        "expected validity in seconds of 0 to 86400, found -1",
    );
    check(
        |view| view.transmission_interval = Some(Duration::ZERO),
        "expected transmission interval in milliseconds of 1 to 10000, found 0",
    );
    check(
        |view| view.transmission_interval = Some(Duration::from_millis(10_001)),
        "expected transmission interval in milliseconds of 1 to 10000, found 10001",
    );
    check(|view| view.traces = vec![vec![]; 8], "expected at most 7 traces, found 8");
    check(|view| view.information_quality = Some(8), "expected quality of information of 0 to 7, found 8");
    check(
        |view| view.reference_time = utc("2200-01-01T00:00:00Z"),
        "expected reference time of 0 to 4398046511103, found 6185203205000",
    );
}

#[test]
fn an_unavailable_position_and_the_ends_of_time_do_no_harm() {
    let mut denm = ambulance().to_denm().unwrap();
    denm.denm.management.event_position = ReferencePosition::default().to_wire();
    denm.denm.management.detection_time = TimestampIts::MAX;
    let view = EmergencyVehicleApproaching::from_denm(&denm).unwrap();
    assert_eq!((view.event_position.geodetic, view.traces.len()), (None, 0));
    assert_eq!(there_and_back(&view), Some(view));
}
