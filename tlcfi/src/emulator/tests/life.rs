//! A session's life: registration, meta, control, its end, and all that is refused on the way.

use serde_json::{Value, json};
use voorrang_units::Duration;

use super::client::Client;
use super::{START, actuated, crossing};
use crate::emulator::{
    DetectorSource, Emulator, EmulatorConfig, Fallback, Happening, Lamp, Latency, Script,
    SpecialVehicleSource, UnsafeReaction,
};
use crate::objects::{ApplicationType, IntersectionControlState};
use crate::session::controller::{Account, CloseReason, ControllerConfig};

fn client(config: EmulatorConfig) -> Client {
    Client::new(crossing(), config)
}

fn steady() -> EmulatorConfig {
    let latency = Latency { typical: Duration::from_millis(200), varies: false };
    EmulatorConfig { latency, ..EmulatorConfig::default() }
}

#[test]
fn from_registration_to_control_and_back() {
    let mut client = client(steady());
    client.begin();
    assert_eq!(client.last(0, "controlState"), Some(json!(1)), "NotConfigured");
    client.take_control(0);
    assert!(client.last(0, "reqHandover") == Some(json!(0)));
    let shown: Vec<_> =
        ["02", "03", "05", "08"].map(|group| client.last_of(3, group, "state").unwrap()).to_vec();
    assert_eq!(shown, [3, 3, 3, 3], "a cleared hand-over begins with all red");

    // The intergreens of what the program showed last are over after ten seconds.
    client.seconds(10);
    client.group("05", 6);
    assert_eq!(client.last_of(3, "05", "state"), Some(json!(3)), "only the lamp is truth");
    client.run(Duration::from_millis(200));
    assert_eq!(client.last_of(3, "05", "state"), Some(json!(6)));
    client.seconds(6);
    client.group("05", 8);
    client.seconds(4);
    client.group("05", 3);
    client.seconds(1);
    assert_eq!(client.witness.shows("05"), Lamp::Red);

    client.session(&json!({"reqControlState": 6}));
    assert_eq!(client.last(0, "controlState"), Some(json!(6)), "the application may end it by itself");
    client.session(&json!({"reqControlState": 2}));
    assert_eq!(client.last(0, "controlState"), Some(json!(2)));
    client.seconds(120);
    assert!(client.witness.greens.iter().all(|greens| *greens > 0), "the own program goes on");
    assert_eq!(client.call("Deregister", &json!({}))["result"], json!({}));
    assert!(client.closed);
    assert_eq!(client.witness.complaints, [] as [String; 0]);
    assert_eq!(client.told(0, None, "code"), [] as [Value; 0], "nothing was refused");
}

#[test]
fn control_ends_on_the_controllers_wish_within_180_s() {
    let mut client = client(steady());
    client.begin();
    client.take_control(2);
    let now = client.now;
    client.emulator.end_control(now);
    client.run(Duration::ZERO);
    assert_eq!(client.last(0, "controlState"), Some(json!(6)));
    client.session(&json!({"reqControlState": 6}));
    client.seconds(179);
    assert_eq!(client.last(0, "controlState"), Some(json!(6)));
    client.seconds(1);
    assert_eq!(client.last(0, "controlState"), Some(json!(2)), "it is forced");
    client.session(&json!({"reqControlState": 3}));
    client.seconds(2);
    assert_eq!(client.last(0, "controlState"), Some(json!(4)), "the pause is over, it is granted again");
    assert_eq!(client.witness.complaints, [] as [String; 0]);
}

#[test]
fn when_the_application_dies_the_own_program_goes_on_from_what_lamps_show() {
    // Its stream ends, or it only falls silent.
    for silent in [false, true] {
        let mut client = client(EmulatorConfig::default());
        client.begin();
        client.take_control(0);
        client.seconds(10);
        client.group("05", 6);
        client.seconds(1);
        assert_eq!(client.witness.shows("05"), Lamp::Green);
        // On its way when the application dies: it is recalled.
        client.group("02", 6);
        if silent {
            client.sends_alive = false;
            client.seconds(6);
            assert!(
                client
                    .happened
                    .iter()
                    .any(|what| matches!(what, Happening::Closed { why: CloseReason::Silent, .. }))
            );
        } else {
            client.reconnect();
        }
        client.seconds(130);
        assert!(client.witness.greens.iter().all(|greens| *greens > 0), "{:?}", client.witness.greens);
        assert_eq!(client.witness.complaints, [] as [String; 0]);
        assert_eq!(client.emulator.junction().state(), IntersectionControlState::Control);
    }
}

