//! Roles `observe` and `relay`, and what is published.

use voorrang_messages::{
    MessageKind, PrioritizationStatus, PriorityRequest, RequestStatus, SequenceNumber, StationId,
};
use voorrang_priority::etsi::ssem;
use voorrang_tlcfi::emulator::Fault;

use super::lab::{Setup, believed};
use super::{CROSSING, ambulance};
use crate::area::{AreaInput, Role};

#[test]
fn an_observer_sees_the_lamps_decides_and_commands_nothing() {
    let mut lab = Setup { role: Role::Observe, text: CROSSING.to_owned(), ..Setup::default() }.lab();
    lab.run(70);
    assert!(believed(&lab.area).iter().all(Option::is_some));
    for _ in 0..10 {
        lab.ask();
        lab.run(2);
    }
    lab.run(60);
    assert!(!lab.has_commanded());
    assert_eq!(lab.answers, [], "nobody is promised anything");
    assert_eq!(lab.alarms, Vec::<String>::new(), "the program keeps to the file");
    let line: serde_json::Value = serde_json::from_str(lab.observations.lines().next().unwrap()).unwrap();
    assert_eq!(line["group"], "05");
    assert!(line["wished_to"].as_i64() > line["wished_from"].as_i64());
    assert!(line["expected_green"].as_i64() >= line["wished_from"].as_i64());
}

#[test]
fn lamps_that_contradict_the_file_are_told_once() {
    for (fault, told) in [
        (Fault::ShortYellow, "yellow of group"),
        (Fault::ShortIntergreen, "from "),
        (Fault::ConflictingGreenReported, "green together"),
    ] {
        let faults = vec![(fault, 30)];
        let mut lab = Setup { role: Role::Observe, faults, ..Setup::default() }.lab();
        lab.run(300);
        let about: Vec<_> = lab.alarms.iter().filter(|alarm| alarm.contains(told)).collect();
        assert!(!about.is_empty(), "{fault}: {:?}", lab.alarms);
        let mut once = lab.alarms.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), lab.alarms.len(), "{:?}", lab.alarms);
    }
}

#[test]
fn a_relay_hands_requests_on_and_answers_back_to_those_who_asked() {
    let mut lab = Setup { role: Role::Relay, ..Setup::default() }.lab();
    lab.ask();
    assert_eq!(lab.relayed, ["octets"], "unchanged");
    assert_eq!(lab.answers, [], "the answer is not ours to give");
    let asked = ambulance();
    let stranger = PriorityRequest { station: StationId(9), ..ambulance() };
    for request in [asked, stranger] {
        let status = RequestStatus::answer(&request, PrioritizationStatus::Granted);
        let octets = ssem(&[status], StationId(1), SequenceNumber(5), lab.now).unwrap();
        lab.tell(AreaInput::Relayed { junction: 0, octets: octets.into() });
    }
    assert_eq!(
        lab.answers.iter().map(|(_, status)| *status).collect::<Vec<_>>(),
        [PrioritizationStatus::Granted]
    );
    lab.tell(AreaInput::Relayed { junction: 0, octets: vec![1, 2, 3].into() });
    lab.tell(AreaInput::Relayed { junction: 0, octets: vec![1, 2, 3].into() });
    assert_eq!(lab.alarms.iter().filter(|alarm| alarm.contains("no SSEM")).count(), 1);
}

#[test]
fn spatem_and_mapem_go_out_only_while_somebody_subscribes() {
    let mut lab = Setup::default().controlled();
    assert_eq!(lab.published, []);
    lab.tell(AreaInput::Subscribed(true));
    lab.run(20);
    let count = |kind| lab.published.iter().filter(|published| **published == kind).count();
    assert!(count(MessageKind::Spatem) >= 20);
    assert!((2..=3).contains(&count(MessageKind::Mapem)));
    let before = lab.published.len();
    lab.tell(AreaInput::Subscribed(false));
    lab.run(20);
    assert_eq!(lab.published.len(), before);
}
