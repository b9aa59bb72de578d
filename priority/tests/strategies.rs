//! What the strategies and recoveries do at an actuated junction: engine and controller together, loops and buttons in between.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::sync::Arc;

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    SequenceNumber, StationId, VehicleRole,
};
use voorrang_priority::recovery::RecoveryConfig;
use voorrang_priority::strategy::{ConditionalConfig, FairnessConfig};
use voorrang_priority::{
    EngineConfig, EtaConfig, Input, Output, PartialConflicts, PriorityEngine, StrategyConfig,
};
use voorrang_signals::{Aspect, Controller, Intersection};
use voorrang_units::{Duration, Instant};

/// 02 and 08 straight on the main road, 03 its left turn, 05 the side road (approach 2), 22 a bicycle crossing in partial conflict with it,
/// 31 and 32 the halves of a pedestrian crossing.
const JUNCTION: &str = include_str!("../../signals/tests/intersections/actuated.toml");
const BEGIN: Instant = Instant::from_unix_millis(1_768_201_200_000);
const STEP: Duration = Duration::from_millis(100);

struct Street {
    layout: Arc<Intersection>,
    engine: PriorityEngine,
    controller: Controller,
    now: Instant,
    told: Vec<(f64, PrioritizationStatus)>,
    greens: Vec<(String, f64, Option<f64>)>,
    sequence: u8,
}

impl Street {
    fn new(config: EngineConfig) -> Self {
        let layout = Arc::new(Intersection::from_toml(JUNCTION, "junction.toml").unwrap());
        let mut street = Self {
            engine: PriorityEngine::new(vec![Arc::clone(&layout)], config, BEGIN),
            controller: Controller::started(Arc::clone(&layout), BEGIN),
            layout,
            now: BEGIN,
            told: Vec::new(),
            greens: Vec::new(),
            sequence: 0,
        };
        for group in street.layout.group_indices() {
            street.tell(Input::Signal { intersection: street.layout.id(), group, aspect: Aspect::Red });
        }
        street
    }

