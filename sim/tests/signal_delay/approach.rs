//! An isolated approach: one lane to a fixed-time signal, road behind it on which vehicles come up to speed again, and nobody else.
//!
//! Its vehicles are ordinary cars entered as trips, since the traffic reports when a trip crosses a stop line and when it arrives. With
//! [`AtRed::Wait`] they drive as everybody does.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use voorrang_signals::{ApproachId, Aspect, Controller, GroupIndex, Intersection, LaneId, Wish, Wishes};
use voorrang_sim::network::{
    ClassSet, Edge, EdgeIndex, Junction, JunctionIndex, Lane, Link, LinkIndex, LinkSignal, Network,
    Projection, RoadLaneIndex, Shape,
};
use voorrang_sim::random::{Purpose, Stream};
use voorrang_sim::run_options::AtRed;
use voorrang_sim::scenario::{ControlledIntersection, RadioConfig, Route, Scenario, SpeedFactor};
use voorrang_sim::signal_plugin::lamp_offsets;
use voorrang_sim::traffic::{Entrant, Lamps, Moment, Radio, Roads, Traffic};
use voorrang_sim::vehicle::Driver;
use voorrang_units::{Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

/// The default traffic step, s.
pub(crate) const STEP_S: f64 = 0.5;
/// The program's cycle, s.
pub(crate) const CYCLE_S: f64 = 90.0;
/// The approach's green, s: the first of the cycle.
pub(crate) const GREEN_S: f64 = 40.0;
/// The yellow behind it, s.
pub(crate) const YELLOW_S: f64 = 3.0;

/// Room for the longest queue up to X = 0.85.
const BEFORE_M: f64 = 800.0;
/// The way over the junction.
const LINK_M: f64 = 20.0;
const LIMIT_KMH: f64 = 50.0;
/// No run takes longer, s.
const LONGEST_RUN_S: f64 = 7200.0;

const INTERSECTION: &str = r#"
schema = 1
name = "Isolated"
region = 0
id = 1
reference = [52.09, 5.12]
groups = [
  { name = "02", signal_group = 2, type = "motor", min_green_s = 5, yellow_s = 3, min_red_s = 2 },
  { name = "05", signal_group = 5, type = "motor", min_green_s = 5, yellow_s = 3, min_red_s = 2 },
]
approaches = [{ approach = 1, name = "west" }, { approach = 2, name = "south" }]
lanes = [
  { lane = 1, direction = "ingress", approach = 1, width_m = 3.25, speed_limit_kmh = 50, nodes = [[52.09, 5.12], [52.09, 5.1083]] },
  { lane = 2, direction = "ingress", approach = 2, width_m = 3.25, speed_limit_kmh = 50, nodes = [[52.0899, 5.1201], [52.0874, 5.1201]] },
  { lane = 3, direction = "egress", approach = 1, width_m = 3.25, nodes = [[52.09, 5.1203], [52.09, 5.1262]] },
]
connections = [
  { connection = 1, from = 1, to = 3, group = "02" },
  { connection = 2, from = 2, to = 3, group = "05" },
]
[intergreen_s]
02 = { 05 = 5.0 }
05 = { 02 = 5.0 }
[program.fixed_time]
cycle_s = 90
offset_s = 0
reference = "2026-01-12T07:00:00.000Z"
stages = [
  { name = "1", duration_s = 40, green = ["02"] },
  { name = "1-2", duration_s = 5, green = [] },
  { name = "2", duration_s = 40, green = ["05"] },
  { name = "2-1", duration_s = 5, green = [] },
]
"#;

/// A vehicle that wishes to enter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Car {
    /// s after the start of the run.
    pub(crate) at_s: f64,
    pub(crate) driver: Driver,
}

/// Who drives: the default car with a spread of desired speeds (standard deviation as a share of the speed limit).
pub(crate) struct Fleet {
    vehicle_type: voorrang_sim::scenario::VehicleType,
}

impl Fleet {
    pub(crate) fn new(speed_deviation: f64) -> Self {
        let mut vehicle_type = crate::car::car();
        vehicle_type.speed_factor = SpeedFactor { deviation: speed_deviation, ..vehicle_type.speed_factor };
        Self { vehicle_type }
    }

    pub(crate) fn driver(&self, seed: u64, replication: u32, number: u64) -> Driver {
        Driver::draw(&self.vehicle_type, &mut Stream::new(seed, replication, Purpose::Driver, number))
    }

    /// A queue that wishes to enter at once.
    pub(crate) fn queue(&self, seed: u64, replication: u32, length: u64) -> Vec<Car> {
        (0..length).map(|number| Car { at_s: 0.0, driver: self.driver(seed, replication, number) }).collect()
    }

