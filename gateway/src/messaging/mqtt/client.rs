//! One client for both versions of the protocol: what the gateway needs of either, in one form.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::ClientConfig;

use crate::messaging::queue::Load;

/// A dead broker, or a half-open connection, is noticed after one and a half times this; in seconds.
const KEEP_ALIVE: u16 = 10;
/// A connection stands within this or not at all; in seconds.
const CONNECT_WITHIN: u64 = 5;
/// The longest packet, either way.
const LONGEST: u32 = 64 << 10;
/// Between the queue and the socket.
const CHANNEL: usize = 64;
/// QoS 1 messages that the other side hasn't acknowledged.
const IN_FLIGHT: u16 = 1000;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.1.1.
    Three,
    /// 5.
    Five,
}

/// How much is done for a message to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QualityOfService {
    AtMostOnce,
    AtLeastOnce,
}

/// Which broker, and as whom.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) version: Version,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) client_id: String,
    /// Name and password.
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

/// Nothing of the password.
impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({}:{} as {})", self.host, self.port, self.client_id)
    }
}

/// A message to be published.
#[derive(Debug, Clone)]
pub(crate) struct Publishing {
    topic: String,
    payload: Bytes,
    quality: QualityOfService,
    retained: bool,
    /// After so many seconds no broker hands it on (MQTT 5).
    expires: u32,
}

impl Publishing {
    /// An SSEM: said again each second while its request lives.
    pub(crate) fn answer(topic: String, payload: Bytes) -> Self {
        Self { topic, payload, quality: QualityOfService::AtMostOnce, retained: false, expires: 5 }
    }

    /// A SPATEM: the next comes within a second.
    pub(crate) fn state(topic: String, payload: Bytes) -> Self {
        Self::answer(topic, payload)
    }

    /// A MAPEM: whoever subscribes gets the last at once.
    pub(crate) fn topology(topic: String, payload: Bytes) -> Self {
        Self { topic, payload, quality: QualityOfService::AtLeastOnce, retained: true, expires: 3600 }
    }

    /// A DENM.
    pub(crate) fn warning(topic: String, payload: Bytes) -> Self {
        Self { topic, payload, quality: QualityOfService::AtLeastOnce, retained: false, expires: 10 }
    }

    /// A request on its way to who decides on it.
    pub(crate) fn request(topic: String, payload: Bytes) -> Self {
        Self { topic, payload, quality: QualityOfService::AtLeastOnce, retained: false, expires: 5 }
    }
}

impl Load for Publishing {
    fn octets(&self) -> usize {
        self.topic.len() + self.payload.len()
    }
}

/// What happens on a connection.
#[derive(Debug)]
pub(crate) enum Happening {
    /// It is up; nothing is subscribed yet.
    Up,
    /// Something came.
    Message { topic: Bytes, payload: Bytes, retained: bool },
    /// Something else.
    Other,
    /// It is down, or doesn't come up: the next call tries again, at once.
    Down(String),
}

/// The sending side.
#[derive(Debug, Clone)]
pub(crate) enum Client {
    Three(rumqttc_v4::AsyncClient),
    Five(rumqttc_v5::AsyncClient),
}

/// The connection itself: it lives as long as it is asked what happens.
pub(crate) enum Loop {
    Three(Box<rumqttc_v4::EventLoop>),
    Five(Box<rumqttc_v5::EventLoop>),
}

/// A request that the connection doesn't take.
#[derive(Debug)]
pub(crate) struct NotTaken;

impl Endpoint {
    /// A client, and its connection, which begins with the first [`Loop::next`].
    pub(crate) fn client(&self) -> (Client, Loop) {
        match self.version {
            Version::Three => {
                let (client, eventloop) = self.three();
                (Client::Three(client), Loop::Three(Box::new(eventloop)))
            }
            Version::Five => {
                let (client, eventloop) = self.five();
                (Client::Five(client), Loop::Five(Box::new(eventloop)))
            }
        }
    }