    fn with(strategy: &str) -> Self {
        Self::new(EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap()))
    }

    fn seconds(&self) -> f64 {
        (self.now - BEGIN).seconds()
    }

    fn tell(&mut self, input: Input) {
        let mut outputs = Vec::new();
        self.engine.handle(self.now, input, &mut outputs);
        self.act(outputs);
    }

    fn act(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Wishes { wishes, .. } => self.controller.set_wishes(self.now, wishes),
                Output::Status(status) => self.told.push((self.seconds(), status.status)),
                Output::Warning(_) => {}
            }
        }
    }

    fn detect(&mut self, name: &str, occupied: bool) {
        let detector = self.layout.detector_named(name).unwrap();
        self.controller.detect(self.now, detector, occupied);
        self.tell(Input::Detector { intersection: self.layout.id(), detector, occupied });
    }

    /// So many vehicles pass over a loop and stop before the line.
    fn queue(&mut self, name: &str, vehicles: usize) {
        for _ in 0..vehicles {
            self.detect(name, true);
            self.until(self.seconds() + 1.0);
            self.detect(name, false);
            self.until(self.seconds() + 1.0);
        }
    }

    fn until(&mut self, seconds: f64) {
        let mut commands = Vec::new();
        while self.now < BEGIN + Duration::from_seconds_f64(seconds) {
            self.now += STEP;
            let mut outputs = Vec::new();
            self.engine.advance(self.now, &mut outputs);
            self.act(outputs);
            self.controller.step(self.now, &mut commands);
            for command in std::mem::take(&mut commands) {
                self.controller.observe(self.now, command.group, command.aspect);
                let name = self.layout.groups()[command.group.index()].name.clone();
                match command.aspect {
                    Aspect::Green => self.greens.push((name, self.seconds(), None)),
                    Aspect::Yellow => {
                        let end = Some(self.seconds());
                        let running = self.greens.iter_mut().rev().find(|green| green.0 == name);
                        running.unwrap().2 = end;
                    }
                    Aspect::Red => {}
                }
                let (group, aspect) = (command.group, command.aspect);
                self.tell(Input::Signal { intersection: self.layout.id(), group, aspect });
            }
        }
    }

    /// A vehicle on the side road says when it comes, or that it has passed.
    fn ask(&mut self, approach: u8, eta: f64, kind: RequestKind) {
        self.sequence += 1;
        let id = self.layout.id();
        self.tell(Input::Request(PriorityRequest {
            station: StationId(u32::from(approach)),
            intersection: IntersectionReference { region: Some(id.region), id: id.id },
            request: RequestId(self.sequence / 100),
            sequence: Some(SequenceNumber(self.sequence)),
            kind,
            inbound: IntersectionAccess::Approach(approach),
            outbound: None,
            eta: Some(BEGIN + Duration::from_seconds_f64(eta)),
            service_window: None,
            role: Some(VehicleRole::Emergency),
            subrole: Some(5),
            importance: Some(14),
            position: None,
            heading: None,
            speed: None,
        }));
    }

    /// It comes at a second, telling so each second since it was so far away, and cancels when it is there.
    fn drive(&mut self, approach: u8, from: f64, eta: f64) {
        self.until(from);
        self.ask(approach, eta, RequestKind::New);
        while self.seconds() + 1.0 < eta {
            self.until(self.seconds() + 1.0);
            self.ask(approach, eta, RequestKind::Update);
        }
        self.until(eta);
        self.ask(approach, eta, RequestKind::Cancellation);
    }

    fn green(&self, name: &str, number: usize) -> (f64, Option<f64>) {
        let greens = self.greens.iter().filter(|green| green.0 == name);
        greens.map(|green| (green.1, green.2)).nth(number).unwrap()
    }

    fn started_after(&self, name: &str, second: f64) -> f64 {
        let greens = self.greens.iter().filter(|green| green.0 == name && green.1 > second);
        greens.map(|green| green.1).next().unwrap()
    }
}

#[test]
fn absolute_opens_at_once_and_eta_when_it_is_needed() {
    let mut at_once = Street::with("absolute");
    at_once.drive(2, 20.0, 40.0);
    let mut in_time = Street::with("eta");
    in_time.drive(2, 20.0, 60.0);
    let (early, late) = (at_once.green("05", 0).0, in_time.green("05", 0).0);
    // Absolute begins 25 s before the ETA where no position is told: at once here. Eta leaves the main road its green.
    assert!((20.0..30.0).contains(&early), "{early}");
    assert!((40.0..=55.0).contains(&late), "green {late}, expected between 20 and 5 s before 60");
    assert!(in_time.told.iter().any(|told| told.1 == PrioritizationStatus::Granted));
}

#[test]
fn eta_starts_earlier_for_a_longer_queue() {
    let start = |vehicles| {
        let mut street = Street::with("eta");
        // The far end of the side road's queue; the main road keeps its green with traffic of its own.
        street.detect("022", true);
        street.detect("082", true);
        street.until(2.0);
        street.queue("052", vehicles);
        street.until(30.0);
        street.told.clear();
        street.drive(2, 30.0, 90.0);
        street.until(120.0);
        street
    };
    let (none, some) = (start(0), start(8));
    // What matters is when the wish comes: the side road is served by its own detectors too.
    let held = |street: &Street| {
        street.told.iter().find(|told| told.1 == PrioritizationStatus::Processing).unwrap().0
    };
    assert!(held(&some) <= held(&none), "{} {}", held(&some), held(&none));
}

#[test]
fn eta_ends_a_pedestrian_green_in_time_for_its_clearance() {
    let mut street = Street::with("eta");
    street.until(10.0);
    street.detect("k31", true);
    street.detect("k31", false);
    // The crossing is green from 14.5 s; clearance 7 s, follow green 6 s.
    street.drive(2, 15.0, 45.0);
    let green = street.green("05", 0).0;
    assert!(green <= 40.0, "{green}");
    assert_eq!(street.controller.refusals(), 0);
}

