//! Relaying by UDP: a connected socket, so that nobody but the target is heard.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::TakeBack;
use crate::messaging::RelayTarget;
use crate::messaging::{Host, StartError, Undelivered};

/// The largest datagram there is.
const LARGEST: usize = 65_535;
/// After a failure, as where nobody listens at the target.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
struct UdpRelay(UdpSocket);

/// Opens the socket and listens for answers.
pub(super) fn start(
    target: SocketAddr,
    host: &Host,
    take: TakeBack,
) -> Result<Arc<dyn RelayTarget>, StartError> {
    let local: SocketAddr = match target.ip() {
        address if address.is_loopback() => (address, 0).into(),
        address if address.is_ipv4() => (Ipv4Addr::UNSPECIFIED, 0).into(),
        _ => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let failed = |source| StartError::Listen { transport: "relay", address: local, source };
    let socket = UdpSocket::bind(local).map_err(failed)?;
    socket.connect(target).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    let incoming = tokio::net::UdpSocket::from_std(socket.try_clone().map_err(failed)?).map_err(failed)?;
    let host = host.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = receive(incoming, take) => (),
            () = host.stopped() => (),
        }
    });
    Ok(Arc::new(UdpRelay(socket)))
}

async fn receive(socket: tokio::net::UdpSocket, take: TakeBack) {
    let mut buffer = vec![0; LARGEST];
    loop {
        match socket.recv(&mut buffer).await {
            Ok(length) => take.take(Bytes::copy_from_slice(&buffer[..length])),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

impl RelayTarget for UdpRelay {
    fn relay(&self, octets: &Bytes) -> Result<(), Undelivered> {
        match self.0.send(octets) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Undelivered::Full),
            Err(_) => Err(Undelivered::Gone),
        }
    }
}