#[test]
fn flashing_amber_takes_over_where_that_is_the_fallback() {
    let mut client = client(EmulatorConfig { fallback: Fallback::AmberFlashing, ..steady() });
    client.begin();
    assert_eq!(client.last(2, "state"), Some(json!(2)), "Standby");
    client.take_control(0);
    client.group("05", 6);
    assert_eq!(
        client.last(0, "code"),
        Some(json!(1000)),
        "no lamps are driven before the intersection is in control"
    );
    client.update(2, "Crossing", &json!({"reqState": 7}));
    client.seconds(30);
    assert_eq!(client.told(2, None, "state"), [2, 4, 6, 7]);
    client.group("05", 6);
    client.seconds(1);
    assert_eq!(client.witness.shows("05"), Lamp::Green);
    client.reconnect();
    client.seconds(30);
    assert_eq!(client.witness.shows("05"), Lamp::FlashingAmber);
    assert_eq!(client.witness.complaints, [] as [String; 0]);
}

#[test]
fn registrations_are_checked() {
    let account =
        Account { username: "me".into(), password: "secret".into(), kinds: vec![ApplicationType::Consumer] };
    let controller = ControllerConfig { accounts: vec![account], ..ControllerConfig::default() };
    let mut client = client(EmulatorConfig { controller, ..steady() });
    let code = |answer: Value| answer["error"]["code"].clone();
    assert_eq!(
        code(client.call("ReadMeta", &json!({"type": 1, "ids": ["TLC_Crossing"]}))),
        1,
        "not registered"
    );
    assert_eq!(code(client.register(2)), 2, "may not control");
    let register = |user: &str, minor: u16| json!({"username": user, "password": "secret", "type": 0, "version": {"major": 1, "minor": minor, "revision": 7}, "uri": "x:y"});
    assert_eq!(code(client.call("Register", &register("you", 1))), 1);
    assert_eq!(code(client.call("Register", &register("me", 2))), 3, "another version");
    assert!(client.call("Register", &register("me", 1)).get("result").is_some());
    assert_eq!(code(client.call("Register", &register("me", 1))), 4, "registered already");
    assert_eq!(code(client.call("Fly", &json!({}))), -32601);
    assert_eq!(code(client.call("Alive", &json!({"ticks": 1}))), 6);
    assert_eq!(code(client.call("Alive", &json!({"ticks": 1, "time": "now"}))), 7);
}

#[test]
fn five_refused_registrations_close_the_stream() {
    let mut client = client(steady());
    for _ in 0..5 {
        assert!(!client.closed);
        client.call("Register", &json!({"username": "me"}));
    }
    assert!(client.closed);
}

#[test]
fn meta_and_states_are_told_with_errors_by_the_book() {
    let mut client = client(steady());
    client.register(0);
    let facilities = client.call("ReadMeta", &json!({"type": 1, "ids": ["TLC_Crossing"]}));
    assert_eq!(facilities["result"]["meta"][0]["signalgroups"], json!(["02", "03", "05", "08"]));
    let group = client.call("ReadMeta", &json!({"type": 3, "ids": ["05"]}));
    assert_eq!(group["result"]["meta"][0]["timing"][1], json!({"state": 6, "min": 60, "max": null}));
    let code = |answer: Value| answer["error"]["code"].clone();
    assert_eq!(code(client.call("ReadMeta", &json!({"type": 3, "ids": ["99"]}))), 9);
    assert_eq!(code(client.call("ReadMeta", &json!({"type": 12, "ids": ["99"]}))), 5);
    assert_eq!(
        code(client.call("Subscribe", &json!({"type": 1, "ids": ["TLC_Crossing"]}))),
        0,
        "it has no state"
    );
    assert_eq!(code(client.call("Subscribe", &json!({"type": 3, "ids": []}))), 6);
    assert_eq!(code(client.call("Subscribe", &json!({"type": 0, "ids": ["Session_9"]}))), 9);
    let data = client.call("Subscribe", &json!({"type": 3, "ids": ["05"]}));
    assert_eq!(data["result"]["data"][0]["state"], 3);
}

