//! What real controllers said, put before the application: a minute of controller 3031 and the answers of K205195. The data are read from beside
//! the project; where they lack, the tests say so and pass.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use voorrang_tlcfi::frame::Frames;
use voorrang_tlcfi::objects::{ApplicationType, ReceivedUpdateGroup, SignalGroupState, States};
use voorrang_tlcfi::rpc::{Id, Message, method, read_result};
use voorrang_tlcfi::session::application::{Application, ApplicationConfig, ApplicationEvent, Oddity};
use voorrang_units::{Duration, Instant};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/tlcfi/");

/// A file beside the project, if it is there.
fn beside(name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("{FOLDER}{name}")).ok();
    if text.is_none() {
        eprintln!("skipped: {FOLDER}{name} is not there");
    }
    text
}

/// One line of the log: when, whether from the controller, and what.
fn log_line(line: &str) -> (Instant, bool, &str) {
    let time = format!("{}T{}.{}Z", &line[..10], &line[11..19], &line[20..23]);
    let (direction, text) =
        line.split_once("- ").and_then(|(_, rest)| rest.split_once(" - ")).expect("a line of the log");
    (Instant::parse_rfc3339(&time).expect("its time"), direction == "IN", text)
}

/// A controller that has each object that a log names, and answers what an application asks at its beginning.
struct Beginning {
    ids: BTreeMap<i64, BTreeSet<String>>,
}

impl Beginning {
    fn answer(&self, call: &Value) -> Value {
        let params = &call["params"];
        let object_type = params["type"].as_i64().unwrap_or(-1);
        let each = |element: &dyn Fn(&str) -> Value| -> Value {
            params["ids"]
                .as_array()
                .expect("ids")
                .iter()
                .map(|id| element(id.as_str().expect("a text")))
                .collect()
        };
        let list = |object_type: i64| json!(self.ids.get(&object_type).cloned().unwrap_or_default());
        let ticks = 4_087_807_900_u32;
        match call["method"].as_str().expect("a text") {
            "Register" => json!({"sessionid": "S", "facilities": {"type": 1, "ids": ["CC"]},
                "version": {"major": 1, "minor": 1, "revision": 0}}),
            "Alive" => params.clone(),
            "ReadMeta" => {
                let meta = each(&|id| match object_type {
                    0 => json!({"sessionid": id, "type": 2}),
                    1 => {
                        json!({"id": id, "intersections": ["3031"], "signalgroups": list(3), "detectors": list(4)})
                    }
                    2 => json!({"id": id, "signalgroups": list(3), "detectors": list(4)}),
                    _ => json!({"id": id}),
                });
                json!({"objects": params, "meta": meta, "ticks": ticks})
            }
            "Subscribe" => {
                let state = if object_type == 0 { json!({"controlState": 1}) } else { json!({"state": 0}) };
                json!({"objects": params, "data": each(&|_| state.clone()), "ticks": ticks})
            }
            other => panic!("{other}"),
        }
    }
}

/// Passes what the application says to whoever answers, until it says no more; gives its events.
fn talk(
    application: &mut Application,
    now: Instant,
    answer: impl Fn(&Value) -> Value,
) -> Vec<ApplicationEvent> {
    loop {
        let mut octets = Vec::new();
        application.take_octets(&mut octets);
        if octets.is_empty() {
            return std::iter::from_fn(|| application.next_event()).collect();
        }
        let mut frames = Frames::default();
        frames.push(&octets);
        while let Some(text) = frames.next_text().expect("octets of ours") {
            let call: Value = serde_json::from_slice(text).expect("JSON of ours");
            if call["id"].is_null() || call["method"].is_null() {
                continue;
            }
            let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": answer(&call)});
            application.receive(now, answer.to_string().as_bytes());
        }
    }
}

