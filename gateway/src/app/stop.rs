//! The end, within ten seconds: nothing more comes in, areas hand control back, transports give away what waits, the journal is flushed.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::Gateway;
use super::words::tell_all;
use crate::area::AreaInput;
use crate::journal::Unwritten;

/// Areas have so long to hand control back, a little longer than they give themselves; a controller that doesn't answer takes over when the
/// stream breaks.
const HAND_BACK: Duration = Duration::from_millis(9050);
/// Transports have so long to give away what waits.
const LAST_ANSWERS: Duration = Duration::from_millis(300);
/// The journal has so long to take what waits.
const FLUSH: Duration = Duration::from_millis(600);

/// How it ended.
#[derive(Debug)]
pub struct Stopped {
    /// Areas that did not hand control back in order, in the time that there was.
    pub unfinished: Vec<String>,
    /// What the journal did not take; none where it took everything.
    pub unwritten: Option<Unwritten>,
    /// The journal's disk did not answer in time.
    pub journal_hangs: bool,
    /// How long it took.
    pub took: Duration,
}

impl Stopped {
    /// Whether everything ended in order.
    #[must_use]
    pub fn is_orderly(&self) -> bool {
        self.unfinished.is_empty() && self.unwritten.is_none() && !self.journal_hangs
    }
}

impl Gateway {
    /// Ends everything as if the process had been killed, as far as that can be done within it: nobody is told, nothing is handed back; what the
    /// journal has is there. For tests of what comes after.
    pub async fn kill(self) {
        let Self { areas, ingress, ground, router, stop_transports, tasks, writer, data, .. } = self;
        ingress.set_open(false);
        tasks.iter().for_each(JoinHandle::abort);
        for (_, area) in areas {
            area.task.abort();
            let _ = area.task.await;
        }
        let _ = tokio::task::spawn_blocking(|| writer.finish()).await;
        drop((ground, router, ingress));
        stop_transports.send_replace(true);
        let _ = tokio::time::timeout(LAST_ANSWERS, stop_transports.closed()).await;
        drop(data);
    }

    /// Ends everything, in order.
    pub async fn stop(self) -> Stopped {
        let began = Instant::now();
        let Self {
            areas, ingress, ground, router, stop_transports, tasks, writer, records, data, shown, ..
        } = self;
        ingress.set_open(false);
        tell_all(router.table().areas(), || AreaInput::Shutdown).await;
        let by = tokio::time::Instant::now() + HAND_BACK;
        let mut unfinished = Vec::new();
        for (name, area) in areas {
            match tokio::time::timeout_at(by, area.task).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => unfinished.push(name),
            }
        }
        tasks.iter().for_each(JoinHandle::abort);
        // The page has shown how control went back.
        drop(shown);
        // Their ways back end with the transports; the journal lets the last answers go before that.
        let flushed = tokio::task::spawn_blocking(move || {
            let finished = writer.finish();
            records.finish();
            finished
        });
        let (unwritten, journal_hangs) = match tokio::time::timeout(FLUSH, flushed).await {
            Ok(Ok(Ok(()))) => (None, false),
            Ok(Ok(Err(unwritten))) => (Some(unwritten), false),
            Ok(Err(_)) | Err(_) => (None, true),
        };
        stop_transports.send_replace(true);
        drop((ground, router, ingress));
        // Not every transport is through with its clients in that time; then they see their streams break.
        let _ = tokio::time::timeout(LAST_ANSWERS, stop_transports.closed()).await;
        drop(data);
        Stopped { unfinished, unwritten, journal_hangs, took: began.elapsed() }
    }
}
