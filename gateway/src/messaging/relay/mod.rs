//! Relaying: the octets of requests go unchanged to a target, and the octets of its answers come back. RIS-FI is not claimed.
//!
//! | target | requests | answers |
//! |---|---|---|
//! | UDP | a datagram each, from a socket of the junction's own | datagrams from the target's address |
//! | TCP | frames, as in `tcp/frames.rs` | frames |
//! | MQTT | topic `PREFIX/srem` of the broker of `[mqtt]` | topic `PREFIX/ssem` |

mod tcp;
#[cfg(test)]
mod tests;
mod udp;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::{Host, StartError, Transport, Undelivered};

/// Where a junction's requests are relayed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayConfig {
    /// Each message in a datagram.
    Udp(SocketAddr),
    /// Over a stream, each message behind its length.
    Tcp(String),
    /// To topics of the broker of `[mqtt]` that begin so.
    Mqtt(String),
}

/// Where one junction's requests are relayed to.
pub trait RelayTarget: fmt::Debug + Send + Sync {
    /// Hands a request on, unchanged.
    ///
    /// # Errors
    /// When the target takes no more, or nobody is there.
    fn relay(&self, octets: &Bytes) -> Result<(), Undelivered>;
}

/// Takes what a target answers.
#[derive(Clone)]
pub struct TakeBack(Arc<dyn Fn(Bytes) + Send + Sync>);

impl TakeBack {
    /// That which calls a function.
    pub fn new(take: impl Fn(Bytes) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(super) fn take(&self, octets: Bytes) {
        (self.0)(octets);
    }
}

impl fmt::Debug for TakeBack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TakeBack")
    }
}

/// The topics of a relay by MQTT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayTopics {
    /// Requests go there.
    pub requests: String,
    /// Answers come from there.
    pub answers: String,
}

/// Why a junction can't relay.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Its socket can't be had.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It relays by a broker that isn't configured.
    #[error("a junction relays to MQTT, and there is no table [mqtt]; add it, with `broker`")]
    NoBroker,
}

/// Starts relaying to a target, on the tokio runtime that this is called from. `transports` are those that run: MQTT relays by its broker.
///
/// # Errors
/// When there is no socket to be had, or no broker configured.
pub fn start(
    target: &RelayConfig,
    transports: &[Arc<dyn Transport>],
    host: &Host,
    take: TakeBack,
) -> Result<Arc<dyn RelayTarget>, RelayError> {
    match target {
        RelayConfig::Udp(address) => Ok(udp::start(*address, host, take)?),
        RelayConfig::Tcp(address) => Ok(tcp::start(address.clone(), host, take)),
        RelayConfig::Mqtt(prefix) => {
            let topics =
                RelayTopics { requests: format!("{prefix}/srem"), answers: format!("{prefix}/ssem") };
            let by = |transport: &Arc<dyn Transport>| transport.relay(topics.clone(), take.clone());
            transports.iter().find_map(by).ok_or(RelayError::NoBroker)
        }
    }
}
