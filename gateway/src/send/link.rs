//! The way to a gateway: UDP, TCP, TLS or MQTT.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use voorrang_messages::MessageKind;

use crate::clock::Clock;
use crate::messaging::mac::{Content, Direction, Key, Keyring, Sealer, begins, open};
use crate::messaging::mqtt::{
    Client, Endpoint, Happening, Loop, Publishing, QualityOfService, Topics, Version,
};
use crate::messaging::tls::ClientTls;

/// A connection stands within this.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is heard waits here, if need be.
const WAITING: usize = 256;
/// The longest message.
const LONGEST: usize = 64 << 10;

/// Who is asked, and how.
#[derive(Debug)]
pub struct Target {
    /// By what, and where.
    pub address: Address,
    /// The key that datagrams go under.
    pub key: Option<Arc<Key>>,
    /// Certificates, for TLS and for MQTT under TLS.
    pub tls: Option<ClientTls>,
    /// The token of the session at the broker.
    pub session: String,
    /// Whether the broker speaks MQTT 3.1.1 only.
    pub mqtt_3: bool,
}

/// `udp:127.0.0.1:4711`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// By what.
    pub by: By,
    /// A name or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// By what a gateway is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Datagrams.
    Udp,
    /// Frames over a plain stream.
    Tcp,
    /// Frames over TLS.
    Tls,
    /// A broker.
    Mqtt,
}

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected udp:HOST:PORT, tcp:HOST:PORT, tls:HOST:PORT or mqtt:HOST:PORT")]
pub struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (by, rest) = text.split_once(':').ok_or(NoAddress)?;
        let by = match by {
            "udp" => By::Udp,
            "tcp" => By::Tcp,
            "tls" => By::Tls,
            "mqtt" => By::Mqtt,
            _ => return Err(NoAddress),
        };
        let (host, port) = crate::messaging::mqtt::host_and_port(rest).ok_or(NoAddress)?;
        Ok(Self { by, host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            By::Udp => "udp",
            By::Tcp => "tcp",
            By::Tls => "tls",
            By::Mqtt => "mqtt",
        };
        write!(formatter, "{by}:{}:{}", self.host, self.port)
    }
}

/// Why nobody is reached.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The way ends.
    #[error("{address}: {source}; is the gateway there, and does it listen by this?")]
    Broken {
        /// Who was to be reached.
        address: Address,
        /// Why that failed.
        source: io::Error,
    },
    /// TLS needs more than is given.
    #[error("{address}: {what}")]
    Tls {
        /// Who was to be reached.
        address: Address,
        /// What is wrong.
        what: String,
    },
}

/// An open way.
#[derive(Debug)]
pub(super) struct Link {
    address: Address,
    sending: Sending,
    heard: mpsc::Receiver<io::Result<Bytes>>,
}

enum Sending {
    Udp { socket: Arc<UdpSocket>, key: Option<Arc<Key>>, sealer: Sealer, clock: Clock },
    Stream(Box<dyn AsyncWrite + Unpin + Send>),
    Mqtt { client: Client, topics: Topics, session: String },
}

impl fmt::Debug for Sending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Udp { .. } => "Udp",
            Self::Stream(_) => "Stream",
            Self::Mqtt { .. } => "Mqtt",
        })
    }
}

impl Link {
    pub(super) async fn open(target: &Target) -> Result<Self, LinkError> {
        let address = target.address.clone();
        let broken = |source| LinkError::Broken { address: address.clone(), source };
        let (sender, heard) = mpsc::channel(WAITING);
        let place = (address.host.as_str(), address.port);
        let sending = match address.by {
            By::Udp => udp(place, target, sender).await.map_err(broken)?,
            By::Tcp => {
                let stream = within(TcpStream::connect(place)).await.map_err(broken)?;
                stream.set_nodelay(true).map_err(broken)?;
                stream_of(stream, sender)
            }
            By::Tls => {
                let wrong = |what: String| LinkError::Tls { address: address.clone(), what };
                let tls = target.tls.as_ref().ok_or_else(|| {
                    wrong(
                        "TLS needs to know whom to trust: give --ca, and --certificate with --private-key"
                            .to_owned(),
                    )
                })?;
                let config = tls.client_config().map_err(|error| wrong(error.to_string()))?;
                let name =
                    address.host.clone().try_into().map_err(|_| wrong("no name of a server".to_owned()))?;
                let stream = within(TcpStream::connect(place)).await.map_err(broken)?;
                stream.set_nodelay(true).map_err(broken)?;
                let connector = TlsConnector::from(config);
                stream_of(within(connector.connect(name, stream)).await.map_err(broken)?, sender)
            }
            By::Mqtt => mqtt(&address, target, sender).await?,
        };
        Ok(Self { address, sending, heard })
    }

    pub(super) async fn send(&mut self, octets: &[u8]) -> Result<(), LinkError> {
        let sent = match &mut self.sending {
            Sending::Udp { socket, key, sealer, clock } => match key {
                None => lenient(socket.send(octets).await),
                Some(key) => {
                    let mut sealed = Vec::new();
                    sealer.seal(key, Content::Message, clock.now(), octets, &mut sealed);
                    lenient(socket.send(&sealed).await)
                }
            },
            Sending::Stream(writer) => {
                let mut frame = u32::try_from(octets.len()).unwrap_or(0).to_be_bytes().to_vec();
                frame.extend(octets);
                within(async {
                    writer.write_all(&frame).await?;
                    writer.flush().await
                })
                .await
            }
            Sending::Mqtt { client, topics, session } => {
                let cam = octets.get(1) == Some(&MessageKind::Cam.message_id());
                let topic = topics.to_gateway(session, if cam { "cam" } else { "srem" });
                let message = Publishing::request(topic, Bytes::copy_from_slice(octets));
                let published = client.publish(message).await;
                published.map_err(|_| io::Error::other("the broker's connection ended"))
            }
        };
        sent.map_err(|source| LinkError::Broken { address: self.address.clone(), source })
    }

