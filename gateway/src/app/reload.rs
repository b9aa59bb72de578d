//! Another configuration while the gateway runs. It is valid as a whole, or the old one goes on. What can change in flight does; of the rest it is said
//! that it waits for a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::areas::{engine, routing_table};
use super::{Gateway, RunningArea};
use crate::area::AreaInput;
use crate::config::{AreaEntry, Config};

/// An area that is to end has so long to hand control back.
const HAND_BACK: Duration = Duration::from_secs(10);

/// What a reload did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// What is different now, a sentence each.
    pub changed: Vec<String>,
    /// What could not be brought about, and why.
    pub failed: Vec<String>,
    /// What the file says and only a restart brings about.
    pub needs_restart: Vec<String>,
}

/// Why a configuration can't be taken over at all.
#[derive(Debug, thiserror::Error)]
pub enum ReloadRefused {
    /// It is of another gateway.
    #[error("`{key}` is another: that takes a restart, and the old configuration goes on as a whole")]
    Other {
        /// Which key.
        key: &'static str,
    },
}

impl Gateway {
    /// Goes on by another configuration.
    ///
    /// # Errors
    /// When it can only be had by a restart. Nothing has changed then.
    pub async fn reload(&mut self, config: Config) -> Result<Reloaded, ReloadRefused> {
        if config.data != self.config.data {
            return Err(ReloadRefused::Other { key: "data" });
        }
        if config.station != self.config.station {
            return Err(ReloadRefused::Other { key: "station" });
        }
        let mut reloaded = Reloaded::default();
        self.note_what_waits(&config, &mut reloaded);
        self.exchange_areas(&config, &mut reloaded).await;
        let intersections: Vec<_> =
            config.junctions().map(|(_, junction)| Arc::clone(&junction.intersection)).collect();
        self.gatekeeper.reload(config.security.clone(), &intersections);
        reloaded.changed.push(format!("{} entries of who may ask", config.security.authorised.len()));
        self.config = config;
        Ok(reloaded)
    }

    fn note_what_waits(&self, config: &Config, reloaded: &mut Reloaded) {
        let mut wait = |differs: bool, what: &str| {
            if differs {
                reloaded.needs_restart.push(what.to_owned());
            }
        };
        wait(config.name != self.config.name, "`name`");
        wait(config.journal != self.config.journal, "[journal]");
        wait(config.limits != self.config.limits, "[limits]");
        wait(config.sections.retention != self.config.sections.retention, "[retention]");
    }

    /// Areas that are no more hand control back and end; new ones start; those whose junctions are others do both.
    async fn exchange_areas(&mut self, config: &Config, reloaded: &mut Reloaded) {
        let wanted: BTreeMap<&str, &AreaEntry> =
            config.areas.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        let stays = |area: &RunningArea| {
            wanted.get(area.entry.name.as_str()).is_some_and(|entry| **entry == area.entry)
        };
        let (kept, ended): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.areas).into_iter().partition(|(_, area)| stays(area));
        self.areas = kept;
        if !ended.is_empty() {
            self.router.set(routing_table(self.areas.values()));
        }
        if config.priority != self.config.priority {
            for area in self.areas.values() {
                let parameters = Box::new(engine(&config.priority, area.place));
                // Only an area that has ended takes no word.
                let _ = area.handle.send(AreaInput::Parameters(parameters)).await;
            }
            reloaded.changed.push("[priority]: each area decides by it once nothing is under way".to_owned());
        }
        self.end_areas(ended.into_values().collect(), reloaded).await;
        for entry in &config.areas {
            if self.areas.contains_key(&entry.name) {
                continue;
            }
            let started = self.ground.start(config, entry.clone(), self.next_place);
            self.next_place += 1;
            let area = match started {
                Ok(area) => area,
                Err(fault) => {
                    reloaded.failed.push(format!("area {}: {fault}", entry.name));
                    continue;
                }
            };
            self.words.tell(&area.handle).await;
            reloaded.changed.push(format!("area {}: started", entry.name));
            self.areas.insert(entry.name.clone(), area);
        }
        self.router.set(routing_table(self.areas.values()));
        self.shown.set(self.areas.values());
    }

    async fn end_areas(&self, areas: Vec<RunningArea>, reloaded: &mut Reloaded) {
        for area in &areas {
            let _ = area.handle.send(AreaInput::Shutdown).await;
        }
        let by = tokio::time::Instant::now() + HAND_BACK;
        for RunningArea { entry, place, handle, mut task } in areas {
            drop(handle);
            let how = match tokio::time::timeout_at(by, &mut task).await {
                Ok(Ok(())) => "handed back and ended",
                Ok(Err(_)) | Err(_) => {
                    task.abort();
                    "did not hand back in time, and was ended"
                }
            };
            self.ground.outlets.detach(place);
            reloaded.changed.push(format!("area {}: {how}", entry.name));
        }
    }
}