    /// A Poisson stream of `flow` vehicles an hour from `from_s`, for `period_s`.
    pub(crate) fn poisson(
        &self,
        seed: u64,
        replication: u32,
        flow: f64,
        from_s: f64,
        period_s: f64,
    ) -> Vec<Car> {
        let mut headways = Stream::new(seed, replication, Purpose::Departure, 0);
        let mut cars = Vec::new();
        let mut at_s = from_s;
        loop {
            at_s -= 3600.0 / flow * libm::log(1.0 - headways.uniform());
            if at_s >= from_s + period_s {
                return cars;
            }
            cars.push(Car { at_s, driver: self.driver(seed, replication, cars.len() as u64) });
        }
    }
}

/// The approach, with or without its signal.
pub(crate) struct Approach {
    scenario: Arc<Scenario>,
    roads: Arc<Roads>,
    signal: bool,
    /// Somebody wishes the approach red meanwhile, s after the start of the run.
    red_s: Range<f64>,
}

/// What vehicles did, in the order in which they wished to enter.
#[derive(Debug)]
pub(crate) struct Drives {
    /// From the wish to enter to the end of the road, s.
    pub(crate) travel_times_s: Vec<f64>,
    /// When each crossed the stop line, s after the start of the run: the middle of the step.
    pub(crate) crossed_s: Vec<f64>,
}

impl Approach {
    /// With `behind_m` of road behind the junction, m.
    pub(crate) fn new(signal: bool, behind_m: f64) -> Self {
        let scenario = Arc::new(scenario(signal, behind_m));
        let roads = Arc::new(Roads::new(&scenario.network, &lamp_offsets(&scenario)));
        Self { scenario, roads, signal, red_s: 0.0..0.0 }
    }

    /// The same with the approach held red for a while, s after the start of the run.
    pub(crate) fn held_red(self, red_s: Range<f64>) -> Self {
        Self { red_s, ..self }
    }

    /// Lets everybody drive through.
    pub(crate) fn drive(&self, cars: &[Car]) -> Drives {
        let mut drives =
            Drives { travel_times_s: vec![f64::NAN; cars.len()], crossed_s: vec![f64::NAN; cars.len()] };
        let mut waiting = cars.iter().enumerate().peekable();
        let traffic = self.run(|now_s, traffic| {
            for passage in traffic.take_passages() {
                drives.crossed_s[passage.trip] = now_s - STEP_S / 2.0;
            }
            for arrival in traffic.take_arrivals() {
                drives.travel_times_s[arrival.trip] = arrival.at_s - cars[arrival.trip].at_s;
            }
            // One after the other: trips that wait to enter would overtake each other.
            if traffic.tally().waiting_to_enter == 0
                && let Some((trip, car)) = waiting.next_if(|(_, car)| car.at_s <= now_s)
            {
                traffic.wish_to_enter(entrant(car, Some(trip)));
            }
            traffic.tally().arrived < cars.len() as u64
        });
        assert_eq!(traffic.tally().overlaps, 0);
        drives
    }

    /// The delays of all vehicles as the simulator measures them itself, s: against each driver's own desired speed.
    pub(crate) fn measured_delays_s(&self, cars: &[Car]) -> Vec<f64> {
        let mut waiting = cars.iter().peekable();
        let traffic = self.run(|now_s, traffic| {
            while let Some(car) = waiting.next_if(|car| car.at_s <= now_s) {
                traffic.wish_to_enter(entrant(car, None));
            }
            traffic.tally().arrived < cars.len() as u64
        });
        traffic.delays_s().into_iter().map(f64::from).collect()
    }

    /// Steps signal and traffic until `attend` says that it has seen enough. It is called before each step.
    fn run(&self, mut attend: impl FnMut(f64, &mut Traffic) -> bool) -> Traffic {
        let mut traffic = Traffic::new(Arc::clone(&self.scenario), Arc::clone(&self.roads), AtRed::Wait);
        let mut lamps = SignalLamps::new(&self.scenario, self.signal);
        let mut steps: u32 = 0;
        loop {
            let now_s = f64::from(steps) * STEP_S;
            if !attend(now_s, &mut traffic) {
                return traffic;
            }
            assert!(now_s < LONGEST_RUN_S, "somebody got stuck");
            lamps.step(now_s, self.red_s.contains(&now_s));
            traffic.step(&Moment { now_s, measuring: true, lamps: lamps.lamps() });
            steps += 1;
        }
    }
}

fn entrant(car: &Car, trip: Option<usize>) -> Entrant {
    Entrant { driver: car.driver, route: 0, halts: Vec::new(), trip, radio: Radio::default() }
}

/// The lamps of the controller, which follow its commands at once.
struct SignalLamps {
    controller: Option<Controller>,
    start: Instant,
    aspects: Vec<Aspect>,
    since_s: Vec<f64>,
}

