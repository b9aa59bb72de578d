//! The engine with a real controller below it, lamps that confirm late, and messages as bytes: from SREM to SSEM.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::Arc;

use support::{EAST, GROUPS, NORTH, NORTH_LEFT, ambulance, before, crossing, next, start};
use voorrang_messages::PrioritizationStatus::{Granted, Processing, Requested};
use voorrang_messages::{
    PrioritizationStatus, PriorityRequest, RequestKind, RequestStatus, SequenceNumber, Ssem, StationId,
};
use voorrang_priority::etsi::{requests_from_srem, ssem};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, StrategyConfig};
use voorrang_signals::{Aspect, Controller, GroupIndex, Intersection, LampCommand};
use voorrang_units::{Duration, Instant};

/// Everything at one junction, stepped every 0.1 s.
struct Street {
    layout: Arc<Intersection>,
    engine: PriorityEngine,
    controller: Controller,
    latency: Duration,
    under_way: Vec<(Instant, LampCommand)>,
    now: Instant,
    heard: Vec<(i64, PrioritizationStatus, u32)>,
    changes: Vec<(i64, GroupIndex, Aspect)>,
}

impl Street {
    fn new(latency_ms: i64) -> Self {
        let layout = crossing(1);
        let config = EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap());
        let mut street = Self {
            engine: PriorityEngine::new(vec![Arc::clone(&layout)], config, start()),
            controller: Controller::started(Arc::clone(&layout), start()),
            latency: Duration::from_millis(latency_ms),
            under_way: Vec::new(),
            now: start(),
            heard: Vec::new(),
            changes: Vec::new(),
            layout,
        };
        for group in GROUPS {
            street.confirm(group, street.controller.aspect(group));
        }
        street
    }

    /// A vehicle sends bytes.
    fn send(&mut self, request: &PriorityRequest) {
        let mut bytes = Vec::new();
        PriorityRequest::to_srem(std::slice::from_ref(request), self.now)
            .unwrap()
            .encode(&mut bytes)
            .unwrap();
        for request in requests_from_srem(&bytes, self.now).unwrap().readable {
            let mut outputs = Vec::new();
            self.engine.handle(self.now, Input::Request(request), &mut outputs);
            self.act(outputs);
        }
    }

    fn until(&mut self, seconds: f64) {
        let end = start() + Duration::from_seconds_f64(seconds);
        while self.now < end {
            self.now += Duration::from_millis(100);
            let mut outputs = Vec::new();
            self.engine.advance(self.now, &mut outputs);
            self.act(outputs);
            let mut commands = Vec::new();
            self.controller.step(self.now, &mut commands);
            self.under_way.extend(commands.into_iter().map(|command| (self.now + self.latency, command)));
            let now = self.now;
            let (arrived, under_way): (Vec<_>, _) = self.under_way.drain(..).partition(|(at, _)| *at <= now);
            self.under_way = under_way;
            for (_, LampCommand { group, aspect }) in arrived {
                self.controller.observe(self.now, group, aspect);
                self.confirm(group, aspect);
            }
        }
    }

    fn confirm(&mut self, group: GroupIndex, aspect: Aspect) {
        self.changes.push(((self.now - start()).millis(), group, aspect));
        let mut outputs = Vec::new();
        let intersection = self.layout.id();
        self.engine.handle(self.now, Input::Signal { intersection, group, aspect }, &mut outputs);
        self.act(outputs);
    }

    /// Wishes go to the controller, statuses as bytes to the vehicles.
    fn act(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Wishes { wishes, .. } => self.controller.set_wishes(self.now, wishes),
                Output::Warning(_) => {}
                Output::Status(status) => {
                    let bytes = ssem(&[status], StationId(1), SequenceNumber(0), self.now).unwrap();
                    let message = Ssem::decode(&bytes).unwrap();
                    for heard in RequestStatus::all_from_ssem(&message, self.now).unwrap() {
                        self.heard.push(((self.now - start()).millis(), heard.status, heard.station.0));
                    }
                }
            }
        }
    }

    /// When a station was told something first, milliseconds after the start.
    fn first(&self, station: u32, status: PrioritizationStatus) -> i64 {
        self.heard.iter().find(|heard| heard.1 == status && heard.2 == station).unwrap().0
    }

    /// When a lamp turned, milliseconds after the start.
    fn turned(&self, group: GroupIndex, aspect: Aspect, after: i64) -> i64 {
        let change =
            |change: &&(i64, GroupIndex, Aspect)| change.1 == group && change.2 == aspect && change.0 > after;
        self.changes.iter().find(change).unwrap().0
    }
}

