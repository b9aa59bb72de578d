//! Who gets SPATEM, MAPEM and DENM: those of the configuration, and those who asked for it under a MAC and ask again before their time is over.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use voorrang_units::Instant;

use super::config::ConfiguredSubscriber;
use super::form::{Form, FormRef};
use super::reply::Outlet;
use crate::clock::Clock;
use crate::messaging::subscription::{Subscription, SubscriptionError};
use crate::messaging::{Host, Publication, Publisher};

/// So many may be subscribed at a time beside those of the configuration.
const MOST: usize = 1000;

/// All subscribers.
#[derive(Debug)]
pub(super) struct Subscribers {
    outlet: Arc<Outlet>,
    clock: Clock,
    configured: Vec<(SocketAddr, Form, Subscription)>,
    asked: Mutex<BTreeMap<SocketAddr, Asked>>,
}

#[derive(Debug)]
struct Asked {
    form: Form,
    subscription: Subscription,
    until: Instant,
}

impl Subscribers {
    pub(super) fn new(configured: &[ConfiguredSubscriber], outlet: Arc<Outlet>, host: &Host) -> Self {
        let configured = configured
            .iter()
            .map(|subscriber| (subscriber.address, subscriber.form.clone(), subscriber.subscription.clone()))
            .collect();
        Self { outlet, clock: host.clock.clone(), configured, asked: Mutex::default() }
    }

    /// Takes a subscription; the last one of an address counts.
    pub(super) fn subscribe(
        &self,
        now: Instant,
        from: SocketAddr,
        form: FormRef<'_>,
        json: &[u8],
    ) -> Result<(), SubscriptionError> {
        let none = || SubscriptionError { field: String::new(), what: "expected a JSON object".to_owned() };
        let value: Value = serde_json::from_slice(json).map_err(|_| none())?;
        let (subscription, lasts) = Subscription::from_json(value.as_object().ok_or_else(none)?)?;
        let form = Form { geonetworking: form.geonetworking, key: form.key.cloned() };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MOST && !asked.contains_key(&from) {
            asked.retain(|_, other| other.until > now);
            if asked.len() >= MOST {
                return Err(SubscriptionError {
                    field: String::new(),
                    what: format!("{MOST} are subscribed"),
                });
            }
        }
        asked.insert(from, Asked { form, subscription, until: now + lasts });
        Ok(())
    }
}

impl Publisher for Subscribers {
    fn has_subscribers(&self) -> bool {
        let now = self.clock.now();
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        !self.configured.is_empty() || asked.values().any(|subscriber| subscriber.until > now)
    }

    fn publish(&self, publication: &Publication) {
        for (to, form, subscription) in &self.configured {
            if subscription.wants(publication) {
                // What doesn't leave is counted where it doesn't.
                let _ = self.outlet.send(*to, form, &publication.octets);
            }
        }
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.is_empty() {
            return;
        }
        let now = self.clock.now();
        asked.retain(|_, subscriber| subscriber.until > now);
        for (to, Asked { form, subscription, .. }) in asked.iter() {
            if subscription.wants(publication) {
                let _ = self.outlet.send(*to, form, &publication.octets);
            }
        }
    }
}