impl SignalLamps {
    fn new(scenario: &Scenario, signal: bool) -> Self {
        let controller = signal.then(|| {
            Controller::started(Arc::clone(&scenario.intersections[0].intersection), scenario.start)
        });
        let aspects = controller.as_ref().map_or(Vec::new(), |controller| controller.aspects().to_vec());
        Self { controller, start: scenario.start, since_s: vec![0.0; aspects.len()], aspects }
    }

    fn step(&mut self, now_s: f64, red: bool) {
        let Some(controller) = &mut self.controller else { return };
        let now = self.start + Duration::from_seconds_f64(now_s);
        let wish = if red { Wish::Red } else { Wish::Program };
        if controller.wishes().wish(GroupIndex(0)) != wish {
            let mut wishes = Wishes::none(self.aspects.len());
            wishes.set(GroupIndex(0), wish);
            controller.set_wishes(now, wishes);
        }
        if controller.next_event() > now {
            return;
        }
        let mut commands = Vec::new();
        controller.step(now, &mut commands);
        for command in commands {
            controller.observe(now, command.group, command.aspect);
            self.aspects[command.group.index()] = command.aspect;
            self.since_s[command.group.index()] = now_s;
        }
    }

    fn lamps(&self) -> Lamps<'_> {
        Lamps { aspects: &self.aspects, since_s: &self.since_s }
    }
}

fn scenario(signal: bool, behind_m: f64) -> Scenario {
    let limit = Speed::from_kilometres_per_hour(LIMIT_KMH);
    let lane = |edge, from: f64, length: f64, links| Lane {
        edge: EdgeIndex(edge),
        number: 0,
        length: Length::from_metres(length),
        speed_limit: limit,
        permitted: ClassSet::ALL,
        shape: Shape(vec![[from, 0.0], [from + length, 0.0]]),
        links,
    };
    let edge = |id: &str, from, to, lanes| Edge {
        id: id.into(),
        from: JunctionIndex(from),
        to: JunctionIndex(to),
        lanes,
    };
    let junction = |id: &str, east, links: &[u32]| Junction {
        id: id.into(),
        position: [east, 0.0],
        links: links.iter().copied().map(LinkIndex).collect(),
    };
    let link = Link {
        from: RoadLaneIndex(0),
        to: RoadLaneIndex(1),
        junction: JunctionIndex(1),
        length: Length::from_metres(LINK_M),
        speed_limit: limit,
        shape: Shape(vec![[0.0, 0.0], [LINK_M, 0.0]]),
        signal: signal.then(|| LinkSignal {
            intersection: 0,
            group: GroupIndex(0),
            approach: ApproachId::try_from(1).unwrap(),
            lane: LaneId::try_from(1).unwrap(),
            connection: None,
        }),
        foes: Vec::new(),
    };
    let intersection = Intersection::from_toml(INTERSECTION, "isolated.toml").unwrap();
    assert!((intersection.program().cycle().unwrap().seconds() - CYCLE_S).abs() < 1e-9);
    let origin = GeodeticPosition::from_degrees(52.09, 5.12).unwrap();
    Scenario {
        name: "isolated approach".into(),
        folder: PathBuf::new(),
        // The program's reference: the approach's green begins with the run.
        start: Instant::parse_rfc3339("2026-01-12T07:00:00.000Z").unwrap(),
        end: Duration::from_seconds(3600),
        warm_up: Duration::ZERO,
        step: Duration::from_seconds_f64(STEP_S),
        network: Network {
            projection: Projection::Local(LocalPlane::at(origin)),
            edges: vec![edge("in", 0, 1, 0..1), edge("out", 1, 2, 1..2)],
            lanes: vec![lane(0, -BEFORE_M, BEFORE_M, 0..1), lane(1, LINK_M, behind_m, 1..1)],
            links: vec![link],
            junctions: vec![
                junction("w", -BEFORE_M, &[]),
                junction("c", 0.0, &[0]),
                junction("e", LINK_M + behind_m, &[]),
            ],
        },
        intersections: vec![ControlledIntersection { intersection: Arc::new(intersection), equipped: false }],
        vehicle_types: vec![crate::car::car()],
        type_distributions: Vec::new(),
        routes: vec![Route { edges: vec![EdgeIndex(0), EdgeIndex(1)] }],
        demand: PathBuf::new(),
        emergency: Vec::new(),
        slow_traffic: Vec::new(),
        overrides: Vec::new(),
        cam_share: 0.0,
        public_transport: false,
        eva_share: 0.0,
        radio: RadioConfig { latency: Duration::ZERO, jitter: Duration::ZERO, loss: 0.0 },
    }
}
