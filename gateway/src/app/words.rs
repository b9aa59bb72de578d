//! What all areas are told, as it changes: whether the journal takes records, whether the clock is right, whether
//! anybody subscribes to what they publish.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::area::AreaInput;
use crate::engine_task::AreaHandle;
use crate::journal::Outlets;
use crate::operations::clock_watch::ClockHealth;
use crate::router::Router;

/// An area that takes no word within this hears the next.
const PATIENCE: Duration = Duration::from_secs(5);
/// Whoever subscribes waits no longer for the first publication than for the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where what is told comes from.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) journal: watch::Receiver<bool>,
    pub(super) clock: watch::Receiver<ClockHealth>,
    pub(super) outlets: Arc<Outlets>,
}

impl Words {
    /// Tells all areas, for ever.
    pub(super) fn start(self, router: Arc<Router>) -> Vec<JoinHandle<()>> {
        let mut journal = self.journal.clone();
        let told = Arc::clone(&router);
        let of_journal = tokio::spawn(async move {
            while journal.changed().await.is_ok() {
                let healthy = *journal.borrow_and_update();
                tell_all(told.table().areas(), || AreaInput::JournalHealthy(healthy)).await;
            }
        });
        let mut clock = self.clock.clone();
        let told = Arc::clone(&router);
        let of_clock = tokio::spawn(async move {
            loop {
                let trusted = clock.borrow_and_update().trusted;
                tell_all(told.table().areas(), || AreaInput::ClockTrusted(trusted)).await;
                if clock.changed().await.is_err() {
                    break;
                }
            }
        });
        let of_subscribers = tokio::spawn(async move {
            let mut last = false;
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                let subscribed = self.outlets.has_subscribers();
                if std::mem::replace(&mut last, subscribed) != subscribed {
                    tell_all(router.table().areas(), || AreaInput::Subscribed(subscribed)).await;
                }
            }
        });
        vec![of_journal, of_clock, of_subscribers]
    }

    /// Tells an area that has just started how things are.
    pub(super) async fn tell(&self, area: &AreaHandle) {
        let healthy = *self.journal.borrow();
        let subscribed = self.outlets.has_subscribers();
        let trusted = self.clock.borrow().trusted;
        for word in [
            AreaInput::JournalHealthy(healthy),
            AreaInput::ClockTrusted(trusted),
            AreaInput::Subscribed(subscribed),
        ] {
            // Only an area that has ended takes no word.
            let _ = area.send(word).await;
        }
    }
}

/// Tells every area the same, at once; one that is behind delays no other.
pub(super) async fn tell_all(areas: &[AreaHandle], word: impl Fn() -> AreaInput) {
    let mut telling = JoinSet::new();
    for area in areas {
        let (area, word) = (area.clone(), word());
        telling.spawn(async move {
            if tokio::time::timeout(PATIENCE, area.send(word)).await.is_err() {
                tracing::error!(area = &**area.name(), "the area takes no words");
            }
        });
    }
    while telling.join_next().await.is_some() {}
}
