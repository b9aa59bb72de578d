//! The receiving side: reads until nothing is left, then waits.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant as Monotonic;

use socket2::{Domain, Protocol, Socket, Type};
use voorrang_units::Instant;

use super::config::UdpConfig;
use super::form::{Taken, Unwelcome};
use super::reply::{Outlet, Peers};
use super::subscribers::Subscribers;
use crate::messaging::mac::{Content, ReplayWindow};
use crate::messaging::{Host, Received};

/// The largest datagram there is.
const LARGEST: usize = 65_535;
/// After so many in one go other tasks have their turn.
const BATCH: usize = 64;
/// After a failure that isn't an empty socket.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// A socket that doesn't block, with a receive buffer as large as the system allows, up to `buffer` octets.
pub(super) fn bind(address: SocketAddr, buffer: usize) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // Less than asked for is what net.core.rmem_max allows: no reason not to start.
    if let Err(error) = socket.set_recv_buffer_size(buffer) {
        tracing::warn!(%error, buffer, "udp: the receive buffer can't be set");
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Receives until the gateway stops.
pub(super) async fn listen(
    socket: tokio::net::UdpSocket,
    config: UdpConfig,
    host: Host,
    outlet: Arc<Outlet>,
    subscribers: Arc<Subscribers>,
) {
    let receiving = receive(socket, &config, &host, outlet, &subscribers);
    tokio::select! {
        () = receiving => (),
        () = host.stopped() => (),
    }
}

async fn receive(
    socket: tokio::net::UdpSocket,
    config: &UdpConfig,
    host: &Host,
    outlet: Arc<Outlet>,
    subscribers: &Subscribers,
) {
    let mut receiver =
        Receiver { config, host, subscribers, peers: Peers::new(outlet), windows: HashMap::new() };
    let mut buffer = vec![0; LARGEST];
    loop {
        if socket.readable().await.is_err() {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut buffer) {
                Ok((length, from)) => receiver.take(from, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    // What an earlier answer met on its way; the next datagram is none the worse.
                    tracing::debug!(%error, "udp: receiving failed");
                    tokio::time::sleep(PAUSE).await;
                    break;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

struct Receiver<'c> {
    config: &'c UdpConfig,
    host: &'c Host,
    subscribers: &'c Subscribers,
    peers: Peers,
    /// By the key's name.
    windows: HashMap<Arc<str>, ReplayWindow>,
}

impl Receiver<'_> {
    fn take(&mut self, from: SocketAddr, octets: &[u8]) {
        let (at, arrived) = (self.host.clock.now(), Monotonic::now());
        if let Err(reason) = self.take_or_refuse(from, octets, at, arrived) {
            self.host.metrics.refused(reason);
        }
    }

    fn take_or_refuse(
        &mut self,
        from: SocketAddr,
        octets: &[u8],
        at: Instant,
        arrived: Monotonic,
    ) -> Result<(), &'static str> {
        let sources = &self.config.sources;
        if !sources.is_empty() && !sources.iter().any(|network| network.contains(from.ip())) {
            return Err("source_not_listed");
        }
        let taken = Taken {
            keys: &self.config.keys,
            mac_required: self.config.mac_required,
            geonetworking: self.config.geonetworking,
        };
        let datagram = taken.open(at, octets).map_err(Unwelcome::name)?;
        if let (Some(key), Some((sent, mark))) = (datagram.form.key, datagram.mark) {
            let window = self
                .windows
                .entry(Arc::clone(key.name()))
                .or_insert_with(|| ReplayWindow::new(self.config.tolerance, ReplayWindow::MOST));
            window.admit(at, sent, mark).map_err(|error| Unwelcome::Mac(error).name())?;
        }
        match datagram.content {
            Content::Subscription => self
                .subscribers
                .subscribe(at, from, datagram.form, datagram.octets)
                .map_err(|_| "subscription_malformed"),
            Content::Message => {
                let peer = self.peers.at(from, datagram.form);
                self.host.intake.take(Received {
                    octets: datagram.octets,
                    at,
                    arrived,
                    generated: datagram.generated,
                    sender: &peer.sender,
                    reply: &peer.reply,
                });
                Ok(())
            }
        }
    }
}
