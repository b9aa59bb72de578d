//! The application against a controller of a few lines, in virtual time.

use serde_json::{Value, json};
use voorrang_units::{Duration, Instant};

use super::*;
use crate::frame::Frames;
use crate::objects::{DetectorState, PriorityClass, SessionEventCode};

const START: Instant = Instant::from_unix_millis(1_795_000_000_000);

/// A controller that answers what it is asked, says what it is told to, and writes down what it hears.
struct Controller {
    frames: Frames,
    heard: Vec<Value>,
    meta: Value,
    /// Answers are given in the opposite order, once several calls have come.
    backwards: bool,
    silent: bool,
    /// Of the session.
    kind: i32,
}

impl Controller {
    fn new() -> Self {
        let group = |id: &str, other: &str, tenths: u16| {
            json!({"id": id, "intersection": "K1", "intergreen": [{"signalgroup": other, "intergreentime": tenths}],
                "timing": [{"state": 3, "min": 20, "max": null}, {"state": 6, "min": 40, "max": null}]})
        };
        let meta = json!({
            "1": {"TLC": {"id": "TLC", "intersections": ["K1"], "signalgroups": ["02", "05"], "detectors": ["021"],
                "inputs": null, "outputs": ["hlpd02", "lamp"], "spvehgenerator": "SVEG1", "variables": ["V1"],
                "info": {"fiVersion": {"major": 1, "minor": 1, "revision": 0}, "companyname": "X", "facilitiesVersion": "1"}}},
            "2": {"K1": {"id": "K1", "outputs": ["hlpd02"], "inputs": [], "signalgroups": ["02", "05"], "detectors": ["021"]}},
            "3": {"02": group("02", "05", 45), "05": group("05", "02", 30)},
            "4": {"021": {"id": "021", "generatesEvents": true}},
            "6": {"hlpd02": {"id": "hlpd02"}, "lamp": {"id": "lamp"}},
            "7": {"SVEG1": {"id": "SVEG1"}},
            "8": {"V1": {"id": "V1"}},
        });
        Self { frames: Frames::default(), heard: Vec::new(), meta, backwards: false, silent: false, kind: 2 }
    }

    fn state(object_type: i64) -> Value {
        match object_type {
            0 => json!({"controlState": 1}),
            2 => json!({"state": 2, "stateticks": 1}),
            3 => json!({"state": 3, "stateticks": 500, "predictions": null}),
            4 => json!({"state": 0, "faultstate": 0, "swico": 0, "stateticks": 1}),
            8 => json!({"value": 0, "lifetime": 0}),
            _ => json!({"faultstate": 0}),
        }
    }

    /// Hears octets, and gives its answers.
    fn hear(&mut self, octets: &[u8]) -> Vec<Vec<u8>> {
        self.frames.push(octets);
        let mut answers = Vec::new();
        while let Some(text) = self.frames.next_text().unwrap() {
            let message: Value = serde_json::from_slice(text).unwrap();
            let result = self.answer(&message);
            if let (Some(result), false) = (result, self.silent) {
                answers.push(
                    json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string().into_bytes(),
                );
            }
            self.heard.push(message);
        }
        if self.backwards {
            answers.reverse();
        }
        answers
    }

    fn answer(&self, message: &Value) -> Option<Value> {
        let params = &message["params"];
        let ids = || params["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
        match message["method"].as_str()? {
            "Register" => Some(json!({"sessionid": "S1", "facilities": {"type": 1, "ids": ["TLC"]},
                "version": {"major": 1, "minor": 1, "revision": 3}})),
            "Deregister" => Some(json!({})),
            "Alive" => Some(params.clone()),
            "ReadMeta" if params["type"] == 0 => Some(
                json!({"objects": params, "meta": [{"sessionid": "S1", "type": self.kind}], "ticks": 1000}),
            ),
            "ReadMeta" => {
                let list: Vec<&Value> = ids().map(|id| &self.meta[params["type"].to_string()][id]).collect();
                Some(json!({"objects": params, "meta": list, "ticks": 1000}))
            }
            "Subscribe" => {
                let data: Vec<Value> = ids().map(|_| Self::state(params["type"].as_i64().unwrap())).collect();
                Some(json!({"objects": params, "data": data, "ticks": 1000}))
            }
            _ => None,
        }
    }
}

struct Bench {
    application: Application,
    controller: Controller,
    now: Instant,
    alive_id: u32,
    events: Vec<ApplicationEvent>,
}

impl Bench {
    fn new(change: impl FnOnce(&mut ApplicationConfig, &mut Controller)) -> Self {
        let mut config = ApplicationConfig::new(ApplicationType::Control, "gateway", "secret");
        let mut controller = Controller::new();
        change(&mut config, &mut controller);
        let application = Application::new(config, START);
        Self { application, controller, now: START, alive_id: 0, events: Vec::new() }
    }

