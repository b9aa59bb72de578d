//! Requests that are made for emergency vehicles which don't ask: seen by their positions, under light bar and siren. Made at the next stop line on
//! the road they are on, kept while they are seen coming, ended when they have passed. They are told nothing. What the table does with them
//! otherwise is what it does with any request.

use voorrang_messages::{
    IntersectionAccess, PriorityRequest, RequestId, RequestKind, StationId, VehicleRole,
};
use voorrang_units::{Duration, Instant, Length, Speed};

use super::course::Fix;
use super::table::{Reception, Rules};
use super::{End, Entitlement, Origin, Request, RequestConfig, RequestTable};
use crate::approach::{Approaches, StopLineAhead, Whereabouts};
use crate::exchange::VehiclePosition;

/// What Dutch emergency vehicles under blue light and siren say of themselves, where they do.
const SUBROLE: u8 = 5;
const IMPORTANCE: u8 = 14;
/// Whoever comes slower is held up, and will go on faster than that.
const SLOWEST: Speed = Speed::from_metres_per_second(8.3);

impl RequestTable {
    /// A vehicle that doesn't ask has a stop line of this intersection ahead. Makes a request for it, if it has none here.
    pub(crate) fn see(
        &mut self,
        now: Instant,
        vehicle: &VehiclePosition,
        ahead: StopLineAhead,
        rules: Rules<'_>,
    ) -> Reception {
        let known = self.live().iter().any(|request| request.is_of(vehicle.station));
        let layout = rules.approaches.intersection();
        let number = layout.approaches()[ahead.approach.index()].id.number();
        let inbound = IntersectionAccess::Approach(number);
        let entitlement = Entitlement::EMERGENCY;
        if known || rules.refusal.is_some() {
            return Reception::Nothing;
        }
        let Some(service) = rules.approaches.service(inbound, entitlement.class) else {
            return Reception::Nothing;
        };
        let message = PriorityRequest {
            station: vehicle.station,
            intersection: self.reference(),
            request: RequestId(0),
            sequence: None,
            kind: RequestKind::New,
            inbound,
            outbound: None,
            eta: None,
            service_window: None,
            role: Some(VehicleRole::Emergency),
            subrole: Some(SUBROLE),
            importance: Some(IMPORTANCE),
            position: Some(vehicle.position),
            heading: vehicle.heading,
            speed: vehicle.speed,
        };
        let mut request = Request::new(message, service, entitlement, Origin::Observed, now);
        request.locate(now, rules.approaches);
        request.expect(now, rules.config);
        if let Some(place) = self.same_vehicle(now, &request, rules.config) {
            self.live[place].take_over(now, request, rules.approaches);
            return Reception::Changed;
        }
        self.enter(now, request, rules.config)
    }

    /// Where the request is that was made for a station.
    pub(super) fn observed(&self, station: StationId) -> Option<usize> {
        self.live()
            .iter()
            .position(|request| request.origin == Origin::Observed && request.latest.station == station)
    }
}

impl Request {
    /// Takes its newest position in; where that is, if there is one.
    pub(super) fn locate(&mut self, now: Instant, approaches: &Approaches) -> Option<Whereabouts> {
        let approach = self.service.approach;
        let position = self.latest.position;
        self.distance = position.and_then(|position| approaches.distance(approach, position));
        let fix =
            position.map(|position| Fix { position, speed: self.latest.speed, heading: self.latest.heading });
        let place = fix.map(|fix| self.course.note(now, fix, approach, approaches));
        if self.course.still.is_none() {
            self.released = false;
        }
        let at_its_speed = |distance| now + travel_time(distance, self.latest.speed, SLOWEST);
        self.expected = self.latest.eta.or_else(|| self.distance.map(at_its_speed));
        place
    }

    /// One that was made for its vehicle follows each of its positions: refreshed while it comes, ended when it doesn't any more.
    pub(super) fn watch(
        &mut self,
        now: Instant,
        vehicle: &VehiclePosition,
        place: Option<Whereabouts>,
        config: &RequestConfig,
    ) -> Option<End> {
        if self.origin != Origin::Observed {
            return None;
        }
        if !(vehicle.light_bar && vehicle.siren) {
            return Some(End::StoodDown);
        }
        match place {
            Some(Whereabouts::Elsewhere) => return Some(self.course.end()),
            Some(Whereabouts::Coming) => self.refreshed = now,
            Some(Whereabouts::Unmatched) | None if self.course.has_passed() => return Some(End::Passed),
            Some(Whereabouts::Unmatched) | None => {}
        }
        self.expect(now, config);
        None
    }

    fn expect(&mut self, now: Instant, config: &RequestConfig) {
        let least = config.observed_least_speed;
        self.latest.eta = self.distance.map(|distance| now + travel_time(distance, self.latest.speed, least));
        self.expected = self.latest.eta;
    }
}

/// How long a distance takes at a speed, but at no less than another.
fn travel_time(distance: Length, speed: Option<Speed>, least: Speed) -> Duration {
    let speed = speed.map_or(least, |speed| speed.max(least));
    distance.time_at(speed).unwrap_or(Duration::ZERO)
}
