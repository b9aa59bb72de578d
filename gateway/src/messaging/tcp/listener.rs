//! Accepts connections, as many as it may, and has TLS done where it is wanted.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::NAME;
use super::config::Limits;
use super::connection::{self, Connection};
use super::subscribers::Connections;
use crate::messaging::tls::subject;
use crate::messaging::{Host, Identity, Sender};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;
/// When the system has no socket left.
const PAUSE: Duration = Duration::from_millis(100);
/// A peer that is silently gone is noticed by the system after a quarter of a minute, and three tries.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(15);
const KEEPALIVE_EACH: Duration = Duration::from_secs(5);

/// A socket that doesn't block; its address may still be held by connections of the process before.
pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts until the gateway stops.
pub(super) async fn listen(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    limits: Limits,
    host: Host,
    connections: Arc<Connections>,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let places = Arc::new(Places { limits, taken: Mutex::default() });
    let accepting = async {
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "tcp: a connection can't be accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let Some(place) = places.take(peer.ip().to_canonical()) else {
                host.metrics.refused("too_many_connections");
                continue;
            };
            let (host, acceptor) = (host.clone(), acceptor.clone());
            let connections = Arc::clone(&connections);
            tokio::spawn(async move {
                serve(stream, peer, acceptor, limits, host, &connections).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => (),
        () = host.stopped() => (),
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    limits: Limits,
    host: Host,
    connections: &Connections,
) {
    // What the system doesn't offer it doesn't; reads and writes have their own limits.
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EACH);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    let Some(acceptor) = acceptor else {
        let identity = Identity::Address(peer.ip().to_canonical());
        return run(stream, identity, limits, host, connections).await;
    };
    let handshake = tokio::time::timeout(limits.patience, acceptor.accept(stream));
    let stream = tokio::select! {
        shaken = handshake => match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::info!(%error, "tcp: a client was turned away");
                return host.metrics.refused("tls_handshake");
            }
            Err(_) => return host.metrics.refused("tls_handshake"),
        },
        () = host.stopped() => return,
    };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let Some(name) = certificate.and_then(subject) else {
        return host.metrics.refused("certificate_without_name");
    };
    run(stream, Identity::Certificate(name), limits, host, connections).await;
}

async fn run<S: tokio::io::AsyncRead + tokio::io::AsyncWrite>(
    stream: S,
    identity: Identity,
    limits: Limits,
    host: Host,
    connections: &Connections,
) {
    let sender = Sender { transport: NAME, identity };
    let connection = Arc::new(Connection::new(sender, limits, &host));
    let place = connections.add(&connection);
    connection::run(stream, &connection, limits, &host).await;
    connections.remove(place);
}

/// Who has a connection.
#[derive(Debug)]
struct Places {
    limits: Limits,
    taken: Mutex<(usize, BTreeMap<IpAddr, usize>)>,
}

/// One connection's place, given back when it is dropped.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let from_one = taken.1.get(&address).copied().unwrap_or(0);
        if taken.0 >= self.limits.connections || from_one >= self.limits.connections_from_one() {
            return None;
        }
        taken.0 += 1;
        taken.1.insert(address, from_one + 1);
        Some(Place { places: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.0 -= 1;
        let from_one = taken.1.get(&self.address).copied().unwrap_or(0);
        if from_one <= 1 {
            taken.1.remove(&self.address);
        } else {
            taken.1.insert(self.address, from_one - 1);
        }
    }
}
