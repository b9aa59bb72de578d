//! The vehicle side: transports bring octets in and take octets out. What stands here is what they share; each transport has its folder.
//!
//! | transport | folder | octets |
//! |---|---|---|
//! | UDP, the default | `udp/` | UPER as it is, in GeoNetworking and BTP, or under a MAC |
//! | TCP, plain or TLS | `tcp/` | frames of UPER; lines of JSON for service providers |
//! | MQTT 3.1.1 and 5 | `mqtt/` | UPER, by topic |
//!
//! HTTP and WebSocket, for operators, stand in `operations`. A further transport is a folder with a [`TransportKind`], and a line in
//! [`TRANSPORTS`]. `docs/messaging.md` has every wire form.

mod config;
pub mod json;
pub mod mac;
pub(crate) mod mqtt;
pub mod network;
mod queue;
pub mod relay;
#[cfg(test)]
pub(crate) mod rig;
mod subscription;
mod tcp;
pub mod tls;
mod transport;
mod udp;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant as Monotonic;

use voorrang_messages::MessageKind;
use voorrang_signals::IntersectionId;
use voorrang_units::{GeodeticPosition, Instant, Length};

pub use config::Messaging;
pub use relay::RelayTarget;
pub use subscription::{Subscription, SubscriptionError};
pub use transport::{Host, Intake, Reached, StartError, Transport, TransportConfig, TransportKind};

/// Every transport there is. ADD YOUR LINE HERE.
pub const TRANSPORTS: &[TransportKind] = &[udp::KIND, tcp::KIND, mqtt::KIND];

/// Octets of one ITS message as a transport received them, with all that it knows of where they came from.
#[derive(Debug)]
pub struct Received<'a> {
    /// The message in UPER, behind its ITS PDU header; whatever was round it is gone.
    pub octets: &'a [u8],
    /// When they arrived, in engine time.
    pub at: Instant,
    /// The same on the monotonic clock, for latencies.
    pub arrived: Monotonic,
    /// When they were made, where the wire tells: GeoNetworking's time stamp, the MAC wrapper's.
    pub generated: Option<Instant>,
    /// Who sent them.
    pub sender: &'a Sender,
    /// Where answers go.
    pub reply: &'a ReplyTo,
}

/// Who sent something, as far as its transport vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The transport's name: `udp`, `tcp`, `mqtt`, `http`.
    pub transport: &'static str,
    /// What the transport knows.
    pub identity: Identity,
}

/// What a transport knows of a sender.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// An address that anybody could have written.
    Address(IpAddr),
    /// The subject of a client certificate that our authority signed.
    Certificate(Arc<str>),
    /// The name of the pre-shared key that the message's MAC was made with.
    Key(Arc<str>),
    /// The session of a client that the broker, or a token, vouches for.
    Session(Arc<str>),
}

/// Where the answers to a message go. Cheap to clone.
pub type ReplyTo = Arc<dyn Reply>;

/// A way back to one sender.
pub trait Reply: fmt::Debug + Send + Sync {
    /// Sends octets of one message. Never blocks: what can't leave at once is lost, and said so.
    ///
    /// # Errors
    /// When the way back is full or gone.
    fn send(&self, octets: &[u8]) -> Result<(), Undelivered>;

    /// The way back in writing, for the journal: after a restart the transport finds it again. `udp:192.0.2.7:4711`. None for one that ends
    /// with its connection.
    fn address(&self) -> Option<String>;
}

/// Why octets did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// The receiver takes less than we have for it.
    #[error("the receiver is too slow")]
    Full,
    /// Nobody is there any more.
    #[error("the receiver is gone")]
    Gone,
}

impl Undelivered {
    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Gone => "gone",
        }
    }
}

/// A message for whoever subscribes to a place.
#[derive(Debug, Clone)]
pub struct Publication {
    /// SPATEM, MAPEM or DENM.
    pub kind: MessageKind,
    /// Of which intersection; none for a warning.
    pub intersection: Option<IntersectionId>,
    /// For whom it matters.
    pub relevance: Relevance,
    /// The message in UPER, behind its ITS PDU header.
    pub octets: Arc<[u8]>,
}

/// A circle in which a message matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relevance {
    /// Its centre.
    pub centre: GeodeticPosition,
    /// Its radius.
    pub radius: Length,
}

/// Takes publications to the subscribers of one transport.
pub trait Publisher: fmt::Debug + Send + Sync {
    /// Hands a publication over. Never blocks: a subscriber that is too slow loses the oldest, and that is counted.
    fn publish(&self, publication: &Publication);

    /// Whether anybody may get it. While nobody does, nothing is made; a broker may always have somebody.
    fn has_subscribers(&self) -> bool {
        true
    }
}
