//! Control areas as they run: the actor, the links to its controllers, and its ways out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::task::JoinHandle;
use voorrang_messages::StationId;
use voorrang_priority::EngineConfig;
use voorrang_signals::IntersectionId;
use voorrang_tlcfi::emulator::EmulatorConfig;
use voorrang_tlcfi::session::controller::EquipmentError;
use voorrang_units::Instant;

use crate::area::{AreaConfig, AreaInput, JunctionConfig};
use crate::clock::Clock;
use crate::config::{AreaEntry, Config, ControllerConfig, JunctionEntry};
use crate::controllers::{ControllerEvents, emulated, tlcfi};
use crate::engine_task::{AreaHandle, spawn};
use crate::journal::{AreaOutlets, Commit, CommitSink, ControllerLink, Journal, Outlets, Untaken};
use crate::messaging::relay::{self, RelayError, TakeBack};
use crate::messaging::{Host, RelayTarget, Transport};
use crate::operations::day_files::DayFiles;
use crate::operations::metrics::Metrics;
use crate::router::RoutingTable;

/// What all areas are started with.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) clock: Clock,
    pub(super) journal: Journal,
    pub(super) outlets: Arc<Outlets>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) host: Host,
    pub(super) day_files: DayFiles,
    pub(super) transports: Vec<Arc<dyn Transport>>,
    /// When each controller took a registration of the process before this one.
    pub(super) registered: BTreeMap<IntersectionId, Instant>,
}

/// Why an area can't start.
#[derive(Debug, thiserror::Error)]
pub enum AreaFault {
    /// Requests of a junction can't be relayed.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// A controller can't be emulated.
    #[error("a controller can't be emulated: {0}; rename it in the intersection file")]
    Emulated(#[from] EquipmentError),
}

/// An area that runs.
#[derive(Debug)]
pub(super) struct RunningArea {
    pub(super) entry: AreaEntry,
    pub(super) place: usize,
    pub(super) handle: AreaHandle,
    pub(super) task: JoinHandle<()>,
}

impl Ground {
    /// Starts an area at a place that no other has had.
    ///
    /// # Errors
    /// When a junction's requests can't be relayed, or its controller not be emulated. Nothing of the area runs then.
    pub(super) fn start(
        &self,
        config: &Config,
        entry: AreaEntry,
        place: usize,
    ) -> Result<RunningArea, AreaFault> {
        let junctions = entry.junctions.iter().map(|junction| self.junction(config, junction));
        let area = AreaConfig {
            name: Arc::from(entry.name.as_str()),
            place,
            station: config.station,
            engine: engine(&config.priority, place),
            junctions: junctions.collect(),
            vlog: entry.junctions.iter().any(|junction| junction.vlog),
        };
        // What comes back before the area runs is nobody's answer.
        let inbox: Arc<OnceLock<AreaHandle>> = Arc::default();
        let relays = entry.junctions.iter().enumerate();
        let relays = relays.map(|(junction, entry)| self.relay(entry, junction, &inbox));
        let relays = relays.collect::<Result<Vec<_>, _>>()?;
        let gate = Arc::new(Gate { journal: self.journal.clone(), open: AtomicBool::new(false) });
        let sink = Arc::<Gate>::clone(&gate);
        let (handle, task) = spawn(area, self.clock.clone(), sink, Arc::clone(&self.metrics));
        let _ = inbox.set(handle.clone());
        let links = entry.junctions.iter().enumerate().map(|(junction, entry)| {
            let events = ControllerEvents::new(handle.clone(), junction);
            self.link(entry, events)
        });
        let controllers = links.collect::<Result<_, _>>()?;
        let vlogs = entry.junctions.iter().map(|junction| {
            let name = junction.intersection.name();
            junction.vlog.then(|| self.day_files.vlog(&config.data, name))
        });
        let outlets = AreaOutlets { controllers, relays, vlogs: vlogs.collect() };
        self.outlets.attach(place, outlets);
        gate.open.store(true, Ordering::Release);
        Ok(RunningArea { entry, place, handle, task })
    }

    fn relay(
        &self,
        entry: &JunctionEntry,
        junction: usize,
        inbox: &Arc<OnceLock<AreaHandle>>,
    ) -> Result<Option<Arc<dyn RelayTarget>>, RelayError> {
        let Some(target) = &entry.relay else { return Ok(None) };
        let inbox = Arc::clone(inbox);
        let take = TakeBack::new(move |octets| {
            if let Some(area) = inbox.get() {
                // What finds no room was counted there.
                let _ = area.try_send(AreaInput::Relayed { junction, octets });
            }
        });
        relay::start(target, &self.transports, &self.host, take).map(Some)
    }

    fn link(
        &self,
        entry: &JunctionEntry,
        events: ControllerEvents,
    ) -> Result<Arc<dyn ControllerLink>, EquipmentError> {
        Ok(match &entry.controller {
            Some(ControllerConfig::Tlcfi(config)) => Arc::new(tlcfi::open(config.address.clone(), events)),
            Some(ControllerConfig::Emulated) => {
                // Each its own chance; the same at each start.
                let id = entry.intersection.id();
                let seed = u64::from(id.region) << 16 | u64::from(id.id);
                let config = EmulatorConfig { seed, ..EmulatorConfig::default() };
                let intersection = Arc::clone(&entry.intersection);
                Arc::new(emulated::start(intersection, config, self.clock.clone(), events)?)
            }
            None => Arc::new(NoLink),
        })
    }

    fn junction(&self, config: &Config, entry: &JunctionEntry) -> JunctionConfig {
        JunctionConfig {
            intersection: Arc::clone(&entry.intersection),
            role: entry.role,
            session: entry.controller.as_ref().map(|controller| controller.session(&config.name)),
            registered: self.registered.get(&entry.intersection.id()).copied(),
            publish: entry.publish,
        }
    }
}

/// The engine's parameters for the area at a place: warnings of several areas come from a station each.
pub(super) fn engine(config: &EngineConfig, place: usize) -> EngineConfig {
    let mut config = config.clone();
    if let Some(eva) = &mut config.eva {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        eva.station = StationId(eva.station.0.saturating_add(place));
    }
    config
}

/// The link of a junction whose controller is not reached.
#[derive(Debug)]
struct NoLink;

impl ControllerLink for NoLink {
    fn connect(&self) {}
    fn send(&self, _octets: Vec<u8>) {}
    fn disconnect(&self) {}
}

/// Keeps what an area says back until its ways out are there: its actor runs before its links can be made.
struct Gate {
    journal: Journal,
    open: AtomicBool,
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Gate")
    }
}

impl CommitSink for Gate {
    fn submit(&self, commit: Commit) -> Result<(), Untaken> {
        if self.open.load(Ordering::Acquire) {
            self.journal.submit(commit)
        } else {
            Err(Untaken::Full(commit))
        }
    }
}

/// Where messages go, of areas that run.
pub(super) fn routing_table<'a>(areas: impl Iterator<Item = &'a RunningArea>) -> RoutingTable {
    RoutingTable::new(areas.map(|area| {
        let junctions = area.entry.junctions.iter();
        (area.handle.clone(), junctions.map(|junction| (&*junction.intersection, junction.role)))
    }))
}
