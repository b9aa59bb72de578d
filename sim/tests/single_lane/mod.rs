//! A lane of 700 m with a signal at its end, and a queue before it: what tests of driving need.

use std::path::PathBuf;
use std::sync::Arc;

use voorrang_signals::{ApproachId, Aspect, GroupIndex, LaneId};
use voorrang_sim::network::{
    ClassSet, Edge, EdgeIndex, Junction, JunctionIndex, Lane, Link, LinkIndex, LinkSignal, Network,
    Projection, RoadLaneIndex, Shape,
};
use voorrang_sim::random::{Purpose, Stream};
use voorrang_sim::run_options::AtRed;
use voorrang_sim::scenario::{RadioConfig, Route, Scenario};
use voorrang_sim::traffic::{Entrant, Lamps, Moment, Radio, Roads, Traffic};
use voorrang_sim::vehicle::Driver;
use voorrang_units::{Duration, GeodeticPosition, Instant, Length, LocalPlane, Speed};

/// The default traffic step, s.
pub(crate) const STEP_S: f64 = 0.5;
const LIMIT_KMH: f64 = 50.0;

pub(crate) struct SingleLane {
    traffic: Traffic,
    now_s: f64,
    since_s: f64,
    aspect: Aspect,
}

impl SingleLane {
    pub(crate) fn with_queue(vehicles: u64, seed: u64) -> Self {
        let scenario = Arc::new(scenario());
        let roads = Arc::new(Roads::new(&scenario.network, &[0]));
        let mut traffic = Traffic::new(Arc::clone(&scenario), roads, AtRed::Wait);
        for number in 0..vehicles {
            let mut stream = Stream::new(seed, 0, Purpose::Driver, number);
            let driver = Driver::draw(&scenario.vehicle_types[0], &mut stream);
            traffic.wish_to_enter(Entrant {
                driver,
                route: 0,
                halts: Vec::new(),
                trip: None,
                radio: Radio::default(),
            });
        }
        Self { traffic, now_s: 0.0, since_s: 0.0, aspect: Aspect::Red }
    }

    pub(crate) fn run(&mut self, seconds: f64, aspect: Aspect) {
        self.crossings(seconds, aspect);
    }

    /// Runs with the signal showing an aspect; gives the times at which vehicles reached the link behind the stop line, seconds after
    /// the aspect began (to the step: a vehicle counts at the end of the step in which it crossed, less half a step on average).
    pub(crate) fn crossings(&mut self, seconds: f64, aspect: Aspect) -> Vec<f64> {
        if aspect != self.aspect {
            self.aspect = aspect;
            self.since_s = self.now_s;
        }
        let start = self.now_s;
        let mut times = Vec::new();
        let mut crossed = self.traffic.tally().arrived;
        while self.now_s < start + seconds - 1e-9 {
            let (aspects, since_s) = ([self.aspect], [self.since_s]);
            let lamps = Lamps { aspects: &aspects, since_s: &since_s };
            self.traffic.step(&Moment { now_s: self.now_s, measuring: true, lamps });
            self.now_s += STEP_S;
            let arrived = self.traffic.tally().arrived;
            for _ in crossed..arrived {
                times.push(self.now_s - start - STEP_S / 2.0);
            }
            crossed = arrived;
        }
        times
    }

    pub(crate) fn overlaps(&self) -> u64 {
        self.traffic.tally().overlaps
    }

    pub(crate) fn is_consistent(&self) -> bool {
        self.traffic.is_consistent()
    }
}

/// A lane of 700 m, a link of 10 m at a signal, and 1 m of road behind it: who arrives has crossed the line.
fn scenario() -> Scenario {
    let lane = |edge, length: f64, from: f64, links| Lane {
        edge: EdgeIndex(edge),
        number: 0,
        length: Length::from_metres(length),
        speed_limit: Speed::from_kilometres_per_hour(LIMIT_KMH),
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
        length: Length::from_metres(1.0),
        speed_limit: Speed::from_kilometres_per_hour(LIMIT_KMH),
        shape: Shape(vec![[700.0, 0.0], [701.0, 0.0]]),
        signal: Some(LinkSignal {
            intersection: 0,
            group: GroupIndex(0),
            approach: ApproachId::try_from(1).unwrap(),
            lane: LaneId::try_from(1).unwrap(),
            connection: None,
        }),
        foes: Vec::new(),
    };
    let origin = GeodeticPosition::from_degrees(52.09, 5.12).unwrap();
    Scenario {
        name: "single lane".into(),
        folder: PathBuf::new(),
        start: Instant::from_unix_millis(0),
        end: Duration::from_seconds(600),
        warm_up: Duration::ZERO,
        step: Duration::from_seconds_f64(STEP_S),
        network: Network {
            projection: Projection::Local(LocalPlane::at(origin)),
            edges: vec![edge("in", 0, 1, 0..1), edge("out", 1, 2, 1..2)],
            lanes: vec![lane(0, 700.0, 0.0, 0..1), lane(1, 1.0, 701.0, 1..1)],
            links: vec![link],
            junctions: vec![junction("w", 0.0, &[]), junction("c", 700.0, &[0]), junction("e", 702.0, &[])],
        },
        intersections: Vec::new(),
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