#[test]
fn a_consumer_sees_everything_and_commands_nothing() {
    let mut client = client(steady());
    client.register(0);
    client.call("Subscribe", &json!({"type": 3, "ids": ["02", "05"]}));
    client.group("05", 6);
    assert_eq!(client.last(0, "code"), Some(json!(1001)));
    client.session(&json!({"reqControlState": 3}));
    client.update(2, "Crossing", &json!({"reqState": 1}));
    assert_eq!(client.told(0, None, "code").len(), 3);
    client.seconds(60);
    assert!(client.told(3, Some("05"), "state").contains(&json!(6)), "the own program's green was told");
}

#[test]
fn commands_out_of_place_are_told() {
    let mut client = client(steady());
    client.begin();
    client.group("05", 6);
    assert_eq!(client.last(0, "code"), Some(json!(1000)), "not in control");
    client.session(&json!({"reqIntersection": "Elsewhere", "reqControlState": 2}));
    assert_eq!(client.last(0, "code"), Some(json!(1002)));
    client.session(&json!({"reqControlState": 5}));
    assert_eq!(client.last(0, "code"), Some(json!(1000)), "nobody has given it control");
    client.take_control(2);
    client.group("77", 6);
    let info = client.last(0, "info").unwrap();
    assert_eq!((client.last(0, "code"), &info["id"]), (Some(json!(1002)), &json!("77")));
}

#[test]
fn one_is_in_control_and_the_next_waits() {
    let mut client = client(steady());
    client.begin();
    client.take_control(2);
    let (first, now) = (client.stream, client.now);
    client.stream = client.emulator.connected(now);
    let version = json!({"major": 1, "minor": 1, "revision": 0});
    let other = json!({"username": "other", "password": "", "type": 2, "version": version, "uri": "x:y"});
    client.call("Register", &other);
    client.call("Subscribe", &json!({"type": 0, "ids": ["Session_2"]}));
    client.update(0, "Session_2", &json!({"reqIntersection": "Crossing", "reqControlState": 3}));
    client.seconds(3);
    assert_eq!(client.last_of(0, "Session_2", "controlState"), Some(json!(3)), "it waits");
    let now = client.now;
    client.emulator.disconnected(now, first);
    client.seconds(25);
    assert_eq!(client.last_of(0, "Session_2", "controlState"), Some(json!(4)), "its turn");
    assert_eq!(client.witness.complaints, [] as [String; 0]);
}

#[test]
fn predictions_come_back_on_the_controllers_clock() {
    let mut client = client(steady());
    client.begin();
    client.take_control(2);
    client.seconds(8);
    // The client's clock wraps in between.
    let millis = (client.now - START).millis();
    let ticks = client.ticks();
    let prediction =
        json!([{"state": 6, "minEnd": ticks.wrapping_add(7000), "likelyEnd": ticks.wrapping_add(9000)}]);
    client.update(3, "02", &json!({"reqPredictions": prediction}));
    let told = client.last_of(3, "02", "predictions").unwrap();
    let ours = 81_000 + millis;
    assert_eq!(told[0]["minEnd"], ours + 7000);
    assert_eq!(told[0]["likelyEnd"], ours + 9000);
    client.reconnect();
    assert_eq!(client.emulator.sessions().controlling(), None);
}

#[test]
fn an_unsafe_command_is_not_obeyed_and_may_lead_to_error() {
    let mut client = client(EmulatorConfig { unsafe_reaction: UnsafeReaction::Error, ..steady() });
    client.begin();
    client.take_control(2);
    assert_eq!(client.witness.shows("02"), Lamp::Green);
    client.group("05", 6);
    client.seconds(1);
    assert_eq!(client.last(2, "state"), Some(json!(0)), "intersection Error");
    assert_eq!(client.last(0, "controlState"), Some(json!(0)), "session Error");
    assert!(client.happened.iter().any(|what| matches!(what, Happening::Refused { why: Some(_), .. })));
    client.seconds(100);
    assert_eq!(client.witness.complaints, [] as [String; 0]);
    client.session(&json!({"reqControlState": 1}));
    assert_eq!(client.last(0, "controlState"), Some(json!(1)), "it may begin anew");
}

