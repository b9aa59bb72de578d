//! Role `control`, against the emulated controller.

use voorrang_messages::{PrioritizationStatus, PriorityRequest, RequestKind};
use voorrang_tlcfi::emulator::Fault;
use voorrang_tlcfi::objects::{IntersectionControlState, SpecialVehicleEvent};
use voorrang_units::Duration;

use super::lab::{EAST, Setup, believed};
use super::{CROSSING, ambulance};
use crate::area::AreaInput;

#[test]
fn the_vehicle_asks_is_granted_and_the_lamps_are_green() {
    let mut lab = Setup::default().controlled();
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40), "{:?}", lab.answers);
    assert!(lab.is_green(EAST));
    assert_eq!(lab.emulator.junction().conflicting_greens(), 0);
    // It has passed: the green goes back to the program.
    lab.request(PriorityRequest { kind: RequestKind::Cancellation, ..ambulance() });
    lab.run(60);
    let statuses: Vec<_> = lab.audit.iter().map(|entry| (entry.status, entry.why.as_str())).collect();
    assert_eq!(
        statuses,
        [
            (PrioritizationStatus::Processing, "absolute"),
            (PrioritizationStatus::Granted, "absolute"),
            (PrioritizationStatus::Granted, "cancelled"),
        ]
    );
    assert_eq!(lab.alarms, Vec::<String>::new());
    assert_eq!(lab.lit, [1, 0], "the lamp that tells of it burns meanwhile");
    assert_eq!(lab.objections, Vec::<String>::new());
    assert!(lab.in_control());
}

#[test]
fn an_ambulance_that_checks_in_by_kar_gets_green_until_it_checks_out() {
    let mut lab = Setup::default().controlled();
    let event = |announcement: u8| {
        let text = format!(
            r#"{{"vehType":5,"companyNr":12,"vehId":1042,"directionSG":5,"priorityClass":4,"timeToStopLine":20.0,"type":{announcement}}}"#
        );
        serde_json::from_str::<SpecialVehicleEvent>(&text).unwrap()
    };
    lab.emulate(|emulator, now| emulator.tell_special_vehicle(now, &event(1)));
    lab.run(20);
    assert!(lab.is_green(EAST));
    assert_eq!(lab.audit[0].permit, "KAR");
    assert_eq!(lab.audit.last().unwrap().status, PrioritizationStatus::Granted);
    lab.emulate(|emulator, now| emulator.tell_special_vehicle(now, &event(2)));
    lab.run(1);
    assert_eq!(lab.audit.last().unwrap().why, "checked out, or silent", "{:?}", lab.audit);
    assert_eq!(lab.answers, [], "KAR has no way back");
}

#[test]
fn a_bridge_that_opens_ranks_above_every_request() {
    let mut lab = Setup::default().controlled();
    lab.ask();
    lab.emulate(|emulator, now| emulator.set_input(now, 0, 1));
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    lab.emulate(|emulator, now| emulator.set_input(now, 0, 0));
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40));
}

#[test]
fn the_junction_runs_its_program_while_nobody_asks() {
    let mut lab = Setup::default().controlled();
    let mut greens = 0;
    for _ in 0..120 {
        let before = lab.is_green(EAST);
        lab.run(1);
        greens += u32::from(!before && lab.is_green(EAST));
    }
    assert_eq!(greens, 2, "a cycle of 60 s");
    assert_eq!(believed(&lab.area).len(), 5);
    assert_eq!(lab.alarms, Vec::<String>::new());
}

#[test]
fn the_controller_ends_control_and_gives_it_again() {
    let mut lab = Setup::default().controlled();
    lab.ask();
    lab.emulate(voorrang_tlcfi::emulator::Emulator::end_control);
    lab.run(30);
    assert!(!lab.in_control());
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    lab.run(90);
    assert!(lab.in_control(), "{:?}", lab.alarms);
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40));
    assert_eq!(lab.conflicting, 0);
}

#[test]
fn a_shutdown_gives_control_back_in_order() {
    let mut lab = Setup::default().controlled();
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40));
    let asked = lab.now;
    lab.tell(AreaInput::Shutdown);
    lab.run(20);
    assert!(lab.finished);
    assert!(lab.now - asked <= Duration::from_seconds(10), "{}", (lab.now - asked).seconds());
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    assert!(lab.sent.windows(10).any(|octets| octets == b"Deregister"));
    assert_eq!(lab.connection, None);
    assert!(lab.vlog.lines().count() > 10);
    // Its own program takes over.
    lab.finished = false;
    let end = lab.now + Duration::from_seconds(90);
    while let Some(due) = lab.emulator.next_deadline().filter(|due| *due < end) {
        lab.emulator.advance(due);
    }
    assert_eq!(lab.emulator.junction().conflicting_greens(), 0);
}