    /// A session that is ready.
    fn ready(change: impl FnOnce(&mut ApplicationConfig, &mut Controller)) -> Self {
        let mut bench = Self::new(change);
        bench.application.connected(bench.now);
        bench.pass(1500);
        assert!(bench.application.is_ready(), "{:?}", bench.events);
        bench
    }

    /// A session that has control, all lamps red.
    fn in_control() -> Self {
        let mut bench = Self::ready(|_, _| {});
        bench.application.want_control(bench.now, true);
        bench.exchange();
        for state in [2, 3, 4, 5] {
            bench.tell(0, "S1", &json!({"controlState": state}));
        }
        bench.tell(2, "K1", &json!({"state": 7}));
        assert!(bench.application.has_control());
        bench.events.clear();
        bench.controller.heard.clear();
        bench
    }

    /// Octets both ways until nothing is left.
    fn exchange(&mut self) {
        loop {
            let mut octets = Vec::new();
            self.application.take_octets(&mut octets);
            if octets.is_empty() {
                break;
            }
            for answer in self.controller.hear(&octets) {
                self.application.receive(self.now, &answer);
            }
        }
        self.events.extend(std::iter::from_fn(|| self.application.next_event()));
    }

    /// Time passes, with an Alive of the controller each second.
    fn pass(&mut self, millis: i64) {
        for _ in 0..millis / 100 {
            self.now += Duration::from_millis(100);
            if self.now.unix_millis() % 1000 == 0 && !self.controller.silent {
                let alive = json!({"id": self.alive_id, "method": "Alive", "params": {"ticks": self.ticks(), "time": 1}});
                self.alive_id += 1;
                self.application.receive(self.now, alive.to_string().as_bytes());
            }
            self.application.advance(self.now);
            self.exchange();
        }
    }

    fn ticks(&self) -> i64 {
        (self.now - START).millis()
    }

    fn say(&mut self, text: &str) {
        self.application.receive(self.now, text.as_bytes());
        self.exchange();
    }

    fn tell(&mut self, object_type: i32, id: &str, state: &Value) {
        let update = json!([{"objects": {"type": object_type, "ids": [id]}, "states": [state]}]);
        let message = json!({"method": "UpdateState", "params": {"update": update, "ticks": self.ticks()}});
        self.say(&message.to_string());
    }

    /// What the controller was asked of objects of a type, in order.
    fn asked(&self, object_type: i32) -> Vec<Value> {
        let updates = self.controller.heard.iter().filter(|message| message["method"] == "UpdateState");
        let updates = updates.flat_map(|message| message["params"]["update"].as_array().unwrap());
        updates
            .filter(|update| update["objects"]["type"] == object_type)
            .map(|update| update["states"].clone())
            .collect()
    }

