use super::*;
use crate::dsrc::{RegionId, RegionalExtension};
use crate::uper::OpenType;

fn utc(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

fn moment(minute: Option<u32>, second: Option<u16>, received: &str) -> Option<Instant> {
    moment_from_wire(minute.map(MinuteOfTheYear), second.map(dsrc::DSecond), utc(received))
}

/// One signal group that shows red, at the start of 2027.
fn one() -> SignalState {
    SignalState {
        intersection: IntersectionReference { region: Some(528), id: 3107 },
        name: None,
        revision: 9,
        status: ControllerStatus::TRAFFIC_DEPENDENT,
        moment: Some(utc("2027-01-01T00:00:05Z")),
        enabled_lanes: vec![],
        movements: vec![Movement {
            signal_group: 2,
            name: None,
            phases: vec![SignalPhase::new(PhaseState::StopAndRemain)],
            assists: vec![],
        }],
        assists: vec![],
        prioritizations: vec![],
        unreadable: vec![],
    }
}

fn there_and_back(state: &SignalState) -> Result<SignalState, ViewError> {
    let sent = utc("2026-12-31T23:59:58Z");
    let spatem = SignalState::to_spatem(std::slice::from_ref(state), StationId(70_001), sent)?;
    Ok(SignalState::all_from_spatem(&spatem, sent).remove(0))
}

#[test]
fn minute_and_second_make_the_moment() {
    assert_eq!(
        moment(Some(411_840), Some(30_500), "2026-10-14T00:00:12Z"),
        Some(utc("2026-10-14T00:00:30.500Z"))
    );
    assert_eq!(
        moment(Some(525_599), Some(60_500), "2026-12-31T23:59:59Z"),
        Some(utc("2027-01-01T00:00:00.500Z"))
    );
}

#[test]
fn a_second_alone_lies_in_the_nearest_minute() {
    let nearest = |second| moment(None, Some(second), "2026-12-31T23:59:50Z");
    assert_eq!(nearest(55_000), Some(utc("2026-12-31T23:59:55Z")));
    assert_eq!(nearest(5_000), Some(utc("2027-01-01T00:00:05Z")));
    assert_eq!(moment(Some(527_040), Some(5_000), "2027-01-01T00:00:01Z"), Some(utc("2027-01-01T00:00:05Z")));
}

#[test]
fn without_a_second_there_is_no_moment() {
    assert_eq!(moment(Some(0), None, "2026-12-31T23:59:50Z"), None);
    assert_eq!(moment(Some(0), Some(65_535), "2026-12-31T23:59:50Z"), None);
}

#[test]
fn times_lie_near_the_moment_across_the_year() {
    let mut state = one();
    let timing = PhaseTiming {
        start: Some(ChangeTime::At(utc("2026-12-31T23:59:40Z"))),
        min_end: Some(ChangeTime::At(utc("2027-01-01T00:00:20.100Z"))),
        max_end: Some(ChangeTime::LaterThanAnHour),
        ..PhaseTiming::default()
    };
    state.movements[0].phases[0].timing = Some(timing);
    assert_eq!(there_and_back(&state), Ok(state.clone()));
    state.moment = None;
    assert_eq!(there_and_back(&state), Ok(state));
}

#[test]
fn bits_of_the_status_that_have_no_name_are_kept() {
    let status = ControllerStatus::from_bits(0b1000_0000_0000_1000);
    assert!(status.contains(ControllerStatus::PREEMPT_ACTIVE));
    let state = SignalState { status, ..one() };
    assert_eq!(there_and_back(&state), Ok(state));
}

#[test]
fn an_extension_that_cannot_be_read_costs_only_itself() {
    let spatem = SignalState::to_spatem(&[one()], StationId(1), utc("2027-01-01T00:00:05Z")).unwrap();
    let mut wire = spatem.spat.intersections.0[0].clone();
    let broken =
        || Some(vec![RegionalExtension { region_id: RegionId::ADD_GRP_C, reg_ext_value: OpenType(vec![]) }]);
    wire.regional = broken();
    wire.states.0[0].state_time_speed.0[0].regional = broken();
    let state = SignalState::from_wire(&wire, utc("2027-01-01T00:00:05Z"));
    let of: Vec<_> = state.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(of.len(), 2);
    assert!(of[0].contains("a phase of signal group 2") && of[1].contains("the intersection"), "{of:?}");
    assert_eq!(state.movements, one().movements);
}

#[test]
fn reasons_and_prioritizations_go_to_the_extensions() {
    let mut state = one();
    state.movements[0].phases[0].reason = Some(ChangeReason::EmergencyVehiclePriority);
    state.prioritizations = vec![ActivePrioritization {
        station: StationId(1_234_567),
        status: PrioritizationStatus::Granted,
        signal_group: 2,
    }];
    let wire = state.to_wire(utc("2027-01-01T00:00:05Z")).unwrap();
    let hex = |regional: &Option<Vec<RegionalExtension>>| {
        crate::hex::text(&regional.as_ref().unwrap()[0].reg_ext_value.0)
    };
    assert_eq!(hex(&wire.regional), "400025ad0e8040");
    assert_eq!(hex(&wire.states.0[0].state_time_speed.0[0].regional), "44");
    assert_eq!(there_and_back(&state), Ok(state));
}

#[test]
fn what_the_wire_cannot_say_is_refused() {
    let refused = |change: fn(&mut SignalState)| {
        let mut state = one();
        change(&mut state);
        there_and_back(&state).unwrap_err().to_string()
    };
    let no_states = SignalState::to_spatem(&[], StationId(1), utc("2027-01-01T00:00:05Z"));
    assert_eq!(no_states, Err(ViewError::Empty));
    assert_eq!(refused(|state| state.movements.clear()), "expected at least one movement, found none");
    assert_eq!(
        refused(|state| state.movements[0].phases.clear()),
        "expected at least one phase of a movement, found none"
    );
    assert_eq!(
        refused(|state| state.movements = vec![state.movements[0].clone(); 256]),
        "expected at most 255 movements, found 256"
    );
    assert_eq!(
        refused(|state| state.enabled_lanes = vec![0; 17]),
        "expected at most 16 enabled lanes, found 17"
    );
    assert_eq!(refused(|state| state.revision = 128), "expected a revision of 0 to 127, found 128");
    assert_eq!(
        refused(|state| state.movements[0].phases[0].timing =
            Some(PhaseTiming { confidence: Some(16), ..PhaseTiming::default() })),
        "expected a confidence of 0 to 15, found 16"
    );
    assert_eq!(
        refused(|state| state.name = Some(String::new())),
        "expected a name of 1 to 63 ASCII characters, found \"\""
    );
    let unknown =
        refused(|state| state.movements[0].phases[0].reason = Some(ChangeReason::UnknownAddition(3)));
    assert!(unknown.starts_with("expected known values, found "), "{unknown}");
}