    fn three(&self) -> (rumqttc_v4::AsyncClient, rumqttc_v4::EventLoop) {
        use rumqttc_v4::{AsyncClient, Broker, MqttOptions, NetworkOptions, TlsConfiguration, Transport};
        let mut options = MqttOptions::new(self.client_id.clone(), Broker::tcp(self.host.clone(), self.port));
        let longest = usize::try_from(LONGEST).unwrap_or(usize::MAX);
        options.set_keep_alive(KEEP_ALIVE).set_clean_session(true).set_max_packet_size(longest, longest);
        options.set_inflight(IN_FLIGHT);
        if let Some((name, password)) = &self.credentials {
            options.set_credentials(name.clone(), password.clone().into_bytes());
        }
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::clone(tls))));
        }
        let (client, mut eventloop) = AsyncClient::builder(options).capacity(CHANNEL).build();
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT_WITHIN);
        eventloop.set_network_options(network);
        (client, eventloop)
    }

    fn five(&self) -> (rumqttc_v5::AsyncClient, rumqttc_v5::EventLoop) {
        use rumqttc_v5::{
            AsyncClient, Broker, ConnectProperties, MqttOptions, NetworkOptions, TlsConfiguration, Transport,
        };
        let mut options = MqttOptions::new(self.client_id.clone(), Broker::tcp(self.host.clone(), self.port));
        let mut properties = ConnectProperties::new();
        properties.max_packet_size = Some(LONGEST);
        properties.receive_maximum = Some(IN_FLIGHT);
        options.set_connect_properties(properties);
        options.set_keep_alive(KEEP_ALIVE).set_clean_start(true);
        if let Some((name, password)) = &self.credentials {
            options.set_credentials(name.clone(), password.clone().into_bytes());
        }
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::clone(tls))));
        }
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT_WITHIN);
        options.set_network_options(network);
        AsyncClient::builder(options).capacity(CHANNEL).build()
    }
}

impl Client {
    /// Waits while more is on its way than fits.
    pub(crate) async fn publish(&self, message: Publishing) -> Result<(), NotTaken> {
        let Publishing { topic, payload, quality, retained, expires } = message;
        match self {
            Self::Three(client) => {
                let options = rumqttc_v4::PublishOptions::new(quality.three()).retain(retained);
                client.publish(topic, payload, options).await.map_err(|_| NotTaken)
            }
            Self::Five(client) => {
                let properties = rumqttc_v5::PublishProperties {
                    message_expiry_interval: Some(expires),
                    ..Default::default()
                };
                let options =
                    rumqttc_v5::PublishOptions::new(quality.five()).retain(retained).properties(properties);
                client.publish(topic, payload, options).await.map_err(|_| NotTaken)
            }
        }
    }

    pub(crate) async fn subscribe(&self, filter: String, quality: QualityOfService) -> Result<(), NotTaken> {
        match self {
            Self::Three(client) => client.subscribe(filter, quality.three()).await.map_err(|_| NotTaken),
            Self::Five(client) => client.subscribe(filter, quality.five()).await.map_err(|_| NotTaken),
        }
    }

    /// Says farewell, within a second.
    pub(crate) async fn disconnect(&self) {
        let patience = Duration::from_secs(1);
        // Whoever doesn't hear it notices by the keep-alive.
        let _ = match self {
            Self::Three(client) => client.disconnect_with_timeout(patience).await.map_err(|_| NotTaken),
            Self::Five(client) => client.disconnect_with_timeout(patience).await.map_err(|_| NotTaken),
        };
    }
}

impl Loop {
    /// Waits for the next thing that happens.
    pub(crate) async fn next(&mut self) -> Happening {
        match self {
            Self::Three(eventloop) => {
                use rumqttc_v4::{Event, NoticeFailureReason, Packet};
                match eventloop.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => Happening::Up,
                    Ok(Event::Incoming(Packet::Publish(message))) => Happening::Message {
                        topic: message.topic,
                        payload: message.payload,
                        retained: message.retain,
                    },
                    Ok(_) => Happening::Other,
                    Err(error) => {
                        eventloop.drain_pending_as_failed(NoticeFailureReason::SessionReset);
                        Happening::Down(error.to_string())
                    }
                }
            }
            Self::Five(eventloop) => {
                use rumqttc_v5::{Event, NoticeFailureReason, Packet};
                match eventloop.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => Happening::Up,
                    Ok(Event::Incoming(Packet::Publish(message))) => Happening::Message {
                        topic: message.topic,
                        payload: message.payload,
                        retained: message.retain,
                    },
                    Ok(_) => Happening::Other,
                    Err(error) => {
                        eventloop.drain_pending_as_failed(NoticeFailureReason::SessionReset);
                        Happening::Down(error.to_string())
                    }
                }
            }
        }
    }
}

impl QualityOfService {
    const fn three(self) -> rumqttc_v4::QoS {
        match self {
            Self::AtMostOnce => rumqttc_v4::QoS::AtMostOnce,
            Self::AtLeastOnce => rumqttc_v4::QoS::AtLeastOnce,
        }
    }

    const fn five(self) -> rumqttc_v5::QoS {
        match self {
            Self::AtMostOnce => rumqttc_v5::QoS::AtMostOnce,
            Self::AtLeastOnce => rumqttc_v5::QoS::AtLeastOnce,
        }
    }
}
