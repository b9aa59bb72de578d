//! The control areas as they are shown: their views, and the geometry that the page draws. A reload exchanges them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use voorrang_signals::Intersection;

use super::metrics::Metrics;
use crate::area::AreaView;
use crate::condition::Condition;
use crate::engine_task::AreaHandle;

/// How often the counters of time with and without control are moved on.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);

/// One control area, as far as it is shown.
pub trait AreaSource: fmt::Debug + Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &str;

    /// Its junctions, in the order of the configuration.
    fn intersections(&self) -> &[Arc<Intersection>];

    /// What it shows, from now on; it makes views only while somebody holds such a receiver.
    fn look(&self) -> watch::Receiver<Arc<AreaView>>;

    /// How its junctions stand; costs nothing.
    fn condition(&self) -> Condition;
}

/// An area that runs.
#[derive(Debug)]
pub struct RunningArea {
    handle: AreaHandle,
    intersections: Vec<Arc<Intersection>>,
}

impl RunningArea {
    /// That one, with its junctions in the order of the configuration.
    #[must_use]
    pub const fn new(handle: AreaHandle, intersections: Vec<Arc<Intersection>>) -> Self {
        Self { handle, intersections }
    }
}

impl AreaSource for RunningArea {
    fn name(&self) -> &str {
        self.handle.name()
    }

    fn intersections(&self) -> &[Arc<Intersection>] {
        &self.intersections
    }

    fn look(&self) -> watch::Receiver<Arc<AreaView>> {
        self.handle.look()
    }

    fn condition(&self) -> Condition {
        self.handle.condition()
    }
}

/// The areas that there are now. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct Areas(Arc<watch::Sender<AreaList>>);

/// The areas of one moment, in the order of the configuration.
pub type AreaList = Arc<[Arc<dyn AreaSource>]>;

impl Areas {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Arc::from(Vec::new()))))
    }

    /// From now on it is these.
    pub fn set(&self, areas: Vec<Arc<dyn AreaSource>>) {
        self.0.send_replace(Arc::from(areas));
    }

    /// Those of now.
    #[must_use]
    pub fn list(&self) -> AreaList {
        Arc::clone(&self.0.borrow())
    }

    /// Those of now, and when they are exchanged.
    pub(super) fn watch(&self) -> watch::Receiver<AreaList> {
        self.0.subscribe()
    }

    /// The area of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Arc<dyn AreaSource>> {
        self.list().iter().find(|area| area.name() == name).map(Arc::clone)
    }

    /// Moves the counters of time with and without control on, for ever.
    pub async fn sample(self, metrics: Arc<Metrics>) {
        let mut ticks = tokio::time::interval(SAMPLE_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last = ticks.tick().await;
        loop {
            let now = ticks.tick().await;
            let list = self.list();
            let conditions = list.iter().map(|area| (area.name(), area.condition()));
            metrics.observe_areas(conditions, now - last);
            last = now;
        }
    }
}

impl Default for Areas {
    fn default() -> Self {
        Self::new()
    }
}
