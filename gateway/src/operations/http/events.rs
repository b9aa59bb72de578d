//! The event stream: what changed, at most ten times a second. A client that reads too slowly loses the older snapshots of an area and gets its
//! newest: it never lags behind, and never costs more than one snapshot an area.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use axum::response::Response;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, sleep_until};

use super::Sources;
use super::guard::Connection;
use super::shown::{Area, Gateway};
use crate::area::AreaView;
use crate::operations::areas::AreaList;
use crate::operations::metrics::Metrics;
use crate::shutdown::asked_to_stop;

/// No client hears more often.
const EVERY: Duration = Duration::from_millis(100);
/// Whatever does not change is told anew after so many of these: how the gateway itself is.
const STILL_THERE: u32 = 10;
/// Who takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// Clients have nothing to say but pongs and goodbyes.
const LARGEST_FROM_CLIENT: usize = 1024;

/// The gateway, and all areas, or those that changed.
#[derive(Debug, Serialize)]
pub(super) struct Snapshot {
    pub(super) at_ms: i64,
    pub(super) gateway: Gateway,
    pub(super) areas: Vec<Area>,
}

/// Begins an event stream, of one area or of all.
pub(super) fn upgrade(
    sources: Sources,
    area: Option<String>,
    connection: Connection,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(LARGEST_FROM_CLIENT)
        .max_frame_size(LARGEST_FROM_CLIENT)
        .on_upgrade(move |socket| stream(socket, sources, area, connection))
}

/// The areas that one client hears of.
struct Followed {
    areas: Vec<watch::Receiver<Arc<AreaView>>>,
    list: watch::Receiver<AreaList>,
    /// What the client has not been told yet, by the area's place.
    pending: BTreeMap<usize, Arc<AreaView>>,
    quiet: u32,
}

impl Followed {
    fn new(sources: &Sources, area: Option<&str>) -> Self {
        let mut list = sources.areas.watch();
        let areas = list.borrow_and_update();
        let followed = areas.iter().filter(|source| area.is_none_or(|name| source.name() == name));
        let followed = followed.map(|source| source.look()).collect();
        drop(areas);
        Self { areas: followed, list, pending: BTreeMap::new(), quiet: STILL_THERE }
    }

    /// A tick has passed.
    fn gather(&mut self, metrics: &Metrics) {
        self.quiet += 1;
        for (place, area) in self.areas.iter_mut().enumerate() {
            if area.has_changed().unwrap_or(false)
                && self.pending.insert(place, Arc::clone(&area.borrow_and_update())).is_some()
            {
                metrics.event_lost();
            }
        }
    }

    /// The areas are others now, after a reload.
    fn is_outdated(&self) -> bool {
        self.list.has_changed().unwrap_or(true)
    }

    /// What the client is told next, if anything.
    fn next(&mut self, sources: &Sources) -> Option<String> {
        if self.pending.is_empty() && self.quiet < STILL_THERE {
            return None;
        }
        self.quiet = 0;
        let areas = std::mem::take(&mut self.pending);
        let areas =
            areas.values().filter(|view| !view.name.is_empty()).map(|view| Area::from(&**view)).collect();
        let at_ms = sources.clock.now().unix_millis();
        serde_json::to_string(&Snapshot { at_ms, gateway: Gateway::of(sources), areas }).ok()
    }
}

async fn stream(mut socket: WebSocket, sources: Sources, area: Option<String>, connection: Connection) {
    let mut followed = Followed::new(&sources, area.as_deref());
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = connection.stop();
    loop {
        tokio::select! {
            _ = ticks.tick() => followed.gather(&sources.metrics),
            () = asked_to_stop(&mut stop) => break,
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        }
        if followed.is_outdated() {
            break;
        }
        if let Some(text) = followed.next(&sources)
            && send(&mut socket, text, &mut followed, &mut ticks, &sources.metrics).await.is_err()
        {
            return;
        }
    }
    // The client is to come back: to the areas of now, or to the process after this one.
    let frame = CloseFrame { code: close_code::RESTART, reason: "come back".into() };
    let _ = tokio::time::timeout(Duration::from_millis(200), socket.send(Message::Close(Some(frame)))).await;
}

/// The client does not take what it is sent.
struct Gone;

/// Sends, and gathers meanwhile what the client misses.
async fn send(
    socket: &mut WebSocket,
    text: String,
    followed: &mut Followed,
    ticks: &mut Interval,
    metrics: &Metrics,
) -> Result<(), Gone> {
    let deadline = Instant::now() + PATIENCE;
    let mut sending = pin!(socket.send(Message::text(text)));
    loop {
        tokio::select! {
            sent = sending.as_mut() => return sent.map_err(|_| Gone),
            _ = ticks.tick() => followed.gather(metrics),
            () = sleep_until(deadline) => return Err(Gone),
        }
    }
}