#[test]
fn partial_conflicts_are_held_unless_they_are_allowed() {
    let bicycle_green = |partial_conflicts| {
        let config = EngineConfig {
            partial_conflicts,
            ..EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap())
        };
        let mut street = Street::new(config);
        street.until(20.0);
        street.ask(2, 60.0, RequestKind::New);
        // The intervention begins 25 s before the ETA.
        for second in 21..58 {
            street.until(f64::from(second));
            if second == 40 {
                street.detect("221", true);
            }
            street.ask(2, 60.0, RequestKind::Update);
        }
        street.greens.iter().any(|green| green.0 == "22")
    };
    assert!(!bicycle_green(PartialConflicts::Hold));
    assert!(bicycle_green(PartialConflicts::Allow));
}

#[test]
fn conditional_cuts_nobody_where_that_costs_too_much() {
    let served = |most_delay_vehicle_s| {
        let config = ConditionalConfig { most_delay_vehicle_s, ..ConditionalConfig::default() };
        let mut street = Street::new(EngineConfig::with_strategy(StrategyConfig::Conditional(config)));
        street.detect("022", true);
        street.until(5.0);
        street.drive(2, 20.0, 60.0);
        street.told.iter().any(|told| told.1 == PrioritizationStatus::Granted)
    };
    assert!(served(1e9));
    assert!(!served(0.0));
}

#[test]
fn who_has_waited_too_long_is_served_after_so_many_interventions() {
    let left_turn = |max_consecutive| {
        let fairness = FairnessConfig { max_consecutive, ..FairnessConfig::default() };
        let config = EtaConfig { fairness, ..EtaConfig::default() };
        let mut street = Street::new(EngineConfig::with_strategy(StrategyConfig::Eta(config)));
        street.until(5.0);
        // One vehicle after the other on the side road; somebody waits to turn left all the time.
        for number in 0..12 {
            let from = 10.0 + f64::from(number) * 22.0;
            street.until(from);
            if number == 1 {
                street.detect("031", true);
            }
            street.drive(2, from, from + 20.0);
        }
        street.greens.iter().filter(|green| green.0 == "03").map(|green| green.1).next()
    };
    let (fair, unfair) = (left_turn(3), left_turn(0));
    let waited = fair.unwrap() - 32.0;
    assert!(waited <= 120.0 + 3.0 * 40.0, "waited {waited} s");
    assert!(unfair.is_none_or(|unfair| unfair >= fair.unwrap()), "{unfair:?} {fair:?}");
}

#[test]
fn the_longest_wait_and_queue_come_first_after_an_intervention() {
    let next_green = |recovery| {
        let config = EngineConfig {
            recovery,
            ..EngineConfig::with_strategy(StrategyConfig::from_name("absolute").unwrap())
        };
        let mut street = Street::new(config);
        street.until(20.0);
        street.ask(2, 60.0, RequestKind::New);
        for second in 21..60 {
            street.until(f64::from(second));
            if second == 38 {
                street.detect("031", true);
            }
            if second == 42 {
                // Eight come one after the other, and the last stands on the loop.
                for _ in 0..8 {
                    street.detect("082", true);
                    street.detect("082", false);
                }
                street.detect("082", true);
                street.detect("081", true);
            }
            street.ask(2, 60.0, RequestKind::Update);
        }
        street.ask(2, 60.0, RequestKind::Cancellation);
        street.until(100.0);
        (street.started_after("03", 60.0), street.started_after("08", 60.0))
    };
    let longest_wait = RecoveryConfig::from_name("longest_wait").unwrap();
    let (left, straight) = next_green(longest_wait);
    assert!(straight < left, "{left} {straight}");
    let (left, straight) = next_green(RecoveryConfig::Resume);
    assert!(left < straight, "the next module comes: {left} {straight}");
}
