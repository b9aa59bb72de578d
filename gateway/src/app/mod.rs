//! The gateway as a whole: what is made in which order, changed while it runs, and ended.
//!
//! | file | what |
//! |---|---|
//! | `mod` | the start; addresses |
//! | `data` | the data folder, which one process has |
//! | `areas` | control areas with their links |
//! | `records` | what is written beside the journal |
//! | `restored` | requests from before a restart |
//! | `shown` | the page, health, counters |
//! | `words` | what all areas are told: journal, subscribers |
//! | `reload` | another configuration while it runs |
//! | `stop` | the end |

mod areas;
mod data;
mod records;
mod reload;
mod restored;
mod shown;
mod stop;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use voorrang_messages::StationId;

use crate::clock::Clock;
use crate::config::Config;
use crate::ingress::Ingress;
use crate::journal::restore::Remains;
use crate::journal::segment::{Folder, name_of, run_name};
use crate::journal::{Beginning, Outlets, RETRY, Writer};
use crate::messaging::{Host, Transport};
use crate::operations::clock_watch;
use crate::operations::metrics::Metrics;
use crate::privacy::{Retention, retention};
use crate::router::Router;
use crate::security::Gatekeeper;

pub use areas::AreaFault;
use areas::{Ground, RunningArea, routing_table};
pub use data::{DataFault, DataFolder};
use records::Records;
pub use reload::{ReloadRefused, Reloaded};
use shown::Shown;
pub use stop::Stopped;
use words::Words;

