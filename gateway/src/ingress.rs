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
use crate::operations::telemetry::request_span;
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
            let id = request.intersection.id;
            let span = request_span(sender.transport, area.name(), id, &permit.name);
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

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Mutex;
    use std::time::{Duration as Span, Instant as Monotonic};

    use proptest::prelude::*;
    use voorrang_messages::{
        IntersectionAccess, IntersectionReference, RequestId, RequestKind, SequenceNumber, StationId,
        VehicleRole,
    };
    use voorrang_priority::{EngineConfig, StrategyConfig};
    use voorrang_signals::Intersection;
    use voorrang_signals::document::Document;
    use voorrang_units::{Duration, GeodeticPosition, Instant, LocalPlane, LocalPosition};

    use super::*;
    use crate::area::{AreaConfig, JunctionConfig, Role};
    use crate::clock::Clock;
    use crate::engine_task::spawn;
    use crate::journal::{Commit, CommitSink, Untaken};
    use crate::lab::street;
    use crate::messaging::{Identity, Reply, ReplyTo, Sender, Undelivered};
    use crate::router::RoutingTable;
    use crate::security::SecurityConfig;

    const NOW: Instant = Instant::from_unix_millis(1_791_936_012_000);

    /// Keeps what areas would journal.
    #[derive(Debug, Default)]
    struct Notes(Mutex<String>);

    impl CommitSink for Notes {
        fn submit(&self, commit: Commit) -> Result<(), Untaken> {
            self.0.lock().unwrap().push_str(&commit.records);
            Ok(())
        }
    }

    #[derive(Debug)]
    struct Nowhere;

    impl Reply for Nowhere {
        fn send(&self, _octets: &[u8]) -> Result<(), Undelivered> {
            Ok(())
        }

        fn address(&self) -> Option<String> {
            None
        }
    }

    struct Rig {
        ingress: Ingress,
        junctions: Vec<Arc<Intersection>>,
        notes: Arc<Notes>,
    }

    /// Two junctions, an area each; one ambulance may ask.
    fn rig() -> Rig {
        let origin = GeodeticPosition::from_degrees(52.05, 5.05).unwrap();
        let files = (0..2).map(|number| street::intersection_file(origin, number));
        let junctions: Vec<_> =
            files.map(|text| Arc::new(Intersection::from_toml(&text, "street.toml").unwrap())).collect();
        let list = "[[authorised]]\nname = \"ambulances\"\nstations = [7]\nnetwork = \"127.0.0.0/8\"\nrole = \"emergency\"\nimportance_ceiling = 14\n";
        let document = Document::parse("g.toml", list);
        let security = SecurityConfig::read(&document.root(), &junctions).unwrap();
        let (notes, metrics) = (Arc::new(Notes::default()), Arc::new(Metrics::default()));
        let areas = junctions.iter().enumerate().map(|(place, junction)| {
            let area = AreaConfig {
                name: Arc::from(junction.name()),
                place,
                station: StationId(1),
                engine: EngineConfig::with_strategy(StrategyConfig::None),
                junctions: vec![JunctionConfig {
                    intersection: Arc::clone(junction),
                    role: Role::Observe,
                    session: None,
                    registered: None,
                    publish: false,
                }],
                vlog: false,
            };
            let sink = Arc::<Notes>::clone(&notes);
            let (handle, _) = spawn(area, Clock::manual(NOW), sink, Arc::clone(&metrics));
            (handle, [(&**junction, Role::Observe)])
        });
        let router = Arc::new(Router::default());
        router.set(RoutingTable::new(areas));
        let gatekeeper = Arc::new(Gatekeeper::new(security, &junctions));
        let ingress = Ingress::new(gatekeeper, router, metrics, None);
        ingress.set_open(true);
        Rig { ingress, junctions, notes }
    }

    impl Rig {
        fn request(&self, junction: usize, id: u16) -> PriorityRequest {
            let layout = &self.junctions[junction];
            let plane = LocalPlane::at(self.junctions[1].reference());
            PriorityRequest {
                station: StationId(7),
                intersection: IntersectionReference { region: Some(layout.id().region), id },
                request: RequestId(1),
                sequence: Some(SequenceNumber(0)),
                kind: RequestKind::New,
                inbound: IntersectionAccess::Approach(1),
                outbound: None,
                eta: Some(NOW + Duration::from_seconds(if junction == 1 { 20 } else { 56 })),
                service_window: None,
                role: Some(VehicleRole::Emergency),
                subrole: Some(5),
                importance: Some(14),
                position: Some(plane.to_geodetic(LocalPosition::from_metres(294.0, 4.9))),
                heading: None,
                speed: None,
            }
        }

        fn take(&self, octets: &[u8]) {
            let sender =
                Sender { transport: "udp", identity: Identity::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)) };
            let reply: ReplyTo = Arc::new(Nowhere);
            let arrived = Monotonic::now();
            let received =
                Received { octets, at: NOW, arrived, generated: None, sender: &sender, reply: &reply };
            self.ingress.take(received);
        }

        /// What areas were told, once it is so many requests or some time has passed.
        async fn told(&self, requests: usize) -> Vec<serde_json::Value> {
            for _ in 0..100 {
                let lines = self.notes.0.lock().unwrap().clone();
                let values = lines.lines().map(|line| serde_json::from_str(line).unwrap());
                let told: Vec<serde_json::Value> =
                    values.filter(|value: &serde_json::Value| value["in"]["request"].is_object()).collect();
                if told.len() >= requests && requests > 0 {
                    return told;
                }
                tokio::time::sleep(Span::from_millis(1)).await;
            }
            Vec::new()
        }
    }

    fn octets(requests: &[PriorityRequest]) -> Vec<u8> {
        let mut octets = Vec::new();
        PriorityRequest::to_srem(requests, NOW).unwrap().encode(&mut octets).unwrap();
        octets
    }

    #[tokio::test]
    async fn each_request_of_a_message_goes_to_the_area_of_its_intersection() {
        let rig = rig();
        let unknown = PriorityRequest { request: RequestId(3), ..rig.request(0, 4711) };
        let other = PriorityRequest { request: RequestId(2), ..rig.request(0, 1) };
        rig.take(&octets(&[rig.request(1, 2), unknown, other]));
        let told = rig.told(2).await;
        let mut ids: Vec<_> =
            told.iter().map(|line| line["in"]["request"]["intersection"]["id"].as_u64().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [1, 2]);
    }

    #[tokio::test]
    async fn nothing_goes_further_before_the_start_and_after_the_end() {
        let rig = rig();
        rig.ingress.set_open(false);
        rig.take(&octets(&[rig.request(1, 2)]));
        assert!(rig.told(0).await.is_empty());
        rig.ingress.set_open(true);
        rig.take(&octets(&[rig.request(1, 2)]));
        assert_eq!(rig.told(1).await.len(), 1);
    }

    #[tokio::test]
    async fn who_is_not_on_the_list_goes_no_further() {
        let rig = rig();
        rig.take(&octets(&[PriorityRequest { station: StationId(8), ..rig.request(1, 2) }]));
        assert!(rig.told(0).await.is_empty());
    }

    #[test]
    fn octets_of_any_kind_are_taken_without_a_fault() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _within = runtime.enter();
        let rig = rig();
        let right = octets(&[rig.request(1, 2)]);
        proptest!(ProptestConfig::with_cases(512), |(
            noise in prop::collection::vec(any::<u8>(), 0..200),
            at in 0..right.len(),
            to in any::<u8>(),
            length in 0..=right.len(),
        )| {
            rig.take(&noise);
            let mut other = right.clone();
            other[at] = to;
            rig.take(&other);
            rig.take(&right[..length]);
        });
    }
}
