//! UDP: a datagram is a message. As it is, in GeoNetworking and BTP, or under a MAC; answers go to where it came from, in the same form.
//!
//! | file | what |
//! |---|---|
//! | `config.rs` | the table `[udp]` |
//! | `listener.rs` | reads in batches and hands over |
//! | `form.rs` | what stands round a message: on the way in, and out |
//! | `reply.rs` | ways back, remembered by sender |
//! | `subscribers.rs` | who gets SPATEM, MAPEM and DENM |

mod config;
mod form;
mod listener;
mod reply;
mod subscribers;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use self::config::UdpConfig;
use self::reply::{Outlet, UdpReply};
use self::subscribers::Subscribers;
use super::mac::Keyring;
use super::{Host, Publisher, Reached, ReplyTo, StartError, Transport, TransportConfig, TransportKind};

/// UDP among the transports; it needs no server, and is what runs where nothing else is configured.
pub(super) const KIND: TransportKind = TransportKind {
    name: NAME,
    read: |table, surroundings| Some(Box::new(UdpConfig::read(table, surroundings)?)),
    default: Some(|| Box::new(UdpConfig::default())),
};

const NAME: &str = "udp";

#[derive(Debug)]
struct Udp {
    bound: SocketAddr,
    keys: Arc<Keyring>,
    outlet: Arc<Outlet>,
    subscribers: Arc<Subscribers>,
}

impl TransportConfig for UdpConfig {
    fn name(&self) -> &'static str {
        NAME
    }

    fn explain(&self) -> Vec<String> {
        self.explained()
    }

    fn reached(&self) -> Option<Reached> {
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                Ipv4Addr::LOCALHOST.into()
            } else {
                Ipv6Addr::LOCALHOST.into()
            });
        }
        Some(Reached { address, key: self.keys.first().cloned() })
    }

    fn start(&self, host: &Host) -> Result<Arc<dyn Transport>, StartError> {
        let failed = |source| StartError::Listen { transport: NAME, address: self.listen, source };
        let socket = listener::bind(self.listen, self.receive_buffer).map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        let outgoing = socket.try_clone().map_err(failed)?;
        let incoming = tokio::net::UdpSocket::from_std(socket).map_err(failed)?;
        let outlet = Arc::new(Outlet::new(outgoing, host));
        let subscribers = Arc::new(Subscribers::new(&self.subscribers, Arc::clone(&outlet), host));
        let keys = Arc::new(self.keys.clone());
        tokio::spawn(listener::listen(
            incoming,
            self.clone(),
            host.clone(),
            Arc::clone(&outlet),
            Arc::clone(&subscribers),
        ));
        Ok(Arc::new(Udp { bound, keys, outlet, subscribers }))
    }
}

impl Transport for Udp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn bound(&self) -> Vec<SocketAddr> {
        vec![self.bound]
    }

    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::<Subscribers>::clone(&self.subscribers)
    }

    fn reply_to(&self, address: &str) -> Option<ReplyTo> {
        let (to, form) = reply::parse_address(address, &self.keys)?;
        Some(Arc::new(UdpReply::new(Arc::clone(&self.outlet), to, form)))
    }
}