/// A gateway that runs. Dropped without [`stop`](Self::stop) it ends as if killed: controllers see their streams break.
#[derive(Debug)]
pub struct Gateway {
    config: Config,
    ground: Ground,
    areas: BTreeMap<String, RunningArea>,
    /// The place of the next area: none is used twice.
    next_place: usize,
    gatekeeper: Arc<Gatekeeper>,
    router: Arc<Router>,
    ingress: Arc<Ingress>,
    stop_transports: watch::Sender<bool>,
    words: Words,
    /// Tasks that end with the gateway.
    tasks: Vec<JoinHandle<()>>,
    records: Records,
    shown: Shown,
    writer: Writer,
    data: DataFolder,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The data folder can't be had.
    #[error(transparent)]
    Data(#[from] DataFault),
    /// The journal can't be read or begun.
    #[error("{}: the journal can't be read or begun: {source}; mend the disk, or give `data` another folder", path.display())]
    Journal {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What is written beside the journal can't be begun.
    #[error("{}: what is kept beside the journal can't be begun: {source}; mend the disk, or give `data` another folder", path.display())]
    Records {
        /// The data folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A transport can't start.
    #[error(transparent)]
    Transport(#[from] crate::messaging::StartError),
    /// Nothing can be shown.
    #[error(transparent)]
    Http(#[from] crate::operations::http::HttpError),
    /// The certificate for the page can't be used.
    #[error("[tls] for [http]: {0}")]
    Tls(#[from] crate::messaging::tls::TlsError),
    /// A control area can't start.
    #[error("area {area}: {source}")]
    Area {
        /// Which area.
        area: String,
        /// Why.
        #[source]
        source: AreaFault,
    },
}

impl Gateway {
    /// Starts everything that a configuration names, on the present tokio runtime.
    ///
    /// # Errors
    /// What hinders the start. Nothing runs then.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartFault> {
        let data = DataFolder::take(&config.data)?;
        let metrics = Arc::new(Metrics::default());
        let (remains, folder) = remains(&config)?;
        let records = Records::start(&config, &metrics)
            .map_err(|source| StartFault::Records { path: config.data.clone(), source })?;
        let outlets = Arc::new(Outlets::new(records.files(), Arc::clone(&metrics)));
        if let Some(octets) = records.octets() {
            outlets.log_octets(octets);
        }
        let last = remains.last_segment.as_deref();
        let beginning = Beginning {
            gateway: config.name.clone(),
            run: run_name(clock.now(), last),
            after: last.and_then(name_of).map(str::to_owned),
            config: config.journal.clone(),
            limits: config.limits.clone(),
            retry: RETRY,
        };
        let begun = Writer::start(beginning, Box::new(folder), Arc::clone(&outlets), clock.clone());
        let (journal, writer) = begun.map_err(|source| journal_fault(&config, source))?;
        let intersections: Vec<_> =
            config.junctions().map(|(_, junction)| Arc::clone(&junction.intersection)).collect();
        let gatekeeper = Arc::new(Gatekeeper::new(config.security.clone(), &intersections));
        let router = Arc::new(Router::default());
        let ingress = Arc::new(Ingress::new(
            Arc::clone(&gatekeeper),
            Arc::clone(&router),
            Arc::clone(&metrics),
            records.octets(),
        ));
        let (stop_transports, shutdown) = watch::channel(false);
        let host = Host {
            intake: Arc::<Ingress>::clone(&ingress),
            clock: clock.clone(),
            metrics: Arc::clone(&metrics),
            station: config.station,
            shutdown,
        };
        // First what may fail: while the ingress is closed nothing that comes goes any further.
        let transports = start_transports(&config, &host)?;
        outlets.set_publishers(transports.iter().map(|transport| transport.publisher()).collect());
        let registered = remains.registered.clone();
        let clock_health =
            clock_watch::watch(config.sections.clock.clone(), clock.clone(), Arc::clone(&metrics));
        let shown = Shown::start(
            &config,
            shown::Ground {
                clock: clock.clone(),
                clock_health: clock_health.clone(),
                journal: journal.health(),
                metrics: Arc::clone(&metrics),
                observations: records.observations(),
                transports: transports.clone(),
            },
        )
        .await?;
        let day_files = records.day_files();
        let ground = Ground { clock, journal, outlets, metrics, host, day_files, transports, registered };
        let mut areas = BTreeMap::new();
        for (place, entry) in config.areas.iter().enumerate() {
            let area = ground
                .start(&config, entry.clone(), place)
                .map_err(|source| StartFault::Area { area: entry.name.clone(), source })?;
            areas.insert(entry.name.clone(), area);
        }
        router.set(routing_table(areas.values()));
        shown.set(areas.values());
        restored::hand_over(remains, &config, &router, &ground.transports).await;
        let retention = retention::keep(retention(&config), Arc::clone(&gatekeeper), ground.clock.clone());
        let words = Words {
            journal: ground.journal.health(),
            clock: clock_health,
            outlets: Arc::clone(&ground.outlets),
        };
        let mut tasks = words.clone().start(Arc::clone(&router));
        tasks.push(tokio::spawn(retention));
        ingress.set_open(true);
        Ok(Self {
            next_place: config.areas.len(),
            config,
            ground,
            areas,
            gatekeeper,
            router,
            ingress,
            stop_transports,
            words,
            tasks,
            records,
            shown,
            writer,
            data,
        })
    }

    /// The addresses that it listens on, each with what listens there.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let each = self.ground.transports.iter();
        each.flat_map(|transport| transport.bound().into_iter().map(|bound| (transport.name(), bound)))
            .chain(self.shown.address().map(|address| ("http", address)))
            .collect()
    }

    /// The address that something listens on.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses().into_iter().find_map(|(other, bound)| (other == name).then_some(bound))
    }

    /// The configuration that it runs by.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The way to a control area.
    #[must_use]
    pub fn area(&self, name: &str) -> Option<&crate::engine_task::AreaHandle> {
        self.areas.get(name).map(|area| &area.handle)
    }

    /// Counters and times.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.ground.metrics
    }

    /// What runs where, a line each, for the log.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let listening = self.addresses();
        let mut lines: Vec<String> =
            listening.iter().map(|(name, address)| format!("{name} listens on {address}")).collect();
        let junctions = self.config.junctions().count();
        lines.push(format!(
            "{} control areas with {junctions} junctions; data in {}",
            self.areas.len(),
            self.data.path().display()
        ));
        lines
    }
}

/// What the process before this one left, and the folder of its journal and ours.
fn remains(config: &Config) -> Result<(Remains, Folder), StartFault> {
    let path = config.data.join("journal");
    let request = &config.priority.request;
    let longest = request.horizon + request.green_guard + request.green_wait;
    let read =
        Folder::open(&path).and_then(|folder| Ok((Remains::read(&path, request.expiry, longest)?, folder)));
    let (remains, folder) = read.map_err(|source| journal_fault(config, source))?;
    for fault in &remains.faults {
        tracing::warn!("{fault}");
    }
    if let Some(ended) = remains.ended {
        tracing::info!(requests = remains.requests.len(), "the journal before this ends at {ended}");
    }
    Ok((remains, folder))
}

/// Our own stations keep their numbers, whatever grows old.
fn retention(config: &Config) -> Retention {
    let warnings = config.priority.eva.iter().flat_map(|eva| {
        let areas = u32::try_from(config.areas.len()).unwrap_or(u32::MAX);
        (0..areas).map(|place| StationId(eva.station.0.saturating_add(place)))
    });
    let own = warnings.chain([config.station]).collect();
    Retention::new(&config.data, config.sections.retention.clone(), own)
}

fn journal_fault(config: &Config, source: io::Error) -> StartFault {
    StartFault::Journal { path: config.data.join("journal"), source }
}

fn start_transports(
    config: &Config,
    host: &Host,
) -> Result<Vec<Arc<dyn Transport>>, crate::messaging::StartError> {
    config.sections.messaging.transports.iter().map(|transport| transport.start(host)).collect()
}
