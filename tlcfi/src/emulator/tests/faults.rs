//! Each fault on request does what it says.

use serde_json::{Value, json};
use voorrang_units::Duration;

use super::client::Client;
use super::crossing;
use crate::emulator::{EmulatorConfig, Fault, Lamp, Latency, ScheduledFault};
use crate::objects::IntersectionControlState;

fn faulty(fault: &str) -> Client {
    let latency = Latency { typical: Duration::from_millis(200), varies: false };
    let faults: Vec<ScheduledFault> = vec![fault.parse().unwrap()];
    Client::new(crossing(), EmulatorConfig { latency, faults, ..EmulatorConfig::default() })
}

/// In control with all red, and every intergreen over; the fault begins at 60 s.
fn in_control(fault: &str) -> Client {
    let mut client = faulty(&format!("{fault}@60"));
    client.begin();
    client.take_control(0);
    let left = Duration::from_seconds(60) - (client.now - super::START);
    client.run(left);
    client
}

/// How long the own program keeps rules in an hour: complaints of the witness.
fn complaints(fault: &str) -> Vec<String> {
    let mut client = faulty(fault);
    client.seconds(600);
    assert_eq!(client.emulator.junction().conflicting_greens(), 0);
    client.witness.complaints
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap()
}

#[test]
fn lamps_are_late() {
    let mut client = in_control("late_confirmation");
    client.group("05", 6);
    client.run(Duration::from_millis(2199));
    assert_eq!(client.witness.shows("05"), Lamp::Red);
    client.run(Duration::from_millis(1));
    assert_eq!(client.witness.shows("05"), Lamp::Green);
}

#[test]
fn commands_are_refused_for_a_while() {
    let mut client = in_control("refused_command");
    client.group("05", 6);
    client.seconds(19);
    assert_eq!(client.witness.shows("05"), Lamp::Red);
    client.seconds(2);
    client.group("05", 6);
    client.seconds(1);
    assert_eq!(client.witness.shows("05"), Lamp::Green);
}

#[test]
fn one_lamp_is_stuck() {
    let mut client = in_control("stuck_lamp");
    client.group("02", 6);
    client.group("08", 6);
    client.seconds(60);
    assert_eq!((client.witness.shows("02"), client.witness.shows("08")), (Lamp::Red, Lamp::Green));
}

#[test]
fn a_monitor_out_of_order_obeys() {
    let mut client = in_control("unsafe_command_obeyed");
    client.group("02", 6);
    client.group("05", 6);
    client.seconds(1);
    assert_eq!((client.witness.shows("02"), client.witness.shows("05")), (Lamp::Green, Lamp::Green));
    assert!(!client.witness.complaints.is_empty());
}

#[test]
fn a_green_in_conflict_is_reported_but_not_shown() {
    let mut client = in_control("conflicting_green_reported");
    client.group("05", 6);
    client.seconds(2);
    let others = ["02", "03", "08"].map(|group| client.last_of(3, group, "state").unwrap());
    assert!(others.contains(&json!(6)), "{others:?}");
    assert_eq!(client.emulator.junction().conflicting_greens(), 0);
    client.seconds(6);
    assert!(["02", "03", "08"].iter().all(|group| client.last_of(3, group, "state") == Some(json!(3))));
    assert_eq!(client.witness.complaints, [] as [String; 0]);
}

#[test]
fn the_own_program_breaks_what_the_fault_names_and_nothing_else() {
    assert_eq!(complaints("late_confirmation"), [] as [String; 0]);
    let intergreen = complaints("short_intergreen");
    assert!(intergreen.len() > 10 && intergreen.iter().all(|one| one.contains("green")), "{intergreen:?}");
    let green = complaints("short_green");
    assert!(green.len() > 10 && green.iter().all(|one| one.contains("Green for")), "{green:#?}");
    let yellow = complaints("short_yellow");
    assert!(yellow.len() > 10 && yellow.iter().all(|one| one.contains("Yellow for")), "{yellow:#?}");
}

