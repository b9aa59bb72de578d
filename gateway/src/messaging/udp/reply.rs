//! Ways back. A datagram leaves at once, from whatever thread has it, without waking a task.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use voorrang_messages::StationId;

use super::NAME;
use super::form::{Form, FormRef, packet_of};
use crate::clock::Clock;
use crate::messaging::mac::{Content, Direction, Keyring, Sealer};
use crate::messaging::{Host, Identity, Reply, ReplyTo, Sender, Undelivered};
use crate::operations::metrics::Metrics;

/// Senders remembered in each of two generations.
const MOST_PEERS: usize = 16_384;

/// Where all datagrams leave.
#[derive(Debug)]
pub(super) struct Outlet {
    socket: UdpSocket,
    clock: Clock,
    metrics: Arc<Metrics>,
    station: StationId,
    sealer: Sealer,
}

impl Outlet {
    /// `socket` is one that doesn't block.
    pub(super) fn new(socket: UdpSocket, host: &Host) -> Self {
        Self {
            socket,
            clock: host.clock.clone(),
            metrics: Arc::clone(&host.metrics),
            station: host.station,
            sealer: Sealer::new(Direction::FromGateway),
        }
    }

    /// A message in the form that its receiver wants.
    pub(super) fn send(&self, to: SocketAddr, form: &Form, octets: &[u8]) -> Result<(), Undelivered> {
        let sent = self.dressed(form, octets, |octets| self.socket.send_to(octets, to));
        let undelivered = match sent {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Undelivered::Full,
            Err(_) => Undelivered::Gone,
        };
        self.metrics.undelivered(NAME, undelivered.name());
        Err(undelivered)
    }

    fn dressed<T>(&self, form: &Form, octets: &[u8], send: impl FnOnce(&[u8]) -> T) -> T {
        if !form.geonetworking && form.key.is_none() {
            return send(octets);
        }
        let now = self.clock.now();
        let packet = if form.geonetworking { packet_of(octets, self.station, now) } else { None };
        let payload = packet.as_deref().unwrap_or(octets);
        let Some(key) = &form.key else { return send(payload) };
        let mut sealed = Vec::new();
        self.sealer.seal(key, Content::Message, now, payload, &mut sealed);
        send(&sealed)
    }
}

/// The way back to one sender.
#[derive(Debug)]
pub(super) struct UdpReply {
    outlet: Arc<Outlet>,
    to: SocketAddr,
    form: Form,
}

impl UdpReply {
    pub(super) fn new(outlet: Arc<Outlet>, to: SocketAddr, form: Form) -> Self {
        Self { outlet, to, form }
    }
}

impl Reply for UdpReply {
    fn send(&self, octets: &[u8]) -> Result<(), Undelivered> {
        self.outlet.send(self.to, &self.form, octets)
    }

    /// `udp:192.0.2.7:4711`, then `;gn` for GeoNetworking and `;mac=NAME` for a key.
    fn address(&self) -> Option<String> {
        let mut address = format!("{NAME}:{}", self.to);
        if self.form.geonetworking {
            address.push_str(";gn");
        }
        if let Some(key) = &self.form.key {
            address.push_str(";mac=");
            address.push_str(key.name());
        }
        Some(address)
    }
}

/// Reads what [`UdpReply::address`] wrote; none where its key is gone.
pub(super) fn parse_address(address: &str, keys: &Keyring) -> Option<(SocketAddr, Form)> {
    let mut parts = address.strip_prefix(NAME)?.strip_prefix(':')?.split(';');
    let to = parts.next()?.parse().ok()?;
    let mut form = Form::default();
    for part in parts {
        match part.strip_prefix("mac=") {
            Some(name) => form.key = Some(Arc::clone(keys.get(name)?)),
            None if part == "gn" => form.geonetworking = true,
            None => return None,
        }
    }
    Some((to, form))
}

/// A sender, with the way back to it.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) sender: Sender,
    pub(super) reply: ReplyTo,
}

/// Senders that were heard lately, so that a datagram costs no memory. When the young generation is full it becomes the old one, and whoever was
/// in neither is made anew.
#[derive(Debug)]
pub(super) struct Peers {
    outlet: Arc<Outlet>,
    young: HashMap<PeerKey, Arc<Peer>>,
    old: HashMap<PeerKey, Arc<Peer>>,
}

/// Address, GeoNetworking, and which key: by its place in memory, where it stays as long as the listener.
type PeerKey = (SocketAddr, bool, usize);

impl Peers {
    pub(super) fn new(outlet: Arc<Outlet>) -> Self {
        Self { outlet, young: HashMap::new(), old: HashMap::new() }
    }

    pub(super) fn at(&mut self, from: SocketAddr, form: FormRef<'_>) -> &Arc<Peer> {
        let key = (from, form.geonetworking, form.key.map_or(0, |key| Arc::as_ptr(key).addr()));
        if self.young.len() >= MOST_PEERS && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let Self { outlet, young, old } = self;
        young.entry(key).or_insert_with(|| {
            old.remove(&key).unwrap_or_else(|| Arc::new(Peer::new(Arc::clone(outlet), from, form)))
        })
    }
}

impl Peer {
    fn new(outlet: Arc<Outlet>, from: SocketAddr, form: FormRef<'_>) -> Self {
        let identity = form.key.map_or_else(
            || Identity::Address(from.ip().to_canonical()),
            |key| Identity::Key(Arc::clone(key.name())),
        );
        let form = Form { geonetworking: form.geonetworking, key: form.key.cloned() };
        Self {
            sender: Sender { transport: NAME, identity },
            reply: Arc::new(UdpReply::new(outlet, from, form)),
        }
    }
}
