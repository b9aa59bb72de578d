//! Which connections get SPATEM, MAPEM and DENM.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::connection::Connection;
use crate::clock::Clock;
use crate::messaging::{Publication, Publisher};

/// All connections that are open.
#[derive(Debug)]
pub(super) struct Connections {
    clock: Clock,
    open: Mutex<(u64, BTreeMap<u64, Arc<Connection>>)>,
}

impl Connections {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, open: Mutex::default() }
    }

    pub(super) fn add(&self, connection: &Arc<Connection>) -> u64 {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let place = open.0;
        open.0 += 1;
        open.1.insert(place, Arc::clone(connection));
        place
    }

    pub(super) fn remove(&self, place: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&place);
    }
}

impl Publisher for Connections {
    fn has_subscribers(&self) -> bool {
        let now = self.clock.now();
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.1.values().any(|connection| connection.is_subscribed(now))
    }

    fn publish(&self, publication: &Publication) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1.is_empty() {
            return;
        }
        let now = self.clock.now();
        let mut octets: Option<Bytes> = None;
        for connection in open.1.values() {
            if connection.wants(now, publication) {
                let octets = octets.get_or_insert_with(|| Bytes::copy_from_slice(&publication.octets));
                // What doesn't leave is counted where it doesn't.
                let _ = connection.put(octets.clone());
            }
        }
    }
}
