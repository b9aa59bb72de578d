//! What is shown over HTTP: the areas of now, whether all is well, counters.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StartFault;
use super::areas::RunningArea;
use crate::clock::Clock;
use crate::config::Config;
use crate::messaging::Transport;
use crate::messaging::tls::ClientCertificates;
use crate::operations::areas::{AreaSource, Areas, RunningArea as ShownArea};
use crate::operations::clock_watch::ClockHealth;
use crate::operations::day_files::Observations;
use crate::operations::health::Health;
use crate::operations::http::{HttpServer, Sources};
use crate::operations::metrics::Metrics;

/// What is shown. Dropped, the server ends.
#[derive(Debug)]
pub(super) struct Shown {
    areas: Areas,
    address: Option<SocketAddr>,
    /// The server ends with it.
    _stop: watch::Sender<bool>,
    sampling: JoinHandle<()>,
}

/// Where what is shown comes from, besides the areas.
pub(super) struct Ground {
    pub(super) clock: Clock,
    pub(super) clock_health: watch::Receiver<ClockHealth>,
    pub(super) journal: watch::Receiver<bool>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) observations: Arc<Observations>,
    pub(super) transports: Vec<Arc<dyn Transport>>,
}

impl Shown {
    /// Starts the server, where the configuration has one. There are no areas yet.
    ///
    /// # Errors
    /// When it can't listen, or its certificate can't be read.
    pub(super) async fn start(config: &Config, ground: Ground) -> Result<Self, StartFault> {
        let Ground { clock, clock_health, journal, metrics, observations, transports } = ground;
        let areas = Areas::new();
        let health = Health::new(areas.clone(), clock_health, transports);
        health.add("journal", journal, "the journal takes no records: no new requests, control goes back");
        let (stop, stopped) = watch::channel(false);
        let sampling = tokio::spawn(areas.clone().sample(Arc::clone(&metrics)));
        let sources = Sources {
            name: Arc::from(config.name.as_str()),
            clock,
            areas: areas.clone(),
            health,
            metrics,
            observations: Some(observations),
        };
        let mut address = None;
        if let Some(http) = &config.sections.http {
            // The server itself says what a client without a certificate may see.
            let tls = config.sections.messaging.tls.as_ref().filter(|_| http.tls);
            let tls = tls.map(|files| files.server_config(ClientCertificates::Optional)).transpose()?;
            let server = HttpServer::bind(http, tls, sources).await?;
            address = Some(server.address());
            tokio::spawn(server.serve(stopped));
        }
        Ok(Self { areas, address, _stop: stop, sampling })
    }

    /// Where the page is.
    pub(super) const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// From now on it is these areas.
    pub(super) fn set<'a>(&self, areas: impl Iterator<Item = &'a RunningArea>) {
        let shown = areas.map(|area| {
            let junctions = area.entry.junctions.iter();
            let intersections = junctions.map(|junction| Arc::clone(&junction.intersection)).collect();
            Arc::new(ShownArea::new(area.handle.clone(), intersections)) as Arc<dyn AreaSource>
        });
        self.areas.set(shown.collect());
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.sampling.abort();
    }
}