    /// The next message.
    pub(super) async fn hear(&mut self) -> Result<Bytes, LinkError> {
        let broken = |source| LinkError::Broken { address: self.address.clone(), source };
        match self.heard.recv().await {
            Some(heard) => heard.map_err(broken),
            None => Err(broken(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

/// Nobody listening yet is no reason to stop driving.
fn lenient(sent: io::Result<usize>) -> io::Result<()> {
    match sent {
        Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => Err(error),
        _ => Ok(()),
    }
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn udp(
    place: (&str, u16),
    target: &Target,
    sender: mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<Sending> {
    let address = tokio::net::lookup_host(place).await?.next().ok_or(io::ErrorKind::NotFound)?;
    let socket = Arc::new(UdpSocket::bind(if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).await?);
    socket.connect(address).await?;
    let keys: Keyring = target.key.iter().cloned().collect();
    let listening = Arc::clone(&socket);
    tokio::spawn(async move {
        let mut buffer = vec![0; LONGEST];
        loop {
            let Ok(length) = listening.recv(&mut buffer).await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let octets = &buffer[..length];
            let message = match open(&keys, Direction::FromGateway, octets) {
                Ok(opened) => Bytes::copy_from_slice(opened.payload),
                // With a key, what isn't under it is nobody's word.
                Err(_) if !keys.is_empty() || begins(octets) => continue,
                Err(_) => Bytes::copy_from_slice(octets),
            };
            if sender.send(Ok(message)).await.is_err() {
                return;
            }
        }
    });
    let sealer = Sealer::new(Direction::ToGateway);
    Ok(Sending::Udp { socket, key: target.key.clone(), sealer, clock: Clock::start() })
}

fn stream_of<S: AsyncRead + AsyncWrite + Send + 'static>(
    stream: S,
    sender: mpsc::Sender<io::Result<Bytes>>,
) -> Sending {
    let (mut reader, writer) = tokio::io::split(stream);
    tokio::spawn(async move {
        let mut buffer = BytesMut::with_capacity(LONGEST);
        loop {
            match reader.read_buf(&mut buffer).await {
                Ok(1..) => {}
                Ok(_) => break drop(sender.send(Err(io::ErrorKind::UnexpectedEof.into())).await),
                Err(error) => break drop(sender.send(Err(error)).await),
            }
            while let Some(head) = buffer.first_chunk::<4>() {
                let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
                if length > LONGEST {
                    return drop(sender.send(Err(io::ErrorKind::InvalidData.into())).await);
                }
                if buffer.len() < 4 + length {
                    break;
                }
                buffer.advance(4);
                let message = buffer.split_to(length).freeze();
                if !message.is_empty() && sender.send(Ok(message)).await.is_err() {
                    return;
                }
            }
        }
    });
    Sending::Stream(Box::new(writer))
}

async fn mqtt(
    address: &Address,
    target: &Target,
    sender: mpsc::Sender<io::Result<Bytes>>,
) -> Result<Sending, LinkError> {
    let tls = target.tls.as_ref().map(ClientTls::client_config).transpose();
    let tls = tls.map_err(|error| LinkError::Tls { address: address.clone(), what: error.to_string() })?;
    let endpoint = Endpoint {
        version: if target.mqtt_3 { Version::Three } else { Version::Five },
        host: address.host.clone(),
        port: address.port,
        client_id: target.session.clone(),
        credentials: None,
        tls,
    };
    let (client, eventloop) = endpoint.client();
    let topics = Topics::default();
    let answers = topics.answers(&target.session);
    let (up, stands) = tokio::sync::oneshot::channel();
    tokio::spawn(attend(eventloop, client.clone(), answers, sender, up));
    match tokio::time::timeout(PATIENCE, stands).await {
        Ok(Ok(Ok(()))) => Ok(Sending::Mqtt { client, topics, session: target.session.clone() }),
        Ok(Ok(Err(source))) => Err(LinkError::Broken { address: address.clone(), source }),
        Ok(Err(_)) | Err(_) => {
            Err(LinkError::Broken { address: address.clone(), source: io::ErrorKind::TimedOut.into() })
        }
    }
}

async fn attend(
    mut eventloop: Loop,
    client: Client,
    answers: String,
    sender: mpsc::Sender<io::Result<Bytes>>,
    up: tokio::sync::oneshot::Sender<io::Result<()>>,
) {
    let mut up = Some(up);
    loop {
        match eventloop.next().await {
            Happening::Up => {
                // The channel has room for it: nothing else was said yet.
                let _ = client.subscribe(answers.clone(), QualityOfService::AtLeastOnce).await;
            }
            Happening::Message { payload, .. } => {
                if sender.send(Ok(payload)).await.is_err() {
                    return;
                }
            }
            Happening::Down(why) => {
                let error = io::Error::other(why);
                match up.take() {
                    Some(up) => drop(up.send(Err(error))),
                    None => drop(sender.send(Err(error)).await),
                }
                return;
            }
            Happening::Other => {
                // What was subscribed has been acknowledged, or is about to be.
                if let Some(up) = up.take() {
                    let _ = up.send(Ok(()));
                }
            }
        }
    }
}
