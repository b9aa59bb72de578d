//! A crossing, and an engine on it in virtual time. Shared by the tests of this folder.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PrioritizationStatus, PriorityRequest, RequestId, RequestKind,
    RequestStatus, SequenceNumber, StationId, VehicleRole,
};
use voorrang_priority::journal::{Header, Journal};
use voorrang_priority::request::{Ended, Request};
use voorrang_priority::{EngineConfig, Input, Output, PriorityEngine, StrategyConfig, VehiclePosition};
use voorrang_signals::{Aspect, GroupIndex, Intersection, IntersectionId, Wish};
use voorrang_units::{Angle, Duration, GeodeticPosition, Instant, LocalPlane, LocalPosition, Speed};

/// The groups of [`crossing`], by position.
pub(crate) const NORTH: GroupIndex = GroupIndex(0);
pub(crate) const NORTH_LEFT: GroupIndex = GroupIndex(1);
pub(crate) const EAST: GroupIndex = GroupIndex(2);
pub(crate) const SOUTH: GroupIndex = GroupIndex(3);
pub(crate) const WEST: GroupIndex = GroupIndex(4);
pub(crate) const GROUPS: [GroupIndex; 5] = [NORTH, NORTH_LEFT, EAST, SOUTH, WEST];

/// A crossing: approaches 1 north (02 and, for left, 03), 2 east (05), 3 south (08), 4 west (11), lanes of 400 m. East and west are
/// compatible, and 02 with 08; the left turn 03 conflicts with 08.
pub(crate) fn crossing(id: u16) -> Arc<Intersection> {
    let text = include_str!("crossing.toml").replace("id = 1\n", &format!("id = {id}\n"));
    Arc::new(Intersection::from_toml(&text, "crossing.toml").unwrap())
}

/// What the engine's name for the crossing `id` is.
pub(crate) fn id(id: u16) -> IntersectionId {
    IntersectionId { region: 528, id }
}

/// A place on an arm of the crossing, metres before its centre.
pub(crate) fn before(approach: u8, metres: f64) -> GeodeticPosition {
    let place = match approach {
        1 => LocalPosition::from_metres(0.0, metres),
        2 => LocalPosition::from_metres(metres, 0.0),
        3 => LocalPosition::from_metres(0.0, -metres),
        _ => LocalPosition::from_metres(-metres, 0.0),
    };
    LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap()).to_geodetic(place)
}

/// A place at the crossing, metres east and north of its centre.
pub(crate) fn at(east: f64, north: f64) -> GeodeticPosition {
    let plane = LocalPlane::at(GeodeticPosition::from_degrees(52.0, 5.0).unwrap());
    plane.to_geodetic(LocalPosition::from_metres(east, north))
}

/// The CAM of a vehicle under light bar and siren.
pub(crate) fn cam(
    station: u32,
    position: GeodeticPosition,
    speed: f64,
    heading: Option<f64>,
) -> VehiclePosition {
    VehiclePosition {
        station: StationId(station),
        position,
        speed: Some(Speed::from_metres_per_second(speed)),
        heading: heading.map(Angle::from_degrees),
        light_bar: true,
        siren: true,
    }
}

/// A strategy's configuration, changed.
pub(crate) fn configured(strategy: &str, change: impl FnOnce(&mut EngineConfig)) -> EngineConfig {
    let mut config = EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap());
    change(&mut config);
    config
}

/// An ambulance's first message for an approach of crossing 1.
pub(crate) fn ambulance(station: u32, approach: u8) -> PriorityRequest {
    PriorityRequest {
        station: StationId(station),
        intersection: IntersectionReference { region: Some(528), id: 1 },
        request: RequestId(1),
        sequence: Some(SequenceNumber(0)),
        kind: RequestKind::New,
        inbound: IntersectionAccess::Approach(approach),
        outbound: None,
        eta: None,
        service_window: None,
        role: Some(VehicleRole::Emergency),
        subrole: Some(5),
        importance: Some(14),
        position: None,
        heading: None,
        speed: None,
    }
}

/// The next message of the same request.
pub(crate) fn next(request: &PriorityRequest, kind: RequestKind) -> PriorityRequest {
    PriorityRequest { sequence: request.sequence.map(SequenceNumber::next), kind, ..request.clone() }
}

/// The start of all tests.
pub(crate) fn start() -> Instant {
    Instant::from_utc(2026, 1, 12, 7, 0, 0).unwrap()
}

/// A moment of a test.
pub(crate) fn second(seconds: f64) -> Instant {
    start() + Duration::from_seconds_f64(seconds)
}