#[test]
fn the_intersection_fails_in_order() {
    let mut client = in_control("intersection_error");
    client.group("05", 6);
    client.seconds(10);
    assert_eq!(client.last(2, "state"), Some(json!(0)));
    assert_eq!(client.last(0, "controlState"), Some(json!(0)));
    client.seconds(20);
    assert_eq!(client.witness.shows("05"), Lamp::FlashingAmber);
    client.seconds(100);
    assert_eq!(client.emulator.junction().state(), IntersectionControlState::Control);
    assert_eq!(client.witness.complaints, [] as [String; 0]);
}

#[test]
fn detectors_fail() {
    let mut client = faulty("detector_fault@1");
    client.begin();
    client.seconds(2);
    assert_eq!(client.last_of(4, "021", "faultstate"), Some(json!(4)));
    assert_eq!(client.last_of(4, "021", "state"), Some(json!(1)));
    let mut client = faulty("detector_flutter@1");
    client.begin();
    client.seconds(30);
    assert!(client.told(4, Some("021"), "state").len() > 90);
    assert_eq!(client.told(4, Some("021"), "faultstate"), [0, 3, 0]);
}

#[test]
fn streams_end_and_the_own_program_goes_on() {
    for fault in ["dropped_connection", "stopping", "half_open", "restart"] {
        let mut client = in_control(fault);
        client.group("05", 6);
        client.seconds(40);
        assert!(client.closed, "{fault}");
        assert_eq!(client.told(0, None, "code").contains(&json!(1)), fault == "stopping");
        client.reconnect();
        assert!(client.register(2).get("result").is_some(), "{fault}");
        client.seconds(150);
        assert!(
            client.witness.greens.iter().all(|greens| *greens > 1),
            "{fault}: {:?}",
            client.witness.greens
        );
        let complaints = client.witness.complaints;
        if fault == "restart" {
            // Dark in the middle of whatever was shown.
            assert!(complaints.iter().all(|one| one.contains("Dark")), "{complaints:?}");
        } else {
            assert_eq!(complaints, [] as [String; 0], "{fault}");
        }
    }
}

#[test]
fn control_ends_on_the_controllers_wish() {
    let mut client = in_control("end_of_control");
    client.seconds(1);
    assert_eq!(client.last(0, "controlState"), Some(json!(6)));
}

#[test]
fn alive_goes_wrong() {
    let mut client = faulty("alive_unanswered");
    client.register(0);
    client.seconds(3);
    assert_eq!(client.call("Alive", &json!({"ticks": 1, "time": 2})), Value::Null);
    let mut client = faulty("alive_garbled");
    client.register(0);
    assert_eq!(
        client.call("Alive", &json!({"ticks": 1, "time": 2}))["result"],
        json!({"ticks": 1, "time": 3})
    );
    let asks =
        |client: &Client| client.heard.iter().filter(|(_, message)| message["method"] == "Alive").count();
    for (fault, expected) in [("alive_missing", 0), ("alive_garbled", 9)] {
        let mut client = faulty(fault);
        client.register(0);
        client.seconds(20);
        assert_eq!(asks(&client), expected, "{fault}");
    }
}

#[test]
fn who_does_not_answer_alive_is_closed() {
    let mut client = faulty("late_confirmation");
    client.register(0);
    client.answers_alive = false;
    client.seconds(7);
    assert!(!client.closed);
    client.seconds(1);
    assert!(client.closed);
}

#[test]
fn answers_are_slow_or_refused() {
    let mut client = faulty("slow_answers");
    assert_eq!(client.register(0), Value::Null);
    client.run(Duration::from_millis(2999));
    assert_eq!(client.heard.iter().filter(|(_, message)| message.get("result").is_some()).count(), 0);
    client.seconds(1);
    assert!(client.heard.iter().any(|(_, message)| message["result"].get("sessionid").is_some()));
    assert_eq!(code(&faulty("wrong_version").register(2)), 3);
    assert_eq!(code(&faulty("registration_refused").register(2)), 1);
}

