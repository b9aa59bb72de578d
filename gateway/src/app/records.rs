//! What is written beside the journal: octets as they came, the audit, observations. Each has a thread of its own; none delays an answer.

use std::io;
use std::sync::Arc;

use crate::config::Config;
use crate::journal::{AuditSink, Files, ObservationSink, OctetSink};
use crate::operations::metrics::Metrics;
use crate::privacy::{AuditLog, ObservationLog, OctetLog};

/// All of it.
#[derive(Debug)]
pub(super) struct Records {
    octets: Option<Arc<OctetLog>>,
    audit: Arc<AuditLog>,
    observations: Arc<ObservationLog>,
}

impl Records {
    /// Begins what the configuration keeps.
    ///
    /// # Errors
    /// When a folder can't be had, or a thread.
    pub(super) fn start(config: &Config, metrics: &Arc<Metrics>) -> io::Result<Self> {
        let retention = &config.sections.retention;
        let octets = match retention.keep_octets {
            true => Some(OctetLog::start(&config.data, retention.octets_an_hour, Arc::clone(metrics))?),
            false => None,
        };
        Ok(Self {
            octets: octets.map(Arc::new),
            audit: Arc::new(AuditLog::start(&config.data, Arc::clone(metrics))?),
            observations: Arc::new(ObservationLog::start(&config.data, Arc::clone(metrics))?),
        })
    }

    pub(super) fn files(&self) -> Files {
        let (audit, observations) = (Arc::clone(&self.audit), Arc::clone(&self.observations));
        Files {
            audit: Some(audit as Arc<dyn AuditSink>),
            observations: Some(observations as Arc<dyn ObservationSink>),
        }
    }

    pub(super) fn octets(&self) -> Option<Arc<dyn OctetSink>> {
        self.octets.as_ref().map(|octets| Arc::clone(octets) as Arc<dyn OctetSink>)
    }

    /// Waits until all of it is with the operating system.
    pub(super) fn flush(&self) {
        if let Some(octets) = &self.octets {
            octets.flush();
        }
        self.audit.flush();
        self.observations.flush();
    }
}