/// An engine whose host calls it at every deadline, and a journal of all that happens.
pub(crate) struct Bench {
    pub(crate) engine: PriorityEngine,
    pub(crate) journal: Journal,
    pub(crate) now: Instant,
    pub(crate) said: Vec<(Instant, Output)>,
}

impl Bench {
    pub(crate) fn new(strategy: &str) -> Self {
        Self::with(&[1], EngineConfig::with_strategy(StrategyConfig::from_name(strategy).unwrap()))
    }

    pub(crate) fn with(crossings: &[u16], config: EngineConfig) -> Self {
        let area: Vec<_> = crossings.iter().map(|id| crossing(*id)).collect();
        Self {
            journal: Journal::new(&Header::new(&area, &config, start())),
            engine: PriorityEngine::new(area, config, start()),
            now: start(),
            said: Vec::new(),
        }
    }

    /// Lets time pass, to a moment.
    pub(crate) fn until(&mut self, seconds: f64) {
        self.until_instant(second(seconds));
    }

    pub(crate) fn until_instant(&mut self, at: Instant) {
        let mut calls = 0;
        while let Some(deadline) = self.engine.next_deadline().filter(|deadline| *deadline <= at) {
            self.tick(deadline);
            calls += 1;
            assert!(calls < 10_000, "a deadline wants itself again: {deadline}");
        }
        self.now = at;
    }

    /// Calls the engine without telling it anything.
    pub(crate) fn tick(&mut self, at: Instant) {
        let mut outputs = Vec::new();
        self.journal.advance(&mut self.engine, at, &mut outputs);
        self.now = self.now.max(at);
        self.said.extend(outputs.into_iter().map(|output| (self.now, output)));
    }

    pub(crate) fn tell(&mut self, input: Input) {
        let mut outputs = Vec::new();
        self.journal.handle(&mut self.engine, self.now, input, &mut outputs);
        self.said.extend(outputs.into_iter().map(|output| (self.now, output)));
    }

    pub(crate) fn request(&mut self, request: &PriorityRequest) {
        self.tell(Input::Request(request.clone()));
    }

    pub(crate) fn lamps(&mut self, groups: &[GroupIndex], aspect: Aspect) {
        for group in groups {
            self.tell(Input::Signal { intersection: id(1), group: *group, aspect });
        }
    }

    /// Every status that was sent to a station.
    pub(crate) fn statuses(&self, station: u32) -> Vec<(Instant, RequestStatus)> {
        let status = |(at, output): &(Instant, Output)| match output {
            Output::Status(status) if status.station == StationId(station) => Some((*at, status.clone())),
            _ => None,
        };
        self.said.iter().filter_map(status).collect()
    }

    /// What a station was told, without the repeats: second and status.
    pub(crate) fn told(&self, station: u32) -> Vec<(f64, PrioritizationStatus)> {
        let mut told: Vec<(f64, PrioritizationStatus)> = Vec::new();
        for (at, status) in self.statuses(station) {
            if told.last().is_none_or(|(_, last)| *last != status.status) {
                told.push(((at - start()).seconds(), status.status));
            }
        }
        told
    }

    /// The groups of an intersection that are wished green at present, and those that are wished red.
    pub(crate) fn wished(&self, intersection: u16) -> (Vec<GroupIndex>, Vec<GroupIndex>) {
        let last = self.said.iter().rev().find_map(|(_, output)| match output {
            Output::Wishes { intersection: at, wishes } if *at == id(intersection) => Some(wishes),
            _ => None,
        });
        let groups = |wish| {
            GROUPS
                .into_iter()
                .filter(|group| last.is_some_and(|wishes| wishes.wish(*group) == wish))
                .collect()
        };
        (groups(Wish::Green), groups(Wish::Red))
    }

    /// How often wishes were said.
    pub(crate) fn wishes_said(&self) -> usize {
        self.said.iter().filter(|(_, output)| matches!(output, Output::Wishes { .. })).count()
    }

    pub(crate) fn live(&self, intersection: u16) -> usize {
        self.requests(intersection).len()
    }

    pub(crate) fn requests(&self, intersection: u16) -> &[Request] {
        let at = self.engine.area().find(id(intersection)).unwrap();
        self.engine.area().intersection(at).requests().live()
    }

    /// Why the last remembered request of a station ended.
    pub(crate) fn ended(&self, station: u32) -> Option<voorrang_priority::request::End> {
        let at = self.engine.area().find(id(1)).unwrap();
        let ended = self.engine.area().intersection(at).requests().ended();
        ended.filter(|ended| ended.latest().station == StationId(station)).last().map(Ended::end)
    }
}
