//! Ways back to sessions, remembered.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::NAME;
use super::client::Publishing;
use super::link::Link;
use crate::messaging::{Identity, Reply, ReplyTo, Sender, Undelivered};

/// Sessions remembered in each of two generations.
const MOST: usize = 16_384;

/// The way back to one session.
#[derive(Debug)]
pub(super) struct MqttReply {
    link: Arc<Link>,
    session: Arc<str>,
}

impl MqttReply {
    pub(super) fn new(link: Arc<Link>, session: Arc<str>) -> Self {
        Self { link, session }
    }
}

impl Reply for MqttReply {
    fn send(&self, octets: &[u8]) -> Result<(), Undelivered> {
        let topic = self.link.topics().answers(&self.session);
        self.link.put(Publishing::answer(topic, Bytes::copy_from_slice(octets)))
    }

    /// `mqtt:SESSION`.
    fn address(&self) -> Option<String> {
        Some(format!("{NAME}:{}", self.session))
    }
}

/// A session, with the way back to it.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) sender: Sender,
    pub(super) reply: ReplyTo,
}

/// Sessions that were heard lately.
#[derive(Debug)]
pub(super) struct Peers {
    link: Arc<Link>,
    young: HashMap<Arc<str>, Peer>,
    old: HashMap<Arc<str>, Peer>,
}

impl Peers {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, young: HashMap::new(), old: HashMap::new() }
    }

    pub(super) fn at(&mut self, session: &str) -> &Peer {
        let Self { link, young, old } = self;
        if !young.contains_key(session) {
            if young.len() >= MOST {
                *old = std::mem::take(young);
            }
            let (name, peer) = old.remove_entry(session).unwrap_or_else(|| {
                let name: Arc<str> = Arc::from(session);
                (Arc::clone(&name), Peer::new(Arc::clone(link), name))
            });
            young.insert(name, peer);
        }
        &young[session]
    }
}

impl Peer {
    fn new(link: Arc<Link>, session: Arc<str>) -> Self {
        Self {
            sender: Sender { transport: NAME, identity: Identity::Session(Arc::clone(&session)) },
            reply: Arc::new(MqttReply::new(link, session)),
        }
    }
}