#[test]
fn octets_and_ticks_go_wrong() {
    let mut client = faulty("tick_reset@10");
    client.register(0);
    client.seconds(20);
    let ticks: Vec<u64> = client
        .heard
        .iter()
        .filter(|(_, message)| message["method"] == "Alive")
        .map(|(_, message)| message["params"]["ticks"].as_u64().unwrap())
        .collect();
    assert!(ticks.windows(2).any(|pair| pair[1] < pair[0]), "{ticks:?}");
    let latency = Latency::default();
    let faults = vec!["garbage@1".parse().unwrap()];
    let mut emulator = crate::emulator::Emulator::new(
        crossing(),
        EmulatorConfig { faults, latency, ..EmulatorConfig::default() },
        super::START,
    )
    .unwrap();
    let stream = emulator.connected(super::START);
    let now = super::START + Duration::from_seconds(1);
    emulator.advance(now);
    let mut octets = Vec::new();
    emulator.take_octets(now, stream, &mut octets);
    let mut frames = crate::frame::Frames::default();
    frames.push(&octets);
    assert!(frames.next_text().is_err());
}

#[test]
fn control_is_withheld() {
    let mut client = faulty("control_withheld");
    client.begin();
    client.session(&json!({"reqIntersection": "Crossing", "reqControlState": 3}));
    client.seconds(120);
    assert_eq!(client.last(0, "controlState"), Some(json!(3)));
}

#[test]
fn meta_differ_from_the_file() {
    let group = |fault: &str| {
        let mut client = faulty(fault);
        client.register(0);
        client.call("ReadMeta", &json!({"type": 3, "ids": ["05"]}))["result"]["meta"][0].clone()
    };
    let (right, of) =
        (group("late_confirmation"), |fault: &str, pointer: &str| group(fault).pointer(pointer).cloned());
    assert_eq!(right["timing"][1]["min"], 60);
    assert_eq!(of("short_green_meta", "/timing/1/min"), Some(json!(50)));
    assert_eq!(of("long_green_meta", "/timing/1/min"), Some(json!(70)));
    assert_eq!(of("short_yellow_meta", "/timing/2/min"), Some(json!(20)));
    let intergreen = right["intergreen"][0]["intergreentime"].as_u64().unwrap();
    assert_eq!(of("short_intergreen_meta", "/intergreen/0/intergreentime"), Some(json!(intergreen - 10)));
    assert_eq!(of("long_intergreen_meta", "/intergreen/0/intergreentime"), Some(json!(intergreen + 10)));
    let facilities = |fault: &str, list: &str| {
        let mut client = faulty(fault);
        client.register(0);
        client.call("ReadMeta", &json!({"type": 1, "ids": ["TLC_Crossing"]}))["result"]["meta"][0][list]
            .clone()
    };
    assert_eq!(facilities("missing_group", "signalgroups"), json!(["02", "03", "05"]));
    assert_eq!(facilities("extra_group", "signalgroups"), json!(["02", "03", "05", "08", "99"]));
    assert_eq!(facilities("missing_detector", "detectors"), json!([]));
}

#[test]
fn any_fault_at_any_time_leaves_no_green_in_conflict_but_one() {
    for (name, fault, _) in Fault::NAMES {
        let mut client = in_control(name);
        client.group("05", 6);
        client.seconds(200);
        client.group("02", 6);
        client.seconds(200);
        let allowed = *fault == Fault::UnsafeCommandObeyed;
        assert!(allowed || client.emulator.junction().conflicting_greens() == 0, "{name}");
        assert_eq!(client.emulator.junction().own_objections(), 0, "{name}");
    }
}
