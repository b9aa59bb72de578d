//! From octets to an area's inbox: may the sender send, what is the message, may it be heard, whose is it. Runs where the transport reads; never blocks,
//! and whatever is not for us is counted and gone.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use voorrang_messages::{Cam, MessageKind, PriorityRequest, Srem, VehicleState};
use voorrang_priority::etsi::vehicle_from_state;

use crate::area::AreaInput;
use crate::engine_task::Unsent;
use crate::journal::OctetSink;
use crate::messaging::{Intake, Received};
use crate::operations::metrics::Metrics;
use crate::router::Router;
use crate::security::{Claims, Gatekeeper};

/// Takes in what transports receive.
pub struct Ingress {
    gatekeeper: Arc<Gatekeeper>,
    router: Arc<Router>,
    metrics: Arc<Metrics>,
    octets: Option<Arc<dyn OctetSink>>,
    open: AtomicBool,
}

impl fmt::Debug for Ingress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ingress").field("open", &self.open).finish_non_exhaustive()
    }
}

/// Why a message goes no further.
enum Stop {
    /// Refused, by this name.
    Refused(&'static str),
    /// No message that we read.
    Unreadable,
    /// It is for nobody here, or of a kind that we only send.
    NotForUs,
}

impl Ingress {
    /// Closed at first.
    #[must_use]
    pub fn new(
        gatekeeper: Arc<Gatekeeper>,
        router: Arc<Router>,
        metrics: Arc<Metrics>,
        octets: Option<Arc<dyn OctetSink>>,
    ) -> Self {
        Self { gatekeeper, router, metrics, octets, open: AtomicBool::new(false) }
    }

    /// Whether messages go further than here: not before the areas know what came before, and not while the gateway stops.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Release);
    }

    fn admit(&self, received: &Received<'_>) -> Result<(), Stop> {
        if !self.open.load(Ordering::Acquire) {
            self.metrics.shed("starting_or_stopping");
            return Err(Stop::NotForUs);
        }
        let Received { octets, at, sender, .. } = *received;
        self.gatekeeper.admit_octets(at, sender, octets).map_err(|refusal| Stop::Refused(refusal.name()))?;
        match octets.get(1).copied().and_then(MessageKind::from_message_id) {
            Some(MessageKind::Srem) => self.requests(received),
            Some(MessageKind::Cam) => self.position(received),
            Some(_) => Err(Stop::NotForUs),
            None => Err(Stop::Unreadable),
        }
    }

    /// Each request of an SREM by itself: one that is refused doesn't take the others with it.
    fn requests(&self, received: &Received<'_>) -> Result<(), Stop> {
        let Received { octets, at, arrived, generated, sender, reply } = *received;
        let srem = Srem::decode(octets).map_err(|_| Stop::Unreadable)?;
        let requests = PriorityRequest::each_from_srem(&srem, at).map_err(|_| Stop::Unreadable)?;
        let claims = Claims::of_srem(&srem, at, generated);
        let table = self.router.table();
        let mut whole: Option<Bytes> = None;
        let (mut taken, mut stop) = (false, None);
        for request in requests {
            let Ok(request) = request else {
                self.metrics.refused("unreadable_request");
                continue;
            };
            let permit = match self.gatekeeper.admit_request(at, sender, &claims, &request) {
                Ok(permit) => permit,
                Err(refusal) => {
                    self.metrics.refused(refusal.name());
                    stop = Some(Stop::NotForUs);
                    continue;
                }
            };
            let Some((area, relays)) = table.find(request.intersection) else {
                self.metrics.refused("unknown_intersection");
                continue;
            };
            let octets = if relays {
                whole.get_or_insert_with(|| Bytes::copy_from_slice(octets)).clone()
            } else {
                Bytes::new()
            };
            let span = tracing::debug_span!(
                target: "voorrang::request",
                "request",
                area = %area.name(),
                intersection = request.intersection.id,
                permit = %permit.name,
            );
            let reply = Arc::clone(reply);
            let input = AreaInput::Request { request, permit, reply, arrived, octets, span };
            // What finds no room was counted there; the vehicle asks again.
            if let Err(Unsent::Gone) = area.try_send(input) {
                self.metrics.shed("area_gone");
            }
            taken = true;
        }
        match stop {
            Some(stop) if !taken => Err(stop),
            _ => Ok(()),
        }
    }

    fn position(&self, received: &Received<'_>) -> Result<(), Stop> {
        let Received { octets, at, generated, sender, .. } = *received;
        let cam = Cam::decode(octets).map_err(|_| Stop::Unreadable)?;
        let state = VehicleState::from_cam(&cam, at).map_err(|_| Stop::NotForUs)?;
        let vehicle = vehicle_from_state(&state).map_err(|_| Stop::NotForUs)?;
        let claims = Claims::of_vehicle(&state, generated);
        self.gatekeeper
            .admit_position(at, sender, &claims, &vehicle)
            .map_err(|refusal| Stop::Refused(refusal.name()))?;
        for area in self.router.table().near(vehicle.position) {
            // Positions are the first to be shed; that was counted there.
            let _ = area.try_send(AreaInput::Vehicle(vehicle.clone()));
        }
        Ok(())
    }
}

impl Intake for Ingress {
    fn take(&self, received: Received<'_>) {
        let transport = received.sender.transport;
        let kind = received.octets.get(1).copied().and_then(MessageKind::from_message_id);
        let outcome = self.admit(&received);
        match &outcome {
            Ok(()) | Err(Stop::NotForUs) => {
                self.metrics.received(transport, kind.map_or("unreadable", MessageKind::name));
            }
            Err(Stop::Refused(reason)) => {
                self.metrics.received(transport, kind.map_or("unreadable", MessageKind::name));
                self.metrics.refused(reason);
            }
            Err(Stop::Unreadable) => self.metrics.received(transport, "unreadable"),
        }
        if let Some(log) = &self.octets {
            log.record(&received, outcome.is_ok());
        }
    }
}
