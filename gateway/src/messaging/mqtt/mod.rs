//! MQTT 3.1.1 and 5, as a client of a broker. Topics name sessions, intersections and tiles of the map, never stations.
//!
//! | file | what |
//! |---|---|
//! | `config.rs` | the table `[mqtt]` |
//! | `topics.rs`, `tiles.rs` | what topics are called; which tiles a circle covers |
//! | `client.rs` | one client for both versions of the protocol (docs/decisions/0011-mqtt-client.md) |
//! | `link.rs` | the connection: up, down, up again; what comes in, what waits to leave |
//! | `session.rs` | ways back, remembered by session |

mod client;
mod config;
mod link;
mod session;
#[cfg(test)]
mod tests;
mod tiles;
mod topics;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use voorrang_messages::MessageKind;

pub(crate) use self::client::{Client, Endpoint, Happening, Loop, Publishing, QualityOfService, Version};
use self::config::MqttConfig;
pub(crate) use self::config::host_and_port;
use self::link::Link;
use self::session::MqttReply;
pub(crate) use self::topics::{Topics, is_session};
use super::relay::{RelayTopics, TakeBack};
use super::{Host, Publication, Publisher, ReplyTo, StartError, Transport, TransportConfig, TransportKind};
use crate::messaging::RelayTarget;

/// MQTT among the transports.
pub(super) const KIND: TransportKind = TransportKind {
    name: NAME,
    read: |table, surroundings| Some(Box::new(MqttConfig::read(table, surroundings)?)),
    default: None,
};

const NAME: &str = "mqtt";

#[derive(Debug)]
struct Mqtt(Arc<Link>);

impl TransportConfig for MqttConfig {
    fn name(&self) -> &'static str {
        NAME
    }

    fn explain(&self) -> Vec<String> {
        self.explained()
    }

    /// Also without a broker: it is looked for until it is there.
    fn start(&self, host: &Host) -> Result<Arc<dyn Transport>, StartError> {
        let endpoint = self
            .endpoint(host.station)
            .map_err(|error| StartError::Tls { transport: NAME, what: error.to_string() })?;
        Ok(Arc::new(Mqtt(Link::start(endpoint, self, host))))
    }
}

impl Transport for Mqtt {
    fn name(&self) -> &'static str {
        NAME
    }

    /// It listens nowhere.
    fn bound(&self) -> Vec<SocketAddr> {
        Vec::new()
    }

    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::<Link>::clone(&self.0)
    }

    fn reply_to(&self, address: &str) -> Option<ReplyTo> {
        let session = address.strip_prefix(NAME)?.strip_prefix(':')?;
        is_session(session).then(|| {
            let reply: ReplyTo = Arc::new(MqttReply::new(Arc::clone(&self.0), Arc::from(session)));
            reply
        })
    }

    fn trouble(&self) -> Option<String> {
        self.0.trouble()
    }

    fn relay(&self, topics: RelayTopics, take: TakeBack) -> Option<Arc<dyn RelayTarget>> {
        Some(self.0.relay(topics, take))
    }
}

impl Publisher for Link {
    fn publish(&self, publication: &Publication) {
        let payload = Bytes::copy_from_slice(&publication.octets);
        let topics = self.topics();
        match (publication.kind, publication.intersection) {
            (MessageKind::Denm, _) => {
                for tile in tiles::covering(&publication.relevance) {
                    let topic = topics.tile(&tile);
                    // What doesn't leave is counted where it doesn't.
                    let _ = self.put(Publishing::warning(topic, payload.clone()));
                }
            }
            (MessageKind::Mapem, Some(intersection)) => {
                let _ = self.put(Publishing::topology(topics.intersection(intersection, "mapem"), payload));
            }
            (MessageKind::Spatem, Some(intersection)) => {
                let _ = self.put(Publishing::state(topics.intersection(intersection, "spatem"), payload));
            }
            // Nobody could find it: there is no topic for it.
            _ => self.unplaced(),
        }
    }
}