    fn closed(&self) -> Option<&CloseReason> {
        self.events.iter().find_map(|event| match event {
            ApplicationEvent::Closed { why } => Some(why),
            _ => None,
        })
    }
}

#[test]
fn everything_is_read_and_subscribed_to() {
    let bench = Bench::ready(|_, _| {});
    let facilities = bench.application.facilities().unwrap();
    assert_eq!(facilities.group("05"), Some(GroupNumber(1)));
    assert_eq!(facilities.output("lamp"), Some(OutputNumber(1)));
    assert!(facilities.is_exclusive(OutputNumber(0)) && !facilities.is_exclusive(OutputNumber(1)));
    assert_eq!(facilities.detector("022"), None);
    let calls: Vec<String> = bench
        .controller
        .heard
        .iter()
        .filter(|message| message["method"] == "Subscribe")
        .map(|message| message["params"]["type"].to_string())
        .collect();
    assert_eq!(calls, ["0", "2", "3", "4", "6", "7", "8"]);
    let groups =
        bench.events.iter().filter(|event| matches!(event, ApplicationEvent::SignalGroup { .. })).count();
    assert_eq!(groups, 2);
    assert!(
        !bench.events.iter().any(|event| matches!(event, ApplicationEvent::Unexplained { .. })),
        "{:?}",
        bench.events
    );
}

#[test]
fn answers_may_come_in_any_order() {
    Bench::ready(|_, controller| controller.backwards = true);
}

#[test]
fn a_consumer_asks_for_nothing() {
    let mut bench = Bench::ready(|config, controller| {
        config.kind = ApplicationType::Consumer;
        controller.kind = 0;
    });
    bench.application.want_control(bench.now, true);
    bench.pass(5000);
    assert!(bench.asked(0).is_empty());
    let refused = bench.application.set_signal_groups(
        bench.now,
        &[(GroupNumber(0), SignalGroupState::StopAndRemain)],
        &[],
    );
    assert!(refused.is_err());
    assert_eq!(bench.application.set_output(bench.now, "lamp", 1), Err(CannotSet::Consumer));
}

#[test]
fn control_is_asked_for_with_what_it_needs() {
    let mut bench = Bench::ready(|_, _| {});
    assert_eq!(
        bench.asked(0),
        [json!([{"startCapability": 0, "endCapability": 0, "reqIntersection": "K1", "reqControlState": 2}])]
    );
    bench.application.want_control(bench.now, true);
    bench.exchange();
    for (state, asked) in [(2, Some(3)), (3, None), (4, Some(5)), (5, None)] {
        bench.controller.heard.clear();
        bench.tell(0, "S1", &json!({"controlState": state}));
        let expected: Vec<Value> =
            asked.map(|state| json!([{"reqControlState": state}])).into_iter().collect();
        assert_eq!(bench.asked(0), expected, "{state}");
    }
    assert_eq!(bench.asked(2), [json!([{"reqState": 7}])]);
    assert!(!bench.application.has_control());
    bench.tell(2, "K1", &json!({"state": 7}));
    assert!(bench.application.has_control());
    assert_eq!(bench.events.last(), Some(&ApplicationEvent::ControlGained));
}

#[test]
fn requests_go_out_together_and_are_repeated() {
    let mut bench = Bench::in_control();
    let now = bench.now;
    let green = Foretold {
        state: SignalGroupState::ProtectedMovementAllowed,
        start: None,
        min_end: now + Duration::from_seconds(4),
        max_end: None,
        likely_end: None,
        confidence: Some(3),
    };
    let groups = [
        (GroupNumber(0), SignalGroupState::ProtectedMovementAllowed),
        (GroupNumber(1), SignalGroupState::StopAndRemain),
    ];
    bench.application.set_signal_groups(now, &groups, &[(GroupNumber(0), &[green])]).unwrap();
    bench.application.set_output(now, "hlpd02", 1).unwrap();
    bench.exchange();
    let expected = json!([
        {"reqState": 6, "reqPredictions": [{"state": 6, "minEnd": bench.ticks() + 4000, "confidence": 3}]},
        {"reqState": 3},
    ]);
    assert_eq!(bench.asked(3).last(), Some(&expected));
    assert_eq!(bench.asked(6), [json!([{"reqState": 1}])]);
    bench.controller.heard.clear();
    bench.pass(3000);
    // Predictions name the same moment, whenever they are said.
    assert_eq!(bench.asked(3), [expected.clone(), expected.clone(), expected]);
    // The same again is no reason to say more.
    bench.controller.heard.clear();
    bench.application.set_signal_groups(bench.now, &groups, &[(GroupNumber(0), &[green])]).unwrap();
    bench.exchange();
    assert!(bench.asked(3).is_empty());
}

#[test]
fn changes_of_lamps_and_detectors_are_told_once() {
    let mut bench = Bench::in_control();
    bench.tell(3, "02", &json!({"state": 6, "stateticks": bench.ticks() - 200}));
    bench.tell(3, "02", &json!({"state": 6}));
    bench.tell(4, "021", &json!({"state": 1}));
    let at = bench.now - Duration::from_millis(200);
    let group = GroupNumber(0);
    assert_eq!(
        bench.events[0],
        ApplicationEvent::SignalGroup { group, state: SignalGroupState::ProtectedMovementAllowed, at }
    );
    assert_eq!(bench.events.len(), 2);
    let ApplicationEvent::Detector { reading, .. } = &bench.events[1] else { panic!("{:?}", bench.events) };
    assert_eq!(reading.state, DetectorState::Occupied);
}

#[test]
fn predictions_come_on_our_clock() {
    let mut bench = Bench::in_control();
    let end = bench.ticks() + 3000;
    bench.tell(3, "02", &json!({"predictions": [{"state": 3, "minEnd": end}]}));
    let foretold: Vec<_> = bench.application.predictions(GroupNumber(0)).collect();
    assert_eq!(foretold[0].min_end, bench.now + Duration::from_seconds(3));
}

#[test]
fn a_vehicle_with_radio_is_told() {
    let mut bench = Bench::ready(|_, _| {});
    bench.say(
        r#"{"jsonrpc":"2.0","method":"NotifyEvent","params":{"objects":{"type":7,"ids":["SVEG1"]},
        "events":[{"vehType":5,"directionSG":2,"priorityClass":4,"type":1}],"ticks":1600}}"#,
    );
    let Some(ApplicationEvent::SpecialVehicle(event)) = bench.events.last() else {
        panic!("{:?}", bench.events)
    };
    assert_eq!((event.direction, event.priority_class), (Some(2), Some(PriorityClass::AlarmLight)));
}

