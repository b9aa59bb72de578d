//! What the transports' tests stand on: a host whose intake notes what came and answers it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use voorrang_messages::{
    PrioritizationStatus, PriorityRequest, RequestStatus, SequenceNumber, Srem, StationId, hex,
};
use voorrang_signals::document::Document;
use voorrang_units::Instant;

use super::{Host, Intake, Messaging, Received, ReplyTo, Sender, Transport};
use crate::clock::Clock;
use crate::operations::metrics::Metrics;

/// A moment in which the request is made.
pub(crate) const NOW: Instant = Instant::from_unix_millis(1_791_936_012_000);

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) octets: Vec<u8>,
    pub(crate) generated: Option<Instant>,
    pub(crate) sender: Sender,
    pub(crate) reply: ReplyTo,
}

/// Notes what came, and answers each SREM with `granted`.
#[derive(Debug, Default)]
pub(crate) struct Notebook(Mutex<Vec<Taken>>);

impl Intake for Notebook {
    fn take(&self, received: Received<'_>) {
        let Received { octets, generated, sender, reply, .. } = received;
        self.0.lock().unwrap().push(Taken {
            octets: octets.to_vec(),
            generated,
            sender: sender.clone(),
            reply: Arc::clone(reply),
        });
        if let Ok(srem) = Srem::decode(octets) {
            let _ = reply.send(&granted(&srem));
        }
    }
}

impl Notebook {
    pub(crate) fn all(&self) -> Vec<Taken> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until so many have come.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Taken> {
        for _ in 0..500 {
            let all = self.all();
            if all.len() >= count {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("expected {count} messages, found {:?}", self.all());
    }
}

/// A host, and the hand on its switch.
pub(crate) struct Rig {
    pub(crate) host: Host,
    pub(crate) intake: Arc<Notebook>,
    pub(crate) clock: Clock,
    pub(crate) stop: watch::Sender<bool>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let intake = Arc::new(Notebook::default());
        let clock = Clock::manual(NOW);
        let (stop, shutdown) = watch::channel(false);
        let host = Host {
            intake: Arc::<Notebook>::clone(&intake),
            clock: clock.clone(),
            metrics: Arc::new(Metrics::default()),
            station: StationId(70_000),
            shutdown,
        };
        Self { host, intake, clock, stop }
    }

    /// The first transport of a configuration, running.
    pub(crate) fn start(&self, toml: &str) -> Arc<dyn Transport> {
        self.start_in(toml, std::path::Path::new("."))
    }

    pub(crate) fn start_in(&self, toml: &str, folder: &std::path::Path) -> Arc<dyn Transport> {
        let document = Document::parse("gateway.toml", toml);
        let messaging = Messaging::read(&document.root(), folder);
        document.finish().unwrap();
        messaging.transports[0].start(&self.host).unwrap()
    }
}

/// What is wrong with a configuration.
pub(crate) fn problems(toml: &str) -> String {
    let document = Document::parse("gateway.toml", toml);
    let _ = Messaging::read(&document.root(), std::path::Path::new("."));
    document.finish().map_or_else(|problems| problems.to_string(), |()| String::new())
}

/// The request of the front page of `voorrang-messages`.
pub(crate) fn srem() -> Vec<u8> {
    hex::octets(
        "02090012d6877324603b920503940840308c1c803022c9180ee481f40c080096b43b030f3552c547e1b95d22c0403ce1021388",
    )
    .unwrap()
}

/// Its answer.
pub(crate) fn granted(srem: &Srem) -> Vec<u8> {
    let requests = PriorityRequest::all_from_srem(srem, NOW).unwrap();
    let statuses: Vec<_> = requests
        .iter()
        .map(|request| RequestStatus::answer(request, PrioritizationStatus::Granted))
        .collect();
    let mut octets = Vec::new();
    let ssem = RequestStatus::to_ssem(&statuses, StationId(70_000), SequenceNumber(1), NOW).unwrap();
    ssem.encode(&mut octets).unwrap();
    octets
}
