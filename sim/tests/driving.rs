//! How drivers behave at a crossing of two roads, on a network drawn by hand: a road from west to east and one from south to north, one lane
//! each, crossing in the middle of a junction of 20 m.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

mod car;

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;
use voorrang_signals::{ApproachId, Aspect, GroupIndex, LaneId};
use voorrang_sim::network::{
    ClassSet, Edge, EdgeIndex, Foe, Junction, JunctionIndex, Lane, Link, LinkIndex, LinkSignal, Network,
    Projection, RoadLaneIndex, Shape, VehicleClass,
};
use voorrang_sim::random::{Purpose, Stream};
use voorrang_sim::run_options::AtRed;
use voorrang_sim::scenario::{Halt, RadioConfig, Route, Scenario, VehicleType};
use voorrang_sim::traffic::{Entrant, Lamps, Moment, Radio, Roads, StopLinePassage, Traffic};
use voorrang_sim::vehicle::Driver;
use voorrang_units::{Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

const STEP_S: f64 = 0.5;
const EASTBOUND: usize = 0;
const NORTHBOUND: usize = 1;

/// The crossing, with signals or with a right of way for the eastbound road.
struct Crossing {
    traffic: Traffic,
    now_s: f64,
    aspects: [Aspect; 2],
    vehicle_type: VehicleType,
    entered: u64,
}

impl Crossing {
    /// `behind_m` is how much road there is behind the junction.
    fn new(signals: bool, at_red: AtRed, behind_m: f64) -> Self {
        let scenario = Arc::new(scenario(signals, behind_m));
        let roads = Arc::new(Roads::new(&scenario.network, &[0]));
        let vehicle_type = scenario.vehicle_types[0].clone();
        let traffic = Traffic::new(scenario, roads, at_red);
        Self { traffic, now_s: 0.0, aspects: [Aspect::Green; 2], vehicle_type, entered: 0 }
    }

    fn enter(&mut self, route: usize, trip: Option<usize>, halts: Vec<Halt>) {
        let mut stream = Stream::new(1, 0, Purpose::Driver, self.entered);
        self.entered += 1;
        let mut vehicle_type = self.vehicle_type.clone();
        if trip.is_some() {
            vehicle_type.class = VehicleClass::Emergency;
        }
        let driver = Driver::draw(&vehicle_type, &mut stream);
        self.traffic.wish_to_enter(Entrant { driver, route, halts, trip, radio: Radio::default() });
    }

    fn step(&mut self) -> Vec<StopLinePassage> {
        let lamps = Lamps { aspects: &self.aspects, since_s: &[0.0; 2] };
        self.traffic.step(&Moment { now_s: self.now_s, measuring: true, lamps });
        self.now_s += STEP_S;
        assert!(self.traffic.is_consistent(), "at {} s", self.now_s);
        assert_eq!(self.traffic.tally().overlaps, 0, "at {} s", self.now_s);
        self.traffic.take_passages()
    }

    fn run(&mut self, seconds: f64) {
        for _ in 0..steps(seconds) {
            self.step();
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds")]
fn steps(seconds: f64) -> usize {
    (seconds / STEP_S) as usize
}

fn scenario(signals: bool, behind_m: f64) -> Scenario {
    let limit = Speed::from_kilometres_per_hour(50.0);
    let lane = |edge, from: [f64; 2], to: [f64; 2], links| Lane {
        edge: EdgeIndex(edge),
        number: 0,
        length: Length::from_metres((to[0] - from[0]).abs() + (to[1] - from[1]).abs()),
        speed_limit: limit,
        permitted: ClassSet::ALL,
        shape: Shape(vec![from, to]),
        links,
    };
    let edge = |id: &str, from, to, lane| Edge {
        id: id.into(),
        from: JunctionIndex(from),
        to: JunctionIndex(to),
        lanes: lane..lane + 1,
    };
    let link = |from, to, group: u16, foe, yields, shape: Vec<[f64; 2]>| Link {
        from: RoadLaneIndex(from),
        to: RoadLaneIndex(to),
        junction: JunctionIndex(4),
        length: Length::from_metres(20.0),
        speed_limit: limit,
        shape: Shape(shape),
        signal: signals.then(|| LinkSignal {
            intersection: 0,
            group: GroupIndex(group),
            approach: ApproachId::new(1).unwrap(),
            lane: LaneId::new(1).unwrap(),
            connection: None,
        }),
        foes: vec![Foe {
            link: LinkIndex(foe),
            yields,
            enters_at: Length::from_metres(8.0),
            foe_clear_at: Length::from_metres(12.0),
        }],
    };
    let junction = |id: &str, position, links: &[u32]| Junction {
        id: id.into(),
        position,
        links: links.iter().copied().map(LinkIndex).collect(),
    };
    let end = 10.0 + behind_m;
    let mut fire = car::car();
    fire.id = "fire".into();
    Scenario {
        name: "crossing".into(),
        folder: PathBuf::new(),
        start: Instant::from_unix_millis(0),
        end: Duration::from_seconds(600),
        warm_up: Duration::ZERO,
        step: Duration::from_seconds_f64(STEP_S),
        network: Network {
            projection: Projection::Local(LocalPlane::at(
                GeodeticPosition::from_degrees(52.09, 5.12).unwrap(),
            )),
            edges: vec![edge("w", 0, 4, 0), edge("e", 4, 1, 1), edge("s", 2, 4, 2), edge("n", 4, 3, 3)],
            lanes: vec![
                lane(0, [-310.0, 0.0], [-10.0, 0.0], 0..1),
                lane(1, [10.0, 0.0], [end, 0.0], 1..1),
                lane(2, [0.0, -310.0], [0.0, -10.0], 1..2),
                lane(3, [0.0, 10.0], [0.0, end], 2..2),
            ],
            links: vec![
                link(0, 1, 0, 1, false, vec![[-10.0, 0.0], [10.0, 0.0]]),
                link(2, 3, 1, 0, true, vec![[0.0, -10.0], [0.0, 10.0]]),
            ],
            junctions: vec![
                junction("W", [-310.0, 0.0], &[]),
                junction("E", [end, 0.0], &[]),
                junction("S", [0.0, -310.0], &[]),
                junction("N", [0.0, end], &[]),
                junction("C", [0.0, 0.0], &[0, 1]),
            ],
        },
        intersections: Vec::new(),
        vehicle_types: vec![car::car(), fire],
        type_distributions: Vec::new(),
        routes: vec![
            Route { edges: vec![EdgeIndex(0), EdgeIndex(1)] },
            Route { edges: vec![EdgeIndex(2), EdgeIndex(3)] },
        ],
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

/// When the emergency vehicle of a trip crossed its stop line, whether that was at red, and its highest speed on the junction, m/s.
fn passage(crossing: &mut Crossing, seconds: f64) -> Option<(f64, bool, f64)> {
    let mut passed = None;
    let mut fastest: f64 = 0.0;
    for _ in 0..steps(seconds) {
        let passages = crossing.step();
        if let Some(passage) = passages.first() {
            passed = Some((crossing.now_s, passage.red));
        }
        if let Some(state) = crossing.traffic.emergency_state(0).filter(|state| state.crossing) {
            fastest = fastest.max(state.speed.metres_per_second());
        }
    }
    passed.map(|(at, red)| (at, red, fastest))
}

#[test]
fn the_minor_road_gives_way_and_gets_through() {
    let mut crossing = Crossing::new(false, AtRed::Wait, 100.0);
    crossing.enter(NORTHBOUND, None, Vec::new());
    for _ in 0..12 {
        crossing.enter(EASTBOUND, None, Vec::new());
        crossing.run(3.0);
    }
    crossing.run(120.0);
    let tally = crossing.traffic.tally();
    assert_eq!((tally.arrived, tally.on_road, tally.stuck), (13, 0, 0));
}

#[test]
fn alone_a_vehicle_arrives_after_its_free_travel_time() {
    let mut crossing = Crossing::new(false, AtRed::Wait, 100.0);
    crossing.enter(EASTBOUND, Some(0), Vec::new());
    let mut arrivals = Vec::new();
    while arrivals.is_empty() && crossing.now_s < 200.0 {
        crossing.step();
        arrivals.extend(crossing.traffic.take_arrivals());
    }
    // 420 m less its own 4.5 m, at 50 km/h with a factor of 0.7 to 1.3.
    let speed = 415.5 / arrivals[0].at_s;
    assert!((0.7..1.3).contains(&(speed / (50.0 / 3.6))), "{speed} m/s");
    assert_eq!(arrivals[0].stops, 0);
}

#[test]
fn nobody_enters_a_junction_that_it_cannot_leave() {
    // 20 m behind the junction, and a vehicle that halts there: room for two behind it.
    let mut crossing = Crossing::new(false, AtRed::Wait, 20.0);
    let halt = Halt {
        lane: RoadLaneIndex(1),
        position: Length::from_metres(18.0),
        duration: Duration::from_seconds(300),
    };
    crossing.enter(EASTBOUND, None, vec![halt]);
    for _ in 0..6 {
        crossing.enter(EASTBOUND, None, Vec::new());
    }
    crossing.run(100.0);
    // The junction is clear: the other road drives.
    let before = crossing.traffic.tally().arrived;
    crossing.enter(NORTHBOUND, None, Vec::new());
    crossing.run(60.0);
    assert_eq!((before, crossing.traffic.tally().arrived), (0, 1));
    // After the halt everybody goes on.
    crossing.run(300.0);
    assert_eq!(crossing.traffic.tally().arrived, 8);
}

#[test]
fn a_crew_passes_red_slowly_and_only_when_nobody_comes() {
    let mut crossing = Crossing::new(true, AtRed::PassSlowly, 100.0);
    crossing.aspects = [Aspect::Green, Aspect::Red];
    crossing.enter(NORTHBOUND, Some(0), Vec::new());
    for _ in 0..8 {
        crossing.enter(EASTBOUND, None, Vec::new());
    }
    let (at, red, fastest) = passage(&mut crossing, 120.0).expect("it passes in the end");
    assert!(red);
    assert!(fastest <= 20.0 / 3.6 + 0.3, "{fastest} m/s");
    // Eight vehicles at about two seconds each have passed before.
    assert!(at > 30.0, "{at} s");
    assert_eq!(crossing.traffic.tally().arrived, 9);
}

#[test]
fn a_crew_that_waits_stands_at_red_and_drives_at_green() {
    let mut crossing = Crossing::new(true, AtRed::Wait, 100.0);
    crossing.aspects = [Aspect::Green, Aspect::Red];
    crossing.enter(NORTHBOUND, Some(0), Vec::new());
    assert_eq!(passage(&mut crossing, 120.0), None);
    crossing.aspects = [Aspect::Red, Aspect::Green];
    let (_, red, _) = passage(&mut crossing, 60.0).expect("it drives at green");
    assert!(!red);
}

#[test]
fn a_bus_halts_for_its_time_and_drives_on() {
    let arrival = |seconds: Option<i64>| {
        let mut crossing = Crossing::new(false, AtRed::Wait, 100.0);
        let halts = seconds.map(|seconds| Halt {
            lane: RoadLaneIndex(0),
            position: Length::from_metres(150.0),
            duration: Duration::from_seconds(seconds),
        });
        crossing.enter(EASTBOUND, Some(0), halts.into_iter().collect());
        crossing.run(150.0);
        crossing.traffic.take_arrivals()[0].at_s
    };
    let lost = arrival(Some(20)) - arrival(None);
    // Its time, and braking and starting again.
    assert!((24.0..40.0).contains(&lost), "{lost} s");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_nobody_overlaps_and_everybody_arrives(
        pauses in prop::collection::vec((0.5..12.0_f64, any::<bool>()), 1..40),
    ) {
        let mut crossing = Crossing::new(false, AtRed::Wait, 100.0);
        for (pause, eastbound) in &pauses {
            crossing.enter(if *eastbound { EASTBOUND } else { NORTHBOUND }, None, Vec::new());
            crossing.run(*pause);
        }
        crossing.run(400.0);
        let tally = crossing.traffic.tally();
        prop_assert_eq!(tally.arrived, pauses.len() as u64);
        prop_assert_eq!(tally.on_road + tally.waiting_to_enter, 0);
    }
}