#[test]
fn exclusive_outputs_are_for_whoever_is_in_control_and_go_off_after() {
    let outputs = vec![("hlpd02".to_owned(), true), ("wtm".to_owned(), false)];
    let mut client = client(EmulatorConfig { outputs, ..steady() });
    client.begin();
    client.call("Subscribe", &json!({"type": 6, "ids": ["hlpd02", "wtm"]}));
    client.update(6, "wtm", &json!({"reqState": 5}));
    assert_eq!(client.last_of(6, "wtm", "state"), Some(json!(5)));
    client.update(6, "hlpd02", &json!({"reqState": 1}));
    assert_eq!(client.last(0, "code"), Some(json!(1000)));
    client.take_control(2);
    client.update(6, "hlpd02", &json!({"reqState": 1}));
    assert_eq!(client.last_of(6, "hlpd02", "state"), Some(json!(1)));
    client.session(&json!({"reqControlState": 2}));
    assert_eq!(client.told(6, Some("hlpd02"), "state"), [0, 1, 0]);
    assert_eq!(client.last_of(6, "wtm", "state"), Some(json!(5)));
}

#[test]
fn scripts_and_kar_reach_the_application() {
    let detectors =
        DetectorSource::Script(Script::detectors("1 021 on\n2 021 off\n3 021 fault\n", &crossing()).unwrap());
    let kar = "{\"at_s\":4,\"vehType\":5,\"vehId\":1042,\"directionSG\":2,\"priorityClass\":4,\"type\":1}\n";
    let special_vehicles = SpecialVehicleSource::Script(Script::special_vehicles(kar).unwrap());
    let mut client = client(EmulatorConfig { detectors, special_vehicles, ..steady() });
    client.begin();
    client.seconds(5);
    assert_eq!(client.told(4, Some("021"), "state"), [0, 1, 0]);
    assert_eq!(client.last_of(4, "021", "faultstate"), Some(json!(4)));
    assert_eq!(client.last_of(7, "SVEG1", "vehId"), Some(json!(1042)));
}

#[test]
fn random_traffic_keeps_an_actuated_program_busy_and_is_the_same_again() {
    let run = |seed| {
        let detectors = DetectorSource::Random { headway: Duration::from_seconds(12) };
        let special_vehicles = SpecialVehicleSource::Random { interval: Duration::from_seconds(60) };
        let config = EmulatorConfig { seed, detectors, special_vehicles, ..EmulatorConfig::default() };
        let mut client = Client::new(actuated(), config);
        client.seconds(600);
        assert_eq!(client.witness.complaints, [] as [String; 0]);
        assert!(client.witness.greens.iter().all(|greens| *greens > 3), "{:?}", client.witness.greens);
        client.happened
    };
    let first = run(3);
    assert_eq!(first, run(3));
    assert_ne!(first, run(4));
}

#[test]
fn hostile_octets_close_their_stream_alone() {
    let mut client = client(steady());
    client.begin();
    let (good, now) = (client.stream, client.now);
    let check = |emulator: &mut Emulator, octets: &[u8]| {
        let stream = emulator.connected(now);
        emulator.receive(now, stream, octets);
        let closed = emulator.wants_disconnect(stream);
        emulator.disconnected(now, stream);
        closed
    };
    let emulator = &mut client.emulator;
    assert!(check(emulator, &b"[".repeat(100_000)));
    assert!(check(emulator, &b"{\"a\":".repeat(100)));
    assert!(check(emulator, b"{]"));
    assert!(
        !check(emulator, b"{}{\"jsonrpc\":\"2.0\"}{\"method\":7}"),
        "odd messages are answered or passed over"
    );
    assert!(!client.emulator.wants_disconnect(good));
    let streams: Vec<_> = (0..20).map(|_| client.emulator.connected(now)).collect();
    let refused = streams.iter().filter(|stream| client.emulator.wants_disconnect(**stream)).count();
    assert_eq!(refused, 5, "16 streams at once");
    client.seconds(31);
    assert!(
        streams.iter().all(|stream| client.emulator.wants_disconnect(*stream)),
        "nobody registered on them"
    );
}
