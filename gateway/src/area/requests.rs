//! Requests on their way to the engine: what the gateway itself has to say first.

use std::time::Instant as Monotonic;

use bytes::Bytes;
use voorrang_messages::{PrioritizationStatus, PriorityRequest, RequestKind, RequestStatus};
use voorrang_priority::{Input, VehiclePosition};
use voorrang_units::Instant;

use super::effects::{Departure, Effects};
use super::gateway_line::GatewayLine;
use super::input::RestoredRequest;
use super::junction::Junction;
use super::{Area, Asking, Role};
use crate::messaging::ReplyTo;
use crate::operations::telemetry::request_span;
use crate::security::Permit;

/// What came with a request, beside it.
#[derive(Debug)]
pub(super) struct Envelope {
    /// What its sender may.
    pub(super) permit: Permit,
    /// Where answers go.
    pub(super) reply: Option<ReplyTo>,
    /// When its octets arrived; none for one from before a restart.
    pub(super) arrived: Option<Monotonic>,
    /// The message as it came.
    pub(super) octets: Option<Bytes>,
    /// From octets to lamp.
    pub(super) span: tracing::Span,
}

impl Area {
    /// A request that may be heard.
    pub(super) fn on_request(
        &mut self,
        now: Instant,
        mut request: PriorityRequest,
        envelope: Envelope,
        effects: &mut Effects,
    ) {
        let Some(place) = self.place_of(request.intersection) else { return };
        let Envelope { permit, reply, arrived, octets, span } = envelope;
        hold_below(&mut request, permit.importance_ceiling, self.config.engine.request.absolute_importance);
        let junction = &mut self.junctions[place];
        let (station, number) = (request.station, request.request);
        if junction.role == Role::Relay
            && let Some(octets) = octets
        {
            effects.departures.push(Departure::Relay { junction: place, octets });
        }
        let refused = self.refusal(place, &request);
        let junction = &mut self.junctions[place];
        if let Some(why) = refused {
            let intersection = junction.layout.id();
            GatewayLine::TurnedAway { intersection, station, request: number, why }
                .write(now, &mut effects.records);
            if junction.role == Role::Control
                && let Some(reply) = reply
            {
                let status = RequestStatus::answer(&request, PrioritizationStatus::Rejected);
                self.answer(now, status, reply, arrived, effects);
            }
            return;
        }
        let news = junction.ledger.hear(now, &request, reply, &permit.name, span, &mut self.numbers);
        if let Some(address) = news {
            GatewayLine::Asked {
                intersection: junction.layout.id(),
                station,
                request: number,
                reply: address.as_deref(),
                permit: &permit.name,
                ceiling: permit.importance_ceiling,
            }
            .write(now, &mut effects.records);
        }
        let asking = Asking { station, request: number, arrived };
        self.tell(now, Input::Request(request), Some(asking), effects);
    }

