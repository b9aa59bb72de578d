//! An application of few words: it sends what it is told and remembers what it hears. It shares no code with the real one.

use std::sync::Arc;

use serde_json::{Value, json};
use voorrang_signals::Intersection;
use voorrang_units::{Duration, Instant};

use super::START;
use super::witness::Witness;
use crate::emulator::{Emulator, EmulatorConfig, Happening};
use crate::session::controller::ConnectionId;

pub(super) struct Client {
    pub(super) emulator: Emulator,
    pub(super) stream: ConnectionId,
    pub(super) now: Instant,
    pub(super) witness: Witness,
    pub(super) happened: Vec<Happening>,
    /// Everything heard, oldest first.
    pub(super) heard: Vec<(Instant, Value)>,
    /// What signal groups are said to show.
    pub(super) answers_alive: bool,
    pub(super) sends_alive: bool,
    pub(super) closed: bool,
    next_alive: Instant,
    id: u64,
    session: String,
}

impl Client {
    pub(super) fn new(intersection: Arc<Intersection>, config: EmulatorConfig) -> Self {
        let mut emulator = Emulator::new(Arc::clone(&intersection), config, START).unwrap();
        let lamps = intersection.group_indices().map(|group| emulator.junction().lamp(group).unwrap());
        let witness = Witness::new(Arc::clone(&intersection), lamps.collect::<Vec<_>>().into_iter());
        let stream = emulator.connected(START);
        Self {
            emulator,
            stream,
            now: START,
            witness,
            happened: Vec::new(),
            heard: Vec::new(),
            answers_alive: true,
            sends_alive: false,
            closed: false,
            next_alive: START,
            id: 0,
            session: String::new(),
        }
    }

    pub(super) fn send(&mut self, message: &Value) {
        self.emulator.receive(self.now, self.stream, message.to_string().as_bytes());
        self.listen();
    }

