//! What all areas are told, as it changes: whether the journal takes records, whether the clock can be trusted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::area::AreaInput;
use crate::engine_task::AreaHandle;
use crate::router::Router;

/// An area that takes no word within this hears the next.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells all areas, as long as the journal lives.
pub(super) fn start(mut journal: watch::Receiver<bool>, router: Arc<Router>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while journal.changed().await.is_ok() {
            let healthy = *journal.borrow_and_update();
            tell_all(router.table().areas(), || AreaInput::JournalHealthy(healthy)).await;
        }
    })
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