    /// Why the engine is not told of a request at present: its end and what is served already are always told.
    fn refusal(&self, place: usize, request: &PriorityRequest) -> Option<&'static str> {
        if self.is_open() {
            return None;
        }
        if request.kind == RequestKind::Cancellation || self.is_served(place, request) {
            return None;
        }
        Some(match (self.closing, self.journal_healthy) {
            (Some(_), _) => "closing",
            (None, false) => "journal",
            (None, true) => "clock",
        })
    }

    /// Whether an intervention may begin.
    pub(super) const fn is_open(&self) -> bool {
        self.clock_trusted && self.journal_healthy && self.closing.is_none()
    }

    /// Whether an intervention runs for a request.
    fn is_served(&self, place: usize, request: &PriorityRequest) -> bool {
        let Some(at) = self.junctions[place].at else { return false };
        let live = self.engine.area().intersection(at).requests().live().iter();
        live.filter(|live| live.stage().intervention().is_some())
            .any(|live| live.latest().station == request.station && live.latest().request == request.request)
    }

    /// Requests from before a restart: those that live are told anew and answered, of the others the journal says that they are over.
    pub(super) fn on_restored(
        &mut self,
        now: Instant,
        requests: Vec<RestoredRequest>,
        effects: &mut Effects,
    ) {
        let expiry = self.config.engine.request.expiry;
        for RestoredRequest { request, heard, permit, reply } in requests {
            let Some(place) = self.place_of(request.intersection) else { continue };
            if now - heard >= expiry || request.kind == RequestKind::Cancellation {
                GatewayLine::Expired {
                    intersection: self.junctions[place].layout.id(),
                    station: request.station,
                    request: request.request,
                    heard,
                }
                .write(now, &mut effects.records);
                continue;
            }
            let span = request_span("journal", &self.config.name, request.intersection.id, &permit.name);
            let envelope = Envelope { permit, reply, arrived: None, octets: None, span };
            self.on_request(now, request, envelope, effects);
        }
    }

    /// A position. While no intervention may begin, only of those who ask: nobody else gets a request made.
    pub(super) fn on_vehicle(&mut self, now: Instant, vehicle: VehiclePosition, effects: &mut Effects) {
        let asks = |junction: &Junction| junction.ledger.has(vehicle.station);
        if self.is_open() || self.junctions.iter().any(asks) {
            self.tell(now, Input::Vehicle(vehicle), None, effects);
        }
    }

    /// While engine time can't be trusted no intervention begins: whoever waits for one is told so, and ends. Those that run go on, and end by
    /// position, cancellation or green guard.
    pub(super) fn on_clock(&mut self, now: Instant, trusted: bool, effects: &mut Effects) {
        if std::mem::replace(&mut self.clock_trusted, trusted) == trusted || trusted {
            return;
        }
        for place in 0..self.junctions.len() {
            let Some(at) = self.junctions[place].at else { continue };
            let live = self.engine.area().intersection(at).requests().live().iter();
            let waiting: Vec<PriorityRequest> = live
                .filter(|live| live.stage().intervention().is_none())
                .map(|live| live.latest().clone())
                .collect();
            for request in waiting {
                let (station, number) = (request.station, request.request);
                let junction = &self.junctions[place];
                let reply = junction.ledger.way_back(station, number).cloned();
                let intersection = junction.layout.id();
                GatewayLine::TurnedAway { intersection, station, request: number, why: "clock" }
                    .write(now, &mut effects.records);
                let status = RequestStatus::answer(&request, PrioritizationStatus::Rejected);
                let end = PriorityRequest { kind: RequestKind::Cancellation, sequence: None, ..request };
                self.tell(now, Input::Request(end), None, effects);
                if let Some(reply) = reply.filter(|_| self.junctions[place].role == Role::Control) {
                    self.answer(now, status, reply, None, effects);
                }
            }
        }
    }
}

/// No request counts for more than its permit allows. One that says nothing of its importance passes for an absolute intervention, so it is held
/// too where the permit doesn't reach that far. 15 is reserved, and refused by the engine as it is.
fn hold_below(request: &mut PriorityRequest, ceiling: u8, absolute: u8) {
    match request.importance {
        Some(15) => {}
        Some(said) if said > 0 => request.importance = Some(said.min(ceiling)),
        None | Some(_) if ceiling < absolute => request.importance = Some(ceiling),
        None | Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(importance: Option<u8>, ceiling: u8) -> Option<u8> {
        let mut request = crate::area::tests::ambulance();
        request.importance = importance;
        hold_below(&mut request, ceiling, 10);
        request.importance
    }

    #[test]
    fn no_request_counts_for_more_than_its_permit_allows() {
        assert_eq!(held(Some(14), 12), Some(12));
        assert_eq!(held(Some(11), 12), Some(11));
        assert_eq!(held(None, 14), None);
        assert_eq!(held(None, 9), Some(9), "saying nothing gets nobody further");
        assert_eq!(held(Some(0), 9), Some(9));
        assert_eq!(held(Some(15), 9), Some(15), "reserved stays refused");
    }
}