    /// Calls, and gives the answer, if it came at once.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let answers = self.heard.iter().rev().map(|(_, message)| message);
        let mut answers = answers.filter(|message| message["id"] == id && message.get("method").is_none());
        answers.next().cloned().unwrap_or(Value::Null)
    }

    pub(super) fn register(&mut self, kind: u8) -> Value {
        let version = json!({"major": 1, "minor": 1, "revision": 0});
        let request = json!({"username": "me", "password": "secret", "type": kind, "version": version, "uri": "http://127.0.0.1"});
        let reply = self.call("Register", &request);
        self.session = reply["result"]["sessionid"].as_str().unwrap_or_default().to_owned();
        self.sends_alive = true;
        self.next_alive = self.now;
        reply
    }

    /// Registers for control and subscribes to everything.
    pub(super) fn begin(&mut self) {
        self.register(2);
        let session = self.session.clone();
        self.call("Subscribe", &json!({"type": 0, "ids": [session]}));
        self.call("Subscribe", &json!({"type": 2, "ids": ["Crossing"]}));
        self.call("Subscribe", &json!({"type": 3, "ids": ["02", "03", "05", "08"]}));
        self.call("Subscribe", &json!({"type": 4, "ids": ["021"]}));
        self.call("Subscribe", &json!({"type": 7, "ids": ["SVEG1"]}));
    }

    pub(super) fn update(&mut self, object_type: u8, id: &str, state: &Value) {
        let update = json!([{"objects": {"type": object_type, "ids": [id]}, "states": [state]}]);
        let params = json!({"ticks": self.ticks(), "update": update});
        self.send(&json!({"jsonrpc": "2.0", "method": "UpdateState", "params": params}));
    }

    /// Its clock, which wraps after 7 s.
    pub(super) fn ticks(&self) -> u32 {
        4_294_960_000_u32.wrapping_add(u32::try_from((self.now - START).millis()).unwrap())
    }

    pub(super) fn session(&mut self, state: &Value) {
        let session = self.session.clone();
        self.update(0, &session, state);
    }

    pub(super) fn group(&mut self, id: &str, state: u8) {
        self.update(3, id, &json!({"reqState": state}));
    }

    /// Asks for control, with this capability, and waits until it has it.
    pub(super) fn take_control(&mut self, capability: u8) {
        self.session(&json!({"startCapability": capability, "endCapability": 0, "reqIntersection": "Crossing", "reqControlState": 2}));
        self.session(&json!({"reqControlState": 3}));
        for _ in 0..600 {
            if self.last(0, "controlState") == Some(json!(4)) {
                self.session(&json!({"reqControlState": 5}));
                assert_eq!(self.last(0, "controlState"), Some(json!(5)));
                return;
            }
            self.run(Duration::from_millis(100));
        }
        panic!("control is not granted: {:?}", self.last(0, "controlState"));
    }

    pub(super) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let alive = (self.sends_alive && !self.closed).then_some(self.next_alive);
            let due = [self.emulator.next_deadline(), alive].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= until) else { break };
            self.now = self.now.max(due);
            if alive.is_some_and(|alive| alive <= self.now) {
                self.next_alive = self.now + Duration::from_seconds(1);
                let alive = json!({"ticks": self.ticks(), "time": 2});
                self.call("Alive", &alive);
            }
            self.emulator.advance(self.now);
            self.listen();
        }
        self.now = until;
        self.listen();
    }

    pub(super) fn seconds(&mut self, seconds: i64) {
        self.run(Duration::from_seconds(seconds));
    }

    /// A new stream in place of the one before.
    pub(super) fn reconnect(&mut self) {
        self.emulator.disconnected(self.now, self.stream);
        self.stream = self.emulator.connected(self.now);
        self.closed = false;
        self.sends_alive = false;
        self.listen();
    }

    fn listen(&mut self) {
        while let Some(event) = self.emulator.next_event() {
            if let Happening::Lamp { group, lamp, .. } = event.what {
                self.witness.see(event.at, group, lamp);
            }
            self.happened.push(event.what);
        }
        let mut octets = Vec::new();
        self.emulator.take_octets(self.now, self.stream, &mut octets);
        self.closed |= self.emulator.wants_disconnect(self.stream);
        let messages = serde_json::Deserializer::from_slice(&octets).into_iter::<Value>();
        for message in messages.map_while(Result::ok) {
            let asks = message["method"] == "Alive";
            let echo = json!({"jsonrpc": "2.0", "id": message["id"], "result": message["params"]});
            self.heard.push((self.now, message));
            if asks && self.answers_alive {
                self.emulator.receive(self.now, self.stream, echo.to_string().as_bytes());
            }
        }
    }

    /// Every value that a member of objects of a type was said to have, oldest first.
    pub(super) fn told(&self, object_type: u8, id: Option<&str>, member: &str) -> Vec<Value> {
        let mut told = Vec::new();
        for (_, message) in &self.heard {
            let updates = message["params"]["update"].as_array().cloned().unwrap_or_default();
            let mut lists: Vec<(Value, Value)> =
                updates.iter().map(|update| (update["objects"].clone(), update["states"].clone())).collect();
            lists.push((message["result"]["objects"].clone(), message["result"]["data"].clone()));
            lists.push((message["params"]["objects"].clone(), message["params"]["events"].clone()));
            for (objects, states) in lists {
                if objects["type"] != object_type {
                    continue;
                }
                let (ids, states) =
                    (objects["ids"].as_array().unwrap(), states.as_array().cloned().unwrap_or_default());
                for (of, state) in ids.iter().zip(&states) {
                    if id.is_none_or(|id| of == id)
                        && let Some(value) = state.get(member)
                    {
                        told.push(value.clone());
                    }
                }
            }
        }
        told
    }

    pub(super) fn last(&self, object_type: u8, member: &str) -> Option<Value> {
        self.told(object_type, None, member).pop()
    }

    pub(super) fn last_of(&self, object_type: u8, id: &str, member: &str) -> Option<Value> {
        self.told(object_type, Some(id), member).pop()
    }
}
