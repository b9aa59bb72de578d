//! What a transport is: read from its table, started with what the gateway offers it, asked for the ways out that it has.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use voorrang_messages::StationId;
use voorrang_signals::document::{Table, Value};

use super::config::Surroundings;
use super::mac::Key;
use super::relay::{RelayTopics, TakeBack};
use super::{Publisher, Received, ReplyTo};
use crate::clock::Clock;
use crate::messaging::RelayTarget;
use crate::operations::metrics::Metrics;
use crate::shutdown::asked_to_stop;

/// Takes what transports receive.
pub trait Intake: Send + Sync {
    /// Takes one message. Never blocks for long: transports call it where they read.
    fn take(&self, received: Received<'_>);
}

/// What the gateway offers its transports.
#[derive(Clone)]
pub struct Host {
    /// Takes what comes in.
    pub intake: Arc<dyn Intake>,
    /// Engine time.
    pub clock: Clock,
    /// Counts what is refused, lost or too slow.
    pub metrics: Arc<Metrics>,
    /// Our own ITS station: the source of GeoNetworking packets.
    pub station: StationId,
    /// Turns true when transports are to stop: they take nothing more, give away what is queued, and let go of this. Its sender's `closed()`
    /// says when the last of them is through.
    pub shutdown: watch::Receiver<bool>,
}

impl Host {
    /// Ends when transports are to stop.
    pub(crate) async fn stopped(&self) {
        asked_to_stop(&mut self.shutdown.clone()).await;
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Host").field("station", &self.station).finish_non_exhaustive()
    }
}

/// A kind of transport.
#[derive(Debug)]
pub struct TransportKind {
    /// Its name: of its table, in metrics, in [`Sender::transport`](super::Sender::transport), before the colon of [`Reply::address`](super::Reply::address).
    pub name: &'static str,
    /// Reads its table. What is wrong is reported there; none then.
    pub(crate) read: fn(&Table<'_>, &Surroundings<'_>) -> Option<Box<dyn TransportConfig>>,
    /// What runs where no transport has a table.
    pub(crate) default: Option<fn() -> Box<dyn TransportConfig>>,
}

/// A transport as configured.
pub trait TransportConfig: fmt::Debug + Send + Sync {
    /// The name of its kind.
    fn name(&self) -> &'static str;

    /// What it will do, in plain words, a line each: for `check`.
    fn explain(&self) -> Vec<String>;

    /// Where and how a client on this machine reaches it; none where it doesn't listen.
    fn reached(&self) -> Option<Reached> {
        None
    }

    /// Opens its sockets and starts its tasks, on the tokio runtime that this is called from.
    ///
    /// # Errors
    /// When it can't listen.
    fn start(&self, host: &Host) -> Result<Arc<dyn Transport>, StartError>;
}

/// Where and how a client reaches a transport.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Its address, on this machine.
    pub address: SocketAddr,
    /// The key to put messages under.
    pub key: Option<Arc<Key>>,
}

/// A transport that runs.
pub trait Transport: fmt::Debug + Send + Sync {
    /// The name of its kind.
    fn name(&self) -> &'static str;

    /// The addresses that it listens on, with the ports that the system chose.
    fn bound(&self) -> Vec<SocketAddr>;

    /// Takes publications to its subscribers.
    fn publisher(&self) -> Arc<dyn Publisher>;

    /// The way back that a [`Reply::address`](super::Reply::address) of this transport names; none where there is none any more.
    fn reply_to(&self, address: &str) -> Option<ReplyTo>;

    /// Relays requests to topics and takes answers from them; none where it knows no topics.
    fn relay(&self, _topics: RelayTopics, _take: TakeBack) -> Option<Arc<dyn RelayTarget>> {
        None
    }

    /// What keeps it from working at present, in a sentence: for `/readyz`.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// Why a transport did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its address can't be had.
    #[error(
        "{transport}: can't listen on {address}: {source}; stop what holds it, or give another `listen` in [{transport}]"
    )]
    Listen {
        /// Which transport.
        transport: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Its encryption can't be set up.
    #[error("{transport}: {what}; mend the certificates")]
    Tls {
        /// Which transport.
        transport: &'static str,
        /// What is wrong.
        what: String,
    },
}

/// Reads an address with a port, as `127.0.0.1:4711`.
pub(crate) fn socket_address(value: &Value<'_>) -> Option<SocketAddr> {
    let text = value.text()?;
    match text.parse() {
        Ok(address) => Some(address),
        Err(_) => value.wrong(
            format!("\"{text}\" is no address with a port"),
            "write it like \"127.0.0.1:4711\" or \"[::1]:4711\"",
        ),
    }
}