fn on(approach: u8, station: u32, metres: f64) -> PriorityRequest {
    PriorityRequest { position: Some(before(approach, metres)), ..ambulance(station, approach) }
}

#[test]
fn green_comes_as_soon_as_minimum_green_yellow_and_intergreen_allow() {
    // 05 turns green 36 s into the cycle; a vehicle from the north comes 1 s later.
    let mut street = Street::new(0);
    street.until(37.0);
    street.send(&on(1, 7, 250.0));
    street.until(45.0);
    street.send(&on(1, 7, 250.0));
    street.until(54.0);
    assert_eq!(street.turned(EAST, Aspect::Yellow, 36_500), 41_000, "minimum green 5 s");
    assert_eq!(street.turned(NORTH, Aspect::Green, 37_000), 47_000, "intergreen 6 s");
    assert_eq!(street.turned(NORTH_LEFT, Aspect::Green, 37_000), 47_000, "the whole approach together");
    assert_eq!(street.first(7, Granted), 47_000);
    assert_eq!(street.controller.refusals(), 0);
}

#[test]
fn granted_waits_for_the_confirmation() {
    let mut street = Street::new(300);
    street.until(37.0);
    street.send(&on(1, 7, 250.0));
    street.until(45.0);
    street.send(&on(1, 7, 250.0));
    street.until(54.0);
    assert_eq!(street.first(7, Granted), street.turned(NORTH_LEFT, Aspect::Green, 37_000));
    assert_eq!(street.controller.refusals(), 0);
}

#[test]
fn after_the_vehicle_the_lamps_are_back_in_step() {
    let mut street = Street::new(0);
    street.until(37.0);
    let first = on(1, 7, 390.0);
    street.send(&first);
    street.until(39.0);
    let near = PriorityRequest { position: Some(before(1, 300.0)), ..next(&first, RequestKind::Update) };
    street.send(&near);
    let mut last = near;
    for second in 40..=60 {
        street.until(f64::from(second));
        last = next(&last, RequestKind::Update);
        street.send(&last);
    }
    street.send(&next(&last, RequestKind::Cancellation));
    assert_eq!(
        [Requested, Processing, Granted].map(|status| street.first(7, status)),
        [37_000, 39_000, 47_000]
    );
    street.until(240.0);
    let program = street.layout.program().fixed_time(street.now).unwrap();
    for group in GROUPS {
        assert_eq!(street.controller.aspect(group), program.aspect(group, street.now), "{group:?}");
    }
    assert_eq!(street.controller.refusals(), 0);
}

#[test]
fn two_vehicles_from_conflicting_sides_have_their_green_one_after_the_other() {
    let mut street = Street::new(200);
    street.until(10.0);
    let (mut north, mut east) = (on(1, 7, 200.0), on(2, 8, 200.0));
    street.send(&north);
    street.send(&east);
    for second in 11..=30 {
        street.until(f64::from(second));
        north = next(&north, RequestKind::Update);
        east = next(&east, RequestKind::Update);
        if second < 25 {
            street.send(&north);
        } else if second == 25 {
            street.send(&PriorityRequest { kind: RequestKind::Cancellation, ..north.clone() });
        }
        street.send(&east);
    }
    street.until(39.0);
    let (granted, turn) = (street.first(7, Granted), street.first(8, Granted));
    assert!(granted < 25_000 && turn > 30_000, "{granted} {turn}");
    assert_eq!(street.first(8, Processing), 10_000);
    assert_eq!(street.controller.refusals(), 0);
}