fn strange(events: &[ApplicationEvent]) -> Vec<&ApplicationEvent> {
    use ApplicationEvent as E;
    let strange =
        |event: &&E| matches!(event, E::Unexplained { .. } | E::Closed { .. } | E::Oddity(_) | E::TicksReset);
    events.iter().filter(strange).collect()
}

#[test]
fn a_minute_of_controller_3031_is_explained_message_by_message() {
    let Some(log) = beside("capture_3031_first_minute.log") else { return };
    let lines: Vec<_> = log.lines().map(log_line).collect();
    let mut ids: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for (_, _, text) in &lines {
        let message: Value = serde_json::from_str(text).unwrap();
        for update in message["params"]["update"].as_array().into_iter().flatten() {
            let objects = &update["objects"];
            let list = ids.entry(objects["type"].as_i64().unwrap()).or_default();
            list.extend(objects["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(ids[&3].len(), 13);
    let controller = Beginning { ids };
    let start = lines[0].0 - Duration::from_millis(20);
    let mut config = ApplicationConfig::new(ApplicationType::Control, "SmartTraffic", "secret");
    config.register_delay = Duration::ZERO;
    let mut application = Application::new(config, start);
    application.connected(start);
    application.advance(start);
    let events = talk(&mut application, start, |call| controller.answer(call));
    assert!(application.is_ready(), "{events:?}");
    assert_eq!(strange(&events), Vec::<&ApplicationEvent>::new());

    // Calls of both sides that wait for their answer in the log.
    let mut waiting: [BTreeMap<i64, Value>; 2] = Default::default();
    let (mut lamps, mut detectors, mut alive) = (0, 0, 0);
    let number = |id: &Id| match id {
        Id::Number(number) => *number,
        other => panic!("{other:?}"),
    };
    for (now, from_controller, text) in lines {
        match Message::read(text.as_bytes()).unwrap() {
            Message::Request { id, method, params } => {
                assert_eq!(method, method::ALIVE);
                waiting[usize::from(from_controller)].insert(number(&id), params.read().unwrap());
            }
            Message::Response { id, result } => {
                let asked = waiting[usize::from(!from_controller)].remove(&number(&id));
                assert_eq!(
                    asked,
                    Some(read_result(result).unwrap()),
                    "the answer to Alive is what was asked"
                );
                alive += 1;
                // It belongs to an Alive of the application of then; ours have their answers in `talk`.
                continue;
            }
            Message::Notification { method, params } => {
                assert_eq!(method, method::UPDATE_STATE);
                let group: ReceivedUpdateGroup<'_> = params.read().unwrap();
                for update in &group.update {
                    let States::SignalGroup(states) = update.states().unwrap() else { continue };
                    assert!(from_controller || states.iter().all(|state| state.request_state.is_some()));
                }
            }
            Message::Error { error, .. } => panic!("{error}"),
        }
        if from_controller {
            application.receive(now, text.as_bytes());
        }
        application.advance(now);
        let events = talk(&mut application, now, |call| controller.answer(call));
        assert_eq!(strange(&events), Vec::<&ApplicationEvent>::new(), "{text}");
        lamps += events.iter().filter(|event| matches!(event, ApplicationEvent::SignalGroup { .. })).count();
        detectors += events.iter().filter(|event| matches!(event, ApplicationEvent::Detector { .. })).count();
    }
    assert_eq!((lamps, alive), (7, 75));
    assert!(detectors > 200, "{detectors}");
    assert!(waiting.iter().all(BTreeMap::is_empty), "{waiting:?}");
    let facilities = application.facilities().unwrap();
    let shows = |id: &str| application.signal_group(facilities.group(id).unwrap()).unwrap().0;
    assert_eq!(shows("62"), SignalGroupState::ProtectedClearance);
    let foretold: Vec<_> = application.predictions(facilities.group("68").unwrap()).collect();
    assert_eq!(foretold.len(), 2);
}

#[test]
fn a_stream_of_controller_3031_is_the_same_however_it_is_cut() {
    let Some(log) = beside("capture_3031_first_minute.log") else { return };
    let texts: Vec<&str> = log.lines().map(|line| log_line(line).2).collect();
    let stream = texts.concat();
    for length in [1, 7, 64, 1460, stream.len()] {
        let mut frames = Frames::default();
        let mut read = Vec::new();
        for piece in stream.as_bytes().chunks(length) {
            frames.push(piece);
            while let Some(text) = frames.next_text().unwrap() {
                read.push(String::from_utf8(text.to_vec()).unwrap());
            }
        }
        assert_eq!(read, texts, "{length}");
        assert_eq!(frames.skipped(), 0);
    }
}

#[test]
fn the_answers_of_k205195_are_understood() {
    let Some(text) = beside("swarco_k205195_responses.jsonl") else { return };
    let mut answers = BTreeMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let key = (record["method"].as_str().unwrap().to_owned(), record["type"].as_i64());
        answers.insert(key, record["response"]["result"].clone());
    }
    let asked = RefCell::new(BTreeSet::new());
    let now = Instant::parse_rfc3339("2026-01-12T07:00:00Z").unwrap();
    let mut config = ApplicationConfig::new(ApplicationType::Control, "gateway", "secret");
    config.register_delay = Duration::ZERO;
    let mut application = Application::new(config, now);
    application.connected(now);
    application.advance(now);
    let events = talk(&mut application, now, |call| {
        let (method, object_type) = (call["method"].as_str().unwrap(), call["params"]["type"].as_i64());
        if method == "Alive" {
            return call["params"].clone();
        }
        let key = (method.to_owned(), object_type.filter(|_| method != "Register"));
        asked.borrow_mut().insert(key.clone());
        answers[&key].clone()
    });
    assert!(application.is_ready(), "{events:?}");
    assert_eq!(asked.into_inner(), answers.keys().cloned().collect(), "every answer was asked for");
    // Two of the answers name another session and another controller than Register did.
    let odd = strange(&events);
    let other =
        |event: &&&ApplicationEvent| matches!(event, ApplicationEvent::Oddity(Oddity::OtherObject { .. }));
    assert_eq!((odd.len(), odd.iter().filter(other).count()), (2, 2), "{odd:?}");

    let facilities = application.facilities().unwrap();
    assert_eq!(facilities.intersection.id, "K205195");
    let groups: Vec<&str> = facilities.groups.iter().map(|meta| meta.id.as_str()).collect();
    assert_eq!(groups, ["02", "03", "05", "08"]);
    let mut intergreens = Vec::new();
    for meta in &facilities.groups {
        for to in &meta.intergreen {
            intergreens.push((meta.id.as_str(), to.signalgroup.as_str(), to.tenths));
        }
    }
    let expected = [
        ("02", "05", 45),
        ("03", "05", 38),
        ("03", "08", 36),
        ("05", "02", 30),
        ("05", "03", 53),
        ("05", "08", 58),
        ("08", "03", 56),
        ("08", "05", 34),
    ];
    assert_eq!(intergreens, expected);
    let mut timing = facilities.groups[0].timing.iter();
    let yellow = timing.find(|one| one.state == SignalGroupState::ProtectedClearance).unwrap();
    assert_eq!((yellow.shortest().millis(), yellow.longest()), (3000, Some(Duration::from_seconds(6))));
    assert_eq!(facilities.detectors.len(), 19);
    for lamp in ["hlpd02", "hlpd03", "hlpd05", "hlpd08"] {
        assert!(facilities.output(lamp).is_some_and(|output| facilities.is_exclusive(output)), "{lamp}");
    }
    assert_eq!(facilities.generator.as_ref().map(|id| id.as_str()), Some("SVEG1"));
    let shown = application.signal_group(facilities.group("05").unwrap()).unwrap().0;
    assert_eq!(shown, SignalGroupState::PermissiveMovementAllowed);
}
