//! TCP, plain on loopback or under TLS with client certificates. Two forms, told apart by the first octet: frames of UPER with their length in
//! front, and lines of JSON for service providers.
//!
//! | file | what |
//! |---|---|
//! | `config.rs` | the table `[tcp]` |
//! | `listener.rs` | accepts, as many as it may; TLS |
//! | `connection.rs` | one peer: reads, with limits on size and time; writes what waits |
//! | `frames.rs`, `lines.rs` | the two forms |
//! | `subscribers.rs` | which connections get SPATEM, MAPEM and DENM |

mod config;
mod connection;
mod frames;
mod lines;
mod listener;
mod subscribers;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use self::config::TcpConfig;
use self::subscribers::Connections;
use super::tls::ClientCertificates;
use super::{Host, Publisher, ReplyTo, StartError, Transport, TransportConfig, TransportKind};

/// TCP among the transports.
pub(super) const KIND: TransportKind = TransportKind {
    name: NAME,
    read: |table, surroundings| Some(Box::new(TcpConfig::read(table, surroundings)?)),
    default: None,
};

const NAME: &str = "tcp";

#[derive(Debug)]
struct Tcp {
    bound: SocketAddr,
    connections: Arc<Connections>,
}

impl TransportConfig for TcpConfig {
    fn name(&self) -> &'static str {
        NAME
    }

    fn explain(&self) -> Vec<String> {
        self.explained()
    }

    fn start(&self, host: &Host) -> Result<Arc<dyn Transport>, StartError> {
        let tls = match &self.tls {
            None => None,
            Some(files) => Some(
                files
                    .server_config(ClientCertificates::Required)
                    .map_err(|error| StartError::Tls { transport: NAME, what: error.to_string() })?,
            ),
        };
        let failed = |source| StartError::Listen { transport: NAME, address: self.listen, source };
        let socket = listener::bind(self.listen).map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        let socket = TcpListener::from_std(socket).map_err(failed)?;
        let connections = Arc::new(Connections::new(host.clock.clone()));
        let shared = Arc::clone(&connections);
        tokio::spawn(listener::listen(socket, tls, self.limits, host.clone(), shared));
        Ok(Arc::new(Tcp { bound, connections }))
    }
}

impl Transport for Tcp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn bound(&self) -> Vec<SocketAddr> {
        vec![self.bound]
    }

    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::<Connections>::clone(&self.connections)
    }

    /// A connection ends with the process that had it.
    fn reply_to(&self, _: &str) -> Option<ReplyTo> {
        None
    }
}
