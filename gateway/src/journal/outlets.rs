//! All ways out of the gateway. Areas come and go with a reload; the rest stays.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use voorrang_units::Instant;

use super::sinks::{AuditSink, ControllerLink, ObservationSink, OctetSink, VlogSink};
use crate::area::Departure;
use crate::messaging::{Publisher, RelayTarget, Undelivered};
use crate::operations::metrics::Metrics;

/// Where departures go.
#[derive(Debug)]
pub struct Outlets {
    areas: RwLock<BTreeMap<usize, Arc<AreaOutlets>>>,
    publishers: RwLock<Arc<[Arc<dyn Publisher>]>>,
    files: Files,
    octets: OnceLock<Arc<dyn OctetSink>>,
    metrics: Arc<Metrics>,
}

/// Where the gateway writes beside its journal; none where it doesn't.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Who got which green.
    pub audit: Option<Arc<dyn AuditSink>>,
    /// What would have been done.
    pub observations: Option<Arc<dyn ObservationSink>>,
}

/// The ways out of one area, each list by junction.
#[derive(Debug, Default)]
pub struct AreaOutlets {
    /// The streams to its controllers.
    pub controllers: Vec<Arc<dyn ControllerLink>>,
    /// Where its junctions relay to, those that do.
    pub relays: Vec<Option<Arc<dyn RelayTarget>>>,
    /// Their V-Log files, where they are written.
    pub vlogs: Vec<Option<Arc<dyn VlogSink>>>,
}

impl Outlets {
    /// With no area yet, and no publisher.
    #[must_use]
    pub fn new(files: Files, metrics: Arc<Metrics>) -> Self {
        Self {
            areas: RwLock::default(),
            publishers: RwLock::new(Arc::from(Vec::new())),
            files,
            octets: OnceLock::new(),
            metrics,
        }
    }

    /// From now on, and for good, what leaves is kept there.
    pub fn log_octets(&self, log: Arc<dyn OctetSink>) {
        // Who comes second finds that it is kept already.
        let _ = self.octets.set(log);
    }

    /// From now on the area at this place has these ways out.
    pub fn attach(&self, place: usize, area: AreaOutlets) {
        self.areas.write().unwrap_or_else(PoisonError::into_inner).insert(place, Arc::new(area));
    }

    /// The area at this place is no more.
    pub fn detach(&self, place: usize) {
        self.areas.write().unwrap_or_else(PoisonError::into_inner).remove(&place);
    }

    /// From now on these take publications to subscribers.
    pub fn set_publishers(&self, publishers: Vec<Arc<dyn Publisher>>) {
        *self.publishers.write().unwrap_or_else(PoisonError::into_inner) = Arc::from(publishers);
    }

    /// Whether anybody may get what is published.
    #[must_use]
    pub fn has_subscribers(&self) -> bool {
        let publishers = Arc::clone(&*self.publishers.read().unwrap_or_else(PoisonError::into_inner));
        publishers.iter().any(|publisher| publisher.has_subscribers())
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Lets a departure of an area go. One for an area that is no more, or for a junction that it has not, goes nowhere.
    pub(super) fn dispatch(&self, place: usize, departure: Departure, now: Instant) {
        match departure {
            // What could not leave its transport has counted.
            Departure::Answer { reply, octets, arrived } => {
                if reply.send(&octets).is_ok() {
                    if let Some(log) = self.octets.get() {
                        log.record_sent(now, "answer", &octets);
                    }
                    if let Some(arrived) = arrived {
                        self.metrics.answered(arrived.elapsed());
                    }
                }
            }
            Departure::Publish(publication) => {
                let publishers = Arc::clone(&*self.publishers.read().unwrap_or_else(PoisonError::into_inner));
                publishers.iter().for_each(|publisher| publisher.publish(&publication));
                if let Some(log) = self.octets.get() {
                    log.record_sent(now, "publication", &publication.octets);
                }
            }
            Departure::Audit(entry) => {
                if let Some(audit) = &self.files.audit {
                    audit.record(entry);
                }
            }
            Departure::Observation { lines, .. } => {
                if let Some(observations) = &self.files.observations {
                    observations.append(now, &lines);
                }
            }
            Departure::ToController { junction, octets } => {
                self.controller(place, junction, |link| link.send(octets));
            }
            Departure::Connect { junction } => self.controller(place, junction, |link| link.connect()),
            Departure::Disconnect { junction } => self.controller(place, junction, |link| link.disconnect()),
            Departure::Relay { junction, octets } => {
                let area = self.area(place);
                let target = area.as_ref().and_then(|area| area.relays.get(junction)?.as_ref());
                if let Some(Err(why)) = target.map(|target| target.relay(&octets)) {
                    self.undelivered("relay", why);
                }
            }
            Departure::Vlog { junction, lines } => {
                let area = self.area(place);
                if let Some(vlog) = area.as_ref().and_then(|area| area.vlogs.get(junction)?.as_ref()) {
                    vlog.append(now, &lines);
                }
            }
        }
    }

    fn area(&self, place: usize) -> Option<Arc<AreaOutlets>> {
        self.areas.read().unwrap_or_else(PoisonError::into_inner).get(&place).map(Arc::clone)
    }

    fn controller(&self, place: usize, junction: usize, act: impl FnOnce(&dyn ControllerLink)) {
        let area = self.area(place);
        if let Some(link) = area.as_ref().and_then(|area| area.controllers.get(junction)) {
            act(&**link);
        }
    }

    fn undelivered(&self, what: &'static str, why: Undelivered) {
        self.metrics.undelivered(
            what,
            match why {
                Undelivered::Full => "full",
                Undelivered::Gone => "gone",
            },
        );
    }
}