#[test]
fn messages_that_make_no_sense_are_told_and_survived() {
    let check = |text: &str, why: &str| {
        let mut bench = Bench::ready(|_, _| {});
        bench.events.clear();
        bench.say(text);
        let told: Vec<String> = bench.events.iter().map(|event| format!("{event:?}")).collect();
        assert!(
            told.len() == 1 && told[0].contains("Unexplained") && told[0].contains(why),
            "{text}: {told:?}"
        );
        assert!(bench.application.is_ready());
    };
    check(r#"{"nothing":1}"#, "neither");
    check(r#"{"method":"Explode"}"#, "there is no notification Explode");
    check(r#"{"method":"Explode","id":5}"#, "no reason to call Explode");
    check(r#"{"method":"UpdateState","params":{"ticks":2000}}"#, "update");
    check(
        r#"{"method":"UpdateState","params":{"ticks":2000,"update":[{"objects":{"type":3,"ids":["99"]},"states":[{"state":3}]}]}}"#,
        "99",
    );
    check(
        r#"{"method":"UpdateState","params":{"ticks":2000,"update":[{"objects":{"type":3,"ids":["02"]},"states":[]}]}}"#,
        "0 states",
    );
    check(
        r#"{"method":"UpdateState","params":{"ticks":2000,"update":[{"objects":{"type":0,"ids":["S2"]},"states":[{"controlState":4}]}]}}"#,
        "S2",
    );
    check(r#"{"id":9999,"result":{}}"#, "no call of ours");
}

#[test]
fn one_part_that_makes_no_sense_leaves_the_others() {
    let mut bench = Bench::in_control();
    bench.say(
        r#"{"method":"UpdateState","params":{"ticks":2000,"update":[{"objects":{"type":9,"ids":["X"]},"states":[{}]},
        {"objects":{"type":3,"ids":["99","02"]},"states":[{"state":6},{"state":6}]}]}}"#,
    );
    assert!(
        matches!(bench.events[0], ApplicationEvent::SignalGroup { group: GroupNumber(0), .. }),
        "{:?}",
        bench.events
    );
    assert!(matches!(bench.events[1], ApplicationEvent::Unexplained { .. }));
}

#[test]
fn a_controller_that_is_silent_ends_the_session() {
    let mut bench = Bench::in_control();
    bench.controller.silent = true;
    bench.pass(8000);
    assert!(
        matches!(bench.closed(), Some(CloseReason::NoAlive(_) | CloseReason::AliveUnanswered)),
        "{:?}",
        bench.events
    );
    assert!(
        bench
            .events
            .iter()
            .any(|event| matches!(event, ApplicationEvent::ControlLost { why: ControlLoss::Closed(_) }))
    );
    assert!(bench.application.wants_disconnect());
    bench.application.disconnected(bench.now);
    // 42 s after the registration.
    let registered = START + Duration::from_seconds(1);
    assert_eq!(bench.application.connect_at(), Some(registered + Duration::from_seconds(42)));
}

#[test]
fn closing_gives_control_back_and_deregisters() {
    let mut bench = Bench::in_control();
    bench.application.close(bench.now);
    bench.exchange();
    assert_eq!(bench.asked(0), [json!([{"reqControlState": 6}])]);
    bench.tell(0, "S1", &json!({"controlState": 6}));
    bench.application.end_reached(bench.now);
    bench.exchange();
    assert_eq!(bench.asked(0).last(), Some(&json!([{"reqControlState": 2}])));
    bench.tell(0, "S1", &json!({"controlState": 2}));
    assert_eq!(bench.closed(), Some(&CloseReason::Requested));
    assert!(bench.application.wants_disconnect());
    bench.application.disconnected(bench.now);
    assert_eq!(bench.application.connect_at(), None);
}

#[test]
fn closing_waits_no_longer_than_its_limit() {
    let mut bench = Bench::in_control();
    bench.application.close(bench.now);
    bench.pass(29_900);
    assert_eq!(bench.closed(), None);
    bench.pass(200);
    assert_eq!(bench.closed(), Some(&CloseReason::Requested));
}

#[test]
fn a_refused_update_is_told() {
    let mut bench = Bench::in_control();
    bench.say(
        r#"{"method":"NotifyEvent","params":{"objects":{"type":0,"ids":["S1"]},"ticks":1,
        "events":[{"code":1000,"info":{"type":3,"id":"02","attribute":"reqState"}}]}}"#,
    );
    let faults = bench.events.iter().filter_map(|event| match event {
        ApplicationEvent::SessionFault(event) => Some(event.code),
        _ => None,
    });
    assert_eq!(faults.collect::<Vec<_>>(), [SessionEventCode::IncorrectControlState]);
    assert!(bench.application.has_control());
}