#[test]
fn a_connection_lost_mid_intervention_is_found_again() {
    let mut lab = Setup::default().controlled();
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40));
    lab.reachable = false;
    lab.cut();
    assert!(!lab.in_control());
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    lab.run(60);
    lab.reachable = true;
    lab.run(120);
    assert!(lab.in_control(), "{:?}", lab.alarms);
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40));
    assert_eq!(lab.conflicting, 0);
}

#[test]
fn late_confirmations_delay_and_break_nothing() {
    let mut lab = Setup { faults: vec![(Fault::LateConfirmation, 70)], ..Setup::default() }.controlled();
    lab.run(20);
    assert!(lab.ask_until(PrioritizationStatus::Granted, 60), "{:?} {:?}", lab.answers, lab.alarms);
    lab.run(60);
    assert_eq!(lab.conflicting, 0);
    assert!(lab.in_control(), "{:?}", lab.alarms);
}

#[test]
fn swallowed_commands_delay_the_green_and_break_nothing() {
    let mut lab = Setup { faults: vec![(Fault::RefusedCommand, 85)], ..Setup::default() }.controlled();
    lab.run(27);
    assert!(!lab.is_green(EAST));
    let asked = lab.now;
    assert!(lab.ask_until(PrioritizationStatus::Granted, 60), "{:?} {:?}", lab.answers, lab.alarms);
    assert!(lab.now - asked >= Duration::from_seconds(15), "nothing is granted that the lamps don't show");
    assert!(lab.is_green(EAST));
    assert_eq!(lab.conflicting, 0);
}

#[test]
fn every_fault_of_the_controller_leaves_the_junction_safe() {
    for (name, fault, _) in Fault::NAMES {
        println!("{name}");
        let mut lab = Setup { faults: vec![(*fault, 75)], ..Setup::default() }.lab();
        lab.run(70);
        for _ in 0..60 {
            lab.ask();
            lab.run(2);
        }
        assert_eq!(lab.conflicting, 0, "{name}: {:?}", lab.alarms);
    }
}

#[test]
fn where_controller_and_file_differ_control_is_refused_with_the_list() {
    let emulated = Setup::default()
        .text
        .replace(r#""05" = { "02" = 6"#, r#""05" = { "02" = 7"#)
        .replace(
            r#"name = "08", signal_group = 8, type = "motor", min_green_s = 5"#,
            r#"name = "08", signal_group = 8, type = "motor", min_green_s = 7"#,
        )
        .replace("duration_s = 6, green = [] },\n]", "duration_s = 7, green = [] },\n]")
        .replace("cycle_s = 60", "cycle_s = 61");
    let mut lab = Setup { emulated, ..Setup::default() }.lab();
    lab.run(90);
    assert!(!lab.in_control());
    assert!(!lab.has_commanded());
    assert_eq!(
        lab.alarms,
        [
            "control is refused: from 05 to 02: the file has 6 s, the controller 7 s",
            "control is refused: group 08: the file's green lasts 5 s at least, the controller's 7 s",
        ]
    );
    lab.ask();
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
}

#[test]
fn an_unverified_file_never_takes_control() {
    let mut lab = Setup { text: CROSSING.to_owned(), ..Setup::default() }.lab();
    lab.run(90);
    assert!(!lab.in_control());
    assert!(!lab.has_commanded());
    assert_eq!(lab.alarms.len(), 1);
}

#[test]
fn a_full_disk_gives_control_back_and_room_takes_it_again() {
    let mut lab = Setup::default().controlled();
    lab.ask();
    lab.tell(AreaInput::JournalHealthy(false));
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    lab.run(30);
    assert!(!lab.in_control());
    lab.ask();
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    lab.tell(AreaInput::JournalHealthy(true));
    lab.run(60);
    assert!(lab.in_control());
    assert_eq!(lab.conflicting, 0);
}

#[test]
fn without_a_trusted_clock_a_running_intervention_ends_by_itself_and_none_begins() {
    let mut lab = Setup::default().controlled();
    assert!(lab.ask_until(PrioritizationStatus::Granted, 40));
    lab.tell(AreaInput::ClockTrusted(false));
    lab.ask();
    lab.run(2);
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Granted), "it goes on");
    lab.request(PriorityRequest { kind: RequestKind::Cancellation, ..ambulance() });
    lab.run(2);
    lab.request(PriorityRequest { request: voorrang_messages::RequestId(2), ..ambulance() });
    assert_eq!(lab.last_answer(), Some(PrioritizationStatus::Rejected));
    assert!(lab.in_control());
}

#[test]
fn a_conflicting_green_that_is_reported_gives_control_back_for_good() {
    let mut lab =
        Setup { faults: vec![(Fault::ConflictingGreenReported, 75)], ..Setup::default() }.controlled();
    lab.run(60);
    assert!(!lab.in_control(), "{:?}", lab.alarms);
    assert!(lab.alarms.iter().any(|alarm| alarm.contains("conflicting groups are green together")));
    lab.run(200);
    assert!(!lab.in_control());
    assert_ne!(lab.emulator.junction().state(), IntersectionControlState::Error);
}
