//! What is written beside the journal: octets as they came, the audit, observations, V-Log. None of it delays an answer.

use std::io;
use std::sync::Arc;

use crate::config::Config;
use crate::journal::{AuditSink, Files, ObservationSink, OctetSink};
use crate::operations::day_files::{DayFiles, DayFilesWriter, Observations};
use crate::operations::metrics::Metrics;
use crate::privacy::{AuditLog, OctetLog};

/// All of it.
#[derive(Debug)]
pub(super) struct Records {
    octets: Option<Arc<OctetLog>>,
    audit: Arc<AuditLog>,
    observations: Arc<Observations>,
    day_files: DayFiles,
    writer: DayFilesWriter,
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
        let (day_files, writer) = DayFiles::start(Arc::clone(metrics))?;
        Ok(Self {
            octets: octets.map(Arc::new),
            audit: Arc::new(AuditLog::start(&config.data, Arc::clone(metrics))?),
            observations: day_files.observations(&config.data),
            day_files,
            writer,
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

    /// Daily files: for junctions' V-Log.
    pub(super) fn day_files(&self) -> DayFiles {
        self.day_files.clone()
    }

    /// What was observed last.
    pub(super) fn observations(&self) -> Arc<Observations> {
        Arc::clone(&self.observations)
    }

    /// Waits until all of it is with the operating system.
    pub(super) fn finish(self) {
        if let Some(octets) = &self.octets {
            octets.flush();
        }
        self.audit.flush();
        self.writer.finish();
    }
}