#[test]
fn a_controller_that_stops_gets_control_back() {
    let mut bench = Bench::in_control();
    bench.say(r#"{"method":"NotifyEvent","params":{"objects":{"type":0,"ids":["S1"]},"ticks":1,"events":[{"code":1}]}}"#);
    assert_eq!(bench.asked(0), [json!([{"reqControlState": 6}])]);
}

#[test]
fn ticks_that_begin_anew_are_told() {
    let mut bench = Bench::in_control();
    bench.pass(60_000);
    bench.events.clear();
    bench.say(r#"{"method":"UpdateState","params":{"ticks":5,"update":[]}}"#);
    assert_eq!(bench.events, [ApplicationEvent::TicksReset]);
}

#[test]
fn another_controller_than_expected_is_left() {
    let mut bench = Bench::new(|config, _| {
        config.expected = Some(ExpectedObjects {
            groups: vec!["02".to_owned(), "08".to_owned()],
            detectors: vec!["021".to_owned()],
            ..ExpectedObjects::default()
        });
    });
    bench.application.connected(START);
    bench.pass(1500);
    let Some(CloseReason::NotAsExpected(differences)) = bench.closed() else { panic!("{:?}", bench.events) };
    assert_eq!(differences, &["signal group \"08\" is not there", "signal group \"05\" is not expected"]);
}

#[test]
fn a_controller_with_several_intersections_wants_one_named() {
    let several =
        |controller: &mut Controller| controller.meta["1"]["TLC"]["intersections"] = json!(["K1", "K2"]);
    let mut bench = Bench::new(|_, controller| several(controller));
    bench.application.connected(START);
    bench.pass(1500);
    let why = bench.closed().map(ToString::to_string);
    assert_eq!(why.as_deref(), Some("which intersection?; the controller has K1, K2"));
    let bench = Bench::ready(|config, controller| {
        several(controller);
        config.intersection = Some("K1".to_owned());
    });
    // Those of the other intersection are left alone.
    assert_eq!(bench.application.facilities().unwrap().outputs.len(), 1);
}

#[test]
fn versions_have_to_fit() {
    let mut bench = Bench::new(|config, _| config.version.minor = 2);
    bench.application.connected(START);
    bench.pass(1500);
    assert!(matches!(bench.closed(), Some(CloseReason::Version { .. })), "{:?}", bench.events);
}

#[test]
fn a_stream_that_can_not_be_read_is_left() {
    let mut bench = Bench::in_control();
    bench.say("{]");
    assert!(matches!(bench.closed(), Some(CloseReason::Frame(_))), "{:?}", bench.events);
    bench.say("{}");
    assert_eq!(
        bench.events.iter().filter(|event| matches!(event, ApplicationEvent::Closed { .. })).count(),
        1
    );
}

#[test]
fn control_that_was_lost_is_asked_for_again() {
    let mut bench = Bench::in_control();
    bench.tell(0, "S1", &json!({"controlState": 2}));
    assert!(!bench.application.has_control());
    assert!(bench.events.iter().any(|event| matches!(event, ApplicationEvent::ControlLost { .. })));
    assert_eq!(bench.asked(0).last(), Some(&json!([{"reqControlState": 3}])));
    for state in [3, 4, 5] {
        bench.tell(0, "S1", &json!({"controlState": state}));
    }
    assert!(bench.application.has_control());
    bench.controller.heard.clear();
    bench.pass(2000);
    assert!(bench.asked(3).is_empty(), "nothing of before is asked again");
}

#[test]
fn the_end_of_control_that_drags_on_is_forced() {
    let mut bench = Bench::in_control();
    bench.tell(0, "S1", &json!({"controlState": 6}));
    bench.pass(179_900);
    assert_eq!(bench.asked(0), [json!([{"reqControlState": 6}])]);
    bench.pass(200);
    assert_eq!(bench.asked(0).last(), Some(&json!([{"reqControlState": 3}])));
}
